//! Terms as JSON: the names of `IMarginVaultTypes.Terms`, amounts and digests as strings.

use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use super::super::abi::MarginVault::{Form, Terms};

/// Why a file is no terms.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}\nhint: take the fields of `Terms` in contracts/src/interfaces/IMarginVaultTypes.sol, amounts and digests as strings")]
pub struct TermsError {
    file: String,
    problem: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FormName {
    Pledge,
    Custody,
}

/// Terms as they stand in a file, alone or inside another.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TermsFile {
    form: FormName,
    trusts_venue: bool,
    token: Address,
    beneficiary: Address,
    refund: Address,
    exit_to: Address,
    nullifier: String,
    verifiers: Vec<Address>,
    policy: String,
    oracle: Address,
    registry: Address,
    venue: Address,
    ratio: u16,
    floor: String,
    margin: String,
    max_book_age: u32,
    grace: u32,
    window: u32,
    patience: u32,
    cooldown: u32,
    notice: u32,
    exit_after: u32,
    end: u64,
    salt: B256,
}

/// Reads terms; `file` is for messages.
///
/// # Errors
/// When a field is missing, unknown, given twice or out of its range.
pub fn read(text: &str, file: &str) -> Result<Terms, TermsError> {
    let bad = |problem: String| TermsError {
        file: file.to_owned(),
        problem,
    };
    let read: TermsFile = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
    read.terms()
        .map_err(|(field, problem)| bad(format!("{field}{problem}")))
}

/// Terms as [`read`] reads them.
pub fn written(terms: &Terms) -> serde_json::Value {
    let named = terms.verifiers.iter().rposition(|at| !at.is_zero());
    let named = named.map_or(0, |last| last + 1);
    let file = TermsFile {
        form: match terms.form {
            Form::Custody => FormName::Custody,
            _ => FormName::Pledge,
        },
        trusts_venue: terms.trustsVenue,
        token: terms.token,
        beneficiary: terms.beneficiary,
        refund: terms.refund,
        exit_to: terms.exitTo,
        nullifier: format!("{:#x}", terms.nullifier),
        verifiers: terms.verifiers[..named].to_vec(),
        policy: format!("{:#x}", terms.policy),
        oracle: terms.oracle,
        registry: terms.registry,
        venue: terms.venue,
        ratio: terms.ratio,
        floor: terms.floor.to_string(),
        margin: terms.margin.to_string(),
        max_book_age: terms.maxBookAge,
        grace: terms.grace,
        window: terms.window,
        patience: terms.patience,
        cooldown: terms.cooldown,
        notice: terms.notice,
        exit_after: terms.exitAfter,
        end: terms.end,
        salt: terms.salt,
    };
    // A struct of strings and small numbers always serialises.
    serde_json::to_value(file).unwrap_or_default()
}

impl TermsFile {
    /// The terms.
    ///
    /// # Errors
    /// The field that is out of its range, and what is wrong with it.
    pub(crate) fn terms(&self) -> Result<Terms, (&'static str, String)> {
        let number = |field: &'static str, text: &str| {
            text.parse::<U256>()
                .map_err(|e| (field, format!(" = {text:?}: {e}")))
        };
        let amount = |field: &'static str, text: &str| {
            u128::try_from(number(field, text)?)
                .map_err(|_| (field, format!(" = {text:?}: more than 128 bits")))
        };
        let mut verifiers = [Address::ZERO; 3];
        let given = self.verifiers.len();
        if given > verifiers.len() {
            return Err(("verifiers", format!(": {given} of them, at most three")));
        }
        verifiers[..given].copy_from_slice(&self.verifiers);
        Ok(Terms {
            form: match self.form {
                FormName::Pledge => Form::Pledge,
                FormName::Custody => Form::Custody,
            },
            trustsVenue: self.trusts_venue,
            token: self.token,
            beneficiary: self.beneficiary,
            refund: self.refund,
            exitTo: self.exit_to,
            nullifier: number("nullifier", &self.nullifier)?,
            verifiers,
            policy: number("policy", &self.policy)?,
            oracle: self.oracle,
            registry: self.registry,
            venue: self.venue,
            ratio: self.ratio,
            floor: amount("floor", &self.floor)?,
            margin: amount("margin", &self.margin)?,
            maxBookAge: self.max_book_age,
            grace: self.grace,
            window: self.window,
            patience: self.patience,
            cooldown: self.cooldown,
            notice: self.notice,
            exitAfter: self.exit_after,
            end: self.end,
            salt: self.salt,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const PLEDGE: &str = r#"{
        "form": "pledge", "trustsVenue": false,
        "token": "0x0000000000000000000000000000000000000001",
        "beneficiary": "0x0000000000000000000000000000000000000002",
        "refund": "0x0000000000000000000000000000000000000003",
        "exitTo": "0x0000000000000000000000000000000000000002",
        "nullifier": "0x4a11", "verifiers": ["0x0000000000000000000000000000000000000004"],
        "policy": "7", "oracle": "0x0000000000000000000000000000000000000005",
        "registry": "0x0000000000000000000000000000000000000006",
        "venue": "0x0000000000000000000000000000000000000007",
        "ratio": 10000, "floor": "30000000000", "margin": "50000000000",
        "maxBookAge": 86400, "grace": 600, "window": 172800, "patience": 259200,
        "cooldown": 172800, "notice": 0, "exitAfter": 7776000, "end": 1900000000,
        "salt": "0x0000000000000000000000000000000000000000000000000000000000000009"}"#;

    #[test]
    fn terms_are_read_field_by_field() {
        let terms = read(PLEDGE, "terms.json").unwrap();
        assert_eq!(terms.form, Form::Pledge);
        assert_eq!(terms.nullifier, U256::from(0x4a11));
        assert_eq!(
            (terms.floor, terms.margin),
            (30_000_000_000, 50_000_000_000)
        );
        assert_eq!(terms.verifiers[0], Address::with_last_byte(4));
        assert_eq!(terms.verifiers[1], Address::ZERO);
        assert_eq!((terms.window, terms.end), (172_800, 1_900_000_000));
        let again = written(&terms).to_string();
        assert_eq!(read(&again, "again.json").unwrap(), terms);
    }

    #[test]
    fn what_is_no_terms_is_an_error_with_file_and_field() {
        for (old, new, says) in [
            ("\"notice\": 0,", "", "missing field `notice`"),
            ("\"notice\": 0,", "\"note\": 0,", "unknown field `note`"),
            (
                "\"notice\": 0,",
                "\"notice\": 0, \"notice\": 0,",
                "duplicate field `notice`",
            ),
            ("\"7\"", "\"seven\"", "policy = \"seven\""),
            ("\"pledge\"", "\"gift\"", "unknown variant `gift`"),
            (
                "\"30000000000\"",
                "\"0x100000000000000000000000000000000\"",
                "floor = \"0x100000000000000000000000000000000\": more than 128 bits",
            ),
        ] {
            let error = read(&PLEDGE.replace(old, new), "t.json").unwrap_err();
            let error = error.to_string();
            assert!(
                error.starts_with("t.json: ") && error.contains(says),
                "{error}"
            );
            assert!(error.contains("\nhint: "), "{error}");
        }
    }
}
