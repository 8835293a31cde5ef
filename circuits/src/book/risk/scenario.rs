//! Losses of every underlying in every scenario, and the charges that cover them (BMSG6, BRSK1).
//!
//! A position sends its losses under `(account, underlying)`. A row of the risk lane is a vector of
//! numbers that are not negative, one per scenario: as a charge a number covers what is lost there and is
//! added under `(account, 0)`, where the requirement bounds the charges; else it is what a charge leaves
//! above the losses. So a row is enough for an underlying: its losses are charges, its gains are left.

use crate::book::columns::{Columns, PositionSlot};
use crate::book::message::{sign, zero, Held, Sender, Sink, Tag};
use crate::system::algebra::{joined, Cells, Value};

/// What a position loses in every scenario.
pub(in crate::book) fn position<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    slot: &PositionSlot,
    held: &Held<T>,
) {
    let losses = held.quantity.clone() * to.a(slot.losses);
    let own = [held.key.clone(), to.a(slot.underlying)];
    to.send(Tag::Risk, losses, own);
}

/// Charges, and what they leave above the losses.
pub(in crate::book) fn vectors<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    columns: &Columns,
) {
    let lane = &columns.risk;
    let bits = columns.shape.limb_bits();
    let number = |s| joined(bits, columns.risk_limbs(s).map(|c| to.a(c)));
    let (left, charged): (Vec<T>, Vec<T>) = (0..columns.shape.scenarios())
        .map(|s| {
            let (number, charge) = (number(s), to.a(lane.charges + s));
            (sign(charge.clone()) * number.clone(), charge * number)
        })
        .unzip();
    let (left, charged) = (to.word(left), to.word(charged));
    let key = to.a(lane.key);
    let own = [key.clone(), to.a(lane.underlying)];
    to.send(Tag::Risk, left, own);
    to.send(Tag::Risk, charged, [key, zero()]);
}
