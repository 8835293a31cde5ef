//! The verifier's list of vaults: where a custody asset may lie, and which contracts he knows there.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, U256};
use serde::Deserialize;

use crate::abi::MarginVault::Terms;
use crate::address::{parse_address, ADDRESS_HINT};

/// A vault on its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Number of the chain.
    pub chain: u64,
    /// The vault.
    pub vault: Address,
}

/// A vault that may hold a custody asset, and what its agreements may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// Name of the asset.
    pub asset: String,
    /// The vault.
    pub place: Place,
    /// What counts as collateral.
    token: Address,
    oracle: Address,
    registry: Address,
    policy: U256,
    /// Keccak-256 of the code of verifiers that are known to belong to the circuit.
    pub verifiers: BTreeSet<B256>,
}

/// An entry as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::reserves) struct KeeperFile {
    asset: String,
    chain: u64,
    vault: String,
    token: String,
    oracle: String,
    registry: String,
    policy: String,
    verifiers: Vec<String>,
}

/// Field, problem and hint.
type Wrong = (String, String, &'static str);

impl Keeper {
    /// The first of the contracts in terms that is not the one known here.
    pub(in crate::reserves) fn foreign(&self, terms: &Terms) -> Option<&'static str> {
        let known = [
            ("token", terms.token == self.token),
            ("oracle", terms.oracle == self.oracle),
            ("registry", terms.registry == self.registry),
            ("policy", terms.policy == self.policy),
        ];
        known.iter().find(|(_, same)| !same).map(|(what, _)| *what)
    }
}

/// Reads the entries of a list.
///
/// # Errors
/// The field that is out of form, what is wrong with it, and a hint; also for a vault twice.
pub(in crate::reserves) fn keepers(files: Vec<KeeperFile>) -> Result<Vec<Keeper>, Wrong> {
    let mut keepers: Vec<Keeper> = Vec::with_capacity(files.len());
    for (n, file) in files.into_iter().enumerate() {
        let path = format!("custody[{n}]");
        let keeper = file
            .read()
            .map_err(|(field, problem, hint)| (format!("{path}.{field}"), problem, hint))?;
        let same = |other: &Keeper| (&other.asset, other.place) == (&keeper.asset, keeper.place);
        if keepers.iter().any(same) {
            let hint = "give a vault one entry for an asset, with all verifiers";
            return Err((path, "stands there twice".to_owned(), hint));
        }
        keepers.push(keeper);
    }
    Ok(keepers)
}

impl KeeperFile {
    fn read(self) -> Result<Keeper, Wrong> {
        let address = |field: &str, text: &str| {
            parse_address(text).map_err(|problem| {
                (
                    field.to_owned(),
                    format!("{text:?}: {problem}"),
                    ADDRESS_HINT,
                )
            })
        };
        if !super::is_custody(&self.asset) {
            let hint = "the name of an asset that agreements back, such as USDC-CUSTODY";
            return Err(("asset".to_owned(), format!("{:?}", self.asset), hint));
        }
        let policy = self.policy.parse().map_err(|_| {
            let hint = "the digest of the policy, as `zkmargin policy show` says it";
            (
                "policy".to_owned(),
                format!("{:?}: no digest", self.policy),
                hint,
            )
        })?;
        let mut verifiers = BTreeSet::new();
        for (n, text) in self.verifiers.iter().enumerate() {
            let code = text.parse::<B256>().map_err(|_| {
                let hint = "Keccak-256 of a verifier's code, as `zkmargin vault terms` shows it";
                (
                    format!("verifiers[{n}]"),
                    format!("{text:?}: no hash"),
                    hint,
                )
            })?;
            verifiers.insert(code);
        }
        Ok(Keeper {
            place: Place {
                chain: self.chain,
                vault: address("vault", &self.vault)?,
            },
            token: address("token", &self.token)?,
            oracle: address("oracle", &self.oracle)?,
            registry: address("registry", &self.registry)?,
            policy,
            verifiers,
            asset: self.asset,
        })
    }
}
