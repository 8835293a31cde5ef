//! The specs against the code: every number is unique, cited where it is laid, realised by what its
//! table says, and broken by a test that exists.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use support::fixture::Case;
use support::spec::{constraints, numbers, root, rust_files, Constraint};
use zkmargin_circuits::book::constraint_system as batch_system;
use zkmargin_circuits::margin::lookup::{NODE_LIMBS, RANGE_LIMBS, TABLES};
use zkmargin_circuits::margin::trace::Lane;
use zkmargin_circuits::margin::{constraint_system, MarginCircuit, Shape, Size};
use zkmargin_engine::book::{Form, Shape as BatchShape};
use zkmargin_engine::policy::Policy;

const MARGIN: &str = "spec/margin.md";
const BATCH: &str = "spec/book.md";

fn all() -> Vec<Constraint> {
    [MARGIN, BATCH].into_iter().flat_map(constraints).collect()
}

/// Numbers that no test can break, because others imply them.
const IMPLIED: [&str; 4] = ["MARI3", "MSLT1", "BHSH14", "BPOS1"];

/// The term that a book does not show: its spec says what it charges in its place.
const NOT_OF_A_BOOK: &str = "aggregate/shortfall.rs";

#[test]
fn a_risk_term_has_its_name_in_every_room() {
    let rooms = [
        ("engine/src/risk", None),
        ("src/margin/risk", Some(MARGIN)),
        ("src/book/risk", Some(BATCH)),
    ];
    let of = |room: &str| -> BTreeSet<String> {
        let folder = root().join(room);
        let mut files = Vec::new();
        for part in ["aggregate", "addon"] {
            rust_files(&folder.join(part), &mut files);
        }
        files.push(folder.join("scenario.rs"));
        let name = |file: &PathBuf| {
            let term = file.strip_prefix(&folder).expect("a file of the room");
            term.display().to_string()
        };
        files
            .iter()
            .map(name)
            .filter(|n| !n.ends_with("mod.rs"))
            .collect()
    };
    let terms = of(rooms[0].0);
    assert!(terms.len() > 10 && terms.contains(NOT_OF_A_BOOK));
    for (room, spec) in rooms {
        let found = of(room);
        let mut proven = terms.clone();
        if spec == Some(BATCH) {
            proven.remove(NOT_OF_A_BOOK);
        }
        assert_eq!(found, proven, "{room}");
        assert!(root().join(room).join("scenario.rs").exists(), "{room}");
        let Some(spec) = spec else { continue };
        let text = std::fs::read_to_string(root().join(spec)).expect("a spec");
        for term in &found {
            let path = format!("{}/{term}`)", room.trim_start_matches("src/"));
            let section = |line: &str| line.starts_with("### ") && line.ends_with(&path);
            assert!(text.lines().any(section), "{spec}: no section of {path}");
        }
    }
}

#[test]
fn every_number_is_unique() {
    let (margin, batch) = (constraints(MARGIN), constraints(BATCH));
    assert!(margin.len() > 200 && batch.len() > 40);
    assert!(margin.iter().all(|c| c.number.starts_with('M')));
    assert!(batch.iter().all(|c| c.number.starts_with('B')));
    let mut seen = BTreeSet::new();
    for constraint in margin.iter().chain(&batch) {
        assert!(seen.insert(&constraint.number), "{}", constraint.number);
    }
}

#[test]
fn every_number_is_cited_in_code_and_no_other_is() {
    let known: BTreeSet<String> = all().into_iter().map(|c| c.number).collect();
    let mut files = Vec::new();
    rust_files(root().parent().expect("the repository"), &mut files);
    let production = root().join("src");
    let mut cited = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        for number in numbers(&text) {
            assert!(known.contains(&number), "{}: {number}", file.display());
            if file.starts_with(&production) {
                cited.insert(number);
            }
        }
    }
    let silent: Vec<_> = known.difference(&cited).collect();
    assert!(silent.is_empty(), "cited nowhere: {silent:?}");
    // Nor do the specs themselves speak of others.
    for file in [MARGIN, BATCH] {
        let text = std::fs::read_to_string(root().join(file)).expect("a spec");
        let strange: Vec<_> = numbers(&text)
            .into_iter()
            .filter(|n| !known.contains(n))
            .collect();
        assert!(strange.is_empty(), "{file}: {strange:?}");
    }
}

#[test]
fn every_number_has_a_named_test() {
    let known: BTreeSet<String> = all().into_iter().map(|c| c.number).collect();
    let mut implied = Vec::new();
    for Constraint {
        number,
        broken_by,
        implied_by,
        ..
    } in all()
    {
        let Some((file, name)) = broken_by else {
            assert!(!implied_by.is_empty(), "{number} has no test");
            assert!(implied_by.iter().all(|n| known.contains(n)), "{number}");
            implied.push(number);
            continue;
        };
        let path = match file.as_str() {
            "lookup" => "tests/lookup.rs".to_owned(),
            _ if number.starts_with('B') => format!("tests/book/{file}.rs"),
            _ => format!("tests/attacks/{file}.rs"),
        };
        let text = std::fs::read_to_string(root().join(&path))
            .unwrap_or_else(|e| panic!("{number}: {path}: {e}"));
        let test = format!("#[test]\nfn {name}() {{");
        assert!(text.contains(&test), "{number}: no test {name} in {path}");
    }
    assert_eq!(implied, IMPLIED);
}

/// The number of a constraint's name.
fn first(name: &str) -> String {
    name.split(' ').next().unwrap_or(name).to_owned()
}

#[test]
fn every_number_of_the_margin_circuit_is_realised_by_what_its_table_says() {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut note = |number: &str, kind| {
        found.entry(first(number)).or_default().insert(kind);
    };
    let shape = Shape {
        size: Size::Large,
        ..Shape::default()
    };
    for gate in constraint_system(shape).gates() {
        (0..gate.polynomials().len()).for_each(|i| note(gate.constraint_name(i), "gate"));
    }
    for name in [NODE_LIMBS, RANGE_LIMBS, TABLES] {
        note(name, "look-up");
    }
    for name in ["rm1", "rm2", "spanlike"] {
        let case = Case::mixed_under(name);
        let circuit = MarginCircuit::new(&case.policy, case.size, &case.witness());
        let trace = circuit.trace();
        for ((lane, row), number) in &trace.numbers {
            let kind = match lane {
                Lane::Arithmetic => "A",
                Lane::Range => "R",
                Lane::LookUp => "T",
                Lane::Opening => "opening",
            };
            assert!(!number.is_empty(), "{lane:?}, row {row}");
            note(number, kind);
        }
        assert_eq!(trace.copies.len(), trace.copy_numbers.len());
        for ((cell, _), number) in trace.copies.iter().zip(&trace.copy_numbers) {
            assert!(!number.is_empty(), "{cell:?}");
            note(number, "copy");
        }
    }
    // Rows enter their inputs by copy.
    for kinds in found.values_mut().filter(|kinds| kinds.len() > 1) {
        kinds.remove("copy");
    }
    let said: BTreeMap<String, BTreeSet<String>> = constraints(MARGIN)
        .into_iter()
        .map(|c| {
            let kinds: BTreeSet<String> = c
                .realised_by
                .into_iter()
                .filter(|kind| {
                    ["A", "R", "T", "opening", "copy", "gate", "look-up"].contains(&kind.as_str())
                })
                .collect();
            (c.number, kinds)
        })
        .map(|(number, mut kinds)| {
            if kinds.len() > 1 {
                kinds.remove("copy");
            }
            (number, kinds)
        })
        .collect();
    for (number, kinds) in &found {
        let kinds: BTreeSet<String> = kinds.iter().map(|k| (*k).to_owned()).collect();
        assert_eq!(said.get(number), Some(&kinds), "{number}");
    }
    let unlaid: Vec<_> = said.keys().filter(|n| !found.contains_key(*n)).collect();
    assert!(unlaid.is_empty(), "{unlaid:?}");
}

#[test]
fn every_number_of_the_batch_circuit_is_a_gate_a_look_up_or_a_message() {
    let text = include_str!("../../policies/rm2.toml");
    let of_format_2 = Policy::from_toml(text, "rm2.toml").expect("a policy");
    let mut found: BTreeSet<String> = BTreeSet::new();
    for form in [Form::grid(22), Form::of(&of_format_2)] {
        let system = batch_system(BatchShape::of(10, form).expect("in range"));
        for gate in system.gates() {
            found.extend((0..gate.polynomials().len()).map(|i| first(gate.constraint_name(i))));
        }
        found.extend(system.lookups().iter().map(|l| first(l.name())));
    }
    let said = constraints(BATCH);
    for constraint in &said {
        let kind = constraint.realised_by[0].as_str();
        assert_eq!(
            found.contains(&constraint.number),
            ["gate", "look-up"].contains(&kind),
            "{}: {kind}",
            constraint.number
        );
    }
    let said: BTreeSet<String> = said.into_iter().map(|c| c.number).collect();
    let strange: Vec<_> = found.difference(&said).collect();
    assert!(strange.is_empty(), "{strange:?}");
}
