//! Balances from a node.

use alloy_primitives::{hex, Address, Bytes, U256};
use alloy_sol_types::{sol, SolCall};
use serde_json::{json, Value};
use zkmargin_engine::units::format_decimal;

use super::{Addresses, Fault, Holding, DECIMALS};
use crate::rpc::Rpc;
use crate::ChainError;

mod erc20 {
    #![allow(missing_docs)]
    super::sol! {
        function balanceOf(address owner) external view returns (uint256);
        function decimals() external view returns (uint8);
    }
}

/// What a node was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The node's chain.
    pub chain_id: u64,
    /// Places in the file of the addresses that are on it.
    pub checked: Vec<usize>,
    /// The block at which the file shows this chain, and its time in seconds since 1970.
    pub block: Option<(u64, u64)>,
    /// Places in the file whose balance is less than claimed.
    pub faults: Vec<(usize, Fault)>,
}

/// Compares the claimed balances of one chain with what a node says they were at their blocks.
///
/// # Errors
/// When the node cannot be reached, does not know a block any more, or a token is none.
pub fn balances(addresses: &Addresses, rpc: &Rpc) -> Result<Answers, ChainError> {
    let chain_id = quantity("eth_chainId", rpc.request("eth_chainId", json!([]))?)?;
    let chain_id = chain_id.saturating_to();
    let mut answers = Answers {
        chain_id,
        checked: Vec::new(),
        block: None,
        faults: Vec::new(),
    };
    for (place, holding) in addresses.holdings.iter().enumerate() {
        if holding.ownership.chain_id != chain_id {
            continue;
        }
        answers.checked.push(place);
        if answers.block.is_none() {
            let block = holding.ownership.block;
            answers.block = Some((block, time(rpc, block)?));
        }
        let actual = balance(rpc, holding)?;
        if actual < U256::from(holding.balance) {
            answers.faults.push((
                place,
                Fault::Balance {
                    path: holding.path.clone(),
                    address: holding.ownership.address,
                    block: holding.ownership.block,
                    actual: shown(actual),
                    claimed: shown(U256::from(holding.balance)),
                },
            ));
        }
    }
    Ok(answers)
}

/// What an address holds, in 1e-18, rounded down.
fn balance(rpc: &Rpc, holding: &Holding) -> Result<U256, ChainError> {
    let block = format!("0x{:x}", holding.ownership.block);
    let address = holding.ownership.address;
    let Some(token) = holding.token else {
        let params = json!([address, block]);
        return quantity("eth_getBalance", rpc.request("eth_getBalance", params)?);
    };
    let decimals: u8 = call(rpc, token, &block, &erc20::decimalsCall {})?;
    let owner = erc20::balanceOfCall { owner: address };
    let units: U256 = call(rpc, token, &block, &owner)?;
    let scale = |places: u32| U256::from(10).checked_pow(U256::from(places));
    let far = u32::from(decimals).abs_diff(DECIMALS);
    // A scale beyond 256 bits leaves nothing of a balance, or nothing that could be claimed.
    Ok(match (u32::from(decimals) > DECIMALS, scale(far)) {
        (true, Some(scale)) => units / scale,
        (true, None) => U256::ZERO,
        (false, Some(scale)) => units.saturating_mul(scale),
        (false, None) => U256::MAX,
    })
}

/// Time of a block in seconds since 1970.
fn time(rpc: &Rpc, block: u64) -> Result<u64, ChainError> {
    const METHOD: &str = "eth_getBlockByNumber";
    let found = rpc.request(METHOD, json!([format!("0x{block:x}"), false]))?;
    match found.get("timestamp") {
        Some(time) => Ok(quantity(METHOD, time.clone())?.saturating_to()),
        None => {
            let problem = format!("there is no block {block}");
            Err(ChainError::answer(METHOD, problem))
        }
    }
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

fn shown(balance: U256) -> String {
    let fits = u128::try_from(balance).ok();
    let fits = fits.and_then(|balance| i128::try_from(balance).ok());
    fits.map_or_else(|| "more".to_owned(), |b| format_decimal(b, DECIMALS))
}
