//! The worst scenario: the requirement R of an account bounds the charges of every scenario (BMSG6).
//!
//! R is sent under `(account, sole)`: with `sole = 0` it bounds the charges, which the risk lane shares
//! among underlyings; else it is the charge of the only underlying that has losses.

use crate::book::columns::Columns;
use crate::book::message::{minus, one, Sender, Sink, Tag};
use crate::system::algebra::{Cells, Value};

/// R in every scenario, taken off what is under its key; `header` tells an account's row.
pub(in crate::book) fn account<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    columns: &Columns,
    (header, key): (T, T),
) {
    let lane = &columns.account;
    let requirement = to.joined(columns, lane.scenario, columns.shape.money_limbs());
    let flat = to.word(vec![one(); columns.shape.scenarios()]);
    let bound = minus(header * requirement * flat);
    to.send(Tag::Risk, bound, [key, to.a(lane.sole)]);
}
