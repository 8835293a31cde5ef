//! What a node says of an agreement of custody, at the block of its chain.

use alloy_primitives::{keccak256, Address, Bytes, B256, U256};
use serde_json::json;
use zkmargin_engine::statement::Row;

use super::super::blocks::tag;
use super::super::custody::{Custody, Facts};
use super::{answer, balanceOfCall, decimalsCall, scaled};
use crate::abi::MarginVault::{agreementCall, Agreement};
use crate::abi::MarginVerifier::verifyCall;
use crate::abi::{MarketOracle, SolvencyRegistry};
use crate::binding::{scope, word, Intent};
use crate::rpc::Rpc;
use crate::ChainError;

/// Asks about an agreement.
///
/// # Errors
/// When the node cannot be reached, or does not know the block any more.
pub(in crate::reserves) fn facts(
    rpc: &Rpc,
    custody: &Custody,
    time: u64,
) -> Result<Facts, ChainError> {
    let at = Asking {
        rpc,
        block: tag(custody.block),
    };
    let (terms, vault, credit) = (&custody.terms, custody.place.vault, &custody.credit);
    let deal = at.answer(vault, &agreementCall { id: custody.id() })?;
    let (balance, in_vault) = at.amounts(terms.token, vault, deal.as_ref())?;
    let mut codes = [None; 3];
    for (code, verifier) in codes.iter_mut().zip(terms.verifiers) {
        if !verifier.is_zero() {
            *code = Some(at.code(verifier)?);
        }
    }
    let (venue, number) = (terms.venue, credit.epoch);
    let root = SolvencyRegistry::rootOfCall { venue, number };
    let root = at.answer(terms.registry, &root)?.map(|root| root.root);
    let digest = credit.market;
    let market = at.answer(terms.oracle, &MarketOracle::timeOfCall { digest })?;
    let proven = match (root, terms.verifiers.get(usize::from(credit.verifier))) {
        (Some(root), Some(verifier)) if !verifier.is_zero() => {
            let call = verifyCall {
                proof: credit.proof.clone(),
                statement: statement(custody, root),
            };
            at.answer(*verifier, &call)?.unwrap_or(false)
        }
        _ => false,
    };
    Ok(Facts {
        status: deal.map(|deal| deal.status),
        balance,
        in_vault,
        codes,
        book: root.is_some(),
        market: market.is_some_and(|time| time != 0),
        proven,
        time,
    })
}

/// What the proof of a credit must say.
fn statement(custody: &Custody, book: U256) -> [U256; Row::ALL.len()] {
    let (terms, place) = (&custody.terms, custody.place);
    let message = Intent::credit(custody.id()).message(place.chain, place.vault);
    Row::ALL.map(|row| match row {
        Row::Policy => terms.policy,
        Row::Market => custody.credit.market,
        Row::Book => book,
        Row::Nullifier => terms.nullifier,
        Row::Scope => word(scope(place.chain, place.vault)),
        Row::Message => word(message),
        Row::Ratio => U256::from(terms.ratio),
        Row::Buffer => U256::from(terms.margin),
    })
}

struct Asking<'a> {
    rpc: &'a Rpc,
    block: String,
}

impl Asking<'_> {
    /// An answer; none where there is no such contract, or it refuses.
    fn answer<C: alloy_sol_types::SolCall>(
        &self,
        to: Address,
        call: &C,
    ) -> Result<Option<C::Return>, ChainError> {
        answer(self.rpc, to, &self.block, call)
    }

    fn code(&self, at: Address) -> Result<B256, ChainError> {
        const METHOD: &str = "eth_getCode";
        let code = self.rpc.request(METHOD, json!([at, self.block]))?;
        let code: Bytes =
            serde_json::from_value(code).map_err(|e| ChainError::answer(METHOD, e))?;
        Ok(keccak256(code))
    }

    /// What is left to count of an agreement, and all that its vault has, in 1e-18.
    fn amounts(
        &self,
        token: Address,
        vault: Address,
        deal: Option<&Agreement>,
    ) -> Result<(u128, u128), ChainError> {
        let decimals = self.answer(token, &decimalsCall {})?;
        let there = self.answer(token, &balanceOfCall { owner: vault })?;
        let (Some(decimals), Some(there), Some(deal)) = (decimals, there, deal) else {
            return Ok((0, 0));
        };
        // An announcement is of at most the collateral.
        let left = deal.collateral.saturating_sub(deal.announced);
        let scaled = |units| scaled(units, decimals).saturating_to::<u128>();
        Ok((scaled(U256::from(left)), scaled(there)))
    }
}
