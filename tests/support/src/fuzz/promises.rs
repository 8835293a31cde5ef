//! What targets share: bytes as texts and files, and what a refusal may say.

use std::path::Path;

use super::seeds;

/// Texts as seeds.
pub(super) fn texts<const N: usize>(texts: [String; N]) -> Vec<Vec<u8>> {
    texts.map(String::into_bytes).into()
}

/// The text of bytes, where they are one.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// No sixteen digits in a row of a secret, a nonce or a salt stand in what is said about a file.
pub(super) fn shows_no_secret(message: &str) {
    for hidden in [seeds::SECRET, seeds::NONCE, seeds::SALT] {
        for digits in hidden.as_bytes()[2..].windows(16) {
            let digits = text(digits).expect("digits");
            assert!(!message.contains(digits), "a secret is shown: {message}");
        }
    }
}

/// Whether a reading went well; what it says otherwise names the file and no secret.
pub(super) fn accepted<T, E: std::fmt::Display>(reading: Result<T, E>) -> Option<T> {
    match reading {
        Ok(read) => Some(read),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty());
            shows_no_secret(&message);
            None
        }
    }
}

/// Reads bytes as a file of its own.
pub(super) fn as_file<T>(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a written file");
    read(&path)
}
