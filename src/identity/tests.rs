//! Identity: equal work for known and unknown names, delays that end, secrets that stay unseen.

use std::{
    net::IpAddr,
    sync::{Barrier, Mutex},
};

use super::{Delays, Gate, password, secret};
use crate::domain::{source::Source, zeit::Zeitpunkt};

/// A clock that stands still and bytes that count up, other ones at each call.
#[derive(Debug, Default)]
struct Frozen(Mutex<u64>);

impl Source for Frozen {
    fn now(&self) -> Zeitpunkt {
        Zeitpunkt(0)
    }
    fn fill(&self, bytes: &mut [u8]) {
        let mut calls = self.0.lock().unwrap();
        *calls += 1;
        for (byte, value) in bytes.iter_mut().zip(calls.to_le_bytes().iter().cycle()) {
            *byte = *value;
        }
    }
}

const RIGHT: &str = "vier Wörter ohne Sinn";

fn at(seconds: i64) -> Zeitpunkt {
    Zeitpunkt(seconds * 1000)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_password_fits_its_own_digest_only() {
    let source = Frozen::default();
    let gate = Gate::new(1);
    let digest = gate.hash(RIGHT, &source).unwrap();
    assert!(digest.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{digest}");
    assert!(gate.verify(Some(&digest), RIGHT).unwrap());
    assert!(!gate.verify(Some(&digest), "vier Wörter ohne sinn").unwrap());
    assert_ne!(digest, gate.hash(RIGHT, &source).unwrap(), "each has its own salt");
}

/// One hash each: that is what makes a sign-on with an unknown name cost the same.
#[test]
fn unknown_names_cost_the_same_and_are_refused() {
    let gate = Gate::new(1);
    let digest = gate.hash(RIGHT, &Frozen::default()).unwrap();
    let long = "x".repeat(password::LENGTH_BYTES_MAX + 1);
    let of_long = password::hash(&long, &Frozen::default()).unwrap();
    let cases = [
        (Some(of_long.as_str()), long.as_str(), false),
        (Some(digest.as_str()), RIGHT, true),
        (Some(&digest), "falsch", false),
        (Some(&digest), long.as_str(), false),
        (None, RIGHT, false),
        (None, "", false),
        (Some("kein PHC"), RIGHT, false),
        (Some(""), "", false),
    ];
    for (hash, password, fits) in cases {
        let before = gate.hashes();
        assert_eq!(gate.verify(hash, password).unwrap(), fits, "{hash:?}");
        assert_eq!(gate.hashes(), before + 1);
    }
}

#[test]
fn at_most_so_many_hashes_run_at_once_and_a_flood_is_turned_away() {
    let gate = Gate::new(2);
    let (callers, start) = (48, Barrier::new(48));
    let answered: usize = std::thread::scope(|scope| {
        let call = || {
            start.wait();
            usize::from(gate.verify(None, "x").is_ok())
        };
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert!(gate.running_most() <= 2, "{} at once", gate.running_most());
    assert_eq!(gate.hashes(), answered as u64, "who is turned away costs no hash");
    assert!(answered < callers, "32 may wait and 2 run, the rest hears: busy");
    assert!(!gate.verify(None, "x").unwrap(), "the gate is free again");
}

#[test]
fn new_passwords_are_long_and_not_the_name() {
    use password::{Weak, check};
    assert_eq!(check("elf Zeichen", "anna"), Err(Weak::Short));
    assert_eq!(check("zwölf Zeiche", "anna"), Ok(()));
    // Twelve characters, not twelve bytes.
    assert_eq!(check("ääääääöööö", "anna"), Err(Weak::Short));
    assert_eq!(check(&"a b".repeat(400), "anna"), Err(Weak::Long));
    assert_eq!(check("Annemarie.Huber", "annemarie.huber"), Err(Weak::Name));
    assert_eq!(check("annaannaanna", "anna"), Err(Weak::Name));
    assert_eq!(check("aaaaaaaaaaaa", "anna"), Err(Weak::Uniform));
    // No rule about kinds of characters (ORP.4).
    assert_eq!(check("nur kleine buchstaben", ""), Ok(()));
}

#[test]
fn delays_grow_and_end() {
    let (delays, home) = (Delays::new(), address("192.0.2.1"));
    for _ in 0..5 {
        assert_eq!(delays.check("anna", home, at(0)), Ok(()));
    }
    assert_eq!(delays.check("anna", home, at(0)), Err(1), "the sixth waits a second");
    assert_eq!(delays.check("ANNA", home, at(0)), Err(1), "whatever the case");
    assert_eq!(delays.check("bert", home, at(0)), Ok(()), "others do not");
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..10 {
        let wait = delays.check("anna", home, at(now)).err().unwrap_or(0);
        waits.push(wait);
        now += i64::try_from(wait).unwrap();
        assert_eq!(delays.check("anna", home, at(now)), Ok(()), "a delay always ends");
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    assert_eq!(delays.check("anna", home, at(now - 10_000)), Err(60), "clock set back");
    assert_eq!(delays.check("anna", home, at(now + 3600)), Ok(()), "and all is forgotten");
    assert_eq!(delays.check("anna", home, at(now + 3600)), Ok(()));
}

#[test]
fn a_right_password_forgives_the_name_and_not_the_address() {
    let (delays, home) = (Delays::new(), address("192.0.2.1"));
    for round in 0..19 {
        assert_eq!(delays.check(&format!("name{round}"), home, at(0)), Ok(()));
        assert_eq!(delays.check("own", home, at(0)), Ok(()));
        delays.succeeded("own", home);
    }
    assert_eq!(delays.check("name20", home, at(0)), Ok(()));
    // Twenty wrong guesses at others with one right sign-on after each: the address waits.
    assert_eq!(delays.check("name99", home, at(0)), Err(1));
    assert_eq!(delays.check("name99", address("192.0.2.2"), at(0)), Ok(()));
}

#[test]
fn a_whole_ipv6_network_is_one_address() {
    let delays = Delays::new();
    for i in 0..20 {
        let host = address(&format!("2001:db8:1:2::{i:x}"));
        assert_eq!(delays.check(&format!("name{i}"), host, at(0)), Ok(()));
    }
    assert_eq!(delays.check("other", address("2001:db8:1:2:ffff::1"), at(0)), Err(1));
    assert_eq!(delays.check("other", address("2001:db8:1:3::1"), at(0)), Ok(()));
    // An IPv4 address is the same however it is written.
    for i in 0..20 {
        let host = address(if i % 2 == 0 { "::ffff:192.0.2.7" } else { "192.0.2.7" });
        assert_eq!(delays.check(&format!("name{i}"), host, at(0)), Ok(()));
    }
    assert_eq!(delays.check("other", address("192.0.2.7"), at(0)), Err(1));
}

#[test]
fn what_was_never_judged_does_not_count() {
    let (delays, home) = (Delays::new(), address("192.0.2.1"));
    for _ in 0..100 {
        assert_eq!(delays.check("anna", home, at(0)), Ok(()));
        delays.withdrawn("anna", home);
    }
}

#[test]
fn a_flood_of_names_is_bounded_and_washes_nobody_out() {
    let delays = Delays::new();
    for _ in 0..5 {
        assert_eq!(delays.check("anna", address("192.0.2.1"), at(0)), Ok(()));
    }
    for i in 0..10_400_u32 {
        let host = IpAddr::from((0x0A00_0000 + i).to_be_bytes());
        assert_eq!(delays.check(&format!("flood{i}"), host, at(0)), Ok(()));
    }
    assert_eq!(delays.check("anna", address("192.0.2.1"), at(0)), Err(1));
    assert!(delays.len() <= 20_000, "{} remembered", delays.len());
}

#[test]
fn a_secret_has_256_bits_and_is_known_by_its_digest() {
    let source = Frozen::default();
    let (a, b) = (secret::new(&source, "akl_"), secret::new(&source, "akl_"));
    assert_ne!(a.shown, b.shown);
    assert_eq!((a.shown.len(), a.sha256.len()), (4 + 43, 64));
    assert!(a.shown.starts_with("akl_"));
    assert!(secret::fits(&a.shown, &a.sha256));
    assert!(!secret::fits(&b.shown, &a.sha256));
    assert!(!secret::fits(&a.shown, ""));
    // SHA-256 of "abc" (FIPS 180-4, example 1).
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(secret::digest("abc"), known);
    assert!(!format!("{a:?}").contains(&a.shown), "a log must not show it");
}
