//! An agreement from opening to seizure, on a real chain with real proofs.

use alloy_primitives::U256;
use zkmargin_chain::abi::MarginVault::{self, Action, MarginVaultErrors, Status};
use zkmargin_chain::abi::MarginVerifier;
use zkmargin_chain::binding::word;
use zkmargin_chain::deployment::MAX_AGE;
use zkmargin_chain::trader::Tools;
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::risk::evaluate;
use zkmargin_prover::error::ProverError;
use zkmargin_testing::chain::{
    answer, proof_refused, units, vault_error, withdrawal, Stage, CHAIN_ID, MONEY, STAKE,
};

const WITHDRAWN: u64 = 10_000;
/// A withdrawal's whole transaction, with a tenth to spare.
const GAS_BAR: u64 = 790_000;

#[test]
fn real_proof_chain_story() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
    let trader = stage.trader(&tools);
    let (node, vault, cast, id) = (&stage.node, stage.on.vault, stage.on.cast, stage.id);
    let digest = node
        .call(stage.on.verifier, &MarginVerifier::keyDigestCall {})
        .unwrap();
    assert_eq!(digest, tools.digest());
    let policy = node
        .call(stage.on.verifier, &MarginVerifier::policyCall {})
        .unwrap();
    assert_eq!(policy, word(stage.scene.policy.digest()));
    assert_eq!(
        (stage.dollars(cast.trader), stage.dollars(vault)),
        (0, STAKE)
    );

    // A withdrawal at the first market, with exactly the buffer that it needs.
    let needed = stage.required(id, units(WITHDRAWN));
    assert_eq!(needed, u128::from(WITHDRAWN) * MONEY);
    let claim = stage.claim(id, Action::Withdraw, WITHDRAWN, needed);
    let (proof, _) = trader
        .prove(&stage.scene.market, &claim.request())
        .expect("a proof");
    let receipt = node
        .send(cast.trader, vault, &withdrawal(&claim, &proof))
        .expect("paid out");
    assert!(receipt.gas < GAS_BAR, "{} gas", receipt.gas);
    let accepted = receipt.events::<MarginVault::ProofAccepted>(vault);
    let [accepted] = &accepted[..] else {
        panic!("{accepted:?}")
    };
    assert_eq!(
        (accepted.id, accepted.nonce, accepted.action),
        (id, 0, Action::Withdraw)
    );
    assert_eq!(accepted.market, word(stage.scene.market.digest()));
    assert_eq!(accepted.book, word(stage.book.root()));
    assert_eq!(accepted.buffer, U256::from(needed));
    assert_eq!(
        accepted.message,
        word(claim.intent.message(CHAIN_ID, vault))
    );
    let withdrawn = receipt.events::<MarginVault::Withdrawn>(vault);
    assert_eq!(withdrawn[0].amount, units(WITHDRAWN));
    assert_eq!(withdrawn[0].collateral, units(STAKE - WITHDRAWN));
    let balances = (stage.dollars(cast.trader), stage.dollars(vault));
    assert_eq!(balances, (WITHDRAWN, STAKE - WITHDRAWN));
    assert_eq!(stage.agreement(id).nonce, 1);
    // What was taken out counts on until the next book.
    assert_eq!(stage.required(id, U256::ZERO), needed);

    // A call, a market after it, an answer.
    node.set_next_time(u64::from(START + 300)).unwrap();
    let call = MarginVault::marginCallCall { id };
    let called = node.send(cast.beneficiary, vault, &call).expect("a call");
    let event = &called.events::<MarginVault::MarginCalled>(vault)[0];
    let window = u64::from(stage.terms.window);
    assert_eq!(
        (event.calledAt, event.windowEnd),
        (called.time, called.time + window)
    );
    assert_eq!(stage.agreement(id).status, Status::Called);
    let market = stage.market(360, false);
    stage.record(&market, 5);
    let first = stage.claim(id, Action::Answer, 0, needed);
    let (first_proof, _) = trader.prove(&market, &first.request()).expect("a proof");
    let receipt = node
        .send(cast.trader, vault, &answer(&first, &first_proof))
        .expect("answered");
    let answered = &receipt.events::<MarginVault::Answered>(vault)[0];
    let cooldown = u64::from(stage.terms.cooldown);
    assert_eq!(answered.marketTime, u64::from(market.time()));
    assert_eq!(answered.nextCallAt, receipt.time + cooldown);
    assert_eq!(
        (stage.agreement(id).status, stage.agreement(id).nonce),
        (Status::Active, 2)
    );
    // Not again before the cooldown is over.
    let soon = stage.refusal(cast.beneficiary, vault, &call);
    assert_eq!(soon.name(), "CallTooSoon");

    // The crash, a call, and a prover that makes no proof.
    let crash = stage.market(2_400, true);
    stage.record(&crash, 5);
    let called = node
        .send(cast.beneficiary, vault, &call)
        .expect("a second call");
    let crash = stage.market(2_460, true);
    stage.record(&crash, 5);
    let second = stage.claim(id, Action::Answer, 0, needed);
    let refused = trader
        .prove(&crash, &second.request())
        .expect_err("no proof");
    assert!(matches!(refused, ProverError::Short { .. }), "{refused}");
    let evaluation = evaluate(
        &stage.scene.policy,
        &crash,
        &stage.scene.account().positions,
    )
    .unwrap();
    assert!(evaluation.shortfall(10_000, needed).is_some());
    // The proof of the first answer is about another market and another nonce.
    let stale = answer(&second, &first_proof);
    assert_eq!(stage.refused(&stale), proof_refused(&second));

    // The window passes, with the oracle alive all the time.
    let end = called.time + window;
    let read = || {
        node.call(vault, &MarginVault::windowEndCall { id })
            .unwrap()
    };
    assert_eq!(read(), end);
    let seize = MarginVault::seizeCall { id };
    for seconds in [2_400 + 600, 2_400 + 1_190] {
        stage.record(&stage.market(seconds, true), 5);
        assert_eq!(read(), end);
    }
    assert!(u64::from(START) + 2_400 + 1_190 + MAX_AGE > end);
    node.set_next_time(end).unwrap();
    let early = MarginVault::WindowNotLapsed {
        blockTime: end,
        windowEnd: end,
    };
    let expected = vault_error(MarginVaultErrors::WindowNotLapsed(early));
    assert_eq!(stage.refusal(cast.beneficiary, vault, &seize), expected);
    let receipt = node.send(cast.beneficiary, vault, &seize).expect("seized");
    assert_eq!(receipt.time, end + 1);
    let seized = &receipt.events::<MarginVault::Seized>(vault)[0];
    assert_eq!(
        (seized.beneficiary, seized.amount),
        (cast.beneficiary, units(STAKE - WITHDRAWN))
    );
    assert_eq!(stage.agreement(id).status, Status::Closed);
    assert_eq!(stage.dollars(vault), 0);
    assert_eq!(stage.dollars(cast.trader), WITHDRAWN);
    assert_eq!(stage.dollars(cast.beneficiary), STAKE - WITHDRAWN);
    let closed = MarginVault::AgreementClosed { id };
    let expected = vault_error(MarginVaultErrors::AgreementClosed(closed));
    assert_eq!(stage.refusal(cast.beneficiary, vault, &seize), expected);
}
