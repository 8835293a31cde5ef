//! What every market must be, whoever made it: a file's reader, a generator, a test.

use super::{Instrument, InstrumentId, Kind};
use crate::error::Error;
use crate::units::{format_decimal, Price, Vol, MONEY_DECIMALS};

/// Most that the mark of a listed future may differ from the forward of the options of its
/// expiry, in basis points of the forward. Both are the price of the same delivery, marked by
/// two engines; real snapshots differ by less than one basis point.
pub const FORWARD_TOLERANCE_BP: u64 = 50;

/// Checks an instrument by itself.
///
/// # Errors
/// An id that is not canonical or has no underlying (code 0 would fall out of the circuit's
/// registers, and a debt in it would vanish), and prices and volatilities out of range.
pub(super) fn instrument(instrument: &Instrument) -> Result<(), Error> {
    let refused = |problem, hint| {
        Err(Error::Engine {
            subject: instrument.name.clone(),
            problem,
            hint,
        })
    };
    let id = instrument.id;
    if !id.is_canonical() {
        let hint = "an expiry belongs to dated instruments, a strike to options";
        return refused("its id is not that of any instrument", hint);
    }
    if id.underlying() == 0 {
        let hint = "codes of underlyings are 1 to 255; take the code from the policy";
        return refused("its underlying has the code 0", hint);
    }
    if Price::from_units(instrument.forward).is_err() {
        return refused(
            "its price is out of range",
            "prices are 1 to 2^60 - 1 units of 1e-8 USD",
        );
    }
    let vol = match id.kind().is_option() {
        true => Vol::from_units(u64::from(instrument.vol)).is_ok(),
        false => instrument.vol == 0,
    };
    match vol {
        true => Ok(()),
        false => refused(
            "its volatility is out of range",
            "options have 100 to 65535 units of 1e-4, everything else has 0",
        ),
    }
}

/// Two instruments of one underlying and expiry that contradict each other.
pub(super) struct Conflict {
    /// Places in the list.
    pub places: [usize; 2],
    /// Their prices in words.
    pub prices: String,
    /// What they contradict each other about.
    pub problem: &'static str,
}

/// Looks for options of one expiry with two forwards, and for a future too far from theirs: a
/// call, a put and a future of one expiry are claims on one delivery, so two prices for it would
/// be equity out of nothing.
pub(super) fn forwards(instruments: &[Instrument]) -> Option<Conflict> {
    let mut order: Vec<usize> = (0..instruments.len())
        .filter(|n| instruments[*n].id.kind().is_dated())
        .collect();
    let key = |id: InstrumentId| (id.underlying(), id.expiry());
    order.sort_by_key(|n| (key(instruments[*n].id), *n));
    order
        .chunk_by(|a, b| key(instruments[*a].id) == key(instruments[*b].id))
        .find_map(|expiry| conflict(instruments, expiry))
}

/// The first conflict among the instruments of one expiry.
fn conflict(instruments: &[Instrument], expiry: &[usize]) -> Option<Conflict> {
    let is_option = |n: &usize| instruments[*n].id.kind().is_option();
    let first = *expiry.iter().find(|n| is_option(n))?;
    let forward = instruments[first].forward;
    expiry.iter().copied().find_map(|other| {
        let price = instruments[other].forward;
        let problem = match instruments[other].id.kind() {
            Kind::Future if !same_delivery(price, forward) => {
                "the future is further than 0.5% from the forward of the options of its expiry"
            }
            Kind::Call | Kind::Put if price != forward => {
                "the options of one expiry have two forwards"
            }
            _ => return None,
        };
        let usd = |units| format_decimal(i128::from(units), MONEY_DECIMALS);
        Some(Conflict {
            places: [first, other],
            prices: format!("{} against {}", usd(price), usd(forward)),
            problem,
        })
    })
}

/// Whether two prices can be of one delivery: the first within [`FORWARD_TOLERANCE_BP`] of the
/// second.
pub fn same_delivery(price: u64, forward: u64) -> bool {
    u128::from(price.abs_diff(forward)) * 10_000
        <= u128::from(forward) * u128::from(FORWARD_TOLERANCE_BP)
}
