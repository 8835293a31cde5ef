//! Makes `verifier/assets/ignition_k14.g1c` again from Aztec's published powers:
//!
//! ```text
//! cargo run -p zkmargin-verifier --example compress_srs -- <g1.dat> <out>
//! ```
//!
//! The input is Aztec's flat file: points of 64 bytes, x and y big-endian, generator first. Its
//! powers are checked by pairing against the published \[τ\]_2 before anything is written.

use std::path::Path;
use std::process::ExitCode;

use sha2::{Digest, Sha256};
use zkmargin_engine::file::write_atomic;
use zkmargin_keys::setup::{compress_ignition, IGNITION_MAX_K, IGNITION_SHA256};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        eprintln!("usage: compress_srs <g1.dat> <out>");
        return ExitCode::from(2);
    };
    let compressed = compress_ignition(Path::new(input), IGNITION_MAX_K);
    match compressed.and_then(|bytes| Ok(write_atomic(Path::new(output), &bytes).map(|()| bytes)?))
    {
        Ok(bytes) => {
            let digest = Sha256::digest(&bytes);
            println!("{} bytes, sha256 {}", bytes.len(), hex::encode(digest));
            if digest[..] != IGNITION_SHA256 {
                eprintln!("hint: this differs from the compiled-in digest IGNITION_SHA256");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
