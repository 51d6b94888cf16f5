//! The real binary serving a small city: what the suites drive that need a process to kill.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

/// A count from the environment: the suites run small by themselves, large in `tests/run`.
pub fn env_count(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// The program under test.
#[derive(Clone, Debug)]
pub struct Binary(PathBuf);

impl Binary {
    pub fn real() -> Self {
        Self(env!("CARGO_BIN_EXE_aktenlauf").into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.0).args(arguments).output().unwrap();
        let (out, err) = (output.stdout, output.stderr);
        assert!(
            output.status.success(),
            "aktenlauf {}: {}\n{}{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&err)
        );
        String::from_utf8(out).unwrap()
    }

    /// Fails the test if `verify` finds anything wrong.
    pub fn verify(&self, data: &Path) {
        self.run(&["verify", "--data", data.to_str().unwrap()]);
    }
}

/// A running `serve` or `demo`.
#[derive(Debug)]
pub struct Served {
    child: Option<Child>,
    /// Held open: a server whose output nobody reads any more would end at its next line.
    output: Option<BufReader<ChildStdout>>,
    address: String,
    agent: ureq::Agent,
}

impl Served {
    /// A client.
    pub fn agent(timeout: Duration) -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .max_idle_age(Duration::from_secs(2))
            .build()
            .new_agent()
    }

    fn start(binary: &Binary, arguments: &[&str]) -> Self {
        let agent = Self::agent(Duration::from_secs(60));
        let mut served = Self { child: None, output: None, address: String::new(), agent };
        served.again(binary, arguments);
        served
    }

    /// Starts (again); the address is on the first line that the server prints.
    fn again(&mut self, binary: &Binary, arguments: &[&str]) {
        if let Some(mut old) = self.child.take() {
            old.wait().unwrap();
        }
        let mut child = Command::new(&binary.0)
            .args(arguments)
            .stdout(Stdio::piped())
            .env("RUST_LOG", "error")
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        self.output = Some(output);
        let address = line.split_whitespace().find(|w| w.starts_with("http"));
        self.child = Some(child);
        self.address = address.unwrap_or_else(|| panic!("did not start: {line:?}")).to_owned();
    }

    /// `demo` with so many documents, on a free port.
    pub fn demo(binary: &Binary, data: &Path, documents: u32) -> Self {
        let (data, count) = (data.to_str().unwrap(), documents.to_string());
        let arguments = ["--data", data, "--listen", "127.0.0.1:0", "--documents", &count];
        Self::start(binary, &[&["demo"], &arguments[..]].concat())
    }

    /// Serves a directory on a free port.
    pub fn serve(&mut self, binary: &Binary, data: &Path) {
        self.again(binary, &["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    }

    /// kill -9
    pub fn kill(&self) {
        self.signal("-9");
    }

    /// An orderly stop.
    pub fn stop(&mut self) {
        self.signal("-TERM");
        let status = self.child.take().unwrap().wait().unwrap();
        assert!(status.success(), "stopped with {status}");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token of a new session.
    pub fn sign_on(&self, name: &str, password: &str) -> String {
        let mut answer = self
            .agent
            .post(format!("{}/api/v1/anmeldung", self.address))
            .send_json(json!({ "name": name, "passwort": password }))
            .unwrap();
        let value: Value = answer.body_mut().read_json().unwrap();
        value["token"].as_str().unwrap_or_else(|| panic!("sign-on of {name}: {value}")).to_owned()
    }

    pub fn get(&self, token: &str, path: &str) -> Result<(u16, Vec<u8>), String> {
        let mut answer = self
            .agent
            .get(format!("{}/api/v1{path}", self.address))
            .header("Authorization", format!("Bearer {token}"))
            .call()
            .map_err(|e| e.to_string())?;
        let bytes = answer.body_mut().read_to_vec().map_err(|e| e.to_string())?;
        Ok((answer.status().as_u16(), bytes))
    }

    pub fn get_json(&self, token: &str, path: &str) -> (u16, Value) {
        let (status, bytes) = self.get(token, path).unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub fn push(
        &self,
        key: &str,
        bytes: &[u8],
        metadata: &Value,
        once: &str,
    ) -> Result<Value, String> {
        Self::push_to(&self.agent, &self.address, key, bytes, metadata, once)
    }

    /// Pushes to any node.
    pub fn push_to(
        agent: &ureq::Agent,
        address: &str,
        key: &str,
        bytes: &[u8],
        metadata: &Value,
        once: &str,
    ) -> Result<Value, String> {
        let boundary = "grenze-0123456789";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"metadaten\"\r\n\r\n{metadata}\
             \r\n--{boundary}\r\nContent-Disposition: form-data; name=\"inhalt\"; \
             filename=\"x\"\r\n\r\n"
        )
        .into_bytes();
        body.extend(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let answer = agent
            .post(format!("{address}/api/v1/dokumente"))
            .header("Authorization", format!("Bearer {key}"))
            .header("Idempotency-Key", once)
            .header("Content-Type", format!("multipart/form-data; boundary={boundary}"))
            .send(&body[..]);
        Self::created(answer)
    }

    /// Creates something at any node.
    pub fn post(
        agent: &ureq::Agent,
        address: &str,
        key: &str,
        path: &str,
        body: &Value,
        once: &str,
    ) -> Result<Value, String> {
        let answer = agent
            .post(format!("{address}/api/v1{path}"))
            .header("Authorization", format!("Bearer {key}"))
            .header("Idempotency-Key", once)
            .send_json(body);
        Self::created(answer)
    }

    fn created(
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, String> {
        let mut answer = answer.map_err(|e| e.to_string())?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().map_err(|e| e.to_string())?;
        if status != 201 {
            return Err(format!("{status} {text}"));
        }
        serde_json::from_str(&text).map_err(|e| e.to_string())
    }

    /// Waits until everything pushed so far is found by its text.
    pub fn wait_until_indexed(&self, token: &str) {
        for _ in 0..120 {
            let (_, ready) = self.get_json(token, "/pruefung");
            if ready["index_rueckstand"] == 0 && ready["texte_offen"] == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        panic!("the index does not catch up: {:?}", self.get_json(token, "/pruefung"));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A served data directory with one OE and one key that may push, read and search.
#[derive(Debug)]
pub struct City {
    binary: Binary,
    config: PathBuf,
    served: Served,
    key: String,
}

/// Learning the plan takes a core for seconds in each city; the model has tests of its own.
const QUIET: &str = "\n[suggestions]\npaused = true\n";

impl City {
    /// Founds and serves; `config` is what stands in `file` besides the basics. What is in `data`
    /// already is served again, with a new key.
    pub fn found(binary: Binary, data: &Path, file: &Path, config: &str) -> Self {
        let config_file = file.to_owned();
        let file = config_file.to_str().unwrap();
        let mut key = "fach-10".to_owned();
        if data.exists() {
            key += &format!("-{}", std::process::id());
        } else {
            let head = format!("data = {data:?}\nlisten = \"127.0.0.1:0\"\n");
            std::fs::write(&config_file, format!("{head}{config}{QUIET}")).unwrap();
            let user = ["user", "create", "--config", file, "--name", "verwalterin"];
            binary.run(&[&user[..], &["--role", "administration", "--city", "Teststadt"]].concat());
            for (sign, name) in [("10", "Hauptamt"), ("20", "Kämmerei")] {
                binary.run(&["oe", "create", "--config", file, "--sign", sign, "--name", name]);
            }
        }
        let mut city = Self {
            key: String::new(),
            served: Served::start(&binary, &["serve", "--config", file]),
            binary,
            config: config_file.clone(),
        };
        city.key = city.new_key(&key, "10");
        city
    }

    /// A key that may push, read and search in one OE.
    pub fn new_key(&self, name: &str, oe: &str) -> String {
        let key = self.command(&[
            "key",
            "create",
            "--name",
            name,
            "--role",
            "fachverfahren",
            "--oe",
            oe,
            "--verb",
            "einliefern,anlegen,lesen",
            "--rate",
            "1000000",
        ]);
        key.trim().to_owned()
    }

    /// Another node of the same city, on the same engines.
    pub fn join(&self, data: &Path, file: &Path, config: &str) -> Self {
        let head = format!("data = {data:?}\nlisten = \"127.0.0.1:0\"\n");
        std::fs::write(file, format!("{head}{config}{QUIET}")).unwrap();
        let (binary, path) = (self.binary.clone(), file.to_str().unwrap());
        let served = Served::start(&binary, &["serve", "--config", path]);
        Self { key: self.key.clone(), served, binary, config: file.to_owned() }
    }

    pub fn address(&self) -> &str {
        self.served.address()
    }

    pub fn binary(&self) -> &Binary {
        &self.binary
    }

    /// What a command for this city prints.
    pub fn command(&self, arguments: &[&str]) -> String {
        let config = ["--config", self.config.to_str().unwrap()];
        self.binary.run(&[arguments, &config].concat())
    }

    /// Starts again at the address that it had.
    pub fn restart_at(&mut self, address: &str) {
        let listen = address.trim_start_matches("http://");
        let config = self.config.to_str().unwrap();
        self.served.again(&self.binary, &["serve", "--config", config, "--listen", listen]);
    }

    pub fn served(&mut self) -> &mut Served {
        &mut self.served
    }

    pub fn pid(&self) -> u32 {
        self.served.child.as_ref().unwrap().id()
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn restart(&mut self) {
        self.served.again(&self.binary, &["serve", "--config", self.config.to_str().unwrap()]);
    }

    pub fn kill(&self) {
        self.served.kill();
    }

    pub fn push(&self, bytes: &[u8], name: &str) -> Result<Value, String> {
        let once = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(bytes));
        let metadata = json!({ "dateiname": name, "oe": "10" });
        self.served.push(&self.key, bytes, &metadata, &once)
    }

    pub fn content(&self, id: &str) -> Result<Vec<u8>, String> {
        let (status, bytes) = self.served.get(&self.key, &format!("/dokumente/{id}/inhalt"))?;
        if status == 200 {
            Ok(bytes)
        } else {
            Err(format!("{status} {}", String::from_utf8_lossy(&bytes)))
        }
    }

    /// Searches as `key`, once the commit `wait_for` is indexed.
    pub fn search(&self, key: &str, words: &str, wait_for: u64) -> Value {
        let words: String = words.bytes().map(|b| format!("%{b:02X}")).collect();
        let path = format!("/suche?q={words}&wait_for={wait_for}");
        let (status, answer) = self.served.get_json(key, &path);
        assert_eq!(status, 200, "{answer}");
        answer
    }
}
