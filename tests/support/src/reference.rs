//! RM-1 in 64-bit floating point: an independent opinion on the integer engine.
//!
//! Nothing here shares a line, a table or a type with the engine. It reads the
//! same JSON text, prices with Black-76 and `libm::erfc`, and follows the
//! definition of the risk model word by word: scenario grid, vol shocks,
//! equity, jointly shocked loss, roll add-on, short-option minimum, haircuts.
//!
//! Money is in USD, quantities in contracts, volatility and time in natural
//! units (0.42 per year, years of 365 days). [`Reference::gross`] is the scale
//! in which errors are measured: Σ abs(quantity)·forward.

mod black76;
pub mod portfolio;

pub use black76::{black76, black76_d, black76_delta, normal_cdf};

use std::collections::BTreeMap;

use serde_json::Value;

const DAY: u64 = 86_400;
const YEAR: f64 = 365.0 * 86_400.0;

/// What an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Money: never shocked.
    Cash,
    /// The coin itself.
    Spot,
    /// Perpetual future.
    Perpetual,
    /// Dated future.
    Future,
    /// Call on the future of its expiry.
    Call,
    /// Put on the future of its expiry.
    Put,
}

impl Kind {
    fn parse(s: &str) -> Self {
        match s {
            "cash" => Self::Cash,
            "spot" => Self::Spot,
            "perpetual" => Self::Perpetual,
            "future" => Self::Future,
            "call" => Self::Call,
            "put" => Self::Put,
            other => panic!("reference: unknown kind {other:?}"),
        }
    }

    fn is_option(self) -> bool {
        matches!(self, Self::Call | Self::Put)
    }
}

/// One listed instrument.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Kind.
    pub kind: Kind,
    /// Underlying, or for cash the currency itself.
    pub underlying: String,
    /// Seconds since 1970, 0 if not dated.
    pub expiry: u64,
    /// Strike in USD, 0 if not an option.
    pub strike: f64,
    /// Forward of an option, mark of everything else, USD; of what has expired what is left of it.
    pub forward: f64,
    /// Mark volatility per year.
    pub vol: f64,
    /// Whether it has expired.
    pub settled: bool,
}

/// A market as the reference sees it.
#[derive(Clone, Debug)]
pub struct Market {
    /// Seconds since 1970.
    pub time: u64,
    /// Instruments by name.
    pub listed: BTreeMap<String, Listed>,
}

fn decimal(v: &Value) -> f64 {
    let text = v.as_str().expect("reference: decimal string");
    text.parse().expect("reference: decimal")
}

impl Market {
    /// Reads a market file.
    ///
    /// # Panics
    /// If the text is not a well-formed market: the reference only ever reads
    /// what the builders of this crate write.
    pub fn read(json: &str) -> Self {
        let root: Value = serde_json::from_str(json).expect("reference: market json");
        let time = root["time"].as_u64().expect("reference: time");
        let none = Vec::new();
        let settlements = root["settlements"].as_array().unwrap_or(&none);
        let settlement = |underlying: &str, expiry: u64| {
            let of = |s: &&Value| {
                s["underlying"].as_str() == Some(underlying) && s["expiry"].as_u64() == Some(expiry)
            };
            let found = settlements.iter().find(of);
            decimal(&found.expect("reference: a settlement")["price"])
        };
        let mut listed = BTreeMap::new();
        for row in root["instruments"].as_array().expect("reference: rows") {
            let name = row["id"].as_str().expect("reference: id").to_owned();
            let kind = Kind::parse(row["kind"].as_str().expect("reference: kind"));
            let expiry = row["expiry"].as_u64().unwrap_or(0);
            let settled = expiry != 0 && expiry <= time;
            let underlying = row["underlying"].as_str().unwrap_or(&name).to_owned();
            let option = |field: &str| {
                if kind.is_option() && !(settled && field == "vol") {
                    decimal(&row[field])
                } else {
                    0.0
                }
            };
            let price = if kind.is_option() { "forward" } else { "mark" };
            let instrument = Listed {
                kind,
                expiry,
                strike: option("strike"),
                forward: match (settled, kind) {
                    (false, _) => decimal(&row[price]),
                    (true, Kind::Call) => {
                        (settlement(&underlying, expiry) - option("strike")).max(0.0)
                    }
                    (true, Kind::Put) => {
                        (option("strike") - settlement(&underlying, expiry)).max(0.0)
                    }
                    (true, _) => settlement(&underlying, expiry),
                },
                vol: option("vol"),
                settled,
                underlying,
            };
            assert!(
                listed.insert(name, instrument).is_none(),
                "reference: repeated instrument"
            );
        }
        Self { time, listed }
    }

    fn index(&self, underlying: &str) -> f64 {
        self.listed
            .values()
            .find(|i| i.kind == Kind::Spot && i.underlying == underlying)
            .map(|i| i.forward)
            .expect("reference: index")
    }
}

/// Holdings by name of instrument, in contracts. Entry costs are in USD.
pub type Holdings = BTreeMap<String, f64>;

/// Reads an account file; entry costs of linear positions are booked into USD-SETTLEMENT, `mark`
/// standing for the market's.
///
/// # Panics
/// If the text is not a well-formed account.
pub fn holdings(json: &str, market: &Market) -> Holdings {
    let root: Value = serde_json::from_str(json).expect("reference: account json");
    let mut out = Holdings::new();
    for p in root["positions"].as_array().expect("reference: positions") {
        let name = p["instrument"].as_str().expect("reference: instrument");
        let quantity = decimal(&p["quantity"]);
        *out.entry(name.to_owned()).or_default() += quantity;
        let entry = match p["entry"].as_str() {
            None => continue,
            Some("mark") => market.listed[name].forward,
            Some(_) => decimal(&p["entry"]),
        };
        *out.entry("USD-SETTLEMENT".to_owned()).or_default() -= quantity * entry;
    }
    out
}

/// One node of the scenario grid of an underlying.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Relative price shock.
    pub shock: f64,
    /// Vol up, otherwise down.
    pub vol_up: bool,
    /// Weight on the loss.
    pub weight: f64,
}

/// Parameters of RM-1.
#[derive(Clone, Debug)]
pub struct Model {
    /// Price range of each underlying that has its own, and the default.
    pub range: (Vec<(&'static str, f64)>, f64),
    /// Haircut on cash and long spot of each asset that has its own, and the default.
    pub haircut: (Vec<(&'static str, f64)>, f64),
    /// Roll add-on: least rate, and annual rate.
    pub roll: (f64, f64),
    /// Short-option minimum as a fraction of the index.
    pub short_option: f64,
    /// Maintenance as a fraction of initial.
    pub maintenance: f64,
}

impl Model {
    /// The default model.
    pub fn rm1() -> Self {
        Self {
            range: (vec![("BTC", 0.16), ("ETH", 0.18)], 0.25),
            haircut: (
                vec![
                    ("BTC", 0.12),
                    ("ETH", 0.07),
                    ("USDT", 0.05),
                    ("USD", 0.0),
                    ("USDC", 0.0),
                    ("USD-SETTLEMENT", 0.0),
                    ("USDC-CUSTODY", 0.0),
                ],
                0.25,
            ),
            roll: (0.01, 0.075),
            short_option: 0.005,
            maintenance: 0.8,
        }
    }

    /// The 22 nodes of an underlying: 18 core, then 4 tail.
    pub fn nodes(&self, underlying: &str) -> Vec<Node> {
        let range = pick(&self.range, underlying);
        let mut out = Vec::with_capacity(22);
        for quarter in -4i32..=4 {
            let shock = range * f64::from(quarter) / 4.0;
            for vol_up in [true, false] {
                out.push(Node {
                    shock,
                    vol_up,
                    weight: 1.0,
                });
            }
        }
        for shock in [-0.66, -0.33, 0.5, 5.0f64] {
            out.push(Node {
                shock,
                vol_up: true,
                weight: range / shock.abs(),
            });
        }
        out
    }

    /// Roll rate for a number of seconds to expiry; `None` is a perpetual.
    pub(crate) fn roll_rate(&self, seconds: Option<u64>) -> f64 {
        let days = seconds.map_or(0, |s| s.div_ceil(DAY));
        self.roll
            .0
            .max((self.roll.1 * days as f64 / 365.0).exp_m1())
    }
}

fn pick(table: &(Vec<(&'static str, f64)>, f64), name: &str) -> f64 {
    table
        .0
        .iter()
        .find(|(n, _)| *n == name)
        .map_or(table.1, |(_, x)| *x)
}

/// Volatility after the shock of a node.
pub(crate) fn shocked_vol(sigma: f64, seconds: u64, up: bool) -> f64 {
    let days = (seconds / DAY).max(1);
    let power = if days < 30 { 0.30 } else { 0.13 };
    let m = (30.0 / days as f64).powf(power);
    if up {
        (sigma * (1.0 + 0.50 * m)).max(0.50)
    } else {
        sigma * (1.0 - 0.25 * m)
    }
}

/// Time to expiry in years, at least one minute.
pub fn years(seconds: u64) -> f64 {
    seconds.max(60) as f64 / YEAR
}

/// What the reference finds for an account, in USD.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Σ abs(quantity)·forward: the unit of the error bounds.
    pub gross: f64,
    /// The part of `gross` in options.
    pub gross_options: f64,
    /// Equity.
    pub equity: f64,
    /// Weighted signed loss of each underlying at each node of [`Model::nodes`].
    pub losses: BTreeMap<String, Vec<f64>>,
    /// Joint scenario loss.
    pub scenario_loss: f64,
    /// Roll add-on.
    pub roll: f64,
    /// Short-option minimum.
    pub short_option_minimum: f64,
    /// Haircuts.
    pub haircut: f64,
    /// Initial requirement.
    pub initial_margin: f64,
    /// Maintenance requirement.
    pub maintenance_margin: f64,
}

/// Price of one contract at no shock, or at a node.
fn price(i: &Listed, seconds: u64, node: Option<Node>) -> f64 {
    let forward = i.forward * node.map_or(1.0, |n| 1.0 + n.shock);
    match i.kind {
        _ if i.settled => i.forward,
        Kind::Cash => i.forward,
        Kind::Spot | Kind::Perpetual | Kind::Future => forward,
        Kind::Call | Kind::Put => {
            let vol = node.map_or(i.vol, |n| shocked_vol(i.vol, seconds, n.vol_up));
            black76(i.kind == Kind::Call, forward, i.strike, vol, years(seconds))
        }
    }
}

fn delta(i: &Listed, seconds: u64) -> f64 {
    match i.kind {
        Kind::Cash | Kind::Spot => 0.0,
        Kind::Perpetual | Kind::Future => 1.0,
        Kind::Call | Kind::Put => {
            let call = i.kind == Kind::Call;
            black76_delta(call, i.forward, i.strike, i.vol, years(seconds))
        }
    }
}

/// Instruments with quantities and seconds to expiry.
fn held<'m>(market: &'m Market, holdings: &Holdings) -> Vec<(&'m Listed, f64, u64)> {
    let listed = |(name, q): (&String, &f64)| {
        let i = market.listed.get(name);
        let i = i.expect("reference: held instrument is listed");
        (i, *q, i.expiry.saturating_sub(market.time))
    };
    holdings.iter().map(listed).collect()
}

/// Weighted signed loss of each underlying at each of its nodes, from instruments with quantities and
/// seconds to expiry.
fn losses(model: &Model, held: &[(&Listed, f64, u64)]) -> BTreeMap<String, Vec<f64>> {
    let mut losses: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let shocked = |i: &Listed| i.kind != Kind::Cash && !i.settled;
    for (i, q, seconds) in held.iter().filter(|(i, ..)| shocked(i)) {
        let nodes = model.nodes(&i.underlying);
        let row = losses
            .entry(i.underlying.clone())
            .or_insert_with(|| vec![0.0; nodes.len()]);
        for (loss, node) in row.iter_mut().zip(nodes) {
            let change = price(i, *seconds, Some(node)) - price(i, *seconds, None);
            *loss -= node.weight * q * change;
        }
    }
    losses
}

/// What is charged beside the loss of scenarios, USD.
pub(crate) struct Charges {
    pub roll: f64,
    pub short_option_minimum: f64,
    pub haircut: f64,
}

/// Charges on instruments with quantities and seconds to expiry: `rate` of an expiry (0 of a perpetual)
/// and the seconds to it on net delta, `minimum` of the index on net short options, `haircut` of an asset.
pub(crate) fn charges(
    market: &Market,
    held: &[(&Listed, f64, u64)],
    rate: impl Fn(u64, u64) -> f64,
    minimum: f64,
    haircut: impl Fn(&str) -> f64,
) -> Charges {
    let mut deltas: BTreeMap<(&str, u64, u64), f64> = BTreeMap::new();
    let mut strikes: BTreeMap<(&str, u64, u64), f64> = BTreeMap::new();
    let mut haircuts = 0.0;
    for (i, q, seconds) in held {
        if matches!(i.kind, Kind::Cash | Kind::Spot) {
            // A debt in cash is at risk as its possession is.
            let charged = if i.kind == Kind::Cash {
                q.abs()
            } else {
                q.max(0.0)
            };
            haircuts += charged * i.forward * haircut(&i.underlying);
            continue;
        }
        if i.settled {
            continue;
        }
        let group = deltas
            .entry((&i.underlying, i.expiry, *seconds))
            .or_default();
        *group += q * i.forward * delta(i, *seconds);
        if i.kind.is_option() {
            *strikes
                .entry((&i.underlying, i.expiry, i.strike.to_bits()))
                .or_default() += q;
        }
    }
    let roll = deltas.iter();
    let short = strikes.iter().filter(|(_, q)| **q < 0.0);
    Charges {
        roll: roll
            .map(|((_, expiry, s), d)| d.abs() * rate(*expiry, *s))
            .sum(),
        short_option_minimum: short
            .map(|((u, ..), q)| -q * minimum * market.index(u))
            .sum(),
        haircut: haircuts,
    }
}

/// Evaluates an account.
///
/// # Panics
/// If a holding is not listed, or an underlying with options has no index.
pub fn evaluate(model: &Model, market: &Market, holdings: &Holdings) -> Reference {
    let held = held(market, holdings);

    let gross = held.iter().map(|(i, q, _)| q.abs() * i.forward).sum();
    let options = held.iter().filter(|(i, _, _)| i.kind.is_option());
    let gross_options = options.map(|(i, q, _)| q.abs() * i.forward).sum();
    let equity = held.iter().map(|(i, q, s)| q * price(i, *s, None)).sum();

    let losses = losses(model, &held);
    let scenarios = model.nodes("").len();
    let joint = |s: usize| losses.values().map(|l| l[s].max(0.0)).sum::<f64>();
    let scenario_loss = (0..scenarios).map(joint).fold(0.0, f64::max);
    let rate = |expiry: u64, seconds: u64| model.roll_rate((expiry != 0).then_some(seconds));
    let haircut = |asset: &str| pick(&model.haircut, asset);
    let Charges {
        roll,
        short_option_minimum,
        haircut,
    } = charges(market, &held, rate, model.short_option, haircut);
    let initial_margin = scenario_loss + roll + short_option_minimum + haircut;
    Reference {
        gross,
        gross_options,
        equity,
        losses,
        scenario_loss,
        roll,
        short_option_minimum,
        haircut,
        initial_margin,
        maintenance_margin: model.maintenance * initial_margin,
    }
}
