//! The fixed cells of a batch: what its rows are for, and the market.

use ff::Field;

use super::columns::{fixed, Columns};
use super::error::BatchError;
use super::trace::Trace;
use zkmargin_engine::book::shape::Shape;
use zkmargin_engine::book::table::InstrumentTable;
use zkmargin_engine::book::{Form, TableColumn};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::{bit, signed};
use zkmargin_engine::Fr;

/// Key of the first leaf of a batch; a node has an eighth of the key of its first child.
pub const FIRST_LEAF: u64 = 1 << 16;

/// Whether batches of a shape have room for a market.
///
/// # Errors
/// [`BatchError::Market`], [`BatchError::Assets`], [`BatchError::Scenarios`], [`BatchError::Form`],
/// [`BatchError::Underlyings`].
pub fn room(shape: Shape, table: &InstrumentTable) -> Result<(), BatchError> {
    let (scenarios, policy) = (shape.scenarios(), table.scenarios);
    let (listed, assets) = (table.entries.len(), table.assets().count());
    let underlyings = table.portfolio.as_ref().map_or(0, |p| p.underlyings.len());
    if scenarios != policy {
        let shape = scenarios;
        Err(BatchError::Scenarios { shape, policy })
    } else if shape.form() != table.form() {
        Err(BatchError::Form)
    } else if underlyings >= shape.active_rows() {
        Err(BatchError::Underlyings { underlyings, shape })
    } else if listed > shape.instruments() {
        Err(BatchError::Market { listed, shape })
    } else if assets > shape.assets() {
        Err(BatchError::Assets { assets, shape })
    } else {
        Ok(())
    }
}

/// The fixed cells of a market, without a witness: for key generation.
///
/// # Errors
/// As [`room`].
pub fn key_trace(shape: Shape, table: &InstrumentTable) -> Result<Trace, BatchError> {
    room(shape, table)?;
    let columns = Columns::new(shape);
    let mut trace = Trace::new(columns, shape.active_rows() + 1);
    trace.active = shape.active_rows();
    lay_rows(&mut trace.fixed, shape);
    lay_table(&mut trace.fixed, table)?;
    lay_portfolio(&mut trace, table);
    Ok(trace)
}

fn lay_rows(cells: &mut [Vec<Fr>], shape: Shape) {
    let active = shape.active_rows();
    let mut set = |column: usize, row: usize, value: Fr| cells[column][row] = value;
    set(fixed::FIRST, 0, Fr::ONE);
    set(fixed::LAST, active, Fr::ONE);
    for row in 0..active {
        set(fixed::ACTIVE, row, Fr::ONE);
    }
    for row in shape.first_stream_row()..active - 1 {
        set(fixed::STREAM, row, Fr::ONE);
    }
    let (blocks, nodes) = (shape.blocks(), shape.first_mask_row(0));
    for row in 0..nodes {
        let own = if row < blocks {
            FIRST_LEAF / 64 + row as u64
        } else {
            FIRST_LEAF / 8 + (row - blocks) as u64
        };
        set(fixed::TREE, row, Fr::ONE);
        set(fixed::INNER, row, bit(row >= blocks));
        set(fixed::PUBLIC, row, bit(row < blocks));
        set(fixed::TAG, row, Fr::from(tag::BOOK_NODE));
        set(fixed::KEY, row, Fr::from(8 * own));
        set(fixed::OWN, row, -Fr::from(7 * own));
    }
    for (side, sign) in [Fr::ONE, -Fr::ONE].into_iter().enumerate() {
        let first = shape.first_mask_row(side);
        for row in first..shape.first_mask_row(side + 1) {
            set(fixed::TAG, row, Fr::from(tag::MASKS));
            set(fixed::KEY, row, Fr::from(FIRST_LEAF - 1));
            set(fixed::SECRET, row, Fr::ONE);
        }
        set(fixed::TAG, first, Fr::from(tag::MASK_SECRET));
        set(fixed::PUBLIC, first, Fr::ONE);
        set(fixed::MASK, first + 1, sign);
        for number in 1..=shape.assets() {
            set(fixed::INDEX, first + 1 + number, Fr::from(number as u64));
        }
    }
    for limb in 0..1usize << shape.limb_bits() {
        let column = fixed::LIMB + limb / active;
        set(column, limb % active, Fr::from(limb as u64));
    }
}

fn lay_table(cells: &mut [Vec<Fr>], table: &InstrumentTable) -> Result<(), BatchError> {
    for (column, what) in table_columns(table.form()) {
        for (row, entry) in table.priced() {
            let losses = BatchError::Scenarios {
                shape: table.scenarios,
                policy: entry.losses.len(),
            };
            cells[column][row] = what.cell(entry).ok_or(losses)?;
        }
    }
    Ok(())
}

/// Fees and lines of format 2.
fn lay_portfolio(trace: &mut Trace, table: &InstrumentTable) {
    let (Some(columns), Some(terms)) = (trace.columns.portfolio_fixed(), &table.portfolio) else {
        return;
    };
    let stream = trace.columns.shape.first_stream_row()..trace.active;
    trace.fixed[columns.account][stream].fill(signed(terms.account));
    for (row, underlying) in terms.underlyings.iter().enumerate() {
        trace.fixed[columns.code][row] = Fr::from(u64::from(underlying.code));
        for (i, line) in underlying.lines.iter().flatten().enumerate() {
            trace.fixed[columns.slopes + i][row] = Fr::from(line.slope);
            trace.fixed[columns.more + i][row] = signed(line.more);
        }
    }
}

/// The fixed columns that depend on the market, ascending, and what each holds.
pub fn table_columns(form: Form) -> impl Iterator<Item = (usize, TableColumn)> {
    let mut columns: Vec<_> = TableColumn::all(form)
        .map(|what| (fixed_column(what, form), what))
        .collect();
    columns.sort_unstable_by_key(|(column, _)| *column);
    columns.into_iter()
}

/// Where the circuit has a column of the table.
const fn fixed_column(what: TableColumn, form: Form) -> usize {
    match what {
        TableColumn::Listed => fixed::LISTED,
        TableColumn::Id => fixed::ID,
        TableColumn::Underlying => fixed::UNDERLYING,
        TableColumn::Expiry => fixed::EXPIRY,
        TableColumn::Strike => fixed::STRIKE,
        TableColumn::Asset => fixed::ASSET,
        TableColumn::Roll => fixed::ROLL,
        TableColumn::RollSize => fixed::ROLL_SIZE,
        TableColumn::Short => fixed::SHORT,
        TableColumn::Mark => fixed::MARK,
        TableColumn::MarkError => fixed::MARK_ERROR,
        TableColumn::PerSigned => fixed::PER_SIGNED,
        TableColumn::PerAbsolute => fixed::PER_ABSOLUTE,
        TableColumn::Derivative => fixed::DERIVATIVE,
        TableColumn::Loss(scenario) => fixed::LOSSES + scenario,
        TableColumn::Fee => fixed::LOSSES + form.scenarios,
    }
}
