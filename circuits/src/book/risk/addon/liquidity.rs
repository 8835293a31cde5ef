//! Liquidity, under format 2: charges for exposures in delta and vega are above every line of the underlying.
//!
//! | no. | constraint | degree |
//! |---|---|---|
//! | BLIQ1 | `(underlying, slopes on the delta, slopes on the vega, added)` of a row of the risk lane is one of the table of underlyings | |
//! | BLIQ2 | `Σ γ^i·over_i = Σ γ^i·(C − slope_i·X − more_i)`, those of the delta first | 3 |
//!
//! The last three parts of BLIQ1 are words in γ. `over` are limbs, so the charge C is no less than any line on
//! the exposure X. A row without an underlying has lines of zero.

use crate::book::columns::{challenge, fixed, Columns};
use crate::book::exposure::ExposureLane;
use crate::book::message::zero;
use crate::book::risk::aggregate::market_risk::number;
use crate::system::algebra::{powers, Cells, Gate, Value};

/// The three words of the underlying in this row of the table.
pub(in crate::book) fn words<T: Value, C: Cells<T>>(
    columns: &Columns,
    cells: &C,
) -> Option<[T; 3]> {
    let portfolio = columns.portfolio_fixed()?;
    let gamma = cells.challenge(challenge::GAMMA);
    let [delta, vega] = portfolio.lines;
    let f = |column: usize| cells.fixed(column, 0);
    let of_delta = (0..delta).map(|i| f(portfolio.slopes + i));
    // Behind as many zeros as there are lines of the delta.
    let of_vega = (0..delta + vega).map(|i| match i < delta {
        true => zero(),
        false => f(portfolio.slopes + i),
    });
    let more = (0..delta + vega).map(|i| f(portfolio.more + i));
    Some([
        powers(gamma.clone(), of_delta),
        powers(gamma.clone(), of_vega),
        powers(gamma, more),
    ])
}

/// What a row of the risk lane looks up, and what the table offers in this row.
pub(in crate::book) fn look_up<T: Value, C: Cells<T>>(
    columns: &Columns,
    cells: &C,
) -> Option<Vec<(T, T)>> {
    let (lane, portfolio) = (columns.exposure?, columns.portfolio_fixed()?);
    let asked = std::iter::once(columns.risk.underlying).chain(lane.words);
    let asked = asked.map(|column| cells.advice(column, 0));
    let code = cells.fixed(portfolio.code, 0);
    let offered = std::iter::once(code).chain(words(columns, cells)?);
    Some(asked.zip(offered).collect())
}

/// BLIQ2.
pub(in crate::book) fn gate<T: Value, C: Cells<T>>(
    columns: &Columns,
    cells: &C,
    (lane, lines): (&ExposureLane, [usize; 2]),
) -> Gate<T> {
    let a = |column: usize| cells.advice(column, 0);
    let below = |i: usize| {
        let over: T = number(columns, cells, lane.over + i * columns.shape.money_limbs());
        a(lane.charges[usize::from(i >= lines[0])]) - over
    };
    let below = powers(
        cells.challenge(challenge::GAMMA),
        (0..lines[0] + lines[1]).map(below),
    );
    let [of_delta, of_vega, more] = lane.words.map(a);
    let [delta, vega] = lane.sizes.map(a);
    let line = delta * of_delta + vega * of_vega + more;
    (
        "BLIQ2 lines",
        cells.fixed(fixed::ACTIVE, 0) * (below - line),
    )
}
