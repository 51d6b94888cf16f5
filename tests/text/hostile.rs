//! Files that are made to hurt whoever reads them.

use aktenlauf::text::{Failure, Text};

type Allowed = fn(&Result<Text, Failure>) -> bool;

fn unreadable(result: &Result<Text, Failure>) -> bool {
    matches!(result, Err(Failure::Unreadable(_)))
}

fn timeout(result: &Result<Text, Failure>) -> bool {
    matches!(result, Err(Failure::Timeout))
}

fn no_text(result: &Result<Text, Failure>) -> bool {
    match result {
        Ok(text) => text.text.is_empty(),
        Err(failure) => failure.grund().is_some(),
    }
}

/// Name, bytes, and what may come of them.
pub fn documents(whole: &[u8]) -> Vec<(&'static str, Vec<u8>, Allowed)> {
    vec![
        ("no bytes", Vec::new(), unreadable),
        ("the mark alone", b"%PDF-1.7".to_vec(), unreadable),
        ("text named .pdf", b"Sehr geehrte Damen und Herren".to_vec(), unreadable),
        ("half a document", whole[..whole.len() / 2].to_vec(), no_text),
        ("a page tree in itself", page_tree_loop(), unreadable),
        ("a page that is its own parent", parent_loop(), no_text),
        ("a form that calls itself", self_calling(), unreadable),
        ("2^60 calls", exponential(), timeout),
        ("an xref that points to itself", xref_loop(), unreadable),
        ("100,000 arrays in each other", nested_arrays(), no_text),
        ("100,000 arrays in the content", nested_content(), no_text),
        ("a gigabyte of zeros", bomb(1 << 30), no_text),
        ("a bomb in a bomb", bomb_of_bombs(), no_text),
    ]
}

/// A PDF of objects 1, 2, 3 ..., of which 1 is the catalog.
pub fn craft(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    let trailer = format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    bytes.extend(trailer.bytes());
    bytes
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<<{dictionary}/Length {}>>stream\n", content.len()).into_bytes();
    bytes.extend(content);
    bytes.extend(b"\nendstream");
    bytes
}

fn object(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// One page with these resources (object 5 and on may follow) and this content.
fn page(resources: &str, content: Vec<u8>, more: &[Vec<u8>]) -> Vec<u8> {
    let head = "/Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R";
    let mut objects = vec![
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        object(&format!("<<{head}/Resources<<{resources}>>>>")),
        content,
    ];
    objects.extend_from_slice(more);
    craft(&objects)
}

fn page_tree_loop() -> Vec<u8> {
    craft(&[
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3/Parent 2 0 R>>"),
    ])
}

fn parent_loop() -> Vec<u8> {
    craft(&[
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        object("<</Type/Page/Parent 3 0 R/Contents 4 0 R>>"),
        stream("", b"BT /F1 12 Tf (x) Tj ET"),
    ])
}

/// A form whose content draws the form.
pub fn self_calling() -> Vec<u8> {
    let form = stream("/Type/XObject/Subtype/Form/Resources<</XObject<</A 5 0 R>>>>", b"/A Do");
    page("/XObject<</A 5 0 R>>", stream("", b"/A Do"), &[form])
}

/// Forms that each draw the next one twice: small, no loop, and never done.
pub fn exponential() -> Vec<u8> {
    let mut forms = Vec::new();
    for number in 6..66 {
        let next = format!("/Resources<</XObject<</A {number} 0 R>>>>");
        forms.push(stream(&format!("/Type/XObject/Subtype/Form{next}"), b"/A Do /A Do"));
    }
    forms.push(stream("/Type/XObject/Subtype/Form", b"q Q"));
    page("/XObject<</A 5 0 R>>", stream("", b"/A Do"), &forms)
}

fn xref_loop() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let start = bytes.len();
    bytes.extend(b"xref\n0 1\n0000000000 65535 f \ntrailer\n");
    bytes.extend(format!("<</Size 1/Root 1 0 R/Prev {start}>>\n").bytes());
    bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    bytes
}

fn nested_arrays() -> Vec<u8> {
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    page("", stream("", b"BT ET"), &[deep])
}

fn nested_content() -> Vec<u8> {
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000], b" TJ".to_vec()].concat();
    page("", stream("", &deep), &[])
}

fn bomb(size: usize) -> Vec<u8> {
    page("", stream("/Filter/FlateDecode", &deflated_zeros(size)), &[])
}

/// Deflated twice: a megabyte that becomes a gigabyte of a bomb.
fn bomb_of_bombs() -> Vec<u8> {
    let pages = vec![stream("/Filter[/FlateDecode/FlateDecode]", &deflated_zeros(1 << 30)); 3];
    page("", stream("/Filter/FlateDecode", &deflated_zeros(1 << 28)), &pages)
}

/// A zlib stream of about `size` zeros, without its end: fixed Huffman codes, one literal zero and
/// then "258 bytes from one byte back" (13 bits) again and again.
fn deflated_zeros(size: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = vec![1, 1, 0];
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]);
    for _ in 0..24 {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    let (octets, _) = bits.as_chunks::<8>();
    let pack = |octet: &[u8; 8]| (0..8).fold(0, |byte, bit| byte | octet[bit] << bit);
    let bytes: Vec<u8> = octets.iter().map(pack).collect();
    // Eight such matches fill thirteen bytes, so the stream repeats from there.
    let mut out = vec![0x78, 0x9c];
    out.extend(&bytes[..2]);
    out.extend(bytes[2..15].repeat(size / 258 / 8));
    out
}

/// `whole` with a few bytes changed, cut or doubled; every tenth is noise behind the mark.
pub fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    if seed % 10 == 9 {
        let noise = (0..5000).map(|_| u8::try_from(next(256)).unwrap());
        return b"%PDF-1.4\n".iter().copied().chain(noise).collect();
    }
    let mut bytes = whole.to_vec();
    for _ in 0..=next(12) {
        let place = next(bytes.len());
        match next(3) {
            0 => bytes[place] = u8::try_from(next(256)).unwrap(),
            1 => drop(bytes.drain(place..(place + next(40)).min(bytes.len()))),
            _ => {
                let again = bytes[place..(place + next(40)).min(bytes.len())].to_vec();
                let at = next(bytes.len());
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

/// The document with a user password.
pub fn encrypted(whole: &[u8], password: &str) -> Vec<u8> {
    use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions};
    let mut document = Document::load_mem(whole).unwrap();
    let id = Object::string_literal("0123456789abcdef");
    document.trailer.set("ID", vec![id.clone(), id]);
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "herrin",
        user_password: password,
        key_length: 128,
        permissions: Permissions::all(),
    };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// Media type, name, bytes, and what may come of them: whatever it is, it is an answer.
pub fn markup() -> Vec<(&'static str, &'static str, Vec<u8>, Allowed)> {
    const HTML: &str = "text/html";
    const XML: &str = "application/xml";
    const RTF: &str = "application/rtf";
    const MARKDOWN: &str = "text/markdown";
    let many = |part: &str| part.repeat(1_000_000).into_bytes();
    let around = |head: &str, bytes: Vec<u8>, tail: &str| {
        [head.as_bytes(), &bytes, tail.as_bytes()].concat()
    };
    let attribute = || vec![b'x'; 50_000_000];
    let attributes: String = (0..300_000).map(|number| format!(" a{number}='{number}'")).collect();
    let noise = || (0..2_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]);
    let any = |_: &Result<Text, Failure>| true;
    vec![
        (HTML, "a million tags in each other", around("vor", many("<div>"), "nach"), words),
        (HTML, "a million templates", around("vor", many("<template>"), "nein"), before),
        (HTML, "a million ends", around("vor", many("</p>"), "nach"), words),
        (HTML, "an attribute of 50 MB", around("vor<p a='", attribute(), "'>nach"), words),
        (HTML, "a name of 50 MB", around("vor<", attribute(), ">nach"), words),
        (HTML, "300,000 attributes", format!("vor<p{attributes}>nach").into_bytes(), words),
        (HTML, "an attribute that never ends", around("vor<p a='", attribute(), ""), before),
        (HTML, "a comment that never ends", around("vor<!--", attribute(), ""), before),
        (HTML, "a million references", around("vor", many("&notit;&#x110000;"), "nach"), words),
        (HTML, "NULs", around("vor", vec![0; 1_000_000], "nach"), words),
        (HTML, "noise", around("<html>vor<p>", noise().collect(), ""), any),
        (HTML, "noise as UTF-8", around("<meta charset=utf-8>", noise().collect(), ""), any),
        (HTML, "no bytes", Vec::new(), no_text),
        (HTML, "XHTML that is none", around("<?xml ?>vor", many("<p>"), "&nein;nach"), words),
        (HTML, "text without end", vec![b'x'; 40 << 20], too_large),
        (XML, "a million elements in each other", around("<a>vor", many("<a>"), "nach"), words),
        (XML, "a million laughs", laughs(), words),
        (XML, "an attribute of 50 MB", around("<a>vor<b c='", attribute(), "'/>nach"), words),
        (XML, "300,000 attributes", format!("<a>vor<b{attributes}/>nach").into_bytes(), words),
        (XML, "a type that never ends", around("<!DOCTYPE a [", many("<!ENTITY "), ""), unreadable),
        (XML, "NULs", around("<a>vor", vec![0; 1_000_000], "nach</a>"), words),
        (XML, "noise", around("<?xml version='1.0'?><a>", noise().collect(), ""), any),
        (XML, "no bytes", Vec::new(), no_text),
        (RTF, "a million braces", around("{\\rtf1 vor", many("{"), "nach"), words),
        (RTF, "a million ends", around("{\\rtf1 vor", many("}"), "nach"), words),
        (
            RTF,
            "a million fonts",
            around("{\\rtf1{\\fonttbl", many("{\\f1\\fcharset204}"), "}\\f2 vor nach}"),
            words,
        ),
        (RTF, "a control word of 50 MB", around("{\\rtf1 vor\\", attribute(), " nach"), words),
        (
            RTF,
            "a number of 50 MB",
            around("{\\rtf1 vor\\u", vec![b'1'; 50_000_000], " nach"),
            words,
        ),
        (RTF, "bytes that are not there", b"{\\rtf1 vor\\bin2147483647 nein".to_vec(), before),
        (RTF, "fallback without end", b"{\\rtf1 vor\\uc2147483647\\u65 nein".to_vec(), any),
        (RTF, "noise", around("{\\rtf1 ", noise().collect(), ""), any),
        (RTF, "the mark alone", b"{\\rtf".to_vec(), no_text),
        (MARKDOWN, "a million quotes", around("vor ", many(">"), " nach"), any),
        (MARKDOWN, "a million brackets", around("vor ", many("["), " nach"), any),
        (MARKDOWN, "a million stars", around("vor ", many("*a_ "), " nach"), any),
        (MARKDOWN, "a million lists", around("vor\n\n", many("- "), " nach"), any),
        (
            MARKDOWN,
            "a wide table",
            around("|", many("a|"), &format!("\n|{}\n|x|", "-|".repeat(1_000_000))),
            any,
        ),
    ]
}

fn words(result: &Result<Text, Failure>) -> bool {
    matches!(result, Ok(text) if text.text.starts_with("vor") && text.text.ends_with("nach"))
}

/// What stood before the harm was read.
fn before(result: &Result<Text, Failure>) -> bool {
    matches!(result, Ok(text) if text.text.trim_end() == "vor")
}

fn too_large(result: &Result<Text, Failure>) -> bool {
    *result == Err(Failure::TooLarge)
}

/// Ten entities, each ten times the one before.
fn laughs() -> Vec<u8> {
    let mut text = String::from("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x0 'haha'>");
    for number in 1..10 {
        let all = format!("&x{};", number - 1).repeat(10);
        text.push_str(&format!("<!ENTITY x{number} '{all}'>"));
    }
    text.push_str("]><a>vor&x9;nach</a>");
    text.into_bytes()
}
