//! The same work on files + sled, and on PostgreSQL + S3.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
    time::Instant,
};

use object_store::{ObjectStoreExt as _, aws::AmazonS3Builder, path::Path as Name};
use sha2::{Digest as _, Sha256};

use crate::{
    ingest::{CONNECTIONS, push_all, scan},
    row, s3,
    served::{Binary, City},
    server::Cluster,
};

const DOCUMENTS: usize = 2_000;
const QUERIES: usize = 300;

/// What one pair of engines gives.
struct Figures {
    pushes: f64,
    search_ms: f64,
    rebuild: f64,
}

/// All rows; both servers run on this machine and take their share of it.
pub fn all() {
    let (Some(cluster), Some(bucket)) = (Cluster::start(), s3::Server::start()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let documents: Vec<Vec<u8>> = (0..DOCUMENTS).map(|n| scan(n, 27_000)).collect();
    let files = measure(folder.path(), "files", "", &documents);
    let engines = settings(folder.path(), &cluster, &bucket);
    let pair = measure(folder.path(), "pair", &engines, &documents);
    let limit = bare(&cluster, &bucket, &documents);
    row(
        "PostgreSQL + S3: acknowledged push, 27 kB, 16 connections",
        &format!("{:.0} documents/s", pair.pushes),
        &format!("{limit:.0} documents/s (bare INSERT + PUT)"),
        &format!("{:.2}", pair.pushes / limit),
        "0.40",
    );
    row(
        "the same, to files + sled",
        &format!("{:.0} documents/s", pair.pushes),
        &format!("{:.0} documents/s", files.pushes),
        &format!("{:.2}", pair.pushes / files.pushes),
        "-",
    );
    row(
        "PostgreSQL + S3: a search, to files + sled",
        &format!("{:.1} ms (median)", pair.search_ms),
        &format!("{:.1} ms", files.search_ms),
        &format!("{:.2}", pair.search_ms / files.search_ms),
        "-",
    );
    row(
        "PostgreSQL + S3: rebuild of tables and index, to files + sled",
        &format!("{:.0} entries/s", pair.rebuild),
        &format!("{:.0} entries/s", files.rebuild),
        &format!("{:.2}", pair.rebuild / files.rebuild),
        "-",
    );
}

fn settings(folder: &Path, cluster: &Cluster, bucket: &s3::Server) -> String {
    let (s3, key) = (bucket.config("bench"), folder.join("s3.key"));
    fs::write(&key, &s3.secret_key).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    format!(
        "[ledger]\nengine = 'postgres'\n[ledger.postgres]\nurl = '{}'\nschema = 'bench'\n\
         [blobs]\nengine = 's3'\n[blobs.s3]\nendpoint = '{}'\nbucket = '{}'\n\
         prefix = 'bench'\naccess_key = '{}'\nsecret_key_file = '{}'\n",
        cluster.url(),
        s3.endpoint,
        s3.bucket,
        s3.access_key,
        key.display()
    )
}

fn measure(folder: &Path, name: &str, engines: &str, documents: &[Vec<u8>]) -> Figures {
    let file = folder.join(format!("{name}.toml"));
    let config = format!("[text]\npaused = true\n{engines}");
    let mut city = City::found(Binary::real(), &folder.join(name), &file, &config);
    push_all(&city, &documents[..200], "warm.pdf");
    let seconds = push_all(&city, &documents[200..], "scan.pdf");
    let pushes = (documents.len() - 200) as f64 / seconds;
    let key = city.key().to_owned();
    while city.served().get_json(&key, "/pruefung").1["index_rueckstand"] != 0 {
        thread::sleep(std::time::Duration::from_millis(50));
    }
    let hits = city.search(&key, "scan", 0)["treffer"].as_array().unwrap().len();
    assert_eq!(hits, 50, "a search that finds a whole page is what is measured");
    let mut times: Vec<f64> = (0..QUERIES)
        .map(|_| {
            let start = Instant::now();
            city.search(&key, "scan", 0);
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    city.served().stop();
    let start = Instant::now();
    let said = Binary::real().run(&["rebuild", "--config", file.to_str().unwrap()]);
    let entries: f64 = said.split_whitespace().rev().nth(1).unwrap().parse().unwrap();
    Figures {
        pushes,
        search_ms: times[QUERIES / 2],
        rebuild: entries / start.elapsed().as_secs_f64(),
    }
}

/// Documents a second: PUT the bytes, under names of the same form (a server that keeps objects as
/// files makes the same folders), INSERT 1 kB in a transaction of its own.
fn bare(cluster: &Cluster, bucket: &s3::Server, documents: &[Vec<u8>]) -> f64 {
    cluster.try_sql("CREATE TABLE bare (id bytea PRIMARY KEY, body bytea)").unwrap();
    // As the product does; it may have been done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let s3 = bucket.config("bare");
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..CONNECTIONS {
            let s3 = &s3;
            scope.spawn(move || {
                let store = AmazonS3Builder::new()
                    .with_endpoint(&s3.endpoint)
                    .with_bucket_name(&s3.bucket)
                    .with_region(&s3.region)
                    .with_access_key_id(&s3.access_key)
                    .with_secret_access_key(&s3.secret_key)
                    .with_allow_http(true)
                    .build()
                    .unwrap();
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let mut database = cluster.client().unwrap();
                let insert = database.prepare("INSERT INTO bare VALUES ($1, $2)").unwrap();
                for (number, bytes) in
                    documents.iter().enumerate().skip(client).step_by(CONNECTIONS)
                {
                    let digest = hex::encode(Sha256::digest(bytes));
                    let name = Name::from(format!("bare/{}/{digest}.{number:036}", &digest[..2]));
                    runtime.block_on(store.put(&name, bytes.clone().into())).unwrap();
                    let id = number.to_be_bytes().to_vec();
                    database.execute(&insert, &[&id, &vec![b'x'; 1000]]).unwrap();
                }
            });
        }
    });
    documents.len() as f64 / start.elapsed().as_secs_f64()
}
