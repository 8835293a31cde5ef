//! Balances from a node, and what contracts signed.

mod agreements;

use std::collections::BTreeSet;

use alloy_primitives::{fixed_bytes, hex, Address, Bytes, FixedBytes, U256};
use alloy_sol_types::{sol, SolCall};
use serde_json::{json, Value};
use zkmargin_engine::units::format_decimal;

use super::blocks::{last_at, shown, tag, Shown};
use super::custody::Facts;
use super::place::{Chain, Holder};
use super::signature::{Scheme, SignatureFault};
use super::{Addresses, Fault, Holding, DECIMALS};
use crate::rpc::Rpc;
use crate::ChainError;

mod interfaces {
    #![allow(missing_docs)]
    super::sol! {
        function balanceOf(address owner) external view returns (uint256);
        function decimals() external view returns (uint8);
        function isValidSignature(bytes32 hash, bytes memory signature)
            external view returns (bytes4);
    }
}
use interfaces::isValidSignatureCall;
pub(super) use interfaces::{balanceOfCall, decimalsCall};

/// What a contract answers that signed (EIP-1271).
const SIGNED: FixedBytes<4> = fixed_bytes!("1626ba7e");

/// What a node was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The node's chain.
    pub chain: Chain,
    /// Places in the file of the addresses that are on it.
    pub checked: BTreeSet<usize>,
    /// Places of contracts that say that they signed.
    pub signed: BTreeSet<usize>,
    /// The block at which the file shows this chain.
    pub block: Option<Shown>,
    /// Places where less can be seen than is claimed, though it may have been there: what is seen,
    /// 1e-18.
    pub less: Vec<(usize, u128)>,
    /// Places where less was at a block that was drawn: the block, and what was there, 1e-18.
    pub drawn: Vec<(usize, u64, u128)>,
    /// Places in the file that are not as claimed.
    pub faults: Vec<(usize, Fault)>,
    /// What is said of agreements, by their places in the file.
    pub custody: Vec<(usize, Facts)>,
}

impl Answers {
    pub(super) fn of(chain: Chain) -> Self {
        Answers {
            chain,
            checked: BTreeSet::new(),
            signed: BTreeSet::new(),
            block: None,
            less: Vec::new(),
            drawn: Vec::new(),
            faults: Vec::new(),
            custody: Vec::new(),
        }
    }
}

/// Compares the claimed balances of one chain with what a node says they were at their blocks and at the
/// moments that were drawn, and asks contracts whether they signed, and of agreements how they stand.
///
/// # Errors
/// When the node cannot be reached, does not know a block any more, or a token is none.
pub fn balances(addresses: &Addresses, drawn: &[u64], rpc: &Rpc) -> Result<Answers, ChainError> {
    let number = quantity("eth_chainId", rpc.request("eth_chainId", json!([]))?)?;
    let number: u64 = number.saturating_to();
    let mut answers = Answers::of(Chain::Numbered(number));
    for (place, holding) in addresses.holdings.iter().enumerate() {
        let Holder::Account { chain, address } = holding.ownership.holder else {
            continue;
        };
        if chain != number {
            continue;
        }
        let block = holding.ownership.block;
        answers.checked.insert(place);
        if answers.block.is_none() {
            answers.block = Some(shown(rpc, block)?);
        }
        let actual = balance(rpc, holding, address, block)?;
        if actual < U256::from(holding.balance) {
            answers.faults.push((
                place,
                Fault::Balance {
                    path: holding.path.clone(),
                    holder: holding.ownership.holder.clone(),
                    block,
                    actual: in_words(actual),
                    claimed: in_words(U256::from(holding.balance)),
                },
            ));
        }
        if let (Scheme::Eip1271, Some(signature)) = (holding.scheme, &holding.signature) {
            match has_signed(rpc, holding, (chain, address), signature)? {
                true => drop(answers.signed.insert(place)),
                false => answers.faults.push((
                    place,
                    Fault::Signature {
                        path: holding.path.clone(),
                        holder: holding.ownership.holder.clone(),
                        fault: SignatureFault::Contract,
                    },
                )),
            }
        }
    }
    answers.drawn = at_drawn(addresses, (number, &answers), drawn, rpc)?;
    for (place, custody) in addresses.custody.iter().enumerate() {
        if custody.place.chain != number {
            continue;
        }
        let shown = match answers.block {
            Some(shown) => shown,
            None => shown(rpc, custody.block)?,
        };
        answers.block = Some(shown);
        let facts = agreements::facts(rpc, custody, shown.time)?;
        answers.custody.push((place, facts));
    }
    Ok(answers)
}

/// Where less than is claimed was at moments that were drawn.
fn at_drawn(
    addresses: &Addresses,
    (number, answers): (u64, &Answers),
    drawn: &[u64],
    rpc: &Rpc,
) -> Result<Vec<(usize, u64, u128)>, ChainError> {
    let mut less = Vec::new();
    if answers.checked.is_empty() {
        return Ok(less);
    }
    for moment in drawn {
        // Before its first block nothing was on the chain.
        let block = last_at(rpc, *moment)?.map(|(block, _)| block);
        for place in &answers.checked {
            let holding = &addresses.holdings[*place];
            let Holder::Account { chain, address } = holding.ownership.holder else {
                continue;
            };
            let seen = match block {
                Some(block) if chain == number => balance(rpc, holding, address, block)?,
                _ => U256::ZERO,
            };
            if let Some(seen) = u128::try_from(seen)
                .ok()
                .filter(|seen| *seen < holding.balance)
            {
                less.push((*place, block.unwrap_or_default(), seen));
            }
        }
    }
    Ok(less)
}

/// Whether a contract says that it signed. One that reverts, or answers anything else, did not.
fn has_signed(
    rpc: &Rpc,
    holding: &Holding,
    (chain, account): (u64, Address),
    signature: &[u8],
) -> Result<bool, ChainError> {
    let call = isValidSignatureCall {
        hash: holding.ownership.typed_hash(chain, account),
        signature: Bytes::copy_from_slice(signature),
    };
    let block = tag(holding.ownership.block);
    // An address without a contract answers nothing.
    let answer = answer(rpc, account, &block, &call)?;
    Ok(answer.is_some_and(|word| word == SIGNED))
}

/// What an address holds, in 1e-18, rounded down.
fn balance(rpc: &Rpc, holding: &Holding, address: Address, block: u64) -> Result<U256, ChainError> {
    let block = tag(block);
    let Some(token) = holding.ownership.token else {
        let params = json!([address, block]);
        return quantity("eth_getBalance", rpc.request("eth_getBalance", params)?);
    };
    let decimals: u8 = call(rpc, token, &block, &decimalsCall {})?;
    let owner = balanceOfCall { owner: address };
    let units: U256 = call(rpc, token, &block, &owner)?;
    Ok(scaled(units, decimals))
}

/// Units of a token in 1e-18, rounded down.
pub(super) fn scaled(units: U256, decimals: u8) -> U256 {
    let far = u32::from(decimals).abs_diff(DECIMALS);
    let scale = U256::from(10).checked_pow(U256::from(far));
    // A scale beyond 256 bits leaves nothing of a balance, or nothing that could be claimed.
    match (u32::from(decimals) > DECIMALS, scale) {
        (true, Some(scale)) => units / scale,
        (true, None) => U256::ZERO,
        (false, Some(scale)) => units.saturating_mul(scale),
        (false, None) => U256::MAX,
    }
}

/// The answer of a contract at a block; none where there is no such contract, or it refuses.
pub(super) fn answer<C: SolCall>(
    rpc: &Rpc,
    to: Address,
    block: &str,
    call: &C,
) -> Result<Option<C::Return>, ChainError> {
    let data = hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": to, "data": data }, block]);
    let output = match rpc.ask("eth_call", params)? {
        Ok(output) => output,
        Err(refusal) if refusal.is_revert() => return Ok(None),
        Err(refusal) => return Err(ChainError::answer("eth_call", refusal.message)),
    };
    let output: Bytes =
        serde_json::from_value(output).map_err(|e| ChainError::answer("eth_call", e))?;
    Ok(C::abi_decode_returns(&output).ok())
}

fn call<C: SolCall>(
    rpc: &Rpc,
    token: Address,
    block: &str,
    call: &C,
) -> Result<C::Return, ChainError> {
    let data = hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": token, "data": data }, block]);
    let output: Bytes = serde_json::from_value(rpc.request("eth_call", params)?)
        .map_err(|e| ChainError::answer("eth_call", e))?;
    C::abi_decode_returns(&output)
        .map_err(|e| ChainError::answer(C::SIGNATURE, format_args!("{token} is no token: {e}")))
}

fn quantity(method: &str, answer: Value) -> Result<U256, ChainError> {
    serde_json::from_value(answer).map_err(|e| ChainError::answer(method, e))
}

fn in_words(balance: U256) -> String {
    let fits = u128::try_from(balance).ok();
    let fits = fits.and_then(|balance| i128::try_from(balance).ok());
    fits.map_or_else(|| "more".to_owned(), |b| format_decimal(b, DECIMALS))
}
