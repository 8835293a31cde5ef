//! Sums over the batches of a book.

use std::collections::BTreeMap;

use zkmargin_engine::book::{AssetTotal, BatchStatement, Totals};
use zkmargin_engine::market::InstrumentId;

/// Sums of the batches; the name of what overflows instead.
pub fn add_up(statements: &[&BatchStatement]) -> Result<(Totals, Vec<AssetTotal>), &'static str> {
    let mut totals = Totals::default();
    let mut assets: BTreeMap<InstrumentId, (u128, u128)> = BTreeMap::new();
    for statement in statements {
        totals = totals.checked_add(&statement.totals).ok_or("the totals")?;
        for asset in &statement.assets {
            let (long, short) = assets.entry(asset.id).or_default();
            *long = long.checked_add(asset.long).ok_or("long quantities")?;
            *short = short.checked_add(asset.short).ok_or("short quantities")?;
        }
    }
    let assets = assets.into_iter();
    let assets = assets.map(|(id, (long, short))| AssetTotal { id, long, short });
    Ok((totals, assets.collect()))
}
