//! Honest accounts satisfy the circuit, in sizes that share columns and in one that does not.

mod support;

use halo2_proofs::dev::MockProver;
use support::checker::Checker;
use support::fixture::Case;
use zkmargin_circuits::margin::{MarginCircuit, Size};

fn satisfies(size: Size) {
    let mut case = Case::mixed();
    case.size = size;
    let circuit = MarginCircuit::new(&case.policy, case.size, &case.witness());
    let rows = case.statement().rows();
    let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
    let broken = checker.broken(circuit.trace(), &rows);
    assert!(broken.is_empty(), "{broken:?}");
    let prover = MockProver::run(circuit.k(), &circuit, vec![rows.to_vec()]).expect("a layout");
    prover.assert_satisfied();
}

#[test]
fn honest_mixed_account_satisfies_every_constraint() {
    satisfies(Size::Small);
}

#[test]
fn honest_mixed_account_in_a_larger_circuit() {
    satisfies(Size::Standard);
}
