//! Whose account it is: the leaf that a book holds, and what its holder shows of it.
//!
//! ```text
//! identity  = H(13; secret)                                        MLEF6
//! count     = n + 2^16·number,  0 ≤ number < 2^32                  MLEF7, MLEF8
//! state     = H(11; customer, identity, salt, count, p1, …, p4)    MLEF1, MLEF2, MLEF4
//! state⁺    = H(12; state, p, …, p)                                MLEF3, MLEF4
//! state     = state + live·(state⁺ − state)                        MLEF5
//! nullifier = H(14; secret, scope, number)                         MBOK4, MBOK5, MBOK6
//! ```
//!
//! The header takes the first four slots, a link seven more; it counts exactly when its first slot is
//! live. The identity is computed here and never given: an account whose identity is zero would need
//! a secret that hashes to zero, and with any other identity the leaf is another.

use ff::Field;

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::range::{Bounded, Ranges};
use super::slot::Slot;
use super::trace::Var;
use super::wide::Wide;
use super::widths::ACCOUNT_NUMBER;
use zkmargin_engine::account::{COUNT_BITS, POSITIONS_IN_HEADER, POSITIONS_PER_LINK};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// What the holder knows beside his positions.
pub(crate) struct Holder {
    secret: Var,
    number: Bounded<ACCOUNT_NUMBER>,
}

impl Holder {
    /// Secret and number of the account. MLEF7: the number is one of 32 bits.
    pub(crate) fn new(a: &mut Arithmetic, ranges: &mut Ranges, secret: Fr, number: u32) -> Self {
        let secret = a.witness(Free::Secret, secret);
        let number = a.witness(Free::AccountNumber, Fr::from(u64::from(number)));
        a.number("MLEF7");
        let number = ranges.bound(a, number);
        Holder { secret, number }
    }

    /// The leaf of the account: see the module documentation. `positions` is the number of live
    /// slots.
    pub(crate) fn leaf(
        &self,
        a: &mut Arithmetic,
        wide: &mut Wide<'_>,
        [customer, salt]: [Fr; 2],
        positions: Var,
        slots: &[Slot],
    ) -> Var {
        let identity = wide.tagged(a, tag::IDENTITY, &[("MLEF6", self.secret)]);
        a.number("MLEF8");
        let terms = [(ONE, positions), (pow2(COUNT_BITS), self.number.var())];
        let count = a.linear(&terms, Fr::ZERO);
        let customer = a.witness(Free::Customer, customer);
        let salt = a.witness(Free::Salt, salt);
        let (first, rest) = slots.split_at(POSITIONS_IN_HEADER.min(slots.len()));
        let mut header = [customer, identity, salt]
            .map(|var| ("MLEF1", var))
            .to_vec();
        header.push(("MLEF2", count));
        header.extend(first.iter().map(|s| ("MLEF4", s.position)));
        let mut state = wide.tagged(a, tag::LEAF, &header);
        for link in rest.chunks(POSITIONS_PER_LINK) {
            let mut inputs = vec![("MLEF3", state)];
            inputs.extend(link.iter().map(|s| ("MLEF4", s.position)));
            let next = wide.tagged(a, tag::LEAF_LINK, &inputs);
            a.number("MLEF5");
            let step = a.linear(&[(ONE, next), (-ONE, state)], Fr::ZERO);
            state = a.product(ONE, link[0].live, step, Some((ONE, state)), Fr::ZERO);
        }
        state
    }

    /// What marks the account as used within a scope.
    pub(crate) fn nullifier(&self, a: &mut Arithmetic, wide: &mut Wide<'_>, scope: Var) -> Var {
        let inputs = [
            ("MBOK4", self.secret),
            ("MBOK5", scope),
            ("MBOK6", self.number.var()),
        ];
        wide.tagged(a, tag::NULLIFIER, &inputs)
    }
}
