//! Accounts through an expiry, and options close to it.

use super::*;
use crate::market::Settlement;
use crate::units::DAY;

const EXPIRY: u32 = TIME + 7_200;
const LATER: u32 = TIME + 30 * DAY;

/// Everything of bitcoin at one expiry and at a later one.
fn rows() -> Vec<Instrument> {
    let forward = 77_000 * USD;
    let strikes = [70_000, 77_000, 80_000];
    let mut rows = vec![
        instrument(1, 0, 0, Kind::Cash, USD, 0),
        instrument(16, 0, 0, Kind::Spot, forward, 0),
        instrument(16, 0, 0, Kind::Perpetual, forward, 0),
    ];
    for expiry in [EXPIRY, LATER] {
        rows.push(instrument(16, expiry, 0, Kind::Future, forward, 0));
        for strike in strikes {
            for kind in [Kind::Call, Kind::Put] {
                rows.push(instrument(
                    16,
                    expiry,
                    strike * 10_000,
                    kind,
                    forward,
                    4_200,
                ));
            }
        }
    }
    rows
}

fn at(time: u32, price: u64) -> Market {
    let settled = time >= EXPIRY;
    let settlement = Settlement {
        underlying: 16,
        expiry: EXPIRY,
        price: price * USD,
    };
    Market::settled(
        time,
        rows(),
        settled.then_some(settlement).into_iter().collect(),
    )
    .unwrap()
}

/// One long of everything, or one short.
fn all(market: &Market, quantity: i64) -> Vec<Position> {
    let listed = market.instruments().iter();
    listed.map(|i| Position { id: i.id, quantity }).collect()
}

fn one(kind: Kind, expiry: u32, strike: u64, quantity: i64) -> Position {
    Position {
        id: InstrumentId::new(16, expiry, strike * 10_000, kind),
        quantity,
    }
}

#[test]
fn a_settled_position_is_worth_its_value_and_needs_no_margin() {
    let policy = Policy::rm1();
    let coin = 100_000_000;
    for (kind, strike, value) in [
        (Kind::Future, 0, 76_000),
        (Kind::Call, 70_000, 6_000),
        (Kind::Call, 77_000, 0),
        (Kind::Put, 77_000, 1_000),
        (Kind::Put, 70_000, 0),
    ] {
        for quantity in [coin, -coin] {
            for time in [EXPIRY, EXPIRY + 1, EXPIRY + 40 * DAY] {
                let listed = rows()
                    .into_iter()
                    .filter(|i| i.id.expiry() != LATER)
                    .collect();
                let settlement = Settlement {
                    underlying: 16,
                    expiry: EXPIRY,
                    price: 76_000 * USD,
                };
                let market = Market::settled(time, listed, vec![settlement]).unwrap();
                let held = [one(kind, EXPIRY, strike, quantity)];
                let e = evaluate(&policy, &market, &held).unwrap();
                let signed = value * i128::from(USD) * i128::from(quantity.signum());
                assert_eq!((e.equity, e.initial_margin), (signed, 0), "{kind} {strike}");
                assert_eq!((e.losses.len(), e.greeks.len()), (0, 0));
                assert_eq!(e.values[0].price, value * i128::from(USD));
            }
        }
    }
}

/// What has expired neither nets with what lives nor hides it.
#[test]
fn the_living_are_charged_as_if_nothing_had_expired() {
    let policy = Policy::rm1();
    let market = at(EXPIRY, 76_000);
    for quantity in [300_000_000, -300_000_000] {
        let everything = all(&market, quantity);
        let (settled, living): (Vec<_>, Vec<_>) =
            everything.iter().partition(|p| p.id.settled_at(EXPIRY));
        assert_eq!(settled.len(), 7);
        let e = evaluate(&policy, &market, &everything).unwrap();
        let alive = evaluate(&policy, &market, &living).unwrap();
        assert_eq!(e.initial_margin, alive.initial_margin);
        assert_eq!((e.losses, e.greeks), (alive.losses, alive.greeks));
        // Future, calls, puts at 76,000: 76,000 + 6,000 + 1,000 + 4,000.
        let value = 87_000 * i128::from(USD) * 3 * i128::from(quantity.signum());
        assert_eq!(e.equity - alive.equity, value);
    }
}

#[test]
fn a_second_before_its_expiry_an_option_lives() {
    let policy = Policy::rm1();
    let held = [one(Kind::Call, EXPIRY, 77_000, -100_000_000)];
    let before = evaluate(&policy, &at(EXPIRY - 1, 0), &held).unwrap();
    assert!(before.short_option_minimum > 0 && before.losses.len() == 1);
    let after = evaluate(&policy, &at(EXPIRY, 77_000), &held).unwrap();
    assert_eq!(after.initial_margin, 0);
}

/// Undiscounted calls at 40 digits in every second of the last hour, 1e-8 USD.
const LAST_HOUR: &str = include_str!("../../../testdata/last_hour.csv");

/// Equity of a contract long and short bounds the true price: down to the floor within the certified
/// error, below it within the charge for what the floor adds.
#[test]
fn an_option_in_its_last_hour() {
    let policy = Policy::rm1();
    let lines = LAST_HOUR
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()));
    let mut seconds = 0;
    for line in lines {
        let cells: Vec<i128> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let left = cells[0] as u32;
        seconds += 1;
        assert_eq!(left, seconds);
        for (exact, (strike, vol)) in cells[1..].iter().zip([(77_000, 3_100), (78_000, 6_000)]) {
            let forward = 7_708_550_000_000;
            let call = instrument(16, TIME + left, strike * 10_000, Kind::Call, forward, vol);
            let spot = instrument(16, 0, 0, Kind::Spot, forward, 0);
            let id = call.id;
            let market = Market::new(TIME, vec![call, spot]).unwrap();
            let equity = |quantity: i64| {
                let held = [Position { id, quantity }];
                evaluate(&policy, &market, &held).unwrap().equity
            };
            let (low, high) = (equity(100_000_000), -equity(-100_000_000));
            assert!(
                low <= exact + 1 && exact - 1 <= high,
                "{left} s, {strike}: {low} {high}"
            );
            // 5 cents, of 77,085 USD, is 6.5e-7.
            let certified = high - low <= 5_000_000;
            assert_eq!(
                certified,
                left >= policy.maturity_floor,
                "{left} s: {}",
                high - low
            );
        }
    }
    assert_eq!(seconds, 3_600);
}
