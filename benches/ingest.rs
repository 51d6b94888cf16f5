//! Pushes over HTTP: acknowledged, and until found by full text.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use crate::{
    process, raw, row,
    served::{Binary, City},
};

pub const CONNECTIONS: usize = 16;
const DOCUMENTS: usize = 4_000;

/// Bytes that begin like a PDF and do not compress, as scans are; each its own.
pub fn scan(number: usize, size: usize) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.7\n% {number}\n").into_bytes();
    let mut state = number as u64 + 1;
    while bytes.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend((state >> 11).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Pushes all from `CONNECTIONS` clients; seconds.
pub fn push_all(city: &City, documents: &[Vec<u8>], name: &str) -> f64 {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while let Some(bytes) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                    city.push(bytes, name).unwrap();
                }
            });
        }
    });
    start.elapsed().as_secs_f64()
}

/// 27 kB, 16 connections, text jobs paused.
pub fn acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let documents: Vec<Vec<u8>> = (0..DOCUMENTS).map(|n| scan(n, 27_000)).collect();
    let data = folder.path().join("daten");
    let config = "[text]\npaused = true\n";
    let city = City::found(Binary::real(), &data, &folder.path().join("stadt.toml"), config);
    push_all(&city, &documents[..200], "warm.pdf");
    let (server, client) = (process::cpu_s(city.pid()), process::cpu_s(std::process::id()));
    let seconds = push_all(&city, &documents[200..], "scan.pdf");
    let count = (DOCUMENTS - 200) as f64;
    let server = (process::cpu_s(city.pid()) - server) * 1000.0 / count;
    let client = (process::cpu_s(std::process::id()) - client) * 1000.0 / count;
    drop(city);
    let limit = raw::pushes(folder.path(), &documents[200..], CONNECTIONS);
    let rate = count / seconds;
    row(
        "acknowledged push, 27 kB, 16 connections",
        &format!(
            "{rate:.0} documents/s; CPU a document: server {server:.2} ms, client {client:.2} ms"
        ),
        &format!("{limit:.0} documents/s"),
        &format!("{:.2}", rate / limit),
        "0.40; server 1 ms",
    );
}

/// Two pages of text, until found.
pub fn until_found() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("daten");
    let mut city = City::found(Binary::real(), &data, &folder.path().join("stadt.toml"), "");
    let documents: Vec<Vec<u8>> =
        aktenlauf::cli::demo::letters(1_000, 7).map(|d| d.pdf()).collect();
    let bytes: usize = documents.iter().map(Vec::len).sum();
    let alone = Instant::now();
    let answer = city.push(&documents[0], "eins.pdf").unwrap();
    let key = city.key().to_owned();
    city.search(&key, "Stadt", answer["seq"].as_u64().unwrap());
    let alone = alone.elapsed().as_secs_f64();
    let cpu = process::cpu_s(city.pid());
    let start = Instant::now();
    push_all(&city, &documents[1..], "brief.pdf");
    city.served().wait_until_indexed(&key);
    let seconds = start.elapsed().as_secs_f64();
    let count = (documents.len() - 1) as f64;
    let cpu = (process::cpu_s(city.pid()) - cpu) * 1000.0 / count;
    row(
        "until found by full text",
        &format!("{:.0} documents/s; {cpu:.1} ms CPU a document", count / seconds),
        &format!("{:.1} kB a document", bytes as f64 / documents.len() as f64 / 1000.0),
        "-",
        "15 ms CPU",
    );
    row("a single upload until found", &format!("{alone:.2} s"), "-", "-", "1 s");
}
