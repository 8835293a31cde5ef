//! What needs a chain but no proof: bindings, signatures, windows. Proofs here are empty; each
//! refusal comes before the verifier is asked.

use alloy_primitives::{Address, Bytes, B256, U256};
use zkmargin_chain::abi::MarginVault::{self, Action, MarginVaultErrors, Status};
use zkmargin_chain::abi::MarketOracle::{self, MarketOracleErrors};
use zkmargin_chain::abi::SolvencyRegistry::{self, SolvencyRegistryErrors};
use zkmargin_chain::anvil::Anvil;
use zkmargin_chain::binding::{agreement_id, scope, word, Intent};
use zkmargin_chain::deployment::MAX_AGE;
use zkmargin_chain::node::Node;
use zkmargin_chain::revert::Revert;
use zkmargin_chain::signer::{market_hash, vault_hash, Acknowledgement, Payment};
use zkmargin_desk::scene::START;
use zkmargin_testing::chain::{contracts, vault_error, Stage, CHAIN_ID};

#[test]
fn chain_bindings_are_those_of_the_contracts() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (vault, node) = (stage.on.vault, &stage.node);
    let on_chain = node.call(vault, &MarginVault::scopeCall {}).unwrap();
    assert_eq!(on_chain, word(scope(CHAIN_ID, vault)));
    let terms = stage.terms.clone();
    let on_chain = node.call(vault, &MarginVault::idOfCall { terms }).unwrap();
    assert_eq!(on_chain, agreement_id(&stage.terms));

    let largest = Intent {
        id: B256::repeat_byte(0xff),
        action: Action::Credit,
        amount: U256::MAX,
        nonce: u32::MAX,
        deadline: u64::MAX,
        recipient: Address::repeat_byte(0xff),
        number: u32::MAX,
    };
    let actions = [Action::Withdraw, Action::Answer, Action::Announce];
    let intents = actions.map(|action| Intent {
        id: stage.id,
        action,
        amount: U256::from(7),
        nonce: 3,
        deadline: u64::from(START) + 60,
        recipient: stage.on.cast.trader,
        number: 2,
    });
    for intent in intents.into_iter().chain([largest]) {
        let call = MarginVault::messageForCall {
            id: intent.id,
            action: intent.action,
            amount: intent.amount,
            nonce: intent.nonce,
            deadline: intent.deadline,
            recipient: intent.recipient,
            number: intent.number,
        };
        let on_chain = node.call(vault, &call).unwrap();
        assert_eq!(
            on_chain,
            word(intent.message(CHAIN_ID, vault)),
            "{intent:?}"
        );
    }
    signatures_are_over_what_the_vault_hashes(&stage);

    let (time, digest) = (u64::MAX, U256::MAX);
    let call = MarketOracle::hashOfCall { time, digest };
    let on_chain = node.call(stage.on.oracle, &call).unwrap();
    assert_eq!(
        on_chain,
        market_hash(CHAIN_ID, stage.on.oracle, time, digest)
    );
}

#[test]
fn chain_oracle_takes_two_different_signers() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let market = stage.market(360, false);
    stage
        .node
        .set_next_time(u64::from(market.time()) + 5)
        .unwrap();
    let submit = |signatures: Vec<Bytes>| MarketOracle::submitCall {
        time: market.time().into(),
        digest: word(market.digest()),
        signatures,
    };
    let signed = |by: &[usize]| stage.on.signatures(&market, by).unwrap();
    let (oracle, relayer) = (stage.on.oracle, stage.on.cast.relayer);
    let refusal = |signatures| stage.refusal(relayer, oracle, &submit(signatures));
    let [first, second, third] = [0, 1, 2].map(|number: usize| stage.on.signers[number].address());

    let few = MarketOracle::TooFewSignatures {
        given: U256::from(1),
        threshold: U256::from(2),
    };
    assert_eq!(
        refusal(signed(&[0])),
        Revert::Oracle(MarketOracleErrors::TooFewSignatures(few))
    );
    for (by, previous, signer) in [([2, 2], third, third), ([1, 0], second, first)] {
        let twice = MarketOracle::SignersNotSorted { previous, signer };
        let expected = Revert::Oracle(MarketOracleErrors::SignersNotSorted(twice));
        assert_eq!(refusal(signed(&by)), expected);
    }
    // Good signatures over another market recover to somebody else.
    let other = stage
        .on
        .signatures(&stage.market(300, false), &[0, 1])
        .unwrap();
    assert_eq!(refusal(other).name(), "UnknownSigner");
    stage
        .node
        .send(relayer, oracle, &submit(signed(&[0, 2])))
        .expect("two of three");
    let held = stage.node.call(oracle, &MarketOracle::peekCall {}).unwrap();
    assert_eq!(
        (held.digest, held.time),
        (word(market.digest()), market.time().into())
    );
}

fn signatures_are_over_what_the_vault_hashes(stage: &Stage) {
    let (vault, node, id) = (stage.on.vault, &stage.node, stage.id);
    let (deadline, recipient) = (u64::MAX, stage.on.cast.refund);
    let acknowledgement = MarginVault::acknowledgementHashCall {
        id,
        call: 3,
        deadline,
    };
    let ours = Acknowledgement {
        id,
        call: 3,
        deadline,
    };
    assert_eq!(
        node.call(vault, &acknowledgement).unwrap(),
        vault_hash(CHAIN_ID, vault, &ours)
    );
    let amount = U256::from(9);
    let payment = MarginVault::paymentHashCall {
        id,
        announcement: 4,
        amount,
        recipient,
        deadline,
    };
    let ours = Payment {
        id,
        announcement: 4,
        amount,
        recipient,
        deadline,
    };
    assert_eq!(
        node.call(vault, &payment).unwrap(),
        vault_hash(CHAIN_ID, vault, &ours)
    );
}

#[test]
fn chain_calls_have_their_time() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (id, cast, vault, node) = (stage.id, stage.on.cast, stage.on.vault, &stage.node);
    let none = Bytes::new();
    let claim = stage.claim(&stage.terms, Action::Answer, 0);
    let no_call = MarginVault::NoCall { id };
    let expected = vault_error(MarginVaultErrors::NoCall(no_call));
    assert_eq!(stage.refused(&stage.answer(&claim, &none)), expected);

    let call = stage.margin_call(1);
    for caller in [cast.trader, cast.stranger, cast.venue] {
        let allowed = cast.beneficiary;
        let error = MarginVault::NotAllowed { caller, allowed };
        let expected = vault_error(MarginVaultErrors::NotAllowed(error));
        assert_eq!(stage.refusal(caller, vault, &call), expected);
    }
    let called = node.send(cast.beneficiary, vault, &call).unwrap().time;

    // The market was there before the call: no answer, and nothing leaves.
    let before = MarginVault::MarketBeforeCall {
        marketTime: START.into(),
        calledAt: called,
    };
    let expected = vault_error(MarginVaultErrors::MarketBeforeCall(before));
    assert_eq!(stage.refused(&stage.answer(&claim, &none)), expected);

    // All fall silent: the window ends when patience does.
    let end = called + u64::from(stage.terms.window + stage.terms.patience);
    let windows = MarginVault::windowEndCall {
        terms: stage.terms.clone(),
        epochs: vec![0],
    };
    node.pass(u64::from(stage.terms.window)).unwrap();
    assert_eq!(node.call(vault, &windows).unwrap(), end);
    node.set_next_time(end).unwrap();
    let lapse = MarginVault::recordLapseCall {
        terms: stage.terms.clone(),
        epochs: vec![0],
    };
    let early = MarginVault::WindowNotLapsed {
        blockTime: end,
        windowEnd: end,
    };
    let expected = vault_error(MarginVaultErrors::WindowNotLapsed(early));
    assert_eq!(stage.refusal(cast.stranger, vault, &lapse), expected);
    let receipt = node.send(cast.stranger, vault, &lapse).expect("a lapse");
    assert_eq!(receipt.time, end + 1);
    assert_eq!(stage.agreement(id).status, Status::Lapsed);
}

/// There is nothing to prove against where nothing was published.
#[test]
fn chain_opens_only_at_a_venue_with_a_book() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let mut terms = stage.terms.clone();
    terms.venue = stage.on.cast.stranger;
    let venue = terms.venue;
    let open = MarginVault::openCall { terms };
    let none = SolvencyRegistry::NoEpoch { venue, number: 0 };
    let expected = Revert::Registry(SolvencyRegistryErrors::NoEpoch(none));
    assert_eq!(stage.refused(&open), expected);
}

/// A call while the oracle is silent: the event says how long it will really last.
#[test]
fn chain_calls_in_silence_say_when_they_end() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let (vault, node) = (stage.on.vault, &stage.node);
    node.set_next_time(u64::from(START) + MAX_AGE + 1).unwrap();
    let call = stage.margin_call(1);
    let receipt = node.send(stage.on.cast.beneficiary, vault, &call).unwrap();
    let event = &receipt.events::<MarginVault::MarginCalled>(vault)[0];
    let patient = u64::from(stage.terms.window + stage.terms.patience);
    assert_eq!(event.windowEnd, receipt.time + patient);
    let end = MarginVault::windowEndCall {
        terms: stage.terms.clone(),
        epochs: Vec::new(),
    };
    assert_eq!(node.call(vault, &end).unwrap(), event.windowEnd);
}

#[test]
fn chain_stops_when_dropped() {
    let Some(contracts) = contracts() else { return };
    let program = Anvil::find(None, contracts.folder()).unwrap();
    let anvil = Anvil::start(&program, 7, START.into()).unwrap();
    let url = anvil.url().to_owned();
    let node = Node::connect(&url).unwrap();
    assert_eq!((node.chain_id(), node.time().unwrap()), (7, START.into()));
    drop(anvil);
    let error = Node::connect(&url).unwrap_err().to_string();
    assert!(error.contains("hint: check that the node runs"), "{error}");
}
