//! One constraint language under all circuits: what a circuit is, a trace of it, and its form for
//! halo2.
//!
//! A circuit is a [`System`]: how many columns it has, and gates and look-ups over abstract cells
//! ([`algebra`]). It is laid as a [`trace::Trace`], and [`circuit::TraceCircuit`] hands the trace to
//! halo2. A second circuit adds columns, gates and layout, and none of these.

pub mod algebra;
pub mod circuit;
pub mod poseidon;
pub mod trace;

use std::fmt::Debug;

use algebra::{Cells, Gate, Value};
use trace::Trace;
use zkmargin_engine::Fr;

/// How many columns of each kind a system has, and what they are allowed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Advice columns that are committed before the challenges are drawn.
    pub first: usize,
    /// Advice columns that are committed after it; they come last.
    pub second: usize,
    /// Fixed columns.
    pub fixed: usize,
    /// Instance columns.
    pub instance: usize,
    /// Challenges, all drawn between the two phases.
    pub challenges: usize,
    /// Advice columns that may be copied.
    pub equality: &'static [usize],
    /// Highest degree of any constraint, set as a minimum so that nothing lowers it.
    pub degree: usize,
}

/// A look-up: its name, and pairs of what is looked up and what is offered.
pub(crate) type LookUp<T> = (&'static str, Vec<(T, T)>);

/// Columns and what holds between them. The default is there because halo2 wants one.
pub trait System: Clone + Default {
    /// What the circuit is called.
    const NAME: &'static str;

    /// What a row is laid for, where its gates alone do not tell which numbers of the spec it
    /// realises.
    type Lane: Copy + Debug + Ord;

    /// Names of free witnesses: cells that nothing defines as a function of others.
    type Free: Copy + Debug + Eq;

    /// The columns.
    fn plan(&self) -> Plan;

    /// The gates of a row by the part of the circuit that they belong to. In which order cells are
    /// asked for is part of a key.
    fn parts<T: Value, C: Cells<T>>(&self, cells: &C) -> Vec<(&'static str, Vec<Gate<T>>)>;

    /// Every gate of a row.
    fn gates<T: Value, C: Cells<T>>(&self, cells: &C) -> Vec<Gate<T>> {
        let parts = self.parts(cells).into_iter();
        parts.flat_map(|(_, gates)| gates).collect()
    }

    /// Every look-up of a row that is halo2's.
    fn lookups<T: Value, C: Cells<T>>(&self, _: &C) -> Vec<LookUp<T>> {
        Vec::new()
    }

    /// Lays the second phase over the first, under as many challenges as the plan says.
    fn second(trace: &mut Trace<Self>, challenges: &[Fr]);
}
