//! Every reader of outside bytes over its seeds and some thousand changes of them. `tests/fuzz` runs
//! the same under libFuzzer.

use std::panic::{catch_unwind, AssertUnwindSafe};

use zkmargin_testing::fuzz::{Mutator, Target, TARGETS};

/// Changed inputs of every target.
const CHANGED: usize = 3_000;
/// Where the seeds are written, a folder for each target, if it is set: the corpus of libFuzzer.
const CORPUS: &str = "ZKMARGIN_FUZZ_CORPUS";

fn read(target: &Target, bytes: &[u8]) -> bool {
    let read = catch_unwind(AssertUnwindSafe(|| (target.read)(bytes)));
    read.unwrap_or_else(|_| {
        let name = format!("zkmargin-{}-{}.bin", target.name, std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("a written file");
        panic!("{}: the input is in {}", target.name, path.display())
    })
}

fn holds(names: &[&str]) {
    for name in names {
        let target = TARGETS
            .iter()
            .find(|target| target.name == *name)
            .expect("a target");
        let seeds = (target.seeds)();
        for (n, seed) in seeds.iter().enumerate() {
            if let Some(folder) = std::env::var_os(CORPUS) {
                let folder = std::path::Path::new(&folder).join(name);
                std::fs::create_dir_all(&folder).expect("a folder");
                std::fs::write(folder.join(format!("seed-{n}")), seed).expect("a written seed");
            }
            assert!(read(target, seed), "{name}: seed {n} is refused");
        }
        let mut changed = Mutator::new(0x5eed, seeds);
        let refused = (0..CHANGED)
            .filter(|_| !read(target, &changed.next_bytes()))
            .count();
        println!("{name}: {refused} of {CHANGED} changed inputs are refused");
        assert!(
            refused > CHANGED / 2,
            "{name}: only {refused} changed inputs are refused"
        );
    }
}

#[test]
fn readers_of_a_traders_files_keep_their_promises() {
    holds(&[
        "market", "account", "secret", "policy", "bundle", "protocol", "packet",
    ]);
}

#[test]
fn readers_of_a_books_files_keep_their_promises() {
    holds(&[
        "published_book",
        "batch_proof",
        "inventory",
        "addresses",
        "queue_job",
        "batch_input",
    ]);
}

#[test]
fn readers_of_foreign_formats_keep_their_promises() {
    holds(&["ptau", "chain_csv", "accounts_csv"]);
}

/// Every target has its program under `tests/fuzz`, and the three tests above name every target.
#[test]
fn every_target_has_its_program() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");
    let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).expect("a manifest");
    let here = include_str!("fuzz.rs");
    for Target { name, .. } in TARGETS {
        let program = std::fs::read_to_string(format!("{folder}/fuzz_targets/{name}.rs"));
        let program = program.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            program.contains(&format!("run(\"{name}\", bytes)")),
            "{name}: {program}"
        );
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{name} is not in the manifest"
        );
        assert!(here.contains(&format!("\"{name}\"")), "no test runs {name}");
    }
}
