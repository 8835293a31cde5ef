//! One slot: a position, the market row it points to, its value at every node and its charges.
//! Constraints MSLT1 to MSLT23 of spec/margin.md; what needs the neighbours of a slot is in [`super::netting`].

use ff::Field;

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::instrument::{Instrument, Opening};
use super::node::registers::Registers;
use super::node::{node, NodeOutputs, SlotInputs};
use super::range::{Bounded, Ranges};
use super::risk::addon::{closing, haircut, pricing_error, roll};
use super::trace::{Trace, Var};
use super::wide::Wide;
use super::widths::QUANTITY;
use zkmargin_engine::field::pow2;
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::policy::VolShock;
use zkmargin_engine::Fr;

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
pub(crate) struct Slot {
    /// 1 when a position lives here.
    pub live: Var,
    /// The packed position, 0 in an empty slot.
    pub position: Var,
    /// 1 when an underlying starts here.
    pub starts: Var,
    /// 1 for options and linear contracts that live.
    pub shocked: Var,
    /// The instrument.
    pub instrument: Instrument,
    /// Signed quantity of options, else 0.
    pub option_quantity: Var,
    /// Dollar delta, scale 2^-61.
    pub delta: Var,
    /// Haircut, 1e-20 USD.
    pub haircut: Var,
    /// Cash, settled and parity part of the equity, 1e-16 USD.
    pub constant_value: Var,
    /// Certified error of the mark times abs(q), 2^-60.
    pub mark_error: Var,
    /// All certified errors, 2^-92 and basis points.
    pub error: Var,
    /// Half spread, 1e-24·2^-76 USD, under format 2.
    pub half_spread: Option<Var>,
}

const ONE: Fr = Fr::ONE;

/// Lays slot `index`, which holds an instrument. Long because a slot is all of its cells, in their order.
pub(crate) fn slot(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    registers: &mut Registers,
    index: usize,
    i: Instrument,
    witness: &SlotWitness,
) -> Slot {
    let held = holding(a, ranges, i.id, witness);
    let (sign, magnitude, quantity) = (held.sign, held.magnitude, held.quantity);
    a.number("MSLT3");
    let starts = a.bit(Free::Starts, witness.starts);
    a.number("MSLT9");
    let same = a.linear(&[(-ONE, starts)], ONE);
    a.number("MSLT10");
    let shocked = a.linear(&[(ONE, i.option), (ONE, i.linear)], Fr::ZERO);

    a.number("MSLT11");
    let notional = a.mul(quantity, i.forward.var());
    a.number("MSLT12");
    let option_quantity = a.mul(quantity, i.option);
    a.number("MSLT13");
    let fo = a.mul(option_quantity, i.forward.var());
    a.number("MSLT14");
    let ko = a.mul(option_quantity, i.strike_money);
    a.number("MSLT15");
    let linear_less_put = a.linear(&[(ONE, i.linear), (-ONE, i.put)], Fr::ZERO);
    let fl = a.mul(notional, linear_less_put);
    let inputs = SlotInputs {
        fo,
        ko,
        fl,
        same,
        class: i.class,
    };
    let base = nodes(&mut a.trace, wide, registers, index, &inputs, &i);

    let delta = roll::dollar_delta(a, &i, &base, fo, fl);
    let haircut = haircut::of_slot(a, &i, sign, magnitude);
    // Cash at its mark, what has expired at its value, and K·q of puts.
    a.number("MSLT18");
    let parity = a.mul(ko, i.put);
    let shocks = (Fr::ZERO, shocked);
    let parts = Some((ONE, parity));
    let constant_value = a.full(-ONE, (ONE, notional), shocks, parts, Fr::ZERO);
    let (mark_error, error, size_f) = pricing_error::of_slot(a, wide.policy, &i, magnitude);
    let terms = wide.policy.portfolio().map(|terms| terms.closing);
    let parts = closing::Parts {
        fo,
        ko,
        fl,
        parity,
        sign,
        option: i.option,
        forward: size_f,
    };
    let half_spread = terms.map(|terms| closing::of_slot(a, terms, &parts, &base));
    Slot {
        live: held.live,
        position: held.position,
        starts,
        shocked,
        instrument: i,
        option_quantity,
        delta,
        haircut,
        constant_value,
        mark_error,
        error,
        half_spread,
    }
}

/// What is held of an instrument.
struct Holding {
    live: Var,
    sign: Var,
    magnitude: Bounded<QUANTITY>,
    /// Packed, 0 in an empty slot.
    position: Var,
    /// Signed, 1e-8 contract.
    quantity: Var,
}

/// MSLT1, MSLT2, MSLT4 to MSLT8: an empty slot has no quantity, a live one has some.
fn holding(a: &mut Arithmetic, ranges: &mut Ranges, id: Var, witness: &SlotWitness) -> Holding {
    a.number("MSLT1");
    let live = a.bit(Free::Live, witness.live);
    a.number("MSLT2");
    let sign = a.bit(Free::Sign, witness.negative);
    let magnitude = a.witness(Free::Magnitude, Fr::from(witness.magnitude));
    a.number("MSLT4");
    let magnitude: Bounded<QUANTITY> = ranges.bound(a, magnitude);
    let inverse = a.witness(
        Free::Inverse,
        magnitude.value().invert().unwrap_or(Fr::ZERO),
    );
    let zero = (Fr::ZERO, inverse);
    a.number("MSLT5");
    a.assert_full(ONE, (Fr::ZERO, magnitude.var()), zero, None, Fr::ZERO, live);
    a.number("MSLT6");
    a.assert_zero(-ONE, (ONE, magnitude.var()), (Fr::ZERO, live));
    // The packed position.
    a.number("MSLT7");
    let packed = a.linear(
        &[
            (ONE, id),
            (pow2(ID_BITS), sign),
            (pow2(ID_BITS + 1), magnitude.var()),
        ],
        Fr::ZERO,
    );
    let position = a.mul(live, packed);
    a.number("MSLT8");
    let quantity = a.full(
        -Fr::from(2),
        (Fr::ZERO, sign),
        (ONE, magnitude.var()),
        None,
        Fr::ZERO,
    );
    Holding {
        live,
        sign,
        magnitude,
        position,
        quantity,
    }
}

/// Lays all nodes of the slot and returns the base node.
fn nodes(
    t: &mut Trace,
    wide: &Wide<'_>,
    registers: &mut Registers,
    index: usize,
    inputs: &SlotInputs,
    i: &Instrument,
) -> NodeOutputs {
    let shocks: Vec<(VolShock, u32)> = wide
        .policy
        .scenarios()
        .iter()
        .map(|s| (s.vol, s.days_later))
        .collect();
    let base = node(t, wide, registers, (index, 0), inputs, &i.vols[0]);
    for (s, shock) in shocks.iter().enumerate() {
        let vol = match shock {
            (VolShock::Up, _) => &i.vols[1],
            (VolShock::Down, _) => &i.vols[2],
            (VolShock::Static, 0) => &i.vols[0],
            // Laid wherever a day passes in a scenario.
            (VolShock::Static, _) => i.decayed.as_ref().unwrap_or(&i.vols[0]),
        };
        node(t, wide, registers, (index, s + 1), inputs, vol);
    }
    base
}
