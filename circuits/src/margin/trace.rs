//! The trace of the margin circuit.

use super::shape::Shape;
pub use crate::system::trace::{Cell, Lie, Var};

/// The assignment of a margin circuit.
pub type Trace = crate::system::trace::Trace<Shape>;

/// What a row is laid for; the gates of the lane read it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// A row of the arithmetic lane.
    Arithmetic,
    /// A row of the range lane.
    Range,
    /// A look-up in the table by a row of the wide lane.
    LookUp,
    /// Inputs of a hash, one of which is opened.
    Opening,
}
