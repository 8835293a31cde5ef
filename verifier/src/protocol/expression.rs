//! Expressions as a graph: every subexpression once, operands before their users.

use std::collections::HashMap;

use crate::bn254::Fr;

/// Index of a node.
pub type Id = u32;

/// A value that an expression is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A constant.
    Constant(Fr),
    /// An advice query, by its number.
    Advice(u32),
    /// A fixed query, by its number.
    Fixed(u32),
    /// An instance query, by its number.
    Instance(u32),
    /// A challenge of the circuit, by its number.
    Challenge(u32),
    /// A scalar of the proof, by its number. Not in files.
    Evaluation(u32),
    /// A value of the argument itself. Not in files.
    Symbol(Symbol),
    /// `−a`
    Negated(Id),
    /// `a + b`
    Sum(Id, Id),
    /// `a · b`
    Product(Id, Id),
}

/// A value that the verifier computes for the permutation and lookup arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    /// Challenge θ: joins the expressions of a lookup.
    Theta,
    /// Challenge β.
    Beta,
    /// Challenge γ.
    Gamma,
    /// Challenge x: where everything is evaluated.
    X,
    /// `l_0(x)`: 1 on the first row.
    First,
    /// `l_last(x)`: 1 on the last row in use.
    Last,
    /// `1 − l_last(x) − l_blind(x)`: 1 on the rows before the last.
    Active,
}

/// A graph of expressions. Building one folds constants and drops zeros and ones.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
}

impl Graph {
    /// The empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nodes, operands before users.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node of this graph.
    pub fn node(&self, id: Id) -> Node {
        self.nodes[id as usize]
    }

    /// Adds a node as it is, unless it is there already.
    pub fn intern(&mut self, node: Node) -> Id {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = self.nodes.len() as Id;
        self.nodes.push(node);
        self.known.insert(node, id);
        id
    }

    /// A constant.
    pub(crate) fn constant(&mut self, value: Fr) -> Id {
        self.intern(Node::Constant(value))
    }

    fn value(&self, id: Id) -> Option<Fr> {
        match self.node(id) {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// `−a`. A sign goes into a constant factor where there is one.
    pub fn negate(&mut self, a: Id) -> Id {
        match self.node(a) {
            Node::Constant(v) => self.constant(-v),
            Node::Negated(inner) => inner,
            Node::Product(b, c) => match self.value(b) {
                Some(v) => {
                    let b = self.constant(-v);
                    self.product_of(b, c)
                }
                None => self.intern(Node::Negated(a)),
            },
            _ => self.intern(Node::Negated(a)),
        }
    }

    /// `a + b`
    pub fn add(&mut self, a: Id, b: Id) -> Id {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) => self.constant(a + b),
            (Some(zero), None) if zero.is_zero() => b,
            (None, Some(zero)) if zero.is_zero() => a,
            _ => self.intern(Node::Sum(a.min(b), a.max(b))),
        }
    }

    /// `a − b`
    pub(crate) fn sub(&mut self, a: Id, b: Id) -> Id {
        let b = self.negate(b);
        self.add(a, b)
    }

    /// `a · b`; a constant factor comes first.
    pub fn multiply(&mut self, a: Id, b: Id) -> Id {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) => self.constant(a * b),
            (Some(v), None) => self.scale(b, v),
            (None, Some(v)) => self.scale(a, v),
            (None, None) => match (self.node(a), self.node(b)) {
                (Node::Negated(a), Node::Negated(b)) => self.multiply(a, b),
                (Node::Negated(a), _) => {
                    let product = self.multiply(a, b);
                    self.negate(product)
                }
                (_, Node::Negated(b)) => {
                    let product = self.multiply(a, b);
                    self.negate(product)
                }
                _ => self.product_of(a, b),
            },
        }
    }

    fn product_of(&mut self, a: Id, b: Id) -> Id {
        // A constant is kept as the first factor, and its position carries meaning for readers.
        if self.value(a).is_some() {
            return self.intern(Node::Product(a, b));
        }
        self.intern(Node::Product(a.min(b), a.max(b)))
    }

    /// `v · a`
    pub fn scale(&mut self, a: Id, v: Fr) -> Id {
        if v.is_zero() {
            return self.constant(Fr::ZERO);
        }
        if v == Fr::ONE {
            return a;
        }
        match self.node(a) {
            Node::Negated(inner) => self.scale(inner, -v),
            Node::Product(c, inner) if self.value(c).is_some() => {
                let c = self.value(c).unwrap_or_default();
                self.scale(inner, c * v)
            }
            _ if v == -Fr::ONE => self.negate(a),
            _ => {
                let c = self.constant(v);
                self.product_of(c, a)
            }
        }
    }

    /// Values of all nodes, given those of the leaves.
    pub fn evaluate(&self, leaf: impl Fn(&Node) -> Fr) -> Vec<Fr> {
        let mut values: Vec<Fr> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let value = match node {
                Node::Constant(v) => *v,
                Node::Negated(a) => -values[*a as usize],
                Node::Sum(a, b) => values[*a as usize] + values[*b as usize],
                Node::Product(a, b) => values[*a as usize] * values[*b as usize],
                other => leaf(other),
            };
            values.push(value);
        }
        values
    }
}
