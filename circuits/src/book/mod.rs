//! The batch circuit. `circuits/spec/book.md` numbers every constraint; each module lists its own.

pub mod columns;
mod error;
pub mod exposure;
pub mod hash;
mod helpers;
pub mod instrument;
pub mod lanes;
mod lay;
pub mod message;
pub mod permutation;
pub mod risk;
pub mod rows;
mod second;
pub mod sums;
pub mod trace;
pub mod witness;

use std::convert::Infallible;

use halo2_proofs::plonk::ConstraintSystem;

use crate::system::algebra::{Cells, Gate, Value};
use crate::system::circuit::{self, TraceCircuit};
use crate::system::{LookUp, Plan, System};
use columns::{challenge, Columns, INSTANCES};
pub use error::BatchError;
pub use rows::{key_trace, room, table_columns};
use trace::Trace;
pub use witness::{build, build_with, expected, BatchInput, Built};
use zkmargin_engine::book::shape::Shape;
use zkmargin_engine::Fr;

/// A batch in the shape of a halo2 circuit.
pub type BatchCircuit = TraceCircuit<Columns>;

impl System for Columns {
    const NAME: &'static str = "batch";
    type Lane = Infallible;
    type Free = Infallible;

    fn plan(&self) -> Plan {
        Plan {
            first: self.first_phase,
            second: self.advice() - self.first_phase,
            fixed: self.fixed(),
            instance: INSTANCES,
            challenges: challenge::COUNT,
            equality: &[],
            degree: sums::DEGREE,
        }
    }

    fn parts<T: Value, C: Cells<T>>(&self, cells: &C) -> Vec<(&'static str, Vec<Gate<T>>)> {
        let mut gates = hash::gates(self, cells);
        gates.extend(lanes::gates(self, cells));
        gates.extend(sums::gates(self, cells));
        vec![(Self::NAME, gates)]
    }

    fn lookups<T: Value, C: Cells<T>>(&self, cells: &C) -> Vec<LookUp<T>> {
        let slots = self.positions.iter().map(|slot| {
            let asked = instrument::asked(slot, cells).into_iter();
            let pairs = asked.zip(instrument::offered(self, cells));
            ("BINS1 instrument", pairs.collect())
        });
        let underlying = risk::addon::liquidity::look_up(self, cells);
        slots
            .chain(underlying.map(|pairs| ("BLIQ1 underlying", pairs)))
            .collect()
    }

    fn second(trace: &mut Trace, challenges: &[Fr]) {
        trace.words(challenges);
        trace.sums(challenges);
    }
}

impl Default for Columns {
    fn default() -> Self {
        const SMALLEST: Option<Shape> = Shape::new(10, 22);
        match SMALLEST {
            Some(shape) => Columns::new(shape),
            None => unreachable!("ten is in range"),
        }
    }
}

impl Columns {
    /// Every look-up of a row: its name, and pairs of what is asked and what this row offers.
    pub fn asked_and_offered<T: Value, C: Cells<T>>(
        &self,
        cells: &C,
    ) -> Vec<(&'static str, Vec<(T, T)>)> {
        self.lookups(cells)
    }
}

/// The constraint system of a shape.
pub fn constraint_system(shape: Shape) -> ConstraintSystem<Fr> {
    circuit::constraint_system(&Columns::new(shape))
}
