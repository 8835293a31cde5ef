//! The verdict on a proof.

use halo2_proofs::plonk::verify_proof;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2curves::bn256::Bn256;
use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::Fr;

use crate::error::KeysError;
use crate::key::Key;
use crate::setup::{Origin, VerifierSetup};
use crate::transcript::{Challenge, KeccakRead};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::transcript::Encoding;

/// What the verifier knows himself. Every public input that he leaves out is taken on trust and
/// reported as such. The policy is always known: it chooses the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expectations {
    /// Market digest.
    pub market: Option<Fr>,
    /// Book root.
    pub book: Option<Fr>,
    /// Nullifier.
    pub nullifier: Option<Fr>,
    /// Scope.
    pub scope: Option<Fr>,
    /// Message.
    pub message: Option<Fr>,
    /// Ratio in basis points.
    pub ratio: Option<u16>,
    /// Buffer in 1e-8 USD.
    pub buffer: Option<u128>,
}

impl Expectations {
    fn row(&self, row: Row, policy: Fr) -> Option<Fr> {
        match row {
            Row::Policy => Some(policy),
            Row::Market => self.market,
            Row::Book => self.book,
            Row::Nullifier => self.nullifier,
            Row::Scope => self.scope,
            Row::Message => self.message,
            Row::Ratio => self.ratio.map(|r| Fr::from(u64::from(r))),
            Row::Buffer => self.buffer.map(ff::PrimeField::from_u128),
        }
    }
}

/// A proof that holds.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was proven.
    pub statement: Statement,
    /// Rows that the verifier computed or chose himself.
    pub checked: Vec<Row>,
    /// Rows that he took from the bundle.
    pub trusted: Vec<Row>,
    /// The setup is insecure: the proof proves nothing to a stranger.
    pub insecure: bool,
}

/// Checks a bundle: key, expected rows, proof.
///
/// # Errors
/// [`KeysError::OtherKey`], [`KeysError::OtherRow`] or [`KeysError::Rejected`]: each a
/// definite no.
pub fn verify(
    key: &Key,
    setup: &VerifierSetup,
    bundle: &Bundle,
    expected: &Expectations,
) -> Result<Verdict, KeysError> {
    if bundle.size != key.size || bundle.key != key.id {
        return Err(KeysError::OtherKey {
            expected: key.id.clone(),
            found: bundle.key.clone(),
        });
    }
    let rows = bundle.statement.rows();
    let (mut checked, mut trusted) = (Vec::new(), Vec::new());
    for row in Row::ALL {
        match expected.row(row, key.policy) {
            Some(value) if value == rows[row as usize] => checked.push(row),
            Some(_) => return Err(KeysError::OtherRow { row: row.name() }),
            None => trusted.push(row),
        }
    }
    verify_rows(key, setup, &rows, &bundle.proof)?;
    Ok(Verdict {
        statement: bundle.statement,
        checked,
        trusted,
        insecure: matches!(setup.origin(), Origin::Insecure),
    })
}

/// Checks a proof of a bundle against an instance column.
///
/// # Errors
/// [`KeysError::Rejected`].
pub fn verify_rows(
    key: &Key,
    setup: &VerifierSetup,
    rows: &[Fr],
    proof: &[u8],
) -> Result<(), KeysError> {
    verify_encoded(key, setup, rows, proof, Encoding::Compact)
}

/// Checks a proof in either encoding against an instance column.
///
/// # Errors
/// [`KeysError::Rejected`].
pub fn verify_encoded(
    key: &Key,
    setup: &VerifierSetup,
    rows: &[Fr],
    proof: &[u8],
    encoding: Encoding,
) -> Result<(), KeysError> {
    if rows.len() != Row::ALL.len() {
        return Err(KeysError::Rejected);
    }
    let params = setup.params();
    let mut transcript = KeccakRead::new(proof, encoding);
    verify_proof::<
        KZGCommitmentScheme<Bn256>,
        VerifierSHPLONK<'_, Bn256>,
        Challenge,
        _,
        SingleStrategy<'_, Bn256>,
    >(
        params,
        &key.vk,
        SingleStrategy::new(params),
        &[&[rows]],
        &mut transcript,
    )
    .map_err(|_| KeysError::Rejected)?;
    // Bytes after the proof would be a second encoding of the same proof.
    if transcript.rest().is_empty() {
        Ok(())
    } else {
        Err(KeysError::Rejected)
    }
}
