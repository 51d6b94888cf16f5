//! Bytes to characters: by their mark, by what they are, by what they say of themselves.
//!
//! Nothing fails here: what can't be decoded becomes U+FFFD, and the quality figure tells of it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::plain::{self, Order};

/// Where a document names its encoding (WHATWG HTML, 13.2.3.2: the first 1024 bytes).
const HEAD_BYTES: usize = 1024;

/// The characters of `bytes`. What is valid UTF-8 and not plain ASCII is UTF-8 whatever is
/// declared: no text of another encoding looks like it by chance, and wrong declarations are
/// common. Without any word it is Windows-1252.
pub fn decode<'a>(bytes: &'a [u8], declared: Option<&'static Encoding>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0;
    }
    match plain::utf16(bytes) {
        Some(Order::Little) => return UTF_16LE.decode_without_bom_handling(bytes).0,
        Some(Order::Big) => return UTF_16BE.decode_without_bom_handling(bytes).0,
        None => {}
    }
    // A declaration of UTF-16 that could be read as ASCII is wrong.
    let declared = declared.filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding));
    match (std::str::from_utf8(bytes), declared) {
        (Ok(text), None) => Cow::Borrowed(text),
        (Ok(text), Some(_)) if !text.is_ascii() => Cow::Borrowed(text),
        (_, Some(encoding)) => encoding.decode_without_bom_handling(bytes).0,
        (Err(_), None) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The encoding that a head names after `key` (`charset` or `encoding`), as far as it is known.
pub fn declared(bytes: &[u8], key: &str) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(HEAD_BYTES))?;
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.match_indices(key).find_map(|(place, _)| {
        let rest = head.get(place + key.len()..)?.trim_start().strip_prefix('=')?;
        let label = rest.trim_start().trim_start_matches(['"', '\'']);
        let label = label.split(|char: char| !char.is_ascii_graphic() || "\"';>/?".contains(char));
        label.into_iter().next().and_then(of_label)
    })
}

/// An encoding by its name on the web.
pub fn of_label(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// The encoding of a Windows code page.
pub fn of_code_page(number: i32) -> Option<&'static Encoding> {
    match number {
        65_001 => Some(UTF_8),
        10_000 => of_label("macintosh"),
        932 => of_label("shift_jis"),
        936 => of_label("gbk"),
        949 => of_label("euc-kr"),
        950 => of_label("big5"),
        other => of_label(&format!("windows-{other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_head_declares() {
        let name = |head: &str, key| declared(head.as_bytes(), key).map(Encoding::name);
        assert_eq!(name("<meta charset=\"ISO-8859-1\">", "charset"), Some("windows-1252"));
        let long = "<meta content='text/html; charset = koi8-r' http-equiv=x>";
        assert_eq!(name(long, "charset"), Some("KOI8-R"));
        assert_eq!(
            name("<?xml version='1.0' encoding='ISO-8859-15'?>", "encoding"),
            Some("ISO-8859-15")
        );
        assert_eq!(name("<meta charset=nirgends><meta charset=utf-8>", "charset"), Some("UTF-8"));
        assert_eq!(name("charset", "charset"), None);
        assert_eq!(name(&format!("{}charset=utf-8", " ".repeat(2000)), "charset"), None);
    }

    #[test]
    fn the_bytes_are_believed_before_the_declaration() {
        let latin = Some(WINDOWS_1252);
        assert_eq!(decode("Größe".as_bytes(), latin), "Größe");
        assert_eq!(decode(b"Gr\xf6\xdfe", Some(UTF_8)), "Gr\u{fffd}\u{fffd}e");
        assert_eq!(decode(b"Gr\xf6\xdfe", latin), "Größe");
        assert_eq!(decode(b"\xef\xbb\xbfGr\xc3\xb6", latin), "Grö");
        // A declaration of UTF-16 that could be read as ASCII is wrong.
        assert_eq!(decode(b"Amt", Some(UTF_16LE)), "Amt");
        assert_eq!(decode(b"\x1b$B$\"\x1b(B", of_label("iso-2022-jp")), "あ");
    }
}
