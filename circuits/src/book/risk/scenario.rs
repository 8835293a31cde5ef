//! Losses of every underlying in every scenario, and the charges that cover them (BMSG6, BRSK1).
//!
//! A position sends its losses under `(account, underlying)`. A row of the risk lane is a vector of
//! numbers that are not negative: as a charge it is added there and under `(account, 0)`, where the
//! requirement bounds the charges; else it is what a charge leaves above the losses.

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
    let vector = (0..columns.shape.scenarios())
        .map(|s| joined(bits, columns.risk_limbs(s).map(|c| to.a(c))))
        .collect();
    let word = to.word(vector);
    let (key, charge) = (to.a(lane.key), to.a(lane.charge));
    let own = [key.clone(), to.a(lane.underlying)];
    to.send(Tag::Risk, sign(charge.clone()) * word.clone(), own);
    to.send(Tag::Risk, charge * word, [key, zero()]);
}
