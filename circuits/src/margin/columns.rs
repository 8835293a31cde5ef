//! Columns of the margin circuit: advice, fixed, and which of them may be copied.
//!
//! Three lanes run side by side and share rows:
//!
//! | lane | columns | content |
//! |---|---|---|
//! | wide | `C0..C6`, `LIMB` (and `C7` in `large`) | pricing nodes, Poseidon permutations, table look-ups |
//! | arithmetic | `G0..G2` | one gate `qm·g0·g1 + q0·g0 + q1·g1 + qp·g2⁻ + public = active·g2` |
//! | range | `ACC`, `RANGE` | the market nodes; below them decompositions into 12-bit limbs |
//!
//! Beside the lanes stand four columns of the lookup argument ([`super::lookup`]): two of
//! multiplicities, and in a second phase a helper and a running sum.
//!
//! Every column, every column that may be copied and every fixed column costs a verifier on chain
//! about seven thousand gas, so lanes share columns wherever their rows allow it.

use zkmargin_engine::size::Size;

/// An advice column of the margin circuit, by its place here.
pub(crate) type Column = usize;

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
/// Sixth wide column: fourth powers of Poseidon, P&L registers 0 to 3.
pub const C5: Column = 5;
/// Seventh wide column.
pub const C6: Column = 6;
/// Limbs of pricing nodes, each in `[0, 2^12)` on every row.
pub const LIMB: Column = 7;
/// Arithmetic lane, left factor or linear term.
pub const G0: Column = 8;
/// Arithmetic lane, right factor or linear term; a home for free witnesses where no row reads it.
pub const G1: Column = 9;
/// Arithmetic lane, result.
pub const G2: Column = 10;
/// Range lane: running value; above the lane, digests of the bottom nodes of the market tree.
pub const ACC: Column = 11;
/// Range lane: limb, in `[0, 2^12)` on every row.
pub const RANGE: Column = 12;
/// P&L registers 4 to 7, only in sizes with more than four underlyings.
pub const C7: Column = 13;

/// Advice columns of the lanes.
pub const fn advice(size: Size) -> usize {
    if size.underlyings() > 4 {
        C7 + 1
    } else {
        C7
    }
}

/// Columns of the lookup argument: multiplicities of limbs and of the table; in the second phase the
/// helper and the running sum.
pub const fn argument(size: Size) -> [Column; 4] {
    let first = advice(size);
    [first, first + 1, first + 2, first + 3]
}

/// Challenges, by name.
pub mod challenge {
    /// Tells the parts of a tuple apart.
    pub(crate) const THETA: usize = 0;
    /// Where the fractions are summed.
    pub const ALPHA: usize = 1;
    /// Number of challenges.
    pub(crate) const COUNT: usize = 2;
}

/// Advice columns that may be copied: three permutation products.
pub(crate) const EQUALITY: [Column; 9] = [C0, C1, C2, C3, C4, G0, G1, G2, ACC];

/// Values of [`fixed::KIND`], 0 where a row is none of them.
pub(crate) mod kinds {
    /// Inputs of a hash.
    pub(crate) const INPUTS: u64 = 1;
    /// Exported registers.
    pub(crate) const EXPORT: u64 = 2;
    /// A block of S-boxes after which partial rounds come.
    pub(crate) const ROUNDS_NEXT: u64 = 3;
}

/// Fixed columns, by name.
///
/// Sizes above `small` have rows to spare, and columns are shared: keys and values of the table stand
/// on rows without Poseidon constants, and limbs are the tags of rows without a tuple.
pub mod fixed {
    use zkmargin_engine::size::Size;

    /// Constant of the first of three S-boxes of the next block.
    pub(crate) const K0: usize = 0;
    /// What a wide row without a node is: see `kinds`.
    pub const KIND: usize = 3;
    /// Poseidon: this block of S-boxes is 1 a full round, 2 nine partial rounds.
    pub const SBOXES: usize = 4;
    /// First row of a pricing node; 1 in the first slot, 2 where registers continue.
    pub const NODE: usize = 5;
    /// Table looked up by this row, 0 for none.
    pub const TAG: usize = 6;
    /// Table: tag of the row.
    pub const TABLE_TAG: usize = 7;
    /// Arithmetic: coefficient of the product.
    pub const QM: usize = 8;
    /// Arithmetic: coefficient of `g0`.
    pub const Q0: usize = 9;
    /// Arithmetic: coefficient of the result one row above.
    pub const QP: usize = 10;
    /// Arithmetic: coefficient of `g1`.
    pub const Q1: usize = 11;
    /// The state of a row: 0 on the last row and the blinding rows, elsewhere that of the range
    /// lane: 1 no row follows, 3 the next row continues the running value, 2 a market node.
    pub const ACTIVE: usize = 12;
    const SHARED: usize = 13;

    /// Whether the tables share columns with others in this size.
    pub const fn shared(size: Size) -> bool {
        !matches!(size, Size::Small)
    }

    /// Table: key, first and second value.
    pub const fn table(size: Size) -> [usize; 3] {
        let first = if shared(size) { K0 } else { SHARED };
        [first, first + 1, first + 2]
    }

    /// The integers below `2^12`, each on some row, and nothing else.
    pub const fn limbs(size: Size) -> usize {
        if shared(size) {
            TABLE_TAG
        } else {
            SHARED + 3
        }
    }

    /// Number of fixed columns.
    pub(crate) const fn count(size: Size) -> usize {
        if shared(size) {
            SHARED
        } else {
            SHARED + 4
        }
    }
}
