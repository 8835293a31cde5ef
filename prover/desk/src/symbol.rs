//! Symbols that a policy has to know.

use zkmargin_engine::error::Error;
use zkmargin_engine::policy::{Policy, Underlying};

/// The symbol of a code; the code itself where the policy has none.
pub(crate) fn symbol_of(policy: &Policy, code: u16) -> String {
    let known = policy.by_code(code);
    known.map_or_else(|| code.to_string(), |u| u.symbol.clone())
}

/// The underlying of a symbol, or with `cash` the cash asset.
///
/// # Errors
/// When the policy has none.
pub(crate) fn symbol<'p>(
    policy: &'p Policy,
    symbol: &str,
    cash: bool,
) -> Result<&'p Underlying, Error> {
    let known = policy.underlying(symbol).filter(|u| u.cash == cash);
    known.ok_or_else(|| Error::Engine {
        subject: format!("the policy {}: {symbol}", policy.name()),
        problem: match cash {
            true => "there is no such cash asset",
            false => "there is no such underlying",
        },
        hint: "take a policy that has it, or add it to this one",
    })
}
