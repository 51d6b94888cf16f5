//! The real binary under kill -9 and under a real power cut, while eight clients push.
//!
//! Afterwards every acknowledged document must be there with the right bytes, the chain must
//! verify, and the index must catch up.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::served::{Binary, City, env_count};

const CLIENTS: usize = 8;

#[derive(Clone, Debug)]
struct Receipt {
    id: String,
    bytes: Vec<u8>,
    seq: u64,
}

/// A tiny generator of our own: tests must not depend on the clock for what they push.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn document(random: &mut Random) -> Vec<u8> {
    let words = ["Antrag", "Bescheid", "Straße", "Gebühr", "Vermerk", "Anlage", "Termin"];
    let mut text = format!("Schreiben Kennung{:016x}\n", random.next());
    for _ in 0..random.next() % 400 {
        let word = words[usize::try_from(random.next() % 7).unwrap()];
        text.push_str(word);
        text.push(' ');
    }
    text.into_bytes()
}

/// Pushes from eight clients until `stop`; returns what was acknowledged.
fn push_until(city: &City, seed: u64, stop: &AtomicBool) -> Vec<Receipt> {
    let receipts = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let receipts = &receipts;
            scope.spawn(move || {
                let mut random = Random(seed ^ (client as u64 + 1).wrapping_mul(0x9E37_79B9));
                while !stop.load(Ordering::Relaxed) {
                    let bytes = document(&mut random);
                    if let Ok(answer) = city.push(&bytes, "schreiben.txt") {
                        let id = answer["id"].as_str().unwrap().to_owned();
                        let seq = answer["seq"].as_u64().unwrap();
                        receipts.lock().unwrap().push(Receipt { id, bytes, seq });
                    }
                }
            });
        }
    });
    receipts.into_inner().unwrap()
}

fn check(city: &City, receipts: &[Receipt]) {
    for receipt in receipts {
        let found = city.content(&receipt.id);
        assert!(
            found.as_deref() == Ok(&receipt.bytes[..]),
            "acknowledged document {} (seq {}) is lost or wrong: {:?}",
            receipt.id,
            receipt.seq,
            found.err()
        );
    }
}

/// The newest acknowledged document is found by its own word once the index has caught up.
fn check_found(city: &City, receipts: &[Receipt]) {
    let Some(last) = receipts.iter().max_by_key(|r| r.seq) else { return };
    let text = String::from_utf8_lossy(&last.bytes);
    let word = text.split_whitespace().find(|w| w.starts_with("Kennung")).unwrap();
    let answer = city.search(city.key(), word, last.seq);
    let hits = answer["treffer"].as_array().unwrap();
    assert!(hits.iter().any(|h| h["id"] == last.id.as_str()), "not found: {word}: {answer}");
}

#[test]
fn kill_9_while_eight_clients_push() {
    let kills = env_count("TEST_KILLS", 3);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("daten");
    let mut city =
        City::found(Binary::real(), &data, &folder.path().join("stadt.toml"), SMALL_SEGMENTS);
    let (mut all, mut random) = (Vec::new(), Random(0xA17E_1AF5));
    for kill in 0..kills {
        let stop = AtomicBool::new(false);
        let pause = Duration::from_millis(150 + random.next() % 500);
        let seed = random.next();
        let new = thread::scope(|scope| {
            let pushes = scope.spawn(|| push_until(&city, seed, &stop));
            thread::sleep(pause);
            city.kill();
            stop.store(true, Ordering::Relaxed);
            pushes.join().unwrap()
        });
        city.restart();
        check(&city, &new);
        if kill % 5 == 0 {
            check_found(&city, &new);
        }
        all.extend(new);
    }
    check(&city, &all);
    check_found(&city, &all);
    city.served().stop();
    Binary::real().verify(&data);
    assert!(all.len() as u64 >= kills, "too few pushes ({}) to prove anything", all.len());
    println!("crash: {kills} kills, {} acknowledged documents, none lost", all.len());
}

/// 64 kB, so that sealing happens all the time.
const SMALL_SEGMENTS: &str = "[ledger]\nsegment_bytes = 65536\n";

struct Mount {
    image: PathBuf,
    at: PathBuf,
}

impl Mount {
    fn new(folder: &Path) -> Option<Self> {
        let mount = Self { image: folder.join("platte.img"), at: folder.join("platte") };
        std::fs::create_dir(&mount.at).unwrap();
        std::fs::File::create(&mount.image).unwrap().set_len(1 << 30).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", mount.image.to_str()?]) && mount.mount();
        made.then_some(mount)
    }
    fn mount(&self) -> bool {
        run("mount", &["-o", "loop", self.image.to_str().unwrap(), self.at.to_str().unwrap()])
    }
    /// `EXT4_IOC_SHUTDOWN` with `NOLOGFLUSH`: whatever was not synced is gone.
    fn cut(&self) -> bool {
        let code = "import fcntl,os,struct,sys\nfcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),\
                    0x8004587d,struct.pack('I',2))";
        run("python3", &["-c", code, self.at.to_str().unwrap()])
    }
    fn unmount(&self) {
        for _ in 0..50 {
            if run("umount", &[self.at.to_str().unwrap()]) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("umount {} failed", self.at.display());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let path = format!("{}:/sbin:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(program).args(arguments).env("PATH", path).output();
    output.is_ok_and(|o| o.status.success())
}

#[test]
fn a_power_cut_while_eight_clients_push() {
    let cuts = env_count("TEST_CUTS", 1);
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(folder.path()) else {
        assert!(
            std::env::var_os("REQUIRE_SHARED").is_none(),
            "no loop mount possible here, and this run requires it"
        );
        println!("SKIPPED: power cuts (a loop mount needs root, mkfs.ext4 and mount)");
        return;
    };
    let data = mount.at.join("daten");
    let mut city =
        City::found(Binary::real(), &data, &folder.path().join("stadt.toml"), SMALL_SEGMENTS);
    let (mut all, mut random) = (Vec::new(), Random(0x5EED_0FC7));
    for _ in 0..cuts {
        let stop = AtomicBool::new(false);
        let pause = Duration::from_millis(200 + random.next() % 600);
        let seed = random.next();
        let new = thread::scope(|scope| {
            let pushes = scope.spawn(|| push_until(&city, seed, &stop));
            thread::sleep(pause);
            assert!(mount.cut(), "the ioctl failed");
            stop.store(true, Ordering::Relaxed);
            pushes.join().unwrap()
        });
        city.kill();
        mount.unmount();
        assert!(mount.mount(), "remount failed");
        city.restart();
        check(&city, &new);
        check_found(&city, &new);
        all.extend(new);
    }
    check(&city, &all);
    city.served().stop();
    Binary::real().verify(&data);
    assert!(all.len() as u64 >= cuts, "too few pushes ({}) to prove anything", all.len());
    println!("crash: {cuts} power cuts, {} acknowledged documents, none lost", all.len());
}
