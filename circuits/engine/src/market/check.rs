//! What every market must be, whoever made it: a file's reader, a generator, a test.

use super::{Instrument, Kind, SETTLED};
use crate::error::Error;
use crate::units::{format_decimal, Price, Scale, Vol, BP, SHORT_DECIMALS};

/// Most that the mark of a listed future may differ from the forward of the options of its
/// expiry, in basis points of the forward. Both are the price of the same delivery, marked by
/// two engines; real snapshots differ by less than one basis point.
pub const FORWARD_TOLERANCE_BP: u64 = 50;

/// Most that the volatilities of a call and a put of one strike may differ, in 1e-4. By parity they
/// are one; recorded snapshots read them at different moments.
pub const VOL_TOLERANCE: u16 = 100;

/// Checks an instrument by itself, in a market of a time.
///
/// # Errors
/// An id that is not canonical or has no underlying (code 0 would fall out of the circuit's
/// registers, and a debt in it would vanish), prices and volatilities out of range, and the volatility
/// of what has expired on what has not, or the other way round.
pub(super) fn instrument(time: u32, instrument: &Instrument) -> Result<(), Error> {
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
        let hint = "codes of underlyings are 1 to 4095; take the code from the policy";
        return refused("its underlying has the code 0", hint);
    }
    let settled = id.settled_at(time);
    // What has expired may be worth nothing.
    if Price::from_units(instrument.forward.max(u64::from(settled))).is_err() {
        return refused(
            "its price is out of range",
            "prices are 1 to 2^60 - 1 units of 1e-8 USD",
        );
    }
    let vol = match (settled, id.kind().is_option()) {
        (true, _) => instrument.vol == SETTLED,
        (false, true) => Vol::from_units(u64::from(instrument.vol)).is_ok(),
        (false, false) => instrument.vol == 0,
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
    /// The field of the second that contradicts the first, as market files call it.
    pub field: &'static str,
    /// What stands there and what should, in words.
    pub values: String,
    /// What they contradict each other about.
    pub problem: &'static str,
}

/// Looks for options of one expiry with two forwards, for a future too far from theirs, and for a
/// call and a put of one strike whose volatilities are further apart than [`VOL_TOLERANCE`]: a
/// call, a put and a future of one expiry are claims on one delivery and tied by parity, so two
/// prices for it would be equity out of nothing.
/// What has expired at `time` has its values from one settlement price.
/// `scale` says how many coins a contract of an underlying is, for what is shown.
pub(super) fn deliveries(
    time: u32,
    instruments: &[Instrument],
    scale: impl Fn(u16) -> Scale,
) -> Option<Conflict> {
    let mut order: Vec<usize> = (0..instruments.len())
        .filter(|n| instruments[*n].id.kind().is_dated() && !instruments[*n].id.settled_at(time))
        .collect();
    order.sort_by_key(|n| instruments[*n].id);
    let key = |n: &usize| (instruments[*n].id.underlying(), instruments[*n].id.expiry());
    order
        .chunk_by(|a, b| key(a) == key(b))
        .find_map(|expiry| two_forwards(instruments, expiry, &scale))
        .or_else(|| {
            order
                .windows(2)
                .find_map(|pair| two_vols(instruments, pair))
        })
}

/// The first contradiction about the forward among the instruments of one expiry.
fn two_forwards(
    instruments: &[Instrument],
    expiry: &[usize],
    scale: &impl Fn(u16) -> Scale,
) -> Option<Conflict> {
    let is_option = |n: &usize| instruments[*n].id.kind().is_option();
    let first = *expiry.iter().find(|n| is_option(n))?;
    let forward = instruments[first].forward;
    expiry.iter().copied().find_map(|other| {
        let price = instruments[other].forward;
        let (field, problem) = match instruments[other].id.kind() {
            Kind::Future if !same_delivery(price, forward) => (
                "mark",
                "the future is further than 0.5% from the forward of the options of its expiry",
            ),
            Kind::Call | Kind::Put if price != forward => {
                ("forward", "the options of one expiry have two forwards")
            }
            _ => return None,
        };
        let usd = |units: u64| scale(instruments[first].id.underlying()).price(units.into());
        Some(Conflict {
            places: [first, other],
            field,
            values: format!("{} against {}", usd(price), usd(forward)),
            problem,
        })
    })
}

/// The contradiction between two neighbours, if they are a call and a put of one strike.
fn two_vols(instruments: &[Instrument], pair: &[usize]) -> Option<Conflict> {
    let [call, put] = [
        instruments.get(*pair.first()?)?,
        instruments.get(*pair.get(1)?)?,
    ];
    let apart = call.vol.abs_diff(put.vol) > VOL_TOLERANCE;
    let fraction = |vol: u16| format_decimal(i128::from(vol), SHORT_DECIMALS);
    (call.id.same_strike(put.id) && apart).then(|| Conflict {
        places: [pair[0], pair[1]],
        field: "vol",
        values: format!("{} against {}", fraction(put.vol), fraction(call.vol)),
        problem: "a call and a put of one strike are more than a volatility point apart",
    })
}

/// Whether two prices can be of one delivery: the first within [`FORWARD_TOLERANCE_BP`] of the
/// second.
pub fn same_delivery(price: u64, forward: u64) -> bool {
    u128::from(price.abs_diff(forward)) * u128::from(BP)
        <= u128::from(forward) * u128::from(FORWARD_TOLERANCE_BP)
}
