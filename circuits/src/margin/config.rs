//! halo2 configuration: columns, gates and lookups of the margin circuit.

use ff::Field;
use halo2_proofs::plonk::{
    Advice, Challenge, Column, ConstraintSystem, Expression, FirstPhase, Fixed, Instance,
    SecondPhase, VirtualCells,
};
use halo2_proofs::poly::Rotation;

use super::columns::{self, fixed, ACC, C0, C1, C2, C3, C4, C5, C7, G0, G1, G2, LIMB, RANGE};
use super::lookup::{self, Challenges, LookupQueries};
use super::shape::Shape;
use super::{arithmetic, hash, node, range};
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;

/// Highest degree of any constraint; five keeps the extended domain at four times the rows.
pub const DEGREE: usize = 5;

/// Columns of a configured circuit.
#[derive(Clone, Debug)]
pub struct Config {
    /// Advice columns of the lanes, in the order of [`columns`].
    pub advice: Vec<Column<Advice>>,
    /// Fixed columns in the order of [`fixed`].
    pub fixed: Vec<Column<Fixed>>,
    /// Public inputs.
    pub instance: Column<Instance>,
    /// Multiplicities of the lookup argument: limbs, table.
    pub multiplicities: [Column<Advice>; 2],
    /// Helper and running sum of the lookup argument, in the second phase.
    pub sums: [Column<Advice>; 2],
    /// Challenges of the lookup argument.
    pub challenges: Challenges<Challenge>,
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
    let count = columns::advice(shape.size);
    let advice: Vec<_> = (0..count).map(|_| meta.advice_column()).collect();
    let multiplicities = [meta.advice_column(), meta.advice_column()];
    let [theta, alpha] = [(); 2].map(|_| meta.challenge_usable_after(FirstPhase));
    let config = Config {
        advice,
        fixed: (0..fixed::count(shape.size))
            .map(|_| meta.fixed_column())
            .collect(),
        instance: meta.instance_column(),
        multiplicities,
        sums: [(); 2].map(|_| meta.advice_column_in(SecondPhase)),
        challenges: Challenges { theta, alpha },
    };
    for column in columns::EQUALITY {
        meta.enable_equality(config.advice[column]);
    }
    meta.set_minimum_degree(DEGREE);
    let mut q = Queries {
        meta,
        config: config.clone(),
    };
    hash_gates(&mut q);
    node_gates(&mut q, shape);
    lane_gates(meta, &config);
    lookup_gates(meta, &config, shape.size);
    config
}

fn lane_gates(meta: &mut ConstraintSystem<Fr>, config: &Config) {
    meta.create_gate("arithmetic", |meta| {
        let here = Rotation::cur();
        let coefficients = [fixed::QM, fixed::Q0, fixed::QP, fixed::QK, fixed::ACTIVE];
        let queries = arithmetic::GateQueries {
            q: coefficients.map(|c| meta.query_fixed(config.fixed[c], here)),
            g: [G0, G1, G2].map(|c| meta.query_advice(config.advice[c], here)),
            above: meta.query_advice(config.advice[G2], Rotation::prev()),
            public: meta.query_instance(config.instance, here),
        };
        vec![("MARI1", arithmetic::gate(queries))]
    });
    meta.create_gate("range", |meta| {
        vec![("MRNG1", lane_queries(meta, config).gate())]
    });
}

fn lane_queries(meta: &mut VirtualCells<'_, Fr>, config: &Config) -> range::LaneQueries {
    let here = Rotation::cur();
    range::LaneQueries {
        active: meta.query_fixed(config.fixed[fixed::ACTIVE], here),
        acc: meta.query_advice(config.advice[ACC], here),
        acc_next: meta.query_advice(config.advice[ACC], Rotation::next()),
        range: meta.query_advice(config.advice[RANGE], here),
    }
}

fn lookup_gates(meta: &mut ConstraintSystem<Fr>, config: &Config, size: Size) {
    meta.create_gate("lookup", |meta| {
        let challenges = Challenges {
            theta: meta.query_challenge(config.challenges.theta),
            alpha: meta.query_challenge(config.challenges.alpha),
        };
        let (before, here, next) = (Rotation::prev(), Rotation::cur(), Rotation::next());
        let excess = lane_queries(meta, config).excess();
        let [value_a, value_b] = fixed::table_values(size);
        let lane =
            |meta: &mut VirtualCells<'_, Fr>, c: usize| meta.query_advice(config.advice[c], here);
        let fix =
            |meta: &mut VirtualCells<'_, Fr>, c: usize| meta.query_fixed(config.fixed[c], here);
        lookup::gates(LookupQueries {
            challenges,
            active: [
                meta.query_fixed(config.fixed[fixed::ACTIVE], before),
                fix(meta, fixed::ACTIVE),
            ],
            limbs: [LIMB, RANGE].map(|c| lane(meta, c)),
            limb_table: fix(meta, fixed::limbs(size)),
            looked_up: [
                fix(meta, fixed::TAG),
                lane(meta, C0),
                lane(meta, C1),
                lane(meta, C2),
            ],
            table: [
                fix(meta, fixed::TABLE_TAG),
                fix(meta, fixed::TABLE_KEY) + excess,
                fix(meta, value_a),
                fix(meta, value_b),
            ],
            multiplicities: config.multiplicities.map(|c| meta.query_advice(c, here)),
            helper: meta.query_advice(config.sums[0], here),
            sum: [here, next].map(|r| meta.query_advice(config.sums[1], r)),
        })
    });
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
            opening: [
                a(C3, 0),
                a(C4, 0),
                a(C5, 0),
                a(C3, 1),
                a(C4, 1),
                a(C5, 1),
                a(C3, 2),
            ],
        };
        let selectors = hash::BlockSelectors {
            kind: f(fixed::KIND, 0),
            full: f(fixed::FULL, 0),
            partial: f(fixed::PARTIAL, 0),
            next: f(fixed::PARTIAL, hash::BLOCK_ROWS as i32),
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
        let kind = f(fixed::KIND, 0);
        let minus = |n: u64| kind.clone() - Expression::Constant(Fr::from(n));
        // Not zero exactly at 3, among 0, 1, 2 and 3.
        let export = kind.clone() * minus(1) * minus(2);
        let mut out = vec![("MNOD16 export", export.clone() * (a(C0, 0) - a(C5, -slot)))];
        if count > 4 {
            out.push(("MNOD17 export", export * (a(C1, 0) - a(C7, -slot))));
        }
        out
    });
}
