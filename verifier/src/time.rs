//! Lengths of time for people.

use zkmargin_engine::units::DAY;

/// A length of time in its two largest units: `1 day 3 hours`, `2 minutes`, `0 seconds`. What is
/// smaller is left out, unless it is all there is.
pub(crate) fn length(seconds: u64) -> String {
    let units = [
        (DAY.into(), "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            parts.push(Some(format!("{count} {name}{plural}")));
        } else if !parts.is_empty() {
            parts.push(None);
        }
    }
    match parts.is_empty() {
        true => "0 seconds".to_owned(),
        false => parts
            .into_iter()
            .take(2)
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// An age and the most that it may be, both in seconds. Where they would read the same, in seconds.
pub(crate) fn older(age: u64, most: u64) -> String {
    let (long, short) = (length(age), length(most));
    match long == short {
        true => format!("{age} seconds old, and {most} seconds are the most"),
        false => format!("{long} old, and {short} is the most"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_at_most() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (61, "1 minute 1 second"),
            (3_600, "1 hour"),
            (3_601, "1 hour"),
            (97_200, "1 day 3 hours"),
            (97_259, "1 day 3 hours"),
            (172_800, "2 days"),
            (86_400 + 120, "1 day"),
        ] {
            assert_eq!(length(seconds), words);
        }
    }

    #[test]
    fn an_age_is_never_said_to_be_what_it_exceeds() {
        assert_eq!(
            older(97_200, 3_600),
            "1 day 3 hours old, and 1 hour is the most"
        );
        assert_eq!(
            older(3_601, 3_600),
            "3601 seconds old, and 3600 seconds are the most"
        );
    }
}
