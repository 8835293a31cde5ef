//! A key without the commitments of a price table.
//!
//! With values `v_i` of an open column and the setup's points `[l_i(τ)]_1` of the first rows, its
//! commitment is `Σ v_i·[l_i(τ)]_1`. Values of a table are small, or small with a minus sign.

use super::text::KeyText;
use super::{key_id, Label, Protocol, ProtocolError};
use crate::bn254::msm::sum_of_multiples;
use crate::bn254::{Fr, G1};

/// A fixed column that depends on the market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenColumn {
    /// Number of the fixed column.
    pub column: usize,
    /// What it holds, by the name of a column of the price table.
    pub name: String,
}

/// A key whose commitments to some fixed columns are open, with what completes it.
#[derive(Clone, Debug)]
pub struct Template {
    /// The rest of the key. Open columns are at infinity here, and the transcript's digest is zero.
    pub(super) known: Protocol,
    /// The open columns, ascending.
    pub(super) open: Vec<OpenColumn>,
    /// What the digest is a hash of.
    pub(super) text: KeyText,
    /// The setup's Lagrange points of the first rows.
    pub(super) points: Vec<G1>,
}

impl Template {
    /// From a key of some market, the text that halo2 hashes up to its fixed commitments, and the
    /// setup's points of as many rows as a market may have.
    ///
    /// # Errors
    /// [`ProtocolError::Unsupported`] where the key's digest is not that of this text, or a column is
    /// not there.
    pub fn new(
        label: Label,
        key: &Protocol,
        open: Vec<OpenColumn>,
        head: &str,
        points: Vec<G1>,
    ) -> Result<Self, ProtocolError> {
        let mut known = key.clone();
        let mut full = key.fixed_commitments.clone();
        known.label = label;
        known.transcript_key = Fr::ZERO;
        for OpenColumn { column, .. } in &open {
            let missing = ProtocolError::Unsupported("an open column that is not there");
            *known.fixed_commitments.get_mut(*column).ok_or(missing)? = None;
            full[*column] = Some(G1::generator());
        }
        let permutation = &key.permutation_commitments;
        let text = KeyText::new(head, open.len(), &full, permutation);
        let template = Template {
            known,
            open,
            text,
            points,
        };
        match template.with(&key.fixed_commitments)?.transcript_key == key.transcript_key {
            true => Ok(template),
            false => Err(ProtocolError::Unsupported("a digest of another form")),
        }
    }

    /// What it is for. The policy is that of the keys, too.
    pub fn label(&self) -> &Label {
        &self.known.label
    }

    /// log2 of the number of rows.
    pub fn k(&self) -> u32 {
        self.known.k
    }

    /// The open columns, ascending.
    pub fn open(&self) -> &[OpenColumn] {
        &self.open
    }

    /// Rows that a market may have.
    pub fn rows(&self) -> usize {
        self.points.len()
    }

    /// The key of a market: `column` has the values of a column of its price table by row.
    ///
    /// # Errors
    /// [`ProtocolError::Column`] for a name that `column` does not know, [`ProtocolError::Rows`] for
    /// more values than the template has points.
    pub fn complete(
        &self,
        mut column: impl FnMut(&str) -> Option<Vec<Fr>>,
    ) -> Result<Protocol, ProtocolError> {
        let mut fixed = self.known.fixed_commitments.clone();
        for open in &self.open {
            let unknown = || ProtocolError::Column(open.name.clone());
            let values = column(&open.name).ok_or_else(unknown)?;
            fixed[open.column] = self.commitment(&values)?;
        }
        self.with(&fixed)
    }

    /// Commitment to a column whose first rows have these values; `None` at infinity.
    ///
    /// # Errors
    /// [`ProtocolError::Rows`].
    pub fn commitment(&self, values: &[Fr]) -> Result<Option<G1>, ProtocolError> {
        let (rows, most) = (values.len(), self.points.len());
        if rows > most {
            return Err(ProtocolError::Rows { rows, most });
        }
        let terms: Vec<(Fr, G1)> = values
            .iter()
            .zip(&self.points)
            .filter(|(value, _)| !value.is_zero())
            .map(|(value, point)| {
                let negative = -*value;
                match negative.to_be_bytes() < value.to_be_bytes() {
                    true => (negative, point.negated()),
                    false => (*value, *point),
                }
            })
            .collect();
        Ok(sum_of_multiples(&terms).to_affine())
    }

    /// The key with all commitments to fixed columns.
    fn with(&self, fixed: &[Option<G1>]) -> Result<Protocol, ProtocolError> {
        let mut key = self.known.clone();
        key.fixed_commitments = fixed.to_vec();
        let at_infinity = self.open.iter().filter(|open| fixed[open.column].is_none());
        let permutation = &key.permutation_commitments;
        let digest = self.text.digest(at_infinity.count(), fixed, permutation);
        // There is a state for every number of open columns.
        key.transcript_key = digest.ok_or(ProtocolError::Open)?;
        let label = &self.known.label;
        key.label.key = key_id(&label.key, key.transcript_key, label.insecure);
        Ok(key)
    }
}
