//! Checks a trace against halo2's own constraint system, whole or around a changed variable.
//!
//! The gates are read from the configured `ConstraintSystem`, so nothing here repeats an equation.
//! Lookups are looked up; that the lookup argument (MLKP1 to MLKP4) says the same is shown by
//! `tests/lookup.rs`. Cells that copy constraints tie together form one variable; a lie changes all of
//! them at once, as a malicious prover would.
//!
//! What is broken is told by the number of spec/margin.md that the row carries in the trace, or by that of
//! the gate where rows carry none. `ZKMARGIN_DROP` leaves one number out: see [`super::drop`].

use std::collections::{BTreeSet, HashMap};

use ff::Field;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use zkmargin_circuits::margin::columns::{fixed, ACC};
use zkmargin_circuits::margin::lookup::Tables;
use zkmargin_circuits::margin::trace::{Cell, Lane, Trace};
use zkmargin_circuits::margin::{constraint_system, Shape};
use zkmargin_engine::Fr;

/// A trace under scrutiny.
pub struct Checker {
    cs: ConstraintSystem<Fr>,
    /// Rows of the domain.
    rows: usize,
    /// By advice column: polynomials and rotations that read it.
    readers: Vec<Vec<(usize, i32)>>,
    /// Every polynomial but MLKP1 to MLKP4, by name.
    pub polys: Vec<(String, Expression<Fr>)>,
    tables: Tables,
    /// The instance column as the trace claims it.
    instance: Vec<Fr>,
}

/// What a trace proves: the cells tied to the instance column.
pub fn claim(trace: &Trace) -> Vec<Fr> {
    let mut rows = vec![Fr::ZERO; trace.publics.len()];
    for (cell, row) in &trace.publics {
        rows[*row] = trace.advice[cell.column][cell.row];
    }
    rows
}

/// The advice cells that an expression reads, by column and rotation.
pub fn advice_queries(e: &Expression<Fr>, out: &mut Vec<(usize, i32)>) {
    match e {
        Expression::Advice(q) => out.push((q.column_index(), q.rotation().0)),
        Expression::Negated(a) | Expression::Scaled(a, _) => advice_queries(a, out),
        Expression::Sum(a, b) | Expression::Product(a, b) => {
            advice_queries(a, out);
            advice_queries(b, out);
        }
        _ => {}
    }
}

impl Checker {
    /// A checker for traces of a shape over `2^k` rows. `trace` gives the lookup tables.
    pub fn new(shape: Shape, k: u32, trace: &Trace) -> Self {
        let cs = constraint_system(shape);
        let polys: Vec<(String, Expression<Fr>)> = cs
            .gates()
            .iter()
            .flat_map(|g| {
                g.polynomials()
                    .iter()
                    .enumerate()
                    .map(|(i, p)| (g.constraint_name(i).to_owned(), p.clone()))
            })
            .filter(|(name, _)| !name.starts_with("MLKP"))
            .collect();
        let mut readers = vec![Vec::new(); trace.advice.len()];
        for (i, (_, poly)) in polys.iter().enumerate() {
            let mut queries = Vec::new();
            advice_queries(poly, &mut queries);
            queries.sort_unstable();
            queries.dedup();
            for (column, rotation) in queries {
                readers[column].push((i, rotation));
            }
        }
        Checker {
            cs,
            rows: 1 << k,
            readers,
            polys,
            tables: Tables::new(trace),
            instance: claim(trace),
        }
    }

    /// The value of an expression in a row; rotations wrap as halo2's do.
    pub fn eval(&self, e: &Expression<Fr>, trace: &Trace, instance: &[Fr], row: usize) -> Fr {
        let n = self.rows as i64;
        let at = |values: &Vec<Fr>, rotation: i32| {
            let row = (row as i64 + i64::from(rotation)).rem_euclid(n) as usize;
            values.get(row).copied().unwrap_or(Fr::ZERO)
        };
        e.evaluate_lazy(
            &|c| c,
            &|_| Fr::ZERO,
            &|q| at(&trace.fixed[q.column_index()], q.rotation().0),
            &|q| at(&trace.advice[q.column_index()], q.rotation().0),
            &|_| instance.get(row).copied().unwrap_or(Fr::ZERO),
            &|_| Fr::ZERO,
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, k| a * k,
            &Fr::ZERO,
        )
    }

    /// The first constraint that a changed variable breaks, or `None` when the lie survives.
    pub fn broken_by(&self, trace: &Trace, variable: &[Cell]) -> Option<String> {
        for cell in variable {
            for &(poly, rotation) in &self.readers[cell.column] {
                let row = (cell.row as i64 - i64::from(rotation)).rem_euclid(self.rows as i64);
                let (name, poly) = &self.polys[poly];
                if self.eval(poly, trace, &self.instance, row as usize) != Fr::ZERO {
                    return Some(name.clone());
                }
            }
            if let Some(name) = self.tables.missing(trace, cell.row).next() {
                return Some(name.to_owned());
            }
        }
        // A table cell that changed makes the old digest unknown to whoever looked it up.
        let is_market = |row: usize| trace.fixed[fixed::ACTIVE][row] == Fr::from(2);
        let of_market = |c: &Cell| c.column == ACC && is_market(c.row);
        if variable.iter().any(of_market) {
            let fresh = Tables::new(trace);
            let missing = (0..trace.rows()).find_map(|row| fresh.missing(trace, row).next());
            return missing.map(str::to_owned);
        }
        None
    }

    /// Every broken constraint of a trace, by number, with how often it is broken.
    ///
    /// # Panics
    /// When a number is left out and nothing else is broken: a false trace was accepted.
    pub fn broken(&self, trace: &Trace, instance: &[Fr]) -> HashMap<String, usize> {
        let polys = 0..self.polys.len();
        let all = (0..self.usable()).flat_map(|row| polys.clone().map(move |poly| (row, poly)));
        self.broken_at(trace, instance, all)
    }

    /// The same of a trace that differs from an honest one in some advice cells and in its statement: what reads
    /// none of these is as it was.
    ///
    /// # Panics
    /// As above, and when the fixed cells differ.
    pub fn broken_since(
        &self,
        honest: &Trace,
        trace: &Trace,
        instance: &[Fr],
    ) -> HashMap<String, usize> {
        assert_eq!(honest.fixed, trace.fixed, "fixed cells");
        let mut read = BTreeSet::new();
        let columns = honest.advice.iter().zip(&trace.advice).zip(&self.readers);
        for ((before, now), readers) in columns {
            assert_eq!(before.len(), now.len(), "rows");
            let changed = before.iter().zip(now).enumerate();
            for (row, _) in changed.filter(|(_, (before, now))| before != now) {
                read.extend(readers.iter().map(|&(poly, rotation)| {
                    let row = (row as i64 - i64::from(rotation)).rem_euclid(self.rows as i64);
                    (row as usize, poly)
                }));
            }
        }
        // The statement stands in these rows.
        read.extend(
            (0..instance.len()).flat_map(|row| (0..self.polys.len()).map(move |p| (row, p))),
        );
        let usable = self.usable();
        let read = read.into_iter().filter(|(row, _)| *row < usable);
        self.broken_at(trace, instance, read)
    }

    /// Rows above the blinding ones.
    fn usable(&self) -> usize {
        self.rows - self.cs.blinding_factors() - 1
    }

    fn broken_at(
        &self,
        trace: &Trace,
        instance: &[Fr],
        places: impl Iterator<Item = (usize, usize)>,
    ) -> HashMap<String, usize> {
        let mut broken: Vec<Numbers> = Vec::new();
        let tables = Tables::new(trace);
        for (row, poly) in places {
            let (name, poly) = &self.polys[poly];
            if self.eval(poly, trace, instance, row) != Fr::ZERO {
                broken.push(Numbers::of(trace, name, row));
            }
        }
        for row in 0..self.usable().min(trace.rows()) {
            let missing = tables.missing(trace, row);
            broken.extend(missing.map(|name| Numbers::of(trace, name, row)));
        }
        let value = |c: &Cell| trace.advice[c.column][c.row];
        for ((a, b), number) in trace.copies.iter().zip(&trace.copy_numbers) {
            if value(a) != value(b) {
                let gate = "copy";
                broken.push(Numbers {
                    gate,
                    row: Some(number),
                });
            }
        }
        let kept = super::drop::keep(broken, |n, dropped| {
            n.gate == dropped || n.row == Some(dropped)
        });
        let mut out: HashMap<String, usize> = HashMap::new();
        for numbers in kept {
            let number = numbers.row.unwrap_or(numbers.gate);
            *out.entry(number.to_owned()).or_default() += 1;
        }
        out
    }
}

/// The numbers of a broken constraint: that of the gate, and that of what was laid in its row.
struct Numbers<'t> {
    gate: &'t str,
    row: Option<&'t str>,
}

impl<'t> Numbers<'t> {
    fn of(trace: &'t Trace, name: &'t str, row: usize) -> Self {
        let gate = name.split(' ').next().unwrap_or(name);
        let lane = match gate {
            "MARI1" => Some(Lane::Arithmetic),
            "MRNG1" | "MRNG2" => Some(Lane::Range),
            "MTAB1" => Some(Lane::LookUp),
            "MHSH5" | "MHSH6" | "MHSH7" | "MHSH8" | "MHSH9" | "MHSH10" | "MHSH11" => {
                Some(Lane::Opening)
            }
            _ => None,
        };
        let number = lane.and_then(|lane| trace.numbers.get(&(lane, row)));
        Numbers {
            gate,
            row: number.copied(),
        }
    }
}

/// Groups the assigned cells of a trace into variables.
pub fn variables(trace: &Trace) -> Vec<Vec<Cell>> {
    let index: HashMap<Cell, usize> = trace
        .order
        .iter()
        .enumerate()
        .map(|(i, c)| (*c, i))
        .collect();
    let mut parent: Vec<usize> = (0..trace.order.len()).collect();
    fn root(parent: &mut [usize], mut i: usize) -> usize {
        while parent[i] != i {
            parent[i] = parent[parent[i]];
            i = parent[i];
        }
        i
    }
    for (a, b) in &trace.copies {
        let (x, y) = (root(&mut parent, index[a]), root(&mut parent, index[b]));
        // The smaller index stays the root: the cell assigned first names the variable.
        parent[x.max(y)] = x.min(y);
    }
    let mut groups: Vec<Vec<Cell>> = vec![Vec::new(); trace.order.len()];
    for i in 0..trace.order.len() {
        groups[root(&mut parent, i)].push(trace.order[i]);
    }
    groups.into_iter().filter(|g| !g.is_empty()).collect()
}
