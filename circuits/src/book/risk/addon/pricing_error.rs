//! The certified error of prices: taken off equity and added to the requirement, per absolute quantity.
//! What is owed is at most equity and twice the error, so the account has the error itself, too. All
//! three reach the account in the words of its positions (BINS1, BMSG5).

use crate::book::columns::fixed;
use crate::book::message::minus;
use crate::system::algebra::{Cells, Value};

/// What a contract of the instrument in this row adds to equity.
pub(in crate::book) fn of_equity<T: Value, C: Cells<T>>(cells: &C) -> T {
    minus(cells.fixed(fixed::MARK_ERROR, 0))
}

/// The error itself, which equity is raised by twice where it is owed.
pub(in crate::book) fn of_owed<T: Value, C: Cells<T>>(cells: &C) -> T {
    cells.fixed(fixed::MARK_ERROR, 0)
}
