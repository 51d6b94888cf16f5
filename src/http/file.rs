//! How a document's bytes are handed out: range, name, and what a browser may do with them.
//!
//! Documents come from outside. They are attachments, unless they are of a kind that a browser can
//! show without running anything, and even those are shown in a sandbox.

use actix_web::http::header::{self, HeaderMap};

use super::problem::{Code, Problem};

/// Shown in the browser; everything else is saved. SVG is missing on purpose: it can run scripts.
const INLINE: [&str; 6] =
    ["application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff"];

/// What keeps a shown document from doing anything.
pub const CONTENT_SECURITY_POLICY: &str = "sandbox; default-src 'none'";

/// `Content-Disposition` (RFC 6266) with the name in both forms (RFC 8187, formerly 5987).
#[must_use]
pub fn disposition(media_type: &str, name: &str) -> String {
    named(if INLINE.contains(&media_type) { "inline" } else { "attachment" }, name)
}

/// The same for what is saved, whatever it is.
#[must_use]
pub fn attachment(name: &str) -> String {
    named("attachment", name)
}

fn named(kind: &str, name: &str) -> String {
    format!("{kind}; filename=\"{}\"; filename*=UTF-8''{}", ascii(name), percent(name))
}

/// For clients that know only the old form: German letters spelt out, the rest an underscore.
fn ascii(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'Ä' => plain.push_str("Ae"),
            'Ö' => plain.push_str("Oe"),
            'Ü' => plain.push_str("Ue"),
            'ß' => plain.push_str("ss"),
            '"' | '\\' | '%' | '/' => plain.push('_'),
            ' '..='~' => plain.push(letter),
            _ => plain.push('_'),
        }
    }
    plain
}

fn percent(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A part of a file: first byte and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub from: u64,
    /// Bytes, at least one.
    pub len: u64,
}

/// The range a request asks for; none: the whole. Several ranges at once and units other than
/// bytes are ignored, as RFC 9110 allows.
///
/// # Errors
/// 416 if it lies outside.
pub fn range(headers: &HeaderMap, etag: &str, size: u64) -> Result<Option<Range>, Problem> {
    let text = |name| headers.get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|condition| condition != etag) {
        return Ok(None);
    }
    let Some(asked) = text(header::RANGE).and_then(|r| r.strip_prefix("bytes=")) else {
        return Ok(None);
    };
    let Some((first, last)) = asked.trim().split_once('-') else { return Ok(None) };
    let outside = || Err(Problem::from(Code::BereichUngueltig).size(size));
    let bounds = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => Some((first, last)),
        (Ok(first), Err(_)) if last.is_empty() => Some((first, u64::MAX)),
        (Err(_), Ok(0)) if first.is_empty() => return outside(),
        (Err(_), Ok(count)) if first.is_empty() => Some((size.saturating_sub(count), u64::MAX)),
        _ => None,
    };
    let Some((first, last)) = bounds else { return Ok(None) };
    if first >= size {
        return outside();
    }
    let last = last.min(size - 1);
    Ok(Some(Range { from: first, len: last - first + 1 }))
}

/// True if `If-None-Match` names what the caller would get.
#[must_use]
pub fn not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    known.is_some_and(|list| list == "*" || list.split(',').any(|one| one.trim() == etag))
}

/// The seq of an `ETag` as answers carry it.
#[must_use]
pub fn etag(seq: u64) -> String {
    format!("\"{seq}\"")
}

/// The state a change was decided on.
///
/// # Errors
/// 428 without `If-Match`, 412 if it can't be one of ours (no state matches it).
pub fn if_match(headers: &HeaderMap) -> Result<u64, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        let detail = "Änderungen verlangen If-Match mit dem ETag der zuletzt gelesenen Fassung.";
        return Err(Problem::new(Code::IfMatchFehlt, detail));
    };
    let seq = value.to_str().ok().and_then(|v| v.trim().strip_prefix('"')?.strip_suffix('"'));
    seq.and_then(|s| s.parse().ok()).ok_or_else(|| Code::Veraltet.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range_line: &str) -> Option<Option<(u64, u64)>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range_line.parse().unwrap());
        let found = range(&headers, "\"e\"", 10).ok()?;
        Some(found.map(|r| (r.from, r.len)))
    }

    #[test]
    fn ranges_as_rfc_9110_means_them() {
        assert_eq!(asked("bytes=0-0"), Some(Some((0, 1))));
        assert_eq!(asked("bytes=8-99"), Some(Some((8, 2))));
        assert_eq!(asked("bytes=3-"), Some(Some((3, 7))));
        assert_eq!(asked("bytes=-4"), Some(Some((6, 4))));
        assert_eq!(asked("bytes=-99"), Some(Some((0, 10))));
        assert_eq!(asked("bytes=10-"), None);
        assert_eq!(asked("bytes=-0"), None);
        assert_eq!(asked("bytes=5-3"), Some(None));
        assert_eq!(asked("bytes=0-1,3-4"), Some(None));
        assert_eq!(asked("lines=0-1"), Some(None));
    }

    #[test]
    fn a_german_name_survives_and_a_hostile_one_does_not_break_out() {
        assert_eq!(
            disposition("application/pdf", "Gebührenbescheid Straße.pdf"),
            "inline; filename=\"Gebuehrenbescheid Strasse.pdf\"; \
             filename*=UTF-8''Geb%C3%BChrenbescheid%20Stra%C3%9Fe.pdf"
        );
        let hostile = disposition("text/html", "a\"\r\nSet-Cookie: x");
        assert!(hostile.starts_with("attachment; filename=\"a___Set-Cookie: x\";"));
        assert!(!hostile.contains(['\r', '\n']));
    }
}
