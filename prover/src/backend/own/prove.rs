//! A proof, step by step in the order of halo2's transcript.

use std::borrow::Cow;

use ff::Field;
use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{Fr, G1Affine};
use rayon::prelude::*;
use zkmargin_kernels::{Column, Lanes};

use super::constraints::Drawn;
use super::key::Key;
use super::lookups::{self, Compressed};
use super::openings::open;
use super::products;
use super::quotient::quotient;
use super::randomness::Randomness;
use super::timing::timed;
use super::witness::Witness;
use crate::error::ProverError;

/// Writes a proof of a witness.
///
/// # Errors
/// When the witness has other columns than the circuit, or a look-up finds nothing; when the
/// transcript cannot be written. Whether the constraints hold is not noticed here: the verifier
/// refuses the proof.
pub(super) fn prove<L: Lanes, E, T>(
    key: &Key<L>,
    mut witness: impl Witness,
    randomness: &mut impl Randomness,
    transcript: &mut T,
) -> Result<(), ProverError>
where
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
{
    let mut proof = Proof {
        key,
        randomness,
        transcript,
        // Everything before the fixed columns.
        made: (0..key.system.places.fixed).map(|_| None).collect(),
        challenge: std::marker::PhantomData,
    };
    proof.transcript.common_scalar(key.digest)?;
    proof.instance(&witness)?;
    let challenges = proof.advice(&mut witness)?;
    // Its cells are of no use any more, and take as much memory as the columns.
    drop(witness);
    let theta = proof.draw();
    let compressed = timed("look-ups", || proof.permute_lookups(&challenges, theta))?;
    let drawn = Drawn {
        challenges,
        theta,
        beta: proof.draw(),
        gamma: proof.draw(),
    };
    timed("products", || proof.products(&drawn, compressed))?;
    let random = timed("random polynomial", || proof.random())?;
    let y = proof.draw();
    let made = timed("coefficients", || proof.coefficients());
    let mut polynomials: Vec<&Column<L>> = made.iter().collect();
    polynomials.extend(key.polynomials());
    let pieces = timed("quotient", || quotient(key, &polynomials, &drawn, y))?;
    timed("commit quotient", || proof.commit_polynomials(&pieces))?;
    open(key, &polynomials, &pieces, &random, proof.transcript)
}

struct Proof<'p, L: Lanes, E, T, R> {
    key: &'p Key<L>,
    randomness: &'p mut R,
    transcript: &'p mut T,
    /// Rows of the columns that this proof has made so far, by place.
    made: Vec<Option<Column<L>>>,
    challenge: std::marker::PhantomData<E>,
}

impl<L, E, T, R> Proof<'_, L, E, T, R>
where
    L: Lanes,
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
    R: Randomness,
{
    fn draw(&mut self) -> Fr {
        *self.transcript.squeeze_challenge_scalar::<()>()
    }

    /// Commits to columns, whose places begin here.
    fn add(&mut self, places: &[usize], columns: Vec<Column<L>>) -> Result<(), ProverError> {
        let refs: Vec<&Column<L>> = columns.iter().collect();
        for point in self.key.commit(&refs) {
            self.transcript.write_point(point)?;
        }
        for (place, column) in places.iter().zip(columns) {
            self.made[*place] = Some(column);
        }
        Ok(())
    }

    fn instance(&mut self, witness: &impl Witness) -> Result<(), ProverError> {
        let system = &self.key.system;
        let columns = witness.instance();
        let fit = |column: &Vec<Fr>| column.len() <= system.usable();
        if columns.len() != system.cs.num_instance_columns() || !columns.iter().all(fit) {
            return Err(ProverError::Shape("instance columns"));
        }
        for (number, column) in columns.iter().enumerate() {
            for value in column {
                self.transcript.common_scalar(*value)?;
            }
            let rows = self.key.domain.from_values(column);
            self.made[system.places.instance + number] = Some(rows);
        }
        Ok(())
    }

    /// All phases; returns the circuit's challenges.
    fn advice(&mut self, witness: &mut impl Witness) -> Result<Vec<Fr>, ProverError> {
        let key = self.key;
        let system = &key.system;
        let phase_of = system.cs.advice_column_phase();
        let drawn_after = system.cs.challenge_phase();
        let mut challenges = vec![Fr::ZERO; system.cs.num_challenges()];
        for phase in 0..system.phases {
            let columns = phase_of.iter().enumerate();
            let places: Vec<usize> = columns
                .filter(|(_, of)| **of == phase)
                .map(|(column, _)| system.places.advice + column)
                .collect();
            let columns = timed("witness", || witness.phase(phase, &challenges))?;
            let fit = |column: &Cow<'_, [Fr]>| column.len() <= system.usable();
            if columns.len() != places.len() || !columns.iter().all(fit) {
                return Err(ProverError::Shape("advice columns"));
            }
            let blinding = timed("blinding", || {
                let mut blinding = vec![Fr::ZERO; places.len() * (system.blinding + 1)];
                for column in blinding.chunks_mut(system.blinding + 1) {
                    self.randomness.fill(column);
                }
                blinding
            });
            let columns: Vec<Column<L>> = columns
                .par_iter()
                .zip(blinding.par_chunks(system.blinding + 1))
                .map(|(column, blinding)| {
                    let mut rows = column.to_vec();
                    rows.resize(system.usable(), Fr::ZERO);
                    rows.extend_from_slice(blinding);
                    key.domain.from_values(&rows)
                })
                .collect();
            timed("commit advice", || self.add(&places, columns))?;
            for (challenge, of) in challenges.iter_mut().zip(&drawn_after) {
                if *of == phase {
                    *challenge = self.draw();
                }
            }
        }
        Ok(challenges)
    }

    fn permute_lookups(
        &mut self,
        challenges: &[Fr],
        theta: Fr,
    ) -> Result<Vec<Compressed<L>>, ProverError> {
        let rows = self.key.rows(&self.made);
        let compressed = lookups::compress(self.key, &rows, challenges, theta)?;
        let (mut places, mut columns) = (Vec::new(), Vec::new());
        for (number, compressed) in compressed.iter().enumerate() {
            let [input, table, _] = self.key.system.places.lookup(number);
            places.extend([input, table]);
            columns.extend(lookups::permute(
                self.key,
                number,
                compressed,
                self.randomness,
            )?);
        }
        self.add(&places, columns)?;
        Ok(compressed)
    }

    fn products(
        &mut self,
        drawn: &Drawn,
        compressed: Vec<Compressed<L>>,
    ) -> Result<(), ProverError> {
        let system = &self.key.system;
        let rows = self.key.rows(&self.made);
        let mut columns = products::permutation(self.key, &rows, drawn, self.randomness);
        columns.extend(products::lookups(
            self.key,
            &rows,
            &compressed,
            drawn,
            self.randomness,
        ));
        let first = system.places.products;
        let mut places: Vec<usize> = (first..first + system.sets).collect();
        places.extend((0..compressed.len()).map(|number| system.places.lookup(number)[2]));
        self.add(&places, columns)
    }

    /// The polynomial that hides the evaluation of the quotient.
    fn random(&mut self) -> Result<Column<L>, ProverError> {
        let mut coefficients = vec![Fr::ZERO; self.key.system.rows];
        self.randomness.fill(&mut coefficients);
        let random = self.key.domain.from_coefficients(&coefficients);
        self.commit_polynomials(std::slice::from_ref(&random))?;
        Ok(random)
    }

    fn commit_polynomials(&mut self, polynomials: &[Column<L>]) -> Result<(), ProverError> {
        let key = self.key;
        let rows = polynomials.par_iter().map(|p| key.evaluated(p));
        let rows: Vec<Column<L>> = rows.collect();
        self.add(&[], rows)
    }

    /// From rows to coefficients.
    fn coefficients(&mut self) -> Vec<Column<L>> {
        let key = self.key;
        let made = std::mem::take(&mut self.made).into_par_iter();
        let coefficients = made.map(|column| {
            let mut column = column.unwrap_or_else(|| key.zero());
            key.domain.inverse(&mut column);
            column
        });
        coefficients.collect()
    }
}
