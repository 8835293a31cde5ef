//! What a slot reads from the market: an opened row, its parts, its maturity, its logarithms and
//! its three volatilities. Constraints MINS1 to MINS48 of spec/margin.md.

use ff::{Field, PrimeField};

use super::arithmetic::Term;
use super::builder::Builder;
use super::node::VolInputs;
use super::source::Source;
use super::table::Tag;
use super::trace::Var;
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::{bits, is_negative, low_u128, low_u64, pow2, signed};
use zkmargin_engine::pricing::{log_witness, sqrt_time};
use zkmargin_engine::Fr;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Shortest time to expiry that is priced, in seconds.
const HOUR: u64 = 3_600;
/// `10^8·31536000`: squared scale of the volatility times the seconds of a year.
pub const SQRT_SCALE: u64 = 3_153_600_000_000_000;
/// Volatility of slots that are not options, 1e-4.
const DUMMY_VOL: u64 = 10_000;

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
    /// Kind.
    pub kind: Var,
    /// 1 for calls and puts.
    pub option: Var,
    /// 1 for puts.
    pub put: Var,
    /// 1 for spot, perpetuals and futures.
    pub linear: Var,
    /// 1 for cash and spot.
    pub charged: Var,
    /// 1 for perpetuals and futures.
    pub rolled: Var,
    /// Strike, 1e-4 USD.
    pub strike: Var,
    /// Forward or mark, 1e-8 USD.
    pub forward: Var,
    /// Instrument id.
    pub id: Var,
    /// underlying·2^32 + expiry.
    pub expiry_key: Var,
    /// K in 1e-8 USD; the forward where there is no strike.
    pub strike_money: Var,
    /// Roll rate, 2^-32.
    pub rate: Var,
    /// Base, up, down.
    pub vols: [VolInputs; 3],
    /// W of base and up.
    pub w: [Var; 2],
}

const ONE: Fr = Fr::ONE;

fn n(v: u64) -> Fr {
    Fr::from(v)
}

impl Builder<'_> {
    /// Opens a row of the market, under two numbers: the row is a child of a node, the node is in
    /// the market.
    pub fn open_market(&mut self, [child, node]: [&'static str; 2], opening: &Opening) -> Var {
        self.number(child);
        let inputs = opening.siblings.map(Source::New);
        let (hashed, row) =
            self.hash_opening(tag::MARKET_NODE, inputs, (child, Source::New(opening.row)));
        let zero = Source::New(Fr::ZERO);
        self.number(node);
        self.look(Tag::MarketNode, Source::Old(hashed.digest), zero, zero);
        row
    }

    /// Takes an opened row apart and prices its surroundings.
    pub fn instrument(&mut self, row: Var, time: Var) -> Instrument {
        let v = row.value;
        let part = |from, width| Fr::from_u128(bits(v, from, width));
        // Underlying and class; kind and its flags.
        self.number("MINS3");
        let [underlying, class, haircut] = self.find(Tag::Underlying, Source::New(part(80, 8)));
        self.number("MINS4");
        let [kind, option, put] = self.find(Tag::KindOption, Source::New(part(0, 4)));
        self.number("MINS5");
        let [_, linear, dated] = self.find(Tag::KindLinear, Source::Old(kind));
        self.number("MINS6");
        let [_, charged, rolled] = self.find(Tag::KindCharge, Source::Old(kind));
        // Widths of the parts.
        let strike = self.witness("strike", part(4, 44));
        self.number("MINS7");
        self.range::<44>(strike);
        let forward = self.witness("forward", part(88, 60));
        self.number("MINS8");
        self.range::<60>(forward);
        let vol = self.witness("vol", part(148, 16));
        self.number("MINS9");
        self.range::<16>(vol);
        let expiry = self.witness("expiry", part(48, 32));
        // Only dated instruments have an expiry.
        self.number("MINS10");
        self.assert_zero(-ONE, (ONE, expiry), (Fr::ZERO, dated));
        // The id, and the row.
        self.number("MINS11");
        let expiry_key = self.linear(&[(ONE, expiry), (pow2(32), underlying)], Fr::ZERO);
        self.number("MINS12");
        let id_terms: [Term; 3] = [(ONE, kind), (n(16), strike), (pow2(48), expiry_key)];
        let id = self.linear(&id_terms, Fr::ZERO);
        self.number("MINS13");
        self.assert_linear(
            &[(ONE, id), (pow2(88), forward), (pow2(148), vol)],
            Fr::ZERO,
            row,
        );

        let (rate, day_up, day_down, t) = self.maturity(dated, expiry, time);
        // K, or the forward where there is no strike.
        self.number("MINS28");
        let gap = self.linear(&[(n(10_000), strike), (-ONE, forward)], Fr::ZERO);
        let strike_money = self.product(ONE, option, gap, Some((ONE, forward)), Fr::ZERO);
        let ln_f = self.logarithm(forward);
        let ln_k = self.logarithm(strike_money);
        self.number("MINS34");
        let x = self.linear(&[(ONE, ln_f), (-ONE, ln_k)], Fr::ZERO);
        // The mark volatility, or a dummy for slots that are not options.
        self.number("MINS35");
        let sigma = self.full(
            ONE,
            (Fr::ZERO, vol),
            (-n(DUMMY_VOL), option),
            None,
            n(DUMMY_VOL),
        );
        self.number("MINS36");
        let s_base = self.linear(&[(pow2(29), sigma)], Fr::ZERO);
        let s_up = self.floored_vol(sigma, day_up);
        self.number("MINS40");
        let s_down = self.mul(sigma, day_down);
        let mut w = Vec::with_capacity(3);
        let vols = [s_base, s_up, s_down].map(|s| {
            let (inputs, total) = self.vol_point(s, t, x);
            w.push(total);
            inputs
        });
        self.number("MINS48");
        let base = self.linear(&[(n(super::table::NODE_STRIDE.into()), class)], Fr::ZERO);
        Instrument {
            underlying,
            haircut,
            base,
            kind,
            option,
            put,
            linear,
            charged,
            rolled,
            strike,
            forward,
            id,
            expiry_key,
            strike_money,
            rate,
            vols,
            w: [w[0], w[1]],
        }
    }

    /// MINS14 to MINS27: days, roll rate, volatility multipliers and the root of time.
    fn maturity(&mut self, dated: Var, expiry: Var, time: Var) -> (Var, Var, Var, Var) {
        self.number("MINS14");
        let until = self.linear(&[(ONE, expiry), (-ONE, time)], Fr::ZERO);
        let raw = self.mul(dated, until);
        let seconds = low_u128(raw.value) as u64;
        // raw = 86400·day + rest, 0 ≤ rest < 86400, and the day is in the policy's table.
        let rest = self.witness("rest of the day", n(seconds % DAY));
        self.number("MINS15");
        let [day, up, down] = self.find(Tag::Day, Source::New(n(seconds / DAY)));
        self.number("MINS16");
        self.assert_linear(&[(n(DAY), day), (ONE, rest)], Fr::ZERO, raw);
        self.number("MINS17");
        self.range::<24>(rest);
        self.number("MINS18");
        let room = self.linear(&[(-ONE, rest)], n(DAY - 1));
        self.range::<24>(room);
        // A started day counts for the roll.
        self.number("MINS19");
        let started = self.bit("started day", rest.value != Fr::ZERO);
        self.number("MINS20");
        self.assert_zero(-ONE, (ONE, rest), (Fr::ZERO, started));
        self.number("MINS21");
        let first = n(super::table::LOG_FIRST.into());
        let day_up = self.linear(&[(ONE, day), (ONE, started)], first);
        let [_, _, rate] = self.find(Tag::Log, Source::Old(day_up));
        // tau = max(raw, 3600).
        self.number("MINS22");
        let short = self.bit("under an hour", seconds < HOUR);
        self.number("MINS23");
        let gap = self.linear(&[(-ONE, raw)], n(HOUR));
        let lifted = self.mul(short, gap);
        let tau = self.linear(&[(ONE, raw), (ONE, lifted)], Fr::ZERO);
        self.number("MINS24");
        let sign = self.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
        self.range::<36>(sign);
        // t = ⌊√(tau·2^88 / SQRT_SCALE)⌋.
        let t = self.witness("root of time", n(sqrt_time(low_u64(tau.value))));
        self.number("MINS25");
        self.range::<32>(t);
        self.number("MINS26");
        let square = self.mul(t, t);
        let scale = n(SQRT_SCALE);
        let below = self.linear(&[(pow2(88), tau), (-scale, square)], Fr::ZERO);
        self.range::<84>(below);
        self.number("MINS27");
        let above = self.linear(&[(scale.double(), t), (-ONE, below)], scale - ONE);
        self.range::<84>(above);
        (rate, up, down, t)
    }

    /// MINS37 to MINS39: σ·M_up, but no less than the policy's floor.
    fn floored_vol(&mut self, sigma: Var, multiplier: Var) -> Var {
        let floor = n(self.policy.floor_vol.into()) * pow2(29);
        self.number("MINS38");
        let shocked = self.mul(sigma, multiplier);
        let gap = self.linear(&[(-ONE, shocked)], floor);
        self.number("MINS37");
        let low = self.bit(
            "vol floor",
            !is_negative(gap.value) && gap.value != Fr::ZERO,
        );
        self.number("MINS38");
        let lifted = self.mul(low, gap);
        self.number("MINS39");
        let sign = self.linear(&[(n(2), lifted), (-ONE, gap)], Fr::ZERO);
        self.range::<48>(sign);
        self.number("MINS38");
        self.linear(&[(ONE, shocked), (ONE, lifted)], Fr::ZERO)
    }

    /// MINS29 to MINS33: ln(v) at scale 2^-67, from v·2^s = m·2^26·(2^33 + e) + δ.
    fn logarithm(&mut self, v: Var) -> Var {
        let p = log_witness(low_u64(v.value).max(1));
        self.number("MINS29");
        let [_, power, ln_power] = self.find(Tag::Power, Source::New(n(p.s.into())));
        self.number("MINS30");
        let [m, ln_m, _] = self.find(Tag::Log, Source::New(n(p.m.into())));
        let e = self.witness("logarithm", n(p.e));
        self.number("MINS31");
        self.range::<24>(e);
        self.number("MINS32");
        let scaled = self.mul(v, power);
        let me = self.mul(m, e);
        let delta = self.linear(&[(ONE, scaled), (-pow2(59), m), (-pow2(26), me)], Fr::ZERO);
        self.range::<36>(delta);
        self.number("MINS33");
        let square = self.mul(e, e);
        let high = self.linear(&[(pow2(32), ln_m), (-pow2(32), ln_power)], Fr::ZERO);
        self.linear(&[(ONE, high), (pow2(34), e), (-ONE, square)], Fr::ZERO)
    }

    /// MINS41 to MINS47: w = σ·√T, its reciprocal and ln(F/K) + w²/2.
    fn vol_point(&mut self, s: Var, t: Var, x: Var) -> (VolInputs, Var) {
        // s·t = W·2^48 + rest.
        self.number("MINS44");
        let product = self.mul(s, t);
        let total = bits(product.value, 48, 80) as i128;
        let high = (total + (1 << 15)) >> 16;
        let w_hi = self.witness("w high", signed(high));
        let r = self.witness("w low", signed(total - (high << 16)));
        // W is an integer: Whi < 2^24 and −2^15 ≤ r < 2^15.
        self.number("MINS41");
        self.range::<24>(w_hi);
        self.number("MINS42");
        let lifted = self.linear(&[(ONE, r)], pow2(15));
        self.range::<16>(lifted);
        self.number("MINS43");
        let w = self.linear(&[(pow2(16), w_hi), (ONE, r)], Fr::ZERO);
        self.number("MINS44");
        let rest = self.linear(&[(ONE, product), (-pow2(48), w)], Fr::ZERO);
        self.range::<48>(rest);
        // 2^35 − 2^29 < μ·W ≤ 2^35.
        let w_low = low_u128(w.value).max(1);
        let mu = self.witness("reciprocal", Fr::from_u128((1u128 << 35) / w_low));
        self.number("MINS45");
        let slack = self.product(-ONE, mu, w, None, pow2(35));
        self.range::<29>(slack);
        // μ < 2^36, an integer. The pricing error adds μ of several slots: fractions with
        // different divisors could cancel modulo p.
        self.number("MINS46");
        self.range::<36>(mu);
        // B·2^32 + rest = x + W²·2^16.
        self.number("MINS47");
        let target = self.product(pow2(16), w, w, Some((ONE, x)), Fr::ZERO);
        let b = self.witness("moneyness", floor_shift32(target.value));
        let rest = self.linear(&[(ONE, target), (-pow2(32), b)], Fr::ZERO);
        self.range::<36>(rest);
        (VolInputs { w_hi, r, mu, b }, w)
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
