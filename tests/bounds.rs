//! Bounds of the real process: a file of 2 GiB, ten thousand connections, a full disk.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};

use crate::served::{Binary, City, env_count};

/// Kilobytes of memory that are the process's own.
fn rss_anon_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn connect(city: &mut City) -> TcpStream {
    let address = city.served().address().trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

/// Sends an upload of `size` bytes over a bare connection; the status line of the answer.
fn upload(city: &mut City, size: u64, mut seen: impl FnMut()) -> String {
    let key = city.key().to_owned();
    let mut stream = connect(city);
    let head = "--g\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\r\n\
                {\"dateiname\":\"plan.bin\",\"oe\":\"10\"}\r\n--g\r\n\
                Content-Disposition: form-data; name=\"inhalt\"; filename=\"x\"\r\n\r\n";
    let tail = "\r\n--g--\r\n";
    let length = size + (head.len() + tail.len()) as u64;
    write!(
        stream,
        "POST /api/v1/dokumente HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Idempotency-Key: gross-{size}\r\nContent-Type: multipart/form-data; boundary=g\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{head}"
    )
    .unwrap();
    let chunk: Vec<u8> =
        (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut left = size;
    while left > 0 {
        let now = usize::try_from(left.min(1 << 20)).unwrap();
        if stream.write_all(&chunk[..now]).is_err() {
            break;
        }
        left -= now as u64;
        if left.is_multiple_of(64 << 20) {
            seen();
        }
    }
    let _ = stream.write_all(tail.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_file_of_two_gibibytes_costs_at_most_64_mb_and_one_more_byte_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stadt.toml");
    let mut city = City::found(Binary::real(), &folder.path().join("daten"), &file, "");
    city.push(b"warm", "warm.txt").unwrap();
    let (pid, mut most) = (city.pid(), 0);
    let before = rss_anon_kb(pid);
    let answer = upload(&mut city, 2 << 30, || most = most.max(rss_anon_kb(pid)));
    assert!(answer.contains(" 201 "), "{answer}");
    let grown = most.saturating_sub(before);
    assert!(grown <= 64 << 10, "RssAnon grew by {grown} kB");
    let answer = upload(&mut city, (2 << 30) + 1, || ());
    assert!(answer.contains(" 413 ") || answer.is_empty(), "{answer}");
    println!("bounds: 2 GiB uploaded, RssAnon grew by {} MB", grown >> 10);
}

#[test]
fn a_push_succeeds_beside_ten_thousand_connections() {
    let wanted = env_count("TEST_CONNECTIONS", 10_000);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if most < wanted + 500 {
        println!("SKIPPED: {wanted} connections (this user may open {most} files)");
        return;
    }
    let wide = rustix::process::Rlimit { current: Some(most), maximum: limit.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, wide).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stadt.toml");
    let mut city = City::found(Binary::real(), &folder.path().join("daten"), &file, "");
    let before = rss_anon_kb(city.pid());
    let open: Vec<TcpStream> = (0..wanted).map(|_| connect(&mut city)).collect();
    // Half of them begin a request and never end it.
    for mut stream in open.iter().step_by(2) {
        stream.write_all(b"POST /api/v1/dokumente HTTP/1.1\r\nHost: x\r\n").unwrap();
    }
    city.push(b"trotzdem", "brief.txt").unwrap();
    let grown = rss_anon_kb(city.pid()).saturating_sub(before);
    assert!(grown <= 512 << 10, "RssAnon grew by {grown} kB");
    println!("bounds: {} connections open, {} MB more, a push succeeds", open.len(), grown >> 10);
}

/// A file system of its own that is small enough to be filled.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(at: &'a Path, megabytes: u32) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let size = format!("size={megabytes}m");
        let made =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        made.is_ok_and(|o| o.status.success()).then_some(Self(at))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}

#[test]
fn a_full_disk_refuses_with_503_and_the_service_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("platte");
    let Some(_small) = Small::mount(&at, 192) else {
        println!("SKIPPED: a full disk (mounting a tmpfs needs root)");
        return;
    };
    let config = "reserve_bytes = 33554432\n[ledger]\nsegment_bytes = 1048576\n";
    let file = folder.path().join("stadt.toml");
    let data = at.join("daten");
    let mut city = City::found(Binary::real(), &data, &file, config);
    let first = city.push(b"vorher", "vorher.txt").unwrap();
    let ballast = at.join("ballast");
    let mut filler = fs::File::create(&ballast).unwrap();
    while filler.write_all(&[7; 1 << 16]).is_ok() {}
    drop(filler);
    for number in 0..20 {
        let answer = city.push(format!("voll {number}").as_bytes(), "voll.txt").unwrap_err();
        assert!(answer.starts_with("503 "), "{answer}");
    }
    let id = first["id"].as_str().unwrap();
    assert_eq!(city.content(id).unwrap(), b"vorher", "reading goes on");
    fs::remove_file(&ballast).unwrap();
    let after = city.push(b"nachher", "nachher.txt").unwrap();
    assert_eq!(city.content(after["id"].as_str().unwrap()).unwrap(), b"nachher");
    city.served().stop();
    Binary::real().verify(&data);
    println!("bounds: a full disk refused 20 pushes and went on");
}
