//! Deletion of a constraint in tests.
//!
//! `ZKMARGIN_DROP=MINS9` makes the judges leave out whatever carries that number. The named test of
//! the number then meets a false trace in which nothing is broken any more, and has to fail. So the
//! specs' claim that a constraint is needed is tested by removing it.

use std::sync::OnceLock;

/// Names the number to leave out.
pub const DROP: &str = "ZKMARGIN_DROP";
/// What a judge says when it accepts a false trace because of what it leaves out.
pub const ACCEPTED: &str = "accepted without";

/// The number that is left out.
pub fn dropped() -> Option<&'static str> {
    static DROPPED: OnceLock<Option<String>> = OnceLock::new();
    DROPPED.get_or_init(|| std::env::var(DROP).ok()).as_deref()
}

/// What is broken but for what is left out.
///
/// # Panics
/// When that leaves nothing of what was broken: with [`ACCEPTED`] and the number.
pub fn keep<T>(mut broken: Vec<T>, carries: impl Fn(&T, &str) -> bool) -> Vec<T> {
    let Some(dropped) = dropped() else {
        return broken;
    };
    let all = broken.len();
    broken.retain(|b| !carries(b, dropped));
    assert!(all == 0 || !broken.is_empty(), "{ACCEPTED} {dropped}");
    broken
}
