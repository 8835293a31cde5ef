//! What can be wrong with a trusted setup.

use std::path::PathBuf;

use crate::setup::Format;

/// A trusted setup that cannot be used, and why.
///
/// `file` is a path, or a name for the powers inside the program. Offsets are bytes from the
/// start of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No format fits the first bytes.
    #[error(
        "{}: not a setup file: its first bytes fit none of the known formats\nhint: give a \
         snarkjs .ptau file, an Aztec g1.dat (x and y big-endian, generator first), a halo2 raw \
         .srs (SerdeFormat::RawBytes) or a .zksetup file",
        file.display()
    )]
    UnknownFormat {
        /// The file.
        file: PathBuf,
    },
    /// A halo2 file of compressed points.
    #[error(
        "{}: this halo2 file holds compressed points (SerdeFormat::Processed)\nhint: write it \
         again with SerdeFormat::RawBytes, or import the ceremony's own file",
        file.display()
    )]
    Compressed {
        /// The file.
        file: PathBuf,
    },
    /// The file ends too early.
    #[error(
        "{}: truncated: {section} at byte {offset} needs {needed} bytes, {found} are left\nhint: \
         the file is incomplete; download or write it again",
        file.display()
    )]
    Truncated {
        /// The file.
        file: PathBuf,
        /// The part that is cut.
        section: &'static str,
        /// Where the part begins.
        offset: u64,
        /// Its length.
        needed: u64,
        /// The bytes that are there.
        found: u64,
    },
    /// The file goes on behind its end.
    #[error(
        "{}: {extra} unexpected bytes at byte {offset}, behind the end of the {format} data\n\
         hint: the file was altered or is of another format; download or write it again",
        file.display()
    )]
    Oversized {
        /// The file.
        file: PathBuf,
        /// The format it was read as.
        format: Format,
        /// Where the surplus begins.
        offset: u64,
        /// Its length.
        extra: u64,
    },
    /// A field of the header has a value that it cannot have.
    #[error(
        "{}: {section}, byte {offset}: {field} is {found}, expected {expected}\nhint: the file \
         was altered, or is not a BN254 setup of the {format} format",
        file.display()
    )]
    Field {
        /// The file.
        file: PathBuf,
        /// The format it was read as.
        format: Format,
        /// The part of the file.
        section: &'static str,
        /// Where the field stands.
        offset: u64,
        /// Name of the field.
        field: &'static str,
        /// Its value.
        found: u64,
        /// What it can be.
        expected: &'static str,
    },
    /// The header names another curve.
    #[error(
        "{}: {section}, byte {offset}: the base field is not that of BN254\nhint: zkmargin needs \
         a setup for the curve called bn128, bn254 or bn256",
        file.display()
    )]
    OtherCurve {
        /// The file.
        file: PathBuf,
        /// The part of the file.
        section: &'static str,
        /// Where the modulus stands.
        offset: u64,
    },
    /// A part of the file is missing or stands there twice.
    #[error(
        "{}: {section} is {}\nhint: the file was altered; download it again",
        file.display(),
        if *missing { "missing" } else { "there twice" }
    )]
    Section {
        /// The file.
        file: PathBuf,
        /// The part.
        section: &'static str,
        /// Missing, or else repeated.
        missing: bool,
    },
    /// Bytes that are not a point.
    #[error(
        "{}: {section}, point {index}, byte {offset}: {fault}\nhint: the file was altered; \
         download or write it again",
        file.display()
    )]
    Point {
        /// The file.
        file: PathBuf,
        /// The part of the file.
        section: &'static str,
        /// Number of the point in its part, from 0.
        index: usize,
        /// Where the point stands.
        offset: u64,
        /// What is wrong with it.
        fault: PointFault,
    },
    /// The first power is not the generator of its group.
    #[error(
        "{}: the first point of {section} is not the generator of its group\nhint: the file was \
         altered, or its layout is another one",
        file.display()
    )]
    NotGenerator {
        /// The file.
        file: PathBuf,
        /// The part of the file.
        section: &'static str,
    },
    /// The points are not the powers of one secret.
    #[error(
        "{}: the pairing check failed: the points are not the successive powers of the secret \
         in [tau]_2\nhint: the file was altered, or the G2 point belongs to another ceremony \
         (for an Aztec file name its g2.dat)",
        file.display()
    )]
    NotPowers {
        /// The file.
        file: PathBuf,
    },
    /// The Lagrange points do not belong to the powers.
    #[error(
        "{}: the Lagrange points do not belong to the powers\nhint: the file was altered, or was \
         written for another root of unity; import the ceremony's own file",
        file.display()
    )]
    NotLagrange {
        /// The file.
        file: PathBuf,
    },
    /// The secret can be guessed.
    #[error(
        "{}: the secret is known: it is a small number or a root of unity, so anyone could forge \
         proofs\nhint: a new .ptau file has the secret 1 until someone contributes; use a \
         finished ceremony",
        file.display()
    )]
    KnownSecret {
        /// The file.
        file: PathBuf,
    },
    /// The checksum in the file is not that of its content.
    #[error(
        "{}: checksum mismatch: the file says {expected}, its content gives {found}\nhint: the \
         file was altered or damaged; write or import it again",
        file.display()
    )]
    Checksum {
        /// The file.
        file: PathBuf,
        /// SHA-256 that the file should have, in hex.
        expected: String,
        /// SHA-256 that it has, in hex.
        found: String,
    },
    /// More powers were asked for than there are.
    #[error(
        "{}: holds the powers for k = {available}, k = {asked} was asked for\nhint: import a \
         larger ceremony file with `zkmargin setup import`",
        file.display()
    )]
    TooSmall {
        /// The file.
        file: PathBuf,
        /// The largest k that it serves.
        available: u32,
        /// The k that is needed.
        asked: u32,
    },
    /// A size outside of what the program handles.
    #[error(
        "k = {k} is outside of 1..={max}\nhint: choose k in that range (for a larger \
             ceremony file give the k that you need: its first powers are taken)"
    )]
    Size {
        /// The size.
        k: u32,
        /// The largest one handled.
        max: u32,
    },
}

/// Why bytes are not a usable point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointFault {
    /// A coordinate is the modulus or more.
    #[error("a coordinate is not below the field modulus")]
    NotCanonical,
    /// The coordinates do not fit the curve equation.
    #[error("the point is not on the curve")]
    OffCurve,
    /// The point at infinity.
    #[error("the point is the point at infinity")]
    Infinity,
    /// A point of the twist that is not in the group.
    #[error("the point is not in the prime-order subgroup")]
    WrongSubgroup,
}
