//! What accounts add to their batch, as plain numbers.

use std::collections::BTreeMap;

use ff::Field;

use super::risk::AccountRisk;
use super::table::InstrumentTable;
use crate::account::Position;
use crate::field::signed;
use crate::market::InstrumentId;
use crate::Fr;

/// Sums over the accounts of a batch, or of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accounts.
    pub accounts: u64,
    /// Accounts that do not meet the ratio. A prover can show more, never fewer.
    pub failing: u64,
    /// What is owed to all accounts that are owed anything, 1e-16 USD, never less: the certified error of
    /// prices is added, and what rounds a batch up to whole USD.
    pub equity: u128,
    /// Σ max(0, −E), 1e-16 USD. A prover can show more, never less.
    pub shortfall: u128,
    /// Σ max(0, ratio·IM − 10^4·E), 1e-20 USD. A prover can show more, never less.
    pub deficit: u128,
}

/// Units of equity and shortfall in a USD.
const USD: u128 = 10_000_000_000_000_000;
/// Units of the deficit in a USD.
const USD_BP: u128 = 10_000 * USD;

/// What raises a number to a multiple of a unit.
const fn to_next(value: u128, unit: u128) -> u128 {
    (unit - value % unit) % unit
}

impl Totals {
    /// Adds one account. The deficit saturates; every other sum of up to 2^30 accounts fits.
    pub fn count(&mut self, risk: &AccountRisk, ratio: u16) {
        self.accounts += 1;
        self.equity += risk.owed();
        self.shortfall += (-risk.equity).max(0).unsigned_abs();
        let excess = risk.excess(ratio);
        if excess < 0 {
            self.failing += 1;
            self.deficit = self.deficit.saturating_add(excess.unsigned_abs());
        }
    }

    /// What a batch adds to its equity, shortfall and deficit so that they are whole USD: the last digits
    /// of a sum over few accounts would tell what they hold.
    pub fn slack(&self) -> [u128; 3] {
        [
            to_next(self.equity, USD),
            to_next(self.shortfall, USD),
            to_next(self.deficit, USD_BP),
        ]
    }

    /// With their slack.
    #[must_use]
    pub fn rounded(self) -> Totals {
        let [equity, shortfall, deficit] = self.slack();
        Totals {
            equity: self.equity.saturating_add(equity),
            shortfall: self.shortfall.saturating_add(shortfall),
            deficit: self.deficit.saturating_add(deficit),
            ..self
        }
    }

    /// The sum; the deficit saturates.
    #[must_use]
    pub fn and(self, other: &Totals) -> Totals {
        Totals {
            accounts: self.accounts + other.accounts,
            failing: self.failing + other.failing,
            equity: self.equity + other.equity,
            shortfall: self.shortfall + other.shortfall,
            deficit: self.deficit.saturating_add(other.deficit),
        }
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

/// What accounts add to their batch, before anything is hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sums of money, without slack.
    pub totals: Totals,
    /// Word of open interest.
    pub word: Fr,
    /// Long and short by row of the market.
    pub assets: BTreeMap<usize, (u128, u128)>,
}

impl Tally {
    /// Adds one account; returns its own word of open interest. `powers` are those of the point, by row
    /// of the market.
    pub fn count(
        &mut self,
        (table, powers): (&InstrumentTable, &[Fr]),
        positions: &[Position],
        risk: &AccountRisk,
        ratio: u16,
    ) -> Fr {
        let mut word = Fr::ZERO;
        for (position, place) in positions.iter().zip(&risk.places) {
            let row = place.row;
            match table.entries.get(row) {
                Some(Ok(entry)) if entry.is_asset() => {
                    let (long, short) = self.assets.entry(row).or_default();
                    let side = if position.quantity < 0 { short } else { long };
                    *side += u128::from(position.quantity.unsigned_abs());
                }
                _ => word += signed(position.quantity.into()) * powers[row],
            }
        }
        self.totals.count(risk, ratio);
        self.word += word;
        word
    }

    /// The sum.
    #[must_use]
    pub fn and(mut self, other: &Tally) -> Tally {
        self.totals = self.totals.and(&other.totals);
        self.word += other.word;
        for (row, (long, short)) in &other.assets {
            let sum = self.assets.entry(*row).or_default();
            sum.0 += long;
            sum.1 += short;
        }
        self
    }

    /// Gross quantities of every priced asset of the market, in its order.
    pub fn assets(&self, table: &InstrumentTable) -> Vec<AssetTotal> {
        let total = |(row, entry): (usize, &super::Entry)| {
            let (long, short) = self.assets.get(&row).copied().unwrap_or_default();
            let id = entry.id;
            AssetTotal { id, long, short }
        };
        table.assets().map(total).collect()
    }
}
