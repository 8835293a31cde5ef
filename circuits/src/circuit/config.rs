//! halo2 configuration: columns, gates and lookups of the margin circuit.

use ff::Field;
use halo2_proofs::plonk::{Advice, Column, ConstraintSystem, Expression, Fixed, Instance};
use halo2_proofs::poly::Rotation;

use super::columns::{
    self, fixed, ACC, C0, C1, C3, C4, C5, C7, G0, G1, G2, G3, LIMB, MARKET, RANGE,
};
use super::size::Size;
use super::{arithmetic, hash, node, range};
use crate::Fr;

/// Highest degree of any constraint; five keeps the extended domain at four times the rows.
pub const DEGREE: usize = 5;

/// What shapes the constraint system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Capacity.
    pub size: Size,
    /// Scenarios of the policy.
    pub scenarios: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            size: Size::Small,
            scenarios: 22,
        }
    }
}

/// Columns of a configured circuit.
#[derive(Clone, Debug)]
pub struct Config {
    /// Advice columns in the order of [`columns`].
    pub advice: Vec<Column<Advice>>,
    /// Fixed columns in the order of [`fixed`].
    pub fixed: Vec<Column<Fixed>>,
    /// Public inputs.
    pub instance: Column<Instance>,
}

type E = Expression<Fr>;

struct Queries<'m> {
    meta: &'m mut ConstraintSystem<Fr>,
    config: Config,
}

impl Queries<'_> {
    /// Declares a gate from expressions built over queried cells.
    fn gate(
        &mut self,
        name: &'static str,
        build: impl FnOnce(
            &mut dyn FnMut(usize, i32) -> E,
            &mut dyn FnMut(usize, i32) -> E,
        ) -> Vec<(&'static str, E)>,
    ) {
        let config = &self.config;
        self.meta.create_gate(name, |meta| {
            let meta = std::cell::RefCell::new(meta);
            let mut advice = |c: usize, r: i32| {
                meta.borrow_mut()
                    .query_advice(config.advice[c], Rotation(r))
            };
            let mut fixed =
                |c: usize, r: i32| meta.borrow_mut().query_fixed(config.fixed[c], Rotation(r));
            build(&mut advice, &mut fixed)
        });
    }
}

/// Configures the circuit for a shape.
pub fn configure(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
    let count = super::builder::Builder::advice_columns(shape.size);
    let config = Config {
        advice: (0..count).map(|_| meta.advice_column()).collect(),
        fixed: (0..fixed::COUNT).map(|_| meta.fixed_column()).collect(),
        instance: meta.instance_column(),
    };
    for column in columns::EQUALITY {
        meta.enable_equality(config.advice[column]);
    }
    meta.enable_equality(config.instance);
    meta.set_minimum_degree(DEGREE);
    let mut q = Queries {
        meta,
        config: config.clone(),
    };
    hash_gates(&mut q);
    node_gates(&mut q, shape);
    q.gate("arithmetic", |a, f| {
        let coefficients = [
            fixed::QM,
            fixed::Q0,
            fixed::Q1,
            fixed::Q2,
            fixed::QK,
            fixed::OUT,
        ]
        .map(|c| f(c, 0));
        let cells = [G0, G1, G2, G3].map(|c| a(c, 0));
        vec![("A1", arithmetic::gate(coefficients, cells))]
    });
    q.gate("range", |a, f| {
        let (here, next) = (f(fixed::RANGE_HERE, 0), f(fixed::RANGE_NEXT, 0));
        vec![(
            "R1",
            range::gate(here, next, a(ACC, 0), a(ACC, 1), a(RANGE, 0)),
        )]
    });
    q.gate("market column", |a, f| {
        let tag = f(fixed::TABLE_TAG, 0);
        let one = Expression::Constant(Fr::ONE);
        vec![("T2", a(MARKET, 0) * tag.clone() * (tag - one))]
    });
    lookups(meta, &config);
    config
}

fn hash_gates(q: &mut Queries) {
    q.gate("poseidon", |a, f| {
        let mut nine = |column: usize, row: i32| -> Vec<E> {
            (0..9)
                .map(|i| a(column + i % 3, row + i as i32 / 3))
                .collect()
        };
        let (u, s) = (nine(C0, 0), nine(C3, 0));
        let (u_next, s_next) = (nine(C0, 3), nine(C3, 3));
        let k = (0..9).map(|i| f(fixed::K0 + i % 3, i as i32 / 3)).collect();
        let queries = hash::BlockQueries {
            u,
            s,
            k,
            u_next,
            s_next,
            opening: [a(C3, 0), a(C4, 0), a(C5, 0), a(C3, 1)],
        };
        let selectors = hash::BlockSelectors {
            absorb: f(fixed::ABSORB, 0),
            full: f(fixed::FULL, 0),
            partial: f(fixed::PARTIAL, 0),
            next: f(fixed::NEXT, 0),
        };
        hash::gates(queries, selectors)
    });
}

/// Cell of register `j`.
fn register(j: usize) -> (usize, i32) {
    (if j < 4 { C5 } else { C7 }, (j % 4) as i32)
}

fn node_gates(q: &mut Queries, shape: Shape) {
    let slot = ((shape.scenarios + 1) * node::NODE_ROWS) as i32;
    let count = shape.size.underlyings();
    q.gate("pricing node", |a, f| {
        let c = std::array::from_fn(|column| {
            std::array::from_fn(|row| {
                // Column C5 holds registers, queried below.
                if column == C5 {
                    Expression::Constant(Fr::ZERO)
                } else {
                    a(C0 + column, row as i32)
                }
            })
        });
        let queries = node::NodeQueries {
            c,
            limb: std::array::from_fn(|row| a(LIMB, row as i32)),
            registers: (0..count)
                .map(|j| a(register(j).0, register(j).1))
                .collect(),
            before: (0..count)
                .map(|j| a(register(j).0, register(j).1 - slot))
                .collect(),
            node: f(fixed::NODE, 0),
            index: f(fixed::K0, 0),
        };
        node::gates(queries)
    });
    q.gate("registers of the last slot", |a, f| {
        let export = f(fixed::EXPORT, 0);
        let mut out = vec![("P16 export", export.clone() * (a(C0, 0) - a(C5, -slot)))];
        if count > 4 {
            out.push(("P16 export", export * (a(C1, 0) - a(C7, -slot))));
        }
        out
    });
}

fn lookups(meta: &mut ConstraintSystem<Fr>, config: &Config) {
    meta.lookup_any("T1 tables", |meta| {
        let here = Rotation::cur();
        let tag = meta.query_fixed(config.fixed[fixed::TAG], here);
        let mut inputs = vec![tag.clone()];
        for column in [C0, C1, columns::C2] {
            inputs.push(tag.clone() * meta.query_advice(config.advice[column], here));
        }
        let mut table: Vec<E> = [
            fixed::TABLE_TAG,
            fixed::TABLE_KEY,
            fixed::TABLE_A,
            fixed::TABLE_B,
        ]
        .map(|c| meta.query_fixed(config.fixed[c], here))
        .to_vec();
        table[1] = table[1].clone() + meta.query_advice(config.advice[MARKET], here);
        inputs.into_iter().zip(table).collect()
    });
    for (name, column) in [("P15 node limbs", LIMB), ("R2 range limbs", RANGE)] {
        meta.lookup_any(name, |meta| {
            let limb = meta.query_advice(config.advice[column], Rotation::cur());
            let table = meta.query_fixed(config.fixed[fixed::LIMBS], Rotation::cur());
            vec![(limb, table)]
        });
    }
}
