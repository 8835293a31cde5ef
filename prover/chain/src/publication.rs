//! What a venue puts on chain about its book: what the published, proven folder says, and nothing
//! that is computed for the chain.

use alloy_primitives::aliases::U96;
use alloy_primitives::{keccak256, Address, B256, U256};
use alloy_sol_types::SolValue;
use zkmargin_verifier::book::{FolderDigest, ProvenBook, PublicBook};

use super::abi::SolvencyRegistry::{publishCall, AssetTotal, Epoch, Publication, Totals};
use super::binding::word;

/// The transaction that records a proven book as epoch `number` of whoever sends it. `oracle` is the
/// one that recorded the book's market, zero if none did.
pub fn publish_call(number: u64, proven: &ProvenBook, oracle: Address) -> publishCall {
    call(number, proven.book(), proven.digest(), oracle)
}

fn call(number: u64, book: &PublicBook, digest: FolderDigest, oracle: Address) -> publishCall {
    let totals = Totals {
        accounts: book.totals.accounts,
        failing: book.totals.failing,
        equity: book.totals.equity,
        shortfall: book.totals.shortfall,
        deficit: book.totals.deficit,
    };
    let assets = book.assets.iter().map(|asset| AssetTotal {
        // An id has 92 bits.
        id: U96::saturating_from(U256::from(asset.id.0)),
        long: asset.long,
        short: asset.short,
    });
    publishCall {
        number,
        publication: Publication {
            root: word(book.root),
            market: word(book.market),
            policy: word(book.policy),
            digest: B256::from(digest.0),
            oracle,
            cutOff: book.cut_off,
            ratio: book.ratio,
            totals,
        },
        assets: assets.collect(),
    }
}

/// Fields in which an epoch of the registry says something else than a proven book. None: it is this
/// very folder that the venue published. Who the venue is, and which of its epochs this is, the
/// caller knows who read it; `oracle` and the times of block and market are not the book's to say.
pub fn differences(recorded: &Epoch, proven: &ProvenBook) -> Vec<&'static str> {
    differs(recorded, proven.book(), Some(&proven.digest()))
}

/// [`differences`] from a book that may not be proven, in a folder that may have no digest: that
/// differs from every one.
pub fn differs(
    recorded: &Epoch,
    book: &PublicBook,
    digest: Option<&FolderDigest>,
) -> Vec<&'static str> {
    let known = digest.copied().unwrap_or(FolderDigest([0; 32]));
    let call = call(0, book, known, recorded.publication.oracle);
    let (found, wanted) = (&recorded.publication, &call.publication);
    let fields = [
        ("root", found.root == wanted.root),
        ("market", found.market == wanted.market),
        ("policy", found.policy == wanted.policy),
        ("digest", digest.is_some() && found.digest == wanted.digest),
        ("cut_off", found.cutOff == wanted.cutOff),
        ("ratio", found.ratio == wanted.ratio),
        ("accounts", found.totals.accounts == wanted.totals.accounts),
        ("failing", found.totals.failing == wanted.totals.failing),
        ("equity", found.totals.equity == wanted.totals.equity),
        (
            "shortfall",
            found.totals.shortfall == wanted.totals.shortfall,
        ),
        ("deficit", found.totals.deficit == wanted.totals.deficit),
        (
            "assets",
            recorded.assets == keccak256(call.assets.abi_encode()),
        ),
    ];
    let differ = fields.into_iter().filter(|(_, same)| !same);
    differ.map(|(name, _)| name).collect()
}
