//! What the constraint system depends on.

use zkmargin_engine::size::Size;

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
