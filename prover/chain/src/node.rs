//! A chain behind a node: calls, transactions, receipts, and the clock of a local chain.

use std::time::{Duration, Instant};

use alloy_primitives::{hex, Address, Bytes, B256, U256};
use alloy_sol_types::{SolCall, SolEvent};
use serde::Deserialize;
use serde_json::{json, Value};

use super::error::ChainError;
use super::revert::{Revert, Reverted};
use super::rpc::Rpc;

/// Gas that every transaction may use; a chain takes no more for one since Osaka.
const GAS_LIMIT: u64 = 16_000_000;
/// A local chain makes a block for each transaction, in well under a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks for a receipt.
const PAUSE: Duration = Duration::from_millis(3);

/// A node and the accounts that it holds keys of.
#[derive(Debug)]
pub struct Node {
    rpc: Rpc,
    chain_id: u64,
}

/// What became of a transaction that went through.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Gas of the whole transaction.
    pub gas: u64,
    /// Time of its block, Unix seconds.
    pub time: u64,
    /// The contract that it made, if any.
    pub created: Option<Address>,
    /// Bytes of calldata.
    pub input_bytes: usize,
    logs: Vec<Log>,
}

#[derive(Clone, Debug, Deserialize)]
struct Log {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Receipt {
    /// The events of one kind that a contract emitted.
    pub fn events<E: SolEvent>(&self, contract: Address) -> Vec<E> {
        let from = self.logs.iter().filter(|log| log.address == contract);
        from.filter_map(|log| E::decode_raw_log(&log.topics, &log.data).ok())
            .collect()
    }
}

/// A receipt as the node writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReceipt {
    status: U256,
    gas_used: U256,
    block_number: U256,
    contract_address: Option<Address>,
    logs: Vec<Log>,
}

#[derive(Deserialize)]
struct RawBlock {
    timestamp: U256,
}

/// One call inside a transaction, as the node's tracer writes it.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    output: Option<Bytes>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    calls: Vec<Frame>,
}

impl Frame {
    /// The contract where the refusal began: the last inner call that failed with the same words.
    fn origin(&self) -> Option<Address> {
        let same = |inner: &&Frame| inner.error.is_some() && inner.output == self.output;
        let deeper = self.calls.last().filter(same).and_then(Frame::origin);
        deeper.or(self.to)
    }
}

impl Node {
    /// Connects to a node.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn connect(url: &str) -> Result<Self, ChainError> {
        let mut node = Node {
            rpc: Rpc::new(url),
            chain_id: 0,
        };
        node.chain_id = node.get::<U256>("eth_chainId", json!([]))?.saturating_to();
        Ok(node)
    }

    /// Number of the chain.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The client that asks it.
    #[cfg(feature = "proofs")]
    pub(crate) fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// The accounts that the node sends from.
    ///
    /// # Errors
    /// As for every request.
    pub(crate) fn accounts(&self) -> Result<Vec<Address>, ChainError> {
        self.get("eth_accounts", json!([]))
    }

    /// What the node calls itself.
    ///
    /// # Errors
    /// As for every request.
    pub fn version(&self) -> Result<String, ChainError> {
        self.get("web3_clientVersion", json!([]))
    }

    /// Time of the latest block, Unix seconds.
    ///
    /// # Errors
    /// As for every request.
    pub fn time(&self) -> Result<u64, ChainError> {
        self.time_of(json!("latest"))
    }

    /// Number of the latest block.
    ///
    /// # Errors
    /// As for every request.
    pub fn block(&self) -> Result<u64, ChainError> {
        let number = self.get::<U256>("eth_blockNumber", json!([]))?;
        Ok(number.saturating_to())
    }

    /// Asks a contract, without a transaction.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] when it refuses.
    pub fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ChainError> {
        let data = hex::encode_prefixed(call.abi_encode());
        let params = json!([{ "to": to, "data": data }, "latest"]);
        let output = self.rpc.ask("eth_call", params)?.map_err(|refusal| {
            let problem = refusal.message.clone();
            let refused = || ChainError::Refused {
                method: "eth_call".to_owned(),
                problem,
            };
            refusal.revert_data().map_or_else(refused, |data| {
                ChainError::from(Box::new(Reverted {
                    function: C::SIGNATURE.to_owned(),
                    by: to,
                    revert: Revert::decode(&data),
                    gas: 0,
                }))
            })
        })?;
        let output: Bytes = read("eth_call", output)?;
        C::abi_decode_returns(&output).map_err(|e| ChainError::answer(C::SIGNATURE, e))
    }

    /// Code of an account; empty where there is no contract.
    ///
    /// # Errors
    /// As for every request.
    pub fn code(&self, at: Address) -> Result<Bytes, ChainError> {
        self.get("eth_getCode", json!([at, "latest"]))
    }

    /// The code that creation code would leave, without a transaction.
    ///
    /// # Errors
    /// When the constructor refuses, or the node does not answer such calls.
    pub(crate) fn would_deploy(&self, creation: &[u8]) -> Result<Bytes, ChainError> {
        let data = hex::encode_prefixed(creation);
        self.get("eth_call", json!([{ "data": data }, "latest"]))
    }

    /// Sends a transaction that calls a contract, and waits for its block.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] when it went into a block and was refused there.
    pub fn send<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<Receipt, ChainError> {
        self.transact(from, Some(to), &call.abi_encode(), C::SIGNATURE)
    }

    /// Puts a contract on the chain.
    ///
    /// # Errors
    /// As [`Node::send`].
    pub(crate) fn deploy(
        &self,
        from: Address,
        creation: &[u8],
    ) -> Result<(Address, Receipt), ChainError> {
        let receipt = self.transact(from, None, creation, "")?;
        let made = receipt.created;
        let made = made.ok_or_else(|| ChainError::answer("receipt", "no contract address"))?;
        Ok((made, receipt))
    }

    /// Gives the next block this time, and each later one a second more than the one before it.
    ///
    /// # Errors
    /// When the time is not after the latest block's.
    pub fn set_next_time(&self, time: u64) -> Result<(), ChainError> {
        self.rpc
            .request("anvil_setBlockTimestampInterval", json!([1]))?;
        self.rpc
            .request("evm_setNextBlockTimestamp", json!([time]))?;
        Ok(())
    }

    /// Lets time pass: an empty block this many seconds after the latest one.
    ///
    /// # Errors
    /// As for every request.
    pub fn pass(&self, seconds: u64) -> Result<u64, ChainError> {
        let time = self.time()? + seconds;
        self.set_next_time(time)?;
        self.rpc.request("evm_mine", json!([]))?;
        self.time()
    }

    /// Puts code at an account of a local chain.
    ///
    /// # Errors
    /// When the node is none of a local chain.
    pub fn set_code(&self, at: Address, code: &[u8]) -> Result<(), ChainError> {
        let code = hex::encode_prefixed(code);
        self.rpc.request("anvil_setCode", json!([at, code]))?;
        Ok(())
    }

    /// Keeps the state to come back to, once.
    ///
    /// # Errors
    /// As for every request.
    pub fn snapshot(&self) -> Result<Snapshot, ChainError> {
        Ok(Snapshot {
            id: self.get("evm_snapshot", json!([]))?,
            time: self.time()?,
        })
    }

    /// Goes back.
    ///
    /// # Errors
    /// When the node no longer has that state.
    pub fn restore(&self, snapshot: Snapshot) -> Result<(), ChainError> {
        let done: bool = self.get("evm_revert", json!([snapshot.id]))?;
        if !done {
            return Err(ChainError::answer("evm_revert", "the state is gone"));
        }
        self.set_next_time(snapshot.time + 1)
    }

    fn transact(
        &self,
        from: Address,
        to: Option<Address>,
        data: &[u8],
        function: &str,
    ) -> Result<Receipt, ChainError> {
        let gas = format!("{GAS_LIMIT:#x}");
        let mut tx = json!({ "from": from, "data": hex::encode_prefixed(data), "gas": gas });
        if let Some(to) = to {
            tx["to"] = json!(to);
        }
        let hash: B256 = self.get("eth_sendTransaction", json!([tx]))?;
        let raw = self.receipt(hash)?;
        let gas = raw.gas_used.saturating_to();
        if raw.status.is_zero() {
            return Err(Box::new(self.refusal(hash, to, function, gas)?).into());
        }
        Ok(Receipt {
            gas,
            time: self.time_of(json!(format!("{:#x}", raw.block_number)))?,
            created: raw.contract_address,
            input_bytes: data.len(),
            logs: raw.logs,
        })
    }

    /// The receipt of a transaction, once it is in a block.
    fn receipt(&self, hash: B256) -> Result<RawReceipt, ChainError> {
        let method = "eth_getTransactionReceipt";
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(receipt) = self.get::<Option<RawReceipt>>(method, json!([hash]))? {
                return Ok(receipt);
            }
            std::thread::sleep(PAUSE);
        }
        Err(ChainError::answer(
            method,
            format!("no block within {} s", PATIENCE.as_secs()),
        ))
    }

    /// Why a transaction in a block failed.
    fn refusal(
        &self,
        hash: B256,
        to: Option<Address>,
        function: &str,
        gas: u64,
    ) -> Result<Reverted, ChainError> {
        let params = json!([hash, { "tracer": "callTracer" }]);
        let frame: Frame = self.get("debug_traceTransaction", params)?;
        Ok(Reverted {
            function: function.to_owned(),
            // What creates a contract is sent to nobody.
            by: frame.origin().or(to).unwrap_or_default(),
            // A call that ran out of gas returns nothing.
            revert: Revert::decode(&frame.output.unwrap_or_default()),
            gas,
        })
    }

    fn time_of(&self, block: Value) -> Result<u64, ChainError> {
        let block: RawBlock = self.get("eth_getBlockByNumber", json!([block, false]))?;
        Ok(block.timestamp.saturating_to())
    }

    fn get<T: for<'d> Deserialize<'d>>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, ChainError> {
        read(method, self.rpc.request(method, params)?)
    }
}

/// A state of a local chain to come back to.
#[derive(Debug)]
pub struct Snapshot {
    id: String,
    time: u64,
}

fn read<T: for<'d> Deserialize<'d>>(method: &str, value: Value) -> Result<T, ChainError> {
    serde_json::from_value(value).map_err(|e| ChainError::answer(method, e))
}
