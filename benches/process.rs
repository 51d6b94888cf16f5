//! What a process costs, as the kernel counts it.

use std::fs;

/// Kernel ticks are 100 a second on every Linux that we support.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of CPU of a process, its dead children, and its living ones.
pub fn cpu_s(pid: u32) -> f64 {
    let mut total = own(pid, true);
    for child in children(pid) {
        total += own(child, true);
    }
    total
}

fn own(pid: u32, with_dead: bool) -> f64 {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return 0.0 };
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let tick = |at: usize| fields[at].parse::<f64>().unwrap();
    let dead = if with_dead { tick(13) + tick(14) } else { 0.0 };
    (tick(11) + tick(12) + dead) / TICKS_PER_SECOND
}

fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().filter_map(|p| p.parse::<u32>().ok()));
    }
    found
}

/// Megabytes of memory that are the process's own (RssAnon), its living children included.
pub fn memory_mb(pid: u32) -> f64 {
    let anon = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|l| l.starts_with("RssAnon")).map(str::to_owned);
        let kb = line.and_then(|l| l.split_whitespace().nth(1).map(str::to_owned));
        kb.and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    anon(pid) + children(pid).into_iter().map(anon).sum::<f64>()
}
