//! What instruments are worth once they have expired.
//!
//! A market gives one settlement price for each underlying and expiry. What every future, call and put
//! of that expiry is worth follows from it and is nowhere stated, so no two of them can contradict
//! each other.

use super::{Instrument, InstrumentId, Kind, SETTLED};
use crate::error::Error;
use crate::units::{Price, PRICE_PER_STRIKE};

/// The price of an underlying at an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settlement {
    /// Code of the underlying in the policy.
    pub underlying: u16,
    /// Seconds since 1970.
    pub expiry: u32,
    /// What one unit of the underlying was worth, 1e-8 USD, in [1, 2^60).
    pub price: u64,
}

impl Settlement {
    fn key(&self) -> (u16, u32) {
        (self.underlying, self.expiry)
    }

    /// What one contract of its expiry is worth, 1e-8 USD.
    fn value(&self, id: InstrumentId) -> u64 {
        let strike = id.strike() * PRICE_PER_STRIKE;
        match id.kind() {
            Kind::Call => self.price.saturating_sub(strike),
            Kind::Put => strike.saturating_sub(self.price),
            _ => self.price,
        }
    }
}

/// Sorts settlements, and gives every instrument that has expired at `time` its value.
///
/// # Errors
/// Refuses two prices of one underlying and expiry, prices out of range, expiries after `time`, and
/// instruments that have expired without a settlement price.
pub(super) fn settle(
    time: u32,
    instruments: &mut [Instrument],
    settlements: &mut [Settlement],
) -> Result<(), Error> {
    settlements.sort_unstable();
    let refused = |settlement: &Settlement, problem, hint| {
        let Settlement {
            underlying, expiry, ..
        } = settlement;
        Err(Error::Engine {
            subject: format!("settlement of underlying {underlying} at {expiry}"),
            problem,
            hint,
        })
    };
    for settlement in settlements.iter() {
        if Price::from_units(settlement.price).is_err() {
            let hint = "prices are 1 to 2^60 - 1 units of 1e-8 USD";
            return refused(settlement, "its price is out of range", hint);
        }
        if settlement.expiry > time {
            let hint = "a market settles what has expired at its time, and nothing else";
            return refused(settlement, "is after the market's time", hint);
        }
    }
    if let Some(pair) = settlements.windows(2).find(|p| p[0].key() == p[1].key()) {
        let hint = "an underlying has one settlement price at an expiry";
        return refused(&pair[1], "stands twice", hint);
    }
    let expired = instruments.iter_mut().filter(|i| i.id.settled_at(time));
    for instrument in expired {
        let key = (instrument.id.underlying(), instrument.id.expiry());
        let found = settlements.binary_search_by_key(&key, Settlement::key);
        let Ok(at) = found else {
            return Err(Error::Expired {
                instrument: instrument.name.clone(),
                expiry: key.1,
                time,
            });
        };
        (instrument.forward, instrument.vol) = (settlements[at].value(instrument.id), SETTLED);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Market;
    use super::*;

    const USD: u64 = 100_000_000;
    const EXPIRY: u32 = 1_000;

    fn row(kind: Kind, expiry: u32, strike: u64) -> Instrument {
        let id = InstrumentId::new(16, expiry, strike * 10_000, kind);
        Instrument {
            name: id.to_string(),
            id,
            // What stands here is not read once the instrument has expired.
            forward: 7 * USD,
            vol: if kind.is_option() { 5_000 } else { 0 },
        }
    }

    fn rows() -> Vec<Instrument> {
        vec![
            row(Kind::Future, EXPIRY, 0),
            row(Kind::Call, EXPIRY, 90),
            row(Kind::Put, EXPIRY, 90),
            row(Kind::Call, EXPIRY, 100),
            row(Kind::Put, EXPIRY, 100),
            row(Kind::Put, EXPIRY, 110),
            row(Kind::Call, EXPIRY + 1, 90),
        ]
    }

    fn price(price: u64) -> Settlement {
        Settlement {
            underlying: 16,
            expiry: EXPIRY,
            price,
        }
    }

    fn market(time: u32, settlements: Vec<Settlement>) -> Result<Market, Error> {
        Market::settled(time, rows(), settlements)
    }

    #[test]
    fn values_follow_from_the_settlement_price() {
        let settled = market(EXPIRY, vec![price(100 * USD)]).unwrap();
        let of = |kind, expiry, strike: u64| {
            let id = InstrumentId::new(16, expiry, strike * 10_000, kind);
            let listed = settled.listed(id).unwrap();
            (listed.forward / USD, listed.vol)
        };
        assert_eq!(of(Kind::Future, EXPIRY, 0), (100, SETTLED));
        assert_eq!(of(Kind::Call, EXPIRY, 90), (10, SETTLED));
        assert_eq!(of(Kind::Put, EXPIRY, 90), (0, SETTLED));
        assert_eq!(of(Kind::Call, EXPIRY, 100), (0, SETTLED));
        assert_eq!(of(Kind::Put, EXPIRY, 100), (0, SETTLED));
        assert_eq!(of(Kind::Put, EXPIRY, 110), (10, SETTLED));
        // A second later is another instrument, which lives.
        assert_eq!(of(Kind::Call, EXPIRY + 1, 90), (7, 5_000));
        let live = market(EXPIRY - 1, Vec::new()).unwrap();
        assert!(live.instruments().iter().all(|i| i.vol != SETTLED));
        let dearer = market(EXPIRY, vec![price(101 * USD)]).unwrap();
        assert_ne!(dearer.digest(), settled.digest());
    }

    #[test]
    fn settlements_that_are_refused() {
        let later = Settlement {
            expiry: EXPIRY + 2,
            ..price(USD)
        };
        let cases = [
            (vec![], "expired"),
            (vec![price(0)], "out of range"),
            (vec![price(1 << 60)], "out of range"),
            (vec![price(USD), price(2 * USD)], "stands twice"),
            (vec![price(USD), later], "after the market's time"),
            (
                vec![Settlement {
                    underlying: 17,
                    ..price(USD)
                }],
                "expired",
            ),
        ];
        for (settlements, words) in cases {
            let error = market(EXPIRY, settlements).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
            assert!(error.contains("\nhint: "), "{error}");
        }
    }
}
