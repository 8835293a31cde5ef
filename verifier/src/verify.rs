//! The verdict on a bundle: key, expected rows, proof; the same whatever the key is from.

use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::Fr;

use crate::bundle::Bundle;
use crate::key::ProofKey;
use crate::no::No;
use crate::verdict::Verdict;

/// What a number must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound<T> {
    /// This.
    Exactly(T),
    /// This or more.
    AtLeast(T),
}

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
    pub ratio: Option<Bound<u16>>,
    /// Buffer in 1e-8 USD.
    pub buffer: Option<Bound<u128>>,
    /// Age of the market, and the most that it may be, both in seconds.
    pub age: Option<(u64, u64)>,
}

impl Expectations {
    /// Whether a row was compared with something known.
    fn compare(&self, row: Row, policy: Fr, found: &Statement) -> Result<bool, No> {
        let other = No::OtherRow { row: row.name() };
        let element = |known: Option<Fr>| match known {
            Some(known) if known == found.rows()[row as usize] => Ok(true),
            Some(_) => Err(other.clone()),
            None => Ok(false),
        };
        match row {
            Row::Policy => element(Some(policy)),
            Row::Market => element(self.market),
            Row::Book => element(self.book),
            Row::Nullifier => element(self.nullifier),
            Row::Scope => element(self.scope),
            Row::Message => element(self.message),
            Row::Ratio => match self.ratio {
                Some(Bound::Exactly(ratio)) if found.ratio != ratio => Err(other),
                Some(Bound::AtLeast(least)) if found.ratio < least => Err(No::Ratio {
                    found: found.ratio,
                    least,
                }),
                known => Ok(known.is_some()),
            },
            Row::Buffer => match self.buffer {
                Some(Bound::Exactly(buffer)) if found.buffer != buffer => Err(other),
                Some(Bound::AtLeast(least)) if found.buffer < least => Err(No::Buffer {
                    found: found.buffer,
                    least,
                }),
                known => Ok(known.is_some()),
            },
        }
    }
}

/// Checks a bundle: key, expected rows, age, proof.
///
/// # Errors
/// A definite no.
pub fn verify(key: &dyn ProofKey, bundle: &Bundle, expected: &Expectations) -> Result<Verdict, No> {
    let facts = key.facts();
    if bundle.size != facts.size || bundle.key != facts.id {
        return Err(No::OtherKey {
            expected: facts.id.clone(),
            found: bundle.key.clone(),
        });
    }
    let (mut checked, mut trusted) = (Vec::new(), Vec::new());
    for row in Row::ALL {
        match expected.compare(row, facts.policy, &bundle.statement)? {
            true => checked.push(row),
            false => trusted.push(row),
        }
    }
    if let Some((age, most)) = expected.age.filter(|(age, most)| age > most) {
        return Err(No::Old { age, most });
    }
    key.holds(&bundle.statement.rows(), &bundle.proof)?;
    Ok(Verdict {
        statement: bundle.statement,
        key: facts.clone(),
        checked,
        trusted,
    })
}
