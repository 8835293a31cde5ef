//! What a slot reads from the market: an opened row, its parts, its maturity, its logarithms and
//! its three volatilities. Constraints MINS1 to MINS56 of spec/margin.md.

use ff::{Field, PrimeField};

use super::arithmetic::{Arithmetic, Term};
use super::free::Free;
use super::maturity::{maturity, Dates};
use super::node::VolInputs;
use super::range::{Bounded, Ranges};
use super::table::{Tag, SETTLED_KIND};
use super::trace::{Source, Var};
use super::volatility::{volatilities, Volatilities, LEAST_VOL};
use super::wide::Wide;
use super::widths::{PRICE, STRIKE, TIME};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::{bits, low_u64, pow2};
use zkmargin_engine::market::{ID_BITS, SETTLED};
use zkmargin_engine::pricing::log_witness;
use zkmargin_engine::Fr;

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
    /// The price class.
    pub class: Var,
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
    let Volatilities { vols, w, decayed } = volatilities(
        a,
        ranges,
        wide.policy,
        (parts.option, parts.vol),
        &maturity,
        x,
    );
    Instrument {
        underlying: parts.underlying,
        haircut: parts.haircut,
        class: parts.class,
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
