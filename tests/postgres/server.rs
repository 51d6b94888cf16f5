//! A PostgreSQL server in a folder of its own, on a free port, for tests and benches.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use aktenlauf::ledger::postgres::Config;

/// PostgreSQL's programs, or none where it is not installed and need not be.
fn programs() -> Option<PathBuf> {
    let newest = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = newest.map(|item| item.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    if found.is_empty() {
        assert!(std::env::var_os("REQUIRE_SHARED").is_none(), "PostgreSQL is not installed");
        println!("SKIPPED: PostgreSQL is not installed (package postgresql)");
    }
    found.pop()
}

/// A program of PostgreSQL, which refuses to run as root.
fn program(bin: &Path, name: &str) -> Command {
    if rustix::process::getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
        command.arg(bin.join(name));
        return command;
    }
    Command::new(bin.join(name))
}

fn run(mut command: Command) {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Gives a folder to the user that PostgreSQL runs as.
fn own(dir: &Path) {
    if rustix::process::getuid().is_root() {
        let mut chown = Command::new("chown");
        chown.arg("postgres:postgres").arg(dir);
        run(chown);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server on a port of its own.
pub struct Cluster {
    bin: PathBuf,
    pub dir: PathBuf,
    pub port: u16,
    pub server: Option<Child>,
}

impl Cluster {
    fn folder() -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let base = PathBuf::from("/tmp/aktenlauf-test-postgres");
        fs::create_dir_all(&base).unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        base.join(format!("{}-{number}", std::process::id()))
    }

    /// A new, empty one; none where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let bin = programs()?;
        let dir = Self::folder();
        fs::create_dir(&dir).unwrap();
        own(&dir);
        let mut initdb = program(&bin, "initdb");
        initdb.arg("-D").arg(dir.join("data")).args([
            "-A",
            "trust",
            "-U",
            "aktenlauf",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-instructions",
        ]);
        run(initdb);
        let mut cluster = Self { bin, dir, port: free_port(), server: None };
        cluster.up();
        Some(cluster)
    }

    /// A streaming standby of this one, named so in `synchronous_standby_names`.
    pub fn standby(&self, name: &str) -> Self {
        let dir = Self::folder();
        fs::create_dir(&dir).unwrap();
        own(&dir);
        let mut backup = program(&self.bin, "pg_basebackup");
        backup.args(["-d", &format!("{} application_name={name}", self.url()), "-D"]);
        backup.arg(dir.join("data")).args(["-R", "-X", "stream", "--checkpoint=fast"]);
        run(backup);
        let bin = self.bin.clone();
        let mut standby = Self { bin, dir, port: free_port(), server: None };
        standby.up();
        standby
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        self.sql("SELECT pg_promote(true, 30)");
    }

    /// Starts the server and waits until it takes connections.
    pub fn up(&mut self) {
        let mut server = program(&self.bin, "postgres");
        server.arg("-D").arg(self.dir.join("data")).args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "shared_buffers=32MB",
            "max_connections=150",
            "max_wal_size=256MB",
            "wal_sender_timeout=5s",
        ] {
            server.args(["-c", setting]);
        }
        server.arg("-c").arg(format!("unix_socket_directories={}", self.dir.display()));
        let log = fs::OpenOptions::new().create(true).append(true).open(self.dir.join("log"));
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.unwrap());
        self.server = Some(server.spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(30);
        while let Err(error) = self.try_sql("SELECT 1") {
            let log = || fs::read_to_string(self.dir.join("log")).unwrap();
            assert!(Instant::now() < end, "PostgreSQL does not start: {error}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The server ends at once, as if its machine did.
    pub fn kill(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        // The postmaster's own immediate shutdown: no checkpoint, recovery at the next start.
        let pid = rustix::process::Pid::from_child(&server);
        rustix::process::kill_process(pid, rustix::process::Signal::QUIT).unwrap();
        server.wait().unwrap();
    }

    pub fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=aktenlauf dbname=postgres", self.port)
    }

    pub fn config(&self, schema: &str) -> Config {
        Config::new(self.url(), schema)
    }

    pub fn client(&self) -> Result<postgres::Client, postgres::Error> {
        postgres::Client::connect(&format!("{} connect_timeout=5", self.url()), postgres::NoTls)
    }

    pub fn try_sql(&self, sql: &str) -> Result<(), postgres::Error> {
        self.client()?.batch_execute(sql)
    }

    pub fn sql(&self, sql: &str) {
        self.try_sql(sql).unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        // What stays is removed by nobody else, but harms nobody.
        let _ = fs::remove_dir_all(&self.dir);
    }
}
