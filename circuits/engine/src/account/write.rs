//! Account files as they are written.

use super::read::VERSION;
use super::{booked_at_mark, Entry, Holder, Listing, Position};
use crate::error::Error;
use crate::market::InstrumentId;
use crate::units::{format_element, Quantity};
use crate::Fr;

/// A position as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The instrument.
    pub id: InstrumentId,
    /// Quantity in 1e-8 contract.
    pub quantity: i64,
    /// Entry price, which perpetuals and futures need.
    pub entry: Option<Entry>,
}

/// Rows of a file that reads back as these positions: perpetuals and futures at their mark, and the
/// position in entry costs left out, since reading computes it. Positions whose entry costs are others
/// than those of their marks have the difference in USD.
pub fn rows_at_mark(positions: &[Position], listing: &Listing<'_>) -> Vec<Row> {
    let (market, costs, usd) = (listing.market(), listing.costs(), listing.usd());
    let mark = |id: InstrumentId| {
        let price = market.listed(id)?.forward;
        let at_mark = false;
        id.kind().is_future().then_some(Entry { price, at_mark })
    };
    let mut rows = Vec::with_capacity(positions.len() + 1);
    let mut balance = -booked_at_mark(positions, market);
    for &Position { id, quantity } in positions {
        if Some(id) == costs || Some(id) == usd {
            balance += i128::from(quantity);
            continue;
        }
        let entry = mark(id);
        rows.push(Row {
            id,
            quantity,
            entry,
        });
    }
    if let Some(id) = usd.filter(|_| balance != 0) {
        // A balance out of range is for the writer to refuse.
        let quantity = i64::try_from(balance).unwrap_or(i64::MIN);
        let entry = None;
        rows.push(Row {
            id,
            quantity,
            entry,
        });
    }
    rows.sort_by_key(|row| row.id);
    rows
}

/// An account file, one position a line, customer, nonce and salt in clear. Without its line breaks,
/// and without a salt, it is a line of a book's file.
///
/// # Errors
/// Refuses positions that the market does not list and quantities out of range.
pub fn to_json(
    holder: &Holder,
    salt: Option<&Fr>,
    rows: &[Row],
    listing: &Listing<'_>,
) -> Result<String, Error> {
    let rows = rows
        .iter()
        .map(|row| Ok(format!("\n{}", line(row, listing)?)));
    let rows = rows.collect::<Result<Vec<_>, Error>>()?.join(",");
    let salt = salt.map(|salt| format!(", \"salt\": \"{}\"", format_element(salt)));
    Ok(format!(
        "{{\"version\": {VERSION}, \"customer\": {}, \"nonce\": \"{}\", \"identity\": \"{}\", \
         \"account\": {}{}, \"positions\": [{rows}\n]}}\n",
        serde_json::Value::from(holder.customer.id()),
        format_element(&holder.customer.nonce()),
        format_element(&holder.identity),
        holder.number,
        salt.as_deref().unwrap_or(""),
    ))
}

fn line(row: &Row, listing: &Listing<'_>) -> Result<String, Error> {
    let refused = |problem, hint| Error::Engine {
        subject: format!("position {}", row.id),
        problem,
        hint,
    };
    let listed = listing.market().listed(row.id);
    let listed = listed.ok_or_else(|| {
        let hint = "use the market that the account was read with";
        refused("the market does not list it", hint)
    })?;
    let quantity = Quantity::from_units(row.quantity).map_err(|_| {
        let hint = "quantities are not zero and below 2^62 units";
        refused("its quantity is out of range", hint)
    })?;
    let scale = listing.scale(row.id);
    let quantity = scale.quantity(quantity.units().into());
    let entry = row.entry.map(|entry| entry.text(scale));
    let entry = entry.map(|entry| format!(", \"entry\": \"{entry}\""));
    let entry = entry.unwrap_or_default();
    let name = serde_json::Value::from(listed.name.as_str());
    Ok(format!(
        "{{\"instrument\": {name}, \"quantity\": \"{quantity}\"{entry}}}"
    ))
}
