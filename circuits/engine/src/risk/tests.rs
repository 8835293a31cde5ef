//! Tests of the evaluation: numbers by hand, 40-digit references, edges.

mod book;
mod golden;
mod portfolio;
mod revaluation;
mod settled;

use super::*;
use crate::account::Position;
use crate::market::Instrument;
use crate::market::Kind;

const MARKET: &str = include_str!("../../testdata/market.json");
const TIME: u32 = 1_787_412_831;
const USD: u64 = 100_000_000;

fn market() -> Market {
    Market::from_json(MARKET, "market.json", &Policy::rm1()).unwrap()
}

/// Positions in the order of a leaf.
fn sorted(mut positions: Vec<Position>) -> Vec<Position> {
    positions.sort_by_key(|p| p.id);
    positions
}

/// Positions in named instruments, of decimal quantities.
fn holding(market: &Market, list: &[(&str, &str)]) -> Vec<Position> {
    let position = |(name, quantity): &(&str, &str)| Position {
        id: market.instruments()[market.by_name(name).unwrap()].id,
        quantity: crate::units::Quantity::parse(quantity, crate::units::Scale::ONE)
            .unwrap()
            .units(),
    };
    sorted(list.iter().map(position).collect())
}

fn evaluated(list: &[(&str, &str)]) -> Evaluation {
    let market = market();
    evaluate(&Policy::rm1(), &market, &holding(&market, list)).unwrap()
}

#[test]
fn nothing_held() {
    let e = evaluated(&[]);
    assert_eq!(
        (e.equity, e.initial_margin, e.maintenance_margin),
        (0, 0, 0)
    );
    assert_eq!(
        (e.worst_scenario, e.losses.len(), e.greeks.len()),
        (0, 0, 0)
    );
    assert!(e.solvent(65_535, 0) && !e.solvent(0, 1));
    assert_eq!(e.shortfall(10_000, 7), Some(7));
}

#[test]
fn only_cash() {
    let e = evaluated(&[("USD", "250000"), ("USDT", "100.00000001")]);
    // 100.00000001·0.9998 rounded down; 5% of it rounded up.
    assert_eq!(e.equity, 25_000_000_000_000 + 9_998_000_000);
    assert_eq!((e.haircut, e.initial_margin), (499_900_001, 499_900_001));
    assert_eq!(e.maintenance_margin, 399_920_001);
    assert!(e.losses.is_empty());
    // Debt rounds away from the account; in the unit of account it has no haircut, in another it has.
    let e = evaluated(&[("USD", "-250000"), ("USDT", "-100.00000001")]);
    assert_eq!(e.equity, -25_000_000_000_000 - 9_998_000_001);
    assert_eq!((e.haircut, e.solvent(0, 0)), (499_900_001, false));
    assert_eq!(e.initial_margin, e.haircut);
    assert_eq!(e.shortfall(0, 0), Some(25_009_998_000_001));
}

/// Long in one currency against a debt in another: the rate between them is a risk.
#[test]
fn a_debt_in_foreign_cash_needs_margin() {
    let market = Market::new(
        TIME,
        vec![
            instrument(1, 0, 0, Kind::Cash, USD, 0),
            instrument(4, 0, 0, Kind::Cash, 108 * USD / 100, 0),
        ],
    )
    .unwrap();
    let [usd, eur] = [1, 4].map(|code| InstrumentId::new(code, 0, 0, Kind::Cash));
    let of = |dollars: i64, euros: i64| {
        let held = [(usd, dollars), (eur, euros)].map(|(id, quantity)| Position { id, quantity });
        evaluate(&Policy::rm1(), &market, &held).unwrap()
    };
    let million = 1_000_000 * USD as i64;
    let e = of(2 * million, -million);
    assert_eq!(e.haircut, 54_000 * i128::from(USD));
    assert_eq!(e.haircut, of(2 * million, million).haircut);
    assert!(e.solvent(10_000, 0));
    // Equity of 20,000 USD is less than 5% of the debt.
    assert!(!of(1_100_000 * USD as i64, -million).solvent(10_000, 0));
}

#[test]
fn one_perpetual_by_hand() {
    let mark = 7_709_512_000_000i128;
    let e = evaluated(&[("BTC-PERPETUAL", "1")]);
    assert_eq!(e.equity, mark);
    // 66% at the weight 16/66, which is rounded up at 2^-24; 33% at twice that weight ties.
    let loss = (mark * 6_600 * 4_067_204 + (10_000 << 24) - 1) / (10_000 << 24);
    assert_eq!((e.scenario_loss, e.worst_scenario), (loss, 18));
    assert!(loss - mark * 16 / 100 < mark / 1_000_000);
    assert_eq!(e.losses[0].charge[18], e.losses[0].charge[19]);
    // +16% is a gain.
    assert_eq!(
        (e.losses[0].signed[14], e.losses[0].charge[14]),
        (-mark * 16 / 100, 0)
    );
    assert_eq!(e.roll, (mark * 42_949_673 + (1 << 32) - 1) >> 32);
    assert_eq!(
        (e.short_option_minimum, e.haircut, e.pricing_error),
        (0, 0, 0)
    );
    let short = evaluated(&[("BTC-PERPETUAL", "-1")]);
    // +50% and +500% tie above +16% by the rounding of their weights.
    let loss_up = (mark * 5_000 * 5_368_710 + (10_000 << 24) - 1) / (10_000 << 24);
    assert_eq!((short.equity, short.worst_scenario), (-mark, 20));
    assert_eq!(short.scenario_loss, loss_up);
    assert_eq!(short.losses[0].charge[14], mark * 16 / 100);
    // The gain is rounded down.
    assert_eq!(short.losses[0].signed[18], 1 - loss);
}

#[test]
fn gains_never_pay_for_another_underlying() {
    let long = evaluated(&[("BTC-PERPETUAL", "1")]);
    let short = evaluated(&[("ETH-PERPETUAL", "-30")]);
    let both = evaluated(&[("BTC-PERPETUAL", "1"), ("ETH-PERPETUAL", "-30")]);
    let charges = |e: &Evaluation| {
        e.losses
            .iter()
            .map(|l| l.charge.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(charges(&both), [charges(&long), charges(&short)].concat());
    let worst = (0..22)
        .map(|s| both.losses[0].charge[s] + both.losses[1].charge[s])
        .max();
    assert_eq!(Some(both.scenario_loss), worst);
    assert!(both.scenario_loss >= long.scenario_loss.max(short.scenario_loss));
    assert!((0..=1).contains(&(long.roll + short.roll - both.roll)));
}

/// Call less put less future: no scenario moves it, no delta is left, and nothing is short.
#[test]
fn parity_needs_no_margin() {
    let e = evaluated(&[
        ("BTC-25SEP26-80000-C", "12.34567891"),
        ("BTC-25SEP26-80000-P", "-12.34567891"),
        ("BTC-25SEP26", "-12.34567891"),
    ]);
    assert!(e.losses[0].signed.iter().all(|loss| *loss == 0));
    assert_eq!((e.scenario_loss, e.roll, e.short_option_minimum), (0, 0, 0));
    assert_eq!(e.initial_margin, e.pricing_error);
    let exact = -80_000 * 1_234_567_891i128;
    assert!(
        e.equity < exact && exact - e.equity < 200_000_000,
        "{}",
        e.equity
    );
    assert!(e.greeks[0].delta.abs() < 1e-9);
}

#[test]
fn short_options_net_by_strike_and_expiry() {
    let charge = |list: &[(&str, &str)]| evaluated(list).short_option_minimum;
    let one = 7_708_180_000_000 / 200;
    assert_eq!(charge(&[("BTC-25SEP26-80000-C", "-1")]), one);
    // A long put of the strike nets with the call, one of another strike or expiry does not.
    assert_eq!(
        charge(&[
            ("BTC-25SEP26-80000-C", "-1"),
            ("BTC-25SEP26-80000-P", "0.75")
        ]),
        one / 4
    );
    assert_eq!(
        charge(&[("BTC-25SEP26-80000-C", "-1"), ("BTC-25SEP26-80000-P", "2")]),
        0
    );
    assert_eq!(
        charge(&[("BTC-25SEP26-80000-C", "-1"), ("BTC-25SEP26-20000-C", "5")]),
        one
    );
    assert_eq!(
        charge(&[("BTC-25SEP26-80000-C", "-1"), ("BTC-FAR-100000-P", "5")]),
        one
    );
    // The smallest quantity is charged, rounded up.
    assert_eq!(charge(&[("DOGE-25SEP26-0.15-P", "-0.00000001")]), 1);
}

#[test]
fn expiries_do_not_net_in_the_roll() {
    let roll = |list: &[(&str, &str)]| evaluated(list).roll;
    let (perpetual, future) = (("BTC-PERPETUAL", "1"), ("BTC-25SEP26", "-1"));
    // Each alone is rounded up, together once.
    let apart = roll(&[perpetual]) + roll(&[future]);
    assert!((0..=1).contains(&(apart - roll(&[perpetual, future]))));
    assert_eq!(roll(&[("BTC", "5")]), 0);
    // 34 days: still the minimum of 1%, on the mark of the future.
    assert_eq!(
        roll(&[future]),
        (7_740_528_000_000i128 * 42_949_673 + (1 << 32) - 1) >> 32
    );
    // Half an hour: rounded up to a day, and the same minimum.
    let soon = evaluated(&[("BTC-SOON-77000-C", "1")]);
    assert!(soon.roll > 0 && soon.roll < 7_708_550_000_000 / 100 + 2);
}

fn instrument(
    code: u16,
    expiry: u32,
    strike: u64,
    kind: Kind,
    forward: u64,
    vol: u16,
) -> Instrument {
    let id = InstrumentId::new(code, expiry, strike, kind);
    Instrument {
        name: id.to_string(),
        id,
        forward,
        vol,
    }
}

/// The largest quantities at the largest prices, 256 of them, stay in their ranges.
#[test]
fn the_largest_account() {
    let forward = (1u64 << 60) - 1;
    let strike = (1u64 << 44) - 1;
    let mut list = vec![instrument(16, 0, 0, Kind::Spot, forward, 0)];
    for i in 0..85 {
        let expiry = TIME + 86_400 * (i + 1);
        list.push(instrument(16, expiry, 0, Kind::Future, forward, 0));
        list.push(instrument(
            16,
            expiry,
            strike,
            Kind::Call,
            forward,
            u16::MAX,
        ));
        list.push(instrument(
            16,
            expiry,
            strike,
            Kind::Put,
            forward,
            u16::MAX - 100,
        ));
    }
    let market = Market::new(TIME, list).unwrap();
    let most = (1i64 << 62) - 1;
    for quantity in [most, -most] {
        let positions = market
            .instruments()
            .iter()
            .map(|i| Position { id: i.id, quantity });
        let e = evaluate(&Policy::rm1(), &market, &sorted(positions.collect())).unwrap();
        assert!(
            e.initial_margin > 1 << 96 && e.initial_margin < 1 << 108,
            "{}",
            e.initial_margin
        );
        assert_eq!(e.equity < 0, quantity < 0);
        assert!(!e.solvent(u32::MAX, u128::MAX) || e.equity > 0);
    }
}

#[test]
fn refused_accounts() {
    let market = market();
    let policy = Policy::rm1();
    let id = |name: &str| market.instruments()[market.by_name(name).unwrap()].id;
    let perpetual = id("BTC-PERPETUAL");
    let refusal = |market: &Market, positions: &[(InstrumentId, i64)]| {
        let positions: Vec<Position> = positions
            .iter()
            .map(|&(id, quantity)| Position { id, quantity })
            .collect();
        let text = evaluate(&policy, market, &positions)
            .unwrap_err()
            .to_string();
        assert!(text.contains("\nhint: "), "{text}");
        text
    };
    let of = |positions: &[(InstrumentId, i64)]| refusal(&market, positions);
    assert!(of(&[(perpetual, 0)]).contains("zero or too large"));
    assert!(of(&[(perpetual, 1 << 62)]).contains("zero or too large"));
    assert!(of(&[(perpetual, i64::MIN)]).contains("zero or too large"));
    assert!(of(&[(perpetual, 1), (perpetual, 1)]).contains("repeated or out of order"));
    assert!(of(&[(perpetual, 1), (id("BTC"), 1)]).contains("repeated or out of order"));
    let unlisted = InstrumentId::new(16, 0, 0, Kind::Cash);
    assert!(of(&[(unlisted, 1)]).contains("does not list"));
    // Markets that no file makes.
    let odd = |i: Instrument| {
        let id = i.id;
        refusal(&Market::new(TIME, vec![i]).unwrap(), &[(id, -1)])
    };
    assert!(odd(instrument(99, 0, 0, Kind::Spot, USD, 0)).contains("does not know the underlying"));
    assert!(odd(instrument(1, 0, 0, Kind::Perpetual, USD, 0)).contains("does not suit"));
    assert!(odd(instrument(16, 0, 0, Kind::Cash, USD, 0)).contains("does not suit"));
    assert!(odd(instrument(16, TIME + 511 * 86_400, 0, Kind::Future, USD, 0)).contains("511 days"));
    let far = instrument(16, TIME + 1, 1, Kind::Put, 1_000_000 * USD, 100);
    assert!(odd(far).contains("too far from forward"));
    let call = instrument(16, TIME + 1, 10_000, Kind::Call, USD, 5_000);
    assert!(odd(call).contains("BTC: short options need the index"));
}

#[test]
fn verdicts_at_the_edge() {
    let mut e = evaluated(&[("USD", "1")]);
    e.equity = 800;
    e.initial_margin = 1_000;
    assert!(e.solvent(8_000, 0) && !e.solvent(8_001, 0));
    assert_eq!(
        (e.shortfall(8_001, 0), e.shortfall(8_000, 0)),
        (Some(1), None)
    );
    assert_eq!(
        (e.shortfall(8_000, 5), e.shortfall(10_000, 0)),
        (Some(5), Some(200))
    );
    for missing in 1..30 {
        e.equity = 800 - missing;
        let shortfall = e.shortfall(7_995, 0);
        e.equity += shortfall.map_or(0, |s| s as i128);
        assert!(e.solvent(7_995, 0));
        e.equity -= 1;
        assert!(shortfall.is_none() || !e.solvent(7_995, 0), "{missing}");
    }
    e.equity = i128::MIN;
    assert_eq!(e.shortfall(u32::MAX, u128::MAX), Some(u128::MAX));
    e.equity = -1;
    e.initial_margin = 0;
    assert_eq!((e.solvent(0, 0), e.shortfall(0, 0)), (false, Some(1)));
}

#[test]
fn another_policy_changes_the_margin() {
    let wide = include_str!("../../../../policies/wide.toml");
    let wide = Policy::from_toml(wide, "wide.toml").unwrap();
    let market = Market::new(
        TIME,
        vec![
            instrument(1, 0, 0, Kind::Cash, USD, 0),
            instrument(16, 0, 0, Kind::Spot, 100_000 * USD, 0),
            instrument(16, 0, 0, Kind::Perpetual, 100_000 * USD, 0),
        ],
    );
    let market = market.unwrap();
    let id = InstrumentId::new(16, 0, 0, Kind::Perpetual);
    let held = [Position {
        id,
        quantity: -100_000_000,
    }];
    let e = evaluate(&wide, &market, &held).unwrap();
    assert_eq!(e.losses[0].signed.len(), 31);
    // 1.2 times the range of 20% at node 22; +90% and +400% weigh a fifth of the price.
    assert_eq!(
        (e.scenario_loss, e.worst_scenario),
        (24_000 * i128::from(USD), 22)
    );
    // 1.5%, rounded up at 2^-32.
    let value = 100_000 * i128::from(USD);
    assert_eq!(e.roll, (value * 64_424_510 + (1 << 32) - 1) >> 32);
    assert_eq!(e.maintenance_margin, (e.initial_margin * 3 + 3) / 4);
}
