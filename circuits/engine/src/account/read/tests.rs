use super::*;
use crate::account::nearest::distance;
use crate::account::{booked_at_mark, rows_at_mark, to_json, Row};
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
  {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;

const NONCE: &str = "0x4be1d3f07a2908b6c4d1e2f3a5b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e";
const IDENTITY: &str = "0x1d3f5ec4e7a2908b6c4d1e2f3a5b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7";
const SALT: &str = "0x2c5a175a17e4d3b2a190f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3";
const SAMPLE: &str = r#"{"version": 2, "customer": "eve@mail.example", "nonce": "0x4be1d3f07a2908b6c4d1e2f3a5b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e", "identity": "0x1d3f5ec4e7a2908b6c4d1e2f3a5b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7", "account": 7, "salt": "0x2c5a175a17e4d3b2a190f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3", "positions": [
  {"instrument": "USD", "quantity": "250000.00"},
  {"instrument": "BTC-PERPETUAL", "quantity": "-1.5", "entry": "76500.00"},
  {"instrument": "BTC-25SEP26-80000-C", "quantity": "-10"}]}"#;

fn market() -> Market {
    Market::from_json(MARKET, "m.json", &Policy::rm1()).unwrap()
}

fn read(text: &str) -> Result<Account, Error> {
    Account::from_json(text, "a.json", &market(), &Policy::rm1())
}

/// What a file says, of an account or of positions alone.
fn read_file(text: &str) -> Result<AccountFile, Error> {
    AccountFile::from_json(text, "a.json", &Listing::new(&market(), &Policy::rm1()))
}

/// The message that refuses a file: two lines of which the second says what to do, and nothing of
/// the sample that is not for others.
fn refusal(text: &str) -> String {
    let message = read_file(text).expect_err(text).to_string();
    let mut lines = message.lines();
    assert!(message.starts_with("a.json: "), "{message}");
    assert!(
        lines.nth(1).is_some_and(|l| l.starts_with("hint: ")),
        "{message}"
    );
    assert_eq!(lines.next(), None, "{message}");
    for hidden in ["eve@", "4be1d3f0", "1d3f5ec4e7", "2c5a175a17", "41790"] {
        assert!(!message.contains(hidden), "{message}");
    }
    message
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
    let eve = Customer::new("eve@mail.example", parse_element(NONCE).unwrap()).unwrap();
    assert_eq!(account.customer, eve.digest());
    assert_eq!(Ok(account.identity), parse_element(IDENTITY));
    assert_eq!(Ok(account.salt), parse_element(SALT));
    assert_eq!(account.number, 7);
    assert_eq!(account.positions.len(), 4);
    assert!(account
        .positions
        .windows(2)
        .all(|pair| pair[0].id < pair[1].id));
    assert_eq!(quantity(&account, "USD"), 25_000_000_000_000);
    // 1.5 * 76500
    assert_eq!(quantity(&account, "USD-SETTLEMENT"), 11_475_000_000_000);
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
        quantity(&holding(&text).unwrap(), "USD-SETTLEMENT")
    };
    // Exactly 0.15e-8 USD paid or received.
    assert_eq!(usd("0.00000003", "0.05"), -1);
    assert_eq!(usd("-0.00000003", "0.05"), 0);
    assert_eq!(usd("-0.00000003", "0.34"), 1);
    assert_eq!(usd("2", "3.5"), -700_000_000);
    assert_eq!(usd("-2", "3.5"), 700_000_000);
}

#[test]
fn entry_costs_that_net_to_zero_are_left_out() {
    let account = holding(
        r#"{"instrument":"USD","quantity":"100"},{"instrument":"BTC","quantity":"2","entry":"50"}"#,
    );
    // The dollars stay as the venue shows them.
    assert_eq!(account.unwrap().positions.len(), 3);
    let costs = holding(
        r#"{"instrument":"BTC-PERPETUAL","quantity":"-1","entry":"50"},{"instrument":"BTC","quantity":"1","entry":"50"}"#,
    );
    assert_eq!(costs.unwrap().positions.len(), 2);
    assert!(holding("").unwrap().positions.is_empty());
}

#[test]
fn entry_costs_are_nobody_s_to_state() {
    // Whoever could would show a gain that no entry price explains.
    let stated = r#"{"instrument":"USD-SETTLEMENT","quantity":"100"}"#;
    let error = holding(stated).unwrap_err().to_string();
    assert!(
        error.contains("positions[0].instrument = \"USD-SETTLEMENT\": entry costs are computed"),
        "{error}"
    );
}

#[test]
fn collateral_in_custody_is_not_owed() {
    let market = MARKET.replace(
        r#"{"id": "BTC","#,
        r#"{"id": "USDC", "kind": "cash", "mark": "0.9998"},
  {"id": "USDC-CUSTODY", "kind": "cash", "mark": "0.9998"},
  {"id": "BTC","#,
    );
    let policy = Policy::rm1();
    let market = Market::from_json(&market, "m.json", &policy).unwrap();
    let listing = Listing::new(&market, &policy);
    let of = |quantity: &str| {
        let row = format!(r#"{{"instrument":"USDC-CUSTODY","quantity":"{quantity}"}}"#);
        AccountFile::from_json(&format!("{{\"positions\":[{row}]}}"), "a.json", &listing)
    };
    assert_eq!(of("5").unwrap().positions.len(), 1);
    let error = of("-5").unwrap_err().to_string();
    assert!(
        error.contains("collateral in custody cannot be owed"),
        "{error}"
    );
    assert!(!error.contains("-5"), "{error}");
}

#[test]
fn coins_of_a_large_contract_are_read_and_written_as_coins() {
    let policy = include_str!("../../../../../policies/rm1.toml");
    let policy = policy.replace("symbol = \"XRP\"", "symbol = \"XRP\"\nscale = 6");
    let policy = Policy::from_toml(&policy, "p.toml").unwrap();
    let market = r#"{"time": 1787412831, "instruments": [
  {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
  {"id": "XRP", "kind": "spot", "underlying": "XRP", "mark": "0.0000770818"},
  {"id": "XRP-PERPETUAL", "kind": "perpetual", "underlying": "XRP", "mark": "0.00007709512345"},
  {"id": "XRP-25SEP26-0.00008-C", "kind": "call", "underlying": "XRP", "expiry": 1790323200,
   "strike": "0.00008", "forward": "0.00007740528", "vol": "0.4198"}]}"#;
    let market = Market::from_json(market, "m.json", &policy).unwrap();
    let listing = Listing::new(&market, &policy);
    let price = |name| market.instruments()[market.by_name(name).unwrap()].forward;
    assert_eq!(price("XRP"), 7_708_180_000);
    assert_eq!(price("XRP-PERPETUAL"), 7_709_512_345);
    let written = market.to_json(&policy).unwrap();
    assert_eq!(
        Market::from_json(&written, "w.json", &policy).unwrap(),
        market
    );
    let call = &market.instruments()[market.by_name("XRP-25SEP26-0.00008-C").unwrap()];
    assert_eq!(call.id.strike(), 800_000);
    assert_eq!(call.id.name(&policy), call.name);
    let text = r#"{"positions":[
        {"instrument":"XRP-PERPETUAL","quantity":"-2000000000000.5","entry":"0.0000765"},
        {"instrument":"XRP","quantity":"1000000"}]}"#;
    let file = AccountFile::from_json(text, "a.json", &listing).unwrap();
    let held: Vec<i64> = file.positions.iter().map(|p| p.quantity).collect();
    // Two million contracts of 76.5 USD, one contract of spot.
    let costs = 15_300_000_000_003_825;
    assert_eq!(held, [costs, 100_000_000, -200_000_000_000_050]);
    let rows: Vec<Row> = file.positions[1..]
        .iter()
        .map(|p| Row {
            id: p.id,
            quantity: p.quantity,
            entry: file.entries.get(&p.id).copied(),
        })
        .collect();
    let holder = read_file(SAMPLE).unwrap().holder.unwrap();
    let written = to_json(&holder, None, &rows, &listing).unwrap();
    for part in [
        r#""-2000000000000.5", "entry": "0.0000765""#,
        r#""XRP", "quantity": "1000000""#,
    ] {
        assert!(written.contains(part), "{written}");
    }
    let again = AccountFile::from_json(&written, "a.json", &listing).unwrap();
    assert_eq!(
        (again.positions, again.entries),
        (file.positions, file.entries)
    );
}

#[test]
fn entry_costs_out_of_range() {
    let large = "46116860184.27387903";
    let position = |name: &str, sign: &str, entry: &str| {
        format!(r#"{{"instrument":"{name}","quantity":"{sign}{large}","entry":"{entry}"}}"#)
    };
    assert!(holding(&position("BTC", "-", "1")).is_ok());
    for (sign, entry) in [
        ("-", "1.00000001"),
        ("", "1.00000001"),
        ("", "11529215046.06846975"),
    ] {
        let message = holding(&position("BTC", sign, entry))
            .expect_err(entry)
            .to_string();
        assert!(message.starts_with("a.json: the entry costs") && message.contains("\nhint: "));
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
        (
            "\"customer\": \"eve@mail.example\", ",
            "",
            "customer is missing",
        ),
        ("\"account\": 7, ", "", "account is missing"),
        (
            "\"customer\"",
            "\"name\": \"x\", \"customer\"",
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
fn entry_needs_a_place_for_its_cost_at_one() {
    let policy = Policy::rm1();
    let text = format!(
        "{}[{{\"instrument\":\"BTC\",\"quantity\":\"1\",\"entry\":\"5\"}}]}}",
        keys_of_the_sample()
    );
    let rows = market().instruments().to_vec();
    // A market file always has it; at half a dollar a cost would count half of a notional as equity.
    let without = rows.iter().filter(|i| i.name != "USD-SETTLEMENT").cloned();
    let mut half = rows.clone();
    half[1].forward /= 2;
    assert_eq!(half[1].name, "USD-SETTLEMENT");
    for rows in [without.collect(), half] {
        let market = Market::new(market().time(), rows).unwrap();
        let error = Account::from_json(&text, "a.json", &market, &policy).unwrap_err();
        let words = "there is nothing to book the cost into";
        assert!(error.to_string().contains(words), "{error}");
        let bare = text.replace(",\"entry\":\"5\"", "");
        assert!(Account::from_json(&bare, "a.json", &market, &policy).is_ok());
    }
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
    for field in ["nonce", "identity", "salt"] {
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
    let at_mark = AccountFile::from_json(&text, "a.json", &listing).unwrap();
    let shown: Vec<String> = at_mark
        .entries
        .values()
        .map(|e| e.text(Scale::ONE))
        .collect();
    assert_eq!(shown, ["mark"]);
    // 1.5 * 77095.12
    assert_eq!(
        quantity(&at_mark.account("a.json").unwrap(), "USD-SETTLEMENT"),
        11_564_268_000_000
    );
    let file = AccountFile::from_json(SAMPLE, "a.json", &listing).unwrap();
    let entry = file.entries.values().next().unwrap();
    assert_eq!(entry.text(Scale::ONE), "76500");
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
    let holder = ["eve@mail.example", NONCE, IDENTITY, "7"];
    let row = |entry| TableRow {
        line: 7,
        holder,
        instrument: "BTC-PERPETUAL",
        quantity: "-1.5",
        entry,
    };
    let read =
        |rows: &[TableRow<'_>]| AccountFile::from_rows(rows.iter().copied(), "a.csv", &listing);
    let error = |rows: &[TableRow<'_>]| read(rows).unwrap_err().to_string();
    assert!(read(&[row("76500")]).is_ok() && read(&[row("mark")]).is_ok());
    let text = error(&[row("")]);
    assert!(
        text.starts_with("a.csv: line 7.entry is missing\nhint: "),
        "{text}"
    );
    let altered = |n: usize, value: &'static str| {
        let mut other = row("mark");
        other.holder[n] = value;
        other
    };
    for (n, value, expected) in [
        (0, "", "line 7.customer = the id of a customer: is no id"),
        (1, "0x1", "line 7.nonce can be guessed"),
        (1, SALT, "line 7.nonce has more than 248 bits"),
        (2, "0x1", "line 7.identity can be guessed"),
        (2, "ann", "line 7.identity: "),
        (
            3,
            "4294967296",
            "line 7.account = 4294967296: must be a whole number",
        ),
        (3, "-1", "line 7.account = \"-1\": must be a whole number"),
        (3, "", "line 7.account = \"\": must be a whole number"),
    ] {
        let text = error(&[altered(n, value)]);
        assert!(
            text.starts_with(&format!("a.csv: {expected}")),
            "{expected}: {text}"
        );
        assert!(
            text.contains("\nhint: ") && !text.contains("5a175a17"),
            "{text}"
        );
    }
    // Customer, nonce and identity are the account's, in every row.
    for (n, value) in [
        (0, "bob@example.com"),
        (1, "0x2c5a175a17e4d3b2a190f8e7d6c5b4a3"),
        (2, "0x0"),
    ] {
        let second = TableRow {
            line: 8,
            instrument: "BTC",
            ..altered(n, value)
        };
        let text = error(&[row("mark"), second]);
        assert!(text.starts_with("a.csv: line 8"), "{text}");
        assert!(
            !text.contains("bob") && !text.contains("5a175a17"),
            "{text}"
        );
    }
    assert!(error(&[]).contains("without rows"));
    let empty = TableRow {
        instrument: "",
        quantity: "",
        ..row("")
    };
    assert!(read(&[empty]).unwrap().positions.is_empty());
}

#[test]
fn what_can_be_guessed_or_is_used_twice_is_refused() {
    let small = format!("0x{}", &NONCE[2..64]);
    for (from, to, expected) in [
        (NONCE, "0x0", "nonce can be guessed"),
        (NONCE, "0x1", "nonce can be guessed"),
        (NONCE, SALT, "nonce has more than 248 bits"),
        (IDENTITY, "0x1", "identity can be guessed"),
        (SALT, "0x0", "salt can be guessed"),
        (SALT, &small, "salt is the nonce"),
        (SALT, IDENTITY, "salt is the identity"),
    ] {
        let text = SAMPLE.replacen(from, to, 1);
        assert_ne!(text, SAMPLE);
        let error = read_file(&text).unwrap_err();
        assert!(matches!(&error, Error::WeakKey { .. }), "{error}");
        let shown = refusal(&text);
        assert!(shown.starts_with(&format!("a.json: {expected}")), "{shown}");
    }
    // An account that nobody can prove with is one.
    let nobody = read(&SAMPLE.replacen(IDENTITY, "0x0", 1)).unwrap();
    assert_eq!(nobody.identity, Fr::ZERO);
}

#[test]
fn holders_out_of_range_are_refused() {
    let long = format!("\"{}\"", "x".repeat(257));
    for (from, to, expected) in [
        (
            "\"eve@mail.example\"",
            "\"\"",
            "customer = the id of a customer: is no id",
        ),
        (
            "\"eve@mail.example\"",
            "\" \\t\"",
            "customer = the id of a customer: is no id",
        ),
        (
            "\"eve@mail.example\"",
            &long,
            "customer = the id of a customer: is no id",
        ),
        (
            "\"eve@mail.example\"",
            "41790000000",
            "customer = what is not shown: must be a string",
        ),
        (
            "\"account\": 7",
            "\"account\": 4294967296",
            "account = 4294967296: must be a whole",
        ),
        ("\"account\": 7", "\"account\": -1", "account = "),
        (
            "\"account\": 7",
            "\"account\": \"7\"",
            "account = \"7\": must be a whole",
        ),
        ("\"account\": 7", "\"account\": 1.5", "account = "),
    ] {
        let text = SAMPLE.replacen(from, to, 1);
        assert_ne!(text, SAMPLE, "{from}");
        let shown = refusal(&text);
        assert!(
            shown.starts_with(&format!("a.json: {expected}")),
            "{expected}: {shown}"
        );
    }
    let last = SAMPLE.replacen("\"account\": 7", "\"account\": 4294967295", 1);
    assert_eq!(read(&last).unwrap().number, u32::MAX);
}

#[test]
fn files_of_version_1_are_refused_with_what_to_do() {
    for field in ["owner", "secret"] {
        let old = SAMPLE.replacen("\"identity\"", &format!("\"{field}\""), 1);
        let shown = refusal(&old);
        assert!(shown.contains("version 1, or one with a secret"), "{shown}");
        assert!(shown.contains("its trader draws another"), "{shown}");
        let bare = format!("{{\"{field}\": \"0x1\", \"positions\": []}}");
        assert!(refusal(&bare).contains("version 1"));
    }
    for version in ["1", "3", "\"2\"", "0"] {
        let other = SAMPLE.replacen("\"version\": 2", &format!("\"version\": {version}"), 1);
        assert!(refusal(&other).starts_with("a.json: version"), "{version}");
    }
    let missing = SAMPLE.replacen("\"version\": 2, ", "", 1);
    assert!(refusal(&missing).starts_with("a.json: version is missing"));
}

#[test]
fn positions_alone_are_evaluated_and_not_committed() {
    let positions = SAMPLE.split_once("\"positions\"").unwrap().1;
    for head in ["{", "{\"version\": 2, "] {
        let text = format!("{head}\"positions\"{positions}");
        let file = read_file(&text).unwrap();
        assert_eq!(file.positions, read(SAMPLE).unwrap().positions);
        assert_eq!((&file.holder, file.salt), (&None, None));
        let error = read(&text).unwrap_err().to_string();
        assert!(error.starts_with("a.json: customer is missing"), "{error}");
        let error = file.committed("a.json", |_| Fr::ONE).unwrap_err();
        assert!(error.to_string().contains("customer is missing"), "{error}");
    }
    // What a venue writes: the salt is for the book to give.
    let venue = SAMPLE.replacen(&format!("\"salt\": \"{SALT}\", "), "", 1);
    let error = read(&venue).unwrap_err().to_string();
    assert!(error.starts_with("a.json: salt is missing"), "{error}");
    let salted = read_file(&venue).unwrap();
    let salted = salted.committed("a.json", |_| parse_element(SALT).unwrap());
    assert_eq!(salted.unwrap(), read(SAMPLE).unwrap());
    // A salt alone says that the rest of the leaf was forgotten.
    let forgotten = format!("{{\"version\": 2, \"salt\": \"{SALT}\", \"positions\": []}}");
    assert!(refusal(&forgotten).starts_with("a.json: customer is missing"));
}

#[test]
fn written_and_read_again() {
    let (market, policy) = (market(), Policy::rm1());
    let listing = Listing::new(&market, &policy);
    let file = read_file(SAMPLE).unwrap();
    let holder = file.holder.clone().unwrap();
    let row = |p: &&Position| Row {
        id: p.id,
        quantity: p.quantity,
        entry: file.entries.get(&p.id).copied(),
    };
    let shown = file
        .positions
        .iter()
        .filter(|p| Some(p.id) != listing.costs());
    let rows: Vec<Row> = shown.map(|p| row(&p)).collect();
    let text = to_json(&holder, file.salt.as_ref(), &rows, &listing).unwrap();
    let again = read_file(&text).unwrap();
    assert_eq!((&again.holder, again.salt), (&file.holder, file.salt));
    assert_eq!(again.positions, file.positions);
    assert_eq!(read(&text).unwrap().leaf(), read(SAMPLE).unwrap().leaf());
    let line = to_json(&holder, None, &rows, &listing).unwrap();
    assert_eq!(read_file(&line).unwrap().salt, None);
    let unlisted = Row {
        id: InstrumentId::new(250, 0, 0, Kind::Cash),
        ..rows[0]
    };
    let nothing = Row {
        quantity: 0,
        ..rows[0]
    };
    for wrong in [unlisted, nothing] {
        assert!(to_json(&holder, None, &[wrong], &listing).is_err());
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

/// A random element of 248 bits.
fn nonce(rng: &mut ChaCha20Rng) -> Fr {
    let drawn = format_element(&Fr::random(rng));
    parse_element(&format!("0x{}", &drawn[drawn.len() - 62..])).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn any_account_round_trips(quantities in proptest::array::uniform6(1 - (1i64 << 40)..1 << 40), seed in any::<u64>()) {
        let (market, policy) = (market(), Policy::rm1());
        let listing = Listing::new(&market, &policy);
        let listed = market.instruments().iter().zip(quantities).filter(|(_, q)| q % 3 != 0);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let holder = Holder {
            customer: Customer::new(&format!("customer {seed}"), nonce(&mut rng)).unwrap(),
            identity: Fr::random(&mut rng),
            number: seed as u32,
        };
        let salt = Fr::random(&mut rng);
        let mut positions: Vec<_> =
            listed.map(|(i, quantity)| Position { id: i.id, quantity }).collect();
        // What entering at the marks costs: any other cost goes to the dollars.
        let costs = listing.costs().unwrap();
        positions.retain(|p| p.id != costs);
        let quantity = booked_at_mark(&positions, &market) as i64;
        positions.extend((quantity != 0).then_some(Position { id: costs, quantity }));
        positions.sort_by_key(|p| p.id);
        let rows = rows_at_mark(&positions, &listing);
        let text = to_json(&holder, Some(&salt), &rows, &listing).unwrap();
        let file = read_file(&text).unwrap();
        prop_assert_eq!((file.holder, file.salt), (Some(holder), Some(salt)));
        prop_assert_eq!(file.positions, positions);
    }

    #[test]
    fn no_edit_of_the_file_panics(at in 0usize..SAMPLE.len(), with in "[\\x20-\\x7e]{0,3}", cut in 0usize..9) {
        let mut text = SAMPLE.to_owned();
        text.replace_range(at..(at + cut).min(SAMPLE.len()), &with);
        if let Err(error) = read_file(&text) {
            prop_assert!(error.to_string().contains("\nhint: "));
        }
    }
}
