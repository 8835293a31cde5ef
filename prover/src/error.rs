//! Errors of the proving side.

use zkmargin_circuits::margin::witness::{Request, WitnessError};
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::risk::Evaluation;
use zkmargin_engine::units::{format_money, BP};
use zkmargin_keys::error::KeysError;
use zkmargin_verifier::verdict::No;

/// Why no proof was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProverError {
    /// The account does not meet the bound: a definite no.
    #[error(
        "the account is short by {missing} USD: equity {equity}, required {required}; \
         the worst scenario is {scenario}\n\
         hint: `zkmargin evaluate` shows every scenario; add collateral or reduce positions"
    )]
    Short {
        /// Missing equity in USD.
        missing: String,
        /// Equity in USD.
        equity: String,
        /// Ratio times initial margin plus buffer, in USD.
        required: String,
        /// Index of the worst scenario.
        scenario: usize,
    },
    /// The engine refused the input.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The account does not fit the circuit.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// Accounts do not make a batch.
    #[error(transparent)]
    Batch(#[from] zkmargin_circuits::book::BatchError),
    /// Files, setup, keys or the own proof.
    #[error(transparent)]
    Verifier(Box<KeysError>),
    /// Key generation failed.
    #[error("key generation failed: {0}\nhint: the setup must be as large as the circuit")]
    KeyGeneration(String),
    /// The proof system refused the witness.
    #[error("no proof could be made: {0}\nhint: this is a fault of the program; please report it with the size and the policy")]
    Proof(String),
    /// The transcript could not be written.
    #[error("no proof could be made: {0}\nhint: try again; its blinding is drawn anew")]
    Transcript(#[from] std::io::Error),
    /// The operating system gave no randomness.
    #[error(
        "no randomness for a proof: {0}\nhint: the operating system's generator must be readable"
    )]
    Randomness(String),
    /// An input of a look-up is not in its table.
    #[error("no proof could be made: the look-up `{0}` finds nothing\nhint: this is a fault of the program; please report it with the size and the policy")]
    LookUp(String),
    /// The witness does not fit the circuit of the key.
    #[error("no proof could be made: the {0} are not those of the key's circuit\nhint: this is a fault of the program; please report it with the size and the policy")]
    Shape(&'static str),
    /// The circuit has something that the own prover does not know.
    #[error("no proof could be made: the circuit has {0}\nhint: ZKMARGIN_PROVER=halo2 selects halo2's prover")]
    Unsupported(&'static str),
    /// A variable of the environment has an unknown value.
    #[error("the environment's {variable} is `{value}`\nhint: it may be one of {known}; left out, the first is taken")]
    Environment {
        /// Name.
        variable: &'static str,
        /// Value.
        value: String,
        /// What it may be, the default first.
        known: &'static str,
    },
}

impl From<KeysError> for ProverError {
    fn from(error: KeysError) -> Self {
        ProverError::Verifier(Box::new(error))
    }
}

impl From<No> for ProverError {
    fn from(no: No) -> Self {
        KeysError::from(no).into()
    }
}

impl ProverError {
    /// The error of an account that does not meet a request.
    pub(crate) fn short(evaluation: &Evaluation, request: &Request) -> Self {
        // Rounded up: the account needs at least this much.
        let one = i128::from(BP);
        let scaled = i128::from(request.ratio) * evaluation.initial_margin;
        let required = (scaled + one - 1).div_euclid(one) + request.buffer as i128;
        ProverError::Short {
            missing: format_money(required - evaluation.equity),
            equity: format_money(evaluation.equity),
            required: format_money(required),
            scenario: evaluation.worst_scenario,
        }
    }
}
