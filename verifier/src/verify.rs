//! The verdict on a proof.

use halo2_proofs::plonk::verify_proof;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Blake2bRead, Challenge255, TranscriptReadBuffer};
use halo2curves::bn256::{Bn256, G1Affine};
use halo2curves::group::GroupEncoding;
use zkmargin_circuits::statement::{Row, Statement};
use zkmargin_circuits::Fr;

use crate::bundle::Bundle;
use crate::error::VerifierError;
use crate::keys::Key;
use crate::setup::{Origin, VerifierSetup};

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
/// [`VerifierError::OtherKey`], [`VerifierError::OtherRow`] or [`VerifierError::Rejected`]: each a
/// definite no.
pub fn verify(
    key: &Key,
    setup: &VerifierSetup,
    bundle: &Bundle,
    expected: &Expectations,
) -> Result<Verdict, VerifierError> {
    if bundle.size != key.size || bundle.key != key.id {
        return Err(VerifierError::OtherKey {
            expected: key.id.clone(),
            found: bundle.key.clone(),
        });
    }
    let rows = bundle.statement.rows();
    let (mut checked, mut trusted) = (Vec::new(), Vec::new());
    for row in Row::ALL {
        match expected.row(row, key.policy) {
            Some(value) if value == rows[row as usize] => checked.push(row),
            Some(_) => return Err(VerifierError::OtherRow { row: row.name() }),
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

/// Checks a proof against an instance column.
///
/// # Errors
/// [`VerifierError::Rejected`].
pub fn verify_rows(
    key: &Key,
    setup: &VerifierSetup,
    rows: &[Fr],
    proof: &[u8],
) -> Result<(), VerifierError> {
    if rows.len() != Row::ALL.len() {
        return Err(VerifierError::Rejected);
    }
    if !points_are_canonical(key, proof) {
        return Err(VerifierError::Rejected);
    }
    let params = setup.params();
    let mut rest = proof;
    let mut transcript =
        Blake2bRead::<&mut &[u8], G1Affine, Challenge255<G1Affine>>::init(&mut rest);
    verify_proof::<
        KZGCommitmentScheme<Bn256>,
        VerifierSHPLONK<'_, Bn256>,
        Challenge255<G1Affine>,
        _,
        SingleStrategy<'_, Bn256>,
    >(
        params,
        &key.vk,
        SingleStrategy::new(params),
        &[&[rows]],
        &mut transcript,
    )
    .map_err(|_| VerifierError::Rejected)?;
    // Bytes after the proof would be a second encoding of the same proof.
    if rest.is_empty() {
        Ok(())
    } else {
        Err(VerifierError::Rejected)
    }
}

/// Whether every point of a proof is encoded in the one way that this program writes.
///
/// The curve library also reads a point whose flag of infinity is set over its coordinates; that
/// would be a second encoding of the same proof. Points come first (advice, three per lookup,
/// permutation products, one random polynomial, the pieces of the quotient) and, after the
/// evaluations, twice at the end.
fn points_are_canonical(key: &Key, proof: &[u8]) -> bool {
    const WORD: usize = 32;
    let cs = key.vk.cs();
    let permuted = cs.permutation().get_columns().len();
    let products = permuted.div_ceil(cs.degree() - 2);
    let first = cs.num_advice_columns() + 3 * cs.lookups().len() + products + cs.degree();
    let words: Vec<&[u8]> = proof.chunks(WORD).collect();
    if words.len() < first + 2 {
        return false;
    }
    let last = &words[words.len() - 2..];
    words[..first].iter().chain(last).all(|word| {
        let mut bytes = <G1Affine as GroupEncoding>::Repr::default();
        if word.len() != bytes.as_ref().len() {
            return false;
        }
        bytes.as_mut().copy_from_slice(word);
        let point = Option::<G1Affine>::from(G1Affine::from_bytes(&bytes));
        point.is_some_and(|p| p.to_bytes().as_ref() == *word)
    })
}
