//! Cash assets that mean something to the program: the unit of account, the account of entry costs,
//! and collateral in custody.

use super::error::PolicyError;
use super::reader::Reader;
use super::{Underlying, CUSTODY, CUSTODY_OF, ENTRY_COSTS, UNIT_OF_ACCOUNT};
use crate::units::{format_decimal, SHORT_DECIMALS};

impl Reader<'_> {
    /// Checks them in a list of underlyings in the order of the file.
    ///
    /// # Errors
    /// A policy without [`ENTRY_COSTS`] or [`CUSTODY`], either of them or the unit of account that is not
    /// cash, and another haircut than theirs: none, and that of [`CUSTODY_OF`] where the policy knows it.
    pub(super) fn own_cash(&self, list: &[Underlying]) -> Result<(), PolicyError> {
        let haircut_of = |symbol| list.iter().find(|u| u.symbol == symbol);
        let redeemed = haircut_of(CUSTODY_OF).map(|u| u.haircut_bp);
        for (symbol, needed, haircut) in [
            (UNIT_OF_ACCOUNT, false, Some(0)),
            (ENTRY_COSTS, true, Some(0)),
            (CUSTODY, true, redeemed),
        ] {
            let Some(at) = list.iter().position(|u| u.symbol == symbol) else {
                if needed {
                    let hint = format!(
                        "add [[underlying]] with symbol = \"{symbol}\", a free code, cash = true, \
                         haircut = \"{}\"",
                        fraction(haircut.unwrap_or(0))
                    );
                    return Err(self.error("underlying", symbol, "missing", &hint));
                }
                continue;
            };
            let field = |name: &str| format!("underlying[{at}].{name}");
            if !list[at].cash {
                let problem = "has to be cash";
                return Err(self.error(&field("cash"), symbol, problem, "write cash = true"));
            }
            if let Some(wanted) = haircut.filter(|wanted| *wanted != list[at].haircut_bp) {
                let (problem, why) = match symbol {
                    CUSTODY => ("is not the haircut of what it is redeemed for", CUSTODY_OF),
                    _ => (
                        "the unit of account has no haircut",
                        "everything is counted in it",
                    ),
                };
                let hint = format!("write \"{}\": {why}", fraction(wanted));
                let written = fraction(list[at].haircut_bp);
                return Err(self.error(&field("haircut"), written, problem, &hint));
            }
        }
        Ok(())
    }
}

fn fraction(bp: u16) -> String {
    format_decimal(bp.into(), SHORT_DECIMALS)
}
