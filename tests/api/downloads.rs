//! Files on their way out: whoever does not read is dropped, and nobody takes all places.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::stadt::Stadt;

/// More than the buffers of a connection take.
const LARGE: usize = 24 << 20;

/// Asks for a file and reads its head only.
fn begin(stadt: &Stadt, token: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(stadt.running().addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head =
        format!("GET /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// Fails without the connection's time limit, or if the place outlives the connection.
#[test]
fn a_client_that_reads_nothing_is_dropped_and_its_place_is_free() {
    let stadt = Stadt::neu(|file| {
        (file.limits.downloads, file.limits.idle_s) = (4, 2);
    });
    let token = stadt.token("sb10");
    let id = stadt.push(&token, &json!({}), &vec![7; LARGE]).expect(201).id();
    let path = format!("/dokumente/{id}/inhalt");
    let begun = Instant::now();
    let mut idle = begin(&stadt, &token, &path);
    // A quarter of four is one; somebody else has his own.
    let refused = stadt.get(&token, &path).expect(429);
    assert_eq!(refused.code(), "zu_viele_uploads");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(stadt.get(&stadt.token("reg10"), &path).expect(200).body.len(), LARGE);
    loop {
        thread::sleep(Duration::from_millis(200));
        let answer = stadt.get(&token, &path);
        if answer.status == 200 {
            assert_eq!(answer.body.len(), LARGE);
            break;
        }
        assert_eq!(answer.status, 429);
        // Before the body itself would be given up.
        assert!(begun.elapsed() < Duration::from_secs(15), "the place stays taken");
    }
    assert!(begun.elapsed() >= Duration::from_secs(2));
    let mut got = Vec::new();
    let _ = idle.read_to_end(&mut got);
    assert!(got.len() < LARGE, "the connection was ended");
}

#[test]
fn a_slow_reader_gets_everything() {
    let stadt = Stadt::neu(|file| file.limits.idle_s = 1);
    let token = stadt.token("sb10");
    let id = stadt.push(&token, &json!({}), &vec![7; LARGE]).expect(201).id();
    let mut stream = begin(&stadt, &token, &format!("/dokumente/{id}/inhalt"));
    let (mut got, mut piece) = (0, vec![0; 4 << 20]);
    while got < LARGE {
        thread::sleep(Duration::from_millis(500));
        got += stream.read(&mut piece).unwrap();
    }
}

#[test]
fn head_tells_what_get_would_send() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let id = stadt.push(&token, &json!({}), b"zwanzig Zeichen lang").expect(201).id();
    let path = format!("/dokumente/{id}/inhalt");
    let get = stadt.get(&token, &path).expect(200);
    let head = stadt.send(&token, "HEAD", &path, &[("Range", "bytes=0-1")], None).expect(200);
    assert!(head.body.is_empty());
    for name in ["etag", "content-length", "content-type", "content-disposition", "accept-ranges"] {
        assert!(!get.header(name).is_empty(), "{name}");
        assert_eq!(get.header(name), head.header(name), "{name}");
    }
    assert_eq!(head.header("content-length"), "20");
    let known = [("If-None-Match", get.header("etag"))];
    stadt.send(&token, "HEAD", &path, &known, None).expect(304);
    stadt.send(&stadt.token("sb20"), "HEAD", &path, &[], None).expect(404);
    // Nothing of a body stands between this answer and the next one of the connection.
    let mut stream = TcpStream::connect(stadt.running().addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut ask = |method: &str, more: &str| {
        let head = format!("{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\n{more}");
        stream
            .write_all(format!("{head}Authorization: Bearer {token}\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        String::from_utf8(answer).unwrap()
    };
    assert!(ask("HEAD", "").starts_with("HTTP/1.1 200 "));
    assert!(ask("GET", "Range: bytes=0-6\r\n").starts_with("HTTP/1.1 206 "));
}
