//! How large the house is: lines of code and public items by crate, and files and functions that are longer than
//! the habits of CONTRIBUTING.md.
//!
//!     cargo run -p zkmargin-tests --example size
//!
//! Lines are those of files under `src`, without blank lines, comments and test modules. A public item is a function,
//! type, trait, constant or method that says `pub` and nothing else; fields, variants and re-exports do not count.

use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, Item, ItemFn, ItemMod, Signature, Visibility};

const CRATES: [&str; 11] = [
    "circuits/engine",
    "circuits",
    "verifier",
    "verifier/bn254",
    "verifier/keys",
    "prover/kernels",
    "prover",
    "prover/desk",
    "prover/chain",
    "prover/cli",
    "tests/support",
];
/// Not libraries: the program, and what tests share.
const PROGRAMS: [&str; 2] = ["prover/cli", "tests/support"];
const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

fn main() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    println!(
        "{:<16} {:>7} {:>7} {:>10}",
        "crate", "lines", "public", "per 1,000"
    );
    let mut long = Vec::new();
    let (mut all_lines, mut all_public) = (0, 0);
    for name in CRATES {
        let (mut lines, mut public) = (0, 0);
        for path in files(&root.join(name).join("src")) {
            let text = fs::read_to_string(&path).expect("a source file");
            let parsed = syn::parse_file(&text).expect("Rust");
            let shown = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            let mut file = File::new(&text, shown);
            file.visit_file(&parsed);
            lines += file.code();
            public += file.public;
            long.append(&mut file.long);
        }
        show(name, lines, public);
        if !PROGRAMS.contains(&name) {
            (all_lines, all_public) = (all_lines + lines, all_public + public);
        }
    }
    show("libraries", all_lines, all_public);
    println!("\nfiles over {LONGEST_FILE} lines, functions over {LONGEST_FUNCTION}:");
    for line in long {
        println!("  {line}");
    }
}

fn show(name: &str, lines: usize, public: usize) {
    let rate = 1_000.0 * public as f64 / lines.max(1) as f64;
    println!("{name:<16} {lines:>7} {public:>7} {rate:>10.1}");
}

/// Source files of a folder that are not tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default();
        if name == "tests" || name == "tests.rs" {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

struct File<'t> {
    lines: Vec<&'t str>,
    /// Lines of test modules.
    tests: Vec<std::ops::RangeInclusive<usize>>,
    name: String,
    public: usize,
    long: Vec<String>,
}

impl<'t> File<'t> {
    fn new(text: &'t str, name: String) -> Self {
        File {
            lines: text.lines().collect(),
            tests: Vec::new(),
            name,
            public: 0,
            long: Vec::new(),
        }
    }

    fn code(&mut self) -> usize {
        let all = self
            .lines
            .iter()
            .enumerate()
            .filter(|(n, _)| !self.tests.iter().any(|tests| tests.contains(&(n + 1))));
        let lines: Vec<&str> = all.map(|(_, line)| line.trim()).collect();
        if lines.len() > LONGEST_FILE {
            self.long
                .insert(0, format!("{}: {} lines", self.name, lines.len()));
        }
        lines
            .iter()
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count()
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        let length = block.span().end().line - signature.span().start().line + 1;
        if length > LONGEST_FUNCTION {
            self.long.push(format!(
                "{}: fn {}, {length} lines",
                self.name, signature.ident
            ));
        }
    }

    fn item(&mut self, visibility: &Visibility) {
        self.public += usize::from(matches!(visibility, Visibility::Public(_)));
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

impl<'a> Visit<'a> for File<'_> {
    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        if is_test(&module.attrs) {
            let lines = module.span();
            self.tests.push(lines.start().line..=lines.end().line);
        } else {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item(&mut self, item: &'a Item) {
        match item {
            Item::Const(item) => self.item(&item.vis),
            Item::Static(item) => self.item(&item.vis),
            Item::Enum(item) => self.item(&item.vis),
            Item::Struct(item) => self.item(&item.vis),
            Item::Trait(item) => self.item(&item.vis),
            Item::Type(item) => self.item(&item.vis),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        self.item(&function.vis);
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a ImplItemFn) {
        self.item(&function.vis);
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}
