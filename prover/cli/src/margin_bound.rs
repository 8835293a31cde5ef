//! The bound that an account is held against.

use zkmargin_engine::units::BP;
use zkmargin_verifier::command::{buffer, whole};

use super::error::CliError;
use super::next::Next;

/// Ratio where none is given: the initial margin.
pub(crate) const INITIAL: u16 = BP as u16;

/// Options that say what solvent means.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BoundOptions {
    /// Share of the initial margin that equity must cover, in basis points [default: 10000]
    #[arg(long, value_name = "BP", value_parser = whole::<u16>)]
    ratio: Option<u16>,
    /// USD that equity must exceed it by [default: 0]
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    buffer: Option<String>,
}

impl BoundOptions {
    /// Whether a bound was asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.ratio.is_some() || self.buffer.is_some()
    }

    /// A command with the same bound.
    pub(crate) fn after(&self, mut next: Next) -> Next {
        if let Some(ratio) = self.ratio {
            next = next.option("ratio", ratio);
        }
        match &self.buffer {
            Some(buffer) => next.option("buffer", buffer),
            None => next,
        }
    }

    /// The ratio in basis points.
    pub fn ratio(&self) -> u16 {
        self.ratio.unwrap_or(INITIAL)
    }

    /// The buffer in 1e-8 USD.
    pub fn buffer(&self) -> Result<u128, CliError> {
        let text = self.buffer.as_deref();
        // Nothing beyond the ratio where nothing is asked for.
        Ok(text.map_or(Ok(0), |text| buffer("buffer", text))?)
    }
}
