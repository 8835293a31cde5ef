//! The three volatilities of a slot and that of a day later: w = σ·√T, its reciprocal, and what nodes read
//! of them. MINS35 to MINS47 and MINS55 of spec/margin.md.

use ff::{Field, PrimeField};

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::maturity::{Maturity, SQRT_SCALE};
use super::node::VolInputs;
use super::range::{Bounded, Ranges};
use super::trace::Var;
use super::widths::{RECIPROCAL, ROOT, VARIANCE_REST, W_HIGH};
use zkmargin_engine::field::{bits, is_negative, low_u128, low_u64, pow2, signed};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::pricing::root_of_square;
use zkmargin_engine::Fr;

/// Least volatility of an option, 1e-4.
pub(super) const LEAST_VOL: u64 = 100;
/// Volatility of slots that are no live options, 1e-4.
const DUMMY_VOL: u64 = 10_000;

const ONE: Fr = Fr::ONE;

fn n(v: u64) -> Fr {
    Fr::from(v)
}

/// What nodes read of each volatility.
pub(super) struct Volatilities {
    /// Mark, up, down.
    pub(super) vols: [VolInputs; 3],
    /// W of the first two.
    pub(super) w: [Var; 2],
    /// The mark, a day later.
    pub(super) decayed: Option<VolInputs>,
}

/// MINS35, MINS36, MINS40: the volatilities of the mark, of a rise and of a fall; what nodes read of
/// each, and W of the first two.
pub(super) fn volatilities(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    policy: &Policy,
    (option, vol): (Var, Var),
    maturity: &Maturity,
    x: Var,
) -> Volatilities {
    // The mark volatility, or a dummy for slots that are no live options.
    a.number("MINS35");
    let dummy = (n(LEAST_VOL) - n(DUMMY_VOL), option);
    let sigma = a.linear(&[(ONE, vol), dummy], n(DUMMY_VOL));
    a.number("MINS36");
    let s_base = a.linear(&[(pow2(29), sigma)], Fr::ZERO);
    let s_up = floored_vol(a, ranges, policy, sigma, maturity.up);
    a.number("MINS40");
    let s_down = a.mul(sigma, maturity.down);
    let [(base, w), (up, w_up), (down, _)] =
        [s_base, s_up, s_down].map(|s| vol_point(a, ranges, s, maturity.root, x));
    let decayed = maturity
        .day_later
        .map(|tau| decayed(a, ranges, sigma, tau, x));
    Volatilities {
        vols: [base, up, down],
        w: [w, w_up],
        decayed,
    }
}

/// MINS55: w = σ·√T by its square, which one inequality holds from both sides: with `μ·W ≈ 2^35`,
/// `0 ≤ 362·μ·(2^50·σ²·tau − C·W²) < 2^96` makes W low by less than 1.03 units, and never too high.
fn decayed(a: &mut Arithmetic, ranges: &mut Ranges, sigma: Var, tau: Var, x: Var) -> VolInputs {
    let total = root_of_square(low_u64(sigma.value * pow2(29)), low_u64(tau.value) as u32);
    let parts = w_parts(a, ranges, total.into());
    let w = parts.w;
    let inputs = surroundings(a, ranges, &parts, x);
    a.number("MINS55");
    let square = a.mul(sigma, sigma);
    let variance = a.mul(square, tau);
    let rest = a.product(-n(SQRT_SCALE), w, w, Some((pow2(50), variance)), Fr::ZERO);
    let scaled = a.product(n(362), rest, inputs.mu.var(), None, Fr::ZERO);
    ranges.assert::<VARIANCE_REST>(a, scaled);
    inputs
}

/// MINS37 to MINS39: σ·M_up, but no less than the policy's floor.
fn floored_vol(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    policy: &Policy,
    sigma: Var,
    multiplier: Var,
) -> Var {
    let floor = n(policy.floor_vol.into()) * pow2(29);
    a.number("MINS38");
    let shocked = a.mul(sigma, multiplier);
    let gap = a.linear(&[(-ONE, shocked)], floor);
    a.number("MINS37");
    let low = a.bit(
        Free::VolatilityFloor,
        !is_negative(gap.value) && gap.value != Fr::ZERO,
    );
    a.number("MINS38");
    let lifted = a.mul(low, gap);
    a.number("MINS39");
    let sign = a.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
    ranges.assert::<48>(a, sign);
    a.number("MINS38");
    a.linear(&[(ONE, shocked), (ONE, lifted)], Fr::ZERO)
}

/// MINS44: w = σ·√T, s·t = W·2^48 + rest.
fn vol_point(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    s: Var,
    t: Bounded<ROOT>,
    x: Var,
) -> (VolInputs, Var) {
    a.number("MINS44");
    let product = a.mul(s, t.var());
    let total = bits(product.value, 48, 80);
    let parts = w_parts(a, ranges, total);
    a.number("MINS44");
    let rest = a.linear(&[(ONE, product), (-pow2(48), parts.w)], Fr::ZERO);
    ranges.assert::<48>(a, rest);
    (surroundings(a, ranges, &parts, x), parts.w)
}

/// W and its parts.
struct WParts {
    high: Bounded<W_HIGH>,
    low: Var,
    w: Var,
}

/// MINS41 to MINS43: W from its parts.
fn w_parts(a: &mut Arithmetic, ranges: &mut Ranges, total: u128) -> WParts {
    let total = total as i128;
    let high = (total + (1 << 15)) >> 16;
    let w_hi = a.witness(Free::WHigh, signed(high));
    let r = a.witness(Free::WLow, signed(total - (high << 16)));
    // W is an integer: Whi < 2^24 and −2^15 ≤ r < 2^15.
    a.number("MINS41");
    let w_hi: Bounded<W_HIGH> = ranges.bound(a, w_hi);
    a.number("MINS42");
    let lifted = a.linear(&[(ONE, r)], pow2(15));
    ranges.assert::<16>(a, lifted);
    a.number("MINS43");
    let w = a.linear(&[(pow2(16), w_hi.var()), (ONE, r)], Fr::ZERO);
    WParts {
        high: w_hi,
        low: r,
        w,
    }
}

/// MINS45 to MINS47: the reciprocal of W, and ln(F/K) + w²/2.
fn surroundings(a: &mut Arithmetic, ranges: &mut Ranges, parts: &WParts, x: Var) -> VolInputs {
    let w = parts.w;
    // 2^35 − 2^29 < μ·W ≤ 2^35: both are integers, so 128 times the slack has 36 bits and no row more.
    let w_low = low_u128(w.value).max(1);
    let mu = a.witness(Free::Reciprocal, Fr::from_u128((1u128 << 35) / w_low));
    a.number("MINS45");
    let slack = a.product(-pow2(7), mu, w, None, pow2(42));
    ranges.assert::<36>(a, slack);
    // μ < 2^36, an integer. The pricing error adds μ of several slots: fractions with
    // different divisors could cancel modulo p.
    a.number("MINS46");
    let mu: Bounded<RECIPROCAL> = ranges.bound(a, mu);
    // B·2^32 + rest = x + W²·2^16.
    a.number("MINS47");
    let target = a.product(pow2(16), w, w, Some((ONE, x)), Fr::ZERO);
    let b = a.witness(Free::Moneyness, floor_shift32(target.value));
    let rest = a.linear(&[(ONE, target), (-pow2(32), b)], Fr::ZERO);
    ranges.assert::<36>(a, rest);
    VolInputs {
        w_hi: parts.high,
        r: parts.low,
        mu,
        b,
    }
}

/// `⌊v / 2^32⌋` of a signed value.
fn floor_shift32(v: Fr) -> Fr {
    if is_negative(v) {
        let up = -v + pow2(32) - ONE;
        -Fr::from_u128(bits(up, 32, 128))
    } else {
        Fr::from_u128(bits(v, 32, 128))
    }
}
