//! Where the constants of a key are: in the code that uses them, or in the code of a second
//! contract that is copied to memory at once.
//!
//! A contract has at most 24,576 bytes. Inline is cheapest; a constant of an expression costs three
//! gas to push, nine from the second contract. A commitment costs the same either way, so those
//! move first, and then the constants with the most uses.

use std::collections::HashMap;

use super::expression::operands;
use super::memory::WORD;
use super::Generator;
use zkmargin_verifier::bn254::{Fr, G1};
use zkmargin_verifier::protocol::expression::Node;
use zkmargin_verifier::protocol::plan::Commitment;

/// Which constants are in the second contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// The commitments.
    commitments: bool,
    /// This many long constants of expressions.
    scalars: usize,
}

impl Split {
    /// Bytes saved by a constant that is loaded instead of pushed.
    const SAVED: usize = 29;

    /// What to try when the code is too long by so many bytes; `None` when it is not, or when
    /// nothing is left to move.
    pub(super) fn next(self, excess: usize) -> Option<Split> {
        match (excess, self.commitments) {
            (0, _) => None,
            (_, false) => Some(Split {
                commitments: true,
                scalars: 0,
            }),
            (_, true) if self.scalars > LARGEST_COUNT => None,
            // The first ones have several uses each: short steps, so as not to move too many.
            (_, true) => Some(Split {
                scalars: self.scalars + excess.div_ceil(8 * Self::SAVED),
                ..self
            }),
        }
    }
}

/// No key has this many constants.
const LARGEST_COUNT: usize = 4_096;

/// Words of the second contract and where they are copied to.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyData {
    /// The words; `None` for a gap that the verifier fills.
    pub(super) words: Vec<Option<[u8; 32]>>,
    /// First byte in memory.
    pub(super) at: usize,
    commitments: HashMap<Commitment, usize>,
    scalars: HashMap<Fr, usize>,
}

/// Constants shorter than this are cheaper to push.
const LONG: usize = 9;

impl KeyData {
    /// Memory of a commitment: x, y, and a gap for its coefficient.
    pub(super) fn commitment(&self, commitment: Commitment) -> Option<usize> {
        self.commitments.get(&commitment).copied()
    }

    /// Memory of every long constant.
    pub(super) fn scalars(&self) -> HashMap<Fr, usize> {
        self.scalars.clone()
    }

    fn push(&mut self, word: Option<[u8; 32]>) -> usize {
        self.words.push(word);
        self.at + WORD * (self.words.len() - 1)
    }
}

impl Generator<'_> {
    /// Chooses what is in the second contract and reserves memory for it.
    pub(super) fn place_key(&mut self) {
        let at = self.memory.area("constants of the key", 0);
        let mut key = KeyData {
            at,
            ..KeyData::default()
        };
        if self.split.commitments {
            let members = self.plan.sets.iter().flat_map(|set| &set.members);
            for commitment in members.map(|member| member.commitment) {
                let Some(point) = self.key_point(commitment) else {
                    continue;
                };
                let x = key.push(Some(point.x.to_be_bytes()));
                key.push(Some(point.y.to_be_bytes()));
                key.push(None);
                key.commitments.insert(commitment, x);
            }
        }
        for v in self.long_constants().take(self.split.scalars) {
            let word = key.push(Some(v.to_be_bytes()));
            key.scalars.insert(v, word);
        }
        self.memory.extend(key.words.len());
        self.key = key;
    }

    /// Long constants of expressions, those with the most uses first: they save the most code.
    fn long_constants(&self) -> impl Iterator<Item = Fr> {
        let nodes = self.constraints.graph.nodes();
        let mut uses = vec![0usize; nodes.len()];
        for operand in nodes.iter().flat_map(operands) {
            uses[operand as usize] += 1;
        }
        let long = |v: &Fr| v.to_be_bytes().iter().skip_while(|b| **b == 0).count() >= LONG;
        let mut constants: Vec<(usize, Fr)> = nodes
            .iter()
            .zip(uses)
            .filter_map(|(node, uses)| match node {
                Node::Constant(v) if long(v) => Some((uses, *v)),
                _ => None,
            })
            .collect();
        constants.sort_by_key(|(uses, _)| std::cmp::Reverse(*uses));
        constants.into_iter().map(|(_, v)| v)
    }

    /// Copies the second contract's words to memory.
    pub(super) fn load_key(&mut self) {
        if self.key.words.is_empty() {
            return;
        }
        let (at, bytes) = (self.key.at, WORD * self.key.words.len());
        self.out.section("constants of the key");
        self.out
            .line(&format!("extcodecopy(key, {at:#x}, 1, {bytes:#x})"));
    }

    /// The commitment as a constant, unless it is a point of the proof.
    pub(super) fn key_point(&self, commitment: Commitment) -> Option<G1> {
        match commitment {
            Commitment::Fixed(column) => self
                .protocol
                .fixed_commitments
                .get(column)
                .copied()
                .flatten(),
            Commitment::Permutation(column) => {
                let points = &self.protocol.permutation_commitments;
                points.get(column).copied().flatten()
            }
            Commitment::Proof(_) | Commitment::Quotient => None,
        }
    }

    /// Text of the second contract.
    pub(super) fn key_contract(&self, name: &str) -> String {
        const FREE: usize = 0x80;
        let words = &self.key.words;
        let mut lines = String::new();
        for (i, word) in words.iter().enumerate() {
            if let Some(word) = word {
                let at = FREE + 1 + WORD * i;
                lines += &format!("            mstore({at:#x}, 0x{})\n", hex::encode(word));
            }
        }
        format!(
            "/// @notice Holds the constants of the key as its code, after a byte that stops it.\n\
             contract {name}Key {{\n\
             \x20   constructor() {{\n\
             \x20       assembly {{\n\
             {lines}\
             \x20           return({FREE:#x}, {:#x})\n\
             \x20       }}\n\
             \x20   }}\n\
             }}\n\n",
            1 + WORD * words.len()
        )
    }
}
