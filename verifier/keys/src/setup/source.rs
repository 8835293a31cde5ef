//! A file that is read piece by piece, with errors that name the piece.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use halo2curves::bn256::{G1Affine, G2Affine};

use crate::error::KeysError;
use crate::setup::error::{PointFault, SetupError};
use crate::setup::points::{read_all, G1Decoder, G1_BYTES, G2_BYTES};
use crate::setup::Format;
use zkmargin_engine::file::FileError;

/// An open setup file. No more is read of it than what is asked for.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    file: File,
    len: u64,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, KeysError> {
        let fail = |error| FileError::io(path, "read the file", error);
        let file = File::open(path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        if metadata.is_dir() {
            return Err(fail(std::io::ErrorKind::IsADirectory.into()).into());
        }
        Ok(Source {
            path: path.to_owned(),
            file,
            len: metadata.len(),
        })
    }

    /// Length of the file.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Checks that the file has `needed` bytes at `offset`.
    pub(crate) fn expect(
        &self,
        section: &'static str,
        offset: u64,
        needed: u64,
    ) -> Result<(), KeysError> {
        self.has(section, offset, needed, self.len.saturating_sub(offset))
    }

    /// Refuses fewer bytes than are needed.
    fn has(
        &self,
        section: &'static str,
        offset: u64,
        needed: u64,
        found: u64,
    ) -> Result<(), KeysError> {
        if needed <= found {
            return Ok(());
        }
        Err(SetupError::Truncated {
            file: self.path.clone(),
            section,
            offset,
            needed,
            found,
        }
        .into())
    }

    /// Checks that the file ends at `end`.
    pub(crate) fn expect_end(&self, format: Format, end: u64) -> Result<(), KeysError> {
        if self.len <= end {
            return Ok(());
        }
        Err(SetupError::Oversized {
            file: self.path.clone(),
            format,
            offset: end,
            extra: self.len - end,
        }
        .into())
    }

    /// Reads `needed` bytes at `offset`.
    pub(crate) fn bytes(
        &mut self,
        section: &'static str,
        offset: u64,
        needed: u64,
    ) -> Result<Vec<u8>, KeysError> {
        // Before any memory is taken: a length that the file cannot have is not believed.
        self.expect(section, offset, needed)?;
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| (&mut self.file).take(needed).read_to_end(&mut bytes))
            .map_err(|error| FileError::io(&self.path, "read the file", error))?;
        // The file may have become shorter while it was read.
        self.has(section, offset, needed, bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Reads a little-endian number.
    pub(crate) fn u32(&mut self, section: &'static str, offset: u64) -> Result<u32, KeysError> {
        let bytes = self.bytes(section, offset, 4)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    /// Reads a little-endian number.
    pub(crate) fn u64(&mut self, section: &'static str, offset: u64) -> Result<u64, KeysError> {
        let bytes = self.bytes(section, offset, 8)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// Reads `count` points of G1.
    pub(crate) fn g1s(
        &mut self,
        section: &'static str,
        offset: u64,
        count: u64,
        decode: G1Decoder,
    ) -> Result<Vec<G1Affine>, KeysError> {
        let width = G1_BYTES as u64;
        let bytes = self.bytes(section, offset, count.saturating_mul(width))?;
        read_all(&bytes, G1_BYTES, decode).map_err(|(index, fault)| {
            let offset = offset + index as u64 * width;
            self.bad_point(section, index, offset, fault)
        })
    }

    /// Reads one point of G2.
    pub(crate) fn g2(
        &mut self,
        section: &'static str,
        index: usize,
        offset: u64,
        decode: fn(&[u8]) -> Result<G2Affine, PointFault>,
    ) -> Result<G2Affine, KeysError> {
        let bytes = self.bytes(section, offset, G2_BYTES as u64)?;
        decode(&bytes).map_err(|fault| self.bad_point(section, index, offset, fault))
    }

    fn bad_point(
        &self,
        section: &'static str,
        index: usize,
        offset: u64,
        fault: PointFault,
    ) -> KeysError {
        SetupError::Point {
            file: self.path.clone(),
            section,
            index,
            offset,
            fault,
        }
        .into()
    }

    /// An error about a field of a header.
    pub(crate) fn bad_field(
        &self,
        format: Format,
        (section, offset): (&'static str, u64),
        (field, found): (&'static str, u64),
        expected: &'static str,
    ) -> KeysError {
        SetupError::Field {
            file: self.path.clone(),
            format,
            section,
            offset,
            field,
            found,
            expected,
        }
        .into()
    }
}
