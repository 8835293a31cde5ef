//! The hash lane: leaves, tree, secrets and masks, and rows with nothing.

use ff::Field;

use super::part::Part;
use crate::book::columns::{Columns, HashLane, INPUTS};
use crate::book::permutation::{self, Permutations, TOGETHER};
use crate::system::poseidon::WIDTH;
use zkmargin_engine::account::{Account, Position, POSITIONS_IN_HEADER, POSITIONS_PER_LINK};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::field::bit;
use zkmargin_engine::Fr;

/// A permutation that is to be laid.
pub(super) struct Hash {
    pub(super) row: usize,
    pub(super) tag: u64,
    pub(super) inputs: [Fr; INPUTS],
    pub(super) live: [bool; INPUTS],
}

/// Lays permutations: S-boxes, digest, and what is live. The digests, in their order.
pub(super) fn lay(
    part: &mut Part<'_>,
    lane: &HashLane,
    permutations: &dyn Permutations,
    hashes: &[Hash],
) -> Vec<Fr> {
    let mut digests = Vec::with_capacity(hashes.len());
    for together in hashes.chunks(TOGETHER) {
        let mut states = [[Fr::ZERO; WIDTH]; TOGETHER];
        for (state, hash) in states.iter_mut().zip(together) {
            *state = permutation::state(hash.tag, &hash.inputs);
        }
        let mut last = [Fr::ZERO; TOGETHER];
        permutations.eight(&states, &mut |cell, values| {
            // The digest stands behind the S-boxes.
            for (hash, value) in together.iter().zip(values) {
                part.set(lane.sboxes + cell, hash.row, *value);
            }
            last = *values;
        });
        digests.extend(last.iter().take(together.len()));
        for hash in together {
            for (i, live) in hash.live.iter().enumerate() {
                part.set(lane.live + i, hash.row, bit(*live));
            }
        }
    }
    digests
}

/// A permutation of a leaf: what it names, then positions.
fn of_leaf(row: usize, tag: u64, names: &[Fr], positions: &[Position]) -> Hash {
    let mut hash = Hash {
        row,
        tag,
        inputs: [Fr::ZERO; INPUTS],
        live: [false; INPUTS],
    };
    hash.inputs[..names.len()].copy_from_slice(names);
    for (place, position) in (names.len()..).zip(positions) {
        hash.inputs[place] = position.packed();
        hash.live[place] = true;
    }
    hash
}

/// The first permutation of a leaf.
fn header((account, row): (&Account, &usize)) -> Hash {
    let first = account.positions.len().min(POSITIONS_IN_HEADER);
    let names = [
        account.customer,
        account.identity,
        account.salt,
        account.count(),
    ];
    of_leaf(*row, tag::LEAF, &names, &account.positions[..first])
}

/// The positions of each further permutation of a leaf.
fn links(account: &Account) -> std::slice::Chunks<'_, Position> {
    let first = account.positions.len().min(POSITIONS_IN_HEADER);
    account.positions[first..].chunks(POSITIONS_PER_LINK)
}

/// Lays the leaves of accounts from their keys and the rows of their headers, and returns them.
pub(super) fn leaves(
    part: &mut Part<'_>,
    columns: &Columns,
    permutations: &dyn Permutations,
    accounts: &[Account],
    (first_key, headers): (u64, &[usize]),
) -> Vec<Fr> {
    let lane = &columns.hash;
    let hashes: Vec<Hash> = accounts.iter().zip(headers).map(header).collect();
    let mut digests = lay(part, lane, permutations, &hashes);
    for ((key, account), &row) in (first_key..).zip(accounts).zip(headers) {
        for link in 0..=links(account).len() {
            let row = row + link;
            part.set(lane.header, row, bit(link == 0));
            part.set(lane.link, row, bit(link != 0));
            part.set(lane.key, row, Fr::from(key));
        }
    }
    // The first links of all accounts, the second ones, and so on: each absorbs the digest before.
    for link in 0.. {
        let (places, hashes): (Vec<usize>, Vec<Hash>) = accounts
            .iter()
            .zip(headers)
            .enumerate()
            .filter_map(|(i, (account, row))| {
                let positions = links(account).nth(link)?;
                let row = row + 1 + link;
                Some((i, of_leaf(row, tag::LEAF_LINK, &[digests[i]], positions)))
            })
            .unzip();
        if hashes.is_empty() {
            break;
        }
        let laid = lay(part, lane, permutations, &hashes);
        for (place, digest) in places.into_iter().zip(laid) {
            digests[place] = digest;
        }
    }
    digests
}

/// A node of the tree.
pub(super) fn node(row: usize, children: [Option<Fr>; INPUTS]) -> Hash {
    Hash {
        row,
        tag: tag::BOOK_NODE,
        inputs: children.map(Option::unwrap_or_default),
        live: children.map(|child| child.is_some()),
    }
}

/// The hashes of a secret in so many rows: its commitment, and its masks.
pub(super) fn secret(rows: std::ops::Range<usize>, secret: Fr) -> impl Iterator<Item = Hash> {
    rows.enumerate().map(move |(n, row)| {
        let mut inputs = [Fr::ZERO; INPUTS];
        inputs[0] = secret;
        // Below the commitment: masks of the totals, of asset 1, of asset 2, …
        inputs[1] = Fr::from(n.saturating_sub(1) as u64);
        Hash {
            row,
            tag: if n == 0 { tag::MASK_SECRET } else { tag::MASKS },
            inputs,
            live: [false; INPUTS],
        }
    })
}

/// Lays rows without a hash: the permutation of zeros.
pub(super) fn idle(part: &mut Part<'_>, lane: &HashLane, rows: std::ops::Range<usize>) {
    let (cells, digest) = permutation::trace(0, &[Fr::ZERO; INPUTS]);
    for (cell, value) in cells.into_iter().chain([digest]).enumerate() {
        for row in rows.clone() {
            part.set(lane.sboxes + cell, row, value);
        }
    }
}
