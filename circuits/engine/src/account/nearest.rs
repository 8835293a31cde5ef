//! What is said about a name that no instrument has.

use crate::error::quoted;
use crate::market::Market;

/// A name for a message; what looks like a secret in the wrong column is not shown.
pub(super) fn shown_name(name: &str) -> String {
    match name.starts_with("0x") || name.starts_with("0X") {
        true => "a field element".to_owned(),
        false => quoted(name),
    }
}

/// The three listed names that are nearest to `name`, in words.
pub(super) fn nearest(name: &str, market: &Market) -> String {
    const LONGEST: usize = 64;
    if market.instruments().is_empty() {
        return "the market lists nothing; use another snapshot".to_owned();
    }
    if name.len() > LONGEST {
        return "names have at most 64 characters; copy one from the market file".to_owned();
    }
    let wanted = name.to_ascii_uppercase();
    let mut names: Vec<(usize, &str)> = market
        .instruments()
        .iter()
        .map(|i| {
            (
                distance(&wanted, &i.name.to_ascii_uppercase()),
                i.name.as_str(),
            )
        })
        .collect();
    names.sort_unstable();
    let best: Vec<&str> = names.into_iter().take(3).map(|(_, name)| name).collect();
    format!("the nearest names are {}", best.join(", "))
}

/// Number of single-byte insertions, deletions and replacements between two texts.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
