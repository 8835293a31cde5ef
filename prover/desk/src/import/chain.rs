//! What a snapshot of option chains says, and the market that it makes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use zkmargin_engine::market::{same_delivery, Instrument, InstrumentId, Kind, Market, Settlement};
use zkmargin_engine::policy::{Policy, CUSTODY, CUSTODY_OF, ENTRY_COSTS, UNIT_OF_ACCOUNT};
use zkmargin_engine::units::{Scale, BP, ONE_USD};

use super::{own, ChainOptions, ImportError, Imported};
use crate::symbol::symbol;

/// Volatilities outside this range, in 1e-4, are left out.
const VOL_RANGE: (f64, f64) = (100.0, 65_535.0);

/// Symbol and code of an underlying.
pub(super) type Underlying<'p> = (&'p str, u16);

/// One option as the file has it.
pub(super) struct Quote<'p> {
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) underlying: Underlying<'p>,
    /// Call or put.
    pub(super) kind: Kind,
    /// In 1e-4 USD per contract.
    pub(super) strike: u64,
    /// Seconds since 1970.
    pub(super) expiry: i64,
    /// In 1e-8 USD.
    pub(super) forward: u64,
    /// A fraction.
    pub(super) vol: Option<f64>,
    /// Whether anybody holds it, as far as the file says.
    pub(super) held: bool,
}

/// What was read; prices in 1e-8 USD, times in seconds since 1970.
pub(super) struct Chain<'p> {
    file: &'p Path,
    policy: &'p Policy,
    options: &'p ChainOptions,
    /// The latest timestamp.
    time: i64,
    quotes: Vec<Quote<'p>>,
    indices: BTreeMap<Underlying<'p>, Vec<u64>>,
    /// Prices of the future or perpetual of a name that rows of an expiry call their forward.
    futures: BTreeMap<(Underlying<'p>, String, i64), Vec<u64>>,
}

impl<'p> Chain<'p> {
    pub(super) fn new(file: &'p Path, policy: &'p Policy, options: &'p ChainOptions) -> Chain<'p> {
        Chain {
            file,
            policy,
            options,
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
        let settlements = self.settled(time, &mut rows);
        own::fit(&mut rows, options, &mut notes);
        let market = Market::settled(time, rows, settlements);
        let market = market.map_err(|source| self.refused(source))?;
        Ok(Imported { market, notes })
    }

    /// Lists what an earlier market had and has expired since; gives the settlement prices of that.
    fn settled(&self, time: u32, rows: &mut Vec<Instrument>) -> Vec<Settlement> {
        let earlier = self.options.earlier.iter();
        let earlier = earlier.flat_map(|market| market.instruments());
        let since = time.saturating_sub(self.options.settled_for);
        let kept = |id: InstrumentId| id.settled_at(time) && id.expiry() >= since;
        rows.extend(earlier.filter(|i| kept(i.id)).cloned());
        let mut settlements = self.options.settlements.clone();
        let same =
            |a: &Settlement, b: &Settlement| (a.underlying, a.expiry) == (b.underlying, b.expiry);
        if let Some(market) = &self.options.earlier {
            for known in market.settlements() {
                if !settlements.iter().any(|s| same(s, known)) {
                    settlements.push(*known);
                }
            }
        }
        settlements.retain(|s| {
            let of = |i: &Instrument| (i.id.underlying(), i.id.expiry());
            rows.iter().any(|i| of(i) == (s.underlying, s.expiry))
        });
        settlements
    }

    fn refused(&self, source: zkmargin_engine::error::Error) -> ImportError {
        ImportError::Refused {
            file: self.file.into(),
            source: Box::new(source),
        }
    }

    /// USD, what entry costs are booked in, and the spot of every underlying.
    fn assets(&self, notes: &mut Vec<String>) -> Result<Vec<Instrument>, ImportError> {
        let of = |name: &str, code, kind, forward| Instrument {
            name: name.to_owned(),
            id: InstrumentId::new(code, 0, 0, kind),
            forward,
            vol: 0,
        };
        let mut rows = Vec::new();
        let one = [UNIT_OF_ACCOUNT, ENTRY_COSTS].map(|dollar| (dollar, ONE_USD));
        let given = self.options.cash.iter();
        let given = given.map(|(symbol, mark)| (symbol.as_str(), *mark));
        let custody = given.clone().filter(|(symbol, _)| *symbol == CUSTODY_OF);
        let custody = custody.map(|(_, mark)| (CUSTODY, mark));
        for (dollar, mark) in one.into_iter().chain(given).chain(custody) {
            let code = symbol(self.policy, dollar, true);
            let code = code.map_err(|source| self.refused(source))?.code;
            rows.push(of(dollar, code, Kind::Cash, mark));
        }
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
    ) -> Result<Vec<own::Listed>, ImportError> {
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
            rows.extend(forward.map(|forward| own::Listed {
                held: quote.held,
                instrument: Instrument {
                    name: quote.name.clone(),
                    id: InstrumentId::new(code, expiry, quote.strike, quote.kind),
                    forward: *forward,
                    vol,
                },
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
                found: self.usd(quote, quote.forward),
                median: self.usd(quote, median),
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

    /// A price of a quote's underlying, in USD per coin.
    fn usd(&self, quote: &Quote<'_>, units: u64) -> String {
        self.scale(quote.underlying).price(units.into())
    }

    /// Coins of a contract.
    pub(super) fn scale(&self, (_, code): Underlying<'_>) -> Scale {
        self.policy.scale(code)
    }
}

/// Lower median, of what is not empty.
fn median(values: &[u64]) -> Option<u64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}
