//! Garage on loopback: one node, or several in as many zones with every object in each of them.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use aktenlauf::blob::S3;

use super::{BUCKET, KEY, Process, SECRET, config, free_port};

/// Nodes find each other by it; it guards nothing here.
const RPC_SECRET: &str = "4425f5c26c5e11581d3223904324dcb5b5d5dfb14e5e7f35e38c595424f5f1e6";

/// The program, by `TEST_GARAGE`; it takes too long to build for every change.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("TEST_GARAGE").map(PathBuf::from);
    match &path {
        Some(path) => assert!(path.is_file(), "TEST_GARAGE: {} is missing", path.display()),
        None => println!("SKIPPED: Garage (tests/run --full installs it)"),
    }
    path
}

/// What the program says to a command.
fn ask(program: &Path, file: &Path, args: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("-c").arg(file).args(args).env("RUST_LOG", "error").stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(said),
        false => Err(format!("{args:?}: {said}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Nodes with the tests' bucket and key; none without the program. The folder is theirs.
pub fn cluster(count: usize) -> Option<(tempfile::TempDir, Vec<Process>)> {
    let program = program()?;
    let home = tempfile::tempdir().unwrap();
    let (mut nodes, mut files) = (Vec::new(), Vec::new());
    for number in 0..count {
        let dir = home.path().join(number.to_string());
        fs::create_dir(&dir).unwrap();
        let (file, folder) = (dir.join("garage.toml"), dir.display());
        let (rpc, s3) = (free_port(), free_port());
        let text = format!(
            "metadata_dir = '{folder}/meta'\ndata_dir = '{folder}/data'\ndb_engine = 'sqlite'\n\
             replication_factor = {count}\nrpc_secret = '{RPC_SECRET}'\n\
             rpc_bind_addr = '127.0.0.1:{rpc}'\nrpc_public_addr = '127.0.0.1:{rpc}'\n\
             [s3_api]\ns3_region = 'garage'\napi_bind_addr = '127.0.0.1:{s3}'\n"
        );
        fs::write(&file, text).unwrap();
        let args: Vec<OsString> = vec!["-c".into(), file.clone().into(), "server".into()];
        let node = Process::new(program.clone(), args, s3);
        node.restart();
        nodes.push(node);
        files.push(file);
    }
    let first = |args: &[&str]| ask(&program, &files[0], args);
    for (number, file) in files.iter().enumerate() {
        let name = ask(&program, file, &["node", "id", "-q"]).unwrap();
        let (id, _) = name.split_once('@').unwrap();
        if number > 0 {
            patiently(|| first(&["node", "connect", name.trim()]));
        }
        let zone = format!("rathaus{number}");
        patiently(|| first(&["layout", "assign", "-z", &zone, "-c", "1G", id]));
    }
    first(&["layout", "apply", "--version", "1"]).unwrap();
    // The nodes agree on their layout by and by.
    patiently(|| first(&["key", "import", "--yes", KEY, SECRET]));
    patiently(|| first(&["bucket", "create", BUCKET]));
    patiently(|| first(&["bucket", "allow", "--read", "--write", "--key", KEY, BUCKET]));
    Some((home, nodes))
}

fn patiently(act: impl Fn() -> Result<String, String>) {
    let end = Instant::now() + Duration::from_secs(30);
    while let Err(error) = act() {
        assert!(Instant::now() < end, "{error}");
        thread::sleep(Duration::from_millis(200));
    }
}

/// Three town halls, every object in each.
pub struct Zones {
    pub nodes: Vec<Process>,
    _home: tempfile::TempDir,
}

impl Zones {
    pub fn start() -> Option<Self> {
        let (home, nodes) = cluster(3)?;
        Some(Self { nodes, _home: home })
    }

    /// A store's configuration that asks that node alone.
    pub fn config(&self, node: usize, prefix: &str) -> S3 {
        config(self.nodes[node].port, prefix)
    }
}
