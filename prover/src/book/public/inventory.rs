//! What a venue holds itself, outside its book: derivatives that stand against its customers'.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zkmargin_circuits::account::Position;
use zkmargin_circuits::market::{Kind, Market};
use zkmargin_circuits::units::{format_decimal, Quantity};

use crate::book::error::BookError;

/// One holding as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Name of the derivative.
    pub instrument: String,
    /// Signed quantity.
    pub quantity: String,
}

/// Holdings of a list.
///
/// # Errors
/// For an unknown or repeated instrument, one that is no derivative, or a wrong quantity.
pub fn read(list: &[Holding], market: &Market, file: &str) -> Result<Vec<Position>, BookError> {
    let mut seen = BTreeSet::new();
    let mut positions = Vec::with_capacity(list.len());
    for (n, holding) in list.iter().enumerate() {
        let wrong = |field: &str, value: &str, problem: String, hint: &'static str| {
            let value: String = value.chars().take(64).collect();
            BookError::Field {
                file: file.to_owned(),
                field: format!("inventory[{n}].{field}"),
                problem: format!("{value:?}: {problem}"),
                hint,
            }
        };
        let name = holding.instrument.as_str();
        let listed = market.by_name(name);
        let Some(listed) = listed.and_then(|row| market.instruments.get(row)) else {
            let problem = "the market does not list this instrument".to_owned();
            let hint = "copy the name from the market file";
            return Err(wrong("instrument", name, problem, hint));
        };
        if matches!(listed.id.kind(), Kind::Cash | Kind::Spot) {
            let problem = format!("is {}, not a derivative", listed.id.kind());
            let hint = "what the venue holds of cash and spot belongs in its reserves";
            return Err(wrong("instrument", name, problem, hint));
        }
        if !seen.insert(listed.id) {
            let hint = "add the quantities up";
            return Err(wrong("instrument", name, "stands twice".to_owned(), hint));
        }
        let quantity = Quantity::parse(&holding.quantity).map_err(|problem| {
            let hint = "contracts in a string, not zero, at most 8 decimals, such as \"-1.5\"";
            wrong("quantity", &holding.quantity, problem.to_string(), hint)
        })?;
        positions.push(Position {
            id: listed.id,
            quantity: quantity.units(),
        });
    }
    positions.sort_by_key(|position| position.id);
    Ok(positions)
}

/// A file that is a list of holdings.
///
/// # Errors
/// As [`read`], and when it is no such list.
pub fn from_json(text: &str, market: &Market, file: &str) -> Result<Vec<Position>, BookError> {
    let list: Vec<Holding> = serde_json::from_str(text).map_err(|e| BookError::Field {
        file: file.to_owned(),
        field: "inventory".to_owned(),
        problem: e.to_string(),
        hint: "write a list such as [{\"instrument\": \"BTC-PERPETUAL\", \"quantity\": \"-1.5\"}]",
    })?;
    read(&list, market, file)
}

/// Holdings as they are written.
pub fn written(positions: &[Position], market: &Market) -> Vec<Holding> {
    let holding = |position: &Position| Holding {
        instrument: super::name_of(position.id, market),
        quantity: format_decimal(position.quantity.into(), 8),
    };
    positions.iter().map(holding).collect()
}
