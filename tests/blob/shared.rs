//! A bucket that several machines use: requests counted, answers lost, the server gone and back.

use std::{
    io::Read as _,
    time::{Duration, Instant},
};

use aktenlauf::blob::{Derived, S3};

use super::*;
use serde_json::json;

use crate::{
    s3::{self, Fate, Server, store},
    stadt::{Stadt, certificate},
};

const MIB: usize = 1 << 20;

fn is_unreachable<T: std::fmt::Debug>(result: Result<T, Error>) -> bool {
    match result {
        Err(Error::Unreachable(_)) => true,
        other => panic!("expected it to be out of reach, found {other:?}"),
    }
}

fn read_all(store: &Store, digest: Digest) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open_reader(digest).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Fails if a name is asked for that is remembered, or if chunks are fetched one by one.
#[test]
fn a_letter_takes_one_request_to_put_and_one_to_read() {
    Server::each().for_each(|server| requests_of_a_letter(&server));
}

fn requests_of_a_letter(server: &Server) {
    let proxy = server.proxy();
    let config = proxy.config(server.config("requests"));
    let ((_one, here), (_two, there)) = (store(&config), store(&config));
    let methods = || -> Vec<String> {
        let asked = proxy.requests();
        let word = |line: &String| line.split(' ').next().unwrap().to_owned();
        asked
            .iter()
            .map(|line| if line.contains("list-type") { "LIST".into() } else { word(line) })
            .collect()
    };
    methods();
    for bytes in [noise(1, 27_000), prose(1, 27_000)] {
        let digest = push(&here, &bytes, false).unwrap();
        assert_eq!(methods(), ["PUT"]);
        assert!(here.read(digest).unwrap() == bytes);
        assert_eq!(methods(), ["GET"]);
        assert!(there.read(digest).unwrap() == bytes);
        assert_eq!(methods(), ["LIST", "GET"]);
        assert!(there.read(digest).unwrap() == bytes);
        assert_eq!(methods(), ["GET"]);
    }
    for (bytes, name) in [(noise(2, 64 * MIB), "raw"), (large_prose(64 * MIB), "packed")] {
        let digest = push(&here, &bytes, false).unwrap();
        println!("64 MiB {name}, put: {:?}", methods());
        assert!(read_all(&here, digest) == bytes);
        let asked = methods();
        println!("64 MiB {name}, verified and read: {} requests", asked.len());
        assert!(asked.len() <= 36 && asked.iter().all(|m| m == "GET"), "{asked:?}");
        here.check(digest).unwrap();
        let asked = methods();
        println!("64 MiB {name}, checked: {} requests", asked.len());
        assert!(asked.len() <= 18, "{asked:?}");
    }
}

/// Compresses to about a half.
fn large_prose(size: usize) -> Vec<u8> {
    let hex: String = noise(9, size / 2).iter().map(|b| format!("{b:02x}")).collect();
    hex.into_bytes()
}

/// Bounds how long anybody waits; without the mapping of errors a push would be answered by 500.
#[test]
fn an_outage_is_said_so_soon_and_ends_by_itself() {
    Server::each().for_each(|server| outage(&server));
}

fn outage(server: &Server) {
    let (_home, store) = store(&server.config("outage"));
    let kept = push(&store, &noise(1, 30_000), false).unwrap();
    server.stop();
    let since = Instant::now();
    assert!(is_unreachable(push(&store, &noise(2, 30_000), false)));
    assert!(is_unreachable(push(&store, &noise(3, 20 * MIB), false)));
    assert!(is_unreachable(push(&store, &noise(1, 30_000), true)));
    assert!(is_unreachable(store.read(kept)));
    assert!(is_unreachable(store.check(kept)));
    assert!(is_unreachable(store.open_reader(Digest([7; 32])).map(|_| ())));
    assert!(is_unreachable(store.remove(kept, Ablage::default(), &store.lock(kept))));
    assert!(store.list().next().unwrap().is_err());
    let waited = since.elapsed();
    println!("eight calls to a server that is gone took {waited:?}");
    assert!(waited < Duration::from_secs(40), "{waited:?}");
    assert_eq!(store.broken(), None);
    server.restart();
    assert!(store.read(kept).unwrap() == noise(1, 30_000));
    for (seed, size) in [(2, 30_000), (3, 20 * MIB)] {
        let digest = push(&store, &noise(seed, size), false).unwrap();
        assert!(read_all(&store, digest) == noise(seed, size));
    }
}

/// The server is killed in the midst of large uploads: nothing of them is ever there to be read.
#[test]
fn nothing_half_written_is_ever_readable() {
    Server::each().for_each(|server| half_written(&server));
}

fn half_written(server: &Server) {
    let (_one, here) = store(&server.config("half"));
    let (_two, there) = store(&server.config("half"));
    let bytes = noise(5, 40 * MIB);
    let digest = Digest(<sha2::Sha256 as sha2::Digest>::digest(&bytes).into());
    let (mut refused, mut kept) = (0, 0);
    for round in 0..6 {
        let result = std::thread::scope(|scope| {
            let push = scope.spawn(|| deposit(&here, &bytes, None));
            std::thread::sleep(Duration::from_millis(40 + 120 * round));
            server.stop();
            let result = push.join().unwrap();
            server.restart();
            result
        });
        match result {
            Ok((_, deposit)) => {
                kept += 1;
                there.check_deposit(digest, deposit.ablage).unwrap();
                assert!(there.read(digest).unwrap() == bytes);
            }
            Err(_) => {
                refused += 1;
                match there.check(digest) {
                    Ok(()) | Err(Error::NotFound(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        for found in there.list() {
            let found = found.unwrap();
            there.check_deposit(found.digest, found.ablage).unwrap();
            there.remove(found.digest, found.ablage, &there.lock(found.digest)).unwrap();
        }
    }
    println!("server killed during 6 large uploads: {refused} refused, {kept} kept");
    assert!(refused > 0);
}

/// Whatever answer is lost: the request is repeated, or said to be out of reach; what is said to
/// be done is done, and what is read is right.
#[test]
fn a_lost_answer_leads_to_nothing_wrong() {
    Server::each().for_each(|server| lost_answers(&server));
}

fn lost_answers(server: &Server) {
    let proxy = server.proxy();
    let config = server.config("answers");
    let config = S3 { retry_timeout: Duration::from_secs(5), ..proxy.config(config) };
    let (_home, store) = store(&config);
    for (fate, times) in
        [(Fate::Unheard, 1), (Fate::Lost, 1), (Fate::Unheard, u64::MAX), (Fate::Lost, u64::MAX)]
    {
        for method in ["PUT", "POST", "GET", "DELETE"] {
            for bytes in [noise(times % 7, 20_000), noise(times % 7, 9 * MIB)] {
                let left = AtomicU64::new(times);
                proxy.rule(move |line| {
                    let hit = line.starts_with(method)
                        && left
                            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                            .is_ok();
                    if hit { fate } else { Fate::Answered }
                });
                let case = format!("{fate:?} {times} {method} {}", bytes.len());
                let pushed = deposit(&store, &bytes, None);
                let digest = Digest(<sha2::Sha256 as sha2::Digest>::digest(&bytes).into());
                let read = store.read(digest);
                let removed = pushed.as_ref().ok().map(|(_, deposit)| {
                    store.remove(digest, deposit.ablage, &store.lock(digest)).is_ok()
                });
                proxy.rule(|_| Fate::Answered);
                match read {
                    Ok(read) => assert!(read == bytes, "{case}"),
                    Err(Error::NotFound(_)) => assert!(pushed.is_err(), "{case}"),
                    Err(Error::Unreachable(_)) => assert_eq!(method, "GET", "{case}"),
                    Err(other) => panic!("{case}: {other}"),
                }
                if let Ok((_, deposit)) = &pushed {
                    let there = store.check_deposit(digest, deposit.ablage);
                    match removed {
                        Some(true) => assert!(matches!(there, Err(Error::NotFound(_))), "{case}"),
                        _ => assert!(fate == Fate::Unheard || there.is_ok(), "{case}: {there:?}"),
                    }
                }
                let once = times == 1;
                assert!(!once || method == "POST" || pushed.is_ok(), "{case}: {pushed:?}");
                for found in store.list().map(Result::unwrap) {
                    store.check_deposit(found.digest, found.ablage).unwrap();
                    store.remove(found.digest, found.ablage, &store.lock(found.digest)).unwrap();
                }
            }
        }
    }
}

/// The only file of a digest.
fn only(dir: &Path, hex: &str) -> PathBuf {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|item| item.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with(hex));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn a_listing_names_what_is_no_blob_and_pages_through_many() {
    let Some(server) = Server::start() else { return };
    let (_home, store) = store(&server.config("foreign"));
    let digest = push(&store, b"x", false).unwrap();
    let hex = digest.to_string();
    let dir = server.folder("foreign").join("blobs").join(&hex[..2]);
    let there = only(&dir, &hex);
    for name in [
        "readme",
        &format!("{hex}.plain.tmp"),
        &format!("{hex}.0"),
        &format!("{}.plain", "A".repeat(64)),
    ] {
        std::fs::copy(&there, dir.join(name)).unwrap();
    }
    for number in 1..=1100 {
        let name = format!("{hex}.{}", uuid::Uuid::from_u128(number));
        std::fs::copy(&there, dir.join(name)).unwrap();
    }
    let (found, foreign): (Vec<_>, Vec<_>) = store.list().partition(Result::is_ok);
    assert_eq!(foreign.len(), 4, "{foreign:?}");
    assert!(foreign.iter().all(|f| matches!(f, Err(Error::Foreign(_)))));
    assert_eq!(found.len(), 1101);
    assert!(found.into_iter().all(|found| found.unwrap().digest == digest));
    // A plain deposit, as copied from a local store, is one like any other.
    let other = push(&store, b"y", false).unwrap();
    let hex = other.to_string();
    let dir = server.folder("foreign").join("blobs").join(&hex[..2]);
    std::fs::rename(only(&dir, &hex), dir.join(format!("{hex}.plain"))).unwrap();
    assert_eq!(store.read(other).unwrap(), b"y");
    store.check_deposit(other, Ablage::default()).unwrap();
    store.remove(other, Ablage::default(), &store.lock(other)).unwrap();
    assert!(!store.exists(other));
}

/// Rot in one deposit: another one serves, and a push that brings the bytes writes a new one.
#[test]
fn a_rotten_deposit_is_passed_over() {
    let Some(server) = Server::start() else { return };
    let (_home, store) = store(&server.config("rot"));
    let bytes = noise(4, 30_000);
    let (digest, first) = deposit(&store, &bytes, None).unwrap();
    let hex = digest.to_string();
    let file = only(&server.folder("rot").join("blobs").join(&hex[..2]), &hex);
    let mut bad = bytes.clone();
    bad[100] ^= 1;
    std::fs::write(&file, bad).unwrap();
    assert!(is_damaged(store.read(digest), digest));
    let (_, second) = deposit(&store, &bytes, Some(first.ablage)).unwrap();
    assert!(second.made.is_some() && second.ablage != first.ablage);
    assert!(store.read(digest).unwrap() == bytes);
    assert!(is_damaged(store.check_deposit(digest, first.ablage), digest));
    let (_other, there) = s3::store(&server.config("rot"));
    assert!(there.read(digest).unwrap() == bytes);
}

#[test]
fn a_start_says_what_does_not_fit() {
    Server::each().for_each(|server| unfit(&server));
}

fn unfit(server: &Server) {
    let good = server.config("start");
    let home = tempfile::tempdir().unwrap();
    let open = |config: S3| {
        let config = S3 { staging: home.path().join("staging"), ..config };
        Store::s3(&config, Arc::new(Local::new()), Frozen::new()).map(drop)
    };
    open(good.clone()).unwrap();
    for (config, told) in [
        (S3 { secret_key: "wrong".into(), ..good.clone() }, "writing"),
        (S3 { endpoint: "http://127.0.0.1:1".into(), ..good.clone() }, "writing"),
        (S3 { ca: Some("/nowhere/ca.pem".into()), ..good.clone() }, "/nowhere/ca.pem"),
    ] {
        let error = open(config).unwrap_err().to_string();
        println!("{error}");
        assert!(error.contains(told), "{error}");
    }
    assert!(!format!("{good:?}").contains(&good.secret_key));
}

/// Over TLS the server is proven by the certificates that are configured, and by no others: what
/// answers here is no S3 server, but it is asked only where its certificate is the one.
#[test]
fn over_tls_only_the_configured_certificate_counts() {
    let dir = tempfile::tempdir().unwrap();
    let Some(tls) = certificate(dir.path()) else { return };
    let Some(server) = Server::start() else { return };
    let ca = tls.cert.clone();
    let other = tempfile::tempdir().unwrap();
    let Some(stranger) = certificate(other.path()) else { return };
    let stadt = Stadt::served_with(|file| file.tls = Some(tls));
    let endpoint = format!("https://localhost:{}", stadt.running().addr().port());
    let open = |ca| {
        let staging = dir.path().join("staging");
        let config = S3 { endpoint: endpoint.clone(), ca, staging, ..server.config("tls") };
        let opened = Store::s3(&config, Arc::new(Local::new()), Frozen::new());
        opened.map(drop).unwrap_err().to_string()
    };
    let asked = open(Some(ca));
    assert!(asked.contains("status code: 4"), "{asked}");
    for unproven in [open(Some(stranger.cert)), open(None)] {
        assert!(!unproven.contains("status code"), "{unproven}");
    }
}

#[test]
fn what_was_derived_serves_all_machines() {
    let Some(server) = Server::start() else { return };
    let (config, digest) = (server.config("derived"), Digest([0xAB; 32]));
    let (here, there) = (Derived::s3(&config).unwrap(), Derived::s3(&config).unwrap());
    assert_eq!(there.get(digest, "text", 1).unwrap(), None);
    here.put(digest, "text", 1, &prose(1, 40_000)).unwrap();
    here.put(digest, "bild", 3, b"picture").unwrap();
    assert_eq!(there.get(digest, "text", 1).unwrap(), Some(prose(1, 40_000)));
    assert_eq!(there.get(digest, "text", 2).unwrap(), None);
    let path = server.folder("derived/derived/text-1/ab").join(digest.to_string());
    let mut bad = std::fs::read(&path).unwrap();
    bad[30] ^= 1;
    std::fs::write(&path, bad).unwrap();
    assert_eq!(there.get(digest, "text", 1).unwrap(), None);
    server.stop();
    assert!(is_unreachable(there.get(digest, "text", 1)));
    assert!(is_unreachable(there.remove(digest)));
    server.restart();
    there.remove(digest).unwrap();
    assert_eq!(here.get(digest, "bild", 3).unwrap(), None);
}

/// A whole city by configuration: over HTTP, with the server gone and back.
#[test]
fn a_city_serves_from_the_bucket_and_outlives_its_loss() {
    Server::each().for_each(|server| city(&server));
}

fn city(server: &Server) {
    let stadt = Stadt::neu(|file| server.choose(file, "stadt/musterstadt"));
    let token = stadt.token("sb10");
    let push = |bytes: &[u8]| stadt.push(&token, &json!({}), bytes);
    let receipt = push(&noise(1, 300_000)).expect(201).json();
    let (_home, store) = store(&server.config("stadt/musterstadt"));
    let found: Vec<_> = store.list().map(|found| found.unwrap().digest.to_string()).collect();
    assert_eq!(found, [receipt["sha256"].as_str().unwrap()]);
    let content =
        || stadt.get(&token, &format!("/dokumente/{}/inhalt", receipt["id"].as_str().unwrap()));
    assert!(content().expect(200).body == noise(1, 300_000));
    // Its text is read before, or it waits.
    let letter = push(b"Sehr geehrte Damen").expect(201).id();
    server.stop();
    for answer in [push(b"neu"), content()] {
        assert_eq!((answer.status, answer.code().as_str()), (503, "ausgelastet"));
        assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    // What does not take bytes is answered.
    stadt.get(&token, &format!("/dokumente/{}", receipt["id"].as_str().unwrap())).expect(200);
    stadt.get("", "/health/ready").expect(200);
    server.restart();
    let other = push(b"neu").expect(201).id();
    assert!(content().expect(200).body == noise(1, 300_000));
    let end = Instant::now() + Duration::from_secs(30);
    for id in [letter, other] {
        let text = || stadt.get(&token, &format!("/dokumente/{id}")).expect(200).json();
        while text()["text"]["stand"] != "bereit" {
            assert!(Instant::now() < end, "{}", text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
