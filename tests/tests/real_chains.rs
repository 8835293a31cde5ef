//! The integer engine against the floating-point reference on recorded option
//! chains, which are not part of this project. They are looked for under the
//! directory named by `ZKMARGIN_DATA`, or `../shared/data` beside the
//! workspace; where there is none the tests say so and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rand::Rng;
use zkmargin_testing::judge::Judge;
use zkmargin_testing::random::{account, account_json, draw, line, quantity, rng, Line, Listing};
use zkmargin_testing::reference::Kind;

/// Paths of the recorded chains, or none with the reason printed.
pub(crate) fn chains() -> Vec<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let data = std::env::var_os("ZKMARGIN_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let folder = data.join("chains");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!(
            "skipped: no recorded chains in {} (hint: set ZKMARGIN_DATA)",
            folder.display()
        );
        return Vec::new();
    };
    let mut out: Vec<PathBuf> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|x| x == "csv"))
        .collect();
    out.sort();
    out
}

/// Reads one chain: its options, the futures of their expiries, spot and perpetual.
pub(crate) fn read(path: &PathBuf) -> Listing {
    let mut reader = csv::Reader::from_path(path).expect("chain opens");
    let headers = reader.headers().expect("chain has headers").clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|h| h == name)
            .expect("chain has the column")
    };
    let (stamp, currency, index) = (
        column("timestamp"),
        column("currency"),
        column("index_price"),
    );
    let (forward, strike, vol) = (
        column("underlying"),
        column("strike"),
        column("implied_volatility"),
    );
    let (kind, expiry) = (column("option_type"), column("expiry_datetime"));
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("chain row")).collect();

    let number = |text: &str| text.parse::<f64>().expect("chain number");
    let units = |text: &str, scale: f64| (number(text) * scale).round() as u64;
    let time = seconds(&rows[0][stamp]);
    let mut listing = Listing::with_cash(time);
    let mut futures: BTreeMap<String, (u64, BTreeMap<u64, u64>)> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for row in &rows {
        let entry = futures.entry(row[currency].to_owned()).or_default();
        entry.0 = units(&row[index], 1e8);
        let (when, f) = (seconds(&row[expiry]), units(&row[forward], 1e8));
        assert!(when > time && ["call", "put"].contains(&&row[kind]));
        // Rows of an expiry were read within seconds: the first forward is its forward.
        let f = *entry.1.entry(when).or_insert(f);
        let strike = units(&row[strike], 1e4);
        if pairs.insert((row[currency].to_owned(), when, strike)) {
            let vol = units(&row[vol], 1e4) as u16;
            listing.push_pair(&row[currency], when, strike, f, vol);
        }
    }
    for (symbol, (spot, dated)) in futures {
        let dated: Vec<(u64, u64)> = dated.into_iter().collect();
        listing.push_underlying(&symbol, spot, &dated);
    }
    listing
}

/// Seconds since 1970 of `2026-08-07T21:49:36…+00:00`, fractions dropped.
fn seconds(stamp: &str) -> u64 {
    let field = |from: usize, to: usize| stamp[from..to].parse::<i64>().expect("timestamp");
    assert!(stamp.ends_with("+00:00"), "timestamp in UTC");
    let (year, month, day) = (field(0, 4), field(5, 7), field(8, 10));
    // Days from the civil calendar, years starting in March.
    let shifted = if month > 2 { year } else { year - 1 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719_468;
    (days * 86_400 + field(11, 13) * 3_600 + field(14, 16) * 60 + field(17, 19)) as u64
}

#[test]
fn random_accounts_on_recorded_chains_and_after_a_crash() {
    let mut judge = Judge::default();
    for (n, path) in chains().iter().enumerate() {
        let calm = read(path);
        // Spot −30%, volatility × 1.8.
        for (day, listing) in [
            ("as recorded", calm.clone()),
            ("crash", calm.crashed(7_000, 18_000)),
        ] {
            let both = judge.market(&listing.json());
            let mut rng = rng(n as u64);
            for a in 0..150 {
                let positions = rng.gen_range(1..=64);
                let lines = account(&mut rng, &listing, positions, 2);
                let text = account_json(&mut rng, &listing, &lines);
                judge.judge(&format!("chain {n} {day} account {a}"), &both, &text);
            }
        }
    }
    judge.verdict("recorded chains");
}

/// The same accounts a day apart, on the two chains that are 24 hours apart.
#[test]
fn same_accounts_a_day_later() {
    let mut judge = Judge::default();
    let chains: Vec<Listing> = chains().iter().map(read).collect();
    for pair in chains
        .windows(2)
        .filter(|p| p[1].time - p[0].time < 2 * 86_400)
    {
        let days: Vec<_> = pair.iter().map(|l| judge.market(&l.json())).collect();
        let later: BTreeSet<&str> = pair[1].rows.iter().map(|r| r.id.as_str()).collect();
        let common = pair[0].free(|r| later.contains(r.id.as_str()));
        let mut rng = rng(24);
        for a in 0..100 {
            let n = rng.gen_range(1..=64);
            let rows = draw(&mut rng, common.clone(), n);
            let lines: Vec<Line> = rows
                .into_iter()
                .map(|r| line(r, quantity(&mut rng)))
                .collect();
            let text = account_json(&mut rng, &pair[0], &lines);
            for (day, both) in days.iter().enumerate() {
                judge.judge(&format!("account {a} on day {day}"), both, &text);
            }
        }
    }
    judge.verdict("a day later");
}

/// Every listed option alone, short: no strike or expiry is priced out of bounds.
#[test]
fn every_listed_option_alone() {
    let mut judge = Judge::default();
    for path in chains() {
        let listing = read(&path);
        let both = judge.market(&listing.json());
        for row in listing.select(|r| r.is_option() || r.kind == Kind::Future) {
            let text = account_json(&mut rng(1), &listing, &[line(row, -10_000_000_000)]);
            judge.judge(&listing.rows[row].id, &both, &text);
        }
    }
    judge.verdict("every listed option");
}
