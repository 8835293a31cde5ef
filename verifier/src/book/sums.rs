//! Sums over the batches of a book.

use std::collections::BTreeMap;

use zkmargin_engine::book::{AssetTotal, BatchStatement, MaskedTotals, Totals};
use zkmargin_engine::field::as_u128;
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::Fr;

use super::fault::Fault;

/// Sums of the batches. Where neighbours have the same masks, these are the sums over all accounts:
/// those of 2^24 batches are far below the modulus, so the integer is what is left.
///
/// # Errors
/// When a sum is no integer below 2^128, or more accounts fail than there are.
pub fn add_up(statements: &[&BatchStatement]) -> Result<(Totals, Vec<AssetTotal>), Fault> {
    let number = |what, sum: Fr| as_u128(sum).ok_or(Fault::NoNumber { what });
    let accounts = statements.iter().map(|s| s.accounts);
    let accounts = accounts.fold(0u64, u64::saturating_add);
    let sum = |of: fn(&MaskedTotals) -> Fr| statements.iter().map(|s| of(&s.totals)).sum();
    let failing = number("failing accounts", sum(|t| t.failing))?;
    let failing = u64::try_from(failing).ok().filter(|n| *n <= accounts);
    let totals = Totals {
        accounts,
        failing: failing.ok_or(Fault::Failing)?,
        equity: number("equity", sum(|t| t.equity))?,
        shortfall: number("shortfall", sum(|t| t.shortfall))?,
        deficit: number("deficit", sum(|t| t.deficit))?,
    };
    let mut sums: BTreeMap<InstrumentId, (Fr, Fr)> = BTreeMap::new();
    for asset in statements.iter().flat_map(|s| &s.assets) {
        let (long, short) = sums.entry(asset.id).or_default();
        *long += asset.long;
        *short += asset.short;
    }
    let asset = |(id, (long, short))| {
        Ok(AssetTotal {
            id,
            long: number("long quantities", long)?,
            short: number("short quantities", short)?,
        })
    };
    Ok((
        totals,
        sums.into_iter().map(asset).collect::<Result<_, _>>()?,
    ))
}
