//! Scenarios of the stress grid.

use std::fmt;

use crate::units::BP;

/// Direction of the volatility shock of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VolShock {
    /// Volatility goes up: `max(σ·M_up, floor)`.
    Up,
    /// Volatility goes down: `σ·M_dn`.
    Down,
    /// Volatility stays: format 2.
    Static,
}

/// Price shock of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceShock {
    /// A fraction of the underlying's range, in 1e-4 of the range: `-2500` is `-R/4`.
    OfRange(i32),
    /// The same shock for every underlying, in basis points: `-6600` is −66%.
    Absolute(i32),
}

/// Share of the scenario's loss that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScenarioWeight {
    /// A fixed share, in 1e-4: `10000` is the whole loss.
    Fixed(u32),
    /// Range over size of the shock, at most one.
    RangeOverShock,
}

/// One joint move of price and volatility: a fixed part of the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scenario {
    /// How the forwards move.
    pub price: PriceShock,
    /// How the volatilities move.
    pub vol: VolShock,
    /// Share of the loss that counts.
    pub weight: ScenarioWeight,
    /// Days that pass, 0 or 1: format 2.
    pub days_later: u32,
}

impl Scenario {
    /// Price shock in basis points for an underlying of range `range_bp`;
    /// `None` where it is not a whole number of basis points.
    pub fn shock_bp(&self, range_bp: u32) -> Option<i32> {
        match self.price {
            PriceShock::Absolute(shock) => Some(shock),
            PriceShock::OfRange(part) => {
                let product = i64::from(part) * i64::from(range_bp);
                (product % i64::from(BP) == 0)
                    .then_some(product / i64::from(BP))
                    .and_then(|bp| i32::try_from(bp).ok())
            }
        }
    }

    /// Weight on the loss at scale 2^-24, rounded up, for an underlying of range `range_bp`.
    /// A ratio over a zero shock counts as one.
    pub(crate) fn weight_24(&self, range_bp: u32) -> u32 {
        const ONE: u64 = 1 << 24;
        let (num, den) = match (self.weight, self.shock_bp(range_bp)) {
            (ScenarioWeight::Fixed(part), _) => (u64::from(part), u64::from(BP)),
            (ScenarioWeight::RangeOverShock, Some(shock)) if shock != 0 => {
                (u64::from(range_bp), u64::from(shock.unsigned_abs()))
            }
            (ScenarioWeight::RangeOverShock, _) => (1, 1),
        };
        (num * ONE).div_ceil(den).min(ONE) as u32
    }
}

impl VolShock {
    /// Name in policy files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            VolShock::Up => "up",
            VolShock::Down => "down",
            VolShock::Static => "static",
        }
    }
}

impl fmt::Display for VolShock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vol {}", self.name())
    }
}

impl Scenario {
    /// Its line of the text that the digest of a policy hashes.
    pub(super) fn write_canonical(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self.price {
            PriceShock::OfRange(part) => write!(out, "scenario of_range {part}")?,
            PriceShock::Absolute(shock) => write!(out, "scenario shock {shock}")?,
        }
        write!(out, " {} weight ", self.vol)?;
        match self.weight {
            ScenarioWeight::Fixed(part) => write!(out, "{part}")?,
            ScenarioWeight::RangeOverShock => write!(out, "range/shock")?,
        }
        match self.days_later {
            0 => writeln!(out),
            days => writeln!(out, " days_later {days}"),
        }
    }
}

impl fmt::Display for Scenario {
    /// For people: `-25% of range, vol up` or `+500%, vol up`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, of) = match self.price {
            PriceShock::OfRange(part) => (part, " of range"),
            PriceShock::Absolute(shock) => (shock, ""),
        };
        let (whole, cents) = (parts.unsigned_abs() / 100, parts.unsigned_abs() % 100);
        let sign = match parts {
            0 => "",
            p if p < 0 => "-",
            _ => "+",
        };
        write!(f, "{sign}{whole}")?;
        if cents != 0 {
            write!(f, ".{cents:02}")?;
        }
        write!(f, "%{of}, {}", self.vol)?;
        match self.days_later {
            0 => Ok(()),
            _ => f.write_str(", a day later"),
        }
    }
}
