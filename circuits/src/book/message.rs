//! Messages of the keyed sums ([`super::sums`]): what they are about, their keys, and who sends them.

use ff::Field;

use super::columns::Columns;
use crate::system::algebra::{joined, powers, Cells, Value};
use zkmargin_engine::Fr;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u64)]
pub enum Tag {
    /// BMSG1: a limb; its key has no θ.
    Limb = 0,
    /// BMSG2: a leaf or a node of the tree.
    Node = 1,
    /// BMSG3: a packed position of an account.
    Position = 2,
    /// BMSG4: a netting group of an account.
    Group = 3,
    /// BMSG5: the sums of an account.
    Account = 4,
    /// BMSG6: the losses of an account in an underlying.
    Risk = 5,
    /// BMSG7: the totals.
    Total = 6,
    /// BMSG8: an asset.
    Asset = 7,
}

/// One message of a row.
#[derive(Clone, Debug)]
pub struct Fraction<T> {
    /// What it is about.
    pub tag: Tag,
    /// Its weight.
    pub weight: T,
    /// Its key, compressed.
    pub key: T,
    /// The weight is the constant one.
    pub plain: bool,
}

/// Where the messages of a row go.
pub(crate) trait Sink<T> {
    /// A limb of the table of limbs.
    fn limb(&mut self, weight: T, limb: T);
    /// Any other message: its weight, and the tag and parts of its key.
    fn message(&mut self, of: Tag, weight: T, tag: T, parts: &[T]);
}

/// `α + θ·tag + θ²·part_0 + …`
pub(super) fn key<T: Value>(alpha: T, theta: T, tag: T, parts: &[T]) -> T {
    let all = std::iter::once(&tag).chain(parts).cloned();
    alpha + powers(theta.clone(), all) * theta
}

/// Sends the messages of a row.
pub(super) struct Sender<'c, T, C, S> {
    pub(super) cells: &'c C,
    /// Tells the numbers of a word apart.
    pub(super) gamma: T,
    pub(super) sink: &'c mut S,
}

impl<T: Value, C: Cells<T>, S: Sink<T>> Sender<'_, T, C, S> {
    /// An advice cell of the row.
    pub(super) fn a(&self, column: usize) -> T {
        self.cells.advice(column, 0)
    }

    /// A fixed cell of the row.
    pub(super) fn f(&self, column: usize) -> T {
        self.cells.fixed(column, 0)
    }

    pub(super) fn send<const N: usize>(&mut self, tag: Tag, weight: T, parts: [T; N]) {
        self.sink.message(tag, weight, T::small(tag as u64), &parts);
    }

    /// `1·v0 + γ·v1 + …`
    pub(super) fn word(&self, values: Vec<T>) -> T {
        powers(self.gamma.clone(), values.into_iter())
    }

    /// The number in limbs from a column on.
    pub(super) fn joined(&self, columns: &Columns, first: usize, limbs: usize) -> T {
        let bits = columns.shape.limb_bits();
        joined(bits, (first..first + limbs).map(|c| self.a(c)))
    }
}

pub(super) fn zero<T: Value>() -> T {
    T::small(0)
}

pub(super) fn one<T: Value>() -> T {
    T::small(1)
}

pub(super) fn minus<T: Value>(v: T) -> T {
    v.scaled(-Fr::ONE)
}

/// `1 − 2·bit`.
pub(super) fn sign<T: Value>(bit: T) -> T {
    one::<T>() - bit.scaled(Fr::from(2))
}

/// A position as its terms see it.
pub(super) struct Held<T> {
    /// Key of the account.
    pub(super) key: T,
    /// Signed quantity.
    pub(super) quantity: T,
    /// Absolute quantity.
    pub(super) size: T,
}
