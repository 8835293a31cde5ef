//! The minimum on net short options, at the index of their underlying.
//!
//! ```text
//! MNET9-MNET13:    net = Σ q over a run of one strike
//! MNET14-MNET16:   short·net with 0 ≤ net − 2·short·net: min(0, net)
//! MREQ10-MREQ15:   price is that of the spot row of the underlying where there are short options
//! MREQ16:          Σ short·price
//! MREQ17-MREQ19:   money no less than the policy's share of it
//! ```

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::group::{Group, Keyed};
use crate::margin::instrument::{open_market, Instrument, Opening};
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::{ceil, MONEY_BP};
use crate::margin::trace::Var;
use crate::margin::wide::Wide;
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
    a: &mut Arithmetic,
    instruments: impl Iterator<Item = &'i Instrument>,
) -> Vec<Var> {
    a.number("MNET9");
    instruments
        .map(|i| a.linear(&[(ONE, i.strike.var()), (pow2(44), i.expiry_key)], Fr::ZERO))
        .collect()
}

/// min(0, net option quantity) at the end of every run of one strike, 0 elsewhere.
pub(crate) fn net(a: &mut Arithmetic, ranges: &mut Ranges, slots: &[Keyed]) -> Vec<Var> {
    let group = Group::new(a, Free::JoinsStrike, ["MNET10", "MNET11", "MNET12"], slots);
    (0..slots.len())
        .map(|i| {
            a.number("MNET13");
            let net = group.closed(a, i);
            a.number("MNET14");
            let short = a.bit(Free::ShortSign, is_negative(net.value));
            a.number("MNET16");
            let part = a.mul(short, net);
            // net − 2·short·net ≥ 0, so `short` tells the sign of net.
            a.number("MNET15");
            let sign = a.linear(&[(ONE, net), (-Fr::from(2), part)], Fr::ZERO);
            ranges.assert::<NET_QUANTITY>(a, sign);
            part
        })
        .collect()
}

/// The charge on `shorts`, net short quantities by underlying, in the order of `codes`.
pub(crate) fn charge(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    codes: &[Var],
    shorts: &[Var],
    indices: &[IndexWitness],
) -> Bounded<MONEY> {
    let mut total = a.constant(Fr::ZERO);
    for ((&code, &short), witness) in codes.iter().zip(shorts).zip(indices) {
        let row = open_market(a, wide, ["MREQ10", "MREQ11"], &witness.opening);
        a.number("MREQ12");
        let used = a.bit(Free::IndexUsed, witness.used);
        let price = a.witness(Free::IndexPrice, Fr::from(witness.price));
        a.number("MREQ13");
        let price = ranges.bound::<PRICE>(a, price).var();
        // A used index is the spot row of this underlying.
        a.number("MREQ14");
        let spot = a.linear(
            &[(ONE, row), (-pow2(80), code), (-pow2(ID_BITS), price)],
            -Fr::from(Kind::Spot as u64),
        );
        a.assert_zero(ONE, (Fr::ZERO, used), (Fr::ZERO, spot));
        // Short options need an index.
        a.number("MREQ15");
        a.assert_zero(-ONE, (ONE, short), (Fr::ZERO, used));
        a.number("MREQ16");
        total = a.product(ONE, short, price, Some((ONE, total)), Fr::ZERO);
    }
    a.number("MREQ17");
    let share = Fr::from(u64::from(wide.policy.som_bp));
    let charge = a.linear(&[(share, total)], Fr::ZERO);
    ceil::<48>(
        a,
        ranges,
        Free::ShortOptionCharge,
        ["MREQ18", "MREQ19"],
        charge,
        Fr::from(MONEY_BP),
    )
}
