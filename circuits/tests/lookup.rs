//! The lookup argument MLKP1 to MLKP4: it closes exactly when every lookup is in its table, and each of
//! its cells is pinned. What lies outside its rows, or is fixed before its challenges, cannot bend it.

mod support;

use std::collections::BTreeSet;

use ff::Field;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use support::deletion::delete;
use support::drop::keep;
use support::fixture::Case;
use support::spec::constraints;
use zkmargin_circuits::margin::columns::{
    argument, challenge, fixed, ACC, C0, C1, C2, LIMB, RANGE,
};
use zkmargin_circuits::margin::lookup::{count_uses, sums, Tables};
use zkmargin_circuits::margin::range::LaneCells;
use zkmargin_circuits::margin::trace::Trace;
use zkmargin_circuits::margin::{constraint_system, MarginCircuit, Shape, Size};
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

/// A trace with the columns of the argument.
struct Argument {
    cs: ConstraintSystem<Fr>,
    trace: Trace,
    last: usize,
    challenges: [Fr; 2],
    /// `m1`, `m2`, `h`, `s`.
    columns: [usize; 4],
}

fn circuit() -> MarginCircuit {
    circuit_of(Size::Small)
}

fn circuit_of(size: Size) -> MarginCircuit {
    let mut case = Case::mixed();
    case.size = size;
    MarginCircuit::new(&case.policy, case.size, &case.witness())
}

/// θ and α.
fn challenges(rng: &mut ChaCha20Rng) -> [Fr; 2] {
    [(); 2].map(|_| Fr::random(&mut *rng))
}

/// The last value of the running sum over the multiplicities that a trace has.
fn closing_as_counted(trace: &Trace, challenges: &[Fr; 2]) -> Fr {
    let mut trace = trace.clone();
    sums(&mut trace, challenges);
    trace.advice[argument(trace.columns.size)[3]][trace.active]
}

/// The last value of the running sum.
fn closing(trace: &Trace, challenges: &[Fr; 2]) -> Fr {
    let mut trace = trace.clone();
    count_uses(&mut trace);
    closing_as_counted(&trace, challenges)
}

impl Argument {
    fn honest(seed: u64) -> Self {
        let circuit = circuit();
        let mut trace = circuit.trace().clone();
        let challenges = challenges(&mut ChaCha20Rng::seed_from_u64(seed));
        sums(&mut trace, &challenges);
        Argument {
            cs: constraint_system(circuit.shape()),
            last: trace.active,
            challenges,
            columns: argument(trace.columns.size),
            trace,
        }
    }

    fn eval(&self, e: &Expression<Fr>, row: usize) -> Fr {
        let rows = self.trace.rows() as i64;
        let at = |values: &[Fr], rotation: i32| {
            let row = (row as i64 + i64::from(rotation)).rem_euclid(rows);
            values.get(row as usize).copied().unwrap_or(Fr::ZERO)
        };
        e.evaluate(
            &|c| c,
            &|_| Fr::ZERO,
            &|q| at(&self.trace.fixed[q.column_index()], q.rotation().0),
            &|q| at(&self.trace.advice[q.column_index()], q.rotation().0),
            &|_| Fr::ZERO,
            &|c| self.challenges[c.index()],
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
        let own: Vec<_> = gates
            .filter(|(name, ..)| name.starts_with("MLKP"))
            .collect();
        assert_eq!(own.len(), 4);
        let broken: Vec<&str> = rows
            .flat_map(|row| own.iter().map(move |gate| (row, gate)))
            .filter(|(row, (_, i, gate))| self.eval(&gate.polynomials()[*i], *row) != Fr::ZERO)
            .map(|(_, (name, ..))| *name)
            .collect();
        let kept = keep(broken, |name, dropped| {
            name.split(' ').next() == Some(dropped)
        });
        kept.first().map(|name| (*name).to_owned())
    }
}

#[test]
fn honest_argument_closes() {
    for seed in 0..3 {
        let argument = Argument::honest(seed);
        assert_eq!(argument.broken(0..=argument.last), None);
        let sum = &argument.trace.advice[argument.columns[3]];
        assert_eq!(sum[argument.last], Fr::ZERO);
    }
}

#[test]
fn every_cell_of_the_argument_is_pinned() {
    let mut argument = Argument::honest(7);
    let last = argument.last;
    for (column, gate) in ["MLKP1", "MLKP2", "MLKP1", "MLKP2"].into_iter().enumerate() {
        let of = argument.columns[column];
        // The running sum has one row more.
        for row in 0..last + usize::from(column == 3) {
            let honest = argument.trace.advice[of][row];
            for lie in [honest + Fr::ONE, honest - Fr::ONE, -honest] {
                if lie == honest {
                    continue;
                }
                argument.trace.advice[of][row] = lie;
                let broken = argument
                    .broken(row.saturating_sub(1)..=row)
                    .expect("a gate");
                assert!(
                    broken.starts_with(gate) || column == 3 && [0, last].contains(&row),
                    "column {column}, row {row}: {broken}"
                );
            }
            argument.trace.advice[of][row] = honest;
        }
    }
}

#[test]
fn the_sum_starts_and_ends_at_zero() {
    // Shifted as a whole, the sum fits every step.
    let mut argument = Argument::honest(8);
    let last = argument.last;
    for s in argument.trace.advice[argument.columns[3]][..=last].iter_mut() {
        *s += Fr::ONE;
    }
    assert_eq!(argument.broken(1..=last - 1), None);
    assert_eq!(argument.broken(0..=0).as_deref(), Some("MLKP3 start"));
    assert_eq!(argument.broken(last..=last).as_deref(), Some("MLKP4 end"));
}

#[test]
fn the_sum_closes_exactly_when_every_lookup_is_in_its_table() {
    let circuit = circuit();
    let last = circuit.trace().active;
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
        let missing = (0..last).find_map(|row| tables.missing(&trace, row).next());
        let sum = closing(&trace, &challenges(&mut rng));
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
    let mut trace = circuit().into_trace();
    trace.advice[RANGE][100] = Fr::from(4_096);
    let mut rng = ChaCha20Rng::seed_from_u64(10);
    let (known, drawn) = (challenges(&mut rng), challenges(&mut rng));
    count_uses(&mut trace);
    let gap = closing_as_counted(&trace, &known);
    assert_ne!(gap, Fr::ZERO);
    let [m1, ..] = argument(trace.columns.size);
    trace.advice[m1][5] += gap * (known[challenge::ALPHA] + Fr::from(5));
    assert_eq!(closing_as_counted(&trace, &known), Fr::ZERO);
    assert_ne!(closing_as_counted(&trace, &drawn), Fr::ZERO);
}

#[test]
fn limbs_and_tuples_do_not_stand_in_for_each_other() {
    let circuit = circuit();
    let last = circuit.trace().active;
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let drawn = challenges(&mut rng);
    // A value that stands in the table of tuples is no limb.
    let mut trace = circuit.trace().clone();
    let large = trace.fixed[fixed::table(trace.columns.size)[1]]
        .iter()
        .find(|a| **a == pow2(36))
        .expect("N(6) = 1");
    trace.advice[RANGE][100] = *large;
    assert_ne!(closing(&trace, &drawn), Fr::ZERO);
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
    let table = fixed::table(trace.columns.size);
    for (column, table) in [C0, C1, C2].into_iter().zip(table) {
        trace.advice[column][looked] = trace.fixed[table][weight];
    }
    assert_eq!(
        Tables::new(&trace).missing(&trace, looked).next(),
        Some("MTAB1 tables")
    );
    assert_ne!(closing(&trace, &drawn), Fr::ZERO);
}

#[test]
fn only_the_sums_are_committed_after_the_challenges() {
    for size in Size::ALL {
        let shape = Shape {
            size,
            ..Shape::default()
        };
        let cs = constraint_system(shape);
        let phases = cs.advice_column_phase();
        // Lanes and multiplicities, then helper and sum.
        let (first, second) = phases.split_at(phases.len() - 2);
        assert!(first.iter().all(|phase| *phase == 0), "{size}: {phases:?}");
        assert_eq!((second, cs.challenge_phase()), (&[1, 1][..], vec![0, 0]));
        // Nothing that a later phase commits enters a gate but MLKP1 to MLKP4.
        let sums = [phases.len() - 2, phases.len() - 1];
        for gate in cs.gates() {
            for (i, polynomial) in gate.polynomials().iter().enumerate() {
                let reads = polynomial.evaluate(
                    &|_| false,
                    &|_| false,
                    &|_| false,
                    &|q| sums.contains(&q.column_index()),
                    &|_| false,
                    &|_| true,
                    &|a| a,
                    &|a, b| a || b,
                    &|a, b| a || b,
                    &|a, _| a,
                );
                let name = gate.constraint_name(i);
                assert_eq!(reads, name.starts_with("MLKP"), "{size}: {name}");
            }
        }
    }
}

#[test]
fn what_stands_below_the_last_row_does_not_matter() {
    // The last usable row and the blinding rows, of which the first row sees the last.
    let mut argument = Argument::honest(13);
    let mut rng = ChaCha20Rng::seed_from_u64(13);
    let (n, last) = (argument.trace.rows(), argument.last);
    let sum = argument.columns[3];
    for (i, column) in argument.trace.advice.iter_mut().enumerate() {
        // The sum of the last row itself is bound.
        column[last + usize::from(i == sum)..]
            .iter_mut()
            .for_each(|v| *v = Fr::random(&mut rng));
    }
    assert_eq!(argument.broken(0..=n - 1), None);
    argument.trace.advice[sum][last] = Fr::ONE;
    assert!(argument.broken(0..=n - 1).is_some());
}

#[test]
fn a_challenge_known_before_the_lanes_would_free_the_sum() {
    // A row that looks nothing up has free cells. If they meet α, its f is zero, MLKP2 says nothing
    // there and the sum begins anew: so every cell that the argument reads has to be committed
    // before α is drawn.
    let mut argument = Argument::honest(14);
    let [theta, alpha] = argument.challenges;
    let assigned = |row: usize| {
        let cells = &argument.trace.order;
        cells
            .iter()
            .any(|c| c.row == row && [C0, C1, C2].contains(&c.column))
    };
    let row = (0..argument.last)
        .rev()
        .find(|row| !assigned(*row))
        .expect("a row that the wide lane leaves free");
    assert_eq!(argument.trace.fixed[fixed::TAG][row], Fr::ZERO);
    argument.trace.advice[C0][row] = -alpha * theta.invert().unwrap();
    // A limb of 4096 leaves the sum open.
    argument.trace.advice[RANGE][100] = Fr::from(4_096);
    let close = |argument: &mut Argument| {
        count_uses(&mut argument.trace);
        sums(&mut argument.trace, &argument.challenges);
        let sum = &mut argument.trace.advice[argument.columns[3]];
        let open = sum[argument.last];
        assert_ne!(open, Fr::ZERO);
        for s in sum[row + 1..=argument.last].iter_mut() {
            *s -= open;
        }
        argument.broken(0..=argument.last)
    };
    assert_eq!(close(&mut argument), None);
    // The same cells under challenges that were drawn after them.
    argument.challenges = challenges(&mut ChaCha20Rng::seed_from_u64(15));
    assert_eq!(close(&mut argument).as_deref(), Some("MLKP2 sum"));
}

#[test]
fn excess_is_zero_on_every_row_of_the_range_lane() {
    let mut rng = ChaCha20Rng::seed_from_u64(16);
    for _ in 0..100 {
        let [range, next, acc] = [(); 3].map(|_| Fr::random(&mut rng));
        let lane = |active: u64, acc: Fr| {
            let active = Fr::from(active);
            let cells = LaneCells {
                active,
                acc,
                acc_next: next,
                range,
            };
            (cells.gate(), cells.excess())
        };
        // What MRNG1 forces, and that it forces it.
        for (active, forced) in [(1, range), (3, range + pow2(12) * next)] {
            assert_eq!(lane(active, forced), (Fr::ZERO, Fr::ZERO));
            assert_ne!(lane(active, acc).0, Fr::ZERO);
        }
        // A market row offers its cell less the limb; where the row is idle MLKP2 does not look.
        assert_eq!(lane(2, acc), (Fr::ZERO, acc - range));
        assert_eq!(lane(0, acc).0, Fr::ZERO);
    }
}

#[test]
fn constants_and_limbs_beside_each_other_offer_no_tuple() {
    // In sizes that share columns every row offers something: a limb as tag, constants as values.
    let circuit = circuit_of(Size::Standard);
    let last = circuit.trace().active;
    let mut trace = circuit.trace().clone();
    assert!(fixed::shared(trace.columns.size));
    let mut rng = ChaCha20Rng::seed_from_u64(17);
    let drawn = challenges(&mut rng);
    assert_eq!(closing(&trace, &drawn), Fr::ZERO);
    let table = fixed::table(trace.columns.size);
    let tag_of = |trace: &Trace, row: usize| trace.fixed[fixed::TABLE_TAG][row];
    let looked_up = trace.fixed[fixed::TAG].iter();
    let tags: BTreeSet<Fr> = looked_up.filter(|tag| **tag != Fr::ZERO).copied().collect();
    let garbage: Vec<usize> = (0..last)
        .filter(|row| !tags.contains(&tag_of(&trace, *row)))
        .filter(|row| trace.fixed[table[1]][*row] != Fr::ZERO)
        .collect();
    assert!(garbage.iter().any(|row| tag_of(&trace, *row) == Fr::ZERO));
    assert!(garbage.iter().any(|row| tag_of(&trace, *row) != Fr::ZERO));
    for tag in &tags {
        let looked = (0..last)
            .find(|row| trace.fixed[fixed::TAG][*row] == *tag)
            .expect("a lookup of every tag");
        let row = garbage[rng.gen_range(0..garbage.len())];
        let honest = [C0, C1, C2].map(|column| trace.advice[column][looked]);
        let offered = table.map(|column| trace.fixed[column][row]);
        for (column, value) in [C0, C1, C2].into_iter().zip(offered) {
            trace.advice[column][looked] = value;
        }
        let missing = Tables::new(&trace).missing(&trace, looked).next();
        assert_eq!(missing, Some("MTAB1 tables"), "{tag:?}");
        // Nor does any multiplicity of that row help: its pole is elsewhere.
        count_uses(&mut trace);
        assert_ne!(closing_as_counted(&trace, &drawn), Fr::ZERO);
        let [_, m2, ..] = argument(trace.columns.size);
        trace.advice[m2][row] += *tag;
        assert_ne!(closing_as_counted(&trace, &drawn), Fr::ZERO);
        for (column, value) in [C0, C1, C2].into_iter().zip(honest) {
            trace.advice[column][looked] = value;
        }
    }
}

#[test]
fn deletion_of_a_constraint_makes_its_named_test_fail() {
    delete(&constraints("spec/margin.md"), |constraint| {
        let (file, name) = constraint.broken_by.as_ref()?;
        (file == "lookup").then(|| name.clone())
    });
}
