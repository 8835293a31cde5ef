//! The answers to whether a proof holds.

use zkmargin_engine::statement::{Row, Statement};

use crate::key::KeyFacts;

pub use crate::no::No;

/// A proof that holds.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was proven.
    pub statement: Statement,
    /// The key that it holds under.
    pub key: KeyFacts,
    /// Rows that the verifier computed or chose himself.
    pub checked: Vec<Row>,
    /// Rows that he took from the bundle.
    pub trusted: Vec<Row>,
}

impl Verdict {
    /// Everything that was taken on trust, by name; none: the verdict rests on nothing but the
    /// proof system and its setup.
    pub fn on_trust(&self) -> Vec<&'static str> {
        let key = (!self.key.is_known()).then_some("key");
        let rows = self.trusted.iter().map(|row| row.name());
        key.into_iter().chain(rows).collect()
    }
}
