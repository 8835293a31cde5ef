//! The venue of the story and its books: built, proven, published in a folder and verified there, as
//! `book build`, `book prove` and `book verify` do it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use zkmargin_desk::scene::Scene;
use zkmargin_engine::account::{rows_at_mark, to_json, Account, Listing};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::file::FileError;
use zkmargin_engine::market::Market;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_prover::book::build::build;
use zkmargin_prover::book::folder::Folder;
use zkmargin_prover::book::include::{packet, Wanted};
use zkmargin_prover::book::jobs::Jobs;
use zkmargin_prover::book::plan::smallest;
use zkmargin_prover::book::prove::{publish, run};
use zkmargin_prover::book::read::Format;
use zkmargin_prover::book::request::Request;
use zkmargin_verifier::book::ProvenBook;
use zkmargin_verifier::command::policy_file;

use super::super::error::CliError;
use super::super::margin_bound::INITIAL;

/// Share of the initial margin that the totals refer to, in basis points.
const RATIO: u16 = INITIAL;

/// The venue, with a folder that is gone when the story ends.
pub(crate) struct Venue {
    home: TempDir,
}

/// What the venue publishes, and how it came by it.
pub(crate) struct Made {
    /// The trader's account, with the salt that the book gave it.
    pub account: Account,
    /// Where it stands in the book.
    pub place: Inclusion,
    /// The book, read from the published folder and verified.
    pub proven: ProvenBook,
    /// Rows of a batch, as a power of two.
    pub k: u32,
    /// Time that the keys took.
    pub keys: Duration,
    /// Time that the proofs took.
    pub proofs: Duration,
    /// Time that the verification took.
    pub verification: Duration,
}

impl Venue {
    pub fn new() -> Result<Venue, CliError> {
        let parent = std::env::temp_dir();
        let home = tempfile::Builder::new().prefix("zkmargin-demo-").tempdir();
        let home = home.map_err(|e| FileError::io(&parent, "make a folder in it", e))?;
        Ok(Venue { home })
    }

    /// A file of the venue's.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What is published of the last book.
    pub(crate) fn public(&self) -> PathBuf {
        self.file("book").join("public")
    }

    /// Builds, proves, publishes and verifies the next book: of these accounts, which are those of the
    /// scene but for balances, at a market.
    pub(crate) fn prove(
        &self,
        scene: &Scene,
        accounts: &[Account],
        (market, cut_off): (&Market, u64),
    ) -> Result<Made, CliError> {
        let policy = &scene.policy;
        let path = self.file("accounts.jsonl");
        write_accounts(scene, accounts, &path)?;
        let shape = smallest(market, policy)?;
        let request = Request {
            accounts: &path,
            format: Some(Format::JsonLines),
            market: (market, &market.to_json(policy)?),
            policy: (policy, &policy_file("rm1")?),
            k: shape.k(),
            ratio: RATIO,
            cut_off: Some(cut_off),
            inventory: &[],
            at_least: accounts.len() as u64,
            force: false,
            resume: false,
        };
        let book = Folder::new(&self.file("book"));
        build(&request, &book, &|_| {})?;
        let book = book.open()?;
        let packet = packet(&book, &Wanted::Index(scene.index as u64))?;
        let own = packet
            .account(None, scene.secret.identity())
            .map_err(|e| CliError::Demo(format!("the packet: {e}")))?;
        let started = Instant::now();
        let setup = Setup::embedded(shape.k())?;
        let prover = BatchProver::new(&setup, policy, market, RATIO, shape)?;
        let keys = started.elapsed();
        let started = Instant::now();
        run(&book, &prover, &Jobs::fitting(shape.k()), &|_| {})?;
        publish(&book, prover.verifier().table())?;
        let proofs = started.elapsed();
        let started = Instant::now();
        // As anyone does, with a key of his own.
        let key = BatchVerifier::new(&setup, policy, market, shape)?;
        let proven = ProvenBook::read(&book.folder.public(), &key)?;
        let proven = proven.map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            CliError::Demo(format!("the venue's own book: {}", faults.join("; ")))
        })?;
        Ok(Made {
            account: own.account.clone(),
            place: own.place.clone(),
            proven,
            k: shape.k(),
            keys,
            proofs,
            verification: started.elapsed(),
        })
    }
}

/// Futures were entered at the marks of the scene's first market.
fn write_accounts(scene: &Scene, accounts: &[Account], path: &Path) -> Result<(), CliError> {
    let listing = Listing::new(&scene.market, &scene.policy);
    let failed = |e| FileError::io(path, "write the file", e);
    let mut file = File::create(path).map_err(failed)?;
    for (account, holder) in accounts.iter().zip(&scene.holders) {
        let rows = rows_at_mark(&account.positions, &listing);
        let account = to_json(holder, None, &rows, &listing)?;
        let line = account.replace('\n', "") + "\n";
        file.write_all(line.as_bytes()).map_err(failed)?;
    }
    Ok(())
}
