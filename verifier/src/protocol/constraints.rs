//! What the values of a proof must satisfy, as one list of expressions in halo2's order:
//! gates, permutation, lookups. With `y` the verifier joins them to `Σ y^(m−1−i)·e_i`, which must
//! be the quotient times `x^n − 1`.
//!
//! Permutation, with columns `p_j` in chunks, products `z_i`, polynomials `s_j`:
//!
//! ```text
//! l_0·(1 − z_0) = 0                        l_last·(z_m² − z_m) = 0
//! l_0·(z_i − z_{i−1}(ω^last x)) = 0        for i > 0
//! active·( z_i(ωx)·Π(p_j + β·s_j + γ) − z_i·Π(p_j + β·δ^j·x + γ) ) = 0
//! ```
//!
//! Lookup, with product `z`, permuted input `a'` and table `s'`, inputs `A` and table `S` joined by
//! powers of θ:
//!
//! ```text
//! l_0·(1 − z) = 0                          l_last·(z² − z) = 0
//! active·( z(ωx)·(a' + β)·(s' + γ) − z·(A + β)·(S + γ) ) = 0
//! l_0·(a' − s') = 0                        active·(a' − s')·(a' − a'(ω⁻¹x)) = 0
//! ```

use super::expression::{Graph, Id, Node, Symbol};
use super::plan::{LookupValues, Plan};
use super::{Lookup, Permuted, Protocol};
use crate::bn254::Fr;

/// The constraints and the graph that they are nodes of.
#[derive(Clone, Debug)]
pub struct Constraints {
    /// All expressions.
    pub graph: Graph,
    /// The constraints in order.
    pub list: Vec<Id>,
}

impl Constraints {
    /// The constraints of a protocol.
    pub fn new(protocol: &Protocol, plan: &Plan) -> Self {
        let mut build = Build {
            protocol,
            plan,
            graph: Graph::new(),
            imported: Vec::new(),
        };
        build.import();
        let mut list: Vec<Id> = protocol
            .gates
            .iter()
            .map(|id| build.imported[*id as usize])
            .collect();
        build.permutation(&mut list);
        for (lookup, values) in protocol.lookups.iter().zip(&plan.lookups) {
            build.lookup(lookup, values, &mut list);
        }
        Constraints {
            graph: build.graph,
            list,
        }
    }
}

struct Build<'p> {
    protocol: &'p Protocol,
    plan: &'p Plan,
    graph: Graph,
    imported: Vec<Id>,
}

impl Build<'_> {
    /// Takes the protocol's graph over, with queries turned into scalars of the proof.
    fn import(&mut self) {
        for node in self.protocol.graph.nodes() {
            let id = match *node {
                Node::Constant(v) => self.graph.constant(v),
                Node::Advice(query) => self.graph.intern(Node::Evaluation(query)),
                Node::Fixed(query) => self.fixed(query),
                Node::Negated(a) => {
                    let a = self.imported[a as usize];
                    self.graph.negate(a)
                }
                Node::Sum(a, b) => {
                    let (a, b) = (self.imported[a as usize], self.imported[b as usize]);
                    self.graph.add(a, b)
                }
                Node::Product(a, b) => {
                    let (a, b) = (self.imported[a as usize], self.imported[b as usize]);
                    self.graph.multiply(a, b)
                }
                leaf => self.graph.intern(leaf),
            };
            self.imported.push(id);
        }
    }

    fn fixed(&mut self, query: u32) -> Id {
        let number = self.plan.fixed_scalar as u32 + query;
        self.graph.intern(Node::Evaluation(number))
    }

    fn scalar(&mut self, number: usize) -> Id {
        self.graph.intern(Node::Evaluation(number as u32))
    }

    fn symbol(&mut self, symbol: Symbol) -> Id {
        self.graph.intern(Node::Symbol(symbol))
    }

    /// `l_0·(1 − z)` and `l_last·(z² − z)`.
    fn starts_at_one(&mut self, z: Id) -> Id {
        let (one, first) = (self.graph.constant(Fr::ONE), self.symbol(Symbol::First));
        let difference = self.graph.sub(one, z);
        self.graph.multiply(first, difference)
    }

    fn ends_at_a_bit(&mut self, z: Id) -> Id {
        let last = self.symbol(Symbol::Last);
        let square = self.graph.multiply(z, z);
        let difference = self.graph.sub(square, z);
        self.graph.multiply(last, difference)
    }

    fn permutation(&mut self, list: &mut Vec<Id>) {
        let products = self.plan.products.clone();
        let (Some(first), Some(last)) = (products.first(), products.last()) else {
            return;
        };
        let (first, last) = (self.scalar(first.here), self.scalar(last.here));
        let start = self.starts_at_one(first);
        let end = self.ends_at_a_bit(last);
        list.extend([start, end]);
        for pair in products.windows(2) {
            let here = self.scalar(pair[1].here);
            let before = self.scalar(pair[0].last.unwrap_or_default());
            let difference = self.graph.sub(here, before);
            let first = self.symbol(Symbol::First);
            list.push(self.graph.multiply(difference, first));
        }
        let (beta, x) = (self.symbol(Symbol::Beta), self.symbol(Symbol::X));
        let mut identity = self.graph.multiply(beta, x);
        let mut column = 0;
        for (values, columns) in products
            .iter()
            .zip(self.protocol.permutation.chunks(self.protocol.chunk()))
        {
            let mut left = self.scalar(values.next);
            let mut right = self.scalar(values.here);
            for permuted in columns {
                let (with_sigma, with_identity) = self.factors(*permuted, column, identity);
                left = self.graph.multiply(left, with_sigma);
                right = self.graph.multiply(right, with_identity);
                identity = self.graph.scale(identity, Fr::delta());
                column += 1;
            }
            let difference = self.graph.sub(left, right);
            let active = self.symbol(Symbol::Active);
            list.push(self.graph.multiply(difference, active));
        }
    }

    /// `p + γ + β·s` and `p + γ + β·δ^j·x`.
    fn factors(&mut self, permuted: Permuted, column: usize, identity: Id) -> (Id, Id) {
        let value = match permuted {
            Permuted::Advice(query) => self.graph.intern(Node::Evaluation(query)),
            Permuted::Fixed(query) => self.fixed(query),
            Permuted::Instance(query) => self.graph.intern(Node::Instance(query)),
        };
        let (beta, gamma) = (self.symbol(Symbol::Beta), self.symbol(Symbol::Gamma));
        let sigma = self.scalar(self.plan.permutation_scalar + column);
        let shifted = self.graph.add(value, gamma);
        let sigma = self.graph.multiply(beta, sigma);
        (
            self.graph.add(shifted, sigma),
            self.graph.add(shifted, identity),
        )
    }

    /// `Σ θ^(m−1−i)·e_i`
    fn joined(&mut self, expressions: &[Id]) -> Id {
        let mut sum = self.graph.constant(Fr::ZERO);
        for id in expressions {
            let theta = self.symbol(Symbol::Theta);
            let shifted = self.graph.multiply(sum, theta);
            sum = self.graph.add(shifted, self.imported[*id as usize]);
        }
        sum
    }

    fn lookup(&mut self, lookup: &Lookup, values: &LookupValues, list: &mut Vec<Id>) {
        let [z, z_next, input, input_before, table] = [
            values.product,
            values.product_next,
            values.input,
            values.input_before,
            values.table,
        ]
        .map(|number| self.scalar(number));
        let (beta, gamma) = (self.symbol(Symbol::Beta), self.symbol(Symbol::Gamma));
        let (first, active) = (self.symbol(Symbol::First), self.symbol(Symbol::Active));
        let start = self.starts_at_one(z);
        let end = self.ends_at_a_bit(z);
        let inputs = self.joined(&lookup.inputs);
        let tables = self.joined(&lookup.table);
        let g = &mut self.graph;
        let (a, s) = (g.add(input, beta), g.add(table, gamma));
        let permuted = g.multiply(a, s);
        let left = g.multiply(z_next, permuted);
        let (a, s) = (g.add(inputs, beta), g.add(tables, gamma));
        let original = g.multiply(a, s);
        let right = g.multiply(z, original);
        let difference = g.sub(left, right);
        let product = g.multiply(difference, active);
        let ahead = g.sub(input, table);
        let same_start = g.multiply(first, ahead);
        let step = g.sub(input, input_before);
        let repeats = g.multiply(ahead, step);
        let repeats = g.multiply(repeats, active);
        list.extend([start, end, product, same_start, repeats]);
    }
}
