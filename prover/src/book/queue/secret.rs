//! Encryption of inputs on their way to the workers.
//!
//! **Why.** A batch's input holds customers' positions and salts. A broker is not a vault: it writes
//! what passes through it to its disk, its operators and backups see it, and a stream may be
//! replicated. So inputs are encrypted by the coordinator and decrypted by the workers, and the
//! broker has only ciphertext. Contexts (policy, market) and outputs (statements and proofs) are
//! meant for the public and are stored as they are; digests of inputs are seen too.
//!
//! **How.** XChaCha20-Poly1305 under one 256-bit key, shared by the coordinator and its workers in a
//! file that never passes through the broker. Every encryption draws a nonce of 192 bits, so many
//! coordinators can use one key for any number of batches and need no counter between them. Each book
//! has a key of its own, a hash of the shared one and the book's id. The associated data are the book's
//! id, the number of the batch, the digest of the input and that of the context: an input put under
//! another name, or sent with another market, policy, ratio or size, does not open. So a broker can refuse
//! service but cannot make a worker prove one batch in place of another, nor show by a market of its
//! choice what accounts hold. After opening, the digest is checked again.
//!
//! ```text
//! sealed input = version 2 (1 byte) | key id (8) | nonce (24) | ciphertext and tag
//! ```
//!
//! The key id is the start of a hash of the key. It tells a worker with a wrong key so, instead of
//! letting it condemn good batches.

use std::fmt;
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::rngs::OsRng;
use rand::RngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;
use zkmargin_engine::file::{read_text, FileError, Output};

use super::error::QueueError;
use super::task::Task;

const VERSION: u8 = 2;
const ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
const HEADER: usize = 1 + ID_BYTES + NONCE_BYTES;
const TAG_BYTES: usize = 16;
/// A key file is 64 digits and a line end.
const LONGEST_FILE: u64 = 1024;

/// The key that the coordinator and its workers share. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

/// Why an input cannot be opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sealed {
    /// It was sealed under the key with this id.
    OtherKey(String),
    /// It was damaged, or put in another's place.
    Broken,
}

impl Key {
    /// A new random key.
    pub fn random() -> Key {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *bytes);
        Key(bytes)
    }

    /// Makes a key and writes it to a file that only its owner can read.
    ///
    /// # Errors
    /// When there is a file already, or it cannot be written; then nothing is left behind.
    pub fn create(path: &Path) -> Result<Key, QueueError> {
        let key = Key::random();
        let mut text = Zeroizing::new([b'\n'; 65]);
        // The lengths fit.
        let _ = hex::encode_to_slice(key.0.as_slice(), &mut text[..64]);
        let output = Output::new(Some(path), false, &[]);
        if output.as_ref().is_ok_and(|output| !output.keeps()) {
            let path = path.to_owned();
            return Err(QueueError::KeyLost { path });
        }
        let written =
            output.and_then(|out| out.write_private(|out| out.write_all(text.as_slice())));
        match written {
            Ok(()) => Ok(key),
            Err(FileError::Exists { path }) => Err(QueueError::KeyExists { path }),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Key, QueueError> {
        let text = Zeroizing::new(read_text(path, LONGEST_FILE)?);
        let mut bytes = Zeroizing::new([0; 32]);
        match hex::decode_to_slice(text.trim(), &mut *bytes) {
            Ok(()) => Ok(Key(bytes)),
            // Not the error itself: it would show a part of what may be a key.
            Err(_) => Err(QueueError::KeyFile {
                path: path.to_owned(),
                problem: "not 64 hexadecimal digits".to_owned(),
            }),
        }
    }

    /// Tells keys apart; says nothing about the key.
    pub fn id(&self) -> String {
        hex::encode(self.id_bytes())
    }

    fn id_bytes(&self) -> [u8; ID_BYTES] {
        let hash = Sha256::new()
            .chain_update(b"zkmargin book queue key id\0")
            .chain_update(self.0.as_slice())
            .finalize();
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&hash[..ID_BYTES]);
        id
    }

    /// The cipher of a book: whoever gets the key of one book opens no other.
    fn cipher(&self, book: &str) -> XChaCha20Poly1305 {
        let key = Sha256::new()
            .chain_update(b"zkmargin book queue key of a book 2\0")
            .chain_update(self.0.as_slice())
            .chain_update(book.as_bytes())
            .finalize();
        let key = Zeroizing::new(<[u8; 32]>::from(key));
        XChaCha20Poly1305::new((&*key).into())
    }

    /// Encrypts the input of a task.
    pub(super) fn seal(&self, task: &Task, input: &[u8]) -> Result<Vec<u8>, QueueError> {
        let mut nonce = [0; NONCE_BYTES];
        OsRng.fill_bytes(&mut nonce);
        let payload = Payload {
            msg: input,
            aad: &associated(task),
        };
        let sealed = self
            .cipher(&task.book)
            .encrypt(XNonce::from_slice(&nonce), payload);
        // Fails only beyond 256 GiB.
        let sealed = sealed.map_err(|_| QueueError::Input {
            number: task.number,
            problem: "it is too long to encrypt".to_owned(),
        })?;
        let mut bytes = Vec::with_capacity(HEADER + sealed.len());
        bytes.push(VERSION);
        bytes.extend(self.id_bytes());
        bytes.extend(nonce);
        bytes.extend(sealed);
        Ok(bytes)
    }

    /// Decrypts the input of a task. The plain text is wiped when dropped.
    pub(super) fn open(&self, task: &Task, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Sealed> {
        if sealed.len() < HEADER + TAG_BYTES || sealed[0] != VERSION {
            return Err(Sealed::Broken);
        }
        let (header, body) = sealed.split_at(HEADER);
        let (id, nonce) = header[1..].split_at(ID_BYTES);
        if id != self.id_bytes() {
            return Err(Sealed::OtherKey(hex::encode(id)));
        }
        let payload = Payload {
            msg: body,
            aad: &associated(task),
        };
        let input = self
            .cipher(&task.book)
            .decrypt(XNonce::from_slice(nonce), payload);
        let input = Zeroizing::new(input.map_err(|_| Sealed::Broken)?);
        match super::digest(&input) == task.input {
            true => Ok(input),
            false => Err(Sealed::Broken),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

/// Everything that the work depends on, so that no two tasks have the same bytes.
fn associated(task: &Task) -> Vec<u8> {
    let mut bytes = b"zkmargin book queue input 2\0".to_vec();
    for part in [&task.book, &task.input, &task.context] {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes.extend(task.number.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(input: &[u8]) -> Task {
        Task {
            book: "book".into(),
            number: 7,
            input: super::super::digest(input),
            context: super::super::digest(b""),
        }
    }

    #[test]
    fn an_input_opens_for_its_own_task_only() {
        let (key, input) = (Key::random(), b"positions".as_slice());
        let own = task(input);
        let sealed = key.seal(&own, input).unwrap();
        assert_eq!(*key.open(&own, &sealed).unwrap(), input);
        assert_ne!(sealed, key.seal(&own, input).unwrap(), "a fresh nonce");
        let others = [
            Task {
                number: 8,
                ..own.clone()
            },
            Task {
                book: "books".into(),
                ..own.clone()
            },
            task(b"other"),
            // The broker's own market.
            Task {
                context: super::super::digest(b"another market"),
                ..own.clone()
            },
        ];
        for other in others {
            assert_eq!(key.open(&other, &sealed), Err(Sealed::Broken));
        }
        let other = Key::random();
        let wanted = Err(Sealed::OtherKey(key.id()));
        assert_eq!(other.open(&own, &sealed), wanted);
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let (key, input) = (Key::random(), b"positions".as_slice());
        let own = task(input);
        let sealed = key.seal(&own, input).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(&own, &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(&own, &sealed[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_key_file_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.key");
        let key = Key::create(&path).unwrap();
        assert_eq!(Key::read(&path).unwrap().0, key.0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let again = Key::create(&path).unwrap_err();
        assert!(again.to_string().contains("never overwritten"), "{again}");
        assert_eq!(Key::read(&path).unwrap().0, key.0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!format!("{key:?}").contains(&hex::encode(*key.0)));
    }

    #[test]
    fn a_file_that_is_no_key_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.key");
        for text in ["", "00", &"zz".repeat(32), &"0".repeat(63), &"0".repeat(65)] {
            std::fs::write(&path, text).unwrap();
            let error = Key::read(&path).unwrap_err().to_string();
            assert!(error.contains("not 64 hexadecimal digits"), "{error}");
            assert!(error.contains("hint: "), "{error}");
            assert!(text.len() < 10 || !error.contains(text), "{error}");
        }
    }
}
