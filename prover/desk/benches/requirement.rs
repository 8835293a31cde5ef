//! What kinds of books have to hold under several risk models, on generated markets:
//! `cargo bench --profile dev -p zkmargin-desk --bench requirement`.
//!
//! Prints a row for each kind: the initial requirement under RM-1 in USD on the first market, and how many times it
//! the other models ask for, as the median over the markets. Everything follows from the seeds.

use zkmargin_desk::generate::market::{market, MarketSpec, DEFAULT_TIME};
use zkmargin_engine::account::Position;
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::evaluate;

const SEEDS: u64 = 15;
const POLICIES: [(&str, &str); 4] = [
    ("RM-1", include_str!("../../../policies/rm1.toml")),
    ("RM-2", include_str!("../../../policies/rm2.toml")),
    (
        "Deribit-like",
        include_str!("../../../policies/deribit.toml"),
    ),
    ("SPAN-like", include_str!("../../../policies/spanlike.toml")),
];

/// Units of a contract.
const CONTRACT: f64 = 1e8;
/// Notional of a book's first leg, USD.
const NOTIONAL: f64 = 1e6;

/// A leg: a coin, what of it, and how many times the notional, below zero for short.
type Leg = (&'static str, What, f64);

#[derive(Clone, Copy)]
enum What {
    Spot,
    Perpetual,
    /// Days to go.
    Future(u32),
    /// Days to go, strike over forward.
    Call(u32, f64),
    Put(u32, f64),
}

use What::{Call, Future, Perpetual, Put, Spot};

const BOOKS: [(&str, &[Leg]); 16] = [
    ("long perpetual", &[("BTC", Perpetual, 1.0)]),
    (
        "future against perpetual, 60 days",
        &[("BTC", Future(60), 1.0), ("BTC", Perpetual, -1.0)],
    ),
    (
        "short straddle, 30 days",
        &[("BTC", Call(30, 1.0), -1.0), ("BTC", Put(30, 1.0), -1.0)],
    ),
    (
        "long straddle, 30 days",
        &[("BTC", Call(30, 1.0), 1.0), ("BTC", Put(30, 1.0), 1.0)],
    ),
    (
        "short strangle 20% out, 30 days",
        &[("BTC", Call(30, 1.2), -1.0), ("BTC", Put(30, 0.8), -1.0)],
    ),
    (
        "covered call",
        &[("BTC", Spot, 1.0), ("BTC", Call(30, 1.1), -1.0)],
    ),
    (
        "put spread 90/80",
        &[("BTC", Put(30, 0.9), 1.0), ("BTC", Put(30, 0.8), -1.0)],
    ),
    (
        "risk reversal",
        &[("BTC", Call(30, 1.1), 1.0), ("BTC", Put(30, 0.9), -1.0)],
    ),
    (
        "calendar, 7 against 60 days",
        &[("BTC", Call(7, 1.0), -1.0), ("BTC", Call(60, 1.0), 1.0)],
    ),
    (
        "iron condor",
        &[
            ("BTC", Call(30, 1.1), -1.0),
            ("BTC", Call(30, 1.3), 1.0),
            ("BTC", Put(30, 0.9), -1.0),
            ("BTC", Put(30, 0.7), 1.0),
        ],
    ),
    (
        "BTC against ETH, perpetuals",
        &[("BTC", Perpetual, 1.0), ("ETH", Perpetual, -1.0)],
    ),
    (
        "straddles: short BTC, long ETH",
        &[
            ("BTC", Call(30, 1.0), -1.0),
            ("BTC", Put(30, 1.0), -1.0),
            ("ETH", Call(30, 1.0), 1.0),
            ("ETH", Put(30, 1.0), 1.0),
        ],
    ),
    (
        "puts: long BTC, short ETH",
        &[("BTC", Put(30, 0.9), 1.0), ("ETH", Put(30, 0.9), -1.0)],
    ),
    (
        "market maker in two coins",
        &[
            ("BTC", Call(7, 1.05), -1.0),
            ("BTC", Put(30, 0.9), 0.8),
            ("BTC", Call(60, 1.2), 0.6),
            ("BTC", Perpetual, 0.35),
            ("ETH", Call(7, 1.05), 0.9),
            ("ETH", Put(30, 0.9), -0.7),
            ("ETH", Call(60, 1.2), -0.6),
            ("ETH", Perpetual, -0.3),
        ],
    ),
    ("long SOL perpetual", &[("SOL", Perpetual, 1.0)]),
    (
        "long perpetuals in three coins",
        &[
            ("BTC", Perpetual, 1.0),
            ("ETH", Perpetual, 1.0),
            ("SOL", Perpetual, 1.0),
        ],
    ),
];

/// The listed instrument nearest to what is asked for.
fn nearest<'m>(policy: &Policy, market: &'m Market, coin: &str, what: What) -> &'m Instrument {
    let code = policy.underlying(coin).expect("a coin of the policy").code;
    let (kind, days, moneyness) = match what {
        Spot => (Kind::Spot, 0, 1.0),
        Perpetual => (Kind::Perpetual, 0, 1.0),
        Future(days) => (Kind::Future, days, 1.0),
        Call(days, moneyness) => (Kind::Call, days, moneyness),
        Put(days, moneyness) => (Kind::Put, days, moneyness),
    };
    let expiry = market.time() + days * 86_400;
    let far = |i: &Instrument| {
        let strike = if i.id.kind().is_option() {
            i.id.strike() as f64 * 1e4
        } else {
            i.forward as f64
        };
        let dated = if i.id.kind().is_dated() {
            i.id.expiry().abs_diff(expiry)
        } else {
            0
        };
        (dated, (strike / i.forward as f64 / moneyness).ln().abs())
    };
    let of_kind = market.instruments().iter();
    let of_kind = of_kind.filter(|i| i.id.underlying() == code && i.id.kind() == kind);
    let found = of_kind.min_by(|a, b| far(a).partial_cmp(&far(b)).expect("numbers"));
    found.expect("a listed instrument")
}

fn positions(policy: &Policy, market: &Market, legs: &[Leg]) -> Vec<Position> {
    let mut positions: Vec<(InstrumentId, i64)> = legs
        .iter()
        .map(|(coin, what, times)| {
            let instrument = nearest(policy, market, coin, *what);
            let contracts = times * NOTIONAL / (instrument.forward as f64 / CONTRACT);
            (instrument.id, (contracts * CONTRACT).round() as i64)
        })
        .collect();
    positions.sort();
    let of = |(id, quantity)| Position { id, quantity };
    positions.into_iter().map(of).collect()
}

fn main() {
    let read = |(name, text)| {
        (
            name,
            Policy::from_toml(text, name).expect("a shipped policy"),
        )
    };
    let policies: Vec<(&str, Policy)> = POLICIES.into_iter().map(read).collect();
    let markets: Vec<Market> = (0..SEEDS)
        .map(|seed| {
            let spec = MarketSpec {
                seed,
                time: DEFAULT_TIME,
                crash: false,
            };
            market(&spec, &policies[0].1).expect("a market")
        })
        .collect();
    println!("| a book of {NOTIONAL} USD | RM-1, USD | RM-2 | Deribit-like | SPAN-like |");
    println!("|---|---|---|---|---|");
    for (name, legs) in BOOKS {
        let of = |policy: &Policy, market: &Market| {
            let held = positions(policy, market, legs);
            let found = evaluate(policy, market, &held).expect("an evaluation");
            found.initial_margin as f64 / CONTRACT
        };
        let first: Vec<f64> = markets.iter().map(|m| of(&policies[0].1, m)).collect();
        print!("| {name} | {:.0} |", first[0]);
        for (_, policy) in &policies[1..] {
            let mut ratios: Vec<f64> = markets
                .iter()
                .zip(&first)
                .map(|(m, of_rm1)| of(policy, m) / of_rm1)
                .collect();
            ratios.sort_by(f64::total_cmp);
            print!(" {:.2} |", ratios[ratios.len() / 2]);
        }
        println!();
    }
}
