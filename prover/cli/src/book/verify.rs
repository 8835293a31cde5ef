//! `zkmargin book verify`

use std::path::PathBuf;

use serde::Serialize;
use zkmargin_engine::file::read_bounded;
use zkmargin_engine::units::format_element;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_prover::book::plan::shape;
use zkmargin_prover::book::public::inventory::{written, Holding};
use zkmargin_prover::book::public::{AssetFile, TotalsFile};
use zkmargin_prover::book::store::Store;
use zkmargin_prover::book::verify::verify;
use zkmargin_prover::book::BookError;

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::proving::{self, SetupOption, INSECURE};
use super::{is_bundled, policy_text, sums_text, Published};

/// No proof comes near this many bytes.
const LONGEST_PROOF: u64 = 1 << 20;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The published folder: `public` in the folder of a book
    #[arg(value_name = "DIR")]
    public: PathBuf,
    /// Market that the book must be about; if left out, the one in the folder
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Policy that it must be about: `rm1`, `wide` or a file; if left out, the one in the folder
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Root that the book must have
    #[arg(long, value_name = "HEX")]
    root: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: SetupOption,
}

#[derive(Serialize)]
struct Report {
    verified: bool,
    insecure: bool,
    faults: Vec<String>,
    root: String,
    count: u64,
    ratio: u16,
    batches: usize,
    key: String,
    policy: String,
    policy_name: String,
    /// Whether the policy is one of this program.
    policy_known: bool,
    #[serde(skip)]
    policy_text: String,
    market: String,
    market_time: u32,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
    inventory: Vec<Holding>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let file = |name: &str| args.public.join(name);
    let root = args.root.as_deref();
    let root = root
        .map(|text| proving::element("root", text))
        .transpose()?;
    let Published {
        policy,
        market,
        book,
        ..
    } = Published::read(
        &file("book.json"),
        args.market.as_ref(),
        args.policy.as_ref(),
    )?;
    let bundled = is_bundled(&policy)?;
    let shape = shape(book.k, &policy)?;
    let setup = args.setup.powers(book.k, "k", book.k)?;
    let verifier = console::working("Pricing the market and deriving the key", || {
        BatchVerifier::new(&setup, &policy, &market, shape)
    })?;
    let proofs = Store::new(file("proofs"), "bin", false);
    let proof = |batch: usize| -> Result<Vec<u8>, BookError> {
        let path = proofs.path(&book.batches[batch].proof);
        Ok(read_bounded(&path, LONGEST_PROOF)?)
    };
    let faults = console::working("Verifying", || {
        let holds = |statement: &_, proof: &[u8]| verifier.verify(statement, proof);
        verify(&book, &market, verifier.table(), proof, holds)
    })?;
    let mut faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    if root.is_some_and(|root| root != book.root) {
        faults.push(format!(
            "the root of the book is {}, not the one given with --root",
            format_element(&book.root)
        ));
    }
    let report = Report {
        verified: faults.is_empty(),
        insecure: setup.info().insecure,
        faults,
        root: format_element(&book.root),
        count: book.count,
        ratio: book.ratio,
        batches: book.batches.len(),
        key: verifier.id(),
        policy: format_element(&policy.digest()),
        policy_name: policy.name().to_owned(),
        policy_known: bundled,
        policy_text: policy_text(&policy, bundled),
        market: format_element(&market.digest()),
        market_time: market.time(),
        totals: TotalsFile::new(&book.totals),
        assets: book
            .assets
            .iter()
            .map(|a| AssetFile::named(a, &policy))
            .collect(),
        inventory: written(&book.inventory, &policy),
    };
    match args.json {
        true => console::json(&report)?,
        false => console::data(&report.text())?,
    }
    Ok(match report.verified {
        true => Answer::Yes,
        false => Answer::No,
    })
}

impl Report {
    fn text(&self) -> String {
        if !self.verified {
            let faults = self.faults.iter().map(|fault| format!("  {fault}\n"));
            let faults: String = faults.collect();
            return format!("NOT VERIFIED: this book proves nothing\n{faults}");
        }
        let mut out = format!(
            "verified: {} batches cover each of {} accounts once\n  root       {}\n  \
             policy     {}\n  market     of time {}, {}\n",
            self.batches, self.count, self.root, self.policy_text, self.market_time, self.market
        );
        out.push_str(&sums_text(&self.totals, &self.assets, self.ratio));
        out.push_str(match self.inventory.is_empty() {
            true => "  derivatives  longs and shorts are equal in every instrument\n",
            false => {
                "  derivatives  longs and shorts are equal, with what the venue holds itself:\n"
            }
        });
        for Holding {
            instrument,
            quantity,
        } in &self.inventory
        {
            out.push_str(&format!("    {instrument}  {quantity}\n"));
        }
        out.push_str(
            "Not proven: that the prices are true, that no account was left out (each customer \
             checks his own\nwith `zkmargin book check`), that the venue holds what it owes \
             (`zkmargin book reserves`).\n",
        );
        if !self.policy_known {
            out.push_str(
                "On trust: the policy. What counts as margin, and what the codes of underlyings are \
                 called, is what\nits author wrote; read it before you compare names.\n",
            );
        }
        if self.insecure {
            out.push_str(&format!("{INSECURE}\n"));
        }
        out
    }
}
