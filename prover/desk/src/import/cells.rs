//! Reading the cells of a record, with errors that name file, line and column.

use std::path::Path;

use chrono::DateTime;
use zkmargin_engine::market::Kind;
use zkmargin_engine::units::{Scale, PRICE_BITS, STRIKE_BITS};

use super::ImportError;

/// The cells of one record, with what an error message needs.
pub(super) struct Cells<'a> {
    pub(super) file: &'a Path,
    pub(super) line: u64,
    pub(super) record: &'a csv::StringRecord,
}

impl Cells<'_> {
    pub(super) fn text(&self, at: usize) -> &str {
        // The reader refuses records of another length than the header's, which has the column.
        self.record.get(at).unwrap_or_default().trim()
    }

    fn bad(&self, at: usize, column: &'static str, hint: &'static str) -> ImportError {
        ImportError::BadValue {
            file: self.file.into(),
            line: self.line,
            column,
            value: self.text(at).into(),
            hint,
        }
    }

    pub(super) fn time(&self, at: usize, column: &'static str) -> Result<i64, ImportError> {
        DateTime::parse_from_rfc3339(self.text(at))
            .map(|t| t.timestamp())
            .map_err(|_| {
                self.bad(
                    at,
                    column,
                    "expected a date such as 2026-09-25T08:00:00+00:00",
                )
            })
    }

    /// A price in 1e-8 USD per contract.
    pub(super) fn price(
        &self,
        at: usize,
        column: &'static str,
        scale: Scale,
    ) -> Result<u64, ImportError> {
        let units = self.decimal(at, column, scale.price_decimals())?;
        let hint = "a price is below 11529215046.06846976 USD a contract";
        let fits = (units >> PRICE_BITS == 0).then_some(units);
        fits.ok_or_else(|| self.bad(at, column, hint))
    }

    /// A strike in 1e-4 USD per contract.
    pub(super) fn strike(&self, at: usize, scale: Scale) -> Result<u64, ImportError> {
        let units = self.decimal(at, "strike", scale.strike_decimals())?;
        let hint = "a strike is below 1759218604.4416 USD a contract";
        let fits = (units >> STRIKE_BITS == 0).then_some(units);
        fits.ok_or_else(|| self.bad(at, "strike", hint))
    }

    fn decimal(&self, at: usize, column: &'static str, places: u32) -> Result<u64, ImportError> {
        let hint = match round_decimal(self.text(at), places) {
            Some(0) if self.text(at).bytes().all(|b| matches!(b, b'0' | b'.')) => {
                "it is zero, and expected is a decimal above zero such as 77405.28"
            }
            Some(0) => match column {
                "strike" => {
                    "it rounds to zero: a strike is a multiple of 0.0001 USD a contract, and at least that"
                }
                _ => {
                    "it rounds to zero: a price is a multiple of 0.00000001 USD a contract, and at \
                     least that; the policy's `scale` makes a contract many coins"
                }
            },
            Some(units) => return Ok(units),
            None => "expected a plain decimal above zero such as 77405.28: no sign, no exponent",
        };
        Err(self.bad(at, column, hint))
    }

    /// Whether an amount is more than nothing; what is no number counts as that.
    pub(super) fn held(&self, at: usize) -> bool {
        self.text(at)
            .parse::<f64>()
            .ok()
            .is_none_or(|amount| amount != 0.0)
    }

    /// Call or put.
    pub(super) fn side(&self, at: usize) -> Result<Kind, ImportError> {
        match self.text(at).to_ascii_lowercase().as_str() {
            "call" | "c" => Ok(Kind::Call),
            "put" | "p" => Ok(Kind::Put),
            _ => Err(self.bad(at, "option_type", "expected `call` or `put`")),
        }
    }

    pub(super) fn vol(&self, at: usize) -> Result<Option<f64>, ImportError> {
        let text = self.text(at);
        if text.is_empty() || text.eq_ignore_ascii_case("nan") {
            return Ok(None);
        }
        let vol = text.parse::<f64>().ok().filter(|v| v.is_finite());
        vol.map(Some).ok_or_else(|| {
            self.bad(
                at,
                "implied_volatility",
                "expected a fraction such as 0.4198",
            )
        })
    }
}

/// A plain decimal in units of 10^-`places`, rounded half up; `None` for anything
/// else or above 64 bits.
fn round_decimal(text: &str, places: u32) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(part.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let places = places as usize;
    let kept = format!("{whole}{:0<places$}", &part[..part.len().min(places)]);
    let up = part.as_bytes().get(places).is_some_and(|d| *d >= b'5');
    kept.parse::<u64>().ok()?.checked_add(u64::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_decimals() {
        assert_eq!(round_decimal("77081.8", 8), Some(7_708_180_000_000));
        assert_eq!(round_decimal("0.123456785", 8), Some(12_345_679));
        assert_eq!(round_decimal("110000.0", 4), Some(1_100_000_000));
        for bad in ["", ".5", "-1", "1e5", "1.2.3", "99999999999999999999"] {
            assert_eq!(round_decimal(bad, 4), None, "{bad}");
        }
    }
}
