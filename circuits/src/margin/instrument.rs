//! What a slot reads from the market: an opened row, its parts, its maturity, its logarithms and
//! its three volatilities. Constraints MINS1 to MINS51 of spec/margin.md.

use ff::{Field, PrimeField};

use super::arithmetic::Term;
use super::lanes::Lanes;
use super::node::VolInputs;
use super::range::Bounded;
use super::source::Source;
use super::table::{Tag, SETTLED_KIND};
use super::trace::Var;
use super::widths::{PRICE, RECIPROCAL, ROOT, STRIKE, TIME, W_HIGH};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::{bits, is_negative, low_u128, low_u64, pow2, signed};
use zkmargin_engine::market::{ID_BITS, SETTLED};
use zkmargin_engine::pricing::{log_witness, sqrt_time};
use zkmargin_engine::Fr;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// `10^8·31536000`: squared scale of the volatility times the seconds of a year.
pub(crate) const SQRT_SCALE: u64 = 3_153_600_000_000_000;
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
}

const ONE: Fr = Fr::ONE;

fn n(v: u64) -> Fr {
    Fr::from(v)
}

/// Opens a row of the market, under two numbers: the row is a child of a node, the node is in
/// the market.
pub(crate) fn open_market(
    l: &mut Lanes<'_>,
    [child, node]: [&'static str; 2],
    opening: &Opening,
) -> Var {
    l.number(child);
    let inputs = opening.siblings.map(Source::New);
    let (hashed, row) = l.hash_opening(tag::MARKET_NODE, inputs, (child, Source::New(opening.row)));
    let zero = Source::New(Fr::ZERO);
    l.number(node);
    l.look(Tag::MarketNode, Source::Old(hashed.digest), zero, zero);
    row
}

/// Takes an opened row apart and prices its surroundings.
pub(crate) fn instrument(l: &mut Lanes<'_>, row: Var, time: Bounded<TIME>) -> Instrument {
    let parts = parts(l, row);
    let maturity = maturity(l, &parts, time);
    let (strike_money, x) = moneyness(l, &parts);
    let (vols, w) = volatilities(l, &parts, &maturity, x);
    l.number("MINS48");
    let stride = n(super::table::NODE_STRIDE.into());
    let base = l.linear(&[(stride, parts.class)], Fr::ZERO);
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
    dated: Var,
    charged: Var,
    settled: Var,
    strike: Bounded<STRIKE>,
    forward: Bounded<PRICE>,
    /// Mark volatility of a live option above the least, 1e-4; else 0.
    vol: Var,
    expiry: Var,
    expiry_key: Var,
    id: Var,
}

/// MINS3 to MINS13, MINS50: a row is its parts, each of its width. What has expired has keys of kinds of
/// its own, and the volatility bits 1; a live option has 100 at least, everything else has none.
fn parts(l: &mut Lanes<'_>, row: Var) -> Parts {
    let v = row.value;
    let part = |from, width| Fr::from_u128(bits(v, from, width));
    // Underlying and class; kind and its flags.
    l.number("MINS3");
    let [underlying, class, haircut] = l.find(Tag::Underlying, Source::New(part(80, 12)));
    l.number("MINS4");
    let vol = part(ID_BITS + PRICE, 16);
    let expired = n(u64::from(vol == n(SETTLED.into())) * SETTLED_KIND);
    let [kind, option, put] = l.find(Tag::KindOption, Source::New(part(0, 4) + expired));
    l.number("MINS5");
    let [_, linear, dated] = l.find(Tag::KindLinear, Source::Old(kind));
    l.number("MINS6");
    let [_, charged, settled] = l.find(Tag::KindCharge, Source::Old(kind));
    // Widths of the parts.
    let strike = l.witness("strike", part(4, 44));
    l.number("MINS7");
    let strike: Bounded<STRIKE> = l.range(strike);
    let forward = l.witness("forward", part(ID_BITS, PRICE));
    l.number("MINS8");
    let forward: Bounded<PRICE> = l.range(forward);
    let least = n(LEAST_VOL) * option.value + settled.value;
    let vol = l.witness("vol", vol - least);
    l.number("MINS9");
    let vol = l.range::<16>(vol).var();
    l.number("MINS50");
    l.assert_zero(-ONE, (ONE, vol), (Fr::ZERO, option));
    let expiry = l.witness("expiry", part(48, 32));
    // Only dated instruments have an expiry.
    l.number("MINS10");
    l.assert_zero(-ONE, (ONE, expiry), (Fr::ZERO, dated));
    // The id, and the row.
    l.number("MINS11");
    let expiry_key = l.linear(&[(ONE, expiry), (pow2(32), underlying)], Fr::ZERO);
    l.number("MINS12");
    let id_terms: [Term; 4] = [
        (ONE, kind),
        (-n(SETTLED_KIND), settled),
        (n(16), strike.var()),
        (pow2(48), expiry_key),
    ];
    let id = l.linear(&id_terms, Fr::ZERO);
    l.number("MINS13");
    let vol_unit = pow2(ID_BITS + PRICE);
    let terms = [
        (ONE, id),
        (pow2(ID_BITS), forward.var()),
        (vol_unit, vol),
        (vol_unit * n(LEAST_VOL), option),
        (vol_unit * n(SETTLED.into()), settled),
    ];
    l.assert_linear(&terms, Fr::ZERO, row);
    Parts {
        underlying,
        class,
        haircut,
        option,
        put,
        linear,
        dated,
        charged,
        settled,
        strike,
        forward,
        vol,
        expiry,
        expiry_key,
        id,
    }
}

/// MINS28, MINS34, MINS51: K in money, or the forward where there is no strike, and x = ln F − ln K. What
/// has expired may be worth nothing, so a logarithm is taken of a unit more.
fn moneyness(l: &mut Lanes<'_>, parts: &Parts) -> (Var, Var) {
    let strike = parts.strike.var();
    l.number("MINS51");
    let terms = [(ONE, parts.forward.var()), (ONE, parts.settled)];
    let forward = l.linear(&terms, Fr::ZERO);
    l.number("MINS28");
    let gap = l.linear(&[(n(10_000), strike), (-ONE, forward)], Fr::ZERO);
    let strike_money = l.product(ONE, parts.option, gap, Some((ONE, forward)), Fr::ZERO);
    let ln_f = logarithm(l, forward);
    let ln_k = logarithm(l, strike_money);
    l.number("MINS34");
    let x = l.linear(&[(ONE, ln_f), (-ONE, ln_k)], Fr::ZERO);
    (strike_money, x)
}

/// MINS35, MINS36, MINS40: the volatilities of the mark, of a rise and of a fall; what nodes read of
/// each, and W of the first two.
fn volatilities(
    l: &mut Lanes<'_>,
    parts: &Parts,
    maturity: &Maturity,
    x: Var,
) -> ([VolInputs; 3], [Var; 2]) {
    // The mark volatility, or a dummy for slots that are no live options.
    l.number("MINS35");
    let dummy = (n(LEAST_VOL) - n(DUMMY_VOL), parts.option);
    let sigma = l.linear(&[(ONE, parts.vol), dummy], n(DUMMY_VOL));
    l.number("MINS36");
    let s_base = l.linear(&[(pow2(29), sigma)], Fr::ZERO);
    let s_up = floored_vol(l, sigma, maturity.up);
    l.number("MINS40");
    let s_down = l.mul(sigma, maturity.down);
    let [(base, w), (up, w_up), (down, _)] =
        [s_base, s_up, s_down].map(|s| vol_point(l, s, maturity.root, x));
    ([base, up, down], [w, w_up])
}

/// How long until the expiry.
struct Maturity {
    /// Roll rate, 2^-32.
    rate: Var,
    /// Multiplier of a rising volatility, 2^-29.
    up: Var,
    /// Multiplier of a falling one.
    down: Var,
    /// 1 where less than the policy's floor is left.
    floored: Var,
    /// Root of the time to expiry, of the floor at least.
    root: Bounded<ROOT>,
}

/// MINS14 to MINS27, MINS49: days, roll rate, volatility multipliers and the root of time. What lives
/// expires after the market's time, what has expired does not.
fn maturity(l: &mut Lanes<'_>, parts: &Parts, time: Bounded<TIME>) -> Maturity {
    l.number("MINS14");
    let until = l.linear(&[(ONE, parts.expiry), (-ONE, time.var())], Fr::ZERO);
    let live = l.linear(&[(ONE, parts.dated), (-ONE, parts.settled)], Fr::ZERO);
    let raw = l.mul(live, until);
    // 0 < until of what lives, until ≤ 0 of what has expired.
    l.number("MINS49");
    let since = l.mul(parts.settled, until);
    let sign = l.linear(&[(ONE, raw), (-ONE, since), (-ONE, live)], Fr::ZERO);
    l.assert_range::<36>(sign);
    let seconds = low_u128(raw.value) as u64;
    // raw = 86400·day + rest, 0 ≤ rest < 86400, and the day is in the policy's table.
    let rest = l.witness("rest of the day", n(seconds % DAY));
    l.number("MINS15");
    let [day, up, down] = l.find(Tag::Day, Source::New(n(seconds / DAY)));
    l.number("MINS16");
    l.assert_linear(&[(n(DAY), day), (ONE, rest)], Fr::ZERO, raw);
    l.number("MINS17");
    l.assert_range::<24>(rest);
    l.number("MINS18");
    let room = l.linear(&[(-ONE, rest)], n(DAY - 1));
    l.assert_range::<24>(room);
    // A started day counts for the roll.
    l.number("MINS19");
    let started = l.bit("started day", rest.value != Fr::ZERO);
    l.number("MINS20");
    l.assert_zero(-ONE, (ONE, rest), (Fr::ZERO, started));
    l.number("MINS21");
    let first = n(super::table::LOG_FIRST.into());
    let day_up = l.linear(&[(ONE, day), (ONE, started)], first);
    let [_, _, rate] = l.find(Tag::Log, Source::Old(day_up));
    // tau = max(raw, floor).
    let floor = u64::from(l.policy.maturity_floor);
    l.number("MINS22");
    let short = l.bit("below the floor", seconds < floor);
    l.number("MINS23");
    let gap = l.linear(&[(-ONE, raw)], n(floor));
    let lifted = l.mul(short, gap);
    let tau = l.linear(&[(ONE, raw), (ONE, lifted)], Fr::ZERO);
    l.number("MINS24");
    let sign = l.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
    l.assert_range::<36>(sign);
    // t = ⌊√(tau·2^88 / SQRT_SCALE)⌋.
    let t = l.witness("root of time", n(sqrt_time(low_u64(tau.value))));
    l.number("MINS25");
    let t: Bounded<ROOT> = l.range(t);
    l.number("MINS26");
    let square = l.mul(t.var(), t.var());
    let scale = n(SQRT_SCALE);
    let below = l.linear(&[(pow2(88), tau), (-scale, square)], Fr::ZERO);
    l.assert_range::<84>(below);
    l.number("MINS27");
    let above = l.linear(&[(scale.double(), t.var()), (-ONE, below)], scale - ONE);
    l.assert_range::<84>(above);
    Maturity {
        rate,
        up,
        down,
        floored: short,
        root: t,
    }
}

/// MINS37 to MINS39: σ·M_up, but no less than the policy's floor.
fn floored_vol(l: &mut Lanes<'_>, sigma: Var, multiplier: Var) -> Var {
    let floor = n(l.policy.floor_vol.into()) * pow2(29);
    l.number("MINS38");
    let shocked = l.mul(sigma, multiplier);
    let gap = l.linear(&[(-ONE, shocked)], floor);
    l.number("MINS37");
    let low = l.bit(
        "vol floor",
        !is_negative(gap.value) && gap.value != Fr::ZERO,
    );
    l.number("MINS38");
    let lifted = l.mul(low, gap);
    l.number("MINS39");
    let sign = l.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
    l.assert_range::<48>(sign);
    l.number("MINS38");
    l.linear(&[(ONE, shocked), (ONE, lifted)], Fr::ZERO)
}

/// MINS29 to MINS33: ln(v) at scale 2^-67, from v·2^s = m·2^26·(2^33 + e) + δ.
fn logarithm(l: &mut Lanes<'_>, v: Var) -> Var {
    let p = log_witness(low_u64(v.value).max(1));
    l.number("MINS29");
    let [_, power, ln_power] = l.find(Tag::Power, Source::New(n(p.s.into())));
    l.number("MINS30");
    let [m, ln_m, _] = l.find(Tag::Log, Source::New(n(p.m.into())));
    let e = l.witness("logarithm", n(p.e));
    l.number("MINS31");
    let e = l.range::<24>(e).var();
    l.number("MINS32");
    let scaled = l.mul(v, power);
    let me = l.mul(m, e);
    let delta = l.linear(&[(ONE, scaled), (-pow2(59), m), (-pow2(26), me)], Fr::ZERO);
    l.assert_range::<36>(delta);
    l.number("MINS33");
    let square = l.mul(e, e);
    let high = l.linear(&[(pow2(32), ln_m), (-pow2(32), ln_power)], Fr::ZERO);
    l.linear(&[(ONE, high), (pow2(34), e), (-ONE, square)], Fr::ZERO)
}

/// MINS41 to MINS47: w = σ·√T, its reciprocal and ln(F/K) + w²/2.
fn vol_point(l: &mut Lanes<'_>, s: Var, t: Bounded<ROOT>, x: Var) -> (VolInputs, Var) {
    // s·t = W·2^48 + rest.
    l.number("MINS44");
    let product = l.mul(s, t.var());
    let total = bits(product.value, 48, 80) as i128;
    let high = (total + (1 << 15)) >> 16;
    let w_hi = l.witness("w high", signed(high));
    let r = l.witness("w low", signed(total - (high << 16)));
    // W is an integer: Whi < 2^24 and −2^15 ≤ r < 2^15.
    l.number("MINS41");
    let w_hi: Bounded<W_HIGH> = l.range(w_hi);
    l.number("MINS42");
    let lifted = l.linear(&[(ONE, r)], pow2(15));
    l.assert_range::<16>(lifted);
    l.number("MINS43");
    let w = l.linear(&[(pow2(16), w_hi.var()), (ONE, r)], Fr::ZERO);
    l.number("MINS44");
    let rest = l.linear(&[(ONE, product), (-pow2(48), w)], Fr::ZERO);
    l.assert_range::<48>(rest);
    // 2^35 − 2^29 < μ·W ≤ 2^35: both are integers, so 128 times the slack has 36 bits and no row more.
    let w_low = low_u128(w.value).max(1);
    let mu = l.witness("reciprocal", Fr::from_u128((1u128 << 35) / w_low));
    l.number("MINS45");
    let slack = l.product(-pow2(7), mu, w, None, pow2(42));
    l.assert_range::<36>(slack);
    // μ < 2^36, an integer. The pricing error adds μ of several slots: fractions with
    // different divisors could cancel modulo p.
    l.number("MINS46");
    let mu: Bounded<RECIPROCAL> = l.range(mu);
    // B·2^32 + rest = x + W²·2^16.
    l.number("MINS47");
    let target = l.product(pow2(16), w, w, Some((ONE, x)), Fr::ZERO);
    let b = l.witness("moneyness", floor_shift32(target.value));
    let rest = l.linear(&[(ONE, target), (-pow2(32), b)], Fr::ZERO);
    l.assert_range::<36>(rest);
    (VolInputs { w_hi, r, mu, b }, w)
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
