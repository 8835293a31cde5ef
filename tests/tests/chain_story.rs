//! A pledge and a custody agreement from opening to their ends, on a real chain with real proofs.

use alloy_primitives::{Address, U256};
use zkmargin_chain::abi::MarginVault::{self, Action, CallEnd, MarginVaultErrors, Status};
use zkmargin_chain::abi::MarginVerifier;
use zkmargin_chain::binding::{agreement_id, word};
use zkmargin_chain::signer::{Acknowledgement, Payment};
use zkmargin_chain::trader::Tools;
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::risk::evaluate;
use zkmargin_prover::error::ProverError;
use zkmargin_testing::chain::{
    proof_refused, units, vault_error, withdrawal, Stage, CHAIN_ID, FLOOR, MARGIN, STAKE,
};

const WITHDRAWN: u64 = 10_000;
/// Dollars that the lender's second call demands.
const DUE: u64 = 15_000;
/// A withdrawal's whole transaction, with a tenth to spare.
const GAS_BAR: u64 = 770_000;

#[test]
fn real_proof_chain_pledge() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
    verifier_is_ours(&stage, &tools);
    withdraws(&stage, &tools);
    let stale = answers(&stage, &tools);
    falls_short(&stage, &tools, &stale);
    is_seized(&stage);
}

fn verifier_is_ours(stage: &Stage, tools: &Tools) {
    let node = &stage.node;
    let digest = node.call(stage.on.verifier, &MarginVerifier::keyDigestCall {});
    assert_eq!(digest.unwrap(), tools.digest());
    let policy = node.call(stage.on.verifier, &MarginVerifier::policyCall {});
    assert_eq!(policy.unwrap(), word(stage.scene.policy.digest()));
}

/// What is above the floor, on a proof that a stranger sends; one unit more does not go.
fn withdraws(stage: &Stage, tools: &Tools) {
    let (node, vault, cast, id) = (&stage.node, stage.on.vault, stage.on.cast, stage.id);
    let claim = stage.claim(&stage.terms, Action::Withdraw, WITHDRAWN);
    let (proof, _) = stage
        .trader(tools)
        .prove(&stage.scene.market, &claim.request())
        .expect("a proof");
    let receipt = node
        .send(cast.stranger, vault, &stage.withdrawal(&claim, &proof))
        .expect("paid out");
    assert!(receipt.gas < GAS_BAR, "{} gas", receipt.gas);
    let accepted = &receipt.events::<MarginVault::ProofAccepted>(vault)[0];
    assert_eq!(
        (accepted.id, accepted.nonce, accepted.action),
        (id, 0, Action::Withdraw)
    );
    assert_eq!(accepted.market, word(stage.scene.market.digest()));
    assert_eq!(accepted.book, word(stage.book.root()));
    let message = claim.intent.message(CHAIN_ID, vault);
    assert_eq!(accepted.message, word(message));
    let withdrawn = &receipt.events::<MarginVault::Withdrawn>(vault)[0];
    assert_eq!(withdrawn.collateral, units(STAKE - WITHDRAWN));
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);

    let mut greedy = stage.claim(&stage.terms, Action::Withdraw, STAKE - WITHDRAWN - FLOOR);
    greedy.intent.amount += U256::from(1);
    let too_large = MarginVault::AmountTooLarge {
        amount: greedy.intent.amount,
        available: units(STAKE - WITHDRAWN - FLOOR),
    };
    let expected = vault_error(MarginVaultErrors::AmountTooLarge(too_large));
    assert_eq!(stage.refused(&stage.withdrawal(&greedy, &proof)), expected);
}

/// A call, a market after it, an answer; and no call before the cooldown is over.
fn answers(stage: &Stage, tools: &Tools) -> alloy_primitives::Bytes {
    let (node, vault, cast) = (&stage.node, stage.on.vault, stage.on.cast);
    node.set_next_time(u64::from(START + 300)).unwrap();
    let call = stage.margin_call(DUE);
    let called = node.send(cast.beneficiary, vault, &call).expect("a call");
    let event = &called.events::<MarginVault::MarginCalled>(vault)[0];
    let window = u64::from(stage.terms.window);
    assert_eq!((event.call, event.windowEnd), (1, called.time + window));
    assert_eq!(stage.agreement(stage.id).status, Status::Called);
    let market = stage.market(360, false);
    stage.record(&market, 5);
    let claim = stage.claim(&stage.terms, Action::Answer, 0);
    let (proof, _) = stage
        .trader(tools)
        .prove(&market, &claim.request())
        .expect("a proof");
    let receipt = node
        .send(cast.trader, vault, &stage.answer(&claim, &proof))
        .expect("answered");
    let ended = &receipt.events::<MarginVault::CallEnded>(vault)[0];
    let cooldown = u64::from(stage.terms.cooldown);
    assert_eq!(
        (ended.how, ended.nextCallAt),
        (CallEnd::Answered, receipt.time + cooldown)
    );
    let soon = stage.refusal(cast.beneficiary, vault, &call);
    assert_eq!(soon.name(), "CallTooSoon");
    proof
}

/// The crash, a second call, and a prover that makes no proof.
fn falls_short(stage: &Stage, tools: &Tools, stale: &alloy_primitives::Bytes) {
    let (node, vault, cast) = (&stage.node, stage.on.vault, stage.on.cast);
    stage.record(&stage.market(5_400, true), 5);
    node.send(cast.beneficiary, vault, &stage.margin_call(DUE))
        .expect("a second call");
    let crash = stage.market(5_460, true);
    stage.record(&crash, 5);
    // The venue has been silent for longer than its books are good for.
    let claim = stage.claim(&stage.terms, Action::Answer, 0);
    let refused = stage.refused(&stage.answer(&claim, stale));
    assert_eq!(refused.name(), "BookTooOld");
    let refused = stage.trader(tools).prove(&crash, &claim.request());
    let refused = refused.expect_err("no proof");
    assert!(matches!(refused, ProverError::Short { .. }), "{refused}");
    let positions = &stage.scene.account().positions;
    let evaluation = evaluate(&stage.scene.policy, &crash, positions).unwrap();
    assert!(evaluation.shortfall(10_000, MARGIN).is_some());
}

/// Silence extends the window up to patience, during which the last market and book count; what is
/// due is taken, the rest is the trader's.
fn is_seized(stage: &Stage) {
    let (node, vault, cast, id) = (&stage.node, stage.on.vault, stage.on.cast, stage.id);
    let called = stage.agreement(id).calledAt.to::<u64>();
    let end = called + u64::from(stage.terms.window + stage.terms.patience);
    let lapse = MarginVault::recordLapseCall {
        terms: stage.terms.clone(),
        epochs: Vec::new(),
    };
    node.set_next_time(end).unwrap();
    let early = MarginVault::WindowNotLapsed {
        blockTime: end,
        windowEnd: end,
    };
    let expected = vault_error(MarginVaultErrors::WindowNotLapsed(early));
    assert_eq!(stage.refusal(cast.stranger, vault, &lapse), expected);
    let seize = MarginVault::seizeCall {
        terms: stage.terms.clone(),
        to: cast.beneficiary,
    };
    let expected = vault_error(MarginVaultErrors::NotLapsed(MarginVault::NotLapsed { id }));
    assert_eq!(stage.refusal(cast.beneficiary, vault, &seize), expected);
    node.send(cast.stranger, vault, &lapse).expect("on record");
    let receipt = node.send(cast.beneficiary, vault, &seize).expect("seized");
    let seized = &receipt.events::<MarginVault::Seized>(vault)[0];
    assert_eq!(seized.amount, units(DUE));
    assert_eq!(stage.agreement(id).status, Status::Closed);
    assert_eq!(stage.dollars(cast.beneficiary), DUE);
    let collect = MarginVault::collectCall {
        terms: stage.terms.clone(),
        to: cast.refund,
    };
    node.send(cast.refund, vault, &collect).expect("collected");
    assert_eq!(stage.dollars(cast.refund), STAKE - WITHDRAWN - DUE);
    assert_eq!(stage.dollars(vault), 0);
}

/// A beneficiary who is content off chain ends a call by a signature.
#[test]
fn chain_call_ends_by_the_beneficiary_s_signature() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (node, vault, cast, id) = (&stage.node, stage.on.vault, stage.on.cast, stage.id);
    node.send(cast.beneficiary, vault, &stage.margin_call(DUE))
        .expect("a call");
    let deadline = node.time().unwrap() + 60;
    let what = Acknowledgement {
        id,
        call: 1,
        deadline,
    };
    let signed = |by| MarginVault::acknowledgeCall {
        terms: stage.terms.clone(),
        deadline,
        signature: stage.on.signed(by, &what).unwrap(),
    };
    let forged = stage.refused(&signed(&stage.on.venue_key));
    assert_eq!(forged.name(), "BadSignature");
    let call = signed(&stage.on.beneficiary_key);
    let receipt = node.send(cast.trader, vault, &call).expect("acknowledged");
    let ended = &receipt.events::<MarginVault::CallEnded>(vault)[0];
    assert_eq!(ended.how, CallEnd::Acknowledged);
}

/// A withdrawal from custody: announced with a proof of the secret, paid on the venue's signature.
#[test]
fn real_proof_chain_custody() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
    let (node, vault, cast) = (&stage.node, stage.on.vault, stage.on.cast);
    let (policy, nullifier) = (stage.terms.policy, stage.terms.nullifier);
    let terms = stage.on.custody(policy, nullifier, START.into());
    let id = agreement_id(&terms);
    stage.open(&terms);
    stage.fund(vault, &terms, STAKE);

    let claim = stage.claim(&terms, Action::Announce, WITHDRAWN);
    let market = &stage.scene.market;
    let made = stage.trader(&tools).prove(market, &claim.request());
    let announce = MarginVault::announceBySecretCall {
        terms: terms.clone(),
        amount: claim.intent.amount,
        to: cast.trader,
        proof: MarginVault::SecretProof {
            verifier: 0,
            market: word(market.digest()),
            book: word(stage.book.root()),
            deadline: claim.intent.deadline,
            data: made.expect("a proof").0,
        },
    };
    let mut elsewhere = announce.clone();
    elsewhere.to = cast.stranger;
    let mut demanded = claim;
    demanded.intent.recipient = cast.stranger;
    assert_eq!(stage.refused(&elsewhere), proof_refused(&demanded));
    node.send(cast.stranger, vault, &announce)
        .expect("announced");

    // A pledge's withdrawal is none here.
    let wrong = withdrawal(&terms, &claim, &announce.proof.data);
    assert_eq!(stage.refused(&wrong).name(), "WrongForm");
    let deadline = node.time().unwrap() + 60;
    let what = Payment {
        id,
        announcement: 1,
        amount: units(WITHDRAWN),
        recipient: cast.trader,
        deadline,
    };
    let pay = MarginVault::payAnnouncedCall {
        terms,
        deadline,
        signature: stage.on.signed(&stage.on.venue_key, &what).unwrap(),
    };
    node.send(cast.stranger, vault, &pay).expect("paid");
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);
    let spent = stage.refused(&pay);
    assert_eq!(spent.name(), "NoAnnouncement");
    let deal = stage.agreement(id);
    assert_eq!((deal.announcement, deal.recipient), (1, Address::ZERO));
}
