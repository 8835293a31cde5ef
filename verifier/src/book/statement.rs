//! Statements of batches as they are written. What is under masks is a field element, in hexadecimal.

use serde::{Deserialize, Serialize};
use zkmargin_engine::book::{BatchStatement, MaskedAsset, MaskedTotals};
use zkmargin_engine::units::format_element;

use super::digest;
use super::wire::Field;
use crate::error::FieldError;

/// [`MaskedTotals`] as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TotalsFile {
    failing: String,
    equity: String,
    shortfall: String,
    deficit: String,
    word: String,
}

/// [`MaskedAsset`] as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetFile {
    id: String,
    long: String,
    short: String,
}

/// [`BatchStatement`] as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementFile {
    policy: String,
    market: String,
    book: String,
    inventory: String,
    first: u64,
    ratio: u16,
    accounts: u64,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
    roots: Vec<String>,
    secrets: [String; 2],
}

/// SHA-256 of a statement as it is written, in hexadecimal: one number for all that a proof says.
pub fn statement_digest(statement: &BatchStatement) -> String {
    // A struct of strings and numbers always serialises.
    digest(&serde_json::to_vec(&StatementFile::new(statement)).unwrap_or_default())
}

impl StatementFile {
    /// A statement in words.
    pub(crate) fn new(statement: &BatchStatement) -> Self {
        let totals = &statement.totals;
        let asset = |asset: &MaskedAsset| AssetFile {
            id: asset.id.to_hex(),
            long: format_element(&asset.long),
            short: format_element(&asset.short),
        };
        StatementFile {
            policy: format_element(&statement.policy),
            market: format_element(&statement.market),
            book: format_element(&statement.book),
            inventory: format_element(&statement.inventory),
            first: statement.first,
            ratio: statement.ratio,
            accounts: statement.accounts,
            totals: TotalsFile {
                failing: format_element(&totals.failing),
                equity: format_element(&totals.equity),
                shortfall: format_element(&totals.shortfall),
                deficit: format_element(&totals.deficit),
                word: format_element(&totals.word),
            },
            assets: statement.assets.iter().map(asset).collect(),
            roots: statement.roots.iter().map(format_element).collect(),
            secrets: statement.secrets.each_ref().map(format_element),
        }
    }

    pub(super) fn read(&self, field: &Field<'_>, path: &str) -> Result<BatchStatement, FieldError> {
        let element = |name: &str, text: &str| field.element(&format!("{path}.{name}"), text);
        let assets = self.assets.iter().enumerate().map(|(n, asset)| {
            let name = |part: &str| format!("assets[{n}].{part}");
            Ok(MaskedAsset {
                id: field.id(&format!("{path}.{}", name("id")), &asset.id)?,
                long: element(&name("long"), &asset.long)?,
                short: element(&name("short"), &asset.short)?,
            })
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
            accounts: self.accounts,
            totals: MaskedTotals {
                failing: element("totals.failing", &self.totals.failing)?,
                equity: element("totals.equity", &self.totals.equity)?,
                shortfall: element("totals.shortfall", &self.totals.shortfall)?,
                deficit: element("totals.deficit", &self.totals.deficit)?,
                word: element("totals.word", &self.totals.word)?,
            },
            assets: assets.collect::<Result<_, FieldError>>()?,
            roots: roots.collect::<Result<_, _>>()?,
            secrets: [
                element("secrets[0]", &self.secrets[0])?,
                element("secrets[1]", &self.secrets[1])?,
            ],
        })
    }
}
