//! File names from outside, made harmless: no path, no control or direction character, no more
//! than 255 bytes. The bytes of the document are never touched.

/// Longest name in bytes; what common file systems take.
const BYTES_MAX: usize = 255;
/// Longest extension that is kept when a name is cut, in bytes with its dot.
const EXTENSION_MAX: usize = 20;

/// The name without path parts and control characters, cut to 255 bytes with its extension kept;
/// `dokument` if nothing is left.
#[must_use]
pub fn clean(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !c.is_control() && !turns(*c)).collect();
    let name = visible.trim();
    if name.chars().all(|c| c == '.') {
        return "dokument".into();
    }
    if name.len() <= BYTES_MAX {
        return name.to_owned();
    }
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if name.len() - dot <= EXTENSION_MAX => name.split_at(dot),
        _ => (name, ""),
    };
    let mut end = BYTES_MAX - extension.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", stem.get(..end).unwrap_or_default())
}

/// Characters that turn the direction of writing: `gpj.exe` must not look like `exe.jpg`.
const fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_becomes_harmless_and_keeps_its_extension() {
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean("C:\\Briefe\\Bauantrag Müller.pdf"), "Bauantrag Müller.pdf");
        assert_eq!(clean("a\u{0}b\nc\u{202e}.pdf"), "abc.pdf");
        assert_eq!(clean(".."), "dokument");
        assert_eq!(clean("x/"), "dokument");
        assert_eq!(clean("   "), "dokument");
        let long = clean(&format!("{}.pdf", "ä".repeat(2048)));
        assert!(long.len() <= 255 && long.len() > 250 && long.ends_with("ä.pdf"), "{long}");
        let odd = clean(&"ä".repeat(300));
        assert_eq!(odd.len(), 254);
    }
}
