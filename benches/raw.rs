//! The raw limits: what the disk and the processor give without Aktenlauf.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Instant,
};

use sha2::{Digest, Sha256};

/// One waiting writer of a group: the stage file (if any), its final name, and whom to answer.
type Waiting = (Option<(File, String)>, Vec<u8>, SyncSender<()>);

/// Documents a second: hash, stage, grouped sync, rename, one synced log append a group.
pub fn pushes(folder: &Path, documents: &[Vec<u8>], clients: usize) -> f64 {
    let (stage, shelf) = (folder.join("stage"), folder.join("shelf"));
    fs::create_dir_all(&stage).unwrap();
    for shard in 0..256 {
        fs::create_dir_all(shelf.join(format!("{shard:02x}"))).unwrap();
    }
    let log = preallocated(&folder.join("log"));
    let (send, receive) = sync_channel::<Waiting>(1024);
    let (stage_of, shelf_of) = (stage.clone(), shelf);
    let writer = thread::spawn(move || group(&receive, &log, &stage_of, &shelf_of));
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..clients {
            let (send, stage) = (send.clone(), &stage);
            scope.spawn(move || {
                for bytes in documents.iter().skip(client).step_by(clients) {
                    let name = hex::encode(Sha256::digest(bytes));
                    let path = stage.join(&name);
                    let mut file = File::create(path).unwrap();
                    file.write_all(bytes).unwrap();
                    let (done, wait) = sync_channel(1);
                    send.send((Some((file, name)), vec![b'x'; 1000], done)).unwrap();
                    wait.recv().unwrap();
                }
            });
        }
    });
    let rate = documents.len() as f64 / start.elapsed().as_secs_f64();
    drop(send);
    writer.join().unwrap();
    rate
}

/// Commits a second of a bare log with group commit: `clients` writers, records of 1 kB.
pub fn commits(folder: &Path, count: usize, clients: usize) -> f64 {
    let log = preallocated(&folder.join("bare-log"));
    let (send, receive) = sync_channel::<Waiting>(1024);
    let here = folder.to_owned();
    let writer = thread::spawn(move || group(&receive, &log, &here, &here));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..clients {
            let send = send.clone();
            scope.spawn(move || {
                for _ in 0..count / clients {
                    let (done, wait) = sync_channel(1);
                    send.send((None, vec![b'x'; 1000], done)).unwrap();
                    wait.recv().unwrap();
                }
            });
        }
    });
    let rate = count as f64 / start.elapsed().as_secs_f64();
    drop(send);
    writer.join().unwrap();
    rate
}

fn preallocated(path: &Path) -> File {
    let mut log = OpenOptions::new().create(true).write(true).truncate(true).open(path).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..256 {
        log.write_all(&zeros).unwrap();
    }
    log.sync_all().unwrap();
    log
}

fn group(receive: &Receiver<Waiting>, log: &File, stage: &Path, shelf: &Path) {
    let mut end = 0;
    while let Ok(first) = receive.recv() {
        let mut waiting = vec![first];
        waiting.extend(receive.try_iter().take(1023));
        let mut shards: Vec<String> = Vec::new();
        for (file, name) in waiting.iter().filter_map(|w| w.0.as_ref()) {
            file.sync_all().unwrap();
            shards.push(name[..2].to_owned());
            fs::rename(stage.join(name), shelf.join(&name[..2]).join(name)).unwrap();
        }
        shards.sort();
        shards.dedup();
        for shard in shards {
            File::open(shelf.join(shard)).unwrap().sync_all().unwrap();
        }
        let frame: Vec<u8> = waiting.iter().flat_map(|w| &w.1).copied().collect();
        log.write_all_at(&frame, end).unwrap();
        end = (end + frame.len() as u64) % (200 << 20);
        log.sync_data().unwrap();
        for (_, _, done) in waiting {
            done.send(()).unwrap();
        }
    }
}
