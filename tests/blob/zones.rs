//! Garage in three zones: what one loss must not stop, what two must, and that it heals by itself.

use std::time::{Duration, Instant};

use super::*;
use crate::s3::{garage::Zones, store};

const MIB: usize = 1 << 20;

/// Asks until it is answered. Returns how long that took, and tells how often it was refused.
fn healed<T>(act: impl Fn() -> Result<T, Error>) -> (T, Duration) {
    let (since, mut refused) = (Instant::now(), 0);
    loop {
        match act() {
            Ok(value) => {
                if refused > 0 {
                    println!("refused {refused} times in {:?}", since.elapsed());
                }
                return (value, since.elapsed());
            }
            Err(Error::Unreachable(_)) if since.elapsed() < Duration::from_secs(90) => refused += 1,
            Err(other) => panic!("after {:?}: {other}", since.elapsed()),
        }
    }
}

#[test]
fn one_zone_may_go_and_two_are_waited_for() {
    let Some(zones) = Zones::start() else { return };
    let (_one, here) = store(&zones.config(0, "zonen"));
    let (_two, there) = store(&zones.config(1, "zonen"));
    let mut kept = Vec::new();
    let mut push_all = |round: u64| {
        for (seed, size) in [(1, 300), (2, 30_000), (3, 20 * MIB)] {
            let bytes = noise(10 * round + seed, size);
            let (digest, took) = healed(|| push(&here, &bytes, false));
            if took > Duration::from_secs(1) {
                println!("round {round}: {size} bytes took {took:?}");
            }
            kept.push((digest, bytes));
        }
        let since = Instant::now();
        for (digest, bytes) in &kept {
            assert!(here.read(*digest).unwrap() == *bytes);
        }
        println!("round {round}: all {} read in {:?}", kept.len(), since.elapsed());
        kept.clone()
    };
    for (digest, bytes) in push_all(0) {
        assert!(there.read(digest).unwrap() == bytes, "another node has it at once");
    }

    zones.nodes[2].stop();
    let kept = push_all(1);
    zones.nodes[1].stop();
    let since = Instant::now();
    let refused = push(&here, &noise(99, 30_000), false);
    assert!(matches!(refused, Err(Error::Unreachable(_))), "{refused:?}");
    println!("with one zone of three a push is refused after {:?}", since.elapsed());
    assert!(since.elapsed() < Duration::from_secs(40));

    zones.nodes[1].restart();
    let (_, took) = healed(|| push(&here, &noise(99, 30_000), false));
    println!("a push is taken {took:?} after the second zone came back");
    push_all(2);
    for (digest, bytes) in &kept {
        let (read, _) = healed(|| there.read(*digest));
        assert!(read == *bytes);
    }
    // The zone that missed two rounds answers for all of them.
    zones.nodes[2].restart();
    let (home, late) = {
        let config = zones.config(2, "zonen");
        let home = tempfile::tempdir().unwrap();
        let config = aktenlauf::blob::S3 { staging: home.path().join("staging"), ..config };
        let disk = Arc::new(Local::new());
        let open = || Store::s3(&config, disk.clone(), Arc::new(aktenlauf::server::System));
        let since = Instant::now();
        let opened = loop {
            match open() {
                Ok(store) => {
                    println!("the third zone serves {:?} after its start", since.elapsed());
                    break store;
                }
                Err(error) => assert!(since.elapsed() < Duration::from_secs(60), "{error}"),
            }
        };
        (home, opened)
    };
    for (digest, bytes) in push_all(3) {
        let (read, _) = healed(|| late.read(digest));
        assert!(read == bytes);
    }
    drop(home);
}
