//! Gates of the account, position, group, risk and table lanes. What they add to each other is in
//! [`super::sums`].
//!
//! | no. | constraint | degree |
//! |---|---|---|
//! | V1 | `meets` and `negative` are bits | 3 |
//! | V2 | `header·(10^4·E − ratio·(R + addons) − (2·meets − 1)·excess) = 0` | 4 |
//! | P1 | `live`, `sign` and `joined` are bits | 3 |
//! | P2 | `(1 − live)·magnitude = 0` | 3 |
//! | G1 | `sign` is a bit | 3 |
//! | L1 | `charge` is a bit | 3 |
//! | T1 | `power = 1` in the first row, `power⁺ = power·point` | 3 |
//! | T2 | point and ratio are public and the same in every row | 2 |
//!
//! E is `(1 − 2·negative)` times its limbs, R and the excess are their limbs. The risk lane holds
//! nothing but limbs: every vector in it is not negative, and that is the certificate. With c a
//! charge of an underlying and y what it leaves, `c ≥ 0`, `y = c − L ≥ 0` and `Σ c = R` in every
//! scenario, so `Σ max(0, L) ≤ R`. With a single underlying R itself is the charge.

use super::super::statement::Row;
use super::algebra::{joined, Cells, Value};
use super::columns::{fixed, Columns};
use crate::Fr;

/// V1 to T2.
pub fn gates<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<(&'static str, T)> {
    let a = |column: usize| cells.advice(column, 0);
    let active = || cells.fixed(fixed::ACTIVE);
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
        ("V1 meets", bit(account.meets)),
        ("V1 negative", bit(account.negative)),
    ];
    let equity = (one() - double(a(account.negative))) * limbs(account.equity, money);
    let requirement = limbs(account.scenario, money) + a(account.addons);
    let excess = limbs(account.excess, columns.shape.verdict_limbs());
    let verdict = equity.scaled(Fr::from(10_000))
        - a(table.ratio) * requirement
        - (double(a(account.meets)) - one()) * excess;
    gates.push(("V2 verdict", a(columns.hash.header) * active() * verdict));
    for slot in &columns.positions {
        gates.push(("P1 live", bit(slot.live)));
        gates.push(("P1 sign", bit(slot.sign)));
        gates.push(("P1 joined", bit(slot.joined)));
        let size = limbs(slot.magnitude, columns.shape.quantity_limbs());
        gates.push(("P2 empty", active() * (one() - a(slot.live)) * size));
    }
    for slot in &columns.groups {
        gates.push(("G1 sign", bit(slot.sign)));
    }
    gates.push(("L1 charge", bit(columns.risk.charge)));
    let first = || cells.fixed(fixed::FIRST);
    gates.push(("T1 start", first() * (a(table.power) - one())));
    let next = cells.advice(table.power, 1);
    gates.push((
        "T1 power",
        active() * (next - a(table.power) * a(table.point)),
    ));
    for (column, row) in [(table.point, Row::Point), (table.ratio, Row::Ratio)] {
        let public = cells.instance(0, row as i32);
        gates.push(("T2 public", first() * (a(column) - public)));
        let next = cells.advice(column, 1);
        gates.push(("T2 constant", active() * (next - a(column))));
    }
    gates
}
