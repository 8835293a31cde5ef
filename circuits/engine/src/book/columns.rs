//! The price table as the batch circuit holds it: columns of numbers, a row for each instrument.
//!
//! The circuit's fixed cells and whoever commits to the table without a circuit take them from here.
//! A protocol file knows a column by its name, so names never change their meaning.

use std::fmt;

use ff::{Field, PrimeField};

use super::form::Form;
use super::table::{Entry, InstrumentTable};
use crate::field::{bit, signed};
use crate::Fr;

/// One column of the table. Rows without a priced instrument are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableColumn {
    /// This row is a priced instrument.
    Listed,
    /// Instrument id.
    Id,
    /// Underlying.
    Underlying,
    /// Expiry group.
    Expiry,
    /// Strike group.
    Strike,
    /// Number among the cash and spot of the market, from 1; 0 for a derivative.
    Asset,
    /// Roll per contract.
    Roll,
    /// Absolute value of the roll per contract.
    RollSize,
    /// Short-option minimum per contract.
    Short,
    /// Mark.
    Mark,
    /// Error of the mark.
    MarkError,
    /// Requirement per signed contract.
    PerSigned,
    /// Requirement per absolute contract.
    PerAbsolute,
    /// A derivative, which enters the word of open interest.
    Derivative,
    /// Loss in a scenario.
    Loss(usize),
    /// Fee of a position: format 2.
    Fee,
}

/// The column of format 2.
const FEE: &str = "fee";
/// Columns that every table has.
const COMMON: [(TableColumn, &str); 14] = [
    (TableColumn::Listed, "listed"),
    (TableColumn::Id, "id"),
    (TableColumn::Underlying, "underlying"),
    (TableColumn::Expiry, "expiry"),
    (TableColumn::Strike, "strike"),
    (TableColumn::Asset, "asset number"),
    (TableColumn::Roll, "roll"),
    (TableColumn::RollSize, "roll size"),
    (TableColumn::Short, "short"),
    (TableColumn::Mark, "mark"),
    (TableColumn::MarkError, "mark error"),
    (TableColumn::PerSigned, "per signed"),
    (TableColumn::PerAbsolute, "per absolute"),
    (TableColumn::Derivative, "derivative"),
];
/// A loss is this and the number of its scenario.
const LOSS: &str = "loss ";

impl TableColumn {
    /// All columns of a table of a form, once each.
    pub fn all(form: Form) -> impl Iterator<Item = TableColumn> {
        let losses = (0..form.scenarios).map(TableColumn::Loss);
        let fee = form.portfolio.map(|_| TableColumn::Fee);
        COMMON
            .iter()
            .map(|(column, _)| *column)
            .chain(losses)
            .chain(fee)
    }

    /// The column of a name in a table of a form.
    pub fn named(name: &str, form: Form) -> Option<TableColumn> {
        TableColumn::all(form).find(|column| column.to_string() == name)
    }

    /// The cell of an instrument; `None` for a scenario that its losses lack.
    pub fn cell(self, entry: &Entry) -> Option<Fr> {
        let number = |v: u32| Fr::from(u64::from(v));
        Some(match self {
            TableColumn::Listed => bit(true),
            TableColumn::Id => Fr::from_u128(entry.id.0),
            TableColumn::Underlying => Fr::from(u64::from(entry.underlying)),
            TableColumn::Expiry => number(entry.expiry),
            TableColumn::Strike => number(entry.strike),
            TableColumn::Asset => number(entry.asset),
            TableColumn::Roll => signed(entry.roll),
            TableColumn::RollSize => signed(entry.roll.abs()),
            TableColumn::Short => signed(entry.short),
            TableColumn::Mark => signed(entry.mark),
            TableColumn::MarkError => signed(entry.mark_error),
            TableColumn::PerSigned => signed(entry.per_signed()),
            TableColumn::PerAbsolute => signed(entry.per_absolute()),
            TableColumn::Derivative => bit(!entry.is_asset()),
            TableColumn::Loss(scenario) => signed(*entry.losses.get(scenario)?),
            TableColumn::Fee => signed(entry.fee),
        })
    }
}

impl fmt::Display for TableColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableColumn::Loss(scenario) => write!(f, "{LOSS}{scenario}"),
            TableColumn::Fee => f.write_str(FEE),
            common => {
                let name = COMMON.iter().find(|(column, _)| column == common);
                f.write_str(name.map_or("", |(_, name)| name))
            }
        }
    }
}

impl InstrumentTable {
    /// A column by row of the market, zero in the row of an instrument without a price; `None` for a
    /// scenario that the table lacks.
    pub fn column(&self, column: TableColumn) -> Option<Vec<Fr>> {
        let cell = |entry: &Result<Entry, _>| match entry {
            Ok(entry) => column.cell(entry),
            Err(_) => Some(Fr::ZERO),
        };
        self.entries.iter().map(cell).collect()
    }
}
