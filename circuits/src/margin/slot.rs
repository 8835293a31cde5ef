//! One slot: a position, the market row it points to, its value at every node and its charges.
//! Constraints MSLT1 to MSLT20 of spec/margin.md; what needs the neighbours of a slot is in [`super::netting`].

use ff::Field;

use super::builder::Builder;
use super::instrument::{Instrument, Opening};
use super::node::{NodeOutputs, SlotInputs};
use super::trace::Var;
use zkmargin_engine::field::pow2;
use zkmargin_engine::policy::VolShock;
use zkmargin_engine::Fr;

/// `A_W`: price error per unit of forward and of W, scale 2^-60.
pub const ERROR_W: u64 = zkmargin_engine::pricing::A_W;
/// `A_0`: price error per unit of forward, scale 2^-60.
pub const ERROR_0: u64 = zkmargin_engine::pricing::A_0;
/// `A_K`: price error per unit of strike, scale 2^-60.
pub const ERROR_K: u64 = zkmargin_engine::pricing::A_K;
/// Delta error, scale 2^-60.
pub const ERROR_DELTA: u64 = zkmargin_engine::pricing::ALPHA;
/// Delta error per unit of μ, scale 2^-60.
pub const ERROR_DELTA_MU: u64 = zkmargin_engine::pricing::BETA;

/// The witness of a slot.
#[derive(Clone, Copy, Debug)]
pub struct SlotWitness {
    /// Whether a position lives here.
    pub live: bool,
    /// Whether the quantity is negative.
    pub negative: bool,
    /// Magnitude of the quantity, 1e-8 contract.
    pub magnitude: u64,
    /// The market row; empty slots repeat the last live one.
    pub opening: Opening,
    /// Whether an underlying starts here.
    pub starts: bool,
}

/// Cells of a slot that netting and totals read.
#[derive(Clone, Copy)]
pub struct Slot {
    /// 1 when a position lives here.
    pub live: Var,
    /// The packed position, 0 in an empty slot.
    pub position: Var,
    /// 1 when an underlying starts here.
    pub starts: Var,
    /// 1 for options and linear contracts.
    pub shocked: Var,
    /// The instrument.
    pub instrument: Instrument,
    /// Signed quantity of options, else 0.
    pub option_quantity: Var,
    /// Dollar delta, scale 2^-61.
    pub delta: Var,
    /// Haircut, 1e-20 USD.
    pub haircut: Var,
    /// Cash and parity part of the equity, 1e-16 USD.
    pub constant_value: Var,
    /// abs(q)·(F·(A_W·W + A_0) + K·A_K) at the mark, 2^-60.
    pub mark_error: Var,
    /// All certified errors, 2^-92 and basis points.
    pub error: Var,
}

const ONE: Fr = Fr::ONE;

impl Builder<'_> {
    /// Lays slot `index`.
    pub fn slot(&mut self, index: usize, witness: &SlotWitness, time: Var) -> Slot {
        let row = self.open_market(["MINS1", "MINS2"], &witness.opening);
        self.book("market openings");
        let i = self.instrument(row, time);
        self.book("instruments");
        // Live, sign and magnitude; an empty slot has no quantity, a live one has some.
        self.number("MSLT1");
        let live = self.bit("live", witness.live);
        self.number("MSLT2");
        let sign = self.bit("sign", witness.negative);
        let magnitude = self.witness("magnitude", Fr::from(witness.magnitude));
        self.number("MSLT4");
        self.range::<62>(magnitude);
        let inverse = self.witness("inverse", magnitude.value.invert().unwrap_or(Fr::ZERO));
        let zero = (Fr::ZERO, inverse);
        self.number("MSLT5");
        self.assert_full(ONE, (Fr::ZERO, magnitude), zero, None, Fr::ZERO, live);
        self.number("MSLT6");
        self.assert_zero(-ONE, (ONE, magnitude), (Fr::ZERO, live));
        // The packed position.
        self.number("MSLT7");
        let packed = self.linear(
            &[(ONE, i.id), (pow2(88), sign), (pow2(89), magnitude)],
            Fr::ZERO,
        );
        let position = self.mul(live, packed);
        self.number("MSLT8");
        let quantity = self.full(
            -Fr::from(2),
            (Fr::ZERO, sign),
            (ONE, magnitude),
            None,
            Fr::ZERO,
        );
        self.number("MSLT3");
        let starts = self.bit("starts", witness.starts);
        self.number("MSLT9");
        let same = self.linear(&[(-ONE, starts)], ONE);
        self.number("MSLT10");
        let shocked = self.linear(&[(ONE, i.option), (ONE, i.linear)], Fr::ZERO);

        self.number("MSLT11");
        let notional = self.mul(quantity, i.forward);
        self.number("MSLT12");
        let option_quantity = self.mul(quantity, i.option);
        self.number("MSLT13");
        let fo = self.mul(option_quantity, i.forward);
        self.number("MSLT14");
        let ko = self.mul(option_quantity, i.strike_money);
        self.number("MSLT15");
        let linear_less_put = self.linear(&[(ONE, i.linear), (-ONE, i.put)], Fr::ZERO);
        let fl = self.mul(notional, linear_less_put);
        let inputs = SlotInputs {
            fo,
            ko,
            fl,
            same,
            base: i.base,
        };
        let base = self.nodes(index, &inputs, &i);

        self.number("MSLT16");
        let delta = self.dollar_delta(&i, &base, fo, notional);
        self.number("MSLT17");
        let long = self.full(-ONE, (Fr::ZERO, sign), (ONE, magnitude), None, Fr::ZERO);
        let haircut_rate = self.mul(i.charged, i.haircut);
        let long_value = self.mul(long, i.forward);
        let haircut = self.mul(long_value, haircut_rate);
        // Cash at its mark, and K·q of puts.
        self.number("MSLT18");
        let cash = self.linear(&[(-ONE, shocked)], ONE);
        let parity = self.mul(ko, i.put);
        let constant_value = self.product(ONE, notional, cash, Some((ONE, parity)), Fr::ZERO);
        let (mark_error, error) = self.errors(&i, magnitude);
        self.book("positions");
        Slot {
            live,
            position,
            starts,
            shocked,
            instrument: i,
            option_quantity,
            delta,
            haircut,
            constant_value,
            mark_error,
            error,
        }
    }

    /// Lays all nodes of the slot and returns the base node.
    fn nodes(&mut self, index: usize, inputs: &SlotInputs, i: &Instrument) -> NodeOutputs {
        let shocks: Vec<VolShock> = self.policy.scenarios().iter().map(|s| s.vol).collect();
        let base = self.node(index, 0, inputs, &i.vols[0]);
        for (s, shock) in shocks.iter().enumerate() {
            let vol = match shock {
                VolShock::Up => &i.vols[1],
                VolShock::Down => &i.vols[2],
            };
            self.node(index, s + 1, inputs, vol);
        }
        base
    }

    /// MSLT16: Fo·(2^25·N1 − φ1·z) + 2^61·q·F·(rolled − put).
    fn dollar_delta(&mut self, i: &Instrument, base: &NodeOutputs, fo: Var, notional: Var) -> Var {
        let curvature = self.mul(base.phi1, base.z);
        let unit = self.linear(&[(pow2(25), base.n1), (-ONE, curvature)], Fr::ZERO);
        let legs = self.linear(&[(ONE, i.rolled), (-ONE, i.put)], Fr::ZERO);
        let flat = self.mul(notional, legs);
        self.product(ONE, fo, unit, Some((pow2(61), flat)), Fr::ZERO)
    }

    /// MSLT19, MSLT20: certified errors of prices and delta, times abs(q).
    fn errors(&mut self, i: &Instrument, magnitude: Var) -> (Var, Var) {
        let n = Fr::from;
        self.number("MSLT19");
        let size = self.mul(magnitude, i.option);
        let size_f = self.mul(size, i.forward);
        let size_k = self.mul(size, i.strike_money);
        let at_mark = self.linear(&[(n(ERROR_W), i.w[0])], n(ERROR_0));
        self.number("MSLT20");
        let at_node = self.linear(&[(n(ERROR_W), i.w[1])], n(ERROR_0));
        let of_delta = self.linear(&[(n(ERROR_DELTA_MU), i.vols[0].mu)], n(ERROR_DELTA));
        let strike_error = n(ERROR_K);
        self.number("MSLT19");
        let mark = self.product(ONE, size_f, at_mark, Some((strike_error, size_k)), Fr::ZERO);
        self.number("MSLT20");
        let gmax = n(self.policy.tables().gmax);
        let bp = n(10_000);
        let node = self.product(
            gmax,
            size_f,
            at_node,
            Some((bp * strike_error, size_k)),
            Fr::ZERO,
        );
        let rolled = self.mul(size_f, i.rate);
        let roll = self.product(bp, rolled, of_delta, Some((pow2(32), node)), Fr::ZERO);
        let error = self.linear(&[(ONE, roll), (bp * pow2(32), mark)], Fr::ZERO);
        (mark, error)
    }
}
