//! Entry prices of the accounts of a batch, in the order of its accounts: what a venue shows of linear
//! positions, and no leaf has.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `zkmentr1` |
//! | per account: 2 | entry prices |
//! | per entry price: 12 + 8 | instrument id; price in 1e-8 USD per contract |
//!
//! Numbers are little-endian. The file has the name of the batch's input and stays with the venue:
//! whoever proves the batch needs none of it.

use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::file::{read_bounded, write_private};
use zkmargin_engine::market::InstrumentId;

use super::encoding::ID;
use super::error::{BookError, REBUILD};
use super::folder::{Book, Folder};
use super::manifest::Batch;

const MAGIC: &[u8; 8] = b"zkmentr1";
/// Bytes of an account at most.
const LONGEST: u64 = 2 + (ID as u64 + 8) * MARKET_CAPACITY as u64;

/// At what price an account entered its linear positions, in 1e-8 USD per contract.
pub(super) type EntryPrices = Vec<(InstrumentId, u64)>;

/// The bytes of an account's entry prices.
pub(super) fn encode(
    prices: impl ExactSizeIterator<Item = (InstrumentId, u64)>,
    out: &mut Vec<u8>,
) {
    // A market lists at most 4096 instruments.
    out.extend_from_slice(&(prices.len() as u16).to_le_bytes());
    for (id, price) in prices {
        out.extend_from_slice(&id.0.to_le_bytes()[..ID]);
        out.extend_from_slice(&price.to_le_bytes());
    }
}

/// The entry prices at the beginning of `bytes`, and what is behind.
pub(super) fn decode(bytes: &[u8]) -> Option<(EntryPrices, &[u8])> {
    let (count, mut rest) = bytes.split_first_chunk()?;
    let count = u16::from_le_bytes(*count).into();
    let mut prices = EntryPrices::with_capacity(count);
    for _ in 0..count {
        let (id, behind) = rest.split_first_chunk::<ID>()?;
        let (price, behind) = behind.split_first_chunk()?;
        let mut bytes = [0; 16];
        bytes[..ID].copy_from_slice(id);
        let id = InstrumentId(u128::from_le_bytes(bytes));
        prices.push((id, u64::from_le_bytes(*price)));
        rest = behind;
    }
    Some((prices, rest))
}

/// Writes the entry prices of the batch with an input of this digest.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(
    folder: &Folder,
    input: &str,
    accounts: &[EntryPrices],
) -> Result<(), BookError> {
    let mut bytes = MAGIC.to_vec();
    for prices in accounts {
        encode(prices.iter().copied(), &mut bytes);
    }
    write_private(&folder.entries().path(input), |out| out.write_all(&bytes))?;
    Ok(())
}

/// The entry prices of the accounts of a batch.
///
/// # Errors
/// When the file is missing, as in the folder of a book that an earlier program built, or damaged.
pub(super) fn read(book: &Book, batch: &Batch) -> Result<Vec<EntryPrices>, BookError> {
    let path = book.folder.entries().path(&batch.input);
    let wrong = |problem| BookError::folder(&path, problem, REBUILD);
    if !path.exists() {
        return Err(wrong("is missing: the entry prices of a batch"));
    }
    let bytes = read_bounded(&path, 8 + LONGEST * batch.accounts)?;
    let damaged = || wrong("not the entry prices of the accounts of a batch");
    let mut rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
    let mut accounts = Vec::new();
    while !rest.is_empty() {
        let (prices, behind) = decode(rest).ok_or_else(damaged)?;
        accounts.push(prices);
        rest = behind;
    }
    match accounts.len() as u64 == batch.accounts {
        true => Ok(accounts),
        false => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::market::Kind;

    #[test]
    fn there_and_back_and_every_truncation_is_refused() {
        let id = |n| InstrumentId::new(4_095, n, 0, Kind::Future);
        let entered = [(id(2), 7), (id(5), (1 << 60) - 1)];
        let mut bytes = Vec::new();
        encode(entered.iter().copied(), &mut bytes);
        let first = bytes.len();
        encode([].into_iter(), &mut bytes);
        assert_eq!(decode(&bytes), Some((entered.to_vec(), &bytes[first..])));
        assert_eq!(decode(&bytes[first..]), Some((vec![], &[][..])));
        for end in 0..first {
            assert_eq!(decode(&bytes[..end]), None, "{end}");
        }
    }
}
