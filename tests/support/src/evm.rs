//! Contracts inside tests: the pinned compiler, and a machine that runs what it makes.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use revm::context::{Context, Evm, TxEnv};
use revm::context_interface::result::{ExecutionResult, Output};
use revm::database::CacheDB;
use revm::database_interface::EmptyDB;
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthFrame, MainnetContext};
use revm::interpreter::interpreter::EthInterpreter;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind, U256};
use revm::state::AccountInfo;
use revm::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext};
use serde_json::{json, Value};

use crate::rules::{Precompiles, Rules};

/// Gas of any transaction here: more than any needs.
const GAS_LIMIT: u64 = 16_000_000;

/// A compiled contract.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What deploys it.
    pub creation: Vec<u8>,
    /// What runs.
    pub runtime: Vec<u8>,
}

fn contracts() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../..", "contracts"]
        .iter()
        .collect()
}

/// Compiles a generated contract with the compiler and the settings of `contracts/foundry.toml`.
///
/// # Panics
/// When the compiler is not installed, or refuses.
pub fn compile(name: &str, source: &str) -> Compiled {
    let interface = contracts().join("src/interfaces/IMarginVerifier.sol");
    let interface = std::fs::read_to_string(interface).expect("the interface");
    let input = json!({
        "language": "Solidity",
        "sources": {
            "src/interfaces/IMarginVerifier.sol": { "content": interface },
            format!("src/generated/{name}.sol"): { "content": source },
        },
        "settings": {
            "evmVersion": "cancun",
            "optimizer": { "enabled": true, "runs": 400 },
            "metadata": { "bytecodeHash": "none", "appendCBOR": false },
            "outputSelection": { "*": { "*": [
                "evm.bytecode.object", "evm.deployedBytecode.object",
            ] } },
        },
    });
    let output = run_compiler(&input);
    let errors: Vec<&str> = output["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["formattedMessage"].as_str())
        .collect();
    assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
    let contract = &output["contracts"][format!("src/generated/{name}.sol")][name]["evm"];
    let code = |kind: &str| {
        let digits = contract[kind]["object"].as_str().expect("bytecode");
        hex::decode(digits).expect("hexadecimal bytecode")
    };
    Compiled {
        creation: code("bytecode"),
        runtime: code("deployedBytecode"),
    }
}

fn run_compiler(input: &Value) -> Value {
    let folder = contracts();
    assert!(
        folder.join("node_modules/solc").is_dir(),
        "the Solidity compiler is not installed\nhint: run `npm ci` in contracts/"
    );
    let mut child = Command::new("node")
        .arg(folder.join("tools/solc"))
        .arg("--standard-json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs; hint: install Node.js 18 or later");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin
        .write_all(input.to_string().as_bytes())
        .expect("the compiler reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the compiler ends");
    serde_json::from_slice(&output.stdout).expect("the compiler answers in JSON")
}

type State = MainnetContext<CacheDB<EmptyDB>>;

/// A chain with one deployed contract.
pub struct Chain {
    evm: Evm<State, (), EthInstructions<EthInterpreter, State>, Precompiles, EthFrame>,
    contract: Address,
    /// Gas of the deployment.
    pub deployment_gas: u64,
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Gas of the whole transaction.
    pub gas: u64,
    /// What was returned; `None` when it reverted or ran out of gas.
    pub output: Option<Vec<u8>>,
}

impl Chain {
    /// Deploys a contract under the rules of Osaka.
    ///
    /// # Panics
    /// When it cannot be deployed.
    pub fn deploy(creation: &[u8]) -> Self {
        Chain::under(Rules::of(SpecId::OSAKA), creation)
    }

    /// Deploys a contract under rules.
    ///
    /// # Panics
    /// When it cannot be deployed.
    pub fn under(rules: Rules, creation: &[u8]) -> Self {
        let sender = Address::repeat_byte(0x11);
        let mut db = CacheDB::new(EmptyDB::default());
        let account = AccountInfo {
            balance: U256::MAX,
            ..AccountInfo::default()
        };
        db.insert_account_info(sender, account);
        let mut evm = Context::mainnet()
            .with_db(db)
            .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(rules.fork))
            .build_mainnet()
            .with_precompiles(Precompiles::new(rules));
        let tx = TxEnv::builder()
            .caller(sender)
            .kind(TxKind::Create)
            .data(Bytes::copy_from_slice(creation))
            .gas_limit(GAS_LIMIT)
            .build()
            .expect("a transaction");
        let result = evm.transact_commit(tx).expect("the machine runs");
        let deployment_gas = gas_of(&result);
        let ExecutionResult::Success {
            output: Output::Create(_, Some(contract)),
            ..
        } = result
        else {
            panic!("the contract cannot be deployed: {result:?}");
        };
        Chain {
            evm,
            contract,
            deployment_gas,
        }
    }

    /// Sends a transaction and forgets what it changed.
    ///
    /// # Panics
    /// When the machine itself fails.
    pub fn call(&mut self, data: &[u8]) -> Called {
        self.call_with(data, GAS_LIMIT)
    }

    /// The same with a limit of gas, which must be enough for the call to begin.
    ///
    /// # Panics
    /// When the machine itself fails.
    pub fn call_with(&mut self, data: &[u8], gas_limit: u64) -> Called {
        let tx = TxEnv::builder()
            .caller(Address::repeat_byte(0x22))
            .kind(TxKind::Call(self.contract))
            .data(Bytes::copy_from_slice(data))
            .gas_limit(gas_limit)
            .build()
            .expect("a transaction");
        let result = self.evm.transact(tx).expect("the machine runs").result;
        let gas = gas_of(&result);
        let output = match result {
            ExecutionResult::Success { output, .. } => Some(output.data().to_vec()),
            _ => None,
        };
        Called { gas, output }
    }
}

fn gas_of(result: &ExecutionResult) -> u64 {
    result.tx_gas_used()
}
