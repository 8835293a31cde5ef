use alloy_primitives::hex;
use zkmargin_circuits::account::Position;
use zkmargin_circuits::book::{AssetTotal, Totals};
use zkmargin_circuits::market::InstrumentId;
use zkmargin_circuits::policy::Policy;
use zkmargin_circuits::units::{format_decimal, parse_element};
use zkmargin_circuits::Fr;

use super::ownership::{recover, Ownership, Scheme};
use super::*;
use crate::chain::signer::Signer;

/// The first account of every local chain, whose key is public:
/// 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80.
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const ROOT: &str = "0x1122334455667788990011223344556677889900112233445566778899001122";
/// By cast 1.7.1 of Foundry: `cast wallet sign --private-key $KEY "$text"`, and `cast wallet sign
/// --private-key $KEY --data --from-file typed.json`, with text and document of [`ownership`].
const PERSONAL: &str = "0xcf493728052d82a2eaf8901551fd40e0acb30041ab3b52149a1811f9b6efce0f\
                        20d7b0e4ced653a18d57392a458f520c50c4c5bd08e7d8e3a0c230ed259dba491c";
const TYPED: &str = "0xb4a9fc84441b8a1fbaad920cb86d15b6c9f90265d5dbb4e8280879b6b8d5eea6\
                     3ec2ab45357442bbd232844c75ef3f4ac3a268f807e90b80e3188fa08567a13f1c";
/// Order of the group of secp256k1.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "80000"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "80000"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200,
   "strike": "80000", "forward": "80000", "vol": "0.42"}]}"#;

fn market() -> Market {
    Market::from_json(MARKET, "m.json", &Policy::rm1()).unwrap()
}

fn ownership() -> Ownership {
    Ownership {
        venue: "Example Exchange".to_owned(),
        book: ROOT.parse().unwrap(),
        address: ADDRESS.parse().unwrap(),
        chain_id: 1,
        block: 25_000_000,
    }
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn signatures_by_another_program() {
    let ours = ownership();
    assert_eq!(ours.check(Scheme::PersonalSign, &bytes(PERSONAL)), Ok(()));
    assert_eq!(ours.check(Scheme::TypedData, &bytes(TYPED)), Ok(()));
    // From the documentation of web3.js: accounts.sign("Some data", key).
    let hash = alloy_primitives::eip191_hash_message("Some data");
    let known = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
                 6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";
    let signer = recover(&hash, &bytes(known)).unwrap();
    assert_eq!(
        signer.to_string(),
        "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
    );
}

#[test]
fn every_field_is_signed() {
    let ours = ownership();
    for (scheme, signature) in [(Scheme::PersonalSign, PERSONAL), (Scheme::TypedData, TYPED)] {
        let refused = |alter: fn(&mut Ownership)| {
            let mut other = ours.clone();
            alter(&mut other);
            let error = other.check(scheme, &bytes(signature)).unwrap_err();
            assert!(matches!(error, SignatureFault::Other(_)), "{error}");
        };
        refused(|o| o.venue.push('.'));
        refused(|o| o.book.0[31] ^= 1);
        refused(|o| o.address.0[0] ^= 1);
        refused(|o| o.chain_id = 10);
        refused(|o| o.block += 1);
    }
    let swapped = ours.check(Scheme::TypedData, &bytes(PERSONAL));
    assert!(matches!(swapped, Err(SignatureFault::Other(_))));
}

#[test]
fn signatures_have_one_form() {
    let ours = ownership();
    let good = bytes(PERSONAL);
    let refused = |signature: &[u8], fault: SignatureFault| {
        assert_eq!(ours.check(Scheme::PersonalSign, signature), Err(fault));
    };
    refused(&good[..64], SignatureFault::Length(64));
    refused(&[], SignatureFault::Length(0));
    refused(
        &[good.clone(), vec![0]].concat(),
        SignatureFault::Length(66),
    );
    for parity in [0, 1, 26, 29, 255] {
        let mut other = good.clone();
        other[64] = parity;
        refused(&other, SignatureFault::Parity(parity));
    }
    let mut other = good.clone();
    other[64] = 27;
    let fault = ours.check(Scheme::PersonalSign, &other).unwrap_err();
    assert!(matches!(
        fault,
        SignatureFault::Other(_) | SignatureFault::NoKey
    ));
    let mut zero = good.clone();
    zero[32..64].fill(0);
    refused(&zero, SignatureFault::Range);
    let mut order = good.clone();
    order[..32].copy_from_slice(&bytes(ORDER));
    refused(&order, SignatureFault::Range);
    // The twin of the signature: s to the order less s, and the other parity.
    let modulus = num_bigint::BigUint::from_bytes_be(&bytes(ORDER));
    let twin = modulus - num_bigint::BigUint::from_bytes_be(&good[32..64]);
    let mut high = good.clone();
    high[32..64].copy_from_slice(&twin.to_bytes_be());
    high[64] = 27;
    refused(&high, SignatureFault::HighS);
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

/// A file of addresses, with signatures by the keys 1, 2, ….
fn file(entries: &[(&str, &str)]) -> String {
    let mut assets = Vec::new();
    for (n, (asset, balance)) in entries.iter().enumerate() {
        let mut key = [0; 32];
        key[31] = n as u8 + 1;
        let signer = Signer::new(&B256::from(key)).unwrap();
        let mine = Ownership {
            address: signer.address(),
            ..ownership()
        };
        let (scheme, name) = match n % 2 {
            0 => (Scheme::PersonalSign, "personal_sign"),
            _ => (Scheme::TypedData, "typed_data"),
        };
        let signature = hex::encode_prefixed(signer.sign(&mine.hash(scheme)).unwrap());
        assets.push(format!(
            r#"{{"asset": "{asset}", "addresses": [{{"address": "{}", "chain_id": 1,
            "block": 25000000, "balance": "{balance}", "scheme": "{name}",
            "signature": "{signature}"}}]}}"#,
            mine.address
        ));
    }
    format!(
        r#"{{"venue": "Example Exchange", "book": "{ROOT}", "assets": [{}]}}"#,
        assets.join(",\n")
    )
}

/// What is owed, the shortfall, and not a cent more.
const ENOUGH: [(&str, &str); 3] = [("BTC", "99.5"), ("BTC", "0.5"), ("USD", "5002000")];

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
    report(&read(text).unwrap(), &liabilities, answers)
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

#[test]
fn reserves_that_suffice_to_the_last_cent() {
    let report = reported(&file(&ENOUGH), (&book(), &market()), &[]).unwrap();
    assert_eq!(report.faults, []);
    assert_eq!(report.sums.reserves, usd(13_002_000));
    assert_eq!(report.sums.surplus, usd(1_000));
    assert_eq!((report.sums.after_shortfall, report.sums.left), (0, 0));
    let btc = line(&report, "BTC");
    assert_eq!(
        (btc.reserves, btc.liability, btc.addresses),
        (10_000_000_000, 10_000_000_000, 2)
    );
    assert_eq!((report.claimed, report.confirmed), (3, 0));
    assert_eq!(report.unasked, [1]);
}

#[test]
fn reserves_that_do_not_suffice() {
    let one = |text: &str, word: &str| {
        let faults = faults(text);
        assert!(faults.len() == 1 && faults[0].contains(word), "{faults:?}");
    };
    // (a) alone: more than enough of one asset does not pay another.
    let short = [ENOUGH[0], ("BTC", "0.49999999"), ("USD", "6000000")];
    one(
        &file(&short),
        "BTC: reserves of 99.99999999 are less than the 100 that are owed",
    );
    // (c) alone.
    let cent = [ENOUGH[0], ENOUGH[1], ("USD", "5001999.99")];
    one(&file(&cent), "beyond the accounts, 999.99 USD, does not");
    // (b), and therefore (c): what losers owe to the venue pays nobody.
    let without = [ENOUGH[0], ENOUGH[1], ("USD", "5000999.99")];
    let two = faults(&file(&without));
    assert_eq!(two.len(), 2, "{two:?}");
    assert!(two[0].contains("worth 13000999.99 USD, less than the 13001000 USD"));
    let none = faults(&file(&[]));
    assert_eq!(none.len(), 4, "{none:?}");
}

/// A book without assets in which one customer is long or short so many perpetuals against the
/// venue, at a mark of 80,000 USD.
fn against_the_venue(held_by_venue: i64, balance: u128) -> PublicBook {
    let worth = u128::from(held_by_venue.unsigned_abs()) * 80_000;
    let equity = match held_by_venue < 0 {
        true => balance + worth,
        false => balance - worth,
    };
    PublicBook {
        totals: Totals {
            accounts: 1,
            failing: 0,
            equity: equity * 10u128.pow(16),
            shortfall: 0,
            deficit: 0,
        },
        assets: vec![asset("USD", balance, 0)],
        inventory: vec![Position {
            id: id("BTC-PERPETUAL"),
            quantity: held_by_venue * 100_000_000,
        }],
        ..book()
    }
}

/// The attack: what customers have won from the venue stands in no asset of the book.
#[test]
fn what_customers_won_from_the_inventory_is_owed_in_usd() {
    let book = against_the_venue(-1_000, 0);
    let market = market();
    let of = |reserves: &[(&str, &str)]| reported(&file(reserves), (&book, &market), &[]).unwrap();
    let nothing = of(&[]);
    let usd_line = line(&nothing, "USD");
    assert_eq!(usd_line.liability, 80_000_000 * 100_000_000);
    assert_eq!((usd_line.long, usd_line.reserves), (0, 0));
    let told = words(&nothing);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("USD: reserves of 0 are less than the 80000000 that are owed"));
    assert!(told[1].contains("worth 0 USD, less than the 80000000 USD"));
    assert!(told[2].contains("initial margin of the venue's own inventory"));
    // (d): 16% of 80 million and the roll charge, to the last unit.
    let margin = nothing.inventory.margin;
    assert!(margin > 12_800_000 * 100_000_000, "{margin}");
    let enough = |units| format_decimal(80_000_000 * 100_000_000 + margin + units, 8);
    assert_eq!(words(&of(&[("USD", &enough(0))])), Vec::<String>::new());
    let short = words(&of(&[("USD", &enough(-1))]));
    assert!(
        short.len() == 1 && short[0].contains("initial margin"),
        "{short:?}"
    );
    // Coins at the book's price pay the accounts (b), but not what is owed in USD (a).
    let coins = words(&of(&[("BTC", "2000")]));
    assert!(
        coins.len() == 1 && coins[0].starts_with("USD: "),
        "{coins:?}"
    );
}

/// The other side: an inventory in profit is what customers have lost. It lowers what is owed to
/// them and is no reserve.
#[test]
fn an_inventory_in_profit_is_no_reserve() {
    let book = against_the_venue(1_000, 100_000_000);
    let market = market();
    let of = |units: i128| {
        let balance = format_decimal(units, 8);
        reported(&file(&[("USD", &balance)]), (&book, &market), &[]).unwrap()
    };
    let owed = 20_000_000 * 100_000_000;
    let report = of(owed - 1);
    assert_eq!(line(&report, "USD").liability, owed);
    assert_eq!(report.sums.reserves, (owed - 1) * 100_000_000);
    assert_eq!(words(&report).len(), 3);
    assert_eq!(
        words(&of(owed + report.inventory.margin)),
        Vec::<String>::new()
    );
}

#[test]
fn prices_of_an_inventory_are_rounded_against_the_venue() {
    let market = market();
    let gains = |quantity: i64| {
        let book = PublicBook {
            inventory: vec![Position {
                id: id("BTC-25SEP26-80000-C"),
                quantity,
            }],
            ..book()
        };
        let report = reported(&file(&[]), (&book, &market), &[]).unwrap();
        line(&report, "USD").gains
    };
    // The exact value is between: the certified error is added to what is owed on either side.
    let (short, long) = (gains(-100_000_000_000), gains(100_000_000_000));
    assert!(short > 0 && long < 0 && short > -long, "{short} {long}");
}

#[test]
fn usd_is_the_unit() {
    let text = MARKET.replace(r#""mark": "1""#, r#""mark": "2""#);
    let market = Market::from_json(&text, "m.json", &Policy::rm1()).unwrap();
    let report = reported(&file(&ENOUGH), (&book(), &market), &[]).unwrap();
    assert!(report
        .faults
        .contains(&Fault::Unit("does not price USD at 1")));
    let none = MARKET.replace(r#"{"id": "USD",  "kind": "cash", "mark": "1"},"#, "");
    let market = Market::from_json(&none, "m.json", &Policy::rm1()).unwrap();
    let mut book = against_the_venue(-1, 0);
    book.assets.clear();
    let report = reported(&file(&[]), (&book, &market), &[]).unwrap();
    assert!(report.faults.contains(&Fault::Unit("lists no USD")));
}

#[test]
fn sums_that_do_not_fit_are_an_error() {
    let refused = |result: Result<Report, BookError>, what: &str| {
        let error = result.unwrap_err().to_string();
        let words = format!("{what}: too large");
        assert!(
            error.contains(&words) && error.contains("hint: "),
            "{error}"
        );
    };
    let market = market();
    let most = "80000000000000000000";
    let of = |entries: &[(&str, &str)]| reported(&file(entries), (&book(), &market), &[]);
    refused(of(&[("BTC", most)]), "worth of the reserves");
    refused(of(&[("USD", most); 5]), "balances of one asset");
    let mut huge = book();
    huge.totals.equity = u128::MAX;
    refused(
        reported(&file(&[]), (&huge, &market), &[]),
        "equity of the accounts",
    );
    let mut huge = book();
    huge.assets[0].long = u128::MAX;
    refused(
        reported(&file(&[]), (&huge, &market), &[]),
        "what is owed of one asset",
    );
    let mut unlisted = book();
    unlisted.assets[0].id = id("ETH");
    let error = reported(&file(&[]), (&unlisted, &market), &[]).unwrap_err();
    assert!(error.to_string().contains("ETH: the market does not list"));
}

#[test]
fn addresses_that_do_not_count() {
    let good = file(&ENOUGH);
    let refused = |text: &str, word: &str| {
        let faults = faults(text);
        assert!(
            faults.iter().any(|fault| fault.contains(word)),
            "{faults:?}"
        );
        let uncovered = faults.iter().any(|fault| fault.contains("are less than"));
        assert!(uncovered, "{faults:?}");
    };
    let start = good.find(",\n            \"signature\"").unwrap();
    let end = start + good[start..].find('}').unwrap();
    let unsigned = format!("{}{}", &good[..start], &good[end..]);
    refused(&unsigned, "is not signed");
    refused(&good.replace("25000000", "25000001"), "another statement");
    refused(
        &good.replacen("\"chain_id\": 1", "\"chain_id\": 5", 1),
        "another statement",
    );
    let other = good.replace(&ROOT[60..], "1123");
    refused(&other, "signed for book");
}

#[test]
fn what_nodes_say() {
    let good = file(&ENOUGH);
    let time = u64::from(market().time());
    let answers = |checked: &[usize], time, faults| Answers {
        chain_id: 1,
        checked: checked.to_vec(),
        block: Some((25_000_000, time)),
        faults,
    };
    let of = |answers: &[Answers]| reported(&good, (&book(), &market()), answers).unwrap();
    // Two nodes of one chain are no more than one.
    let report = of(&[
        answers(&[0, 1], time + 3_600, Vec::new()),
        answers(&[0, 1], time - 3_600, Vec::new()),
    ]);
    assert_eq!(report.faults, []);
    assert_eq!((report.confirmed, report.claimed), (2, 1));
    assert_eq!(report.unasked, [0u64; 0]);
    for time in [time + 3_601, time - 3_601, 0, u64::MAX] {
        let told = words(&of(&[answers(&[], time, Vec::new())]));
        let words = format!("block 25000000 of chain 1 is of time {time}, more than an hour");
        assert!(told.len() == 1 && told[0].contains(&words), "{told:?}");
    }
    // What a node does not confirm does not count, also where the signature is wrong.
    let holding = &read(&good).unwrap().holdings[2];
    let less = Fault::Balance {
        path: holding.path.clone(),
        address: holding.ownership.address,
        block: 25_000_000,
        actual: "1".to_owned(),
        claimed: "5002000".to_owned(),
    };
    let report = of(&[answers(&[0, 1, 2], time, vec![(2, less.clone())])]);
    assert!(report.faults.contains(&less));
    assert_eq!(line(&report, "USD").addresses, 0);
    assert_eq!((report.confirmed, report.claimed), (2, 0));
}

#[test]
fn no_coin_counts_twice() {
    let good = file(&ENOUGH);
    let refused = |text: &str, words: &[&str]| {
        let error = read(text).unwrap_err().to_string();
        for word in words.iter().chain(&["hint: "]) {
            assert!(error.contains(word), "no {word:?} in: {error}");
        }
    };
    // A at one block, and B, to which the coins went, at the next: a node confirms both.
    let later = good.replacen("25000000", "25000001", 1);
    let first = "assets[1].addresses[0].block: block 25000000 of chain 1";
    refused(
        &later,
        &[first, "assets[0].addresses[0] shows at block 25000001"],
    );
    // Another chain has blocks of its own.
    let other = later.replacen("\"chain_id\": 1", "\"chain_id\": 10", 1);
    assert_eq!(read(&other).unwrap().holdings.len(), 3);
    // One address under two entries and two assets; in two spellings.
    let twice = |second: &str, token: &str| {
        let entry = |asset: &str, address: &str| {
            format!(
                r#"{{"asset": "{asset}"{token}, "addresses": [{{"address": "{address}",
                "chain_id": 1, "block": 25000000, "balance": "1", "scheme": "personal_sign"}}]}}"#
            )
        };
        let (one, two) = (entry("BTC", ADDRESS), entry("USD", second));
        format!(r#"{{"venue": "V", "book": "{ROOT}", "assets": [{one}, {two}]}}"#)
    };
    let upper = format!("0x{}", ADDRESS[2..].to_ascii_uppercase());
    for second in [ADDRESS, &ADDRESS.to_ascii_lowercase(), &upper] {
        let words = [
            "assets[1].addresses[0].address",
            "at assets[0].addresses[0]",
        ];
        refused(&twice(second, ""), &words);
        let token = r#", "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48""#;
        refused(&twice(second, token), &words);
    }
    let once = twice(ADDRESS, "").replacen(
        r#""asset": "USD""#,
        r#""asset": "USD", "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48""#,
        1,
    );
    assert_eq!(read(&once).unwrap().holdings.len(), 2);
    // The chain's own coin as a token: native balance in another dress.
    for token in [
        "0x0000000000000000000000000000000000000000",
        "0x0000000000000000000000000000000000001010",
        "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE",
        "0x471EcE3750Da237f93B8E339c536989b8978a438",
    ] {
        let own = format!(r#""asset": "USD", "token": "{token}""#);
        let text = twice(ADDRESS, "").replacen(r#""asset": "USD""#, &own, 1);
        refused(&text, &["assets[1].token", "own coin"]);
    }
    // Numbers have one spelling.
    for id in ["1.0", "01", "\"1\"", "1e0", "0x1"] {
        let text = good.replacen("\"chain_id\": 1", &format!("\"chain_id\": {id}"), 1);
        refused(&text, &["(json)"]);
    }
}

#[test]
fn files_out_of_form() {
    let good = file(&ENOUGH);
    let refused = |from: &str, to: &str, words: &str| {
        assert!(good.contains(from), "{from}");
        let error = read(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("hint: "), "{error}");
    };
    refused(
        "Example Exchange",
        "Example\\nBook root: 0x1",
        "venue: not a name",
    );
    refused("Example Exchange", "", "venue: not a name");
    // Text after it would be shown from the right.
    refused("Example Exchange", "X\\u202e", "venue: not a name");
    refused("\"BTC\"", "\"DOGE\"", "assets[0].asset: \"DOGE\"");
    refused("\"BTC\"", "\"BTC-PERPETUAL\"", "no such cash or spot");
    refused(
        "\"99.5\"",
        "\"-1\"",
        "assets[0].addresses[0].balance: \"-1\"",
    );
    refused("\"99.5\"", "\"NaN\"", "balance: \"NaN\"");
    refused("\"99.5\"", "99.5", "(json)");
    refused("\"scheme\"", "\"shceme\"", "(json)");
    refused("personal_sign", "eth_sign", "(json)");
    refused(
        "\"signature\": \"0x",
        "\"signature\": \"",
        "signature: not 0x",
    );
    refused("\"address\": \"0x", "\"address\": \"", "address: ");
    // The address of the key 1, with one capital lost.
    refused("0x7E5F", "0x7e5F", "mistyped");
    refused("0x1122", "0x9122", "book: ");
    let all_lower = good.replace(
        "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
        "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
    );
    assert_eq!(read(&all_lower).unwrap(), read(&good).unwrap());
}
