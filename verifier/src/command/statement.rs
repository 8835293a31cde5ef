//! A statement for people.

use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::units::{apart, format_element};

use crate::no::usd;

/// Public inputs in words, a line each: name and value.
pub fn statement_text(statement: &Statement, shown: &[Row]) -> String {
    let rows = statement.rows();
    let text = |row: Row| match row {
        Row::Ratio => format!("{} bp of the initial margin", statement.ratio),
        Row::Buffer => format!("{} USD", apart(&usd(statement.buffer), 2)),
        _ => format_element(&rows[row as usize]),
    };
    let line = |row: &Row| format!("  {:<10} {}\n", row.name(), text(*row));
    shown.iter().map(line).collect()
}

/// What a verdict rests on where a public input was taken from the bundle, and what to do.
pub(super) const fn unchecked(row: Row) -> &'static str {
    match row {
        Row::Policy => "the risk model: name it with --policy",
        Row::Market => {
            "prices and their time: whoever proves chose them; name with --market or \
             --market-digest a market that you know"
        }
        Row::Book => {
            "that the account exists: anyone can make one up that stands alone in a book; name with \
             --book the root that a venue has published"
        }
        Row::Nullifier => {
            "that the account was not shown before: compare the nullifier with those that you have \
             seen under this scope"
        }
        Row::Scope => {
            "that the proof is for you: it may have been made for others; choose a scope, and name \
             it with --scope"
        }
        Row::Message => {
            "that the proof is for this occasion: it may be one shown before; choose a message for \
             each, and name it with --message"
        }
        Row::Ratio => {
            "how much of the margin is met: at ratio 0 nothing is; say what you want with \
             --min-ratio"
        }
        Row::Buffer => "the equity beyond that: say what you want with --min-buffer",
    }
}
