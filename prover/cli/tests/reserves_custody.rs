//! `book reserves` of a proven book that owes USDC in custody, on a real chain: agreements in the venue's
//! file, each with the proof by which it was credited, and their sum against what the book owes.

use alloy_primitives::{keccak256, Bytes, B256};
use serde_json::{json, Value};
use zkmargin_chain::abi::MarginVault::Terms;
use zkmargin_chain::abi::TestToken;
use zkmargin_chain::binding::{agreement_id, word};
use zkmargin_chain::publication::publish_call;
use zkmargin_chain::rpc::Rpc;
use zkmargin_chain::terms::written;
use zkmargin_chain::trader::Tools;
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::plan::smallest;
use zkmargin_testing::chain::{units, Stage, CHAIN_ID};
use zkmargin_verifier::book::ProvenBook;

use crate::common::{line, Folder};

/// Dollars in the two agreements.
const KEPT: [u64; 2] = [30_000, 20_000];
/// Dollars at the venue's address; it owes 1,400.
const DOLLARS: u64 = 1_500;
const BOB: &str = "0x8a7b6c5d4e3f20119f1e2d3c4b5a6978291807162534f5e4d3c2b1a0998877";

/// A venue that credited two agreements and published a book which counts them.
struct Custodian {
    stage: Stage,
    folder: Folder,
    terms: [Terms; 2],
    credits: [Bytes; 2],
    root: String,
    block: u64,
}

impl Custodian {
    fn set() -> Option<Custodian> {
        let stage = Stage::set(CHAIN_ID)?;
        let terms = [1, 2].map(|salt| Terms {
            salt: B256::repeat_byte(salt),
            ..stage
                .on
                .custody(stage.terms.policy, stage.terms.nullifier, START.into())
        });
        for (terms, dollars) in terms.iter().zip(KEPT) {
            stage.open(terms);
            stage.fund(stage.on.vault, terms, dollars);
        }
        let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
        let credits = [0, 1].map(|n: usize| stage.credit(&tools, &terms[n]));
        let (to, amount) = (stage.on.cast.venue, units(DOLLARS));
        let mint = TestToken::mintCall { to, amount };
        let minted = stage
            .node
            .send(stage.on.cast.deployer, stage.on.token, &mint);
        minted.expect("minted");
        // Moments are drawn after the book before, when all of it was there.
        let mut before = stage.book.clone();
        before.leaves.swap(0, 1);
        stage.claim_root(1, before.root());
        let rpc = Rpc::new(stage.anvil.url());
        let number = rpc.request("eth_blockNumber", json!([])).unwrap();
        let digits = number.as_str().unwrap().trim_start_matches("0x").to_owned();
        let block = u64::from_str_radix(&digits, 16).unwrap();
        let folder = Folder::with_files();
        let root = published(&stage, &folder);
        Some(Custodian {
            stage,
            folder,
            terms,
            credits,
            root,
            block,
        })
    }

    /// An agreement in the venue's file, with a proof.
    fn agreement(&self, n: usize, credit: usize) -> Value {
        json!({ "asset": "USDC-CUSTODY", "chain_id": CHAIN_ID, "block": self.block,
            "vault": self.stage.on.vault, "terms": written(&self.terms[n]),
            "credit": { "verifier": 0, "epoch": 0, "proof": self.credits[credit],
                "market": word(self.stage.scene.market.digest()) } })
    }

    /// Writes the venue's file, with a signature over what the program asks for.
    fn file(&self, custody: &[Value]) {
        let on = &self.stage.on;
        let mut file = json!({ "venue": "Example", "book": self.root, "custody": custody,
            "assets": [{ "asset": "USD", "token": on.token, "addresses": [{
                "address": on.cast.venue, "chain_id": CHAIN_ID, "block": self.block,
                "balance": DOLLARS.to_string(), "scheme": "personal_sign" }] }] });
        self.folder.write("addresses.json", &file.to_string());
        let asked = "book reserves addresses.json --liabilities book/public/book.json --messages";
        let messages = self.folder.run(asked).code(0).json();
        let text = messages[0]["text"].as_str().unwrap();
        let signature = on.venue_key.sign_message(text).unwrap();
        file["assets"][0]["addresses"][0]["signature"] = json!(signature);
        self.folder.write("addresses.json", &file.to_string());
    }

    /// The verifier's list, with the vault or without.
    fn list(&self, vault: bool) {
        let on = &self.stage.on;
        let code = keccak256(self.stage.node.code(on.verifier).unwrap());
        let dollars = format!(
            "version = 1\n[[asset]]\nsymbol = \"USD\"\nindependent = true\n\
             at = [{{ chain = {CHAIN_ID}, token = \"{}\" }}]\n",
            on.token
        );
        let keeper = format!(
            "[[custody]]\nasset = \"USDC-CUSTODY\"\nchain = {CHAIN_ID}\nvault = \"{}\"\n\
             token = \"{}\"\noracle = \"{}\"\nregistry = \"{}\"\npolicy = \"{:#x}\"\n\
             verifiers = [\"{code}\"]\n",
            on.vault, on.token, on.oracle, on.registry, self.terms[0].policy
        );
        let keeper = if vault { keeper } else { String::new() };
        self.folder.write("assets.toml", &(dollars + &keeper));
    }

    /// The command, with a node, and with registry and venue.
    fn line(&self) -> [String; 3] {
        let (url, on) = (self.stage.anvil.url(), &self.stage.on);
        [
            "book reserves addresses.json --liabilities book/public/book.json --assets assets.toml"
                .to_owned(),
            format!("--rpc {url}"),
            format!("--registry {url} {} --venue {}", on.registry, on.cast.venue),
        ]
    }
}

/// Builds, proves and publishes a book, cut in the last block, at the first market after it. Its root.
fn published(stage: &Stage, folder: &Folder) -> String {
    let cut_off = stage.node.time().unwrap();
    let time = START + 60;
    assert!(u64::from(time) >= cut_off);
    let cash = ["USD", "USD-SETTLEMENT", "USDC", "USDC-CUSTODY"]
        .map(|id| json!({ "id": id, "kind": "cash", "mark": "1" }));
    let text = json!({ "time": time, "instruments": cash }).to_string();
    let policy = Policy::rm1();
    let market = Market::from_json(&text, "market.json", &policy).unwrap();
    stage.record(&market, 5);
    folder.write("market.json", &text);
    let account = line();
    let (holder, _) = account.split_once("\"positions\"").unwrap();
    let dollars = |n: u64| json!({ "instrument": "USD", "quantity": n.to_string() });
    let kept = KEPT.iter().sum::<u64>().to_string();
    let kept = json!({ "instrument": "USDC-CUSTODY", "quantity": kept });
    let bob = json!({ "version": 2, "customer": "bob", "nonce": BOB, "identity": "0x0",
        "account": 8, "positions": [dollars(400)] });
    let ann = json!([dollars(1_000), kept]);
    folder.write(
        "accounts.jsonl",
        &format!("{holder}\"positions\": {ann}}}\n{bob}\n"),
    );
    let build = "book build accounts.jsonl --market market.json --k 10 --out book --json";
    let built = folder.run(&format!("{build} --cut-off {cut_off}"));
    let root = built.code(0).json()["root"].as_str().unwrap().to_owned();
    folder.run("book prove book").code(0);
    let shape = smallest(&market, &policy).unwrap();
    let setup = Setup::embedded(shape.k()).unwrap();
    let key = BatchVerifier::new(&setup, &policy, &market, shape).unwrap();
    let book = ProvenBook::read(&folder.path("book/public"), &key).unwrap();
    let call = publish_call(2, &book.unwrap(), stage.on.oracle);
    let sent = stage
        .node
        .send(stage.on.cast.venue, stage.on.registry, &call);
    sent.expect("an epoch");
    stage.node.pass(1).unwrap();
    root
}

#[test]
fn real_proof_reserves_count_custody_by_its_agreements() {
    let Some(venue) = Custodian::set() else {
        return;
    };
    let (own, both) = (
        [venue.agreement(0, 0)],
        [0, 1].map(|n| venue.agreement(n, n)),
    );
    venue.list(true);
    let [line, rpc, registry] = venue.line();
    let line = format!("{line} --json");
    let all = format!("{line} {rpc} {registry}");
    venue.file(&both);
    let report = venue.folder.run(&all).code(0).json();
    assert_eq!(
        (&report["answer"], &report["covered"]),
        (&"yes".into(), &true.into())
    );
    let owed = |report: &Value| {
        let lines = report["assets"].as_array().unwrap();
        let line = lines.iter().find(|line| line["asset"] == "USDC-CUSTODY");
        let line = line.unwrap();
        ["reserves", "liabilities", "agreements"].map(|field| line[field].clone())
    };
    assert_eq!(owed(&report), [json!("50000"), json!("50000"), json!(2)]);
    for (n, dollars) in KEPT.iter().enumerate() {
        let told = &report["custody"][n];
        assert_eq!(told["state"], "confirmed");
        assert_eq!(told["balance"], dollars.to_string());
        assert_eq!(told["id"], agreement_id(&venue.terms[n]).to_string());
    }
    let text = venue.folder.run(&all.replace(" --json", "")).code(0).stdout;
    assert!(text.starts_with("COVERED"), "{text}");
    assert!(text.contains("30,000 USDC-CUSTODY: 0x"), "{text}");

    // Of what the book owes one agreement alone has not enough, and nothing else stands in for the other.
    venue.file(&own);
    let report = venue.folder.run(&all).code(1).json();
    assert_eq!(report["answer"], "no");
    assert_eq!(owed(&report), [json!("30000"), json!("50000"), json!(1)]);
    // A proof by which another agreement was credited.
    venue.file(&[venue.agreement(0, 0), venue.agreement(1, 0)]);
    let report = venue.folder.run(&all).code(1).json();
    assert_eq!(owed(&report)[0], "30000");
    assert_eq!(report["custody"][1]["state"], "does not count");
    let faults = report["faults"].to_string();
    assert!(faults.contains("of its credit does not hold"), "{faults}");

    // Nobody was asked, nobody said whose agreements they must be, nobody knows the vault.
    venue.file(&both);
    let untold = |line: &str, words: &str| {
        let report = venue.folder.run(line).code(2).json();
        assert_eq!(report["answer"], "could not tell", "{line}");
        assert_eq!(report["custody"][0]["state"], "could not tell");
        let told = report["untold"].to_string();
        assert!(told.contains(words), "no {words:?} in: {told}");
    };
    untold(&format!("{line} {registry}"), "no node of its chain");
    untold(&format!("{line} {rpc}"), "name registry and venue");
    // Without the vault in the list nothing of the kind counts, which is no.
    venue.list(false);
    let report = venue.folder.run(&all).code(1).json();
    assert_eq!(owed(&report), [json!("0"), json!("50000"), json!(0)]);
    let told = report["untold"].to_string();
    assert!(told.contains("has no such vault"), "{told}");
}
