//! Addresses as people write them.

use alloy_primitives::Address;

/// What an address looks like, for messages.
pub const ADDRESS_HINT: &str = "0x and 40 hexadecimal digits; capitals as the wallet shows them";

/// Reads an address; where it is in mixed case, the case is its checksum.
///
/// # Errors
/// What is wrong with it.
pub fn parse_address(text: &str) -> Result<Address, &'static str> {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    if digits.len() != 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("not an address");
    }
    let has = |test: fn(&u8) -> bool| digits.bytes().any(|b| test(&b));
    if has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
        return Address::parse_checksummed(text, None)
            .map_err(|_| "the capitals do not fit: mistyped");
    }
    text.parse().map_err(|_| "not an address")
}
