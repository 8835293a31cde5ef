//! Where the result of a command goes: a new file, a file that may be replaced, a device, a fifo,
//! standard output.
//!
//! Nothing is overwritten unless the caller says so, and never what was read: the only copy of a
//! secret may stand there. A link is written through: it stays, and what it points to is written.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::write::{folder_of, write_renamed, Readers};
use super::{FileError, STANDARD};

/// Links that are followed one after another, as an operating system does.
const MOST_LINKS: usize = 40;

/// A place for a result, looked at before any work is done.
#[derive(Clone, Debug)]
pub struct Output {
    /// As it was named.
    name: PathBuf,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Standard,
    /// Standard error.
    Error,
    /// A device or a fifo: written as it is.
    Stream,
    /// A file, written beside and renamed.
    File {
        /// Behind all links.
        path: PathBuf,
        /// Whether a file that is there may go.
        replace: bool,
    },
}

impl Output {
    /// The place that `name` stands for; `-` and `None` are standard output. `inputs` are the files
    /// that the same command reads.
    ///
    /// # Errors
    /// When a file is there and `replace` is false; when it is one of the inputs, whatever
    /// `replace` says; when it is a folder or a disk, or nothing can be created there.
    pub fn new(name: Option<&Path>, replace: bool, inputs: &[&Path]) -> Result<Output, FileError> {
        let name = name.unwrap_or(Path::new(STANDARD)).to_owned();
        let place = match name.as_os_str() == STANDARD {
            true => Place::Standard,
            false => place(&name, replace, inputs)?,
        };
        Ok(Output { name, place })
    }

    /// As it was named, unless it is standard output.
    pub fn file(&self) -> Option<&Path> {
        (!matches!(self.place, Place::Standard)).then_some(&self.name)
    }

    /// Whether it is a file, which keeps what is written.
    pub fn keeps(&self) -> bool {
        matches!(self.place, Place::File { .. })
    }

    /// Whether a file to write lies in `folder`, at any depth.
    pub fn is_inside(&self, folder: &Path) -> bool {
        let Place::File { path, .. } = &self.place else {
            return false;
        };
        lies_in(path, folder)
    }

    /// Writes the content; a file gets it all or stays as it was.
    ///
    /// # Errors
    /// When it cannot be written, or a file has come to be there since [`Output::new`]. A reader
    /// of standard output that has gone away is no error.
    pub fn write(
        &self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FileError> {
        self.put(Readers::Umask, content)
    }

    /// [`Output::write`] of what only its owner may read: a file gets mode 0600.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn write_private(
        &self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FileError> {
        self.put(Readers::Owner, content)
    }

    fn put(
        &self,
        readers: Readers,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FileError> {
        let failed = |error| FileError::io(&self.name, "write the file", error);
        match &self.place {
            Place::File { path, replace } => write_renamed(path, readers, *replace, content),
            Place::Stream => {
                let opened = OpenOptions::new().write(true).open(&self.name);
                let written = opened.and_then(|mut file| stream(&mut file, content));
                Ok(written.map_err(failed)?)
            }
            Place::Error => Ok(stream(&mut io::stderr().lock(), content).map_err(failed)?),
            // A reader that has gone away has what it wanted, but a secret would be lost.
            Place::Standard => match (stream(&mut io::stdout().lock(), content), readers) {
                (Err(error), Readers::Umask) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                (written, _) => Ok(written.map_err(failed)?),
            },
        }
    }
}

/// Whether a path, which need not exist, lies in `folder`, at any depth.
pub fn lies_in(path: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(folder_of(path)), fs::canonicalize(folder)) {
        (Ok(place), Ok(folder)) => place.starts_with(folder),
        _ => false,
    }
}

fn stream(
    out: &mut dyn Write,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    content(&mut out)?;
    out.flush()
}

fn place(name: &Path, replace: bool, inputs: &[&Path]) -> Result<Place, FileError> {
    let failed = |error| FileError::io(name, "write the file", error);
    // This process has them open: a rename would not reach them, and opened again they would be
    // written from their start.
    for (descriptor, place) in [
        ("/dev/stdout", Place::Standard),
        ("/dev/stderr", Place::Error),
    ] {
        if name == Path::new(descriptor) {
            return Ok(place);
        }
    }
    let path = match fs::metadata(name) {
        Ok(there) if there.is_file() => {
            if let Some(input) = inputs.iter().find(|input| is_same(&there, name, input)) {
                let (path, input) = (name.to_owned(), input.to_path_buf());
                return Err(FileError::Input { path, input });
            }
            if !replace {
                let path = name.to_owned();
                return Err(FileError::Exists { path });
            }
            if holds_secret(name) {
                let path = name.to_owned();
                return Err(FileError::Secret { path });
            }
            fs::canonicalize(name).map_err(failed)?
        }
        Ok(there) if there.is_dir() => return Err(failed(ErrorKind::IsADirectory.into())),
        Ok(there) if is_disk(&there) => {
            let path = name.to_owned();
            return Err(FileError::Disk { path });
        }
        Ok(_) => return Ok(Place::Stream),
        Err(error) if error.kind() == ErrorKind::NotFound => behind_links(name).map_err(failed)?,
        Err(error) => return Err(failed(error)),
    };
    // Fails early where nothing can be created, before long work is done for it.
    tempfile::tempfile_in(folder_of(&path)).map_err(failed)?;
    Ok(Place::File { path, replace })
}

/// Whether a file is a trader's secret, a book's or a queue's, which nobody can make again.
fn holds_secret(name: &Path) -> bool {
    use std::io::Read;
    const LOOKED_AT: u64 = 1 << 16;
    let mut start = Vec::new();
    let opened = fs::File::open(name).map(|file| file.take(LOOKED_AT));
    if opened
        .and_then(|mut file| file.read_to_end(&mut start))
        .is_err()
    {
        return false;
    }
    let text = String::from_utf8_lossy(&start);
    let text = text.trim();
    let digits = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let traders = text.starts_with('{') && text.contains("\"secret\"");
    traders || start.starts_with(b"zkmargin book secret") || digits(text)
}

/// What a link points to that is not there yet; the name itself where it is no link.
fn behind_links(name: &Path) -> io::Result<PathBuf> {
    let mut path = name.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Whether an input is the file that is to be written, under whatever name.
#[cfg(unix)]
fn is_same(there: &Metadata, _: &Path, input: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let input = match input.as_os_str() == STANDARD {
        true => Path::new("/dev/stdin"),
        false => input,
    };
    fs::metadata(input).is_ok_and(|i| (i.dev(), i.ino()) == (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, name: &Path, input: &Path) -> bool {
    match (fs::canonicalize(name), fs::canonicalize(input)) {
        (Ok(name), Ok(input)) => name == input,
        _ => false,
    }
}

#[cfg(unix)]
fn is_disk(there: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    there.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_disk(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
