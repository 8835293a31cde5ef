//! A bundled scene for demonstrations and tests: markets through a day, a venue, and a trader's
//! account among its customers. Everything follows from fixed seeds, secrets included.

use zkmargin_circuits::margin::Size;
use zkmargin_engine::account::Account;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::venue::Venue;
use crate::generate::account::{account, AccountSpec, Style};
use crate::generate::market::{market, MarketSpec, DEFAULT_TIME};
use crate::generate::GenerateError;

/// When the scene begins, Unix seconds.
pub const START: u32 = DEFAULT_TIME;
/// The circuit that holds the trader's account.
pub const SIZE: Size = Size::Small;

const MARKET_SEED: u64 = 7;
const VENUE_SEED: u64 = 100;
const TRADER_SEED: u64 = 9;
/// Customers in front of the trader and behind him.
const CUSTOMERS: [usize; 2] = [17, 18];

/// A risk model, a market, a venue's accounts and which of them is the trader's.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The risk model.
    pub policy: Policy,
    /// The market at [`START`].
    pub market: Market,
    /// The venue.
    pub venue: Venue,
    /// Index of the trader's account.
    pub index: usize,
}

impl Scene {
    /// Sets the scene.
    ///
    /// # Errors
    /// Never, unless generators change.
    pub fn new() -> Result<Self, GenerateError> {
        let policy = Policy::rm1();
        let market = market_at(&policy, 0, false)?;
        let [before, behind] = CUSTOMERS;
        let mut venue = Venue::insecure(VENUE_SEED, before, &market, &policy)?;
        let spec = AccountSpec {
            insecure_seed: Some(TRADER_SEED),
            positions: 12,
            style: Style::Short,
            ratio_bp: 15_000,
        };
        let index = venue.admit(account(&spec, &market, &policy)?.account);
        let more = Venue::insecure(VENUE_SEED + before as u64, behind, &market, &policy)?;
        venue.accounts.extend(more.accounts);
        venue.take_other_side(&market, &policy)?;
        Ok(Scene {
            policy,
            market,
            venue,
            index,
        })
    }

    /// The trader's account.
    pub fn account(&self) -> &Account {
        &self.venue.accounts[self.index]
    }

    /// The market so many seconds after [`START`], on a calm day or after a crash.
    ///
    /// # Errors
    /// Never, unless generators change.
    pub fn market_after(&self, seconds: u32, crash: bool) -> Result<Market, GenerateError> {
        market_at(&self.policy, seconds, crash)
    }
}

fn market_at(policy: &Policy, seconds: u32, crash: bool) -> Result<Market, GenerateError> {
    let made = market(&MarketSpec {
        seed: MARKET_SEED,
        time: START + seconds,
        crash,
    })?;
    Ok(Market::from_json(
        &made.to_json(),
        "bundled market",
        policy,
    )?)
}

#[cfg(test)]
mod tests {
    use zkmargin_circuits::margin::witness::fitting_size;
    use zkmargin_engine::requirement::evaluate;

    use super::*;

    #[test]
    fn the_trader_is_solvent_until_the_crash() {
        let scene = Scene::new().unwrap();
        assert_eq!(fitting_size(scene.account()), Ok(SIZE));
        let at = |market: &Market| evaluate(&scene.policy, market, scene.account()).unwrap();
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
        let oracle = alloy_primitives::Address::ZERO;
        let made = scene
            .venue
            .publication(0, &scene.market, oracle, &scene.policy)
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
