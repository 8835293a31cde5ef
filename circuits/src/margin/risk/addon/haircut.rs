//! Haircuts on long spot, and on cash owned or owed.
//!
//! ```text
//! MSLT17:          magnitude·(1 − sign·linear)·F·charged·rate   of a slot, 1e-20 USD
//! MNET26:          their sum
//! MREQ22, MREQ23:  money no less than it
//! ```

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::instrument::Instrument;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::{ceil, MONEY_BP};
use crate::margin::trace::Var;
use crate::margin::widths::{MONEY, QUANTITY};
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// The haircut of a slot, 1e-20 USD.
pub(crate) fn of_slot(
    a: &mut Arithmetic,
    i: &Instrument,
    sign: Var,
    magnitude: Bounded<QUANTITY>,
) -> Var {
    a.number("MSLT17");
    // Of cash and spot only spot is linear: its debts are for the scenarios.
    let short_spot = a.mul(sign, i.linear);
    let held = a.full(
        -ONE,
        (Fr::ZERO, short_spot),
        (ONE, magnitude.var()),
        None,
        Fr::ZERO,
    );
    let haircut_rate = a.mul(i.charged, i.haircut);
    let value = a.mul(held, i.forward.var());
    a.mul(value, haircut_rate)
}

/// The charge for the haircuts of all slots.
pub(crate) fn charge(a: &mut Arithmetic, ranges: &mut Ranges, haircut: Var) -> Bounded<MONEY> {
    ceil::<48>(
        a,
        ranges,
        Free::HaircutCharge,
        ["MREQ22", "MREQ23"],
        haircut,
        Fr::from(MONEY_BP),
    )
}
