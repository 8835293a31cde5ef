//! What is a no, and what nobody can tell.

use super::*;

fn known<'a>(assets: &'a Assets, answers: &'a [Answers], others: &'a Others) -> Known<'a> {
    Known {
        assets,
        answers,
        others,
        venue: None,
    }
}

fn told(text: &str, known: Known<'_>) -> Report {
    let liabilities = Liabilities {
        book: &book(),
        market: &market(),
        policy: &Policy::rm1(),
    };
    report(&read(text).unwrap(), &liabilities, known).unwrap()
}

/// Coins of a private chain, any token, one coin under another's name: what the verifier does not list
/// does not count, whoever signed for it.
#[test]
fn a_coin_that_the_verifier_does_not_know_does_not_count() {
    let none = Others::default();
    let dollars = "[[asset]]\nsymbol = \"USD\"\nindependent = true\nat = [{ chain = 1 }]\n";
    let list = Assets::from_toml(&format!("{}{dollars}", assets::BUNDLED), "a.toml").unwrap();
    let report = told(&file(&ENOUGH), known(&list, &[], &none));
    assert_eq!(report.covered, Covered::Untold);
    assert_eq!(line(&report, "BTC").reserves, 0);
    let untold: Vec<String> = report.untold.iter().map(ToString::to_string).collect();
    let words = "assets[0].addresses[0]: the own coin of chain 1 is not BTC in your list of assets";
    assert!(untold[0].contains(words), "{untold:?}");
    // Where not even that would suffice, the answer is no.
    let report = told(&file(&ENOUGH[..3]), known(&list, &[], &none));
    assert_eq!(report.covered, Covered::No);
}

#[test]
fn a_contract_counts_when_a_node_says_that_it_signed() {
    let none = Others::default();
    let list = assets();
    let text = file(&ENOUGH).replacen("personal_sign", "eip1271", 1);
    let report = told(&text, known(&list, &[], &none));
    assert_eq!(report.covered, Covered::Untold);
    assert!(report.untold[0].to_string().contains("is a contract"));
    let mut answers = Answers::of(Chain::Numbered(1));
    answers.checked.insert(0);
    let report = told(&text, known(&list, &[answers.clone()], &none));
    assert_eq!(report.covered, Covered::Untold);
    answers.signed.insert(0);
    let report = told(&text, known(&list, &[answers.clone()], &none));
    assert_eq!(
        (report.covered, report.states[0].0),
        (Covered::Yes, State::Confirmed)
    );
    let fault = Fault::Signature {
        path: "assets[0].addresses[0]".to_owned(),
        holder: read(&text).unwrap().holdings[0].ownership.holder.clone(),
        fault: SignatureFault::Contract,
    };
    answers.signed.clear();
    answers.faults.push((0, fault.clone()));
    let report = told(&text, known(&list, &[answers], &none));
    assert_eq!(
        (report.covered, report.states[0].0),
        (Covered::No, State::Refused)
    );
    assert!(report.faults.contains(&fault));
}

#[test]
fn an_address_of_two_venues_counts_for_neither() {
    let list = assets();
    let text = file(&ENOUGH);
    // The other venue's file is about another book, and names assets of another market.
    let other = text
        .replace("Example Exchange", "Other Exchange")
        .replace(ROOT, "0x5")
        .replace("\"BTC\"", "\"XYZ\"");
    let shown = others(&other, "other.json").unwrap();
    assert_eq!(shown.holders.len(), 4);
    let report = told(&text, known(&list, &[], &shown));
    assert_eq!(report.covered, Covered::No);
    let faults = words(&report);
    assert!(
        faults[0].contains("stands in the file of another venue"),
        "{faults:?}"
    );
    assert_eq!(line(&report, "USD").reserves, 0);
    // The same address on another chain is another.
    let elsewhere = others(
        &other.replace("\"chain_id\": 1", "\"chain_id\": 10"),
        "o.json",
    );
    let report = told(&text, known(&list, &[], &elsewhere.unwrap()));
    assert_eq!(report.covered, Covered::Yes);
    let error = others("{}", "other.json").unwrap_err().to_string();
    assert!(error.contains("other.json: (json)"), "{error}");
}

#[test]
fn chains_and_ways_to_sign_belong_together() {
    let good = file(&ENOUGH);
    for (from, to, words) in [
        ("personal_sign", "bip137", "assets[0].addresses[0].scheme"),
        ("\"chain_id\": 1,", "", "names no chain, or two"),
        (
            "\"chain_id\": 1",
            "\"chain_id\": 1, \"chain\": \"bitcoin\"",
            "names no chain, or two",
        ),
        (
            "\"chain_id\": 1",
            "\"chain\": \"dogecoin\"",
            "names no chain, or two",
        ),
        (
            "\"chain_id\": 1",
            "\"chain\": \"bitcoin\"",
            "assets[0].addresses[0].address",
        ),
    ] {
        let error = read(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("hint: "),
            "{words}: {error}"
        );
    }
}
