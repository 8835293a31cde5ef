//! Sums as they are written, and how fields are read.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zkmargin_engine::book::{AssetTotal, Totals};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_unsigned, parse_decimal, parse_element};
use zkmargin_engine::Fr;

use crate::error::FieldError;

/// Decimals of sums of money, and of sums of money times a ratio in basis points.
const MONEY: u32 = 16;
const MONEY_BP: u32 = 20;

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

    /// Reads JSON of a format in the one version that this program knows; another is refused before
    /// anything else of it is looked at.
    pub(crate) fn parse<T: DeserializeOwned>(
        &self,
        text: &[u8],
        wanted: &str,
        known: u32,
    ) -> Result<T, FieldError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let Head { format, version } = serde_json::from_slice(text).map_err(|e| self.json(&e))?;
        if format != wanted {
            let format: String = format.chars().take(64).collect();
            return Err(self.wrong("format", format_args!("{format:?}, not {wanted:?}")));
        }
        if version != known {
            let problem = format!("{version}: this program reads version {known}");
            let hint = match version < known {
                true => "the venue builds and proves the book again with this program, or take the program that wrote it",
                false => "take a newer program",
            };
            return Err(FieldError::new(self.file, "version", problem, hint));
        }
        serde_json::from_slice(text).map_err(|e| self.json(&e))
    }

    pub(crate) fn element(&self, field: &str, text: &str) -> Result<Fr, FieldError> {
        parse_element(text).map_err(|e| {
            let text: String = text.chars().take(68).collect();
            self.wrong(field, format_args!("{text:?}: {e}"))
        })
    }

    pub(super) fn id(&self, field: &str, text: &str) -> Result<InstrumentId, FieldError> {
        InstrumentId::from_hex(text).ok_or_else(|| self.wrong(field, "no instrument's id"))
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
    /// What is owed to all accounts, never less.
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
    pub instrument: String,
    /// Instrument id in hexadecimal.
    pub id: String,
    /// Sum of long quantities, in coins.
    pub long: String,
    /// Sum of short quantities, in coins.
    pub short: String,
}

impl AssetFile {
    /// An asset by its id and its name.
    pub fn named(asset: &AssetTotal, policy: &Policy) -> Self {
        let decimals = policy.scale(asset.id.underlying()).quantity_decimals();
        AssetFile {
            instrument: asset.id.name(policy),
            id: asset.id.to_hex(),
            long: format_unsigned(asset.long, decimals),
            short: format_unsigned(asset.short, decimals),
        }
    }

    /// A name must be that of the id.
    pub(super) fn check_name(
        &self,
        field: &Field<'_>,
        path: &str,
        policy: &Policy,
    ) -> Result<(), FieldError> {
        let name = self.id(field, path)?.name(policy);
        if self.instrument == name {
            return Ok(());
        }
        let text: String = self.instrument.chars().take(64).collect();
        let problem = format!("{text:?}: the id {} is {name}", self.id);
        Err(field.wrong(&format!("{path}.instrument"), problem))
    }

    fn id(&self, field: &Field<'_>, path: &str) -> Result<InstrumentId, FieldError> {
        field.id(&format!("{path}.id"), &self.id)
    }

    pub(super) fn read(
        &self,
        field: &Field<'_>,
        path: &str,
        policy: &Policy,
    ) -> Result<AssetTotal, FieldError> {
        let id = self.id(field, path)?;
        let decimals = policy.scale(id.underlying()).quantity_decimals();
        let quantity =
            |name: &str, text: &str| field.decimal(&format!("{path}.{name}"), text, decimals);
        Ok(AssetTotal {
            id,
            long: quantity("long", &self.long)?,
            short: quantity("short", &self.short)?,
        })
    }
}
