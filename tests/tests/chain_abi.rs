//! The prover's picture of the contracts, against what the compiler says of them.

use std::collections::BTreeMap;

use alloy_primitives::{hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolInterface};
use serde_json::Value;
use zkmargin_chain::abi::{MarginVault, MarginVerifier, MarketOracle, SolvencyRegistry, TestToken};
use zkmargin_chain::artifact::{self, Contract};
use zkmargin_testing::chain::contracts;

/// What a compiled contract has: signatures of functions and errors, topics of events, types of
/// the constructor.
struct Compiled {
    functions: BTreeMap<String, String>,
    items: Vec<(String, String, String)>,
}

impl Compiled {
    fn of(artifact: &Value) -> Self {
        let functions = artifact["methodIdentifiers"]
            .as_object()
            .expect("identifiers");
        let functions = functions.iter().map(|(name, id)| (name.clone(), text(id)));
        let items = artifact["abi"]
            .as_array()
            .expect("an ABI")
            .iter()
            .map(|item| {
                let outputs = types(&item["outputs"]);
                (text(&item["type"]), signature(item), outputs)
            });
        Compiled {
            functions: functions.collect(),
            items: items.collect(),
        }
    }

    /// Functions, errors and events of one contract, by signature.
    fn check<I: SolInterface>(&self, selectors: impl Iterator<Item = [u8; 4]>, what: &str) {
        let mut count = 0;
        for selector in selectors {
            let name = hex::encode(selector);
            let known = self
                .items
                .iter()
                .any(|(kind, signature, _)| kind == what && keccak256(signature)[..4] == selector);
            assert!(known, "{}: no {what} {name} ({})", I::NAME, I::COUNT);
            count += 1;
        }
        assert_eq!(count, I::COUNT);
    }

    /// A function with what it returns.
    fn returns<C: SolCall>(&self, outputs: &str) {
        let id = self.functions.get(C::SIGNATURE);
        assert_eq!(id, Some(&hex::encode(C::SELECTOR)), "{}", C::SIGNATURE);
        let found = self
            .items
            .iter()
            .find(|(_, signature, _)| signature == C::SIGNATURE);
        assert_eq!(
            found.map(|(_, _, found)| found.as_str()),
            Some(outputs),
            "{}",
            C::SIGNATURE
        );
    }

    fn constructor(&self) -> &str {
        let found = self.items.iter().find(|(kind, ..)| kind == "constructor");
        found.map_or("()", |(_, signature, _)| signature)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `name(type,…)`, with structs spelled out.
fn signature(item: &Value) -> String {
    text(&item["name"]) + &types(&item["inputs"])
}

fn types(list: &Value) -> String {
    let one = |item: &Value| match text(&item["type"]).strip_prefix("tuple") {
        Some(array) => types(&item["components"]) + array,
        None => text(&item["type"]),
    };
    let list: Vec<String> = list.as_array().into_iter().flatten().map(one).collect();
    format!("({})", list.join(","))
}

fn compiled(contract: &Contract) -> Option<Compiled> {
    let contracts = contracts()?;
    Some(Compiled::of(
        &contracts.artifact(contract).expect("an artifact"),
    ))
}

#[test]
fn vault_is_as_compiled() {
    let Some(vault) = compiled(&artifact::VAULT) else {
        return;
    };
    use MarginVault as V;
    vault.check::<V::MarginVaultCalls>(V::MarginVaultCalls::selectors(), "function");
    vault.check::<V::MarginVaultErrors>(V::MarginVaultErrors::selectors(), "error");
    let events = [
        V::Opened::SIGNATURE_HASH,
        V::Deposited::SIGNATURE_HASH,
        V::ProofAccepted::SIGNATURE_HASH,
        V::Withdrawn::SIGNATURE_HASH,
        V::FloorLowered::SIGNATURE_HASH,
        V::Announced::SIGNATURE_HASH,
        V::AnnouncementPaid::SIGNATURE_HASH,
        V::MarginCalled::SIGNATURE_HASH,
        V::CallEnded::SIGNATURE_HASH,
        V::CallLapsed::SIGNATURE_HASH,
        V::Seized::SIGNATURE_HASH,
        V::Collected::SIGNATURE_HASH,
    ];
    for event in events {
        let known = vault
            .items
            .iter()
            .any(|(kind, s, _)| kind == "event" && keccak256(s) == event);
        assert!(known, "event {event}");
    }
    vault.returns::<V::agreementCall>(
        "((uint8,uint40,uint40,uint40,uint32,uint32,uint32,uint128,uint128,uint128,uint128,uint128,\
         uint40,address))",
    );
    vault.returns::<V::windowEndCall>("(uint64)");
    vault.returns::<V::setAsideCall>("(uint256)");
    vault.returns::<V::scopeCall>("(uint256)");
    vault.returns::<V::messageForCall>("(uint256)");
    vault.returns::<V::idOfCall>("(bytes32)");
    vault.returns::<V::paymentHashCall>("(bytes32)");
    assert_eq!(V::ProofRefused::SIGNATURE, "ProofRefused(bytes32,uint256)");
}

#[test]
fn oracle_is_as_compiled() {
    let Some(oracle) = compiled(&artifact::ORACLE) else {
        return;
    };
    use MarketOracle as O;
    oracle.check::<O::MarketOracleCalls>(O::MarketOracleCalls::selectors(), "function");
    oracle.check::<O::MarketOracleErrors>(O::MarketOracleErrors::selectors(), "error");
    let topic = O::MarketRecorded::SIGNATURE_HASH;
    assert!(oracle
        .items
        .iter()
        .any(|(kind, s, _)| kind == "event" && keccak256(s) == topic));
    oracle.returns::<O::peekCall>("((uint256,uint64,uint64,uint64))");
    oracle.returns::<O::hashOfCall>("(bytes32)");
    assert_eq!(
        oracle.constructor(),
        "(address,address[],uint256,(uint64,uint64,uint64,uint64,uint64,uint64))"
    );
}

#[test]
fn registry_is_as_compiled() {
    let Some(registry) = compiled(&artifact::REGISTRY) else {
        return;
    };
    use SolvencyRegistry as R;
    registry.check::<R::SolvencyRegistryCalls>(R::SolvencyRegistryCalls::selectors(), "function");
    registry.check::<R::SolvencyRegistryErrors>(R::SolvencyRegistryErrors::selectors(), "error");
    registry.returns::<R::headCall>("((uint64,uint256,uint64,uint64,uint64))");
    registry.returns::<R::rootOfCall>("((uint64,uint256,uint64,uint64,uint64))");
    registry.returns::<R::epochCall>(
        "(((uint256,uint256,uint256,bytes32,address,uint64,uint16,(uint64,uint64,uint128,uint128,uint128)),\
         bytes32,uint64,uint64))",
    );
    registry.returns::<R::countCall>("(uint64)");
}

#[test]
fn verifiers_and_token_are_as_compiled() {
    use MarginVerifier as V;
    for ours in artifact::VERIFIERS {
        let Some(verifier) = compiled(&ours.contract) else {
            return;
        };
        verifier.check::<V::MarginVerifierCalls>(V::MarginVerifierCalls::selectors(), "function");
        verifier.returns::<V::verifyCall>("(bool)");
        verifier.returns::<V::keyDigestCall>("(bytes32)");
        assert_eq!(verifier.constructor(), "()");
    }
    let Some(token) = compiled(&artifact::TOKEN) else {
        return;
    };
    use TestToken as T;
    token.check::<T::TestTokenCalls>(T::TestTokenCalls::selectors(), "function");
    token.check::<T::TestTokenErrors>(T::TestTokenErrors::selectors(), "error");
    assert_eq!(token.constructor(), "(uint8)");
}
