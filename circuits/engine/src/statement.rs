//! The public inputs of the margin proof.

use ff::PrimeField;

use crate::Fr;

/// Rows of the instance column, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Row {
    /// Digest of the policy.
    Policy = 0,
    /// Digest of the market.
    Market = 1,
    /// Root of the book.
    Book = 2,
    /// Nullifier of the account under the scope.
    Nullifier = 3,
    /// Application, chosen by the verifier.
    Scope = 4,
    /// Message, bound and not interpreted.
    Message = 5,
    /// Ratio in basis points.
    Ratio = 6,
    /// Buffer in 1e-8 USD.
    Buffer = 7,
}

impl Row {
    /// Every row, in order.
    pub const ALL: [Row; 8] = [
        Row::Policy,
        Row::Market,
        Row::Book,
        Row::Nullifier,
        Row::Scope,
        Row::Message,
        Row::Ratio,
        Row::Buffer,
    ];

    /// Name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Row::Policy => "policy",
            Row::Market => "market",
            Row::Book => "book",
            Row::Nullifier => "nullifier",
            Row::Scope => "scope",
            Row::Message => "message",
            Row::Ratio => "ratio",
            Row::Buffer => "buffer",
        }
    }
}

/// Bits of the buffer.
pub const BUFFER_BITS: u32 = 90;

/// "I know an account in `book`, every position of which is listed in `market`, with
/// E ≥ ratio·IM + buffer under `policy`, whose secret gives `nullifier` under `scope`."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Digest of the policy.
    pub policy: Fr,
    /// Digest of the market.
    pub market: Fr,
    /// Root of the book.
    pub book: Fr,
    /// Nullifier of the account under the scope.
    pub nullifier: Fr,
    /// Application, chosen by the verifier.
    pub scope: Fr,
    /// Message, bound and not interpreted.
    pub message: Fr,
    /// Ratio in basis points.
    pub ratio: u16,
    /// Buffer in 1e-8 USD, below 2^90.
    pub buffer: u128,
}

impl Statement {
    /// The instance column.
    pub fn rows(&self) -> [Fr; 8] {
        [
            self.policy,
            self.market,
            self.book,
            self.nullifier,
            self.scope,
            self.message,
            Fr::from(u64::from(self.ratio)),
            Fr::from_u128(self.buffer),
        ]
    }

    /// Reads an instance column back; `None` when ratio or buffer is out of range.
    pub fn from_rows(rows: &[Fr; 8]) -> Option<Self> {
        let ratio = small(rows[Row::Ratio as usize])?;
        let buffer = small(rows[Row::Buffer as usize])?;
        if buffer >> BUFFER_BITS != 0 {
            return None;
        }
        Some(Statement {
            policy: rows[0],
            market: rows[1],
            book: rows[2],
            nullifier: rows[3],
            scope: rows[4],
            message: rows[5],
            ratio: u16::try_from(ratio).ok()?,
            buffer,
        })
    }
}

fn small(v: Fr) -> Option<u128> {
    let repr = v.to_repr();
    let bytes = repr.as_ref();
    if bytes[16..].iter().any(|&b| b != 0) {
        return None;
    }
    let mut low = [0u8; 16];
    low.copy_from_slice(&bytes[..16]);
    Some(u128::from_le_bytes(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ff::Field;

    #[test]
    fn rows_round_trip_and_refuse_wide_numbers() {
        let statement = Statement {
            policy: Fr::from(1),
            market: Fr::from(2),
            book: Fr::from(3),
            nullifier: Fr::from(4),
            scope: Fr::from(5),
            message: -Fr::ONE,
            ratio: u16::MAX,
            buffer: (1 << BUFFER_BITS) - 1,
        };
        assert_eq!(Statement::from_rows(&statement.rows()), Some(statement));
        let mut rows = statement.rows();
        rows[Row::Ratio as usize] = Fr::from(1 << 16);
        assert_eq!(Statement::from_rows(&rows), None);
        let mut rows = statement.rows();
        rows[Row::Buffer as usize] = Fr::from_u128(1 << BUFFER_BITS);
        assert_eq!(Statement::from_rows(&rows), None);
    }
}
