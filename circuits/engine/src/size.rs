//! Circuit capacities.

use std::fmt;
use std::str::FromStr;

/// Slots that every size keeps free for cash on top of its instruments.
pub const CASH_SLOTS: usize = 4;

/// A circuit capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// 16 positions and cash, over up to 2 underlyings.
    Small,
    /// 64 positions and cash, over up to 4 underlyings.
    Standard,
    /// 256 positions and cash, over up to 8 underlyings.
    Large,
}

impl Size {
    /// Every size, smallest first.
    pub const ALL: [Size; 3] = [Size::Small, Size::Standard, Size::Large];

    /// Positions that are not cash.
    pub const fn positions(self) -> usize {
        match self {
            Size::Small => 16,
            Size::Standard => 64,
            Size::Large => 256,
        }
    }

    /// Slots in the circuit: [`Self::positions`] and [`CASH_SLOTS`].
    pub const fn slots(self) -> usize {
        self.positions() + CASH_SLOTS
    }

    /// Underlyings with at least one position that is not cash.
    pub const fn underlyings(self) -> usize {
        match self {
            Size::Small => 2,
            Size::Standard => 4,
            Size::Large => 8,
        }
    }

    /// The smallest size that holds `positions` positions that are not cash, `cash` cash
    /// positions and `underlyings` underlyings.
    pub fn fitting(positions: usize, cash: usize, underlyings: usize) -> Option<Size> {
        Size::ALL
            .into_iter()
            .find(|s| s.holds(positions, cash, underlyings))
    }

    /// Whether an account of that shape fits.
    pub const fn holds(self, positions: usize, cash: usize, underlyings: usize) -> bool {
        positions <= self.positions() && cash <= CASH_SLOTS && underlyings <= self.underlyings()
    }

    /// Name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Size::Small => "small",
            Size::Standard => "standard",
            Size::Large => "large",
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Size::ALL
            .into_iter()
            .find(|size| size.name() == s)
            .ok_or_else(|| format!("unknown size `{s}`; hint: small, standard or large"))
    }
}
