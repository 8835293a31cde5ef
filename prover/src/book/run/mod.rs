//! A venue's books, one after the other in one folder.
//!
//! | in the folder | what |
//! |---|---|
//! | `work/` | the private folder of the book in work ([`super::folder`]) |
//! | `packets/NAME/` | packets of all customers of a book, private |
//! | `published/NAME/` | what is published of it: complete or absent, by one rename |
//! | `register.bin` | whose each account number is, for ever: private ([`register`]) |
//! | `run.json` | the run that has not ended |
//!
//! A run builds, proves, verifies, writes packets, publishes, and tells the register. It may end at any
//! point: the next one of the same inputs goes on where the last one was. What it has done it sees from the
//! folder alone; `run.json` says which book it was about.

pub mod register;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zkmargin_engine::file::{read_text, write_private, FileError};
use zkmargin_engine::units::format_element;

use super::error::BookError;
use super::folder::{Book, Folder};
use super::fresh::Fresh;
use super::lock::{self, Lock};
use super::store::make_folder;
use register::Register;

const FORMAT: &str = "zkmargin-run";
const VERSION: u32 = 1;
const RUN: &str = "run.json";
const REGISTER: &str = "register.bin";
const WORK: &str = "work";
const PACKETS: &str = "packets";
const PUBLISHED: &str = "published";
/// The file of a run is shorter, in bytes.
const LONGEST: u64 = 4_096;
/// How unfinished files and folders begin.
const UNFINISHED: &str = ".zkmargin-";

/// A venue's folder.
#[derive(Clone, Debug)]
pub struct Place {
    path: PathBuf,
}

/// Whoever works in a venue's folder.
pub struct Entered {
    _lock: Lock,
    fresh: Option<Fresh>,
}

impl Entered {
    /// Removes everything from a folder in which nothing stood: for whoever could build no first book.
    pub fn leave_nothing(&mut self) {
        if let Some(fresh) = self.fresh.take() {
            fresh.clear();
        }
    }
}

/// A run: what it was asked for, and the book that it made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    format: String,
    version: u32,
    /// SHA-256 of everything that the book is made of.
    pub inputs: String,
    /// Root of the book.
    pub root: String,
    /// Name of its folders.
    pub name: String,
}

impl Run {
    /// A run of these inputs, whose book has been built.
    pub fn new(inputs: &str, book: &Book, name: String) -> Run {
        Run {
            format: FORMAT.to_owned(),
            version: VERSION,
            inputs: inputs.to_owned(),
            root: format_element(&book.manifest.root),
            name,
        }
    }
}

impl Place {
    /// A folder, which need not exist.
    pub fn new(path: &Path) -> Place {
        Place {
            path: path.to_owned(),
        }
    }

    /// Makes the folder where there is none, takes its lock, and clears what a run that was killed left
    /// unfinished.
    ///
    /// # Errors
    /// When it holds other files, somebody else works in it, or it cannot be written.
    pub fn enter(&self, what: &str) -> Result<Entered, BookError> {
        let fresh = Fresh::of(&self.path);
        let known = [WORK, PACKETS, PUBLISHED, REGISTER, RUN, lock::NAME];
        if self.path.exists() {
            for name in names(&self.path)? {
                if !known.contains(&name.as_str()) && !name.starts_with(UNFINISHED) {
                    return Err(BookError::folder(
                        &self.path.join(name),
                        "stands in the folder, and is no part of a venue's books",
                        "name a folder that is empty or does not exist, or one that `zkmargin book run` made",
                    ));
                }
            }
        }
        make_folder(&self.path, true)?;
        let lock = Lock::take(&self.path, what)?;
        make_folder(&self.path.join(PUBLISHED), false)?;
        make_folder(&self.path.join(PACKETS), true)?;
        self.sweep()?;
        Ok(Entered { _lock: lock, fresh })
    }

    /// Removes what a run that was killed had not finished writing: accounts may be in it.
    fn sweep(&self) -> Result<(), BookError> {
        let work = self.path.join(WORK);
        let _lock = match work.exists() {
            true => Some(Lock::take(&work, "zkmargin book run")?),
            false => None,
        };
        for part in [
            "",
            PACKETS,
            WORK,
            "work/inputs",
            "work/entries",
            "work/proofs",
            "work/public",
            "work/public/proofs",
        ] {
            let folder = self.path.join(part);
            if !folder.is_dir() {
                continue;
            }
            for name in names(&folder)? {
                if name.starts_with(UNFINISHED) && name != lock::NAME {
                    remove(&folder.join(name))?;
                }
            }
        }
        Ok(())
    }

    /// The private folder of the book in work.
    pub fn work(&self) -> Folder {
        Folder::new(&self.path.join(WORK))
    }

    /// Where a book is published.
    pub fn published(&self, run: &Run) -> PathBuf {
        self.path.join(PUBLISHED).join(&run.name)
    }

    /// Where its packets are.
    pub fn packets(&self, run: &Run) -> PathBuf {
        self.path.join(PACKETS).join(&run.name)
    }

    /// The run that has not ended, and its book; `None` where there is none, or its book has been
    /// replaced by one that was built for a run that did not begin.
    ///
    /// # Errors
    /// When its file cannot be read or is damaged.
    pub fn begun(&self) -> Result<Option<(Run, Book)>, BookError> {
        let path = self.path.join(RUN);
        if !path.exists() {
            return Ok(None);
        }
        let damaged = |problem: String| {
            let hint = "remove the file: the next run builds a book of its own";
            BookError::folder(&path, problem, hint)
        };
        let text = read_text(&path, LONGEST)?;
        let run: Run = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if run.format != FORMAT || run.version != VERSION || !run.name.chars().all(plain) {
            return Err(damaged(format!("no run of version {VERSION}")));
        }
        let book = self.work().open().ok();
        let same = |book: &Book| format_element(&book.manifest.root) == run.root;
        Ok(book.filter(same).map(|book| (run, book)))
    }

    /// A name for the folders of the next book, which no book has had.
    ///
    /// # Errors
    /// When the published books cannot be read.
    pub fn next_name(&self, time: &str) -> Result<String, BookError> {
        let names = names(&self.path.join(PUBLISHED))?;
        let number = |name: &String| name.split('-').next()?.parse::<u64>().ok();
        let last = names.iter().filter_map(number).max();
        Ok(format!("{:06}-{time}", last.map_or(0, |last| last + 1)))
    }

    /// The book of a run has been built: from here on it is gone on with. Packets of books that were never
    /// published go, since no customer can use them and a name may come again.
    ///
    /// # Errors
    /// When they cannot be removed, or the file cannot be written.
    pub fn begin(&self, run: &Run) -> Result<(), BookError> {
        let published = names(&self.path.join(PUBLISHED))?;
        for name in names(&self.path.join(PACKETS))? {
            if !published.contains(&name) {
                remove(&self.path.join(PACKETS).join(name))?;
            }
        }
        // A struct of strings and numbers always serialises.
        let text = serde_json::to_string_pretty(run).unwrap_or_default() + "\n";
        write_private(&self.path.join(RUN), |out| out.write_all(text.as_bytes()))?;
        Ok(())
    }

    /// The register.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn register(&self) -> Result<Register, BookError> {
        Register::read(&self.path.join(REGISTER))
    }

    /// Publishes what lies in the book's own folder, by one rename.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn publish(&self, run: &Run, book: &Book) -> Result<(), BookError> {
        let (from, to) = (book.folder.public(), self.published(run));
        fs::rename(&from, &to).map_err(|e| FileError::io(&to, "name the folder", e))?;
        // The name is on the disk before anything that follows from it.
        let parent = self.path.join(PUBLISHED);
        let synced = File::open(&parent).and_then(|folder| folder.sync_all());
        synced.map_err(|e| FileError::io(&parent, "write the folder", e))?;
        Ok(())
    }

    /// Ends a run whose book is published: the register knows its accounts, and packets of all but the
    /// last `keep` books are removed.
    ///
    /// # Errors
    /// When a file cannot be read, written or removed; then the run has not ended.
    pub fn end(&self, book: &Book, keep: usize) -> Result<(), BookError> {
        let mut register = self.register()?;
        register.add(book)?;
        register.write(&self.path.join(REGISTER))?;
        let mut packets = names(&self.path.join(PACKETS))?;
        packets.sort();
        for name in packets.iter().rev().skip(keep) {
            remove(&self.path.join(PACKETS).join(name))?;
        }
        let path = self.path.join(RUN);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(FileError::io(&path, "remove the file", e).into())
            }
            _ => Ok(()),
        }
    }
}

fn names(folder: &Path) -> Result<Vec<String>, BookError> {
    let failed = |e| FileError::io(folder, "read the folder", e);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    Ok(names)
}

fn remove(path: &Path) -> Result<(), BookError> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    removed.map_err(|e| FileError::io(path, "remove what was left", e))?;
    Ok(())
}
