//! Libraries speak their own words: no text of theirs names an option of the program, which adds it.

use std::path::{Path, PathBuf};

use proc_macro2::{Literal, TokenStream, TokenTree};

/// Folders of library code.
const LIBRARIES: [&str; 9] = [
    "circuits/src",
    "circuits/engine/src",
    "verifier/src",
    "verifier/bn254/src",
    "verifier/keys/src",
    "prover/src",
    "prover/kernels/src",
    "prover/desk/src",
    "prover/chain/src",
];
/// The command line that both programs share, and the main file of one.
const PROGRAMS: [&str; 2] = ["verifier/src/command", "verifier/src/main.rs"];

/// The literals of code, without documentation and test modules.
fn literals(code: TokenStream, out: &mut Vec<Literal>) {
    let mut tokens = code.into_iter().peekable();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                // Documentation of a file is an attribute with an exclamation mark.
                tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '!'));
                if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                    let text = attribute.stream().to_string();
                    is_test |= text.starts_with("cfg") && text.contains("test");
                    if text.starts_with("doc") {
                        tokens.next();
                    }
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_test = false,
            // The body of what only tests have.
            TokenTree::Group(group)
                if group.delimiter() == proc_macro2::Delimiter::Brace
                    && std::mem::take(&mut is_test) => {}
            TokenTree::Group(group) => literals(group.stream(), out),
            TokenTree::Literal(literal) => out.push(literal),
            _ => {}
        }
    }
}

/// Whether a text names an option: not as the argument of another program, which stands alone, nor
/// in an example of how another program is called.
fn names_an_option(text: &str) -> bool {
    if !text.contains(' ') {
        return false;
    }
    let foreign = ["nats", "npm", "anvil", "forge"];
    text.split('`').enumerate().any(|(i, part)| {
        let example = i % 2 == 1 && foreign.iter().any(|name| part.starts_with(name));
        let words = part.match_indices("--");
        let mut options = words.filter(|(at, _)| {
            let before = part[..*at].chars().next_back();
            let after = part[at + 2..].chars().next();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '-')
                && after.is_some_and(|c| c.is_ascii_lowercase())
        });
        !example && options.next().is_some()
    })
}

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    let name = path.file_stem().and_then(|name| name.to_str());
    if name == Some("tests") {
        return;
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            files(&entry.expect("an entry").path(), out);
        }
    } else if path.extension().is_some_and(|e| e == "rs") {
        out.push(path.to_owned());
    }
}

#[test]
fn no_text_of_a_library_names_an_option() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut read = 0;
    for library in LIBRARIES {
        let mut paths = Vec::new();
        files(&root.join(library), &mut paths);
        paths.retain(|path| !PROGRAMS.iter().any(|p| path.starts_with(root.join(p))));
        for path in paths {
            let text = std::fs::read_to_string(&path).expect("a file");
            let mut all = Vec::new();
            literals(text.parse().expect("Rust"), &mut all);
            read += all.len();
            let named = all.iter().map(ToString::to_string);
            let named = named.filter(|text| names_an_option(text));
            found.extend(named.map(|text| format!("{}: {text}", path.display())));
        }
    }
    assert!(read > 5_000, "{read}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn options_are_found() {
    for named in [
        "name it with --policy",
        "`zkmargin prove --size small` does",
    ] {
        assert!(names_an_option(named), "{named}");
    }
    for other in [
        "--port",
        "run `nats-server --jetstream`",
        "a -- b",
        "a---b c",
    ] {
        assert!(!names_an_option(other), "{other}");
    }
    let code = "//! with --more\n/// with --doc\n#[error(\"with --yes\")] struct A; #[cfg(test)] mod t { const A: &str = \"with --no\"; }";
    let mut all = Vec::new();
    literals(code.parse().expect("Rust"), &mut all);
    let named: Vec<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["\"with --yes\""]);
}
