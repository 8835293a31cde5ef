//! What a slot reads from the market: an opened row, its parts, its maturity, its logarithms and
//! its three volatilities. Constraints MINS1 to MINS56 of spec/margin.md.

use ff::{Field, PrimeField};

use super::arithmetic::{Arithmetic, Term};
use super::free::Free;
use super::maturity::{maturity, Dates, Maturity, SQRT_SCALE};
use super::node::VolInputs;
use super::range::{Bounded, Ranges};
use super::table::{Tag, SETTLED_KIND};
use super::trace::{Source, Var};
use super::wide::Wide;
use super::widths::{PRICE, RECIPROCAL, ROOT, STRIKE, TIME, VARIANCE_REST, W_HIGH};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::{bits, is_negative, low_u128, low_u64, pow2, signed};
use zkmargin_engine::market::{ID_BITS, SETTLED};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::pricing::{log_witness, root_of_square};
use zkmargin_engine::Fr;

/// Volatility of slots that are no live options, 1e-4.
const DUMMY_VOL: u64 = 10_000;
/// Least volatility of an option, 1e-4.
const LEAST_VOL: u64 = 100;

/// The witness of one opened market row.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// The eight rows of the bottom node.
    pub siblings: [Fr; 8],
    /// The opened row.
    pub row: Fr,
}

/// Cells of an opened instrument.
#[derive(Clone, Copy)]
pub struct Instrument {
    /// Underlying code.
    pub underlying: Var,
    /// Haircut in basis points.
    pub haircut: Var,
    /// 128·class.
    pub base: Var,
    /// 1 for calls and puts that live.
    pub option: Var,
    /// 1 for puts that live.
    pub put: Var,
    /// 1 for spot, perpetuals and futures that live.
    pub linear: Var,
    /// 1 for cash and spot.
    pub charged: Var,
    /// Strike, 1e-4 USD.
    pub strike: Bounded<STRIKE>,
    /// Forward or mark, or the value of what has expired, 1e-8 USD.
    pub forward: Bounded<PRICE>,
    /// Instrument id.
    pub id: Var,
    /// underlying·2^32 + expiry.
    pub expiry_key: Var,
    /// K in 1e-8 USD of live options.
    pub strike_money: Var,
    /// Roll rate, 2^-32.
    pub rate: Var,
    /// 1 where less time is left than is priced.
    pub floored: Var,
    /// Base, up, down.
    pub vols: [VolInputs; 3],
    /// W of base and up.
    pub w: [Var; 2],
    /// The mark volatility a day later, where a scenario asks for it.
    pub decayed: Option<VolInputs>,
}

const ONE: Fr = Fr::ONE;

fn n(v: u64) -> Fr {
    Fr::from(v)
}

/// Opens a row of the market, under two numbers: the row is a child of a node, the node is in
/// the market.
pub(crate) fn open_market(
    a: &mut Arithmetic,
    wide: &mut Wide<'_>,
    [child, node]: [&'static str; 2],
    opening: &Opening,
) -> Var {
    a.number(child);
    let inputs = opening.siblings.map(Source::New);
    let opened = (child, Source::New(opening.row));
    let (hashed, row) = wide.hash_opening(a, tag::MARKET_NODE, inputs, opened);
    let zero = Source::New(Fr::ZERO);
    a.number(node);
    wide.look(a, Tag::MarketNode, [Source::Old(hashed.digest), zero, zero]);
    row
}

/// Takes an opened row apart and prices its surroundings.
pub(crate) fn instrument(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    row: Var,
    time: Bounded<TIME>,
) -> Instrument {
    let parts = parts(a, ranges, wide, row);
    let maturity = maturity(a, ranges, wide, &parts.dates, time);
    let (strike_money, x) = moneyness(a, ranges, wide, &parts);
    let Volatilities { vols, w, decayed } =
        volatilities(a, ranges, wide.policy, &parts, &maturity, x);
    a.number("MINS48");
    let stride = n(super::table::NODE_STRIDE.into());
    let base = a.linear(&[(stride, parts.class)], Fr::ZERO);
    Instrument {
        underlying: parts.underlying,
        haircut: parts.haircut,
        base,
        option: parts.option,
        put: parts.put,
        linear: parts.linear,
        charged: parts.charged,
        strike: parts.strike,
        forward: parts.forward,
        id: parts.id,
        expiry_key: parts.expiry_key,
        strike_money,
        rate: maturity.rate,
        floored: maturity.floored,
        vols,
        w,
        decayed,
    }
}

/// Parts of a market row, and what the policy's tables say of them.
struct Parts {
    underlying: Var,
    class: Var,
    haircut: Var,
    option: Var,
    put: Var,
    linear: Var,
    charged: Var,
    strike: Bounded<STRIKE>,
    forward: Bounded<PRICE>,
    /// Mark volatility of a live option above the least, 1e-4; else 0.
    vol: Var,
    dates: Dates,
    expiry_key: Var,
    id: Var,
}

/// MINS3 to MINS13, MINS50: a row is its parts, each of its width. What has expired has keys of kinds of
/// its own, and the volatility bits 1; a live option has 100 at least, everything else has none. Long because a row
/// has so many parts.
fn parts(a: &mut Arithmetic, ranges: &mut Ranges, wide: &mut Wide<'_>, row: Var) -> Parts {
    let v = row.value;
    let part = |from, width| Fr::from_u128(bits(v, from, width));
    // Underlying and class; kind and its flags.
    a.number("MINS3");
    let [underlying, class, haircut] = wide.find(a, Tag::Underlying, Source::New(part(80, 12)));
    a.number("MINS4");
    let vol = part(ID_BITS + PRICE, 16);
    let expired = n(u64::from(vol == n(SETTLED.into())) * SETTLED_KIND);
    let key = Source::New(part(0, 4) + expired);
    let [kind, option, put] = wide.find(a, Tag::KindOption, key);
    a.number("MINS5");
    let [_, linear, dated] = wide.find(a, Tag::KindLinear, Source::Old(kind));
    a.number("MINS6");
    let [_, charged, settled] = wide.find(a, Tag::KindCharge, Source::Old(kind));
    // Widths of the parts.
    let strike = a.witness(Free::Strike, part(4, 44));
    a.number("MINS7");
    let strike: Bounded<STRIKE> = ranges.bound(a, strike);
    let forward = a.witness(Free::Forward, part(ID_BITS, PRICE));
    a.number("MINS8");
    let forward: Bounded<PRICE> = ranges.bound(a, forward);
    let least = n(LEAST_VOL) * option.value + settled.value;
    let vol = a.witness(Free::Volatility, vol - least);
    a.number("MINS9");
    let vol = ranges.bound::<16>(a, vol).var();
    a.number("MINS50");
    a.assert_zero(-ONE, (ONE, vol), (Fr::ZERO, option));
    let expiry = a.witness(Free::Expiry, part(48, 32));
    // Only dated instruments have an expiry.
    a.number("MINS10");
    a.assert_zero(-ONE, (ONE, expiry), (Fr::ZERO, dated));
    // The id, and the row.
    a.number("MINS11");
    let expiry_key = a.linear(&[(ONE, expiry), (pow2(32), underlying)], Fr::ZERO);
    a.number("MINS12");
    let id_terms: [Term; 4] = [
        (ONE, kind),
        (-n(SETTLED_KIND), settled),
        (n(16), strike.var()),
        (pow2(48), expiry_key),
    ];
    let id = a.linear(&id_terms, Fr::ZERO);
    a.number("MINS13");
    let vol_unit = pow2(ID_BITS + PRICE);
    let terms = [
        (ONE, id),
        (pow2(ID_BITS), forward.var()),
        (vol_unit, vol),
        (vol_unit * n(LEAST_VOL), option),
        (vol_unit * n(SETTLED.into()), settled),
    ];
    a.assert_linear(&terms, Fr::ZERO, row);
    Parts {
        underlying,
        class,
        haircut,
        option,
        put,
        linear,
        charged,
        strike,
        forward,
        vol,
        dates: Dates {
            dated,
            settled,
            expiry,
        },
        expiry_key,
        id,
    }
}

/// MINS28, MINS34, MINS51: K in money, or the forward where there is no strike, and x = ln F − ln K. What
/// has expired may be worth nothing, so a logarithm is taken of a unit more.
fn moneyness(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    parts: &Parts,
) -> (Var, Var) {
    let strike = parts.strike.var();
    a.number("MINS51");
    let terms = [(ONE, parts.forward.var()), (ONE, parts.dates.settled)];
    let forward = a.linear(&terms, Fr::ZERO);
    a.number("MINS28");
    let gap = a.linear(&[(n(10_000), strike), (-ONE, forward)], Fr::ZERO);
    let strike_money = a.product(ONE, parts.option, gap, Some((ONE, forward)), Fr::ZERO);
    let ln_f = logarithm(a, ranges, wide, forward);
    let ln_k = logarithm(a, ranges, wide, strike_money);
    a.number("MINS34");
    let x = a.linear(&[(ONE, ln_f), (-ONE, ln_k)], Fr::ZERO);
    (strike_money, x)
}

/// What nodes read of each volatility.
struct Volatilities {
    /// Mark, up, down.
    vols: [VolInputs; 3],
    /// W of the first two.
    w: [Var; 2],
    /// The mark, a day later.
    decayed: Option<VolInputs>,
}

/// MINS35, MINS36, MINS40: the volatilities of the mark, of a rise and of a fall; what nodes read of
/// each, and W of the first two.
fn volatilities(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    policy: &Policy,
    parts: &Parts,
    maturity: &Maturity,
    x: Var,
) -> Volatilities {
    // The mark volatility, or a dummy for slots that are no live options.
    a.number("MINS35");
    let dummy = (n(LEAST_VOL) - n(DUMMY_VOL), parts.option);
    let sigma = a.linear(&[(ONE, parts.vol), dummy], n(DUMMY_VOL));
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

/// MINS29 to MINS33: ln(v) at scale 2^-67, from v·2^s = m·2^26·(2^33 + e) + δ.
fn logarithm(a: &mut Arithmetic, ranges: &mut Ranges, wide: &mut Wide<'_>, v: Var) -> Var {
    let p = log_witness(low_u64(v.value).max(1));
    a.number("MINS29");
    let [_, power, ln_power] = wide.find(a, Tag::Power, Source::New(n(p.s.into())));
    a.number("MINS30");
    let [m, ln_m, _] = wide.find(a, Tag::Log, Source::New(n(p.m.into())));
    let e = a.witness(Free::Logarithm, n(p.e));
    a.number("MINS31");
    let e = ranges.bound::<24>(a, e).var();
    a.number("MINS32");
    let scaled = a.mul(v, power);
    let me = a.mul(m, e);
    let delta = a.linear(&[(ONE, scaled), (-pow2(59), m), (-pow2(26), me)], Fr::ZERO);
    ranges.assert::<36>(a, delta);
    a.number("MINS33");
    let square = a.mul(e, e);
    let high = a.linear(&[(pow2(32), ln_m), (-pow2(32), ln_power)], Fr::ZERO);
    a.linear(&[(ONE, high), (pow2(34), e), (-ONE, square)], Fr::ZERO)
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
