//! Honest accounts satisfy the circuit.

mod support;

use halo2_proofs::dev::MockProver;
use support::checker::Checker;
use support::fixture::Case;
use zkmargin_circuits::circuit::{margin, MarginCircuit};

#[test]
fn honest_mixed_account_satisfies_every_constraint() {
    let case = Case::mixed();
    let witness = case.witness();
    let built = margin::build(&case.policy, case.size, &witness, None);
    println!("{:#?} rows {}", built.parts(), built.rows_used());
    let circuit = MarginCircuit::new(&case.policy, case.size, &witness);
    println!("k {}", circuit.k());
    let rows = case.statement().rows();
    let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
    let broken = checker.broken(circuit.trace(), &rows);
    assert!(broken.is_empty(), "{broken:?}");
    let prover = MockProver::run(circuit.k(), &circuit, vec![rows.to_vec()]).expect("a layout");
    prover.assert_satisfied();
}
