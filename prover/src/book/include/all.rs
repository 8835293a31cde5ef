//! Packets for all customers of a book, in one pass over its batches.
//!
//! A folder of one private file a customer, `packet-NNN.json` by the place of his first account, and
//! `packets.csv` with the columns `customer, file, accounts` for whoever sends them. It is complete or
//! absent: packets are written into a folder beside it, which is renamed.
//!
//! Memory holds the leaves, the customers, a batch, and of customers who have others in batches to come
//! the accounts, without their paths: these are hashed when the packet is written.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;

use rayon::prelude::*;
use zkmargin_engine::account::Customer;
use zkmargin_engine::file::{folder_of, lies_in, write_private, FileError};
use zkmargin_engine::Fr;
use zkmargin_verifier::packet::Placed;

use super::{customers, kept, Kept, Leaves};
use crate::book::error::{BookError, REBUILD};
use crate::book::folder::Book;

/// Name of the list of who gets which packet.
const LIST: &str = "packets.csv";

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packets {
    /// Packets, one a customer.
    pub packets: u64,
    /// Accounts in them: all of the book.
    pub accounts: u64,
}

/// A customer, how many accounts he has, and those that have been found.
struct Awaited<'a> {
    customer: &'a Customer,
    digest: Fr,
    accounts: usize,
    /// With their places in the book.
    found: Vec<(u64, Kept)>,
}

/// Writes the packets of all customers into a new folder; `progress` gets the accounts so far.
///
/// # Errors
/// When the folder exists, the book's files are damaged, or the disk is full; then no folder is made.
pub fn packets(book: &Book, out: &Path, progress: &dyn Fn(u64)) -> Result<Packets, BookError> {
    is_free(book, out)?;
    let customers = customers(book)?;
    let leaves = Leaves::of(book)?;
    let (mut awaited, of_account) = grouped(&customers);
    let beside = Beside::make(out)?;
    let width = book.manifest.count.to_string().len();
    let mut done = 0;
    for batch in &book.manifest.batches {
        let mut whole = Vec::new();
        for (index, kept) in (batch.first..).zip(kept(book, batch)?) {
            let n = *of_account.get(index as usize).ok_or_else(|| {
                let path = book.folder.manifest_path();
                BookError::folder(&path, "a batch reaches beyond the book", REBUILD)
            })?;
            let entry = &mut awaited[n];
            entry.found.push((index, kept));
            done += 1;
            if entry.found.len() == entry.accounts {
                whole.push((n, std::mem::take(&mut entry.found)));
            }
        }
        let write = |(n, found): (usize, Vec<(u64, Kept)>)| {
            let Awaited {
                customer, digest, ..
            } = &awaited[n];
            let found = found.into_iter();
            let placed = found.map(|(index, kept)| leaves.placed(index, kept, *digest));
            let accounts = placed.collect::<Result<Vec<Placed>, BookError>>()?;
            let path = beside.path().join(name(accounts[0].place.index, width));
            let packet = leaves.packet(customer, accounts);
            Ok::<_, BookError>(write_file(&path, packet.to_json().as_bytes())?)
        };
        whole.into_par_iter().try_for_each(write)?;
        progress(done);
    }
    if done != book.manifest.count {
        let path = book.folder.manifest_path();
        let problem = "the batches do not hold every account";
        return Err(BookError::folder(&path, problem, REBUILD));
    }
    let packets = awaited.len() as u64;
    list(
        &beside.path().join(LIST),
        &customers,
        &awaited,
        (&of_account, width),
    )?;
    beside.finish(out)?;
    Ok(Packets {
        packets,
        accounts: done,
    })
}

/// Refuses a place where something is, and one in the folder of the book.
fn is_free(book: &Book, out: &Path) -> Result<(), BookError> {
    if out.symlink_metadata().is_ok() {
        let problem = "is there already";
        return Err(BookError::folder(
            out,
            problem,
            "name a folder that is not there yet",
        ));
    }
    if lies_in(out, book.folder.path()) {
        let problem = "lies in the folder of the book, which is read";
        return Err(BookError::folder(out, problem, "name another folder"));
    }
    Ok(())
}

/// Customers in the order of their first accounts, and whose each account is.
fn grouped(customers: &[Customer]) -> (Vec<Awaited<'_>>, Vec<usize>) {
    let mut awaited: Vec<Awaited<'_>> = Vec::new();
    // A customer has one nonce, so that his id tells him.
    let mut known: HashMap<&str, usize> = HashMap::new();
    let of_account = customers.iter().map(|customer| {
        let n = *known.entry(customer.id()).or_insert(awaited.len());
        match awaited.get_mut(n) {
            Some(entry) => entry.accounts += 1,
            None => awaited.push(Awaited {
                customer,
                digest: Fr::default(),
                accounts: 1,
                found: Vec::new(),
            }),
        }
        n
    });
    let of_account = of_account.collect();
    awaited
        .par_iter_mut()
        .for_each(|entry| entry.digest = entry.customer.digest());
    (awaited, of_account)
}

fn name(first: u64, width: usize) -> String {
    format!("packet-{first:0width$}.json")
}

/// Writes a file that only its owner may read into a folder that nobody else can enter. It reaches
/// the disk before the folder gets its name.
fn write_file(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let written = options.open(path).and_then(|mut file| {
        use std::io::Write;
        file.write_all(content)
    });
    written.map_err(|error| FileError::io(path, "write the file", error))
}

/// The list of who gets which packet.
fn list(
    path: &Path,
    customers: &[Customer],
    awaited: &[Awaited<'_>],
    (of_account, width): (&[usize], usize),
) -> Result<(), FileError> {
    write_private(path, |out| {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(["customer", "file", "accounts"])?;
        let mut next = 0;
        for (index, n) in of_account.iter().enumerate() {
            // Customers are numbered as they first appear.
            if *n == next {
                let file = name(index as u64, width);
                let accounts = awaited[*n].accounts.to_string();
                table.write_record([customers[index].id(), &file, &accounts])?;
                next += 1;
            }
        }
        table.flush()
    })
}

/// A folder beside the one that is wanted; it goes where it does not become that one.
struct Beside(tempfile::TempDir);

impl Beside {
    fn make(out: &Path) -> Result<Beside, FileError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".zkmargin-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Nobody else may enter it.
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let made = builder.tempdir_in(folder_of(out));
        made.map(Beside)
            .map_err(|e| FileError::io(out, "make the folder", e))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Gives the folder its name, when all of it is on the disk.
    fn finish(self, out: &Path) -> Result<(), FileError> {
        let synced = || -> std::io::Result<()> {
            let files = fs::read_dir(self.path())?.collect::<Result<Vec<_>, _>>()?;
            // The first of them takes the disk's time, the others are there by then.
            files
                .par_iter()
                .try_for_each(|entry| File::open(entry.path())?.sync_all())?;
            File::open(self.path())?.sync_all()
        };
        synced().map_err(|e| FileError::io(out, "write the folder", e))?;
        fs::rename(self.path(), out).map_err(|e| FileError::io(out, "name the folder", e))?;
        // What it was is no more.
        let _ = self.0.keep();
        Ok(())
    }
}
