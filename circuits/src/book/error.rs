//! Why there is no batch.

use zkmargin_engine::book::shape::{Shape, TooHeavy};
use zkmargin_engine::error::Error;

/// Why accounts do not make a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// An account cannot be evaluated.
    #[error("account {index} of the book: {error}")]
    Account {
        /// Index in the book.
        index: u64,
        /// Why.
        error: Box<Error>,
    },
    /// The accounts are too many, or hold too much, for the shape.
    #[error(transparent)]
    TooHeavy(#[from] TooHeavy),
    /// The shape is of a policy with another number of scenarios.
    #[error("the shape is for {shape} scenarios, the policy has {policy}\nhint: make the shape from the policy")]
    Scenarios {
        /// Scenarios of the shape.
        shape: usize,
        /// Scenarios of the policy.
        policy: usize,
    },
    /// The shape is of a policy of another form.
    #[error("the shape is of a policy with other nodes or lines of liquidity\nhint: make the shape from the policy")]
    Form,
    /// The policy has more underlyings than a batch of this shape has rows.
    #[error(
        "the policy has {underlyings} underlyings, a batch of {shape} holds {}\n\
         hint: take larger batches", shape.active_rows() - 1
    )]
    Underlyings {
        /// Underlyings of the policy other than cash.
        underlyings: usize,
        /// The shape.
        shape: Shape,
    },
    /// The market lists more cash and spot than a batch of this shape has masks for.
    #[error(
        "the market lists {assets} assets, cash and spot; a batch of {shape} holds {}\n\
         hint: make batches of a larger k", shape.assets()
    )]
    Assets {
        /// Cash and spot of the market.
        assets: usize,
        /// The shape.
        shape: Shape,
    },
    /// The market lists more than a batch of this shape holds.
    #[error(
        "the market lists {listed} instruments, a batch of {shape} holds {}\n\
         hint: take larger batches", shape.instruments()
    )]
    Market {
        /// Instruments of the market.
        listed: usize,
        /// The shape.
        shape: Shape,
    },
}
