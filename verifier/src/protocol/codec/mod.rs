//! The file format of a key: a [`Protocol`], or a [`Template`] of one.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `ZKMPROTO` |
//! | 2 | version of the format, 1 or 2 |
//! | … | the fields in order, as below |
//! | 32 | Keccak-256 of everything before: the [digest](KeyFile::digest) of the key |
//!
//! Numbers are u32 most significant byte first unless a width is given; lists and texts carry
//! their length before them; scalars and coordinates are 32 bytes, most significant first, and
//! canonical; a point is x, y; \[τ\]_2 is x.c1, x.c0, y.c1, y.c0.
//!
//! | field | version 1 | version 2 |
//! |---|---|---|
//! | label | key id, size, policy name: texts; policy: scalar; insecure: a byte | the same |
//! | transcript | digest of halo2's key: scalar | below |
//! | domain | k, degree, blinding rows | the same |
//! | public inputs | their number, number of instance columns (0 or 1) | list of columns: a byte (0 exactly, 1 at most) and a number |
//! | phases | of advice columns, of challenges: a byte each | the same |
//! | queries | lists of advice, instance, fixed: column and rotation | the same |
//! | expressions | list of nodes; gates; look-ups (inputs, table); columns of the permutation (a byte 1 advice, 2 fixed, 3 instance, and the query) | the same |
//! | fixed columns | list of points | list: a byte 0 (at infinity), 1 and a point, or 2 and the name of a column of the price table: open |
//! | permutation | list of points | list: a byte 0, or 1 and a point |
//! | \[τ\]_2 | 128 bytes | the same |
//! | transcript | | a byte 0 and the digest of halo2's key; or, where columns are open, 1 and what it is a hash of: bytes of its text up to the fixed commitments (u64), a list of states of BLAKE2b (64 bytes, words least significant byte first) by the number of open columns at infinity, the bytes after the last whole block |
//! | Lagrange points | | list of points, the setup's of the first rows; empty where nothing is open |
//!
//! A node of the graph is a tag byte and its operands:
//!
//! | tag | node | operands |
//! |---|---|---|
//! | 0 | constant | scalar |
//! | 1, 2, 3 | advice, fixed, instance query | number of the query |
//! | 4 | challenge | number |
//! | 5 | −a | node |
//! | 6, 7 | a + b, a · b | two nodes |
//!
//! Operands come before their users. A file has one reading and a key one file: the reader refuses what
//! the writer would not have written, version 2 of what version 1 describes included.

mod fields;
mod read;
mod write;

use sha3::{Digest, Keccak256};

use super::{InstanceColumn, Label, Permuted, Protocol, ProtocolError, Template};
use crate::bn254::G1;
use read::Reader;
use write::Writer;

const MAGIC: &[u8; 8] = b"ZKMPROTO";
/// Bytes of the digest at the end.
const DIGEST: usize = 32;
/// No list of a protocol comes near this many entries.
const LONGEST_LIST: usize = 1 << 20;
/// Blinding rows, and public inputs of version 1.
const MOST_ROWS: u32 = 4096;

/// A version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// One instance column at most, points that are all known.
    One,
    /// Everything.
    Two,
}

impl Version {
    const LATEST: u16 = 2;

    const fn number(self) -> u16 {
        match self {
            Version::One => 1,
            Version::Two => 2,
        }
    }

    fn of_number(number: u16) -> Option<Self> {
        [Version::One, Version::Two]
            .into_iter()
            .find(|version| version.number() == number)
    }

    /// The first that describes a protocol.
    fn of(protocol: &Protocol) -> Self {
        let points = &protocol.fixed_commitments;
        let mut points = points.iter().chain(&protocol.permutation_commitments);
        let inputs = match protocol.instance.as_slice() {
            [] => true,
            [InstanceColumn::Exactly(n)] => *n <= MOST_ROWS,
            _ => false,
        };
        match inputs && points.all(Option::is_some) {
            true => Version::One,
            false => Version::Two,
        }
    }
}

/// A key as a file has it.
#[derive(Clone, Debug)]
pub enum KeyFile {
    /// All of it.
    Whole(Box<Protocol>),
    /// All but the commitments of a price table.
    Open(Box<Template>),
}

impl KeyFile {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            KeyFile::Whole(protocol) => protocol.to_bytes(),
            KeyFile::Open(template) => template.to_bytes(),
        }
    }

    /// Keccak-256 of the file without its last 32 bytes: names everything a verifier relies on.
    pub fn digest(&self) -> [u8; 32] {
        match self {
            KeyFile::Whole(protocol) => protocol.digest(),
            KeyFile::Open(template) => template.digest(),
        }
    }

    /// What it is for.
    pub fn label(&self) -> &Label {
        match self {
            KeyFile::Whole(protocol) => &protocol.label,
            KeyFile::Open(template) => template.label(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ProtocolError`] names the byte and the field.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProtocolError::Magic)?;
        let (version, _) = rest.split_first_chunk::<2>().ok_or(ProtocolError::Magic)?;
        let found = u16::from_be_bytes(*version);
        let supported = Version::LATEST;
        let unknown = ProtocolError::Version { found, supported };
        let version = Version::of_number(found).ok_or(unknown)?;
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
        let file = reader.key(version)?;
        if reader.at != content.len() {
            return Err(reader.fault("end", "bytes follow the last field"));
        }
        Ok(file)
    }
}

impl Protocol {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let version = Version::of(self);
        let mut out = Writer::start(version);
        self.write(
            &mut out,
            version,
            &|column| match self.fixed_commitments.get(column) {
                Some(Some(point)) => FixedColumn::Point(point),
                _ => FixedColumn::Infinity,
            },
        );
        if version == Version::Two {
            out.0.push(0);
            out.scalar(self.transcript_key);
            out.list(&[], Writer::point);
        }
        out.finish()
    }

    /// Keccak-256 of the file without its last 32 bytes: names everything a verifier relies on.
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.to_bytes())
    }

    /// Reads the file of a whole key.
    ///
    /// # Errors
    /// As [`KeyFile::from_bytes`], and [`ProtocolError::Open`] for a template.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        match KeyFile::from_bytes(bytes)? {
            KeyFile::Whole(protocol) => Ok(*protocol),
            KeyFile::Open(_) => Err(ProtocolError::Open),
        }
    }

    /// Everything up to \[τ\]_2.
    fn write<'a>(
        &'a self,
        out: &mut Writer,
        version: Version,
        fixed: &dyn Fn(usize) -> FixedColumn<'a>,
    ) {
        let label = &self.label;
        out.text(&label.key);
        out.text(&label.size);
        out.text(&label.policy_name);
        out.scalar(label.policy);
        out.0.push(u8::from(label.insecure));
        if version == Version::One {
            out.scalar(self.transcript_key);
        }
        for number in [self.k, self.degree, self.blinding] {
            out.number(number);
        }
        match version {
            Version::One => {
                out.number(self.instance.first().map_or(0, |column| column.most()));
                out.number(self.instance.len() as u32);
            }
            Version::Two => out.list(&self.instance, Writer::instance),
        }
        out.bytes(&self.advice_phases);
        out.bytes(&self.challenge_phases);
        self.write_constraints(out);
        match version {
            Version::One => {
                for points in [&self.fixed_commitments, &self.permutation_commitments] {
                    let known: Vec<G1> = points.iter().flatten().copied().collect();
                    out.list(&known, Writer::point);
                }
            }
            Version::Two => {
                let columns: Vec<_> = (0..self.fixed_commitments.len()).map(fixed).collect();
                out.list(&columns, Writer::fixed);
                out.list(&self.permutation_commitments, |out, point| match point {
                    Some(point) => out.fixed(&FixedColumn::Point(point)),
                    None => out.fixed(&FixedColumn::Infinity),
                });
            }
        }
        out.0.extend_from_slice(&self.tau.to_be_bytes());
    }

    fn write_constraints(&self, out: &mut Writer) {
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
    }
}

impl Template {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::start(Version::Two);
        self.known.write(&mut out, Version::Two, &|column| {
            let open = self.open.iter().find(|open| open.column == column);
            let point = self.known.fixed_commitments.get(column);
            match (open, point) {
                (Some(open), _) => FixedColumn::Open(&open.name),
                (None, Some(Some(point))) => FixedColumn::Point(point),
                (None, _) => FixedColumn::Infinity,
            }
        });
        out.0.push(1);
        out.key_text(&self.text);
        out.list(&self.points, Writer::point);
        out.finish()
    }

    /// Keccak-256 of the file without its last 32 bytes: names everything a verifier relies on that
    /// he does not compute himself.
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.to_bytes())
    }
}

fn digest(file: &[u8]) -> [u8; 32] {
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(&file[file.len() - DIGEST..]);
    digest
}

/// A fixed column in a file.
enum FixedColumn<'a> {
    Infinity,
    Point(&'a G1),
    Open(&'a str),
}
