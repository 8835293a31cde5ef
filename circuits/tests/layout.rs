//! The layout: what stands in the fixed columns, which cells are tied, and what the rows that
//! nobody lays can do. It depends on the size and the policy and on nothing that a prover knows.

mod support;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ff::Field;
use halo2_proofs::plonk::Expression;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use support::checker::{advice_queries, Checker};
use support::fixture::Case;
use zkmargin_circuits::margin::arithmetic::Arithmetic;
use zkmargin_circuits::margin::columns::{fixed, ACC, C0, C1, C2, C3, G0, G1, G2, LIMB, RANGE};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::hash::BLOCK_ROWS;
use zkmargin_circuits::margin::instrument::Opening;
use zkmargin_circuits::margin::node::cells::NODE_ROWS;
use zkmargin_circuits::margin::shape::DEGREE;
use zkmargin_circuits::margin::table::{self, Tag, MARKET_NODES};
use zkmargin_circuits::margin::trace::{Cell, Lie, Trace, Var};
use zkmargin_circuits::margin::wide;
use zkmargin_circuits::margin::{
    constraint_system, layout, MarginCircuit, MarginWitness, Shape, Size,
};
use zkmargin_engine::field::low_u64;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

fn blank(size: Size) -> MarginCircuit {
    MarginCircuit::blank(&Policy::rm1(), size)
}

/// A fixed column as small numbers; what is larger becomes `u64::MAX`.
fn small(trace: &Trace, column: usize, rows: usize) -> Vec<u64> {
    let number = |v: &Fr| Some(low_u64(*v)).filter(|n| Fr::from(*n) == *v);
    let number = |v: &Fr| number(v).unwrap_or(u64::MAX);
    trace.fixed[column][..rows].iter().map(number).collect()
}

/// Everything of a trace that keys are made of, and the order of assignment.
fn assert_same_layout(found: &MarginCircuit, expected: &MarginCircuit, name: &str) {
    let (a, b) = (found.trace(), expected.trace());
    assert_eq!(found.k(), expected.k(), "{name}");
    for (column, (a, b)) in a.fixed.iter().zip(&b.fixed).enumerate() {
        let row = a.iter().zip(b).position(|(a, b)| a != b);
        assert_eq!((row, a.len()), (None, b.len()), "{name}: column {column}");
    }
    assert!(a.copies == b.copies, "{name}: copies");
    assert!(a.publics == b.publics, "{name}: public cells");
    assert!(a.order == b.order, "{name}: order of assignment");
    assert!(a.names == b.names, "{name}: free witnesses");
    assert!(a.numbers == b.numbers, "{name}: numbers of rows");
    assert!(a.copy_numbers == b.copy_numbers, "{name}: of copies");
}

/// A witness of random field elements and flags, which satisfies nothing.
fn noise(size: Size, seed: u64) -> MarginWitness {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut witness = MarginWitness::blank(size);
    let opening = |rng: &mut ChaCha20Rng| Opening {
        siblings: std::array::from_fn(|_| Fr::random(&mut *rng)),
        row: Fr::random(&mut *rng),
    };
    for slot in witness.slots.iter_mut() {
        slot.opening = opening(&mut rng);
        slot.magnitude = rng.gen();
        (slot.live, slot.negative, slot.starts) = (rng.gen(), rng.gen(), rng.gen());
    }
    for index in witness.indices.iter_mut() {
        index.opening = opening(&mut rng);
        (index.used, index.price) = (rng.gen(), rng.gen());
    }
    let fields = witness.book_path.iter_mut().flatten();
    for value in fields.chain(&mut witness.market_nodes) {
        *value = Fr::random(&mut rng);
    }
    (witness.time, witness.ratio) = (rng.gen(), rng.gen());
    (witness.market_count, witness.book_count) = (rng.gen(), rng.gen());
    witness.buffer = rng.gen();
    let holder = [
        &mut witness.customer,
        &mut witness.secret,
        &mut witness.salt,
    ];
    for value in holder {
        *value = Fr::random(&mut rng);
    }
    witness.number = rng.gen();
    witness
}

#[test]
fn the_layout_does_not_depend_on_the_witness() {
    let accounts: [&[(&str, &str)]; 5] = [
        &[],
        &[("USD", "-1")],
        &[("BTC-1790323200-80000-C", "-10")],
        &[("USD", "5"), ("BTC", "1"), ("BTC-1787385600-75000-P", "3")],
        &support::fixture::MIXED,
    ];
    for size in Size::ALL {
        let expected = blank(size);
        let policy = Policy::rm1();
        let same = |witness: &MarginWitness, name: &str| {
            let found = MarginCircuit::new(&policy, size, witness);
            assert_same_layout(&found, &expected, &format!("{size}, {name}"));
        };
        same(&noise(size, 1), "noise");
        // One account in the sizes that take long, all of them in `small`.
        let taken = if size == Size::Small { 0 } else { 4 };
        for positions in &accounts[taken..] {
            let mut case = Case::of(positions);
            case.size = size;
            same(&case.witness(), &format!("{positions:?}"));
        }
    }
}

#[test]
fn the_layout_does_not_depend_on_lies() {
    let case = Case::mixed();
    let witness = case.witness();
    let honest = MarginCircuit::new(&case.policy, case.size, &witness);
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for _ in 0..8 {
        let lie = Lie {
            index: rng.gen_range(0..honest.trace().order.len()),
            value: |v| v.square() - Fr::from(3),
        };
        let laid = layout::build(&case.policy, case.size, &witness, Some(lie));
        let found = MarginCircuit::over(laid.trace);
        assert_same_layout(&found, &honest, "a lie");
    }
}

#[test]
fn no_constraint_has_a_degree_above_that_of_the_quotient() {
    for size in Size::ALL {
        for scenarios in [1, 22, 64] {
            let cs = constraint_system(Shape { size, scenarios });
            for gate in cs.gates() {
                for (i, polynomial) in gate.polynomials().iter().enumerate() {
                    let name = gate.constraint_name(i);
                    assert!(polynomial.degree() <= DEGREE, "{size}: {name}");
                }
            }
            // Set as a minimum, so that no environment variable lowers it.
            assert_eq!((cs.degree(), cs.lookups().len()), (DEGREE, 0));
        }
    }
}

#[test]
fn every_cell_is_assigned_once_and_above_the_last_row() {
    for size in Size::ALL {
        let circuit = blank(size);
        let trace = circuit.trace();
        let last = circuit.trace().active;
        let mut seen = HashSet::new();
        for cell in &trace.order {
            assert!(seen.insert(*cell), "{size}: {cell:?} is assigned twice");
            assert!(cell.row < last, "{size}: {cell:?}");
        }
        let tied = trace.copies.iter().flat_map(|(a, b)| [a, b]);
        for cell in tied.chain(trace.publics.iter().map(|(c, _)| c)) {
            assert!(seen.contains(cell), "{size}: {cell:?} is not assigned");
        }
    }
}

#[test]
fn rows_have_the_states_that_the_gates_count_on() {
    for size in Size::ALL {
        let circuit = blank(size);
        let trace = circuit.trace();
        let (n, last) = (1 << circuit.k(), circuit.trace().active);
        assert!(trace.rows() <= n);
        let active = small(trace, fixed::ACTIVE, trace.rows());
        let market = |row: usize| active[row] == 2;
        let set: HashSet<Cell> = trace.order.iter().copied().collect();
        let assigned = |column: usize, row: usize| set.contains(&Cell { column, row });
        for (row, state) in active.iter().enumerate() {
            // MLKP2 runs over the rows above the last one, MLKP3 and MLKP4 see where they begin and end.
            assert_eq!((1..=3).contains(state), row < last, "{size}, row {row}");
            let zero = |column: usize| trace.fixed[column][row] == Fr::ZERO;
            let coefficients = [fixed::QM, fixed::Q0, fixed::Q1, fixed::QP];
            if row >= last {
                assert!((0..trace.fixed.len()).all(zero), "{size}, row {row}");
                continue;
            }
            // MARI1: nothing but the instance in its rows, and no row above the first.
            if row < Row::ALL.len() {
                assert!(coefficients.iter().all(|c| zero(*c)), "{size}, row {row}");
                assert!(*state == 1 && assigned(G2, row));
            }
            // MARI1: what a gate reads with a coefficient is laid, and so is the result.
            if coefficients.iter().any(|c| !zero(*c)) {
                assert!(assigned(G2, row), "{size}, row {row}");
            }
            assert!(zero(fixed::QM) || assigned(G0, row) && assigned(G1, row));
            assert!(zero(fixed::Q0) || assigned(G0, row), "{size}, row {row}");
            assert!(zero(fixed::Q1) || assigned(G1, row), "{size}, row {row}");
            assert!(zero(fixed::QP) || assigned(G2, row - 1));
            // MRNG1: a running value continues in a row of the lane.
            if *state == 3 {
                assert!([1, 3].contains(&active[row + 1]), "{size}, row {row}");
                assert!(assigned(ACC, row) && assigned(ACC, row + 1));
            }
            // Market rows are above the range lane.
            if market(row) {
                assert!(!assigned(RANGE, row) && assigned(ACC, row));
            } else {
                assert_eq!(assigned(ACC, row), assigned(RANGE, row), "{size}, {row}");
            }
        }
        assert_eq!((0..last).filter(|r| market(*r)).count(), MARKET_NODES);
        let tied: HashSet<Cell> = trace.copies.iter().map(|(a, _)| *a).collect();
        let is_tied = |row: usize| tied.contains(&Cell { column: ACC, row });
        assert!((0..last).filter(|r| market(*r)).all(is_tied), "{size}");
    }
}

#[test]
fn selectors_of_the_wide_lane_do_not_meet() {
    for size in Size::ALL {
        let circuit = blank(size);
        let trace = circuit.trace();
        let rows = trace.rows();
        let of = |column: usize| small(trace, column, rows);
        let [kind, sboxes, node, tag] =
            [fixed::KIND, fixed::SBOXES, fixed::NODE, fixed::TAG].map(of);
        // Rows of hash blocks, of nodes, of exports and of single lookups.
        let mut owner: BTreeMap<usize, &str> = BTreeMap::new();
        for row in 0..rows {
            let (count, name) = match (kind[row], sboxes[row], node[row]) {
                (0, 0, 0) => (0, ""),
                (1, 0, 0) => (BLOCK_ROWS, "inputs"),
                (2, 0, 0) => (1, "export"),
                (0 | 3, 1 | 2, 0) => (BLOCK_ROWS, "block"),
                (0, 0, 1 | 2) => (NODE_ROWS, "node"),
                other => panic!("{size}, row {row}: {other:?}"),
            };
            for row in row..row + count {
                let before = owner.insert(row, name);
                assert_eq!(before, None, "{size}, row {row}: {name}");
            }
            let looks = tag[row] != 0;
            assert!(tag[row] <= Tag::LAST, "{size}, row {row}");
            let other = owner.get(&row).filter(|name| **name != "node");
            assert!(!looks || other.is_none(), "{size}, row {row}: {other:?}");
        }
        // Blocks come in permutations: inputs, 4 full, 7 partial, 4 full, and the final state,
        // which no selector marks.
        let inputs = (0..rows).filter(|r| kind[*r] == 1);
        let mut permutations = 0;
        for first in inputs {
            permutations += 1;
            for block in 0..=15 {
                let row = first + (block + 1) * BLOCK_ROWS;
                // Partial rounds come after the last of the first full ones, and after all but the last
                // of themselves.
                let expected = match block {
                    3 => (1, 3),
                    0..=2 | 11..=14 => (1, 0),
                    4..=9 => (2, 3),
                    10 => (2, 0),
                    _ => (0, 0),
                };
                assert_eq!((sboxes[row], kind[row]), expected, "{size}, {row}");
            }
            let state = first + 16 * BLOCK_ROWS;
            let free = (state..state + BLOCK_ROWS).all(|row| !owner.contains_key(&row));
            assert!(free, "{size}, row {state}: the final state");
        }
        let blocks = sboxes.iter().filter(|v| **v != 0).count();
        assert_eq!(blocks, 15 * permutations, "{size}");
    }
}

#[test]
fn tables_offer_their_rows_and_nothing_else() {
    let policy = Policy::rm1();
    for size in Size::ALL {
        let circuit = MarginCircuit::blank(&policy, size);
        let trace = circuit.trace();
        let last = circuit.trace().active;
        let at = |column: usize, row: usize| trace.fixed[column][row];
        let tags: Vec<u64> = small(trace, fixed::TABLE_TAG, last);
        let [active, kind, sboxes] =
            [fixed::ACTIVE, fixed::KIND, fixed::SBOXES].map(|column| small(trace, column, last));
        let tuple = |row: usize| {
            let values = fixed::table(size).map(|c| at(c, row));
            (tags[row], values.map(|v| format!("{v:?}")))
        };
        let text = |v: Fr| format!("{v:?}");
        let mut expected: Vec<_> = table::rows(&policy)
            .iter()
            .map(|r| (r.tag.number(), [r.key, r.a, r.b].map(text)))
            .collect();
        let node = (Tag::MarketNode.number(), [Fr::ZERO; 3].map(text));
        expected.extend(std::iter::repeat_n(node, MARKET_NODES));
        // What a lookup can match: every row with a tag that somebody looks up.
        let mut used: BTreeSet<u64> = table::rows(&policy)
            .iter()
            .map(|r| r.tag.number())
            .collect();
        used.insert(Tag::MarketNode.number());
        let is_tag = |row: &usize| used.contains(&tags[*row]);
        let mut found: Vec<_> = (0..last).filter(is_tag).map(tuple).collect();
        found.sort();
        expected.sort();
        assert!(found == expected, "{size}");
        for row in (0..last).filter(is_tag) {
            let market = tags[row] == Tag::MarketNode.number();
            assert_eq!(market, active[row] == 2, "{size}, row {row}");
            // Where a hash reads constants no value stands.
            if fixed::shared(size) {
                let block = row.saturating_sub(BLOCK_ROWS - 1)..=row;
                let read = |r: usize| kind[r] == 1 || sboxes[r] != 0;
                assert!(!block.clone().any(read), "{size}, row {row}");
            }
        }
        // The keys of one table differ, so that a key has one pair of values.
        let keys: HashSet<_> = table::rows(&policy)
            .iter()
            .map(|r| (r.tag.number(), text(r.key)))
            .collect();
        assert_eq!(keys.len(), table::rows(&policy).len());
        // The limbs are the integers below 2^12.
        let limbs: BTreeSet<u64> = small(trace, fixed::limbs(size), last).into_iter().collect();
        assert!(limbs == (0..1 << 12).collect(), "{size}");
    }
}

/// Advice cells of a trace as random values, and which of them are assigned.
fn scrambled(trace: &Trace, seed: u64) -> (Trace, Vec<Vec<bool>>) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut trace = trace.clone();
    let mut assigned = vec![vec![false; trace.rows()]; trace.advice.len()];
    for cell in &trace.order {
        assigned[cell.column][cell.row] = true;
    }
    for column in trace.advice.iter_mut() {
        column.iter_mut().for_each(|v| *v = Fr::random(&mut rng));
    }
    (trace, assigned)
}

/// Whether a polynomial, as a function of random cells, depends on a cell.
fn depends(
    checker: &Checker,
    polynomial: &Expression<Fr>,
    trace: &mut Trace,
    row: usize,
    cell: Cell,
) -> bool {
    let value = |trace: &Trace| checker.eval(polynomial, trace, &[], row);
    let before = value(trace);
    trace.advice[cell.column][cell.row] += Fr::ONE;
    let after = value(trace);
    trace.advice[cell.column][cell.row] -= Fr::ONE;
    before != after
}

#[test]
fn cells_that_nobody_lays_meet_no_cell_that_somebody_lays() {
    // Free cells, the last usable row and the blinding rows are the prover's. No constraint may
    // tie one of them to a cell that means something: else a zero that is merely the honest
    // prover's habit would be part of the proof.
    for size in [Size::Small, Size::Standard] {
        let circuit = blank(size);
        let n = 1usize << circuit.k();
        let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
        let (mut trace, assigned) = scrambled(circuit.trace(), 3);
        assert_eq!(trace.rows(), n, "{size}");
        let mut alone: BTreeMap<String, usize> = BTreeMap::new();
        for (name, polynomial) in &checker.polys {
            let mut queries = Vec::new();
            advice_queries(polynomial, &mut queries);
            queries.sort_unstable();
            queries.dedup();
            for row in 0..n {
                let cells = queries.iter().map(|&(column, rotation)| Cell {
                    column,
                    row: (row as i64 + i64::from(rotation)).rem_euclid(n as i64) as usize,
                });
                let (laid, free): (Vec<_>, Vec<_>) = cells.partition(|c| assigned[c.column][c.row]);
                let mut reads = |c: &Cell| depends(&checker, polynomial, &mut trace, row, *c);
                let Some(free) = free.iter().find(|c| reads(c)) else {
                    continue;
                };
                let met = laid.iter().find(|c| reads(c));
                assert_eq!(met, None, "{size}: {name} in row {row} reads {free:?}");
                *alone.entry(name.clone()).or_default() += 1;
            }
        }
        println!("{size}: rows where only free cells meet: {alone:?}");
        let names: Vec<&str> = alone.keys().map(String::as_str).collect();
        // Unused rows of the arithmetic and of the range lane.
        assert_eq!(names, ["MARI1", "MRNG1"], "{size}");
        // MLKP1 and MLKP2 read limbs and looked-up cells. A limb that nobody lays must be a limb; what
        // is looked up is laid; excess that nobody lays stands in market rows alone.
        for row in 0..circuit.trace().active {
            let looks = trace.fixed[fixed::TAG][row] != Fr::ZERO;
            let laid = |column: usize| assigned[column][row];
            assert!(!looks || [C0, C1, C2].into_iter().all(laid), "{size}");
            let market = trace.fixed[fixed::ACTIVE][row] == Fr::from(2);
            assert!(market || laid(RANGE) == laid(ACC), "{size}, row {row}");
            let node = trace.fixed[fixed::NODE][row] != Fr::ZERO;
            assert!(!node || (0..4).all(|i| assigned[LIMB][row + i]), "{size}");
        }
    }
}

#[test]
fn openings_are_laid_where_their_gate_reads_them() {
    let circuit = blank(Size::Standard);
    let trace = circuit.trace();
    let set: HashSet<Cell> = trace.order.iter().copied().collect();
    for row in (0..trace.rows()).filter(|r| trace.fixed[fixed::KIND][*r] == Fr::ONE) {
        for (column, at) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2)] {
            let cell = Cell {
                column: C3 + column,
                row: row + at,
            };
            assert!(set.contains(&cell), "{cell:?}");
        }
    }
}

#[test]
fn sums_mean_what_they_say_whichever_cells_they_share() {
    // Factors that are equal, terms that are factors, terms that are the result of the row above:
    // the value that the rows of the lane force is the value of the formula.
    let policy = Policy::rm1();
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut empty = layout::empty_trace(&policy, Size::Small);
    let unit = wide::unit(&mut empty, 0);
    let mut lane = Arithmetic::new(empty, unit);
    let mut pool: Vec<Var> = (0..3)
        .map(|_| lane.witness(Free::Time, Fr::random(&mut rng)))
        .collect();
    let coefficient = |rng: &mut ChaCha20Rng| match rng.gen_range(0..4) {
        0 => Fr::ZERO,
        1 => Fr::ONE,
        2 => -Fr::ONE,
        _ => Fr::random(rng),
    };
    for round in 0..3_000 {
        // Often the newest cells, so that the row above takes part.
        let pick = |rng: &mut ChaCha20Rng| {
            let newest = pool.len() - 1;
            pool[rng.gen_range(newest.saturating_sub(3)..=newest)]
        };
        let term = |rng: &mut ChaCha20Rng| (coefficient(rng), pick(rng));
        let (qm, k) = (coefficient(&mut rng), coefficient(&mut rng));
        let (a, b, c) = (term(&mut rng), term(&mut rng), term(&mut rng));
        let terms: Vec<_> = (0..rng.gen_range(0..4)).map(|_| term(&mut rng)).collect();
        let value = |(q, v): (Fr, Var)| q * v.value;
        let product = qm * a.1.value * b.1.value;
        let (found, expected) = match rng.gen_range(0..4) {
            0 => (
                lane.full(qm, a, b, Some(c), k),
                product + value(a) + value(b) + value(c) + k,
            ),
            1 => (
                lane.product(qm, a.1, b.1, Some(c), k),
                product + value(c) + k,
            ),
            2 => (
                lane.linear(&terms, k),
                terms.iter().map(|t| value(*t)).sum::<Fr>() + k,
            ),
            _ => {
                let bit = lane.bit(Free::Sign, rng.gen());
                let chosen = if bit.value == Fr::ONE { a.1 } else { b.1 };
                (lane.select(bit, a.1, b.1), chosen.value)
            }
        };
        assert_eq!(found.value, expected, "round {round}");
        pool.push(found);
        if rng.gen_bool(0.2) {
            pool.push(lane.witness(Free::Time, Fr::random(&mut rng)));
        }
    }
    // The rows as the gate sees them: MARI1 holds, and with any other result it does not.
    let trace = &lane.trace;
    let at = |column: usize, row: usize| trace.advice[column][row];
    for row in Row::ALL.len()..trace.order.iter().map(|c| c.row + 1).max().unwrap_or(0) {
        let q = |column: usize| trace.fixed[column][row];
        let left = (q(fixed::QM) * at(G1, row) + q(fixed::Q0)) * at(G0, row)
            + q(fixed::Q1) * at(G1, row)
            + q(fixed::QP) * at(G2, row - 1);
        assert_eq!(left, at(G2, row), "row {row}");
    }
    for (a, b) in &trace.copies {
        assert_eq!(at(a.column, a.row), at(b.column, b.row));
    }
    let assigned: HashSet<_> = trace.order.iter().collect();
    assert_eq!(assigned.len(), trace.order.len(), "a cell given out twice");
}
