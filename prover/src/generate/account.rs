//! Accounts that look like somebody's: round lots, positions that belong together, and enough
//! dollars to meet the requirement with a margin to spare.

use std::collections::BTreeMap;

use ff::Field;
use rand::rngs::OsRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_circuits::account::Account;
use zkmargin_circuits::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_circuits::policy::Policy;
use zkmargin_circuits::requirement::evaluate;
use zkmargin_circuits::units::{format_decimal, format_element};
use zkmargin_circuits::Fr;

use super::GenerateError;

/// Notional in USD of one unit of size; positions are tenths to fivefold of it.
const UNIT_NOTIONAL: f64 = 100_000.0;
/// Options are taken within this many standard deviations of the forward.
const REACH: f64 = 2.2;
/// Draws without a new instrument after which the market counts as used up.
const PATIENCE: usize = 4_000;
/// 1e-8 contracts of one contract, and 1e-8 USD of one USD.
const ONE: i128 = 100_000_000;
/// Seconds in the year of the risk model.
const YEAR: f64 = 31_536_000.0;

/// What the account looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Spreads, covered calls, futures against perpetuals: much gross, little risk.
    Hedged,
    /// Sold options and short futures.
    Short,
    /// Bought options, spot and long futures.
    Long,
    /// Anything either way.
    Mixed,
}

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct AccountSpec {
    /// Equal seeds give equal accounts, secrets included: for tests only. `None` draws from the
    /// operating system.
    pub insecure_seed: Option<u64>,
    /// Positions that are not cash.
    pub positions: usize,
    /// What they look like.
    pub style: Style,
    /// Equity over initial margin to aim at, in basis points. Below 10000 the account is short.
    pub ratio_bp: u32,
}

/// A generated account.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The account.
    pub account: Account,
    /// Its file, with the prices at which its futures were entered.
    pub json: String,
}

/// Generates an account in the instruments of a market.
///
/// # Errors
///
/// [`GenerateError`] when the market has no USD, or fewer instruments than asked for.
pub fn account(
    spec: &AccountSpec,
    market: &Market,
    policy: &Policy,
) -> Result<Generated, GenerateError> {
    let mut rng = match spec.insecure_seed {
        Some(seed) => ChaCha20Rng::seed_from_u64(seed),
        None => ChaCha20Rng::from_rng(OsRng).map_err(|_| GenerateError::NoRandomness)?,
    };
    let usd = cash_id(market, policy, "USD").ok_or(GenerateError::NoUsd)?;
    let mut holdings = Draw::new(market, spec.positions).holdings(&mut rng, spec)?;
    if let Some(usdc) = cash_id(market, policy, "USDC").filter(|_| spec.positions >= 6) {
        holdings.insert(usdc, rng.gen_range(10..60) * 1_000 * ONE as i64);
    }
    let keys = [
        Fr::random(&mut rng),
        Fr::random(&mut rng),
        Fr::random(&mut rng),
    ];
    let entries = entries(&mut rng, market, &holdings);
    let mut draft = Draft {
        market,
        keys,
        holdings,
        entries,
    };
    // A dollar stands for the collateral until it is known.
    draft.holdings.insert(usd, ONE as i64);
    let bare = draft.read(policy)?;
    let dollars = dollars(spec, market, policy, &bare)?;
    draft.holdings.insert(usd, dollars);
    Ok(Generated {
        account: draft.read(policy)?,
        json: draft.json(),
    })
}

/// Entry prices of futures, in 1e-8 USD: within a few percent of the mark, in dimes.
fn entries(
    rng: &mut ChaCha20Rng,
    market: &Market,
    holdings: &BTreeMap<InstrumentId, i64>,
) -> BTreeMap<InstrumentId, u64> {
    let listed = market.instruments.iter();
    let futures = listed.filter(|i| is_future(i) && holdings.contains_key(&i.id));
    let dime = ONE as u64 / 10;
    let entry = |i: &Instrument| {
        let price = i.forward as f64 * rng.gen_range(0.965..1.035);
        (i.id, (price as u64 / dime).max(1) * dime)
    };
    futures.map(entry).collect()
}

fn is_future(instrument: &Instrument) -> bool {
    matches!(instrument.id.kind(), Kind::Perpetual | Kind::Future)
}

/// An account in the making.
struct Draft<'m> {
    market: &'m Market,
    /// Owner, secret, salt.
    keys: [Fr; 3],
    /// Quantities in 1e-8 contracts.
    holdings: BTreeMap<InstrumentId, i64>,
    /// Entry prices in 1e-8 USD.
    entries: BTreeMap<InstrumentId, u64>,
}

impl Draft<'_> {
    /// The account file.
    fn json(&self) -> String {
        let [owner, secret, salt] = self.keys.map(|key| format_element(&key));
        let listed = self.market.instruments.iter();
        let lines = listed.filter_map(|i| {
            let quantity = format_decimal(i128::from(*self.holdings.get(&i.id)?), 8);
            let entry = self.entries.get(&i.id).map_or_else(String::new, |price| {
                format!(", \"entry\": \"{}\"", format_decimal(i128::from(*price), 8))
            });
            let name = serde_json::Value::from(i.name.as_str());
            Some(format!(
                "  {{\"instrument\": {name}, \"quantity\": \"{quantity}\"{entry}}}"
            ))
        });
        let positions = lines.collect::<Vec<_>>().join(",\n");
        format!(
            "{{\n\"owner\": \"{owner}\",\n\"secret\": \"{secret}\",\n\"salt\": \"{salt}\",\n\
             \"positions\": [\n{positions}\n]}}\n"
        )
    }

    /// The account as its file is read.
    fn read(&self, policy: &Policy) -> Result<Account, GenerateError> {
        Ok(Account::from_json(
            &self.json(),
            "generated account",
            self.market,
            policy,
        )?)
    }
}

fn cash_id(market: &Market, policy: &Policy, symbol: &str) -> Option<InstrumentId> {
    let code = policy.underlying(symbol).filter(|u| u.cash)?.code;
    let id = InstrumentId::new(code, 0, 0, Kind::Cash);
    market.find(id).map(|_| id)
}

/// Dollars, in 1e-8, that bring the account to the ratio asked for, rounded up to a round sum
/// for a solvent account and down for a short one.
fn dollars(
    spec: &AccountSpec,
    market: &Market,
    policy: &Policy,
    account: &Account,
) -> Result<i64, GenerateError> {
    let bare = evaluate(policy, market, account)?;
    let target = (bare.initial_margin * i128::from(spec.ratio_bp) + 9_999) / 10_000;
    let missing = target - (bare.equity - ONE);
    let step = 100 * ONE;
    let sum = match spec.ratio_bp < 10_000 {
        true => missing.div_euclid(step) * step,
        false => (missing.div_euclid(step) + 1).max(10) * step,
    };
    // A position of nothing is not written: a short account then owes a little.
    let sum = if sum == 0 { -step } else { sum };
    i64::try_from(sum)
        .ok()
        .filter(|s| s.unsigned_abs() < 1 << 62)
        .ok_or(GenerateError::TooLarge)
}

/// One underlying of the market.
struct Chain<'m> {
    /// Contracts of one unit of size, in tenths of which positions are drawn, in 1e-8.
    tenth: i64,
    spot: Option<&'m Instrument>,
    /// Perpetual and futures.
    futures: Vec<&'m Instrument>,
    /// Options near the money by expiry, by ascending strike.
    options: Vec<Vec<&'m Instrument>>,
}

/// Draws positions from a market.
struct Draw<'m> {
    chains: Vec<Chain<'m>>,
}

type Leg = (InstrumentId, i64);

impl<'m> Draw<'m> {
    fn new(market: &'m Market, positions: usize) -> Draw<'m> {
        let mut by_code: BTreeMap<u8, Vec<&Instrument>> = BTreeMap::new();
        for instrument in &market.instruments {
            if instrument.id.kind() != Kind::Cash {
                let code = instrument.id.underlying();
                by_code.entry(code).or_default().push(instrument);
            }
        }
        // As many underlyings as the smallest circuit for these positions has room for.
        let most = match positions {
            0..=16 => 2,
            17..=64 => 4,
            _ => 8,
        };
        let chains = by_code.values().take(most);
        let chains = chains.map(|list| Chain::new(list, market.time)).collect();
        Draw { chains }
    }

    fn holdings(
        &self,
        rng: &mut ChaCha20Rng,
        spec: &AccountSpec,
    ) -> Result<BTreeMap<InstrumentId, i64>, GenerateError> {
        let mut holdings: BTreeMap<InstrumentId, i64> = BTreeMap::new();
        let mut idle = 0;
        while holdings.len() < spec.positions {
            let room = spec.positions - holdings.len();
            let legs = self.legs(rng, spec.style, room);
            let fresh = legs.iter().all(|(id, _)| !holdings.contains_key(id));
            if fresh && !legs.is_empty() {
                holdings.extend(legs);
                idle = 0;
                continue;
            }
            idle += 1;
            if idle > PATIENCE {
                return Err(GenerateError::TooFewInstruments {
                    wanted: spec.positions,
                    found: holdings.len(),
                });
            }
        }
        Ok(holdings)
    }

    /// One or two positions that belong together.
    fn legs(&self, rng: &mut ChaCha20Rng, style: Style, room: usize) -> Vec<Leg> {
        let Some(chain) = self.chains.choose(rng) else {
            return Vec::new();
        };
        let size = chain.size(rng);
        let side = if rng.gen_bool(0.5) { 1 } else { -1 };
        let pattern: f64 = rng.gen();
        let legs = match style {
            Style::Hedged if room >= 2 && pattern < 0.60 => chain.spread(rng, size),
            Style::Hedged if room >= 2 && pattern < 0.80 => chain.basis(rng, size * side),
            Style::Hedged if room >= 2 => chain.covered_call(rng, size),
            Style::Hedged => chain.option(rng, size),
            Style::Short if room >= 2 && pattern < 0.45 => chain.strangle(rng, -size),
            Style::Short if pattern < 0.85 => chain.option(rng, -size),
            Style::Short => chain.future(rng, -size),
            Style::Long if pattern < 0.70 => chain.option(rng, size),
            Style::Long if pattern < 0.80 => chain.spot(size),
            Style::Long => chain.future(rng, size),
            Style::Mixed if room >= 2 && pattern < 0.25 => chain.spread(rng, size),
            Style::Mixed if pattern < 0.75 => chain.option(rng, size * side),
            Style::Mixed if pattern < 0.92 => chain.future(rng, size * side),
            Style::Mixed => chain.spot(size),
        };
        legs.unwrap_or_default()
    }
}

impl<'m> Chain<'m> {
    fn new(list: &[&'m Instrument], time: u32) -> Chain<'m> {
        let spot = list.iter().copied().find(|i| i.id.kind() == Kind::Spot);
        let price = list.first().map_or(1.0, |i| i.forward as f64 / 1e8);
        let mut options: BTreeMap<u32, Vec<&Instrument>> = BTreeMap::new();
        for instrument in list.iter().copied().filter(|i| near(i, time)) {
            let expiry = instrument.id.expiry();
            options.entry(expiry).or_default().push(instrument);
        }
        Chain {
            tenth: round_lot(UNIT_NOTIONAL / 10.0 / price),
            spot,
            futures: list.iter().copied().filter(|i| is_future(i)).collect(),
            options: options.into_values().filter(|o| o.len() >= 4).collect(),
        }
    }

    fn size(&self, rng: &mut ChaCha20Rng) -> i64 {
        let tenths = *[1, 2, 3, 5, 5, 10, 10, 15, 20, 30, 50]
            .choose(rng)
            .unwrap_or(&1);
        self.tenth * tenths
    }

    fn option(&self, rng: &mut ChaCha20Rng, quantity: i64) -> Option<Vec<Leg>> {
        let option = self.options.choose(rng)?.choose(rng)?;
        Some(vec![(option.id, quantity)])
    }

    fn future(&self, rng: &mut ChaCha20Rng, quantity: i64) -> Option<Vec<Leg>> {
        Some(vec![(self.futures.choose(rng)?.id, quantity)])
    }

    fn spot(&self, quantity: i64) -> Option<Vec<Leg>> {
        Some(vec![(self.spot?.id, quantity)])
    }

    /// Two different options of an expiry that pass `fits`, the one of lower strike first.
    fn pair(
        &self,
        rng: &mut ChaCha20Rng,
        fits: impl Fn(InstrumentId, InstrumentId) -> bool,
    ) -> Option<(InstrumentId, InstrumentId)> {
        let options = self.options.choose(rng)?;
        let (a, b) = (options.choose(rng)?.id, options.choose(rng)?.id);
        let (a, b) = if a.strike() <= b.strike() {
            (a, b)
        } else {
            (b, a)
        };
        (a.strike() < b.strike() && fits(a, b)).then_some((a, b))
    }

    /// Sells the option nearer to the forward and buys the one further out.
    fn spread(&self, rng: &mut ChaCha20Rng, size: i64) -> Option<Vec<Leg>> {
        let (low, high) = self.pair(rng, |a, b| a.kind() == b.kind())?;
        let (sold, bought) = match low.kind() {
            Kind::Call => (low, high),
            _ => (high, low),
        };
        Some(vec![(sold, -size), (bought, size)])
    }

    /// A put below and a call above.
    fn strangle(&self, rng: &mut ChaCha20Rng, quantity: i64) -> Option<Vec<Leg>> {
        let below_above =
            |a: InstrumentId, b: InstrumentId| (a.kind(), b.kind()) == (Kind::Put, Kind::Call);
        let (put, call) = self.pair(rng, below_above)?;
        Some(vec![(put, quantity), (call, quantity)])
    }

    /// One future against another.
    fn basis(&self, rng: &mut ChaCha20Rng, quantity: i64) -> Option<Vec<Leg>> {
        let (a, b) = (self.futures.choose(rng)?.id, self.futures.choose(rng)?.id);
        (a != b).then(|| vec![(a, quantity), (b, -quantity)])
    }

    fn covered_call(&self, rng: &mut ChaCha20Rng, size: i64) -> Option<Vec<Leg>> {
        let call = self.options.choose(rng)?.choose(rng)?.id;
        let spot = self.spot?.id;
        (call.kind() == Kind::Call).then(|| vec![(spot, size), (call, -size)])
    }
}

/// Whether an instrument is an option out of the money or at it, within [`REACH`].
fn near(instrument: &Instrument, time: u32) -> bool {
    let id = instrument.id;
    if !id.kind().is_option() {
        return false;
    }
    let years = f64::from(id.expiry().saturating_sub(time).max(3_600)) / YEAR;
    let deviation = f64::from(instrument.vol) / 1e4 * years.sqrt();
    let moneyness = libm::log(id.strike() as f64 * 1e4 / instrument.forward as f64) / deviation;
    let out = if id.kind() == Kind::Call {
        moneyness
    } else {
        -moneyness
    };
    (-0.3..REACH).contains(&out)
}

/// The lot of 1, 2 or 5 times a power of ten next below `contracts`, in 1e-8 contracts.
fn round_lot(contracts: f64) -> i64 {
    let mut lot = 1_000_000_000_000_000i64;
    for digit in [2, 5, 10].into_iter().cycle() {
        if lot as f64 <= contracts * 1e8 || lot <= 10 {
            break;
        }
        lot = if digit == 5 { lot / 5 * 2 } else { lot / 2 };
    }
    lot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::market::{market, MarketSpec, DEFAULT_TIME};

    fn day(policy: &Policy, crash: bool) -> Market {
        let spec = MarketSpec {
            seed: 1,
            time: DEFAULT_TIME,
            crash,
        };
        Market::from_json(&market(&spec).unwrap().to_json(), "generated", policy).unwrap()
    }

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
                    let Generated { account, json } = account(&spec, &market, &policy).unwrap();
                    let cash = account
                        .positions
                        .iter()
                        .filter(|p| p.id.kind() == Kind::Cash)
                        .count();
                    assert_eq!(account.positions.len() - cash, positions, "{style:?}");
                    let got = evaluate(&policy, &market, &account).unwrap();
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
                &account(&spec, &market, &policy).unwrap().account,
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
        let make = |spec: &AccountSpec| account(spec, &market, &policy).unwrap().account;
        assert_eq!(make(&seeded), make(&seeded));
        let fresh = AccountSpec {
            insecure_seed: None,
            ..seeded
        };
        assert_ne!(make(&fresh).secret, make(&fresh).secret);
        let wanted = AccountSpec {
            positions: 100_000,
            ..seeded
        };
        let error = account(&wanted, &market, &policy).unwrap_err();
        assert!(matches!(
            error,
            GenerateError::TooFewInstruments {
                wanted: 100_000,
                ..
            }
        ));
    }

    #[test]
    fn lots_are_round() {
        for (contracts, lot) in [
            (1.25, 100_000_000),
            (0.125, 10_000_000),
            (4.4, 200_000_000),
            (58.8, 5_000_000_000),
        ] {
            assert_eq!(round_lot(contracts), lot, "{contracts}");
        }
    }
}
