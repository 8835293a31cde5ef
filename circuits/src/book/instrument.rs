//! Look-ups of instruments: what a position slot says about its instrument is a row of the table.
//!
//! | no. | constraint |
//! |---|---|
//! | BINS1 | `(live, id, underlying, expiry, strike, asset, roll, abs(roll), short, losses, signed, absolute)`, under format 2 with the fee behind them, of a slot is `(listed, …)` of some row |
//!
//! `losses`, `signed` and `absolute` are words in γ of the fixed numbers of the row, and of its power
//! of the point. Rows without an instrument are all zero and serve the empty slots; a live slot
//! finds none of them, because `live` is looked up too.

use super::columns::{challenge, fixed, Columns, PositionSlot};
use super::message::zero;
use super::risk::addon::pricing_error;
use crate::system::algebra::{powers, Cells, Value};

/// The three words that the table offers in a row: losses, signed, absolute.
pub(crate) fn words<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> [T; 3] {
    let gamma = cells.challenge(challenge::GAMMA);
    let f = |column: usize| cells.fixed(column, 0);
    let scenarios = columns.shape.scenarios();
    let losses = powers(gamma.clone(), (0..scenarios).map(|s| f(fixed::LOSSES + s)));
    let power = f(fixed::DERIVATIVE) * cells.advice(columns.table.power, 0);
    let signed = [f(fixed::MARK), f(fixed::PER_SIGNED), power];
    let absolute = [
        pricing_error::of_equity(cells),
        f(fixed::PER_ABSOLUTE),
        zero(),
        pricing_error::of_owed(cells),
    ];
    [
        losses,
        powers(gamma.clone(), signed.into_iter()),
        powers(gamma, absolute.into_iter()),
    ]
}

/// What the table offers in a row.
pub fn offered<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<T> {
    let [losses, signed, absolute] = words(columns, cells);
    let f = |column: usize| cells.fixed(column, 0);
    let mut offered = vec![
        f(fixed::LISTED),
        f(fixed::ID),
        f(fixed::UNDERLYING),
        f(fixed::EXPIRY),
        f(fixed::STRIKE),
        f(fixed::ASSET),
        f(fixed::ROLL),
        f(fixed::ROLL_SIZE),
        f(fixed::SHORT),
        losses,
        signed,
        absolute,
    ];
    offered.extend(columns.portfolio_fixed().map(|portfolio| f(portfolio.fee)));
    offered
}

/// What a slot looks up.
pub fn asked<T: Value, C: Cells<T>>(slot: &PositionSlot, cells: &C) -> Vec<T> {
    let asked = [
        slot.live,
        slot.id,
        slot.underlying,
        slot.expiry,
        slot.strike,
        slot.asset,
        slot.roll,
        slot.roll_size,
        slot.short,
        slot.losses,
        slot.signed,
        slot.absolute,
    ];
    let asked = asked.into_iter().chain(slot.fee);
    asked.map(|column| cells.advice(column, 0)).collect()
}
