//! From an expression graph to Yul.
//!
//! Values are kept unreduced where that is free: `5·r < 2^256`, so up to five values below `r` add
//! without `addmod`, and `mulmod` takes any number. An operand carries its bound in multiples of r.

use std::collections::HashMap;

use super::memory::Memory;
use super::source::Source;
use zkmargin_verifier::bn254::field::{Fp, Prime};
use zkmargin_verifier::bn254::Fr;
use zkmargin_verifier::protocol::expression::{Graph, Id, Node};

/// Multiples of r that fit a word.
const LARGEST_BOUND: u32 = 5;
/// Deepest nesting of operations: the machine reaches 16 words down its stack.
pub(crate) const DEEPEST: u32 = 9;

/// A Yul expression with value at most `bound·r`.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    /// Text.
    pub text: String,
    /// Multiples of r.
    pub bound: u32,
    /// Words of stack that it needs.
    pub depth: u32,
}

impl Operand {
    /// A value below r.
    pub(crate) fn leaf(text: String) -> Self {
        Operand {
            text,
            bound: 1,
            depth: 1,
        }
    }
}

/// Text of a scalar: short where the number is.
pub(crate) fn literal<M: Prime>(v: Fp<M>) -> String {
    let digits = hex::encode(v.to_be_bytes());
    let digits = digits.trim_start_matches('0');
    let width = digits.len().div_ceil(2) * 2;
    format!("0x{digits:0>width$}", width = width.max(2))
}

/// `a + b`
pub(crate) fn add(a: Operand, b: Operand) -> Operand {
    // Yul evaluates the last argument first: the deeper one goes there.
    let (a, b) = if a.depth > b.depth { (b, a) } else { (a, b) };
    let depth = b.depth.max(a.depth + 1);
    if a.bound + b.bound <= LARGEST_BOUND {
        return Operand {
            text: format!("add({}, {})", a.text, b.text),
            bound: a.bound + b.bound,
            depth,
        };
    }
    Operand {
        text: format!("addmod({}, {}, r)", a.text, b.text),
        bound: 1,
        depth: depth + 1,
    }
}

/// `a·b`
pub(crate) fn multiply(a: Operand, b: Operand) -> Operand {
    let (a, b) = if a.depth > b.depth { (b, a) } else { (a, b) };
    Operand {
        depth: (b.depth + 1).max(a.depth + 2),
        text: format!("mulmod({}, {}, r)", a.text, b.text),
        bound: 1,
    }
}

/// `−a`, as `bound·r − a`.
pub(crate) fn negate(a: Operand) -> Operand {
    let multiple = match a.bound {
        1 => "r".to_owned(),
        bound => multiple_of_r(bound),
    };
    Operand {
        text: format!("sub({multiple}, {})", a.text),
        bound: a.bound,
        depth: a.depth + 1,
    }
}

/// A sum in a variable, reduced only where the next term would not fit.
pub(crate) struct Total {
    name: &'static str,
    sum: Option<Operand>,
}

impl Total {
    /// Nothing added yet: the variable may hold anything.
    pub(crate) fn new(name: &'static str) -> Self {
        Total { name, sum: None }
    }

    /// Adds a term.
    pub(crate) fn add(&mut self, term: Operand, out: &mut Source) {
        let sum = match self.sum.take() {
            Some(sum) => add(sum, term),
            None => term,
        };
        out.line(&format!("{} := {}", self.name, sum.text));
        self.sum = Some(Operand {
            bound: sum.bound,
            ..Operand::leaf(self.name.to_owned())
        });
    }

    /// The sum.
    pub(crate) fn value(self) -> Operand {
        self.sum.unwrap_or_else(|| Operand::leaf("0".to_owned()))
    }
}

/// `n·r` as a literal.
fn multiple_of_r(n: u32) -> String {
    let mut carry = 0u32;
    let mut bytes = Fr::modulus_be_bytes();
    for byte in bytes.iter_mut().rev() {
        carry += u32::from(*byte) * n;
        *byte = carry as u8;
        carry >>= 8;
    }
    format!("0x{}", hex::encode(bytes))
}

/// Writes expressions of a graph.
pub(crate) struct Emitter<'g, L> {
    graph: &'g Graph,
    leaf: L,
    uses: Vec<u32>,
    /// Nodes that were stored, with the text that loads them and their bounds.
    stored: HashMap<Id, Operand>,
}

impl<'g, L: Fn(&Node) -> String> Emitter<'g, L> {
    /// For the roots that will be asked for. `leaf` gives the text of a leaf.
    pub(crate) fn new(graph: &'g Graph, roots: &[Id], leaf: L) -> Self {
        let mut uses = vec![0; graph.nodes().len()];
        roots.iter().for_each(|root| uses[*root as usize] += 1);
        for (id, node) in graph.nodes().iter().enumerate().rev() {
            if uses[id] > 0 {
                operands(node).for_each(|operand| uses[operand as usize] += 1);
            }
        }
        Emitter {
            graph,
            leaf,
            uses,
            stored: HashMap::new(),
        }
    }

    /// The value of a node; shared parts are stored first.
    pub(crate) fn operand(&mut self, id: Id, out: &mut Source, memory: &mut Memory) -> Operand {
        if let Some(stored) = self.stored.get(&id) {
            return stored.clone();
        }
        let operand = match self.graph.node(id) {
            Node::Negated(a) => {
                let a = self.operand(a, out, memory);
                negate(a)
            }
            Node::Sum(..) => self.sum(id, out, memory),
            Node::Product(a, b) => {
                let a = self.operand(a, out, memory);
                let a = self.shallow(a, out, memory);
                let b = self.operand(b, out, memory);
                multiply(a, b)
            }
            leaf => return Operand::leaf((self.leaf)(&leaf)),
        };
        if !self.worth_storing(id) {
            return self.shallow(operand, out, memory);
        }
        let stored = store(operand, out, memory);
        self.stored.insert(id, stored.clone());
        stored
    }

    fn is_leaf(&self, id: Id) -> bool {
        operands(&self.graph.node(id)).next().is_none()
    }

    /// A store and a load cost as much as a sum of two cells.
    fn worth_storing(&self, id: Id) -> bool {
        let uses = self.uses[id as usize];
        match self.graph.node(id) {
            Node::Sum(a, b) if self.is_leaf(a) && self.is_leaf(b) => uses > 2,
            Node::Negated(_) => false,
            _ => uses > 1,
        }
    }

    /// Stores what would nest too deep.
    fn shallow(&self, operand: Operand, out: &mut Source, memory: &mut Memory) -> Operand {
        match operand.depth > DEEPEST {
            true => store(operand, out, memory),
            false => operand,
        }
    }

    /// A sum of all terms below: those with a plus first, then the others subtracted at once.
    fn sum(&mut self, id: Id, out: &mut Source, memory: &mut Memory) -> Operand {
        let (mut plus, mut minus) = (Vec::new(), Vec::new());
        self.terms(id, true, &mut plus, &mut minus);
        let mut total = self.total(&plus, out, memory);
        if let Some(negative) = self.total(&minus, out, memory) {
            let negative = negate(negative);
            total = Some(match total {
                Some(positive) => add(positive, negative),
                None => negative,
            });
        }
        total.unwrap_or_else(|| Operand::leaf("0".to_owned()))
    }

    fn total(&mut self, terms: &[Id], out: &mut Source, memory: &mut Memory) -> Option<Operand> {
        let mut total: Option<Operand> = None;
        for term in terms {
            let term = self.operand(*term, out, memory);
            let sum = match total {
                Some(total) => add(total, term),
                None => term,
            };
            total = Some(self.shallow(sum, out, memory));
        }
        total
    }

    fn terms(&self, id: Id, sign: bool, plus: &mut Vec<Id>, minus: &mut Vec<Id>) {
        let open = !self.stored.contains_key(&id);
        match self.graph.node(id) {
            // A shared sum is a term of its own, except at the top.
            Node::Sum(a, b) if open => {
                for operand in [a, b] {
                    let shared = matches!(self.graph.node(operand), Node::Sum(..))
                        && self.worth_storing(operand);
                    match (shared, sign) {
                        (true, true) => plus.push(operand),
                        (true, false) => minus.push(operand),
                        (false, _) => self.terms(operand, sign, plus, minus),
                    }
                }
            }
            Node::Negated(a) => self.terms(a, !sign, plus, minus),
            _ if sign => plus.push(id),
            _ => minus.push(id),
        }
    }
}

/// Operands of a node.
pub(crate) fn operands(node: &Node) -> impl Iterator<Item = Id> {
    let (a, b) = match *node {
        Node::Negated(a) => (Some(a), None),
        Node::Sum(a, b) | Node::Product(a, b) => (Some(a), Some(b)),
        _ => (None, None),
    };
    a.into_iter().chain(b)
}

/// Keeps a value in memory.
fn store(operand: Operand, out: &mut Source, memory: &mut Memory) -> Operand {
    let at = memory.scratch();
    out.line(&format!("mstore({at:#x}, {})", operand.text));
    Operand {
        text: format!("mload({at:#x})"),
        bound: operand.bound,
        depth: 1,
    }
}
