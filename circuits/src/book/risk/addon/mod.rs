//! What is added to the requirement of the worst scenario.

pub mod haircut;
pub mod pricing_error;
pub(in crate::book) mod roll;
pub mod short_option;

use zkmargin_engine::book::table::Entry;

/// What a contract adds to the requirement, 1e-16 USD: per signed and per absolute quantity. What
/// depends on other positions of the account is in its groups.
pub(crate) fn per_contract(entry: &Entry) -> [i128; 2] {
    let terms = [
        short_option::per_contract,
        haircut::per_contract,
        pricing_error::per_contract,
    ];
    let sum =
        |[signed, absolute]: [i128; 2], term: [i128; 2]| [signed + term[0], absolute + term[1]];
    terms.iter().map(|term| term(entry)).fold([0; 2], sum)
}
