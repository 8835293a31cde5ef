//! 8-ary hash trees of fixed depth, and the book of account leaves.

use ff::Field;
#[cfg(feature = "full")]
use rayon::prelude::*;

use super::{hash8, tag};
use crate::Fr;

/// Children of a node.
pub const ARITY: usize = 8;
/// Levels of hashing in the tree over market rows.
pub const MARKET_DEPTH: usize = 4;
/// Rows that a market holds at most: 8^4.
pub const MARKET_CAPACITY: usize = 4096;
/// Levels of hashing in the tree over account leaves.
pub const BOOK_DEPTH: usize = 10;
/// Accounts that a book holds at most: 8^10.
pub const BOOK_CAPACITY: usize = 1 << 30;

/// What `node` makes of every eight children, of the last fewer.
pub fn parents(children: &[Fr], node: impl Fn(&[Fr]) -> Fr + Sync + Send) -> Vec<Fr> {
    #[cfg(feature = "full")]
    {
        /// Nodes that one task hashes at least.
        const LEAST: usize = 64;
        let chunks = children.par_chunks(ARITY).with_min_len(LEAST);
        chunks.map(node).collect()
    }
    #[cfg(not(feature = "full"))]
    children.chunks(ARITY).map(node).collect()
}

/// An 8-ary tree of fixed depth whose leaves fill from the left; leaves that are not given are
/// zero. A node is the digest of its eight children, of empty ones too. Only nodes above a given
/// leaf are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// `levels[0]` the leaves, `levels[l]` the nodes l levels above them, without empty tails.
    levels: Vec<Vec<Fr>>,
    /// `empty[l]` the node l levels above leaves that are all zero.
    empty: Vec<Fr>,
}

impl Tree {
    /// The tree over `leaves` with nodes hashed under `tag`; `depth` is at most 20.
    ///
    /// # Panics
    /// When there are more than 8^`depth` leaves: callers bound what they read.
    pub fn new(tag: u64, depth: usize, leaves: Vec<Fr>) -> Tree {
        let mut empty = vec![Fr::ZERO];
        let mut levels = vec![leaves];
        for level in 0..depth {
            let pad = empty[level];
            let node = |children: &[Fr]| hash8(tag, &padded(children, pad));
            levels.push(parents(&levels[level], node));
            empty.push(hash8(tag, &[pad; ARITY]));
        }
        assert!(levels[depth].len() <= 1, "more leaves than the tree holds");
        Tree { levels, empty }
    }

    /// Levels of hashing.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len() - 1
    }

    /// The root.
    pub fn root(&self) -> Fr {
        self.node(self.depth(), 0)
    }

    /// Stored nodes of a level, from the left; 0 is the leaves. Nothing above the root.
    pub fn level(&self, level: usize) -> &[Fr] {
        self.levels.get(level).map_or(&[], Vec::as_slice)
    }

    /// The eight siblings that hold the path's node, for each level from the leaves up. For an
    /// index at or above the capacity the result leads to no root.
    pub fn path(&self, index: usize) -> Vec<[Fr; ARITY]> {
        (0..self.depth())
            .map(|level| {
                let first = (index >> (3 * level)) & !(ARITY - 1);
                std::array::from_fn(|i| self.node(level, first + i))
            })
            .collect()
    }

    fn node(&self, level: usize, index: usize) -> Fr {
        self.levels[level]
            .get(index)
            .copied()
            .unwrap_or(self.empty[level])
    }
}

fn padded(children: &[Fr], pad: Fr) -> [Fr; ARITY] {
    std::array::from_fn(|i| children.get(i).copied().unwrap_or(pad))
}

/// The root that a path proves for `leaf` at `index`, or `None` if the path does not hold it
/// there. The twin of the circuit's opening.
pub fn root_of_path(tag: u64, index: usize, leaf: Fr, path: &[[Fr; ARITY]]) -> Option<Fr> {
    let mut node = leaf;
    let mut rest = index;
    for children in path {
        if children[rest % ARITY] != node {
            return None;
        }
        node = hash8(tag, children);
        rest /= ARITY;
    }
    (rest == 0).then_some(node)
}

/// Digest that binds the number of accounts to the root of their tree.
pub fn book_root(count: usize, tree_root: Fr) -> Fr {
    let mut inputs = [Fr::ZERO; ARITY];
    inputs[0] = Fr::from(count as u64);
    inputs[1] = tree_root;
    hash8(tag::BOOK, &inputs)
}

/// Where a leaf stands in a book, for who does not know the other leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Index of the leaf.
    pub index: u64,
    /// Accounts of the book.
    pub count: u64,
    /// The eight nodes that hold the path's, from the leaf up.
    pub path: Vec<[Fr; ARITY]>,
}

impl Inclusion {
    /// In the book that holds only this leaf.
    pub fn lone(leaf: Fr) -> Inclusion {
        Book::lone(leaf).inclusion(0)
    }

    /// The root of the book, or `None` if the path does not hold the leaf at the index.
    pub fn root(&self, leaf: Fr) -> Option<Fr> {
        let index = usize::try_from(self.index).ok()?;
        let tree = root_of_path(tag::BOOK_NODE, index, leaf, &self.path)?;
        Some(book_root(usize::try_from(self.count).ok()?, tree))
    }
}

/// All accounts of a venue, by their leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Account leaves, in the order of the book; at most [`BOOK_CAPACITY`].
    pub leaves: Vec<Fr>,
}

impl Book {
    /// The book of a single account, for a trader who is in no venue's book.
    pub fn lone(leaf: Fr) -> Book {
        Book { leaves: vec![leaf] }
    }

    /// Number of accounts.
    pub fn count(&self) -> usize {
        self.leaves.len()
    }

    /// The tree over the leaves; costs a digest for every seven leaves.
    pub fn tree(&self) -> Tree {
        Tree::new(tag::BOOK_NODE, BOOK_DEPTH, self.leaves.clone())
    }

    /// The digest of count and tree, which a statement names.
    pub fn root(&self) -> Fr {
        book_root(self.count(), self.tree().root())
    }

    /// Where an account stands. For many accounts keep [`Book::tree`].
    pub fn inclusion(&self, index: usize) -> Inclusion {
        Inclusion {
            index: index as u64,
            count: self.count() as u64,
            path: self.tree().path(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: u64) -> Vec<Fr> {
        (1..=n).map(Fr::from).collect()
    }

    /// The definition, with every empty node spelled out.
    fn dense_root(tag: u64, depth: usize, leaves: &[Fr]) -> Fr {
        let mut nodes = leaves.to_vec();
        nodes.resize(ARITY.pow(depth as u32), Fr::ZERO);
        for _ in 0..depth {
            nodes = nodes
                .chunks(ARITY)
                .map(|c| hash8(tag, &std::array::from_fn(|i| c[i])))
                .collect();
        }
        nodes[0]
    }

    #[test]
    fn sparse_equals_dense() {
        for n in [0, 1, 7, 8, 9, 63, 64, 65, 511, 512] {
            let tree = Tree::new(9, 3, leaves(n));
            assert_eq!(tree.root(), dense_root(9, 3, &leaves(n)), "{n} leaves");
        }
    }

    #[test]
    fn only_filled_nodes_are_stored() {
        let tree = Tree::new(1, 4, leaves(65));
        let stored: Vec<usize> = (0..6).map(|l| tree.level(l).len()).collect();
        assert_eq!(stored, [65, 9, 2, 1, 1, 0]);
        assert_eq!(tree.level(4), [tree.root()]);
    }

    #[test]
    fn paths_lead_to_the_root() {
        let tree = Tree::new(1, 3, leaves(70));
        for index in [0, 7, 8, 63, 64, 69, 70, 511] {
            let leaf = leaves(70).get(index).copied().unwrap_or(Fr::ZERO);
            let path = tree.path(index);
            assert_eq!(path.len(), 3);
            assert_eq!(root_of_path(1, index, leaf, &path), Some(tree.root()));
            assert_ne!(root_of_path(2, index, leaf, &path), Some(tree.root()));
            assert_eq!(root_of_path(1, index, leaf + Fr::ONE, &path), None);
        }
        assert_ne!(
            root_of_path(1, 512, Fr::ZERO, &tree.path(512)),
            Some(tree.root())
        );
        assert_ne!(
            root_of_path(1, 513, Fr::from(2), &tree.path(1)),
            Some(tree.root())
        );
    }

    #[test]
    fn a_path_of_another_leaf_is_refused() {
        let tree = Tree::new(1, 2, leaves(20));
        assert_eq!(root_of_path(1, 3, Fr::from(5), &tree.path(3)), None);
        assert_eq!(root_of_path(1, 4, Fr::from(4), &tree.path(3)), None);
        let mut path = tree.path(3);
        path[1][5] += Fr::ONE;
        assert_ne!(root_of_path(1, 3, Fr::from(4), &path), Some(tree.root()));
    }

    #[test]
    fn the_count_is_bound_to_the_book() {
        let short = Book { leaves: leaves(2) };
        let mut long = short.clone();
        long.leaves.push(Fr::ZERO);
        assert_eq!(short.tree().root(), long.tree().root());
        assert_ne!(short.root(), long.root());
        assert_eq!(
            Book::lone(Fr::ONE).root(),
            Book { leaves: leaves(1) }.root()
        );
        assert_eq!(
            Inclusion::lone(Fr::ONE).path,
            Book { leaves: leaves(1) }.tree().path(0)
        );
        assert_eq!(ARITY.pow(BOOK_DEPTH as u32), BOOK_CAPACITY);
        assert_eq!(ARITY.pow(MARKET_DEPTH as u32), MARKET_CAPACITY);
    }

    #[test]
    fn an_inclusion_leads_to_the_root_of_the_book() {
        let book = Book { leaves: leaves(20) };
        let place = book.inclusion(9);
        assert_eq!(place.root(Fr::from(10)), Some(book.root()));
        assert_eq!(place.root(Fr::from(11)), None);
        for altered in [
            Inclusion {
                index: 10,
                ..place.clone()
            },
            Inclusion {
                count: 21,
                ..place.clone()
            },
            Inclusion {
                path: book.inclusion(8 + 8).path,
                ..place.clone()
            },
        ] {
            assert_ne!(altered.root(Fr::from(10)), Some(book.root()));
        }
        let lone = Inclusion::lone(Fr::from(4));
        assert_eq!(lone.root(Fr::from(4)), Some(Book::lone(Fr::from(4)).root()));
    }

    #[test]
    #[should_panic(expected = "more leaves than the tree holds")]
    fn too_many_leaves() {
        Tree::new(1, 1, leaves(9));
    }
}
