//! Which addresses count.

use super::*;
use crate::reserves::blocks::Shown;

#[test]
fn addresses_that_do_not_count() {
    let good = file(&ENOUGH);
    let refused = |text: &str, word: &str| {
        let faults = faults(text);
        assert!(
            faults.iter().any(|fault| fault.contains(word)),
            "{faults:?}"
        );
        let uncovered = faults.iter().any(|fault| fault.contains("are less than"));
        assert!(uncovered, "{faults:?}");
    };
    let start = good.find(",\n            \"signature\"").unwrap();
    let end = start + good[start..].find('}').unwrap();
    let unsigned = format!("{}{}", &good[..start], &good[end..]);
    refused(&unsigned, "is not signed");
    refused(&good.replace("25000000", "25000001"), "another statement");
    refused(
        &good.replacen("\"chain_id\": 1", "\"chain_id\": 5", 1),
        "another statement",
    );
    let other = good.replace(&ROOT[60..], "1123");
    refused(&other, "signed for book");
}

#[test]
fn what_nodes_say() {
    let good = file(&ENOUGH);
    let time = u64::from(market().time());
    let answers = |checked: &[usize], (time, next): (u64, u64), faults| Answers {
        checked: checked.iter().copied().collect(),
        block: Some(Shown {
            block: 25_000_000,
            time,
            next,
        }),
        faults,
        ..Answers::of(Chain::Numbered(1))
    };
    let of = |answers: &[Answers]| reported(&good, (&book(), &market()), answers).unwrap();
    // Two nodes of one chain are no more than one.
    let report = of(&[
        answers(&[0, 1], (time, time + 1), Vec::new()),
        answers(&[0, 1], (0, u64::MAX), Vec::new()),
    ]);
    assert_eq!(report.faults, []);
    let two = (
        states(&report, State::Confirmed),
        states(&report, State::Claimed),
    );
    assert_eq!(two, (2, 2));
    assert_eq!(report.unasked, []);
    // One block later, one earlier, and two at the very second of the cut-off.
    for shown in [(time + 1, time + 13), (time - 24, time - 12), (time, time)] {
        let told = words(&of(&[answers(&[], shown, Vec::new())]));
        let words = format!(
            "block 25000000 of chain 1, of time {}, is not the last",
            shown.0
        );
        assert!(told.len() == 1 && told[0].contains(&words), "{told:?}");
    }
    // What a node does not confirm does not count, also where the signature is wrong.
    let holding = &read(&good).unwrap().holdings[2];
    let less = Fault::Balance {
        path: holding.path.clone(),
        holder: holding.ownership.holder.clone(),
        block: 25_000_000,
        actual: "1".to_owned(),
        claimed: "5001000".to_owned(),
    };
    let report = of(&[answers(
        &[0, 1, 2],
        (time, time + 1),
        vec![(2, less.clone())],
    )]);
    assert!(report.faults.contains(&less));
    assert_eq!(report.covered, Covered::No);
    assert_eq!(line(&report, "USD").addresses, 0);
    assert_eq!(states(&report, State::Confirmed), 2);
    assert_eq!(states(&report, State::Refused), 1);
    // Less is there now: what is there counts, and nobody can tell of the rest.
    let mut moved = answers(&[0, 1, 2], (time, time + 1), Vec::new());
    moved.less = vec![(2, 5_000_000 * 10u128.pow(18))];
    let report = of(&[moved]);
    assert_eq!(report.covered, Covered::Untold);
    assert_eq!(line(&report, "USD").reserves, 5_000_000 * 100_000_000);
    assert!(report.untold[0].to_string().contains("less is there now"));
    // The least of all moments that were drawn counts.
    let mut drawn = answers(&[0, 1, 2], (time, time + 1), Vec::new());
    let coins = |n: u128| n * 10u128.pow(18);
    drawn.drawn = vec![
        (2, 9, coins(5_000_000)),
        (2, 8, coins(4)),
        (0, 8, coins(99)),
    ];
    let report = of(&[drawn]);
    assert_eq!(report.covered, Covered::Untold);
    assert_eq!(line(&report, "USD").reserves, 4 * 100_000_000);
    assert_eq!(line(&report, "BTC").reserves, 9_950_000_000);
    let told: Vec<String> = report.untold.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|told| told.contains("held 4 at block 8, which was drawn")),
        "{told:?}"
    );
}

#[test]
fn no_coin_counts_twice() {
    let good = file(&ENOUGH);
    let refused = |text: &str, words: &[&str]| {
        let error = read(text).unwrap_err().to_string();
        for word in words.iter().chain(&["hint: "]) {
            assert!(error.contains(word), "no {word:?} in: {error}");
        }
    };
    // A at one block, and B, to which the coins went, at the next: a node confirms both.
    let later = good.replacen("25000000", "25000001", 1);
    let first = "assets[1].addresses[0].block: block 25000000 of chain 1";
    refused(
        &later,
        &[first, "assets[0].addresses[0] shows at block 25000001"],
    );
    // Another chain has blocks of its own.
    let other = later.replacen("\"chain_id\": 1", "\"chain_id\": 10", 1);
    assert_eq!(read(&other).unwrap().holdings.len(), 4);
    // One address under two entries and two assets; in two spellings.
    let twice = |second: &str, token: &str| {
        let entry = |asset: &str, address: &str| {
            format!(
                r#"{{"asset": "{asset}"{token}, "addresses": [{{"address": "{address}",
                "chain_id": 1, "block": 25000000, "balance": "1", "scheme": "personal_sign"}}]}}"#
            )
        };
        let (one, two) = (entry("BTC", ADDRESS), entry("USD", second));
        format!(r#"{{"venue": "V", "book": "{ROOT}", "assets": [{one}, {two}]}}"#)
    };
    let upper = format!("0x{}", ADDRESS[2..].to_ascii_uppercase());
    for second in [ADDRESS, &ADDRESS.to_ascii_lowercase(), &upper] {
        let words = [
            "assets[1].addresses[0].address",
            "at assets[0].addresses[0]",
        ];
        refused(&twice(second, ""), &words);
        let token = r#", "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48""#;
        refused(&twice(second, token), &words);
    }
    let once = twice(ADDRESS, "").replacen(
        r#""asset": "USD""#,
        r#""asset": "USD", "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48""#,
        1,
    );
    assert_eq!(read(&once).unwrap().holdings.len(), 2);
    // The chain's own coin as a token: native balance in another dress.
    for token in [
        "0x0000000000000000000000000000000000000000",
        "0x0000000000000000000000000000000000001010",
        "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE",
        "0x471EcE3750Da237f93B8E339c536989b8978a438",
    ] {
        let own = format!(r#""asset": "USD", "token": "{token}""#);
        let text = twice(ADDRESS, "").replacen(r#""asset": "USD""#, &own, 1);
        refused(&text, &["assets[1].token", "own coin"]);
    }
    // Numbers have one spelling.
    for id in ["1.0", "01", "\"1\"", "1e0", "0x1"] {
        let text = good.replacen("\"chain_id\": 1", &format!("\"chain_id\": {id}"), 1);
        refused(&text, &["(json)"]);
    }
}

#[test]
fn files_out_of_form() {
    let good = file(&ENOUGH);
    let refused = |from: &str, to: &str, words: &str| {
        assert!(good.contains(from), "{from}");
        let error = read(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("hint: "), "{error}");
    };
    refused(
        "Example Exchange",
        "Example\\nBook root: 0x1",
        "venue: not a name",
    );
    refused("Example Exchange", "", "venue: not a name");
    // Text after it would be shown from the right.
    refused("Example Exchange", "X\\u202e", "venue: not a name");
    refused("\"BTC\"", "\"DOGE\"", "assets[0].asset: \"DOGE\"");
    refused("\"BTC\"", "\"BTC-PERPETUAL\"", "no such cash or spot");
    refused(
        "\"99.5\"",
        "\"-1\"",
        "assets[0].addresses[0].balance: \"-1\"",
    );
    refused("\"99.5\"", "\"NaN\"", "balance: \"NaN\"");
    refused("\"99.5\"", "99.5", "(json)");
    refused("\"scheme\"", "\"shceme\"", "(json)");
    refused("personal_sign", "eth_sign", "(json)");
    refused(
        "\"signature\": \"0x",
        "\"signature\": \"",
        "signature: not 0x",
    );
    refused("\"address\": \"0x", "\"address\": \"", "address: ");
    // The address of the key 1, with one capital lost.
    refused("0x7E5F", "0x7e5F", "mistyped");
    refused("0x1122", "0x9122", "book: ");
    let all_lower = good.replace(
        "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
        "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
    );
    assert_eq!(read(&all_lower).unwrap(), read(&good).unwrap());
}
