//! A venue: many accounts, the book over their leaves, and what it claims about them on chain.

use std::collections::BTreeMap;

use alloy_primitives::aliases::U88;
use alloy_primitives::{keccak256, Address, U256};
use ff::PrimeField;
use zkmargin_engine::account::net::net_derivatives;
use zkmargin_engine::account::Account;
use zkmargin_engine::book::{self, InstrumentTable};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::policy::Policy;

use super::abi::SolvencyRegistry::{publishCall, AssetTotal, Publication, Totals};
use super::binding::word;

/// Ratio that the published totals refer to, basis points.
const RATIO: u16 = 10_000;

/// A venue with its accounts.
#[derive(Clone, Copy, Debug)]
pub struct Venue<'a> {
    /// All accounts, in the order of the book.
    pub accounts: &'a [Account],
}

impl Venue<'_> {
    /// The book over all leaves.
    pub fn book(&self) -> Book {
        Book {
            leaves: self.accounts.iter().map(Account::leaf).collect(),
        }
    }

    /// What the venue publishes about its book at a market that its oracle has recorded.
    ///
    /// The totals are those that proofs of the book would show, in its units. No book is proven
    /// here: `bundle` is Keccak-256 of the leaves, 32 bytes each, least significant first, in the
    /// order of the book. With them anyone can rebuild the root.
    ///
    /// # Errors
    /// When an account cannot be valued, or there are too many of them.
    pub fn publication(
        &self,
        number: u64,
        market: &Market,
        oracle: Address,
        policy: &Policy,
    ) -> Result<publishCall, EngineError> {
        let book = self.book();
        let leaves: Vec<u8> = book.leaves.iter().flat_map(PrimeField::to_repr).collect();
        Ok(publishCall {
            number,
            publication: Publication {
                root: word(book.root()),
                market: word(market.digest()),
                oracle,
                policy: word(policy.digest()),
                bundle: keccak256(leaves),
                ratio: RATIO,
                accounts: number_of(self.accounts.len() as u64)?,
                totals: self.totals(market, policy)?,
            },
            assets: self.assets(),
        })
    }

    fn totals(&self, market: &Market, policy: &Policy) -> Result<Totals, EngineError> {
        let table = InstrumentTable::new(policy, market);
        let mut totals = book::Totals::default();
        for account in self.accounts {
            totals.count(&book::evaluate(&table, account)?, RATIO);
        }
        Ok(Totals {
            equity: totals.equity,
            shortfall: totals.shortfall,
            deficit: totals.deficit,
            failing: number_of(totals.failing)?,
            balanced: net_derivatives(self.accounts)
                .values()
                .all(|&quantity| quantity == 0),
        })
    }

    fn assets(&self) -> Vec<AssetTotal> {
        let positions = self.accounts.iter().flat_map(|account| &account.positions);
        let mut totals: BTreeMap<InstrumentId, (u128, u128)> = BTreeMap::new();
        for position in positions.filter(|p| p.id.kind().is_asset()) {
            let (long, short) = totals.entry(position.id).or_default();
            let side = if position.quantity < 0 { short } else { long };
            *side += u128::from(position.quantity.unsigned_abs());
        }
        let totals = totals.into_iter().map(|(id, (long, short))| AssetTotal {
            // An id has 88 bits.
            instrument: U88::saturating_from(U256::from(id.0)),
            long,
            short,
        });
        totals.collect()
    }
}

/// A number of accounts as the registry has it.
fn number_of(accounts: u64) -> Result<u32, EngineError> {
    u32::try_from(accounts).map_err(|_| EngineError::Engine {
        subject: format!("a book of {accounts} accounts"),
        problem: "the registry counts accounts in 32 bits",
        hint: "publish several books",
    })
}

#[cfg(test)]
mod tests {
    use zkmargin_desk::scene::Scene;
    use zkmargin_engine::risk::evaluate;

    use super::*;

    /// After a crash some accounts fail; those that still have equity are owed it like others.
    #[test]
    fn totals_mean_what_the_book_proves() {
        let scene = Scene::new().unwrap();
        let market = scene.market_after(2_400, true).unwrap();
        let policy = &scene.policy;
        let venue = Venue {
            accounts: &scene.accounts,
        };
        let made = venue.publication(0, &market, Address::ZERO, policy);
        let totals = made.unwrap().publication.totals;

        // By the margin engine, in 1e-8 USD.
        let (mut equity, mut shortfall, mut deficit, mut failing) = (0, 0, 0, 0);
        for account in venue.accounts {
            let evaluation = evaluate(policy, &market, account).unwrap();
            equity += evaluation.equity.max(0).unsigned_abs();
            shortfall += (-evaluation.equity).max(0).unsigned_abs();
            let missing = evaluation.shortfall(RATIO.into(), 0);
            failing += u32::from(missing.is_some());
            deficit += missing.unwrap_or(0);
        }
        assert!(failing > 0 && deficit > shortfall);
        assert_eq!(totals.failing, failing);
        // The book rounds otherwise: a dollar is much for that.
        let near = |book: u128, unit: u128, engine: u128| {
            assert!(
                (book / unit).abs_diff(engine) < 100_000_000,
                "{book} {engine}"
            );
        };
        near(totals.equity, 100_000_000, equity);
        near(totals.shortfall, 100_000_000, shortfall);
        near(totals.deficit, 1_000_000_000_000, deficit);
    }

    #[test]
    fn the_scene_s_trader_fits_its_circuit() {
        let scene = Scene::new().unwrap();
        let size = zkmargin_circuits::margin::witness::fitting_size(scene.account());
        assert_eq!(size, Ok(zkmargin_desk::scene::SIZE));
    }

    #[test]
    fn every_derivative_nets_to_zero() {
        let scene = Scene::new().unwrap();
        let venue = Venue {
            accounts: &scene.accounts,
        };
        let made = venue
            .publication(0, &scene.market, Address::ZERO, &scene.policy)
            .unwrap();
        let totals = made.publication.totals;
        assert!(totals.balanced);
        assert_eq!(
            (totals.failing, totals.shortfall, totals.deficit),
            (0, 0, 0)
        );
        assert_eq!(made.publication.accounts, 37);
        assert!(made.assets.is_sorted_by_key(|asset| asset.instrument));
    }
}
