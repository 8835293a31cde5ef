//! The binary form of a batch's private side.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `zkmbatch` |
//! | 1 | version, 3 |
//! | 32 | root of the book |
//! | 8 | index of the first account |
//! | 4 | number of accounts |
//! | 2 · 32 | secrets of masks |
//! | 32 | digest of the inventory |
//! | per account: 3 · 32 | digest of the customer, identity, salt |
//! | per account: 4 | number of the account |
//! | per account: 2 | number of positions |
//! | per position: 12 + 8 | instrument id; quantity in two's complement |
//!
//! Numbers are little-endian, field elements below the modulus. There is one encoding of a batch,
//! so that equal batches have equal digests. Whoever proves a batch gets these bytes: they hold no
//! id and no nonce of a customer, and nothing that other salts could be made from.

use ff::PrimeField;
use zkmargin_circuits::book::BatchInput;
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::BLOCK;
use zkmargin_engine::commitment::{BOOK_CAPACITY, MARKET_CAPACITY};
use zkmargin_engine::market::{InstrumentId, ID_BITS};
use zkmargin_engine::Fr;

const MAGIC: &[u8; 8] = b"zkmbatch";
const VERSION: u8 = 3;
/// Bytes of an instrument id.
pub(super) const ID: usize = ID_BITS.div_ceil(8) as usize;
/// Bytes of a field element.
const ELEMENT: usize = 32;
/// Fewest bytes of an account.
const LEAST_ACCOUNT: usize = 3 * ELEMENT + 4 + 2;

/// Bytes that are no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset} of the batch's input: {problem}")]
pub struct Malformed {
    /// Where the reader stopped.
    pub offset: usize,
    /// Why.
    pub problem: &'static str,
}

/// The bytes of a batch.
pub fn encode(input: &BatchInput) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + input.accounts.len() * 256);
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    out.extend_from_slice(&input.book.to_repr());
    out.extend_from_slice(&input.first.to_le_bytes());
    // A batch holds far fewer than 2^32 accounts.
    out.extend_from_slice(&(input.accounts.len() as u32).to_le_bytes());
    out.extend_from_slice(&input.secrets[0].to_repr());
    out.extend_from_slice(&input.secrets[1].to_repr());
    out.extend_from_slice(&input.inventory.to_repr());
    for account in &input.accounts {
        encode_account(account, &mut out);
    }
    out
}

/// The bytes of an account. Its positions are at most as many as a market lists.
pub(crate) fn encode_account(account: &Account, out: &mut Vec<u8>) {
    for element in [account.customer, account.identity, account.salt] {
        out.extend_from_slice(&element.to_repr());
    }
    out.extend_from_slice(&account.number.to_le_bytes());
    out.extend_from_slice(&(account.positions.len() as u16).to_le_bytes());
    for position in &account.positions {
        out.extend_from_slice(&position.id.0.to_le_bytes()[..ID]);
        out.extend_from_slice(&position.quantity.to_le_bytes());
    }
}

/// Reads a batch.
///
/// # Errors
/// When the bytes are not exactly the encoding of a batch of well-formed accounts.
pub fn decode(bytes: &[u8]) -> Result<BatchInput, Malformed> {
    let mut reader = Reader { bytes, offset: 0 };
    if reader.take(MAGIC.len())? != MAGIC {
        return Err(reader.wrong("not a batch of accounts"));
    }
    match reader.take(1)? {
        [VERSION] => {}
        [1] => {
            return Err(reader.wrong(
                "accounts of version 1, with secrets: no such account can be proven any more",
            ))
        }
        [2] => return Err(reader.wrong("accounts of version 2, whose totals had no masks")),
        _ => return Err(reader.wrong("another version of the format")),
    }
    let book = reader.element()?;
    let first = u64::from_le_bytes(reader.array()?);
    if first % BLOCK as u64 != 0 || first > BOOK_CAPACITY as u64 {
        return Err(reader.wrong("no batch begins at this account"));
    }
    let count = u32::from_le_bytes(reader.array()?) as usize;
    let secrets = [reader.element()?, reader.element()?];
    let inventory = reader.element()?;
    // Bounds the memory that a false count asks for.
    if count > reader.left() / LEAST_ACCOUNT {
        return Err(reader.wrong("fewer accounts than announced"));
    }
    let mut accounts = Vec::with_capacity(count);
    for _ in 0..count {
        accounts.push(reader.account()?);
    }
    if reader.left() != 0 {
        return Err(reader.wrong("bytes after the last account"));
    }
    Ok(BatchInput {
        book,
        first,
        accounts,
        secrets,
        inventory,
    })
}

/// Reads the account at the beginning of `bytes`; with it, what it took of them.
///
/// # Errors
/// When there is none.
pub(crate) fn decode_account(bytes: &[u8]) -> Result<(Account, usize), Malformed> {
    let mut reader = Reader { bytes, offset: 0 };
    let account = reader.account()?;
    Ok((account, reader.offset))
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, problem: &'static str) -> Malformed {
        let offset = self.offset;
        Malformed { offset, problem }
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.offset
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.offset + count;
        let taken = self.bytes.get(self.offset..end);
        let taken = taken.ok_or_else(|| self.wrong("the bytes end here"))?;
        self.offset = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn element(&mut self) -> Result<Fr, Malformed> {
        let element = Option::from(Fr::from_repr(self.array()?));
        element.ok_or_else(|| self.wrong("a field element is not below the modulus"))
    }

    fn account(&mut self) -> Result<Account, Malformed> {
        let [customer, identity, salt] = [self.element()?, self.element()?, self.element()?];
        let number = u32::from_le_bytes(self.array()?);
        let count = u16::from_le_bytes(self.array()?) as usize;
        if count > MARKET_CAPACITY {
            return Err(self.wrong("more positions than a market lists"));
        }
        let mut positions: Vec<Position> = Vec::with_capacity(count);
        for _ in 0..count {
            let position = self.position()?;
            if positions.last().is_some_and(|last| last.id >= position.id) {
                return Err(self.wrong("positions out of order"));
            }
            positions.push(position);
        }
        Ok(Account {
            customer,
            identity,
            number,
            salt,
            positions,
        })
    }

    fn position(&mut self) -> Result<Position, Malformed> {
        let mut id = [0; 16];
        id[..ID].copy_from_slice(self.take(ID)?);
        let id = InstrumentId(u128::from_le_bytes(id));
        if !id.is_canonical() {
            return Err(self.wrong("no instrument has this id"));
        }
        let quantity = i64::from_le_bytes(self.array()?);
        if quantity == 0 || quantity.unsigned_abs() >> 62 != 0 {
            return Err(self.wrong("a quantity is zero or too large"));
        }
        Ok(Position { id, quantity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::market::Kind;

    fn batch() -> BatchInput {
        let position = |n: u32, quantity| Position {
            id: InstrumentId::new(4_095, n, 0, Kind::Future),
            quantity,
        };
        let account = |n: u64| Account {
            customer: Fr::from(n),
            identity: -Fr::from(n),
            number: u32::MAX - n as u32,
            salt: Fr::from(n + 7),
            positions: (1..=n as u32)
                .map(|n| position(n, (1 << 62) - i64::from(n)))
                .chain([position(100, -((1 << 62) - 1))])
                .collect(),
        };
        BatchInput {
            book: Fr::from(3),
            first: 128,
            accounts: (0..5).map(account).collect(),
            secrets: [Fr::from(4), -Fr::from(5)],
            inventory: Fr::from(6),
        }
    }

    #[test]
    fn there_and_back() {
        let bytes = encode(&batch());
        let back = decode(&bytes).unwrap();
        assert_eq!(encode(&back), bytes);
        assert_eq!(back.accounts, batch().accounts);
        assert_eq!(
            (back.book, back.first, back.secrets),
            (Fr::from(3), 128, batch().secrets)
        );
        let mut one = Vec::new();
        encode_account(&back.accounts[2], &mut one);
        one.push(9);
        let (account, taken) = decode_account(&one).unwrap();
        assert_eq!((&account, taken), (&back.accounts[2], one.len() - 1));
    }

    #[test]
    fn every_truncation_and_extension_is_refused() {
        let bytes = encode(&batch());
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err(), "{end}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert_eq!(
            decode(&longer).err().map(|e| e.problem),
            Some("bytes after the last account")
        );
    }

    #[test]
    fn what_no_account_can_be_is_refused() {
        let bytes = encode(&batch());
        let refused = |offset: usize, with: &[u8], problem: &str| {
            let mut bytes = bytes.clone();
            bytes[offset..offset + with.len()].copy_from_slice(with);
            assert_eq!(decode(&bytes).err().map(|e| e.problem), Some(problem));
        };
        refused(0, b"Z", "not a batch of accounts");
        for version in [0, 4] {
            refused(8, &[version], "another version of the format");
        }
        let old = "accounts of version 2, whose totals had no masks";
        refused(8, &[2], old);
        refused(
            8,
            &[1],
            "accounts of version 1, with secrets: no such account can be proven any more",
        );
        refused(9, &[255; 32], "a field element is not below the modulus");
        refused(41, &[1], "no batch begins at this account");
        refused(49, &[255; 4], "fewer accounts than announced");
        let account = 149;
        refused(
            account + 100,
            &[255, 255],
            "more positions than a market lists",
        );
        let position = account + 102;
        refused(position, &[15], "no instrument has this id");
        refused(position + 12, &[0; 8], "a quantity is zero or too large");
        let huge = (1i64 << 62).to_le_bytes();
        refused(position + 12, &huge, "a quantity is zero or too large");
        // The second account's two positions, the first moved behind the second.
        let second = account + 102 + 20 + 102;
        refused(second + 6, &[200], "positions out of order");
    }
}
