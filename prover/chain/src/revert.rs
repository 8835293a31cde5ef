//! Why a contract refused.

use std::fmt;

use alloy_primitives::{hex, Address, U256};
use alloy_sol_types::{ContractError, SolInterface};

use super::abi::{MarginVault, MarketOracle, SolvencyRegistry, TestToken};

/// What a contract said when it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revert {
    /// An error of the vault.
    Vault(MarginVault::MarginVaultErrors),
    /// An error of the oracle.
    Oracle(MarketOracle::MarketOracleErrors),
    /// An error of the registry.
    Registry(SolvencyRegistry::SolvencyRegistryErrors),
    /// An error of the token.
    Token(TestToken::TestTokenErrors),
    /// A message in words.
    Message(String),
    /// A panic of the language, by its number.
    Panic(U256),
    /// Bytes that mean nothing to this program; none when gas ran out.
    Other(Vec<u8>),
}

impl Revert {
    /// Reads what was returned.
    pub(crate) fn decode(data: &[u8]) -> Self {
        use MarginVault::MarginVaultErrors as Vault;
        match ContractError::<Vault>::abi_decode(data) {
            Ok(ContractError::CustomError(error)) => return Revert::Vault(error),
            Ok(ContractError::Revert(message)) => return Revert::Message(message.reason),
            Ok(ContractError::Panic(panic)) => return Revert::Panic(panic.code),
            _ => {}
        }
        if let Ok(error) = MarketOracle::MarketOracleErrors::abi_decode(data) {
            return Revert::Oracle(error);
        }
        if let Ok(error) = SolvencyRegistry::SolvencyRegistryErrors::abi_decode(data) {
            return Revert::Registry(error);
        }
        match TestToken::TestTokenErrors::abi_decode(data) {
            Ok(error) => Revert::Token(error),
            Err(_) => Revert::Other(data.to_vec()),
        }
    }

    /// Name of the error alone, where it has one.
    pub fn name(&self) -> String {
        let text = self.to_string();
        let end = text.find([' ', '(', ':']).unwrap_or(text.len());
        text[..end].to_owned()
    }
}

impl From<MarginVault::MarginVaultErrors> for Revert {
    fn from(error: MarginVault::MarginVaultErrors) -> Self {
        Revert::Vault(error)
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Revert::Vault(error) => inner(f, error),
            Revert::Oracle(error) => inner(f, error),
            Revert::Registry(error) => inner(f, error),
            Revert::Token(error) => inner(f, error),
            Revert::Message(text) => write!(f, "Error: {text}"),
            Revert::Panic(code) => write!(f, "Panic: {code}"),
            Revert::Other(data) if data.is_empty() => write!(f, "no reason"),
            Revert::Other(data) => write!(f, "0x{}", hex::encode(data)),
        }
    }
}

/// An enum of errors shows a variant as `Name(Name { fields })`; the inner part says it all.
fn inner(f: &mut fmt::Formatter<'_>, error: &impl fmt::Debug) -> fmt::Result {
    let text = format!("{error:?}");
    let inside = text
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    f.write_str(inside.unwrap_or(&text))
}

/// A call or a transaction that a contract refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{function} was refused by {by}: {revert}\nhint: the error's rule is in contracts/src/interfaces")]
pub struct Reverted {
    /// Signature of the function called; empty for a deployment.
    pub function: String,
    /// The contract that refused.
    pub by: Address,
    /// What it said.
    pub revert: Revert,
    /// Gas that the sender paid for; zero for a call, which costs nothing.
    pub gas: u64,
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolError;

    use super::*;

    #[test]
    fn errors_are_read_by_name_and_value() {
        let error = MarginVault::TopUpTooSmall {
            credited: U256::from(5),
            topUp: U256::from(7),
        };
        let revert = Revert::decode(&error.abi_encode());
        assert_eq!(
            revert,
            Revert::from(MarginVault::MarginVaultErrors::TopUpTooSmall(error))
        );
        assert_eq!(
            revert.to_string(),
            "TopUpTooSmall { credited: 5, topUp: 7 }"
        );
        assert_eq!(revert.name(), "TopUpTooSmall");

        let error = MarketOracle::NoMarket {};
        assert_eq!(Revert::decode(&error.abi_encode()).name(), "NoMarket");
        let words = alloy_sol_types::Revert::from("too late");
        assert_eq!(
            Revert::decode(&words.abi_encode()).to_string(),
            "Error: too late"
        );
        assert_eq!(Revert::decode(&[]).to_string(), "no reason");
        assert_eq!(Revert::decode(&[1, 2, 3, 4, 5]).to_string(), "0x0102030405");
    }
}
