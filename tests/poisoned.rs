//! The real binary when a write of the journal fails: nothing is acknowledged, readiness goes red,
//! and the process ends with exit code 3, to be started again.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::served::{Binary, City, Served};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves; a write beyond a limit fails as on a broken disk, instead of ending the process.
fn serve(config: &str) -> (Server, String, BufReader<impl std::io::Read>) {
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" serve --config \"$1\""])
        .arg(Binary::real().path())
        .arg(config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let server = Server(child);
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.split_whitespace().find(|word| word.starts_with("http"));
    (server, address.unwrap_or_else(|| panic!("{line:?}")).to_owned(), output)
}

#[test]
fn a_poisoned_ledger_turns_readiness_red_and_ends_with_exit_code_3() {
    if !Command::new("prlimit").arg("--version").output().is_ok_and(|o| o.status.success()) {
        println!("SKIPPED: there is no prlimit to make a write fail");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("daten"), folder.path().join("stadt.toml"));
    let mut city = City::found(Binary::real(), &data, &file, "");
    let key = city.key().to_owned();
    city.served().stop();
    let (mut server, address, _output) = serve(file.to_str().unwrap());
    let agent = Served::agent(Duration::from_secs(20));
    let create = |subject: &str| {
        let akte = json!({ "planeinheit": "02.03", "betreff": subject, "oe": "10" });
        Served::post(&agent, &address, &key, "/akten", &akte, subject)
    };
    let ready = || -> Option<(u16, Value)> {
        let mut answer = agent.get(format!("{address}/api/v1/health/ready")).call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_json().ok()?))
    };
    let number = create("vorher").unwrap()["aktenzeichen"].as_str().unwrap().to_owned();
    assert_eq!(ready().unwrap().0, 200);
    let limit = Command::new("prlimit")
        .args(["--fsize=1:", "--pid", &server.0.id().to_string()])
        .output()
        .unwrap();
    assert!(limit.status.success(), "{limit:?}");

    let unknown = create("verloren").unwrap_err();
    assert!(unknown.starts_with("503 ") && unknown.contains("ausgang_unbekannt"), "{unknown}");
    let (status, problem) = ready().expect("it answers until it ends");
    assert_eq!((status, &problem["code"]), (503, &json!("nicht_bereit")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("unbekannt"), "{problem}");
    let end = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = server.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < end, "it does not end");
        thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(3), "{status}");

    // Started again it goes on from what it acknowledged.
    city.restart();
    let (status, page) = city.served().get_json(&key, "/akten?limit=500");
    assert_eq!(status, 200, "{page}");
    let all = page["eintraege"].as_array().unwrap();
    assert!(all.iter().any(|akte| akte["aktenzeichen"] == number.as_str()), "{page}");
    city.served().stop();
    Binary::real().verify(&data);
}
