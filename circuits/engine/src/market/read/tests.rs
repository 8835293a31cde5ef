use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const TIME: u32 = 1_787_412_831;

const SAMPLE: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"},
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-25SEP26-80000-P", "kind": "put", "underlying": "BTC", "expiry": 1790323200, "strike": "80000.0", "forward": "77405.28", "vol": "0.4198"},
  {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"}]}"#;

/// The row that every market has.
const OWN: &str = r#"{"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"}"#;

fn read(text: &str) -> Result<Market, Error> {
    Market::from_json(text, "m.json", &Policy::rm1())
}

/// The message for the sample after a replacement, which must change it.
fn message(from: &str, to: &str) -> String {
    let text = SAMPLE.replacen(from, to, 1);
    assert_ne!(text, SAMPLE, "{from} is not in the sample");
    read(&text).expect_err(to).to_string()
}

#[test]
fn the_sample() {
    let market = read(SAMPLE).unwrap();
    assert_eq!(market.time, TIME);
    let policy = Policy::rm1();
    let code = |symbol| policy.underlying(symbol).unwrap().code;
    let btc = code("BTC");
    let row = |name: &str| market.instruments[market.by_name(name).unwrap()].clone();
    let call = row("BTC-25SEP26-80000-C");
    assert_eq!(
        call.id,
        InstrumentId::new(btc, 1_790_323_200, 800_000_000, Kind::Call)
    );
    assert_eq!((call.forward, call.vol), (7_740_528_000_000, 4198));
    assert_eq!(row("BTC-25SEP26-80000-P").id.0, call.id.0 + 1);
    assert_eq!(
        row("USD").id,
        InstrumentId::new(code("USD"), 0, 0, Kind::Cash)
    );
    assert_eq!(row("BTC").id, InstrumentId::new(btc, 0, 0, Kind::Spot));
    assert_eq!((row("BTC").forward, row("BTC").vol), (7_708_180_000_000, 0));
    assert_eq!(row("BTC-PERPETUAL").id.kind(), Kind::Perpetual);
    assert_eq!(
        row("BTC-25SEP26").id,
        InstrumentId::new(btc, 1_790_323_200, 0, Kind::Future)
    );
    assert!(market
        .instruments
        .windows(2)
        .all(|pair| pair[0].id < pair[1].id));
    assert!(market.instruments.iter().all(|i| i.id.is_canonical()));
    assert_eq!(market.index_price(btc), Some(7_708_180_000_000));
}

#[test]
fn order_does_not_matter() {
    let market = read(SAMPLE).unwrap();
    let mut lines: Vec<&str> = SAMPLE.lines().skip(1).collect();
    lines.reverse();
    let entries: Vec<&str> = lines
        .iter()
        .map(|l| l.trim_end_matches("]}").trim_end_matches(','))
        .collect();
    let text = format!(
        "{{\"instruments\": [{}], \"time\": {TIME}}}",
        entries.join(",")
    );
    assert_eq!(read(&text).unwrap(), market);
    assert_eq!(read(&text).unwrap().digest(), market.digest());
}

#[test]
fn an_expiry_has_one_forward() {
    let put = "\"strike\": \"80000.0\", \"forward\": \"77405.28\"";
    let text = message(put, &put.replace("77405.28", "77405.29"));
    let words = "m.json: instruments[5].forward = 77405.29 against 77405.28 of \
                 BTC-25SEP26-80000-C in instruments[0]: the options of one expiry have two forwards\n\
                 hint: ";
    assert!(text.starts_with(words), "{text}");
    let mark = "\"expiry\": 1790323200, \"mark\": \"77405.28\"";
    let text = message(mark, &mark.replace("77405.28", "77795"));
    let words = "m.json: instruments[2].mark = 77795 against 77405.28 of BTC-25SEP26-80000-C in \
                 instruments[0]: the future is further than 0.5%";
    assert!(text.starts_with(words), "{text}");
    let near = SAMPLE.replacen(mark, &mark.replace("77405.28", "77790"), 1);
    assert!(read(&near).is_ok());
}

#[test]
fn malformed_markets_name_file_field_and_remedy() {
    let vol = "\"vol\": \"0.4198\"";
    let cases = [
        (
            "\"0.4198\"",
            "\"0.41985\"",
            "instruments[0].vol = \"0.41985\": more than 4 decimals",
        ),
        (
            "\"0.4198\"",
            "\"0.0099\"",
            "instruments[0].vol = \"0.0099\": out of range",
        ),
        (
            "\"0.4198\"",
            "\"NaN\"",
            "instruments[0].vol = \"NaN\": not a plain decimal",
        ),
        (
            "\"0.4198\"",
            "0.4198",
            "instruments[0].vol = a number: must be a string",
        ),
        (
            "\"0.4198\"",
            "1",
            "instruments[0].vol = 1: must be a string",
        ),
        (
            vol,
            "\"vol\": null",
            "instruments[0].vol = null: must be a string",
        ),
        (
            vol,
            "\"vol\": \"0.4\", \"vol\": \"0.5\"",
            "repeated field \"vol\"",
        ),
        (
            vol,
            "\"sigma\": \"0.4198\"",
            "instruments[0].sigma: there is no such field",
        ),
        (&format!(", {vol}"), "", "instruments[0].vol is missing"),
        (
            "\"80000\"",
            "\"80000.00001\"",
            "instruments[0].strike = \"80000.00001\": more than 4",
        ),
        ("\"80000\"", "\"0\"", "instruments[0].strike = \"0\": zero"),
        (
            "\"80000\"",
            "\"-80000\"",
            "instruments[0].strike = \"-80000\": negative",
        ),
        (
            "\"80000\"",
            "\"1759218604.4416\"",
            "instruments[0].strike = \"1759218604.4416\": out",
        ),
        ("\"1\"", "\"\"", "instruments[1].mark = \"\": empty"),
        (
            "\"1\"",
            "\"1e0\"",
            "instruments[1].mark = \"1e0\": not a plain decimal",
        ),
        (
            "\"1\"",
            "\"+1\"",
            "instruments[1].mark = \"+1\": not a plain decimal",
        ),
        (
            "\"1\"",
            "\"0.000000001\"",
            "instruments[1].mark = \"0.000000001\": more than 8",
        ),
        ("\"1\"", "\"11529215046.06846976\"", "instruments[1].mark"),
        (
            "\"call\"",
            "\"binary\"",
            "instruments[0].kind = \"binary\": there is no such kind",
        ),
        (
            "\"call\"",
            "\"Call\"",
            "instruments[0].kind = \"Call\": there is no such kind",
        ),
        (
            "\"call\"",
            "\"future\"",
            "instruments[0].strike: there is no such field",
        ),
        (
            "\"future\"",
            "\"perpetual\"",
            "instruments[2].expiry: there is no such field",
        ),
        (
            "\"BTC\"",
            "\"XYZ\"",
            "instruments[0].underlying = \"XYZ\": the policy knows no such",
        ),
        (
            "\"BTC\"",
            "\"USD\"",
            "instruments[0].underlying = \"USD\": the policy knows no such",
        ),
        (
            "\"id\": \"USD\"",
            "\"id\": \"BTC\"",
            "instruments[1].id = \"BTC\": the policy knows no such cash",
        ),
        (
            "\"cash\"",
            "\"cash\", \"underlying\": \"BTC\"",
            "instruments[1].underlying = \"BTC\": cash is its own",
        ),
        ("\"kind\": \"cash\", ", "", "instruments[1].kind is missing"),
        (
            "\"underlying\": \"BTC\", ",
            "",
            "instruments[0].underlying is missing",
        ),
        (
            "1790323200",
            "1787412830",
            "instruments[0].expiry of BTC-25SEP26-80000-C: expired",
        ),
        (
            "1790323200",
            "4000000000",
            "instruments[0].expiry of BTC-25SEP26-80000-C: 25608 days",
        ),
        (
            "1790323200",
            "\"1790323200\"",
            "instruments[0].expiry = \"1790323200\": must be a whole",
        ),
        (
            "1790323200",
            "1790323200.5",
            "instruments[0].expiry = a number: must be a whole",
        ),
        (
            "1790323200",
            "-1",
            "instruments[0].expiry = a number: must be a whole",
        ),
        (
            "1790323200",
            "4294967296",
            "instruments[0].expiry = 4294967296: must be a whole",
        ),
        ("1787412831", "true", "time = a boolean: must be a whole"),
        ("\"time\": 1787412831, ", "", "time is missing"),
        (
            "\"time\"",
            "\"at\": 1, \"time\"",
            "at: there is no such field",
        ),
        (
            "\"BTC-PERPETUAL\"",
            "\"BTC\"",
            "instruments[4].id = \"BTC\": repeats instruments[3]",
        ),
        (
            "\"BTC-PERPETUAL\"",
            "\"BTC PERPETUAL\"",
            "instruments[3].id = \"BTC PERPETUAL\": not a name",
        ),
        (
            "\"BTC-PERPETUAL\"",
            "\"\"",
            "instruments[3].id = \"\": not a name",
        ),
        (
            "\"put\"",
            "\"call\"",
            "instruments[5].id = \"BTC-25SEP26-80000-P\": repeats instruments[0]",
        ),
        ("[", "[7, ", "instruments[0] = 7: must be an object"),
        ("[", "{}, [", "line 1, column"),
    ];
    for (from, to, expected) in cases {
        let message = message(from, to);
        assert!(message.starts_with("m.json: "), "{message}");
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
}

#[test]
fn a_strange_field_name_is_escaped() {
    let message = message("\"time\"", "\"a\\nb\": 1, \"time\"");
    assert!(
        message.starts_with("m.json: a\\nb: there is no such field\nhint: "),
        "{message}"
    );
}

#[test]
fn malformed_json() {
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{\"time\": 1}",
        "\u{feff}{}",
        "{\"time\": 1e999}",
    ] {
        let message = read(text).expect_err(text).to_string();
        assert!(
            message.contains("m.json: ") && message.contains("\nhint: "),
            "{message}"
        );
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(read(&deep), Err(Error::Syntax { .. })));
    let trailing = format!("{SAMPLE} x");
    assert!(matches!(read(&trailing), Err(Error::Syntax { .. })));
    for cut in (0..SAMPLE.len()).step_by(7) {
        assert!(read(&SAMPLE[..cut]).is_err());
    }
}

#[test]
fn expiry_edges() {
    let future = |expiry: u32| {
        read(&format!(
            "{{\"time\": {TIME}, \"instruments\": [{{\"id\": \"F\", \"kind\": \"future\", \
             \"underlying\": \"BTC\", \"expiry\": {expiry}, \"mark\": \"1\"}}, {OWN}]}}"
        ))
    };
    let max_days = Policy::rm1().max_days;
    assert!(future(TIME + 1).is_ok());
    for expired in [TIME, TIME - 1] {
        assert!(
            matches!(future(expired), Err(Error::Expired { expiry, time: TIME, .. }) if expiry == expired)
        );
    }
    assert!(future(TIME + (max_days + 1) * 86_400 - 1).is_ok());
    let beyond = future(TIME + (max_days + 1) * 86_400);
    assert!(matches!(beyond, Err(Error::TooFar { days, .. }) if days == max_days + 1));
}

/// The sample with what has expired: a future, two calls and a put.
fn expired(settlements: &str, price: &str) -> String {
    let rows = [
        ("F", "future", ""),
        ("C", "call", "70000"),
        ("D", "call", "80000"),
        ("P", "put", "80000"),
    ];
    let rows = rows.map(|(id, kind, strike)| {
        let strike = match strike {
            "" => String::new(),
            strike => format!(", \"strike\": \"{strike}\""),
        };
        let expiry = TIME - 100;
        // A future has a mark, an option a forward and a volatility.
        let own = price.contains("mark") == (kind == "future");
        let price = if own { price } else { "" };
        format!(
            "{{\"id\": \"{id}\", \"kind\": \"{kind}\", \"underlying\": \"BTC\", \
             \"expiry\": {expiry}{strike}{price}}},\n"
        )
    });
    let top = format!("{settlements}\"instruments\": [\n{}", rows.concat());
    SAMPLE.replacen("\"instruments\": [", &top, 1)
}

fn settlement(fields: &str) -> String {
    format!("\"settlements\": [{fields}], ")
}

#[test]
fn settled_instruments() {
    let policy = Policy::rm1();
    let of = |symbol: &str, expiry: u32, price: &str| {
        format!("{{\"underlying\": \"{symbol}\", \"expiry\": {expiry}, \"price\": \"{price}\"}}")
    };
    let good = of("BTC", TIME - 100, "77000.5");
    let market = read(&expired(&settlement(&good), "")).unwrap();
    let value = |name: &str| {
        let row = &market.instruments[market.by_name(name).unwrap()];
        (row.forward, row.vol)
    };
    assert_eq!(value("F"), (7_700_050_000_000, SETTLED));
    assert_eq!(value("C"), (700_050_000_000, SETTLED));
    assert_eq!(value("D"), (0, SETTLED));
    assert_eq!(value("P"), (299_950_000_000, SETTLED));
    assert_eq!(market.settlements().len(), 1);
    let text = market.to_json(&policy).unwrap();
    assert_eq!(read(&text).unwrap(), market);
    assert_eq!(read(&text).unwrap().to_json(&policy).unwrap(), text);
    let refused = |settlements: &str, price: &str, words: &str| {
        let error = read(&expired(settlements, price)).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("\nhint: "),
            "{error}"
        );
        assert!(error.starts_with("m.json: "), "{error}");
    };
    refused("", "", "instruments[0].expiry of F: expired");
    // Of another underlying, of another second.
    refused(&settlement(&of("ETH", TIME - 100, "1")), "", "F: expired");
    refused(&settlement(&of("BTC", TIME - 101, "1")), "", "F: expired");
    // Values are not read.
    for (field, value) in [("mark", "77000.5"), ("forward", "1"), ("vol", "0.0001")] {
        let price = format!(", \"{field}\": \"{value}\"");
        let of_option = expired(&settlement(&good), &price);
        let error = read(&of_option).unwrap_err().to_string();
        assert!(
            error.contains("follows from the settlement price"),
            "{error}"
        );
    }
    let twice = format!("{good}, {}", of("BTC", TIME - 100, "1"));
    refused(&settlement(&twice), "", "settlements[1].expiry = BTC at");
    refused(
        &settlement(&of("BTC", TIME + 1, "1")),
        "",
        "settlements[0].expiry = 1787412832: is after",
    );
    refused(
        &settlement(&of("USD", TIME - 100, "1")),
        "",
        "settlements[0].underlying = \"USD\"",
    );
    refused(
        &settlement(&of("BTC", TIME - 100, "0")),
        "",
        "settlements[0].price",
    );
    refused(
        &settlement("{\"underlying\": \"BTC\"}"),
        "",
        "settlements[0].expiry",
    );
    refused("\"settlements\": {}, ", "", "settlements");
}

#[test]
fn cash_that_accounts_are_booked_in() {
    let row = |symbol: &str, mark: &str| {
        format!(r#"{{"id": "{symbol}", "kind": "cash", "mark": "{mark}"}}"#)
    };
    let of = |rows: &[String]| {
        let rows = rows.join(", ");
        read(&format!("{{\"time\": {TIME}, \"instruments\": [{rows}]}}"))
    };
    let (usdc, custody) = (row("USDC", "0.9998"), row("USDC-CUSTODY", "0.9998"));
    let own = OWN.to_owned();
    assert!(of(&[own.clone(), usdc.clone(), custody.clone()]).is_ok());
    assert!(of(&[own.clone(), custody.clone()]).is_ok());
    for (rows, words) in [
        (
            vec![row("USD", "1")],
            "instruments = 1 of them: there is none",
        ),
        (
            vec![row("USD-SETTLEMENT", "0.5")],
            "instruments[0].mark = 0.5: everything is counted",
        ),
        (
            vec![own.clone(), row("USD", "2")],
            "instruments[1].mark = 2: everything is counted",
        ),
        (vec![own.clone(), usdc.clone()], "there is no USDC-CUSTODY"),
        (
            vec![own, usdc, row("USDC-CUSTODY", "1")],
            "instruments[2].mark = 1: is not the mark of USDC",
        ),
    ] {
        let error = of(&rows).unwrap_err().to_string();
        assert!(
            error.starts_with("m.json: ") && error.contains(words),
            "{error}"
        );
        assert!(error.contains("\nhint: "), "{error}");
    }
}

#[test]
fn capacity() {
    let text = |n: u32| {
        let entry = |n: u32| {
            let (expiry, strike) = (TIME + 1 + n % 7, 1 + n);
            format!(
                "{{\"id\": \"C{n}\", \"kind\": \"call\", \"underlying\": \"BTC\", \
                 \"expiry\": {expiry}, \"strike\": \"{strike}\", \"forward\": \"1\", \"vol\": \"1\"}}"
            )
        };
        let options = (1..n).map(entry);
        let entries: Vec<String> = options.chain([OWN.to_owned()]).collect();
        format!(
            "{{\"time\": {TIME}, \"instruments\": [{}]}}",
            entries.join(",")
        )
    };
    assert_eq!(read(&text(4096)).unwrap().instruments.len(), 4096);
    assert!(matches!(
        read(&text(4097)),
        Err(Error::TooMany {
            count: 4097,
            limit: 4096,
            ..
        })
    ));
    assert_eq!(read(&text(1)).unwrap().instruments.len(), 1);
}

#[test]
fn written_and_read_again() {
    let policy = Policy::rm1();
    let market = read(SAMPLE).unwrap();
    let text = market.to_json(&policy).unwrap();
    assert_eq!(read(&text).unwrap(), market);
    assert_eq!(read(&text).unwrap().to_json(&policy).unwrap(), text);
    assert!(text.contains(r#"  {"id": "USD", "kind": "cash", "mark": "1"}"#));
    let mut foreign = market.clone();
    foreign.instruments[0].id = InstrumentId::new(250, 0, 0, Kind::Spot);
    assert!(foreign.to_json(&policy).is_err());
    let mut priceless = market;
    priceless.instruments[0].forward = 1 << 60;
    assert!(priceless.to_json(&policy).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn any_market_round_trips(rows in proptest::collection::vec(
        (0usize..5, any::<u32>(), 1u64..1 << 44, 1u64..1 << 60, 100u16.., 0usize..3), 0..40)) {
        let policy = Policy::rm1();
        let (cash, shocked): (Vec<_>, Vec<_>) = policy.underlyings().iter().partition(|u| u.cash);
        let own = policy.underlying("USD-SETTLEMENT").unwrap().code;
        let mut instruments = vec![Instrument {
            name: "USD-SETTLEMENT".to_owned(),
            id: InstrumentId::new(own, 0, 0, Kind::Cash),
            forward: 100_000_000,
            vol: 0,
        }];
        for (kind, left, strike, forward, vol, which) in rows {
            let kind = Kind::ALL[kind + usize::from(which == 2)];
            let asset = match kind {
                Kind::Cash => cash[which % cash.len()],
                _ => shocked[which % shocked.len()],
            };
            let days = (policy.max_days + 1) * 86_400;
            let expiry = if kind.is_dated() { TIME - 1_000_000 + left % (1_000_000 + days) } else { 0 };
            let (strike, vol) = if kind.is_option() { (strike, vol) } else { (0, 0) };
            let id = InstrumentId::new(asset.code, expiry, strike, kind);
            let name = if kind == Kind::Cash { asset.symbol.clone() } else { format!("{id}") };
            // One delivery, one price.
            let twin = instruments.iter().find(|i| {
                kind.is_dated() && (i.id.underlying(), i.id.expiry()) == (asset.code, expiry)
            });
            let forward = twin.map_or(forward, |twin| twin.forward);
            // Cash that is counted in is worth one, and custody what it is redeemed for.
            let forward = if kind == Kind::Cash { 100_000_000 } else { forward };
            let same = instruments.iter().find(|i| i.id.same_strike(id));
            let vol = same.map_or(vol, |same| same.vol);
            if instruments.iter().all(|i| i.id != id) {
                instruments.push(Instrument { name, id, forward, vol });
            }
        }
        let cash = |symbol: &str| {
            let code = policy.underlying(symbol).unwrap().code;
            let id = InstrumentId::new(code, 0, 0, Kind::Cash);
            Instrument { name: symbol.to_owned(), id, forward: 100_000_000, vol: 0 }
        };
        let listed = |i: &Instrument, list: &[Instrument]| list.iter().any(|other| other.id == i.id);
        let (usdc, custody) = (cash("USDC"), cash("USDC-CUSTODY"));
        if listed(&usdc, &instruments) && !listed(&custody, &instruments) {
            instruments.push(custody);
        }
        let mut settlements: Vec<Settlement> = Vec::new();
        for i in instruments.iter().filter(|i| i.id.settled_at(TIME)) {
            let (underlying, expiry) = (i.id.underlying(), i.id.expiry());
            if settlements.iter().all(|s| (s.underlying, s.expiry) != (underlying, expiry)) {
                settlements.push(Settlement { underlying, expiry, price: i.forward });
            }
        }
        let market = Market::settled(TIME, instruments, settlements).unwrap();
        let text = market.to_json(&policy).unwrap();
        let again = Market::from_json(&text, "m.json", &policy).unwrap();
        prop_assert_eq!(again.digest(), market.digest());
        prop_assert_eq!(again, market);
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
