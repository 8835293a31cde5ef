//! Rows that every market file has, since accounts are booked in them.

use super::{Instrument, Kind};
use crate::error::Error;
use crate::policy::{Policy, CUSTODY, CUSTODY_OF, ENTRY_COSTS, UNIT_OF_ACCOUNT};
use crate::units::{Scale, ONE_USD};

/// Checks the rows of the unit of account, of entry costs and of collateral in custody; `instruments`
/// are in the order of the file.
///
/// # Errors
/// A market without [`ENTRY_COSTS`], either that or the unit of account at another mark than 1, and
/// [`CUSTODY`] at another mark than what it is redeemed for, or missing where that is listed.
pub(super) fn check(file: &str, policy: &Policy, instruments: &[Instrument]) -> Result<(), Error> {
    let row = |symbol: &str| {
        let code = policy.underlying(symbol)?.code;
        let cash = |i: &Instrument| (i.id.underlying(), i.id.kind()) == (code, Kind::Cash);
        let at = instruments.iter().position(cash)?;
        Some((at, instruments[at].forward))
    };
    let usd = |units: u64| Scale::ONE.price(units.into());
    let missing = |symbol, mark, why| Error::Value {
        file: file.to_owned(),
        field: "instruments".to_owned(),
        value: format!("{} of them", instruments.len()),
        problem: why,
        hint: format!(
            "add {{\"id\": \"{symbol}\", \"kind\": \"cash\", \"mark\": \"{}\"}}",
            usd(mark)
        ),
    };
    let wrong = |(at, mark), problem, wanted| Error::Value {
        file: file.to_owned(),
        field: format!("instruments[{at}].mark"),
        value: usd(mark),
        problem,
        hint: format!("write \"{}\"", usd(wanted)),
    };
    let no_costs = "there is none that the entry costs of positions could be booked into";
    let costs = row(ENTRY_COSTS).ok_or_else(|| missing(ENTRY_COSTS, ONE_USD, no_costs))?;
    for found in [Some(costs), row(UNIT_OF_ACCOUNT)].into_iter().flatten() {
        if found.1 != ONE_USD {
            return Err(wrong(
                found,
                "everything is counted in it: it is worth 1",
                ONE_USD,
            ));
        }
    }
    match (row(CUSTODY), row(CUSTODY_OF)) {
        (Some(custody), Some((_, mark))) if custody.1 != mark => {
            let problem = "is not the mark of USDC, which collateral in custody is redeemed for";
            Err(wrong(custody, problem, mark))
        }
        (None, Some((_, mark))) => {
            let why = "there is no USDC-CUSTODY, and collateral in custody could not be counted";
            Err(missing(CUSTODY, mark, why))
        }
        _ => Ok(()),
    }
}
