//! Rules that are tested, not written: lengths, module docs, leftovers, the layout of the project.

use std::{fs, path::Path, process::Command};

use syn::{spanned::Spanned, visit::Visit};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 100;

const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitattributes",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "aktenplan",
    "askama.toml",
    "benches",
    "clippy.toml",
    "deny.toml",
    "deploy",
    "rustfmt.toml",
    "schemas",
    "src",
    "tests",
];

struct Functions(Vec<(String, usize)>);

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, f: &'ast syn::ItemFn) {
        self.add(&f.sig, f.span());
        syn::visit::visit_item_fn(self, f);
    }
    fn visit_impl_item_fn(&mut self, f: &'ast syn::ImplItemFn) {
        self.add(&f.sig, f.span());
        syn::visit::visit_impl_item_fn(self, f);
    }
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, all: proc_macro2::Span) {
        // Attributes and docs are not length; the signature's line is where reading begins.
        let lines = all.end().line - signature.span().start().line + 1;
        self.0.push((signature.ident.to_string(), lines));
    }
}

#[test]
fn files_functions_and_lines_are_short_and_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let mut files = 0;
    for folder in ["src", "tests", "benches"] {
        for path in super::layers::sources(&root.join(folder)) {
            files += 1;
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let code = fs::read_to_string(&path).unwrap();
            let lines = code.lines().count();
            if lines > FILE_LINES_MAX {
                wrong.push(format!("{name}: {lines} lines"));
            }
            if !code.starts_with("//! ") {
                wrong.push(format!("{name}: no module doc"));
            }
            for (number, line) in code.lines().enumerate() {
                if line.chars().count() > LINE_CHARS_MAX {
                    wrong.push(format!("{name}:{}: long line", number + 1));
                }
            }
            let mut functions = Functions(Vec::new());
            functions.visit_file(&syn::parse_file(&code).unwrap());
            for (function, length) in functions.0 {
                if length > FUNCTION_LINES_MAX {
                    wrong.push(format!("{name}: fn {function} has {length} lines"));
                }
            }
            let leftovers = [concat!("todo", "!("), concat!("FIX", "ME"), concat!("#[ign", "ore")];
            for leftover in leftovers {
                if code.contains(leftover) {
                    wrong.push(format!("{name}: {leftover}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "untidy:\n{}", wrong.join("\n"));
    println!("tidy: {files} files");
}

#[test]
fn the_top_level_is_as_agreed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(list) = Command::new("git").args(["ls-files"]).current_dir(root).output() else {
        println!("SKIPPED: top level (no git here)");
        return;
    };
    let list = String::from_utf8(list.stdout).unwrap();
    for name in list.lines().filter_map(|l| l.split('/').next()) {
        assert!(TOP_LEVEL.contains(&name), "'{name}' is not in the agreed layout");
    }
}
