//! Bitcoin: a whole file, signed, against answers in the form of a node (Bitcoin Core 27).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use ::bitcoin::hashes::Hash;
use ::bitcoin::key::CompressedPublicKey;
use ::bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use ::bitcoin::sign_message::signed_msg_hash;
use ::bitcoin::Network;
use base64::prelude::{Engine as _, BASE64_STANDARD};

use super::*;
use crate::reserves::bitcoin_node::unspent;
use crate::rpc::Rpc;

const BLOCK: u64 = 860_000;
/// Cut-off of the book here.
const CUT_OFF: u64 = 1_787_412_831;

fn key() -> (SecretKey, String) {
    let key = SecretKey::from_slice(&[7; 32]).unwrap();
    let public = CompressedPublicKey(key.public_key(&Secp256k1::new()));
    let address = ::bitcoin::Address::p2wpkh(&public, Network::Bitcoin);
    (key, address.to_string())
}

/// A file of one address that holds 100 BTC, signed as BIP-137 has it.
fn signed(balance: &str) -> String {
    let (key, address) = key();
    let ours = Ownership {
        asset: "BTC".to_owned(),
        holder: Holder::Bitcoin(address.clone()),
        token: None,
        block: BLOCK,
        ..ownership()
    };
    assert!(ours.typed_data().is_none());
    assert!(ours.text().contains("Chain: Bitcoin\nBlock: 860000"));
    let hash = Message::from_digest(signed_msg_hash(&ours.text()).to_byte_array());
    let (id, rs) = Secp256k1::new()
        .sign_ecdsa_recoverable(&hash, &key)
        .serialize_compact();
    // 39 to 42: a key of P2WPKH.
    let bytes = [&[39 + id.to_i32() as u8][..], &rs].concat();
    let signature = BASE64_STANDARD.encode(bytes);
    format!(
        r#"{{"venue": "Example Exchange", "book": "{ROOT}", "assets": [{{"asset": "BTC", "addresses": [
        {{"address": "{address}", "chain": "bitcoin", "block": {BLOCK}, "balance": "{balance}",
        "scheme": "bip137", "signature": "{signature}"}}]}}]}}"#
    )
}

/// Answers requests one after the other with what is recorded for their methods; gives its address and
/// what it was asked.
fn server(answers: Vec<(&'static str, String)>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://user:secret@{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (method, result) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut head) = (0, String::new());
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                let lower = line.to_ascii_lowercase();
                if let Some(n) = lower.strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                head.push_str(&lower);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            assert!(body.contains(&format!("\"{method}\"")), "{body}");
            asked.push(head + &body);
            let body = format!(r#"{{"result": {result}, "error": null, "id": 1}}"#);
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
        asked
    });
    (url, thread)
}

/// The block, later ones whose time and median of times are so many seconds from the cut-off, a scan.
fn recorded_with(later: &[(i64, i64)], scan: &str) -> Vec<(&'static str, String)> {
    let hash = r#""00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054""#;
    let header = |height: usize, (time, median): (i64, i64)| {
        let at = |seconds: i64| CUT_OFF.checked_add_signed(seconds).unwrap();
        format!(
            r#"{{"hash": {hash}, "confirmations": 12, "height": {height}, "time": {}, "mediantime": {}}}"#,
            at(time),
            at(median)
        )
    };
    let blocks = std::iter::once((-300, -1_831)).chain(later.iter().copied());
    let mut answers = Vec::new();
    for (n, times) in blocks.enumerate() {
        answers.push(("getblockhash", hash.to_owned()));
        answers.push(("getblockheader", header(860_000 + n, times)));
    }
    answers.push(("scantxoutset", scan.to_owned()));
    answers
}

fn recorded(scan: &str) -> Vec<(&'static str, String)> {
    recorded_with(&[(1, 0)], scan)
}

/// Two outputs that were there at the block, and one that came after it.
fn scan(amount: &str) -> String {
    let script = crate::reserves::bitcoin::script(&key().1).unwrap();
    let output = |n: u32, amount: &str, height: u64| {
        format!(
            r#"{{"txid": "9d0ff5b4dd1f8a2d1f3a7bcae1f0b9a7a1bb4d3b0c8ac4be5fb6c5b2f1f0a0{n:02}", "vout": {n},
            "scriptPubKey": "{script}", "desc": "addr({})#cafe0000", "amount": {amount},
            "coinbase": false, "height": {height}}}"#,
            key().1
        )
    };
    format!(
        r#"{{"success": true, "txouts": 176000000, "height": 860012,
        "bestblock": "00000000000000000001b48a75d5a3077913f3f441eb7e08c13c43f768db2463",
        "unspents": [{}, {}, {}], "total_amount": 500.5}}"#,
        output(0, amount, 700_000),
        output(1, "0.00000001", BLOCK),
        output(2, "400.5", BLOCK + 1)
    )
}

fn told(text: &str, answers: &[Answers]) -> Report {
    let liabilities = Liabilities {
        book: &book(),
        market: &market(),
        policy: &Policy::rm1(),
    };
    let known = Known {
        assets: &Assets::bundled().unwrap(),
        answers,
        others: &Others::default(),
        venue: None,
    };
    report(&read(text).unwrap(), &liabilities, known).unwrap()
}

#[test]
fn coins_that_a_node_sees_count() {
    let text = signed("100.00000001");
    let (url, thread) = server(recorded(&scan("100.00000000")));
    let answers = unspent(&read(&text).unwrap(), CUT_OFF, &Rpc::patient(&url)).unwrap();
    let asked = thread.join().unwrap();
    // The password goes to the node, and into no message.
    assert!(asked
        .iter()
        .all(|asked| asked.contains("authorization: basic ")));
    assert!(
        asked[4].contains(&format!("addr({})", key().1)),
        "{}",
        asked[4]
    );
    assert_eq!(answers.less, []);
    let report = told(&text, &[answers]);
    assert_eq!(
        report.states,
        [(State::Confirmed, 100_000_000_010_000_000_000)]
    );
    assert!(line(&report, "BTC").covered());
    assert_eq!(report.unasked, []);
    // What moved since may have been there, and does not count.
    let (url, thread) = server(recorded(&scan("99.99999998")));
    let answers = unspent(&read(&text).unwrap(), CUT_OFF, &Rpc::patient(&url)).unwrap();
    thread.join().unwrap();
    assert_eq!(answers.less, [(0, 99_999_999_990_000_000_000)]);
    let report = told(&text, &[answers]);
    assert_eq!(line(&report, "BTC").reserves, 9_999_999_999);
}

/// Times of blocks go up and down: the last one at or before the cut-off is one and no other.
#[test]
fn the_block_of_bitcoin_is_the_last_at_or_before_the_cut_off() {
    assert_eq!(CUT_OFF, book().cut_off);
    let addresses = read(&signed("100")).unwrap();
    for (later, last) in [
        (&[(1, 0)][..], true),
        (&[(600, -1_200), (900, -600), (700, -1), (1_500, 3)], true),
        // One that comes later was made before the cut-off, by its own word.
        (&[(600, -1_200), (0, -600)], false),
        (&[(-299, -1_800)], false),
    ] {
        let (url, thread) = server(recorded_with(later, &scan("100")));
        let answers = unspent(&addresses, CUT_OFF, &Rpc::patient(&url)).unwrap();
        thread.join().unwrap();
        let shown = answers.block.unwrap();
        assert_eq!((shown.block, shown.time), (BLOCK, CUT_OFF - 300));
        assert_eq!(shown.is_last_at(CUT_OFF), last, "{later:?}");
        let wrong = words(&told(&signed("100"), &[answers]));
        let told = wrong
            .iter()
            .any(|word| word.contains("is not the last one"));
        assert_eq!(told, !last, "{wrong:?}");
    }
}

#[test]
fn a_node_of_bitcoin_that_cannot_tell() {
    let addresses = read(&signed("1")).unwrap();
    for (from, to, words) in [
        ("860012", "859999", "the node's last block is 859999"),
        ("\"success\": true", "\"success\": false", "did not end"),
        ("\"amount\": 400.5", "\"amount\": -1", "out of range"),
        (
            "\"scriptPubKey\": \"0014",
            "\"scriptPubKey\": \"0015",
            "was not asked for",
        ),
        ("unspents", "outputs", "scantxoutset"),
    ] {
        let altered = scan("100").replacen(from, to, 1);
        assert_ne!(altered, scan("100"), "{from}");
        let (url, thread) = server(recorded(&altered));
        let error = unspent(&addresses, CUT_OFF, &Rpc::patient(&url))
            .unwrap_err()
            .to_string();
        thread.join().unwrap();
        assert!(
            error.contains(words) && error.contains("hint: "),
            "{words}: {error}"
        );
    }
    let nowhere = Rpc::patient("http://user:secret@127.0.0.1:9");
    let error = unspent(&addresses, CUT_OFF, &nowhere)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("127.0.0.1:9") && !error.contains("secret"),
        "{error}"
    );
    // A file without Bitcoin asks nothing.
    let none = read(&file(&ENOUGH)).unwrap();
    assert!(unspent(&none, CUT_OFF, &nowhere)
        .unwrap()
        .checked
        .is_empty());
}

/// Signed as BIP-137 has it, for this very statement.
#[test]
fn an_address_of_bitcoin_is_signed_for_its_statement() {
    let text = signed("100");
    assert_eq!(told(&text, &[]).states[0].0, State::Claimed);
    for (from, to) in [
        ("Example Exchange", "Example Exchange 2"),
        ("\"block\": 860000", "\"block\": 860001"),
        ("\"assets\"", "\"insurance_fund\""),
    ] {
        let mut altered = text.replacen(from, to, 1);
        if to == "\"insurance_fund\"" {
            altered = altered.replacen("{", "{\"assets\": [], ", 1);
        }
        let report = told(&altered, &[]);
        assert_eq!(report.states[0].0, State::Refused, "{to}");
    }
    for (from, to, words) in [
        ("bc1q", "bc1p", "not an address of Bitcoin"),
        (
            "\"asset\": \"BTC\"",
            "\"asset\": \"BTC\", \"token\": \"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48\"",
            "no tokens",
        ),
        ("bip137", "typed_data", "no way to sign of chain Bitcoin"),
        ("\"signature\": \"", "\"signature\": \"!", "not base64"),
    ] {
        let error = read(&text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}
