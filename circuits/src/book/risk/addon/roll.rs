//! The charge on the net delta of every expiry (BMSG4): a position sends its delta times the roll rate
//! under its expiry, and the account is charged the absolute value of what is there.

use crate::book::columns::PositionSlot;
use crate::book::message::{Held, Sender, Sink, Tag};
use crate::system::algebra::{Cells, Value};

/// What a position adds to its expiry.
pub(in crate::book) fn position<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    slot: &PositionSlot,
    held: &Held<T>,
) {
    let rolled = held.quantity.clone() * to.a(slot.roll);
    let expiry = [held.key.clone(), to.a(slot.expiry)];
    to.send(Tag::Group, rolled, expiry);
}
