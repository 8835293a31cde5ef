//! A local chain: anvil, started for one purpose and stopped with it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::error::ChainError;

/// Names an anvil to use instead of the one in `contracts`.
pub(crate) const VARIABLE: &str = "ZKMARGIN_ANVIL";
/// The mnemonic of every local chain: its keys are public.
const MNEMONIC: &str = "test test test test test test test test test test test junk";
/// A chain is there in well under a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// Anvil says this, with its address, once it answers.
const READY: &str = "Listening on ";

/// A running anvil. Dropping it ends the process.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    url: String,
}

impl Anvil {
    /// Where anvil is: the path given, with what names it in messages, `$ZKMARGIN_ANVIL`, the npm package
    /// in `contracts`, the path.
    ///
    /// # Errors
    /// When it is in none of these places.
    pub fn find(given: Option<(&Path, &str)>, contracts: &Path) -> Result<PathBuf, ChainError> {
        if let Some((path, named)) = given {
            return existing(path, &format!("named with {named}"));
        }
        if let Some(path) = std::env::var_os(VARIABLE) {
            return existing(Path::new(&path), "named in $ZKMARGIN_ANVIL");
        }
        let pinned = contracts.join("tools/anvil");
        if pinned.is_file() && contracts.join("node_modules/@foundry-rs/anvil").is_dir() {
            return Ok(pinned);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::env::split_paths(&path).map(|folder| folder.join("anvil"));
        let found = places.into_iter().find(|place| place.is_file());
        found.ok_or_else(|| ChainError::ToolMissing {
            tool: "anvil",
            looked: format!(
                "not in {}, not in $PATH, and ${VARIABLE} does not name it",
                contracts.join("node_modules").display()
            ),
        })
    }

    /// Starts a chain on a port that is free, with ten funded accounts, whose first block has the
    /// time given.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Path, chain_id: u64, time: u64) -> Result<Self, ChainError> {
        let failed = |problem: String| ChainError::ToolFailed {
            tool: program.display().to_string(),
            problem,
            hint: "run it by hand; it must be anvil 1.x",
        };
        let mut child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", "0", "--color", "never"])
            .args(["--mnemonic", MNEMONIC])
            .args(["--chain-id", &chain_id.to_string()])
            .args(["--timestamp", &time.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| failed(e.to_string()))?;
        let output = child.stdout.take();
        let complaints = child.stderr.take();
        // From here on, dropping ends the process.
        let mut anvil = Anvil {
            child,
            url: String::new(),
        };
        let (ready, address) = mpsc::channel();
        // Reads to the end, or anvil would stop at a full pipe.
        std::thread::spawn(move || {
            let lines = BufReader::new(output.into_iter().next()?).lines();
            for line in lines.map_while(Result::ok) {
                if let Some(address) = line.strip_prefix(READY) {
                    // Nobody waits any more once the time is up.
                    let _ = ready.send(address.to_owned());
                }
            }
            Some(())
        });
        match address.recv_timeout(PATIENCE) {
            Ok(address) => anvil.url = format!("http://{address}"),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Err(failed(format!("no answer within {} s", PATIENCE.as_secs())));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let mut text = String::new();
                if let Some(mut complaints) = complaints {
                    // What can be read of it is better than nothing.
                    let _ = complaints.read_to_string(&mut text);
                }
                return Err(failed(format!("it ended at once: {}", text.trim())));
            }
        }
        // Kept open and unread: anvil writes nothing there while it runs.
        anvil.child.stderr = complaints;
        Ok(anvil)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // Either fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn existing(path: &Path, how: &str) -> Result<PathBuf, ChainError> {
    match path.is_file() {
        true => Ok(path.to_owned()),
        false => Err(ChainError::ToolMissing {
            tool: "anvil",
            looked: format!("{} is no file, {how}", path.display()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anvil_that_is_not_there_is_an_error_with_a_hint() {
        let error =
            Anvil::find(Some((Path::new("/no/anvil"), "--anvil")), Path::new("/no")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "anvil was not found: /no/anvil is no file, named with --anvil\n\
             hint: `npm ci --prefix contracts --ignore-scripts` (needs the packages nodejs and npm)"
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_program_that_ends_at_once_is_an_error() {
        let error = Anvil::start(Path::new("/bin/false"), 1, 1).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("/bin/false: it ended at once"),
            "{error}"
        );
    }
}
