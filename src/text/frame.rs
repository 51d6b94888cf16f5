//! What parent and worker say to each other over one socket, which is the worker's stdin.
//!
//! stdout and stderr of a worker lead nowhere, so that a parser that prints can't forge an answer
//! or write content into a log. Every length is checked against a bound by the one who reads it.

use std::io::{self, Read, Write};

use super::{Failure, Limits, Text};

/// Names this form of the conversation.
const MAGIC: [u8; 4] = *b"AKT2";
/// Longest list of what the kernel lacks, or report of a probe, bytes.
const REMARKS_BYTES_MAX: u32 = 16 << 10;
/// Stands for "the format has no pages".
const NO_PAGES: u32 = u32::MAX;

/// What a worker is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads documents, with every limit.
    Documents,
    /// Answers probes only, without the limits that hide Landlock (no descriptor, no process, the
    /// filter of system calls): shows that it holds by itself. Such a worker takes no document.
    ProbeLandlock,
}

/// The first words of the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What for.
    pub mode: Mode,
    /// The measure.
    pub limits: Limits,
}

/// A question to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A PDF follows.
    Pdf,
    /// Plain text follows, or a table whose cells are divided by a sign (CSV): as it stands, one
    /// reads and finds it well.
    Plain,
    /// HTML or XHTML follows.
    Html,
    /// XML follows.
    Xml,
    /// RTF follows.
    Rtf,
    /// Markdown follows.
    Markdown,
    /// Targets of a probe follow.
    Probe,
}

impl Kind {
    /// Every one, in the order of their numbers, from 1.
    const ALL: [Self; 7] =
        [Self::Pdf, Self::Plain, Self::Probe, Self::Html, Self::Xml, Self::Rtf, Self::Markdown];

    /// The reader for a media type (as `sniff` names it), if there is one.
    pub fn of(media_type: &str) -> Option<Self> {
        Some(match media_type {
            "application/pdf" => Self::Pdf,
            "text/plain" | "text/csv" => Self::Plain,
            "text/html" => Self::Html,
            "application/xml" => Self::Xml,
            "application/rtf" => Self::Rtf,
            "text/markdown" => Self::Markdown,
            _ => return None,
        })
    }

    fn number(self) -> u8 {
        let place = Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default();
        u8::try_from(place + 1).unwrap_or_default()
    }
}

pub fn write_hello(out: &mut impl Write, hello: &Hello) -> io::Result<()> {
    let Limits { memory_bytes, cpu_s, wall_s, input_bytes, output_bytes, .. } = hello.limits;
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(MAGIC);
    bytes.push(u8::from(hello.mode == Mode::ProbeLandlock));
    for number in [memory_bytes, cpu_s, wall_s, input_bytes, output_bytes] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(hello.limits.pages.to_le_bytes());
    bytes.extend(hello.limits.documents_per_worker.to_le_bytes());
    out.write_all(&bytes)
}

pub fn read_hello(from: &mut impl Read) -> io::Result<Hello> {
    if array::<4>(from)? != MAGIC {
        return Err(malformed("not a parent of this version"));
    }
    let mode = match array::<1>(from)? {
        [0] => Mode::Documents,
        _ => Mode::ProbeLandlock,
    };
    let limits = Limits {
        memory_bytes: number(from)?,
        cpu_s: number(from)?,
        wall_s: number(from)?,
        input_bytes: number(from)?,
        output_bytes: number(from)?,
        pages: u32::from_le_bytes(array(from)?),
        documents_per_worker: u32::from_le_bytes(array(from)?),
    };
    Ok(Hello { mode, limits })
}

/// Lines of remarks (what the kernel lacks; what a probe found).
pub fn write_lines(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    let mut text = lines.join("\n").into_bytes();
    text.truncate(usize::try_from(REMARKS_BYTES_MAX).unwrap_or(usize::MAX));
    let length = u32::try_from(text.len()).unwrap_or(0);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(text);
    out.write_all(&bytes)
}

pub fn read_lines(from: &mut impl Read) -> io::Result<Vec<String>> {
    if array::<4>(from)? != MAGIC {
        return Err(malformed("not a worker of this version"));
    }
    let length = u32::from_le_bytes(array(from)?);
    let text = body(from, u64::from(length), u64::from(REMARKS_BYTES_MAX))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(text.lines().map(str::to_owned).collect())
}

/// The head of a question; `size` bytes must follow.
pub fn write_question(out: &mut impl Write, kind: Kind, size: u64) -> io::Result<()> {
    let mut bytes = vec![kind.number()];
    bytes.extend(size.to_le_bytes());
    out.write_all(&bytes)
}

/// None: the parent has no more questions.
pub fn read_question(from: &mut impl Read, max: u64) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut first = [0];
    if from.read(&mut first)? == 0 {
        return Ok(None);
    }
    let kind = Kind::ALL.into_iter().find(|kind| [kind.number()] == first);
    let kind = kind.ok_or_else(|| malformed("unknown question"))?;
    let size = number(from)?;
    Ok(Some((kind, body(from, size, max)?)))
}

pub fn write_answer(out: &mut impl Write, answer: &Result<Text, Failure>) -> io::Result<()> {
    let (status, body): (u8, &[u8]) = match answer {
        Ok(text) => (0, text.text.as_bytes()),
        Err(Failure::TooLarge) => (1, b""),
        Err(Failure::Encrypted) => (2, b""),
        Err(Failure::Unreadable(why)) => (3, why.as_bytes()),
        Err(_) => (4, b""),
    };
    let found = answer.as_ref().ok();
    let mut head = vec![status, found.map_or(0, |text| text.quality)];
    for pages in [found.and_then(|text| text.pages), found.and_then(|t| t.pages_without_text)] {
        head.extend(pages.unwrap_or(NO_PAGES).to_le_bytes());
    }
    head.extend(u64::try_from(body.len()).unwrap_or(u64::MAX).to_le_bytes());
    out.write_all(&head)?;
    out.write_all(body)
}

/// What a worker answers is no more trusted than the document it read.
pub fn read_answer(from: &mut impl Read, max: u64) -> io::Result<Result<Text, Failure>> {
    let [status, quality] = array(from)?;
    let mut pages = || Ok::<_, io::Error>(u32::from_le_bytes(array(from)?));
    let [pages, without] = [pages()?, pages()?].map(|count| (count != NO_PAGES).then_some(count));
    let size = number(from)?;
    let body = body(from, size, if status == 0 { max } else { 200 })?;
    let body = String::from_utf8(body).map_err(|_| malformed("text is not UTF-8"))?;
    Ok(match status {
        0 => {
            let quality = quality.min(100);
            Ok(Text { text: body, pages, pages_without_text: without, quality })
        }
        1 => Err(Failure::TooLarge),
        2 => Err(Failure::Encrypted),
        3 => Err(Failure::Unreadable(body)),
        _ => Err(Failure::Format),
    })
}

fn body(from: &mut impl Read, size: u64, max: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(size).map_err(|_| malformed("length"))?;
    if size > max {
        return Err(malformed("longer than its bound"));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| malformed("no memory for it"))?;
    from.take(size).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    array(from).map(u64::from_le_bytes)
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
