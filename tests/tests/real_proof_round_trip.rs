//! Honest accounts, real proofs, verifiers who derived their own keys.

use std::time::{Duration, Instant};

use zkmargin_engine::account::{Account, Secret};
use zkmargin_engine::statement::Row;
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;
use zkmargin_testing::proofs::{self, Proven};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::verify::{verify, Expectations};

/// The design's bar for the length of a proof.
const LONGEST: usize = 5 * 1024;

#[test]
fn real_proof_round_trip_small() {
    round_trip(proofs::small());
}

#[test]
fn real_proof_round_trip_standard() {
    let proven = proofs::standard();
    assert_eq!(
        proven.case.account.positions.len(),
        66,
        "every slot but two"
    );
    round_trip(proven);
}

#[test]
fn real_proof_two_proofs_of_one_account_differ() {
    let proven = proofs::small();
    let (one, two) = (&proven.bundle, proven.again());
    assert_eq!(one.statement, two.statement);
    assert_ne!(one.proof, two.proof);
    let words =
        |bundle: &Bundle| -> Vec<Vec<u8>> { bundle.proof.chunks(32).map(<[u8]>::to_vec).collect() };
    // Blinding reaches every commitment and every evaluation of a private column; only fixed and
    // permutation columns are evaluated without it, at a different point each time.
    let same = words(one)
        .into_iter()
        .zip(words(&two))
        .filter(|(a, b)| a == b);
    assert_eq!(same.count(), 0, "words that both proofs share");
    proven.check(one).expect("the first proof holds");
    proven.check(&two).expect("the second proof holds");
    // Blinding is no licence to mix: halves of two good proofs make no proof.
    let half = one.proof.len() / 64 * 32;
    let mut mixed = one.clone();
    mixed.proof[half..].copy_from_slice(&two.proof[half..]);
    assert!(proven.check(&mixed).is_err());
}

fn round_trip(proven: &Proven) {
    assert_eq!(proven.bundle.statement, proven.case.statement());
    assert_eq!(
        proven.bundle.key, proven.key.id,
        "both sides derive one key"
    );
    assert!(!proven.key.id.contains("insecure"), "{}", proven.key.id);
    assert_eq!(
        proven.key.vk.to_bytes(format()),
        proven.proving.key.vk.to_bytes(format())
    );

    let length = proven.bundle.proof.len();
    assert!(length < LONGEST, "{length} bytes");

    let verdict = proven.check(&proven.bundle).expect("the proof holds");
    assert_eq!(verdict.statement, proven.case.statement());
    assert_eq!(verdict.checked, Row::ALL);
    assert!(verdict.trusted.is_empty() && !verdict.key.insecure);
    let nothing = Expectations::default();
    let verdict = verify(&proven.derived(), &proven.bundle, &nothing)
        .expect("the proof holds for whoever expects nothing");
    assert_eq!(verdict.checked, [Row::Policy]);
    assert_eq!(verdict.trusted, Row::ALL[1..]);

    let text = proven.bundle.to_json();
    let read = Bundle::from_json(&text, "bundle.json").expect("the bundle's own text");
    assert_eq!(read, proven.bundle);
    assert_eq!(read.to_json(), text);
    proven
        .check(&read)
        .expect("the proof holds after a round trip");
    tells_nothing(&text, &proven.case.account, &proven.case.secret);

    println!(
        "{}: k {}, {length} bytes of proof, witness {:.2?}, proof {:.2?}, verification {:.2?} \
         (median of 50)",
        proven.key.id,
        proven.key.k,
        proven.timing.witness,
        proven.timing.proof,
        verification(proven)
    );
}

fn format() -> halo2_proofs::SerdeFormat {
    halo2_proofs::SerdeFormat::Processed
}

fn verification(proven: &Proven) -> Duration {
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let started = Instant::now();
            proven.check(&proven.bundle).expect("the proof holds");
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// Neither the account's secrets nor its positions stand in a text, in any form that we write.
fn tells_nothing(text: &str, account: &Account, secret: &Secret) {
    let text = text.to_lowercase();
    let absent = |what: &str, needle: &str| {
        assert!(
            !text.contains(&needle.to_lowercase()),
            "{what} {needle} is in the bundle"
        );
    };
    let element = |what: &str, value: &Fr| {
        let big_endian = format_element(value);
        let digits = big_endian.trim_start_matches("0x");
        let mut little_endian = hex::decode(digits).expect("hexadecimal digits");
        little_endian.reverse();
        absent(what, digits);
        absent(what, &hex::encode(little_endian));
    };
    element("the customer", &account.customer);
    element("the identity", &account.identity);
    element("the secret", &secret.element());
    element("the salt", &account.salt);
    element("the leaf", &account.leaf());
    for word in [
        "customer",
        "nonce",
        "identity",
        "secret",
        "salt",
        "leaf",
        "positions",
        "quantity",
        "instrument",
    ] {
        absent("the word", word);
    }
    for position in &account.positions {
        element("the position", &position.packed());
        absent("the instrument", &format!("{:023x}", position.id.0));
        // Short numbers stand in any 10,000 hexadecimal digits by chance.
        let units = position.quantity.unsigned_abs();
        for needle in [units.to_string(), format!("{units:016x}")] {
            if needle.len() >= 12 {
                absent("the quantity", &needle);
            }
        }
    }
    for symbol in ["btc", "eth", "sol", "usd"] {
        absent("the symbol", symbol);
    }
}
