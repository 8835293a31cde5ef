//! `demo --chain`. The story itself is checked in `tests/tests/chain_story.rs`.

use crate::common::Folder;
use serde_json::Value;
use zkmargin_chain::artifact::Contracts;

#[test]
fn real_proof_demo_chain_tells_every_step() {
    let contracts = Contracts::find(None);
    if !contracts.installed() {
        let reason = "contracts/node_modules is missing";
        assert!(std::env::var_os("CI").is_none(), "{reason}");
        println!("skipped: {reason}; hint: npm ci --prefix contracts --ignore-scripts");
        return;
    }
    let folder = Folder::new();
    let line = format!(
        "demo --chain --json --contracts {}",
        contracts.folder().display()
    );
    let steps = folder.run(&line).code(0).json();
    let steps = steps.as_array().expect("steps");
    assert_eq!(steps.len(), 13);
    let deeds: Vec<&Value> = steps
        .iter()
        .flat_map(|step| step["deeds"].as_array().expect("deeds"))
        .collect();
    let text = |deed: &Value| deed["what"].as_str().expect("text").to_owned();
    let refused: Vec<String> = deeds
        .iter()
        .filter(|deed| deed["done"] == false)
        .map(|deed| text(deed))
        .collect();
    let reasons = [
        "ProofRefused",
        "ProofRefused",
        "NotAllowed",
        "NoAnnouncement",
        "are missing",
        "ProofRefused",
        "WindowNotLapsed",
    ];
    assert_eq!(refused.len(), reasons.len(), "{refused:?}");
    for (what, reason) in refused.iter().zip(reasons) {
        assert!(what.contains(reason), "{what}");
    }
    let [.., dollars, reserves] = &steps[..] else {
        panic!("no end")
    };
    let end = dollars["deeds"].as_array().expect("deeds");
    let end: Vec<String> = end.iter().map(text).collect();
    assert_eq!(
        end,
        [
            "has 13,000 USD",
            "has 15,000 USD",
            "has 25,000 USD",
            "has 5,000 USD"
        ]
    );
    covered_with_custody(reserves);
    assert!(folder.names().is_empty(), "nothing is left behind");
}

/// The last book owes what is left in custody, and the agreement has it.
fn covered_with_custody(reserves: &Value) {
    let printed = reserves["text"][1].as_str().expect("what was printed");
    assert!(printed.starts_with("COVERED"), "{printed}");
    let line = |start: &str| {
        let mut lines = printed.lines().map(str::trim);
        let found = lines.find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start:?} in: {printed}"))
    };
    let custody = line("USDC-CUSTODY ").split_whitespace();
    let custody: Vec<&str> = custody.collect();
    assert_eq!(custody[1..5], ["5,000", "5,000", "0", "100.00%"]);
    assert!(line("5,000 USDC-CUSTODY: 0x").ends_with(", confirmed"));
}

#[test]
fn demo_chain_without_its_tools_says_what_to_do() {
    let folder = Folder::new();
    let no = folder.run("demo --chain --anvil nowhere/anvil").code(2);
    assert!(
        no.stderr
            .contains("nowhere/anvil is no file, named with --anvil"),
        "{}",
        no.stderr
    );
    assert!(no.stderr.contains("\nhint: `npm ci"), "{}", no.stderr);
    assert_eq!(no.stdout, "");
    // A program that is not anvil.
    folder.write("contracts.txt", "");
    let no = folder
        .run("demo --chain --contracts . --anvil contracts.txt")
        .code(2);
    assert!(no.stderr.contains("hint: "), "{}", no.stderr);
    folder.run("demo --anvil nowhere").code(2);
}
