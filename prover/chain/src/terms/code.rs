//! Whether verifiers on a chain are those that this repository generates, and work there.
//!
//! A contract may say anything of itself, so code is compared: with what deploying the compiled
//! contract would leave, asked of the node without a transaction. The one thing in which a verifier
//! differs from another of the same key is the address of its second contract, whose code is
//! compared as a whole. Then it is asked about a proof that is known to be good: a chain may lack the
//! precompiled contracts that it needs, or price them beyond a transaction.

use alloy_primitives::{keccak256, Address, Bytes, B256, U256};
use serde::Deserialize;

use super::super::abi::MarginVerifier::{policyCall, verifyCall};
use super::super::artifact::{Contracts, Verifier, VERIFIERS};
use super::super::error::ChainError;
use super::super::node::Node;

/// What was found of one verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The contract.
    pub verifier: Address,
    /// Keccak-256 of its code.
    pub code: B256,
    /// Which of ours it is by its code; none where it is another contract.
    pub ours: Option<Verifier>,
    /// Whether it accepts a good proof here; none where no proof is known for it.
    pub works: Option<bool>,
    /// Whether it is of the policy of the terms, by its own word.
    pub policy: bool,
}

impl Finding {
    /// Whether nothing about it has to be taken on trust.
    pub fn is_good(&self) -> bool {
        self.ours.is_some() && self.works == Some(true) && self.policy
    }
}

#[derive(Deserialize)]
struct Known {
    proof: Bytes,
    statement: [U256; 8],
}

/// A good proof for one of our verifiers.
fn known(verifier: Verifier) -> Option<Known> {
    serde_json::from_str(verifier.proof).ok()
}

/// Looks at a verifier that terms name, beside the compiled contracts.
///
/// # Errors
/// When the contracts are not compiled, or the node fails.
pub fn examine(
    node: &Node,
    contracts: &Contracts,
    verifier: Address,
    policy: U256,
) -> Result<Finding, ChainError> {
    let code = node.code(verifier)?;
    let mut ours = None;
    for candidate in VERIFIERS {
        if is_verifier(node, contracts, &code, &candidate)? {
            ours = Some(candidate);
            break;
        }
    }
    let works = match ours.and_then(known) {
        Some(Known { proof, statement }) => {
            let call = verifyCall { proof, statement };
            // A refusal is no answer of a verifier: it does not work here.
            Some(answered(node.call(verifier, &call))?.unwrap_or(false))
        }
        None => None,
    };
    let told = answered(node.call(verifier, &policyCall {}))?;
    Ok(Finding {
        verifier,
        code: keccak256(code),
        ours,
        works,
        policy: told == Some(policy),
    })
}

/// An answer; none where the contract refused or is something else.
fn answered<T>(asked: Result<T, ChainError>) -> Result<Option<T>, ChainError> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(ChainError::Reverted(_) | ChainError::Answer { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_verifier(
    node: &Node,
    contracts: &Contracts,
    code: &[u8],
    Verifier { contract, key, .. }: &Verifier,
) -> Result<bool, ChainError> {
    let mut found = code.to_vec();
    let mut wanted = node.would_deploy(&contracts.creation(contract)?)?.to_vec();
    if found.len() != wanted.len() {
        return Ok(false);
    }
    let mut second = None;
    for (start, length) in contracts.immutables(contract)? {
        let (Some(word), Some(other)) = (
            found.get_mut(start..start + length),
            wanted.get_mut(start..start + length),
        ) else {
            return Ok(false);
        };
        if length == 32 {
            second = Some(Address::from_slice(&word[12..]));
        }
        word.fill(0);
        other.fill(0);
    }
    let Some(second) = second else {
        return Ok(false);
    };
    let data = node.would_deploy(&contracts.creation(key)?)?;
    Ok(found == wanted && !data.is_empty() && node.code(second)? == data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_good_proof_for_each_generated_verifier() {
        for verifier in VERIFIERS {
            let known = known(verifier).expect("a fixture");
            assert!(known.proof.len() > 3_000);
            assert!(known.statement.iter().all(|word| *word < U256::MAX >> 2));
        }
    }
}
