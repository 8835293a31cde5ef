//! Real proofs, used for what they were not made for. Each is honest but for one thing, and each
//! refusal is the exact error; what it was made for goes through at the end.

use alloy_primitives::{Bytes, U256};
use zkmargin_chain::abi::MarginVault::{self, Action, MarginVaultErrors};
use zkmargin_chain::abi::SolvencyRegistry;
use zkmargin_chain::artifact;
use zkmargin_chain::binding::{agreement_id, scope, word};
use zkmargin_chain::deployment::{deploy, MAX_AGE};
use zkmargin_chain::trader::{Claim, Tools};
use zkmargin_circuits::margin::witness::Request;
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::size::Size;
use zkmargin_testing::chain::{
    proof_refused, units, vault_error, withdrawal, Stage, CHAIN_ID, GRACE, STAKE,
};

const WITHDRAWN: u64 = 10_000;

/// One proof of a withdrawal, and everything that it is not good for.
#[test]
fn real_proof_chain_replays() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
    let claim = stage.claim(&stage.terms, Action::Withdraw, WITHDRAWN);
    let request = claim.request();
    let (proof, _) = stage
        .trader(&tools)
        .prove(&stage.scene.market, &request)
        .expect("a proof");

    another_amount_recipient_or_deadline(&stage, &claim, &proof);
    another_vault(&stage, &claim, &proof);
    another_chain(&stage, &claim, &proof);
    a_later_market(&stage, &claim, &proof);
    a_silent_oracle(&stage, &claim, &proof);
    a_later_book(&stage, &claim, &proof);
    a_passed_deadline(&stage, &claim, &proof);
    changed_bytes(&stage, &claim, &proof);

    // What it was made for, sent by anyone, and then the same again.
    let (node, cast, vault) = (&stage.node, stage.on.cast, stage.on.vault);
    assert_eq!(
        stage.agreement(stage.id).nonce,
        0,
        "no refusal spent the nonce"
    );
    node.send(cast.stranger, vault, &stage.withdrawal(&claim, &proof))
        .expect("the honest use");
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);
    let mut next = claim;
    next.intent.nonce = 1;
    assert_eq!(
        stage.refused(&stage.withdrawal(&claim, &proof)),
        proof_refused(&next)
    );
    let balances = (stage.dollars(cast.trader), stage.dollars(vault));
    assert_eq!(balances, (WITHDRAWN, STAKE - WITHDRAWN));
}

fn another_amount_recipient_or_deadline(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let cast = stage.on.cast;
    for recipient in [cast.stranger, cast.beneficiary, cast.venue] {
        let mut demanded = *claim;
        demanded.intent.recipient = recipient;
        assert_eq!(
            stage.refused(&stage.withdrawal(&demanded, proof)),
            proof_refused(&demanded)
        );
    }
    for amount in [
        units(WITHDRAWN) - U256::from(1),
        units(WITHDRAWN) + U256::from(1),
        units(1),
    ] {
        let mut demanded = *claim;
        demanded.intent.amount = amount;
        assert_eq!(
            stage.refused(&stage.withdrawal(&demanded, proof)),
            proof_refused(&demanded)
        );
    }
    let mut later = *claim;
    later.intent.deadline += 1;
    assert_eq!(
        stage.refused(&stage.withdrawal(&later, proof)),
        proof_refused(&later)
    );
    // For another action: an answer to a call.
    let before = stage.node.snapshot().unwrap();
    let (market, node) = (&stage.scene.market, &stage.node);
    node.send(cast.beneficiary, stage.on.vault, &stage.margin_call(1))
        .expect("a call");
    stage.record(&stage.market(60, false), 5);
    assert_ne!(stage.market(60, false).digest(), market.digest());
    let demanded = stage.claim(&stage.terms, Action::Answer, 0);
    assert_eq!(
        stage.refused(&stage.answer(&demanded, proof)),
        proof_refused(&demanded)
    );
    node.restore(before).unwrap();
}

/// Another vault with an agreement of the same terms: same identity, other scope and message.
fn another_vault(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let (node, cast) = (&stage.node, stage.on.cast);
    let before = node.snapshot().unwrap();
    let made = deploy(node, &stage.contracts, cast.deployer, &artifact::VAULT, &[]);
    let (other, _) = made.expect("a second vault");
    assert_ne!(scope(CHAIN_ID, other), scope(CHAIN_ID, stage.on.vault));
    let open = MarginVault::openCall {
        terms: stage.terms.clone(),
    };
    node.send(cast.beneficiary, other, &open)
        .expect("the same terms");
    assert_eq!(agreement_id(&stage.terms), stage.id);
    stage.fund(other, &stage.terms, STAKE);
    let mut demanded = *claim;
    demanded.vault = other;
    let refusal = stage.refusal(cast.trader, other, &stage.withdrawal(claim, proof));
    assert_eq!(refusal, proof_refused(&demanded));
    node.restore(before).unwrap();
}

/// Another chain with the same contracts at the same addresses, the same market, book and terms.
fn another_chain(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let there = Stage::set(CHAIN_ID + 1).expect("a second chain");
    assert_eq!(
        (there.on.vault, there.on.verifier),
        (stage.on.vault, stage.on.verifier)
    );
    assert_ne!(there.terms.nullifier, stage.terms.nullifier);
    // The attacker opens with the nullifier of the first chain, so that the identity is the same.
    assert_eq!(there.open(&stage.terms), stage.id);
    there.fund(there.on.vault, &stage.terms, STAKE);
    let mut demanded = *claim;
    demanded.chain_id = CHAIN_ID + 1;
    assert_eq!(
        there.refused(&withdrawal(&stage.terms, claim, proof)),
        proof_refused(&demanded)
    );
}

fn a_later_market(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let before = stage.node.snapshot().unwrap();
    stage.record(&stage.market(60, false), 5);
    assert_eq!(
        stage.refused(&stage.withdrawal(claim, proof)),
        proof_refused(claim)
    );
    stage.node.restore(before).unwrap();
}

fn a_silent_oracle(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let before = stage.node.snapshot().unwrap();
    stage
        .node
        .set_next_time(u64::from(START) + MAX_AGE + 1)
        .unwrap();
    let refusal = stage.refused(&stage.withdrawal(claim, proof)).to_string();
    assert_eq!(
        refusal,
        format!("MarketTooOld {{ age: {}, limit: {MAX_AGE} }}", MAX_AGE + 1)
    );
    stage.node.restore(before).unwrap();
}

/// A displaced root counts for minutes, so that a proof in flight still lands; then no more.
fn a_later_book(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let node = &stage.node;
    let first = head(stage);
    assert_eq!((first.number, first.root), (0, word(stage.book.root())));
    // The same accounts in another order are another book.
    let mut other = stage.book.clone();
    other.leaves.swap(0, 1);
    let before = node.snapshot().unwrap();
    stage.claim_root(1, other.root());
    let second = head(stage);
    assert_eq!((second.number, second.root), (1, word(other.root())));
    assert!(second.cutOff > first.cutOff && second.cutOff <= second.time);
    // Under the second one it says nothing.
    let mut call = stage.withdrawal(claim, proof);
    call.proof.epoch = 1;
    assert_eq!(stage.refused(&call), proof_refused(claim));
    let in_flight = stage.withdrawal(claim, proof);
    node.send(stage.on.cast.trader, stage.on.vault, &in_flight)
        .expect("under a root displaced a moment ago");
    node.restore(before).unwrap();

    let before = node.snapshot().unwrap();
    stage.claim_root(1, other.root());
    let displaced = head(stage).time;
    let grace = u64::from(stage.terms.grace);
    node.set_next_time(displaced + grace).unwrap();
    let mut later = *claim;
    later.intent.deadline = u64::MAX;
    let gone = MarginVault::BookDisplaced {
        epoch: 0,
        displacedAt: displaced,
    };
    let expected = vault_error(MarginVaultErrors::BookDisplaced(gone));
    assert_eq!(stage.refused(&stage.withdrawal(&later, proof)), expected);
    node.restore(before).unwrap();
    // And a book that is older than the terms allow.
    let before = node.snapshot().unwrap();
    let most = u64::from(stage.terms.maxBookAge);
    node.set_next_time(first.cutOff + most + 10).unwrap();
    let old = MarginVault::BookTooOld {
        age: most + 10,
        maxBookAge: most,
    };
    let expected = vault_error(MarginVaultErrors::BookTooOld(old));
    assert_eq!(stage.refused(&stage.withdrawal(&later, proof)), expected);
    node.restore(before).unwrap();
}

fn head(stage: &Stage) -> SolvencyRegistry::Root {
    let call = SolvencyRegistry::headCall {
        venue: stage.on.cast.venue,
    };
    stage.node.call(stage.on.registry, &call).unwrap()
}

fn a_passed_deadline(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let before = stage.node.snapshot().unwrap();
    let deadline = claim.intent.deadline;
    assert!(
        deadline < u64::from(START) + MAX_AGE,
        "{GRACE} s are within the market's age"
    );
    stage.node.set_next_time(deadline + 1).unwrap();
    let passed = MarginVault::DeadlinePassed {
        blockTime: deadline + 1,
        deadline,
    };
    let expected = vault_error(MarginVaultErrors::DeadlinePassed(passed));
    assert_eq!(stage.refused(&stage.withdrawal(claim, proof)), expected);
    stage.node.restore(before).unwrap();
    // The last second is good.
    let before = stage.node.snapshot().unwrap();
    stage.node.set_next_time(deadline).unwrap();
    let call = stage.withdrawal(claim, proof);
    stage
        .node
        .send(stage.on.cast.trader, stage.on.vault, &call)
        .expect("in the last second");
    stage.node.restore(before).unwrap();
}

fn changed_bytes(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let mut flipped = proof.to_vec();
    flipped[proof.len() / 2] ^= 1;
    let shorter = proof[..proof.len() - 32].to_vec();
    let longer = [proof, [0; 32].as_slice()].concat();
    for changed in [flipped, shorter, longer, Vec::new()] {
        let refusal = stage.refused(&stage.withdrawal(claim, &changed.into()));
        assert_eq!(refusal, proof_refused(claim));
    }
}

/// Good proofs of other statements than the one that the vault writes.
#[test]
fn real_proof_chain_other_statements() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
    let claim = stage.claim(&stage.terms, Action::Withdraw, WITHDRAWN);
    let prove = |request: &Request| {
        let made = stage.trader(&tools).prove(&stage.scene.market, request);
        made.expect("a proof").0
    };
    let request = claim.request();

    // A ratio below the agreed one.
    let proof = prove(&Request {
        ratio: request.ratio - 1,
        ..request
    });
    assert_eq!(
        stage.refused(&stage.withdrawal(&claim, &proof)),
        proof_refused(&claim)
    );

    // The scope of another vault, with the nullifier that the account has there.
    let other = scope(CHAIN_ID, stage.on.registry);
    let proof = prove(&Request {
        scope: other,
        ..request
    });
    assert_eq!(
        stage.refused(&stage.withdrawal(&claim, &proof)),
        proof_refused(&claim)
    );

    // An agreement that was opened under the nullifier of another scope.
    let mut terms = stage.terms.clone();
    terms.nullifier = word(
        stage
            .scene
            .secret
            .nullifier(other, stage.scene.account().number),
    );
    stage.open(&terms);
    stage.fund(stage.on.vault, &terms, STAKE);
    let claim = stage.claim(&terms, Action::Withdraw, WITHDRAWN);
    let proof = prove(&claim.request());
    assert_eq!(
        stage.refused(&withdrawal(&terms, &claim, &proof)),
        proof_refused(&claim)
    );
}

/// Proofs under the key of another size, both ways.
#[test]
fn real_proof_chain_other_sizes() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (node, cast, vault) = (&stage.node, stage.on.cast, stage.on.vault);
    let standard = artifact::verifier(Size::Standard).unwrap();
    let made = deploy(node, &stage.contracts, cast.deployer, &standard, &[]);
    let mut terms = stage.terms.clone();
    // Each agreement has one verifier here, so that none stands in for the other.
    terms.verifiers[0] = made.expect("a second verifier").0;
    stage.open(&terms);
    stage.fund(stage.on.vault, &terms, STAKE);
    let load = |size| Tools::load(stage.scene.policy.clone(), size).expect("keys");
    let (small, standard) = (load(Size::Small), load(Size::Standard));
    let prove = |tools: &Tools, claim: &Claim| {
        let made = stage
            .trader(tools)
            .prove(&stage.scene.market, &claim.request());
        made.expect("a proof").0
    };

    let to_small = stage.claim(&stage.terms, Action::Withdraw, WITHDRAWN);
    let proof = prove(&standard, &to_small);
    assert_eq!(
        stage.refused(&stage.withdrawal(&to_small, &proof)),
        proof_refused(&to_small)
    );

    let to_standard = stage.claim(&terms, Action::Withdraw, WITHDRAWN);
    let proof = prove(&small, &to_standard);
    assert_eq!(
        stage.refused(&withdrawal(&terms, &to_standard, &proof)),
        proof_refused(&to_standard)
    );

    // The right size goes through.
    let proof = prove(&standard, &to_standard);
    let receipt = node.send(
        cast.trader,
        vault,
        &withdrawal(&terms, &to_standard, &proof),
    );
    println!(
        "withdrawal on a proof of `standard`: {} gas",
        receipt.expect("paid out").gas
    );
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);
}
