//! A folder in which nothing stands yet: a first build that fails leaves nothing in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::lock;

/// A folder that is not there, or is empty but for its lock.
pub(crate) struct Fresh {
    path: PathBuf,
    /// Whether somebody else made the folder.
    there: bool,
}

impl Fresh {
    /// A folder; `None` where something stands in it.
    pub fn of(path: &Path) -> Option<Fresh> {
        let (path, there) = (path.to_owned(), path.exists());
        let lock = |entry: std::io::Result<fs::DirEntry>| {
            entry.is_ok_and(|entry| entry.file_name() == lock::NAME)
        };
        let empty = !there || fs::read_dir(&path).is_ok_and(|mut all| all.all(lock));
        empty.then_some(Fresh { path, there })
    }

    /// Removes what was put into it. What cannot be removed stays: the error that is told is why
    /// the build failed.
    /// A book that stands there is another build's.
    pub(crate) fn clear(self) {
        if self.path.join("book.json").exists() {
            return;
        }
        if !self.there {
            let _ = fs::remove_dir_all(&self.path);
            return;
        }
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            let _ = match entry.file_type() {
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
                _ => fs::remove_file(path),
            };
        }
    }
}
