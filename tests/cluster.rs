//! Nodes of one installation on PostgreSQL and S3: the real binary, a real database, a real S3
//! server; and the move to them and back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    postgres::Cluster,
    s3,
    served::{Binary, City, Served},
};

const CLIENTS: usize = 8;

/// Database and bucket.
struct Ground {
    folder: tempfile::TempDir,
    cluster: Cluster,
    bucket: s3::Server,
}

impl Ground {
    fn new() -> Option<Self> {
        let (cluster, bucket) = (Cluster::start()?, s3::Server::start()?);
        Some(Self { folder: tempfile::tempdir().unwrap(), cluster, bucket })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a node's file says of the two.
    fn engines(&self) -> String {
        let s3 = self.bucket.config("stadt");
        let key = self.path("s3.key");
        fs::write(&key, &s3.secret_key).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        format!(
            "{}[blobs]\nengine = 's3'\n[blobs.s3]\nendpoint = '{}'\nbucket = '{}'\n\
             prefix = 'stadt'\naccess_key = '{}'\nsecret_key_file = '{}'\n",
            settings(&self.cluster),
            s3.endpoint,
            s3.bucket,
            s3.access_key,
            key.display()
        )
    }
}

/// What a node's file says of the database.
pub fn settings(cluster: &Cluster) -> String {
    let url = cluster.url();
    format!("[ledger]\nengine = 'postgres'\n[ledger.postgres]\nurl = '{url}'\nschema = 'stadt'\n")
}

/// What was acknowledged.
#[derive(Default)]
struct Receipts {
    /// By id: the bytes and the entry.
    documents: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    numbers: Mutex<Vec<String>>,
}

/// Asks one node, then the other, with the same Idempotency-Key, until one acknowledges.
fn insist(nodes: &[String], mut ask: impl FnMut(&str) -> Result<Value, String>) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    for node in nodes.iter().cycle() {
        match ask(node) {
            Ok(answer) => return answer,
            Err(why) => {
                let later = !why.contains("\"wiederholbar\":false") && Instant::now() < end;
                assert!(later, "nobody acknowledges: {why}");
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    unreachable!("the cycle has no end")
}

fn client(number: usize, nodes: &[String], key: &str, stop: &AtomicBool, receipts: &Receipts) {
    let agent = Served::agent(Duration::from_secs(20));
    let mut order = nodes.to_vec();
    order.rotate_left(number % nodes.len());
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let once = format!("runde-{number}-{round}");
        if round % 5 == 4 {
            let akte = json!({ "planeinheit": "02.03", "betreff": once, "oe": "10" });
            let answer =
                insist(&order, |node| Served::post(&agent, node, key, "/akten", &akte, &once));
            let number = answer["aktenzeichen"].as_str().unwrap().to_owned();
            receipts.numbers.lock().unwrap().push(number);
            continue;
        }
        // Some bytes are the same for all clients, most are not.
        let bytes = match round % 7 {
            0 => format!("Rundschreiben {round}").into_bytes(),
            _ => format!("Schreiben {once} Wort{number}x{round}").repeat(40).into_bytes(),
        };
        let metadata = json!({ "dateiname": "brief.txt", "oe": "10", "fremd_id": once });
        let answer =
            insist(&order, |node| Served::push_to(&agent, node, key, &bytes, &metadata, &once));
        let id = answer["id"].as_str().unwrap().to_owned();
        let seq = answer["seq"].as_u64().unwrap();
        let old = receipts.documents.lock().unwrap().insert(id, (bytes, seq));
        assert!(old.is_none(), "one id was given twice");
    }
}

#[test]
fn a_killed_database_and_a_killed_node_lose_and_double_nothing() {
    let Some(mut ground) = Ground::new() else { return };
    let config = ground.engines();
    let a = City::found(Binary::real(), &ground.path("a"), &ground.path("a.toml"), &config);
    let mut b = a.join(&ground.path("b"), &ground.path("b.toml"), &config);
    let nodes = [a.address().to_owned(), b.address().to_owned()];
    let (stop, receipts) = (AtomicBool::new(false), Receipts::default());
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (nodes, stop, receipts, key) = (&nodes, &stop, &receipts, a.key());
            scope.spawn(move || client(number, nodes, key, stop, receipts));
        }
        let pause = |millis| thread::sleep(Duration::from_millis(millis));
        pause(2000);
        ground.cluster.kill();
        pause(1500);
        ground.cluster.up();
        pause(2000);
        b.kill();
        pause(500);
        b.restart_at(&nodes[1]);
        pause(2000);
        stop.store(true, Ordering::Relaxed);
    });
    let documents = receipts.documents.into_inner().unwrap();
    let numbers = receipts.numbers.into_inner().unwrap();
    println!("{} documents and {} Akten acknowledged by two nodes", documents.len(), numbers.len());
    assert!(documents.len() > 100 && numbers.len() > 20, "too little to prove anything");
    // `verify` reads every blob below; here some are read through each node.
    for (city, from) in [(&a, 0), (&b, 1)] {
        for (id, (bytes, _)) in documents.iter().skip(from).step_by(4) {
            assert_eq!(city.content(id).as_ref(), Ok(bytes), "{id}");
        }
    }
    let unique: BTreeSet<_> = numbers.iter().collect();
    assert_eq!(unique.len(), numbers.len(), "a number was given twice");

    // Written once for each Idempotency-Key, whatever was asked again.
    let mut client = ground.cluster.client().unwrap();
    let row = client
        .query_one("SELECT count(*), count(DISTINCT fremd_id) FROM stadt.dokumente", &[])
        .unwrap();
    let (all, once): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(all, once, "a push was written twice");
    assert_eq!(all, i64::try_from(documents.len()).unwrap(), "each push was insisted on");

    // Each node finds what was acknowledged, by whichever of the two: the newest and some others.
    // A word that stands by itself ends each text.
    let mut newest: Vec<_> = documents.values().filter(|(b, _)| b.starts_with(b"Schr")).collect();
    newest.sort_unstable_by_key(|(_, seq)| std::cmp::Reverse(*seq));
    for (bytes, seq) in newest.iter().take(5).chain(newest.iter().step_by(50)) {
        let text = String::from_utf8_lossy(bytes);
        let word = text.split_whitespace().next_back().unwrap();
        for city in [&a, &b] {
            let answer = city.search(city.key(), word, *seq);
            assert_eq!(answer["treffer"].as_array().unwrap().len(), 1, "{word}: {answer}");
        }
    }
    let (file, url) = (ground.path("a.toml"), ground.cluster.url());
    let said =
        Binary::real().run(&["verify", "--config", file.to_str().unwrap(), "--against", &url]);
    assert!(said.contains("one history") && said.contains("nothing is wrong"), "{said}");
}

fn carry(from: &Path, to: &Path) -> String {
    let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
    let said = Binary::real().run(&["move", "--from", from, "--to", to]);
    said.lines().find(|line| line.starts_with("head")).unwrap().to_owned()
}

#[test]
fn the_demo_city_moves_there_and_back() {
    let Some(ground) = Ground::new() else { return };
    let binary = Binary::real();
    let mut demo = Served::demo(&binary, &ground.path("demo"), 30);
    demo.stop();
    let file = |name: &str, more: &str| {
        let path = ground.path(&format!("{name}.toml"));
        fs::write(&path, format!("data = '{}'\n{more}", ground.path(name).display())).unwrap();
        path
    };
    let (old, there) = (file("demo", ""), file("node", &ground.engines()));
    let back = file("back", "");

    // Cut off in the midst, and begun again.
    let mut cut = Command::new(binary.path())
        .args(["move", "--from", old.to_str().unwrap(), "--to", there.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(700));
    cut.kill().unwrap();
    cut.wait().unwrap();
    let head = carry(&old, &there);
    binary.run(&["verify", "--config", there.to_str().unwrap()]);

    // The old one is no longer served; what was moved is not moved over something else.
    let refused = |from: &Path, to: &Path| {
        let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
        let done = Command::new(binary.path()).args(["move", "--from", from, "--to", to]).output();
        let done = done.unwrap();
        assert!(!done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    assert!(refused(&old, &back).contains("moved elsewhere"));
    let stranger = file("stranger", "");
    let city = City::found(binary.clone(), &ground.path("stranger"), &stranger, "");
    drop(city);
    fs::write(&stranger, format!("data = '{}'\n", ground.path("stranger").display())).unwrap();
    assert!(refused(&there, &stranger).contains("another history"));

    assert_eq!(carry(&there, &back), head);
    binary.run(&["verify", "--config", back.to_str().unwrap()]);
    // It can be used: somebody who was there before signs on and reads.
    let mut served = demo;
    served.serve(&binary, &ground.path("back"));
    let logins = fs::read(ground.path("demo").join("logins.json")).unwrap();
    let logins: Value = serde_json::from_slice(&logins).unwrap();
    let login = logins.as_array().unwrap().iter().find(|l| l["role"] == "sachbearbeitung").unwrap();
    let name = |field: &str| login[field].as_str().unwrap().to_owned();
    let token = served.sign_on(&name("name"), &name("password"));
    let (status, akten) = served.get_json(&token, "/akten");
    assert_eq!(status, 200, "{akten}");
    served.stop();
}
