//! The margin circuit. spec/margin.md numbers every constraint; each module draws its cells.
//!
//! [`layout::build`] turns a witness into a [`trace::Trace`]; [`Shape`] shapes the constraint system.

pub mod arithmetic;
pub mod columns;
mod fixed_tables;
pub mod free;
mod gates;
mod group;
pub mod hash;
pub mod instrument;
pub mod lanes;
pub mod layout;
mod leaf;
pub mod lookup;
mod maturity;
pub mod netting;
pub mod node;
pub mod range;
pub mod requirement;
pub mod risk;
pub mod shape;
pub mod slot;
pub mod table;
pub mod trace;
mod volatility;
pub mod wide;
pub mod widths;
pub mod witness;

use halo2_proofs::plonk::ConstraintSystem;

pub use layout::MarginWitness;
pub use shape::Shape;
pub use zkmargin_engine::size::Size;

use crate::system::circuit::{self, TraceCircuit};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::Fr;

/// A margin statement in the shape of a halo2 circuit.
pub type MarginCircuit = TraceCircuit<Shape>;

impl MarginCircuit {
    /// The circuit of a policy and size with a witness.
    pub fn new(policy: &Policy, size: Size, witness: &MarginWitness) -> Self {
        Self::over(layout::build(policy, size, witness, None).trace)
    }

    /// The same without a witness, for key generation.
    pub fn blank(policy: &Policy, size: Size) -> Self {
        Self::new(policy, size, &MarginWitness::blank(size))
    }

    /// Shape of the constraint system.
    pub fn shape(&self) -> Shape {
        self.trace().columns
    }

    /// The statement of this witness: the public cells of the trace.
    pub fn statement(&self) -> Option<Statement> {
        let trace = self.trace();
        let mut rows = [Fr::zero(); Row::ALL.len()];
        for (cell, row) in &trace.publics {
            rows[*row] = trace.advice[cell.column][cell.row];
        }
        Statement::from_rows(&rows)
    }
}

/// Underlyings that a policy may have under a size before its circuit takes twice the rows: the tables have
/// rows for each, whether an account holds it or not.
pub fn codes(policy: &Policy, size: Size) -> usize {
    let laid = layout::build(policy, size, &MarginWitness::blank(size), None);
    let active = circuit::active_rows(&laid.trace.columns, laid.rows);
    fixed_tables::codes(&laid.trace, policy, active)
}

/// The constraint system of a shape.
pub fn constraint_system(shape: Shape) -> ConstraintSystem<Fr> {
    circuit::constraint_system(&shape)
}
