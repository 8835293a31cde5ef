//! What a snapshot of option chains says, and the market that it makes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use zkmargin_engine::market::{same_delivery, Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_decimal, BP, MONEY_DECIMALS, ONE_USD};

use super::{ImportError, Imported};
use crate::symbol::symbol;

/// Volatilities outside this range, in 1e-4, are left out.
const VOL_RANGE: (f64, f64) = (100.0, 65_535.0);

/// Symbol and code of an underlying.
type Underlying<'p> = (&'p str, u16);

/// One option as the file has it.
pub(super) struct Quote<'p> {
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) underlying: Underlying<'p>,
    /// Call or put.
    pub(super) kind: Kind,
    /// In 1e-4 USD.
    pub(super) strike: u64,
    /// Seconds since 1970.
    pub(super) expiry: i64,
    /// In 1e-8 USD.
    pub(super) forward: u64,
    /// A fraction.
    pub(super) vol: Option<f64>,
}

/// What was read; prices in 1e-8 USD, times in seconds since 1970.
pub(super) struct Chain<'p> {
    file: &'p Path,
    policy: &'p Policy,
    /// The latest timestamp.
    time: i64,
    quotes: Vec<Quote<'p>>,
    indices: BTreeMap<Underlying<'p>, Vec<u64>>,
    /// Prices of the future or perpetual of a name that rows of an expiry call their forward.
    futures: BTreeMap<(Underlying<'p>, String, i64), Vec<u64>>,
}

impl<'p> Chain<'p> {
    pub(super) fn new(file: &'p Path, policy: &'p Policy) -> Chain<'p> {
        Chain {
            file,
            policy,
            time: i64::MIN,
            quotes: Vec::new(),
            indices: BTreeMap::new(),
            futures: BTreeMap::new(),
        }
    }

    /// The policy's underlying of a symbol that an instrument's name begins with.
    pub(super) fn underlying(
        &self,
        line: u64,
        name: &str,
        wanted: &str,
    ) -> Result<Underlying<'p>, ImportError> {
        let listed = self.policy.underlyings().iter().filter(|u| !u.cash);
        let known = listed.clone().find(|u| u.symbol == wanted);
        let known = known.map(|u| (u.symbol.as_str(), u.code));
        known.ok_or_else(|| ImportError::UnknownUnderlying {
            file: self.file.into(),
            line,
            name: name.into(),
            underlying: wanted.into(),
            known: listed
                .map(|u| u.symbol.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    /// Adds a row: its time, its option, the price of its underlying, the future that its forward is.
    pub(super) fn add(
        &mut self,
        time: i64,
        quote: Quote<'p>,
        index: u64,
        future: Option<(&str, u64)>,
    ) {
        self.time = self.time.max(time);
        self.indices
            .entry(quote.underlying)
            .or_default()
            .push(index);
        if let Some((name, price)) = future {
            let key = (quote.underlying, name.to_owned(), quote.expiry);
            self.futures.entry(key).or_default().push(price);
        }
        self.quotes.push(quote);
    }

    /// The market, with notes on what was left out.
    pub(super) fn market(self) -> Result<Imported, ImportError> {
        let mut notes = Vec::new();
        let mut rows = self.assets(&mut notes)?;
        rows.extend(self.futures());
        let options = self.options(&rows, &mut notes)?;
        let time = u32::try_from(self.time).ok();
        let Some(time) = time.filter(|_| !options.is_empty()) else {
            return Err(ImportError::Empty {
                file: self.file.into(),
                notes,
            });
        };
        rows.extend(options);
        let market = Market::new(time, rows).map_err(|source| self.refused(source))?;
        Ok(Imported { market, notes })
    }

    fn refused(&self, source: zkmargin_engine::error::Error) -> ImportError {
        ImportError::Refused {
            file: self.file.into(),
            source: Box::new(source),
        }
    }

    /// USD and the spot of every underlying.
    fn assets(&self, notes: &mut Vec<String>) -> Result<Vec<Instrument>, ImportError> {
        let dollar = symbol(self.policy, "USD", true).map_err(|source| self.refused(source))?;
        let of = |name: &str, code, kind, forward| Instrument {
            name: name.to_owned(),
            id: InstrumentId::new(code, 0, 0, kind),
            forward,
            vol: 0,
        };
        let mut rows = vec![of("USD", dollar.code, Kind::Cash, ONE_USD)];
        for ((symbol, code), prices) in &self.indices {
            rows.extend(median(prices).map(|price| of(symbol, *code, Kind::Spot, price)));
            let perpetual = InstrumentId::new(*code, 0, 0, Kind::Perpetual).name(self.policy);
            if !self.futures.keys().any(|(_, name, _)| *name == perpetual) {
                notes.push(format!(
                    "{symbol}: no perpetual, since no row names {perpetual} as its forward"
                ));
            }
        }
        Ok(rows)
    }

    /// Perpetuals and futures, each once, that are what their name says and have not expired.
    fn futures(&self) -> Vec<Instrument> {
        let mut rows: Vec<Instrument> = Vec::new();
        for (((_, code), name, expiry), prices) in &self.futures {
            let named = InstrumentId::from_name(name, self.policy);
            let suits = |id: &InstrumentId| match id.kind() {
                Kind::Perpetual => id.underlying() == *code,
                Kind::Future => {
                    let same = i64::from(id.expiry()) == *expiry;
                    id.underlying() == *code && same && *expiry > self.time
                }
                _ => false,
            };
            let unseen = |id: &InstrumentId| rows.iter().all(|row| row.id != *id);
            let id = named.filter(suits).filter(unseen);
            rows.extend(id.zip(median(prices)).map(|(id, forward)| Instrument {
                name: name.clone(),
                id,
                forward,
                vol: 0,
            }));
        }
        rows
    }

    /// The options that can be priced; the others are counted in the notes.
    fn options(
        &self,
        before: &[Instrument],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Instrument>, ImportError> {
        let forwards = self.forwards(notes)?;
        let mut seen: BTreeSet<&str> = before.iter().map(|row| row.name.as_str()).collect();
        let mut skipped: BTreeMap<&str, (usize, &Quote)> = BTreeMap::new();
        let mut rows = Vec::new();
        for quote in &self.quotes {
            let (expiry, vol) = match self.usable(quote) {
                Ok(usable) => usable,
                Err(why) => {
                    skipped.entry(why).or_insert((0, quote)).0 += 1;
                    continue;
                }
            };
            if !seen.insert(&quote.name) {
                return Err(ImportError::Repeated {
                    file: self.file.into(),
                    line: quote.line,
                    name: quote.name.clone(),
                });
            }
            let (_, code) = quote.underlying;
            let forward = forwards.get(&(quote.underlying, quote.expiry));
            rows.extend(forward.map(|forward| Instrument {
                name: quote.name.clone(),
                id: InstrumentId::new(code, expiry, quote.strike, quote.kind),
                forward: *forward,
                vol,
            }));
        }
        notes.extend(skipped.iter().map(|(why, (count, first))| {
            let rows = if *count == 1 { "row" } else { "rows" };
            let (line, name) = (first.line, &first.name);
            format!("left out {count} {rows} {why}, first line {line} {name}")
        }));
        Ok(rows)
    }

    /// Expiry and volatility in 1e-4 of an option, or why it is left out.
    fn usable(&self, quote: &Quote<'_>) -> Result<(u32, u16), &'static str> {
        let vol = quote.vol.ok_or("without implied volatility")?;
        let vol = (vol * f64::from(BP)).round();
        if !(VOL_RANGE.0..=VOL_RANGE.1).contains(&vol) {
            return Err("with a volatility outside 1% to 655.35%");
        }
        match u32::try_from(quote.expiry) {
            Ok(expiry) if quote.expiry > self.time => Ok((expiry, vol as u16)),
            _ => Err("already expired"),
        }
    }

    /// The one forward of each underlying and expiry: the median of what its rows say, which a
    /// snapshot of some seconds reads at different moments.
    fn forwards(
        &self,
        notes: &mut Vec<String>,
    ) -> Result<BTreeMap<(Underlying<'p>, i64), u64>, ImportError> {
        let mut read: BTreeMap<(Underlying<'p>, i64), Vec<&Quote<'p>>> = BTreeMap::new();
        for quote in &self.quotes {
            let delivery = (quote.underlying, quote.expiry);
            read.entry(delivery).or_default().push(quote);
        }
        let mut differing = 0;
        let mut far: Option<(&Quote<'p>, u64)> = None;
        let mut forwards = BTreeMap::new();
        for (delivery, quotes) in read {
            let prices: Vec<u64> = quotes.iter().map(|quote| quote.forward).collect();
            let Some(forward) = median(&prices) else {
                continue;
            };
            differing += usize::from(prices.iter().any(|price| *price != forward));
            let off = quotes.iter().find(|q| !same_delivery(q.forward, forward));
            far = far
                .into_iter()
                .chain(off.map(|q| (*q, forward)))
                .min_by_key(|(q, _)| q.line);
            forwards.insert(delivery, forward);
        }
        if let Some((quote, median)) = far {
            return Err(ImportError::OtherForward {
                file: self.file.into(),
                line: quote.line,
                name: quote.name.clone(),
                found: usd(quote.forward),
                median: usd(median),
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
}

fn usd(units: u64) -> String {
    format_decimal(i128::from(units), MONEY_DECIMALS)
}

/// Lower median, of what is not empty.
fn median(values: &[u64]) -> Option<u64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}
