//! Moves of one's own, against the grid where both say the same.

use std::collections::BTreeMap;

use super::portfolio::{market, policy, random, RM2};
use crate::policy::{PriceShock, VolShock};
use crate::risk::{evaluate, revalue, Move, VolMove};

/// A move to a node of the grid loses what the node says.
#[test]
fn at_the_nodes_nothing_is_interpolated() {
    let policy = policy(RM2);
    let market = market(&policy);
    for seed in 0..20 {
        let held = random(&market, 700 + seed, None);
        let losses = evaluate(&policy, &market, &held).unwrap().losses;
        for (node, scenario) in policy.scenarios().iter().enumerate() {
            if matches!(scenario.price, PriceShock::Absolute(_)) {
                continue;
            }
            let codes: [u16; 4] = [16, 17, 18, 19];
            let shock = |code: u16| {
                scenario
                    .shock_bp(policy.by_code(code).unwrap().range_bp)
                    .unwrap()
            };
            let way = match scenario.vol {
                VolShock::Up => 10_000,
                VolShock::Down => -10_000,
                VolShock::Static => 0,
            };
            let moved = Move {
                prices: codes.iter().map(|code| (*code, shock(*code))).collect(),
                vol: VolMove::OfWay(codes.iter().map(|code| (*code, way)).collect()),
                days: scenario.days_later,
            };
            let found = revalue(&policy, &market, &held, &moved).unwrap();
            for (u, l) in found.underlyings.iter().zip(&losses) {
                assert_eq!(u.underlying, l.underlying);
                assert_eq!(u.loss, l.signed[node], "seed {seed}, node {node}");
            }
            // Each position is rounded up.
            let sum: i128 = found.positions.iter().sum();
            assert!(
                (0..=held.len() as i128).contains(&(sum - found.loss)),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn moves_that_cannot_be_priced() {
    let policy = policy(RM2);
    let market = market(&policy);
    let held = random(&market, 3, Some(16));
    let with = |shock: i32, vol: VolMove| {
        let prices = BTreeMap::from([(16, shock)]);
        revalue(
            &policy,
            &market,
            &held,
            &Move {
                prices,
                vol,
                days: 0,
            },
        )
    };
    let text = |shock, vol| with(shock, vol).unwrap_err().to_string();
    let still = || VolMove::Multiple(10_000);
    assert!(text(-10_000, still()).contains("fall to zero"));
    assert!(text(60_000, still()).contains("555.35%"));
    assert!(with(55_535, still()).is_ok() && with(-9_999, still()).is_ok());
    let options = held.iter().any(|p| p.id.kind().is_option());
    assert!(options, "the account holds options");
    assert!(text(0, VolMove::Multiple(100_001)).contains("moves too far"));
    assert!(text(0, VolMove::Multiple(0)).contains("too large or too small"));
    // Nothing moves, nothing is lost.
    assert_eq!(with(0, still()).unwrap().loss, 0);
    assert_eq!(with(0, VolMove::OfWay(BTreeMap::new())).unwrap().loss, 0);
}
