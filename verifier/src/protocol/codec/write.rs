//! The writing half.

use sha3::{Digest, Keccak256};

use super::{FixedColumn, Version, MAGIC};
use crate::bn254::{Fr, G1};
use crate::protocol::expression::Node;
use crate::protocol::text::KeyText;
use crate::protocol::InstanceColumn;

/// Bytes of a file so far.
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn start(version: Version) -> Self {
        let mut out = Writer(MAGIC.to_vec());
        out.0.extend_from_slice(&version.number().to_be_bytes());
        out
    }

    /// The file, with its digest.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let digest = Keccak256::digest(&self.0);
        self.0.extend_from_slice(&digest);
        self.0
    }

    pub(super) fn instance(&mut self, column: &InstanceColumn) {
        let tag = match column {
            InstanceColumn::Exactly(_) => 0,
            InstanceColumn::AtMost(_) => 1,
        };
        self.0.push(tag);
        self.number(column.most());
    }

    pub(super) fn fixed(&mut self, column: &FixedColumn<'_>) {
        match column {
            FixedColumn::Infinity => self.0.push(0),
            FixedColumn::Point(point) => {
                self.0.push(1);
                self.point(point);
            }
            FixedColumn::Open(name) => {
                self.0.push(2);
                self.text(name);
            }
        }
    }

    pub(super) fn key_text(&mut self, text: &KeyText) {
        self.0.extend_from_slice(&text.length.to_be_bytes());
        self.list(&text.states, |out, words| {
            let words = words.iter().flat_map(|word| word.to_le_bytes());
            out.0.extend(words);
        });
        self.bytes(&text.rest);
    }

    pub(super) fn number(&mut self, v: u32) {
        self.0.extend_from_slice(&v.to_be_bytes());
    }

    pub(super) fn scalar(&mut self, v: Fr) {
        self.0.extend_from_slice(&v.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u32);
        for item in items {
            write(self, item);
        }
    }

    pub(super) fn point(&mut self, point: &G1) {
        self.0.extend_from_slice(&point.x.to_be_bytes());
        self.0.extend_from_slice(&point.y.to_be_bytes());
    }

    pub(super) fn node(&mut self, node: &Node) {
        let (tag, operands) = match node {
            Node::Constant(v) => {
                self.0.push(0);
                return self.scalar(*v);
            }
            Node::Advice(q) => (1, vec![*q]),
            Node::Fixed(q) => (2, vec![*q]),
            Node::Instance(q) => (3, vec![*q]),
            Node::Challenge(c) => (4, vec![*c]),
            Node::Negated(a) => (5, vec![*a]),
            Node::Sum(a, b) => (6, vec![*a, *b]),
            Node::Product(a, b) => (7, vec![*a, *b]),
            // These two are made from a protocol, not kept in one.
            Node::Evaluation(_) | Node::Symbol(_) => (u8::MAX, vec![]),
        };
        self.0.push(tag);
        for operand in operands {
            self.number(operand);
        }
    }
}
