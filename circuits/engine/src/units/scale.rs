//! Coins of a contract.
//!
//! A coin of 0.0000138 USD has a price of 1,380 units, and 2·10^12 of them are more than a quantity
//! holds. Its policy counts it by the million: a contract of 10^6 coins costs 13.80 USD. Files and
//! reports go on in coins, since the point only moves.

use super::{format_decimal, UnitError, MONEY_DECIMALS, SHORT_DECIMALS};

/// Largest scale: quantities are then whole coins.
const MOST: u32 = MONEY_DECIMALS;

/// A contract of an underlying is 10^scale of its coins; the default is one coin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale(u32);

impl Scale {
    /// One coin.
    pub const ONE: Scale = Scale(0);

    /// A scale of 0 to 8.
    pub fn new(power: u32) -> Option<Scale> {
        (power <= MOST).then_some(Scale(power))
    }

    /// The power of ten.
    pub fn power(self) -> u32 {
        self.0
    }

    /// Coins of a contract.
    pub fn coins(self) -> u64 {
        10u64.pow(self.0)
    }

    /// Decimals of a price per coin whose unit is 1e-8 USD per contract.
    pub fn price_decimals(self) -> u32 {
        MONEY_DECIMALS + self.0
    }

    /// Decimals of a strike per coin whose unit is 1e-4 USD per contract.
    pub fn strike_decimals(self) -> u32 {
        SHORT_DECIMALS + self.0
    }

    /// Decimals of a number of coins whose unit is 1e-8 contract.
    pub fn quantity_decimals(self) -> u32 {
        MONEY_DECIMALS - self.0
    }

    /// A price of 1e-8 USD per contract as USD per coin.
    pub fn price(self, units: i128) -> String {
        format_decimal(units, self.price_decimals())
    }

    /// A strike of 1e-4 USD per contract as USD per coin.
    pub fn strike(self, units: u64) -> String {
        format_decimal(units.into(), self.strike_decimals())
    }

    /// A quantity of 1e-8 contract as coins.
    pub fn quantity(self, units: i128) -> String {
        format_decimal(units, self.quantity_decimals())
    }

    /// A range error whose words are those of a contract of one coin.
    pub(super) fn range(self, error: UnitError, range: &'static str) -> UnitError {
        match error {
            UnitError::Range { .. } if self.0 > 0 => UnitError::Range { range },
            error => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Price, Quantity, Strike};
    use super::*;

    #[test]
    fn coins_below_a_hundredth_of_a_cent() {
        let million = Scale::new(6).unwrap();
        let price = Price::parse("0.00001381000002", million).unwrap();
        assert_eq!(price.units(), 1_381_000_002);
        assert_eq!(million.price(1_381_000_002), "0.00001381000002");
        let held = Quantity::parse("-2000000000000.5", million).unwrap();
        assert_eq!(held.units(), -200_000_000_000_050);
        assert_eq!(million.quantity(-200_000_000_000_050), "-2000000000000.5");
        let strike = Strike::parse("0.0000000123", million).unwrap();
        assert_eq!(
            (strike.units(), million.strike(123)),
            (123, "0.0000000123".into())
        );
        assert_eq!(million.coins(), 1_000_000);
    }

    #[test]
    fn no_decimal_is_rounded_and_no_range_left() {
        let most = Scale::new(8).unwrap();
        assert_eq!(
            Quantity::parse("1.5", most),
            Err(UnitError::Decimals { places: 0 })
        );
        assert_eq!(
            Price::parse("0.00000000000000001", most),
            Err(UnitError::Decimals { places: 16 })
        );
        assert_eq!(
            Strike::parse("0.0000000000001", most),
            Err(UnitError::Decimals { places: 12 })
        );
        assert!(Quantity::parse("4611686018427387903", most).is_ok());
        let far = Quantity::parse("4611686018427387904", most).unwrap_err();
        assert!(far.hint().contains("2^62"), "{}", far.hint());
        let dear = Price::parse("200", most).unwrap_err();
        assert!(dear.hint().contains("2^60"), "{}", dear.hint());
        assert_eq!(Scale::new(9), None);
        assert_eq!(Scale::new(0), Some(Scale::ONE));
    }
}
