//! Texts that are no proof bundle: each is refused with the field, what is wrong and a hint.
//!
//! No proof is made here: a bundle is read, and its key compared, before its proof is looked at.

use std::panic::catch_unwind;

use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Statement;
use zkmargin_engine::Fr;
use zkmargin_verifier::bundle::{Bundle, LONGEST_PROOF};

/// The modulus of the scalar field.
const MODULUS: &str = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
/// One more than it: a second name of 1.
const MODULUS_PLUS_ONE: &str = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002";

fn bundle() -> Bundle {
    Bundle {
        key: "small-0123456789abcdef".to_owned(),
        size: Size::Small,
        statement: Statement {
            policy: Fr::from(1),
            market: Fr::from(2),
            book: Fr::from(3),
            nullifier: Fr::from(4),
            scope: Fr::from(5),
            message: -Fr::from(6),
            ratio: 12_500,
            buffer: 150_000_000,
        },
        proof: (0..=255).collect(),
    }
}

/// The text with one piece exchanged, which must stand in it once.
fn exchanged(from: &str, to: &str) -> String {
    let text = bundle().to_json();
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replace(from, to)
}

/// Reads a text that must be refused over a field.
fn refused(text: &str, field: &str, words: &str) {
    let read = catch_unwind(|| Bundle::from_json(text, "proof.json"));
    let read = read.unwrap_or_else(|_| panic!("panicked: {text}"));
    let error = read.expect_err(text);
    assert_eq!(
        (error.file.as_str(), error.field.as_str()),
        ("proof.json", field),
        "{error}"
    );
    let message = error.to_string();
    assert!(message.contains(words), "`{words}` is not in: {message}");
    assert!(message.contains("\nhint: "), "{message}");
}

#[test]
fn a_bundle_round_trips() {
    let text = bundle().to_json();
    assert_eq!(
        Bundle::from_json(&text, "proof.json").expect("its own text"),
        bundle()
    );
    let mut widest = bundle();
    widest.statement.ratio = u16::MAX;
    widest.statement.buffer = (1 << 90) - 1;
    widest.proof = vec![0; LONGEST_PROOF];
    let read = Bundle::from_json(&widest.to_json(), "proof.json");
    assert_eq!(read.expect("its own text"), widest);
    let mut least = bundle();
    least.statement.ratio = 0;
    least.statement.buffer = 0;
    least.proof = Vec::new();
    let read = Bundle::from_json(&least.to_json(), "proof.json");
    assert_eq!(read.expect("its own text"), least);
}

#[test]
fn elements_that_are_none_are_refused_by_name() {
    for (row, digit) in [
        ("policy", 1),
        ("market", 2),
        ("book", 3),
        ("nullifier", 4),
        ("scope", 5),
    ] {
        let honest = format!("\"{row}\": \"0x{digit:064x}\"");
        let with = |value: &str| exchanged(&honest, &format!("\"{row}\": \"{value}\""));
        let field = format!("statement.{row}");
        let all = format!("0x{}", "f".repeat(64));
        for wide in [MODULUS, MODULUS_PLUS_ONE, &all] {
            refused(&with(wide), &field, "modulus");
        }
        let long = format!("0x0{digit:064x}");
        for other in ["", "0x", "7", "0xg", "-0x1", " 0x1", "0x1 ", "0X1", &long] {
            refused(&with(other), &field, "");
        }
        refused(
            &exchanged(&honest, &format!("\"{row}\": {digit}")),
            "(json)",
            "string",
        );
        refused(
            &exchanged(&honest, &format!("\"{row}\": null")),
            "(json)",
            "string",
        );
    }
}

#[test]
fn ratios_and_buffers_out_of_range_are_refused() {
    for ratio in [
        "65536",
        "-1",
        "+1",
        "012500",
        "1e4",
        "1.0",
        "",
        " 1",
        "0x10",
        "99999999999999999999",
    ] {
        let text = exchanged("\"ratio\": \"12500\"", &format!("\"ratio\": \"{ratio}\""));
        refused(&text, "statement.ratio", "65536");
    }
    refused(&exchanged("\"12500\"", "12500"), "(json)", "string");
    // 2^90 units of 1e-8 USD.
    let wide = "12379400392853802748.99124224";
    for buffer in [
        wide,
        "-1",
        "-0.00000001",
        "1.000000001",
        "1e3",
        "",
        ".5",
        "5.",
        "NaN",
        "inf",
        "+1",
        "1,5",
        "170141183460469231731687303715884105728",
    ] {
        let text = exchanged("\"buffer\": \"1.5\"", &format!("\"buffer\": \"{buffer}\""));
        refused(&text, "statement.buffer", "at least 0");
    }
    refused(&exchanged("\"1.5\"", "1.5"), "(json)", "string");
}

#[test]
fn unknown_repeated_and_missing_fields_are_refused() {
    let text = bundle().to_json();
    let version = "\"version\": 2,";
    let policy = "\"policy\": \"0x";
    refused(
        &exchanged(version, "\"version\": 2, \"note\": 1,"),
        "(json)",
        "unknown field `note`",
    );
    let twice = exchanged(version, "\"version\": 2, \"version\": 2,");
    refused(&twice, "(json)", "duplicate field `version`");
    let unknown = exchanged(policy, "\"equity\": \"1\", \"policy\": \"0x");
    refused(&unknown, "(json)", "unknown field `equity`");
    let twice = exchanged(policy, "\"policy\": \"0x1\", \"policy\": \"0x");
    refused(&twice, "(json)", "duplicate field `policy`");
    refused(&exchanged(version, ""), "(json)", "missing field `version`");
    // A line of the statement left out.
    for row in [
        "policy",
        "market",
        "book",
        "nullifier",
        "scope",
        "message",
        "ratio",
    ] {
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.contains(&format!("\"{row}\"")))
            .collect();
        let words = format!("missing field `{row}`");
        refused(&kept.join("\n"), "(json)", &words);
    }
}

#[test]
fn other_versions_sizes_and_broken_texts_are_refused() {
    let text = bundle().to_json();
    for version in ["0", "1", "3", "4294967295"] {
        let other = exchanged("\"version\": 2", &format!("\"version\": {version}"));
        refused(&other, "version", version);
    }
    for version in ["\"2\"", "2.0", "-1", "4294967296", "null"] {
        let other = exchanged("\"version\": 2", &format!("\"version\": {version}"));
        refused(&other, "(json)", "");
    }
    for size in ["", "Small", "tiny", "small "] {
        let other = exchanged("\"size\": \"small\"", &format!("\"size\": \"{size}\""));
        refused(&other, "size", "unknown size");
    }
    for end in 0..text.trim_end().len() {
        refused(&text[..end], "(json)", "");
    }
    refused(&format!("{text}{text}"), "(json)", "trailing");
    refused(&format!("[{text}]"), "(json)", "");
    refused(&"[".repeat(100_000), "(json)", "");
}

#[test]
fn proofs_that_are_no_hexadecimal_digits_are_refused() {
    for proof in [
        "", "00", "0X00", "0x0", "0x0g", "0x 00", "0x00 ", "x00", "0x0x00",
    ] {
        let honest = format!("0x{}", hex::encode(bundle().proof));
        refused(&exchanged(&honest, proof), "proof", "hexadecimal");
    }
    let mut long = bundle();
    long.proof = vec![0; LONGEST_PROOF + 1];
    refused(&long.to_json(), "proof", "too many");
}
