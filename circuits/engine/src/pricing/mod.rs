//! Prices of options in integers, step by step as the circuit proves them.
//!
//! A call is worth `max over d of F·N(d) − K·N(d − w)` with `w = σ√T`; the maximum is attained
//! at `d1 = ln(F/K)/w + w/2`. The objective is flat there, so `d` may be rounded to the grid of
//! `GRID` steps per unit: the price then errs by at most half of
//! `F·φ(d1)·w·(step/2)²`, and only downwards. `d − w` is not on the grid; `N` there is a table
//! value with two Taylor terms. Puts are calls less forward, plus strike.
//!
//! | value | here | scale |
//! |---|---|---|
//! | `√T / 10^4` | [`Maturity::t`] | 2^-44 |
//! | σ in 1e-4, shocked or not | [`VolPoint::s`] | 2^-29 |
//! | `w = σ√T` | [`VolPoint::w`] | 2^-25 |
//! | `ln F`, `ln K` | `ln_hp` | 2^-67 |
//! | `d1·w = ln(F/K) + w²/2` | [`VolPoint::b`] | 2^-35 |
//! | `1/w` | [`VolPoint::mu`] | 2^-10 |
//! | `d`, `d − w` | [`NodePoint::d`], [`NodePoint::g`] and [`VolPoint::r`] | 2^-9, 2^-25 |
//!
//! The error of every price is certified: [`price_error`] bounds it.

mod logarithm;
mod node;
#[cfg(test)]
mod tests;

pub(crate) use crate::certificate::relative_error;
pub use crate::certificate::{
    price_error, root_of_square, sqrt_time, ALPHA, A_0, A_K, A_T, A_W, BETA,
};
use crate::units::DAY;
pub(crate) use logarithm::ln_hp;
pub use logarithm::{log_witness, LogWitness};
pub(crate) use node::{delta_61, second_normal_76};
pub use node::{node_point, point_of_w, vol_point, NodePoint, VolPoint};

use crate::error::Error;
use crate::market::Instrument;
use crate::policy::Policy;
use crate::units::PRICE_PER_STRIKE;

/// `|ln(F/K)|` is at most this.
const MAX_MONEYNESS: i128 = 16;

/// Time to expiry of a dated instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maturity {
    /// Seconds to expiry, at least one.
    pub raw: u32,
    /// Whole days to expiry, rounded down: the row of the volatility table.
    pub day: u32,
    /// Days to expiry, rounded up: the row of the roll table.
    pub day_up: u32,
    /// Seconds that are priced: at least the policy's floor of maturity.
    pub tau: u32,
    /// Whether they are more than there are.
    pub floored: bool,
    /// `√(tau / year) / 10^4` at 2^-44, rounded down.
    pub t: u64,
}

/// An option at its three volatilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionPoint {
    /// Time to expiry.
    pub maturity: Maturity,
    /// At the mark volatility, shocked up, shocked down.
    pub vols: [VolPoint; 3],
    /// At the mark volatility when a day has passed, or at the floor of maturity where less is left.
    pub decayed: VolPoint,
    /// `ln(F/K)` at 2^-67.
    moneyness: i128,
}

impl OptionPoint {
    /// The option at another volatility (1e-4 at 2^-29) when so many days have passed, never nearer to its
    /// expiry than the policy's floor of maturity. `None` where that cannot be priced.
    ///
    /// Where days have passed `w` is the root of its square, not a product of roots: the circuit proves a
    /// second time to expiry with fewer rows so.
    pub(crate) fn moved(&self, s: u64, days: u32, policy: &Policy) -> Option<VolPoint> {
        if days == 0 {
            return vol_point(s, self.maturity.t, self.moneyness);
        }
        let passed = days.saturating_mul(DAY);
        let left = self
            .maturity
            .raw
            .saturating_sub(passed)
            .max(policy.maturity_floor);
        point_of_w(s, root_of_square(s, left), self.moneyness)
    }
}

/// Time from `time` to `expiry`, both in seconds since 1970; `name` is the instrument of errors.
///
/// # Errors
/// [`Error::Expired`] at `time` and before it, [`Error::TooFar`] beyond the tables of the policy.
pub(crate) fn maturity_of(
    name: &str,
    time: u32,
    expiry: u32,
    policy: &Policy,
) -> Result<Maturity, Error> {
    let instrument = || name.to_owned();
    let left = expiry.checked_sub(time).filter(|left| *left > 0);
    let raw = left.ok_or_else(|| Error::Expired {
        instrument: instrument(),
        expiry,
        time,
    })?;
    let (day, max_days) = (raw / DAY, policy.max_days);
    if day > max_days {
        return Err(Error::TooFar {
            instrument: instrument(),
            days: day,
            max_days,
        });
    }
    let tau = raw.max(policy.maturity_floor);
    Ok(Maturity {
        raw,
        day,
        day_up: raw.div_ceil(DAY),
        tau,
        floored: tau > raw,
        t: sqrt_time(u64::from(tau)),
    })
}

/// Volatilities in 1e-4 at scale 2^-29 after `days` whole days: mark, shocked up, shocked down.
/// `None` beyond the policy's table.
pub(crate) fn shocked_vols(vol: u16, days: u32, policy: &Policy) -> Option<[u64; 3]> {
    let (up, down) = *policy.tables().day.get(usize::try_from(days).ok()?)?;
    let (vol, floor) = (u64::from(vol), u64::from(policy.floor_vol) << 29);
    // 16 bits times 32 bits.
    Some([vol << 29, (vol * up).max(floor), vol * down])
}

/// Prices an option up to the choice of the scenario.
///
/// # Errors
/// When it has expired or expires too late, has no positive price or strike, or lies where
/// volatility, time or moneyness are beyond the range of the model.
pub(crate) fn option_point(
    instrument: &Instrument,
    time: u32,
    policy: &Policy,
) -> Result<OptionPoint, Error> {
    let id = instrument.id;
    let maturity = maturity_of(&instrument.name, time, id.expiry(), policy)?;
    let engine = |problem, hint| Error::Engine {
        subject: instrument.name.clone(),
        problem,
        hint,
    };
    let strike = strike_money(instrument);
    if strike == 0 || instrument.forward == 0 {
        let hint = "give the option a positive forward and strike";
        return Err(engine("no forward or no strike", hint));
    }
    let tables = policy.tables();
    let ln = |v| ln_hp(&log_witness(v), tables);
    let moneyness = ln(instrument.forward) - ln(strike);
    if moneyness.abs() > MAX_MONEYNESS << 67 {
        let hint = "check the units of strike and forward; a factor above 8 million is not priced";
        return Err(engine("strike too far from forward", hint));
    }
    let range = || {
        let hint = "volatility times root of time in years must be below 12 and above 1e-7";
        engine("volatility and time too large or too small to price", hint)
    };
    let [base, up, down] = shocked_vols(instrument.vol, maturity.day, policy).ok_or_else(range)?;
    let point = |s| vol_point(s, maturity.t, moneyness).ok_or_else(range);
    let base = point(base)?;
    let mut option = OptionPoint {
        maturity,
        vols: [base, point(up)?, point(down)?],
        decayed: base,
        moneyness,
    };
    option.decayed = option.moved(base.s, 1, policy).ok_or_else(range)?;
    Ok(option)
}

/// Strike of an instrument in 1e-8 USD.
pub(crate) fn strike_money(instrument: &Instrument) -> u64 {
    // 44 bits times 14 bits.
    instrument.id.strike() * PRICE_PER_STRIKE
}
