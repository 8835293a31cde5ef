//! Capacity of a batch, and how a book is cut into batches.

use std::fmt;
use std::ops::Range;

use super::form::{Form, PortfolioForm};
use super::risk::{AccountRisk, MONEY_BITS};
use crate::account::{POSITIONS_IN_HEADER, POSITIONS_PER_LINK};
use crate::units::QUANTITY_BITS;

/// Leaves under a block: two levels of the 8-ary tree.
pub const BLOCK: usize = 64;
/// Hashes of a block.
pub const BLOCK_HASHES: usize = 9;
/// Position slots of a row.
pub const POSITIONS_PER_ROW: usize = 3;
/// Slots of netting groups of a row.
pub const GROUPS_PER_ROW: usize = 2;
/// Columns of the table of limbs: it holds eight times as many as there are rows.
pub const LIMB_TABLES: usize = 9;
/// Cash and spot of the smallest shape, and of any.
const LEAST_ASSETS: usize = 32;
const MOST_ASSETS: usize = 256;
/// Bits of the slack of the verdict, in basis points of 1e-16 USD.
const VERDICT_BITS: u32 = MONEY_BITS + 16;
/// Bits of the step between accounts and underlyings: keys of 2^16 accounts, codes of 12 bits.
const STEP_BITS: u32 = 29;
/// Smallest and largest `k`.
pub const K: std::ops::RangeInclusive<u32> = 10..=17;

/// Shape of a batch circuit of `2^k` rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    k: u32,
    form: Form,
}

impl Shape {
    /// The shape of `2^k` rows under a policy of format 1 and so many scenarios; `None` for a `k` out of
    /// [`K`].
    pub const fn new(k: u32, scenarios: usize) -> Option<Shape> {
        Shape::of(k, Form::grid(scenarios))
    }

    /// The shape of `2^k` rows under a policy of this form; `None` for a `k` out of [`K`].
    pub const fn of(k: u32, form: Form) -> Option<Shape> {
        if k >= *K.start() && k <= *K.end() {
            Some(Shape { k, form })
        } else {
            None
        }
    }

    /// What of a policy decides the columns.
    pub const fn form(self) -> Form {
        self.form
    }

    /// Columns of format 2.
    pub const fn portfolio(self) -> Option<PortfolioForm> {
        self.form.portfolio
    }

    /// Base-two logarithm of the rows.
    pub const fn k(self) -> u32 {
        self.k
    }

    /// Scenarios of the policy.
    pub const fn scenarios(self) -> usize {
        self.form.scenarios
    }

    /// Bits of a limb: the columns of the table hold all of them.
    pub const fn limb_bits(self) -> u32 {
        self.k + 3
    }

    /// Limbs of a quantity.
    pub const fn quantity_limbs(self) -> usize {
        QUANTITY_BITS.div_ceil(self.limb_bits()) as usize
    }

    /// Limbs of a sum of money.
    pub const fn money_limbs(self) -> usize {
        MONEY_BITS.div_ceil(self.limb_bits()) as usize
    }

    /// Limbs of the step from one row of the risk lane to the next, under format 2.
    pub const fn step_limbs(self) -> usize {
        STEP_BITS.div_ceil(self.limb_bits()) as usize
    }

    /// Limbs of the slack of a verdict.
    pub const fn verdict_limbs(self) -> usize {
        VERDICT_BITS.div_ceil(self.limb_bits()) as usize
    }

    /// Blocks of 64 leaves of a batch.
    pub const fn blocks(self) -> usize {
        10 << (self.k - 10)
    }

    /// Accounts of a batch at most.
    pub const fn accounts(self) -> usize {
        BLOCK * self.blocks()
    }

    /// Cash and spot that a market may list: each has masks of its own, whether it is listed or not.
    pub const fn assets(self) -> usize {
        let assets = LEAST_ASSETS << (self.k - *K.start());
        if assets < MOST_ASSETS {
            assets
        } else {
            MOST_ASSETS
        }
    }

    /// Rows of a secret that masks are made of: its commitment, the masks of the totals, and those of
    /// each asset.
    pub const fn mask_rows(self) -> usize {
        2 + self.assets()
    }

    /// First row of the secret on a side: 0 for the masks that are added, 1 for those taken off.
    pub const fn first_mask_row(self, side: usize) -> usize {
        self.blocks() * BLOCK_HASHES + side * self.mask_rows()
    }

    /// First row of the stream of accounts: above it are the tree and the masks.
    pub const fn first_stream_row(self) -> usize {
        self.first_mask_row(2)
    }

    /// Rows with constraints: all but the blinding rows and one where the sum ends.
    pub const fn active_rows(self) -> usize {
        (1 << self.k) - UNUSABLE - 1
    }

    /// What a batch holds.
    pub const fn capacity(self) -> Needs {
        let rows = self.active_rows();
        Needs {
            stream: rows - 1 - self.first_stream_row(),
            positions: rows * POSITIONS_PER_ROW,
            groups: rows * GROUPS_PER_ROW,
            risk: rows,
        }
    }

    /// Instruments that a market may list: one row each.
    pub const fn instruments(self) -> usize {
        self.active_rows()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "k = {}", self.k)
    }
}

/// Rows that halo2 keeps for blinding, and one more.
pub(super) const UNUSABLE: usize = 6;

/// What accounts take of each lane of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Rows of the hash lane.
    pub stream: usize,
    /// Position slots.
    pub positions: usize,
    /// Group slots.
    pub groups: usize,
    /// Rows of the risk lane.
    pub risk: usize,
}

impl Needs {
    /// What an account takes.
    pub fn of(risk: &AccountRisk) -> Needs {
        let positions = risk.places.len();
        let underlyings = risk.losses.len();
        Needs {
            stream: 1 + positions
                .saturating_sub(POSITIONS_IN_HEADER)
                .div_ceil(POSITIONS_PER_LINK),
            positions,
            groups: risk.groups.len(),
            // One each, and under format 1 one for what the charges of several leave of the requirement.
            risk: underlyings + usize::from(underlyings > 1 && risk.exposures.is_empty()),
        }
    }

    /// The sum.
    pub fn and(self, other: Needs) -> Needs {
        Needs {
            stream: self.stream + other.stream,
            positions: self.positions + other.positions,
            groups: self.groups + other.groups,
            risk: self.risk + other.risk,
        }
    }

    /// Whether this fits a capacity.
    pub fn fits(self, capacity: Needs) -> bool {
        self.stream <= capacity.stream
            && self.positions <= capacity.positions
            && self.groups <= capacity.groups
            && self.risk <= capacity.risk
    }
}

/// A block of accounts that no batch of this shape holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "accounts {first} to {} take {needs:?} of a batch of {shape}, which holds {:?}\n\
     hint: take a larger k, or split the largest accounts",
    first + BLOCK - 1, shape.capacity()
)]
pub struct TooHeavy {
    /// First account of the block.
    pub first: usize,
    /// What the block takes.
    pub needs: Needs,
    /// The shape.
    pub shape: Shape,
}

/// Cuts a book into as few batches of whole blocks as the lanes allow, none larger than it has to be: a
/// small last batch would take as long to prove, and say of few accounts that they are in it. A book
/// without accounts is one batch without accounts.
///
/// # Errors
/// When a single block is too heavy.
pub fn split(shape: Shape, needs: &[Needs]) -> Result<Vec<Range<usize>>, TooHeavy> {
    let fullest = fullest(shape, needs, shape.blocks())?;
    // The fewer blocks a batch may have, the more batches: the least that makes no more.
    let (mut few, mut enough) = (0, shape.blocks());
    let mut evenest = fullest.clone();
    while few + 1 < enough {
        let most = few.midpoint(enough);
        let batches = self::fullest(shape, needs, most)?;
        if batches.len() == fullest.len() {
            (evenest, enough) = (batches, most);
        } else {
            few = most;
        }
    }
    Ok(evenest)
}

/// Cuts a book into batches of at most so many blocks, each as full as the lanes allow.
///
/// # Errors
/// When a single block is too heavy.
pub fn fullest(
    shape: Shape,
    needs: &[Needs],
    blocks: usize,
) -> Result<Vec<Range<usize>>, TooHeavy> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut taken = Needs::default();
    for (i, block) in needs.chunks(BLOCK).enumerate() {
        let first = i * BLOCK;
        let sum = block.iter().fold(Needs::default(), |sum, n| sum.and(*n));
        if !sum.fits(shape.capacity()) {
            return Err(TooHeavy {
                first,
                needs: sum,
                shape,
            });
        }
        let end = first + block.len();
        let open = batches
            .last_mut()
            .filter(|b| b.len() + BLOCK <= BLOCK * blocks);
        match open {
            Some(batch) if taken.and(sum).fits(shape.capacity()) => {
                batch.end = end;
                taken = taken.and(sum);
            }
            _ => {
                batches.push(first..end);
                taken = sum;
            }
        }
    }
    if batches.is_empty() {
        batches.push(0..0);
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(count: usize, risk: usize) -> Vec<Needs> {
        let one = Needs {
            stream: 1,
            positions: 1,
            groups: 0,
            risk,
        };
        vec![one; count]
    }

    #[test]
    fn batches_are_few_and_none_is_larger_than_it_has_to_be() {
        let shape = Shape::new(10, 22).unwrap();
        let lengths = |needs: &[Needs]| -> Vec<usize> {
            let batches = split(shape, needs).unwrap();
            let ends = batches.iter().map(|b| b.end);
            assert!(batches
                .iter()
                .skip(1)
                .map(|b| b.start)
                .eq(ends.take(batches.len() - 1)));
            assert!(batches.iter().all(|b| b.start % BLOCK == 0));
            batches.iter().map(Range::len).collect()
        };
        assert_eq!(lengths(&[]), [0]);
        assert_eq!(lengths(&accounts(640, 1)), [640]);
        assert_eq!(lengths(&accounts(641, 1)), [384, 257]);
        assert_eq!(lengths(&accounts(1_000, 1)), [512, 488]);
        // Three blocks of these fill the risk lane.
        assert_eq!(lengths(&accounts(64 * 4, 5)), [128, 128]);
        // A heavy block is alone; no other cut has fewer batches.
        let mixed = [accounts(64, 15), accounts(64 * 8, 1)].concat();
        assert_eq!(lengths(&mixed), [64, 512]);
        assert!(split(shape, &accounts(64, 16)).is_err());
    }
}
