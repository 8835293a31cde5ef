//! What comes first where a market cannot list everything.

use std::cmp::Reverse;

use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::market::Instrument;

/// An option of a snapshot.
pub(super) struct Listed {
    /// The option.
    pub(super) instrument: Instrument,
    /// Whether anybody holds it.
    pub(super) held: bool,
}

/// Adds options to the rows of a market, all of them where they fit. Otherwise the room that is left
/// after what somebody holds goes to the options nearest the money; if even that does not fit, the
/// market refuses, since whoever holds what is not listed cannot prove.
pub(super) fn fit(rows: &mut Vec<Instrument>, options: Vec<Listed>, notes: &mut Vec<String>) {
    let (held, mut free): (Vec<Listed>, Vec<Listed>) = options.into_iter().partition(|o| o.held);
    rows.extend(held.into_iter().map(|option| option.instrument));
    let room = MARKET_CAPACITY.saturating_sub(rows.len());
    if free.len() > room {
        free.sort_by_key(|option| Reverse(nearness(&option.instrument)));
        notes.push(format!(
            "left out {} options that nobody holds, furthest from the money: {MARKET_CAPACITY} \
             instruments fit",
            free.len() - room
        ));
        free.truncate(room);
    }
    rows.extend(free.into_iter().map(|option| option.instrument));
}

/// The lesser of strike over forward and forward over strike, in 2^-32.
fn nearness(option: &Instrument) -> u128 {
    let (strike, forward) = (
        u128::from(option.id.strike()) * 10_000,
        option.forward.into(),
    );
    (strike.min(forward) << 32) / strike.max(forward).max(1)
}
