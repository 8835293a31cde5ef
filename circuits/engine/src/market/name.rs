//! Names that follow from ids.
//!
//! Digests commit to ids; what a file calls an instrument is bound to nothing, and whoever wrote
//! the file may swap two names. So what is shown to people, and what is published, is named by
//! [`InstrumentId::name`]. The symbols in it are the policy's, whose digest commits to them: they
//! are as good as the policy is known.
//!
//! | kind | name |
//! |---|---|
//! | cash, spot | `USD`, `BTC` |
//! | perpetual | `BTC-PERPETUAL` |
//! | future | `BTC-25SEP26` |
//! | call, put | `BTC-25SEP26-80000-C`, `BTC-25SEP26-80000-P` |
//!
//! The day is in UTC. An expiry at another time than 08:00:00 has it behind: `25SEP26_163000`. A
//! year outside 2000 to 2099 has four digits.

use chrono::{Datelike, Days, NaiveDate};

use super::{InstrumentId, Kind};
use crate::policy::{Policy, Underlying};
use crate::units::{Strike, DAY};

/// Seconds after midnight, UTC, at which derivatives expire on venues.
const USUAL: u32 = 8 * 3600;
const PERPETUAL: &str = "-PERPETUAL";
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

impl InstrumentId {
    /// The name of the instrument under a policy. No two ids have the same. An id that means
    /// nothing under the policy is shown by its parts, as `Display` does.
    pub fn name(self, policy: &Policy) -> String {
        let listed = policy.by_code(self.underlying());
        let name = listed.and_then(|underlying| self.compose(underlying));
        // A symbol may itself end like the name of a derivative.
        let unique = |name: &String| InstrumentId::from_name(name, policy) == Some(self);
        name.filter(unique).unwrap_or_else(|| self.to_string())
    }

    fn compose(self, underlying: &Underlying) -> Option<String> {
        let symbol = &underlying.symbol;
        let kind = self.kind();
        if underlying.cash != (kind == Kind::Cash) {
            return None;
        }
        let expiry = || expiry_label(self.expiry());
        let option = |letter| {
            let strike = underlying.scale.strike(self.strike());
            Some(format!("{symbol}-{}-{strike}-{letter}", expiry()))
        };
        match kind {
            Kind::Cash | Kind::Spot => Some(symbol.clone()),
            Kind::Perpetual => Some(format!("{symbol}{PERPETUAL}")),
            Kind::Future => Some(format!("{symbol}-{}", expiry())),
            Kind::Call => option('C'),
            Kind::Put => option('P'),
        }
    }

    /// The instrument of a name under a policy, whether or not a market lists it; `None` for a
    /// text that no id is named by.
    pub fn from_name(name: &str, policy: &Policy) -> Option<InstrumentId> {
        if let Some(asset) = policy.underlying(name) {
            let kind = if asset.cash { Kind::Cash } else { Kind::Spot };
            return Some(InstrumentId::new(asset.code, 0, 0, kind));
        }
        let derivative = |symbol: &str| policy.underlying(symbol).filter(|u| !u.cash);
        let code = |symbol: &str| derivative(symbol).map(|u| u.code);
        if let Some(symbol) = name.strip_suffix(PERPETUAL) {
            return Some(InstrumentId::new(code(symbol)?, 0, 0, Kind::Perpetual));
        }
        let (rest, last) = name.rsplit_once('-')?;
        let kind = match last {
            "C" => Kind::Call,
            "P" => Kind::Put,
            label => {
                let expiry = expiry_of(label)?;
                return Some(InstrumentId::new(code(rest)?, expiry, 0, Kind::Future));
            }
        };
        let (rest, strike) = rest.rsplit_once('-')?;
        let (symbol, label) = rest.rsplit_once('-')?;
        let underlying = derivative(symbol)?;
        let strike = Strike::parse(strike, underlying.scale).ok()?.units();
        let expiry = expiry_of(label)?;
        Some(InstrumentId::new(underlying.code, expiry, strike, kind))
    }

    /// Which other instrument a text names, in capitals or not, that is meant for this one.
    pub(crate) fn mistaken_for(self, text: &str, policy: &Policy) -> Option<InstrumentId> {
        let capitals = text.to_ascii_uppercase();
        let named = [text, &capitals].map(|text| InstrumentId::from_name(text, policy));
        named.into_iter().flatten().find(|other| *other != self)
    }
}

/// An expiry as venues write it: `25SEP26`, `8AUG26`; with the time where it is not 08:00 UTC.
pub(crate) fn expiry_label(expiry: u32) -> String {
    // Days of 32 bits of seconds are far from the ends of the calendar.
    let date = NaiveDate::default() + Days::new((expiry / DAY).into());
    let month = MONTHS[date.month0() as usize];
    let mut label = match date.year() {
        year @ 2000..2100 => format!("{}{month}{:02}", date.day(), year - 2000),
        year => format!("{}{month}{year}", date.day()),
    };
    let second = expiry % DAY;
    if second != USUAL {
        let (hour, minute) = (second / 3600, second / 60 % 60);
        label.push_str(&format!("_{hour:02}{minute:02}{:02}", second % 60));
    }
    label
}

/// The expiry that [`expiry_label`] writes so.
fn expiry_of(label: &str) -> Option<u32> {
    let (date, time) = match label.split_once('_') {
        Some((date, time)) => (date, Some(time)),
        None => (label, None),
    };
    let letters = date.find(|c: char| c.is_ascii_alphabetic())?;
    let (day, rest) = date.split_at(letters);
    let (month, year) = (rest.get(..3)?, rest.get(3..)?);
    let month = MONTHS.iter().position(|known| *known == month)? as u32 + 1;
    let year = match (year.len(), year.parse::<i32>().ok()?) {
        (2, year) => 2000 + year,
        (_, year) => year,
    };
    let second = match time {
        None => USUAL,
        Some(digits) => {
            let part = |at: usize| digits.get(at..at + 2)?.parse::<u32>().ok();
            part(0)? * 3600 + part(2)? * 60 + part(4)?
        }
    };
    let date = NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)?;
    let midnight = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    let expiry = u32::try_from(midnight + i64::from(second)).ok()?;
    // Of many spellings only one is a label.
    (expiry_label(expiry) == label).then_some(expiry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Market;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// 2026-09-25 08:00 UTC.
    const EXPIRY: u32 = 1_790_323_200;

    fn code(symbol: &str) -> u16 {
        Policy::rm1().underlying(symbol).unwrap().code
    }

    #[test]
    fn names_follow_from_ids() {
        let policy = Policy::rm1();
        let (btc, doge) = (code("BTC"), code("DOGE"));
        for (id, name) in [
            (InstrumentId::new(code("USD"), 0, 0, Kind::Cash), "USD"),
            (InstrumentId::new(btc, 0, 0, Kind::Spot), "BTC"),
            (
                InstrumentId::new(btc, 0, 0, Kind::Perpetual),
                "BTC-PERPETUAL",
            ),
            (
                InstrumentId::new(btc, EXPIRY, 0, Kind::Future),
                "BTC-25SEP26",
            ),
            (
                InstrumentId::new(btc, EXPIRY, 800_000_000, Kind::Call),
                "BTC-25SEP26-80000-C",
            ),
            (
                InstrumentId::new(doge, EXPIRY + 30_601, 1_500, Kind::Put),
                "DOGE-25SEP26_163001-0.15-P",
            ),
            (
                InstrumentId::new(btc, u32::MAX, 0, Kind::Future),
                "BTC-7FEB2106_062815",
            ),
            (
                InstrumentId::new(btc, 0, 0, Kind::Future),
                "BTC-1JAN1970_000000",
            ),
        ] {
            assert_eq!(id.name(&policy), name);
            assert_eq!(InstrumentId::from_name(name, &policy), Some(id), "{name}");
        }
    }

    #[test]
    fn an_id_that_means_nothing_is_shown_by_its_parts() {
        let policy = Policy::rm1();
        for id in [
            InstrumentId::new(0, 0, 0, Kind::Spot),
            InstrumentId::new(255, EXPIRY, 0, Kind::Future),
            // Spot of a cash asset, cash of a coin.
            InstrumentId::new(code("USD"), 0, 0, Kind::Spot),
            InstrumentId::new(code("BTC"), 0, 0, Kind::Cash),
            // Not canonical.
            InstrumentId::new(code("BTC"), EXPIRY, 0, Kind::Spot),
        ] {
            assert_eq!(id.name(&policy), id.to_string());
        }
    }

    #[test]
    fn texts_that_name_nothing() {
        let policy = Policy::rm1();
        for text in [
            "",
            "-",
            "XYZ",
            "btc",
            "USD-PERPETUAL",
            "BTC-PERP",
            "BTC-",
            "BTC-25SEP",
            "BTC-025SEP26",
            "BTC-+5SEP26",
            "BTC-31SEP26",
            "BTC-25sep26",
            "BTC-25SEP2026",
            "BTC-25SEP26_080000",
            "BTC-25SEP26_250000",
            "BTC-25SEP26_1630",
            "BTC-25SEP26-0-C",
            "BTC-25SEP26-80000-c",
            "BTC-25SEP26-80000-X",
            "BTC-80000-C",
            "BTC-25SÉP26",
            "BTC-É",
        ] {
            assert_eq!(InstrumentId::from_name(text, &policy), None, "{text}");
        }
    }

    /// Whoever writes a policy may choose a symbol that looks like a derivative's name.
    #[test]
    fn no_two_ids_have_one_name() {
        let text = include_str!("../../../../policies/rm1.toml");
        let odd = "\n[[underlying]]\nsymbol = \"BTC-PERPETUAL\"\ncode = 200\nrange = \"0.25\"\n\
                   haircut = \"0\"\n";
        let policy = Policy::from_toml(&format!("{text}{odd}"), "odd.toml").unwrap();
        let perpetual = InstrumentId::new(code("BTC"), 0, 0, Kind::Perpetual);
        let spot = InstrumentId::new(200, 0, 0, Kind::Spot);
        assert_eq!(spot.name(&policy), "BTC-PERPETUAL");
        assert_eq!(perpetual.name(&policy), perpetual.to_string());
    }

    /// A digest commits to ids. Whoever swaps two names in a file sells one coin for another.
    #[test]
    fn a_name_that_another_instrument_has() {
        let spots = |btc: &str, eth: &str| {
            format!(
                r#"{{"time": 1787412831, "instruments": [
                {{"id": "{btc}", "kind": "spot", "underlying": "BTC", "mark": "77000"}},
                {{"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"}},
                {{"id": "{eth}", "kind": "spot", "underlying": "ETH", "mark": "2400"}}]}}"#
            )
        };
        let read = |text: &str| Market::from_json(text, "m.json", &Policy::rm1());
        let option = |expiry: &str, strike: &str| {
            let text = format!(
                r#"{{"time": 1787412831, "instruments": [{{"id": "BTC-25SEP26-80000-C",
                "kind": "call", "underlying": "BTC", "expiry": {expiry}, "strike": "{strike}",
                "forward": "77405.28", "vol": "0.4198"}}]}}"#
            );
            read(&text).unwrap_err().to_string()
        };
        let good = read(&spots("BTC", "ETH")).unwrap();
        // A name of the venue's own is a handle for account files, and the digest is the same.
        let own = read(&spots("XBT", "ETHER")).unwrap();
        assert_eq!(own.digest(), good.digest());
        for (btc, eth) in [
            ("ETH", "BTC"),
            ("eth", "E"),
            ("USD", "E"),
            ("BTC-PERPETUAL", "E"),
            ("BTC-25SEP26", "E"),
            ("ETH-25SEP26-3000-C", "E"),
        ] {
            let error = read(&spots(btc, eth)).unwrap_err().to_string();
            let words =
                format!("m.json: instruments[0].id = {btc:?}: the name of another instrument");
            assert!(error.starts_with(&words), "{error}");
            assert!(error.contains("this entry is BTC"), "{error}");
        }
        let later = option("1790323201", "80000");
        assert!(later.contains("BTC-25SEP26_080001-80000-C"), "{later}");
        let strike = option("1790323200", "90000");
        assert!(
            strike.contains("this entry is BTC-25SEP26-90000-C"),
            "{strike}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..Default::default()
        })]

        /// A name leads back to its id, or is that of no other.
        #[test]
        fn names_lead_back(
            code in 0u16..40,
            expiry in prop_oneof![any::<u32>(), (0u32..49_000).prop_map(|day| day * 86_400 + USUAL)],
            strike in 1u64..1 << 44,
            kind in 0usize..6,
        ) {
            let policy = Policy::rm1();
            let kind = Kind::ALL[kind];
            let id = InstrumentId::new(
                code,
                if kind.is_dated() { expiry } else { 0 },
                if kind.is_option() { strike } else { 0 },
                kind,
            );
            let name = id.name(&policy);
            match policy.by_code(code).is_some_and(|u| u.cash == (kind == Kind::Cash)) {
                true => prop_assert_eq!(InstrumentId::from_name(&name, &policy), Some(id)),
                false => prop_assert_eq!(name, id.to_string()),
            }
        }
    }
}
