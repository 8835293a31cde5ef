//! What a venue put into a registry, for whoever verifies its book.

use alloy_primitives::{Address, U256};
use zkmargin_engine::Fr;

use super::abi::SolvencyRegistry::{countCall, epochCall, Epoch};
use super::binding::word;
use super::error::ChainError;
use super::node::Node;

/// A publication of a venue.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its number, from 0.
    pub number: u64,
    /// Publications of the venue by now.
    pub count: u64,
    /// What it says.
    pub epoch: Epoch,
}

/// Roots of all books that a venue published.
///
/// # Errors
/// When the node fails, or no registry is there.
pub fn roots(node: &Node, registry: Address, venue: Address) -> Result<Vec<U256>, ChainError> {
    let count = node.call(registry, &countCall { venue })?;
    (0..count)
        .map(|number| {
            let epoch = node.call(registry, &epochCall { venue, number })?;
            Ok(epoch.publication.root)
        })
        .collect()
}

/// Cut-off of a publication, Unix seconds.
///
/// # Errors
/// When the node fails, or there is no such publication.
#[cfg(feature = "proofs")]
pub(crate) fn cut_off(
    node: &Node,
    registry: Address,
    venue: Address,
    number: u64,
) -> Result<u64, ChainError> {
    let epoch = node.call(registry, &epochCall { venue, number })?;
    Ok(epoch.publication.cutOff)
}

/// The last publication of a venue with this root; `None` where there is none.
///
/// # Errors
/// When the node fails, or no registry is there.
pub fn recorded(
    node: &Node,
    registry: Address,
    venue: Address,
    root: Fr,
) -> Result<Option<Recorded>, ChainError> {
    let count = node.call(registry, &countCall { venue })?;
    for number in (0..count).rev() {
        let epoch = node.call(registry, &epochCall { venue, number })?;
        if epoch.publication.root == word(root) {
            return Ok(Some(Recorded {
                number,
                count,
                epoch,
            }));
        }
    }
    Ok(None)
}
