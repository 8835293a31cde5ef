//! Cells of a batch by lane: how many an account is given, and how many it takes.

use zkmargin_circuits::book::columns::Columns;
use zkmargin_engine::book::shape::{GROUPS_PER_ROW, POSITIONS_PER_ROW};
use zkmargin_engine::book::Needs;

/// Columns that a look-up of halo2 adds: input, table, product.
const LOOKUP_COLUMNS: usize = 3;

/// A lane: its name, columns, and rows that are taken, of which a part may be taken.
struct Lane(&'static str, usize, f64);

/// Prints the cells of every lane per account, given and taken, for accounts that take so much.
pub fn print(columns: &Columns, accounts: usize, taken: &Needs) {
    let rows = (1usize << columns.shape.k()) as f64;
    let active = columns.shape.active_rows() as f64;
    let [first_position, first_group] = [columns.positions[0].live, columns.groups[0].key];
    let words = columns.first_helper - columns.first_phase;
    let tree = columns.shape.first_stream_row();
    let part = |items: usize, slots: usize| items as f64 / slots as f64;
    let lanes = [
        Lane(
            "hash",
            columns.account.scenario,
            part(taken.stream + tree, 1),
        ),
        Lane(
            "account",
            first_position - columns.account.scenario,
            part(accounts, 1),
        ),
        Lane(
            "position",
            first_group - first_position + words,
            part(taken.positions, POSITIONS_PER_ROW),
        ),
        Lane(
            "group",
            columns.risk.key - first_group,
            part(taken.groups, GROUPS_PER_ROW),
        ),
        Lane(
            "risk",
            columns.table.power - columns.risk.key,
            part(taken.risk, 1),
        ),
        Lane("table", columns.first_phase - columns.table.power, active),
        Lane("sums", columns.helpers.len() + 1, active),
        Lane("look-ups", POSITIONS_PER_ROW * LOOKUP_COLUMNS, active),
    ];
    println!("cells per account: lane, columns, given, taken");
    let mut sums = [0.0; 3];
    for Lane(name, columns, taken) in lanes {
        let columns = columns as f64;
        let cells = [columns, columns * rows, columns * taken];
        let per_account = cells.map(|cells| cells / accounts.max(1) as f64);
        println!(
            "{name:>9} {columns:>4} {:>7.1} {:>7.1}",
            per_account[1], per_account[2]
        );
        sums[0] += columns;
        sums[1] += per_account[1];
        sums[2] += per_account[2];
    }
    println!(
        "{:>9} {:>4} {:>7.1} {:>7.1}",
        "all", sums[0], sums[1], sums[2]
    );
}
