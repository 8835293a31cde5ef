//! Agreements of custody as a node of a real chain tells them: which count, and the lies that do not.

use alloy_primitives::{keccak256, Address, Bytes, B256};
use serde_json::{json, Value};
use zkmargin_chain::abi::MarginVault::{self, Terms};
use zkmargin_chain::abi::SolvencyRegistry::{
    headCall, publishCall, Publication, Totals as ChainTotals,
};
use zkmargin_chain::abi::TestToken;
use zkmargin_chain::artifact::TOKEN;
use zkmargin_chain::binding::word;
use zkmargin_chain::deployment::deploy;
use zkmargin_chain::keeper;
use zkmargin_chain::reserves::custody::{CustodyFault, CustodyUntold, Facts, Venue};
use zkmargin_chain::reserves::moment::moment;
use zkmargin_chain::reserves::node::balances;
use zkmargin_chain::reserves::{
    report, Addresses, Assets, Covered, Fault, Known, Liabilities, Others, Report, Untold,
};
use zkmargin_chain::rpc::Rpc;
use zkmargin_chain::terms::written;
use zkmargin_chain::trader::Tools;
use zkmargin_desk::scene::{SIZE, START};
use zkmargin_engine::book::{AssetTotal, Totals};
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_testing::chain::{units, Stage, CHAIN_ID, STAKE};
use zkmargin_verifier::book::PublicBook;

const ASSET: &str = "USDC-CUSTODY";
const TAKEN: u64 = 3_000;

fn market(policy: &Policy) -> Market {
    let text = format!(
        r#"{{"time": {START}, "instruments": [
        {{"id": "USD", "kind": "cash", "mark": "1"}},
        {{"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"}}, {{"id": "{ASSET}", "kind": "cash", "mark": "1"}}]}}"#
    );
    Market::from_json(&text, "m.json", policy).unwrap()
}

/// A venue that credited one agreement, and what it shows of it.
struct Venues {
    stage: Stage,
    rpc: Rpc,
    terms: Terms,
    proof: Bytes,
    list: String,
}

impl Venues {
    fn set() -> Option<Self> {
        let stage = Stage::set(CHAIN_ID)?;
        let (policy, nullifier) = (stage.terms.policy, stage.terms.nullifier);
        let terms = stage.on.custody(policy, nullifier, START.into());
        stage.open(&terms);
        stage.fund(stage.on.vault, &terms, STAKE);
        let tools = Tools::load(stage.scene.policy.clone(), SIZE).expect("keys");
        let proof = stage.credit(&tools, &terms);
        let code = keccak256(stage.node.code(stage.on.verifier).unwrap());
        let on = &stage.on;
        let list = format!(
            "version = 1\n[[custody]]\nasset = \"{ASSET}\"\nchain = {CHAIN_ID}\nvault = \"{}\"\n\
             token = \"{}\"\noracle = \"{}\"\nregistry = \"{}\"\npolicy = \"{policy:#x}\"\n\
             verifiers = [\"{code}\"]\n",
            on.vault, on.token, on.oracle, on.registry
        );
        Some(Venues {
            rpc: Rpc::new(stage.anvil.url()),
            stage,
            terms,
            proof,
            list,
        })
    }

    /// The last block, after which there is another one.
    fn block(&self) -> u64 {
        let number = self.rpc.request("eth_blockNumber", json!([])).unwrap();
        self.stage.node.pass(1).unwrap();
        let digits = number.as_str().unwrap().trim_start_matches("0x").to_owned();
        u64::from_str_radix(&digits, 16).unwrap()
    }

    fn entry(&self, terms: &Terms) -> Value {
        json!({ "asset": ASSET, "chain_id": CHAIN_ID, "block": self.block(),
            "vault": self.stage.on.vault, "terms": written(terms),
            "credit": { "verifier": 0, "epoch": 0, "proof": self.proof,
                "market": word(self.stage.scene.market.digest()) } })
    }

    fn facts(&self, entry: &Value) -> Facts {
        let policy = Policy::rm1();
        let file = file(entry);
        let addresses = Addresses::from_json(&file, "a.json", (&market(&policy), &policy)).unwrap();
        let answers = balances(&addresses, &[], &self.rpc).unwrap();
        answers.custody[0].1.clone()
    }

    /// The report on one agreement, when the book owes so many dollars in custody.
    fn told(&self, entry: &Value, owed: u64) -> Report {
        let policy = Policy::rm1();
        let market = market(&policy);
        let addresses = Addresses::from_json(&file(entry), "a.json", (&market, &policy)).unwrap();
        let answers = balances(&addresses, &[], &self.rpc).unwrap();
        let mut book = book(owed, (&market, &policy));
        book.cut_off = answers.block.unwrap().time;
        let liabilities = Liabilities {
            book: &book,
            market: &market,
            policy: &policy,
        };
        let known = Known {
            assets: &Assets::from_toml(&self.list, "assets.toml").unwrap(),
            answers: &[answers],
            others: &Others::default(),
            venue: Some(Venue {
                chain: CHAIN_ID,
                registry: self.stage.on.registry,
                address: self.stage.on.cast.venue,
            }),
        };
        report(&addresses, &liabilities, known).unwrap()
    }

    /// Why the agreement does not count.
    fn fault(&self, entry: &Value) -> CustodyFault {
        let report = self.told(entry, 1);
        assert_eq!(report.covered, Covered::No);
        let found = report.faults.into_iter().find_map(|fault| match fault {
            Fault::Custody { fault, .. } => Some(fault),
            _ => None,
        });
        found.expect("a fault")
    }
}

fn file(entry: &Value) -> String {
    json!({ "venue": "V", "book": "0x1", "assets": [], "custody": [entry] }).to_string()
}

/// A book that owes so many dollars, all of them in custody.
fn book(owed: u64, (market, policy): (&Market, &Policy)) -> PublicBook {
    PublicBook {
        number: 1,
        time: market.time().into(),
        cut_off: market.time().into(),
        policy: policy.digest(),
        market: market.digest(),
        root: Fr::from(1),
        count: 1,
        ratio: 10_000,
        k: 10,
        totals: Totals {
            accounts: 1,
            failing: 0,
            equity: u128::from(owed) * 10u128.pow(16),
            shortfall: 0,
            deficit: 0,
        },
        assets: vec![AssetTotal {
            id: InstrumentId::from_name(ASSET, policy).unwrap(),
            long: u128::from(owed) * 100_000_000,
            short: 0,
        }],
        inventory: Vec::new(),
        batches: Vec::new(),
    }
}

#[test]
fn real_proof_chain_custody_in_reserves() {
    let Some(venue) = Venues::set() else {
        return;
    };
    let honest = venue.entry(&venue.terms);
    let report = venue.told(&honest, STAKE);
    assert_eq!(
        (report.covered, &report.faults[..]),
        (Covered::Yes, &[][..])
    );
    assert_eq!(venue.told(&honest, STAKE + 1).covered, Covered::No);
    // Before the last block of the deposit there was nothing in it.
    let mut before = honest.clone();
    before["block"] = json!(honest["block"].as_u64().unwrap() - 1);
    assert_eq!(venue.facts(&before).balance, 0);
    proofs_of_others(&venue, &honest);
    other_terms(&venue);
    announced(&venue);
    lapsed(&venue);
}

/// A credit that shows something else: of another agreement, another book, another market.
fn proofs_of_others(venue: &Venues, honest: &Value) {
    let changed = |pointer: &str, value: Value| {
        let mut entry = honest.clone();
        *entry.pointer_mut(pointer).unwrap() = value;
        venue.fault(&entry)
    };
    let mut bent = venue.proof.to_vec();
    bent[40] ^= 1;
    let refused = CustodyFault::NotCredited;
    assert_eq!(changed("/credit/proof", json!(Bytes::from(bent))), refused);
    assert_eq!(changed("/credit/proof", json!("0x")), refused);
    assert_eq!(
        changed("/credit/market", json!("0x1")),
        CustodyFault::NoMarket
    );
    assert_eq!(changed("/credit/epoch", json!(7)), CustodyFault::NoEpoch(7));
    assert_eq!(
        changed("/credit/verifier", json!(1)),
        CustodyFault::NoVerifier(1)
    );
    // The same agreement opened for another account: the trader's proof is none of it.
    let mut other = venue.terms.clone();
    other.nullifier += alloy_primitives::U256::from(1);
    venue.stage.open(&other);
    venue.stage.fund(venue.stage.on.vault, &other, 5);
    assert_eq!(venue.fault(&venue.entry(&other)), refused);
    // One that was never opened.
    other.salt = B256::repeat_byte(3);
    assert_eq!(venue.fault(&venue.entry(&other)), CustodyFault::NotOpen);
}

/// Agreements that are real, and not the venue's, or with contracts that nobody knows.
fn other_terms(venue: &Venues) {
    let stage = &venue.stage;
    assert_eq!(venue.fault(&venue.entry(&stage.terms)), CustodyFault::Form);
    let mut theirs = venue.terms.clone();
    (theirs.venue, theirs.beneficiary) = (stage.on.cast.stranger, stage.on.cast.stranger);
    assert!(matches!(
        venue.fault(&venue.entry(&theirs)),
        CustodyFault::Other {
            what: "beneficiary",
            ..
        }
    ));
    let untold = |terms: &Terms| {
        let report = venue.told(&venue.entry(terms), 1);
        assert_eq!(report.covered, Covered::Untold);
        report.untold.into_iter().find_map(|untold| match untold {
            Untold::Custody { what, .. } => Some(what),
            _ => None,
        })
    };
    // A token of the venue's own.
    let constructor = TestToken::constructorCall { decimals_: 6 };
    let arguments = alloy_sol_types::SolConstructor::abi_encode(&constructor);
    let (node, contracts) = (&stage.node, &stage.contracts);
    let (token, _) = deploy(node, contracts, stage.on.cast.deployer, &TOKEN, &arguments).unwrap();
    let mut worthless = venue.terms.clone();
    worthless.token = token;
    stage.open(&worthless);
    let (to, amount) = (stage.on.cast.trader, units(STAKE));
    let vault = stage.on.vault;
    let mint = TestToken::mintCall { to, amount };
    node.send(stage.on.cast.deployer, token, &mint).unwrap();
    let approve = TestToken::approveCall {
        spender: vault,
        value: amount,
    };
    node.send(to, token, &approve).unwrap();
    let terms = worthless.clone();
    let deposit = MarginVault::depositCall { terms, amount };
    node.send(to, vault, &deposit).unwrap();
    assert_eq!(untold(&worthless), Some(CustodyUntold::Foreign("token")));
    // A verifier of this policy, by its own word, that says yes to everything, beside the good one and alone.
    let easy = Address::repeat_byte(0x79);
    node.set_code(easy, &yes_to_everything(venue.terms.policy))
        .unwrap();
    for verifiers in [
        [stage.on.verifier, easy, Address::ZERO],
        [easy, Address::ZERO, Address::ZERO],
    ] {
        let lax = Terms {
            verifiers,
            ..venue.terms.clone()
        };
        stage.open(&lax);
        stage.fund(vault, &lax, 5);
        let alone = verifiers[1].is_zero();
        assert_eq!(venue.facts(&venue.entry(&lax)).proven, alone);
        assert_eq!(untold(&lax), Some(CustodyUntold::Foreign("verifier")));
    }
}

/// Code that answers with a policy where there is a selector alone, and else with one.
fn yes_to_everything(policy: alloy_primitives::U256) -> Vec<u8> {
    let answer = [0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3];
    let mut code = vec![0x36, 0x60, 4, 0x14, 0x60, 0x11, 0x57, 0x60, 1];
    code.extend(answer);
    code.extend([0x5b, 0x7f]);
    code.extend(policy.to_be_bytes::<32>());
    code.extend(answer);
    code
}

/// What is announced is not counted, from its block on.
fn announced(venue: &Venues) {
    let (stage, terms) = (&venue.stage, &venue.terms);
    let before = venue.entry(terms);
    let call = MarginVault::announceCall {
        terms: terms.clone(),
        amount: units(TAKEN),
        to: stage.on.cast.trader,
    };
    let sent = stage.node.send(stage.on.cast.refund, stage.on.vault, &call);
    sent.expect("announced");
    let after = venue.entry(terms);
    let dollars = |n: u64| u128::from(n) * 10u128.pow(18);
    assert_eq!(venue.facts(&before).balance, dollars(STAKE));
    assert_eq!(venue.facts(&after).balance, dollars(STAKE - TAKEN));
    assert_eq!(venue.told(&after, STAKE).covered, Covered::No);
    assert_eq!(venue.told(&after, STAKE - TAKEN).covered, Covered::Yes);
}

/// A call that is open counts, and one that has lapsed does not.
fn lapsed(venue: &Venues) {
    let (stage, terms) = (&venue.stage, &venue.terms);
    let (node, vault, cast) = (&stage.node, stage.on.vault, stage.on.cast);
    let call = MarginVault::marginCallCall {
        terms: terms.clone(),
        due: 7,
        topUp: 7,
    };
    node.send(cast.venue, vault, &call).expect("a call");
    assert_eq!(venue.told(&venue.entry(terms), 1).covered, Covered::Yes);
    let mut other = stage.book.clone();
    for (number, seconds) in (1..=12).zip((500..).step_by(500)) {
        stage.record(&stage.market(seconds, false), 5);
        if number % 4 == 0 {
            other.leaves.swap(0, 1);
            stage.claim_root(number / 4, other.root());
        }
    }
    let epochs = keeper::look(node, vault, terms).unwrap().roots;
    let lapse = MarginVault::recordLapseCall {
        terms: terms.clone(),
        epochs: keeper::evidence(&epochs, terms.maxBookAge),
    };
    node.send(cast.stranger, vault, &lapse).expect("on record");
    assert_eq!(venue.fault(&venue.entry(terms)), CustodyFault::Lapsed);
}

/// A book whose moment was chosen, or whose market was, is told from one that took the first of each.
#[test]
fn chain_moment_and_market_are_nobody_s_choice() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let venue = Venue {
        chain: CHAIN_ID,
        registry: stage.on.registry,
        address: stage.on.cast.venue,
    };
    let policy = Policy::rm1();
    let mut last_cut = stage.node.call(
        venue.registry,
        &headCall {
            venue: venue.address,
        },
    );
    let [first, second, third, last] = [400, 500, 600, 700].map(|seconds| {
        let market = stage.market(seconds, false);
        stage.record(&market, 5);
        market
    });
    let start = u64::from(START);
    for (number, cut_off, at, expected) in [
        (1, start + 300, &first, None),
        (2, start + 500, &second, None),
        (3, start + 501, &third, None),
        (4, start + 599, &last, Some(start + 600)),
    ] {
        let mut book = book(1, (&market(&policy), &policy));
        (book.root, book.market, book.cut_off) = (Fr::from(number), at.digest(), cut_off);
        assert_eq!(moment(&stage.node, venue, &book).unwrap(), None);
        publish(&stage, number, &book);
        // The seed is the hash of a block that has one after it.
        assert!(moment(&stage.node, venue, &book).is_err());
        stage.node.pass(1).unwrap();
        let found = moment(&stage.node, venue, &book).unwrap().unwrap();
        assert_eq!(found.oracle, Some(stage.on.oracle));
        let wrong = found.fault.map(|fault| match fault {
            Fault::OtherMarket { time, .. } => time,
            other => panic!("{other}"),
        });
        assert_eq!(wrong, expected, "{number}");
        let before = last_cut.unwrap().cutOff;
        assert!(found.drawn.iter().all(|at| before < *at && *at <= cut_off));
        last_cut = stage.node.call(
            venue.registry,
            &headCall {
                venue: venue.address,
            },
        );
    }
    // The venue did not wait for the first market after its cut-off.
    let after = stage.market(800, false);
    stage.record(&after, 5);
    let mut early = book(1, (&market(&policy), &policy));
    (early.root, early.market, early.cut_off) = (Fr::from(9), after.digest(), start + 801);
    publish(&stage, 5, &early);
    stage.node.pass(1).unwrap();
    let found = moment(&stage.node, venue, &early).unwrap().unwrap();
    assert_eq!(
        found.fault,
        Some(Fault::NoMarket {
            oracle: stage.on.oracle
        })
    );
}

fn publish(stage: &Stage, number: u64, book: &PublicBook) {
    let call = publishCall {
        number,
        publication: Publication {
            root: word(book.root),
            market: word(book.market),
            policy: word(book.policy),
            digest: B256::repeat_byte(1),
            oracle: stage.on.oracle,
            cutOff: book.cut_off,
            ratio: 10_000,
            totals: ChainTotals {
                accounts: 1,
                failing: 0,
                equity: 0,
                shortfall: 0,
                deficit: 0,
            },
        },
        assets: Vec::new(),
    };
    let sent = stage
        .node
        .send(stage.on.cast.venue, stage.on.registry, &call);
    sent.expect("an epoch");
}
