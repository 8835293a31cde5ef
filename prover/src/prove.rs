//! From an account to a proof bundle.

use std::time::{Duration, Instant};

use zkmargin_circuits::margin::witness::Request;
use zkmargin_circuits::margin::{MarginCircuit, MarginWitness};
use zkmargin_engine::account::{Account, Secret};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::statement::Statement;
use zkmargin_keys::setup::Setup;
use zkmargin_keys::verify::verify_rows;
use zkmargin_verifier::bundle::Bundle;

use crate::backend::TraceColumns;
use crate::error::ProverError;
use crate::keys::ProvingKey;

/// The account and where it stands.
pub struct Subject<'a> {
    /// Risk model.
    pub policy: &'a Policy,
    /// Prices.
    pub market: &'a Market,
    /// The private account.
    pub account: &'a Account,
    /// The secret behind its identity.
    pub secret: &'a Secret,
    /// Where its leaf stands in a book.
    pub place: &'a Inclusion,
}

/// Time by phase of one proof.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Witness and assignment of the circuit.
    pub witness: Duration,
    /// Proof.
    pub proof: Duration,
    /// Check of the own proof.
    pub verification: Duration,
}

/// Proves that the account meets `ratio·IM + buffer`, and checks the proof before returning it.
///
/// # Errors
/// [`ProverError::Short`] before any proof is tried when the account does not meet the bound;
/// errors of evaluation, of the witness, or of the prover.
pub fn prove(
    key: &ProvingKey,
    setup: &Setup,
    subject: &Subject<'_>,
    request: &Request,
) -> Result<(Bundle, Timing), ProverError> {
    let evaluation = evaluate(subject.policy, subject.market, &subject.account.positions)?;
    if !evaluation.solvent(u32::from(request.ratio), request.buffer) {
        return Err(ProverError::short(&evaluation, request));
    }
    let started = Instant::now();
    let witness = MarginWitness::new(
        key.key.size,
        subject.market,
        subject.account,
        subject.secret,
        subject.place,
        request,
    )?;
    let circuit = MarginCircuit::new(subject.policy, key.key.size, &witness);
    let statement = circuit
        .statement()
        .ok_or_else(|| ProverError::Proof("the circuit has no statement".to_owned()))?;
    let built = Instant::now();
    let proof = prove_circuit(key, circuit, &statement)?;
    let proven = Instant::now();
    verify_rows(&key.key, &setup.verifier(), &statement.rows(), &proof)?;
    let timing = Timing {
        witness: built - started,
        proof: proven - built,
        verification: proven.elapsed(),
    };
    let bundle = Bundle {
        key: key.key.id.clone(),
        size: key.key.size,
        statement,
        proof,
    };
    Ok((bundle, timing))
}

/// Proves what a circuit's trace says, whether it is true or not. The proof is blinded with
/// randomness of the operating system.
///
/// # Errors
/// When the prover refuses the witness.
pub fn prove_circuit(
    key: &ProvingKey,
    circuit: MarginCircuit,
    statement: &Statement,
) -> Result<Vec<u8>, ProverError> {
    let mut trace = circuit.into_trace();
    trace.instance = vec![statement.rows().to_vec()];
    key.prove(TraceColumns(trace))
}
