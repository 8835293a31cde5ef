//! The shape of a generated surface: at-the-money term structure and a smile for
//! each expiry.
//!
//! The smile is the SSVI surface of Gatheral and Jacquier (2014): with the
//! at-the-money total variance θ and log-moneyness k,
//!
//! ```text
//! w(k) = θ/2 · (1 + ρφk + sqrt((φk + ρ)² + 1 − ρ²)),   φ = η/√θ
//! ```
//!
//! which is free of butterfly arbitrage for η(1 + |ρ|) ≤ 2. Wings are flat beyond
//! [`WING`] standard deviations, as a venue's quoted marks are.
//!
//! Floating point is fine here: these numbers are rounded to ticks before anyone
//! commits to them. `libm` makes them the same on every platform.

/// Beyond this many at-the-money standard deviations the smile is flat.
const WING: f64 = 14.0;
/// Lowest and highest volatility that is ever listed.
const VOL_RANGE: (f64, f64) = (0.05, 4.5);

/// A volatility surface of one underlying.
#[derive(Clone, Debug)]
pub(crate) struct Surface {
    /// At-the-money volatility of an option about to expire.
    pub short: f64,
    /// At-the-money volatility far out.
    pub long: f64,
    /// Speed, per year, at which the first turns into the second.
    pub decay: f64,
    /// Correlation of spot and volatility at the short end and far out: the skew.
    pub rho: (f64, f64),
    /// Curvature η.
    pub eta: f64,
    /// Bump of each expiry on the term structure, about 1.
    pub bumps: Vec<f64>,
}

impl Surface {
    /// At-the-money volatility of expiry number `index`, `years` away.
    pub(crate) fn at_the_money(&self, index: usize, years: f64) -> f64 {
        let x = self.decay * years;
        let mix = if x < 1e-9 {
            1.0
        } else {
            (1.0 - libm::exp(-x)) / x
        };
        let variance =
            self.long * self.long + (self.short * self.short - self.long * self.long) * mix;
        libm::sqrt(variance) * self.bumps.get(index).copied().unwrap_or(1.0)
    }

    /// Volatility of a strike, where `moneyness` is ln(strike/forward).
    pub(crate) fn vol(&self, index: usize, years: f64, moneyness: f64) -> f64 {
        let years = years.max(1.0 / 8760.0);
        let atm = self.at_the_money(index, years);
        let deviation = atm * libm::sqrt(years);
        let n = (moneyness / deviation).clamp(-WING, WING);
        let rho = self.rho.1 + (self.rho.0 - self.rho.1) * libm::exp(-4.0 * years);
        // Smiles flatten with time faster than the square root alone.
        let eta = self.eta / (1.0 + 0.8 * years);
        let x = eta * n;
        let ratio = 0.5 * (1.0 + rho * x + libm::sqrt((x + rho) * (x + rho) + 1.0 - rho * rho));
        (atm * libm::sqrt(ratio)).clamp(VOL_RANGE.0, VOL_RANGE.1)
    }
}
