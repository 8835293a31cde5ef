//! The verdict on a published book.

use std::path::PathBuf;

use zkmargin_engine::book::InstrumentTable;
use zkmargin_engine::file::{read_bounded, FileError};
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;

use super::book_report::{KeyWords, Report, Rests};
use super::clock::{Age, AgeOptions};
use super::kind::{FileKind, LONGEST_INPUT};
use super::number::whole;
use super::published::PublishedBook;
use super::record::{Record, Recorded};
use super::{number, Answer, Outcome};
use crate::book::{check, folder_digest, verify_proofs, Fault, PublicBook};
use crate::error::VerifyError;
use crate::key::{BatchKey, KeyOrigin};
use crate::light::LightBatchKey;

/// Options of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct BookOptions {
    /// The published folder: `public` in the folder of a book
    #[arg(value_name = "DIR")]
    public: PathBuf,
    /// Market that the book must be about; if left out, the one in the folder, on trust
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Policy that it must be about: `rm1`, `wide` or a file; if left out, the one in the folder,
    /// on trust
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Root that the book must have
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    root: Option<String>,
    /// Ratio that its accounts must be counted against, in basis points of the initial margin
    #[arg(long, value_name = "BP", value_parser = whole::<u16>)]
    ratio: Option<u16>,
    /// Key of the batches, from `zkmargin export protocol --batch`
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Digest that the key in --protocol must have. Without it, and where the file has the prices of a
    /// market, the key is taken on trust
    #[arg(long, value_name = "HEX", requires = "protocol")]
    key_digest: Option<String>,
    #[command(flatten)]
    age: AgeOptions,
    /// Say yes only if nothing is taken on trust: exit 2 otherwise, and under an insecure setup
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where the keys of batches are from.
pub trait BatchKeys {
    /// Why there is none.
    type Error: From<VerifyError>;

    /// The key of a book's batches; `None` where proofs are not looked at.
    ///
    /// # Errors
    /// When there is none.
    fn key(&self, book: &PublishedBook) -> Result<Option<Box<dyn BatchKey>>, Self::Error>;

    /// What the venue put where everybody sees it, of the book and the digest of its folder; `None`
    /// where nobody looks.
    ///
    /// # Errors
    /// When nobody could look.
    fn record(&self, _: Recorded<'_>) -> Result<Option<Record>, Self::Error> {
        Ok(None)
    }

    /// Does the long work; a program may tell somebody that it goes on.
    fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// Proofs are not looked at.
#[derive(Clone, Copy, Debug)]
pub struct NoBatchKeys;

impl BatchKeys for NoBatchKeys {
    type Error = VerifyError;

    fn key(&self, _: &PublishedBook) -> Result<Option<Box<dyn BatchKey>>, VerifyError> {
        Ok(None)
    }
}

/// Checks a published book as the options ask, and its proofs where the source has a key.
///
/// # Errors
/// When nobody could tell. A book with faults is an outcome.
pub fn verify_book<S: BatchKeys>(options: &BookOptions, source: &S) -> Result<Outcome, S::Error> {
    let root = number::optional("root", options.root.as_ref())?;
    let file = PublishedBook::in_folder(&options.public)?;
    let published = PublishedBook::read(&file, options.market.as_ref(), options.policy.as_ref())?;
    let age = options.age.of(published.market.time())?;
    let most = options.age.most()?;
    let key = match options.file_key(&published)? {
        Some(key) => Some(Box::new(key) as Box<dyn BatchKey>),
        None => source.key(&published)?,
    };
    let mut faults = source
        .watch(|| options.look(&published, key.as_deref()))
        .map_err(VerifyError::from)?;
    faults.extend(options.other(&published.book, root, age, most));
    // What is wrong with the book is told first, and without a key nothing is decided.
    let digest = match folder_digest(&options.public, &published.book) {
        Err(error) if faults.is_empty() && key.is_some() => return Err(error.into()),
        digest => digest.map_err(|error| without_hint(&error)),
    };
    let record = source.record((&published.book, digest.as_ref().ok()))?;
    faults.extend(record.iter().flat_map(|record| record.faults.clone()));
    let insecure = key.as_ref().is_some_and(|key| key.is_insecure());
    let rests = options.rests(key.as_deref(), record);
    let untold = match (key.is_some(), options.strict) {
        (false, _) => Some("the proofs of the batches are not checked here".to_owned()),
        (true, true) if !rests.trusted.is_empty() => {
            Some(format!("taken on trust: {}", rests.trusted.join(", ")))
        }
        (true, true) if insecure => Some("the setup is insecure".to_owned()),
        (true, _) => None,
    };
    let answer = match (faults.is_empty(), &untold) {
        (false, _) => Answer::No,
        (true, Some(_)) => Answer::Untold,
        (true, None) => Answer::Yes,
    };
    let key = key.map(|key| KeyWords::of(key.as_ref()));
    let untold = untold.filter(|_| answer == Answer::Untold);
    let report = Report::new(
        (&published, digest),
        rests,
        faults,
        (answer, untold),
        (key, insecure),
        age,
    );
    Ok(Outcome::reported(
        answer,
        &report,
        options.json,
        Report::text,
    ))
}

impl BookOptions {
    /// What is wrong with the book by itself, and with its proofs where there is a key.
    fn look(
        &self,
        published: &PublishedBook,
        key: Option<&dyn BatchKey>,
    ) -> Result<Vec<Fault>, FileError> {
        let PublishedBook {
            book,
            market,
            policy,
            ..
        } = published;
        let Some(key) = key else {
            return Ok(check(book, market, &InstrumentTable::new(policy, market)));
        };
        verify_proofs(&self.public, book, market, key)
    }

    /// What is another than the verifier knows.
    fn other(
        &self,
        book: &PublicBook,
        root: Option<Fr>,
        age: Age,
        most: Option<u64>,
    ) -> Vec<Fault> {
        let root = root
            .filter(|root| *root != book.root)
            .map(|_| Fault::OtherRoot {
                found: format_element(&book.root),
            });
        let ratio = self.ratio.filter(|ratio| *ratio != book.ratio);
        let ratio = ratio.map(|wanted| Fault::OtherRatio {
            found: book.ratio,
            wanted,
        });
        let old = most
            .filter(|most| age.age > *most)
            .map(|most| Fault::Old { age: age.age, most });
        [root, ratio, old].into_iter().flatten().collect()
    }

    /// The key of `--protocol`.
    fn file_key(&self, published: &PublishedBook) -> Result<Option<LightBatchKey>, VerifyError> {
        let Some(path) = &self.protocol else {
            return Ok(None);
        };
        let digest = number::digest("key-digest", self.key_digest.as_ref())?;
        let bytes = read_bounded(path, LONGEST_INPUT)?;
        let file = path.display().to_string();
        let about = (&published.policy, &published.market);
        let key = LightBatchKey::from_bytes(&bytes, &file, digest, about);
        let refused = |error| FileKind::Protocol.mistaken(&file, &bytes).unwrap_or(error);
        let key = key.map_err(refused)?;
        let (found, wanted) = (key.shape().k(), published.book.k);
        match found == wanted {
            true => Ok(Some(key)),
            false => Err(VerifyError::OtherBatchKey {
                file,
                found: format!("of batches of 2^{found} rows"),
                wanted: format!("one of 2^{wanted}, as the book has,"),
            }),
        }
    }

    fn rests(&self, key: Option<&dyn BatchKey>, record: Option<Record>) -> Rests {
        let proofs = key.is_some();
        let mut rests = Rests::default();
        for (name, known) in [
            ("policy", self.policy.is_some()),
            ("market", self.market.is_some()),
            ("ratio", self.ratio.is_some()),
            ("root", self.root.is_some() || record.is_some()),
            ("proofs", proofs),
        ] {
            match known {
                true => rests.checked.push(name),
                false => rests.trusted.push(name),
            }
        }
        match key.map(BatchKey::origin) {
            None => {}
            Some(KeyOrigin::File) => rests.trusted.push("key"),
            Some(_) => rests.checked.push("key"),
        }
        rests.record = record.map(|record| record.place);
        rests
    }
}

/// What went wrong, without what to do about it.
fn without_hint(error: &VerifyError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or(&text).to_owned()
}
