//! What the constraint system depends on.

use zkmargin_engine::size::Size;

/// Highest degree of any constraint; five keeps the extended domain at four times the rows.
pub const DEGREE: usize = 5;

/// What shapes the constraint system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Capacity.
    pub size: Size,
    /// Scenarios of the policy.
    pub scenarios: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            size: Size::Small,
            scenarios: 22,
        }
    }
}
