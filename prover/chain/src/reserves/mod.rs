//! What a venue holds, set against what its book says it owes.
//!
//! Whoever reads the report knows that the holder of each address's key says that it belongs to
//! the venue, for this very book, asset and token. That the balances are true he sees from a node
//! ([`node`], [`unspent`]); that they are not borrowed for the day nothing here can tell. Nor are the
//! proofs of the book checked here. Which coin or contract is which asset, and which assets keep their
//! worth when the venue fails, is the verifier's to say ([`assets`]).
//!
//! Reserves suffice when all of this holds ([`rule`]):
//!
//! | | |
//! |---|---|
//! | (a) | of every asset they are at least what is owed in net |
//! | (b) | those of independent assets are worth at the book's prices at least `Σ max(0, E)` over all accounts |
//! | (c) | the insurance fund, at addresses of its own, is worth at least the shortfall of the accounts under water |
//! | (d) | what (b) leaves is at least the initial margin of the venue's disclosed inventory |
//!
//! The inventory itself is never a reserve. No sum is rounded here in favour of the venue, and one
//! that does not fit is an error. The book's own equity is low by the certified error of option
//! prices, and so is (b).
//!
//! The conditions are asked twice: of what is known to count, and of that with what might. Where only
//! the second holds nobody can tell.

pub mod assets;
mod bitcoin;
#[cfg(feature = "bitcoin")]
mod bitcoin_node;
#[cfg(feature = "bitcoin")]
mod bitcoin_script;
pub mod blocks;
mod count;
pub mod custody;
mod fault;
mod file;
pub mod moment;
pub mod node;
pub mod ownership;
pub mod place;
pub mod rule;
pub mod signature;
#[cfg(test)]
mod tests;

use alloy_primitives::B256;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

pub use assets::Assets;
pub use count::State;
pub use fault::{Fault, Untold};
pub(crate) use file::DECIMALS;
pub use file::{others, Addresses, Holding, Others};
pub use rule::{AssetLine, Inventory, Sums};

use count::Held;
use custody::Venue;
use node::Answers;
use place::Chain;

use crate::ChainError;
use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::PublicBook;

/// What reserves are set against: a published book, with the market and the policy that it names.
#[derive(Clone, Copy, Debug)]
pub struct Liabilities<'a> {
    /// The book.
    pub book: &'a PublicBook,
    /// Its market.
    pub market: &'a Market,
    /// Its policy.
    pub policy: &'a Policy,
}

/// What a verifier knows, and hears from nodes.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// His list of assets.
    pub assets: &'a Assets,
    /// What nodes say.
    pub answers: &'a [Answers],
    /// What stands in the files of other venues.
    pub others: &'a Others,
    /// The venue, where the verifier names it: whose agreements of custody count.
    pub venue: Option<Venue>,
}

/// Whether reserves suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// They do, if what was not checked is true.
    Yes,
    /// They do not.
    No,
    /// They do only with what might count, and might not.
    Untold,
}

/// Assets against liabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Every asset with liabilities or reserves, of what is known to count.
    pub assets: Vec<AssetLine>,
    /// What the venue holds itself, outside its book.
    pub inventory: Inventory,
    /// Everything in USD, of what is known to count.
    pub sums: Sums,
    /// How each address of the file stands, and what of its balance counts or might, 1e-18.
    pub states: Vec<(State, u128)>,
    /// How each agreement of custody stands, and what it holds, 1e-18.
    pub custody: Vec<(State, u128)>,
    /// Chains about whose block no node was asked.
    pub unasked: Vec<Chain>,
    /// The verdict.
    pub covered: Covered,
    /// Everything that is wrong; where the verdict is [`Covered::Untold`], what would be without
    /// that which might count.
    pub faults: Vec<Fault>,
    /// What could not be told of addresses.
    pub untold: Vec<Untold>,
}

/// Sets addresses against the liabilities of a book.
///
/// # Errors
/// When the market does not list or price what the book holds, or a sum does not fit.
pub fn report(
    addresses: &Addresses,
    liabilities: &Liabilities<'_>,
    known: Known<'_>,
) -> Result<Report, BookError> {
    let mut faults = Vec::new();
    if addresses.book != root_bytes(liabilities.book) {
        let found = addresses.book;
        faults.push(Fault::OtherBook { found });
    }
    let counted = count::counted(addresses, &known)?;
    faults.extend(counted.faults);
    faults.extend(count::other_blocks(known.answers, liabilities.book.cut_off));
    faults.extend(rule::unit(liabilities));
    let inventory = Inventory::of(liabilities)?;
    let of = |held: &Held| -> Result<(Vec<AssetLine>, Sums, Vec<Fault>), BookError> {
        let assets = rule::assets(liabilities, &inventory, known.assets, held)?;
        let sums = Sums::of(liabilities.book, &inventory, &assets)?;
        let faults = rule::faults(&assets, &sums);
        Ok((assets, sums, faults))
    };
    let (assets, sums, fail) = of(&counted.held)?;
    let (_, _, fail_at_most) = of(&counted.most)?;
    let covered = match (
        faults.is_empty() && fail_at_most.is_empty(),
        fail.is_empty(),
    ) {
        (false, _) => Covered::No,
        (true, false) => Covered::Untold,
        (true, true) => Covered::Yes,
    };
    faults.extend(fail);
    Ok(Report {
        assets,
        inventory,
        sums,
        states: counted.states,
        custody: counted.custody,
        unasked: count::unasked(addresses, known.answers),
        covered,
        faults,
        untold: counted.untold,
    })
}

/// What a node of Bitcoin says of the addresses there, for a book that was cut then.
///
/// # Errors
/// When the node cannot be reached or cannot tell, and in a program that was built without Bitcoin.
pub fn unspent(addresses: &Addresses, cut_off: u64, url: &str) -> Result<Answers, ChainError> {
    #[cfg(feature = "bitcoin")]
    return bitcoin_node::unspent(addresses, cut_off, &crate::rpc::Rpc::patient(url));
    #[cfg(not(feature = "bitcoin"))]
    {
        let _ = (addresses, cut_off);
        let problem = "this program was built without Bitcoin";
        Err(ChainError::answer(url, problem))
    }
}

/// Root of a book as it is signed: most significant byte first.
fn root_bytes(book: &PublicBook) -> B256 {
    let mut bytes: [u8; 32] = ff::PrimeField::to_repr(&book.root);
    bytes.reverse();
    B256::from(bytes)
}
