//! Real proofs, used for what they were not made for. Each is honest but for one thing, and each
//! refusal is the exact error; what it was made for goes through at the end.

use alloy_primitives::{Bytes, U256};
use zkmargin_chain::abi::MarginVault::{self, Action, MarginVaultErrors};
use zkmargin_chain::abi::SolvencyRegistry;
use zkmargin_chain::artifact;
use zkmargin_chain::binding::{scope, word};
use zkmargin_chain::deployment::{deploy, MAX_AGE};
use zkmargin_chain::trader::{Claim, Tools};
use zkmargin_circuits::margin::witness::Request;
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::size::Size;
use zkmargin_testing::chain::{
    proof_refused, units, vault_error, withdrawal, Stage, CHAIN_ID, GRACE, MONEY, STAKE,
};

const WITHDRAWN: u64 = 10_000;
/// More than two withdrawals need, so that arithmetic alone refuses nothing.
const SHOWN: u128 = 25_000 * MONEY;

/// One proof of a withdrawal, and everything that it is not good for.
#[test]
fn real_proof_chain_replays() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
    let claim = stage.claim(stage.id, Action::Withdraw, WITHDRAWN, SHOWN);
    let request = claim.request();
    let (proof, _) = stage
        .trader(&tools)
        .prove(&stage.scene.market, &request)
        .expect("a proof");

    another_caller_amount_buffer_or_deadline(&stage, &claim, &proof);
    another_vault(&stage, &claim, &proof);
    another_chain(&stage, &claim, &proof);
    a_later_market(&stage, &claim, &proof);
    a_silent_oracle(&stage, &claim, &proof);
    a_later_book(&stage, &claim, &proof);
    a_passed_deadline(&stage, &claim, &proof);
    changed_bytes(&stage, &claim, &proof);

    // What it was made for, and then the same again.
    let (node, cast, vault) = (&stage.node, stage.on.cast, stage.on.vault);
    assert_eq!(
        stage.agreement(stage.id).nonce,
        0,
        "no refusal spent the nonce"
    );
    node.send(cast.trader, vault, &withdrawal(&claim, &proof))
        .expect("the honest use");
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);
    let mut next = claim;
    next.intent.nonce = 1;
    assert_eq!(
        stage.refused(&withdrawal(&claim, &proof)),
        proof_refused(&next)
    );
    let balances = (stage.dollars(cast.trader), stage.dollars(vault));
    assert_eq!(balances, (WITHDRAWN, STAKE - WITHDRAWN));
    // Many withdrawals need what one of their sum needs.
    next.intent.amount = units(15_001);
    let required = u128::from(WITHDRAWN + 15_001) * MONEY;
    assert_eq!(
        stage.refused(&withdrawal(&next, &proof)),
        too_small(SHOWN, required)
    );
}

fn another_caller_amount_buffer_or_deadline(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let (cast, vault) = (stage.on.cast, stage.on.vault);
    for caller in [cast.stranger, cast.beneficiary, cast.venue] {
        let mut demanded = *claim;
        demanded.intent.caller = caller;
        let refusal = stage.refusal(caller, vault, &withdrawal(claim, proof));
        assert_eq!(refusal, proof_refused(&demanded));
    }
    for amount in [
        units(WITHDRAWN) - U256::from(1),
        units(WITHDRAWN) + U256::from(1),
        units(1),
    ] {
        let mut demanded = *claim;
        demanded.intent.amount = amount;
        assert_eq!(
            stage.refused(&withdrawal(&demanded, proof)),
            proof_refused(&demanded)
        );
    }
    for buffer in [SHOWN - 1, SHOWN + 1, u128::from(WITHDRAWN) * MONEY] {
        let mut demanded = *claim;
        demanded.buffer = buffer;
        assert_eq!(
            stage.refused(&withdrawal(&demanded, proof)),
            proof_refused(&demanded)
        );
    }
    let mut poor = *claim;
    poor.buffer = u128::from(WITHDRAWN) * MONEY - 1;
    let expected = too_small(poor.buffer, poor.buffer + 1);
    assert_eq!(stage.refused(&withdrawal(&poor, proof)), expected);
    let mut later = *claim;
    later.intent.deadline += 1;
    assert_eq!(
        stage.refused(&withdrawal(&later, proof)),
        proof_refused(&later)
    );
    // For another action.
    let mut close = *claim;
    close.intent.action = Action::Close;
    close.intent.amount = U256::ZERO;
    close.buffer = u128::from(STAKE) * MONEY;
    let call = MarginVault::closeCall {
        id: stage.id,
        buffer: close.buffer_word(),
        deadline: close.intent.deadline,
        proof: proof.clone(),
    };
    assert_eq!(stage.refused(&call), proof_refused(&close));
}

/// Another vault with an agreement of the same terms: same identity, other scope and message.
fn another_vault(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let (node, cast) = (&stage.node, stage.on.cast);
    let before = node.snapshot().unwrap();
    let made = deploy(node, &stage.contracts, cast.deployer, &artifact::VAULT, &[]);
    let (other, _) = made.expect("a second vault");
    assert_ne!(scope(CHAIN_ID, other), scope(CHAIN_ID, stage.on.vault));
    let mut there = stage.on.clone();
    there.vault = other;
    let id = stage.id;
    let open = MarginVault::openCall {
        terms: stage.terms.clone(),
    };
    node.send(cast.beneficiary, other, &open)
        .expect("the same terms");
    fund(stage, other, id);
    let mut demanded = *claim;
    demanded.vault = other;
    let refusal = stage.refusal(cast.trader, other, &withdrawal(claim, proof));
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
    there.fund(stage.id, STAKE);
    let mut demanded = *claim;
    demanded.chain_id = CHAIN_ID + 1;
    assert_eq!(
        there.refused(&withdrawal(claim, proof)),
        proof_refused(&demanded)
    );
}

fn a_later_market(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let before = stage.node.snapshot().unwrap();
    stage.record(&stage.market(60, false), 5);
    assert_eq!(
        stage.refused(&withdrawal(claim, proof)),
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
    let refusal = stage.refused(&withdrawal(claim, proof)).to_string();
    assert_eq!(
        refusal,
        format!("MarketTooOld {{ age: {}, limit: {MAX_AGE} }}", MAX_AGE + 1)
    );
    stage.node.restore(before).unwrap();
}

fn a_later_book(stage: &Stage, claim: &Claim, proof: &Bytes) {
    let node = &stage.node;
    let before = node.snapshot().unwrap();
    let (first, root, _) = head(stage);
    assert_eq!((first, root), (0, word(stage.book.root())));
    // The same accounts in another order are another book.
    let mut other = stage.book.clone();
    other.leaves.swap(0, 1);
    stage.claim_root(1, other.root());
    let (second, root, _) = head(stage);
    assert_eq!((second, root), (1, word(other.root())));
    assert_eq!(
        stage.refused(&withdrawal(claim, proof)),
        proof_refused(claim)
    );
    // And a book that is older than the terms allow.
    let age = u64::from(stage.terms.maxBookAge) + 1;
    let (_, _, published) = head(stage);
    let late = stage.market(age as u32, false);
    stage.record(&late, 5);
    let mut later = *claim;
    later.intent.deadline = u64::MAX;
    node.set_next_time(published + age + 10).unwrap();
    let old = MarginVault::BookTooOld {
        age: age + 10,
        maxBookAge: age - 1,
    };
    let expected = vault_error(MarginVaultErrors::BookTooOld(old));
    assert_eq!(stage.refused(&withdrawal(&later, proof)), expected);
    node.restore(before).unwrap();
}

fn head(stage: &Stage) -> (u64, U256, u64) {
    let call = SolvencyRegistry::headCall {
        venue: stage.on.cast.venue,
    };
    let head = stage.node.call(stage.on.registry, &call).unwrap();
    (head.number, head.root, head.time)
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
    assert_eq!(stage.refused(&withdrawal(claim, proof)), expected);
    stage.node.restore(before).unwrap();
    // The last second is good.
    let before = stage.node.snapshot().unwrap();
    stage.node.set_next_time(deadline).unwrap();
    let call = withdrawal(claim, proof);
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
        let refusal = stage.refused(&withdrawal(claim, &changed.into()));
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
    let claim = stage.claim(stage.id, Action::Withdraw, WITHDRAWN, SHOWN);
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
        stage.refused(&withdrawal(&claim, &proof)),
        proof_refused(&claim)
    );

    // The scope of another vault, with the nullifier that the account has there.
    let other = scope(CHAIN_ID, stage.on.registry);
    let proof = prove(&Request {
        scope: other,
        ..request
    });
    assert_eq!(
        stage.refused(&withdrawal(&claim, &proof)),
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
    let id = stage.open(&terms);
    stage.fund(id, STAKE);
    let claim = stage.claim(id, Action::Withdraw, WITHDRAWN, SHOWN);
    let proof = prove(&claim.request());
    assert_eq!(
        stage.refused(&withdrawal(&claim, &proof)),
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
    terms.verifier = made.expect("a second verifier").0;
    let id = stage.open(&terms);
    stage.fund(id, STAKE);
    let load = |size| Tools::load(stage.scene.policy.clone(), size).expect("keys");
    let (small, standard) = (load(Size::Small), load(Size::Standard));
    let prove = |tools: &Tools, claim: &Claim| {
        let made = stage
            .trader(tools)
            .prove(&stage.scene.market, &claim.request());
        made.expect("a proof").0
    };

    let to_small = stage.claim(stage.id, Action::Withdraw, WITHDRAWN, SHOWN);
    let proof = prove(&standard, &to_small);
    assert_eq!(
        stage.refused(&withdrawal(&to_small, &proof)),
        proof_refused(&to_small)
    );

    let to_standard = stage.claim(id, Action::Withdraw, WITHDRAWN, SHOWN);
    let proof = prove(&small, &to_standard);
    assert_eq!(
        stage.refused(&withdrawal(&to_standard, &proof)),
        proof_refused(&to_standard)
    );

    // The right size goes through.
    let proof = prove(&standard, &to_standard);
    let receipt = node.send(cast.trader, vault, &withdrawal(&to_standard, &proof));
    println!(
        "withdrawal on a proof of `standard`: {} gas",
        receipt.expect("paid out").gas
    );
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);
}

/// The trader deposits into an agreement of another vault.
fn fund(stage: &Stage, vault: alloy_primitives::Address, id: alloy_primitives::B256) {
    use zkmargin_chain::abi::TestToken;
    let (node, cast, token, amount) = (&stage.node, stage.on.cast, stage.on.token, units(STAKE));
    let mint = TestToken::mintCall {
        to: cast.trader,
        amount,
    };
    node.send(cast.deployer, token, &mint).expect("minted");
    let approve = TestToken::approveCall {
        spender: vault,
        value: amount,
    };
    node.send(cast.trader, token, &approve).expect("approved");
    node.send(cast.trader, vault, &MarginVault::depositCall { id, amount })
        .expect("deposited");
}

fn too_small(buffer: u128, required: u128) -> zkmargin_chain::revert::Revert {
    vault_error(MarginVaultErrors::BufferTooSmall(
        MarginVault::BufferTooSmall {
            buffer: U256::from(buffer),
            required: U256::from(required),
        },
    ))
}
