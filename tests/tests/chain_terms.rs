//! What terms ask for: whether the verifiers that they name are ours, and what a keeper has to do.

use alloy_primitives::{keccak256, Address, U256};
use zkmargin_chain::abi::MarginVault;
use zkmargin_chain::artifact::VERIFIERS;
use zkmargin_chain::deployment::deploy;
use zkmargin_chain::keeper;
use zkmargin_chain::terms::{examine, Finding};
use zkmargin_testing::chain::{Stage, CHAIN_ID};

#[test]
fn chain_verifiers_are_told_by_their_code_and_by_a_good_proof() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (node, contracts, cast) = (&stage.node, &stage.contracts, stage.on.cast);
    let policy = stage.terms.policy;
    let look = |at| examine(node, contracts, at, policy).unwrap();
    for ours in VERIFIERS {
        let (verifier, _) = deploy(node, contracts, cast.deployer, &ours.contract, &[]).unwrap();
        let good = Finding {
            verifier,
            code: keccak256(node.code(verifier).unwrap()),
            ours: Some(ours),
            works: Some(true),
            policy: ours.policy == "RM-1",
        };
        assert_eq!(look(verifier), good);
        assert_eq!(good.is_good(), good.policy);
        let other = examine(node, contracts, verifier, policy + U256::from(1)).unwrap();
        assert!(!other.policy && !other.is_good());
    }
    // Another contract, and none at all.
    for other in [
        stage.on.token,
        stage.on.registry,
        Address::repeat_byte(0x77),
    ] {
        let found = look(other);
        assert_eq!((found.ours, found.works, found.policy), (None, None, false));
        assert!(!found.is_good());
    }
}

/// The same code beside a second contract with other constants is another verifier.
#[test]
fn chain_a_verifier_with_other_constants_is_not_ours() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (node, contracts) = (&stage.node, &stage.contracts);
    let real = node.code(stage.on.verifier).unwrap();
    let key = key_of(&stage);
    let mut constants = node.code(key).unwrap().to_vec();
    let last = constants.len() - 1;
    constants[last] ^= 1;
    let place = Address::repeat_byte(0x78);
    node.set_code(place, &constants).unwrap();
    let from = key.as_slice().to_vec();
    let at = real.windows(20).position(|part| part == from).unwrap();
    let mut forged = real.to_vec();
    forged[at..at + 20].copy_from_slice(place.as_slice());
    let verifier = Address::repeat_byte(0x79);
    node.set_code(verifier, &forged).unwrap();
    let found = examine(node, contracts, verifier, stage.terms.policy).unwrap();
    assert_eq!((found.ours, found.works), (None, None));
}

/// The second contract of the stage's verifier, which its constructor deployed first: nonce 1.
fn key_of(stage: &Stage) -> Address {
    stage.on.verifier.create(1)
}

/// From opening to a lapse: who has to do what, and with which epochs a lapse is recorded.
#[test]
fn chain_a_keeper_says_what_is_to_be_done() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (node, vault, cast) = (&stage.node, stage.on.vault, stage.on.cast);
    let look = || keeper::look(node, vault, &stage.terms).unwrap();
    let said = || {
        let duties = keeper::duties(&look(), &stage.terms);
        let said = duties
            .iter()
            .map(|duty| format!("{}: {}", duty.who, duty.what));
        said.collect::<Vec<_>>()
    };
    let quiet = [
        "venue: publish the next book",
        "oracle: sign and relay the next market",
    ];
    assert_eq!(said(), quiet);
    assert_eq!(look().window_end, None);

    node.send(cast.beneficiary, vault, &stage.margin_call(7))
        .unwrap();
    let called = look().deal.calledAt.to::<u64>();
    let end = called + u64::from(stage.terms.window);
    assert_eq!(look().window_end, Some(end));
    assert!(said()[0].starts_with("trader: answer call 1 at a young market"));
    assert_eq!(
        said()[1],
        format!("beneficiary: record the lapse right after {end}")
    );

    // The window passes while everybody lives.
    let mut other = stage.book.clone();
    for (number, seconds) in (1..=10).zip((500..).step_by(500)) {
        stage.record(&stage.market(seconds, false), 5);
        if number % 4 == 0 {
            other.leaves.swap(0, 1);
            stage.claim_root(number / 4, other.root());
        }
    }
    assert!(node.time().unwrap() > end, "a window is over");
    let epochs = keeper::evidence(&look().roots, stage.terms.maxBookAge);
    assert_eq!(epochs, [0, 1, 2][..epochs.len()]);
    let lapse = MarginVault::recordLapseCall {
        terms: stage.terms.clone(),
        epochs,
    };
    let seen = look();
    assert_eq!(seen.window_end, Some(end));
    node.send(cast.stranger, vault, &lapse).expect("on record");
    assert_eq!(said()[1], "beneficiary: seize what is due");
}
