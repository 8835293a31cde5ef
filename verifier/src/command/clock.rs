//! What time it is, and how old a market is by then.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use zkmargin_engine::units::DAY;

use super::number::whole;
use super::options::wrong;
use crate::error::VerifyError;

/// A market may be this many seconds ahead of the clock: clocks differ.
const AHEAD: u64 = 60;

/// Options about the age of a market.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AgeOptions {
    /// The most that the market may be old: seconds, or 30m, 12h, 7d
    #[arg(long, value_name = "AGE")]
    pub(super) max_age: Option<String>,
    /// Time to reckon ages at, in seconds since 1970; if left out, now
    #[arg(long, value_name = "TIME", value_parser = whole::<u64>)]
    pub(super) at: Option<u64>,
}

/// A market's time and its age, both in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age {
    pub time: u32,
    pub age: u64,
}

impl AgeOptions {
    /// Seconds of `--max-age`.
    pub(super) fn most(&self) -> Result<Option<u64>, VerifyError> {
        let Some(text) = &self.max_age else {
            return Ok(None);
        };
        let (number, unit) = match text.char_indices().next_back() {
            Some((at, 's')) => (&text[..at], 1),
            Some((at, 'm')) => (&text[..at], 60),
            Some((at, 'h')) => (&text[..at], 3_600),
            Some((at, 'd')) => (&text[..at], DAY.into()),
            _ => (text.as_str(), 1),
        };
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number = digits.then(|| number.parse::<u64>().ok()).flatten();
        let seconds = number.and_then(|n| n.checked_mul(unit));
        seconds.map(Some).ok_or_else(|| {
            let hint = "write whole seconds, or a number with s, m, h or d, such as 30m";
            wrong("max-age", text, "no length of time", hint)
        })
    }

    /// How old a market of this time is.
    ///
    /// # Errors
    /// When it is ahead of the clock and its age matters.
    pub(super) fn of(&self, time: u32) -> Result<Age, VerifyError> {
        let clock = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |d| d.as_secs())
        };
        let now = self.at.unwrap_or_else(clock);
        let ahead = u64::from(time).saturating_sub(now);
        match &self.max_age {
            Some(text) if ahead > AHEAD => Err(wrong(
                "max-age",
                text,
                format_args!(
                    "the market's time, {}, is {ahead} seconds ahead",
                    date(time.into())
                ),
                "check the clock of this machine, or name the time that counts with --at",
            )),
            _ => Ok(Age {
                time,
                age: now.saturating_sub(u64::from(time)),
            }),
        }
    }
}

impl std::fmt::Display for Age {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, unit) = match self.age {
            age if age < 120 => (age, "seconds"),
            age if age < 2 * 3_600 => (age / 60, "minutes"),
            age if age < 2 * u64::from(DAY) => (age / 3_600, "hours"),
            age => (age / u64::from(DAY), "days"),
        };
        write!(f, "{}, {count} {unit} old", date(self.time.into()))
    }
}

/// A moment in Unix seconds as people write it.
pub(super) fn date(time: u64) -> String {
    let date = i64::try_from(time)
        .ok()
        .and_then(|t| DateTime::from_timestamp(t, 0));
    date.map_or_else(
        || time.to_string(),
        |d| d.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(max_age: &str) -> AgeOptions {
        AgeOptions {
            max_age: Some(max_age.to_owned()),
            at: Some(1_000_000),
        }
    }

    #[test]
    fn lengths_of_time() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("30m", 1_800),
            ("2h", 7_200),
        ] {
            assert_eq!(options(text).most().unwrap(), Some(seconds), "{text}");
        }
        assert_eq!(options("7d").most().unwrap(), Some(604_800));
        for text in [
            "",
            "m",
            "-5",
            "+5",
            "1.5h",
            "5w",
            "1h30m",
            "99999999999999999999",
            "9é",
        ] {
            let error = options(text).most().unwrap_err().to_string();
            assert!(error.contains("hint: "), "{text}: {error}");
        }
    }

    #[test]
    fn a_market_of_the_future_has_no_age() {
        assert_eq!(options("5").of(999_990).unwrap().age, 10);
        assert_eq!(options("5").of(1_000_060).unwrap().age, 0);
        let error = options("5").of(1_000_061).unwrap_err().to_string();
        assert!(error.contains("61 seconds ahead"), "{error}");
        let any = AgeOptions {
            max_age: None,
            at: Some(1_000_000),
        };
        assert_eq!(any.of(2_000_000).unwrap().age, 0);
        let age = Age {
            time: 1_787_412_831,
            age: 86_400 * 9,
        };
        assert_eq!(age.to_string(), "2026-08-22 15:33:51 UTC, 9 days old");
    }
}
