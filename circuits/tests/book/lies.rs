//! The cell-lying harness of a batch: every cell of the first phase, on rows of every kind, is
//! changed in turn. A lie must break a gate, a look-up or the balance of messages; survivors are
//! cells that nothing reads in that row, each with its reason below.

use std::collections::BTreeSet;

use ff::Field;
use rayon::prelude::*;
use zkmargin_circuits::book::trace::Trace;
use zkmargin_engine::book::shape::LIMB_TABLES;
use zkmargin_engine::field::pow2;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

use crate::support::{Judge, Venue};

const LIES: [fn(Fr) -> Fr; 6] = [
    |v| v + Fr::ONE,
    |v| v - Fr::ONE,
    |v| -v,
    |v| v + pow2(13),
    |v| v - pow2(12),
    |v| Fr::from(v == Fr::ZERO),
];

/// Why a cell may be changed freely.
fn harmless(trace: &Trace, column: usize, row: usize) -> Option<&'static str> {
    let c = &trace.columns;
    let at = |column: usize| trace.advice[column][row];
    let zero = |first: usize, count: usize| (first..first + count).all(|i| at(i) == Fr::ZERO);
    let money = c.shape.money_limbs();
    let account = &c.account;
    let header = at(c.hash.header) == Fr::ONE;
    let of_format_1 = c.exposure.is_none();
    // Format 2 has no `sole`.
    let end = account.sole + usize::from(of_format_1);
    if (account.scenario..end).contains(&column) && !header {
        return Some("no account here");
    }
    if of_format_1 && column == account.sole && zero(account.scenario, money) {
        return Some("nothing to bound");
    }
    if column == account.negative && zero(account.equity, money) {
        return Some("zero has no sign");
    }
    for slot in &c.positions {
        let empty = at(slot.live) == Fr::ZERO;
        if empty && [slot.key, slot.sign].contains(&column) {
            return Some("no position here");
        }
    }
    for slot in &c.positions {
        let none = at(slot.short) == Fr::ZERO || zero(slot.magnitude, c.shape.quantity_limbs());
        if column == slot.joined && none {
            return Some("nothing to net");
        }
        let none = at(slot.roll) == Fr::ZERO || zero(slot.magnitude, c.shape.quantity_limbs());
        if column == slot.netted && none {
            return Some("no roll to net");
        }
    }
    for slot in &c.groups {
        let own = [slot.key, slot.group, slot.sign].contains(&column);
        if own && zero(slot.net, money) {
            return Some("no group here");
        }
    }
    let risk = &c.risk;
    if of_format_1 {
        let own = [risk.key, risk.underlying].contains(&column);
        if own && zero(risk.limbs, c.shape.scenarios() * money) {
            return Some("no vector here");
        }
        for scenario in 0..c.shape.scenarios() {
            let none = zero(c.risk_limbs(scenario).start, money);
            if column == risk.charges + scenario && none {
                return Some("nothing to charge");
            }
        }
    }
    let uses = c.table.limb_uses..c.table.limb_uses + LIMB_TABLES;
    uses.contains(&column)
        .then_some("a count of uses, judged by the sum")
}

#[test]
fn every_lie_is_caught() {
    catch_every_lie(Venue::of(20), 10);
}

#[test]
fn every_lie_of_format_2_is_caught() {
    let text = include_str!("../../../policies/rm2-compact.toml");
    let policy = Policy::from_toml(text, "policy.toml").expect("a policy");
    catch_every_lie(Venue::under(policy, 20), 7);
}

/// Tells every lie to a venue's batch; survivors have so many reasons.
fn catch_every_lie(mut venue: Venue, expected: usize) {
    venue.balance();
    let honest = {
        let mut trace = venue.build().trace;
        trace.words(&crate::support::challenges());
        trace
    };
    let judge = Judge::new(&honest);
    let shape = venue.shape;
    let (active, stream) = (shape.active_rows(), shape.first_stream_row());
    let [added, taken] = [0, 1].map(|side| shape.first_mask_row(side));
    // Roots, nodes full and empty, secrets, masks of totals and of assets that are listed and that are
    // not, headers, links, idle rows, both ends; in the other lanes
    // these rows hold positions, groups and vectors, and none.
    let rows = [
        0,
        1,
        2,
        4,
        5,
        7,
        12,
        30,
        added,
        added + 1,
        added + 2,
        taken - 1,
        taken,
        taken + 1,
        taken + 2,
        stream - 1,
        stream,
        stream + 1,
        stream + 2,
        stream + 3,
        stream + 6,
        stream + 9,
        200,
        active - 2,
        active - 1,
    ];
    let cells: Vec<(usize, usize)> = rows
        .into_iter()
        .flat_map(|row| (0..honest.columns.first_phase).map(move |column| (column, row)))
        .collect();
    let around = |row: usize| row.saturating_sub(1)..=(row + 1).min(active);
    let survivors: Vec<(usize, usize)> = cells
        .par_iter()
        .map_init(
            || honest.clone(),
            |trace, &(column, row)| {
                let before: Vec<Fr> = around(row).map(|r| judge.messages(trace, r)).collect();
                let value = trace.advice[column][row];
                let survives = LIES.iter().any(|lie| {
                    let told = lie(value);
                    if told == value {
                        return false;
                    }
                    trace.advice[column][row] = told;
                    let gates = around(row).all(|r| judge.row(trace, r).is_empty());
                    let sum = |t: &Trace| around(row).map(|r| judge.messages(t, r)).sum::<Fr>();
                    let balanced = gates && sum(trace) == before.iter().sum::<Fr>();
                    trace.advice[column][row] = value;
                    gates && balanced
                });
                survives.then_some((column, row))
            },
        )
        .flatten()
        .collect();
    let mut reasons = BTreeSet::new();
    let mut unexplained = Vec::new();
    for (column, row) in survivors {
        match harmless(&honest, column, row) {
            Some(reason) => {
                reasons.insert(reason);
            }
            None => unexplained.push((column, row)),
        }
    }
    assert_eq!(unexplained, [], "columns: {:?}", honest.columns);
    assert_eq!(
        reasons.len(),
        expected,
        "a reason that excuses nothing: {reasons:?}"
    );
    assert!(cells.len() > 7_000);
}
