//! A real S3 server on loopback, and a way to it that counts requests and loses answers.

use std::{
    ffi::OsString,
    fs::Permissions,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use aktenlauf::{
    blob::{S3, Store},
    config,
    disk::local::Local,
    server::System,
};

// By its path, because the benches take this file too.
#[path = "s3/garage.rs"]
pub mod garage;

const KEY: &str = "GK31c2f218a2e44f485b94239e";
const SECRET: &str = "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835";
const BUCKET: &str = "aktenlauf";

/// A process that listens on a port of its own; it ends when this is dropped.
pub struct Process {
    program: PathBuf,
    args: Vec<OsString>,
    port: u16,
    child: Mutex<Option<Child>>,
}

impl Process {
    fn new(program: PathBuf, args: Vec<OsString>, port: u16) -> Self {
        Self { program, args, port, child: Mutex::default() }
    }

    /// Starts it again, with the same data.
    pub fn restart(&self) {
        self.stop();
        let child = Command::new(&self.program)
            .args(&self.args)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *self.child.lock().unwrap() = Some(child);
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "{} does not listen", self.program.display());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it, in the midst of whatever it does.
    pub fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The server; it ends when this is dropped, and its data with it.
pub struct Server {
    process: Process,
    home: tempfile::TempDir,
}

/// Where `tests/run` installs it, next to what cargo builds.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("TEST_S3S") {
        return path.into();
    }
    // target/debug/deps/aktenlauf-...
    let target = std::env::current_exe().unwrap();
    target.ancestors().nth(3).unwrap().join("tools/bin/s3s-fs")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A store's configuration on a server on this port, with patience for tests.
fn config(port: u16, prefix: &str) -> S3 {
    S3 {
        endpoint: format!("http://127.0.0.1:{port}"),
        bucket: BUCKET.into(),
        prefix: prefix.into(),
        region: "garage".into(),
        access_key: KEY.into(),
        secret_key: SECRET.into(),
        ca: None,
        staging: PathBuf::new(),
        compress_level: 3,
        reserve_bytes: 0,
        read_only: false,
        connect_timeout: Duration::from_secs(1),
        request_timeout: Duration::from_secs(20),
        retry_timeout: Duration::from_secs(2),
    }
}

impl Server {
    /// Those that are there to be tested on, with a line for each that is not.
    pub fn each() -> impl Iterator<Item = Self> {
        [Self::start, Self::garage].into_iter().filter_map(|start| start())
    }

    /// The small one, which keeps each object as a file; none if the program is not there and need
    /// not be.
    pub fn start() -> Option<Self> {
        let program = program();
        if !program.is_file() {
            let required = std::env::var_os("REQUIRE_SHARED").is_some();
            assert!(!required, "{} is missing; tests/run installs it", program.display());
            println!("SKIPPED: S3 ({} is missing; tests/run installs it)", program.display());
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(BUCKET)).unwrap();
        let port = free_port();
        let number = port.to_string();
        let args = ["--host", "127.0.0.1", "--port", &number];
        let keys = ["--access-key", KEY, "--secret-key", SECRET];
        let args = args.iter().chain(&keys).map(Into::into);
        let args = args.chain([home.path().into()]).collect();
        let process = Process::new(program, args, port);
        process.restart();
        Some(Self { process, home })
    }

    /// Garage, one node.
    pub fn garage() -> Option<Self> {
        let (home, nodes) = garage::cluster(1)?;
        Some(Self { process: nodes.into_iter().next().unwrap(), home })
    }

    /// Starts it again where it was, with the same data.
    pub fn restart(&self) {
        self.process.restart();
    }

    /// Kills it, in the midst of whatever it does.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// A store's configuration, with patience for tests.
    pub fn config(&self, prefix: &str) -> S3 {
        config(self.process.port, prefix)
    }

    /// The same as an operator writes it.
    pub fn choose(&self, file: &mut config::File, prefix: &str) {
        let secret_key_file = self.home.path().join("key");
        std::fs::write(&secret_key_file, format!("{SECRET}\n")).unwrap();
        std::fs::set_permissions(&secret_key_file, Permissions::from_mode(0o600)).unwrap();
        file.blobs.engine = config::BlobEngine::S3;
        file.blobs.s3 = Some(config::S3 {
            endpoint: format!("http://127.0.0.1:{}", self.process.port),
            bucket: BUCKET.into(),
            prefix: prefix.into(),
            region: "garage".into(),
            access_key: KEY.into(),
            secret_key_file,
            ca: None,
            allow_http: false,
            connect_s: 1,
            request_s: 20,
        });
        file.check().unwrap();
    }

    /// Where the objects of a prefix lie on the small one's disk.
    pub fn folder(&self, prefix: &str) -> PathBuf {
        self.home.path().join(BUCKET).join(prefix)
    }

    /// A way to it.
    pub fn proxy(&self) -> Proxy {
        Proxy::start(self.process.port)
    }
}

/// One machine's store, with a staging folder that lives as long as the first value.
pub fn store(config: &S3) -> (tempfile::TempDir, Store) {
    let home = tempfile::tempdir().unwrap();
    let config = S3 { staging: home.path().join("staging"), ..config.clone() };
    let store = Store::s3(&config, Arc::new(Local::new()), Arc::new(System)).unwrap();
    (home, store)
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Answered.
    Answered,
    /// Done, and the answer is lost.
    Unheard,
    /// Lost on its way there.
    Lost,
}

type Rule = Box<dyn Fn(&str) -> Fate + Send>;

struct Way {
    requests: Mutex<Vec<String>>,
    rule: Mutex<Rule>,
    over: AtomicBool,
}

/// Passes requests on, one for each connection to the server.
pub struct Proxy {
    way: Arc<Way>,
    port: u16,
}

impl Proxy {
    fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = Arc::new(Way {
            requests: Mutex::default(),
            rule: Mutex::new(Box::new(|_| Fate::Answered)),
            over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&way);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let way = Arc::clone(&shared);
                // A client that goes away in the midst is no failure of ours.
                thread::spawn(move || pass(&way, client, to).ok());
            }
        });
        Self { way, port }
    }

    /// The configuration of a store that takes this way.
    pub fn config(&self, config: S3) -> S3 {
        S3 { endpoint: format!("http://127.0.0.1:{}", self.port), ..config }
    }

    /// From now on the rule is asked with `METHOD path?query`.
    pub fn rule(&self, rule: impl Fn(&str) -> Fate + Send + 'static) {
        *self.way.rule.lock().unwrap() = Box::new(rule);
    }

    /// The requests since this was asked last.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.way.requests.lock().unwrap())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.way.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// Reads a head up to its empty line; what was read behind it is part of the body.
fn head(from: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let (mut read, mut buffer) = (Vec::new(), [0; 16 << 10]);
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            read.truncate(end);
            return Ok((String::from_utf8_lossy(&read).into_owned(), body));
        }
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        read.extend_from_slice(&buffer[..count]);
    }
}

/// One request: the server is told to close behind its answer, which is how its end is known.
fn pass(way: &Way, mut client: TcpStream, to: u16) -> std::io::Result<()> {
    let (head, mut body) = head(&mut client)?;
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut rest = vec![0; length.unwrap_or(0).saturating_sub(body.len())];
    client.read_exact(&mut rest)?;
    body.append(&mut rest);
    way.requests.lock().unwrap().push(line.clone());
    let fate = (way.rule.lock().unwrap())(&line);
    if fate == Fate::Lost {
        return Ok(());
    }
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    server.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if fate == Fate::Answered {
        client.write_all(&answer)?;
    }
    client.shutdown(Shutdown::Both)
}
