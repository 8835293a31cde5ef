use super::*;
use crate::market::Kind;
use crate::units::parse_element;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;

const SAMPLE: &str = r#"{"owner": "0xa11ce5", "secret": "0x5ec4e7", "salt": "0x5a175a17", "positions": [
  {"instrument": "USD", "quantity": "250000.00"},
  {"instrument": "BTC-PERPETUAL", "quantity": "-1.5", "entry": "76500.00"},
  {"instrument": "BTC-25SEP26-80000-C", "quantity": "-10"}]}"#;

fn market() -> Market {
    Market::from_json(MARKET, "m.json", &Policy::rm1()).unwrap()
}

fn read(text: &str) -> Result<Account, Error> {
    Account::from_json(text, "a.json", &market(), &Policy::rm1())
}

fn quantity(account: &Account, name: &str) -> i64 {
    let market = market();
    account.quantity(market.instruments[market.by_name(name).unwrap()].id)
}

/// An account of these positions.
fn holding(positions: &str) -> Result<Account, Error> {
    read(&format!(
        r#"{{"owner":"0x1","secret":"0x2","salt":"0x3","positions":[{positions}]}}"#
    ))
}

#[test]
fn the_sample() {
    let account = read(SAMPLE).unwrap();
    assert_eq!(Ok(account.owner), parse_element("0xa11ce5"));
    assert_eq!(Ok(account.secret), parse_element("0x5ec4e7"));
    assert_eq!(Ok(account.salt), parse_element("0x5a175a17"));
    assert_eq!(account.positions.len(), 3);
    assert!(account
        .positions
        .windows(2)
        .all(|pair| pair[0].id < pair[1].id));
    // 250000 + 1.5 * 76500
    assert_eq!(quantity(&account, "USD"), 36_475_000_000_000);
    assert_eq!(quantity(&account, "BTC-PERPETUAL"), -150_000_000);
    assert_eq!(quantity(&account, "BTC-25SEP26-80000-C"), -1_000_000_000);
}

#[test]
fn order_does_not_matter() {
    let mut lines: Vec<&str> = SAMPLE
        .lines()
        .skip(1)
        .map(|l| l.trim_end_matches("]}").trim_end_matches(','))
        .collect();
    let a = holding(&lines.join(",")).unwrap();
    lines.rotate_left(1);
    let b = holding(&lines.join(",")).unwrap();
    assert_eq!(a.leaf(), b.leaf());
}

#[test]
fn entry_costs_are_rounded_against_the_account() {
    let usd = |quantity_text: &str, entry: &str| {
        let text =
            format!(r#"{{"instrument":"BTC","quantity":"{quantity_text}","entry":"{entry}"}}"#);
        quantity(&holding(&text).unwrap(), "USD")
    };
    // Exactly 0.15e-8 USD paid or received.
    assert_eq!(usd("0.00000003", "0.05"), -1);
    assert_eq!(usd("-0.00000003", "0.05"), 0);
    assert_eq!(usd("-0.00000003", "0.34"), 1);
    assert_eq!(usd("2", "3.5"), -700_000_000);
    assert_eq!(usd("-2", "3.5"), 700_000_000);
}

#[test]
fn usd_that_nets_to_zero_is_left_out() {
    let account = holding(
        r#"{"instrument":"USD","quantity":"100"},{"instrument":"BTC","quantity":"2","entry":"50"}"#,
    );
    assert_eq!(account.unwrap().positions.len(), 1);
    let costs = holding(
        r#"{"instrument":"BTC-PERPETUAL","quantity":"-1","entry":"50"},{"instrument":"BTC","quantity":"1","entry":"50"}"#,
    );
    assert_eq!(costs.unwrap().positions.len(), 2);
    assert!(holding("").unwrap().positions.is_empty());
}

#[test]
fn usd_out_of_range() {
    let large = "46116860184.27387903";
    let position = |name: &str, sign: &str, entry: &str| {
        format!(r#"{{"instrument":"{name}","quantity":"{sign}{large}","entry":"{entry}"}}"#)
    };
    let just = format!(r#"{{"instrument":"USD","quantity":"-{large}"}}"#);
    assert!(holding(&format!("{just},{}", position("BTC", "-", "1"))).is_ok());
    assert!(holding(&position("BTC", "-", "1")).is_ok());
    for (sign, entry) in [
        ("-", "1.00000001"),
        ("", "1.00000001"),
        ("", "11529215046.06846975"),
    ] {
        let message = holding(&position("BTC", sign, entry))
            .expect_err(entry)
            .to_string();
        assert!(message.starts_with("a.json: the USD position") && message.contains("\nhint: "));
    }
    let far = position("BTC", "", "11529215046");
    let all = [
        far.clone(),
        far.replace("BTC", "BTC-PERPETUAL"),
        far.replace("BTC", "BTC-25SEP26"),
    ];
    assert!(holding(&all.join(",")).is_err());
}

#[test]
fn malformed_accounts_name_file_field_and_remedy() {
    let cases = [
        (
            "\"-10\"",
            "-10",
            "positions[2].quantity = a number: must be a string",
        ),
        (
            "\"-10\"",
            "\"-1e1\"",
            "positions[2].quantity = \"-1e1\": not a plain decimal",
        ),
        (
            "\"-10\"",
            "\"0.0\"",
            "positions[2].quantity = \"0.0\": zero",
        ),
        ("\"-10\"", "\"\"", "positions[2].quantity = \"\": empty"),
        (
            "\"-10\"",
            "\"0.123456789\"",
            "positions[2].quantity = \"0.123456789\": more than 8",
        ),
        (
            "\"-10\"",
            "\"46116860184.27387904\"",
            "positions[2].quantity = \"46116860184.27387904\": out",
        ),
        (
            "\"-10\"",
            "\"-46116860184.27387904\"",
            "positions[2].quantity = \"-46116860184.27387904\": out",
        ),
        (
            "\"-10\"",
            "\"-10\", \"entry\": \"5\"",
            "positions[2].entry = \"5\": only spot, perpetuals",
        ),
        (
            "\"250000.00\"",
            "\"1\", \"entry\": \"1\"",
            "positions[0].entry = \"1\": only spot, perpetuals",
        ),
        (
            "\"-10\"",
            "\"-10\", \"side\": \"sell\"",
            "positions[2].side: there is no such field",
        ),
        (
            "\"-10\"",
            "\"-10\", \"quantity\": \"1\"",
            "repeated field \"quantity\"",
        ),
        (
            ", \"quantity\": \"-10\"",
            "",
            "positions[2].quantity is missing",
        ),
        ("\"76500.00\"", "\"0\"", "positions[1].entry = \"0\": zero"),
        (
            "\"76500.00\"",
            "76500",
            "positions[1].entry = 76500: must be a string",
        ),
        ("\"BTC-PERPETUAL\"", "\"USD\"", "positions[1].entry"),
        (
            "\"BTC-25SEP26-80000-C\"",
            "\"USD\"",
            "positions[2].instrument = \"USD\": repeats positions[0]",
        ),
        (
            "\"BTC-25SEP26-80000-C\"",
            "\"BTC-25SEP26-8000-C\"",
            "the nearest names are BTC-25SEP26-80000-C, ",
        ),
        (
            "\"BTC-PERPETUAL\"",
            "\"btc-perp\"",
            "positions[1].instrument = \"btc-perp\": the market does not list",
        ),
        (
            "\"BTC-PERPETUAL\"",
            "5",
            "positions[1].instrument = 5: must be a string",
        ),
        ("\"owner\": \"0xa11ce5\", ", "", "owner is missing"),
        (
            "\"owner\"",
            "\"name\": \"x\", \"owner\"",
            "name: there is no such field",
        ),
        ("[", "{}, [", "line 1, column"),
        (
            "\"positions\"",
            "\"holdings\"",
            "holdings: there is no such field",
        ),
    ];
    for (from, to, expected) in cases {
        let text = SAMPLE.replacen(from, to, 1);
        assert_ne!(text, SAMPLE, "{from} is not in the sample");
        let message = read(&text).expect_err(to).to_string();
        assert!(message.starts_with("a.json: "), "{message}");
        assert!(
            message.contains(expected),
            "{expected} is not in: {message}"
        );
        let last = message.lines().last().unwrap_or_default();
        assert!(
            message.lines().count() == 2 && last.starts_with("hint: "),
            "{message}"
        );
    }
    let long = "x".repeat(10_000);
    let message = read(&SAMPLE.replace("BTC-PERPETUAL", &long))
        .expect_err("long")
        .to_string();
    assert!(message.len() < 400);
}

#[test]
fn entry_needs_usd_in_the_market() {
    let without = MARKET.replacen(r#"{"id": "USD",  "kind": "cash", "mark": "1"},"#, "", 1);
    let policy = Policy::rm1();
    let market = Market::from_json(&without, "m.json", &policy).unwrap();
    let text = r#"{"owner":"0x1","secret":"0x2","salt":"0x3","positions":[
        {"instrument":"BTC","quantity":"1","entry":"5"}]}"#;
    let error = Account::from_json(text, "a.json", &market, &policy).unwrap_err();
    assert!(error
        .to_string()
        .contains("there is no USD to book the cost into"));
    assert!(Account::from_json(
        &text.replace(",\"entry\":\"5\"", ""),
        "a.json",
        &market,
        &policy
    )
    .is_ok());
}

#[test]
fn no_message_shows_a_secret() {
    let marker = "5ec4e7";
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let forms = [
        marker.to_owned(),
        format!("0x{marker}zz"),
        format!("0x{}{marker}", "f".repeat(58)),
        format!("0x{}{marker}", "0".repeat(60)),
        format!("0X{marker}"),
        format!("0x{modulus}"),
        String::new(),
        "0x".to_owned(),
    ];
    for field in ["owner", "secret", "salt"] {
        for form in &forms {
            let honest = format!("\"{field}\": \"0x");
            let start = SAMPLE.find(&honest).unwrap() + field.len() + 4;
            let end = start + SAMPLE[start..].find(',').unwrap();
            for value in [
                format!("\"{form}\""),
                format!("[\"{form}\"]"),
                "64738217".to_owned(),
                "6473821.7".to_owned(),
            ] {
                let text = format!("{}{value}{}", &SAMPLE[..start], &SAMPLE[end..]);
                let error = read(&text).expect_err(&value);
                assert!(
                    matches!(&error, Error::Secret { field: f, .. } if f == field),
                    "{error}"
                );
                for shown in [error.to_string(), format!("{error:?}")] {
                    let leaks = [marker, "6473821"].iter().any(|m| shown.contains(m));
                    assert!(!leaks, "{shown}");
                }
            }
        }
    }
    assert!(!format!("{:?}", read(SAMPLE)).contains(marker));
}

#[test]
fn written_and_read_again() {
    let account = read(SAMPLE).unwrap();
    let text = account.to_json(&market()).unwrap();
    let again = read(&text).unwrap();
    assert_eq!(again, account);
    assert_eq!(again.leaf(), account.leaf());
    let mut foreign = account.clone();
    foreign.positions[0].id = InstrumentId::new(250, 0, 0, Kind::Cash);
    assert!(foreign.to_json(&market()).is_err());
    let mut empty = account;
    empty.positions[0].quantity = 0;
    assert!(empty.to_json(&market()).is_err());
}

#[test]
fn distances() {
    for (a, b, d) in [
        ("", "", 0),
        ("abc", "abc", 0),
        ("kitten", "sitting", 3),
        ("", "ab", 2),
        ("ab", "b", 1),
    ] {
        assert_eq!((distance(a, b), distance(b, a)), (d, d));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn any_account_round_trips(quantities in proptest::array::uniform5(1 - (1i64 << 62)..1 << 62), secret in any::<u64>()) {
        let market = market();
        let listed = market.instruments.iter().zip(quantities).filter(|(_, q)| q % 3 != 0);
        let account = Account {
            owner: crate::Fr::from(secret ^ 1),
            secret: crate::Fr::from(secret),
            salt: -crate::Fr::from(secret),
            positions: listed.map(|(i, quantity)| Position { id: i.id, quantity }).collect(),
        };
        prop_assert_eq!(read(&account.to_json(&market).unwrap()), Ok(account));
    }

    #[test]
    fn no_edit_of_the_file_panics(at in 0usize..SAMPLE.len(), with in "[\\x20-\\x7e]{0,3}", cut in 0usize..9) {
        let mut text = SAMPLE.to_owned();
        text.replace_range(at..(at + cut).min(SAMPLE.len()), &with);
        if let Err(error) = read(&text) {
            prop_assert!(error.to_string().contains("\nhint: "));
        }
    }
}
