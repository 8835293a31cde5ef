//! A proven book on a chain: what the registry has is what the published folder says, and a folder
//! that differs in anything is told from it.

use alloy_primitives::{Address, U256};
use serde_json::Value;
use zkmargin_chain::abi::SolvencyRegistry::{self, publishCall, Epoch, EpochPublished};
use zkmargin_chain::anvil::Anvil;
use zkmargin_chain::deployment::Deployment;
use zkmargin_chain::node::Node;
use zkmargin_chain::publication::{differences, publish_call};
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::format_unsigned;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::plan::smallest;
use zkmargin_testing::chain::{contracts, CHAIN_ID};
use zkmargin_verifier::book::{Fault, ProvenBook};

use crate::common::{Folder, MARKET};

const BUILD: &str = "book build accounts.jsonl --market market.json --k 10 --out book";

/// A proven book, three of whose accounts fail, and what `book prove` says of it.
fn proven() -> (Folder, Value) {
    let folder = Folder::with_files();
    let line = "venue generate --market market.json --accounts 70 --positions 3 --underwater 2 \
                --short 1 --insecure-seed 1 --out accounts.jsonl";
    folder.run(line).code(0);
    folder.run(BUILD).code(0);
    let report = folder.run("book prove book --json").code(0).json();
    (folder, report)
}

fn key() -> BatchVerifier {
    let policy = Policy::rm1();
    let market = Market::from_json(MARKET, "market.json", &policy).unwrap();
    let shape = smallest(&market, &policy).unwrap();
    assert_eq!(shape.k(), 10);
    let setup = Setup::embedded(shape.k()).unwrap();
    BatchVerifier::new(&setup, &policy, &market, shape).unwrap()
}

#[test]
fn real_proof_the_registry_says_what_the_folder_says() {
    let Some(contracts) = contracts() else {
        return;
    };
    let (folder, report) = proven();
    let public = folder.path("book/public");
    let key = key();
    let book = ProvenBook::read(&public, &key).unwrap().unwrap();
    assert_eq!(report["digest"], book.digest().to_string());

    let program = Anvil::find(None, contracts.folder()).unwrap();
    let anvil = Anvil::start(&program, CHAIN_ID, u64::from(START)).unwrap();
    let node = Node::connect(anvil.url()).unwrap();
    let on = Deployment::new(&node, &contracts, SIZE).unwrap();
    let call = publish_call(0, &book, Address::ZERO);
    let receipt = node.send(on.cast.venue, on.registry, &call).unwrap();
    let event = &receipt.events::<EpochPublished>(on.registry)[0];
    let epoch = SolvencyRegistry::epochCall {
        venue: on.cast.venue,
        number: 0,
    };
    let recorded = node.call(on.registry, &epoch).unwrap();
    assert_eq!(differences(&recorded, &book), [""; 0]);

    // The same words on both sides, and the units of the text's last digits.
    let totals = &recorded.publication.totals;
    assert_eq!(report["totals"]["accounts"], totals.accounts);
    assert_eq!(report["totals"]["failing"], totals.failing);
    assert_eq!((totals.accounts, totals.failing), (70, 3));
    for (name, units, decimals) in [
        ("equity", totals.equity, 16),
        ("shortfall", totals.shortfall, 16),
        ("deficit", totals.deficit, 20),
    ] {
        assert!(units > 0, "{name}");
        let text = format_unsigned(units, decimals);
        assert_eq!(report["totals"][name], text, "{name}");
    }
    let listed = report["assets"].as_array().unwrap();
    assert_eq!(event.assets.len(), listed.len());
    for (asset, listed) in event.assets.iter().zip(listed) {
        assert_eq!(listed["id"], format!("{:#025x}", asset.id));
        assert_eq!(listed["long"], format_unsigned(asset.long, 8));
        assert_eq!(listed["short"], format_unsigned(asset.short, 8));
    }
    every_field_is_compared(&recorded, &book);
    a_verifier_asks_the_registry(&folder, (&anvil, &node, &on), call);
}

/// `book verify --registry`: what stands there is this folder, or the verdict is no.
fn a_verifier_asks_the_registry(
    folder: &Folder,
    (anvil, node, on): (&Anvil, &Node, &Deployment),
    mut call: publishCall,
) {
    let line = |venue: Address| {
        let registry = format!("--registry {} {} --venue {venue}", anvil.url(), on.registry);
        format!("book verify book/public --json {registry}")
    };
    let venue = line(on.cast.venue);
    let report = folder.run(&venue).code(0).json();
    let has = |field: &str, what: &str| report[field].as_array().unwrap().contains(&what.into());
    assert!(has("checked", "root") && has("checked", "key"), "{report}");
    assert!(
        has("trusted", "policy") && !has("trusted", "root"),
        "{report}"
    );
    let record = report["record"].as_str().unwrap();
    assert!(
        record.contains("number 0 of ") && record.ends_with("the venue's last"),
        "{record}"
    );
    let text = folder.run(&venue.replace(" --json", "")).code(0).stdout;
    assert!(text.contains("published  registry 0x"), "{text}");
    let other = folder.run(&line(on.cast.stranger)).code(1).json();
    assert!(other["faults"]
        .to_string()
        .contains("has no book with this root"));
    folder
        .run(&line(on.cast.venue).replace(&on.registry.to_string(), "0x12"))
        .refused(&["--registry 0x12", "not an address"]);
    folder
        .run(&line(on.cast.venue).replace(anvil.url(), "http://127.0.0.1:9"))
        .refused(&["127.0.0.1:9"]);
    // A customer takes the root from there, and needs no number from anybody.
    folder
        .run("book include book --index 3 --out packet.json")
        .code(0);
    let check = |venue: Address| {
        let registry = format!("--registry {} {} --venue {venue}", anvil.url(), on.registry);
        format!("book check packet.json --policy rm1 --json {registry}")
    };
    let counted = folder.run(&check(on.cast.venue)).code(0).json();
    for field in ["counted", "root_known"] {
        assert_eq!(counted[field], true, "{field}");
    }
    let other = folder.run(&check(on.cast.stranger)).code(1).json();
    assert_eq!(other["counted"], false);
    // The same root, and another folder: proofs of it that nobody else was shown.
    call.publication.digest.0[0] ^= 1;
    node.send(on.cast.stranger, on.registry, &call).unwrap();
    let report = folder.run(&line(on.cast.stranger)).code(1).json();
    assert_eq!(report["verified"], false);
    assert!(
        report["faults"].to_string().contains("has another digest"),
        "{report}"
    );
}

/// A venue that claims anything else than its folder is found out, field by field.
fn every_field_is_compared(recorded: &Epoch, book: &ProvenBook) {
    type Alter = fn(&mut Epoch);
    let lies: [(&str, Alter); 12] = [
        ("root", |e| e.publication.root += U256::ONE),
        ("market", |e| e.publication.market += U256::ONE),
        ("policy", |e| e.publication.policy += U256::ONE),
        ("digest", |e| e.publication.digest.0[31] ^= 1),
        ("cut_off", |e| e.publication.cutOff -= 1),
        ("ratio", |e| e.publication.ratio -= 1),
        ("accounts", |e| e.publication.totals.accounts -= 1),
        ("failing", |e| e.publication.totals.failing -= 1),
        ("equity", |e| e.publication.totals.equity -= 1),
        ("shortfall", |e| e.publication.totals.shortfall -= 1),
        ("deficit", |e| e.publication.totals.deficit -= 1),
        ("assets", |e| e.assets.0[0] ^= 1),
    ];
    for (field, alter) in lies {
        let mut lie = recorded.clone();
        alter(&mut lie);
        assert_eq!(differences(&lie, book), [field]);
    }
}

#[test]
fn a_book_that_does_not_hold_is_not_published() {
    let (folder, _) = proven();
    let public = folder.path("book/public");
    let key = key();
    let path = "book/public/book.json";
    let good = folder.read(path);
    let mut bad: Value = serde_json::from_str(&good).unwrap();
    bad["totals"]["shortfall"] = "0".into();
    folder.write(path, &bad.to_string());
    let faults = ProvenBook::read(&public, &key).unwrap().unwrap_err();
    assert_eq!(faults, [Fault::Totals { what: "totals" }]);
    // The sums add up, but no proof says so.
    for batch in bad["batches"].as_array_mut().unwrap() {
        batch["statement"]["totals"]["shortfall"] = "0x0".into();
    }
    folder.write(path, &bad.to_string());
    let faults = ProvenBook::read(&public, &key).unwrap().unwrap_err();
    assert!(
        matches!(faults[..], [Fault::Proof { batch: 0, .. }]),
        "{faults:?}"
    );
    folder.write(path, &good);
    // A market that the book is not about, in the folder where others read it.
    let market = folder.read("book/public/market.json");
    let other = market.replacen("1787412831", "1787412832", 1);
    folder.write("book/public/market.json", &other);
    let faults = ProvenBook::read(&public, &key).unwrap().unwrap_err();
    let [time, market_too] = ["time", "market"].map(|what| Fault::Other { what });
    assert_eq!(faults, [time, market_too]);
    folder.write("book/public/market.json", &market);
    // A file that nothing speaks of: no digest, from either program.
    folder.write("book/public/letter.txt", "all is well");
    let error = ProvenBook::read(&public, &key).unwrap_err().to_string();
    assert!(error.contains("letter.txt"), "{error}");
    let verify = "book verify book/public --json";
    folder.run(verify).refused(&["letter.txt", "no digest"]);
    folder.run("book prove book").refused(&["letter.txt"]);
    std::fs::remove_file(folder.path("book/public/letter.txt")).unwrap();
    let verified = folder.run(verify).code(0).json();
    let book = ProvenBook::read(&public, &key).unwrap().unwrap();
    assert_eq!(verified["digest"], book.digest().to_string());
}
