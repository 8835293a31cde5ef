//! Tests of the price steps against 40-digit references.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::*;
use crate::certificate::SQRT_SCALE;
use crate::market::{InstrumentId, Kind};
use crate::policy::PolicyTables;
use crate::units::YEAR;

fn maturity(time: u32, expiry: u32, policy: &Policy) -> Result<Maturity, Error> {
    maturity_of("an instrument", time, expiry, policy)
}

/// Black-76 calls; the first lines of the file say what the columns are and where they come from.
const REFERENCE: &str = include_str!("../../testdata/black76.csv");

/// One line of the reference.
struct Case {
    forward: u64,
    strike: u64,
    vol: u64,
    seconds: f64,
    t: u64,
    gross: u32,
    price: f64,
    delta: f64,
}

fn cases() -> Vec<Case> {
    let lines = REFERENCE
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()));
    let case = |line: &str| {
        let field: Vec<&str> = line.split(',').collect();
        let int = |i: usize| field[i].parse::<u64>().unwrap();
        let real = |i: usize| field[i].parse::<f64>().unwrap();
        Case {
            forward: int(0),
            strike: int(1),
            vol: int(2),
            seconds: real(3),
            t: int(4),
            gross: int(5) as u32,
            price: real(6),
            delta: real(7),
        }
    };
    lines.map(case).collect()
}

fn ln(v: u64, tables: &crate::policy::PolicyTables) -> i128 {
    ln_hp(&log_witness(v), tables)
}

fn lambda(gross: u32) -> i64 {
    let ln = |v| crate::math::ln(v).unwrap();
    ((ln(gross.into()) - ln(10_000)) >> 25) as i64
}

fn option(forward: u64, strike: u64, expiry: u32, vol: u16) -> Instrument {
    Instrument {
        name: "X".to_owned(),
        id: InstrumentId::new(16, expiry, strike, Kind::Call),
        forward,
        vol,
    }
}

/// Every price and delta lies within its certified error, at no shock and at shocks from −66% to
/// +500%, from one hour to two years, 1% to 655% volatility, and 1/1000 to 1000 times the strike.
#[test]
fn prices_and_deltas_within_the_certified_error() {
    let policy = Policy::rm1();
    let tables = policy.tables();
    let (mut worst_price, mut worst_delta) = (0f64, 0f64);
    for c in cases() {
        let moneyness = ln(c.forward, tables) - ln(c.strike, tables);
        let point = vol_point(c.vol << 29, c.t, moneyness).unwrap();
        let node = node_point(&point, lambda(c.gross));
        let (n, _) = tables.normal_at(node.d);
        let second = second_normal_76(&point, &node, tables);
        // 1e-8 USD · 1e-4 at 2^-76.
        let value: BigInt = ((BigInt::from(c.forward) * c.gross * n) << 40)
            - BigInt::from(c.strike) * 10_000 * second;
        let exact: BigInt = (BigInt::from((c.price * 1024.0).round() as i128) * 10_000) << 66;
        let shocked = u64::try_from(u128::from(c.forward) * u128::from(c.gross) / 10_000).unwrap();
        let bound: BigInt =
            (BigInt::from(price_error(shocked, c.strike, point.w, false)) * 10_000) << 16;
        let share = (value - exact).to_f64().unwrap() / bound.to_f64().unwrap();
        worst_price = worst_price.max(share.abs());
        let line = (c.forward, c.strike, c.vol, c.seconds, c.gross);
        assert!(
            share.abs() < 1.0,
            "price {line:?}: {share} of the certified error"
        );
        if c.gross == 10_000 {
            let delta = delta_61(&point, &node, tables) as f64 / 2f64.powi(61);
            let bound = (ALPHA as f64 + BETA as f64 * point.mu as f64) / 2f64.powi(60);
            let share = (delta - c.delta) / bound;
            worst_delta = worst_delta.max(share.abs());
            assert!(
                share.abs() < 1.0,
                "delta {line:?}: {share} of the certified error"
            );
        }
    }
    println!("at most {worst_price:.3} of the price error and {worst_delta:.3} of the delta error");
    assert!(cases().len() > 300);
}

#[test]
fn root_of_time() {
    for c in cases().iter().filter(|c| c.seconds.fract() == 0.0) {
        assert_eq!(sqrt_time(c.seconds as u64), c.t);
    }
    for tau in [
        1u64,
        60,
        3_600,
        86_399,
        31_536_000,
        63_244_799,
        u32::MAX.into(),
    ] {
        let t = u128::from(sqrt_time(tau));
        let scaled = u128::from(tau) << 88;
        assert!(
            t * t * SQRT_SCALE <= scaled && scaled < (t + 1) * (t + 1) * SQRT_SCALE,
            "{tau}"
        );
        assert!(t < 1 << 36);
    }
    assert_eq!(sqrt_time(0), 0);
    assert_eq!(sqrt_time(u64::from(YEAR)), (1u64 << 44) / 10_000);
}

#[test]
fn maturities() {
    let policy = Policy::rm1();
    let at = |raw: u32| maturity(1_000, 1_000 + raw, &policy).unwrap();
    let parts = |raw| (at(raw).raw, at(raw).day, at(raw).day_up, at(raw).tau);
    assert_eq!(parts(1), (1, 0, 1, 60));
    assert_eq!(parts(59), (59, 0, 1, 60));
    assert_eq!(parts(60), (60, 0, 1, 60));
    assert_eq!(parts(1_800), (1_800, 0, 1, 1_800));
    assert_eq!([59, 60].map(|raw| at(raw).floored), [true, false]);
    assert_eq!(parts(DAY - 1), (DAY - 1, 0, 1, DAY - 1));
    assert_eq!(parts(DAY), (DAY, 1, 1, DAY));
    assert_eq!(parts(DAY + 1), (DAY + 1, 1, 2, DAY + 1));
    let last = 511 * DAY - 1;
    assert_eq!(parts(last), (last, 510, 511, last));
    assert!(matches!(
        maturity(1_000, 1_000 + 511 * DAY, &policy),
        Err(Error::TooFar {
            days: 511,
            max_days: 510,
            ..
        })
    ));
    assert!(matches!(
        maturity(1_000, 1_000, &policy),
        Err(Error::Expired { .. })
    ));
    assert!(maturity(1_000, 999, &policy).is_err());
    assert!(maturity(u32::MAX, 0, &policy).is_err() && maturity(0, u32::MAX, &policy).is_err());
}

#[test]
fn logarithms_identity_and_error() {
    let policy = Policy::rm1();
    let edges = (0..64).flat_map(|i| {
        [
            1u64 << i,
            (1 << i) | 1,
            (1u64 << i).wrapping_mul(2).wrapping_sub(1),
        ]
    });
    for v in edges.chain([3, 1_000_000_007, 7_708_180_000_000, u64::MAX]) {
        let x = log_witness(v);
        assert!((5..=68).contains(&x.s) && (512..1024).contains(&x.m), "{v}");
        assert!(x.e < 1 << 24 && x.delta < u64::from(x.m) << 26, "{v}");
        let left = u128::from(v) << x.s;
        let m = u128::from(x.m) << 26;
        assert_eq!(
            left,
            m * ((1 << 33) + u128::from(x.e)) + u128::from(x.delta),
            "{v}"
        );
        // Against the logarithm at 2^-60, good to 2^-53.
        let error = (ln_hp(&x, policy.tables()) >> 7) - crate::math::ln(v).unwrap();
        assert!(error.abs() < 1 << (60 - 28), "{v}: {error}");
    }
    assert_eq!(log_witness(0), log_witness(1));
    assert_eq!(
        (ln(1 << 20, policy.tables()) - ln(1 << 19, policy.tables())) >> 32,
        ln2_35()
    );
    // Both ends of both ranges have rows.
    for v in [1, u64::MAX, 1 << 63, 511, 512] {
        let x = log_witness(v);
        assert!((512..1024).contains(&x.m) && (5..=68).contains(&x.s));
        ln_hp(&x, policy.tables());
    }
}

/// `ln 2` at 2^-35, rounded down.
fn ln2_35() -> i128 {
    crate::math::LN_2 >> 25
}

#[test]
fn vol_points_keep_their_definition() {
    for w in [
        1u64,
        2,
        (1 << 15) - 1,
        1 << 15,
        (1 << 16) + 1,
        12 * (1 << 25) - 1,
    ] {
        // With t = 2^44 a volatility of s is w = s/2^4.
        let p = vol_point(w << 4, 1 << 44, 12_345 << 40).unwrap();
        assert_eq!(p.w, w);
        assert_eq!(p.w_hi << 16, w as i64 - p.r);
        assert!((-(1 << 15)..1 << 15).contains(&p.r), "{w}");
        assert!(p.mu * w <= 1 << 35 && (p.mu + 1) * w > 1 << 35, "{w}");
        let exact = (12_345i128 << 40) + (i128::from(w * w) << 16);
        assert_eq!(p.b, exact >> 32);
    }
    assert_eq!(vol_point(0, 1 << 44, 0), None);
    assert_eq!(vol_point(15, 1 << 44, 0), None);
    assert_eq!(vol_point((12 << 25) << 4, 1 << 44, 0), None);
    assert_eq!(vol_point(u64::MAX, u64::MAX, 0), None);
    assert_eq!(vol_point(1 << 40, 1 << 30, i128::MIN), None);
}

/// The chosen grid point is the nearest: this is the certificate that the circuit checks.
#[test]
fn nodes_are_certified() {
    let ends = [
        -6_000i128, -3_072, -3_071, -1, 0, 1, 700, 3_071, 3_072, 6_000,
    ];
    for w in [1u64, 3_586, 1 << 16, 1 << 25, 12 * (1 << 25) - 1] {
        for target in ends {
            for off in [-1, 0, 1] {
                // Around the border between two grid points.
                let y = (2 * target - 1) * i128::from(w) + off;
                let p = VolPoint {
                    b: y,
                    ..vol_point(w << 4, 1 << 44, 0).unwrap()
                };
                let node = node_point(&p, 0);
                let (two_w, d) = (2 * i128::from(w), i128::from(node.d));
                let case = (w, target, off);
                match node.f {
                    0 => {
                        let rest = y + i128::from(w) - two_w * d;
                        assert!((0..two_w).contains(&rest) && d.abs() < 3_072, "{case:?}");
                    }
                    1 => assert!(d == 3_072 && y + i128::from(w) >= two_w * d, "{case:?}"),
                    _ => assert!(d == -3_072 && y - i128::from(w) < two_w * d, "{case:?}"),
                }
                let below = i64::from(node.d) - p.w_hi;
                assert_eq!(
                    (node.clamp, i64::from(node.g)),
                    (below < -3_072, below.max(-3_072))
                );
                assert_eq!(node, node_point(&VolPoint { b: y - 7, ..p }, 7));
            }
        }
    }
    // Arguments that no option has do not panic.
    let wild = VolPoint {
        s: 0,
        w: 0,
        w_hi: i64::MIN,
        r: 0,
        mu: 0,
        b: i128::MAX,
    };
    node_point(&wild, i64::MAX);
    node_point(
        &VolPoint {
            b: i128::MIN,
            w_hi: i64::MAX,
            w: u64::MAX,
            ..wild
        },
        i64::MIN,
    );
}

#[test]
fn option_points_and_their_refusals() {
    let policy = Policy::rm1();
    let (time, expiry) = (1_787_412_831, 1_790_323_200);
    let usd = 100_000_000u64;
    let good = option(77_405 * usd, 80_000 * 10_000, expiry, 4_198);
    let point = option_point(&good, time, &policy).unwrap();
    let days = point.maturity.day as usize;
    let (up, down) = policy.tables().day[days];
    let [base, shocked_up, shocked_down] = point.vols;
    assert_eq!(
        (base.s, shocked_up.s, shocked_down.s),
        (4_198 << 29, 4_198 * up, 4_198 * down)
    );
    // The floor of 50%.
    let calm = option(77_405 * usd, 80_000 * 10_000, expiry, 1_000);
    assert_eq!(
        option_point(&calm, time, &policy).unwrap().vols[1].s,
        5_000 << 29
    );
    let text = |instrument: &Instrument, time| {
        option_point(instrument, time, &policy)
            .unwrap_err()
            .to_string()
    };
    assert!(text(&good, expiry).contains("X: expired"));
    assert!(text(&good, 0).contains("days to expiry and the policy knows at most 510"));
    let far = option(9_000_000 * usd, 10_000, expiry, 4_198);
    assert!(option_point(&far, time, &policy)
        .unwrap_err()
        .to_string()
        .contains("too far from forward"));
    let near = option(8_800_000 * usd, 10_000, expiry, 4_198);
    assert!(option_point(&near, time, &policy).is_ok());
    assert!(text(&option(usd, 10_000, expiry, 0), time).contains("too large or too small"));
    assert!(text(&option(0, 10_000, expiry, 100), time).contains("no forward"));
    assert!(text(&option(usd, 0, expiry, 100), time).contains("no strike"));
    // The widest that the model knows, shocked up, is still priced.
    let wild = option(usd, 10_000, time + 510 * DAY, u16::MAX);
    assert!(option_point(&wild, time, &policy).unwrap().vols[1].w > 10 << 25);
    // The last second, 1%: priced at a minute.
    let last = option_point(&option(usd, 10_000, time + 1, 100), time, &policy).unwrap();
    assert_eq!(last.maturity.tau, policy.maturity_floor);
    assert!(last.vols[2].w > 100);
    assert!(option_point(&option(usd, 10_000, time, 100), time, &policy).is_err());
}

#[test]
fn prices_of_reports() {
    let policy = Policy::rm1();
    let tables = policy.tables();
    let usd = 100_000_000u64;
    let time = 1_700_000_000;
    let (f, k) = (100_000 * usd, 120_000 * usd);
    let instrument = option(f, 120_000 * 10_000, time + YEAR, 3_500);
    let point = option_point(&instrument, time, &policy).unwrap();
    let low = call_price(&point, 0, (f, k), false, tables).unwrap();
    let high = call_price(&point, 0, (f, k), true, tables).unwrap();
    // 7281.4059954164746253 (mpmath).
    assert!(
        low <= 728_140_599_541 && 728_140_599_542 <= high,
        "{low} {high}"
    );
    assert!(high - low < 3 * i128::from(usd) / 100, "{low} {high}");
    assert_eq!(call_price(&point, 3, (f, k), true, tables), None);
}

/// Price of a call of forward and strike in 1e-8 USD at one of its volatilities (0 mark, 1 up,
/// 2 down), with no price shock: 1e-8 USD, rounded down after the certified error is taken off
/// (`false`) or rounded up after it is added (`true`). `None` for another volatility.
fn call_price(
    option: &OptionPoint,
    vol: usize,
    (forward, strike): (u64, u64),
    upper: bool,
    tables: &PolicyTables,
) -> Option<i128> {
    let point = option.vols.get(vol)?;
    let node = node_point(point, 0);
    let (n, _) = tables.normal_at(node.d);
    let second = second_normal_76(point, &node, tables) >> 16;
    // 60 bits of price, 60 bits of fraction.
    let price = i128::from(forward) * (i128::from(n) << 24) - i128::from(strike) * second;
    let error = i128::try_from(price_error(
        forward,
        strike,
        point.w,
        option.maturity.floored,
    ))
    .ok()?;
    Some(if upper {
        -((-price - error) >> 60)
    } else {
        (price - error) >> 60
    })
}
