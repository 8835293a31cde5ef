//! What a node says of an agreement, at the block of its chain.

use alloy_primitives::{keccak256, Address, Bytes, B256, U256};
use serde_json::json;
use zkmargin_engine::statement::Row;

use super::super::node::{self, block_tag};
use super::Custody;
use crate::abi::MarginVault::{agreementCall, Agreement, Status};
use crate::abi::MarginVerifier::verifyCall;
use crate::abi::{MarketOracle, SolvencyRegistry};
use crate::binding::{scope, word, Intent};
use crate::rpc::Rpc;
use crate::ChainError;

/// What contracts say. Which of them can be believed is not asked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How the vault says that the agreement stands; none where it gives no answer.
    pub status: Option<Status>,
    /// Collateral less what is announced, 1e-18.
    pub balance: u128,
    /// What the token says that the vault holds of it in all, 1e-18.
    pub in_vault: u128,
    /// Keccak-256 of the code of verifiers at their places; none where the terms name none.
    pub codes: [Option<B256>; 3],
    /// Whether the venue has the book of the credit.
    pub book: bool,
    /// Whether the oracle recorded the market of the credit.
    pub market: bool,
    /// Whether the verifier that it names accepts the proof of the credit.
    pub proven: bool,
    /// Time of the block, Unix seconds.
    pub time: u64,
}

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
        block: block_tag(custody.block),
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
        node::answer(self.rpc, to, &self.block, call)
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
        let decimals = self.answer(token, &node::decimalsCall {})?;
        let there = self.answer(token, &node::balanceOfCall { owner: vault })?;
        let (Some(decimals), Some(there), Some(deal)) = (decimals, there, deal) else {
            return Ok((0, 0));
        };
        // An announcement is of at most the collateral.
        let left = deal.collateral.saturating_sub(deal.announced);
        let scaled = |units| node::scaled(units, decimals).saturating_to::<u128>();
        Ok((scaled(U256::from(left)), scaled(there)))
    }
}
