//! Private files, and files named by their content.

use std::fs;
use std::path::{Path, PathBuf};

use zkmargin_engine::file::{read_bounded, write_atomic, write_private, FileError};

pub use zkmargin_verifier::book::digest;

/// A folder of files that are named by the SHA-256 of their content.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    extension: &'static str,
    private: bool,
}

/// What became of a file that was put into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// SHA-256 of the content, in hexadecimal.
    pub digest: String,
    /// Whether it was not there before.
    pub new: bool,
}

impl Store {
    /// A store in a folder that exists, or is made by `create`.
    pub fn new(folder: PathBuf, extension: &'static str, private: bool) -> Self {
        Store {
            folder,
            extension,
            private,
        }
    }

    /// Makes the folder; a private one can be entered by its owner only.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn create(&self) -> Result<(), FileError> {
        make_folder(&self.folder, self.private)
    }

    /// Where the content of a digest lies.
    pub(crate) fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.{}", self.extension))
    }

    /// Stores content under its digest; what is there already and whole is left alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, content: &[u8]) -> Result<Put, FileError> {
        let digest = digest(content);
        let path = self.path(&digest);
        let known = read_bounded(&path, content.len() as u64);
        let new = known.map_or(true, |known| known != content);
        if new && self.private {
            write_private(&path, |out| out.write_all(content))?;
        } else if new {
            write_atomic(&path, content)?;
        }
        Ok(Put { digest, new })
    }

    /// Content by its digest; `None` when the file is not what its name says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn get(&self, wanted: &str, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
        let content = read_bounded(&self.path(wanted), limit)?;
        Ok((digest(&content) == wanted).then_some(content))
    }

    /// Removes what is not among these digests, and says how many files that were.
    ///
    /// # Errors
    /// When the folder cannot be read or a file not be removed.
    pub(crate) fn keep(&self, digests: &[&str]) -> Result<usize, FileError> {
        let mut removed = 0;
        for digest in self.digests()? {
            if !digests.contains(&digest.as_str()) {
                let path = self.path(&digest);
                let failed = |e| FileError::io(&path, "remove the file", e);
                fs::remove_file(&path).map_err(failed)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Digests of all files, in no order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn digests(&self) -> Result<Vec<String>, FileError> {
        let failed = |e| FileError::io(&self.folder, "read the folder", e);
        let mut digests = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            let suffix = format!(".{}", self.extension);
            digests.extend(name.strip_suffix(suffix.as_str()).map(str::to_owned));
        }
        Ok(digests)
    }
}

/// Makes a folder where there is none.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path, private: bool) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .map_err(|e| FileError::io(folder, "make the folder", e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_found_by_its_name_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("inputs"), "bin", true);
        store.create().unwrap();
        let put = store.put(b"some accounts").unwrap();
        assert!(put.new && !store.put(b"some accounts").unwrap().new);
        let content = store.get(&put.digest, 100).unwrap();
        assert_eq!(content.unwrap(), b"some accounts");
        assert_eq!(store.digests().unwrap(), [put.digest.as_str()]);
        std::fs::write(store.path(&put.digest), b"some_accounts").unwrap();
        assert_eq!(store.get(&put.digest, 100).unwrap(), None);
        assert!(store.put(b"some accounts").unwrap().new);
        assert!(store.get(&put.digest, 100).unwrap().is_some());
        assert!(store.get(&put.digest, 3).is_err());
        let other = store.put(b"other accounts").unwrap();
        assert_eq!(store.keep(&[&other.digest]).unwrap(), 1);
        assert_eq!(store.digests().unwrap(), [other.digest]);
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_for_their_owner() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("inputs"), "bin", true);
        store.create().unwrap();
        let put = store.put(b"x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.path(&put.digest)), 0o600);
        assert_eq!(mode(&folder.path().join("inputs")), 0o700);
    }
}
