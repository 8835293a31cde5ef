//! Keys that are protocol files: those of RM-1 and RM-2 in the program, and any other.

use ff::PrimeField;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;

use super::LightVerifier;
use crate::bn254;
use crate::error::VerifyError;
use crate::key::{KeyFacts, KeyOrigin, ProofKey};
use crate::no::No;
use crate::protocol::{InstanceColumn, Protocol};
use crate::transcript::Encoding;

/// Public inputs of a margin proof.
const PUBLIC_INPUTS: u32 = 8;

/// A margin proof's key that is a protocol file.
#[derive(Clone, Debug)]
pub struct LightKey {
    verifier: LightVerifier,
    facts: KeyFacts,
}

impl LightKey {
    /// The key of a protocol; `file` names it in messages.
    ///
    /// # Errors
    /// [`VerifyError::OtherKind`] when it is no key of margin proofs.
    pub fn new(protocol: Protocol, file: &str, origin: KeyOrigin) -> Result<Self, VerifyError> {
        let other = |found: String, wanted| VerifyError::OtherKind {
            file: file.to_owned(),
            found,
            wanted,
        };
        if protocol.instance != [InstanceColumn::Exactly(PUBLIC_INPUTS)] {
            let columns = protocol.instance.iter();
            let inputs: u32 = columns.map(|column| column.most()).sum();
            let found = format!(
                "{inputs} public inputs in {} columns",
                protocol.instance.len()
            );
            return Err(other(found, "8 in one"));
        }
        let label = &protocol.label;
        let size: Size = label
            .size
            .parse()
            .map_err(|_| other(format!("size `{}`", label.size), "small, standard or large"))?;
        let facts = KeyFacts {
            id: label.key.clone(),
            size,
            policy_name: label.policy_name.clone(),
            policy: engine_element(label.policy),
            insecure: label.insecure,
            digest: Some(protocol.digest()),
            origin,
        };
        Ok(LightKey {
            verifier: LightVerifier::new(protocol),
            facts,
        })
    }

    /// Reads a protocol file's bytes. With `digest` the file must have that one, and is then known.
    ///
    /// # Errors
    /// When it is no protocol, of another digest, or no key of margin proofs.
    pub fn from_bytes(
        bytes: &[u8],
        file: &str,
        digest: Option<[u8; 32]>,
    ) -> Result<Self, VerifyError> {
        let protocol = Protocol::from_bytes(bytes).map_err(|fault| VerifyError::Protocol {
            file: file.to_owned(),
            fault,
        })?;
        let known = digest.map(|digest| digest == protocol.digest());
        match known {
            Some(false) => Err(VerifyError::OtherDigest {
                file: file.to_owned(),
                found: format!("0x{}", hex::encode(protocol.digest())),
                wanted: format!("0x{}", hex::encode(digest.unwrap_or_default())),
            }),
            Some(true) => Self::new(protocol, file, KeyOrigin::KnownFile),
            None => Self::new(protocol, file, KeyOrigin::File),
        }
    }

    /// The key of a policy and size under the Ignition setup, if the program holds it.
    ///
    /// # Errors
    /// [`VerifyError::NoKey`].
    pub fn embedded(policy: &Policy, size: Size) -> Result<Self, VerifyError> {
        let file = format!("{} {}", policy.name(), size.name());
        Self::new(embedded(policy, size)?, &file, KeyOrigin::Program)
    }
}

/// The protocols that the program holds: of RM-1 and RM-2 under the Ignition setup.
const EMBEDDED: [(&str, &[u8]); 4] = [
    (
        "rm1-small.zkprotocol",
        include_bytes!("../../assets/protocols/rm1-small.zkprotocol"),
    ),
    (
        "rm1-standard.zkprotocol",
        include_bytes!("../../assets/protocols/rm1-standard.zkprotocol"),
    ),
    (
        "rm2-small.zkprotocol",
        include_bytes!("../../assets/protocols/rm2-small.zkprotocol"),
    ),
    (
        "rm2-standard.zkprotocol",
        include_bytes!("../../assets/protocols/rm2-standard.zkprotocol"),
    ),
];

/// The protocol of a policy and size under the Ignition setup, which the program holds.
///
/// # Errors
/// [`VerifyError::NoKey`].
pub fn embedded(policy: &Policy, size: Size) -> Result<Protocol, VerifyError> {
    let digest = curve_element(&policy.digest());
    for (file, bytes) in EMBEDDED {
        let file = file.to_owned();
        let fault = |fault| VerifyError::Protocol { file, fault };
        let protocol = Protocol::from_bytes(bytes).map_err(fault)?;
        if protocol.label.policy == digest && protocol.label.size == size.name() {
            return Ok(protocol);
        }
    }
    Err(VerifyError::NoKey {
        policy: policy.name().to_owned(),
        size: size.name(),
    })
}

/// An element of the curve's scalar field as the engine has it.
pub(super) fn engine_element(element: bn254::Fr) -> Fr {
    // Both are below the same modulus: there is always one.
    let mut repr = <Fr as PrimeField>::Repr::default();
    repr.as_mut().copy_from_slice(&element.to_le_bytes());
    Fr::from_repr_vartime(repr).unwrap_or_default()
}

/// An element of the engine's as this crate's curve has it.
pub fn curve_element(element: &Fr) -> bn254::Fr {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(element.to_repr().as_ref());
    // Both are below the same modulus: there is always one.
    bn254::Fr::from_le_bytes(&bytes).unwrap_or_default()
}

impl ProofKey for LightKey {
    fn facts(&self) -> &KeyFacts {
        &self.facts
    }

    fn holds(&self, rows: &[Fr; 8], proof: &[u8]) -> Result<(), No> {
        let rows = rows.each_ref().map(curve_element);
        let held = self.verifier.verify(&[&rows], proof, Encoding::Compact);
        held.map_err(|_| No::Rejected)
    }
}
