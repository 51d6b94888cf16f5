//! The layers of `src/lib.rs` are kept: imports go downwards, siblings never import each other.
//!
//! Every `crate::` and `super::` path of every file is parsed, also in macros' token streams, so
//! that the rule holds without anyone remembering it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};

/// Layer of each module; two modules of one layer are siblings.
const LAYERS: &[(&str, u8)] = &[
    ("domain", 0),
    ("disk", 0),
    ("blob", 1),
    ("ledger", 1),
    ("search", 1),
    ("text", 1),
    ("classify", 1),
    ("identity", 1),
    ("registry", 2),
    ("follow", 2),
    ("intake", 3),
    ("http", 4),
    ("api", 5),
    ("web", 5),
    ("config", 5),
    ("server", 6),
    ("cli", 7),
];

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn tokens(stream: TokenStream, out: &mut Vec<String>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => {
                out.push("(".into());
                tokens(group.stream(), out);
                out.push(")".into());
            }
            other => out.push(other.to_string()),
        }
    }
}

/// The first names behind each `crate ::` and each chain of `super ::` that leaves the module.
/// `depth` is how many `super` lead from the file to the crate's root.
fn imports(code: &str, depth: usize) -> Vec<String> {
    let mut words = Vec::new();
    tokens(code.parse().unwrap(), &mut words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (mut found, mut at) = (Vec::new(), 0);
    // Where inline modules end: each lies one `super` deeper.
    let (mut groups, mut inline) = (0, Vec::new());
    while at < words.len() {
        let mut next = at + 1;
        let mut leaves = false;
        match words[at] {
            "crate" => leaves = true,
            "super" => {
                let mut ups = 1;
                while words.get(next..next + 3) == Some(&[":", ":", "super"]) {
                    ups += 1;
                    next += 3;
                }
                leaves = ups >= depth + inline.len();
            }
            "mod" if words.get(at + 2) == Some(&"(") => inline.push(groups),
            "(" => groups += 1,
            ")" => {
                groups -= 1;
                if inline.last() == Some(&groups) {
                    inline.pop();
                }
            }
            _ => {}
        }
        if leaves && words.get(next..next + 2) == Some(&[":", ":"]) {
            found.extend(names(&words, next + 2));
        }
        at = next;
    }
    found
}

/// One name, or the first names of a `{a::b, c}` group.
fn names(words: &[&str], at: usize) -> Vec<String> {
    match words.get(at) {
        Some(&"(") => {
            let (mut depth, mut first, mut out) = (0, true, Vec::new());
            for word in &words[at..] {
                match *word {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    "," if depth == 1 => first = true,
                    name if depth == 1 && first => {
                        out.push(name.to_owned());
                        first = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            out
        }
        Some(name) => vec![(*name).to_owned()],
        None => Vec::new(),
    }
}

#[test]
fn imports_go_downwards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layers: BTreeMap<&str, u8> = LAYERS.iter().copied().collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in sources(&root) {
        let inner = path.strip_prefix(&root).unwrap();
        let parts: Vec<_> = inner.iter().map(|p| p.to_str().unwrap()).collect();
        if parts.len() < 2 {
            continue;
        }
        let module = parts[0];
        let Some(own) = layers.get(module) else {
            wrong.push(format!("{}: '{module}' has no layer", inner.display()));
            continue;
        };
        let depth = if inner.ends_with("mod.rs") { parts.len() - 1 } else { parts.len() };
        for import in imports(&fs::read_to_string(&path).unwrap(), depth) {
            seen += 1;
            match layers.get(import.as_str()) {
                _ if import == module => {}
                Some(other) if other < own => {}
                Some(_) => wrong.push(format!("{} imports {import}", inner.display())),
                None => wrong.push(format!("{}: what is crate::{import}?", inner.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "against the layers:\n{}", wrong.join("\n"));
    println!("layers: {seen} imports checked");
}

#[test]
fn the_check_sees_groups_macros_and_super() {
    let code = "use crate::{api::x, blob}; fn f() { let _ = format!(\"{}\", crate::cli::y()); \
                super::super::intake::z(); }";
    assert_eq!(imports(code, 2), ["api", "blob", "cli", "intake"]);
    let inner = "use super::entry; mod tests { use super::*; use super::super::api; }";
    assert_eq!(imports(inner, 1), ["entry", "api"]);
    assert_eq!(imports(inner, 2), Vec::<String>::new());
}
