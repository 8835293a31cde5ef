//! A market that looks like a venue's: three coins with spot, perpetual, twelve
//! futures and twelve option chains each, and three dollars.
//!
//! Everything follows from the seed. The chains of a seed (which expiries and
//! strikes are listed) are the same on a calm and on a crash day, so an account
//! made for one can be evaluated on the other.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::market::expiry_label;

use super::calendar::expiries;
use super::smile::Surface;
use super::strikes::strikes;
use super::GenerateError;
use crate::document::{Listing, MarketDocument, Row};

/// Snapshot time where none is asked for: 2026-10-13 01:30:00 UTC, six and a half
/// hours before the first expiry.
pub const DEFAULT_TIME: u32 = 1_791_855_000;
/// Listings stop short of the 4096 rows that a market can hold.
const MOST_ROWS: usize = 4000;
/// Seconds in the year of the risk model.
const YEAR: f64 = 31_536_000.0;
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

/// Generates the market of a seed.
///
/// # Errors
///
/// [`GenerateError::TimeOutOfRange`] when an expiry would not fit 32 bits.
pub fn market(spec: &MarketSpec) -> Result<MarketDocument, GenerateError> {
    let listed = expiries(spec.time).ok_or(GenerateError::TimeOutOfRange { time: spec.time })?;
    let days: Vec<Day> = PROFILES
        .iter()
        .zip(1..)
        .map(|(p, stream)| Day::draw(p, spec, stream, listed.len()))
        .collect();
    let mut spacing = SPACING;
    loop {
        let mut rows = cash(spec);
        for day in &days {
            day.list(&mut rows, spec.time, &listed, spacing);
        }
        if rows.len() <= MOST_ROWS {
            return Ok(MarketDocument {
                time: spec.time,
                rows,
            });
        }
        spacing *= 1.1;
    }
}

/// The three dollars; a crash shakes the one that is not a bank's.
fn cash(spec: &MarketSpec) -> Vec<Row> {
    let mut rng = stream(spec.seed, 0);
    let usdc = 1.0 + rng.gen_range(-0.0001..0.0001);
    let usdt = if spec.crash { 0.991 } else { 1.0 } + rng.gen_range(-0.0009..0.0006);
    [("USD", 1.0), ("USDC", usdc), ("USDT", usdt)]
        .into_iter()
        .map(|(name, mark)| Row {
            name: name.into(),
            listing: Listing::Cash,
            price: ticks(mark, 4),
        })
        .collect()
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

    /// Appends the rows of this underlying: spot, perpetual, futures, options.
    fn list(&self, rows: &mut Vec<Row>, time: u32, expiries: &[u32], spacing: f64) {
        let symbol = self.profile.symbol;
        let underlying = || symbol.to_string();
        let price = |x: f64| ticks(x, self.profile.decimals);
        let mut push = |name: String, listing: Listing, price: u64| {
            rows.push(Row {
                name,
                listing,
                price,
            })
        };

        push(
            underlying(),
            Listing::Spot {
                underlying: underlying(),
            },
            price(self.spot),
        );
        push(
            format!("{symbol}-PERPETUAL"),
            Listing::Perpetual {
                underlying: underlying(),
            },
            price(self.spot * (1.0 + self.basis)),
        );
        let dated: Vec<(u32, f64, f64)> = expiries
            .iter()
            .map(|&expiry| {
                let years = f64::from(expiry - time) / YEAR;
                (expiry, years, self.forward(self.spot, years))
            })
            .collect();
        for &(expiry, _, forward) in &dated {
            push(
                format!("{symbol}-{}", expiry_label(expiry)),
                Listing::Future {
                    underlying: underlying(),
                    expiry,
                },
                price(forward),
            );
        }
        for (index, &(expiry, years, forward)) in dated.iter().enumerate() {
            let label = expiry_label(expiry);
            let deviation = self.listed_surface.at_the_money(index, years) * libm::sqrt(years);
            for strike in strikes(self.listed, deviation, spacing, self.profile.least_step) {
                let vol = self
                    .surface
                    .vol(index, years, libm::log(strike as f64 / forward));
                let vol = (vol * 10_000.0).round() as u16;
                for (call, letter) in [(true, 'C'), (false, 'P')] {
                    let listing = Listing::Option {
                        underlying: underlying(),
                        expiry,
                        strike: strike * 10_000,
                        call,
                        vol,
                    };
                    push(
                        format!("{symbol}-{label}-{strike}-{letter}"),
                        listing,
                        price(forward),
                    );
                }
            }
        }
    }
}

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

    fn calm(seed: u64) -> MarketDocument {
        market(&MarketSpec {
            seed,
            time: DEFAULT_TIME,
            crash: false,
        })
        .unwrap()
    }

    fn crash(seed: u64) -> MarketDocument {
        market(&MarketSpec {
            seed,
            time: DEFAULT_TIME,
            crash: true,
        })
        .unwrap()
    }

    #[test]
    fn every_seed_lists_a_full_market() {
        for seed in 0..40 {
            let doc = calm(seed);
            assert!(
                doc.rows.len() <= MOST_ROWS,
                "seed {seed}: {} rows",
                doc.rows.len()
            );
            let count = |symbol: &str| {
                doc.rows.iter().filter(|r| matches!(&r.listing, Listing::Option { underlying, call: true, .. } if underlying == symbol)).count()
            };
            assert!(
                count("BTC") + count("ETH") >= 900,
                "seed {seed}: {} + {}",
                count("BTC"),
                count("ETH")
            );
            assert!(count("SOL") >= 200, "seed {seed}: {}", count("SOL"));
            let names: BTreeSet<_> = doc.rows.iter().map(|r| &r.name).collect();
            assert_eq!(names.len(), doc.rows.len());
        }
    }

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(calm(7).to_json(), calm(7).to_json());
        assert_ne!(calm(7).to_json(), calm(8).to_json());
    }

    #[test]
    fn a_crash_keeps_the_listing_and_moves_the_marks() {
        for seed in 0..10 {
            let (before, after) = (calm(seed), crash(seed));
            assert_eq!(before.rows.len(), after.rows.len());
            for (b, a) in before.rows.iter().zip(&after.rows) {
                assert_eq!(b.name, a.name);
                match (&b.listing, &a.listing) {
                    (Listing::Spot { .. }, _) => {
                        let ratio = a.price as f64 / b.price as f64;
                        assert!((0.698..0.702).contains(&ratio), "{}: {ratio}", a.name);
                    }
                    (Listing::Option { vol: calm, .. }, Listing::Option { vol: shaken, .. }) => {
                        assert!(
                            (500..=45_000).contains(calm) && (500..=45_000).contains(shaken),
                            "{}",
                            a.name
                        );
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn the_first_expiry_is_hours_and_the_last_most_of_a_year_away() {
        let doc = calm(1);
        let expiries: BTreeSet<u32> = doc
            .rows
            .iter()
            .filter_map(|r| match r.listing {
                Listing::Option { expiry, .. } => Some(expiry),
                _ => None,
            })
            .collect();
        assert_eq!(expiries.len(), 12);
        assert!(expiries.first().unwrap() - DEFAULT_TIME < 86_400);
        assert!(expiries.last().unwrap() - DEFAULT_TIME > 250 * 86_400);
    }

    /// Strike, price and forward of a call.
    type Call = (f64, f64, f64);

    /// Undiscounted calls fall with the strike, slower than one for one, and are
    /// convex in it: no butterfly pays for nothing. Marks are rounded to 1e-4 of
    /// volatility, hence the tolerance.
    #[test]
    fn chains_hold_no_arbitrage_beyond_rounding() {
        for doc in [calm(3), crash(3)] {
            let mut chains: BTreeMap<(&str, u32), Vec<Call>> = BTreeMap::new();
            for row in &doc.rows {
                if let Listing::Option {
                    underlying,
                    expiry,
                    strike,
                    call: true,
                    vol,
                } = &row.listing
                {
                    let (f, k) = (row.price as f64 / 1e8, *strike as f64 / 1e4);
                    let w = f64::from(*vol) / 1e4 * (f64::from(expiry - doc.time) / YEAR).sqrt();
                    let n = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
                    let d = (f / k).ln() / w + w / 2.0;
                    chains.entry((underlying, *expiry)).or_default().push((
                        k,
                        f * n(d) - k * n(d - w),
                        f,
                    ));
                }
            }
            for ((symbol, expiry), chain) in chains {
                for w in chain.windows(3) {
                    let slope = |a: Call, b: Call| (b.1 - a.1) / (b.0 - a.0);
                    let (left, right) = (slope(w[0], w[1]), slope(w[1], w[2]));
                    assert!(
                        (-1.0 - 1e-9..=1e-9).contains(&left),
                        "{symbol} {expiry} {}: slope {left}",
                        w[0].0
                    );
                    assert!(
                        right - left >= -4e-3,
                        "{symbol} {expiry} {}: {left} then {right}",
                        w[1].0
                    );
                }
            }
        }
    }
}
