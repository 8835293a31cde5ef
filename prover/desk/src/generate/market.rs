//! A market that looks like a venue's: three coins with spot, perpetual, twelve
//! futures and twelve option chains each, and three dollars.
//!
//! Everything follows from the seed. The chains of a seed (which expiries and
//! strikes are listed) are the same on a calm and on a crash day, so an account
//! made for one can be evaluated on the other.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::{Policy, CUSTODY, CUSTODY_OF, ENTRY_COSTS, UNIT_OF_ACCOUNT};
use zkmargin_engine::units::{BP, SHORT_DECIMALS, YEAR};

use super::calendar::expiries;
use super::smile::Surface;
use super::strikes::strikes;
use super::GenerateError;
use crate::symbol::symbol;

/// Snapshot time where none is asked for: 2026-10-13 01:30:00 UTC, six and a half
/// hours before the first expiry.
pub const DEFAULT_TIME: u32 = 1_791_855_000;
/// Listings stop short of the 4096 rows that a market can hold.
const MOST_ROWS: usize = 4000;
/// Finest strike step of a chain, in standard deviations, before rounding.
const SPACING: f64 = 0.12;
/// What a crash day does to every spot price.
const CRASH_SPOT: f64 = 0.70;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct MarketSpec {
    /// Equal seeds give equal markets.
    pub seed: u64,
    /// Snapshot time in seconds since 1970.
    pub time: u32,
    /// The same chains after a crash: spot down 30%, volatility up, short expiries
    /// most, skews steeper, futures under spot.
    pub crash: bool,
}

/// How one underlying behaves, before the seed has its say.
struct Profile {
    symbol: &'static str,
    /// Range of the spot price in USD.
    spot: (f64, f64),
    /// Decimals of spot, perpetual and forward prices.
    decimals: u32,
    /// Smallest strike step in USD.
    least_step: u64,
    /// Range of the short-dated and of the long-dated at-the-money volatility.
    short_vol: (f64, f64),
    long_vol: (f64, f64),
}

const PROFILES: [Profile; 3] = [
    Profile {
        symbol: "BTC",
        spot: (62_000.0, 118_000.0),
        decimals: 2,
        least_step: 500,
        short_vol: (0.30, 0.48),
        long_vol: (0.41, 0.52),
    },
    Profile {
        symbol: "ETH",
        spot: (1_900.0, 4_300.0),
        decimals: 2,
        least_step: 10,
        short_vol: (0.48, 0.68),
        long_vol: (0.55, 0.70),
    },
    Profile {
        symbol: "SOL",
        spot: (110.0, 240.0),
        decimals: 3,
        least_step: 1,
        short_vol: (0.60, 0.85),
        long_vol: (0.70, 0.88),
    },
];

/// One underlying on the day: what the seed drew for it.
struct Day {
    profile: &'static Profile,
    /// Spot price that the strike grid was listed about.
    listed: f64,
    /// Spot price now.
    spot: f64,
    /// Surface that the strike grid was listed about, and the one of now.
    listed_surface: Surface,
    surface: Surface,
    /// Annual carry of a short and of a long future.
    carry: (f64, f64),
    /// Perpetual over spot, as a fraction.
    basis: f64,
}

/// A listing in the making.
struct Rows<'p> {
    policy: &'p Policy,
    list: Vec<Instrument>,
}

impl Rows<'_> {
    /// Lists an instrument under the name that follows from its id; price in 1e-8 USD, volatility of
    /// an option in 1e-4.
    fn push(&mut self, id: InstrumentId, forward: u64, vol: u16) {
        self.list.push(Instrument {
            name: id.name(self.policy),
            id,
            forward,
            vol,
        });
    }
}

/// Generates the market of a seed, of underlyings that the policy has to know.
///
/// # Errors
/// [`GenerateError::TimeOutOfRange`] when an expiry would not fit 32 bits, and when the policy lacks
/// one of the symbols.
pub fn market(spec: &MarketSpec, policy: &Policy) -> Result<Market, GenerateError> {
    let listed = expiries(spec.time).ok_or(GenerateError::TimeOutOfRange { time: spec.time })?;
    let days = PROFILES
        .iter()
        .zip(1..)
        .map(|(p, stream)| {
            let code = symbol(policy, p.symbol, false)?.code;
            Ok((code, Day::draw(p, spec, stream, listed.len())))
        })
        .collect::<Result<Vec<(u16, Day)>, EngineError>>()?;
    let mut spacing = SPACING;
    loop {
        let mut rows = Rows {
            policy,
            list: Vec::new(),
        };
        cash(spec, &mut rows)?;
        for (code, day) in &days {
            let dated = day.dated(spec.time, &listed);
            day.linear(&mut rows, *code, &dated);
            day.options(&mut rows, *code, &dated, spacing);
        }
        if rows.list.len() <= MOST_ROWS {
            return Ok(Market::new(spec.time, rows.list)?);
        }
        spacing *= 1.1;
    }
}

/// The three dollars, and what is booked in two of them; a crash shakes the one that is not a bank's.
fn cash(spec: &MarketSpec, rows: &mut Rows<'_>) -> Result<(), EngineError> {
    let mut rng = stream(spec.seed, 0);
    let usdc = 1.0 + rng.gen_range(-0.0001..0.0001);
    let usdt = if spec.crash { 0.991 } else { 1.0 } + rng.gen_range(-0.0009..0.0006);
    for (name, mark) in [
        (UNIT_OF_ACCOUNT, 1.0),
        (ENTRY_COSTS, 1.0),
        (CUSTODY_OF, usdc),
        (CUSTODY, usdc),
        ("USDT", usdt),
    ] {
        let code = symbol(rows.policy, name, true)?.code;
        let id = InstrumentId::new(code, 0, 0, Kind::Cash);
        rows.push(id, ticks(mark, 4), 0);
    }
    Ok(())
}

impl Day {
    fn draw(profile: &'static Profile, spec: &MarketSpec, number: u64, expiries: usize) -> Day {
        let mut rng = stream(spec.seed, number);
        let listed = rng.gen_range(profile.spot.0..profile.spot.1);
        let calm = Surface {
            short: rng.gen_range(profile.short_vol.0..profile.short_vol.1),
            long: rng.gen_range(profile.long_vol.0..profile.long_vol.1),
            decay: rng.gen_range(3.0..8.0),
            rho: (rng.gen_range(-0.18..-0.02), rng.gen_range(-0.08..0.12)),
            eta: rng.gen_range(0.55..0.80),
            bumps: (0..expiries).map(|_| rng.gen_range(0.975..1.025)).collect(),
        };
        let carry = (rng.gen_range(0.02..0.06), rng.gen_range(0.035..0.065));
        let basis = rng.gen_range(-0.0003..0.0006);
        let wobble: f64 = rng.gen_range(-0.01..0.01);
        if !spec.crash {
            return Day {
                profile,
                listed,
                spot: listed,
                listed_surface: calm.clone(),
                surface: calm,
                carry,
                basis,
            };
        }
        let shaken = Surface {
            short: calm.short * 3.4,
            long: calm.long * 1.22,
            decay: calm.decay * 4.0,
            rho: (-0.42, calm.rho.1 - 0.22),
            eta: calm.eta * 0.9,
            bumps: calm.bumps.clone(),
        };
        Day {
            profile,
            listed,
            spot: listed * (CRASH_SPOT + wobble * 0.1),
            listed_surface: calm,
            surface: shaken,
            carry: (-0.09 + wobble, carry.1 * 0.4),
            basis: -0.0021 + wobble * 0.02,
        }
    }

    /// Forward after `years` from a spot price.
    fn forward(&self, spot: f64, years: f64) -> f64 {
        let mix = libm::exp(-3.0 * years);
        spot * libm::exp((self.carry.0 * mix + self.carry.1 * (1.0 - mix)) * years)
    }

    /// The expiries with the years until them and the forward of each.
    fn dated(&self, time: u32, expiries: &[u32]) -> Vec<Dated> {
        let dated = expiries.iter().map(|&expiry| {
            let years = f64::from(expiry - time) / f64::from(YEAR);
            let forward = self.forward(self.spot, years);
            (expiry, years, forward)
        });
        dated.collect()
    }

    fn price(&self, x: f64) -> u64 {
        ticks(x, self.profile.decimals)
    }

    /// Appends spot, perpetual and futures of the underlying of this code.
    fn linear(&self, rows: &mut Rows<'_>, code: u16, dated: &[Dated]) {
        let perpetual = self.spot * (1.0 + self.basis);
        for (kind, mark) in [(Kind::Spot, self.spot), (Kind::Perpetual, perpetual)] {
            rows.push(InstrumentId::new(code, 0, 0, kind), self.price(mark), 0);
        }
        for (expiry, _, forward) in dated {
            let id = InstrumentId::new(code, *expiry, 0, Kind::Future);
            rows.push(id, self.price(*forward), 0);
        }
    }

    /// Appends the option chains of the underlying of this code.
    fn options(&self, rows: &mut Rows<'_>, code: u16, dated: &[Dated], spacing: f64) {
        for (index, &(expiry, years, forward)) in dated.iter().enumerate() {
            let deviation = self.listed_surface.at_the_money(index, years) * libm::sqrt(years);
            for strike in strikes(self.listed, deviation, spacing, self.profile.least_step) {
                let moneyness = libm::log(strike as f64 / forward);
                let vol = self.surface.vol(index, years, moneyness);
                let vol = (vol * f64::from(BP)).round() as u16;
                let strike = strike * 10u64.pow(SHORT_DECIMALS);
                for kind in [Kind::Call, Kind::Put] {
                    let id = InstrumentId::new(code, expiry, strike, kind);
                    rows.push(id, self.price(forward), vol);
                }
            }
        }
    }
}

/// An expiry, the years until then, and its forward in USD.
type Dated = (u32, f64, f64);

/// A price in USD rounded to so many decimals, in 1e-8 USD, at least one tick.
fn ticks(price: f64, decimals: u32) -> u64 {
    let unit = 10f64.powi(decimals as i32);
    ((price * unit).round().max(1.0) as u64) * 10u64.pow(8 - decimals)
}

/// An independent stream of random numbers of a seed.
fn stream(seed: u64, number: u64) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use zkmargin_engine::units::DAY;

    fn calm(seed: u64) -> Market {
        made(seed, false)
    }

    fn made(seed: u64, crash: bool) -> Market {
        let spec = MarketSpec {
            seed,
            time: DEFAULT_TIME,
            crash,
        };
        market(&spec, &Policy::rm1()).unwrap()
    }

    fn of_kind(market: &Market, kind: Kind) -> impl Iterator<Item = &Instrument> {
        let listed = market.instruments().iter();
        listed.filter(move |i| i.id.kind() == kind)
    }

    #[test]
    fn every_seed_lists_a_full_market() {
        let policy = Policy::rm1();
        for seed in 0..40 {
            let market = calm(seed);
            let rows = market.instruments().len();
            assert!(rows <= MOST_ROWS, "seed {seed}: {rows} rows");
            let count = |symbol: &str| {
                let code = policy.underlying(symbol).unwrap().code;
                let calls = of_kind(&market, Kind::Call);
                calls.filter(|i| i.id.underlying() == code).count()
            };
            assert!(
                count("BTC") + count("ETH") >= 900,
                "seed {seed}: {} + {}",
                count("BTC"),
                count("ETH")
            );
            assert!(count("SOL") >= 200, "seed {seed}: {}", count("SOL"));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (policy, market) = (Policy::rm1(), calm(7));
        let text = market.to_json(&policy).unwrap();
        assert_eq!(Market::from_json(&text, "m", &policy), Ok(market));
    }

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(calm(7), calm(7));
        assert_ne!(calm(7), calm(8));
    }

    #[test]
    fn a_crash_keeps_the_listing_and_moves_the_marks() {
        for seed in 0..10 {
            let (before, after) = (calm(seed), made(seed, true));
            assert_eq!(before.instruments().len(), after.instruments().len());
            for (b, a) in before.instruments().iter().zip(after.instruments()) {
                assert_eq!((&b.name, b.id), (&a.name, a.id));
                if b.id.kind() == Kind::Spot {
                    let ratio = a.forward as f64 / b.forward as f64;
                    assert!((0.698..0.702).contains(&ratio), "{}: {ratio}", a.name);
                }
                if b.id.kind().is_option() {
                    let vols = 500..=45_000;
                    assert!(vols.contains(&b.vol) && vols.contains(&a.vol), "{}", a.name);
                }
            }
        }
    }

    #[test]
    fn the_first_expiry_is_hours_and_the_last_most_of_a_year_away() {
        let market = calm(1);
        let expiries: BTreeSet<u32> = of_kind(&market, Kind::Call)
            .map(|i| i.id.expiry())
            .collect();
        assert_eq!(expiries.len(), 12);
        assert!(expiries.first().unwrap() - DEFAULT_TIME < DAY);
        assert!(expiries.last().unwrap() - DEFAULT_TIME > 250 * DAY);
    }

    /// Strike, price and forward of a call.
    type Call = (f64, f64, f64);

    /// Undiscounted calls fall with the strike, slower than one for one, and are
    /// convex in it: no butterfly pays for nothing. Marks are rounded to 1e-4 of
    /// volatility, hence the tolerance.
    #[test]
    fn chains_hold_no_arbitrage_beyond_rounding() {
        for market in [calm(3), made(3, true)] {
            let mut chains: BTreeMap<(u16, u32), Vec<Call>> = BTreeMap::new();
            for row in of_kind(&market, Kind::Call) {
                let (f, k) = (row.forward as f64 / 1e8, row.id.strike() as f64 / 1e4);
                let years = f64::from(row.id.expiry() - market.time()) / f64::from(YEAR);
                let w = f64::from(row.vol) / 1e4 * years.sqrt();
                let n = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
                let d = (f / k).ln() / w + w / 2.0;
                let chain = chains.entry((row.id.underlying(), row.id.expiry()));
                chain.or_default().push((k, f * n(d) - k * n(d - w), f));
            }
            for ((code, expiry), chain) in chains {
                for w in chain.windows(3) {
                    let slope = |a: Call, b: Call| (b.1 - a.1) / (b.0 - a.0);
                    let (left, right) = (slope(w[0], w[1]), slope(w[1], w[2]));
                    assert!(
                        (-1.0 - 1e-9..=1e-9).contains(&left),
                        "{code} {expiry} {}: slope {left}",
                        w[0].0
                    );
                    assert!(
                        right - left >= -4e-3,
                        "{code} {expiry} {}: {left} then {right}",
                        w[1].0
                    );
                }
            }
        }
    }
}
