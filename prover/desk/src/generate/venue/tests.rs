use super::*;
use crate::generate::market::{market, MarketSpec, DEFAULT_TIME};
use zkmargin_engine::account::AccountFile;

fn day() -> Market {
    let spec = MarketSpec {
        seed: 1,
        time: DEFAULT_TIME,
        crash: false,
    };
    market(&spec, &Policy::rm1()).unwrap()
}

fn spec(accounts: u64) -> VenueSpec {
    VenueSpec {
        insecure_seed: Some(11),
        accounts,
        positions: None,
        underwater: 0,
        short: 0,
        identity: None,
    }
}

fn all(spec: &VenueSpec, market: &Market) -> Vec<Listed> {
    let made = venue(spec, market, &Policy::rm1()).unwrap();
    made.map(Result::unwrap).collect()
}

fn net(accounts: &[Listed]) -> BTreeMap<InstrumentId, i128> {
    let mut net = BTreeMap::new();
    for position in accounts.iter().flat_map(|a| &a.positions) {
        if !matches!(position.id.kind(), Kind::Cash | Kind::Spot) {
            *net.entry(position.id).or_default() += i128::from(position.quantity);
        }
    }
    net
}

#[test]
fn derivatives_net_to_zero_and_the_tail_is_heavy() {
    let market = day();
    let accounts = all(&spec(5_000), &market);
    assert_eq!(accounts.len(), 5_000);
    let net = net(&accounts);
    assert!(net.len() > 300 && net.values().all(|q| *q == 0));
    let sizes: Vec<usize> = accounts.iter().map(|a| a.positions.len()).collect();
    assert!(sizes.iter().filter(|n| **n <= 7).count() > 3_000);
    assert!(sizes.iter().any(|n| *n >= 300));
}

#[test]
fn so_many_are_under_water_and_so_many_short() {
    let market = day();
    let table = InstrumentTable::new(&Policy::rm1(), &market);
    let failing = VenueSpec {
        underwater: 7,
        short: 11,
        ..spec(400)
    };
    for spec in [
        failing,
        VenueSpec {
            positions: Some(8),
            ..failing
        },
    ] {
        let (mut underwater, mut short) = (0, 0);
        for account in all(&spec, &market) {
            let risk = evaluate(&table, &account.positions).unwrap();
            match (risk.equity < 0, risk.excess(10_000) < 0) {
                (true, _) => underwater += 1,
                (false, true) => short += 1,
                _ => {}
            }
        }
        assert_eq!((underwater, short), (7, 11));
    }
}

#[test]
fn exact_counts_of_positions() {
    let (market, policy) = (day(), Policy::rm1());
    for (accounts, positions) in [(2, 8), (7, 8), (1_025, 3), (1, 1), (3, 40)] {
        let spec = VenueSpec {
            positions: Some(positions),
            ..spec(accounts)
        };
        let made = all(&spec, &market);
        assert_eq!(made.len() as u64, accounts);
        // Entry costs are no position of a file: reading computes them.
        let listing = Listing::new(&market, &policy);
        let stated = |a: &Listed| {
            let stated = a.positions.iter().filter(|p| Some(p.id) != listing.costs());
            stated.count()
        };
        assert!(made.iter().all(|a| stated(a) == positions));
        assert!(net(&made).values().all(|q| *q == 0));
    }
}

#[test]
fn small_venues_and_equal_seeds() {
    let market = day();
    for accounts in [1, 2, 3, 70] {
        let made = all(&spec(accounts), &market);
        assert_eq!(made.len() as u64, accounts);
        assert!(net(&made).values().all(|q| *q == 0));
        assert_eq!(made, all(&spec(accounts), &market));
    }
    let fresh = VenueSpec {
        insecure_seed: None,
        ..spec(2)
    };
    let identity = || all(&fresh, &market)[0].holder.identity;
    assert_ne!(identity(), identity());
}

#[test]
fn what_does_not_go_together_is_refused() {
    let market = day();
    let refused = |spec: &VenueSpec, words: &str| {
        let error = venue(spec, &market, &Policy::rm1()).err().unwrap();
        let text = error.to_string();
        assert!(text.contains(words) && text.contains("hint: "), "{text}");
    };
    refused(&spec(0), "a venue without accounts");
    let base = spec(10);
    refused(
        &VenueSpec {
            underwater: 6,
            short: 5,
            ..base
        },
        "accounts under water",
    );
    let exact = |positions| VenueSpec {
        positions: Some(positions),
        ..base
    };
    refused(&exact(0), "without positions");
    refused(&exact(5_000), "4999 positions asked for");
    refused(
        &VenueSpec {
            short: 1,
            ..exact(1)
        },
        "only USD",
    );
    refused(
        &VenueSpec {
            accounts: 1,
            ..exact(2)
        },
        "nobody to trade with",
    );
    refused(&spec(1 << 31), "8^10");
}

#[test]
fn lines_are_read_back() {
    let (market, policy) = (day(), Policy::rm1());
    let listing = Listing::new(&market, &policy);
    for account in all(&spec(40), &market) {
        let line = json_line(&account, &listing).unwrap();
        assert!(line.ends_with("]}\n") && line.lines().count() == 1);
        let read = AccountFile::from_json(&line, "line", &listing).unwrap();
        assert_eq!((read.holder, read.salt), (Some(account.holder), None));
        assert_eq!(read.positions, account.positions);
    }
}

#[test]
fn numbers_are_unique_some_customers_have_two_accounts_and_one_is_the_trader_s() {
    let market = day();
    let identity = Some(Fr::from(77));
    let made = all(
        &VenueSpec {
            identity,
            ..spec(40)
        },
        &market,
    );
    let numbers: Vec<u32> = made.iter().map(|a| a.holder.number).collect();
    assert_eq!(numbers, (0..40).collect::<Vec<u32>>());
    let pairs = made.windows(2);
    let pairs = pairs.filter(|w| w[0].holder.customer == w[1].holder.customer);
    assert_eq!(pairs.count(), 5);
    let own = made.iter().filter(|a| Some(a.holder.identity) == identity);
    let own: Vec<u32> = own.map(|a| a.holder.number).collect();
    assert_eq!(own, [OWN_ACCOUNT]);
}
