//! What bytes are, told from the bytes.
//!
//! A claimed type is never believed, because it decides which parser runs and what a browser is
//! told. The name only tells kinds of one family apart (CSV from plain text, the kinds of old
//! Office files), where the bytes have already said the family.

use super::plain;

/// Where nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// First bytes that are proof.
const MAGIC: [(&[u8], &str); 20] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\0\0\0\x0cjP  \r\n", "image/jp2"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x7fELF", "application/x-executable"),
    (b"OggS", "application/ogg"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"%!PS", "application/postscript"),
];

/// The media type of a file, from its first bytes (4 KiB are enough).
#[must_use]
pub fn sniff(head: &[u8], file_name: &str) -> &'static str {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let ending = ending.as_deref().unwrap_or_default();
    if head.starts_with(b"%PDF-") {
        return "application/pdf";
    }
    if let Some((_, found)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return found;
    }
    match head {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => return "image/webp",
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return zip(head, ending),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => return compound(ending),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => return iso_media(brand),
        _ => {}
    }
    if head.get(257..262) == Some(b"ustar") {
        return "application/x-tar";
    }
    // Some writers put a few bytes before the mark, and every reader accepts that.
    if let Some(place) = find(head.get(..1024).unwrap_or(head), b"%PDF-")
        && (find(head.get(..place).unwrap_or_default(), b"\n%PDF-").is_none())
        && !printable(head.get(..place).unwrap_or_default())
    {
        return "application/pdf";
    }
    if is_text(head) { text(head, ending) } else { UNKNOWN }
}

fn zip(head: &[u8], ending: &str) -> &'static str {
    let types = [
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.graphics",
        "application/epub+zip",
    ];
    // OpenDocument says it in an uncompressed first entry.
    if let Some(rest) = head.get(30..).and_then(|rest| rest.strip_prefix(b"mimetype")) {
        let said = types.iter().rev().find(|said| rest.starts_with(said.as_bytes()));
        return said.copied().unwrap_or("application/zip");
    }
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let slides = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    let has = |name: &[u8]| find(head, name).is_some();
    match ending {
        _ if has(b"word/") => word,
        _ if has(b"xl/") => sheet,
        _ if has(b"ppt/") => slides,
        "docx" if has(b"[Content_Types].xml") => word,
        "xlsx" if has(b"[Content_Types].xml") => sheet,
        "pptx" if has(b"[Content_Types].xml") => slides,
        _ => "application/zip",
    }
}

/// The container of the Office files before 2007, and of Outlook's messages.
fn compound(ending: &str) -> &'static str {
    match ending {
        "doc" | "dot" => "application/msword",
        "xls" | "xlt" => "application/vnd.ms-excel",
        "ppt" | "pps" => "application/vnd.ms-powerpoint",
        "msg" => "application/vnd.ms-outlook",
        _ => "application/x-ole-storage",
    }
}

fn iso_media(brand: &[u8]) -> &'static str {
    match brand.get(..4) {
        Some(b"heic" | b"heix" | b"mif1" | b"msf1") => "image/heic",
        Some(b"avif") => "image/avif",
        Some(b"qt  ") => "video/quicktime",
        _ => "video/mp4",
    }
}

fn text(head: &[u8], ending: &str) -> &'static str {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let start = start.get(..start.len().min(512)).unwrap_or_default().to_ascii_lowercase();
    let html = [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body"];
    if html.iter().any(|mark| start.starts_with(mark)) {
        return "text/html";
    }
    if start.starts_with(b"<svg") {
        return "image/svg+xml";
    }
    if start.starts_with(b"<?xml") {
        return match () {
            () if find(&start, b"<html").is_some() => "text/html",
            () if find(&start, b"<svg").is_some() => "image/svg+xml",
            () => "application/xml",
        };
    }
    if is_mail(&start) {
        return "message/rfc822";
    }
    match ending {
        "csv" => "text/csv",
        "md" | "markdown" => "text/markdown",
        _ => "text/plain",
    }
}

/// At least two header fields at the very start that mails have and letters have not.
fn is_mail(start: &[u8]) -> bool {
    let fields = [
        "received",
        "return-path",
        "message-id",
        "mime-version",
        "delivered-to",
        "from",
        "to",
        "subject",
        "date",
        "content-type",
        "dkim-signature",
        "x-mozilla-status",
        "reply-to",
    ];
    let start = String::from_utf8_lossy(start);
    let mut names = Vec::new();
    for line in start.lines() {
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { break };
        if name.contains(' ') {
            break;
        }
        names.push(name);
    }
    let known = names.iter().filter(|name| fields.contains(name)).count();
    known >= 2 && names.first().is_some_and(|name| fields.contains(name) || name.starts_with("x-"))
}

/// UTF-8, UTF-16, or a one-byte encoding of a European language.
fn is_text(head: &[u8]) -> bool {
    if head.is_empty() {
        return false;
    }
    if plain::utf16(head).is_some() {
        return true;
    }
    if head.iter().any(|byte| control(*byte)) {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end within a character.
        Err(error) if error.error_len().is_none() => true,
        Err(_) => {
            let letters = head.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ');
            letters.count() * 10 >= head.len() * 8
        }
    }
}

fn printable(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| !control(*byte) && byte.is_ascii())
        && bytes.iter().any(u8::is_ascii_alphanumeric)
}

fn control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b) || byte == 0x7f
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        let cases: [(&[u8], &str, &str); 30] = [
            (b"%PDF-1.7\n", "x.txt", "application/pdf"),
            (b"\x00\x01junk\n%PDF-1.4", "x", "application/pdf"),
            (b"Das Zeichen %PDF-1.4 steht am Anfang", "x", "text/plain"),
            (b"\x89PNG\r\n\x1a\n\0", "x.pdf", "image/png"),
            (b"\xff\xd8\xff\xe0", "x.pdf", "image/jpeg"),
            (b"GIF89a..", "x", "image/gif"),
            (b"II*\0....", "x", "image/tiff"),
            (b"RIFF1234WEBPVP8 ", "x", "image/webp"),
            (b"{\\rtf1\\ansi", "x", "application/rtf"),
            (b"PK\x03\x04....", "x.docx", "application/zip"),
            (b"PK\x05\x06\0\0", "x.zip", "application/zip"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Brief.DOC", "application/msword"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.pdf", "application/x-ole-storage"),
            (b"<?xml version=\"1.0\"?><a/>", "x.pdf", "application/xml"),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>", "x", "application/xml"),
            (b"  <!DOCTYPE HTML><html>", "x.txt", "text/html"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x", "image/svg+xml"),
            (b"Received: from a\r\n by b\r\nSubject: c\r\n", "x", "message/rfc822"),
            (b"From: a@b\nTo: c@d\n\nHallo", "x.txt", "message/rfc822"),
            (b"Date: heute\nalles gut", "x", "text/plain"),
            ("Grüße\n".as_bytes(), "x.pdf", "text/plain"),
            (b"Gr\xfc\xdfe aus der Stadt\n", "x", "text/plain"),
            (b"\xff\xfeH\0i\0", "x", "text/plain"),
            (b"a;b\n1;2\n", "Liste.csv", "text/csv"),
            (b"# Titel\n", "x.md", "text/markdown"),
            (b"", "leer.pdf", UNKNOWN),
            (b"\0\0\0\0\0\0\0\0\0\0", "x.txt", UNKNOWN),
            (b"\x93\xfa\xe1\xc0\x9a\x88\x81\xff\xfd\x80", "x.txt", UNKNOWN),
            (b"\0\0\0\x20ftypheic", "x.jpg", "image/heic"),
            (b"\x7fELF\x02", "x.pdf", "application/x-executable"),
        ];
        for (bytes, name, expected) in cases {
            assert_eq!(sniff(bytes, name), expected, "{} ({name})", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_character_cut_at_the_end_is_still_text() {
        let bytes = "Übergrößenträger".as_bytes();
        for end in 1..bytes.len() {
            assert_eq!(sniff(&bytes[..end], "x"), "text/plain", "{end}");
        }
    }

    #[test]
    fn kinds_of_zip() {
        let entry = |name: &str, content: &str| {
            let mut bytes = b"PK\x03\x04".to_vec();
            bytes.extend([0; 22]);
            bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend([0, 0]);
            bytes.extend(name.bytes().chain(content.bytes()));
            bytes
        };
        let odt = entry("mimetype", "application/vnd.oasis.opendocument.text");
        assert_eq!(sniff(&odt, "x.zip"), "application/vnd.oasis.opendocument.text");
        let docx = [entry("[Content_Types].xml", "..."), entry("word/document.xml", "")].concat();
        assert!(sniff(&docx, "x.zip").ends_with("wordprocessingml.document"));
        let early = entry("[Content_Types].xml", "...");
        assert!(sniff(&early, "x.xlsx").ends_with("spreadsheetml.sheet"));
        assert_eq!(sniff(&early, "x"), "application/zip");
    }
}
