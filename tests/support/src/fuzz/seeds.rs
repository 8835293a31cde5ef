//! Good bytes for every target, made here so that they follow the formats.

use std::sync::OnceLock;

use zkmargin_circuits::book::BatchInput;
use zkmargin_engine::account::{Account, Customer, Position};
use zkmargin_engine::book::{
    inventory_digest, AssetTotal, BatchStatement, MaskedAsset, MaskedTotals, Totals,
};
use zkmargin_engine::commitment::tree::Book;
use zkmargin_engine::field::signed;
use zkmargin_engine::market::{Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Statement;
use zkmargin_engine::units::parse_element;
use zkmargin_engine::Fr;
use zkmargin_prover::book::encoding;
use zkmargin_verifier::book::{BatchProof, PublicBatch, PublicBook};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::packet::{Entered, Packet, Placed};

use crate::random::{Listing, UNIT};

/// Secret of the trader of the seeds: no message may show a part of it.
pub(crate) const SECRET: &str =
    "0x002f3a5c7d9e80f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70819";
/// Salt of his account.
pub(crate) const SALT: &str = "0x2c3e4a5b6d7f8091b2a3d4c5f6e708192b3a5c4d7e6f9081a3b2d4c5e7f60918";
/// Nonce that stands for him in his venue's book.
pub(crate) const NONCE: &str = "0x3d91c05b7ae2486f1d0b97c45e82fa36b5097c1d2e84f3a6507c9b1de4a2f8";
const IDENTITY: &str = "0x1f3c59d2a86b704e95d1c2780ab3f6e46d92b1705c8ae34f21077ce9d4586b13";
const CUSTOMER: &str = "ann@example.com";
/// Time of the market, and an expiry of it: 2026-09-18 08:00 UTC and a week later.
const TIME: u64 = 1_789_718_400;
const WEEK: u64 = 7 * 86_400;

/// The policy of all seeds.
pub(crate) fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(Policy::rm1)
}

/// A market with every kind of instrument, few of each, and with a week that has settled.
pub(crate) fn market_text() -> String {
    let mut listing = Listing::with_cash(TIME);
    let (spot, forward) = (60_000 * UNIT, 60_100 * UNIT);
    let (settled, price) = (TIME - WEEK, 59_000 * UNIT);
    listing.push_underlying("BTC", spot, &[(settled, price), (TIME + WEEK, forward)]);
    listing.push_pair("BTC", settled, 55_000 * 10_000, price, 5_200);
    for strike in [55_000, 60_000] {
        listing.push_pair("BTC", TIME + WEEK, strike * 10_000, forward, 5_200);
    }
    listing.json()
}

/// The same as a market.
pub(crate) fn market() -> &'static Market {
    static MARKET: OnceLock<Market> = OnceLock::new();
    MARKET.get_or_init(|| Market::from_json(&market_text(), "seed", policy()).expect("a good seed"))
}

/// The trader's secret, as a file.
pub(crate) fn secret_text() -> String {
    format!("{{\"version\": 2, \"secret\": \"{SECRET}\"}}\n")
}

/// An account on that market, as a file.
pub(crate) fn account_text() -> String {
    let name = |kind: Kind| {
        let found = market().instruments().iter().find(|i| i.id.kind() == kind);
        found.map(|i| i.name.clone()).expect("listed")
    };
    let (perpetual, call) = (name(Kind::Perpetual), name(Kind::Call));
    format!(
        r#"{{"version": 2, "customer": "{CUSTOMER}", "nonce": "{NONCE}", "identity": "{IDENTITY}",
  "account": 7, "salt": "{SALT}", "positions": [
  {{"instrument": "USD", "quantity": "250000.25"}},
  {{"instrument": "BTC", "quantity": "0.5"}},
  {{"instrument": "{perpetual}", "quantity": "-1.25", "entry": "59000.5"}},
  {{"instrument": "{call}", "quantity": "-2"}}]}}"#
    )
}

/// The same as an account.
pub(crate) fn account() -> Account {
    Account::from_json(&account_text(), "seed", market(), policy()).expect("a good seed")
}

/// A table of accounts, as `book build` reads it.
pub(crate) fn table_text() -> String {
    format!(
        "customer,nonce,identity,account,instrument,quantity,entry\n\
         {CUSTOMER},{NONCE},{IDENTITY},7,USD,1000,\n\
         {CUSTOMER},{NONCE},{IDENTITY},7,BTC-PERPETUAL,-0.5,59000\n"
    )
}

/// A snapshot with the columns of an exchange's export.
pub(crate) fn chain_text() -> String {
    let columns = "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,\
                   implied_volatility,index_price,futures_instrument_name,futures_price";
    let row = |letter: &str, kind: &str| {
        format!(
            "2026-09-18T08:00:00+00:00,BTC-25SEP26-60000-{letter},60100.25,{kind},60000,\
             2026-09-25T08:00:00+00:00,0.525,60000.5,BTC-25SEP26,60100.25"
        )
    };
    format!("{columns}\n{}\n{}\n", row("C", "call"), row("P", "put"))
}

/// A bundle with a proof that is long enough to look like one.
pub(crate) fn bundle() -> Bundle {
    let account = account();
    Bundle {
        key: "small-0123456789abcdef".to_owned(),
        size: Size::Small,
        statement: Statement {
            policy: policy().digest(),
            market: market().digest(),
            book: Book::lone(account.leaf()).root(),
            nullifier: Fr::from(13),
            scope: Fr::from(7),
            message: Fr::from(9),
            ratio: 10_000,
            buffer: 5,
        },
        proof: vec![0x5a; 4_128],
    }
}

/// A customer's packet of a book of one.
pub(crate) fn packet() -> Packet {
    let account = account();
    let book = Book::lone(account.leaf());
    let (ids, market) = (account.positions.iter(), market());
    let futures = ids.clone().filter(|p| p.id.kind().is_future());
    let mark = |id| market.listed(id).expect("a listed instrument").forward;
    // 59,000.50 USD, as the account's file has it.
    let price = 5_900_050_000_000;
    let entered = futures.map(|p| {
        let mark = mark(p.id);
        (p.id, Entered { price, mark })
    });
    let nonce = parse_element(NONCE).expect("an element");
    Packet {
        customer: Customer::new(CUSTOMER, nonce).expect("a customer"),
        accounts: vec![Placed {
            entered: entered.collect(),
            names: ids.map(|p| p.id.name(policy())).collect(),
            place: book.inclusion(0),
            account: account.clone(),
        }],
        count: 1,
        root: book.root(),
        policy: policy().digest(),
        market: market.digest(),
        time: market.time(),
        cut_off: market.time().into(),
    }
}

/// The private input of a batch of two accounts.
pub(crate) fn batch() -> Vec<u8> {
    let mut second = account();
    second.number += 1;
    second.positions.truncate(1);
    encoding::encode(&BatchInput {
        book: Fr::from(11),
        first: 0,
        accounts: vec![account(), second],
        secrets: [Fr::from(3), Fr::from(4)],
        inventory: Fr::from(5),
    })
}

fn statement() -> BatchStatement {
    let assets = market()
        .instruments()
        .iter()
        .filter(|i| i.id.kind().is_asset());
    BatchStatement {
        policy: policy().digest(),
        market: market().digest(),
        book: Fr::from(11),
        inventory: inventory_digest(&[]),
        first: 0,
        ratio: 10_000,
        accounts: TOTALS.accounts,
        totals: MaskedTotals {
            failing: Fr::from(TOTALS.failing),
            equity: signed(TOTALS.equity as i128),
            shortfall: -signed(TOTALS.shortfall as i128),
            deficit: signed(TOTALS.deficit as i128),
            word: Fr::from(22),
        },
        assets: assets
            .map(|i| MaskedAsset {
                id: i.id,
                long: -Fr::from(500_000_000),
                short: Fr::from(2),
            })
            .collect(),
        roots: vec![Fr::from(21)],
        secrets: [Fr::from(23), Fr::from(24)],
    }
}

const TOTALS: Totals = Totals {
    accounts: 2,
    failing: 1,
    equity: 123_456_789_000_000_000_000_000,
    shortfall: 7,
    deficit: 9,
};

/// A batch as it is published, with a proof that only looks like one.
pub(crate) fn batch_proof() -> Vec<u8> {
    BatchProof {
        statement: statement(),
        proof: vec![0x5a; 320],
    }
    .to_bytes()
}

/// A book as it is published.
pub(crate) fn book_text() -> String {
    let perpetual = market().by_name("BTC-PERPETUAL").expect("listed");
    let perpetual = market().instruments()[perpetual].id;
    let statement = statement();
    let total = |asset: &MaskedAsset| AssetTotal {
        id: asset.id,
        long: 500_000_000,
        short: 2,
    };
    PublicBook {
        number: 3,
        time: 1_787_412_831,
        cut_off: 1_787_412_800,
        policy: statement.policy,
        market: statement.market,
        root: statement.book,
        count: 2,
        ratio: statement.ratio,
        k: 14,
        totals: TOTALS,
        assets: statement.assets.iter().map(total).collect(),
        inventory: vec![Position {
            id: perpetual,
            quantity: -150_000_000,
        }],
        batches: vec![PublicBatch {
            statement,
            proof: "5a".repeat(32),
        }],
    }
    .to_json(policy())
}

/// A venue's list of what it holds itself.
pub(crate) fn inventory_text() -> String {
    r#"[{"instrument": "BTC-PERPETUAL", "quantity": "-1.5"}]"#.to_owned()
}

/// A venue's list of addresses.
pub(crate) fn addresses_text() -> String {
    let (address, root) = ("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "17".repeat(31));
    format!(
        r#"{{"venue": "Example Exchange", "book": "0x00{root}", "assets": [
  {{"asset": "BTC", "token": "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599", "addresses": [
    {{"address": "0x{address}", "chain_id": 1, "block": 25000000, "balance": "1250.5",
      "scheme": "personal_sign"}}]}}]}}"#
    )
}

/// A job of the queue.
pub(crate) fn job_text() -> String {
    let (input, context) = ("ab".repeat(32), "0c".repeat(32));
    format!(r#"{{"book": "night-1", "number": 3, "input": "{input}", "context": "{context}"}}"#)
}
