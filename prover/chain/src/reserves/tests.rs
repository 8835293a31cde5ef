//! Reserves of a small venue; signatures, conditions and addresses have files of their own.

mod addresses;
#[cfg(feature = "bitcoin")]
mod bitcoin;
mod conditions;
mod custody;
mod signatures;
mod verdicts;

use alloy_primitives::hex;
use zkmargin_engine::account::Position;
use zkmargin_engine::book::{AssetTotal, Totals};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_decimal, parse_element};
use zkmargin_engine::Fr;

use super::ownership::{Ownership, Part};
use super::place::{Chain, Holder};
use super::signature::{Scheme, SignatureFault};
use super::*;
use crate::signer::Signer;

/// The first account of every local chain, whose key is public:
/// 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80.
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const ROOT: &str = "0x1122334455667788990011223344556677889900112233445566778899001122";
const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "80000"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "80000"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200,
   "strike": "80000", "forward": "80000", "vol": "0.42"}]}"#;

fn market() -> Market {
    Market::from_json(MARKET, "m.json", &Policy::rm1()).unwrap()
}

/// The token of USDC.
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

/// A list in which coins of chain 1 are whatever is independent here.
fn assets() -> Assets {
    let entry = |symbol: &str| {
        format!("[[asset]]\nsymbol = \"{symbol}\"\nindependent = true\nat = [{{ chain = 1 }}]\n")
    };
    let text = format!("version = 1\n{}{}", entry("BTC"), entry("USD"));
    Assets::from_toml(&text, "assets.toml").unwrap()
}

fn ownership() -> Ownership {
    Ownership {
        venue: "Example Exchange".to_owned(),
        book: ROOT.parse().unwrap(),
        part: Part::Reserves,
        asset: "USDC".to_owned(),
        holder: Holder::Account {
            chain: 1,
            address: ADDRESS.parse().unwrap(),
        },
        token: Some(USDC.parse().unwrap()),
        block: 25_000_000,
    }
}

fn id(name: &str) -> InstrumentId {
    InstrumentId::from_name(name, &Policy::rm1()).unwrap()
}

/// So many USD in 1e-16.
fn usd(n: i128) -> i128 {
    n * 10i128.pow(16)
}

fn asset(name: &str, long: u128, short: u128) -> AssetTotal {
    let quantity = |n: u128| n * 100_000_000;
    AssetTotal {
        id: id(name),
        long: quantity(long),
        short: quantity(short),
    }
}

/// A book that owes 100 BTC and 5 million USD, with 1,000 USD under water.
fn book() -> PublicBook {
    let market = market();
    PublicBook {
        number: 0,
        time: market.time().into(),
        cut_off: market.time().into(),
        policy: Fr::from(1),
        market: market.digest(),
        root: parse_element(ROOT).unwrap(),
        count: 10,
        ratio: 10_000,
        k: 14,
        totals: Totals {
            accounts: 10,
            failing: 1,
            equity: 13_001_000 * 10u128.pow(16),
            shortfall: 1_000 * 10u128.pow(16),
            deficit: 0,
        },
        assets: vec![asset("BTC", 120, 20), asset("USD", 6_000_000, 1_000_000)],
        inventory: Vec::new(),
        batches: Vec::new(),
    }
}

/// A file of addresses, with signatures by the keys 1, 2, …. What begins with "fund " is in the
/// insurance fund.
fn file(entries: &[(&str, &str)]) -> String {
    let (mut assets, mut fund) = (Vec::new(), Vec::new());
    for (n, (asset, balance)) in entries.iter().enumerate() {
        let (part, asset) = match asset.strip_prefix("fund ") {
            Some(asset) => (Part::InsuranceFund, asset),
            None => (Part::Reserves, *asset),
        };
        let mut key = [0; 32];
        key[31] = n as u8 + 1;
        let signer = Signer::new(&B256::from(key)).unwrap();
        let mine = Ownership {
            part,
            asset: asset.to_owned(),
            token: None,
            holder: Holder::Account {
                chain: 1,
                address: signer.address(),
            },
            ..ownership()
        };
        let (hash, name) = match n % 2 {
            0 => (
                alloy_primitives::eip191_hash_message(mine.text()),
                "personal_sign",
            ),
            _ => (mine.typed_hash(1, signer.address()), "typed_data"),
        };
        let signature = hex::encode_prefixed(signer.sign(&hash).unwrap());
        let entry = format!(
            r#"{{"asset": "{asset}", "addresses": [{{"address": "{}", "chain_id": 1,
            "block": 25000000, "balance": "{balance}", "scheme": "{name}",
            "signature": "{signature}"}}]}}"#,
            signer.address()
        );
        match part {
            Part::Reserves => assets.push(entry),
            Part::InsuranceFund => fund.push(entry),
        }
    }
    format!(
        r#"{{"venue": "Example Exchange", "book": "{ROOT}", "assets": [{}], "insurance_fund": [{}]}}"#,
        assets.join(",\n"),
        fund.join(",\n")
    )
}

/// What is owed, the shortfall, and not a cent more.
const ENOUGH: [(&str, &str); 4] = [
    ("BTC", "99.5"),
    ("BTC", "0.5"),
    ("USD", "5001000"),
    ("fund USD", "1000"),
];

fn read(text: &str) -> Result<Addresses, BookError> {
    Addresses::from_json(text, "a.json", (&market(), &Policy::rm1()))
}

fn reported(
    text: &str,
    (book, market): (&PublicBook, &Market),
    answers: &[Answers],
) -> Result<Report, BookError> {
    let liabilities = Liabilities {
        book,
        market,
        policy: &Policy::rm1(),
    };
    let known = Known {
        assets: &assets(),
        answers,
        others: &Others::default(),
        venue: None,
    };
    report(&read(text).unwrap(), &liabilities, known)
}

fn words(report: &Report) -> Vec<String> {
    report.faults.iter().map(ToString::to_string).collect()
}

fn faults(text: &str) -> Vec<String> {
    words(&reported(text, (&book(), &market()), &[]).unwrap())
}

fn line<'a>(report: &'a Report, name: &str) -> &'a AssetLine {
    let mut lines = report.assets.iter();
    lines.find(|line| line.name == name).unwrap()
}

/// How many addresses stand so.
fn states(report: &Report, wanted: State) -> usize {
    let states = report.states.iter();
    states.filter(|(state, _)| *state == wanted).count()
}
