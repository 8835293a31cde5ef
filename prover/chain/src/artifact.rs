//! Compiled contracts, as `forge build` leaves them in `contracts/out`.

use std::path::{Path, PathBuf};
use std::process::Command;

use alloy_primitives::hex;
use serde_json::Value;
use zkmargin_engine::size::Size;

use super::error::ChainError;

/// Name of a contract, and of the file it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Name of the source file.
    pub file: &'static str,
    /// Name in it.
    pub name: &'static str,
}

const fn contract(file: &'static str, name: &'static str) -> Contract {
    Contract { file, name }
}

/// The vault.
pub const VAULT: Contract = contract("MarginVault.sol", "MarginVault");
/// The oracle.
pub const ORACLE: Contract = contract("MarketOracle.sol", "MarketOracle");
/// The registry.
pub const REGISTRY: Contract = contract("SolvencyRegistry.sol", "SolvencyRegistry");
/// A dollar that anyone may mint, for tests and demonstrations.
pub const TOKEN: Contract = contract("Tokens.sol", "TestToken");

/// A verifier that this repository generates, under the setup of the ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verifier {
    /// Name of the policy.
    pub policy: &'static str,
    /// Size of the circuit.
    pub size: Size,
    /// The contract that verifies.
    pub contract: Contract,
    /// The one beside it, of constants of the key.
    pub key: Contract,
    /// A good proof for it, with its statement, in JSON.
    pub(crate) proof: &'static str,
}

/// Name, size, and the part of names that says both.
macro_rules! verifier {
    ($policy:literal, $size:ident, $name:literal, $proof:literal) => {
        Verifier {
            policy: $policy,
            size: Size::$size,
            contract: contract(concat!($name, "Verifier.sol"), concat!($name, "Verifier")),
            key: contract(
                concat!($name, "Verifier.sol"),
                concat!($name, "VerifierKey"),
            ),
            proof: include_str!(concat!(
                "../../../contracts/test/fixtures/",
                $proof,
                ".json"
            )),
        }
    };
}

/// All of them, those of RM-1 first.
pub const VERIFIERS: [Verifier; 4] = [
    verifier!("RM-1", Small, "Small", "small"),
    verifier!("RM-1", Standard, "Standard", "standard"),
    verifier!("RM-2", Small, "SmallRm2", "small-rm2"),
    verifier!("RM-2", Standard, "StandardRm2", "standard-rm2"),
];

/// The verifier of a size under RM-1.
///
/// # Errors
/// [`ChainError::NoVerifier`] for a size without one.
pub fn verifier(size: Size) -> Result<Contract, ChainError> {
    let found = VERIFIERS.iter().find(|v| v.size == size);
    let found = found.ok_or(ChainError::NoVerifier(size.name()))?;
    Ok(found.contract)
}

/// The folder of the contracts.
#[derive(Clone, Debug)]
pub struct Contracts {
    folder: PathBuf,
}

impl Contracts {
    /// The folder given, or `contracts` in the working directory or in one of those above it.
    pub fn find(given: Option<&Path>) -> Self {
        let folder = given.map(Path::to_owned).unwrap_or_else(|| {
            let working = std::env::current_dir().unwrap_or_default();
            let above = working.ancestors().map(|folder| folder.join("contracts"));
            let there = above
                .into_iter()
                .find(|folder| folder.join("foundry.toml").is_file());
            there.unwrap_or_else(|| PathBuf::from("contracts"))
        });
        Contracts { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether npm's packages are there, and with them forge, anvil and the compiler.
    pub fn installed(&self) -> bool {
        self.folder.join("node_modules/@foundry-rs/anvil").is_dir()
    }

    /// Whether `forge build` has run.
    pub fn built(&self) -> bool {
        self.path(&VAULT).is_file() && self.path(&TOKEN).is_file()
    }

    /// Runs `forge build`.
    ///
    /// # Errors
    /// When it is not installed, or the contracts do not compile.
    pub fn build(&self) -> Result<(), ChainError> {
        if !self.installed() {
            return Err(ChainError::ToolMissing {
                tool: "forge",
                looked: format!("not in {}", self.folder.join("node_modules").display()),
            });
        }
        let forge = std::path::absolute(self.folder.join("tools/forge"));
        let forge = forge.unwrap_or_else(|_| self.folder.join("tools/forge"));
        let failed = |problem: String| ChainError::ToolFailed {
            tool: forge.display().to_string(),
            problem,
            hint: "run `tools/forge build` in that folder by hand",
        };
        let mut command = Command::new(&forge);
        // The paths in foundry.toml count from this folder.
        command.arg("build").current_dir(&self.folder);
        let output = command.output().map_err(|e| failed(e.to_string()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(failed(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            )),
        }
    }

    /// The file that forge wrote for a contract.
    ///
    /// # Errors
    /// When it is missing or no JSON.
    pub fn artifact(&self, contract: &Contract) -> Result<Value, ChainError> {
        let path = self.path(contract);
        let text = std::fs::read_to_string(&path).map_err(|e| self.bad(contract, e))?;
        serde_json::from_str(&text).map_err(|e| self.bad(contract, e))
    }

    /// What deploys a contract, without the constructor's arguments.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub(crate) fn creation(&self, contract: &Contract) -> Result<Vec<u8>, ChainError> {
        let artifact = self.artifact(contract)?;
        // No text is no bytecode, which is refused below.
        let code = artifact["bytecode"]["object"].as_str().unwrap_or_default();
        let code = hex::decode(code).map_err(|e| self.bad(contract, e))?;
        match code.is_empty() {
            true => Err(self.bad(contract, "no bytecode")),
            false => Ok(code),
        }
    }

    /// Where a contract's runtime code differs between deployments: place and length in bytes of
    /// each immutable.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub(crate) fn immutables(
        &self,
        contract: &Contract,
    ) -> Result<Vec<(usize, usize)>, ChainError> {
        let artifact = self.artifact(contract)?;
        let groups = artifact["deployedBytecode"]["immutableReferences"].as_object();
        let places = groups
            .into_iter()
            .flatten()
            .flat_map(|(_, group)| group.as_array());
        let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let place = |at: &Value| Some((number(&at["start"])?, number(&at["length"])?));
        let places: Option<Vec<_>> = places.flatten().map(place).collect();
        places.ok_or_else(|| self.bad(contract, "no places of immutables"))
    }

    fn path(&self, contract: &Contract) -> PathBuf {
        let Contract { file, name } = contract;
        self.folder
            .join("out")
            .join(file)
            .join(format!("{name}.json"))
    }

    fn bad(&self, contract: &Contract, problem: impl ToString) -> ChainError {
        ChainError::Artifact {
            path: self.path(contract),
            problem: problem.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_that_is_not_compiled_is_an_error_with_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        let contracts = Contracts::find(Some(folder.path()));
        assert!(!contracts.built() && !contracts.installed());
        let error = contracts.creation(&VAULT).unwrap_err().to_string();
        assert!(
            error.contains("out/MarginVault.sol/MarginVault.json: "),
            "{error}"
        );
        assert!(
            error.ends_with("hint: run `tools/forge build` in the folder of the contracts"),
            "{error}"
        );
        assert!(matches!(
            contracts.build(),
            Err(ChainError::ToolMissing { tool: "forge", .. })
        ));
        assert!(matches!(
            verifier(Size::Large),
            Err(ChainError::NoVerifier("large"))
        ));
    }
}
