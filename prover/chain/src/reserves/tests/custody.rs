//! Agreements of custody: which count, for what, and how much. What a node says is written here;
//! `tests/tests/chain_reserves.rs` asks one.

use alloy_primitives::{address, Address, U256};
use serde_json::{json, Value};

use super::super::custody::{Custody, CustodyFault, CustodyUntold, Facts, Venue};
use super::*;
use crate::abi::MarginVault::Status;

const TOKEN: Address = address!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
const VAULT: Address = address!("00000000000000000000000000000000000a0001");
const VENUE: Address = address!("00000000000000000000000000000000000a0002");
const REGISTRY: Address = address!("00000000000000000000000000000000000a0003");
const ORACLE: Address = address!("00000000000000000000000000000000000a0004");
const CODE: B256 = B256::repeat_byte(0xc0);
const BLOCK: u64 = 25_000_000;
const TIME: u64 = 1_787_412_831;
const END: u64 = TIME + 1_000_000;

fn market(policy: &Policy) -> Market {
    let custody = r#"{"id": "USDC-CUSTODY", "kind": "cash", "mark": "0.999"},"#;
    let text = MARKET.replacen("[\n", &format!("[\n{custody}\n"), 1);
    Market::from_json(&text, "m.json", policy).unwrap()
}

/// A book that owes 5,000,000 USD and 50,000 units that lie in custody.
fn book(policy: &Policy) -> PublicBook {
    let id = InstrumentId::from_name("USDC-CUSTODY", policy).unwrap();
    let mut book = super::book();
    book.totals.equity = 5_049_950 * 10u128.pow(16);
    book.totals.shortfall = 0;
    book.assets = vec![
        asset("USD", 5_000_000, 0),
        AssetTotal {
            id,
            long: 50_000 * 100_000_000,
            short: 0,
        },
    ];
    book
}

fn terms(salt: u8) -> Value {
    json!({
        "form": "custody", "trustsVenue": true, "token": TOKEN, "beneficiary": VENUE,
        "refund": Address::repeat_byte(1), "exitTo": Address::repeat_byte(1), "nullifier": "77",
        "verifiers": [Address::repeat_byte(2)], "policy": "5", "oracle": ORACLE,
        "registry": REGISTRY, "venue": VENUE, "ratio": 10000, "floor": "0", "margin": "0",
        "maxBookAge": 3600, "grace": 600, "window": 5000, "patience": 5000, "cooldown": 5000,
        "notice": 600, "exitAfter": 7_776_000, "end": END, "salt": B256::repeat_byte(salt)})
}

fn agreement(salt: u8) -> Value {
    json!({
        "asset": "USDC-CUSTODY", "chain_id": 1, "block": BLOCK, "vault": VAULT,
        "terms": terms(salt),
        "credit": {"verifier": 0, "epoch": 3, "market": "0x9", "proof": "0x1234"}})
}

/// The dollars at addresses, and these agreements.
fn file(custody: &[Value]) -> Value {
    let mut file: Value = serde_json::from_str(&super::file(&[("USD", "5000000")])).unwrap();
    file["custody"] = custody.into();
    file
}

fn facts() -> Facts {
    Facts {
        status: Some(Status::Active),
        balance: 50_000 * 10u128.pow(18),
        in_vault: 60_000 * 10u128.pow(18),
        codes: [Some(CODE), None, None],
        book: true,
        market: true,
        proven: true,
        time: TIME,
    }
}

fn list() -> String {
    format!(
        "version = 1\n[[asset]]\nsymbol = \"USD\"\nindependent = true\nat = [{{ chain = 1 }}]\n\
         [[custody]]\nasset = \"USDC-CUSTODY\"\nchain = 1\nvault = \"{VAULT}\"\ntoken = \"{TOKEN}\"\n\
         oracle = \"{ORACLE}\"\nregistry = \"{REGISTRY}\"\npolicy = \"0x5\"\nverifiers = [\"{CODE}\"]\n"
    )
}

const AT: Venue = Venue {
    chain: 1,
    registry: REGISTRY,
    address: VENUE,
};

struct Asked {
    list: String,
    others: Others,
    venue: Option<Venue>,
    short: u128,
}

impl Default for Asked {
    fn default() -> Self {
        Asked {
            list: list(),
            others: Others::default(),
            venue: Some(AT),
            short: 0,
        }
    }
}

fn parsed(file: &Value) -> Result<Addresses, BookError> {
    let policy = Policy::rm1();
    Addresses::from_json(&file.to_string(), "a.json", (&market(&policy), &policy))
}

fn told(file: &Value, said: &[Facts], asked: &Asked) -> Report {
    let policy = Policy::rm1();
    let market = market(&policy);
    let mut book = book(&policy);
    book.assets[1].short = asked.short;
    let liabilities = Liabilities {
        book: &book,
        market: &market,
        policy: &policy,
    };
    let mut answers = Answers::of(Chain::Numbered(1));
    answers.custody = said.iter().cloned().enumerate().collect();
    let known = Known {
        assets: &Assets::from_toml(&asked.list, "assets.toml").unwrap(),
        answers: &[answers],
        others: &asked.others,
        venue: asked.venue,
    };
    report(&parsed(file).unwrap(), &liabilities, known).unwrap()
}

fn fault(report: &Report) -> Option<&CustodyFault> {
    report.faults.iter().find_map(|fault| match fault {
        Fault::Custody { fault, .. } => Some(fault),
        _ => None,
    })
}

fn untold(report: &Report) -> Option<CustodyUntold> {
    report.untold.iter().find_map(|untold| match untold {
        Untold::Custody { what, .. } => Some(*what),
        _ => None,
    })
}

#[test]
fn an_agreement_covers_what_is_owed_in_custody_and_nothing_else() {
    let one = file(&[agreement(1)]);
    let report = told(&one, &[facts()], &Asked::default());
    assert_eq!(words(&report), [""; 0]);
    assert_eq!(report.covered, Covered::Yes);
    let counted = line(&report, "USDC-CUSTODY");
    assert_eq!(
        (counted.reserves, counted.agreements),
        (5_000_000_000_000, 1)
    );
    assert_eq!(counted.worth, usd(49_950));
    // One unit less is not enough.
    let less = Facts {
        balance: facts().balance - 10u128.pow(10),
        ..facts()
    };
    let report = told(&one, &[less], &Asked::default());
    assert!(words(&report)[0].starts_with("USDC-CUSTODY: reserves of 49999.99999999"));
    // More counts no further: dollars that are missing stay missing.
    let two = file(&[agreement(1), agreement(2)]);
    let half = Facts {
        balance: 30_000 * 10u128.pow(18),
        ..facts()
    };
    let report = told(&two, &[half.clone(), half.clone()], &Asked::default());
    assert_eq!(line(&report, "USDC-CUSTODY").reserves, 5_000_000_000_000);
    assert_eq!(report.sums.reserves, usd(5_000_000 + 49_950));
    // The vault has less than both say.
    let empty = Facts {
        in_vault: 60_000 * 10u128.pow(18) - 1,
        ..half
    };
    let report = told(&two, &[empty.clone(), empty], &Asked::default());
    assert_eq!(fault(&report), Some(&CustodyFault::Missing));
    // Nobody owes what lies in custody.
    let asked = Asked {
        short: 1,
        ..Asked::default()
    };
    let report = told(&one, &[facts()], &asked);
    assert!(words(&report)[0].contains("accounts owe 0.00000001 of it"));
    assert_eq!(report.covered, Covered::No);
    // Nothing is named.
    let report = told(&file(&[]), &[], &Asked::default());
    assert_eq!(report.covered, Covered::No);
}

#[test]
fn what_terms_say_is_a_definite_no() {
    let other = Address::repeat_byte(9);
    let party = |what| CustodyFault::Other {
        what,
        found: other,
        venue: VENUE,
    };
    let elsewhere = |found, chain| CustodyFault::OtherRegistry {
        found,
        chain,
        registry: REGISTRY,
        at: 1,
    };
    for (field, value, expected) in [
        ("form", json!("pledge"), CustodyFault::Form),
        ("beneficiary", json!(other), party("beneficiary")),
        ("venue", json!(other), party("venue")),
        ("registry", json!(other), elsewhere(other, 1)),
    ] {
        let mut changed = agreement(1);
        changed["terms"][field] = value;
        let report = told(&file(&[changed]), &[facts()], &Asked::default());
        assert_eq!(fault(&report), Some(&expected), "{field}");
        assert_eq!(report.covered, Covered::No);
        assert_eq!(line(&report, "USDC-CUSTODY").reserves, 0);
    }
    // The same contracts on another chain are others.
    let mut moved = agreement(1);
    moved["chain_id"] = json!(10);
    let report = told(&file(&[moved]), &[facts()], &Asked::default());
    assert_eq!(fault(&report), Some(&elsewhere(REGISTRY, 10)));
}

#[test]
fn what_contracts_say_is_a_definite_no() {
    let closing = CustodyFault::Ending {
        end: END,
        before: 10_600,
    };
    for (said, expected) in [
        (
            Facts {
                status: None,
                ..facts()
            },
            CustodyFault::NotOpen,
        ),
        (
            Facts {
                status: Some(Status::Unknown),
                ..facts()
            },
            CustodyFault::NotOpen,
        ),
        (
            Facts {
                status: Some(Status::Closed),
                ..facts()
            },
            CustodyFault::NotOpen,
        ),
        (
            Facts {
                status: Some(Status::Lapsed),
                ..facts()
            },
            CustodyFault::Lapsed,
        ),
        (
            Facts {
                time: END - 10_600,
                ..facts()
            },
            closing,
        ),
        (
            Facts {
                book: false,
                ..facts()
            },
            CustodyFault::NoEpoch(3),
        ),
        (
            Facts {
                market: false,
                ..facts()
            },
            CustodyFault::NoMarket,
        ),
        (
            Facts {
                proven: false,
                ..facts()
            },
            CustodyFault::NotCredited,
        ),
    ] {
        let report = told(&file(&[agreement(1)]), &[said], &Asked::default());
        assert_eq!(fault(&report), Some(&expected));
        assert_eq!(line(&report, "USDC-CUSTODY").reserves, 0);
    }
    // A second before, and with a call that is open, it counts.
    for said in [
        Facts {
            time: END - 10_601,
            ..facts()
        },
        Facts {
            status: Some(Status::Called),
            ..facts()
        },
    ] {
        let report = told(&file(&[agreement(1)]), &[said], &Asked::default());
        assert_eq!(report.covered, Covered::Yes);
    }
    let mut nobody = agreement(1);
    nobody["credit"]["verifier"] = json!(1);
    let report = told(&file(&[nobody]), &[facts()], &Asked::default());
    assert_eq!(fault(&report), Some(&CustodyFault::NoVerifier(1)));
}

#[test]
fn what_the_verifier_does_not_know_might_count() {
    let one = file(&[agreement(1)]);
    let unknown = |from: &str, to: &str| Asked {
        list: list().replacen(from, to, 1),
        ..Asked::default()
    };
    let other = Address::repeat_byte(9).to_string();
    let code = B256::repeat_byte(9).to_string();
    let foreign = CustodyUntold::Foreign;
    for (asked, expected) in [
        (unknown(&VAULT.to_string(), &other), CustodyUntold::NoKeeper),
        (
            unknown("chain = 1\nvault", "chain = 10\nvault"),
            CustodyUntold::NoKeeper,
        ),
        (unknown(&TOKEN.to_string(), &other), foreign("token")),
        (unknown(&ORACLE.to_string(), &other), foreign("oracle")),
        (unknown(&REGISTRY.to_string(), &other), foreign("registry")),
        (unknown("\"0x5\"", "\"0x6\""), foreign("policy")),
        (unknown(&CODE.to_string(), &code), foreign("verifier")),
        (
            Asked {
                venue: None,
                ..Asked::default()
            },
            CustodyUntold::NoVenue,
        ),
    ] {
        let report = told(&one, &[facts()], &asked);
        assert_eq!(untold(&report), Some(expected));
        assert_eq!(report.covered, Covered::Untold, "{expected}");
        assert_eq!(line(&report, "USDC-CUSTODY").reserves, 0);
    }
    let report = told(&one, &[], &Asked::default());
    assert_eq!(untold(&report), Some(CustodyUntold::Unasked));
    assert_eq!(report.covered, Covered::Untold);
    let many = file(&[agreement(1), agreement(2), agreement(3)]);
    let report = told(&many, &[], &Asked::default());
    assert_eq!(report.covered, Covered::Untold);
    // One known verifier does not make the others good.
    let mut two = facts();
    two.codes[2] = Some(B256::repeat_byte(9));
    let report = told(&one, &[two], &Asked::default());
    assert_eq!(untold(&report), Some(foreign("verifier")));
}

#[test]
fn an_agreement_counts_once() {
    let error = |file: &Value| parsed(file).unwrap_err().to_string();
    let twice = error(&file(&[agreement(1), agreement(1)]));
    assert!(
        twice.contains("custody[1].terms") && twice.contains("at custody[0]"),
        "{twice}"
    );
    // With another account's nullifier it is another agreement, of which the vault knows nothing.
    let mut stolen = agreement(1);
    stolen["terms"]["nullifier"] = json!("78");
    let ids: Vec<B256> = parsed(&file(&[agreement(1), stolen]))
        .unwrap()
        .custody
        .iter()
        .map(Custody::id)
        .collect();
    assert_ne!(ids[0], ids[1]);
    // Two venues name it.
    let asked = Asked {
        others: others(&file(&[agreement(1)]).to_string(), "o.json").unwrap(),
        ..Asked::default()
    };
    let report = told(&file(&[agreement(1)]), &[facts()], &asked);
    assert_eq!(fault(&report), Some(&CustodyFault::Shared));
    // At another block than the addresses of the chain.
    let mut later = agreement(1);
    later["block"] = json!(BLOCK + 1);
    let later = error(&file(&[later]));
    assert!(
        later.contains("custody[0].block") && later.contains("at block 25000000"),
        "{later}"
    );
}

#[test]
fn files_out_of_form() {
    let none = U256::MAX.to_string() + "0";
    for (pointer, value, words) in [
        (
            "/asset",
            json!("USD"),
            "custody[0].asset: USD is counted by addresses",
        ),
        ("/asset", json!("XYZ"), "custody[0].asset"),
        ("/vault", json!("0x12"), "custody[0].vault"),
        (
            "/terms/nullifier",
            json!(none),
            "custody[0].terms.nullifier",
        ),
        ("/credit/market", json!("nine"), "custody[0].credit.market"),
        ("/credit/proof", json!("1234"), "custody[0].credit.proof"),
        ("/terms/form", json!("gift"), "unknown variant `gift`"),
    ] {
        let mut bad = agreement(1);
        *bad.pointer_mut(pointer).unwrap() = value;
        let error = parsed(&file(&[bad])).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("hint: "),
            "{words}: {error}"
        );
    }
    // Addresses cannot back what lies in custody.
    let bare = super::file(&[("USDC-CUSTODY", "50000")]);
    let error = parsed(&serde_json::from_str(&bare).unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.contains("is counted by agreements"), "{error}");
    for (from, to, words) in [
        ("\"USDC-CUSTODY\"", "\"USDC\"", "custody[0].asset"),
        ("policy = \"0x5\"", "policy = \"rm1\"", "custody[0].policy"),
        ("[\"0xc0", "[\"c0xc0", "custody[0].verifiers[0]"),
    ] {
        let list = list().replacen(from, to, 1);
        let error = Assets::from_toml(&list, "a.toml").unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("hint: "),
            "{words}: {error}"
        );
    }
    let again = list();
    let again = format!("{again}{}", &again[again.find("[[custody]]").unwrap()..]);
    let error = Assets::from_toml(&again, "a.toml").unwrap_err().to_string();
    assert!(
        error.contains("custody[1]") && error.contains("twice"),
        "{error}"
    );
}
