//! The file format of a protocol.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `ZKMPROTO` |
//! | 2 | version of the format, 1 |
//! | … | the fields of [`Protocol`] in order, as below |
//! | 32 | Keccak-256 of everything before: the [digest](Protocol::digest) of the key |
//!
//! Numbers are u32 most significant byte first unless a width is given; lists and texts carry
//! their length before them; scalars and coordinates are 32 bytes, most significant first, and
//! canonical; a point is x, y; \[τ\]_2 is x.c1, x.c0, y.c1, y.c0. A node of the graph is a tag byte
//! and its operands:
//!
//! | tag | node | operands |
//! |---|---|---|
//! | 0 | constant | scalar |
//! | 1, 2, 3 | advice, fixed, instance query | number of the query |
//! | 4 | challenge | number |
//! | 5 | −a | node |
//! | 6, 7 | a + b, a · b | two nodes |
//!
//! Operands come before their users. A file has one reading and a protocol one file: the reader
//! refuses what the writer would not have written.

mod write;

use sha3::{Digest, Keccak256};

use super::expression::{Graph, Id, Node};
use super::{Label, Lookup, Permuted, Protocol, ProtocolError, Query};
use crate::bn254::{Fq, Fr, G1, G2};
use write::Writer;

const MAGIC: &[u8; 8] = b"ZKMPROTO";
/// Version of the format.
const VERSION: u16 = 1;
const DIGEST: usize = 32;
/// No list of a protocol comes near this many entries.
const LONGEST_LIST: usize = 1 << 20;
/// Blinding rows and public inputs that a verifier computes with one by one.
const MOST_ROWS: u32 = 4096;
/// Largest supported log2 of rows: that of the field.
const LARGEST_K: u32 = crate::bn254::field::TWO_ADICITY;
/// Degrees for which the quotient's extended domain exists at every k that fits a setup.
const DEGREES: std::ops::RangeInclusive<u32> = 3..=32;

impl Protocol {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.0.extend_from_slice(&VERSION.to_be_bytes());
        self.write(&mut out);
        let digest = Keccak256::digest(&out.0);
        out.0.extend_from_slice(&digest);
        out.0
    }

    /// Keccak-256 of the file without its last 32 bytes: names everything a verifier relies on.
    pub fn digest(&self) -> [u8; 32] {
        let bytes = self.to_bytes();
        let mut digest = [0; DIGEST];
        digest.copy_from_slice(&bytes[bytes.len() - DIGEST..]);
        digest
    }

    fn write(&self, out: &mut Writer) {
        let label = &self.label;
        out.text(&label.key);
        out.text(&label.size);
        out.text(&label.policy_name);
        out.scalar(label.policy);
        out.0.push(u8::from(label.insecure));
        out.scalar(self.transcript_key);
        for number in [
            self.k,
            self.degree,
            self.blinding,
            self.public_inputs,
            self.instance_columns,
        ] {
            out.number(number);
        }
        out.bytes(&self.advice_phases);
        out.bytes(&self.challenge_phases);
        for queries in [
            &self.advice_queries,
            &self.instance_queries,
            &self.fixed_queries,
        ] {
            out.list(queries, |out, q| {
                out.number(q.column);
                out.number(q.rotation as u32);
            });
        }
        out.list(self.graph.nodes(), Writer::node);
        out.list(&self.gates, |out, id| out.number(*id));
        out.list(&self.lookups, |out, lookup| {
            out.list(&lookup.inputs, |out, id| out.number(*id));
            out.list(&lookup.table, |out, id| out.number(*id));
        });
        out.list(&self.permutation, |out, column| {
            let (tag, query) = match column {
                Permuted::Advice(q) => (1, q),
                Permuted::Fixed(q) => (2, q),
                Permuted::Instance(q) => (3, q),
            };
            out.0.push(tag);
            out.number(*query);
        });
        for points in [&self.fixed_commitments, &self.permutation_commitments] {
            out.list(points, Writer::point);
        }
        out.0.extend_from_slice(&self.tau.to_be_bytes());
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ProtocolError`] names the byte and the field.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProtocolError::Magic)?;
        let (version, _) = rest.split_first_chunk::<2>().ok_or(ProtocolError::Magic)?;
        let found = u16::from_be_bytes(*version);
        if found != VERSION {
            let supported = VERSION;
            return Err(ProtocolError::Version { found, supported });
        }
        let (content, digest) = bytes
            .split_last_chunk::<DIGEST>()
            .ok_or(ProtocolError::Digest)?;
        if Keccak256::digest(content).as_slice() != digest {
            return Err(ProtocolError::Digest);
        }
        let mut reader = Reader {
            bytes: content,
            at: MAGIC.len() + 2,
        };
        let protocol = reader.protocol()?;
        if reader.at != content.len() {
            return Err(reader.fault("end", "bytes follow the last field"));
        }
        Ok(protocol)
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

type Read<T> = Result<T, ProtocolError>;

impl Reader<'_> {
    fn fault(&self, field: &'static str, problem: &'static str) -> ProtocolError {
        ProtocolError::Field {
            offset: self.at,
            field,
            problem,
        }
    }

    fn take<const N: usize>(&mut self, field: &'static str) -> Read<[u8; N]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (chunk, _) = rest
            .split_first_chunk()
            .ok_or_else(|| self.fault(field, "the file ends early"))?;
        self.at += N;
        Ok(*chunk)
    }

    fn number(&mut self, field: &'static str) -> Read<u32> {
        Ok(u32::from_be_bytes(self.take(field)?))
    }

    fn number_in(
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
    fn index(&mut self, field: &'static str, bound: usize) -> Read<u32> {
        let v = self.number(field)?;
        match (v as usize) < bound {
            true => Ok(v),
            false => Err(self.fault(field, "names something that is not there")),
        }
    }

    fn scalar(&mut self, field: &'static str) -> Read<Fr> {
        let word = self.take(field)?;
        Fr::from_be_bytes(&word).ok_or_else(|| self.fault(field, "not below the modulus"))
    }

    fn length(&mut self, field: &'static str) -> Read<usize> {
        let length = self.number(field)? as usize;
        let rest = self.bytes.len().saturating_sub(self.at);
        match length <= LONGEST_LIST && length <= rest {
            true => Ok(length),
            false => Err(self.fault(field, "longer than the file")),
        }
    }

    fn list<T>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Vec<T>> {
        (0..self.length(field)?).map(|_| read(self)).collect()
    }

    fn text(&mut self, field: &'static str) -> Read<String> {
        let bytes = self.list(field, |r| Ok(r.take::<1>(field)?[0]))?;
        // Names are printed, and written into contracts.
        match bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            true => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
            false => Err(self.fault(field, "not printable ASCII")),
        }
    }

    fn flag(&mut self, field: &'static str) -> Read<bool> {
        match self.take::<1>(field)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(self.fault(field, "neither 0 nor 1")),
        }
    }

    fn phases(&mut self, field: &'static str) -> Read<Vec<u8>> {
        self.list(field, |r| match r.take::<1>(field)? {
            [phase] if phase < 3 => Ok(phase),
            _ => Err(r.fault(field, "not a phase")),
        })
    }

    fn queries(&mut self, field: &'static str, columns: usize, k: u32) -> Read<Vec<Query>> {
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

    fn point(&mut self, field: &'static str) -> Read<G1> {
        let (x, y) = (self.take(field)?, self.take(field)?);
        let point = Fq::from_be_bytes(&x).zip(Fq::from_be_bytes(&y));
        point
            .and_then(|(x, y)| G1::new(x, y))
            .ok_or_else(|| self.fault(field, "not a canonical point of the curve"))
    }

    fn protocol(&mut self) -> Read<Protocol> {
        let label = Label {
            key: self.text("key id")?,
            size: self.text("size")?,
            policy_name: self.text("policy name")?,
            policy: self.scalar("policy")?,
            insecure: self.flag("insecure")?,
        };
        let transcript_key = self.scalar("key digest of the transcript")?;
        let k = self.number_in("k", 2..=LARGEST_K)?;
        let degree = self.number_in("degree", DEGREES)?;
        let blinding = self.number_in("blinding rows", 1..=((1 << k) - 2).min(MOST_ROWS))?;
        let unusable = blinding + 1;
        let public_inputs =
            self.number_in("public inputs", 0..=((1 << k) - unusable).min(MOST_ROWS))?;
        let instance_columns = self.number_in("instance columns", 0..=1)?;
        let advice_phases = self.phases("phases of advice columns")?;
        let challenge_phases = self.phases("phases of challenges")?;
        let last_phase = advice_phases.iter().max().copied().unwrap_or(0);
        if challenge_phases.iter().any(|phase| *phase > last_phase) {
            return Err(self.fault("phases of challenges", "later than every column"));
        }
        let advice_queries = self.queries("advice queries", advice_phases.len(), k)?;
        let instance_queries = self.queries("instance queries", instance_columns as usize, k)?;
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
        let permutation = self.list("permutation", |r| {
            let [tag] = r.take("permutation")?;
            let (make, queries): (fn(u32) -> Permuted, &[Query]) = match tag {
                1 => (Permuted::Advice, &advice_queries),
                2 => (Permuted::Fixed, &fixed_queries),
                3 => (Permuted::Instance, &instance_queries),
                _ => return Err(r.fault("permutation", "no kind of column")),
            };
            let query = r.index("permutation", queries.len())?;
            match queries[query as usize].rotation {
                0 => Ok(make(query)),
                _ => Err(r.fault("permutation", "a query of another row")),
            }
        })?;
        let fixed_commitments = self.list("fixed columns", |r| r.point("fixed columns"))?;
        let columns = fixed_commitments.len();
        if fixed_queries.iter().any(|q| q.column as usize >= columns) {
            return Err(self.fault("fixed queries", "name a column that is not there"));
        }
        let permutation_commitments = self.list("permutation", |r| r.point("permutation"))?;
        if permutation_commitments.len() != permutation.len() {
            return Err(self.fault("permutation", "not one commitment per column"));
        }
        let tau = self.take::<128>("[tau]_2")?;
        let tau = G2::from_be_bytes(&tau)
            .filter(G2::in_group)
            .ok_or_else(|| self.fault("[tau]_2", "not a canonical point of the group"))?;
        Ok(Protocol {
            label,
            transcript_key,
            k,
            degree,
            blinding,
            public_inputs,
            instance_columns,
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
        })
    }

    fn graph(&mut self, [advice, fixed, instance, challenges]: [usize; 4]) -> Read<Graph> {
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

    fn lookup(&mut self, nodes: usize) -> Read<Lookup> {
        let expressions =
            |r: &mut Self| -> Read<Vec<Id>> { r.list("lookups", |r| r.index("lookups", nodes)) };
        let (inputs, table) = (expressions(self)?, expressions(self)?);
        match inputs.len() == table.len() && !inputs.is_empty() {
            true => Ok(Lookup { inputs, table }),
            false => Err(self.fault("lookups", "inputs and table differ in width")),
        }
    }
}
