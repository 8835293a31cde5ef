//! Cells of a pricing node by name: column, and row in the node. What they mean is in [`super`].

use crate::margin::columns::{Column, C0, C1, C2, C3, C4, C5, C6, C7, LIMB};

/// Rows of a node.
pub const NODE_ROWS: usize = 4;

/// A cell of a node.
pub type NodeCell = (Column, usize);

/// d1 on the grid.
pub const D: NodeCell = (C0, 0);
/// N(D).
pub const N1: NodeCell = (C1, 0);
/// φ(D).
pub const PHI1: NodeCell = (C2, 0);
/// q·F of options.
pub(crate) const FO: NodeCell = (C3, 0);
/// Same underlying as the slot before: `k`.
pub(crate) const SAME: NodeCell = (C4, 0);
/// The side on which d1 is beyond the table: `f`.
pub const SIDE: NodeCell = (C6, 0);
/// d2 without `r`, on the grid.
pub const G: NodeCell = (C0, 1);
/// N(G).
pub const N2: NodeCell = (C1, 1);
/// φ(G).
pub const PHI2: NodeCell = (C2, 1);
/// q·K of options.
pub(crate) const KO: NodeCell = (C3, 1);
/// High part of w.
pub const W_HIGH: NodeCell = (C4, 1);
/// G is clamped: `b`.
pub const CLAMP: NodeCell = (C6, 1);
/// Key of the shock, the price class.
pub const CLASS: NodeCell = (C0, 2);
/// λ, the logarithm of the shock.
pub const LAMBDA: NodeCell = (C1, 2);
/// `g`, the shock as a factor.
pub const GROSS: NodeCell = (C2, 2);
/// μ, the reciprocal of w.
pub(crate) const MU: NodeCell = (C3, 2);
/// B, `x + w²/2`.
pub(crate) const MONEYNESS: NodeCell = (C4, 2);
/// N(d2).
pub const N2X: NodeCell = (C1, 3);
/// Scaled distance of D to d1.
pub const Z: NodeCell = (C0, 3);
/// ρ, that distance times 2w.
pub const RHO: NodeCell = (C6, 2);
/// Low part of w.
pub const W_LOW: NodeCell = (C3, 3);
/// q·F of linear legs.
pub(crate) const FL: NodeCell = (C4, 3);
/// π, the parity of the distance of a clamp.
pub const PARITY: NodeCell = (C6, 3);
/// Limbs.
pub const LIMBS: [NodeCell; 4] = [(LIMB, 0), (LIMB, 1), (LIMB, 2), (LIMB, 3)];

/// P&L register `j`.
pub const fn register(j: usize) -> NodeCell {
    (if j < 4 { C5 } else { C7 }, j % 4)
}
