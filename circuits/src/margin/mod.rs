//! The margin circuit. spec/margin.md numbers every constraint; each module draws its cells.
//!
//! [`layout::build`] turns a witness into a [`trace::Trace`]; [`MarginCircuit`] hands the trace to
//! halo2.

pub mod arithmetic;
pub mod builder;
pub mod columns;
pub mod config;
mod fixed_tables;
pub mod hash;
pub mod instrument;
pub mod layout;
pub mod lookup;
pub mod netting;
pub mod node;
pub mod range;
pub mod requirement;
pub mod shape;
pub mod slot;
pub mod source;
pub mod table;
pub mod trace;
pub mod witness;

use std::sync::Arc;

use ff::Field;
use halo2_proofs::circuit::{Cell, Layouter, Region, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{Advice, Circuit, Column, ConstraintSystem, Error};

pub use config::Config;
pub use layout::MarginWitness;
pub use shape::Shape;
pub use zkmargin_engine::size::Size;

use lookup::{Challenges, Tables};
use trace::Trace;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::Fr;

/// A trace in the shape of a halo2 circuit.
#[derive(Clone)]
pub struct MarginCircuit {
    shape: Shape,
    trace: Arc<Trace>,
    k: u32,
}

impl MarginCircuit {
    /// The circuit of a policy and size with a witness.
    pub fn new(policy: &Policy, size: Size, witness: &MarginWitness) -> Self {
        let builder = layout::build(policy, size, witness, None);
        let rows = builder.rows_used();
        Self::from_trace(policy, size, builder.trace, rows)
    }

    /// The same without a witness, for key generation.
    pub fn blank(policy: &Policy, size: Size) -> Self {
        Self::new(policy, size, &MarginWitness::blank(size))
    }

    /// A circuit over an existing trace that fills `rows` rows.
    pub fn from_trace(policy: &Policy, size: Size, trace: Trace, rows: usize) -> Self {
        let shape = Shape {
            size,
            scenarios: policy.scenarios().len(),
        };
        MarginCircuit {
            shape,
            k: smallest_k(shape, rows),
            trace: Arc::new(trace),
        }
    }

    /// Base-two logarithm of the rows that the circuit needs.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// Shape of the constraint system.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The statement of this witness: the public cells of the trace.
    pub fn statement(&self) -> Option<Statement> {
        let mut rows = [Fr::ZERO; Row::ALL.len()];
        for (cell, row) in &self.trace.publics {
            rows[*row] = self.trace.advice[cell.column][cell.row];
        }
        Statement::from_rows(&rows)
    }

    /// The assignment.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}

/// The constraint system of a shape.
pub fn constraint_system(shape: Shape) -> ConstraintSystem<Fr> {
    let mut meta = ConstraintSystem::default();
    config::configure(&mut meta, shape);
    meta
}

/// Base-two logarithm of the rows that a layout of `rows` rows needs: one more ends the sum of the
/// lookup argument, and halo2 keeps some for itself.
fn smallest_k(shape: Shape, rows: usize) -> u32 {
    (rows + 1 + unusable(shape))
        .next_power_of_two()
        .trailing_zeros()
}

/// The last row that a circuit may assign.
pub fn last_row(shape: Shape, k: u32) -> usize {
    (1 << k) - unusable(shape) - 1
}

fn unusable(shape: Shape) -> usize {
    constraint_system(shape).blinding_factors() + 1
}

impl Circuit<Fr> for MarginCircuit {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Shape;

    fn params(&self) -> Shape {
        self.shape
    }

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
        config::configure(meta, shape)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        config::configure(meta, Shape::default())
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(
            || "margin",
            |mut region| {
                self.assign_lanes(&config, &mut region)?;
                let last = last_row(self.shape, self.k);
                let multiplicities = Tables::new(&self.trace).multiplicities(&self.trace, last);
                assign(&mut region, config.multiplicities, &multiplicities);
                region.next_phase();
                let (theta, alpha) = (config.challenges.theta, config.challenges.alpha);
                let mut drawn = None;
                region
                    .get_challenge(theta)
                    .zip(region.get_challenge(alpha))
                    .map(|(theta, alpha)| drawn = Some(Challenges { theta, alpha }));
                if let Some(challenges) = drawn {
                    let sums = lookup::sums(&self.trace, last, &multiplicities, &challenges);
                    assign(&mut region, config.sums, &sums);
                }
                Ok(())
            },
        )
    }
}

/// Assigns whole columns from their first row.
fn assign(region: &mut Region<'_, Fr>, columns: [Column<Advice>; 2], values: &[Vec<Fr>; 2]) {
    for (column, values) in columns.into_iter().zip(values) {
        for (row, value) in values.iter().enumerate() {
            region.assign_advice(column, row, Value::known(*value));
        }
    }
}

impl MarginCircuit {
    fn assign_lanes(&self, config: &Config, region: &mut Region<'_, Fr>) -> Result<(), Error> {
        let trace = &self.trace;
        let mut cells: Vec<Vec<Option<Cell>>> =
            trace.advice.iter().map(|c| vec![None; c.len()]).collect();
        for at in &trace.order {
            let value = Value::known(trace.advice[at.column][at.row]);
            let cell = region.assign_advice(config.advice[at.column], at.row, value);
            cells[at.column][at.row] = Some(cell.cell());
        }
        for (column, values) in config.fixed.iter().zip(&trace.fixed) {
            for (row, value) in values.iter().enumerate() {
                if *value != Fr::ZERO {
                    region.assign_fixed(*column, row, *value);
                }
            }
        }
        let find = |c: &trace::Cell| cells[c.column][c.row].ok_or(Error::Synthesis);
        for (a, b) in &trace.copies {
            region.constrain_equal(find(a)?, find(b)?);
        }
        Ok(())
    }
}
