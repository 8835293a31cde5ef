//! Statements and sums as they are written.

use serde::{Deserialize, Serialize};
use zkmargin_engine::book::{AssetTotal, BatchStatement, Totals};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_element, format_unsigned, parse_decimal, parse_element};
use zkmargin_engine::Fr;

use crate::error::FieldError;

/// Decimals of sums of money, and of sums of money times a ratio in basis points.
const MONEY: u32 = 16;
const MONEY_BP: u32 = 20;
/// Decimals of quantities.
const QUANTITY: u32 = 8;

/// Reads fields of a file.
pub(super) struct Field<'a> {
    pub file: &'a str,
}

impl Field<'_> {
    pub fn wrong(&self, field: &str, problem: impl ToString) -> FieldError {
        let hint = "take the file as the venue or `zkmargin book` wrote it";
        FieldError::new(self.file, field, problem, hint)
    }

    pub(crate) fn json(&self, error: &serde_json::Error) -> FieldError {
        self.wrong("(json)", error)
    }

    pub(crate) fn format(
        &self,
        format: &str,
        version: u32,
        wanted: &str,
        known: u32,
    ) -> Result<(), FieldError> {
        match (format == wanted, version == known) {
            (true, true) => Ok(()),
            (true, false) => Err(self.wrong(
                "version",
                format_args!("{version}: this program reads version {known}"),
            )),
            _ => {
                let format: String = format.chars().take(64).collect();
                Err(self.wrong("format", format_args!("{format:?}, not {wanted:?}")))
            }
        }
    }

    pub(crate) fn element(&self, field: &str, text: &str) -> Result<Fr, FieldError> {
        parse_element(text).map_err(|e| {
            let text: String = text.chars().take(68).collect();
            self.wrong(field, format_args!("{text:?}: {e}"))
        })
    }

    fn decimal(&self, field: &str, text: &str, places: u32) -> Result<u128, FieldError> {
        parse_decimal(text, places).map_err(|e| {
            let text: String = text.chars().take(64).collect();
            self.wrong(field, format_args!("{text:?}: {e}"))
        })
    }
}

/// [`Totals`] as they are written, money in USD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TotalsFile {
    /// Accounts.
    pub accounts: u64,
    /// Accounts that do not meet the ratio.
    pub failing: u64,
    /// Equity of all that have any.
    pub equity: String,
    /// What accounts under water owe.
    pub shortfall: String,
    /// What failing accounts lack to meet the ratio.
    pub deficit: String,
}

impl TotalsFile {
    /// Totals in words.
    pub fn new(totals: &Totals) -> Self {
        TotalsFile {
            accounts: totals.accounts,
            failing: totals.failing,
            equity: format_unsigned(totals.equity, MONEY),
            shortfall: format_unsigned(totals.shortfall, MONEY),
            deficit: format_unsigned(totals.deficit, MONEY_BP),
        }
    }

    pub(super) fn read(&self, field: &Field<'_>, path: &str) -> Result<Totals, FieldError> {
        let money =
            |name: &str, text: &str, places| field.decimal(&format!("{path}.{name}"), text, places);
        Ok(Totals {
            accounts: self.accounts,
            failing: self.failing,
            equity: money("equity", &self.equity, MONEY)?,
            shortfall: money("shortfall", &self.shortfall, MONEY)?,
            deficit: money("deficit", &self.deficit, MONEY_BP)?,
        })
    }
}

/// [`AssetTotal`] as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetFile {
    /// Name of the id under the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// Instrument id in hexadecimal.
    pub id: String,
    /// Sum of long quantities.
    pub long: String,
    /// Sum of short quantities.
    pub short: String,
}

impl AssetFile {
    /// An asset by its id.
    pub(crate) fn new(asset: &AssetTotal) -> Self {
        AssetFile {
            instrument: None,
            id: asset.id.to_hex(),
            long: format_unsigned(asset.long, QUANTITY),
            short: format_unsigned(asset.short, QUANTITY),
        }
    }

    /// An asset by its id and its name.
    pub fn named(asset: &AssetTotal, policy: &Policy) -> Self {
        AssetFile {
            instrument: Some(asset.id.name(policy)),
            ..AssetFile::new(asset)
        }
    }

    /// A name must be that of the id.
    pub(super) fn check_name(
        &self,
        field: &Field<'_>,
        path: &str,
        policy: &Policy,
    ) -> Result<(), FieldError> {
        let Some(text) = &self.instrument else {
            return Ok(());
        };
        let name = self.id(field, path)?.name(policy);
        if *text == name {
            return Ok(());
        }
        let text: String = text.chars().take(64).collect();
        let problem = format!("{text:?}: the id {} is {name}", self.id);
        Err(field.wrong(&format!("{path}.instrument"), problem))
    }

    fn id(&self, field: &Field<'_>, path: &str) -> Result<InstrumentId, FieldError> {
        InstrumentId::from_hex(&self.id)
            .ok_or_else(|| field.wrong(&format!("{path}.id"), "no instrument's id"))
    }

    pub(super) fn read(&self, field: &Field<'_>, path: &str) -> Result<AssetTotal, FieldError> {
        let quantity =
            |name: &str, text: &str| field.decimal(&format!("{path}.{name}"), text, QUANTITY);
        Ok(AssetTotal {
            id: self.id(field, path)?,
            long: quantity("long", &self.long)?,
            short: quantity("short", &self.short)?,
        })
    }
}

/// [`BatchStatement`] as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Named like the fields of a statement.
pub struct StatementFile {
    pub policy: String,
    pub market: String,
    pub book: String,
    pub inventory: String,
    pub first: u64,
    pub ratio: u16,
    pub totals: TotalsFile,
    pub assets: Vec<AssetFile>,
    pub roots: Vec<String>,
    pub word: String,
    pub masks: [String; 2],
}

impl StatementFile {
    /// A statement in words.
    pub(crate) fn new(statement: &BatchStatement) -> Self {
        StatementFile {
            policy: format_element(&statement.policy),
            market: format_element(&statement.market),
            book: format_element(&statement.book),
            inventory: format_element(&statement.inventory),
            first: statement.first,
            ratio: statement.ratio,
            totals: TotalsFile::new(&statement.totals),
            assets: statement.assets.iter().map(AssetFile::new).collect(),
            roots: statement.roots.iter().map(format_element).collect(),
            word: format_element(&statement.word),
            masks: [
                format_element(&statement.masks[0]),
                format_element(&statement.masks[1]),
            ],
        }
    }

    pub(super) fn read(&self, field: &Field<'_>, path: &str) -> Result<BatchStatement, FieldError> {
        let element = |name: &str, text: &str| field.element(&format!("{path}.{name}"), text);
        let assets = self.assets.iter().enumerate();
        let assets = assets.map(|(n, asset)| {
            let path = format!("{path}.assets[{n}]");
            match asset.instrument {
                None => asset.read(field, &path),
                Some(_) => {
                    let problem = "a statement lists its assets by id alone";
                    Err(field.wrong(&format!("{path}.instrument"), problem))
                }
            }
        });
        let roots = self.roots.iter().enumerate();
        let roots = roots.map(|(n, root)| element(&format!("roots[{n}]"), root));
        Ok(BatchStatement {
            policy: element("policy", &self.policy)?,
            market: element("market", &self.market)?,
            book: element("book", &self.book)?,
            inventory: element("inventory", &self.inventory)?,
            first: self.first,
            ratio: self.ratio,
            totals: self.totals.read(field, &format!("{path}.totals"))?,
            assets: assets.collect::<Result<_, _>>()?,
            roots: roots.collect::<Result<_, _>>()?,
            word: element("word", &self.word)?,
            masks: [
                element("masks[0]", &self.masks[0])?,
                element("masks[1]", &self.masks[1])?,
            ],
        })
    }
}
