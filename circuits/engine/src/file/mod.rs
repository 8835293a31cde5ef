//! Files: atomic writes, bounded reads, the cache folder.
//!
//! A written file is either there and complete or not there: it is written beside its target
//! under a temporary name, flushed to the disk, then renamed over the target. Where a command's
//! result goes, and what it may replace, is the business of [`Output`].

#[cfg(feature = "full")]
mod output;
#[cfg(feature = "full")]
mod write;

#[cfg(feature = "full")]
pub use output::{lies_in, Output};
#[cfg(feature = "full")]
pub use write::{folder_of, write_atomic, write_atomic_with, write_private};

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Stands for standard output, or for standard input where a file is read.
pub const STANDARD: &str = "-";

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}\nhint: {}", path.display(), hint(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the operating system answered.
        source: io::Error,
    },
    /// The device has no room for the file.
    #[error(
        "{}: cannot {action}: no space left on the device; the file was not changed\nhint: free \
         some space there, or choose another folder",
        path.display()
    )]
    NoSpace {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
    },
    /// A file is there that nobody said may go.
    #[error(
        "{}: the file is there already, and nothing is overwritten unasked\n\
         hint: name another file, or remove this one first",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file holds a trader's secret, which would be lost.
    #[error(
        "{}: the file holds a secret, which nothing replaces, since nobody can make it again\n\
         hint: name another file",
        path.display()
    )]
    Secret {
        /// The file.
        path: PathBuf,
    },
    /// The file to write is one that the same command reads.
    #[error(
        "{}: the file is read by the same command as {}\nhint: name another file to write",
        path.display(),
        input.display()
    )]
    Input {
        /// The file to write.
        path: PathBuf,
        /// The input, as it was named.
        input: PathBuf,
    },
    /// The file to write is a block device.
    #[error("{}: this is a disk, not a file\nhint: name a file", path.display())]
    Disk {
        /// The device.
        path: PathBuf,
    },
    /// Standard input was read before.
    #[error("-: standard input can be read once only\nhint: name a file for all inputs but one")]
    StandardTwice,
    /// The file is larger than any file of its kind can be.
    #[error(
        "{}: the file is longer than {limit} bytes, the most that a file of this kind can have\n\
         hint: check that this is the right file",
        path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The largest size allowed, in bytes.
        limit: u64,
    },
    /// The file should be text.
    #[error(
        "{}: byte {offset} is not UTF-8 text\nhint: check that this is the right file",
        path.display()
    )]
    NotText {
        /// The file.
        path: PathBuf,
        /// Offset of the first byte that is not text.
        offset: usize,
    },
    /// The text has a mark in front that is no part of it.
    #[error(
        "{}: begins with the byte-order mark of {encoding}\nhint: save the file as UTF-8 without \
         a byte-order mark (BOM)",
        path.display()
    )]
    Mark {
        /// The file.
        path: PathBuf,
        /// How the mark says that the text is written.
        encoding: &'static str,
    },
}

impl FileError {
    /// Wraps what the operating system answered.
    pub fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FileError::NoSpace {
                path: path.to_owned(),
                action,
            },
            _ => FileError::Io {
                path: path.to_owned(),
                action,
                source,
            },
        }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "check the path, and that its folder exists",
        ErrorKind::PermissionDenied => "check the permissions of the file and of its folder",
        ErrorKind::ReadOnlyFilesystem => "choose a folder that can be written",
        ErrorKind::IsADirectory => "name a file, not a folder",
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        _ => "check the disk, then try again",
    }
}

/// Opens a file to read; `-` is standard input, which can be read once.
///
/// # Errors
///
/// When the file cannot be opened, or standard input was opened before.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, FileError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if path.as_os_str() != STANDARD {
        let opened = File::open(path);
        return match opened {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(FileError::io(path, "read the file", error)),
        };
    }
    match TAKEN.swap(true, Ordering::Relaxed) {
        false => Ok(Box::new(io::stdin())),
        true => Err(FileError::StandardTwice),
    }
}

/// Reads a file of at most `limit` bytes; `-` is standard input.
///
/// # Errors
///
/// When the file cannot be read or is longer.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| FileError::io(path, "read the file", error))?;
    if bytes.len() as u64 > limit {
        let path = path.to_owned();
        return Err(FileError::TooLong { path, limit });
    }
    Ok(bytes)
}

/// Reads a text file of at most `limit` bytes.
///
/// # Errors
///
/// When the file cannot be read, is longer, or is not UTF-8 without a byte-order mark.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    text_of(path, read_bounded(path, limit)?)
}

/// The text that the bytes of a file are.
///
/// # Errors
///
/// When they are not UTF-8, or begin with a byte-order mark.
pub fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, FileError> {
    if let Some(encoding) = marked(&bytes) {
        let path = path.to_owned();
        return Err(FileError::Mark { path, encoding });
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let path = path.to_owned();
        FileError::NotText { path, offset }
    })
}

/// The encoding whose byte-order mark bytes begin with, which some editors and shells put in
/// front of a text.
pub fn marked(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some("UTF-8"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// The folder for files that can be made again: `$ZKMARGIN_CACHE`, else
/// `$XDG_CACHE_HOME/zkmargin`, else `~/.cache/zkmargin`, else `zkmargin` in the system's
/// temporary folder. The folder may not exist yet.
///
/// Nothing in it is trusted: what is read back is checked.
pub fn cache_dir() -> PathBuf {
    cache_dir_from(|name| env::var_os(name).map(PathBuf::from))
}

fn cache_dir_from(variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    let set = |name| variable(name).filter(|path| !path.as_os_str().is_empty());
    // The XDG convention: a relative path there counts as not set.
    let absolute = |name| set(name).filter(|path| path.is_absolute());
    set("ZKMARGIN_CACHE")
        .or_else(|| absolute("XDG_CACHE_HOME").map(|path| path.join("zkmargin")))
        .or_else(|| absolute("HOME").map(|path| path.join(".cache").join("zkmargin")))
        .unwrap_or_else(|| env::temp_dir().join("zkmargin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_and_binary_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"ab\xffcd").unwrap();
        assert!(matches!(
            read_bounded(&path, 4),
            Err(FileError::TooLong { limit: 4, .. })
        ));
        assert!(matches!(
            read_text(&path, 5),
            Err(FileError::NotText { offset: 2, .. })
        ));
        for (bytes, encoding) in [
            (b"\xef\xbb\xbf{}".as_slice(), "UTF-8"),
            (b"\xff\xfe{\0", "UTF-16"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let error = read_text(&path, 9).unwrap_err().to_string();
            assert!(
                error.contains(encoding) && error.contains("without"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_cache_folder_follows_the_environment() {
        let with = |set: &'static [(&str, &str)]| {
            cache_dir_from(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let all = &[
            ("ZKMARGIN_CACHE", "here"),
            ("XDG_CACHE_HOME", "/xdg"),
            ("HOME", "/home/me"),
        ];
        assert_eq!(with(all), Path::new("here"));
        assert_eq!(
            with(&[("ZKMARGIN_CACHE", ""), ("XDG_CACHE_HOME", "/xdg")]),
            Path::new("/xdg/zkmargin")
        );
        assert_eq!(
            with(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/home/me")]),
            Path::new("/home/me/.cache/zkmargin")
        );
        assert_eq!(with(&[]), env::temp_dir().join("zkmargin"));
    }
}
