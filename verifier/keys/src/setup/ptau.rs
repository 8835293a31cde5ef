//! snarkjs `.ptau` files.
//!
//! All numbers little-endian. `"ptau"`, version u32 = 1, number of sections u32, then each
//! section: id u32, length u64, content.
//!
//! | section | content |
//! |---|---|
//! | 1 | bytes of a field element u32 = 32, modulus, power u32, power of the ceremony u32 |
//! | 2 | \[τ^i\]_1 for i = 0 .. 2^(power+1) - 2 |
//! | 3 | \[τ^i\]_2 for i = 0 .. 2^power - 1 |
//! | 7 | number of contributions u32, then the contributions |
//!
//! Points are raw (Montgomery form). The other sections are not read.

use halo2curves::bn256::Fq;
use halo2curves::ff::{Field, PrimeField};

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::format::{choose_size, Format, Found};
use crate::setup::points::{g1_raw, g2_generator, g2_raw, G1_BYTES, G2_BYTES};
use crate::setup::powers::Powers;
use crate::setup::source::Source;
use crate::setup::Check;

pub(crate) const MAGIC: &[u8] = b"ptau";

const VERSION: u32 = 1;
const HEADER: &str = "section 1 (header)";
const TAU_G1: &str = "section 2 (tauG1)";
const TAU_G2: &str = "section 3 (tauG2)";
const CONTRIBUTIONS: &str = "section 7 (contributions)";
/// Section ids and names that this reader looks at.
const WANTED: [(u32, &str); 4] = [(1, HEADER), (2, TAU_G1), (3, TAU_G2), (7, CONTRIBUTIONS)];
/// The field has roots of unity of order 2^28 at most.
const MAX_POWER: u32 = 28;

/// Place of a section's content.
#[derive(Clone, Copy)]
struct Section {
    name: &'static str,
    offset: u64,
    len: u64,
}

pub(crate) fn read(source: &mut Source, asked: Option<u32>) -> Result<Found, KeysError> {
    let sections = table(source)?;
    let find = |name| {
        sections
            .iter()
            .find(|section| section.name == name)
            .copied()
    };
    let need = |source: &Source, name| {
        find(name).ok_or_else(|| SetupError::Section {
            file: source.path.clone(),
            section: name,
            missing: true,
        })
    };
    let header = need(source, HEADER)?;
    let g1 = need(source, TAU_G1)?;
    let g2 = need(source, TAU_G2)?;
    let power = read_header(source, header)?;

    let lengths = [
        (
            g1,
            ((2u64 << power) - 1) * G1_BYTES as u64,
            "64·(2^(power+1) - 1)",
        ),
        (g2, (1u64 << power) * G2_BYTES as u64, "128·2^power"),
    ];
    for (section, expected, formula) in lengths {
        if section.len != expected {
            let place = (section.name, section.offset - 8);
            let found = ("length", section.len);
            return Err(source.bad_field(Format::Ptau, place, found, formula));
        }
    }
    let k = choose_size(&source.path, power, asked)?;
    if source.g2(g2.name, 0, g2.offset, g2_raw)? != g2_generator() {
        return Err(SetupError::NotGenerator {
            file: source.path.clone(),
            section: g2.name,
        }
        .into());
    }
    let tau_g2 = source.g2(g2.name, 1, g2.offset + G2_BYTES as u64, g2_raw)?;
    let g = source.g1s(g1.name, g1.offset, 1 << k, g1_raw)?;
    let contributions = match find(CONTRIBUTIONS) {
        Some(section) if section.len >= 4 => Some(source.u32(section.name, section.offset)?),
        _ => None,
    };
    Ok(Found {
        powers: Powers { k, g, tau_g2 },
        lagrange: None,
        contributions,
        insecure: false,
        checks: vec![Check::Points, Check::Subgroup],
    })
}

/// Finds the sections, and checks that they fill the file exactly.
fn table(source: &mut Source) -> Result<Vec<Section>, KeysError> {
    const START: &str = "the file header";
    source.expect(START, 0, 12)?;
    let version = source.u32(START, 4)?;
    if version != VERSION {
        let found = ("version", u64::from(version));
        return Err(source.bad_field(Format::Ptau, (START, 4), found, "1"));
    }
    let count = source.u32(START, 8)?;
    let mut sections: Vec<Section> = Vec::new();
    let mut offset = 12;
    for _ in 0..count {
        source.expect("a section's header", offset, 12)?;
        let id = source.u32("a section's header", offset)?;
        let len = source.u64("a section's header", offset + 4)?;
        offset += 12;
        let known = WANTED.iter().find(|(wanted, _)| *wanted == id);
        let name = known.map_or("a section", |(_, name)| *name);
        source.expect(name, offset, len)?;
        if known.is_some() {
            if sections.iter().any(|section| section.name == name) {
                return Err(SetupError::Section {
                    file: source.path.clone(),
                    section: name,
                    missing: false,
                }
                .into());
            }
            sections.push(Section { name, offset, len });
        }
        offset += len;
    }
    source.expect_end(Format::Ptau, offset)?;
    Ok(sections)
}

/// Checks the header section and answers the power.
fn read_header(source: &mut Source, section: Section) -> Result<u32, KeysError> {
    let Section { name, offset, len } = section;
    let bad = |source: &Source, at: u64, found, expected| {
        Err(source.bad_field(Format::Ptau, (name, at), found, expected))
    };
    let width = source.u32(name, offset)?;
    if width != 32 {
        let file = source.path.clone();
        let section = name;
        return Err(SetupError::OtherCurve {
            file,
            section,
            offset,
        }
        .into());
    }
    if len != 44 {
        return bad(source, offset - 8, ("length", len), "44");
    }
    // The modulus is the largest element plus one.
    let mut modulus = (-Fq::ONE).to_repr();
    modulus[0] += 1;
    if source.bytes(name, offset + 4, 32)? != modulus {
        let file = source.path.clone();
        let (section, offset) = (name, offset + 4);
        return Err(SetupError::OtherCurve {
            file,
            section,
            offset,
        }
        .into());
    }
    let power = source.u32(name, offset + 36)?;
    if !(1..=MAX_POWER).contains(&power) {
        return bad(source, offset + 36, ("power", u64::from(power)), "1 to 28");
    }
    let ceremony = source.u32(name, offset + 40)?;
    if !(power..=MAX_POWER).contains(&ceremony) {
        let found = ("power of the ceremony", u64::from(ceremony));
        return bad(source, offset + 40, found, "power to 28");
    }
    Ok(power)
}
