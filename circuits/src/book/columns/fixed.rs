//! Fixed columns by name.

/// Rows with constraints.
pub const ACTIVE: usize = 0;
/// The first row.
pub(crate) const FIRST: usize = 1;
/// The row below the active ones.
pub(crate) const LAST: usize = 2;
/// Rows of the stream of accounts.
pub(crate) const STREAM: usize = 3;
/// Nodes of the tree.
pub(crate) const TREE: usize = 4;
/// Nodes that are no root of a block: their digest is a child.
pub(crate) const INNER: usize = 5;
/// Domain tag of nodes, secrets and masks.
pub const TAG: usize = 6;
/// Key of the first child of a node; before the stream, that of its first account less one.
pub(crate) const KEY: usize = 7;
/// Key of a node less that of its first child.
pub(crate) const OWN: usize = 8;
/// Masks of the totals: 1 in the row of those of the first secret, −1 in that of the second.
pub(crate) const MASK: usize = 9;
/// Rows that hash a secret: its commitment, and its masks.
pub(crate) const SECRET: usize = 10;
/// Masks of an asset: its number.
pub const INDEX: usize = 11;
/// Rows whose digest is public.
pub(crate) const PUBLIC: usize = 12;
/// First of the columns of limbs.
pub const LIMB: usize = 13;
/// Table: this row is a priced instrument.
pub(crate) const LISTED: usize = 22;
/// Table: instrument id.
pub(crate) const ID: usize = 23;
/// Table: underlying.
pub(crate) const UNDERLYING: usize = 24;
/// Table: expiry group.
pub(crate) const EXPIRY: usize = 25;
/// Table: strike group.
pub(crate) const STRIKE: usize = 26;
/// Table: number among cash and spot.
pub const ASSET: usize = 27;
/// Table: roll per contract.
pub(crate) const ROLL: usize = 28;
/// Table: absolute value of the roll per contract.
pub(crate) const ROLL_SIZE: usize = 29;
/// Table: short-option minimum per contract.
pub(crate) const SHORT: usize = 30;
/// Table: mark.
pub(crate) const MARK: usize = 31;
/// Table: error of the mark.
pub(crate) const MARK_ERROR: usize = 32;
/// Table: requirement per signed contract.
pub(crate) const PER_SIGNED: usize = 33;
/// Table: requirement per absolute contract.
pub(crate) const PER_ABSOLUTE: usize = 34;
/// Table: a derivative, which enters the word of open interest.
pub(crate) const DERIVATIVE: usize = 35;
/// Table: first of the losses by scenario.
pub(crate) const LOSSES: usize = 36;
