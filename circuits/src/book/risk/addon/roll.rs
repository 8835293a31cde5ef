//! The charge on the net delta of every expiry (BMSG4, BPOS5): a position that nets with others sends
//! its delta times the roll rate under its expiry, and the account is charged the absolute value of what
//! is there. A position that is alone in its expiry is charged like a group of one.

use crate::book::columns::PositionSlot;
use crate::book::message::{one, Held, Sender, Sink, Tag};
use crate::system::algebra::{Cells, Value};

/// What a position that nets with no other adds to the requirement.
pub(in crate::book) fn alone<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &Sender<'_, T, C, S>,
    slot: &PositionSlot,
    held: &Held<T>,
) -> T {
    (one::<T>() - to.a(slot.netted)) * held.size.clone() * to.a(slot.roll_size)
}

/// What a position adds to its expiry.
pub(in crate::book) fn position<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    slot: &PositionSlot,
    held: &Held<T>,
) {
    let rolled = to.a(slot.netted) * held.quantity.clone() * to.a(slot.roll);
    let expiry = [held.key.clone(), to.a(slot.expiry)];
    to.send(Tag::Group, rolled, expiry);
}
