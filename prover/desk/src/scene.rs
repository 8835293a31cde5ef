//! A bundled scene for demonstrations and tests: markets through a day, a venue, and a trader's
//! account among its customers. Everything follows from fixed seeds, secrets included.

use std::collections::BTreeMap;

use ff::Field;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::account::net::net_derivatives;
use zkmargin_engine::account::{booked_at_mark, Account, Holder, Position, Secret};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::{Policy, ENTRY_COSTS};
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::size::Size;
use zkmargin_engine::units::BP;
use zkmargin_engine::Fr;

use crate::generate::account::{account, AccountSpec, HolderSpec, Style};
use crate::generate::market::{market, MarketSpec, DEFAULT_TIME};
use crate::generate::GenerateError;
use crate::symbol::symbol;

/// When the scene begins, Unix seconds.
pub const START: u32 = DEFAULT_TIME;
/// The circuit that holds the trader's account.
pub const SIZE: Size = Size::Small;

const MARKET_SEED: u64 = 7;
const VENUE_SEED: u64 = 100;
const TRADER_SEED: u64 = 9;
const OWN_SEED: u64 = 99;
/// Customers in front of the trader and behind him.
const CUSTOMERS: [usize; 2] = [17, 18];

/// A risk model, a market, a venue's accounts and which of them is the trader's.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The risk model.
    pub policy: Policy,
    /// The market at [`START`].
    pub market: Market,
    /// All accounts of the venue, in the order of its book.
    pub accounts: Vec<Account>,
    /// For whom each is, as the venue knows it.
    pub holders: Vec<Holder>,
    /// Index of the trader's account.
    pub index: usize,
    /// The trader's secret, which the venue does not know.
    pub secret: Secret,
}

/// An account and for whom it is.
type Held = (Account, Holder);

impl Scene {
    /// Sets the scene.
    ///
    /// # Errors
    /// Never, unless generators change.
    pub fn new() -> Result<Self, GenerateError> {
        let policy = Policy::rm1();
        let market = market_at(&policy, 0, false)?;
        let [before, behind] = CUSTOMERS;
        let mut held = customers(VENUE_SEED, before, &market, &policy)?;
        let spec = AccountSpec {
            insecure_seed: Some(TRADER_SEED),
            positions: 12,
            style: Style::Short,
            ratio_bp: 15_000,
        };
        let index = held.len();
        let secret = secret(TRADER_SEED)?;
        let trader = HolderSpec {
            customer: "trader@example.com",
            identity: secret.identity(),
            number: 0,
        };
        let made = account(&spec, &trader, &market, &policy)?;
        held.push((made.account, made.holder));
        let seed = VENUE_SEED + before as u64;
        held.extend(customers(seed, behind, &market, &policy)?);
        held.push(other_side(&held, &market, &policy)?);
        let (accounts, holders) = held.into_iter().unzip();
        Ok(Scene {
            policy,
            market,
            accounts,
            holders,
            index,
            secret,
        })
    }

    /// The tree over the leaves of all accounts.
    pub fn book(&self) -> Book {
        Book {
            leaves: self.accounts.iter().map(Account::leaf).collect(),
        }
    }

    /// The trader's account.
    pub fn account(&self) -> &Account {
        &self.accounts[self.index]
    }

    /// The market so many seconds after [`START`], on a calm day or after a crash.
    ///
    /// # Errors
    /// Never, unless generators change.
    pub fn market_after(&self, seconds: u32, crash: bool) -> Result<Market, GenerateError> {
        market_at(&self.policy, seconds, crash)
    }
}

/// A secret that follows from a seed.
///
/// # Errors
/// Never, unless generators change.
fn secret(seed: u64) -> Result<Secret, GenerateError> {
    let drawn = Fr::random(&mut ChaCha20Rng::seed_from_u64(!seed));
    Secret::new(drawn).ok_or(GenerateError::NoRandomness)
}

/// Generated accounts of all styles; seeds are their numbers.
fn customers(
    seed: u64,
    count: usize,
    market: &Market,
    policy: &Policy,
) -> Result<Vec<Held>, GenerateError> {
    let styles = [Style::Hedged, Style::Short, Style::Long, Style::Mixed];
    let made = styles.into_iter().cycle().zip(seed..).take(count);
    let accounts = made.map(|(style, seed)| {
        let spec = AccountSpec {
            insecure_seed: Some(seed),
            positions: 4 + (seed % 9) as usize,
            style,
            ratio_bp: 12_000,
        };
        let of = HolderSpec {
            customer: &format!("customer{seed}@example.com"),
            identity: secret(seed)?.identity(),
            number: seed as u32,
        };
        let made = account(&spec, &of, market, policy)?;
        Ok((made.account, made.holder))
    });
    accounts.collect()
}

/// The venue's own account: the other side of every derivative, and enough dollars. Nobody proves
/// with it.
///
/// # Errors
/// When it cannot be valued, or the policy has no dollar.
fn other_side(held: &[Held], market: &Market, policy: &Policy) -> Result<Held, GenerateError> {
    let accounts: Vec<Account> = held.iter().map(|(account, _)| account.clone()).collect();
    let mut net = net_derivatives(&accounts);
    net.values_mut().for_each(|quantity| *quantity = -*quantity);
    let dollar = symbol(policy, "USD", true)?;
    let dollars = InstrumentId::new(dollar.code, 0, 0, Kind::Cash);
    let spec = AccountSpec {
        insecure_seed: Some(OWN_SEED),
        positions: 1,
        style: Style::Long,
        ratio_bp: BP,
    };
    let venue = HolderSpec {
        customer: "venue@example.com",
        identity: Fr::ZERO,
        number: OWN_SEED as u32,
    };
    let drawn = account(&spec, &venue, market, policy)?;
    let positions = |net: &BTreeMap<InstrumentId, i64>| -> Vec<Position> {
        net.iter()
            .filter(|(_, quantity)| **quantity != 0)
            .map(|(&id, &quantity)| Position { id, quantity })
            .collect()
    };
    let booked = i64::try_from(booked_at_mark(&positions(&net), market));
    let costs = symbol(policy, ENTRY_COSTS, true)?;
    let costs = InstrumentId::new(costs.code, 0, 0, Kind::Cash);
    net.insert(costs, booked.map_err(|_| GenerateError::TooLarge)?);
    let missing = evaluate(policy, market, &positions(&net))?.shortfall(20_000, 0);
    // Nothing missing still takes a position in dollars.
    let sum = i64::try_from(missing.unwrap_or(0)).map_err(|_| GenerateError::TooLarge)?;
    net.insert(dollars, sum.max(1));
    let positions = positions(&net);
    let account = Account {
        positions,
        ..drawn.account
    };
    Ok((account, drawn.holder))
}

fn market_at(policy: &Policy, seconds: u32, crash: bool) -> Result<Market, GenerateError> {
    let spec = MarketSpec {
        seed: MARKET_SEED,
        time: START + seconds,
        crash,
    };
    market(&spec, policy)
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn the_trader_is_solvent_until_the_crash() {
        let scene = Scene::new().unwrap();
        let at =
            |market: &Market| evaluate(&scene.policy, market, &scene.account().positions).unwrap();
        let spare = 25_000 * 100_000_000;
        assert!(at(&scene.market).solvent(10_000, spare));
        let calm = scene.market_after(360, false).unwrap();
        assert!(
            at(&calm).solvent(10_000, spare),
            "the listing stays, and prices hardly move"
        );
        let crash = scene.market_after(2_400, true).unwrap();
        let after = at(&crash);
        assert!(after.shortfall(10_000, 0).is_some());
    }

    #[test]
    fn every_derivative_nets_to_zero() {
        let scene = Scene::new().unwrap();
        let net = net_derivatives(&scene.accounts);
        assert!(!net.is_empty() && net.values().all(|quantity| *quantity == 0));
    }

    #[test]
    fn every_account_has_a_number_of_its_own_and_only_the_venue_s_no_identity() {
        let scene = Scene::new().unwrap();
        let mut numbers: Vec<u32> = scene.holders.iter().map(|h| h.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), scene.accounts.len());
        for (at, (account, holder)) in scene.accounts.iter().zip(&scene.holders).enumerate() {
            assert_eq!(account.identity, holder.identity);
            assert_eq!(account.customer, holder.customer.digest());
            let own = at + 1 == scene.accounts.len();
            assert_eq!(account.identity == Fr::ZERO, own, "{at}");
        }
        assert_eq!(scene.account().identity, scene.secret.identity());
    }

    #[test]
    fn a_policy_without_dollars_is_an_error() {
        let scene = Scene::new().unwrap();
        let text = include_str!("../../../policies/rm1.toml").replace("\"USD\"", "\"DOLLAR\"");
        let policy = Policy::from_toml(&text, "policy").unwrap();
        let held: Vec<Held> = scene.accounts.into_iter().zip(scene.holders).collect();
        let error = other_side(&held, &scene.market, &policy).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("USD: there is no such cash asset"),
            "{error}"
        );
    }
}
