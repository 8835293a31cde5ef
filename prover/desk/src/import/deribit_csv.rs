//! Option-chain snapshots in the column layout of Deribit exports: one row per
//! option, with the forward of its expiry, the mark volatility and the index.

use std::io::Read;
use std::path::Path;

use zkmargin_engine::policy::Policy;

use super::cells::Cells;
use super::chain::{Chain, Quote};
use super::{ChainOptions, ImportError, Imported};

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
/// How many contracts are open, if the file has it.
const OPEN_INTEREST: &str = "open_interest";
/// Its price.
const FUTURE_PRICE: &str = "futures_price";

/// Reads a chain snapshot.
///
/// Beside the options, the market gets USD and USD-SETTLEMENT at 1, other cash at the marks that are
/// given, a spot per underlying at the median index price of its rows, and a future or perpetual
/// wherever the rows name the one that their forward is, at its median price. What an earlier market
/// listed and has expired since is listed with its settlement price. Time is the latest timestamp.
///
/// Rows without a usable volatility or that have expired are left out and counted in the notes; where
/// not all fit, so are options that nobody holds, those furthest from the money first.
///
/// # Errors
///
/// [`ImportError`] when the file cannot be read, lacks a column, holds a value
/// that is no number or date or out of range, repeats an instrument, has an underlying
/// that the policy does not know, or says two prices of one delivery.
pub fn import(
    file: &Path,
    options: &ChainOptions,
    policy: &Policy,
) -> Result<Imported, ImportError> {
    let input = zkmargin_engine::file::open(file)?;
    read(input, file, options, policy)
}

/// As [`import`], from any reader; `file` only names the source in messages.
fn read(
    input: impl Read,
    file: &Path,
    options: &ChainOptions,
    policy: &Policy,
) -> Result<Imported, ImportError> {
    let mut reader = csv::Reader::from_reader(input);
    let not_csv = |source| ImportError::Csv {
        file: file.into(),
        source,
    };
    let columns = Columns::find(reader.headers().map_err(not_csv)?, file)?;
    let mut chain = Chain::new(file, policy, options);
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let cells = Cells {
            file,
            // A record that was read from a file has a place in it.
            line: record.position().map_or(0, csv::Position::line),
            record: &record,
        };
        columns.take(&cells, &options.only, &mut chain)?;
    }
    chain.market()
}

/// Places of the columns.
struct Columns {
    needed: [usize; NEEDED.len()],
    /// Name and price of the future that a row's forward is.
    future: Option<(usize, usize)>,
    open_interest: Option<usize>,
}

impl Columns {
    fn find(headers: &csv::StringRecord, file: &Path) -> Result<Columns, ImportError> {
        let find = |column: &str| headers.iter().position(|h| h.trim() == column);
        let mut needed = [0; NEEDED.len()];
        for (slot, column) in needed.iter_mut().zip(NEEDED) {
            *slot = find(column).ok_or_else(|| ImportError::MissingColumn {
                file: file.into(),
                column,
                needed: NEEDED.join(", "),
            })?;
        }
        let future = find(FUTURE_NAME).zip(find(FUTURE_PRICE));
        let open_interest = find(OPEN_INTEREST);
        Ok(Columns {
            needed,
            future,
            open_interest,
        })
    }

    /// Adds a record to what the snapshot says.
    fn take(
        &self,
        cells: &Cells<'_>,
        only: &[String],
        chain: &mut Chain<'_>,
    ) -> Result<(), ImportError> {
        let [timestamp, name, forward, option_type, strike, expiry, vol, index] = self.needed;
        let name = cells.text(name);
        let symbol = match name.split_once(['-', '_']) {
            Some((symbol, _)) => symbol,
            None => name,
        };
        if !only.is_empty() && !only.iter().any(|u| u.eq_ignore_ascii_case(symbol)) {
            return Ok(());
        }
        let time = cells.time(timestamp, "timestamp")?;
        let underlying = chain.underlying(cells.line, name, symbol)?;
        let scale = chain.scale(underlying);
        let quote = Quote {
            line: cells.line,
            name: name.to_owned(),
            underlying,
            expiry: cells.time(expiry, "expiry_datetime")?,
            kind: cells.side(option_type)?,
            strike: cells.strike(strike, scale)?,
            forward: cells.price(forward, "underlying", scale)?,
            vol: cells.vol(vol)?,
            held: self.open_interest.is_none_or(|at| cells.held(at)),
        };
        let index = cells.price(index, "index_price", scale)?;
        let future = self.future.and_then(|(name, price)| {
            // A row may leave out the price of its future: then another names it, or none does.
            let price = cells.price(price, FUTURE_PRICE, scale).ok()?;
            Some((cells.text(name), price))
        });
        chain.add(time, quote, index, future);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::market::{Kind, Market, Settlement};

    const HEADER: &str = "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,futures_price,futures_instrument_name,implied_volatility,index_price";

    fn parse(rows: &[&str]) -> Result<Imported, ImportError> {
        let text = format!("{HEADER}\n{}\n", rows.join("\n"));
        read_with(&text, &ChainOptions::default())
    }

    fn read_with(text: &str, options: &ChainOptions) -> Result<Imported, ImportError> {
        read(
            text.as_bytes(),
            Path::new("chain.csv"),
            options,
            &Policy::rm1(),
        )
    }

    fn calls(got: &Imported) -> usize {
        let listed = got.market.instruments().iter();
        listed.filter(|i| i.id.kind() == Kind::Call).count()
    }

    const CALL: &str = "2026-09-01T10:00:00.5+00:00,BTC-25SEP26-80000-C,77405.28,call,80000.0,2026-09-25T08:00:00+00:00,77405.28,BTC-25SEP26,0.41979999999999995,77081.8";
    const PUT: &str = "2026-09-01T10:00:00.5+00:00,BTC-25SEP26-80000-P,77405.3,put,80000.0,2026-09-25T08:00:00+00:00,77405.3,BTC-25SEP26,,77081.9";

    #[test]
    fn reads_options_spot_and_futures() {
        let got = parse(&[CALL]).unwrap();
        let text = got.market.to_json(&Policy::rm1()).unwrap();
        assert_eq!(got.market.time(), 1_788_256_800);
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
        assert_eq!(calls(&got), 1);
    }

    #[test]
    fn an_expiry_takes_the_median_forward() {
        let put = PUT.replace(",,", ",0.42,");
        let third = CALL
            .replace("80000", "90000")
            .replace("77405.28", "77405.3");
        let got = parse(&[CALL, &put, &third]).unwrap();
        let text = got.market.to_json(&Policy::rm1()).unwrap();
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
    fn cash_at_the_marks_that_are_given() {
        let options = ChainOptions {
            cash: vec![("USDC".to_owned(), 99_980_000)],
            ..ChainOptions::default()
        };
        let policy = Policy::rm1();
        let got = read_with(&format!("{HEADER}\n{CALL}\n"), &options).unwrap();
        let mark = |symbol| got.market.cash(&policy, symbol).map(|i| i.forward);
        assert_eq!(mark("USD"), Some(100_000_000));
        assert_eq!(mark("USD-SETTLEMENT"), Some(100_000_000));
        assert_eq!(mark("USDC"), Some(99_980_000));
        assert_eq!(mark("USDC-CUSTODY"), Some(99_980_000));
        assert_eq!(mark("USDT"), None);
        let text = got.market.to_json(&policy).unwrap();
        assert!(Market::from_json(&text, "m.json", &policy).is_ok());
    }

    #[test]
    fn what_has_expired_since_an_earlier_market_is_listed_with_its_settlement() {
        let policy = Policy::rm1();
        let early = CALL
            .replace("25SEP26", "2SEP26")
            .replace("09-25T", "09-02T");
        let earlier = parse(&[CALL, &early]).unwrap().market;
        let later = CALL.replace("2026-09-01T10", "2026-09-02T10");
        let text = format!("{HEADER}\n{later}\n");
        let mut options = ChainOptions {
            earlier: Some(earlier),
            ..ChainOptions::default()
        };
        let error = read_with(&text, &options).unwrap_err().to_string();
        assert!(error.contains("BTC-2SEP26"), "{error}");
        options.settlements = vec![Settlement {
            underlying: 16,
            expiry: 1_788_336_000,
            price: 8_100_000_000_000,
        }];
        let got = read_with(&text, &options).unwrap().market;
        let row = &got.instruments()[got.by_name("BTC-2SEP26-80000-C").unwrap()];
        assert_eq!((row.forward, row.vol), (100_000_000_000, 1));
        // The next snapshot knows the price from this market, until the rows are too old.
        let next = CALL.replace("2026-09-01T10", "2026-09-03T10");
        let text = format!("{HEADER}\n{next}\n");
        let options = ChainOptions {
            earlier: Some(got),
            ..ChainOptions::default()
        };
        let again = read_with(&text, &options).unwrap().market;
        assert!(again.by_name("BTC-2SEP26-80000-C").is_some());
        assert!(Market::from_json(&again.to_json(&policy).unwrap(), "m", &policy).is_ok());
        let options = ChainOptions {
            settled_for: 86_400,
            ..options
        };
        let old = read_with(&text, &options).unwrap().market;
        assert!(old.by_name("BTC-2SEP26-80000-C").is_none());
        assert!(old.settlements().is_empty());
    }

    #[test]
    fn where_not_all_fit_what_nobody_holds_goes_first() {
        let mut text = format!("{HEADER},open_interest\n");
        for n in 0..4_200u32 {
            let held = if n % 2 == 0 { "0.0" } else { "1.5" };
            let row = CALL.replace("80000", &(40_000 + 10 * n).to_string());
            text.push_str(&format!("{row},{held}\n"));
        }
        let got = read_with(&text, &ChainOptions::default()).unwrap();
        assert_eq!(got.market.instruments().len(), 4_096);
        let strikes = got
            .market
            .instruments()
            .iter()
            .filter(|i| i.id.kind() == Kind::Call);
        let strikes: Vec<u64> = strikes.map(|i| i.id.strike() / 10_000).collect();
        let held = strikes
            .iter()
            .filter(|k| (**k - 40_000) / 10 % 2 == 1)
            .count();
        assert_eq!(held, 2_100, "everything that somebody holds is there");
        assert!(!strikes.contains(&40_000) && strikes.contains(&77_400));
        let note = got.notes.iter().find(|n| n.contains("that nobody holds"));
        assert!(
            note.is_some_and(|n| n.starts_with("left out ")),
            "{:?}",
            got.notes
        );
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
        let message = read_with("a,b\n1,2\n", &ChainOptions::default())
            .unwrap_err()
            .to_string();
        assert!(message.contains("no column `timestamp`"), "{message}");
    }

    #[test]
    fn ranges_and_underlyings_are_checked_where_they_stand() {
        for (from, to, words) in [
            (
                "80000.0",
                "1759218604.4416",
                "chain.csv line 2: strike is `1759218604.4416`",
            ),
            ("call,80000.0", "call,99999999999999", "line 2: strike is"),
            (
                ",77405.28,call",
                ",11529215046.06846976,call",
                "line 2: underlying is",
            ),
            (
                "BTC-25SEP26-80000-C",
                "XYZ-25SEP26-80000-C",
                "line 2: the underlying of XYZ-25",
            ),
            (
                "BTC-25SEP26-80000-C",
                "USD-25SEP26-80000-C",
                "line 2: the underlying of USD-25",
            ),
        ] {
            let message = parse(&[&CALL.replacen(from, to, 1)])
                .unwrap_err()
                .to_string();
            assert!(message.contains(words), "{message}");
            assert!(message.contains("\nhint: "), "{message}");
        }
        // One instrument under two names.
        let message = parse(&[CALL, &CALL.replace("80000-C", "80000.0-C")])
            .unwrap_err()
            .to_string();
        assert!(message.starts_with("chain.csv as imported: "), "{message}");
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
            let got = import(&file, &ChainOptions::default(), &Policy::rm1()).unwrap();
            assert!(calls(&got) > 700, "{}", file.display());
            assert!(got.market.instruments().len() < 4096);
        }
    }
}
