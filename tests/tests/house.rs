//! The walls of the house: what a crate must not know, and that its modules form no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use syn::visit::Visit;
use syn::{Attribute, Item, UseTree};

/// The proof system; its curve arithmetic is another package and may be known.
const HALO2: &str = "halo2-axiom";
/// The curve arithmetic under it.
const CURVES: &str = "halo2curves-axiom";
/// Crates, our own included, that whoever checks a packet, a margin proof, or all of a book but its
/// proofs has to trust at most.
const MOST_FOR_VERDICTS: usize = 42;
const NETWORK: [&str; 3] = ["ureq", "async-nats", "tokio"];

/// A crate under a set of features, and packages that it must not depend on, however far away.
struct Wall {
    package: &'static str,
    features: &'static [&'static str],
    unknown: Vec<&'static str>,
}

fn walls() -> Vec<Wall> {
    let wall = |package, features, unknown: &[&[&'static str]]| Wall {
        package,
        features,
        unknown: unknown.concat(),
    };
    let no_default: &[&str] = &["--no-default-features"];
    let full: &[&str] = &["--features", "full"];
    vec![
        wall("zkmargin-bn254", &[], &[&[HALO2, CURVES, "rayon"]]),
        wall(
            "zkmargin-engine",
            &[],
            &[&[HALO2, CURVES, "clap"], &NETWORK],
        ),
        wall(
            "zkmargin-engine",
            full,
            &[&[HALO2, "zkmargin-kernels", "clap"], &NETWORK],
        ),
        wall(
            "zkmargin-circuits",
            &[],
            &[&["zkmargin-keys", "clap"], &NETWORK],
        ),
        wall(
            "zkmargin-verifier",
            &[],
            &[
                &["zkmargin-circuits", "zkmargin-kernels", HALO2, CURVES],
                &NETWORK,
            ],
        ),
        wall(
            "zkmargin-verifier",
            no_default,
            &[&["zkmargin-circuits", HALO2, CURVES, "clap"], &NETWORK],
        ),
        wall(
            "zkmargin-keys",
            &[],
            &[&["zkmargin-prover", "zkmargin-chain", "clap"], &NETWORK],
        ),
        wall(
            "zkmargin-kernels",
            &[],
            &[
                &[HALO2, "zkmargin-engine", "zkmargin-circuits"],
                &["zkmargin-verifier", "zkmargin-keys", "clap"],
                &NETWORK,
            ],
        ),
        wall(
            "zkmargin-prover",
            &[],
            &[&["zkmargin-chain", "zkmargin-desk", "clap"]],
        ),
        wall(
            "zkmargin-desk",
            &[],
            &[
                &[HALO2, "zkmargin-circuits", "zkmargin-chain", "clap"],
                &["zkmargin-kernels"],
                &NETWORK,
            ],
        ),
        wall("zkmargin-chain", &[], &[&["zkmargin-desk", "clap"]]),
        wall(
            "zkmargin-chain",
            no_default,
            &[&["zkmargin-desk", "zkmargin-circuits", HALO2]],
        ),
        wall("zkmargin", &[], &[&["zkmargin-testing"]]),
    ]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Packages that one depends on in what it ships, itself included.
fn packages(wall: &Wall) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(["--package", wall.package])
        .args(wall.features)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_do_not_know_what_is_behind_their_walls() {
    let mut holes = Vec::new();
    for wall in walls() {
        let known = packages(&wall);
        assert!(known.contains(wall.package), "no package {}", wall.package);
        let through = wall.unknown.iter().filter(|name| known.contains(**name));
        holes.extend(
            through.map(|name| format!("{} {:?} knows {name}", wall.package, wall.features)),
        );
    }
    assert!(holes.is_empty(), "{}", holes.join("\n"));
}

#[test]
fn verdicts_need_few_crates() {
    let known = packages(&Wall {
        package: "zkmargin-verifier",
        features: &["--no-default-features"],
        unknown: Vec::new(),
    });
    assert!(known.len() <= MOST_FOR_VERDICTS, "{known:?}");
}

/// A module by its path from the root of its crate.
type Module = Vec<String>;

/// The modules that a file imports from its own crate, as paths of names.
struct Imports {
    module: Module,
    found: Vec<Vec<String>>,
}

impl Imports {
    fn tree(&mut self, before: &[String], tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                let mut longer = before.to_vec();
                longer.push(path.ident.to_string());
                self.tree(&longer, &path.tree);
            }
            UseTree::Group(group) => group.items.iter().for_each(|t| self.tree(before, t)),
            UseTree::Name(name) => self.path(before, Some(name.ident.to_string())),
            UseTree::Rename(name) => self.path(before, Some(name.ident.to_string())),
            UseTree::Glob(_) => self.path(before, None),
        }
    }

    fn path(&mut self, before: &[String], last: Option<String>) {
        let mut words = before.iter().cloned().chain(last).peekable();
        let mut at = match words.peek().map(String::as_str) {
            Some("crate") => {
                words.next();
                Vec::new()
            }
            Some("super" | "self") => self.module.clone(),
            _ => return,
        };
        while let Some(word) = words.next_if(|w| w == "super" || w == "self") {
            if word == "super" {
                at.pop();
            }
        }
        at.extend(words);
        self.found.push(at);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|word| word == "test")
    })
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(item) if !is_test(&item.attrs) => self.tree(&[], &item.tree),
            Item::Mod(item) if is_test(&item.attrs) => {}
            Item::Mod(item) => {
                self.module.push(item.ident.to_string());
                syn::visit::visit_item_mod(self, item);
                self.module.pop();
            }
            other => syn::visit::visit_item(self, other),
        }
    }
}

/// Files of a crate by their module; files of tests are left out.
fn modules(folder: &Path, module: &Module, out: &mut BTreeMap<Module, PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("a name");
        if stem == "tests" {
            continue;
        }
        let mut own = module.clone();
        if !["mod", "lib", "main"].contains(&stem) {
            own.push(stem.to_owned());
        }
        if path.is_dir() {
            modules(&path, &own, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.insert(own, path);
        }
    }
}

/// Which of its siblings each module of a folder imports from, the folder's path first.
fn siblings(
    files: &BTreeMap<Module, PathBuf>,
) -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let mut graph: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, file) in files {
        let text = std::fs::read_to_string(file).expect("a file");
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let mut imports = Imports {
            module: module.clone(),
            found: Vec::new(),
        };
        imports.visit_file(&parsed);
        for path in imports.found {
            // The longest part of the path that is a module; what follows is an item in it.
            let longest = (0..=path.len())
                .rev()
                .find(|&n| files.contains_key(&path[..n]));
            let Some(target) = longest.map(|n| &path[..n]) else {
                continue;
            };
            let common = module
                .iter()
                .zip(target)
                .take_while(|(a, b)| a == b)
                .count();
            let (Some(from), Some(to)) = (module.get(common), target.get(common)) else {
                continue;
            };
            // A crate's one error enum names the faults of all its modules, which return it.
            if from != "error" {
                let folder = graph.entry(module[..common].to_vec()).or_default();
                folder.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    graph
}

/// What remains after taking away, again and again, modules that import nothing that remains.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut left: BTreeSet<String> = graph.keys().cloned().collect();
    loop {
        let imports_left = |m: &String| graph.get(m).is_some_and(|to| !to.is_disjoint(&left));
        let next: BTreeSet<String> = left.iter().filter(|m| imports_left(m)).cloned().collect();
        if next == left {
            return left;
        }
        left = next;
    }
}

#[test]
fn modules_form_no_circle() {
    let crates = [
        "circuits",
        "circuits/engine",
        "verifier",
        "verifier/bn254",
        "verifier/keys",
        "prover",
        "prover/kernels",
        "prover/desk",
        "prover/chain",
        "prover/cli",
    ];
    let mut circles = Vec::new();
    for name in crates {
        let mut files = BTreeMap::new();
        modules(&root().join(name).join("src"), &Vec::new(), &mut files);
        for (folder, graph) in siblings(&files) {
            let circle = circle(&graph);
            if !circle.is_empty() {
                circles.push(format!("{name}: {}: {circle:?}", folder.join("::")));
            }
        }
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn circles_are_found() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            graph
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned());
        }
        graph
    };
    assert!(circle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    let found = circle(&graph(&[("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]));
    assert!(found.contains("b") && found.contains("c"), "{found:?}");
    let mut imports = Imports {
        module: vec!["a".to_owned(), "b".to_owned()],
        found: Vec::new(),
    };
    let text =
        "use super::{c::D, E}; use crate::f::*; use serde::X; #[cfg(test)] mod t { use crate::g; }";
    imports.visit_file(&syn::parse_file(text).expect("Rust"));
    let found: Vec<String> = imports.found.iter().map(|p| p.join("::")).collect();
    assert_eq!(found, ["a::c::D", "a::E", "f"]);
}
