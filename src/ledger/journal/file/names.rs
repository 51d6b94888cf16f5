//! The names of the files in the journal's folder.

use super::{aside, sealed, segment};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// An open segment.
    Open(u64),
    /// A sealed segment.
    Sealed(u64),
    /// Bytes that were cut from the end of the journal.
    Cut,
    /// The list of erasures that were begun.
    Todo,
    /// A file in the making; left behind by a crash if nobody is at work.
    Temporary,
    /// Nothing of ours.
    Unknown,
}

impl Name {
    /// Reads a file's name; only the very form that we write counts.
    pub fn read(name: &str) -> Self {
        let number = || name.split('.').next().and_then(|digits| digits.parse::<u64>().ok());
        if name == aside::TODO {
            return Self::Todo;
        }
        if name.starts_with("cut-") && name.ends_with(".bin") {
            return Self::Cut;
        }
        let ours = number().is_some() || name.starts_with("cut-") || name.starts_with(aside::TODO);
        if name.ends_with(".tmp") && ours {
            return Self::Temporary;
        }
        match number() {
            Some(number) if name == segment::name(number) => Self::Open(number),
            Some(number) if name == sealed::name(number) => Self::Sealed(number),
            _ => Self::Unknown,
        }
    }
}
