//! What venue is wanted, and whether there can be such a one.

use zkmargin_engine::commitment::BOOK_CAPACITY;
use zkmargin_engine::Fr;

use super::super::GenerateError;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct VenueSpec {
    /// Equal seeds give equal accounts, secrets included: for tests only. `None` draws from the
    /// operating system.
    pub insecure_seed: Option<u64>,
    /// Accounts.
    pub accounts: u64,
    /// Positions of every account, its USD included; `None` draws them with a heavy tail.
    pub positions: Option<usize>,
    /// Accounts with negative equity.
    pub underwater: u64,
    /// Further accounts whose equity is not negative and below the initial margin.
    pub short: u64,
    /// Identity of account [`OWN_ACCOUNT`](super::OWN_ACCOUNT), where the trader who has it is known.
    pub identity: Option<Fr>,
}

/// Refuses what no market with so many derivatives and spot instruments can give.
pub(super) fn check(
    spec: &VenueSpec,
    derivatives: usize,
    spots: usize,
) -> Result<(), GenerateError> {
    let refused = |problem, hint| Err(GenerateError::Venue { problem, hint });
    if spec.accounts == 0 {
        return refused("a venue without accounts", "ask for 1 account or more");
    }
    if spec.accounts > BOOK_CAPACITY as u64 {
        return refused(
            "more accounts than the 8^10 that a book holds",
            "ask for fewer accounts",
        );
    }
    if spec.underwater.saturating_add(spec.short) > spec.accounts {
        let (underwater, short, accounts) = (spec.underwater, spec.short, spec.accounts);
        return Err(GenerateError::TooManyFail {
            underwater,
            short,
            accounts,
        });
    }
    match spec.positions {
        Some(0) => refused(
            "accounts without positions",
            "every account holds USD: ask for 1 position or more",
        ),
        Some(1) if spec.short > 0 => refused(
            "accounts of one position hold only USD, which needs no margin",
            "ask for 2 positions or more, or for no short accounts",
        ),
        Some(n) if n > 1 && spec.accounts == 1 => refused(
            "a single account has nobody to trade with",
            "ask for 2 accounts or more, or for 1 position",
        ),
        // Two of three that trade the same need room for a third quantity, nothing more.
        Some(n) if n - 1 > derivatives => Err(GenerateError::TooFewInstruments {
            wanted: n - 1,
            found: derivatives,
        }),
        None if spec.short > 0 && spots == 0 => refused(
            "accounts without derivatives can only be short with spot, and the market has none",
            "list a spot instrument, or ask for no short accounts",
        ),
        _ => Ok(()),
    }
}
