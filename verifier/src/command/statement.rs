//! A statement for people.

use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::units::{apart, format_element};

use crate::no::usd;

/// The public inputs by name, in words.
fn statement_rows(statement: &Statement) -> Vec<(Row, String)> {
    let rows = statement.rows();
    let text = |row: Row| match row {
        Row::Ratio => format!("{} bp of the initial margin", statement.ratio),
        Row::Buffer => format!("{} USD", apart(&usd(statement.buffer), 2)),
        _ => format_element(&rows[row as usize]),
    };
    Row::ALL.map(|row| (row, text(row))).to_vec()
}

/// A table of a statement: name, value, remark.
pub fn statement_text(statement: &Statement, remark: impl Fn(Row) -> String) -> String {
    let line = |(row, value): (Row, String)| {
        let remark = remark(row);
        let line = format!("  {:<10} {value:<66}  {remark}", row.name());
        line.trim_end().to_owned() + "\n"
    };
    statement_rows(statement).into_iter().map(line).collect()
}
