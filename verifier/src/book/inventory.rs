//! What a venue holds itself, outside its book: derivatives that stand against its customers'.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zkmargin_engine::account::Position;
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::Quantity;

use crate::error::FieldError;

/// One holding as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Name of the derivative.
    pub instrument: String,
    /// Signed quantity.
    pub quantity: String,
}

/// Holdings of a published list, whose names are those of ids under the policy.
///
/// # Errors
/// For an unknown or repeated instrument, one that is no derivative, or a wrong quantity.
pub fn read(
    list: &[Holding],
    (market, policy): (&Market, &Policy),
    file: &str,
) -> Result<Vec<Position>, FieldError> {
    let named = |name: &str| {
        let id = InstrumentId::from_name(name, policy);
        id.filter(|id| market.find(*id).is_some())
    };
    let hint = "names follow from underlying, expiry and strike, such as BTC-25SEP26-80000-C";
    positions(list, (&named, hint), policy, file)
}

/// A venue's own file, a list of holdings with names of the market file.
///
/// # Errors
/// As [`read`], and when it is no such list.
pub fn from_json(
    text: &str,
    (market, policy): (&Market, &Policy),
    file: &str,
) -> Result<Vec<Position>, FieldError> {
    let list: Vec<Holding> = serde_json::from_str(text).map_err(|e| {
        let hint =
            "write a list such as [{\"instrument\": \"BTC-PERPETUAL\", \"quantity\": \"-1.5\"}]";
        FieldError::new(file, "inventory", e, hint)
    })?;
    let named = |name: &str| Some(market.instruments().get(market.by_name(name)?)?.id);
    let hint = "copy the name from the market file";
    positions(&list, (&named, hint), policy, file)
}

/// Instrument of a name, and what to do about a name that has none.
type Names<'a> = (&'a dyn Fn(&str) -> Option<InstrumentId>, &'static str);

fn positions(
    list: &[Holding],
    (named, unknown): Names<'_>,
    policy: &Policy,
    file: &str,
) -> Result<Vec<Position>, FieldError> {
    let mut seen = BTreeSet::new();
    let mut positions = Vec::with_capacity(list.len());
    for (n, holding) in list.iter().enumerate() {
        let wrong = |field: &str, value: &str, problem: String, hint: &'static str| {
            let value: String = value.chars().take(64).collect();
            let field = format!("inventory[{n}].{field}");
            FieldError::new(file, &field, format_args!("{value:?}: {problem}"), hint)
        };
        let name = holding.instrument.as_str();
        let Some(id) = named(name) else {
            let problem = "the market does not list this instrument".to_owned();
            return Err(wrong("instrument", name, problem, unknown));
        };
        if id.kind().is_asset() {
            let problem = format!("is {}, not a derivative", id.kind());
            let hint = "what the venue holds of cash and spot belongs in its reserves";
            return Err(wrong("instrument", name, problem, hint));
        }
        if !seen.insert(id) {
            let hint = "add the quantities up";
            return Err(wrong("instrument", name, "stands twice".to_owned(), hint));
        }
        let scale = policy.scale(id.underlying());
        let quantity = Quantity::parse(&holding.quantity, scale).map_err(|problem| {
            let hint = "coins in a string, not zero, at most 8 decimals, such as \"-1.5\"";
            wrong("quantity", &holding.quantity, problem.to_string(), hint)
        })?;
        positions.push(Position {
            id,
            quantity: quantity.units(),
        });
    }
    positions.sort_by_key(|position| position.id);
    Ok(positions)
}

/// Holdings as they are published.
pub fn written(positions: &[Position], policy: &Policy) -> Vec<Holding> {
    let holding = |position: &Position| Holding {
        instrument: position.id.name(policy),
        quantity: policy
            .scale(position.id.underlying())
            .quantity(position.quantity.into()),
    };
    positions.iter().map(holding).collect()
}
