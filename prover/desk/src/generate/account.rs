//! Accounts that look like somebody's: round lots, positions that belong together, and enough
//! dollars to meet the requirement with a margin to spare.

use std::collections::BTreeMap;

use ff::Field;
use num_integer::Integer;
use rand::rngs::OsRng;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::account::{
    to_json, Account, AccountFile, Customer, Entries, Entry, Holder, Listing, Position, Row,
};
use zkmargin_engine::market::{Instrument, InstrumentId, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::units::{BP, QUANTITY_BITS};
use zkmargin_engine::Fr;

use super::draw::Draw;
pub use super::spec::{AccountSpec, HolderSpec, Style};
use super::GenerateError;

/// 1e-8 contracts of one contract, and 1e-8 USD of one USD.
const ONE: i128 = 100_000_000;
/// What messages call the account's file.
const NAME: &str = "generated account";

/// A generated account.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The account.
    pub account: Account,
    /// For whom it is.
    pub holder: Holder,
    /// The prices at which its futures were entered.
    pub entries: Entries,
    /// Its file.
    pub json: String,
}

/// Generates an account in the instruments of a market.
///
/// # Errors
///
/// [`GenerateError`] when the market has no USD, or fewer instruments than asked for, or the customer
/// is no id.
pub fn account(
    spec: &AccountSpec,
    of: &HolderSpec<'_>,
    market: &Market,
    policy: &Policy,
) -> Result<Generated, GenerateError> {
    let mut rng = match spec.insecure_seed {
        Some(seed) => ChaCha20Rng::seed_from_u64(seed),
        None => ChaCha20Rng::from_rng(OsRng).map_err(|_| GenerateError::NoRandomness)?,
    };
    let usd = market.cash(policy, "USD").ok_or(GenerateError::NoUsd)?.id;
    let mut holdings = Draw::new(market, spec.positions).holdings(&mut rng, spec)?;
    if let Some(usdc) = market.cash(policy, "USDC").filter(|_| spec.positions >= 6) {
        holdings.insert(usdc.id, rng.gen_range(10..60) * 1_000 * ONE as i64);
    }
    // Three draws, of which the second is for nothing: a seed gives the positions it always gave.
    let [nonce, _, salt] = [(); 3].map(|()| Fr::random(&mut rng));
    let customer = Customer::new(of.customer, Customer::nonce_of(nonce));
    let holder = Holder {
        customer: customer.ok_or(GenerateError::NoId)?,
        identity: of.identity,
        number: of.number,
    };
    let entries = entries(&mut rng, market, &holdings);
    let mut draft = Draft {
        market,
        holder,
        salt,
        holdings,
        entries,
    };
    // A dollar stands for the collateral until it is known.
    draft.holdings.insert(usd, ONE as i64);
    let bare = draft.read(policy)?;
    let dollars = dollars(spec, market, policy, &bare.positions)?;
    draft.holdings.insert(usd, dollars);
    Ok(Generated {
        account: draft.read(policy)?.account(NAME)?,
        json: draft.json(&Listing::new(market, policy))?,
        holder: draft.holder,
        entries: draft.entries,
    })
}

/// Entry prices of futures: within a few percent of the mark, in dimes.
fn entries(
    rng: &mut ChaCha20Rng,
    market: &Market,
    holdings: &BTreeMap<InstrumentId, i64>,
) -> Entries {
    let listed = market.instruments().iter();
    let futures = listed.filter(|i| i.id.kind().is_future() && holdings.contains_key(&i.id));
    let dime = ONE as u64 / 10;
    let entry = |i: &Instrument| {
        let price = i.forward as f64 * rng.gen_range(0.965..1.035);
        let price = (price as u64 / dime).max(1) * dime;
        let at_mark = false;
        (i.id, Entry { price, at_mark })
    };
    futures.map(entry).collect()
}

/// An account in the making.
struct Draft<'m> {
    market: &'m Market,
    holder: Holder,
    salt: Fr,
    /// Quantities in 1e-8 contracts.
    holdings: BTreeMap<InstrumentId, i64>,
    entries: Entries,
}

impl Draft<'_> {
    /// The account file.
    fn json(&self, listing: &Listing<'_>) -> Result<String, GenerateError> {
        let rows = self.holdings.iter().map(|(&id, &quantity)| Row {
            id,
            quantity,
            entry: self.entries.get(&id).copied(),
        });
        let rows = rows.collect::<Vec<_>>();
        Ok(to_json(&self.holder, Some(&self.salt), &rows, listing)?)
    }

    /// The account as its file is read.
    fn read(&self, policy: &Policy) -> Result<AccountFile, GenerateError> {
        let listing = Listing::new(self.market, policy);
        Ok(AccountFile::from_json(
            &self.json(&listing)?,
            NAME,
            &listing,
        )?)
    }
}

/// Dollars, in 1e-8, that bring the account to the ratio asked for, rounded up to a round sum
/// for a solvent account and down for a short one.
fn dollars(
    spec: &AccountSpec,
    market: &Market,
    policy: &Policy,
    positions: &[Position],
) -> Result<i64, GenerateError> {
    let bare = evaluate(policy, market, positions)?;
    let target = Integer::div_ceil(
        &(bare.initial_margin * i128::from(spec.ratio_bp)),
        &BP.into(),
    );
    let missing = target - (bare.equity - ONE);
    let step = 100 * ONE;
    let sum = match spec.ratio_bp < BP {
        true => missing.div_euclid(step) * step,
        false => (missing.div_euclid(step) + 1).max(10) * step,
    };
    // A position of nothing is not written: a short account then owes a little.
    let sum = if sum == 0 { -step } else { sum };
    i64::try_from(sum)
        .ok()
        .filter(|s| s.unsigned_abs() >> QUANTITY_BITS == 0)
        .ok_or(GenerateError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::market::{market, MarketSpec, DEFAULT_TIME};
    use zkmargin_engine::market::Kind;

    fn day(policy: &Policy, crash: bool) -> Market {
        let spec = MarketSpec {
            seed: 1,
            time: DEFAULT_TIME,
            crash,
        };
        market(&spec, policy).unwrap()
    }

    const ME: HolderSpec<'_> = HolderSpec {
        customer: "me",
        identity: Fr::ZERO,
        number: 3,
    };

    fn spec(seed: u64, positions: usize, style: Style) -> AccountSpec {
        AccountSpec {
            insecure_seed: Some(seed),
            positions,
            style,
            ratio_bp: 15_000,
        }
    }

    #[test]
    fn accounts_of_every_style_and_count_meet_their_ratio() {
        let policy = Policy::rm1();
        for market in [day(&policy, false), day(&policy, true)] {
            for style in [Style::Hedged, Style::Short, Style::Long, Style::Mixed] {
                for positions in [0, 1, 2, 16, 64] {
                    let spec = spec(7, positions, style);
                    let Generated { account, json, .. } =
                        account(&spec, &ME, &market, &policy).unwrap();
                    let cash = account
                        .positions
                        .iter()
                        .filter(|p| p.id.kind() == Kind::Cash)
                        .count();
                    assert_eq!(account.positions.len() - cash, positions, "{style:?}");
                    let got = evaluate(&policy, &market, &account.positions).unwrap();
                    assert!(got.solvent(15_000, 0), "{style:?} {positions}: {got:?}");
                    let again = Account::from_json(&json, "a", &market, &policy).unwrap();
                    assert_eq!(again, account);
                }
            }
        }
    }

    #[test]
    fn an_account_can_be_short_on_purpose() {
        let policy = Policy::rm1();
        let market = day(&policy, false);
        for style in [Style::Hedged, Style::Short, Style::Long, Style::Mixed] {
            let spec = AccountSpec {
                ratio_bp: 9_000,
                ..spec(3, 10, style)
            };
            let got = evaluate(
                &policy,
                &market,
                &account(&spec, &ME, &market, &policy)
                    .unwrap()
                    .account
                    .positions,
            )
            .unwrap();
            assert!(
                !got.solvent(10_000, 0) && got.solvent(8_900, 0),
                "{style:?}: {got:?}"
            );
        }
    }

    #[test]
    fn seeds_decide_and_without_one_nothing_repeats() {
        let policy = Policy::rm1();
        let market = day(&policy, false);
        let seeded = spec(5, 4, Style::Mixed);
        let make = |spec: &AccountSpec| account(spec, &ME, &market, &policy).unwrap().account;
        assert_eq!(make(&seeded), make(&seeded));
        let fresh = AccountSpec {
            insecure_seed: None,
            ..seeded
        };
        assert_ne!(make(&fresh).salt, make(&fresh).salt);
        assert_ne!(make(&fresh).customer, make(&fresh).customer);
        let nobody = HolderSpec {
            customer: " ",
            ..ME
        };
        let error = account(&seeded, &nobody, &market, &policy).unwrap_err();
        assert!(matches!(error, GenerateError::NoId), "{error}");
        let wanted = AccountSpec {
            positions: 100_000,
            ..seeded
        };
        let error = account(&wanted, &ME, &market, &policy).unwrap_err();
        assert!(matches!(
            error,
            GenerateError::TooFewInstruments {
                wanted: 100_000,
                ..
            }
        ));
    }
}
