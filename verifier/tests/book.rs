//! Books of batches that were laid out and not proven: what they say together does not depend on
//! the proofs.

use zkmargin_circuits::book::{build, BatchInput};
use zkmargin_desk::generate::market::{market, MarketSpec, DEFAULT_TIME};
use zkmargin_desk::generate::venue::{venue, VenueSpec};
use zkmargin_engine::account::{Account, Position, Salts};
use zkmargin_engine::book::{
    inventory_digest, secret_commitment, BatchStatement, InstrumentTable, MaskedTotals, Shape,
    Totals,
};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::field::{as_u128, pow2, signed};
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_verifier::book::{
    add_up, check, digest, tree_root, verify, Fault, PublicBatch, PublicBook,
};
use zkmargin_verifier::error::FieldError;
use zkmargin_verifier::verdict::No;

pub struct Scene {
    pub policy: Policy,
    pub market: Market,
    table: InstrumentTable,
    accounts: Vec<Account>,
    pub book: PublicBook,
}

/// A book of 150 accounts in batches of 64, 64 and 22, three of them under water.
pub fn scene() -> Scene {
    let policy = Policy::rm1();
    let spec = MarketSpec {
        seed: 1,
        time: DEFAULT_TIME,
        crash: false,
    };
    let all = market(&spec, &policy).unwrap();
    // A batch of 2^10 rows holds a tenth of what a venue lists.
    let keep = all.instruments().iter().cloned().enumerate();
    let keep = keep.filter(|(n, i)| n % 8 == 0 || !i.id.kind().is_option());
    let market = Market::new(all.time(), keep.map(|(_, i)| i).collect()).unwrap();
    let table = InstrumentTable::new(&policy, &market);
    let spec = VenueSpec {
        insecure_seed: Some(5),
        accounts: 150,
        positions: Some(4),
        underwater: 3,
        short: 2,
        identity: None,
    };
    let accounts = venue(&spec, &market, &policy).unwrap();
    let salts = Salts {
        seed: Fr::from(8),
        book_nonce: Fr::from(9),
    };
    let accounts: Vec<Account> = accounts
        .map(|listed| listed.unwrap().committed(&salts))
        .collect();
    let book = published(&table, &accounts, &[]);
    Scene {
        policy,
        market,
        table,
        accounts,
        book,
    }
}

/// A proof of a batch of the scene's.
pub type Proof = Vec<u8>;

impl Scene {
    /// The same book with its proofs.
    pub fn proven(mut self, prover: &BatchProver) -> (Self, Vec<Proof>) {
        let mut proofs = Vec::new();
        let prove = |input: &BatchInput| {
            let (statement, proof, _) = prover.prove(input).unwrap();
            let digest = digest(&proof);
            proofs.push(proof);
            PublicBatch {
                statement,
                proof: digest,
            }
        };
        self.book = published_by(&self.table, &self.accounts, &[], prove);
        (self, proofs)
    }
}

fn published(table: &InstrumentTable, accounts: &[Account], inventory: &[Position]) -> PublicBook {
    let shape = Shape::new(10, table.scenarios).unwrap();
    let lay = |input: &BatchInput| {
        let statement = build(shape, table, 10_000, input).unwrap().statement;
        let proof = digest(&[(input.first / 64) as u8]);
        PublicBatch { statement, proof }
    };
    published_by(table, accounts, inventory, lay)
}

fn published_by(
    table: &InstrumentTable,
    accounts: &[Account],
    inventory: &[Position],
    mut batch: impl FnMut(&BatchInput) -> PublicBatch,
) -> PublicBook {
    let leaves = accounts.iter().map(Account::leaf).collect();
    let root = Book { leaves }.root();
    let parts: Vec<&[Account]> = accounts.chunks(64).collect();
    let secret = |n: usize| Fr::from(1_000 + (n % parts.len()) as u64);
    let mut batches = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let input = BatchInput {
            book: root,
            first: 64 * n as u64,
            accounts: part.to_vec(),
            secrets: [secret(n), secret(n + 1)],
            inventory: inventory_digest(inventory),
        };
        batches.push(batch(&input));
    }
    let statements: Vec<&BatchStatement> = batches.iter().map(|b| &b.statement).collect();
    let (totals, assets) = add_up(&statements).unwrap();
    PublicBook {
        number: 0,
        time: DEFAULT_TIME.into(),
        cut_off: DEFAULT_TIME.into(),
        policy: table.policy,
        market: table.market,
        root,
        count: accounts.len() as u64,
        ratio: 10_000,
        k: 10,
        totals,
        assets,
        inventory: inventory.to_vec(),
        batches,
    }
}

impl Scene {
    fn read(&self, text: &str) -> Result<PublicBook, FieldError> {
        PublicBook::from_json(text, "book.json", (&self.market, &self.policy))
    }

    fn faults(&self, alter: impl FnOnce(&mut PublicBook)) -> Vec<Fault> {
        let mut book = self.book.clone();
        alter(&mut book);
        check(&book, &self.market, &self.table)
    }

    fn refused(&self, fault: &Fault, alter: impl FnOnce(&mut PublicBook)) {
        let faults = self.faults(alter);
        assert!(faults.contains(fault), "{fault} is not among {faults:?}");
    }
}

#[test]
fn an_honest_book_and_its_file() {
    let scene = scene();
    assert_eq!(scene.faults(|_| {}), []);
    assert_eq!(scene.book.totals.accounts, 150);
    assert_eq!(scene.book.totals.failing, 5);
    assert!(scene.book.totals.shortfall > 0);
    let text = scene.book.to_json(&scene.policy);
    assert_eq!(scene.read(&text).unwrap(), scene.book);
}

/// Neither root nor digest binds what an asset is called: 1000 BTC are owed, and the file calls
/// them ETH.
#[test]
fn an_asset_by_another_name_is_refused() {
    let scene = scene();
    let text = scene.book.to_json(&scene.policy);
    let hex = |symbol: &str| {
        let id = InstrumentId::from_name(symbol, &scene.policy).unwrap();
        assert!(text.contains(&format!("\"instrument\": \"{symbol}\"")));
        id.to_hex()
    };
    let refused = |text: &str, words: &str| {
        let error = scene.read(text).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("hint: "), "{error}");
    };
    let (btc, eth) = (hex("BTC"), hex("ETH"));
    let (head, statements) = text.split_once("\"batches\"").unwrap();
    let swapped = head
        .replace(&btc, "?")
        .replace(&eth, &btc)
        .replace('?', &eth);
    let words = format!("instrument: \"BTC\": the id {eth} is ETH");
    refused(&format!("{swapped}\"batches\"{statements}"), &words);
    let renamed = text.replacen("\"instrument\": \"BTC\"", "\"instrument\": \"ETH\"", 1);
    refused(&renamed, &format!("\"ETH\": the id {btc} is BTC"));
    // A statement has no place for a second name.
    let id = format!("\"id\": \"{btc}\"");
    let named = statements.replacen(&id, &format!("\"instrument\": \"ETH\", {id}"), 1);
    refused(
        &format!("{head}\"batches\"{named}"),
        "unknown field `instrument`",
    );
    let capitals = text.replace(&btc, &btc.to_ascii_uppercase().replace("0X", "0x"));
    if capitals != text {
        refused(&capitals, "no instrument's id");
    }
}

/// What a market file calls an instrument has no part in what is published.
#[test]
fn an_inventory_is_published_by_ids() {
    let scene = scene();
    let perpetual = InstrumentId::from_name("BTC-PERPETUAL", &scene.policy).unwrap();
    let mut book = scene.book.clone();
    book.inventory = vec![Position {
        id: perpetual,
        quantity: -150_000_000,
    }];
    let renamed = scene.market.instruments().iter().map(|listed| Instrument {
        name: format!("X{}", listed.id.0),
        ..listed.clone()
    });
    let renamed = Market::new(scene.market.time(), renamed.collect()).unwrap();
    let text = book.to_json(&scene.policy);
    assert!(text.contains("\"BTC-PERPETUAL\""), "{text}");
    let read = PublicBook::from_json(&text, "book.json", (&renamed, &scene.policy)).unwrap();
    assert_eq!(read, book);
    for (other, words) in [
        (format!("X{}", perpetual.0), "does not list"),
        ("BTC".to_owned(), "not a derivative"),
        ("BTC-1JAN70".to_owned(), "does not list"),
    ] {
        let text = text.replace("\"BTC-PERPETUAL\"", &format!("\"{other}\""));
        let error = scene.read(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn batches_that_are_dropped_repeated_swapped_or_of_another_book() {
    let scene = scene();
    let first = |batch, found, expected| Fault::First {
        batch,
        found,
        expected,
    };
    scene.refused(&first(1, 128, 64), |b| drop(b.batches.remove(1)));
    scene.refused(&Fault::Root, |b| drop(b.batches.remove(1)));
    scene.refused(
        &Fault::Count {
            found: 128,
            stated: 150,
        },
        |b| drop(b.batches.pop()),
    );
    scene.refused(&first(2, 64, 128), |b| {
        let twin = b.batches[1].clone();
        b.batches.insert(2, twin);
    });
    scene.refused(&first(0, 64, 0), |b| b.batches.swap(0, 1));
    scene.refused(&Fault::NoBatches, |b| b.batches.clear());
    let foreign = |what| Fault::Foreign { batch: 1, what };
    let one = Fr::from(1);
    scene.refused(&foreign("book"), |b| b.batches[1].statement.book += one);
    scene.refused(&foreign("market"), |b| b.batches[1].statement.market += one);
    scene.refused(&foreign("policy"), |b| b.batches[1].statement.policy += one);
    scene.refused(&foreign("ratio"), |b| b.batches[1].statement.ratio -= 1);
    scene.refused(&Fault::Other { what: "policy" }, |b| b.policy += one);
    scene.refused(&Fault::Other { what: "market" }, |b| b.market += one);
}

#[test]
fn accounts_left_out_counted_twice_or_above_the_count() {
    let scene = scene();
    scene.refused(&Fault::Root, |b| b.count += 1);
    scene.refused(
        &Fault::Count {
            found: 150,
            stated: 149,
        },
        |b| b.count -= 1,
    );
    scene.refused(
        &Fault::Unaligned {
            batch: 1,
            first: 65,
        },
        |b| {
            b.batches[1].statement.first = 65;
        },
    );
    let roots = |found, expected| Fault::Roots {
        batch: 0,
        found,
        expected,
    };
    scene.refused(&roots(2, 1), |b| {
        let root = b.batches[0].statement.roots[0];
        b.batches[0].statement.roots.push(root);
    });
    scene.refused(&roots(1, 2), |b| b.batches[0].statement.accounts = 65);
    scene.refused(&Fault::Empty { batch: 0 }, |b| {
        b.batches[0].statement.accounts = 0;
    });
    scene.refused(&Fault::Root, |b| {
        b.batches[2].statement.roots[0] += Fr::from(1)
    });
    scene.refused(&Fault::TooMany, |b| b.count = 1 << 31);
    scene.refused(&Fault::Other { what: "time" }, |b| b.time += 1);
    let time = u64::from(DEFAULT_TIME);
    let late = Fault::CutOff {
        cut_off: time + 1,
        time,
    };
    scene.refused(&late, |b| b.cut_off += 1);
    let most = Fault::Count {
        found: u64::MAX,
        stated: 150,
    };
    scene.refused(&most, |b| b.batches[0].statement.accounts = u64::MAX);
}

#[test]
fn totals_that_are_not_the_sum_of_the_batches() {
    let scene = scene();
    let totals = Fault::Totals { what: "totals" };
    scene.refused(&totals, |b| b.totals.shortfall -= 1);
    scene.refused(&totals, |b| b.totals.failing -= 1);
    let one = Fr::from(1);
    scene.refused(&totals, |b| b.batches[0].statement.totals.equity += one);
    let quantities = Fault::Totals {
        what: "quantities of assets",
    };
    scene.refused(&quantities, |b| b.assets[0].long -= 1);
    scene.refused(&quantities, |b| b.assets.truncate(1));
    scene.refused(&Fault::Assets { batch: 1 }, |b| {
        b.batches[1].statement.assets.truncate(1);
    });
    scene.refused(&Fault::Assets { batch: 1 }, |b| {
        b.batches[1].statement.assets.swap(0, 1);
    });
}

/// What masks leave must be numbers: a sum below zero, one of 2^128, one that wraps, more failing
/// accounts than there are, also just above. The largest number is one.
#[test]
fn sums_that_are_no_numbers() {
    let scene = scene();
    type Of = fn(&mut BatchStatement) -> &mut Fr;
    let sums: [(&'static str, Of, u128); 6] = [
        ("equity", |s| &mut s.totals.equity, scene.book.totals.equity),
        (
            "shortfall",
            |s| &mut s.totals.shortfall,
            scene.book.totals.shortfall,
        ),
        (
            "deficit",
            |s| &mut s.totals.deficit,
            scene.book.totals.deficit,
        ),
        ("failing accounts", |s| &mut s.totals.failing, 5),
        (
            "long quantities",
            |s| &mut s.assets[0].long,
            scene.book.assets[0].long,
        ),
        (
            "short quantities",
            |s| &mut s.assets[1].short,
            scene.book.assets[1].short,
        ),
    ];
    let edge = pow2(128) - Fr::from(1);
    for (what, of, sum) in sums {
        let no_number = Fault::NoNumber { what };
        let sum = signed(sum as i128);
        for more in [
            -sum - Fr::from(1),
            edge - sum + Fr::from(1),
            -Fr::from(1) - sum - edge,
        ] {
            scene.refused(&no_number, |b| *of(&mut b.batches[2].statement) += more);
        }
        let faults = scene.faults(|b| *of(&mut b.batches[2].statement) += edge - sum);
        assert!(
            !faults.is_empty() && !faults.contains(&no_number),
            "{faults:?}"
        );
    }
    let failing =
        |more: u64| scene.faults(|b| b.batches[1].statement.totals.failing += Fr::from(more));
    assert_eq!(failing(146), [Fault::Failing]);
    assert_eq!(failing(145), [Fault::Totals { what: "totals" }]);
    assert_eq!(failing(u64::MAX), [Fault::Failing]);
}

/// No number of a single batch is shown: none of its totals is what it is, nor small, and the sums are
/// whole USD.
#[test]
fn a_batch_shows_no_number_of_its_own() {
    let scene = scene();
    for batch in &scene.book.batches {
        let totals = batch.statement.totals;
        let assets = batch.statement.assets.iter();
        let shown = assets.flat_map(|asset| [asset.long, asset.short]);
        let totals = [
            totals.failing,
            totals.equity,
            totals.shortfall,
            totals.deficit,
            totals.word,
        ];
        for shown in shown.chain(totals) {
            assert!(as_u128(shown).is_none() && as_u128(-shown).is_none());
        }
    }
    let (usd, totals) = (10u128.pow(16), scene.book.totals);
    assert!(totals.deficit > 0);
    let rest = [
        totals.equity % usd,
        totals.shortfall % usd,
        totals.deficit % (10_000 * usd),
    ];
    assert_eq!(rest, [0; 3]);
}

/// A mask that both neighbours use and neither shows alike, or that a batch uses on both sides.
#[test]
fn masks_that_do_not_cancel() {
    let scene = scene();
    let mask = |batch, next| Fault::Mask { batch, next };
    // The second batch takes off the masks that it adds: its totals are shown, and the sums are not.
    scene.refused(&mask(1, 2), |b| {
        let own = b.batches[1].statement.secrets[0];
        b.batches[1].statement.secrets[1] = own;
    });
    scene.refused(&mask(0, 1), |b| b.batches[0].statement.secrets.swap(0, 1));
}

#[test]
fn open_interest_and_masks() {
    let scene = scene();
    scene.refused(&Fault::OpenInterest, |b| {
        b.batches[1].statement.totals.word += Fr::from(1);
    });
    scene.refused(&Fault::Mask { batch: 0, next: 1 }, |b| {
        b.batches[0].statement.secrets[1] = secret_commitment(Fr::from(5));
    });
    scene.refused(&Fault::Mask { batch: 2, next: 0 }, |b| {
        b.batches[2].statement.secrets[1] = secret_commitment(Fr::from(5));
    });
    let future = |i: &&zkmargin_engine::market::Instrument| i.id.kind() == Kind::Perpetual;
    let id = scene.market.instruments().iter().find(future).unwrap().id;
    let held = |quantity| Position { id, quantity };
    scene.refused(&Fault::OpenInterest, |b| b.inventory.push(held(1)));
    scene.refused(&Fault::Inventory, |b| {
        b.inventory.extend([held(1), held(-1)])
    });
    let unlisted = Position {
        id: InstrumentId::new(200, 0, 0, Kind::Perpetual),
        quantity: 1,
    };
    scene.refused(&Fault::Inventory, |b| b.inventory.push(unlisted));
    // A customer's trade with the venue itself, disclosed.
    let policy = Policy::rm1();
    let account = Account {
        customer: Fr::from(1),
        identity: Fr::from(2),
        number: 0,
        salt: Fr::from(3),
        positions: vec![held(-250)],
    };
    let accounts = [account];
    let open = published(&scene.table, &accounts, &[]);
    assert_eq!(
        check(&open, &scene.market, &scene.table),
        [Fault::OpenInterest]
    );
    let book = published(&scene.table, &accounts, &[held(250)]);
    assert_eq!(check(&book, &scene.market, &scene.table), []);
    // The point is drawn from the inventory: it cannot be chosen afterwards.
    let mut late = open;
    late.inventory.push(held(250));
    let faults = check(&late, &scene.market, &scene.table);
    let what = "inventory";
    assert!(
        faults.contains(&Fault::Foreign { batch: 0, what }),
        "{faults:?}"
    );
    assert_eq!(book.policy, policy.digest());
}

#[test]
fn a_book_of_nobody() {
    let scene = scene();
    let shape = Shape::new(10, scene.table.scenarios).unwrap();
    let root = Book { leaves: Vec::new() }.root();
    let input = BatchInput {
        book: root,
        first: 0,
        accounts: Vec::new(),
        secrets: [Fr::from(3); 2],
        inventory: inventory_digest(&[]),
    };
    let built = build(shape, &scene.table, 10_000, &input).unwrap();
    // A book of one batch shows its totals.
    let (totals, assets) = add_up(&[&built.statement]).unwrap();
    assert_eq!(totals, Totals::default());
    assert_eq!(built.statement.totals, MaskedTotals::default());
    let empty = PublicBook {
        root,
        count: 0,
        totals,
        assets,
        batches: vec![PublicBatch {
            statement: built.statement,
            proof: digest(b""),
        }],
        ..scene.book.clone()
    };
    assert_eq!(check(&empty, &scene.market, &scene.table), []);
}

#[test]
fn a_proof_has_one_spelling() {
    let scene = scene();
    let text = scene.book.to_json(&scene.policy);
    let proof = &scene.book.batches[0].proof;
    let upper = text.replace(proof.as_str(), &proof.to_uppercase());
    assert_ne!(text, upper);
    let error = scene.read(&upper).unwrap_err();
    assert_eq!(error.field, "batches[0].proof");
    assert!(error.problem.contains("lower-case"), "{}", error.problem);
}

#[test]
fn proofs_that_do_not_hold() {
    let scene = scene();
    let proof = |batch: usize| Ok(vec![batch as u8]);
    let verdict = |holds: fn(&BatchStatement, &[u8]) -> Result<(), No>| {
        verify(&scene.book, &scene.market, &scene.table, proof, holds).unwrap()
    };
    assert_eq!(verdict(|_, _| Ok(())), []);
    let one = verdict(|_, proof| match proof {
        [1] => Err(No::Rejected),
        _ => Ok(()),
    });
    let no = No::Rejected;
    assert_eq!(one, [Fault::Proof { batch: 1, no }]);
    let other = |batch: usize| Ok(vec![batch as u8 / 2]);
    let holds = |_: &BatchStatement, _: &[u8]| Ok(());
    let faults = verify(&scene.book, &scene.market, &scene.table, other, holds).unwrap();
    assert_eq!(
        faults,
        [
            Fault::OtherProof { batch: 1 },
            Fault::OtherProof { batch: 2 }
        ]
    );
}

#[test]
fn the_root_over_blocks_is_the_root_over_leaves() {
    let leaf = |n: u64| Fr::from(n + 1);
    for count in [0u64, 1, 63, 64, 65, 513, 1_000] {
        let leaves: Vec<Fr> = (0..count).map(leaf).collect();
        let book = Book {
            leaves: leaves.clone(),
        };
        let tree = book.tree();
        let blocks = tree.level(2).to_vec();
        assert_eq!(tree_root(blocks), Some(tree.root()), "{count}");
    }
}
