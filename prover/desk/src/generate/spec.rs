//! What a generated account looks like, and for whom it is.

use zkmargin_engine::Fr;

/// What the account looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Spreads, covered calls, futures against perpetuals: much gross, little risk.
    Hedged,
    /// Sold options and short futures.
    Short,
    /// Bought options, spot and long futures.
    Long,
    /// Anything either way.
    Mixed,
}

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct AccountSpec {
    /// Equal seeds give equal accounts, nonce and salt included: for tests only. `None` draws from the
    /// operating system.
    pub insecure_seed: Option<u64>,
    /// Positions that are not cash.
    pub positions: usize,
    /// What they look like.
    pub style: Style,
    /// Equity over initial margin to aim at, in basis points. Below 10000 the account is short.
    pub ratio_bp: u32,
}

/// For whom to generate it.
#[derive(Clone, Copy, Debug)]
pub struct HolderSpec<'a> {
    /// What the customer brought, such as his mail address.
    pub customer: &'a str,
    /// Identity of the trader's secret, or zero: nobody can prove with the account.
    pub identity: Fr,
    /// Number that no other account of the venue ever has.
    pub number: u32,
}
