//! Everything that a key is made of, without making one: the syntax of every expression, queries in
//! their order, fixed cells, copies and public cells. A change of structure leaves these digests
//! alone; a change that moves one gives other keys, which `pinned` tests then tell in full.

use std::fmt::{Debug, Write};

use ff::PrimeField;
use halo2_proofs::plonk::ConstraintSystem;
use zkmargin_circuits::book::{constraint_system as batch_system, key_trace};
use zkmargin_circuits::margin::{columns, constraint_system, MarginCircuit, Shape, Size};
use zkmargin_engine::book::{InstrumentTable, Shape as BatchShape};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/fixture.rs"]
mod fixture;

/// FNV-1a: notices a change, and is not asked to withstand an adversary.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn shown(&mut self, value: &impl Debug) {
        write!(self, "{value:?};").expect("a digest takes everything");
    }

    fn columns(&mut self, columns: &[Vec<Fr>]) {
        for column in columns {
            for value in column {
                self.bytes(value.to_repr().as_ref());
            }
            self.shown(&column.len());
        }
    }
}

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

fn system(system: &ConstraintSystem<Fr>) -> u64 {
    let mut digest = Digest::new();
    digest.shown(&system.pinned());
    digest.0
}

/// Constraint system and assignment of the margin circuit, by size.
const MARGIN: [(Size, u64, u64); 3] = [
    (Size::Small, 0x89fb_5d83_0329_c9f4, 0xd8da_ce30_6d84_1230),
    (Size::Standard, 0xe8f4_97cc_1009_2d47, 0xf7e1_2802_3b2d_8122),
    (Size::Large, 0x49e9_4fa0_8756_720f, 0x5723_2d71_8014_468b),
];

/// Constraint system and fixed cells of the batch circuit, by `k`.
const BATCH: [(u32, u64, u64); 2] = [
    (10, 0xb6d1_6125_f50b_5233, 0x76fc_291b_2873_ef22),
    (14, 0xbd8d_3920_73ce_70e4, 0x6479_73ef_d3bd_85c7),
];

#[test]
fn what_the_keys_of_the_margin_circuit_are_made_of() {
    let policy = Policy::rm1();
    let found = MARGIN.map(|(size, ..)| {
        let scenarios = policy.scenarios().len();
        let circuit = MarginCircuit::blank(&policy, size);
        let trace = circuit.trace();
        let mut digest = Digest::new();
        digest.columns(&trace.fixed);
        // The lanes: those of the look-up argument are no part of a layout.
        digest.columns(&trace.advice[..columns::advice(size)]);
        digest.shown(&trace.order);
        digest.shown(&trace.copies);
        digest.shown(&trace.publics);
        let system = system(&constraint_system(Shape { size, scenarios }));
        (size, system, digest.0)
    });
    assert_eq!(found, MARGIN);
}

#[test]
fn what_the_keys_of_the_batch_circuit_are_made_of() {
    let policy = Policy::rm1();
    let table = InstrumentTable::new(&policy, &fixture::market(&policy));
    let found = BATCH.map(|(k, ..)| {
        let shape = BatchShape::new(k, policy.scenarios().len()).expect("in range");
        let trace = key_trace(shape, &table).expect("a market that fits");
        let mut digest = Digest::new();
        digest.columns(&trace.fixed);
        (k, system(&batch_system(shape)), digest.0)
    });
    assert_eq!(found, BATCH);
}
