//! What the fields of a key may be.

use std::collections::HashSet;

use super::super::text::KeyText;
use super::super::{InstanceColumn, Label, OpenColumn, Permuted, Protocol, Query, Template};
use super::read::{Read, Reader};
use super::{KeyFile, Version, LONGEST_LIST, MOST_ROWS};
use crate::bn254::{Fr, G1, G2};

/// Largest supported log2 of rows: that of the field.
const LARGEST_K: u32 = crate::bn254::field::TWO_ADICITY;
/// Degrees for which the quotient's extended domain exists at every k that fits a setup.
const DEGREES: std::ops::RangeInclusive<u32> = 3..=32;

impl Reader<'_> {
    /// All fields, in the order of the file. Long because there are so many, each checked against those
    /// before it.
    pub(super) fn key(&mut self, version: Version) -> Read<KeyFile> {
        let label = self.label()?;
        let mut transcript_key = Fr::ZERO;
        if version == Version::One {
            transcript_key = self.scalar("key digest of the transcript")?;
        }
        let k = self.number_in("k", 2..=LARGEST_K)?;
        let degree = self.number_in("degree", DEGREES)?;
        let blinding = self.number_in("blinding rows", 1..=((1 << k) - 2).min(MOST_ROWS))?;
        let usable = (1 << k) - (blinding + 1);
        let instance = self.instance(version, usable)?;
        let advice_phases = self.phases("phases of advice columns")?;
        let challenge_phases = self.phases("phases of challenges")?;
        let last_phase = advice_phases.iter().max().copied().unwrap_or(0);
        if challenge_phases.iter().any(|phase| *phase > last_phase) {
            return Err(self.fault("phases of challenges", "later than every column"));
        }
        let advice_queries = self.queries("advice queries", advice_phases.len(), k)?;
        let instance_queries = self.queries("instance queries", instance.len(), k)?;
        // The commitments that these refer to come later.
        let fixed_queries = self.queries("fixed queries", LONGEST_LIST, k)?;
        let counts = [
            advice_queries.len(),
            fixed_queries.len(),
            instance_queries.len(),
            challenge_phases.len(),
        ];
        let graph = self.graph(counts)?;
        let size = graph.nodes().len();
        let gates = self.list("gates", |r| r.index("gates", size))?;
        let lookups = self.list("lookups", |r| r.lookup(size))?;
        let queries = [&advice_queries, &fixed_queries, &instance_queries];
        let permutation = self.list("permutation", |r| r.permuted(queries))?;
        let (fixed_commitments, open) = self.fixed(version)?;
        let columns = fixed_commitments.len();
        if fixed_queries.iter().any(|q| q.column as usize >= columns) {
            return Err(self.fault("fixed queries", "name a column that is not there"));
        }
        let permutation_commitments = self.points_of_permutation(version)?;
        if permutation_commitments.len() != permutation.len() {
            return Err(self.fault("permutation", "not one commitment per column"));
        }
        let tau = self.take::<128>("[tau]_2")?;
        let tau = G2::from_be_bytes(&tau)
            .filter(G2::in_group)
            .ok_or_else(|| self.fault("[tau]_2", "not a canonical point of the group"))?;
        let known = Protocol {
            label,
            transcript_key,
            k,
            degree,
            blinding,
            instance,
            advice_phases,
            challenge_phases,
            advice_queries,
            instance_queries,
            fixed_queries,
            graph,
            gates,
            lookups,
            permutation,
            fixed_commitments,
            permutation_commitments,
            tau,
        };
        match version {
            Version::One => Ok(KeyFile::Whole(Box::new(known))),
            Version::Two => self.end(known, open, usable),
        }
    }

    fn label(&mut self) -> Read<Label> {
        Ok(Label {
            key: self.text("key id")?,
            size: self.text("size")?,
            policy_name: self.text("policy name")?,
            policy: self.scalar("policy")?,
            insecure: self.flag("insecure")?,
        })
    }

    fn instance(&mut self, version: Version, usable: u32) -> Read<Vec<InstanceColumn>> {
        let field = "public inputs";
        if version == Version::Two {
            return self.list(field, |r| {
                let [tag] = r.take(field)?;
                let most = r.number_in(field, 0..=usable)?;
                match tag {
                    0 => Ok(InstanceColumn::Exactly(most)),
                    1 => Ok(InstanceColumn::AtMost(most)),
                    _ => Err(r.fault(field, "neither 0 nor 1")),
                }
            });
        }
        let inputs = self.number_in(field, 0..=usable.min(MOST_ROWS))?;
        let columns = self.number_in("instance columns", 0..=1)?;
        match (columns, inputs) {
            (0, 0) => Ok(Vec::new()),
            (0, _) => Err(self.fault("instance columns", "none for the public inputs")),
            _ => Ok(vec![InstanceColumn::Exactly(inputs)]),
        }
    }

    /// A column of the permutation, among advice, fixed and instance queries.
    fn permuted(&mut self, [advice, fixed, instance]: [&Vec<Query>; 3]) -> Read<Permuted> {
        let field = "permutation";
        let [tag] = self.take(field)?;
        let (make, queries): (fn(u32) -> Permuted, &[Query]) = match tag {
            1 => (Permuted::Advice, advice),
            2 => (Permuted::Fixed, fixed),
            3 => (Permuted::Instance, instance),
            _ => return Err(self.fault(field, "no kind of column")),
        };
        let query = self.index(field, queries.len())?;
        match queries[query as usize].rotation {
            0 => Ok(make(query)),
            _ => Err(self.fault(field, "a query of another row")),
        }
    }

    /// Commitments of fixed columns, and which are open.
    fn fixed(&mut self, version: Version) -> Read<(Vec<Option<G1>>, Vec<OpenColumn>)> {
        let field = "fixed columns";
        let (mut open, mut column) = (Vec::new(), 0);
        let points = self.list(field, |r| {
            let tag = match version {
                Version::One => 1,
                Version::Two => r.take::<1>(field)?[0],
            };
            column += 1;
            match tag {
                0 => Ok(None),
                1 => r.point(field).map(Some),
                2 => {
                    let (column, name) = (column - 1, r.text(field)?);
                    open.push(OpenColumn { column, name });
                    Ok(None)
                }
                _ => Err(r.fault(field, "no kind of commitment")),
            }
        })?;
        let mut names = HashSet::new();
        match open.iter().all(|open| names.insert(&open.name)) {
            true => Ok((points, open)),
            false => Err(self.fault(field, "two hold the same column of the price table")),
        }
    }

    fn points_of_permutation(&mut self, version: Version) -> Read<Vec<Option<G1>>> {
        let field = "permutation";
        self.list(field, |r| match version {
            Version::One => r.point(field).map(Some),
            Version::Two => match r.take(field)? {
                [0] => Ok(None),
                [1] => r.point(field).map(Some),
                _ => Err(r.fault(field, "no kind of commitment")),
            },
        })
    }

    /// What version 2 has at its end.
    fn end(&mut self, mut known: Protocol, open: Vec<OpenColumn>, usable: u32) -> Read<KeyFile> {
        let field = "key digest of the transcript";
        let [tag] = self.take(field)?;
        if (tag == 1) == open.is_empty() {
            return Err(self.fault(field, "open columns have a text, and a digest has none"));
        }
        match tag {
            0 => known.transcript_key = self.scalar(field)?,
            1 => {
                let text = self.key_text(open.len())?;
                let field = "Lagrange points";
                let points = self.list(field, |r| r.point(field))?;
                if points.is_empty() || points.len() > usable as usize {
                    return Err(self.fault(field, "none, or more than rows in use"));
                }
                return Ok(KeyFile::Open(Box::new(Template {
                    known,
                    open,
                    text,
                    points,
                })));
            }
            _ => return Err(self.fault(field, "neither 0 nor 1")),
        }
        if self.length("Lagrange points")? != 0 {
            return Err(self.fault("Lagrange points", "nothing is open that takes them"));
        }
        match Version::of(&known) {
            Version::One => Err(self.fault("version", "2, where 1 describes the key")),
            Version::Two => Ok(KeyFile::Whole(Box::new(known))),
        }
    }

    fn key_text(&mut self, open: usize) -> Read<KeyText> {
        let field = "text of the key";
        let length = u64::from_be_bytes(self.take(field)?);
        if !KeyText::LENGTHS.contains(&length) {
            return Err(self.fault(field, "out of range"));
        }
        let states = self.list(field, |r| {
            let bytes = r.take::<64>(field)?;
            let mut words = [0; 8];
            for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
                let byte = |(i, byte): (usize, &u8)| u64::from(*byte) << (8 * i);
                *word = bytes.iter().enumerate().map(byte).sum();
            }
            Ok(words)
        })?;
        if states.len() != open + 1 {
            return Err(self.fault(field, "not one state for each number of open columns"));
        }
        let rest = self.list(field, |r| Ok(r.take::<1>(field)?[0]))?;
        match rest.len() == KeyText::rest_of(length) {
            true => Ok(KeyText {
                length,
                states,
                rest,
            }),
            false => Err(self.fault(field, "the rest is of another length")),
        }
    }
}
