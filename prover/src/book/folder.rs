//! A book's folder.
//!
//! | file | what | who may read it |
//! |---|---|---|
//! | `book.json` | [`Manifest`] | the venue |
//! | `market.json`, `policy.toml` | what the book was built with | anyone |
//! | `secret` | 32 random bytes that masks and salts are drawn from | the venue |
//! | `customers.bin` | ids and nonces of the customers of all accounts | the venue |
//! | `leaves.bin` | leaves of all accounts | the venue |
//! | `inputs/<sha256>.bin` | accounts with their salts, and secrets of masks, of a batch | the venue, and who proves the batch |
//! | `entries/<input sha256>.bin` | entry prices of the accounts of a batch | the venue |
//! | `proofs/<input sha256>.json` | statement and proof of a batch | anyone |
//! | `public/` | what is published: see [`zkmargin_verifier::book`] | anyone |
//!
//! `book.json` is written last: a folder without it holds a build that was interrupted.

use std::fs;
use std::path::{Path, PathBuf};

use ff::PrimeField;
use zkmargin_engine::commitment::BOOK_CAPACITY;
use zkmargin_engine::file::{read_bounded, read_text, write_atomic, write_private, FileError};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::parse_element;
use zkmargin_engine::Fr;

use super::error::{BookError, REBUILD};
use super::lock::Lock;
use super::manifest::{self, Manifest, LONGEST_TEXT};
use super::store::{make_folder, Store};

/// First bytes of the secret's file.
const SECRET_MAGIC: &[u8; 24] = b"zkmargin book secret 01\n";
/// First bytes of the leaves' file.
const LEAVES_MAGIC: &[u8; 8] = b"zkmleaf1";
/// A book's folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A book that has been built: its manifest and the market and policy that it was built with.
#[derive(Clone, Debug)]
pub struct Book {
    /// Its folder.
    pub folder: Folder,
    /// What it consists of.
    pub manifest: Manifest,
    /// The market.
    pub market: Market,
    /// The policy.
    pub policy: Policy,
}

impl Folder {
    /// A folder, which need not exist.
    pub fn new(path: &Path) -> Self {
        Folder {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest's file.
    pub fn manifest_path(&self) -> PathBuf {
        self.path.join("book.json")
    }

    /// The file of leaves.
    pub(crate) fn leaves_path(&self) -> PathBuf {
        self.path.join("leaves.bin")
    }

    /// The file of customers.
    pub(super) fn customers_path(&self) -> PathBuf {
        self.path.join("customers.bin")
    }

    /// The published folder.
    pub fn public(&self) -> PathBuf {
        self.path.join("public")
    }

    /// Inputs of batches.
    pub fn inputs(&self) -> Store {
        Store::new(self.path.join("inputs"), "bin", true)
    }

    /// Folder of the entry prices.
    pub(super) fn entries_path(&self) -> PathBuf {
        self.path.join("entries")
    }

    /// Entry prices of the accounts of batches, named as the inputs.
    pub(super) fn entries(&self) -> Store {
        Store::new(self.entries_path(), "bin", true)
    }

    /// Folder of the proofs.
    pub fn proofs(&self) -> PathBuf {
        self.path.join("proofs")
    }

    /// File of the proof for an input.
    pub fn proof_path(&self, input: &str) -> PathBuf {
        self.proofs().join(format!("{input}.json"))
    }

    /// Makes what every book's folder holds.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn prepare(&self) -> Result<(), BookError> {
        make_folder(&self.path, true)?;
        // From here on the folder is known as a book's, however the build ends.
        self.seed()?;
        self.inputs().create()?;
        self.entries().create()?;
        make_folder(&self.proofs(), true)?;
        Ok(())
    }

    /// Makes the folder where there is none, takes its lock, and leaves alone what is not a book.
    ///
    /// # Errors
    /// When it holds other files than a book's, somebody else works in it, or it cannot be made.
    pub(super) fn enter(&self, what: &str) -> Result<Lock, BookError> {
        if self.path.exists() && !self.is_ours()? {
            if self.manifest_path().exists() && manifest::File::read(&self.manifest_path()).is_ok()
            {
                return Err(self.no_seed());
            }
            return Err(BookError::folder(
                &self.path,
                "holds files that are not a book's",
                "name a folder that is empty or does not exist, or one that `book build` made",
            ));
        }
        make_folder(&self.path, true)?;
        Lock::take(&self.path, what)
    }

    fn is_ours(&self) -> Result<bool, BookError> {
        let failed = |e| FileError::io(&self.path, "read the folder", e);
        let mut foreign = false;
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            // A build that was killed while it wrote leaves its temporary file.
            let name = entry.map_err(failed)?.file_name();
            foreign |= !name.to_string_lossy().starts_with(".zkmargin-");
        }
        let secret = read_bounded(&self.secret_path(), 64);
        let ours = secret.is_ok_and(|bytes| bytes.starts_with(SECRET_MAGIC));
        Ok(ours || !foreign)
    }

    fn secret_path(&self) -> PathBuf {
        self.path.join("secret")
    }

    /// The seed of salts and masks; drawn where there is none, and kept.
    ///
    /// # Errors
    /// When it cannot be read or written, or is damaged.
    pub(crate) fn seed(&self) -> Result<[u8; 32], BookError> {
        use rand::RngCore;
        let path = self.secret_path();
        if path.exists() {
            let bytes = read_bounded(&path, 64)?;
            let seed = bytes.strip_prefix(SECRET_MAGIC.as_slice());
            let seed = seed.and_then(|seed| seed.try_into().ok());
            return seed.ok_or_else(|| self.no_seed());
        }
        let mut seed = [0; 32];
        rand::rngs::OsRng
            .try_fill_bytes(&mut seed)
            .map_err(|_| BookError::NoRandomness)?;
        write_private(&path, |out| {
            out.write_all(SECRET_MAGIC)?;
            out.write_all(&seed)
        })?;
        Ok(seed)
    }

    fn no_seed(&self) -> BookError {
        BookError::folder(
            &self.secret_path(),
            "not the secret of a book, or gone",
            "restore it from a backup; without it the book is built in a new folder",
        )
    }

    /// Writes the leaves.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_leaves(&self, leaves: &[Fr]) -> Result<(), BookError> {
        write_private(&self.leaves_path(), |out| {
            out.write_all(LEAVES_MAGIC)?;
            leaves
                .iter()
                .try_for_each(|leaf| out.write_all(&leaf.to_repr()))
        })?;
        Ok(())
    }

    /// Reads the leaves.
    ///
    /// # Errors
    /// When they cannot be read or are damaged.
    pub(crate) fn leaves(&self) -> Result<Vec<Fr>, BookError> {
        let path = self.leaves_path();
        let bytes = read_bounded(&path, 8 + 32 * BOOK_CAPACITY as u64)?;
        let damaged = || BookError::folder(&path, "not the leaves of a book", REBUILD);
        let bytes = bytes
            .strip_prefix(LEAVES_MAGIC.as_slice())
            .ok_or_else(damaged)?;
        if bytes.len() % 32 != 0 {
            return Err(damaged());
        }
        let leaves = bytes.chunks_exact(32).map(|chunk| {
            let mut repr = [0; 32];
            repr.copy_from_slice(chunk);
            Option::from(Fr::from_repr(repr))
        });
        leaves.collect::<Option<_>>().ok_or_else(damaged)
    }

    /// Writes manifest, market and policy: the book is complete.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn finish(
        &self,
        manifest: &Manifest,
        market_text: &str,
        (policy, policy_text): (&Policy, &str),
    ) -> Result<(), BookError> {
        write_atomic(&self.path.join("market.json"), market_text.as_bytes())?;
        write_atomic(&self.path.join("policy.toml"), policy_text.as_bytes())?;
        let text = manifest.to_json(policy);
        write_private(&self.manifest_path(), |out| out.write_all(text.as_bytes()))?;
        Ok(())
    }

    /// Removes inputs, entry prices and proofs of other books than this, which is published: no build has their
    /// salts again.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub(super) fn forget_others(&self, manifest: &Manifest) -> Result<(), BookError> {
        let batches = manifest.batches.iter();
        let known: Vec<&str> = batches.map(|batch| batch.input.as_str()).collect();
        self.inputs().keep(&known)?;
        // The folder of a book that was built by an earlier program has none.
        self.entries().create()?;
        self.entries().keep(&known)?;
        Ok(Store::new(self.proofs(), "json", false).keep(&known)?)
    }

    /// Opens a book that was built.
    ///
    /// # Errors
    /// When there is none, or its files do not belong together.
    pub fn open(&self) -> Result<Book, BookError> {
        let path = self.manifest_path();
        if !path.exists() {
            let hint = "`zkmargin book build` makes one in this folder";
            return Err(BookError::folder(&self.path, "holds no book", hint));
        }
        let text = |name: &str| -> Result<(String, String), BookError> {
            let path = self.path.join(name);
            Ok((read_text(&path, LONGEST_TEXT)?, path.display().to_string()))
        };
        let (policy_text, policy_file) = text("policy.toml")?;
        let policy = Policy::from_toml(&policy_text, &policy_file).map_err(BookError::from)?;
        let (market_text, market_file) = text("market.json")?;
        let market = Market::from_json(&market_text, &market_file, &policy)?;
        let manifest = Manifest::read(&path, &market, &policy)?;
        for (file, found, wanted) in [
            ("policy.toml", policy.digest(), manifest.policy),
            ("market.json", market.digest(), manifest.market),
        ] {
            if found != wanted {
                let path = self.path.join(file);
                return Err(BookError::other_file(&path, (found, wanted), REBUILD));
            }
        }
        Ok(Book {
            folder: self.clone(),
            manifest,
            market,
            policy,
        })
    }

    /// Whether the book of this root is the one that is published here.
    pub fn publishes(&self, root: Fr) -> bool {
        #[derive(serde::Deserialize)]
        struct Head {
            root: String,
        }
        let text = read_text(&self.public().join("book.json"), LONGEST_TEXT);
        let head = text.ok().and_then(|text| serde_json::from_str(&text).ok());
        head.is_some_and(|head: Head| parse_element(&head.root) == Ok(root))
    }

    /// Accounts of the book that is here, as its manifest says; `None` where there is none.
    ///
    /// # Errors
    /// When there is a manifest that cannot be read.
    pub fn accounts(&self) -> Result<Option<u64>, BookError> {
        let path = self.manifest_path();
        let there = path.try_exists();
        let failed = |e| FileError::io(&path, "read the file", e);
        match there.map_err(failed)? {
            true => Ok(Some(manifest::File::read(&path)?.count)),
            false => Ok(None),
        }
    }

    /// Nonce and root of the book that is here, for a build that goes on with it.
    ///
    /// # Errors
    /// When there is none, or its manifest cannot be read.
    pub(super) fn commitment(&self) -> Result<(Fr, Fr), BookError> {
        let path = self.manifest_path();
        if !path.exists() {
            return Err(BookError::folder(
                &self.path,
                "holds no book",
                NOTHING_BEGUN,
            ));
        }
        let file = manifest::File::read(&path)?;
        let element = |field: &str, text: &str| {
            parse_element(text)
                .map_err(|e| BookError::folder(&path, format!("{field}: {e}"), NO_RESUME))
        };
        Ok((element("nonce", &file.nonce)?, element("root", &file.root)?))
    }
}

/// What to do where nothing can be gone on with.
const NO_RESUME: &str = "restore it from a backup, or build another book instead";
/// What to do where a build should go on that never ended.
pub const NOTHING_BEGUN: &str =
    "begin another build: one that did not end has nothing to go on with";
