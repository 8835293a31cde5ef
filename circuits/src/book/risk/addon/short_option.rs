//! The minimum on net short options (BMSG4, BPOS3).
//!
//! With `short` half the minimum of a contract and `S = Σ q·short` over a strike, the charge is
//! `abs(S) − S = 2·max(0, −S)`: `−S` is per signed quantity, `abs(S)` is that of a group. A position that
//! is alone in its strike is charged like a group of one.

use crate::book::columns::PositionSlot;
use crate::book::message::{one, Held, Sender, Sink, Tag};
use crate::system::algebra::{Cells, Value};

/// Whether a position nets with others of its strike, and half its minimum per contract.
pub(in crate::book) struct Strike<T> {
    joined: T,
    short: T,
}

impl<T: Value> Strike<T> {
    /// That of a slot.
    pub(in crate::book) fn of<C: Cells<T>, S: Sink<T>>(
        to: &Sender<'_, T, C, S>,
        slot: &PositionSlot,
    ) -> Self {
        Strike {
            joined: to.a(slot.joined),
            short: to.a(slot.short),
        }
    }

    /// What a position that nets with no other adds to the requirement.
    pub(in crate::book) fn alone(&self, held: &Held<T>) -> T {
        (one::<T>() - self.joined.clone()) * held.size.clone() * self.short.clone()
    }

    /// What a position adds to its strike.
    pub(in crate::book) fn position<C: Cells<T>, S: Sink<T>>(
        self,
        to: &mut Sender<'_, T, C, S>,
        slot: &PositionSlot,
        held: &Held<T>,
    ) {
        let netted = self.joined * held.quantity.clone() * self.short;
        let strike = [held.key.clone(), to.a(slot.strike)];
        to.send(Tag::Group, netted, strike);
    }
}
