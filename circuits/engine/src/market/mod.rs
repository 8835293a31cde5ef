//! Market: the public snapshot of listed instruments and their prices.
//!
//! Rows are sorted strictly by id and packed into one field element each. The digest is
//! H(MARKET, time, count, root), where root is that of the 8-ary tree of depth 4 over the rows.

mod check;
mod instrument;
pub(crate) mod json;
mod name;
mod own_cash;
mod read;
mod settlement;
mod write;

pub use check::{same_delivery, FORWARD_TOLERANCE_BP, VOL_TOLERANCE};
pub(crate) use instrument::element;
pub use instrument::{Instrument, InstrumentId, Kind, ID_BITS, SETTLED};
pub use settlement::Settlement;

use ff::Field;

use crate::commitment::{hash8, tag, Tree, MARKET_CAPACITY, MARKET_DEPTH};
use crate::units::Scale;
use crate::{error::Error, policy::Policy, Fr};

/// What to do about two prices of one delivery.
pub(crate) const FORWARD_HINT: &str =
    "give all options of an expiry its one forward, a call and a put of one strike its one \
     volatility, and the future a mark of the same moment";

/// A snapshot of listed instruments, checked when it is made and never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    time: u32,
    instruments: Vec<Instrument>,
    settlements: Vec<Settlement>,
    tree: Tree,
}

impl Market {
    /// A market of instruments in any order, none of which has expired.
    ///
    /// # Errors
    /// As [`Market::settled`].
    pub fn new(time: u32, instruments: Vec<Instrument>) -> Result<Market, Error> {
        Market::settled(time, instruments, Vec::new())
    }

    /// A market of instruments in any order. What has expired at `time` gets its value from the
    /// settlement price of its underlying and expiry, whatever its price and volatility say.
    ///
    /// # Errors
    /// Refuses more than [`MARKET_CAPACITY`] instruments, a repeated id or name, an id that is not
    /// canonical or whose underlying has the code 0, prices and volatilities out of range, options
    /// of one expiry with two forwards, a future further than [`FORWARD_TOLERANCE_BP`] from the
    /// forward of its expiry, and a call and a put of one strike whose volatilities are further
    /// apart than [`VOL_TOLERANCE`]; instruments that have expired without a settlement price, two
    /// settlement prices of one expiry, and settlements of what has not expired. How far an expiry may
    /// be away is for the caller to check; [`Market::from_json`] does.
    pub fn settled(
        time: u32,
        mut instruments: Vec<Instrument>,
        mut settlements: Vec<Settlement>,
    ) -> Result<Market, Error> {
        if instruments.len() > MARKET_CAPACITY {
            return Err(Error::Engine {
                subject: format!("a market of {} instruments", instruments.len()),
                problem: "at most 4096 fit",
                hint: "leave out instruments that no account holds",
            });
        }
        instruments.sort_by_key(|instrument| instrument.id);
        let mut names: Vec<&str> = instruments.iter().map(|i| i.name.as_str()).collect();
        names.sort_unstable();
        let name = names
            .windows(2)
            .find(|pair| pair[0] == pair[1])
            .map(|pair| pair[0]);
        let id = instruments.windows(2).find(|pair| pair[0].id == pair[1].id);
        if let Some(name) = name.or(id.map(|pair| pair[1].name.as_str())) {
            return Err(Error::Engine {
                subject: name.to_owned(),
                problem: "listed twice, or the same instrument as another under a second name",
                hint: "list every instrument once",
            });
        }
        settlement::settle(time, &mut instruments, &mut settlements)?;
        let each = |instrument| check::instrument(time, instrument);
        instruments.iter().try_for_each(each)?;
        if let Some(conflict) = check::deliveries(time, &instruments, |_| Scale::ONE) {
            let [first, second] = conflict.places.map(|n| instruments[n].name.as_str());
            return Err(Error::Engine {
                subject: format!("{second} and {first}: {}", conflict.values),
                problem: conflict.problem,
                hint: FORWARD_HINT,
            });
        }
        let rows = instruments.iter().map(Instrument::row).collect();
        Ok(Market {
            time,
            tree: Tree::new(tag::MARKET_NODE, MARKET_DEPTH, rows),
            instruments,
            settlements,
        })
    }

    /// Time of the snapshot in seconds since 1970.
    pub fn time(&self) -> u32 {
        self.time
    }

    /// Listed instruments, strictly ascending by id, at most [`MARKET_CAPACITY`].
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// Settlement prices, strictly ascending by underlying and expiry.
    pub fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    /// Packed rows in sorted order.
    pub fn rows(&self) -> &[Fr] {
        self.tree.level(0)
    }

    /// The tree over the rows.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The digest that a statement names.
    pub fn digest(&self) -> Fr {
        market_digest(self.time, self.instruments.len(), self.tree.root())
    }

    /// Place of an instrument among the rows.
    pub fn find(&self, id: InstrumentId) -> Option<usize> {
        self.instruments
            .binary_search_by_key(&id, |instrument| instrument.id)
            .ok()
    }

    /// The listed instrument of an id.
    pub fn listed(&self, id: InstrumentId) -> Option<&Instrument> {
        self.find(id).and_then(|at| self.instruments.get(at))
    }

    /// The cash asset of a symbol, where the policy knows it as cash and the market lists it.
    pub fn cash(&self, policy: &Policy, symbol: &str) -> Option<&Instrument> {
        let known = policy.underlying(symbol).filter(|u| u.cash)?;
        self.listed(InstrumentId::new(known.code, 0, 0, Kind::Cash))
    }

    /// Place among the rows of an instrument by its name.
    pub fn by_name(&self, name: &str) -> Option<usize> {
        self.instruments
            .iter()
            .position(|instrument| instrument.name == name)
    }

    /// Index of an underlying in 1e-8 USD: the mark of its spot instrument, if listed.
    pub fn index_price(&self, underlying: u16) -> Option<u64> {
        let spot = InstrumentId::new(underlying, 0, 0, Kind::Spot);
        self.listed(spot).map(|i| i.forward)
    }
}

/// Digest that binds time and number of rows to the root of their tree.
pub(crate) fn market_digest(time: u32, count: usize, root: Fr) -> Fr {
    let mut inputs = [Fr::ZERO; 8];
    inputs[0] = Fr::from(u64::from(time));
    inputs[1] = Fr::from(count as u64);
    inputs[2] = root;
    hash8(tag::MARKET, &inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(code: u16, forward: u64) -> Instrument {
        let id = InstrumentId::new(code, 0, 0, Kind::Spot);
        Instrument {
            name: format!("spot {code}"),
            id,
            forward,
            vol: 0,
        }
    }

    #[test]
    fn sorted_found_and_priced() {
        let market = Market::new(5, vec![spot(3, 30), spot(1, 10), spot(2, 20)]).unwrap();
        let forwards: Vec<u64> = market.instruments.iter().map(|i| i.forward).collect();
        assert_eq!(forwards, [10, 20, 30]);
        assert_eq!(market.find(InstrumentId::new(2, 0, 0, Kind::Spot)), Some(1));
        assert_eq!(
            market.find(InstrumentId::new(2, 0, 0, Kind::Perpetual)),
            None
        );
        assert_eq!(market.by_name("spot 3"), Some(2));
        assert_eq!(market.by_name("spot"), None);
        assert_eq!(
            (market.index_price(3), market.index_price(4)),
            (Some(30), None)
        );
    }

    #[test]
    fn repeated_instruments_are_refused() {
        assert!(Market::new(5, vec![spot(1, 1), spot(2, 1), spot(1, 2)]).is_err());
        let mut twin = spot(2, 1);
        twin.name = "spot 1".to_owned();
        assert!(Market::new(5, vec![spot(1, 1), twin]).is_err());
    }

    fn listed(name: &str, id: InstrumentId, forward: u64) -> Instrument {
        Instrument {
            name: name.to_owned(),
            id,
            forward,
            vol: if id.kind().is_option() { 4_000 } else { 0 },
        }
    }

    #[test]
    fn an_underlying_of_code_0_is_refused() {
        for kind in [Kind::Cash, Kind::Spot, Kind::Perpetual] {
            let zero = listed("ZERO", InstrumentId::new(0, 0, 0, kind), 7_700_000_000_000);
            let error = Market::new(5, vec![spot(1, 10), zero]).unwrap_err();
            assert!(error
                .to_string()
                .contains("ZERO: its underlying has the code 0"));
        }
    }

    #[test]
    fn ids_prices_and_volatilities_out_of_range_are_refused() {
        let call = |forward, vol| Instrument {
            vol,
            ..listed("C", InstrumentId::new(1, 9, 7, Kind::Call), forward)
        };
        let of = |instrument| Market::new(5, vec![instrument]);
        assert!(of(call((1 << 60) - 1, 100)).is_ok());
        for bad in [
            call(0, 100),
            call(1 << 60, 100),
            call(1, 99),
            call(1, 0),
            Instrument {
                vol: 1,
                ..spot(1, 10)
            },
            listed("P", InstrumentId::new(1, 9, 0, Kind::Perpetual), 1),
            listed("S", InstrumentId(1 << 80 | 15), 1),
            listed("W", InstrumentId(1 << 92 | 1 << 80), 1),
        ] {
            assert!(of(bad.clone()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_expiry_has_one_forward() {
        let one = 7_740_528_000_000;
        let rows = |put: u64, future: u64| {
            vec![
                listed("F", InstrumentId::new(1, 9, 0, Kind::Future), future),
                listed("C", InstrumentId::new(1, 9, 7, Kind::Call), one),
                listed("P", InstrumentId::new(1, 9, 7, Kind::Put), put),
                // Another expiry and another underlying have forwards of their own.
                listed("D", InstrumentId::new(1, 10, 7, Kind::Call), one + 5),
                listed("E", InstrumentId::new(2, 9, 7, Kind::Put), 3),
            ]
        };
        let edge = one / 10_000 * FORWARD_TOLERANCE_BP;
        for future in [one, one - edge, one + edge] {
            assert!(Market::new(5, rows(one, future)).is_ok());
        }
        for (put, future, words) in [
            (
                one + 1,
                one,
                "P and C: 77405.28000001 against 77405.28: the options",
            ),
            (one - 1, one, "have two forwards"),
            (one, one + edge + 1, "F and C: "),
            (one, one - edge - 1, "further than 0.5% from the forward"),
        ] {
            let error = Market::new(5, rows(put, future)).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let vols = |call, put| {
            let mut rows = rows(one, one);
            (rows[1].vol, rows[2].vol) = (call, put);
            Market::new(5, rows)
        };
        assert!(vols(4_000, 4_000 + VOL_TOLERANCE).is_ok());
        // A put at 40% and a call at 300%: 21,000 USD of equity out of nothing.
        for (call, put) in [(4_000, 4_001 + VOL_TOLERANCE), (30_000, 4_000)] {
            let error = vols(call, put).unwrap_err().to_string();
            assert!(error.contains("a call and a put of one strike"), "{error}");
        }
        // Without options an expiry has only its future.
        assert!(Market::new(5, rows(one, 1).into_iter().take(1).collect()).is_ok());
    }

    #[test]
    fn capacity() {
        let future = |n: u32| Instrument {
            name: n.to_string(),
            id: InstrumentId::new(1, n + 1, 0, Kind::Future),
            forward: 1,
            vol: 0,
        };
        assert!(Market::new(0, (0..4096).map(future).collect()).is_ok());
        assert!(Market::new(0, (0..4097).map(future).collect()).is_err());
    }

    #[test]
    fn digest_follows_every_part() {
        let call = |forward, vol| Instrument {
            vol,
            ..listed("C", InstrumentId::new(2, 9, 7, Kind::Call), forward)
        };
        let of = |time, instruments| Market::new(time, instruments).unwrap();
        let base = of(5, vec![spot(1, 10), call(20, 4_000)]);
        let time = of(6, vec![spot(1, 10), call(20, 4_000)]);
        let price = of(5, vec![spot(1, 10), call(21, 4_000)]);
        let vol = of(5, vec![spot(1, 10), call(20, 4_001)]);
        let shorter = of(5, vec![spot(1, 10)]);
        let digests = [&base, &time, &price, &vol, &shorter].map(Market::digest);
        for (i, a) in digests.iter().enumerate() {
            assert!(!digests[..i].contains(a));
        }
        let mut inputs = [Fr::ZERO; 8];
        inputs[..3].copy_from_slice(&[Fr::from(5), Fr::from(2), base.tree().root()]);
        assert_eq!(base.digest(), hash8(tag::MARKET, &inputs));
        // A zero row could otherwise be taken for an empty one: the count tells them apart.
        assert_ne!(
            market_digest(5, 2, base.tree().root()),
            market_digest(5, 3, base.tree().root())
        );
    }
}
