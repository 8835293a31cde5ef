//! Market files as they are written: one instrument to a line, decimal strings,
//! venue order. Reading is the engine's business ([`zkmargin_engine::market`]).

use std::fmt::Write as _;

use zkmargin_engine::units::format_decimal;

/// A market about to be written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketDocument {
    /// Snapshot time in seconds since 1970.
    pub time: u32,
    /// The instruments, in the order of the file.
    pub rows: Vec<Row>,
}

/// One listed instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name as accounts refer to it, such as `BTC-25SEP26-80000-C`.
    pub name: String,
    /// What it is.
    pub listing: Listing,
    /// Mark of a cash, spot, perpetual or future; forward of an option. In 1e-8 USD.
    pub price: u64,
}

/// What an instrument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// A currency; its name is its symbol.
    Cash,
    /// The coin itself.
    Spot {
        /// Symbol of the underlying.
        underlying: String,
    },
    /// A perpetual future.
    Perpetual {
        /// Symbol of the underlying.
        underlying: String,
    },
    /// A dated future.
    Future {
        /// Symbol of the underlying.
        underlying: String,
        /// Seconds since 1970.
        expiry: u32,
    },
    /// A European option.
    Option {
        /// Symbol of the underlying.
        underlying: String,
        /// Seconds since 1970.
        expiry: u32,
        /// Strike in 1e-4 USD.
        strike: u64,
        /// True for a call, false for a put.
        call: bool,
        /// Mark volatility in units of 1e-4 (0.4198 is 4198).
        vol: u16,
    },
}

impl MarketDocument {
    /// The file: JSON with one instrument to a line.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"time\": {}, \"instruments\": [", self.time);
        for (i, row) in self.rows.iter().enumerate() {
            out.push_str(if i == 0 { "\n" } else { ",\n" });
            row.write(&mut out);
        }
        out.push_str("\n]}\n");
        out
    }

    /// How many different option strikes are listed, counting each expiry apart.
    pub fn strikes(&self) -> usize {
        self.rows
            .iter()
            .filter(|r| matches!(r.listing, Listing::Option { call: true, .. }))
            .count()
    }
}

impl Row {
    fn write(&self, out: &mut String) {
        let name = quoted(&self.name);
        let price = format_decimal(i128::from(self.price), 8);
        // Writing to a String cannot fail.
        let _ = match &self.listing {
            Listing::Cash => write!(
                out,
                r#"  {{"id": {name}, "kind": "cash", "mark": "{price}"}}"#
            ),
            Listing::Spot { underlying } => write!(
                out,
                r#"  {{"id": {name}, "kind": "spot", "underlying": {}, "mark": "{price}"}}"#,
                quoted(underlying)
            ),
            Listing::Perpetual { underlying } => write!(
                out,
                r#"  {{"id": {name}, "kind": "perpetual", "underlying": {}, "mark": "{price}"}}"#,
                quoted(underlying)
            ),
            Listing::Future { underlying, expiry } => write!(
                out,
                r#"  {{"id": {name}, "kind": "future", "underlying": {}, "expiry": {expiry}, "mark": "{price}"}}"#,
                quoted(underlying)
            ),
            Listing::Option {
                underlying,
                expiry,
                strike,
                call,
                vol,
            } => write!(
                out,
                r#"  {{"id": {name}, "kind": "{}", "underlying": {}, "expiry": {expiry}, "strike": "{}", "forward": "{price}", "vol": "{}"}}"#,
                if *call { "call" } else { "put" },
                quoted(underlying),
                format_decimal(i128::from(*strike), 4),
                format_decimal(i128::from(*vol), 4)
            ),
        };
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_json() {
        let rows = vec![
            Row {
                name: "USD".into(),
                listing: Listing::Cash,
                price: 100_000_000,
            },
            Row {
                name: "BTC-25SEP26-80000-C".into(),
                listing: Listing::Option {
                    underlying: "BTC".into(),
                    expiry: 1_790_323_200,
                    strike: 800_000_000,
                    call: true,
                    vol: 4198,
                },
                price: 7_740_528_000_000,
            },
        ];
        let text = MarketDocument {
            time: 1_787_412_831,
            rows,
        }
        .to_json();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["instruments"][0]["mark"], "1");
        assert_eq!(value["instruments"][1]["strike"], "80000");
        assert_eq!(value["instruments"][1]["vol"], "0.4198");
        assert_eq!(value["instruments"][1]["expiry"], 1_790_323_200u32);
    }
}
