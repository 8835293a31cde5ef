//! Attacks of the audit that the circuit withstands, where no other test tries them.

use ff::Field;
use zkmargin_circuits::system::System;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::book::BatchStatement;
use zkmargin_engine::Fr;

use crate::attacks::Forger;
use crate::drop::keep;
use crate::support::{challenges, Venue};

const ONE: Fr = Fr::ONE;

#[track_caller]
fn contains(f: &Forger, expected: &str) {
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&expected.to_owned()), "{broken:?}");
}

/// An honest batch with its second phase.
fn with_sums() -> Forger {
    let mut f = Forger::new();
    f.trace.count_uses();
    f.trace.words(&challenges());
    f.trace.sums(&challenges());
    f
}

/// Gates that are broken, words and sums being what they are.
fn broken_gates(f: &Forger) -> Vec<&'static str> {
    let challenges = challenges();
    let mut names: Vec<&str> = (0..=f.trace.active)
        .flat_map(|row| {
            f.trace
                .columns
                .gates::<Fr, _>(&f.trace.at(row, &challenges))
        })
        .filter(|(_, value)| *value != Fr::ZERO)
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    names.dedup();
    keep(names, |name, dropped| {
        name.split(' ').next() == Some(dropped)
    })
}

/// BSUM1 to BSUM4 on cells of the second phase.
#[test]
fn helpers_and_running_sum() {
    let mut f = with_sums();
    let columns = f.trace.columns.clone();
    assert_eq!(broken_gates(&f), Vec::<&str>::new());
    let (last, sum) = (f.trace.active, columns.sum());
    for row in [0, 500, last - 1] {
        f.add(columns.helper(0), row, ONE);
        assert_eq!(broken_gates(&f), ["BSUM1 helper", "BSUM2 sum"]);
        f.add(columns.helper(0), row, -ONE);
    }
    f.add(sum, last, ONE);
    assert_eq!(broken_gates(&f), ["BSUM2 sum", "BSUM4 end"]);
    f.add(sum, last, -ONE);
    f.add(sum, 0, ONE);
    assert_eq!(broken_gates(&f), ["BSUM2 sum", "BSUM3 start"]);
    f.add(sum, 0, -ONE);
    for row in 0..=last {
        f.add(sum, row, ONE);
    }
    assert_eq!(broken_gates(&f), ["BSUM3 start", "BSUM4 end"]);
}

/// Each of them alone.
#[test]
fn parts_of_the_running_sum() {
    let mut f = with_sums();
    let columns = f.trace.columns.clone();
    let (last, sum) = (f.trace.active, columns.sum());
    for row in [0, 500, last - 1] {
        f.add(columns.helper(0), row, ONE);
        f.add(columns.helper(1), row, -ONE);
        assert_eq!(broken_gates(&f), ["BSUM1 helper"]);
        f.add(columns.helper(0), row, -ONE);
        f.add(columns.helper(1), row, ONE);
    }
    f.add(sum, 500, ONE);
    assert_eq!(broken_gates(&f), ["BSUM2 sum"]);
    // A total that is off by one: the sum does not end at zero, or does not start there.
    f.public(Row::Equity, ONE);
    f.trace.sums(&challenges());
    assert_eq!(broken_gates(&f), ["BSUM4 end"]);
    let open = f.get(sum, last);
    for row in 0..=last {
        f.add(sum, row, -open);
    }
    assert_eq!(broken_gates(&f), ["BSUM3 start"]);
}

/// Attack: a link without a header, after the last leaf and after idle rows, and before the first
/// header: a second leaf under one key, or one under a key that no child has.
#[test]
fn link_without_a_header() {
    for after in [None, Some(0), Some(3)] {
        let mut f = Forger::new();
        let (lane, last) = (f.trace.columns.hash, f.header(15));
        let row = match after {
            Some(after) => last + f.links(last) + 1 + after,
            None => f.trace.active - 2,
        };
        let mut inputs = [Fr::ZERO; 8];
        inputs[0] = f.get(lane.digest, row - 1);
        f.set(lane.link, row, ONE);
        f.rehash(row, 12, inputs);
        f.breaks(&["BMSG2 node"]);
    }
}

/// The same as the very first row of the stream, over a book without accounts.
#[test]
fn link_before_the_first_header() {
    let mut f = Forger::of(0);
    let lane = f.trace.columns.hash;
    let row = f.trace.columns.shape.first_stream_row();
    let mut inputs = [Fr::ZERO; 8];
    inputs[0] = f.get(lane.digest, row - 1);
    f.set(lane.link, row, ONE);
    f.rehash(row, 12, inputs);
    f.breaks(&["BMSG2 node"]);
}

/// Attack: positions of one account under the key of another, in both slots.
#[test]
fn positions_of_two_accounts_swapped() {
    let mut f = Forger::new();
    let slots = f.trace.columns.positions;
    let key = f.get(slots[0].key, 0);
    let other = (0..200)
        .find(|&r| f.get(slots[0].live, r) == ONE && f.get(slots[0].key, r) != key)
        .expect("a position of another account");
    let theirs = f.get(slots[0].key, other);
    f.set(slots[0].key, 0, theirs);
    f.set(slots[0].key, other, key);
    contains(&f, "BMSG3 position");
}

/// Attack: a live input on the row of a mask takes any message.
#[test]
fn mask_row_takes_nothing() {
    let row = Forger::new().trace.columns.shape.first_stream_row() - 1;
    for i in 0..8 {
        let mut f = Forger::new();
        f.set(f.trace.columns.hash.live + i, row, ONE);
        contains(&f, "BHSH13 place");
    }
}

/// Attack: an account takes part of its requirement back by a vector of underlying 0.
#[test]
fn vectors_of_underlying_zero() {
    for (charge, sole) in [
        (Fr::ZERO, Fr::ZERO),
        (ONE, Fr::ZERO),
        (Fr::ZERO, ONE),
        (ONE, ONE),
    ] {
        let mut f = Forger::new();
        let (account, risk) = (f.trace.columns.account, f.trace.columns.risk);
        let header = f.header(0);
        let (money, limbs) = (f.money(), f.trace.columns.shape.verdict_limbs());
        let required = f.number(account.scenario, money, header);
        let excess = f.number(account.excess, limbs, header);
        f.set_number(account.scenario, money, header, 0);
        f.set_number(account.excess, limbs, header, excess + 10_000 * required);
        f.set(account.sole, header, sole);
        let row = f.trace.active - 1;
        let key = f.get(f.trace.columns.hash.key, header);
        f.set(risk.key, row, key);
        for s in 0..f.trace.columns.shape.scenarios() {
            let first = f.trace.columns.risk_limbs(s).start;
            f.set(risk.charges + s, row, charge);
            f.set_number(first, money, row, required);
        }
        f.breaks(&["BMSG6 risk"]);
    }
}

/// Statements that are not of the form of a batch have no public inputs.
#[test]
fn statements_of_another_form() {
    let venue = Venue::of(70);
    let honest = venue.build().statement;
    let table = &venue.table;
    let refused = |change: fn(&mut BatchStatement)| {
        let mut statement = honest.clone();
        change(&mut statement);
        assert_eq!(statement.instances(venue.shape, table), None);
    };
    assert_eq!(honest.roots.len(), 2);
    refused(|s| s.first = 63);
    refused(|s| s.accounts = 64);
    refused(|s| s.accounts = 129);
    refused(|s| s.accounts = u64::MAX);
    refused(|s| s.accounts = 0);
    refused(|s| s.roots.truncate(1));
    refused(|s| s.roots.push(Fr::ZERO));
    refused(|s| s.assets.truncate(1));
    refused(|s| s.assets.swap(0, 1));
    refused(|s| {
        let again = s.assets[0];
        s.assets.push(again);
    });
    // What is under masks may be any element.
    let mut large = honest.clone();
    large.totals.deficit = -ONE;
    let rows = large.instances(venue.shape, table).expect("of the form");
    assert_eq!(rows[0][Row::Deficit as usize], -ONE);
    // Commitments, and which assets have masks, stand where their hashes are.
    let (digests, listed) = (&rows[1], table.assets().count());
    assert_eq!(digests.len(), venue.shape.first_stream_row());
    for (side, sign) in [ONE, -ONE].into_iter().enumerate() {
        let first = venue.shape.first_mask_row(side);
        assert_eq!(digests[first], honest.secrets[side]);
        let marks = &digests[first + 1..venue.shape.first_mask_row(side + 1)];
        let marked = |n: usize| (1..=listed).contains(&n);
        for (n, mark) in marks.iter().enumerate() {
            assert_eq!(*mark, if marked(n) { sign } else { Fr::ZERO });
        }
    }
}
