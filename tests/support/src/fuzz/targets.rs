//! The targets, a few lines each.

use alloy_primitives::keccak256;
use zkmargin_chain::reserves::Addresses;
use zkmargin_desk::import::{deribit_csv, ChainOptions};
use zkmargin_engine::account::{Account, Listing, Secret};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_keys::setup::{ImportOptions, Setup};
use zkmargin_prover::book::encoding;
use zkmargin_prover::book::queue::Task;
use zkmargin_prover::book::read::{Format, Reader};
use zkmargin_verifier::bn254::Fr;
use zkmargin_verifier::book::{inventory, BatchProof, PublicBook};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::packet::Packet;
use zkmargin_verifier::protocol::{InstanceColumn, KeyFile, Protocol};
use zkmargin_verifier::transcript::Encoding;

use super::promises::{accepted, as_file, shows_no_secret, text, texts};
use super::seeds::{self, market, policy};
use super::Target;
use crate::tabled::{TabledKey, SQUARES};

/// All of them.
pub const TARGETS: [Target; 16] = [
    Target {
        name: "market",
        read: read_market,
        seeds: || texts([seeds::market_text()]),
    },
    Target {
        name: "account",
        read: read_account,
        seeds: || texts([seeds::account_text()]),
    },
    Target {
        name: "secret",
        read: read_secret,
        seeds: || texts([seeds::secret_text()]),
    },
    Target {
        name: "policy",
        read: read_policy,
        seeds: policies,
    },
    Target {
        name: "bundle",
        read: read_bundle,
        seeds: || texts([seeds::bundle().to_json()]),
    },
    Target {
        name: "protocol",
        read: read_protocol,
        seeds: protocols,
    },
    Target {
        name: "packet",
        read: read_packet,
        seeds: || texts([seeds::packet().to_json()]),
    },
    Target {
        name: "published_book",
        read: read_book,
        seeds: || texts([seeds::book_text()]),
    },
    Target {
        name: "batch_proof",
        read: read_batch_proof,
        seeds: || vec![seeds::batch_proof()],
    },
    Target {
        name: "inventory",
        read: read_inventory,
        seeds: || texts([seeds::inventory_text()]),
    },
    Target {
        name: "addresses",
        read: read_addresses,
        seeds: || texts([seeds::addresses_text()]),
    },
    Target {
        name: "queue_job",
        read: read_job,
        seeds: || texts([seeds::job_text()]),
    },
    Target {
        name: "batch_input",
        read: read_batch,
        seeds: || vec![seeds::batch()],
    },
    Target {
        name: "ptau",
        read: read_ptau,
        seeds: ptaus,
    },
    Target {
        name: "chain_csv",
        read: read_chain,
        seeds: || texts([seeds::chain_text()]),
    },
    Target {
        name: "accounts_csv",
        read: read_table,
        seeds: || texts([seeds::table_text()]),
    },
];

fn read_market(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(Market::from_json(text, "market.json", policy())) else {
        return false;
    };
    let again = read
        .to_json(policy())
        .expect("a market that was read is written");
    let again = Market::from_json(&again, "again", policy()).expect("and read again");
    assert_eq!(read.digest(), again.digest());
    true
}

fn read_account(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(Account::from_json(text, "account.json", market(), policy())) else {
        return false;
    };
    assert!(read
        .positions
        .windows(2)
        .all(|pair| pair[0].id < pair[1].id));
    assert!(read
        .positions
        .iter()
        .all(|p| market().listed(p.id).is_some() && p.quantity != 0));
    true
}

fn read_secret(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(Secret::from_json(text, "secret.json")) else {
        return false;
    };
    assert_ne!(read.identity(), Default::default(), "an identity of nobody");
    shows_no_secret(&format!("{read:?}"));
    let again = Secret::from_json(&read.to_json(), "again").expect("what was read is written");
    assert_eq!(again, read);
    true
}

fn policies() -> Vec<Vec<u8>> {
    let shipped = ["rm1", "wide"]
        .map(|name| format!("{}/../../policies/{name}.toml", env!("CARGO_MANIFEST_DIR")));
    shipped
        .map(|path| std::fs::read(path).expect("a policy of the repository"))
        .into()
}

fn read_policy(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(Policy::from_toml(text, "policy.toml")) else {
        return false;
    };
    assert_eq!(
        read.digest(),
        Policy::from_toml(text, "again")
            .expect("as before")
            .digest()
    );
    true
}

fn read_bundle(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(Bundle::from_json(text, "proof.json")) else {
        return false;
    };
    assert_eq!(
        Bundle::from_json(&read.to_json(), "again").as_ref(),
        Ok(&read)
    );
    true
}

fn protocols() -> Vec<Vec<u8>> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../verifier/assets/protocols"
    );
    let small = std::fs::read(format!("{folder}/rm1-small.zkprotocol"));
    let key = TabledKey::new(SQUARES);
    vec![
        small.expect("a protocol of the repository"),
        key.whole().to_bytes(),
        key.template().to_bytes(),
    ]
}

/// Reads a key, and once more under the digest that its content has: a stranger writes that, too.
fn read_protocol(bytes: &[u8]) -> bool {
    let content = bytes.len().checked_sub(32).map(|end| &bytes[..end]);
    if let Some(content) = content {
        let sealed = [content, keccak256(content).as_slice()].concat();
        if let Some(key) = accepted(KeyFile::from_bytes(&sealed)) {
            assert_eq!(key.to_bytes(), sealed, "one encoding of a key");
            prepared(key);
        }
    }
    let Some(read) = accepted(KeyFile::from_bytes(bytes)) else {
        return false;
    };
    assert_eq!(read.to_bytes(), bytes, "one encoding of a key");
    true
}

/// Whatever key is accepted, a verifier can be made of it, and takes no proof of zeros.
fn prepared(key: KeyFile) {
    let key = match key {
        KeyFile::Whole(key) => *key,
        KeyFile::Open(template) => {
            let rows = template.rows().min(4);
            let Some(key) = accepted(template.complete(|_| Some(vec![Fr::ONE; rows]))) else {
                return;
            };
            let read = accepted(Protocol::from_bytes(&key.to_bytes()));
            assert!(read.is_some(), "a completed key has a file");
            key
        }
    };
    let verifier = LightVerifier::new(key);
    let columns = verifier.protocol().instance.iter();
    let inputs: Vec<Vec<Fr>> = columns
        .map(|column| match column {
            InstanceColumn::Exactly(rows) => vec![Fr::ZERO; *rows as usize],
            InstanceColumn::AtMost(_) => Vec::new(),
        })
        .collect();
    let inputs: Vec<&[Fr]> = inputs.iter().map(Vec::as_slice).collect();
    for (encoding, point) in [(Encoding::Chain, 64), (Encoding::Compact, 32)] {
        let bytes = verifier.plan().proof_bytes(point);
        assert!(verifier.verify(&inputs, &vec![0; bytes], encoding).is_err());
    }
}

fn read_packet(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(Packet::from_json(text, "packet.json")) else {
        return false;
    };
    assert_eq!(
        Packet::from_json(&read.to_json(), "again").as_ref(),
        Ok(&read)
    );
    if let Err(reason) = read.check(&Default::default(), Some(policy())) {
        shows_no_secret(&reason.to_string());
    }
    true
}

fn read_book(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let about = (market(), policy());
    let Some(read) = accepted(PublicBook::from_json(text, "book.json", about)) else {
        return false;
    };
    let again = read.to_json(policy());
    assert_eq!(
        PublicBook::from_json(&again, "again", about).ok().as_ref(),
        Some(&read)
    );
    true
}

fn read_batch_proof(bytes: &[u8]) -> bool {
    let Some(read) = accepted(BatchProof::from_bytes(bytes, "batch.json")) else {
        return false;
    };
    assert_eq!(
        BatchProof::from_bytes(&read.to_bytes(), "again")
            .ok()
            .as_ref(),
        Some(&read)
    );
    true
}

fn read_inventory(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    let Some(read) = accepted(inventory::from_json(
        text,
        (market(), policy()),
        "inventory.json",
    )) else {
        return false;
    };
    assert!(read.iter().all(|p| market().listed(p.id).is_some()));
    true
}

fn read_addresses(bytes: &[u8]) -> bool {
    let Some(text) = text(bytes) else {
        return false;
    };
    accepted(Addresses::from_json(
        text,
        "addresses.json",
        (market(), policy()),
    ))
    .is_some()
}

fn read_job(bytes: &[u8]) -> bool {
    let Some(read) = accepted(Task::parse(bytes)) else {
        return false;
    };
    // What a stranger names ends in a subject of the broker.
    assert!(
        !read.subject().contains([' ', '*', '>', '\n']),
        "{}",
        read.subject()
    );
    assert_eq!(Task::parse(&read.payload()).as_ref(), Ok(&read));
    true
}

fn read_batch(bytes: &[u8]) -> bool {
    let Some(read) = accepted(encoding::decode(bytes)) else {
        return false;
    };
    assert_eq!(encoding::encode(&read), bytes, "one encoding of a batch");
    true
}

fn ptaus() -> Vec<Vec<u8>> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../verifier/keys/tests/data"
    );
    let path = format!("{folder}/snarkjs_contributed_4.ptau");
    vec![std::fs::read(path).expect("a file of the repository")]
}

fn read_ptau(bytes: &[u8]) -> bool {
    let reading = as_file("setup.ptau", bytes, |path| {
        Setup::import(path, &ImportOptions::default())
    });
    accepted(reading).is_some()
}

fn read_chain(bytes: &[u8]) -> bool {
    accepted(as_file("chain.csv", bytes, |path| {
        deribit_csv::import(path, &ChainOptions::default(), policy())
    }))
    .is_some()
}

fn read_table(bytes: &[u8]) -> bool {
    let listing = Listing::new(market(), policy());
    let read = as_file("accounts.csv", bytes, |path| {
        let mut reader = Reader::open(path, Some(Format::Csv), &listing)?;
        let mut accounts = 0;
        loop {
            match reader.chunk()?.len() {
                0 => return Ok::<_, zkmargin_prover::book::BookError>(accounts),
                more => accounts += more,
            }
        }
    });
    accepted(read).is_some_and(|accounts| accounts > 0)
}
