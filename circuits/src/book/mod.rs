//! The batch circuit. `circuits/spec/book.md` numbers every constraint; each module lists its own.

pub mod algebra;
pub mod columns;
mod error;
pub mod hash;
mod helpers;
pub mod instrument;
pub mod lanes;
mod lay;
pub mod permutation;
pub mod rows;
mod second;
pub mod sums;
pub mod trace;
pub mod witness;

use std::cell::RefCell;
use std::sync::Arc;

use ff::Field;
use halo2_proofs::circuit::{Layouter, Region, SimpleFloorPlanner, Value as Known};
use halo2_proofs::plonk::{
    Advice, Challenge as Halo2Challenge, Circuit, Column, ConstraintSystem, Error, Expression,
    FirstPhase, Fixed, Instance, SecondPhase, VirtualCells,
};
use halo2_proofs::poly::Rotation;

use algebra::{Cells, Challenge, Value};
use columns::{Columns, INSTANCES};
pub use error::BatchError;
pub use rows::key_trace;
use trace::{Challenges, Trace};
pub use witness::{build, build_with, BatchInput, Built};
use zkmargin_engine::book::shape::Shape;
use zkmargin_engine::Fr;

/// Every gate of a row.
pub fn gates<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<(&'static str, T)> {
    let mut gates = hash::gates(columns, cells);
    gates.extend(lanes::gates(columns, cells));
    gates.extend(sums::gates(columns, cells));
    gates
}

/// A batch in the shape of a halo2 circuit.
#[derive(Clone)]
pub struct BatchCircuit {
    shape: Shape,
    trace: Arc<Trace>,
}

impl BatchCircuit {
    /// A circuit over a trace.
    pub fn new(trace: Trace) -> Self {
        BatchCircuit {
            shape: trace.columns.shape,
            trace: Arc::new(trace),
        }
    }

    /// The assignment.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}

/// Columns of a configured circuit.
#[derive(Clone, Debug)]
pub struct Config {
    advice: Vec<Column<Advice>>,
    fixed: Vec<Column<Fixed>>,
    instance: Vec<Column<Instance>>,
    challenges: [Halo2Challenge; 3],
}

/// Cells as queries of a gate.
struct Queries<'q, 'm> {
    meta: RefCell<&'q mut VirtualCells<'m, Fr>>,
    config: &'q Config,
}

impl Cells<Expression<Fr>> for Queries<'_, '_> {
    fn advice(&self, column: usize, rotation: i32) -> Expression<Fr> {
        let column = self.config.advice[column];
        self.meta
            .borrow_mut()
            .query_advice(column, Rotation(rotation))
    }

    fn fixed(&self, column: usize) -> Expression<Fr> {
        let column = self.config.fixed[column];
        self.meta.borrow_mut().query_fixed(column, Rotation::cur())
    }

    fn instance(&self, column: usize, rotation: i32) -> Expression<Fr> {
        let column = self.config.instance[column];
        self.meta
            .borrow_mut()
            .query_instance(column, Rotation(rotation))
    }

    fn challenge(&self, challenge: Challenge) -> Expression<Fr> {
        let challenge = self.config.challenges[challenge as usize];
        self.meta.borrow_mut().query_challenge(challenge)
    }
}

fn configure(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
    let columns = Columns::new(shape);
    let mut advice = Vec::with_capacity(columns.advice());
    advice.extend((0..columns.first_phase).map(|_| meta.advice_column()));
    let challenges = [(); 3].map(|_| meta.challenge_usable_after(FirstPhase));
    let second = columns.first_phase..columns.advice();
    advice.extend(second.map(|_| meta.advice_column_in(SecondPhase)));
    let config = Config {
        advice,
        fixed: (0..columns.fixed()).map(|_| meta.fixed_column()).collect(),
        instance: (0..INSTANCES).map(|_| meta.instance_column()).collect(),
        challenges,
    };
    meta.set_minimum_degree(sums::DEGREE);
    meta.create_gate("batch", |meta| {
        let queries = Queries {
            meta: RefCell::new(meta),
            config: &config,
        };
        gates(&columns, &queries)
    });
    for slot in &columns.positions {
        meta.lookup_any("BINS1 instrument", |meta| {
            let queries = Queries {
                meta: RefCell::new(meta),
                config: &config,
            };
            let asked = instrument::asked(slot, &queries);
            let offered = instrument::offered(&columns, &queries);
            asked.into_iter().zip(offered).collect()
        });
    }
    config
}

/// The constraint system of a shape.
pub fn constraint_system(shape: Shape) -> ConstraintSystem<Fr> {
    let mut meta = ConstraintSystem::default();
    configure(&mut meta, shape);
    meta
}

/// A shape for halo2, which wants a default.
#[derive(Clone, Copy, Debug)]
pub struct Params(pub Shape);

impl Default for Params {
    fn default() -> Self {
        const SMALLEST: Option<Shape> = Shape::new(10, 22);
        match SMALLEST {
            Some(shape) => Params(shape),
            None => unreachable!("ten is in range"),
        }
    }
}

impl Circuit<Fr> for BatchCircuit {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Params;

    fn params(&self) -> Params {
        Params(self.shape)
    }

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, params: Params) -> Config {
        configure(meta, params.0)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        configure(meta, Params::default().0)
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(
            || "batch",
            |mut region| {
                let columns = &self.trace.columns;
                for (column, values) in config.fixed.iter().zip(&self.trace.fixed) {
                    for (row, value) in values.iter().enumerate() {
                        if *value != Fr::ZERO {
                            region.assign_fixed(*column, row, *value);
                        }
                    }
                }
                let (first, all) = (columns.first_phase, columns.advice());
                assign(&mut region, &config, &self.trace, 0..first);
                region.next_phase();
                let mut drawn = Vec::with_capacity(config.challenges.len());
                for challenge in config.challenges {
                    region
                        .get_challenge(challenge)
                        .map(|value| drawn.push(value));
                }
                if let [gamma, theta, alpha] = drawn[..] {
                    let mut trace = Trace::clone(&self.trace);
                    trace.words(gamma);
                    trace.sums(&Challenges {
                        gamma,
                        theta,
                        alpha,
                    });
                    assign(&mut region, &config, &trace, first..all);
                }
                Ok(())
            },
        )
    }
}

fn assign(
    region: &mut Region<'_, Fr>,
    config: &Config,
    trace: &Trace,
    columns: std::ops::Range<usize>,
) {
    for column in columns {
        for (row, value) in trace.advice[column].iter().enumerate() {
            region.assign_advice(config.advice[column], row, Known::known(*value));
        }
    }
}
