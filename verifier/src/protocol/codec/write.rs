//! The writing half.

use crate::bn254::{Fr, G1};
use crate::protocol::expression::Node;

/// Bytes of a file so far.
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
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
