//! An underlying of an account under format 2: its losses, what they require, and its exposures.
//!
//! A row of the risk lane has `R` and, for each scenario, the number y that R leaves: `ℓ = R − y` is what is
//! lost there. All are limbs, so R is no less than any loss. Rows are in the order of accounts and
//! underlyings, so none is there twice: a charge that grows faster than its exposure, as the lines of
//! liquidity do, is that of the whole exposure.
//!
//! | no. | constraint | degree |
//! |---|---|---|
//! | BRSK2 | `2^12·(key⁺ − key) + underlying⁺ − underlying = 1 + step` | 2 |
//! | BEXP1 | `2^24·X − ℓ = above`, for each of the four nodes that tell an exposure | 2 |
//! | BEXP2 | `2^24·X + ℓ = above`, for each of them | 2 |
//!
//! A position that scenarios move sends its underlying's code beside its losses, and the row takes the sum:
//! so there is a row, and its fee is charged, even where nothing can be lost (BMSG6).

use crate::book::columns::{fixed, Columns, PositionSlot};
use crate::book::exposure::ExposureLane;
use crate::book::message::{minus, zero, Held, Sender, Sink, Tag};
use crate::system::algebra::{joined, Cells, Gate, Value};
use zkmargin_engine::book::exposure::EXPOSURE_BITS;
use zkmargin_engine::book::form::PortfolioForm;
use zkmargin_engine::field::pow2;

/// Bits of the code of an underlying.
pub(in crate::book) const CODE_BITS: u32 = 12;

/// A number of the lane, in limbs.
pub(in crate::book::risk) fn number<T: Value, C: Cells<T>>(
    columns: &Columns,
    cells: &C,
    first: usize,
) -> T {
    let shape = columns.shape;
    let limbs = first..first + shape.money_limbs();
    joined(shape.limb_bits(), limbs.map(|c| cells.advice(c, 0)))
}

/// What is lost at a scenario.
fn loss<T: Value, C: Cells<T>>(
    columns: &Columns,
    cells: &C,
    lane: &ExposureLane,
    scenario: usize,
) -> T {
    let left = number(columns, cells, columns.risk_limbs(scenario).start);
    number::<T, C>(columns, cells, lane.required) - left
}

/// What a position loses in every scenario, behind its underlying.
pub(in crate::book) fn position<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    slot: &PositionSlot,
    held: &Held<T>,
) {
    let losses = held.quantity.clone() * to.a(slot.losses);
    let underlying = to.a(slot.underlying);
    let sent = to.word(vec![underlying.clone(), losses]);
    to.send(Tag::Risk, sent, [held.key.clone(), underlying]);
}

/// What a row takes of the positions, and what the account is charged for it.
pub(in crate::book) fn row<T: Value, C: Cells<T>, S: Sink<T>>(
    to: &mut Sender<'_, T, C, S>,
    columns: &Columns,
    lane: &ExposureLane,
) {
    let losses = (0..columns.shape.scenarios()).map(|s| loss(columns, to.cells, lane, s));
    let taken = std::iter::once(to.a(lane.positions))
        .chain(losses)
        .collect();
    let taken = minus(to.word(taken));
    let key = to.a(columns.risk.key);
    to.send(
        Tag::Risk,
        taken,
        [key.clone(), to.a(columns.risk.underlying)],
    );
    let [delta, vega] = lane.charges.map(|column| to.a(column));
    let required = number::<T, C>(columns, to.cells, lane.required);
    let charged = to.word(vec![zero(), required + delta + vega]);
    to.send(Tag::Account, charged, [key]);
}

/// BRSK2, BEXP1, BEXP2.
pub(in crate::book) fn gates<T: Value, C: Cells<T>>(
    columns: &Columns,
    cells: &C,
    (lane, form): (&ExposureLane, &PortfolioForm),
) -> Vec<Gate<T>> {
    let active = || cells.fixed(fixed::ACTIVE, 0);
    let (shape, risk) = (columns.shape, &columns.risk);
    let place = |rotation| {
        let key = cells.advice(risk.key, rotation);
        key.scaled(pow2(CODE_BITS)) + cells.advice(risk.underlying, rotation)
    };
    let limbs = lane.step..lane.step + shape.step_limbs();
    let step: T = joined(shape.limb_bits(), limbs.map(|c| cells.advice(c, 0)));
    let mut gates = vec![(
        "BRSK2 order",
        active() * (place(1) - place(0) - T::small(1) - step),
    )];
    let mut above = (lane.above..).step_by(shape.money_limbs());
    for (kind, nodes) in form.nodes.iter().enumerate() {
        for node in nodes {
            let size: T = cells
                .advice(lane.sizes[kind], 0)
                .scaled(pow2(EXPOSURE_BITS));
            let loss: T = loss(columns, cells, lane, *node);
            for (name, beyond) in [
                ("BEXP1 loss", size.clone() - loss.clone()),
                ("BEXP2 gain", size + loss),
            ] {
                let above = above.next().map(|first| number(columns, cells, first));
                let above: T = above.unwrap_or_else(zero);
                gates.push((name, active() * (beyond - above)));
            }
        }
    }
    gates
}
