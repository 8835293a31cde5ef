//! Reading of one point of the history of moves.

use serde::Deserialize;

use super::error::PolicyError;
use super::reader::Reader;
use super::Point;
use crate::units::BP;

/// A count, or a decimal in a string.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PointEntry {
    Count(u32),
    Move(String),
}

/// A point over so many paths.
pub(super) fn point(
    at: &Reader<'_>,
    field: &str,
    entries: &[PointEntry],
    paths: usize,
) -> Result<Point, PolicyError> {
    let wrong = || {
        let hint = format!(
            "write the count, then price and volatility of each of the {paths} paths: \
             [1, \"-0.9901\", \"0.5952\", …]"
        );
        at.error(field, entries.len(), "not a point", &hint)
    };
    let Some((PointEntry::Count(count @ 1..), moves)) = entries.split_first() else {
        return Err(wrong());
    };
    if moves.len() != 2 * paths {
        return Err(wrong());
    }
    let coordinate = |entry: &PointEntry| match entry {
        PointEntry::Move(text) => at.signed(field, text, BP),
        PointEntry::Count(_) => Err(wrong()),
    };
    let moves = moves
        .chunks_exact(2)
        .map(|pair| Ok((coordinate(&pair[0])?, coordinate(&pair[1])?)))
        .collect::<Result<_, PolicyError>>()?;
    Ok(Point {
        count: *count,
        moves,
    })
}
