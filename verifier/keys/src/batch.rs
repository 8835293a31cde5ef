//! The verdict on one batch.

use std::sync::Arc;

use halo2_proofs::plonk::{keygen_vk, VerifyingKey};
use halo2curves::bn256::G1Affine;
use zkmargin_circuits::book::{key_trace, table_columns, BatchCircuit};
use zkmargin_engine::book::{BatchStatement, InstrumentTable, Shape};
use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use crate::error::KeysError;
use crate::extract::{extract, template, Open};
use crate::key::tau_of;
use crate::setup::{Origin, Setup, VerifierSetup};
use crate::transcript::from_halo2;
use crate::verify::check;
use zkmargin_verifier::key::{BatchKey, KeyOrigin};
use zkmargin_verifier::protocol::{
    key_id, InstanceColumn, Label, OpenColumn, Protocol, Template, BATCH,
};
use zkmargin_verifier::transcript::Encoding;
use zkmargin_verifier::verdict::No;

/// The key of the batches of one policy, market and shape.
///
/// The prices of the market are fixed columns of the circuit, so every verifier derives the key
/// from the market himself: he computes the prices, and nobody has to prove them.
#[derive(Clone)]
pub struct BatchVerifier {
    table: Arc<InstrumentTable>,
    shape: Shape,
    setup: VerifierSetup,
    vk: VerifyingKey<G1Affine>,
}

impl BatchVerifier {
    /// Prices the market and derives the key.
    ///
    /// # Errors
    /// When the market lists more than the shape holds, or the setup is smaller than the circuit.
    pub fn new(
        setup: &Setup,
        policy: &Policy,
        market: &Market,
        shape: Shape,
    ) -> Result<Self, KeysError> {
        let table = InstrumentTable::new(policy, market);
        let trace = key_trace(shape, &table)?;
        let vk = keygen_vk(setup.params(), &BatchCircuit::over(trace))
            .map_err(|e| KeysError::KeyGeneration(e.to_string()))?;
        Ok(Self::from_parts(
            Arc::new(table),
            shape,
            setup.verifier(),
            vk,
        ))
    }

    /// Wraps a key that was derived with the proving key.
    pub fn from_parts(
        table: Arc<InstrumentTable>,
        shape: Shape,
        setup: VerifierSetup,
        vk: VerifyingKey<G1Affine>,
    ) -> Self {
        BatchVerifier {
            table,
            shape,
            setup,
            vk,
        }
    }

    /// Prices of the market.
    pub fn table(&self) -> &Arc<InstrumentTable> {
        &self.table
    }

    /// Shape of the batches.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Name of the key: shape, 16 hexadecimal digits of its content, and `insecure` when the
    /// setup is.
    pub fn id(&self) -> String {
        let digest = from_halo2(&self.vk.transcript_repr());
        key_id(&stem(self.shape), digest, self.is_insecure())
    }

    /// The key as data, with the prices of its market.
    ///
    /// # Errors
    /// When the setup has another \[τ\]_2 than this program can read, or the constraint system cannot be
    /// described.
    pub fn protocol(&self, policy_name: &str) -> Result<Protocol, KeysError> {
        let label = self.label(self.id(), policy_name);
        let rows = BatchStatement::instance_rows(self.shape);
        let inputs = rows.map(|(rows, same)| match same {
            true => InstanceColumn::Exactly(rows as u32),
            false => InstanceColumn::AtMost(rows as u32),
        });
        let tau = tau_of(&self.setup)?;
        Ok(extract(label, &self.vk, &inputs, tau)?)
    }

    /// The key as data without the prices: the same for every market, and with room for every market
    /// that the circuit has room for. The setup must be the key's.
    ///
    /// # Errors
    /// As [`BatchVerifier::protocol`], and when the setup cannot be read.
    pub fn template(&self, setup: &Setup, policy_name: &str) -> Result<Template, KeysError> {
        let lagrange = setup.lagrange()?;
        let rows = self.shape.instruments().min(MARKET_CAPACITY);
        let rows = rows.min(lagrange.len());
        let columns = table_columns(self.shape.form());
        let columns = columns.map(|(column, what)| OpenColumn {
            column,
            name: what.to_string(),
        });
        let open = Open {
            label: self.label(stem(self.shape), policy_name),
            columns: columns.collect(),
            points: &lagrange[..rows],
        };
        Ok(template(&self.vk, &self.protocol(policy_name)?, open)?)
    }

    fn label(&self, key: String, policy_name: &str) -> Label {
        Label {
            key,
            size: BATCH.to_owned(),
            policy_name: policy_name.to_owned(),
            policy: from_halo2(&self.table.policy),
            insecure: self.is_insecure(),
        }
    }

    /// Checks the proof of a batch.
    ///
    /// # Errors
    /// [`No::OtherRow`] for another policy or market, [`No::Rejected`] for anything else that is
    /// wrong.
    pub fn verify(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No> {
        if statement.policy != self.table.policy {
            return Err(No::OtherRow { row: "policy" });
        }
        if statement.market != self.table.market {
            return Err(No::OtherRow { row: "market" });
        }
        let instances = statement
            .instances(self.shape, &self.table)
            .ok_or(No::Rejected)?;
        let columns: Vec<&[_]> = instances.iter().map(Vec::as_slice).collect();
        check(&self.setup, &self.vk, &columns, proof, Encoding::Compact)
    }
}

/// What ids of keys of a shape begin with.
fn stem(shape: Shape) -> String {
    format!("book-k{}", shape.k())
}

impl BatchKey for BatchVerifier {
    fn origin(&self) -> KeyOrigin {
        KeyOrigin::Derived
    }

    fn id(&self) -> String {
        BatchVerifier::id(self)
    }

    fn is_insecure(&self) -> bool {
        matches!(self.setup.origin(), Origin::Insecure)
    }

    fn table(&self) -> &InstrumentTable {
        &self.table
    }

    fn holds(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No> {
        self.verify(statement, proof)
    }
}
