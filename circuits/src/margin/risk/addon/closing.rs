//! Half the spread of every position, gross.
//!
//! ```text
//! MSLT21:          value = ±(2^40·Fo·N1 − Ko·N2x + 2^76·(Fl + Kq of puts)), not negative but for errors of prices
//! MSLT22:          `of forward` is a bit
//! MSLT23:          linear·value, or of options: value's share or, where the bit is 1, the forward's
//! MNET30:          their sum
//! MREQ58, MREQ59:  money no less than it
//! ```
//!
//! Either share of an option is no less than the lesser, so the prover may choose.

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::node::NodeOutputs;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::{ceil, MONEY_BP};
use crate::margin::trace::Var;
use crate::margin::widths::{CLOSING_REST, MONEY};
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::policy::Closing;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// Cells of a slot.
pub(crate) struct Parts {
    /// q·F of options.
    pub fo: Var,
    /// q·K of options.
    pub ko: Var,
    /// q·F of linear contracts, −q·F of puts.
    pub fl: Var,
    /// q·K of puts.
    pub parity: Var,
    /// 1 of a negative quantity.
    pub sign: Var,
    /// 1 of options.
    pub option: Var,
    /// abs(q)·F of options.
    pub forward: Var,
}

/// The half spread of a slot, 1e-20·2^-76 USD.
pub(crate) fn of_slot(a: &mut Arithmetic, terms: Closing, p: &Parts, base: &NodeOutputs) -> Var {
    let share = |share: u32| Fr::from(u64::from(share));
    a.number("MSLT21");
    let first = a.product(pow2(40), p.fo, base.n1, None, Fr::ZERO);
    let call = a.product(-ONE, p.ko, base.n2x, Some((ONE, first)), Fr::ZERO);
    let flat = pow2(76);
    let terms_of_value = [(ONE, call), (flat, p.fl), (flat, p.parity)];
    let value = a.linear(&terms_of_value, Fr::ZERO);
    let zero = (Fr::ZERO, p.sign);
    let value = a.full(-Fr::from(2), zero, (ONE, value), None, Fr::ZERO);
    let of_option = a.mul(p.option, value);
    a.number("MSLT23");
    let of_forward = (flat * share(terms.option_of_forward), p.forward);
    let of_value = (-share(terms.option_of_value), of_option);
    let gap = a.linear(&[of_forward, of_value], Fr::ZERO);
    a.number("MSLT22");
    let lesser = a.bit(Free::SpreadOfForward, is_negative(gap.value));
    a.number("MSLT23");
    let linear = share(terms.linear);
    let either = a.linear(
        &[
            (linear, value),
            (share(terms.option_of_value) - linear, of_option),
        ],
        Fr::ZERO,
    );
    a.product(ONE, lesser, gap, Some((ONE, either)), Fr::ZERO)
}

/// The charge for the half spreads of all slots. By errors of prices their sum may be below zero; the charge is not.
pub(crate) fn charge(a: &mut Arithmetic, ranges: &mut Ranges, sum: Var) -> Bounded<MONEY> {
    let unit = Fr::from(MONEY_BP) * pow2(76);
    ceil::<CLOSING_REST>(
        a,
        ranges,
        Free::ClosingCharge,
        ["MREQ58", "MREQ59"],
        sum,
        unit,
    )
}
