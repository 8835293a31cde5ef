//! Gates of the account, position, group, risk and table lanes. What they add to each other is in
//! [`super::sums`].
//!
//! | no. | constraint | degree |
//! |---|---|---|
//! | BACC1, BACC2 | `meets` and `negative` are bits | 3 |
//! | BACC3 | `header·(10^4·E − ratio·(R + addons) − (2·meets − 1)·excess) = 0` | 4 |
//! | BPOS1, 2, 3, 5 | `live`, `sign`, `joined` and `netted` are bits | 3 |
//! | BPOS4 | `(1 − live)·magnitude = 0` | 3 |
//! | BGRP1 | `sign` is a bit | 3 |
//! | BRSK1 | `charge` is a bit, in every scenario; format 1 | 3 |
//! | BRSK2, BEXP1, BEXP2, BLIQ2 | format 2: [`super::risk`] | 3 |
//! | BTAB1 | `power = 1` in the first row | 2 |
//! | BTAB2 | `power⁺ = power·point` | 3 |
//! | BTAB3, BTAB5 | point and ratio are public | 2 |
//! | BTAB4, BTAB6 | they are the same in every row | 2 |
//!
//! E is `(1 − 2·negative)` times its limbs, R and the excess are their limbs. The risk lane holds
//! nothing but limbs: every number in it is not negative, and that is the certificate. With c the
//! charges of an underlying in a scenario and y what they leave, `c ≥ 0`, `y = c − L ≥ 0` and `Σ c ≤ R`,
//! so `Σ max(0, L) ≤ R`. With a single underlying R itself is the charge. Under format 2 every underlying has
//! an R of its own.

use super::columns::{fixed, Columns};
use super::risk::addon::liquidity;
use super::risk::aggregate::market_risk;
use crate::system::algebra::{joined, Cells, Gate, Value};
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::Fr;

/// BACC1 to BTAB6. Long because there are so many: one list, in the order of the lanes.
pub(crate) fn gates<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Gate<T>> {
    let a = |column: usize| cells.advice(column, 0);
    let active = || cells.fixed(fixed::ACTIVE, 0);
    let one = || T::small(1);
    let bit = |column: usize| active() * a(column) * (a(column) - one());
    let limbs = |first: usize, count: usize| {
        joined(columns.shape.limb_bits(), (first..first + count).map(a))
    };
    let money = columns.shape.money_limbs();
    let account = &columns.account;
    let table = &columns.table;
    let double = |v: T| v.scaled(Fr::from(2));

    let mut gates = vec![
        ("BACC1 meets", bit(account.meets)),
        ("BACC2 negative", bit(account.negative)),
    ];
    let equity = (one() - double(a(account.negative))) * limbs(account.equity, money);
    let requirement = limbs(account.scenario, money) + a(account.addons);
    let excess = limbs(account.excess, columns.shape.verdict_limbs());
    let verdict = equity.scaled(Fr::from(10_000))
        - a(table.ratio) * requirement
        - (double(a(account.meets)) - one()) * excess;
    gates.push(("BACC3 verdict", a(columns.hash.header) * active() * verdict));
    for slot in &columns.positions {
        gates.push(("BPOS1 live", bit(slot.live)));
        gates.push(("BPOS2 sign", bit(slot.sign)));
        gates.push(("BPOS3 joined", bit(slot.joined)));
        gates.push(("BPOS5 netted", bit(slot.netted)));
        let size = limbs(slot.magnitude, columns.shape.quantity_limbs());
        gates.push(("BPOS4 empty", active() * (one() - a(slot.live)) * size));
    }
    for slot in &columns.groups {
        gates.push(("BGRP1 sign", bit(slot.sign)));
    }
    match (&columns.exposure, columns.shape.portfolio()) {
        (Some(lane), Some(form)) => {
            gates.extend(market_risk::gates(columns, cells, (lane, &form)));
            gates.push(liquidity::gate(columns, cells, (lane, form.lines)));
        }
        _ => {
            for scenario in 0..columns.shape.scenarios() {
                gates.push(("BRSK1 charge", bit(columns.risk.charges + scenario)));
            }
        }
    }
    let first = || cells.fixed(fixed::FIRST, 0);
    gates.push(("BTAB1 start", first() * (a(table.power) - one())));
    let next = cells.advice(table.power, 1);
    gates.push((
        "BTAB2 power",
        active() * (next - a(table.power) * a(table.point)),
    ));
    let constants = [
        (["BTAB3 point", "BTAB4 point"], table.point, Row::Point),
        (["BTAB5 ratio", "BTAB6 ratio"], table.ratio, Row::Ratio),
    ];
    for ([stated, constant], column, row) in constants {
        let public = cells.instance(0, row as i32);
        gates.push((stated, first() * (a(column) - public)));
        let next = cells.advice(column, 1);
        gates.push((constant, active() * (next - a(column))));
    }
    gates
}
