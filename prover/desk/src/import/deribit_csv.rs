//! Option-chain snapshots in the column layout of Deribit exports: one row per
//! option, with the forward of its expiry, the mark volatility and the index.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use zkmargin_engine::market::{expiry_label, same_delivery};
use zkmargin_engine::units::format_decimal;

use super::cells::Cells;
use super::{ImportError, Imported};
use crate::document::{Listing, MarketDocument, Row};

/// Columns without which nothing can be read.
const NEEDED: [&str; 8] = [
    "timestamp",
    "instrument_name",
    "underlying",
    "option_type",
    "strike",
    "expiry_datetime",
    "implied_volatility",
    "index_price",
];
/// Column that says which future the forward is, if the file has it.
const FUTURE_NAME: &str = "futures_instrument_name";
/// Its price.
const FUTURE_PRICE: &str = "futures_price";
/// Volatilities outside this range, in 1e-4, are left out.
const VOL_RANGE: (f64, f64) = (100.0, 65_535.0);

/// Reads a chain snapshot.
///
/// Beside the options, the market gets USD at 1, a spot per underlying at the
/// median index price of its rows, and a future or perpetual wherever the rows
/// name the one that their forward is, at its median price. `only` keeps just
/// these underlyings; empty keeps all. Time is the latest timestamp.
///
/// Rows without a usable volatility or that have expired are left out and counted
/// in the notes.
///
/// # Errors
///
/// [`ImportError`] when the file cannot be read, lacks a column, holds a value
/// that is no number or date, or repeats an instrument.
pub fn import(file: &Path, only: &[String]) -> Result<Imported, ImportError> {
    let input = zkmargin_engine::file::open(file)?;
    read(input, file, only)
}

/// One option as the file has it.
struct Quote {
    line: u64,
    name: String,
    underlying: String,
    call: bool,
    strike: u64,
    expiry: i64,
    forward: u64,
    vol: Option<f64>,
}

/// As [`import`], from any reader; `file` only names the source in messages.
fn read(input: impl Read, file: &Path, only: &[String]) -> Result<Imported, ImportError> {
    let mut reader = csv::Reader::from_reader(input);
    let headers = reader
        .headers()
        .map_err(|source| csv_error(file, source))?
        .clone();
    let find = |column: &str| headers.iter().position(|h| h.trim() == column);
    let mut at = [0; NEEDED.len()];
    for (slot, column) in at.iter_mut().zip(NEEDED) {
        *slot = find(column).ok_or_else(|| ImportError::MissingColumn {
            file: file.into(),
            column,
            needed: NEEDED.join(", "),
        })?;
    }
    let future_at = find(FUTURE_NAME).zip(find(FUTURE_PRICE));

    let mut time = i64::MIN;
    let mut quotes = Vec::new();
    let mut indices: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut futures: BTreeMap<(String, String, i64), Vec<u64>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|source| csv_error(file, source))?;
        let cells = Cells {
            file,
            line: record.position().map_or(0, csv::Position::line),
            record: &record,
        };
        let [timestamp, name, forward, option_type, strike, expiry, vol, index] = at;
        let name = cells.text(name).to_string();
        let underlying = name
            .split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_string();
        if !only.is_empty() && !only.iter().any(|u| u.eq_ignore_ascii_case(&underlying)) {
            continue;
        }
        time = time.max(cells.time(timestamp, "timestamp")?);
        let expiry = cells.time(expiry, "expiry_datetime")?;
        let index = cells.decimal(index, "index_price", 8)?;
        indices.entry(underlying.clone()).or_default().push(index);
        if let Some((name, price)) = future_at {
            if let Ok(price) = cells.decimal(price, FUTURE_PRICE, 8) {
                futures
                    .entry((underlying.clone(), cells.text(name).to_string(), expiry))
                    .or_default()
                    .push(price);
            }
        }
        quotes.push(Quote {
            line: cells.line,
            call: cells.side(option_type)?,
            strike: cells.decimal(strike, "strike", 4)?,
            forward: cells.decimal(forward, "underlying", 8)?,
            vol: cells.vol(vol)?,
            name,
            underlying,
            expiry,
        });
    }
    assemble(file, time, quotes, indices, futures)
}

/// Sorts what was read into market rows.
fn assemble(
    file: &Path,
    time: i64,
    quotes: Vec<Quote>,
    indices: BTreeMap<String, Vec<u64>>,
    futures: BTreeMap<(String, String, i64), Vec<u64>>,
) -> Result<Imported, ImportError> {
    let mut skipped: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut rows = vec![Row {
        name: "USD".into(),
        listing: Listing::Cash,
        price: 100_000_000,
    }];
    let mut notes = Vec::new();
    for (underlying, mut prices) in indices {
        let price = median(&mut prices);
        rows.push(Row {
            name: underlying.clone(),
            listing: Listing::Spot {
                underlying: underlying.clone(),
            },
            price,
        });
        let perpetual = format!("{underlying}-PERPETUAL");
        if !futures.keys().any(|(_, name, _)| *name == perpetual) {
            notes.push(format!(
                "{underlying}: no perpetual, since no row names {perpetual} as its forward"
            ));
        }
    }
    for ((underlying, name, expiry), mut prices) in futures {
        let price = median(&mut prices);
        let listing = match u32::try_from(expiry) {
            _ if name == format!("{underlying}-PERPETUAL") => Listing::Perpetual { underlying },
            Ok(expiry)
                if i64::from(expiry) > time
                    && name == format!("{underlying}-{}", expiry_label(expiry)) =>
            {
                Listing::Future { underlying, expiry }
            }
            _ => continue,
        };
        if seen.insert(name.clone()) {
            rows.push(Row {
                name,
                listing,
                price,
            });
        }
    }
    let linear = rows.len();
    let forwards = forwards(file, &quotes, &mut notes)?;
    for quote in quotes {
        let mut skip = |why| {
            skipped
                .entry(why)
                .or_insert_with(|| (0, format!("line {} {}", quote.line, quote.name)))
                .0 += 1
        };
        let Some(vol) = quote.vol else {
            skip("without implied volatility");
            continue;
        };
        let vol = (vol * 10_000.0).round();
        if !(VOL_RANGE.0..=VOL_RANGE.1).contains(&vol) {
            skip("with a volatility outside 1% to 655.35%");
            continue;
        }
        let expiry = match u32::try_from(quote.expiry) {
            Ok(expiry) if quote.expiry > time => expiry,
            _ => {
                skip("already expired");
                continue;
            }
        };
        if !seen.insert(quote.name.clone()) {
            return Err(ImportError::Repeated {
                file: file.into(),
                line: quote.line,
                name: quote.name,
            });
        }
        let delivery = (quote.underlying, quote.expiry);
        let price = forwards.get(&delivery).copied().unwrap_or(quote.forward);
        let listing = Listing::Option {
            underlying: delivery.0,
            expiry,
            strike: quote.strike,
            call: quote.call,
            vol: vol as u16,
        };
        rows.push(Row {
            name: quote.name,
            listing,
            price,
        });
    }
    notes.extend(skipped.iter().map(|(why, (count, first))| {
        format!(
            "left out {count} {} {why}, first {first}",
            if *count == 1 { "row" } else { "rows" }
        )
    }));
    match u32::try_from(time) {
        Ok(time) if rows.len() > linear => Ok(Imported {
            market: MarketDocument { time, rows },
            notes,
        }),
        _ => {
            let why = if skipped.is_empty() {
                String::new()
            } else {
                format!(" ({})", notes.join("; "))
            };
            Err(ImportError::Empty {
                file: file.into(),
                why,
            })
        }
    }
}

/// The one forward of each underlying and expiry: the median of what its rows say, which a
/// snapshot of some seconds reads at different moments.
fn forwards(
    file: &Path,
    quotes: &[Quote],
    notes: &mut Vec<String>,
) -> Result<BTreeMap<(String, i64), u64>, ImportError> {
    let mut read: BTreeMap<(String, i64), Vec<u64>> = BTreeMap::new();
    for quote in quotes {
        let delivery = (quote.underlying.clone(), quote.expiry);
        read.entry(delivery).or_default().push(quote.forward);
    }
    let mut differing = 0;
    let mut forwards = BTreeMap::new();
    for (delivery, mut prices) in read {
        let forward = median(&mut prices);
        differing += usize::from(prices.iter().any(|price| *price != forward));
        forwards.insert(delivery, forward);
    }
    let forward_of = |quote: &Quote| forwards.get(&(quote.underlying.clone(), quote.expiry));
    let far = |quote: &&Quote| forward_of(quote).is_some_and(|f| !same_delivery(quote.forward, *f));
    if let Some(quote) = quotes.iter().find(far) {
        return Err(ImportError::OtherForward {
            file: file.into(),
            line: quote.line,
            name: quote.name.clone(),
            found: usd(quote.forward),
            median: forward_of(quote).map_or_else(String::new, |f| usd(*f)),
        });
    }
    if differing > 0 {
        let (what, each) = match differing {
            1 => ("expiry", "it takes"),
            _ => ("expiries", "each takes"),
        };
        notes.push(format!(
            "{differing} {what} whose rows were read at different moments: {each} the median forward"
        ));
    }
    Ok(forwards)
}

fn usd(units: u64) -> String {
    format_decimal(i128::from(units), 8)
}

/// Lower median. The slice is never empty here; an empty one gives 0.
fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values
        .get(values.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0)
}

fn csv_error(file: &Path, source: csv::Error) -> ImportError {
    ImportError::Csv {
        file: file.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,futures_price,futures_instrument_name,implied_volatility,index_price";

    fn parse(rows: &[&str]) -> Result<Imported, ImportError> {
        let text = format!("{HEADER}\n{}\n", rows.join("\n"));
        read(text.as_bytes(), Path::new("chain.csv"), &[])
    }

    const CALL: &str = "2026-09-01T10:00:00.5+00:00,BTC-25SEP26-80000-C,77405.28,call,80000.0,2026-09-25T08:00:00+00:00,77405.28,BTC-25SEP26,0.41979999999999995,77081.8";
    const PUT: &str = "2026-09-01T10:00:00.5+00:00,BTC-25SEP26-80000-P,77405.3,put,80000.0,2026-09-25T08:00:00+00:00,77405.3,BTC-25SEP26,,77081.9";

    #[test]
    fn reads_options_spot_and_futures() {
        let got = parse(&[CALL]).unwrap();
        let text = got.market.to_json();
        assert_eq!(got.market.time, 1_788_256_800);
        assert!(
            text.contains(
                r#"{"id": "BTC", "kind": "spot", "underlying": "BTC", "mark": "77081.8"}"#
            ),
            "{text}"
        );
        assert!(text.contains(r#""kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"}"#), "{text}");
        assert!(
            text.contains(r#""strike": "80000", "forward": "77405.28", "vol": "0.4198"}"#),
            "{text}"
        );
        assert_eq!(got.notes.len(), 1, "{:?}", got.notes);
    }

    #[test]
    fn leaves_out_rows_without_volatility_and_says_so() {
        let got = parse(&[CALL, PUT]).unwrap();
        assert!(
            got.notes.iter().any(|n| n.contains(
                "left out 1 row without implied volatility, first line 3 BTC-25SEP26-80000-P"
            )),
            "{:?}",
            got.notes
        );
        assert_eq!(got.market.strikes(), 1);
    }

    #[test]
    fn an_expiry_takes_the_median_forward() {
        let put = PUT.replace(",,", ",0.42,");
        let third = CALL
            .replace("80000", "90000")
            .replace("77405.28", "77405.3");
        let got = parse(&[CALL, &put, &third]).unwrap();
        let text = got.market.to_json();
        assert_eq!(text.matches(r#""forward": "77405.3""#).count(), 3, "{text}");
        let words = "1 expiry whose rows were read at different moments";
        assert!(
            got.notes.iter().any(|n| n.starts_with(words)),
            "{:?}",
            got.notes
        );
        // A forward of 1 in one row, and one off by a percent.
        for wrong in ["1,put", "78179.4,put"] {
            let put = put.replace("77405.3,put", wrong);
            let message = parse(&[CALL, &put, &third]).unwrap_err().to_string();
            let words = "chain.csv line 3: underlying of BTC-25SEP26-80000-P is ";
            assert!(
                message.starts_with(words) && message.contains("say 77405."),
                "{message}"
            );
        }
    }

    #[test]
    fn names_file_line_and_field() {
        let message = parse(&[CALL, &PUT.replace("77405.3,put", "-5,put")])
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("chain.csv line 3: underlying is `-5`\nhint: "),
            "{message}"
        );
        let message = parse(&[CALL, CALL]).unwrap_err().to_string();
        assert!(
            message.contains("line 3: BTC-25SEP26-80000-C appears twice"),
            "{message}"
        );
        let message = parse(&[PUT]).unwrap_err().to_string();
        assert!(message.contains("no usable row"), "{message}");
        let message = read(&b"a,b\n1,2\n"[..], Path::new("x.csv"), &[])
            .unwrap_err()
            .to_string();
        assert!(message.contains("no column `timestamp`"), "{message}");
    }

    /// Real snapshots are not part of the repository: they lie in the directory
    /// that `ZKMARGIN_DATA` names, or `../shared/data` beside the workspace.
    #[test]
    fn reads_real_snapshots_where_there_are_any() {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
        let data = std::env::var_os("ZKMARGIN_DATA").unwrap_or_else(|| beside.into());
        let chains = Path::new(&data).join("chains");
        let Ok(files) = std::fs::read_dir(&chains) else {
            println!(
                "skipped: no recorded chains in {} (hint: set ZKMARGIN_DATA)",
                chains.display()
            );
            return;
        };
        for file in files
            .filter_map(Result::ok)
            .map(|f| f.path())
            .filter(|p| p.extension().is_some_and(|e| e == "csv"))
        {
            let got = import(&file, &[]).unwrap();
            assert!(got.market.strikes() > 700, "{}", file.display());
            assert!(got.market.rows.len() < 4096);
        }
    }
}
