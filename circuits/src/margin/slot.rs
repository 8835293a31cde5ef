//! One slot: a position, the market row it points to, its value at every node and its charges.
//! Constraints MSLT1 to MSLT20 of spec/margin.md; what needs the neighbours of a slot is in [`super::netting`].

use ff::Field;

use super::instrument::{instrument, open_market, Instrument, Opening};
use super::lanes::Lanes;
use super::node::{node, NodeOutputs, Registers, SlotInputs};
use super::range::Bounded;
use super::risk::addon::{haircut, pricing_error, roll};
use super::trace::Var;
use super::widths::{QUANTITY, TIME};
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
}

const ONE: Fr = Fr::ONE;

/// Lays slot `index`.
pub(crate) fn slot(
    l: &mut Lanes<'_>,
    registers: &mut Registers,
    index: usize,
    witness: &SlotWitness,
    time: Bounded<TIME>,
) -> Slot {
    let row = open_market(l, ["MINS1", "MINS2"], &witness.opening);
    l.book("market openings");
    let i = instrument(l, row, time);
    l.book("instruments");
    let held = holding(l, i.id, witness);
    let (sign, magnitude, quantity) = (held.sign, held.magnitude, held.quantity);
    l.number("MSLT3");
    let starts = l.bit("starts", witness.starts);
    l.number("MSLT9");
    let same = l.linear(&[(-ONE, starts)], ONE);
    l.number("MSLT10");
    let shocked = l.linear(&[(ONE, i.option), (ONE, i.linear)], Fr::ZERO);

    l.number("MSLT11");
    let notional = l.mul(quantity, i.forward.var());
    l.number("MSLT12");
    let option_quantity = l.mul(quantity, i.option);
    l.number("MSLT13");
    let fo = l.mul(option_quantity, i.forward.var());
    l.number("MSLT14");
    let ko = l.mul(option_quantity, i.strike_money);
    l.number("MSLT15");
    let linear_less_put = l.linear(&[(ONE, i.linear), (-ONE, i.put)], Fr::ZERO);
    let fl = l.mul(notional, linear_less_put);
    let inputs = SlotInputs {
        fo,
        ko,
        fl,
        same,
        base: i.base,
    };
    let base = nodes(l, registers, index, &inputs, &i);

    let delta = roll::dollar_delta(l, &i, &base, fo, fl);
    let haircut = haircut::of_slot(l, &i, sign, magnitude);
    // Cash at its mark, what has expired at its value, and K·q of puts.
    l.number("MSLT18");
    let cash = l.linear(&[(-ONE, shocked)], ONE);
    let parity = l.mul(ko, i.put);
    let constant_value = l.product(ONE, notional, cash, Some((ONE, parity)), Fr::ZERO);
    let (mark_error, error) = pricing_error::of_slot(l, &i, magnitude);
    l.book("positions");
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
fn holding(l: &mut Lanes<'_>, id: Var, witness: &SlotWitness) -> Holding {
    l.number("MSLT1");
    let live = l.bit("live", witness.live);
    l.number("MSLT2");
    let sign = l.bit("sign", witness.negative);
    let magnitude = l.witness("magnitude", Fr::from(witness.magnitude));
    l.number("MSLT4");
    let magnitude: Bounded<QUANTITY> = l.range(magnitude);
    let inverse = l.witness("inverse", magnitude.value().invert().unwrap_or(Fr::ZERO));
    let zero = (Fr::ZERO, inverse);
    l.number("MSLT5");
    l.assert_full(ONE, (Fr::ZERO, magnitude.var()), zero, None, Fr::ZERO, live);
    l.number("MSLT6");
    l.assert_zero(-ONE, (ONE, magnitude.var()), (Fr::ZERO, live));
    // The packed position.
    l.number("MSLT7");
    let packed = l.linear(
        &[
            (ONE, id),
            (pow2(ID_BITS), sign),
            (pow2(ID_BITS + 1), magnitude.var()),
        ],
        Fr::ZERO,
    );
    let position = l.mul(live, packed);
    l.number("MSLT8");
    let quantity = l.full(
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
    l: &mut Lanes<'_>,
    registers: &mut Registers,
    index: usize,
    inputs: &SlotInputs,
    i: &Instrument,
) -> NodeOutputs {
    let shocks: Vec<VolShock> = l.policy.scenarios().iter().map(|s| s.vol).collect();
    let base = node(l, registers, (index, 0), inputs, &i.vols[0]);
    for (s, shock) in shocks.iter().enumerate() {
        let vol = match shock {
            VolShock::Up => &i.vols[1],
            VolShock::Down => &i.vols[2],
        };
        node(l, registers, (index, s + 1), inputs, vol);
    }
    base
}
