//! A venue: many accounts, the book over their leaves, and what it claims about them on chain.

use std::collections::BTreeMap;

use alloy_primitives::aliases::U88;
use alloy_primitives::{keccak256, Address, U256};
use ff::PrimeField;
use zkmargin_circuits::account::{Account, Position};
use zkmargin_circuits::commitment::Book;
use zkmargin_circuits::error::Error as EngineError;
use zkmargin_circuits::market::{InstrumentId, Kind, Market};
use zkmargin_circuits::policy::Policy;
use zkmargin_circuits::requirement::evaluate;
use zkmargin_circuits::Fr;

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
    /// When it cannot be valued.
    pub fn take_other_side(&mut self, market: &Market, policy: &Policy) -> Result<(), EngineError> {
        let mut net = self.net_derivatives();
        net.values_mut().for_each(|quantity| *quantity = -*quantity);
        let dollars = policy.underlying("USD").filter(|u| u.cash).map(|u| u.code);
        let dollars = InstrumentId::new(dollars.unwrap_or_default(), 0, 0, Kind::Cash);
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
    /// The digest of the bundle is that of the leaves: with them anyone can rebuild the root.
    ///
    /// # Errors
    /// When an account cannot be valued.
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
                accounts: u32::try_from(self.accounts.len()).unwrap_or(u32::MAX),
                totals: self.totals(market, policy)?,
            },
            assets: self.assets(),
        })
    }

    fn totals(&self, market: &Market, policy: &Policy) -> Result<Totals, EngineError> {
        let mut totals = Totals {
            equity: 0,
            shortfall: 0,
            deficit: 0,
            failing: 0,
            balanced: self
                .net_derivatives()
                .values()
                .all(|&quantity| quantity == 0),
        };
        for account in &self.accounts {
            let evaluation = evaluate(policy, market, account)?;
            match evaluation.shortfall(u32::from(RATIO), 0) {
                None => totals.equity += evaluation.equity.unsigned_abs(),
                Some(missing) => {
                    totals.failing += 1;
                    totals.deficit += missing;
                    totals.shortfall += (-evaluation.equity).max(0).unsigned_abs();
                }
            }
        }
        Ok(totals)
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
