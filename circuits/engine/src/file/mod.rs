//! Files: atomic writes, bounded reads, the cache folder.
//!
//! A written file is either there and complete or not there: it is written beside its target
//! under a temporary name, flushed to the disk, then renamed over the target. Where a command's
//! result goes, and what it may replace, is the business of [`Output`].

mod output;

pub use output::{Output, STANDARD};

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

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

/// Writes a file atomically: whoever reads `path` sees the old file or the whole new one.
///
/// # Errors
///
/// When the folder does not exist or cannot be written, or the device is full. The old file, if
/// there was one, is then unchanged and nothing is left behind.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_atomic_with(path, |out| out.write_all(bytes))
}

/// [`write_atomic`] for content that is produced piece by piece.
///
/// # Errors
///
/// As [`write_atomic`], and when `content` fails.
pub fn write_atomic_with(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    write_renamed(path, Readers::Umask, true, content)
}

/// [`write_atomic_with`] for a file that only its owner may read.
///
/// # Errors
///
/// As [`write_atomic_with`].
pub fn write_private(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    write_renamed(path, Readers::Owner, true, content)
}

/// Who may read a file that is written.
#[derive(Clone, Copy)]
enum Readers {
    /// Whoever the process's umask lets, as for any file that a program creates.
    Umask,
    /// Its owner alone, as temporary files are made.
    Owner,
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file beside and renames it; the rename keeps who may read it, and keeps a file that is
/// there unless it may be replaced.
fn write_renamed(
    path: &Path,
    readers: Readers,
    replace: bool,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    let write = || -> io::Result<()> {
        if path.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let folder = folder_of(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".zkmargin-").suffix(".tmp");
        #[cfg(unix)]
        if matches!(readers, Readers::Umask) {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut temporary = builder.tempfile_in(folder)?;
        let mut out = BufWriter::new(temporary.as_file_mut());
        content(&mut out)?;
        out.flush()?;
        drop(out);
        temporary.as_file().sync_all()?;
        let persisted = match replace {
            true => temporary.persist(path),
            false => temporary.persist_noclobber(path),
        };
        persisted.map_err(|refused| refused.error)?;
        // The rename itself must reach the disk too. Not every system can sync a folder.
        #[cfg(unix)]
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    };
    write().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => FileError::Exists {
            path: path.to_owned(),
        },
        _ => FileError::io(path, "write the file", error),
    })
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
/// When the file cannot be read, is longer, or is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read_bounded(path, limit)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let path = path.to_owned();
        FileError::NotText { path, offset }
    })
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

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_write_replaces_the_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(read_bounded(&path, 3).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomic(&path, b"old").unwrap();
        for (kind, words) in [
            (ErrorKind::StorageFull, "no space left"),
            (ErrorKind::QuotaExceeded, "no space left"),
            (ErrorKind::Other, "check the disk"),
        ] {
            let error = write_atomic_with(&path, |out| {
                out.write_all(b"half of it")?;
                Err(kind.into())
            })
            .unwrap_err()
            .to_string();
            assert!(error.contains(words) && error.contains("hint: "), "{error}");
            assert_eq!(read_bounded(&path, 3).unwrap(), b"old");
            assert_eq!(names(folder.path()), ["file"]);
        }
    }

    #[test]
    fn a_missing_folder_and_a_folder_as_target_are_explained() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic(&folder.path().join("no/file"), b"x").unwrap_err();
        assert!(error.to_string().contains("its folder exists"), "{error}");
        let error = write_atomic(folder.path(), b"x").unwrap_err();
        assert!(
            error.to_string().contains("name a file, not a folder"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_written_file_has_the_usual_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_atomic(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn long_files_and_binary_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"ab\xffcd").unwrap();
        assert!(matches!(
            read_bounded(&path, 4),
            Err(FileError::TooLong { limit: 4, .. })
        ));
        assert!(matches!(
            read_text(&path, 5),
            Err(FileError::NotText { offset: 2, .. })
        ));
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
