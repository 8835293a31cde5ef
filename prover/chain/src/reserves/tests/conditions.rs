//! When reserves suffice.

use super::*;

#[test]
fn reserves_that_suffice_to_the_last_cent() {
    let report = reported(&file(&ENOUGH), (&book(), &market()), &[]).unwrap();
    assert_eq!(report.faults, []);
    assert_eq!(report.covered, Covered::Yes);
    assert_eq!(report.sums.reserves, usd(13_001_000));
    assert_eq!(report.sums.surplus, 0);
    assert_eq!(
        (report.sums.fund, report.sums.shortfall),
        (usd(1_000), usd(1_000))
    );
    let btc = line(&report, "BTC");
    assert_eq!(
        (btc.reserves, btc.liability, btc.addresses),
        (10_000_000_000, 10_000_000_000, 2)
    );
    assert_eq!((btc.ratio(), btc.short), (Some(10_000), 2_000_000_000));
    assert_eq!(line(&report, "USD").fund, 100_000_000_000);
    assert_eq!(states(&report, State::Claimed), 4);
    assert_eq!(states(&report, State::Confirmed), 0);
    assert_eq!(report.unasked, [Chain::Numbered(1)]);
}

#[test]
fn reserves_that_do_not_suffice() {
    let one = |text: &str, word: &str| {
        let faults = faults(text);
        assert!(faults.len() == 1 && faults[0].contains(word), "{faults:?}");
    };
    // (a) alone: more than enough of one asset does not pay another.
    let [first, second, dollars, fund] = ENOUGH;
    one(
        &file(&[first, ("BTC", "0.49999999"), ("USD", "6000000"), fund]),
        "BTC: reserves of 99.99999999 are less than the 100 that are owed",
    );
    // (b): what losers owe to the venue pays nobody, and what the fund has is not the accounts'.
    let owing = ("USD", "5000999.99");
    let plenty = ("fund USD", "9000000");
    one(
        &file(&[first, second, owing, plenty]),
        "worth 13000999.99 USD, less than the 13001000 USD",
    );
    // (c) alone: a surplus is no insurance fund.
    let rich = ("USD", "9000000");
    one(
        &file(&[first, second, rich, ("fund USD", "999.99")]),
        "the insurance fund is worth 999.99 USD, less than the 1000 USD",
    );
    one(
        &file(&[first, second, rich]),
        "the insurance fund is worth 0 USD",
    );
    // The fund is at addresses of its own.
    let text = file(&[first, second, dollars, fund]);
    let shared = text.replace(
        "0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718",
        "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    );
    assert_ne!(shared, text);
    let error = read(&shared).unwrap_err().to_string();
    assert!(
        error.contains("insurance_fund[0].addresses[0].address"),
        "{error}"
    );
    assert!(error.contains("under another part already"), "{error}");
    let none = faults(&file(&[]));
    assert_eq!(none.len(), 4, "{none:?}");
}

#[test]
fn an_asset_of_the_venues_own_backs_itself_alone() {
    let of = |list: &str, entries: &[(&str, &str)]| {
        let liabilities = Liabilities {
            book: &book(),
            market: &market(),
            policy: &Policy::rm1(),
        };
        let known = Known {
            assets: &Assets::from_toml(list, "a.toml").unwrap(),
            answers: &[],
            others: &Others::default(),
            venue: None,
        };
        report(&read(&file(entries)).unwrap(), &liabilities, known).unwrap()
    };
    let usd_only = "[[asset]]\nsymbol = \"USD\"\nindependent = true\nat = [{ chain = 1 }]\n";
    let unlisted = format!("version = 1\n{usd_only}");
    let own = usd_only.replace("USD", "BTC").replace("true", "false");
    let listed = format!("{unlisted}{own}");
    let much = [("BTC", "1000000"), ENOUGH[2], ENOUGH[3]];
    for list in [&unlisted, &listed] {
        let report = of(list, &much);
        assert_eq!(report.covered, Covered::No);
        let told = words(&report);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("worth 5001000 USD, less than the 13001000"),
            "{told:?}"
        );
        let btc = line(&report, "BTC");
        assert!(btc.covered() && !btc.independent && btc.worth == 0);
        // It pays for nothing in the fund either.
        let fund = [
            ENOUGH[0],
            ENOUGH[1],
            ("USD", "99000000"),
            ("fund BTC", "100"),
        ];
        let told = words(&of(list, &fund));
        assert!(
            told.len() == 1 && told[0].contains("fund is worth 0 USD"),
            "{told:?}"
        );
        let enough = [("BTC", "100"), ("USD", "13001000"), ("fund USD", "1000")];
        assert_eq!(of(list, &enough).covered, Covered::Yes);
    }
}

/// A book without assets in which one customer is long or short so many perpetuals against the
/// venue, at a mark of 80,000 USD.
fn against_the_venue(held_by_venue: i64, balance: u128) -> PublicBook {
    let worth = u128::from(held_by_venue.unsigned_abs()) * 80_000;
    let equity = match held_by_venue < 0 {
        true => balance + worth,
        false => balance - worth,
    };
    PublicBook {
        totals: Totals {
            accounts: 1,
            failing: 0,
            equity: equity * 10u128.pow(16),
            shortfall: 0,
            deficit: 0,
        },
        assets: vec![asset("USD", balance, 0)],
        inventory: vec![Position {
            id: id("BTC-PERPETUAL"),
            quantity: held_by_venue * 100_000_000,
        }],
        ..book()
    }
}

/// Dollars and the entry costs of positions are one asset: a customer who sold for 80,000 and holds
/// nothing else is owed what is left of it, and one who bought owes it, whatever USD he has.
#[test]
fn entry_costs_are_owed_in_usd() {
    let mut owed = book();
    owed.totals.shortfall = 0;
    owed.assets = vec![
        asset("USD", 6_000_000, 1_000_000),
        asset("USD-SETTLEMENT", 7, 4),
    ];
    let of = |book: &PublicBook, entries: &[(&str, &str)]| {
        reported(&file(entries), (book, &market()), &[]).unwrap()
    };
    owed.totals.equity = 5_000_003 * 10u128.pow(16);
    let report = of(&owed, &[("USD", "5000003")]);
    assert_eq!(words(&report), [""; 0]);
    let usd_line = line(&report, "USD");
    assert_eq!(
        (usd_line.entry_costs, usd_line.liability),
        (300_000_000, 500_000_300_000_000)
    );
    assert_eq!(report.assets.len(), 1);
    let report = of(&owed, &[("USD", "5000002.99999999")]);
    assert!(words(&report)[0].starts_with("USD: reserves of 5000002.99999999"));
    // What losers owe lowers it, and is itself nothing that anybody could be paid from.
    owed.assets[1] = asset("USD-SETTLEMENT", 4, 7);
    let report = of(&owed, &[("USD", "5000003")]);
    assert_eq!(line(&report, "USD").liability, 499_999_700_000_000);
    owed.assets = vec![asset("USD-SETTLEMENT", 0, 7)];
    owed.totals.equity = 0;
    let report = of(&owed, &[]);
    assert_eq!(line(&report, "USD").liability, -700_000_000);
    assert_eq!(report.sums.reserves, 0);
    let error = read(&file(&[("USD-SETTLEMENT", "1")]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is owed in USD") && error.contains("hint: "),
        "{error}"
    );
}

/// The attack: what customers have won from the venue stands in no asset of the book.
#[test]
fn what_customers_won_from_the_inventory_is_owed_in_usd() {
    let book = against_the_venue(-1_000, 0);
    let market = market();
    let of = |reserves: &[(&str, &str)]| reported(&file(reserves), (&book, &market), &[]).unwrap();
    let nothing = of(&[]);
    let usd_line = line(&nothing, "USD");
    assert_eq!(usd_line.liability, 80_000_000 * 100_000_000);
    assert_eq!((usd_line.long, usd_line.reserves), (0, 0));
    let told = words(&nothing);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("USD: reserves of 0 are less than the 80000000 that are owed"));
    assert!(told[1].contains("worth 0 USD, less than the 80000000 USD"));
    assert!(told[2].contains("initial margin of the venue's own inventory"));
    // (d): 16% of 80 million and the roll charge, to the last unit.
    let margin = nothing.inventory.margin;
    assert!(margin > 12_800_000 * 100_000_000, "{margin}");
    let enough = |units| format_decimal(80_000_000 * 100_000_000 + margin + units, 8);
    assert_eq!(words(&of(&[("USD", &enough(0))])), Vec::<String>::new());
    let short = words(&of(&[("USD", &enough(-1))]));
    assert!(
        short.len() == 1 && short[0].contains("initial margin"),
        "{short:?}"
    );
    // Coins at the book's price pay the accounts (b), but not what is owed in USD (a).
    let coins = words(&of(&[("BTC", "2000")]));
    assert!(
        coins.len() == 1 && coins[0].starts_with("USD: "),
        "{coins:?}"
    );
}

/// The other side: an inventory in profit is what customers have lost. It lowers what is owed to
/// them and is no reserve.
#[test]
fn an_inventory_in_profit_is_no_reserve() {
    let book = against_the_venue(1_000, 100_000_000);
    let market = market();
    let of = |units: i128| {
        let balance = format_decimal(units, 8);
        reported(&file(&[("USD", &balance)]), (&book, &market), &[]).unwrap()
    };
    let owed = 20_000_000 * 100_000_000;
    let report = of(owed - 1);
    assert_eq!(line(&report, "USD").liability, owed);
    assert_eq!(report.sums.reserves, (owed - 1) * 100_000_000);
    assert_eq!(words(&report).len(), 3);
    assert_eq!(
        words(&of(owed + report.inventory.margin)),
        Vec::<String>::new()
    );
}

#[test]
fn prices_of_an_inventory_are_rounded_against_the_venue() {
    let market = market();
    let gains = |quantity: i64| {
        let book = PublicBook {
            inventory: vec![Position {
                id: id("BTC-25SEP26-80000-C"),
                quantity,
            }],
            ..book()
        };
        let report = reported(&file(&[]), (&book, &market), &[]).unwrap();
        line(&report, "USD").gains
    };
    // The exact value is between: the certified error is added to what is owed on either side.
    let (short, long) = (gains(-100_000_000_000), gains(100_000_000_000));
    assert!(short > 0 && long < 0 && short > -long, "{short} {long}");
}

#[test]
fn usd_is_the_unit() {
    // No market file has another; a market that was made otherwise is no better.
    let market = Market::from_json(MARKET, "m.json", &Policy::rm1()).unwrap();
    let mut rows = market.instruments().to_vec();
    rows.iter_mut()
        .filter(|i| i.name == "USD")
        .for_each(|i| i.forward *= 2);
    let market = Market::new(market.time(), rows).unwrap();
    let report = reported(&file(&ENOUGH), (&book(), &market), &[]).unwrap();
    assert!(report
        .faults
        .contains(&Fault::Unit("does not price USD at 1")));
    let none = MARKET.replace(r#"{"id": "USD",  "kind": "cash", "mark": "1"},"#, "");
    let market = Market::from_json(&none, "m.json", &Policy::rm1()).unwrap();
    let mut book = against_the_venue(-1, 0);
    book.assets.clear();
    let report = reported(&file(&[]), (&book, &market), &[]).unwrap();
    assert!(report.faults.contains(&Fault::Unit("lists no USD")));
}

#[test]
fn sums_that_do_not_fit_are_an_error() {
    let refused = |result: Result<Report, BookError>, what: &str| {
        let error = result.unwrap_err().to_string();
        let words = format!("{what}: too large");
        assert!(
            error.contains(&words) && error.contains("hint: "),
            "{error}"
        );
    };
    let market = market();
    let most = "80000000000000000000";
    let of = |entries: &[(&str, &str)]| reported(&file(entries), (&book(), &market), &[]);
    refused(of(&[("BTC", most)]), "worth of the reserves");
    refused(of(&[("USD", most); 5]), "balances of one asset");
    let mut huge = book();
    huge.totals.equity = u128::MAX;
    refused(
        reported(&file(&[]), (&huge, &market), &[]),
        "equity of the accounts",
    );
    let mut huge = book();
    huge.assets[0].long = u128::MAX;
    refused(
        reported(&file(&[]), (&huge, &market), &[]),
        "what is owed of one asset",
    );
    let mut unlisted = book();
    unlisted.assets[0].id = id("ETH");
    let error = reported(&file(&[]), (&unlisted, &market), &[]).unwrap_err();
    assert!(error.to_string().contains("ETH: the market does not list"));
}
