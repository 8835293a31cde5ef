//! A trace in the form of a halo2 circuit.

use std::cell::RefCell;
use std::sync::Arc;

use ff::Field;
use halo2_proofs::circuit::{Cell, Layouter, Region, SimpleFloorPlanner, Value as Known};
use halo2_proofs::plonk::{
    Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed,
    Instance, SecondPhase, VirtualCells,
};
use halo2_proofs::poly::Rotation;

use super::algebra::{Cells, Degrees};
use super::trace::Trace;
use super::{Plan, System};
use zkmargin_engine::Fr;

/// A trace for halo2.
#[derive(Clone)]
pub struct TraceCircuit<S: System> {
    trace: Arc<Trace<S>>,
}

impl<S: System> TraceCircuit<S> {
    /// A circuit over a trace.
    pub fn over(trace: Trace<S>) -> Self {
        TraceCircuit {
            trace: Arc::new(trace),
        }
    }

    /// The assignment.
    pub fn trace(&self) -> &Trace<S> {
        &self.trace
    }

    /// The assignment, copied only where somebody else holds it too.
    pub fn into_trace(self) -> Trace<S> {
        Arc::unwrap_or_clone(self.trace)
    }

    /// Base-two logarithm of the rows of the domain.
    pub fn k(&self) -> u32 {
        domain(&self.trace.columns, self.trace.active)
    }
}

/// Columns of a configured system.
#[derive(Clone, Debug)]
pub struct Config {
    advice: Vec<Column<Advice>>,
    fixed: Vec<Column<Fixed>>,
    instance: Vec<Column<Instance>>,
    challenges: Vec<Challenge>,
}

impl Config {
    fn cells<'q, 'm>(&'q self, meta: &'q mut VirtualCells<'m, Fr>) -> Queries<'q, 'm> {
        Queries {
            meta: RefCell::new(meta),
            config: self,
        }
    }
}

/// Cells as queries of a gate.
struct Queries<'q, 'm> {
    meta: RefCell<&'q mut VirtualCells<'m, Fr>>,
    config: &'q Config,
}

impl Cells<Expression<Fr>> for Queries<'_, '_> {
    fn advice(&self, column: usize, rotation: i32) -> Expression<Fr> {
        let column = self.config.advice[column];
        let mut meta = self.meta.borrow_mut();
        meta.query_advice(column, Rotation(rotation))
    }

    fn fixed(&self, column: usize, rotation: i32) -> Expression<Fr> {
        let column = self.config.fixed[column];
        let mut meta = self.meta.borrow_mut();
        meta.query_fixed(column, Rotation(rotation))
    }

    fn instance(&self, column: usize, rotation: i32) -> Expression<Fr> {
        let column = self.config.instance[column];
        let mut meta = self.meta.borrow_mut();
        meta.query_instance(column, Rotation(rotation))
    }

    fn challenge(&self, index: usize) -> Expression<Fr> {
        let challenge = self.config.challenges[index];
        self.meta.borrow_mut().query_challenge(challenge)
    }
}

fn configure<S: System>(meta: &mut ConstraintSystem<Fr>, system: &S) -> Config {
    let plan = system.plan();
    let mut advice: Vec<_> = (0..plan.first).map(|_| meta.advice_column()).collect();
    let challenges = (0..plan.challenges).map(|_| meta.challenge_usable_after(FirstPhase));
    let challenges = challenges.collect();
    advice.extend((0..plan.second).map(|_| meta.advice_column_in(SecondPhase)));
    let config = Config {
        advice,
        fixed: (0..plan.fixed).map(|_| meta.fixed_column()).collect(),
        instance: (0..plan.instance).map(|_| meta.instance_column()).collect(),
        challenges,
    };
    for column in plan.equality {
        meta.enable_equality(config.advice[*column]);
    }
    meta.set_minimum_degree(plan.degree);
    for (i, (name, _)) in system.parts(&Degrees).into_iter().enumerate() {
        meta.create_gate(name, |meta| {
            system.parts(&config.cells(meta)).swap_remove(i).1
        });
    }
    for (i, (name, _)) in system.lookups(&Degrees).into_iter().enumerate() {
        meta.lookup_any(name, |meta| {
            system.lookups(&config.cells(meta)).swap_remove(i).1
        });
    }
    config
}

/// The constraint system of some columns.
pub(crate) fn constraint_system<S: System>(system: &S) -> ConstraintSystem<Fr> {
    let mut meta = ConstraintSystem::default();
    configure(&mut meta, system);
    meta
}

/// Base-two logarithm of the rows that `active` rows need: one more ends the running sum, and halo2
/// keeps some for itself.
fn domain<S: System>(system: &S, active: usize) -> u32 {
    let unusable = constraint_system(system).blinding_factors() + 1;
    (active + 1 + unusable).next_power_of_two().trailing_zeros()
}

/// Active rows of the smallest domain that holds `rows` of them.
pub(crate) fn active_rows<S: System>(system: &S, rows: usize) -> usize {
    let unusable = constraint_system(system).blinding_factors() + 1;
    (rows + 1 + unusable).next_power_of_two() - unusable - 1
}

impl<S: System> Circuit<Fr> for TraceCircuit<S> {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = S;

    fn params(&self) -> S {
        self.trace.columns.clone()
    }

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, system: S) -> Config {
        configure(meta, &system)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        configure(meta, &S::default())
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let plan = self.trace.columns.plan();
        layouter.assign_region(
            || S::NAME,
            |mut region| {
                for (column, values) in config.fixed.iter().zip(&self.trace.fixed) {
                    for (row, value) in values.iter().enumerate() {
                        if *value != Fr::ZERO {
                            region.assign_fixed(*column, row, *value);
                        }
                    }
                }
                self.first(&plan, &config, &mut region)?;
                region.next_phase();
                let mut drawn = Vec::with_capacity(plan.challenges);
                for challenge in &config.challenges {
                    let value = region.get_challenge(*challenge);
                    value.map(|value| drawn.push(value));
                }
                // Without a witness nothing is drawn.
                if drawn.len() == plan.challenges {
                    let mut trace = Trace::clone(&self.trace);
                    S::second(&mut trace, &drawn);
                    for column in plan.first..plan.first + plan.second {
                        let values = trace.assigned(column);
                        assign(&mut region, config.advice[column], values);
                    }
                }
                Ok(())
            },
        )
    }
}

impl<S: System> TraceCircuit<S> {
    /// Assigns the first phase and its copies.
    fn first(
        &self,
        plan: &Plan,
        config: &Config,
        region: &mut Region<'_, Fr>,
    ) -> Result<(), Error> {
        let cells: Vec<Vec<Cell>> = (0..plan.first)
            .map(|column| assign(region, config.advice[column], self.trace.assigned(column)))
            .collect();
        for (a, b) in &self.trace.copies {
            let find = |c: &super::trace::Cell| {
                let cell = cells[c.column].get(c.row).copied();
                cell.ok_or(Error::Synthesis)
            };
            region.constrain_equal(find(a)?, find(b)?);
        }
        Ok(())
    }
}

/// Assigns a column from its first row.
fn assign(region: &mut Region<'_, Fr>, column: Column<Advice>, values: &[Fr]) -> Vec<Cell> {
    let rows = values.iter().enumerate();
    rows.map(|(row, value)| {
        let cell = region.assign_advice(column, row, Known::known(*value));
        cell.cell()
    })
    .collect()
}
