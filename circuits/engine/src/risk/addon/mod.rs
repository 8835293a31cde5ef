//! What is added to the requirement of the worst scenario, each rounded up to 1e-8 USD.

pub(super) mod haircut;
pub(super) mod pricing_error;
pub(super) mod roll;
pub(super) mod short_option;

/// A term of the requirement beside the scenarios. Reports iterate over [`Addon::ALL`].
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
}

impl Addon {
    /// Every term, in the order of reports.
    pub const ALL: [Addon; 4] = [
        Addon::Roll,
        Addon::ShortOption,
        Addon::Haircut,
        Addon::PricingError,
    ];

    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Addon::Roll => "roll",
            Addon::ShortOption => "short_option_minimum",
            Addon::Haircut => "haircut",
            Addon::PricingError => "pricing_error",
        }
    }

    /// Name in tables.
    pub const fn title(self) -> &'static str {
        match self {
            Addon::Roll => "Roll",
            Addon::ShortOption => "Short options",
            Addon::Haircut => "Haircuts",
            Addon::PricingError => "Pricing error",
        }
    }

    /// What it is on, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Addon::Roll => "net delta by expiry",
            Addon::ShortOption => "net short by strike",
            Addon::Haircut => "cash and long spot",
            Addon::PricingError => "certified bound",
        }
    }
}
