//! The lookup argument F1 to F4: it closes exactly when every lookup is in its table, and each of
//! its cells is pinned.

mod support;

use ff::Field;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use support::fixture::Case;
use zkmargin_circuits::circuit::columns::{fixed, ACC, C0, C1, C2, LIMB, RANGE};
use zkmargin_circuits::circuit::lookup::{sums, Challenges, Tables};
use zkmargin_circuits::circuit::trace::{pow2, Trace};
use zkmargin_circuits::circuit::{constraint_system, last_row, MarginCircuit};
use zkmargin_circuits::Fr;

/// A trace with the columns of the argument.
struct Argument {
    cs: ConstraintSystem<Fr>,
    trace: Trace,
    last: usize,
    challenges: Challenges<Fr>,
    /// `m1`, `m2`, `h`, `s`.
    columns: Vec<Vec<Fr>>,
}

fn circuit() -> MarginCircuit {
    let case = Case::mixed();
    MarginCircuit::new(&case.policy, case.size, &case.witness())
}

fn challenges(rng: &mut ChaCha20Rng) -> Challenges<Fr> {
    Challenges {
        theta: Fr::random(&mut *rng),
        alpha: Fr::random(&mut *rng),
    }
}

/// The last value of the running sum.
fn closing(trace: &Trace, last: usize, challenges: &Challenges<Fr>) -> Fr {
    let multiplicities = Tables::new(trace).multiplicities(trace, last);
    sums(trace, last, &multiplicities, challenges)[1][last]
}

impl Argument {
    fn honest(seed: u64) -> Self {
        let circuit = circuit();
        let last = last_row(circuit.shape(), circuit.k());
        let trace = circuit.trace().clone();
        let challenges = challenges(&mut ChaCha20Rng::seed_from_u64(seed));
        let multiplicities = Tables::new(&trace).multiplicities(&trace, last);
        let mut columns = multiplicities.to_vec();
        columns.extend(sums(&trace, last, &multiplicities, &challenges));
        Argument {
            cs: constraint_system(circuit.shape()),
            trace,
            last,
            challenges,
            columns,
        }
    }

    fn eval(&self, e: &Expression<Fr>, row: usize) -> Fr {
        let lanes = self.trace.advice.len();
        let at = |values: &[Fr], rotation: i32| {
            let row = row as i64 + i64::from(rotation);
            let row = usize::try_from(row).unwrap_or(usize::MAX);
            values.get(row).copied().unwrap_or(Fr::ZERO)
        };
        let challenges = [self.challenges.theta, self.challenges.alpha];
        e.evaluate(
            &|c| c,
            &|_| Fr::ZERO,
            &|q| at(&self.trace.fixed[q.column_index()], q.rotation().0),
            &|q| {
                let column = q.column_index();
                let values = self.trace.advice.get(column);
                let values = values.unwrap_or_else(|| &self.columns[column - lanes]);
                at(values, q.rotation().0)
            },
            &|_| Fr::ZERO,
            &|c| challenges[c.index()],
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, k| a * k,
        )
    }

    /// The first gate of the argument that some of the rows break.
    fn broken(&self, rows: std::ops::RangeInclusive<usize>) -> Option<String> {
        let gates = self.cs.gates().iter().flat_map(|gate| {
            (0..gate.polynomials().len()).map(move |i| (gate.constraint_name(i), i, gate))
        });
        let own: Vec<_> = gates.filter(|(name, ..)| name.starts_with('F')).collect();
        assert_eq!(own.len(), 4);
        rows.flat_map(|row| own.iter().map(move |gate| (row, gate)))
            .find(|(row, (_, i, gate))| self.eval(&gate.polynomials()[*i], *row) != Fr::ZERO)
            .map(|(_, (name, ..))| (*name).to_owned())
    }
}

#[test]
fn honest_argument_closes() {
    for seed in 0..3 {
        let argument = Argument::honest(seed);
        assert_eq!(argument.broken(0..=argument.last), None);
        assert_eq!(argument.columns[3][argument.last], Fr::ZERO);
    }
}

#[test]
fn every_cell_of_the_argument_is_pinned() {
    let mut argument = Argument::honest(7);
    let last = argument.last;
    for (column, gate) in ["F1", "F2", "F1", "F2"].into_iter().enumerate() {
        for row in 0..argument.columns[column].len() {
            let honest = argument.columns[column][row];
            for lie in [honest + Fr::ONE, honest - Fr::ONE, -honest] {
                if lie == honest {
                    continue;
                }
                argument.columns[column][row] = lie;
                let broken = argument
                    .broken(row.saturating_sub(1)..=row)
                    .expect("a gate");
                assert!(
                    broken.starts_with(gate) || column == 3 && [0, last].contains(&row),
                    "column {column}, row {row}: {broken}"
                );
            }
            argument.columns[column][row] = honest;
        }
    }
}

#[test]
fn the_sum_starts_and_ends_at_zero() {
    // Shifted as a whole, the sum fits every step.
    let mut argument = Argument::honest(8);
    for s in argument.columns[3].iter_mut() {
        *s += Fr::ONE;
    }
    let last = argument.last;
    assert_eq!(argument.broken(1..=last - 1), None);
    assert_eq!(argument.broken(0..=0).as_deref(), Some("F3 start"));
    assert_eq!(argument.broken(last..=last).as_deref(), Some("F4 end"));
}

#[test]
fn the_sum_closes_exactly_when_every_lookup_is_in_its_table() {
    let circuit = circuit();
    let last = last_row(circuit.shape(), circuit.k());
    let mut trace = circuit.trace().clone();
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let (mut open, mut closed) = (0, 0);
    for _ in 0..400 {
        let column = [C0, C1, C2, LIMB, RANGE, ACC][rng.gen_range(0..6)];
        let row = rng.gen_range(0..last);
        let honest = trace.advice[column][row];
        let lie = match rng.gen_range(0..4) {
            0 => honest + Fr::ONE,
            1 => -Fr::ONE,
            2 => Fr::from(rng.gen_range(0..5_000u64)),
            _ => trace.advice[column][rng.gen_range(0..last)],
        };
        trace.advice[column][row] = lie;
        let tables = Tables::new(&trace);
        let missing = (0..last).find_map(|row| tables.missing(&trace, row));
        let sum = closing(&trace, last, &challenges(&mut rng));
        assert_eq!(
            missing.is_none(),
            sum == Fr::ZERO,
            "column {column}, row {row}: {missing:?}"
        );
        match missing {
            Some(_) => open += 1,
            None => closed += 1,
        }
        trace.advice[column][row] = honest;
    }
    assert!(open > 50 && closed > 50, "{open} open, {closed} closed");
}

#[test]
fn multiplicities_solved_for_one_challenge_fail_at_another() {
    // A limb of 4096: the prover bends a multiplicity until the sum closes at a known challenge.
    let circuit = circuit();
    let last = last_row(circuit.shape(), circuit.k());
    let mut trace = circuit.trace().clone();
    trace.advice[RANGE][100] = Fr::from(4_096);
    let mut rng = ChaCha20Rng::seed_from_u64(10);
    let (known, drawn) = (challenges(&mut rng), challenges(&mut rng));
    let mut multiplicities = Tables::new(&trace).multiplicities(&trace, last);
    let gap = sums(&trace, last, &multiplicities, &known)[1][last];
    assert_ne!(gap, Fr::ZERO);
    multiplicities[0][5] += gap * (known.alpha + Fr::from(5));
    assert_eq!(
        sums(&trace, last, &multiplicities, &known)[1][last],
        Fr::ZERO
    );
    assert_ne!(
        sums(&trace, last, &multiplicities, &drawn)[1][last],
        Fr::ZERO
    );
}

#[test]
fn limbs_and_tuples_do_not_stand_in_for_each_other() {
    let circuit = circuit();
    let last = last_row(circuit.shape(), circuit.k());
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let drawn = challenges(&mut rng);
    // A value that stands in the table of tuples is no limb.
    let mut trace = circuit.trace().clone();
    let large = trace.fixed[fixed::table_values(trace.size)[0]]
        .iter()
        .find(|a| **a == pow2(36))
        .expect("N(6) = 1");
    trace.advice[RANGE][100] = *large;
    assert_ne!(closing(&trace, last, &drawn), Fr::ZERO);
    // A row of one table is no row of another: the tag of the lookup counts.
    let mut trace = circuit.trace().clone();
    let of = |tag: u64| {
        (0..last)
            .find(|row| trace.fixed[fixed::TABLE_TAG][*row] == Fr::from(tag))
            .expect("a table row")
    };
    let looked = (0..last)
        .find(|row| trace.fixed[fixed::TAG][*row] == Fr::from(2))
        .expect("a lookup");
    let weight = of(4);
    let [a, b] = fixed::table_values(trace.size);
    for (column, table) in [(C0, fixed::TABLE_KEY), (C1, a), (C2, b)] {
        trace.advice[column][looked] = trace.fixed[table][weight];
    }
    assert_eq!(
        Tables::new(&trace).missing(&trace, looked),
        Some("T1 tables")
    );
    assert_ne!(closing(&trace, last, &drawn), Fr::ZERO);
}
