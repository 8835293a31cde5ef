//! A venue: many accounts, the book over their leaves, and what it claims about them on chain.

use std::collections::BTreeMap;

use alloy_primitives::aliases::U88;
use alloy_primitives::{keccak256, Address, U256};
use ff::PrimeField;
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::{self, InstrumentTable};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::requirement::evaluate;
use zkmargin_engine::Fr;

use super::abi::SolvencyRegistry::{publishCall, AssetTotal, Publication, Totals};
use super::binding::word;
use crate::generate::account::{account, AccountSpec, Style};
use crate::generate::GenerateError;

/// Ratio that the published totals refer to, basis points.
const RATIO: u16 = 10_000;

/// A venue with its accounts.
#[derive(Clone, Debug)]
pub struct Venue {
    /// All accounts, in the order of the book.
    pub accounts: Vec<Account>,
}

impl Venue {
    /// A venue of `customers` generated accounts, and one of its own that takes the other side of
    /// every derivative, so that longs and shorts are equal.
    ///
    /// Equal seeds give equal accounts, secrets included: for demonstrations and tests only.
    ///
    /// # Errors
    /// When the market has too few instruments.
    pub fn insecure(
        seed: u64,
        customers: usize,
        market: &Market,
        policy: &Policy,
    ) -> Result<Self, GenerateError> {
        let styles = [Style::Hedged, Style::Short, Style::Long, Style::Mixed];
        let made = styles.into_iter().cycle().zip(seed..).take(customers);
        let accounts = made.map(|(style, seed)| {
            let spec = AccountSpec {
                insecure_seed: Some(seed),
                positions: 4 + (seed % 9) as usize,
                style,
                ratio_bp: 12_000,
            };
            Ok(account(&spec, market, policy)?.account)
        });
        let accounts = accounts.collect::<Result<Vec<_>, GenerateError>>()?;
        Ok(Venue { accounts })
    }

    /// Adds an account, and returns its index in the book.
    pub fn admit(&mut self, account: Account) -> usize {
        self.accounts.push(account);
        self.accounts.len() - 1
    }

    /// Adds the venue's own account: the other side of every derivative, and enough dollars.
    ///
    /// # Errors
    /// When it cannot be valued, or the policy has no dollar.
    pub fn take_other_side(&mut self, market: &Market, policy: &Policy) -> Result<(), EngineError> {
        let mut net = self.net_derivatives();
        net.values_mut().for_each(|quantity| *quantity = -*quantity);
        let dollar = policy.underlying("USD").filter(|u| u.cash);
        let dollar = dollar.ok_or_else(|| EngineError::Engine {
            subject: format!("the policy {}", policy.name()),
            problem: "there is no cash asset USD",
            hint: "add one: a venue without dollars cannot take the other side",
        })?;
        let dollars = InstrumentId::new(dollar.code, 0, 0, Kind::Cash);
        let holding = |net: &BTreeMap<InstrumentId, i64>| Account {
            owner: Fr::from(1),
            secret: Fr::from(2),
            salt: Fr::from(3),
            positions: net
                .iter()
                .filter(|(_, quantity)| **quantity != 0)
                .map(|(&id, &quantity)| Position { id, quantity })
                .collect(),
        };
        let missing = evaluate(policy, market, &holding(&net))?.shortfall(2 * u32::from(RATIO), 0);
        let sum = i64::try_from(missing.unwrap_or_default()).unwrap_or(i64::MAX >> 2);
        net.insert(dollars, sum.max(1));
        self.accounts.push(holding(&net));
        Ok(())
    }

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
        for account in &self.accounts {
            totals.count(&book::evaluate(&table, market, account)?, RATIO);
        }
        Ok(Totals {
            equity: totals.equity,
            shortfall: totals.shortfall,
            deficit: totals.deficit,
            failing: number_of(totals.failing)?,
            balanced: self
                .net_derivatives()
                .values()
                .all(|&quantity| quantity == 0),
        })
    }

    fn positions(&self) -> impl Iterator<Item = &Position> {
        self.accounts.iter().flat_map(|account| &account.positions)
    }

    fn net_derivatives(&self) -> BTreeMap<InstrumentId, i64> {
        let mut net = BTreeMap::new();
        for position in self.positions().filter(|p| !is_asset(p.id)) {
            *net.entry(position.id).or_default() += position.quantity;
        }
        net
    }

    fn assets(&self) -> Vec<AssetTotal> {
        let mut totals: BTreeMap<InstrumentId, (u128, u128)> = BTreeMap::new();
        for position in self.positions().filter(|p| is_asset(p.id)) {
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

fn is_asset(id: InstrumentId) -> bool {
    matches!(id.kind(), Kind::Cash | Kind::Spot)
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
    use super::super::scene::Scene;
    use super::*;

    /// After a crash some accounts fail; those that still have equity are owed it like others.
    #[test]
    fn totals_mean_what_the_book_proves() {
        let scene = Scene::new().unwrap();
        let market = scene.market_after(2_400, true).unwrap();
        let policy = &scene.policy;
        let made = scene.venue.publication(0, &market, Address::ZERO, policy);
        let totals = made.unwrap().publication.totals;

        // By the margin engine, in 1e-8 USD.
        let (mut equity, mut shortfall, mut deficit, mut failing) = (0, 0, 0, 0);
        for account in &scene.venue.accounts {
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
    fn a_policy_without_dollars_is_an_error() {
        let scene = Scene::new().unwrap();
        let text = include_str!("../../../policies/rm1.toml").replace("\"USD\"", "\"DOLLAR\"");
        let policy = Policy::from_toml(&text, "policy").unwrap();
        let mut venue = scene.venue;
        let error = venue.take_other_side(&scene.market, &policy).unwrap_err();
        assert!(
            error.to_string().contains("there is no cash asset USD"),
            "{error}"
        );
    }
}
