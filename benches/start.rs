//! Starting, resting, rebuilding and checking a stock.

use std::{fs, thread, time::Duration, time::Instant};

use crate::{
    process, row,
    served::{Binary, City},
};

/// Start, memory, rebuild and verify over one stock.
pub fn all() {
    let stock: u64 = crate::served::env_count("BENCH_DOCUMENTS", 100_000);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("daten");
    let config = "[text]\npaused = true\n";
    let file = folder.path().join("stadt.toml");
    let mut city = City::found(Binary::real(), &data, &file, config);
    city.served().stop();
    let start = Instant::now();
    city.restart();
    let empty = start.elapsed().as_secs_f64();
    row("start, empty", &format!("{empty:.2} s"), "-", "-", "0.5 s");
    thread::sleep(Duration::from_secs(3));
    row(
        "idle memory, empty",
        &format!("{:.0} MB", process::memory_mb(city.pid())),
        "-",
        "-",
        "64 MB",
    );
    fill(&city, stock);
    thread::sleep(Duration::from_secs(5));
    city.served().stop();
    let start = Instant::now();
    city.restart();
    let clean = start.elapsed().as_secs_f64();
    row(&format!("start, {stock} documents, clean"), &format!("{clean:.2} s"), "-", "-", "1 s");
    thread::sleep(Duration::from_secs(3));
    let idle = process::memory_mb(city.pid());
    row(&format!("idle memory, {stock} documents"), &format!("{idle:.0} MB"), "-", "-", "64 MB");
    city.push(b"damit es einen Rest gibt", "rest.txt").unwrap();
    city.kill();
    let start = Instant::now();
    city.restart();
    let killed = start.elapsed().as_secs_f64();
    row(&format!("start, {stock} documents, killed"), &format!("{killed:.2} s"), "-", "-", "10 s");
    city.served().stop();
    fs::remove_dir_all(data.join("tables")).unwrap();
    let start = Instant::now();
    city.restart();
    let rebuilt = start.elapsed().as_secs_f64() - clean;
    let rate = stock as f64 / rebuilt;
    row("rebuild of the tables", &format!("{rate:.0} entries/s"), "-", "-", "15,000 entries/s");
    city.served().stop();
    let start = Instant::now();
    Binary::real().verify(&data);
    let rate = stock as f64 / start.elapsed().as_secs_f64();
    row("verify (chain, blobs, tables)", &format!("{rate:.0} entries/s"), "-", "-", "-");
}

fn fill(city: &City, stock: u64) {
    thread::scope(|scope| {
        for client in 0..16 {
            scope.spawn(move || {
                for number in (client..stock).step_by(16) {
                    let text = format!("Schreiben Nummer {number} an die Stadt wegen der Gebühr.");
                    city.push(text.as_bytes(), "schreiben.txt").unwrap();
                }
            });
        }
    });
}
