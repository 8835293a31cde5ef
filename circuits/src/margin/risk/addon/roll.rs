//! The charge on the net delta of every expiry.
//!
//! ```text
//! MSLT16:          Fo·(2^25·N1 − φ1·z) + 2^61·Fl·(1 − charged)       dollar delta of a slot, 2^-61
//! MNET17-MNET20:   net = their sum over a run of one underlying and expiry
//! MNET21-MNET23:   y = ±net, 0 ≤ y < 2^204: y = abs(net)
//! MNET24:          Σ rate·y                                          scale 2^-93
//! MREQ20, MREQ21:  money no less than it
//! ```

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::group::{Group, Keyed};
use crate::margin::instrument::Instrument;
use crate::margin::node::NodeOutputs;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::ceil;
use crate::margin::trace::Var;
use crate::margin::widths::{MONEY, NET_DELTA};
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// Dollar delta of a slot, scale 2^-61.
pub(crate) fn dollar_delta(
    a: &mut Arithmetic,
    i: &Instrument,
    base: &NodeOutputs,
    fo: Var,
    fl: Var,
) -> Var {
    a.number("MSLT16");
    let curvature = a.mul(base.phi1, base.z);
    let unit = a.linear(&[(pow2(25), base.n1), (-ONE, curvature)], Fr::ZERO);
    // Spot does not roll.
    let flat = a.full(-ONE, (Fr::ZERO, i.charged), (ONE, fl), None, Fr::ZERO);
    a.product(ONE, fo, unit, Some((pow2(61), flat)), Fr::ZERO)
}

/// Σ rate·abs(net dollar delta), scale 2^-93, over slots by expiry with their deltas; `rates` are
/// theirs.
pub(crate) fn net(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    slots: &[Keyed],
    rates: impl Iterator<Item = Var>,
) -> Var {
    let group = Group::new(a, Free::JoinsExpiry, ["MNET17", "MNET18", "MNET19"], slots);
    let mut total = a.constant(Fr::ZERO);
    for (i, rate) in rates.enumerate() {
        a.number("MNET20");
        let net = group.closed(a, i);
        // y = ±net and y ≥ 0, so y = abs(net).
        a.number("MNET21");
        let negative = a.bit(Free::DeltaSign, is_negative(net.value));
        a.number("MNET22");
        let magnitude = a.full(
            -Fr::from(2),
            (Fr::ZERO, negative),
            (ONE, net),
            None,
            Fr::ZERO,
        );
        a.number("MNET23");
        let magnitude = ranges.bound::<NET_DELTA>(a, magnitude).var();
        a.number("MNET24");
        total = a.product(ONE, magnitude, rate, Some((ONE, total)), Fr::ZERO);
    }
    total
}

/// The charge for a sum of [`net`].
pub(crate) fn charge(a: &mut Arithmetic, ranges: &mut Ranges, roll: Var) -> Bounded<MONEY> {
    let unit = Fr::from(100_000_000) * pow2(93);
    ceil::<120>(
        a,
        ranges,
        Free::RollCharge,
        ["MREQ20", "MREQ21"],
        roll,
        unit,
    )
}
