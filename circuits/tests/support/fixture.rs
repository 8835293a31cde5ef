//! A small market and accounts on it.

use zkmargin_circuits::margin::witness::{statement, Request};
use zkmargin_circuits::margin::{MarginWitness, Size};
use zkmargin_engine::account::{Account, Position, Secret};
use zkmargin_engine::commitment::{hash8, Book};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::Statement;
use zkmargin_engine::units::{Quantity, Scale};
use zkmargin_engine::Fr;

/// Friday 2026-08-21 15:47:01 UTC.
pub const TIME: u32 = 1_787_327_221;
/// Expiries at 08:00 UTC: next day, five weeks, ten months.
pub const EXPIRIES: [u32; 3] = [1_787_385_600, 1_790_323_200, 1_813_910_400];

/// Long and short of two underlyings that hedge each other, with entry costs: every term of format 2 is charged.
pub const HEDGED: [(&str, &str); 8] = [
    ("USD", "9000000.25"),
    ("USD-SETTLEMENT", "-1234.5"),
    ("BTC-PERPETUAL", "-40"),
    ("BTC-1790323200-80000-C", "-10"),
    ("BTC-1787385600-75000-P", "3"),
    ("ETH-PERPETUAL", "700"),
    ("ETH-1813910400", "12.5"),
    ("ETH-1813910400-4500-C", "25"),
];

fn option(symbol: &str, expiry: u32, strike: u32, kind: &str, prices: &str) -> String {
    let letter = if kind == "call" { 'C' } else { 'P' };
    format!(
        r#"{{"id":"{symbol}-{expiry}-{strike}-{letter}","kind":"{kind}","underlying":"{symbol}","expiry":{expiry},"strike":"{strike}"{prices}}}"#
    )
}

/// Cash, and BTC, ETH and SOL with spot, perpetual, future and a few options. What has expired settles
/// at the index.
pub fn market_json(time: u32) -> String {
    let mut rows = vec![
        r#"{"id":"USD","kind":"cash","mark":"1"}"#.to_owned(),
        r#"{"id":"USD-SETTLEMENT","kind":"cash","mark":"1"}"#.to_owned(),
        r#"{"id":"USDT","kind":"cash","mark":"0.9998"}"#.to_owned(),
    ];
    let grids: [(&str, &str, [&str; 3], [u32; 4]); 3] = [
        (
            "BTC",
            "77081.80",
            ["77090.10", "77405.28", "80120.55"],
            [60_000, 75_000, 80_000, 150_000],
        ),
        (
            "ETH",
            "4210.55",
            ["4211.20", "4230.05", "4402.90"],
            [3_000, 4_200, 4_500, 9_000],
        ),
        (
            "SOL",
            "181.20",
            ["181.25", "182.10", "190.00"],
            [120, 180, 200, 400],
        ),
    ];
    let mut settlements = Vec::new();
    for (symbol, index, forwards, strikes) in grids {
        rows.push(format!(
            r#"{{"id":"{symbol}","kind":"spot","underlying":"{symbol}","mark":"{index}"}}"#
        ));
        rows.push(format!(r#"{{"id":"{symbol}-PERPETUAL","kind":"perpetual","underlying":"{symbol}","mark":"{index}"}}"#));
        for (e, expiry) in EXPIRIES.iter().enumerate() {
            let settled = *expiry <= time;
            if settled {
                settlements.push(format!(
                    r#"{{"underlying":"{symbol}","expiry":{expiry},"price":"{index}"}}"#
                ));
            }
            let unless_settled = |text: String| if settled { String::new() } else { text };
            let mark = unless_settled(format!(r#","mark":"{}""#, forwards[e]));
            rows.push(format!(
                r#"{{"id":"{symbol}-{expiry}","kind":"future","underlying":"{symbol}","expiry":{expiry}{mark}}}"#
            ));
            for (s, strike) in strikes.iter().enumerate() {
                let vol = format!("0.{}", 4198 + 311 * s + 97 * e);
                let prices = format!(r#","forward":"{}","vol":"{vol}""#, forwards[e]);
                let prices = unless_settled(prices);
                for kind in ["call", "put"] {
                    rows.push(option(symbol, *expiry, *strike, kind, &prices));
                }
            }
        }
    }
    let settlements = settlements.join(",");
    let rows = rows.join(",");
    format!(r#"{{"time":{time},"settlements":[{settlements}],"instruments":[{rows}]}}"#)
}

/// The market of [`market_json`].
pub fn market(policy: &Policy) -> Market {
    market_at(policy, TIME)
}

/// The same at another time.
pub fn market_at(policy: &Policy, time: u32) -> Market {
    Market::from_json(&market_json(time), "market.json", policy).expect("a valid market")
}

/// Number of the accounts, of 32 bits.
pub const NUMBER: u32 = 3_000_000_019;

/// A secret that stands for one drawn at random.
pub fn secret(seed: u64) -> Secret {
    let element = hash8(0, &[Fr::from(seed); 8]);
    Secret::new(element).expect("a secret that nobody guesses")
}

/// An account of [`secret`] 12 from `(instrument, quantity)` pairs, its USD with all entry costs in it.
pub fn account(market: &Market, positions: &[(&str, &str)]) -> Account {
    let position = |&(name, quantity): &(&str, &str)| Position {
        id: market.instruments()[market.by_name(name).expect("listed")].id,
        quantity: Quantity::parse(quantity, Scale::ONE)
            .expect("a quantity")
            .units(),
    };
    let mut positions: Vec<Position> = positions.iter().map(position).collect();
    positions.sort_by_key(|p| p.id);
    Account {
        customer: Fr::from(11),
        identity: secret(12).identity(),
        number: NUMBER,
        salt: Fr::from(13),
        positions,
    }
}

/// Long and short of everything, over two underlyings and three expiries.
pub const MIXED: [(&str, &str); 9] = [
    ("USD", "900000.25"),
    ("USDT", "-1000"),
    ("BTC", "0.75"),
    ("BTC-PERPETUAL", "-1.5"),
    ("BTC-1790323200-80000-C", "-10"),
    ("BTC-1790323200-80000-P", "4"),
    ("BTC-1787385600-75000-P", "-3"),
    ("ETH-1813910400", "12.5"),
    ("ETH-1813910400-4500-C", "-25"),
];

/// Long and short of everything in every state: at the first expiry and after it, the positions in it
/// are settled, in and out of the money, two of an underlying of which nothing lives.
pub const STATES: [(&str, &str); 14] = [
    ("USD", "900000.25"),
    ("USDT", "-1000"),
    ("BTC", "0.75"),
    ("BTC-PERPETUAL", "-1.5"),
    ("BTC-1787385600", "2"),
    ("BTC-1787385600-75000-C", "-3"),
    ("BTC-1787385600-75000-P", "-3"),
    ("BTC-1787385600-80000-P", "1.25"),
    ("BTC-1790323200-80000-C", "-10"),
    ("BTC-1790323200-80000-P", "4"),
    ("ETH-1787385600-4200-C", "7"),
    ("ETH-1813910400", "12.5"),
    ("SOL-1787385600", "-20"),
    ("SOL-1787385600-180-C", "100"),
];

/// A policy of the folder of policies.
pub fn shipped(name: &str) -> Policy {
    // Other crates take this file too, from folders of their own.
    let above = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let files = above.map(|folder| folder.join(format!("policies/{name}.toml")));
    let file = files.into_iter().find(|file| file.is_file());
    let text = std::fs::read_to_string(file.expect("a shipped policy")).expect("a policy");
    Policy::from_toml(&text, name).expect("a valid policy")
}

/// A full case: everything from policy to statement.
pub struct Case {
    pub policy: Policy,
    pub market: Market,
    pub account: Account,
    pub secret: Secret,
    pub book: Book,
    pub request: Request,
    pub size: Size,
}

impl Case {
    /// The mixed account in `small` at the initial requirement.
    pub fn mixed() -> Self {
        Self::of(&MIXED)
    }

    /// Any account in `small`.
    pub fn of(positions: &[(&str, &str)]) -> Self {
        Self::at(TIME, positions)
    }

    /// The account of [`STATES`] at the second of the first expiry.
    pub fn settled() -> Self {
        Self::at(EXPIRIES[0], &STATES)
    }

    /// Any account in `small` at a time.
    pub fn at(time: u32, positions: &[(&str, &str)]) -> Self {
        Self::under(Policy::rm1(), time, positions)
    }

    /// The mixed account under a shipped policy.
    pub fn mixed_under(name: &str) -> Self {
        Self::under(shipped(name), TIME, &MIXED)
    }

    /// Any account in `small` at a time under a policy.
    pub fn under(policy: Policy, time: u32, positions: &[(&str, &str)]) -> Self {
        let market = market_at(&policy, time);
        let account = account(&market, positions);
        let book = Book {
            leaves: vec![Fr::from(7), account.leaf(), Fr::from(9)],
        };
        Case {
            policy,
            market,
            account,
            secret: secret(12),
            book,
            request: Request {
                scope: Fr::from(21),
                message: Fr::from(22),
                ratio: 10_000,
                buffer: 0,
            },
            size: Size::Small,
        }
    }

    /// The honest witness.
    pub fn witness(&self) -> MarginWitness {
        MarginWitness::new(
            self.size,
            &self.market,
            &self.account,
            &self.secret,
            &self.book.inclusion(1),
            &self.request,
        )
        .expect("an account that fits")
    }

    /// The statement.
    pub fn statement(&self) -> Statement {
        statement(
            &self.policy,
            &self.market,
            &self.account,
            &self.secret,
            self.book.root(),
            &self.request,
        )
    }
}
