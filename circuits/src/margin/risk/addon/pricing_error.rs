//! The certified error of option prices: in equity at the mark, and in losses and deltas.
//!
//! ```text
//! MSLT19:          abs(q)·(F·((A_W + floored·A_T)·W + A_0) + K·A_K)            of a slot, scale 2^-60
//! MSLT20:          the same at the node with the upper volatility and at most gmax of F, the delta's
//!                  times the roll rate, and the mark's, scale 2^-92 and basis points
//! MNET28, MNET29:  their sums
//! MREQ24, MREQ25:  money no less than the second
//! MREQ66, MREQ67:  money no less than the scale of the shortfall times that, under format 2
//! ```

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::instrument::Instrument;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::{ceil, MONEY_BP};
use crate::margin::trace::Var;
use crate::margin::widths::{MONEY, QUANTITY, SCALED_ERROR_REST};
use zkmargin_engine::field::pow2;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::pricing::{ALPHA, A_0, A_K, A_T, A_W, BETA};
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// Certified errors of a slot times abs(q): of the mark, all of them, and abs(q)·F of options.
pub(crate) fn of_slot(
    a: &mut Arithmetic,
    policy: &Policy,
    i: &Instrument,
    magnitude: Bounded<QUANTITY>,
) -> (Var, Var, Var) {
    let n = Fr::from;
    let bp = n(10_000);
    a.number("MSLT19");
    let size = a.mul(magnitude.var(), i.option);
    let size_f = a.mul(size, i.forward.var());
    let per_w = a.linear(&[(n(A_T), i.floored)], n(A_W));
    let of_w = a.mul(per_w, i.w[0]);
    // A sum takes the row above along, so what it adds stands right there.
    let size_k = a.mul(size, i.strike_money);
    let (forward, strike) = ((n(A_0), size_f), (n(A_K), size_k));
    let mark = a.full(ONE, forward, (Fr::ZERO, of_w), Some(strike), Fr::ZERO);
    a.number("MSLT20");
    let of_w = a.mul(per_w, i.w[1]);
    let of_delta = a.linear(&[(n(BETA), i.vols[0].mu.var())], n(ALPHA));
    let rolled = a.mul(size_f, i.rate);
    let gmax = n(policy.tables().gmax);
    let (forward, strike) = ((gmax * n(A_0), size_f), (bp * n(A_K), size_k));
    let node = a.full(gmax, forward, (Fr::ZERO, of_w), Some(strike), Fr::ZERO);
    let roll = a.product(bp, rolled, of_delta, Some((pow2(32), node)), Fr::ZERO);
    let error = a.linear(&[(ONE, roll), (bp * pow2(32), mark)], Fr::ZERO);
    (mark, error, size_f)
}

/// The charge for the errors of all slots.
pub(crate) fn charge(a: &mut Arithmetic, ranges: &mut Ranges, error: Var) -> Bounded<MONEY> {
    let unit = Fr::from(MONEY_BP) * pow2(92);
    ceil::<132>(
        a,
        ranges,
        Free::PricingErrorCharge,
        ["MREQ24", "MREQ25"],
        error,
        unit,
    )
}

/// The charge times the scale of the shortfall, in 1e-4, whose losses have these errors.
pub(crate) fn scaled(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    error: Bounded<MONEY>,
    scale: u32,
) -> Bounded<MONEY> {
    a.number("MREQ67");
    let scaled = a.linear(&[(Fr::from(u64::from(scale)), error.var())], Fr::ZERO);
    ceil::<SCALED_ERROR_REST>(
        a,
        ranges,
        Free::ScaledErrorCharge,
        ["MREQ66", "MREQ67"],
        scaled,
        Fr::from(10_000),
    )
}
