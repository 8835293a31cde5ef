//! What a batch proves, as public inputs.
//!
//! | instance column | rows |
//! |---|---|
//! | 0 | [`Row`] |
//! | 1 | digests of the hash lane's fixed rows: roots of the blocks, then the two mask commitments |
//! | 2, 3 | long and short quantity of the asset in that row of the market, 0 for derivatives |

use ff::{Field, PrimeField};

use super::risk::AccountRisk;
use super::shape::{Shape, BLOCK, BLOCK_HASHES};
use super::table::InstrumentTable;
use crate::account::{chain, Position};
use crate::commitment::{hash8, tag};
use crate::field::signed;
use crate::market::InstrumentId;
use crate::Fr;

/// Rows of the first instance column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Row {
    /// Total Σ max(0, E), 1e-16 USD.
    Equity = 0,
    /// Accounts that do not.
    Failing = 1,
    /// Total Σ max(0, −E), 1e-16 USD.
    Shortfall = 2,
    /// Total Σ max(0, ratio·IM − 10^4·E), 1e-20 USD.
    Deficit = 3,
    /// Masked word of open interest.
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

/// Sums over the accounts of a batch, or of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accounts.
    pub accounts: u64,
    /// Accounts that do not meet the ratio. A prover can show more, never fewer.
    pub failing: u64,
    /// Σ max(0, E) of all accounts, 1e-16 USD: what is owed to them.
    pub equity: u128,
    /// Σ max(0, −E), 1e-16 USD.
    pub shortfall: u128,
    /// Σ max(0, ratio·IM − 10^4·E), 1e-20 USD. A prover can show more, never less.
    pub deficit: u128,
}

impl Totals {
    /// Adds one account. The deficit saturates; every other sum of up to 2^30 accounts fits.
    pub fn count(&mut self, risk: &AccountRisk, ratio: u16) {
        self.accounts += 1;
        self.equity += risk.equity.max(0).unsigned_abs();
        self.shortfall += (-risk.equity).max(0).unsigned_abs();
        let excess = risk.excess(ratio);
        if excess < 0 {
            self.failing += 1;
            self.deficit = self.deficit.saturating_add(excess.unsigned_abs());
        }
    }

    /// The sum; `None` when it does not fit.
    pub fn checked_add(&self, other: &Totals) -> Option<Totals> {
        Some(Totals {
            accounts: self.accounts.checked_add(other.accounts)?,
            failing: self.failing.checked_add(other.failing)?,
            equity: self.equity.checked_add(other.equity)?,
            shortfall: self.shortfall.checked_add(other.shortfall)?,
            deficit: self.deficit.checked_add(other.deficit)?,
        })
    }
}

/// Gross quantities of one cash or spot asset, 1e-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetTotal {
    /// The asset.
    pub id: InstrumentId,
    /// Sum of long quantities.
    pub long: u128,
    /// Sum of short quantities.
    pub short: u128,
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
    /// Sums over the accounts.
    pub totals: Totals,
    /// Every priced cash and spot asset of the market, in its order.
    pub assets: Vec<AssetTotal>,
    /// Roots of the blocks of 64 leaves that hold accounts (one at least).
    pub roots: Vec<Fr>,
    /// Word of open interest, plus the first mask, less the second.
    pub word: Fr,
    /// Commitments of the two masks.
    pub masks: [Fr; 2],
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

/// The commitment of a mask.
pub fn mask_commitment(mask: Fr) -> Fr {
    let mut inputs = [Fr::ZERO; 8];
    inputs[0] = mask;
    hash8(tag::MASK, &inputs)
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
        let digests = shape.blocks() * BLOCK_HASHES + 2;
        let assets = (shape.instruments(), false);
        [(ROWS, true), (digests, true), assets, assets]
    }

    /// The instance columns; `None` when the statement does not have the form of a batch of this
    /// shape: other assets than the market's, a wrong number of roots, sums beyond what a batch
    /// can hold.
    pub fn instances(&self, shape: Shape, table: &InstrumentTable) -> Option<Vec<Vec<Fr>>> {
        let blocks = (self.totals.accounts as usize).div_ceil(BLOCK).max(1);
        let fits = self.totals.accounts <= shape.accounts() as u64
            && self.totals.failing <= self.totals.accounts
            && self.roots.len() == blocks
            && self.first % BLOCK as u64 == 0;
        if !fits || table.entries.len() > shape.instruments() {
            return None;
        }
        let n = |v: u64| Fr::from(v);
        let mut rows = vec![Fr::ZERO; ROWS];
        let values = [
            (Row::Equity, Fr::from_u128(self.totals.equity)),
            (Row::Failing, n(self.totals.failing)),
            (Row::Shortfall, Fr::from_u128(self.totals.shortfall)),
            (Row::Deficit, Fr::from_u128(self.totals.deficit)),
            (Row::Word, self.word),
            (Row::Accounts, n(self.totals.accounts)),
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
        let mut digests = vec![Fr::ZERO; shape.blocks() * BLOCK_HASHES + 2];
        let empty = empty_block();
        for (block, digest) in digests.iter_mut().take(shape.blocks()).enumerate() {
            // `fits` counted the roots: the blocks behind them have no accounts.
            *digest = self.roots.get(block).copied().unwrap_or(empty);
        }
        let first_mask = shape.blocks() * BLOCK_HASHES;
        digests[first_mask..].copy_from_slice(&self.masks);
        let mut long = vec![Fr::ZERO; table.entries.len()];
        let mut short = long.clone();
        let mut given = self.assets.iter();
        for (row, entry) in table.priced().filter(|(_, entry)| entry.is_asset()) {
            let asset = given.next().filter(|asset| asset.id == entry.id)?;
            long[row] = Fr::from_u128(asset.long);
            short[row] = Fr::from_u128(asset.short);
        }
        given
            .next()
            .is_none()
            .then_some(vec![rows, digests, long, short])
    }
}
