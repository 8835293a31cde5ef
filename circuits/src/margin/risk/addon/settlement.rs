//! Fees of closing a book that grow with its parts.
//!
//! ```text
//! MNET31:  claim·(id − id of entry costs) = 0
//! MNET32:  exempt = Σ claim·live
//! MNET33:  exempt is a bit: ids of live slots differ
//! MREQ60:  account + underlying·starts + position·(live − exempt)
//! ```
//!
//! Starts, positions and their difference to what is exempt are counts (MNET8, MNET25, MNET32, MNET33), so the fees need
//! no range of their own.

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::range::Bounded;
use crate::margin::trace::Var;
use crate::margin::widths::{FEES, MONEY};
use zkmargin_engine::field::{bit, pow2};
use zkmargin_engine::policy::{Policy, SettlementCost, ENTRY_COSTS};
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// 1 where the account holds the position that entry costs are booked into; `None` where the policy knows none.
/// `slots` are whether one lives and the id of its instrument.
pub(crate) fn exempt(a: &mut Arithmetic, policy: &Policy, slots: &[[Var; 2]]) -> Option<Var> {
    let code = policy.underlying(ENTRY_COSTS)?.code;
    // Cash has kind 0 and neither expiry nor strike.
    let id = Fr::from(u64::from(code)) * pow2(80);
    let claims: Vec<Var> = slots
        .iter()
        .map(|[live, own]| {
            let holds = live.value == ONE && own.value == id;
            let claim = a.witness(Free::EntryCosts, bit(holds));
            a.number("MNET31");
            a.assert_zero(ONE, (-id, claim), (Fr::ZERO, *own));
            claim
        })
        .collect();
    a.number("MNET32");
    let mut sum = a.constant(Fr::ZERO);
    for (claim, [live, _]) in claims.into_iter().zip(slots) {
        sum = a.product(ONE, claim, *live, Some((ONE, sum)), Fr::ZERO);
    }
    a.number("MNET33");
    a.assert_bit(sum);
    Some(sum)
}

/// The charge on so many positions, and on underlyings: all registers but those that are unused.
pub(crate) fn charge(
    a: &mut Arithmetic,
    terms: SettlementCost,
    [positions, unused]: [Var; 2],
    exempt: Option<Var>,
) -> Bounded<MONEY> {
    let fee = |v: u64| Fr::from(v);
    let mut sum = vec![
        (fee(terms.position), positions),
        (-fee(terms.underlying), unused),
    ];
    sum.extend(exempt.map(|v| (-fee(terms.position), v)));
    a.number("MREQ60");
    let registers = a.trace.columns.size.underlyings() as u64;
    let fixed = fee(terms.account) + fee(terms.underlying) * Fr::from(registers);
    a.not_negative::<FEES, MONEY>(&sum, fixed)
}
