//! Where coins are: chains, and addresses on them.

use std::fmt;

use alloy_primitives::{address, Address};

use crate::address::{parse_address, ADDRESS_HINT};

/// How files name Bitcoin.
pub(super) const BITCOIN: &str = "bitcoin";
/// Contracts through which a chain shows its own coin as a token, whatever the chain: what they
/// report is the balance that counts without a token. Those below 2^16 are system contracts.
const OWN_COIN: [Address; 3] = [
    address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"),
    address!("DeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000"),
    // CELO.
    address!("471EcE3750Da237f93B8E339c536989b8978a438"),
];

/// A chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    /// One like Ethereum, by its number (EIP-155).
    Numbered(u64),
    /// Bitcoin's main chain.
    Bitcoin,
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chain::Numbered(number) => write!(f, "{number}"),
            Chain::Bitcoin => f.write_str("Bitcoin"),
        }
    }
}

/// An address on its chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// On a chain like Ethereum.
    Account {
        /// Number of the chain.
        chain: u64,
        /// The address.
        address: Address,
    },
    /// On Bitcoin, in the one spelling of its kind.
    Bitcoin(String),
}

impl Holder {
    /// Its chain.
    pub fn chain(&self) -> Chain {
        match self {
            Holder::Account { chain, .. } => Chain::Numbered(*chain),
            Holder::Bitcoin(_) => Chain::Bitcoin,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Account { address, .. } => write!(f, "{address}"),
            Holder::Bitcoin(text) => f.write_str(text),
        }
    }
}

/// A token's contract, which is not the chain's own coin in another dress.
///
/// # Errors
/// What is wrong, and what to do.
pub(super) fn token(text: &str) -> Result<Address, (String, &'static str)> {
    let shown = || text.chars().take(80).collect::<String>();
    let token = parse_address(text)
        .map_err(|problem| (format!("{:?}: {problem}", shown()), ADDRESS_HINT))?;
    let system = token.as_slice()[..18].iter().all(|byte| *byte == 0);
    match system || OWN_COIN.contains(&token) {
        false => Ok(token),
        true => {
            let problem = format!("{:?}: no token but the chain's own coin", shown());
            Err((
                problem,
                "leave token out for the chain's own coin, and list that once",
            ))
        }
    }
}
