//! The value of the quotient: all constraints joined by powers of y, over `x^n − 1`.
//!
//! Constraints with a common factor, such as a selector, are joined first and multiplied by it once:
//! `Σ_i y^(m−1−i)·s·f_i = s·y^t·(…(f_1·y^g + f_2)·y^g' + …)`, where t constraints follow the last.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::expression::{add, literal, multiply, Emitter, Operand, Total};
use super::memory::WORD;
use super::Generator;
use zkmargin_verifier::protocol::expression::{Graph, Id, Node, Symbol};

/// Constraints with a common factor.
struct Group {
    factor: Option<Id>,
    /// Positions and the other factors.
    parts: Vec<(usize, Id)>,
}

impl Generator<'_> {
    pub(super) fn constraints(&mut self) {
        let graph = self.constraints.graph.clone();
        let groups = groups(&self.constraints.list, &graph);
        let mut roots: Vec<Id> = Vec::new();
        for group in &groups {
            roots.extend(group.factor);
            roots.extend(group.parts.iter().map(|(_, part)| part));
        }
        self.out.section("powers of y");
        self.out.line(&format!(
            "let y := {}",
            self.challenge(self.plan.challenges.y)
        ));
        let count = self.constraints.list.len();
        let powers = self.powers("y", &exponents(&groups, count));
        self.out.section("constraints, joined by powers of y");
        let mut emitter = Emitter::new(&graph, &roots, self.leaves());
        for name in ["sum", "part", "t"] {
            self.out.line(&format!("let {name}"));
        }
        let mut total = Total::new("sum");
        for group in &groups {
            let value = self.group(group, &mut emitter, &powers, count);
            total.add(value, &mut self.out);
        }
        let at = self.at.quotient;
        self.out
            .line(&format!("mstore({at:#x}, mulmod(sum, mload({at:#x}), r))"));
    }

    /// Text of the leaves of the constraints.
    fn leaves(&self) -> impl Fn(&Node) -> String {
        let (at, plan) = (self.at.clone(), self.plan.challenges.clone());
        let scalars = self.scalar_at(0);
        let load = move |at: usize| format!("mload({at:#x})");
        let kept = self.key.scalars();
        move |leaf: &Node| match leaf {
            Node::Evaluation(number) => {
                format!("calldataload({:#x})", scalars + WORD * *number as usize)
            }
            Node::Instance(query) => load(at.instance + WORD * *query as usize),
            Node::Challenge(number) => load(at.challenges + WORD * plan.circuit[*number as usize]),
            Node::Symbol(symbol) => load(match symbol {
                Symbol::Theta => at.challenges + WORD * plan.theta,
                Symbol::Beta => at.challenges + WORD * plan.beta,
                Symbol::Gamma => at.challenges + WORD * plan.gamma,
                Symbol::X => at.challenges + WORD * plan.x,
                Symbol::First => at.first,
                Symbol::Last => at.last,
                Symbol::Active => at.active,
            }),
            Node::Constant(v) => match kept.get(v) {
                Some(at) => load(*at),
                None => literal(*v),
            },
            // Operations are no leaves.
            _ => "0".to_owned(),
        }
    }

    fn group(
        &mut self,
        group: &Group,
        emitter: &mut Emitter<'_, impl Fn(&Node) -> String>,
        powers: &BTreeMap<usize, String>,
        count: usize,
    ) -> Operand {
        let mut before = None;
        for (position, part) in &group.parts {
            let value = emitter.operand(*part, &mut self.out, &mut self.memory);
            let joined = match before {
                None => value,
                Some(before) => {
                    let power = Operand::leaf(powers[&(position - before)].clone());
                    add(value, multiply(power, Operand::leaf("part".to_owned())))
                }
            };
            self.out.line(&format!("part := {}", joined.text));
            before = Some(*position);
        }
        let after = count - 1 - before.unwrap_or_default();
        let mut scaled = Operand::leaf("part".to_owned());
        if after > 0 {
            scaled = multiply(Operand::leaf(powers[&after].clone()), scaled);
        }
        if let Some(factor) = group.factor {
            let factor = emitter.operand(factor, &mut self.out, &mut self.memory);
            scaled = multiply(factor, scaled);
        }
        scaled
    }

    /// Computes powers, ascending, each from those before it.
    pub(super) fn powers(
        &mut self,
        base: &str,
        exponents: &BTreeSet<usize>,
    ) -> BTreeMap<usize, String> {
        let mut known = BTreeMap::from([(1, base.to_owned())]);
        for exponent in exponents {
            let mut missing = vec![*exponent];
            while let Some(wanted) = missing.last().copied() {
                if known.contains_key(&wanted) {
                    missing.pop();
                    continue;
                }
                let largest = known.keys().copied().filter(|k| *k < wanted).max();
                let largest = largest.unwrap_or(1).min(wanted - 1);
                // A square where the rest would be longer than what is known.
                let rest = wanted - largest;
                match known.contains_key(&rest) {
                    true => {
                        let (a, b) = (known[&largest].clone(), known[&rest].clone());
                        let at = self.memory.scratch();
                        self.out
                            .line(&format!("mstore({at:#x}, mulmod({a}, {b}, r))"));
                        known.insert(wanted, format!("mload({at:#x})"));
                    }
                    false if rest > largest => missing.push(wanted / 2 + wanted % 2),
                    false => missing.push(rest),
                }
            }
        }
        known
    }
}

/// Powers of y that the groups need.
fn exponents(groups: &[Group], count: usize) -> BTreeSet<usize> {
    let mut exponents = BTreeSet::new();
    for group in groups {
        exponents.extend(group.parts.windows(2).map(|pair| pair[1].0 - pair[0].0));
        exponents.extend(group.parts.last().map(|(last, _)| count - 1 - last));
    }
    exponents.remove(&0);
    exponents
}

/// Collects constraints by the factor that most of them share.
fn groups(list: &[Id], graph: &Graph) -> Vec<Group> {
    let factors = |id: Id| match graph.node(id) {
        Node::Product(a, b) => vec![(a, b), (b, a)],
        _ => vec![],
    };
    let mut shares: HashMap<Id, usize> = HashMap::new();
    for (factor, _) in list.iter().flat_map(|id| factors(*id)) {
        *shares.entry(factor).or_default() += 1;
    }
    let mut groups: Vec<Group> = Vec::new();
    for (position, id) in list.iter().enumerate() {
        let best = factors(*id)
            .into_iter()
            .max_by_key(|(factor, _)| (shares[factor], std::cmp::Reverse(*factor)))
            .filter(|(factor, _)| shares[factor] > 1);
        let (factor, part) = match best {
            Some((factor, part)) => (Some(factor), part),
            None => (None, *id),
        };
        match groups.iter_mut().find(|group| group.factor == factor) {
            Some(group) => group.parts.push((position, part)),
            None => groups.push(Group {
                factor,
                parts: vec![(position, part)],
            }),
        }
    }
    groups
}
