//! Positions that belong together: spreads, strangles, covered calls, one future against another.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::units::YEAR;

use super::spec::{AccountSpec, Style};
use super::GenerateError;

/// Notional in USD of one unit of size; positions are tenths to fivefold of it.
const UNIT_NOTIONAL: f64 = 100_000.0;
/// Options are taken within this many standard deviations of the forward.
const REACH: f64 = 2.2;
/// Draws without a new instrument after which the market counts as used up.
const PATIENCE: usize = 4_000;

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
pub(super) struct Draw<'m> {
    chains: Vec<Chain<'m>>,
}

type Leg = (InstrumentId, i64);

impl<'m> Draw<'m> {
    pub(super) fn new(market: &'m Market, positions: usize) -> Draw<'m> {
        let mut by_code: BTreeMap<u16, Vec<&Instrument>> = BTreeMap::new();
        for instrument in market.instruments() {
            // Nobody trades what has expired.
            let id = instrument.id;
            if id.kind() != Kind::Cash && !id.settled_at(market.time()) {
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
        let chains = chains.map(|list| Chain::new(list, market.time())).collect();
        Draw { chains }
    }

    /// As many different positions as asked for, in 1e-8 contracts.
    pub(super) fn holdings(
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
            futures: list
                .iter()
                .copied()
                .filter(|i| i.id.kind().is_future())
                .collect(),
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
pub(super) fn near(instrument: &Instrument, time: u32) -> bool {
    let id = instrument.id;
    if !id.kind().is_option() {
        return false;
    }
    let years = f64::from(id.expiry().saturating_sub(time).max(3_600)) / f64::from(YEAR);
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
pub(super) fn round_lot(contracts: f64) -> i64 {
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
