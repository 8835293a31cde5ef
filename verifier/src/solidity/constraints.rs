//! The value of the quotient: all constraints joined by powers of y, over `x^n − 1`.

use super::expression::{multiply, Emitter, Operand};
use super::memory::WORD;
use super::Generator;
use crate::protocol::expression::{Id, Node, Symbol};

/// Consecutive constraints with a common factor.
struct Group {
    factor: Option<Id>,
    parts: Vec<Id>,
}

impl Generator<'_> {
    pub(super) fn constraints(&mut self) {
        let graph = self.constraints.graph.clone();
        let groups = groups(&self.constraints.list, |id| graph.node(id));
        let mut roots: Vec<Id> = Vec::new();
        for group in &groups {
            roots.extend(group.factor);
            roots.extend(&group.parts);
        }
        let mut emitter = Emitter::new(&graph, &roots, {
            let (at, plan) = (self.at.clone(), self.plan.challenges.clone());
            let scalars = self.scalar_at(0);
            let load = move |at: usize| format!("mload({at:#x})");
            move |leaf: &Node| match leaf {
                Node::Evaluation(number) => {
                    format!("calldataload({:#x})", scalars + WORD * *number as usize)
                }
                Node::Instance(query) => load(at.instance + WORD * *query as usize),
                Node::Challenge(number) => {
                    load(at.challenges + WORD * plan.circuit[*number as usize])
                }
                Node::Symbol(symbol) => load(match symbol {
                    Symbol::Theta => at.challenges + WORD * plan.theta,
                    Symbol::Beta => at.challenges + WORD * plan.beta,
                    Symbol::Gamma => at.challenges + WORD * plan.gamma,
                    Symbol::X => at.challenges + WORD * plan.x,
                    Symbol::First => at.first,
                    Symbol::Last => at.last,
                    Symbol::Active => at.active,
                }),
                // Operations are no leaves.
                _ => "0".to_owned(),
            }
        });
        self.out.section("constraints, joined by powers of y");
        self.out.line(&format!("let y := {}", self.challenge(self.plan.challenges.y)));
        self.out.line("let sum := 0");
        self.out.line("let part := 0");
        let mut powers = vec![Operand::leaf("y".to_owned())];
        for group in &groups {
            self.group(group, &mut emitter, &mut powers);
        }
        let at = self.at.quotient;
        self.out.line(&format!("mstore({at:#x}, mulmod(sum, mload({at:#x}), r))"));
    }

    fn group(
        &mut self,
        group: &Group,
        emitter: &mut Emitter<'_, impl Fn(&Node) -> String>,
        powers: &mut Vec<Operand>,
    ) {
        let Some(factor) = group.factor else {
            for part in &group.parts {
                let value = emitter.operand(*part, &mut self.out, &mut self.memory);
                self.join("sum", value);
            }
            return;
        };
        for (i, part) in group.parts.iter().enumerate() {
            let value = emitter.operand(*part, &mut self.out, &mut self.memory);
            match i {
                0 => self.out.line(&format!("part := {}", value.text)),
                _ => self.join("part", value),
            }
        }
        let power = self.power(group.parts.len(), powers);
        let factor = emitter.operand(factor, &mut self.out, &mut self.memory);
        let scaled = multiply(factor, Operand::leaf("part".to_owned()));
        self.out.line(&format!("sum := add(mulmod(sum, {power}, r), {})", scaled.text));
    }

    /// `to·y + value`
    fn join(&mut self, to: &str, value: Operand) {
        let joined = match value.bound {
            5.. => format!("addmod({}, mulmod({to}, y, r), r)", value.text),
            _ => format!("add({}, mulmod({to}, y, r))", value.text),
        };
        self.out.line(&format!("{to} := {joined}"));
    }

    /// Text of `y^n`.
    fn power(&mut self, n: usize, powers: &mut Vec<Operand>) -> String {
        while powers.len() < n {
            let last = powers[powers.len() - 1].text.clone();
            let at = self.memory.scratch();
            self.out.line(&format!("mstore({at:#x}, mulmod({last}, y, r))"));
            powers.push(Operand::leaf(format!("mload({at:#x})")));
        }
        powers[n - 1].text.clone()
    }
}

fn groups(list: &[Id], node: impl Fn(Id) -> Node) -> Vec<Group> {
    let factors = |id: Id| match node(id) {
        Node::Product(a, b) => vec![(a, b), (b, a)],
        _ => vec![],
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut rest = list;
    while let Some((first, _)) = rest.split_first() {
        let run = |factor: Id| {
            rest.iter()
                .map_while(|id| factors(*id).into_iter().find(|(f, _)| *f == factor))
                .map(|(_, part)| part)
                .collect::<Vec<Id>>()
        };
        let best = factors(*first)
            .into_iter()
            .map(|(factor, _)| (factor, run(factor)))
            .max_by_key(|(_, parts)| parts.len())
            .filter(|(_, parts)| parts.len() > 1);
        let group = match best {
            Some((factor, parts)) => Group {
                factor: Some(factor),
                parts,
            },
            None => Group {
                factor: None,
                parts: vec![*first],
            },
        };
        rest = &rest[group.parts.len()..];
        groups.push(group);
    }
    groups
}
