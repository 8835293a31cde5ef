//! A small circuit with what keys of batches have and those of margin proofs have not: several instance
//! columns, look-ups of tuples and of challenges, copies of fixed cells, fixed columns of
//! zeros, and a table that its template leaves open. It has two phases: halo2's prover cannot end a third.

mod circuit;

use halo2_proofs::plonk::{keygen_vk, Column, ConstraintSystem, Fixed, VerifyingKey};
use halo2curves::bn256::G1Affine;
use zkmargin_engine::Fr;
use zkmargin_keys::extract::{extract, template, Open};
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::from_halo2;
use zkmargin_verifier::bn254::{self, G2};
use zkmargin_verifier::protocol::{
    key_id, InstanceColumn, KeyFile, Label, OpenColumn, Protocol, Template,
};

use circuit::Config;
pub use circuit::{Table, Tabled, NOTHING, SQUARES, TABLE};

const K: u32 = 6;
/// Public inputs by column.
pub const INPUTS: [usize; 4] = [3, 2, 2, 1];
const COLUMNS: [InstanceColumn; 4] = [
    InstanceColumn::Exactly(3),
    InstanceColumn::Exactly(2),
    InstanceColumn::AtMost(5),
    InstanceColumn::Exactly(1),
];
/// What ids of its keys begin with.
const STEM: &str = "table";

/// The key of a table under an insecure setup.
pub struct TabledKey {
    /// The setup.
    pub setup: Setup,
    /// halo2's key.
    pub vk: VerifyingKey<G1Affine>,
}

/// \[τ\]_2 of a setup as the light verifier has it.
///
/// # Panics
/// When it is at infinity.
pub fn tau(setup: &Setup) -> G2 {
    let tau = setup.verifier().tau_g2();
    let mut swapped = tau;
    for (to, from) in [(0, 32), (32, 0), (64, 96), (96, 64)] {
        swapped[to..to + 32].copy_from_slice(&tau[from..from + 32]);
    }
    G2::from_be_bytes(&swapped).expect("a point")
}

fn label(key: String) -> Label {
    Label {
        key,
        size: "batch".to_owned(),
        policy_name: "none".to_owned(),
        insecure: true,
        ..Label::default()
    }
}

impl TabledKey {
    /// By halo2's key generation.
    ///
    /// # Panics
    /// When that fails.
    pub fn new(table: Table) -> Self {
        let setup = Setup::insecure_from_seed(K, 5).expect("a setup");
        let vk = keygen_vk(setup.params(), &Tabled::new(table)).expect("a verifying key");
        TabledKey { setup, vk }
    }

    /// The key with its table, by extraction.
    ///
    /// # Panics
    /// When it cannot be described.
    pub fn whole(&self) -> Protocol {
        let id = key_id(STEM, from_halo2(&self.vk.transcript_repr()), true);
        extract(label(id), &self.vk, &COLUMNS, tau(&self.setup)).expect("a protocol")
    }

    /// The key without its table, as it is read back.
    ///
    /// # Panics
    /// When its file is not read as it was written.
    pub fn template(&self) -> Template {
        let lagrange = self.setup.lagrange().expect("Lagrange points");
        let config = Config::new(&mut ConstraintSystem::default());
        let column = |column: Column<Fixed>, name: &str| OpenColumn {
            column: column.index(),
            name: name.to_owned(),
        };
        let open = Open {
            label: label(STEM.to_owned()),
            columns: vec![
                column(config.number, "number"),
                column(config.images, "image"),
            ],
            points: &lagrange[..TABLE],
        };
        let made = template(&self.vk, &self.whole(), open).expect("a template");
        let bytes = KeyFile::Open(Box::new(made)).to_bytes();
        match KeyFile::from_bytes(&bytes).expect("its own file") {
            KeyFile::Open(read) => {
                assert_eq!(read.to_bytes(), bytes);
                *read
            }
            KeyFile::Whole(_) => panic!("the table is in the file"),
        }
    }
}

/// A column of a table, for a template.
pub fn column(table: &Table, name: &str) -> Option<Vec<bn254::Fr>> {
    let number = |v: u64| from_halo2(&Fr::from(v));
    match name {
        "number" => Some((1..TABLE as u64).map(number).collect()),
        "image" => Some(table.iter().copied().map(number).collect()),
        _ => None,
    }
}

/// The key of a table.
///
/// # Panics
/// When it does not fit.
pub fn complete(template: &Template, table: &Table) -> Protocol {
    let key = template.complete(|name| column(table, name));
    key.expect("a table that fits")
}
