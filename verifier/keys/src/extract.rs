//! From halo2's key to a protocol.

use halo2_proofs::plonk::{Any, ConstraintSystem, Expression, VerifyingKey};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::{Fr, G1Affine};

use crate::transcript::{from_halo2, point_from_halo2};
use zkmargin_verifier::bn254::{G1, G2};
use zkmargin_verifier::protocol::expression::{Graph, Id, Node};
use zkmargin_verifier::protocol::{
    InstanceColumn, Label, Lookup, OpenColumn, Permuted, Protocol, ProtocolError, Query, Template,
};

/// Describes a key of halo2 under a setup.
///
/// # Errors
/// [`ProtocolError::Unsupported`].
pub fn extract(
    label: Label,
    vk: &VerifyingKey<G1Affine>,
    instance: &[InstanceColumn],
    tau: G2,
) -> Result<Protocol, ProtocolError> {
    let cs = vk.cs();
    if cs.num_instance_columns() != instance.len() {
        return Err(ProtocolError::Unsupported(
            "another number of instance columns",
        ));
    }
    let mut extract = Extract::new(cs);
    let gates = cs
        .gates()
        .iter()
        .flat_map(|gate| gate.polynomials())
        .map(|polynomial| extract.expression(polynomial))
        .collect::<Result<_, _>>()?;
    let lookups = cs
        .lookups()
        .iter()
        .map(|lookup| {
            let mut all = |list: &[Expression<Fr>]| -> Result<Vec<Id>, ProtocolError> {
                list.iter().map(|e| extract.expression(e)).collect()
            };
            Ok(Lookup {
                inputs: all(lookup.input_expressions())?,
                table: all(lookup.table_expressions())?,
            })
        })
        .collect::<Result<_, ProtocolError>>()?;
    let permutation = cs
        .permutation()
        .get_columns()
        .iter()
        .map(|column| extract.permuted(column.index(), column.column_type()))
        .collect::<Result<_, _>>()?;
    Ok(Protocol {
        label,
        transcript_key: from_halo2(&vk.transcript_repr()),
        k: vk.get_domain().k(),
        degree: cs.degree() as u32,
        blinding: cs.blinding_factors() as u32,
        instance: instance.to_vec(),
        advice_phases: cs.advice_column_phase(),
        challenge_phases: cs.challenge_phase(),
        advice_queries: extract.advice,
        instance_queries: extract.instance,
        fixed_queries: extract.fixed,
        graph: extract.graph,
        gates,
        lookups,
        permutation,
        fixed_commitments: points(vk.fixed_commitments()),
        permutation_commitments: points(vk.permutation().commitments()),
        tau,
    })
}

fn points(points: &[G1Affine]) -> Vec<Option<G1>> {
    points.iter().map(point_from_halo2).collect()
}

/// What a template is made with beside a key of some market.
pub struct Open<'a> {
    /// Label of the template.
    pub label: Label,
    /// The fixed columns that depend on the market.
    pub columns: Vec<OpenColumn>,
    /// The setup's Lagrange points, of as many rows as a market may have.
    pub points: &'a [G1Affine],
}

/// The template of a key, from that of any market.
///
/// # Errors
/// [`ProtocolError::Unsupported`].
pub fn template(
    vk: &VerifyingKey<G1Affine>,
    protocol: &Protocol,
    open: Open<'_>,
) -> Result<Template, ProtocolError> {
    let text = format!("{:?}", vk.pinned());
    let missing = ProtocolError::Unsupported("a text without fixed commitments");
    let end = text.find(COMMITMENTS).ok_or(missing)? + COMMITMENTS.len();
    let points = open.points.iter().map(point_from_halo2);
    let infinity = ProtocolError::Unsupported("a Lagrange point at infinity");
    let points = points.collect::<Option<Vec<_>>>().ok_or(infinity)?;
    Template::new(open.label, protocol, open.columns, &text[..end], points)
}

/// Before the list of them in the text that halo2 hashes.
const COMMITMENTS: &str = ", fixed_commitments: ";

struct Extract {
    advice: Vec<Query>,
    fixed: Vec<Query>,
    instance: Vec<Query>,
    graph: Graph,
}

fn query(column: usize, rotation: Rotation) -> Query {
    Query {
        column: column as u32,
        rotation: rotation.0,
    }
}

fn number(queries: &[Query], wanted: Query) -> Result<u32, ProtocolError> {
    let position = queries.iter().position(|q| *q == wanted);
    position
        .map(|p| p as u32)
        .ok_or(ProtocolError::Unsupported("a cell that is not queried"))
}

impl Extract {
    fn new(cs: &ConstraintSystem<Fr>) -> Self {
        let advice = cs.advice_queries().iter();
        let fixed = cs.fixed_queries().iter();
        let instance = cs.instance_queries().iter();
        Extract {
            advice: advice.map(|(c, r)| query(c.index(), *r)).collect(),
            fixed: fixed.map(|(c, r)| query(c.index(), *r)).collect(),
            instance: instance.map(|(c, r)| query(c.index(), *r)).collect(),
            graph: Graph::new(),
        }
    }

    fn expression(&mut self, e: &Expression<Fr>) -> Result<Id, ProtocolError> {
        let node = match e {
            Expression::Constant(v) => Node::Constant(from_halo2(v)),
            Expression::Selector(_) => return Err(ProtocolError::Unsupported("a selector")),
            Expression::Fixed(q) => {
                Node::Fixed(number(&self.fixed, query(q.column_index(), q.rotation()))?)
            }
            Expression::Advice(q) => {
                Node::Advice(number(&self.advice, query(q.column_index(), q.rotation()))?)
            }
            Expression::Instance(q) => {
                let wanted = query(q.column_index(), q.rotation());
                Node::Instance(number(&self.instance, wanted)?)
            }
            Expression::Challenge(c) => Node::Challenge(c.index() as u32),
            Expression::Negated(a) => {
                let a = self.expression(a)?;
                return Ok(self.graph.negate(a));
            }
            Expression::Sum(a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                return Ok(self.graph.add(a, b));
            }
            Expression::Product(a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                return Ok(self.graph.multiply(a, b));
            }
            Expression::Scaled(a, v) => {
                let a = self.expression(a)?;
                return Ok(self.graph.scale(a, from_halo2(v)));
            }
        };
        Ok(self.graph.intern(node))
    }

    fn permuted(&self, column: usize, kind: &Any) -> Result<Permuted, ProtocolError> {
        let here = query(column, Rotation::cur());
        Ok(match kind {
            Any::Advice(_) => Permuted::Advice(number(&self.advice, here)?),
            Any::Fixed => Permuted::Fixed(number(&self.fixed, here)?),
            Any::Instance => Permuted::Instance(number(&self.instance, here)?),
        })
    }
}
