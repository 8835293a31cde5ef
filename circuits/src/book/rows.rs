//! The fixed cells of a batch: what its rows are for, and the market.

use ff::{Field, PrimeField};

use super::columns::{fixed, Columns};
use super::error::BatchError;
use super::risk::addon;
use super::trace::Trace;
use zkmargin_engine::book::shape::{Shape, BLOCK_HASHES};
use zkmargin_engine::book::table::InstrumentTable;
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::{bit, signed};
use zkmargin_engine::Fr;

/// Key of the first leaf of a batch; a node has an eighth of the key of its first child.
pub const FIRST_LEAF: u64 = 1 << 16;

/// The fixed cells of a market, without a witness: for key generation.
///
/// # Errors
/// [`BatchError::Market`].
pub fn key_trace(shape: Shape, table: &InstrumentTable) -> Result<Trace, BatchError> {
    if shape.scenarios() != table.scenarios {
        return Err(BatchError::Scenarios {
            shape: shape.scenarios(),
            policy: table.scenarios,
        });
    }
    if table.entries.len() > shape.instruments() {
        return Err(BatchError::Market {
            listed: table.entries.len(),
            shape,
        });
    }
    let columns = Columns::new(shape);
    let mut trace = Trace::new(columns, shape.active_rows() + 1);
    trace.active = shape.active_rows();
    lay_rows(&mut trace.fixed, shape);
    lay_table(&mut trace.fixed, table);
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
    let (blocks, nodes) = (shape.blocks(), shape.blocks() * BLOCK_HASHES);
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
    for (row, mask) in [(nodes, Fr::ONE), (nodes + 1, -Fr::ONE)] {
        set(fixed::TAG, row, Fr::from(tag::MASK));
        set(fixed::KEY, row, Fr::from(FIRST_LEAF - 1));
        set(fixed::MASK, row, mask);
        set(fixed::PUBLIC, row, Fr::ONE);
    }
    for limb in 0..1usize << shape.limb_bits() {
        let column = fixed::LIMB + limb / active;
        set(column, limb % active, Fr::from(limb as u64));
    }
}

fn lay_table(cells: &mut [Vec<Fr>], table: &InstrumentTable) {
    for (row, entry) in table.priced() {
        let mut set = |column: usize, value: Fr| cells[column][row] = value;
        let asset = entry.is_asset();
        set(fixed::LISTED, Fr::ONE);
        set(fixed::ID, Fr::from_u128(entry.id.0));
        set(
            fixed::UNDERLYING,
            Fr::from(u64::from(entry.id.underlying())),
        );
        set(fixed::EXPIRY, Fr::from(u64::from(entry.expiry)));
        set(fixed::STRIKE, Fr::from(u64::from(entry.strike)));
        set(fixed::ASSET, bit(asset));
        set(fixed::DERIVATIVE, bit(!asset));
        set(fixed::ROLL, signed(entry.roll));
        set(fixed::ROLL_SIZE, signed(entry.roll.abs()));
        set(fixed::SHORT, signed(entry.short));
        set(fixed::MARK, signed(entry.mark));
        set(fixed::MARK_ERROR, signed(entry.mark_error));
        let [per_signed, per_absolute] = addon::per_contract(entry);
        set(fixed::PER_SIGNED, signed(per_signed));
        set(fixed::PER_ABSOLUTE, signed(per_absolute));
        for (s, loss) in entry.losses.iter().enumerate() {
            set(fixed::LOSSES + s, signed(*loss));
        }
    }
}
