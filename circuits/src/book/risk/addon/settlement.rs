//! Settlement, under format 2: a fee of the account, of each underlying with a position that scenarios move,
//! and of each position.
//!
//! That of a position is in its slot (BINS1) and is zero for what entry costs are booked into; that of the
//! account is fixed; that of an underlying is part of the lines of liquidity of its row (BLIQ2), and a row
//! there must be (BMSG6).

use crate::book::columns::{Columns, PositionSlot};
use crate::book::message::{Sender, Sink};
use crate::system::algebra::{Cells, Value};

/// What a position adds to the requirement.
pub(in crate::book) fn position<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &Sender<'_, T, C, S>,
    slot: &PositionSlot,
) -> Option<T> {
    slot.fee.map(|column| to.a(column))
}

/// What an account adds to its requirement by itself.
pub(in crate::book) fn account<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &Sender<'_, T, C, S>,
    columns: &Columns,
) -> Option<T> {
    columns
        .portfolio_fixed()
        .map(|portfolio| to.f(portfolio.account))
}
