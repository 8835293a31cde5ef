//! The book: proof of solvency of a venue, by batches of accounts.
//!
//! The flow: [`table`] (what a contract of every listed instrument adds, public) → [`risk`] (the
//! margin of one account) → [`shape`] (how the book is cut into batches) → [`statement`], which the
//! batch circuit proves, its numbers under [`masks`].

pub mod columns;
pub mod exposure;
pub mod form;
pub mod masks;
pub mod portfolio;
pub mod risk;
pub mod shape;
pub mod statement;
pub mod table;
mod tally;

pub use columns::TableColumn;
pub use exposure::Exposure;
pub use form::Form;
pub use masks::secret_commitment;
pub use risk::{evaluate, AccountRisk};
pub use shape::{fullest, split, Needs, Shape, TooHeavy, BLOCK};
pub use statement::{
    inventory_digest, inventory_word, masked, point, BatchStatement, MaskedAsset, MaskedTotals,
};
pub use table::{Entry, InstrumentTable};
pub use tally::{AssetTotal, Tally, Totals};
