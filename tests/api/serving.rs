//! The server as its operator sees it: certificate, restart, owner, read-only mode.

use aktenlauf::{
    config::Tls,
    server::{admin, commands},
};
use serde_json::{Value, json};

use crate::stadt::{Stadt, certificate};

#[test]
fn what_was_pushed_is_there_after_a_restart() {
    let mut stadt = Stadt::neu(|_| {});
    let pushed = stadt.push(&stadt.token("sb10"), &json!({}), b"bleibt").expect(201).json();
    stadt.stop();
    stadt.start();
    let token = stadt.token("sb10");
    let path = format!("/dokumente/{}", pushed["id"].as_str().unwrap());
    assert_eq!(stadt.get(&token, &format!("{path}/inhalt")).expect(200).body, b"bleibt");
    let head = stadt.get(&token, "/pruefung").expect(200).json();
    assert!(head["seq"].as_u64() >= pushed["seq"].as_u64());
    let seq = pushed["seq"].as_u64().unwrap();
    let found = stadt.get(&token, &format!("/suche?q=bleibt&wait_for={seq}")).expect(200).json();
    assert_eq!(found["anzahl"], 1, "{found}");
}

#[test]
fn a_directory_in_use_is_asked_through_its_socket_and_free_once_it_is_stopped() {
    let mut stadt = Stadt::neu(|_| {});
    let command = |name: &str| admin::Command { command: name.into(), arguments: Value::Null };
    let ask = |stadt: &Stadt, name: &str| {
        commands::run(&stadt.file, &command(name), false, &|_, _| {}).unwrap()
    };
    assert!(admin::ask(stadt.data(), &command("ping"), &|_, _| {}).is_ok());
    assert_eq!(ask(&stadt, "verify")["befunde"], json!([]));
    let served = ask(&stadt, "ping");
    stadt.stop();
    assert!(admin::ask(stadt.data(), &command("ping"), &|_, _| {}).is_err());
    assert_eq!(ask(&stadt, "ping"), served);
}

#[test]
fn a_read_only_server_reads_and_is_ready() {
    let mut stadt = Stadt::neu(|_| {});
    let pushed = stadt.push(&stadt.token("sb10"), &json!({}), b"nur lesen").expect(201).id();
    stadt.stop();
    stadt.file.read_only = true;
    stadt.start();
    assert_eq!(stadt.get("", "/health/ready").expect(200).json()["zustand"], "nur_lesend");
    let token = stadt.token("sb10");
    let content = stadt.get(&token, &format!("/dokumente/{pushed}/inhalt")).expect(200);
    assert_eq!(content.body, b"nur lesen");
}

#[test]
fn with_a_certificate_it_speaks_tls() {
    let dir = tempfile::tempdir().unwrap();
    let Some(Tls { cert, key }) = certificate(dir.path()) else { return };
    let pem = std::fs::read(&cert).unwrap();
    let stadt = Stadt::served_with(|file| file.tls = Some(Tls { cert, key }));
    assert!(stadt.url().starts_with("https://"));
    let root = ureq::tls::Certificate::from_pem(&pem).unwrap();
    let tls = ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::new_with_certs(&[root]))
        .build();
    let agent = ureq::Agent::config_builder().tls_config(tls).build().new_agent();
    let port = stadt.running().addr().port();
    let url = format!("https://localhost:{port}/api/v1/health/live");
    let answer: Value = agent.get(url).call().unwrap().body_mut().read_json().unwrap();
    assert_eq!(answer["zustand"], "lebt");
}
