//! Atomic writes: a file is written beside its target, flushed to the disk, then renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use super::FileError;

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
pub(super) enum Readers {
    /// Whoever the process's umask lets, as for any file that a program creates.
    Umask,
    /// Its owner alone, as temporary files are made.
    Owner,
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file beside and renames it; the rename keeps who may read it, and keeps a file that is
/// there unless it may be replaced.
pub(super) fn write_renamed(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::read_bounded;

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
}
