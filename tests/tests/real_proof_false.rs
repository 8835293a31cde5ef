//! False witnesses before the real prover, which proves whatever it is given, and the real key.
//!
//! Each breaks one thing that only the lookup argument holds: the mock prover knows its challenges
//! beforehand, the real one draws them.

use ff::Field;
use zkmargin_circuits::margin::columns::LIMB;
use zkmargin_circuits::margin::layout::{build_over, empty_trace};
use zkmargin_circuits::margin::lookup::count_uses;
use zkmargin_circuits::margin::node::cells::NODE_ROWS;
use zkmargin_circuits::margin::trace::Trace;
use zkmargin_circuits::margin::{MarginCircuit, MarginWitness};
use zkmargin_engine::field::{low_u64, pow2};
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::Fr;
use zkmargin_prover::prove::prove_circuit;
use zkmargin_testing::proofs::small;
use zkmargin_verifier::verdict::No;

/// The verdict on a proof of a witness whose trace was bent.
fn verdict(witness: &MarginWitness, bend: impl FnOnce(&mut Trace)) -> Result<(), No> {
    let proven = small();
    let case = &proven.case;
    let empty = empty_trace(&case.policy, case.size);
    let mut trace = build_over(&case.policy, witness, empty).trace;
    bend(&mut trace);
    count_uses(&mut trace);
    let circuit = MarginCircuit::over(trace);
    let statement = circuit.statement().expect("a statement in range");
    let proof = prove_circuit(&proven.proving, circuit, &statement);
    proven.check_rows(&statement.rows(), &proof.expect("halo2 checks nothing"))
}

fn assert_rejected(verdict: Result<(), No>) {
    assert!(matches!(verdict, Err(No::Rejected)), "{verdict:?}");
}

#[test]
fn real_proof_of_a_false_witness_is_refused() {
    let honest = small().case.witness();
    assert!(verdict(&honest, |_| ()).is_ok(), "an unbent trace");
    // The four limbs of a node still have the right sum: MNOD5 holds, MNOD15 does not.
    assert_rejected(verdict(&honest, |trace| {
        let limbs = &mut trace.advice[LIMB];
        let row = (0..64)
            .map(|node| node * NODE_ROWS)
            .find(|row| low_u64(limbs[row + 1]) > 0)
            .expect("a node whose second limb is not zero");
        limbs[row] += pow2(12);
        limbs[row + 1] -= Fr::ONE;
    }));
    // The last slot is empty and repeats a position's row. It opens a cheaper one in a node of the
    // attacker's: all that it computes is consistent, but the node is not in the table.
    let mut witness = honest;
    let slot = witness.slots.last_mut().expect("a slot");
    assert!(!slot.live);
    let opening = &mut slot.opening;
    let at = opening.siblings.iter().position(|s| *s == opening.row);
    opening.row -= pow2(ID_BITS + 60);
    opening.siblings[at.expect("an honest opening")] = opening.row;
    assert_rejected(verdict(&witness, |_| ()));
}
