//! Bytes in, text out: what a document says, read by worker processes that can do nothing else.
//!
//! Documents come from outside, and their parsers panic, loop and swell. So parsing happens in a
//! child of the same binary that has neither files nor network (`limit`), and the `Pool` here
//! gives it bytes, time and memory by measure. A crash costs one document its text and nothing
//! more. This module knows no path and no store, and its messages never carry content.

mod encoding;
mod flow;
mod frame;
mod html;
mod limit;
mod markdown;
mod pages;
mod pdf;
mod plain;
mod pool;
mod probe;
mod quality;
mod rtf;
mod sniff;
mod worker;
mod xml;

pub use pool::{Counts, Pool};
pub use probe::{Attempt, Targets};
pub use sniff::sniff;
pub use worker::worker;

/// Version of the readers: text derived by another one is made anew.
pub const VERSION: u32 = 2;

/// Kind under which derived text is stored (UTF-8, as `Text::text` holds it).
pub const KIND: &str = "text";

/// First argument of the hidden subcommand that is a worker.
pub const WORKER_ARGUMENT: &str = "text-worker";

/// Measure for one worker and one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Address space of a worker, bytes.
    pub memory_bytes: u64,
    /// CPU seconds for one document (one more at most: the kernel counts whole seconds).
    pub cpu_s: u64,
    /// Seconds from the first byte handed over to the last byte of the answer.
    pub wall_s: u64,
    /// Largest document, bytes.
    pub input_bytes: u64,
    /// Largest text, bytes of UTF-8.
    pub output_bytes: u64,
    /// Most pages.
    pub pages: u32,
    /// A worker is replaced after so many documents.
    pub documents_per_worker: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            cpu_s: 20,
            wall_s: 30,
            input_bytes: 200 << 20,
            output_bytes: 32 << 20,
            pages: 5_000,
            documents_per_worker: 200,
        }
    }
}

/// The text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Without control characters except `\n`, `\t` and, between pages, form feed. May be empty
    /// (a scan without a text layer).
    pub text: String,
    /// Pages, where the format has any.
    pub pages: Option<u32>,
    /// Pages among them that have (almost) no text, fewer than 20 letters and digits.
    pub pages_without_text: Option<u32>,
    /// How good the text is, 0 to 100 (`quality`): below about 50 it should be read by OCR.
    pub quality: u8,
}

impl Text {
    /// A text of a format without pages.
    fn unpaged(text: String) -> Self {
        let quality = quality::Sample::of(&text).percent();
        Self { text, pages: None, pages_without_text: None, quality }
    }
}

/// Why there is no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No reader for this media type.
    #[error("no reader for this format")]
    Format,
    /// The document, its pages or its text are beyond the measure.
    #[error("too large")]
    TooLarge,
    /// Needs a password.
    #[error("encrypted")]
    Encrypted,
    /// Damaged, or its reader broke; says which, without content.
    #[error("unreadable: {0}")]
    Unreadable(String),
    /// Took more than its time.
    #[error("took too long")]
    Timeout,
    /// The caller's bytes could not be read: says nothing about the document.
    #[error("the bytes could not be had: {0}")]
    Source(String),
    /// The caller's bytes are out of reach for now (an error of kind `HostUnreachable`): says
    /// nothing about the document, however often.
    #[error("the bytes are out of reach: {0}")]
    Away(String),
    /// No worker could be started: says nothing about the document.
    #[error("no worker: {0}")]
    Worker(String),
}

impl Failure {
    /// The stable word for the document's record; none where the fault was ours and the document
    /// is to be tried again.
    #[must_use]
    pub const fn grund(&self) -> Option<&'static str> {
        match self {
            Self::Format => Some("format"),
            Self::TooLarge => Some("zu_gross"),
            Self::Encrypted => Some("verschluesselt"),
            Self::Unreadable(_) | Self::Timeout => Some("unlesbar"),
            Self::Source(_) | Self::Away(_) | Self::Worker(_) => None,
        }
    }
}

/// Whether there is a reader for a media type (as `sniff` names it).
#[must_use]
pub fn supported(media_type: &str) -> bool {
    frame::Kind::of(media_type).is_some()
}
