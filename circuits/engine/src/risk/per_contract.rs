//! What one position adds, in exact integers with their units: the source of price tables.

use num_bigint::BigInt;
use num_traits::Zero;

use super::addon::{closing, settlement};
use super::position::{Node, Priced};
use super::scenario::nodes;
use super::units::VALUE_BITS;
use crate::account::Position;
use crate::error::Error;
use crate::market::Market;
use crate::policy::Policy;
use crate::units::BP;

/// Exact contributions of a position; each over its unit is in 1e-16 USD.
pub struct PerContract {
    /// Value at no shock.
    pub value: BigInt,
    /// Unit of the value.
    pub value_unit: BigInt,
    /// Certified error of the value.
    pub mark_error: BigInt,
    /// Unit of that error.
    pub mark_error_unit: BigInt,
    /// Weighted loss by scenario.
    pub losses: Vec<BigInt>,
    /// Unit of the losses.
    pub loss_unit: BigInt,
    /// Roll rate times dollar delta.
    pub roll: BigInt,
    /// Unit of the roll.
    pub roll_unit: BigInt,
    /// Certified errors in the requirement.
    pub charged_error: BigInt,
    /// Unit of those errors.
    pub charged_error_unit: BigInt,
    /// Haircut when long, and of cash when short too, in basis points of 1e-16 USD.
    pub haircut: BigInt,
    /// Half the spread, zero under format 1.
    pub closing: BigInt,
    /// Unit of half the spread.
    pub closing_unit: BigInt,
    /// Whether scenarios move its value: it is no cash and has not expired.
    pub shocked: bool,
    /// Whether settlement counts it.
    pub counts: bool,
}

impl PerContract {
    /// Prices a position.
    ///
    /// # Errors
    /// When the market does not list it or it cannot be priced.
    pub(crate) fn new(
        policy: &Policy,
        market: &Market,
        position: &Position,
    ) -> Result<Self, Error> {
        let leg = Priced::new(policy, market, position)?;
        let base = leg.value(policy, &Node::BASE);
        let losses = if !leg.shocked() {
            vec![BigInt::zero(); policy.scenarios().len()]
        } else {
            nodes(policy, leg.underlying)?
                .map(|node| (&base - leg.value(policy, &node)) * node.weight)
                .collect()
        };
        let value = &base + (leg.constant_value() << VALUE_BITS) * BP;
        let haircut = match leg.kind() {
            kind if kind.is_asset() => leg.forward_value() * leg.underlying.haircut_bp,
            _ => BigInt::zero(),
        };
        Ok(PerContract {
            value,
            value_unit: BigInt::from(BP) << VALUE_BITS,
            mark_error: leg.mark_error(),
            mark_error_unit: BigInt::from(1) << 60,
            losses,
            loss_unit: BigInt::from(BP) << (VALUE_BITS + 24),
            // Cash, spot and what has expired do not roll.
            roll: leg.dollar_delta(policy).unwrap_or_default() * leg.rate,
            roll_unit: BigInt::from(1) << 93,
            charged_error: leg.charged_error(policy.tables().gmax),
            charged_error_unit: BigInt::from(BP) << 92,
            haircut,
            closing: policy.portfolio().map_or_else(BigInt::zero, |terms| {
                closing::of_position(terms.closing, &leg, &base)
            }),
            closing_unit: (BigInt::from(BP) << VALUE_BITS) * BP,
            shocked: leg.shocked(),
            counts: settlement::counts(&leg),
        })
    }
}
