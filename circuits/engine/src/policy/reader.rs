//! Checks of single fields of a policy file.

use super::error::{value, PolicyError};
use super::tables::decimal_4;
use crate::units::{self, UnitError};

/// Checks of single fields, with the file's name for messages.
pub(super) struct Reader<'a> {
    /// Name of the file.
    pub file: &'a str,
}

impl Reader<'_> {
    pub(super) fn error(
        &self,
        field: &str,
        written: impl ToString,
        problem: &str,
        hint: &str,
    ) -> PolicyError {
        value(self.file, field, written, problem, hint)
    }

    /// A non-negative decimal with at most four places, in 1e-4, between two bounds.
    pub(super) fn fraction(
        &self,
        field: &str,
        text: &str,
        least: u32,
        most: u32,
    ) -> Result<u32, PolicyError> {
        let bounds = || format!("between {} and {}", decimal_4(least), decimal_4(most));
        let units = match text.starts_with('-') {
            true => Err(UnitError::Negative),
            false => units::decimal(text, 4),
        };
        let units = units.map_err(|e| {
            let hint = format!("write a decimal string {}, at most 4 places", bounds());
            self.error(field, text, &e.to_string(), &hint)
        })?;
        u32::try_from(units)
            .ok()
            .filter(|x| (least..=most).contains(x))
            .ok_or_else(|| self.error(field, text, "out of range", &format!("choose {}", bounds())))
    }

    /// A decimal with sign, in 1e-4, of size at most `most`.
    pub(super) fn signed(&self, field: &str, text: &str, most: u32) -> Result<i32, PolicyError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        if digits.starts_with('-') {
            return Err(self.error(field, text, "two signs", "write one minus sign at most"));
        }
        let size = self.fraction(field, digits, 0, most)?;
        // At most `most`, of 17 bits.
        Ok(sign * size as i32)
    }

    pub(super) fn between(
        &self,
        field: &str,
        x: u32,
        least: u32,
        most: u32,
    ) -> Result<(), PolicyError> {
        match (least..=most).contains(&x) {
            true => Ok(()),
            false => {
                let hint = format!("choose between {least} and {most}");
                Err(self.error(field, x, "out of range", &hint))
            }
        }
    }

    pub(super) fn name(&self, field: &str, text: &str, most: usize) -> Result<(), PolicyError> {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        match plain && (1..=most).contains(&text.len()) {
            true => Ok(()),
            false => {
                let hint = format!("use 1 to {most} letters, digits, dots, dashes or underscores");
                Err(self.error(field, text, "not a plain name", &hint))
            }
        }
    }
}
