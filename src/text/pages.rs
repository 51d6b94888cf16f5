//! Pages joined to one text, so that a sentence that crosses a page break is still a sentence.
//!
//! What a page repeats of its neighbour at its head or foot is said once: heads on the first page
//! that has them, feet on the last. A page's own number and the number of pages count as equal.
//! Nothing else is taken away.

use super::plain;

/// Lines of a head or a foot, at most; nor is either more than half of its page, so that no line
/// can be taken for both and vanish.
const LINES_MAX: usize = 3;

/// The pages' texts, normalised and with form feeds between them; empty if all pages are.
pub fn join(pages: &[String]) -> String {
    if pages.iter().all(|page| page.trim().is_empty()) {
        return String::new();
    }
    let lines: Vec<Vec<&str>> = pages.iter().map(|page| page.lines().collect()).collect();
    let own = |page: usize, line: &str| common(line, page + 1, pages.len());
    // Equal to the line of the next page or the one after: left and right pages may differ.
    let repeated = |page: usize, other: Option<usize>, place: usize, from_end: bool| {
        let here = at(lines.get(page), place, from_end);
        let there = other.and_then(|other| Some((other, at(lines.get(other), place, from_end)?)));
        matches!((here, there), (Some(here), Some((other, there)))
            if own(page, here) == own(other, there))
    };
    let mut text = String::new();
    for (page, its) in lines.iter().enumerate() {
        let most = LINES_MAX.min(its.len() / 2);
        let head = (0..most)
            .take_while(|place| {
                let before = [page.checked_sub(1), page.checked_sub(2)];
                before.into_iter().any(|other| repeated(page, other, *place, false))
            })
            .count();
        let foot = (0..most)
            .take_while(|place| {
                [page + 1, page + 2].into_iter().any(|o| repeated(page, Some(o), *place, true))
            })
            .count();
        let end = its.len().saturating_sub(foot).max(head);
        let kept = its.get(head..end).unwrap_or_default().join("\n");
        if page > 0 {
            text.push('\u{c}');
        }
        text.push_str(kept.trim_matches('\n'));
    }
    text
}

fn at<'a>(lines: Option<&Vec<&'a str>>, place: usize, from_end: bool) -> Option<&'a str> {
    let lines = lines.filter(|lines| place < lines.len() / 2)?;
    let place = if from_end { lines.len().checked_sub(place + 1)? } else { place };
    lines.get(place).copied()
}

/// A line without the page's number and the number of pages.
fn common(line: &str, page: usize, pages: usize) -> Vec<String> {
    let (page, pages) = (page.to_string(), pages.to_string());
    let word = |word: &str| {
        let bare = word.trim_matches(|char: char| !char.is_alphanumeric());
        if bare == page || bare == pages { String::from("#") } else { word.to_owned() }
    };
    line.split_whitespace().map(word).collect()
}

/// A page as the parser gave it.
pub fn page(words: &str) -> String {
    // A form feed within a page would be taken for a page break.
    plain::normalise(&words.replace('\u{c}', "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pages: &[&str]) -> String {
        join(&pages.iter().map(|words| page(words)).collect::<Vec<_>>())
    }

    #[test]
    fn heads_and_feet_are_said_once() {
        let pages = [
            "Stadt Lindenau\nder Satz\n\nSeite 1 von 3",
            "Stadt Lindenau\ngeht über\n\nSeite 2 von 3",
            "Stadt Lindenau\nSeiten.\n\nSeite 3 von 3",
        ];
        let expected = "Stadt Lindenau\nder Satz\u{c}geht über\u{c}Seiten.\n\nSeite 3 von 3";
        assert_eq!(joined(&pages), expected);
    }

    #[test]
    fn what_differs_stays() {
        let pages = ["Posten 17\nÜbertrag 1.200 €", "Posten 18\nÜbertrag 2.400 €", "Ende"];
        assert_eq!(joined(&pages), pages.join("\u{c}"));
        assert_eq!(joined(&["eine\u{c}Seite"]), "eine\nSeite");
        assert_eq!(joined(&["", "", "x"]), "\u{c}\u{c}x");
        assert_eq!(joined(&["", " \n", ""]), "");
        // Sheets that say the same are not heads of each other.
        assert_eq!(joined(&["gleich", "gleich"]), "gleich\u{c}gleich");
        let form = "Kopf\nFormular\nFuß";
        assert_eq!(joined(&[form, form]), "Kopf\nFormular\u{c}Formular\nFuß");
    }
}
