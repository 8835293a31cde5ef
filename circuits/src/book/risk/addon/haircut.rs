//! Haircuts on long cash and spot: half per signed and half per absolute quantity, so the whole for a
//! long position and none for a short one. They reach the account in the words of its positions
//! (BINS1, BMSG5).

use zkmargin_engine::book::table::Entry;

/// Per signed and per absolute quantity.
pub(super) fn per_contract(entry: &Entry) -> [i128; 2] {
    [entry.haircut, entry.haircut]
}
