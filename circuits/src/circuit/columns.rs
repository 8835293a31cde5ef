//! Columns of the margin circuit: advice, fixed, and which of them may be copied.
//!
//! Three lanes run side by side and share rows:
//!
//! | lane | columns | content |
//! |---|---|---|
//! | wide | `C0..C6`, `LIMB` (and `C7` in `large`) | pricing nodes, Poseidon permutations, table look-ups |
//! | arithmetic | `G0..G3` | one gate `qm·g0·g1 + q0·g0 + q1·g1 + q2·g2 + qk = out·g3` |
//! | range | `ACC`, `RANGE` | decompositions into 12-bit limbs |
//!
//! `MARKET` holds the digests of the market's bottom nodes, a dynamic part of the lookup table.

use super::trace::Column;

/// First wide column.
pub const C0: Column = 0;
/// Second wide column.
pub const C1: Column = 1;
/// Third wide column.
pub const C2: Column = 2;
/// Fourth wide column.
pub const C3: Column = 3;
/// Fifth wide column.
pub const C4: Column = 4;
/// Sixth wide column: Poseidon squares, P&L registers 0 to 3.
pub const C5: Column = 5;
/// Seventh wide column.
pub const C6: Column = 6;
/// Limbs of pricing nodes, each in `[0, 2^12)` on every row.
pub const LIMB: Column = 7;
/// Arithmetic lane, left factor.
pub const G0: Column = 8;
/// Arithmetic lane, right factor.
pub const G1: Column = 9;
/// Arithmetic lane, addend.
pub const G2: Column = 10;
/// Arithmetic lane, result.
pub const G3: Column = 11;
/// Range lane: running value.
pub const ACC: Column = 12;
/// Range lane: limb, in `[0, 2^12)` on every row.
pub const RANGE: Column = 13;
/// Digests of the bottom nodes of the market tree.
pub const MARKET: Column = 14;
/// P&L registers 4 to 7, only in sizes with more than four underlyings.
pub const C7: Column = 15;

/// Advice columns in a size with up to four underlyings.
pub const ADVICE: usize = 15;

/// Advice columns that may be copied; with the instance column they fill four permutation products.
pub const EQUALITY: [Column; 11] = [C0, C1, C2, C3, C4, G0, G1, G2, G3, ACC, MARKET];

/// Fixed columns, by name.
pub mod fixed {
    /// Constant of the first of three S-boxes of the next block; node index on pricing rows.
    pub const K0: usize = 0;
    /// Poseidon: inputs; 1 plain, 2 with an opening.
    pub const ABSORB: usize = 3;
    /// Poseidon: this block is a full round.
    pub const FULL: usize = 4;
    /// Poseidon: this block is nine partial rounds.
    pub const PARTIAL: usize = 5;
    /// Poseidon: the next block is nine partial rounds.
    pub const NEXT: usize = 6;
    /// First row of a pricing node; 1 in the first slot, 2 where registers continue.
    pub const NODE: usize = 7;
    /// Row that exports the registers of the last slot.
    pub const EXPORT: usize = 8;
    /// Table looked up by this row, 0 for none.
    pub const TAG: usize = 9;
    /// Table: tag of the row.
    pub const TABLE_TAG: usize = 10;
    /// Table: tag times key.
    pub const TABLE_KEY: usize = 11;
    /// Table: tag times first value.
    pub const TABLE_A: usize = 12;
    /// Table: tag times second value.
    pub const TABLE_B: usize = 13;
    /// Arithmetic: coefficient of the product.
    pub const QM: usize = 14;
    /// Arithmetic: coefficient of `g0`.
    pub const Q0: usize = 15;
    /// Arithmetic: coefficient of `g1`.
    pub const Q1: usize = 16;
    /// Arithmetic: coefficient of `g2`.
    pub const Q2: usize = 17;
    /// Arithmetic: constant.
    pub const QK: usize = 18;
    /// Range: coefficient of the running value.
    pub const RANGE_HERE: usize = 19;
    /// Range: coefficient of the next running value.
    pub const RANGE_NEXT: usize = 20;
    /// The integers below `2^12`.
    pub const LIMBS: usize = 21;
    /// Arithmetic: 1 on rows in use.
    pub const OUT: usize = 22;
    /// Number of fixed columns.
    pub const COUNT: usize = 23;
}
