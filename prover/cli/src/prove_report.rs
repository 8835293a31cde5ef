//! What `zkmargin prove` says: the proof that was made, or what the account lacks.

use serde::Serialize;
use zkmargin_desk::report::{money8, unsigned8, Subject as ReportSubject};
use zkmargin_engine::statement::Row;
use zkmargin_prover::prove::Timing;
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::command::{counted, statement_text};

use super::exit::Answer;

/// What an account lacks.
#[derive(Serialize)]
pub(super) struct Shortage {
    /// Always `no`.
    answer: &'static str,
    /// Always false.
    proved: bool,
    /// Equity missing.
    deficit: String,
    /// Equity of the account.
    equity: String,
    /// Its initial margin.
    initial_margin: String,
    /// Index of the worst scenario.
    worst_scenario: usize,
    /// The same in words.
    worst: String,
    #[serde(skip)]
    words: String,
}

impl Shortage {
    pub(super) fn text(&self, of_packet: bool) -> String {
        let words = &self.words;
        match of_packet {
            true => {
                format!("NO PROOF:{words}hint: ask for a lower ratio or buffer, or add collateral")
            }
            false => format!(
                "NO PROOF:{words}hint: add collateral or reduce positions; `zkmargin evaluate` \
                 shows every scenario"
            ),
        }
    }
}

/// What the account lacks that a report is about; `None` where it meets what is asked for.
pub(super) fn shortage(subject: &ReportSubject<'_>) -> Option<Shortage> {
    let missing = subject.deficit()?;
    Some(Shortage {
        answer: Answer::No.name(),
        proved: false,
        deficit: unsigned8(missing),
        equity: money8(subject.evaluation.equity),
        initial_margin: money8(subject.evaluation.initial_margin),
        worst_scenario: subject.evaluation.worst_scenario,
        worst: subject.worst(),
        words: subject.verdict(),
    })
}

/// What was made.
#[derive(Serialize)]
pub(crate) struct Report {
    answer: &'static str,
    proved: bool,
    key: String,
    size: &'static str,
    proof_bytes: usize,
    witness_seconds: f64,
    proof_seconds: f64,
    verification_seconds: f64,
}

impl Report {
    /// The report on a proof.
    pub fn new(bundle: &Bundle, timing: &Timing, insecure: bool) -> Report {
        Report {
            answer: Answer::Yes.under(insecure),
            proved: true,
            key: bundle.key.clone(),
            size: bundle.size.name(),
            proof_bytes: bundle.proof.len(),
            witness_seconds: timing.witness.as_secs_f64(),
            proof_seconds: timing.proof.as_secs_f64(),
            verification_seconds: timing.verification.as_secs_f64(),
        }
    }

    /// One line.
    pub fn text(&self) -> String {
        format!(
            "proof of {}; witness {:.2} s, proof {:.2} s, own verification {:.1} ms\n",
            counted(self.proof_bytes as u64, "byte", "bytes"),
            self.witness_seconds,
            self.proof_seconds,
            self.verification_seconds * 1e3
        )
    }
}

/// The statement of a bundle and its key.
pub(crate) fn describe(bundle: &Bundle) -> String {
    let rows = statement_text(&bundle.statement, &Row::ALL);
    format!("key {}\n{rows}", bundle.key)
}
