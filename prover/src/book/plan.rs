//! How a book is cut into batches: the one place that decides.

use std::ops::Range;

use zkmargin_engine::book::shape::K;
use zkmargin_engine::book::{split, Form, Needs, Shape};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::error::BookError;

/// The shape of batches of `2^k` rows under a policy.
///
/// # Errors
/// When there is no such shape.
pub fn shape(k: u32, policy: &Policy) -> Result<Shape, BookError> {
    Shape::of(k, Form::of(policy)).ok_or(BookError::Shape(k))
}

/// The smallest shape whose batches hold a market's price table.
///
/// # Errors
/// When the market lists more than the largest shape holds.
pub fn smallest(market: &Market, policy: &Policy) -> Result<Shape, BookError> {
    let listed = market.instruments().len();
    let holds = |k: &u32| {
        let shape = Shape::of(*k, Form::of(policy));
        shape.is_some_and(|shape| shape.instruments() >= listed)
    };
    shape(K.into_iter().find(holds).unwrap_or(K.end() + 1), policy)
}

/// Accounts of each batch. Every batch begins at a multiple of 64; an empty book is one batch.
///
/// # Errors
/// When 64 accounts that belong together hold more than a batch can.
pub fn plan(shape: Shape, needs: &[Needs]) -> Result<Vec<Range<usize>>, BookError> {
    Ok(split(shape, needs)?)
}
