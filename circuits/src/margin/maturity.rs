//! How long an instrument has until its expiry, and what the policy's tables say of that: roll rate,
//! volatility multipliers, and the root of time. Constraints MINS14 to MINS27, MINS49, MINS52 to MINS54 and
//! MINS56 of spec/margin.md.

use ff::Field;

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::range::{Bounded, Ranges};
use super::table::{Tag, LOG_FIRST};
use super::trace::{Source, Var};
use super::wide::Wide;
use super::widths::{ROOT, TIME};
use zkmargin_engine::field::{low_u128, low_u64, pow2};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::pricing::sqrt_time;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;
/// Seconds of a day.
const DAY: u64 = 86_400;
/// `10^8·31536000`: squared scale of the volatility times the seconds of a year.
pub(super) const SQRT_SCALE: u64 = 3_153_600_000_000_000;

fn n(v: u64) -> Fr {
    Fr::from(v)
}

/// How long until the expiry.
pub(super) struct Maturity {
    /// Roll rate, 2^-32.
    pub rate: Var,
    /// Multiplier of a rising volatility, 2^-29.
    pub up: Var,
    /// Multiplier of a falling one.
    pub down: Var,
    /// 1 where less than the policy's floor is left.
    pub floored: Var,
    /// Root of the time to expiry, of the floor at least.
    pub root: Bounded<ROOT>,
    /// Seconds to expiry when a day has passed, the floor at least; where a scenario asks for them.
    pub day_later: Option<Var>,
}

/// What the parts of a market row say of the expiry.
pub(super) struct Dates {
    /// 1 for what expires.
    pub dated: Var,
    /// 1 for what has expired.
    pub settled: Var,
    /// Seconds since 1970.
    pub expiry: Var,
}

/// MINS14, MINS22 to MINS27, MINS49: days, roll rate, volatility multipliers and the root of time. What lives
/// expires after the market's time, what has expired does not.
pub(super) fn maturity(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    dates: &Dates,
    time: Bounded<TIME>,
) -> Maturity {
    a.number("MINS14");
    let until = a.linear(&[(ONE, dates.expiry), (-ONE, time.var())], Fr::ZERO);
    let live = a.linear(&[(ONE, dates.dated), (-ONE, dates.settled)], Fr::ZERO);
    let raw = a.mul(live, until);
    // 0 < until of what lives, until ≤ 0 of what has expired.
    a.number("MINS49");
    let since = a.mul(dates.settled, until);
    let sign = a.linear(&[(ONE, raw), (-ONE, since), (-ONE, live)], Fr::ZERO);
    ranges.assert::<36>(a, sign);
    let Days { rate, up, down } = days(a, ranges, wide, raw);
    // tau = max(raw, floor).
    let seconds = low_u128(raw.value) as u64;
    let floor = u64::from(wide.policy.maturity_floor);
    a.number("MINS22");
    let floored = a.bit(Free::BelowTheFloor, seconds < floor);
    a.number("MINS23");
    let gap = a.linear(&[(-ONE, raw)], n(floor));
    let lifted = a.mul(floored, gap);
    let tau = a.linear(&[(ONE, raw), (ONE, lifted)], Fr::ZERO);
    a.number("MINS24");
    let sign = a.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
    ranges.assert::<36>(a, sign);
    Maturity {
        rate,
        up,
        down,
        floored,
        root: root(a, ranges, tau),
        day_later: decays(wide.policy).then(|| day_later(a, ranges, raw, floor)),
    }
}

/// What the policy's tables say of a number of days.
struct Days {
    /// Roll rate, 2^-32.
    rate: Var,
    /// Multiplier of a rising volatility, 2^-29.
    up: Var,
    /// Multiplier of a falling one.
    down: Var,
}

/// MINS15 to MINS21, MINS56: raw = 86400·day + rest, 0 ≤ rest < 86400, and the day is in the policy's table. A started
/// day counts for the roll. Under format 1 one that has not started may count too, since no later day costs less;
/// under format 2 the last day may cost more than the one before it.
fn days(a: &mut Arithmetic, ranges: &mut Ranges, wide: &mut Wide<'_>, raw: Var) -> Days {
    let of_format_2 = wide.policy.portfolio().is_some();
    let seconds = low_u128(raw.value) as u64;
    let rest = a.witness(Free::RestOfDay, n(seconds % DAY));
    a.number("MINS15");
    let [day, up, down] = wide.find(a, Tag::Day, Source::New(n(seconds / DAY)));
    a.number("MINS16");
    a.assert_linear(&[(n(DAY), day), (ONE, rest)], Fr::ZERO, raw);
    if !of_format_2 {
        a.number("MINS17");
        ranges.assert::<24>(a, rest);
    }
    a.number("MINS18");
    let room = a.linear(&[(-ONE, rest)], n(DAY - 1));
    ranges.assert::<24>(a, room);
    a.number("MINS19");
    let started = a.bit(Free::StartedDay, rest.value != Fr::ZERO);
    a.number("MINS20");
    a.assert_zero(-ONE, (ONE, rest), (Fr::ZERO, started));
    if of_format_2 {
        a.number("MINS56");
        let beyond = a.linear(&[(ONE, rest), (-ONE, started)], Fr::ZERO);
        ranges.assert::<24>(a, beyond);
    }
    a.number("MINS21");
    let first = n(LOG_FIRST.into());
    let day_up = a.linear(&[(ONE, day), (ONE, started)], first);
    let [_, _, rate] = wide.find(a, Tag::Log, Source::Old(day_up));
    Days { rate, up, down }
}

/// Whether a day passes in a scenario.
pub(super) fn decays(policy: &Policy) -> bool {
    policy.scenarios().iter().any(|s| s.days_later > 0)
}

/// MINS52 to MINS54: max(raw − 86400, floor).
fn day_later(a: &mut Arithmetic, ranges: &mut Ranges, raw: Var, floor: u64) -> Var {
    let late = low_u128(raw.value) < u128::from(floor + DAY);
    a.number("MINS52");
    let late = a.bit(Free::LastDay, late);
    a.number("MINS53");
    let gap = a.linear(&[(-ONE, raw)], n(floor + DAY));
    let lifted = a.mul(late, gap);
    let left = a.linear(&[(ONE, lifted), (ONE, raw)], -n(DAY));
    a.number("MINS54");
    let sign = a.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
    ranges.assert::<36>(a, sign);
    left
}

/// MINS25 to MINS27: t = ⌊√(tau·2^88 / SQRT_SCALE)⌋.
fn root(a: &mut Arithmetic, ranges: &mut Ranges, tau: Var) -> Bounded<ROOT> {
    let t = a.witness(Free::RootOfTime, n(sqrt_time(low_u64(tau.value))));
    a.number("MINS25");
    let t: Bounded<ROOT> = ranges.bound(a, t);
    a.number("MINS26");
    let square = a.mul(t.var(), t.var());
    let scale = n(SQRT_SCALE);
    let below = a.linear(&[(pow2(88), tau), (-scale, square)], Fr::ZERO);
    ranges.assert::<84>(a, below);
    a.number("MINS27");
    let above = a.linear(&[(scale.double(), t.var()), (-ONE, below)], scale - ONE);
    ranges.assert::<84>(a, above);
    t
}
