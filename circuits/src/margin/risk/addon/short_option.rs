//! The minimum on net short options, at the index of their underlying.
//!
//! ```text
//! MNET9-MNET13:    net = Σ q over a run of one strike
//! MNET14-MNET16:   −short·net with 0 ≤ net − 2·short·net: max(0, −net)
//! MREQ10-MREQ15:   price is that of the spot row of the underlying where there are short options
//! MREQ16:          Σ short·price
//! MREQ17-MREQ19:   money no less than the policy's share of it
//! ```

use ff::Field;

use crate::margin::group::{Group, Keyed};
use crate::margin::instrument::{open_market, Instrument, Opening};
use crate::margin::lanes::Lanes;
use crate::margin::range::Bounded;
use crate::margin::risk::{ceil, MONEY_BP};
use crate::margin::trace::Var;
use crate::margin::widths::{MONEY, NET_QUANTITY, PRICE};
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::market::{Kind, ID_BITS};
use zkmargin_engine::Fr;

/// The spot row that gives an underlying its index.
#[derive(Clone, Copy, Debug)]
pub struct IndexWitness {
    /// Whether the underlying needs an index.
    pub used: bool,
    /// Index price, 1e-8 USD.
    pub price: u64,
    /// Opened market row; any row when unused.
    pub opening: Opening,
}

const ONE: Fr = Fr::ONE;

/// Keys of strikes: MNET9.
pub(crate) fn keys<'i>(
    l: &mut Lanes<'_>,
    instruments: impl Iterator<Item = &'i Instrument>,
) -> Vec<Var> {
    l.number("MNET9");
    instruments
        .map(|i| l.linear(&[(ONE, i.strike.var()), (pow2(44), i.expiry_key)], Fr::ZERO))
        .collect()
}

/// max(0, −net option quantity) at the end of every run of one strike, 0 elsewhere.
pub(crate) fn net(l: &mut Lanes<'_>, slots: &[Keyed]) -> Vec<Var> {
    let group = Group::new(l, ["MNET10", "MNET11", "MNET12"], slots);
    (0..slots.len())
        .map(|i| {
            l.number("MNET13");
            let net = group.closed(l, i);
            l.number("MNET14");
            let short = l.bit("short sign", is_negative(net.value));
            l.number("MNET16");
            let part = l.mul(short, net);
            // net − 2·short·net ≥ 0, so `short` tells the sign of net.
            l.number("MNET15");
            let sign = l.linear(&[(ONE, net), (-Fr::from(2), part)], Fr::ZERO);
            l.assert_range::<NET_QUANTITY>(sign);
            l.number("MNET16");
            l.linear(&[(-ONE, part)], Fr::ZERO)
        })
        .collect()
}

/// The charge on `shorts`, net short quantities by underlying, in the order of `codes`.
pub(crate) fn charge(
    l: &mut Lanes<'_>,
    codes: &[Var],
    shorts: &[Var],
    indices: &[IndexWitness],
) -> Bounded<MONEY> {
    let mut total = l.constant(Fr::ZERO);
    for ((&code, &short), witness) in codes.iter().zip(shorts).zip(indices) {
        let row = open_market(l, ["MREQ10", "MREQ11"], &witness.opening);
        l.number("MREQ12");
        let used = l.bit("index used", witness.used);
        let price = l.witness("index price", Fr::from(witness.price));
        l.number("MREQ13");
        let price = l.range::<PRICE>(price).var();
        // A used index is the spot row of this underlying.
        l.number("MREQ14");
        let spot = l.linear(
            &[(ONE, row), (-pow2(80), code), (-pow2(ID_BITS), price)],
            -Fr::from(Kind::Spot as u64),
        );
        l.assert_zero(ONE, (Fr::ZERO, used), (Fr::ZERO, spot));
        // Short options need an index.
        l.number("MREQ15");
        l.assert_zero(-ONE, (ONE, short), (Fr::ZERO, used));
        l.number("MREQ16");
        total = l.product(ONE, short, price, Some((ONE, total)), Fr::ZERO);
    }
    l.number("MREQ17");
    let share = Fr::from(u64::from(l.policy.som_bp));
    let charge = l.linear(&[(share, total)], Fr::ZERO);
    ceil::<48>(l, ["MREQ18", "MREQ19"], charge, Fr::from(MONEY_BP))
}
