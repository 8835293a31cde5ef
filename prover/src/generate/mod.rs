//! Generators of markets and accounts that look like a venue's, for demonstrations
//! and tests. Floating point is used here, before anything is rounded to ticks and
//! committed to.

pub mod calendar;
pub mod market;
mod smile;
mod strikes;

/// Why nothing could be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// Expiries are 32-bit seconds since 1970.
    #[error("time {time} is too late: expiries up to a year later must fit 32 bits\nhint: give --time in seconds since 1970, for example 1791855000")]
    TimeOutOfRange {
        /// The snapshot time asked for.
        time: u32,
    },
}
