//! What tests of bad files share.

use std::path::Path;

use zkmargin_keys::error::KeysError;
use zkmargin_keys::setup::{Format, ImportOptions, Setup, SetupError};

use crate::ceremony::{Ceremony, Folder};

pub const K: u32 = 3;

pub fn import(path: &Path) -> Result<Setup, KeysError> {
    Setup::import(path, &ImportOptions::default())
}

/// The error of a file with these bytes. Every message names the file and has a hint.
pub fn error_of(name: &str, bytes: &[u8], options: &ImportOptions) -> SetupError {
    let folder = Folder::new();
    let path = folder.write(name, bytes);
    match Setup::import(&path, options) {
        Err(KeysError::Setup(error)) => {
            let text = error.to_string();
            assert!(text.contains("\nhint: "), "{text}");
            assert!(
                text.contains(name) || matches!(error, SetupError::Size { .. }),
                "{text}"
            );
            error
        }
        other => panic!("{name}: {other:?}"),
    }
}

pub fn error(name: &str, bytes: &[u8]) -> SetupError {
    error_of(name, bytes, &ImportOptions::default())
}

pub fn as_aztec(ceremony: &Ceremony, folder: &Folder) -> ImportOptions {
    let g2 = folder.write("g2.dat", &ceremony.aztec_g2());
    ImportOptions::default()
        .with_g2(g2)
        .with_format(Format::AztecFlat)
}

/// Name, bytes and options of a good file in each format.
pub fn good_files(folder: &Folder) -> Vec<(&'static str, Vec<u8>, ImportOptions)> {
    let ceremony = Ceremony::new(K);
    let default = ImportOptions::default;
    vec![
        ("a.ptau", ceremony.ptau(), default()),
        ("a.dat", ceremony.aztec_g1(), as_aztec(&ceremony, folder)),
        ("a.srs", ceremony.halo2(), default()),
        ("a.zksetup", ceremony.container(1), default()),
    ]
}
