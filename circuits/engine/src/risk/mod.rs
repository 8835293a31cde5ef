//! Margin of an account: equity, scenario losses, add-ons, requirement.
//!
//! [`evaluate`] computes exactly the integers that the circuit proves. Money is in 1e-8 USD and
//! rounded against the account: equity down, every part of the requirement up. The certified
//! error of option prices is taken off equity and added to the requirement, so that the verdict
//! is never better than the one with exact prices.
//!
//! Values inside are in units of 1e-20·2^-76 USD: 1e-16 USD is a quantity times a price, 1e-4
//! the basis point of the price shock, and 2^-76 the scale of `N`.

mod addon;
mod aggregate;
mod contribution;
mod greeks;
mod per_contract;
mod position;
mod revaluation;
mod scenario;
#[cfg(test)]
mod tests;
mod units;

pub(crate) use addon::liquidity::SCALE as SLOPE_BITS;
pub use addon::liquidity::{lines as liquidity_lines, ExposureLine};
pub use addon::Addon;
pub use aggregate::market_risk::{Binding, MarketRisk};
pub use aggregate::shortfall::Tail;
pub use contribution::Contribution;
pub use greeks::Greeks;
pub use per_contract::PerContract;
pub use revaluation::{revalue, Move, Revaluation, UnderlyingMove, VolMove};
pub use scenario::UnderlyingLosses;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

use crate::account::Position;
use crate::error::Error;
use crate::market::{InstrumentId, Market};
use crate::policy::Policy;
use addon::{closing, haircut, liquidity, pricing_error, roll, settlement, short_option};
use aggregate::market_risk::market_risk;
use aggregate::worst::{charges, worst};
use position::{Node, Priced};
use scenario::losses;
use units::{money, value_unit, VALUE_BITS};

use crate::units::{BP, QUANTITY_BITS};

/// The margin of an account at a market under a policy. Money is in 1e-8 USD.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Value of all positions at no shock, less the certified price error; may be negative.
    pub equity: i128,
    /// Initial requirement: market risk and the terms of the policy.
    pub initial_margin: i128,
    /// Maintenance requirement: the policy's share of the initial one.
    pub maintenance_margin: i128,
    /// Charge of the worst scenario over all underlyings; the stress with offsets in format 2.
    pub scenario_loss: i128,
    /// Index of the worst scenario, the first if several are.
    pub worst_scenario: usize,
    /// Charge on the net delta of every expiry.
    pub roll: i128,
    /// Charge on net short options.
    pub short_option_minimum: i128,
    /// Haircuts on long spot, and on cash other than the unit of account.
    pub haircut: i128,
    /// Certified error of option prices in equity, losses and deltas.
    pub pricing_error: i128,
    /// What format 2 adds.
    pub portfolio: Option<PortfolioRisk>,
    /// Losses of every underlying that has a position that scenarios move, by ascending code.
    pub losses: Vec<UnderlyingLosses>,
    /// Sensitivities of the same underlyings in the same order, for reports only.
    pub greeks: Vec<Greeks>,
    /// Model values of the positions in the order of the account, for reports.
    pub values: Vec<PositionValue>,
}

/// What format 2 adds to an evaluation. Money is in 1e-8 USD.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioRisk {
    /// Stress, shortfall, and what decides.
    pub market: MarketRisk,
    /// Cost of closing net exposures.
    pub liquidity: i128,
    /// Half spreads of every position.
    pub closing: i128,
    /// Fees of closing.
    pub settlement: i128,
    /// What each position adds to the stress and to the shortfall, in the order of the account.
    pub contributions: Vec<Contribution>,
}

/// What a position is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionValue {
    /// The instrument.
    pub id: InstrumentId,
    /// Quantity in 1e-8 contract.
    pub quantity: i64,
    /// Model price of one contract, rounded down, 1e-8 USD.
    pub price: i128,
    /// Value of the position at the model price, rounded down, 1e-8 USD.
    pub value: i128,
}

impl Evaluation {
    /// Whether equity covers `ratio_bp` (basis points) of the initial requirement and `buffer`
    /// (1e-8 USD): `10^4·E ≥ ratio·IM + 10^4·buffer`.
    pub fn solvent(&self, ratio_bp: u32, buffer: u128) -> bool {
        self.shortfall(ratio_bp, buffer).is_none()
    }

    /// The least equity (1e-8 USD) that must be added to be solvent at this ratio and buffer;
    /// `None` if there is none to add. Saturates.
    pub fn shortfall(&self, ratio_bp: u32, buffer: u128) -> Option<u128> {
        let required = BigInt::from(self.initial_margin) * ratio_bp + BigInt::from(buffer) * BP;
        let missing = required - BigInt::from(self.equity) * BP;
        missing
            .is_positive()
            .then(|| missing.div_ceil(&BP.into()).to_u128().unwrap_or(u128::MAX))
    }

    /// What a term adds to the requirement, 1e-8 USD.
    pub fn addon(&self, term: Addon) -> i128 {
        match term {
            Addon::Roll => self.roll,
            Addon::ShortOption => self.short_option_minimum,
            Addon::Haircut => self.haircut,
            Addon::PricingError => self.pricing_error,
            Addon::Liquidity => self.of_portfolio(|p| p.liquidity),
            Addon::Closing => self.of_portfolio(|p| p.closing),
            Addon::Settlement => self.of_portfolio(|p| p.settlement),
        }
    }

    /// A term of format 2; format 1 does not charge it.
    fn of_portfolio(&self, term: fn(&PortfolioRisk) -> i128) -> i128 {
        self.portfolio.as_ref().map_or(0, term)
    }

    /// What the scenarios require: the worst of them, or the market risk of format 2.
    pub fn market_risk(&self) -> i128 {
        let of_portfolio = self.portfolio.as_ref().map(|p| p.market.required);
        of_portfolio.unwrap_or(self.scenario_loss)
    }
}

/// Evaluates the positions of an account.
///
/// # Errors
/// When positions are not strictly sorted, are zero or too large, are not listed in the market,
/// or when an instrument cannot be priced under the policy.
pub fn evaluate(
    policy: &Policy,
    market: &Market,
    positions: &[Position],
) -> Result<Evaluation, Error> {
    check_order(positions)?;
    let positions = positions
        .iter()
        .map(|position| Priced::new(policy, market, position))
        .collect::<Result<Vec<Priced>, Error>>()?;
    let base: Vec<BigInt> = positions
        .iter()
        .map(|leg| leg.value(policy, &Node::BASE))
        .collect();
    let losses = losses(policy, &positions, &base)?;
    let portfolio = portfolio(policy, &positions, (&base, &losses))?;
    let (worst_scenario, scenario_loss) = match &portfolio {
        Some(risk) => worst(&risk.market.stress_by_node),
        None => worst(&charges(losses.iter(), policy.scenarios().len())),
    };
    let roll = money(roll::roll(policy, &positions))?;
    let short_option_minimum = money(short_option::short_option_minimum(
        policy, market, &positions,
    )?)?;
    let haircut = money(haircut::haircut(&positions))?;
    let pricing_error = money(pricing_error::pricing_error(policy, &positions))?;
    let mut evaluation = Evaluation {
        equity: money(equity(&positions, &base))?,
        initial_margin: 0,
        maintenance_margin: 0,
        scenario_loss,
        worst_scenario,
        roll,
        short_option_minimum,
        haircut,
        pricing_error,
        portfolio,
        losses,
        greeks: greeks::greeks(policy, &positions),
        values: positions
            .iter()
            .zip(&base)
            .map(|(leg, base)| position_value(leg, base))
            .collect::<Result<_, Error>>()?,
    };
    let addons = Addon::of(policy).iter().map(|term| evaluation.addon(*term));
    let initial_margin = evaluation.market_risk() + addons.sum::<i128>();
    let maintenance = BigInt::from(initial_margin) * policy.maintenance_bp;
    evaluation.initial_margin = initial_margin;
    evaluation.maintenance_margin = money(maintenance.div_ceil(&BP.into()))?;
    Ok(evaluation)
}

/// What format 2 adds, under a policy of format 2.
fn portfolio(
    policy: &Policy,
    positions: &[Priced],
    (base, losses): (&[BigInt], &[UnderlyingLosses]),
) -> Result<Option<PortfolioRisk>, Error> {
    let Some(terms) = policy.portfolio() else {
        return Ok(None);
    };
    let market = market_risk(terms, losses, policy.scenarios().len())?;
    Ok(Some(PortfolioRisk {
        liquidity: money(liquidity::liquidity(policy, terms, losses))?,
        closing: money(closing::closing(terms.closing, positions, base))?,
        settlement: money(settlement::settlement(
            terms.settlement,
            losses.len(),
            positions,
        ))?,
        contributions: contribution::contributions(policy, positions, base, &market)?,
        market,
    }))
}

/// Positions strictly ascending, none zero, magnitudes below 2^62.
fn check_order(positions: &[Position]) -> Result<(), Error> {
    let error = |subject: String, problem, hint| {
        Err(Error::Engine {
            subject,
            problem,
            hint,
        })
    };
    for position in positions {
        if position.quantity == 0 || position.quantity.unsigned_abs() >> QUANTITY_BITS != 0 {
            let hint = "a position has a quantity other than zero, below 46116860184.27387904";
            return error(
                position.id.to_string(),
                "the quantity is zero or too large",
                hint,
            );
        }
    }
    match positions.windows(2).find(|pair| pair[0].id >= pair[1].id) {
        Some(pair) => {
            let hint = "sort the positions by id and merge those of one instrument";
            error(
                pair[1].id.to_string(),
                "the position is repeated or out of order",
                hint,
            )
        }
        None => Ok(()),
    }
}

/// Value at no shock with the constant parts (cash; strikes of puts), less the certified error,
/// rounded down.
fn equity(positions: &[Priced], base: &[BigInt]) -> BigInt {
    let shocked: BigInt = base.iter().sum();
    let constant: BigInt = positions.iter().map(Priced::constant_value).sum();
    let error: BigInt = positions.iter().map(Priced::mark_error).sum();
    let value = shocked + ((constant << VALUE_BITS) - (error << (VALUE_BITS - 60))) * BP;
    value.div_floor(&value_unit())
}

/// What one position is worth, without error terms.
fn position_value(leg: &Priced, base: &BigInt) -> Result<PositionValue, Error> {
    let value = base + (leg.constant_value() << VALUE_BITS) * BP;
    // The value over the quantity is exact: the quantity divides every term of it.
    let unit = BigInt::from(BP) << VALUE_BITS;
    let price = &value / leg.position.quantity;
    Ok(PositionValue {
        id: leg.position.id,
        quantity: leg.position.quantity,
        price: money(price.div_floor(&unit))?,
        value: money(value.div_floor(&value_unit()))?,
    })
}
