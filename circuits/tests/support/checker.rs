//! Checks a trace against halo2's own constraint system, whole or around a changed variable.
//!
//! The gates and lookups are read from the configured `ConstraintSystem`, so nothing here repeats
//! an equation. Cells that copy constraints tie together form one variable; a lie changes all of
//! them at once, as a malicious prover would.

use std::collections::{HashMap, HashSet};

use ff::{Field, PrimeField};
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use zkmargin_circuits::circuit::columns::MARKET;
use zkmargin_circuits::circuit::trace::{Cell, Trace};
use zkmargin_circuits::circuit::{constraint_system, Shape};
use zkmargin_circuits::Fr;

/// A trace under scrutiny.
pub struct Checker {
    cs: ConstraintSystem<Fr>,
    /// Rows of the domain.
    rows: usize,
    /// By advice column: polynomials and rotations that read it.
    readers: Vec<Vec<(usize, i32)>>,
    polys: Vec<(String, Expression<Fr>)>,
    tables: Vec<HashSet<Vec<[u8; 32]>>>,
}

fn bytes(v: Fr) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(v.to_repr().as_ref());
    out
}

fn advice_queries(e: &Expression<Fr>, out: &mut Vec<(usize, i32)>) {
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
        let mut checker = Checker {
            cs,
            rows: 1 << k,
            readers,
            polys,
            tables: Vec::new(),
        };
        checker.tables = checker.read_tables(trace);
        checker
    }

    fn read_tables(&self, trace: &Trace) -> Vec<HashSet<Vec<[u8; 32]>>> {
        let usable = self.rows - self.cs.blinding_factors() - 1;
        self.cs
            .lookups()
            .iter()
            .map(|lookup| {
                (0..usable)
                    .map(|row| self.tuple(lookup.table_expressions(), trace, row))
                    .collect()
            })
            .collect()
    }

    fn tuple(&self, e: &[Expression<Fr>], trace: &Trace, row: usize) -> Vec<[u8; 32]> {
        e.iter().map(|e| bytes(self.eval(e, trace, row))).collect()
    }

    fn eval(&self, e: &Expression<Fr>, trace: &Trace, row: usize) -> Fr {
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
            &|_| Fr::ZERO,
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
                if self.eval(poly, trace, row as usize) != Fr::ZERO {
                    return Some(name.clone());
                }
            }
            if let Some(name) = self.lookup_broken(trace, cell.row) {
                return Some(name);
            }
        }
        // A table cell that changed makes the old digest unknown to whoever looked it up.
        if variable.iter().any(|c| c.column == MARKET) {
            let tables = self.read_tables(trace);
            let fresh = Checker {
                tables,
                cs: self.cs.clone(),
                rows: self.rows,
                readers: Vec::new(),
                polys: Vec::new(),
            };
            return (0..self.rows).find_map(|row| fresh.lookup_broken(trace, row));
        }
        None
    }

    fn lookup_broken(&self, trace: &Trace, row: usize) -> Option<String> {
        self.cs
            .lookups()
            .iter()
            .zip(&self.tables)
            .find(|(lookup, table)| {
                !table.contains(&self.tuple(lookup.input_expressions(), trace, row))
            })
            .map(|(lookup, _)| lookup.name().to_owned())
    }

    /// Every broken constraint of a trace, by name, with the number of rows.
    pub fn broken(&self, trace: &Trace, instance: &[Fr]) -> HashMap<String, usize> {
        let mut out: HashMap<String, usize> = HashMap::new();
        let mut note = |name: &str| *out.entry(name.to_owned()).or_default() += 1;
        let usable = self.rows - self.cs.blinding_factors() - 1;
        let tables = self.read_tables(trace);
        for row in 0..usable {
            for (name, poly) in &self.polys {
                if self.eval(poly, trace, row) != Fr::ZERO {
                    note(name);
                }
            }
            for (lookup, table) in self.cs.lookups().iter().zip(&tables) {
                if !table.contains(&self.tuple(lookup.input_expressions(), trace, row)) {
                    note(lookup.name());
                }
            }
        }
        let value = |c: &Cell| trace.advice[c.column][c.row];
        for (a, b) in &trace.copies {
            if value(a) != value(b) {
                note("copy");
            }
        }
        for (cell, row) in &trace.publics {
            if value(cell) != instance[*row] {
                note("public input");
            }
        }
        out
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
