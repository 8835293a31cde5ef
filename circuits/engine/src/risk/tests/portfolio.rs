//! RM-2 against vectors of an independent implementation in floating point (`testdata/rm2`), and what
//! must hold of every account.

use std::path::Path;

use num_bigint::BigInt;
use serde_json::Value;

use crate::account::{AccountFile, Listing, Position};
use crate::market::{InstrumentId, Kind, Market};
use crate::policy::{Policy, Rule};
use crate::risk::aggregate::shortfall::tail;
use crate::risk::{evaluate, Addon, Binding, Evaluation};

pub(super) const RM2: &str = include_str!("../../../../../policies/rm2.toml");
const COMPACT: &str = include_str!("../../../../../policies/rm2-compact.toml");

pub(super) fn policy(text: &str) -> Policy {
    Policy::from_toml(text, "policy.toml").unwrap()
}

fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/rm2")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn market(policy: &Policy) -> Market {
    let text = vectors("market.json").to_string();
    Market::from_json(&text, "market.json", policy).unwrap()
}

fn integer(value: &Value) -> i128 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn weights_of_every_point_are_the_model() {
    let policy = policy(RM2);
    let shortfall = &policy.portfolio().unwrap().shortfall;
    let expected = vectors("weights.json");
    let expected = expected["weights"].as_array().unwrap();
    assert_eq!(shortfall.points.len(), 128);
    assert_eq!(expected.len(), 128);
    for ((point, weights), expected) in shortfall
        .points
        .iter()
        .zip(&shortfall.weights)
        .zip(expected)
    {
        assert_eq!(u64::from(point.count), expected[0].as_u64().unwrap());
        for (path, shares) in weights.iter().enumerate() {
            let listed = expected[1][path].as_object().unwrap();
            assert_eq!(shares.len(), listed.len(), "{point:?}");
            for share in shares {
                let weight = listed[&share.node.to_string()].as_u64().unwrap();
                assert_eq!(
                    u64::from(share.weight),
                    weight,
                    "{point:?}, node {}",
                    share.node
                );
            }
            let sum: u64 = shares.iter().map(|s| u64::from(s.weight)).sum();
            assert!(sum <= 1 << 24, "{point:?}");
        }
    }
}

#[test]
fn shortfall_of_given_losses_is_exact() {
    let policy = policy(RM2);
    let terms = &policy.portfolio().unwrap().shortfall;
    let vectors = vectors("shortfall.json");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 40);
    for (n, case) in cases.iter().enumerate() {
        let list = |name: &str| -> Vec<i128> {
            case[name].as_array().unwrap().iter().map(integer).collect()
        };
        let losses: Vec<BigInt> = list("losses").into_iter().map(BigInt::from).collect();
        let found = tail(terms, &losses).unwrap();
        assert_eq!(found.threshold, integer(&case["threshold"]), "case {n}");
        assert_eq!(found.excess, list("excess"), "case {n}");
        assert_eq!(
            found.expected_shortfall,
            integer(&case["expected_shortfall"]),
            "case {n}"
        );
        assert_eq!(
            found.value_at_risk,
            integer(&case["value_at_risk"]),
            "case {n}"
        );
    }
}

/// Positions of an account of the vectors; entry costs are in USD.
fn positions(account: &Value, market: &Market, policy: &Policy) -> Vec<Position> {
    let text = serde_json::json!({ "positions": account["positions"] }).to_string();
    let listing = Listing::new(market, policy);
    AccountFile::from_json(&text, "account.json", &listing)
        .unwrap()
        .positions
}

fn usd(units: i128) -> f64 {
    units as f64 / 1e8
}

/// The parts that the vectors name, of an evaluation.
fn parts(e: &Evaluation) -> [(&'static str, f64); 12] {
    let risk = e.portfolio.as_ref().unwrap();
    let market = &risk.market;
    [
        ("market_risk", usd(market.required)),
        ("stress", usd(market.stress)),
        ("stress_without_offset", usd(market.without_offset)),
        ("stress_of_others", usd(market.of_others)),
        ("expected_shortfall", usd(market.tail.expected_shortfall)),
        ("threshold", usd(market.tail.threshold)),
        ("value_at_risk", usd(market.tail.value_at_risk)),
        ("short_option_minimum", usd(e.short_option_minimum)),
        ("haircut", usd(e.haircut)),
        ("liquidity", usd(risk.liquidity)),
        ("closing", usd(risk.closing)),
        ("settlement", usd(risk.settlement)),
    ]
}

#[test]
fn accounts_agree_with_an_independent_implementation() {
    let vectors = vectors("accounts.json");
    for (name, text) in [("rm-2", RM2), ("rm-2-compact", COMPACT)] {
        let policy = policy(text);
        let market = market(&policy);
        let expected = vectors["expected"][name].as_object().unwrap();
        assert_eq!(expected.len(), 23);
        for (account, expected) in expected {
            let held = positions(&vectors["accounts"][account], &market, &policy);
            let e = evaluate(&policy, &market, &held).unwrap();
            let case = format!("{name}, {account}");
            let of = |part: &str| expected[part].as_f64().unwrap();
            // Twice the pricing error and 1e-6, and a few roundings of 1e-8.
            let slack = |value: f64| 2.0 * usd(e.pricing_error) + 1e-6 * value.abs() + 2e-7;
            // Slopes of liquidity are integers at 2^-24, rounded up: the least is 2 of 630 basis points.
            let slopes = of("liquidity") * 630.0 / 2.0 / f64::from(1 << 24);
            for (part, found) in parts(&e) {
                let wanted = of(part);
                let slopes = if part == "liquidity" { slopes } else { 0.0 };
                assert!(
                    (found - wanted).abs() <= slack(wanted) + slopes,
                    "{case}, {part}: {found}, {wanted}"
                );
            }
            let roll = of("roll");
            let delta_error = 2e-3 * roll.abs();
            assert!(
                (usd(e.roll) - roll).abs() <= slack(roll) + delta_error,
                "{case}: roll"
            );
            // Never below it, and equity never above.
            let margin = of("initial_margin");
            assert!(
                usd(e.initial_margin) >= margin - 1e-6,
                "{case}: {} {margin}",
                e.initial_margin
            );
            assert!(
                usd(e.initial_margin) <= margin + slack(margin) + slopes + delta_error + 0.01,
                "{case}"
            );
            assert!(usd(e.equity) <= of("equity") + 1e-6, "{case}: equity");
            assert!(
                usd(e.maintenance_margin) >= of("maintenance_margin") - 1e-6,
                "{case}"
            );
            let losses = expected["node_losses"].as_object().unwrap();
            assert_eq!(losses.len(), e.losses.len(), "{case}");
            for l in &e.losses {
                let symbol = &policy.by_code(l.underlying).unwrap().symbol;
                for (node, loss) in losses[symbol].as_array().unwrap().iter().enumerate() {
                    let (found, wanted) = (usd(l.signed[node]), loss.as_f64().unwrap());
                    let near = (found - wanted).abs() <= slack(wanted);
                    assert!(near, "{case}, {symbol} at {node}: {found}, {wanted}");
                }
            }
        }
    }
}

/// Random accounts in one underlying, or in several.
pub(super) fn random(market: &Market, seed: u64, code: Option<u16>) -> Vec<Position> {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(seed);
    let of = |id: InstrumentId| {
        id.kind() != Kind::Cash && code.is_none_or(|code| id.underlying() == code)
    };
    let listed: Vec<InstrumentId> = market
        .instruments()
        .iter()
        .map(|i| i.id)
        .filter(|id| of(*id))
        .collect();
    let mut held: Vec<InstrumentId> = (0..rng.gen_range(1..9))
        .map(|_| listed[rng.gen_range(0..listed.len())])
        .collect();
    held.sort_unstable();
    held.dedup();
    let position = |id| {
        let size = rng.gen_range(1..400_000_000i64);
        Position {
            id,
            quantity: if rng.gen() { size } else { -size },
        }
    };
    held.into_iter().map(position).collect()
}

/// Under `greatest` the shortfall of one underlying is within its stress, and offsets have nobody to pay.
#[test]
fn one_underlying_is_charged_its_stress_to_the_unit() {
    let policy = policy(RM2);
    let market = market(&policy);
    for seed in 0..2_000 {
        let code = [16, 17, 18][seed as usize % 3];
        let e = evaluate(&policy, &market, &random(&market, seed, Some(code))).unwrap();
        let risk = &e.portfolio.as_ref().unwrap().market;
        let worst = e.losses[0].charge.iter().copied().fold(0, i128::max);
        assert_eq!(risk.required, worst, "seed {seed}");
        assert_eq!(
            (risk.stress, risk.without_offset, risk.binds),
            (worst, worst, Binding::Stress)
        );
        assert!(risk.tail.expected_shortfall <= worst, "seed {seed}");
    }
}

#[test]
fn bounds_of_every_account() {
    let policy = policy(RM2);
    let market = market(&policy);
    let mut seen = Vec::new();
    for seed in 0..600 {
        let held = random(&market, 10_000 + seed, None);
        let e = evaluate(&policy, &market, &held).unwrap();
        let risk = e.portfolio.as_ref().unwrap();
        let m = &risk.market;
        // Offsets never cost, and the shortfall never exceeds what is charged without them.
        assert!(m.stress <= m.without_offset && m.required <= m.without_offset.max(m.stress));
        assert!(m.required >= m.stress && m.required >= m.tail.expected_shortfall);
        assert!(m.tail.value_at_risk <= m.tail.expected_shortfall);
        assert!(m.of_others <= m.without_offset);
        let addons: i128 = Addon::of(&policy).iter().map(|term| e.addon(*term)).sum();
        assert_eq!(e.initial_margin, m.required + addons);
        // Contributions add up, but for a unit of rounding for each position.
        let sum = |of: fn(&crate::risk::Contribution) -> i128| -> i128 {
            risk.contributions.iter().map(of).sum()
        };
        let count = held.len() as i128;
        if m.tail.threshold > 0 {
            let gap = m.tail.expected_shortfall - sum(|c| c.shortfall);
            let roundings = 40 * count + 200;
            assert!(
                (-roundings..=roundings).contains(&gap),
                "seed {seed}: {gap}"
            );
        }
        seen.push(m.binds);
    }
    for binds in [Binding::Stress, Binding::ScaledShortfall, Binding::NoOffset] {
        assert!(seen.contains(&binds), "{binds:?} never decides");
    }
}

/// Unscaled, and with a history of every underlying, the shortfall decides by itself.
#[test]
fn a_shortfall_that_is_not_scaled_decides() {
    let policy = policy(&RM2.replace("scale = \"1.4\"", "scale = \"1\""));
    let market = market(&policy);
    let decides = (0..400).any(|seed| {
        let mut held = random(&market, 20_000 + seed, None);
        held.retain(|p| [16, 17].contains(&p.id.underlying()));
        let risk = evaluate(&policy, &market, &held)
            .unwrap()
            .portfolio
            .unwrap();
        risk.market.binds == Binding::Shortfall
    });
    assert!(decides);
}

#[test]
fn the_rule_of_mixing() {
    let mixed = RM2
        .replace("rule = \"greatest\"", "rule = \"mix\"\nshare = \"0.4\"")
        .replace("scale = \"1.4\"", "scale = \"1.2\"");
    let (policy, plain) = (policy(&mixed), policy(RM2));
    assert_eq!(policy.portfolio().unwrap().rule, Rule::Mix { share: 4_000 });
    let market = market(&policy);
    let held = random(&market, 5, None);
    let of = |policy: &Policy| {
        evaluate(policy, &market, &held)
            .unwrap()
            .portfolio
            .unwrap()
            .market
    };
    let (m, p) = (of(&policy), of(&plain));
    assert_eq!(
        (m.stress, m.tail.expected_shortfall),
        (p.stress, p.tail.expected_shortfall)
    );
    let joint = (12_000 * m.tail.expected_shortfall + 9_999) / 10_000 + m.of_others;
    assert_eq!(
        m.required,
        (4_000 * joint + 6_000 * m.stress + 9_999) / 10_000
    );
    assert_eq!(m.binds, Binding::Mix);
}
