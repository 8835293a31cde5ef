//! The order of the risk lane under format 2 (BRSK2): idle rows have keys behind those of all accounts, and
//! every row has its step to the one below.

use zkmargin_engine::field::low_u64;
use zkmargin_engine::Fr;

use super::account;
use crate::book::risk::aggregate::market_risk::CODE_BITS;
use crate::book::trace::Trace;

/// Lays idle keys and all steps, when the rows of all accounts are laid.
pub(super) fn order(trace: &mut Trace, first_idle: usize, last_key: u64) {
    let Some(lane) = trace.columns.exposure else {
        return;
    };
    let (shape, risk) = (trace.columns.shape, trace.columns.risk);
    for (key, row) in (last_key + 1..).zip(first_idle..=trace.active) {
        trace.advice[risk.key][row] = Fr::from(key);
    }
    let place = |trace: &Trace, row: usize| {
        let [key, code] = [risk.key, risk.underlying].map(|c| low_u64(trace.advice[c][row]));
        (key << CODE_BITS) + code
    };
    for row in 0..trace.active {
        let step = place(trace, row + 1).saturating_sub(place(trace, row) + 1);
        let limbs = account::limbs(shape, step.into()).take(shape.step_limbs());
        limbs
            .enumerate()
            .for_each(|(i, limb)| trace.advice[lane.step + i][row] = limb);
    }
}
