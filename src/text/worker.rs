//! The child: limits itself, then answers one question after the other until its parent hangs up.
//!
//! It knows nothing but the bytes it is given. A panic of a parser is caught and is an answer; a
//! stack or memory that runs out ends the process, and the parent tells the document's fate.

use std::{
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use super::{
    Failure, Limits, Text,
    frame::{self, Kind, Mode},
    html, limit, markdown, pdf, plain, probe, rtf, xml,
};

/// The hidden subcommand: serves the socket that is its stdin. Never returns to ordinary work.
#[must_use]
pub fn worker() -> ExitCode {
    // The message of a panic may hold content.
    std::panic::set_hook(Box::new(|_| {}));
    let mut socket = Socket;
    let Ok(hello) = frame::read_hello(&mut socket) else { return ExitCode::FAILURE };
    let mut lacking = limit::before_thread(&hello.limits);
    let reader = std::thread::Builder::new().stack_size(limit::STACK_BYTES).spawn(move || {
        if hello.mode == Mode::Documents {
            lacking.extend(limit::in_thread());
        }
        frame::write_lines(&mut socket, &lacking)?;
        serve(&mut socket, hello.mode, &hello.limits)
    });
    match reader.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn serve(socket: &mut Socket, mode: Mode, limits: &Limits) -> io::Result<()> {
    while let Some((kind, bytes)) = frame::read_question(socket, limits.input_bytes)? {
        match (kind, mode) {
            (Kind::Probe, _) => frame::write_lines(socket, &probe::attempt_all(&bytes))?,
            (_, Mode::ProbeLandlock) => return Err(io::ErrorKind::PermissionDenied.into()),
            (kind, Mode::Documents) => frame::write_answer(socket, &read(kind, &bytes, limits))?,
        }
    }
    Ok(())
}

fn read(kind: Kind, bytes: &[u8], limits: &Limits) -> Result<Text, Failure> {
    let text = catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Pdf => pdf::read(bytes, limits),
        Kind::Html => html::read(bytes, limits).map(Text::unpaged),
        Kind::Xml => xml::read(bytes, limits).map(Text::unpaged),
        Kind::Rtf => rtf::read(bytes, limits).map(Text::unpaged),
        Kind::Markdown => markdown::read(bytes, limits).map(Text::unpaged),
        Kind::Plain | Kind::Probe => Ok(Text::unpaged(plain::read(bytes))),
    }))
    .unwrap_or_else(|_| Err(Failure::Unreadable("the reader panicked".into())))?;
    let size = u64::try_from(text.text.len()).unwrap_or(u64::MAX);
    if size > limits.output_bytes { Err(Failure::TooLarge) } else { Ok(text) }
}

/// The socket on stdin, read and written by the two plain calls that the filter allows.
#[derive(Clone, Copy, Debug)]
struct Socket;

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::read(rustix::stdio::stdin(), &mut *bytes))?)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::write(rustix::stdio::stdin(), bytes))?)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
