//! Whether verifiers that terms name are found out, on a chain.

use alloy_primitives::{Address, U256};
use zkmargin_chain::artifact;
use zkmargin_chain::deployment::deploy;
use zkmargin_chain::terms::{examine, Finding};
use zkmargin_engine::size::Size;
use zkmargin_testing::chain::{Stage, CHAIN_ID};

#[test]
fn chain_verifiers_are_told_by_their_code_and_by_a_good_proof() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (node, contracts, cast) = (&stage.node, &stage.contracts, stage.on.cast);
    let standard = artifact::verifier(Size::Standard).unwrap();
    let (standard, _) = deploy(node, contracts, cast.deployer, &standard, &[]).unwrap();
    let policy = stage.terms.policy;
    let look = |at| examine(node, contracts, at, policy).unwrap();
    for (verifier, size) in [(stage.on.verifier, Size::Small), (standard, Size::Standard)] {
        let good = Finding {
            verifier,
            size: Some(size),
            works: Some(true),
            policy: true,
        };
        assert_eq!(look(verifier), good);
        assert!(good.is_good());
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
        assert_eq!((found.size, found.works, found.policy), (None, None, false));
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
    assert_eq!((found.size, found.works), (None, None));
}

/// The second contract of the stage's verifier, which its constructor deployed first: nonce 1.
fn key_of(stage: &Stage) -> Address {
    stage.on.verifier.create(1)
}
