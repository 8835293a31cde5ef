//! The reading half: one kind of field each.

use super::super::expression::{Graph, Id, Node};
use super::super::{Lookup, ProtocolError, Query};
use super::LONGEST_LIST;
use crate::bn254::{Fq, Fr, G1};

/// A place in a file.
pub(super) struct Reader<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
}

pub(super) type Read<T> = Result<T, ProtocolError>;

impl Reader<'_> {
    pub(super) fn fault(&self, field: &'static str, problem: &'static str) -> ProtocolError {
        ProtocolError::Field {
            offset: self.at,
            field,
            problem,
        }
    }

    pub(super) fn take<const N: usize>(&mut self, field: &'static str) -> Read<[u8; N]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (chunk, _) = rest
            .split_first_chunk()
            .ok_or_else(|| self.fault(field, "the file ends early"))?;
        self.at += N;
        Ok(*chunk)
    }

    pub(super) fn number(&mut self, field: &'static str) -> Read<u32> {
        Ok(u32::from_be_bytes(self.take(field)?))
    }

    pub(super) fn number_in(
        &mut self,
        field: &'static str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Read<u32> {
        let v = self.number(field)?;
        match range.contains(&v) {
            true => Ok(v),
            false => Err(self.fault(field, "out of range")),
        }
    }

    /// A number below a bound.
    pub(super) fn index(&mut self, field: &'static str, bound: usize) -> Read<u32> {
        let v = self.number(field)?;
        match (v as usize) < bound {
            true => Ok(v),
            false => Err(self.fault(field, "names something that is not there")),
        }
    }

    pub(super) fn scalar(&mut self, field: &'static str) -> Read<Fr> {
        let word = self.take(field)?;
        Fr::from_be_bytes(&word).ok_or_else(|| self.fault(field, "not below the modulus"))
    }

    pub(super) fn length(&mut self, field: &'static str) -> Read<usize> {
        let length = self.number(field)? as usize;
        let rest = self.bytes.len().saturating_sub(self.at);
        match length <= LONGEST_LIST && length <= rest {
            true => Ok(length),
            false => Err(self.fault(field, "longer than the file")),
        }
    }

    pub(super) fn list<T>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Vec<T>> {
        (0..self.length(field)?).map(|_| read(self)).collect()
    }

    pub(super) fn text(&mut self, field: &'static str) -> Read<String> {
        let bytes = self.list(field, |r| Ok(r.take::<1>(field)?[0]))?;
        // Names are printed, and written into contracts.
        match bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            true => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
            false => Err(self.fault(field, "not printable ASCII")),
        }
    }

    pub(super) fn flag(&mut self, field: &'static str) -> Read<bool> {
        match self.take::<1>(field)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(self.fault(field, "neither 0 nor 1")),
        }
    }

    pub(super) fn phases(&mut self, field: &'static str) -> Read<Vec<u8>> {
        self.list(field, |r| match r.take::<1>(field)? {
            [phase] if phase < 3 => Ok(phase),
            _ => Err(r.fault(field, "not a phase")),
        })
    }

    pub(super) fn queries(
        &mut self,
        field: &'static str,
        columns: usize,
        k: u32,
    ) -> Read<Vec<Query>> {
        let half = 1i32 << (k.min(31) - 1);
        let queries = self.list(field, |r| {
            let column = r.index(field, columns)?;
            let rotation = r.number(field)? as i32;
            match (-half..half).contains(&rotation) {
                true => Ok(Query { column, rotation }),
                false => Err(r.fault(field, "a rotation of more than half the rows")),
            }
        })?;
        let mut seen = std::collections::HashSet::new();
        match queries.iter().all(|q| seen.insert(*q)) {
            true => Ok(queries),
            false => Err(self.fault(field, "a query is repeated")),
        }
    }

    pub(super) fn point(&mut self, field: &'static str) -> Read<G1> {
        let (x, y) = (self.take(field)?, self.take(field)?);
        let point = Fq::from_be_bytes(&x).zip(Fq::from_be_bytes(&y));
        point
            .and_then(|(x, y)| G1::new(x, y))
            .ok_or_else(|| self.fault(field, "not a canonical point of the curve"))
    }

    pub(super) fn graph(
        &mut self,
        [advice, fixed, instance, challenges]: [usize; 4],
    ) -> Read<Graph> {
        let field = "expressions";
        let count = self.length(field)?;
        let mut graph = Graph::new();
        for position in 0..count {
            let node = match self.take(field)? {
                [0] => Node::Constant(self.scalar(field)?),
                [1] => Node::Advice(self.index(field, advice)?),
                [2] => Node::Fixed(self.index(field, fixed)?),
                [3] => Node::Instance(self.index(field, instance)?),
                [4] => Node::Challenge(self.index(field, challenges)?),
                [5] => Node::Negated(self.index(field, position)?),
                [6] => Node::Sum(self.index(field, position)?, self.index(field, position)?),
                [7] => Node::Product(self.index(field, position)?, self.index(field, position)?),
                _ => return Err(self.fault(field, "no kind of node")),
            };
            if graph.intern(node) as usize != position {
                return Err(self.fault(field, "a node is repeated"));
            }
        }
        Ok(graph)
    }

    pub(super) fn lookup(&mut self, nodes: usize) -> Read<Lookup> {
        let expressions =
            |r: &mut Self| -> Read<Vec<Id>> { r.list("lookups", |r| r.index("lookups", nodes)) };
        let (inputs, table) = (expressions(self)?, expressions(self)?);
        match inputs.len() == table.len() && !inputs.is_empty() {
            true => Ok(Lookup { inputs, table }),
            false => Err(self.fault("lookups", "inputs and table differ in width")),
        }
    }
}
