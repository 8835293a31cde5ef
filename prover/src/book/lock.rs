//! One at a time in a folder: whoever writes there holds its lock.
//!
//! The system takes the lock from a process that ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use zkmargin_engine::file::FileError;

use super::error::BookError;

/// Name of the file; files of this beginning belong to no book.
pub(super) const NAME: &str = ".zkmargin-lock";
/// A holder's name is shorter, in bytes.
const LONGEST: u64 = 200;
/// Somebody may remove the folder between opening and locking, this often.
const TRIES: usize = 5;

/// The right to write in a folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The name is for others alone. Who is killed leaves it, and nobody takes it for a lock.
        let _ = self.file.set_len(0);
    }
}

impl Lock {
    /// Takes the lock of a folder that is there, for `what`, such as a command.
    ///
    /// # Errors
    /// When somebody else holds it, with his name; when the file cannot be written.
    pub fn take(folder: &Path, what: &str) -> Result<Lock, BookError> {
        let path = folder.join(NAME);
        let failed = |e| FileError::io(&path, "write the lock", e);
        for _ in 0..TRIES {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = options.open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_there(&file, &path) => {
                    file.set_len(0).map_err(failed)?;
                    let holder = format!("process {}, {what}\n", std::process::id());
                    file.write_all(holder.as_bytes()).map_err(failed)?;
                    return Ok(Lock { file });
                }
                // The folder was removed and made again.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(folder, &file)),
                Err(TryLockError::Error(e)) => return Err(failed(e).into()),
            }
        }
        Err(failed(std::io::Error::other(
            "the folder is removed again and again",
        ))
        .into())
    }
}

/// Who holds the lock, as he wrote it.
fn held(folder: &Path, file: &File) -> BookError {
    let mut text = String::new();
    // Who has not written his name yet is somebody.
    let read = file.take(LONGEST).read_to_string(&mut text);
    let holder = match read {
        Ok(1..) => text.lines().next().unwrap_or_default().to_owned(),
        _ => "another process".to_owned(),
    };
    BookError::Locked {
        folder: folder.to_owned(),
        holder,
    }
}

/// Whether a file that was opened still has its name.
#[cfg(unix)]
fn is_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let both = file.metadata().ok().zip(fs::metadata(path).ok());
    both.is_some_and(|(opened, named)| (opened.dev(), opened.ino()) == (named.dev(), named.ino()))
}

#[cfg(not(unix))]
fn is_there(_: &File, path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_its_holder_and_goes_with_him() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        // Left by one who was killed.
        fs::write(&path, "process 1, book build").unwrap();
        let first = Lock::take(folder.path(), "book prove").unwrap();
        let error = Lock::take(folder.path(), "book build")
            .unwrap_err()
            .to_string();
        let holder = format!("process {}, book prove", std::process::id());
        assert!(
            error.contains(&holder) && error.contains("hint: "),
            "{error}"
        );
        drop(first);
        assert_eq!(fs::read(&path).unwrap(), b"");
        // What the last holder wrote is no lock.
        let second = Lock::take(folder.path(), "book build").unwrap();
        // A folder that was removed and made again is another.
        fs::remove_file(&path).unwrap();
        drop(Lock::take(folder.path(), "book run").unwrap());
        drop(second);
    }
}
