//! What a batch proves, as public inputs.
//!
//! | instance column | rows |
//! |---|---|
//! | 0 | [`Row`] |
//! | 1 | of the hash lane's fixed rows: roots of the blocks; commitments of the two secrets of masks; in the row of an asset's masks 1 or, for the second secret, −1, where the market lists an asset of that number |
//! | 2, 3 | long and short quantity of the asset in that row of the market, under masks; 0 for derivatives |

use ff::{Field, PrimeField};

use super::masks::between;
use super::shape::{Shape, BLOCK};
use super::table::InstrumentTable;
use super::tally::Tally;
use crate::account::{chain, Position};
use crate::commitment::{hash8, tag};
use crate::field::signed;
use crate::market::InstrumentId;
use crate::Fr;

/// Rows of the first instance column. The first five are under the masks of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Row {
    /// What is owed, 1e-16 USD.
    Equity = 0,
    /// Accounts that do not meet the ratio.
    Failing = 1,
    /// Total Σ max(0, −E), 1e-16 USD.
    Shortfall = 2,
    /// Total Σ max(0, ratio·IM − 10^4·E), 1e-20 USD.
    Deficit = 3,
    /// Word of open interest.
    Word = 4,
    /// Accounts.
    Accounts = 5,
    /// Ratio in basis points.
    Ratio = 6,
    /// Where the word is evaluated.
    Point = 7,
    /// Digest of the policy.
    Policy = 8,
    /// Digest of the market.
    Market = 9,
    /// Root of the book.
    Book = 10,
    /// Index of the first account.
    First = 11,
    /// Digest of what the venue holds itself.
    Inventory = 12,
}

/// Rows of the first instance column.
pub(crate) const ROWS: usize = 13;

/// Numbers of a batch under masks: each is what it is, plus a mask of the first secret, less that of the
/// second, as a field element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaskedTotals {
    /// [`super::Totals::equity`] with its slack.
    pub equity: Fr,
    /// [`super::Totals::failing`].
    pub failing: Fr,
    /// [`super::Totals::shortfall`] with its slack.
    pub shortfall: Fr,
    /// [`super::Totals::deficit`] with its slack.
    pub deficit: Fr,
    /// Word of open interest.
    pub word: Fr,
}

/// Gross quantities of one cash or spot asset under masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskedAsset {
    /// The asset.
    pub id: InstrumentId,
    /// Sum of long quantities.
    pub long: Fr,
    /// Sum of short quantities.
    pub short: Fr,
}

/// The statement of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchStatement {
    /// Digest of the policy.
    pub policy: Fr,
    /// Digest of the market.
    pub market: Fr,
    /// Root of the book that the batch is part of.
    pub book: Fr,
    /// [`inventory_digest`] of what the venue discloses to hold itself.
    pub inventory: Fr,
    /// Index of the first account, a multiple of 64.
    pub first: u64,
    /// Ratio in basis points.
    pub ratio: u16,
    /// Accounts: the one number that is shown as it is.
    pub accounts: u64,
    /// Sums over the accounts, under masks.
    pub totals: MaskedTotals,
    /// Every priced cash and spot asset of the market, in its order, under masks.
    pub assets: Vec<MaskedAsset>,
    /// Roots of the blocks of 64 leaves that hold accounts (one at least).
    pub roots: Vec<Fr>,
    /// Commitments of the two secrets that the masks are made of.
    pub secrets: [Fr; 2],
}

/// What a batch shows of its numbers between two secrets.
pub fn masked(
    tally: &Tally,
    table: &InstrumentTable,
    secrets: [Fr; 2],
) -> (MaskedTotals, Vec<MaskedAsset>) {
    let of = between(secrets, 0);
    let rounded = tally.totals.rounded();
    let totals = MaskedTotals {
        equity: Fr::from_u128(rounded.equity) + of[Row::Equity as usize],
        failing: Fr::from(rounded.failing) + of[Row::Failing as usize],
        shortfall: Fr::from_u128(rounded.shortfall) + of[Row::Shortfall as usize],
        deficit: Fr::from_u128(rounded.deficit) + of[Row::Deficit as usize],
        word: tally.word + of[Row::Word as usize],
    };
    let assets = (1..).zip(tally.assets(table)).map(|(number, asset)| {
        let of = between(secrets, number);
        MaskedAsset {
            id: asset.id,
            long: Fr::from_u128(asset.long) + of[0],
            short: Fr::from_u128(asset.short) + of[1],
        }
    });
    (totals, assets.collect())
}

/// Digest of holdings in derivatives, strictly sorted by instrument: a chain like that of a leaf.
pub fn inventory_digest(holdings: &[Position]) -> Fr {
    let mut header = [Fr::ZERO; 8];
    header[0] = Fr::from(holdings.len() as u64);
    let start = hash8(tag::INVENTORY, &header);
    chain(tag::INVENTORY, start, holdings)
}

/// Where words of open interest are evaluated: drawn from everything that the words add up, the
/// book, the market and the inventory. Whoever could choose a holding afterwards would find small
/// quantities that cancel any imbalance.
pub fn point(book_root: Fr, market_digest: Fr, inventory: Fr) -> Fr {
    let mut inputs = [Fr::ZERO; 8];
    inputs[..3].copy_from_slice(&[book_root, market_digest, inventory]);
    hash8(tag::OPEN_INTEREST, &inputs)
}

/// Root of a block of up to 64 leaves, the node two levels above them.
pub fn block_root(leaves: &[Fr]) -> Fr {
    // Places without an account are zero, as in the tree.
    let leaf = |i: usize| leaves.get(i).copied().unwrap_or_default();
    let node = |i: usize| hash8(tag::BOOK_NODE, &std::array::from_fn(|j| leaf(8 * i + j)));
    hash8(tag::BOOK_NODE, &std::array::from_fn(node))
}

/// Root of a block without accounts.
pub fn empty_block() -> Fr {
    block_root(&[])
}

/// Word of a disclosed inventory: `Σ q·point^row` over derivatives of the market.
pub fn inventory_word(point: Fr, quantities: impl Iterator<Item = (usize, i64)>) -> Fr {
    quantities
        .map(|(row, quantity)| signed(quantity.into()) * point.pow_vartime([row as u64]))
        .sum()
}

impl BatchStatement {
    /// Rows of each instance column at most, and whether there are as many in every market.
    pub fn instance_rows(shape: Shape) -> [(usize, bool); 4] {
        let assets = (shape.instruments(), false);
        [
            (ROWS, true),
            (shape.first_stream_row(), true),
            assets,
            assets,
        ]
    }

    /// The instance columns; `None` when the statement does not have the form of a batch of this
    /// shape: other assets than the market's, a wrong number of roots, more than a batch can hold.
    pub fn instances(&self, shape: Shape, table: &InstrumentTable) -> Option<Vec<Vec<Fr>>> {
        let blocks = (self.accounts as usize).div_ceil(BLOCK).max(1);
        let listed = table.assets().count();
        let fits = self.accounts <= shape.accounts() as u64
            && self.roots.len() == blocks
            && self.first % BLOCK as u64 == 0
            && table.entries.len() <= shape.instruments()
            && listed <= shape.assets();
        if !fits {
            return None;
        }
        let (mut long, mut short) = (vec![Fr::ZERO; table.entries.len()], Vec::new());
        short.clone_from(&long);
        let mut given = self.assets.iter();
        for (row, entry) in table.assets() {
            let asset = given.next().filter(|asset| asset.id == entry.id)?;
            (long[row], short[row]) = (asset.long, asset.short);
        }
        let columns = vec![self.rows(), self.digests(shape, listed), long, short];
        given.next().is_none().then_some(columns)
    }

    fn rows(&self) -> Vec<Fr> {
        let n = |v: u64| Fr::from(v);
        let mut rows = vec![Fr::ZERO; ROWS];
        let values = [
            (Row::Equity, self.totals.equity),
            (Row::Failing, self.totals.failing),
            (Row::Shortfall, self.totals.shortfall),
            (Row::Deficit, self.totals.deficit),
            (Row::Word, self.totals.word),
            (Row::Accounts, n(self.accounts)),
            (Row::Ratio, n(self.ratio.into())),
            (Row::Point, point(self.book, self.market, self.inventory)),
            (Row::Policy, self.policy),
            (Row::Market, self.market),
            (Row::Book, self.book),
            (Row::First, n(self.first)),
            (Row::Inventory, self.inventory),
        ];
        for (row, value) in values {
            rows[row as usize] = value;
        }
        rows
    }

    /// What is public of the rows above the stream of accounts, in a market of so many assets.
    fn digests(&self, shape: Shape, listed: usize) -> Vec<Fr> {
        let mut digests = vec![Fr::ZERO; shape.first_stream_row()];
        let empty = empty_block();
        for (block, digest) in digests.iter_mut().take(shape.blocks()).enumerate() {
            // As many roots as its accounts take: the blocks behind them have none.
            *digest = self.roots.get(block).copied().unwrap_or(empty);
        }
        for (side, sign) in [Fr::ONE, -Fr::ONE].into_iter().enumerate() {
            let first = shape.first_mask_row(side);
            digests[first] = self.secrets[side];
            // Masks of the totals stand before those of assets.
            digests[first + 2..][..listed].fill(sign);
        }
        digests
    }
}
