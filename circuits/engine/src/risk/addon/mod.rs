//! What is added to the requirement of the worst scenario, each rounded up to 1e-8 USD.

pub(super) mod closing;
pub(super) mod haircut;
pub(super) mod liquidity;
pub(super) mod pricing_error;
pub(super) mod roll;
pub(super) mod settlement;
pub(super) mod short_option;

use crate::policy::Policy;

/// A term of the requirement beside the market risk. Reports iterate over [`Addon::of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addon {
    /// Charge on the net delta of every expiry.
    Roll,
    /// Charge on net short options.
    ShortOption,
    /// Haircuts on long spot, and on cash other than the unit of account.
    Haircut,
    /// Certified error of option prices in equity, losses and deltas.
    PricingError,
    /// Cost of closing net exposures in a market of finite depth; format 2.
    Liquidity,
    /// Half spreads of every position; format 2.
    Closing,
    /// Fees of closing the book; format 2.
    Settlement,
}

impl Addon {
    /// Every term, in the order of reports. Format 1 has the first four.
    const ALL: [Addon; 7] = [
        Addon::Roll,
        Addon::ShortOption,
        Addon::Haircut,
        Addon::PricingError,
        Addon::Liquidity,
        Addon::Closing,
        Addon::Settlement,
    ];

    /// The terms of a policy, in the order of reports.
    pub fn of(policy: &Policy) -> &'static [Addon] {
        match policy.portfolio() {
            Some(_) => &Addon::ALL,
            None => &Addon::ALL[..4],
        }
    }

    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Addon::Roll => "roll",
            Addon::ShortOption => "short_option_minimum",
            Addon::Haircut => "haircut",
            Addon::PricingError => "pricing_error",
            Addon::Liquidity => "liquidity",
            Addon::Closing => "closing",
            Addon::Settlement => "settlement",
        }
    }

    /// Name in tables.
    pub const fn title(self) -> &'static str {
        match self {
            Addon::Roll => "Roll",
            Addon::ShortOption => "Short options",
            Addon::Haircut => "Haircuts",
            Addon::PricingError => "Pricing error",
            Addon::Liquidity => "Liquidity",
            Addon::Closing => "Closing",
            Addon::Settlement => "Settlement",
        }
    }

    /// What it is on, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Addon::Roll => "net delta by expiry",
            Addon::ShortOption => "net short by strike",
            Addon::Haircut => "cash and long spot",
            Addon::PricingError => "certified bound",
            Addon::Liquidity => "net delta and vega",
            Addon::Closing => "half spreads, gross",
            Addon::Settlement => "fees of closing",
        }
    }
}
