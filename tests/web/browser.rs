//! The pages in a real Chromium: by keyboard alone, with axe, with documents that would like to
//! run.
//! What it does is in `browser.mjs`; here it gets a demo city to do it to.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::served::{Binary, Served};

/// Playwright, axe and Chromium, as `tests/run` installs them; none where one is missing.
fn tools() -> Option<(PathBuf, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let modules = target.join("tools/web/node_modules");
    let chromium = std::env::var_os("TEST_CHROMIUM").unwrap_or("/usr/bin/chromium".into());
    let chromium = PathBuf::from(chromium);
    let there = |name: &str| modules.join(name).join("package.json").is_file();
    let node = Command::new("node").arg("--version").output().is_ok_and(|o| o.status.success());
    let all = node && there("playwright-core") && there("axe-core") && chromium.is_file();
    all.then_some((modules, chromium))
}

#[test]
fn the_pages_work_in_a_real_browser() {
    let Some((modules, chromium)) = tools() else {
        println!(
            "SKIPPED: pages in Chromium (node, playwright-core, axe-core or chromium is \
                  missing; tests/run installs them)"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let mut served = Served::demo(&Binary::real(), &data, 60);
    let done = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/browser.mjs"))
        .env("WEB_URL", served.address())
        .env("WEB_LOGINS", data.join("logins.json"))
        .env("WEB_MODULES", modules)
        .env("WEB_CHROMIUM", chromium)
        .output()
        .unwrap();
    served.stop();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    println!("{out}");
    assert!(done.status.success(), "{out}\n{err}");
}
