use super::*;
use crate::account::Row;
use crate::market::Kind;
use crate::units::{format_element, parse_element};
use crate::Fr;
use ff::Field;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;

const SAMPLE: &str = r#"{"owner": "0xa11ce5", "secret": "0x1d3f5ec4e7a2908b6c4d1e2f3a5b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7", "salt": "0x2c5a175a17e4d3b2a190f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3", "positions": [
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
    let id = market.instruments()[market.by_name(name).unwrap()].id;
    let found = account.positions.iter().find(|held| held.id == id);
    found.map_or(0, |held| held.quantity)
}

/// The keys of the sample, up to the list of positions.
fn keys_of_the_sample() -> &'static str {
    SAMPLE.split_once('[').unwrap().0
}

/// An account of these positions.
fn holding(positions: &str) -> Result<Account, Error> {
    read(&format!("{}[{positions}]}}", keys_of_the_sample()))
}

#[test]
fn the_sample() {
    let account = read(SAMPLE).unwrap();
    assert_eq!(Ok(account.owner), parse_element("0xa11ce5"));
    let of = |key: &Fr| format_element(key);
    assert!(of(&account.secret).starts_with("0x1d3f5ec4e7"));
    assert!(of(&account.salt).starts_with("0x2c5a175a17"));
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
    let text = format!(
        "{}[{{\"instrument\":\"BTC\",\"quantity\":\"1\",\"entry\":\"5\"}}]}}",
        keys_of_the_sample()
    );
    let error = Account::from_json(&text, "a.json", &market, &policy).unwrap_err();
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
fn entry_needs_usd_at_one() {
    let half = MARKET.replacen(
        r#""kind": "cash", "mark": "1"}"#,
        r#""kind": "cash", "mark": "0.5"}"#,
        1,
    );
    assert_ne!(half, MARKET);
    let policy = Policy::rm1();
    let market = Market::from_json(&half, "m.json", &policy).unwrap();
    // At half a dollar the cost of a perpetual would count half of its notional as equity.
    let text = SAMPLE.replace("\"76500.00\"", "\"mark\"");
    let error = Account::from_json(&text, "a.json", &market, &policy).unwrap_err();
    assert!(error.to_string().contains("USD is not worth 1"), "{error}");
}

#[test]
fn a_secret_in_the_wrong_column_is_not_shown() {
    let secret = "0x1d3f5ec4e7a2908b6c4d1e2f3a5b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7";
    let error = read(&SAMPLE.replace("BTC-PERPETUAL", secret))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("positions[1].instrument = a field element"),
        "{error}"
    );
    assert!(!error.contains("5ec4e7"), "{error}");
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
fn perpetuals_and_futures_say_their_entry_price() {
    for (name, kept) in [
        ("BTC-PERPETUAL", false),
        ("BTC-25SEP26", false),
        ("BTC", true),
    ] {
        // One contract and nothing else: without an entry price its notional would be equity.
        let bare = format!(r#"{{"instrument":"{name}","quantity":"1"}}"#);
        match holding(&bare) {
            Ok(_) => assert!(kept, "{name}"),
            Err(error) => {
                let text = error.to_string();
                assert!(
                    text.starts_with("a.json: positions[0].entry is missing\nhint: "),
                    "{text}"
                );
                assert!(text.contains("\"entry\": \"mark\"") && !kept, "{text}");
            }
        }
    }
    let listing = (market(), Policy::rm1());
    let listing = Listing::new(&listing.0, &listing.1);
    let text = SAMPLE.replace("\"76500.00\"", "\"mark\"");
    let (at_mark, entries) = Account::from_listing(&text, "a.json", &listing).unwrap();
    // 250000 + 1.5 * 77095.12
    assert_eq!(quantity(&at_mark, "USD"), 36_564_268_000_000);
    let shown: Vec<String> = entries.values().map(Entry::to_string).collect();
    assert_eq!(shown, ["mark"]);
    let (_, entries) = Account::from_listing(SAMPLE, "a.json", &listing).unwrap();
    assert_eq!(entries.values().next().unwrap().to_string(), "76500");
    for wrong in ["Mark", "", "market", "-1"] {
        let text = SAMPLE.replace("\"76500.00\"", &format!("\"{wrong}\""));
        let error = read(&text).unwrap_err().to_string();
        assert!(
            error.starts_with("a.json: positions[1].entry = "),
            "{error}"
        );
    }
}

#[test]
fn rows_of_a_table_say_their_entry_price_too() {
    let (market, policy) = (market(), Policy::rm1());
    let listing = Listing::new(&market, &policy);
    let sample = read(SAMPLE).unwrap();
    let keys = [sample.owner, sample.secret, sample.salt].map(|key| format_element(&key));
    let row = |entry| TableRow {
        line: 7,
        keys: [&keys[0], &keys[1], &keys[2]],
        instrument: "BTC-PERPETUAL",
        quantity: "-1.5",
        entry,
    };
    let read = |row| Account::from_rows([row], "a.csv", &listing);
    assert!(read(row("76500")).is_ok() && read(row("mark")).is_ok());
    let error = read(row("")).unwrap_err().to_string();
    assert!(
        error.starts_with("a.csv: line 7.entry is missing\nhint: "),
        "{error}"
    );
    let weak = TableRow {
        keys: [&keys[0], "0x1", &keys[2]],
        ..row("mark")
    };
    let error = read(weak).unwrap_err().to_string();
    assert!(
        error.starts_with("a.csv: line 7.secret can be guessed"),
        "{error}"
    );
}

#[test]
fn weak_and_equal_keys_are_refused() {
    let sample = read(SAMPLE).unwrap();
    let key = |key: &Fr| format_element(key);
    let (secret, salt) = (key(&sample.secret), key(&sample.salt));
    for (from, to, expected) in [
        (&secret, "0x0", "secret can be guessed"),
        (&secret, "0x1", "secret can be guessed"),
        (&salt, "0x0", "salt can be guessed"),
        (&salt, &secret, "salt is the secret"),
        (&"0xa11ce5".to_owned(), &secret, "owner is the secret"),
        (&"0xa11ce5".to_owned(), &salt, "owner is the salt"),
    ] {
        let text = SAMPLE.replacen(from.as_str(), to, 1);
        assert_ne!(text, SAMPLE);
        let error = read(&text).unwrap_err();
        assert!(matches!(&error, Error::WeakKey { .. }), "{error}");
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("a.json: {expected}")), "{shown}");
        assert!(
            shown.contains("\nhint: ") && !shown.contains(&secret[4..20]),
            "{shown}"
        );
    }
}

#[test]
fn written_and_read_again() {
    let (market, policy) = (market(), Policy::rm1());
    let listing = Listing::new(&market, &policy);
    let account = read(SAMPLE).unwrap();
    let rows = account.rows_at_mark(&listing);
    // 250000 + 1.5 * 76500 - 1.5 * 77095.12
    assert_eq!(rows[0].quantity, 24_910_732_000_000);
    let text = account.to_json(&rows, &market).unwrap();
    let again = read(&text).unwrap();
    assert_eq!(again, account);
    assert_eq!(again.leaf(), account.leaf());
    let unlisted = Row {
        id: InstrumentId::new(250, 0, 0, Kind::Cash),
        ..rows[0]
    };
    let nothing = Row {
        quantity: 0,
        ..rows[0]
    };
    for wrong in [unlisted, nothing] {
        assert!(account.to_json(&[wrong], &market).is_err());
    }
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
    fn any_account_round_trips(quantities in proptest::array::uniform5(1 - (1i64 << 40)..1 << 40), seed in any::<u64>()) {
        let (market, policy) = (market(), Policy::rm1());
        let listing = Listing::new(&market, &policy);
        let listed = market.instruments().iter().zip(quantities).filter(|(_, q)| q % 3 != 0);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let account = Account {
            owner: Fr::from(seed),
            secret: Fr::random(&mut rng),
            salt: Fr::random(&mut rng),
            positions: listed.map(|(i, quantity)| Position { id: i.id, quantity }).collect(),
        };
        let text = account.to_json(&account.rows_at_mark(&listing), &market).unwrap();
        prop_assert_eq!(read(&text), Ok(account));
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
