//! Keys of a book's batches that are protocol files.

use zkmargin_engine::book::{BatchStatement, InstrumentTable, Shape, TableColumn};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::format_element;

use super::key::{curve_element, engine_element};
use super::LightVerifier;
use crate::bn254::Fr;
use crate::error::VerifyError;
use crate::key::{BatchKey, KeyOrigin};
use crate::no::No;
use crate::protocol::{KeyFile, Protocol, ProtocolError, BATCH};
use crate::transcript::Encoding;

/// The key of the batches of one policy, market and shape, from a protocol file.
///
/// A template is completed here: whoever verifies prices the market and commits to the prices himself.
/// Nothing in a whole file says of which market its prices are, so it stays on trust whatever its digest.
#[derive(Clone, Debug)]
pub struct LightBatchKey {
    verifier: LightVerifier,
    table: InstrumentTable,
    shape: Shape,
    origin: KeyOrigin,
    /// Of the file.
    digest: [u8; 32],
}

impl LightBatchKey {
    /// Reads a file's bytes and completes it; `file` names it in messages. With `digest` the file must
    /// have that one, and a template is then known.
    ///
    /// # Errors
    /// When it is no key of batches, of another policy or digest, or has no room for the market.
    pub fn from_bytes(
        bytes: &[u8],
        file: &str,
        digest: Option<[u8; 32]>,
        (policy, market): (&Policy, &Market),
    ) -> Result<Self, VerifyError> {
        let fault = |fault| VerifyError::Protocol {
            file: file.to_owned(),
            fault,
        };
        let key = KeyFile::from_bytes(bytes).map_err(fault)?;
        let found = key.digest();
        let origin = match (digest, &key) {
            (None, _) => KeyOrigin::File,
            (Some(digest), KeyFile::Open(_)) if digest == found => KeyOrigin::KnownFile,
            (Some(digest), KeyFile::Whole(_)) if digest == found => KeyOrigin::File,
            (Some(digest), _) => {
                return Err(VerifyError::OtherDigest {
                    file: file.to_owned(),
                    found: format!("0x{}", hex::encode(found)),
                    wanted: format!("0x{}", hex::encode(digest)),
                })
            }
        };
        Self::new(&key, file, origin, (policy, market))
    }

    /// Completes a key under a policy and a market.
    ///
    /// # Errors
    /// As [`LightBatchKey::from_bytes`].
    pub fn new(
        key: &KeyFile,
        file: &str,
        origin: KeyOrigin,
        (policy, market): (&Policy, &Market),
    ) -> Result<Self, VerifyError> {
        let label = key.label();
        let other = |found: String, wanted| VerifyError::OtherBatchKey {
            file: file.to_owned(),
            found,
            wanted,
        };
        if label.size != BATCH {
            let found = format!("of size `{}`", label.size);
            return Err(other(found, "one of batches".to_owned()));
        }
        let (of_key, digest) = (engine_element(label.policy), policy.digest());
        if of_key != digest {
            let found = format!("of policy {}", format_element(&of_key));
            return Err(other(
                found,
                format!("one of policy {}", format_element(&digest)),
            ));
        }
        let table = InstrumentTable::new(policy, market);
        let fault = |fault| VerifyError::Protocol {
            file: file.to_owned(),
            fault,
        };
        let protocol = complete(key, &table).map_err(fault)?;
        let shape = Shape::of(protocol.k, table.form()).ok_or_else(|| {
            other(
                format!("of 2^{} rows", protocol.k),
                "2^10 to 2^17".to_owned(),
            )
        })?;
        Ok(LightBatchKey {
            verifier: LightVerifier::new(protocol),
            table,
            shape,
            origin,
            digest: key.digest(),
        })
    }

    /// Shape of the batches.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The key with the prices of the market.
    pub fn protocol(&self) -> &Protocol {
        self.verifier.protocol()
    }
}

/// The whole key: a template with the columns of a table.
fn complete(key: &KeyFile, table: &InstrumentTable) -> Result<Protocol, ProtocolError> {
    match key {
        KeyFile::Whole(protocol) => Ok(Protocol::clone(protocol)),
        KeyFile::Open(template) => template.complete(|name| {
            let column = TableColumn::named(name, table.form())?;
            Some(table.column(column)?.iter().map(curve_element).collect())
        }),
    }
}

impl BatchKey for LightBatchKey {
    fn id(&self) -> String {
        self.protocol().label.key.clone()
    }

    fn is_insecure(&self) -> bool {
        self.protocol().label.insecure
    }

    fn origin(&self) -> KeyOrigin {
        self.origin
    }

    fn digest(&self) -> Option<[u8; 32]> {
        Some(self.digest)
    }

    fn table(&self) -> &InstrumentTable {
        &self.table
    }

    fn holds(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No> {
        if statement.policy != self.table.policy {
            return Err(No::OtherRow { row: "policy" });
        }
        if statement.market != self.table.market {
            return Err(No::OtherRow { row: "market" });
        }
        let instances = statement.instances(self.shape, &self.table);
        let columns: Vec<Vec<Fr>> = instances
            .ok_or(No::Rejected)?
            .iter()
            .map(|column| column.iter().map(curve_element).collect())
            .collect();
        let columns: Vec<&[Fr]> = columns.iter().map(Vec::as_slice).collect();
        let held = self.verifier.verify(&columns, proof, Encoding::Compact);
        held.map_err(|_| No::Rejected)
    }
}
