//! The listing calendar of a derivatives venue: everything expires at 08:00 UTC,
//! on the next four days, the next Fridays, the last Friday of the coming months
//! and the last Friday of each quarter, up to a year away.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Weekday};
use zkmargin_engine::units::DAY;

/// Hour of the day, UTC, at which everything expires.
const EXPIRY_HOUR: u32 = 8;
/// Expiries listed at any time.
pub(crate) const EXPIRIES: usize = 12;
/// No expiry is listed further away than this many days.
const HORIZON_DAYS: i64 = 364;

/// The twelve expiries listed at `time`, in seconds since 1970, ascending. The
/// first lies within a day, the last within a year.
///
/// `None` when `time` is so late that an expiry does not fit 32 bits.
pub(crate) fn expiries(time: u32) -> Option<Vec<u32>> {
    let start = DateTime::from_timestamp(i64::from(time), 0)?.date_naive();
    let days = |n: u64| start.checked_add_days(Days::new(n));
    let mut listed = BTreeSet::new();
    let mut add = |date: NaiveDate| -> Option<bool> {
        let stamp = date.and_hms_opt(EXPIRY_HOUR, 0, 0)?.and_utc().timestamp();
        let away = stamp - i64::from(time);
        let expiry = u32::try_from(stamp).ok()?;
        if away > 0 && away <= HORIZON_DAYS * i64::from(DAY) && listed.len() < EXPIRIES {
            listed.insert(expiry);
        }
        Some(listed.len() >= EXPIRIES)
    };

    // Today's 08:00 may have passed: then the four dailies start tomorrow.
    let first = u64::from(time % DAY >= EXPIRY_HOUR * 3600);
    for n in first..first + 4 {
        add(days(n)?)?;
    }
    for n in (first + 4..)
        .filter(|n| days(*n).is_none_or(|d| d.weekday() == Weekday::Fri))
        .take(3)
    {
        add(days(n)?)?;
    }
    let month_ends = |step: u32| {
        (0..=12u32)
            .filter_map(move |n| last_friday(start, n))
            .filter(move |d| d.month() % step == 0)
    };
    for date in month_ends(3).chain(month_ends(1)) {
        add(date)?;
    }
    // A month whose Fridays are listed already leaves room for one more weekly.
    let mut next = first + 4;
    while !add(days(next)?)? {
        next += 1;
        while days(next)?.weekday() != Weekday::Fri {
            next += 1;
        }
    }
    Some(listed.into_iter().collect())
}

/// The last Friday of the month that lies `months` after that of `date`.
fn last_friday(date: NaiveDate, months: u32) -> Option<NaiveDate> {
    let after = date
        .with_day(1)?
        .checked_add_months(Months::new(months + 1))?;
    let last = after.pred_opt()?;
    let back = (last.weekday().num_days_from_monday() + 3) % 7;
    last.checked_sub_days(Days::new(u64::from(back)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_twelve_expiries_from_hours_to_a_year_at_every_hour() {
        for hour in 0..3000u32 {
            let time = 1_790_000_000 + hour * 9_173;
            let list = expiries(time).unwrap();
            assert_eq!(list.len(), EXPIRIES, "at {time}");
            assert!(list.windows(2).all(|w| w[0] < w[1]));
            assert!(list.iter().all(|e| e % DAY == 8 * 3600));
            assert!(list[0] > time && list[0] - time <= DAY);
            let last = list[EXPIRIES - 1] - time;
            assert!(
                (250 * DAY..=364 * DAY).contains(&last),
                "last after {} days",
                last / DAY
            );
        }
    }

    #[test]
    fn fridays() {
        let date = NaiveDate::from_ymd_opt(2026, 8, 22).unwrap();
        assert_eq!(last_friday(date, 0), NaiveDate::from_ymd_opt(2026, 8, 28));
        assert_eq!(last_friday(date, 4), NaiveDate::from_ymd_opt(2026, 12, 25));
        assert_eq!(expiries(u32::MAX), None);
    }
}
