use alloy_primitives::hex;
use zkmargin_circuits::book::AssetTotal;
use zkmargin_circuits::policy::Policy;
use zkmargin_circuits::units::parse_element;
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
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "80000"}]}"#;

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

/// A book that owes 100 BTC and 5 million USD, with 1,000 USD under water.
fn book() -> PublicBook {
    let market = market();
    let quantity = |n: u128| n * 100_000_000;
    let asset = |name: &str, long, short| AssetTotal {
        id: market.instruments[market.by_name(name).unwrap()].id,
        long: quantity(long),
        short: quantity(short),
    };
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
            equity: 0,
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

const ENOUGH: [(&str, &str); 3] = [("BTC", "99.5"), ("BTC", "0.5"), ("USD", "5001000")];

fn read(text: &str) -> Result<Addresses, crate::book::BookError> {
    Addresses::from_json(text, "a.json", &market())
}

fn faults(text: &str) -> Vec<String> {
    let report = report(&read(text).unwrap(), &book(), &market(), Vec::new());
    report.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn reserves_that_suffice_to_the_last_cent() {
    let report = report(
        &read(&file(&ENOUGH)).unwrap(),
        &book(),
        &market(),
        Vec::new(),
    );
    assert_eq!(report.faults, []);
    assert_eq!(report.surplus, 1_000 * 10u128.pow(16));
    let btc = report
        .assets
        .iter()
        .find(|line| line.name == "BTC")
        .unwrap();
    assert_eq!(
        (btc.reserves, btc.liability, btc.addresses),
        (10_000_000_000, 10_000_000_000, 2)
    );
}

#[test]
fn reserves_that_do_not_suffice() {
    let short = [ENOUGH[0], ("BTC", "0.49999999"), ENOUGH[2]];
    assert_eq!(
        faults(&file(&short)),
        ["BTC: reserves are less than liabilities"]
    );
    let cent = [ENOUGH[0], ENOUGH[1], ("USD", "5000999.99")];
    let one = faults(&file(&cent));
    assert!(one.len() == 1 && one[0].contains("under water"), "{one:?}");
    let none = faults(&file(&[]));
    assert_eq!(none.len(), 3, "{none:?}");
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
        let uncovered = faults
            .iter()
            .any(|fault| fault.contains("reserves are less"));
        assert!(uncovered, "{faults:?}");
    };
    // The same address under a second entry.
    let twin = good.find("{\"asset\"").unwrap()..good.find(",\n{\"asset\"").unwrap();
    let entry = &good[twin];
    let short = good.replace("5001000", "1");
    let doubled = short.replacen(entry, &format!("{entry},{entry}"), 1);
    refused(&doubled, "in the list already, at assets[0].addresses[0]");
    let start = good.find(",\n            \"signature\"").unwrap();
    let end = start + good[start..].find('}').unwrap();
    let unsigned = format!("{}{}", &good[..start], &good[end..]);
    refused(&unsigned, "is not signed");
    refused(
        &good.replacen("25000000", "25000001", 1),
        "another statement",
    );
    refused(
        &good.replacen("\"chain_id\": 1", "\"chain_id\": 5", 1),
        "another statement",
    );
    let other = good.replace(&ROOT[60..], "1123");
    refused(&other, "signed for book");
    let wrong = vec![(2, Fault::Shortfall)];
    let report = report(&read(&good).unwrap(), &book(), &market(), wrong);
    assert_eq!(
        report
            .assets
            .iter()
            .map(|line| line.addresses)
            .sum::<usize>(),
        2
    );
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
