//! Random markets and accounts, as the JSON text that the engine reads.
//!
//! Everything is drawn from [`ChaCha20Rng`] with a seed of the caller, so a
//! failing case can be rebuilt from its name. Amounts are held as integers in
//! the units of the files (1e-8 USD, 1e-8 contract, 1e-4 USD of strike, 1e-4 of
//! volatility) and written as decimal strings.

use std::fmt::Write as _;

use std::collections::BTreeMap;

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::{json, Map, Value};

use crate::reference::{black76_delta, years, Kind};

const DAY: u64 = 86_400;
/// 1e-8 USD per USD, and 1e-8 contract per contract.
pub const UNIT: u64 = 100_000_000;
/// Largest magnitude of a quantity, in 1e-8 contract.
pub const MAX_QUANTITY: i64 = (1 << 62) - 1;

/// A generator of a fixed seed.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// One row of a market file.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name of the instrument.
    pub id: String,
    /// Kind.
    pub kind: Kind,
    /// Underlying symbol; for cash the currency.
    pub underlying: String,
    /// Expiry in seconds since 1970, 0 if not dated.
    pub expiry: u64,
    /// Strike in 1e-4 USD, 0 if not an option.
    pub strike: u64,
    /// Forward of an option, mark of everything else, in 1e-8 USD.
    pub price: u64,
    /// Volatility in 1e-4, 0 if not an option.
    pub vol: u16,
}

impl Row {
    /// Whether the row is a call or a put.
    pub fn is_option(&self) -> bool {
        matches!(self.kind, Kind::Call | Kind::Put)
    }

    /// Whether it has expired at a time.
    pub fn is_settled(&self, time: u64) -> bool {
        self.expiry != 0 && self.expiry <= time
    }

    fn json(&self, time: u64) -> Value {
        let kind = match self.kind {
            Kind::Cash => "cash",
            Kind::Spot => "spot",
            Kind::Perpetual => "perpetual",
            Kind::Future => "future",
            Kind::Call => "call",
            Kind::Put => "put",
        };
        let mut row = Map::new();
        row.insert("id".into(), json!(self.id));
        row.insert("kind".into(), json!(kind));
        if self.kind != Kind::Cash {
            row.insert("underlying".into(), json!(self.underlying));
        }
        if self.expiry != 0 {
            row.insert("expiry".into(), json!(self.expiry));
        }
        if self.is_option() {
            row.insert("strike".into(), json!(decimal(i128::from(self.strike), 4)));
        }
        if self.is_settled(time) {
            return Value::Object(row);
        }
        if self.is_option() {
            row.insert("forward".into(), json!(decimal(i128::from(self.price), 8)));
            row.insert("vol".into(), json!(decimal(i128::from(self.vol), 4)));
        } else {
            row.insert("mark".into(), json!(decimal(i128::from(self.price), 8)));
        }
        Value::Object(row)
    }
}

/// A market under construction.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Seconds since 1970.
    pub time: u64,
    /// Rows in any order.
    pub rows: Vec<Row>,
}

impl Listing {
    /// An empty market with cash: USD, USDC, USDT, and what entry costs and custody are booked in.
    pub fn with_cash(time: u64) -> Self {
        let mut listing = Self {
            time,
            rows: Vec::new(),
        };
        for (symbol, price) in [
            ("USD", UNIT),
            ("USD-SETTLEMENT", UNIT),
            ("USDC", UNIT - 21_000),
            ("USDC-CUSTODY", UNIT - 21_000),
            ("USDT", UNIT - 43_210),
        ] {
            listing.push_linear(symbol.to_owned(), Kind::Cash, symbol, 0, price);
        }
        listing
    }

    /// Adds a row that is not an option.
    pub(crate) fn push_linear(
        &mut self,
        id: String,
        kind: Kind,
        underlying: &str,
        expiry: u64,
        price: u64,
    ) {
        let underlying = underlying.to_owned();
        self.rows.push(Row {
            id,
            kind,
            underlying,
            expiry,
            strike: 0,
            price,
            vol: 0,
        });
    }

    /// Adds spot, perpetual, and for each expiry the future.
    pub fn push_underlying(&mut self, symbol: &str, spot: u64, expiries: &[(u64, u64)]) {
        self.push_linear(symbol.to_owned(), Kind::Spot, symbol, 0, spot);
        let perpetual = spot + spot / 4_000;
        self.push_linear(
            format!("{symbol}-PERPETUAL"),
            Kind::Perpetual,
            symbol,
            0,
            perpetual,
        );
        for (expiry, forward) in expiries {
            self.push_linear(
                format!("{symbol}-{expiry}"),
                Kind::Future,
                symbol,
                *expiry,
                *forward,
            );
        }
    }

    /// Adds the call and the put at one strike.
    pub fn push_pair(
        &mut self,
        underlying: &str,
        expiry: u64,
        strike: u64,
        forward: u64,
        vol: u16,
    ) {
        for (kind, letter) in [(Kind::Call, 'C'), (Kind::Put, 'P')] {
            let text = decimal(i128::from(strike), 4);
            let id = format!("{underlying}-{expiry}-{text}-{letter}");
            let underlying = underlying.to_owned();
            self.rows.push(Row {
                id,
                kind,
                underlying,
                expiry,
                strike,
                price: forward,
                vol,
            });
        }
    }

    /// The market file. What has expired settles at the forward of its expiry.
    pub fn json(&self) -> String {
        let rows: Vec<Value> = self.rows.iter().map(|row| row.json(self.time)).collect();
        let settled = self.rows.iter().filter(|row| row.is_settled(self.time));
        let prices: BTreeMap<(&str, u64), u64> = settled
            .map(|row| ((row.underlying.as_str(), row.expiry), row.price))
            .collect();
        let settlements: Vec<Value> = prices
            .into_iter()
            .map(|((underlying, expiry), price)| {
                let price = decimal(i128::from(price), 8);
                json!({ "underlying": underlying, "expiry": expiry, "price": price })
            })
            .collect();
        json!({ "time": self.time, "settlements": settlements, "instruments": rows }).to_string()
    }

    /// Indices of the rows that a predicate keeps.
    pub fn select(&self, keep: impl Fn(&Row) -> bool) -> Vec<usize> {
        (0..self.rows.len())
            .filter(|i| keep(&self.rows[*i]))
            .collect()
    }

    /// Indices of the rows that an account may hold a quantity of its choice of: entry costs are computed,
    /// and custody is never owed.
    pub fn free(&self, keep: impl Fn(&Row) -> bool) -> Vec<usize> {
        let own = ["USD-SETTLEMENT", "USDC-CUSTODY"];
        self.select(|row| !own.contains(&row.id.as_str()) && keep(row))
    }

    /// The market after a crash: every price but cash times `price`, every
    /// volatility times `vol`, both in basis points.
    #[must_use]
    pub fn crashed(&self, price: u64, vol: u64) -> Self {
        let mut out = self.clone();
        for row in out.rows.iter_mut().filter(|r| r.kind != Kind::Cash) {
            row.price = row.price / 10_000 * price;
            row.vol = (u64::from(row.vol) * vol / 10_000).min(65_535) as u16;
        }
        out
    }
}

/// Writes an integer as a decimal with the given number of places.
pub(crate) fn decimal(units: i128, places: u32) -> String {
    let scale = 10u128.pow(places);
    let magnitude = units.unsigned_abs();
    let (whole, part) = (magnitude / scale, magnitude % scale);
    let sign = if units < 0 { "-" } else { "" };
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{part:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// A random market over some underlyings, given as (symbol, USD per coin).
///
/// Expiries lie between 20 minutes and `horizon` seconds, every third one an
/// exact number of days away; each has a smile.
pub fn market(rng: &mut ChaCha20Rng, underlyings: &[(&str, f64)], horizon: u64) -> Listing {
    let time = 1_780_000_000 + rng.gen_range(0..10_000_000);
    let mut listing = Listing::with_cash(time);
    for (symbol, level) in underlyings {
        let spot = level * rng.gen_range(0.5..2.0);
        let mut expiries = Vec::new();
        for n in 0..rng.gen_range(3..8) {
            let span = (horizon as f64 / 1_200.0).powf(rng.gen());
            let mut seconds = (1_200.0 * span) as u64;
            if n % 3 == 0 {
                seconds = seconds.div_ceil(DAY).min(horizon / DAY) * DAY;
            }
            let forward = spot * (1.0 + rng.gen_range(-0.05..0.12) * years(seconds));
            expiries.push((time + seconds, price_units(rng, forward)));
        }
        expiries.sort_unstable();
        expiries.dedup_by_key(|(expiry, _)| *expiry);
        let spot = price_units(rng, spot);
        listing.push_underlying(symbol, spot, &expiries);
        for (expiry, forward) in expiries {
            push_smile(rng, &mut listing, symbol, expiry, forward);
        }
    }
    listing
}

/// Rounds a price like a venue would, to 2, 4 or 8 places.
fn price_units(rng: &mut ChaCha20Rng, usd: f64) -> u64 {
    let step = [1_000_000, 10_000, 1][rng.gen_range(0..3)];
    ((usd * UNIT as f64) as u64 / step * step).max(step)
}

fn push_smile(rng: &mut ChaCha20Rng, out: &mut Listing, symbol: &str, expiry: u64, forward: u64) {
    let t = years(expiry - out.time);
    let atm: f64 = rng.gen_range(0.15..1.5);
    let skew: f64 = rng.gen_range(-0.1..0.1);
    let width = (atm * t.sqrt()).max(0.02);
    let mut strikes: Vec<u64> = Vec::new();
    for _ in 0..rng.gen_range(4..14) {
        let x: f64 = rng.gen_range(-4.0..4.0) * width;
        let strike = forward as f64 / 1e4 * x.clamp(-3.0, 3.0).exp();
        // Round to three figures, as listed strikes are; the forward itself is kept now and then.
        let step = 10f64.powf((strike.log10() - 2.0).floor()).max(1.0);
        strikes.push(((strike / step).round() * step).max(1.0) as u64);
    }
    if rng.gen_bool(0.3) {
        strikes.push((forward / 10_000).max(1));
    }
    strikes.sort_unstable();
    strikes.dedup();
    for strike in strikes {
        let x = (strike as f64 * 1e4 / forward as f64).ln();
        let vol = atm * (1.0 + skew * x / width + 0.08 * (x / width).powi(2));
        let vol = ((vol * 1e4) as u64).clamp(100, 65_535) as u16;
        out.push_pair(symbol, expiry, strike, forward, vol);
    }
}

/// One line of an account under construction.
#[derive(Clone, Debug)]
pub struct Line {
    /// Row of the listing.
    pub row: usize,
    /// Quantity in 1e-8 contract.
    pub units: i64,
    /// Entry price in 1e-8 USD; perpetuals and futures without one are entered at the mark.
    pub entry: Option<u64>,
}

/// A line without entry price.
pub fn line(row: usize, units: i64) -> Line {
    Line {
        row,
        units,
        entry: None,
    }
}

/// The account file of some lines, with random owner, secret and salt.
pub fn account_json(rng: &mut ChaCha20Rng, listing: &Listing, lines: &[Line]) -> String {
    let positions: Vec<Value> = lines
        .iter()
        .map(|l| {
            let mut p = Map::new();
            p.insert("instrument".into(), json!(listing.rows[l.row].id));
            p.insert("quantity".into(), json!(decimal(i128::from(l.units), 8)));
            let future = matches!(listing.rows[l.row].kind, Kind::Perpetual | Kind::Future);
            let stated = l.entry.map(|entry| decimal(i128::from(entry), 8));
            if let Some(entry) = stated.or_else(|| future.then(|| "mark".to_owned())) {
                p.insert("entry".into(), json!(entry));
            }
            Value::Object(p)
        })
        .collect();
    let mut element = || {
        let mut bytes = [0u8; 31];
        rng.fill_bytes(&mut bytes);
        bytes.iter().fold("0x00".to_owned(), |mut text, b| {
            let _ = write!(text, "{b:02x}");
            text
        })
    };
    json!({
        "version": 2,
        "customer": "random@example.com",
        "nonce": element(),
        "identity": element(),
        "account": 0,
        "salt": element(),
        "positions": positions
    })
    .to_string()
}

/// A random quantity: log-uniform size between 1e-4 and 1e4 contracts, any sign.
pub fn quantity(rng: &mut ChaCha20Rng) -> i64 {
    let size = 10f64.powf(rng.gen_range(-4.0..4.0)) * UNIT as f64;
    let step = [1, 10_000, 10_000_000][rng.gen_range(0..3)];
    let units = (size as i64 / step * step).max(step);
    if rng.gen() {
        units
    } else {
        -units
    }
}

/// Distinct rows of a listing, `n` of them or all there are, out of `pool`.
pub fn draw(rng: &mut ChaCha20Rng, mut pool: Vec<usize>, n: usize) -> Vec<usize> {
    let n = n.min(pool.len());
    for i in 0..n {
        let j = rng.gen_range(i..pool.len());
        pool.swap(i, j);
    }
    pool.truncate(n);
    pool
}

/// A random account of `n` positions, cash included, over at most `underlyings` underlyings.
///
/// One in three is hedged: the perpetual takes the account's delta away.
pub fn account(
    rng: &mut ChaCha20Rng,
    listing: &Listing,
    n: usize,
    underlyings: usize,
) -> Vec<Line> {
    let mut symbols: Vec<String> = Vec::new();
    for row in listing.rows.iter().filter(|r| r.kind == Kind::Spot) {
        symbols.push(row.underlying.clone());
    }
    let order = draw(rng, (0..symbols.len()).collect(), underlyings);
    let chosen: Vec<&String> = order.into_iter().map(|i| &symbols[i]).collect();
    let pool = listing.free(|r| r.kind == Kind::Cash || chosen.contains(&&r.underlying));
    let mut lines = Vec::new();
    for row in draw(rng, pool, n) {
        let linear = matches!(listing.rows[row].kind, Kind::Perpetual | Kind::Future);
        let units = quantity(rng);
        let entry = (linear && rng.gen_bool(0.5))
            .then(|| (listing.rows[row].price as f64 * rng.gen_range(0.7..1.3)) as u64);
        lines.push(Line { row, units, entry });
    }
    if rng.gen_bool(0.33) {
        for line in hedges(listing, &lines, &chosen) {
            if lines.len() < n {
                lines.push(line);
            }
        }
    }
    lines
}

/// Perpetuals that offset the delta of the lines, where the account has none yet.
fn hedges(listing: &Listing, lines: &[Line], symbols: &[&String]) -> Vec<Line> {
    let mut out = Vec::new();
    for symbol in symbols {
        let perpetual = listing.select(|r| r.kind == Kind::Perpetual && r.underlying == **symbol);
        let Some(&row) = perpetual.first() else {
            continue;
        };
        if lines.iter().any(|l| l.row == row) {
            continue;
        }
        let mut delta = 0.0;
        for l in lines
            .iter()
            .filter(|l| listing.rows[l.row].underlying == **symbol)
        {
            let r = &listing.rows[l.row];
            let unit = if r.is_option() {
                let (f, k) = (r.price as f64 / 1e8, r.strike as f64 / 1e4);
                let t = years(r.expiry - listing.time);
                black76_delta(r.kind == Kind::Call, f, k, f64::from(r.vol) / 1e4, t)
            } else {
                1.0
            };
            delta += unit * l.units as f64;
        }
        let units = (-delta) as i64;
        if units != 0 {
            out.push(line(row, units));
        }
    }
    out
}
