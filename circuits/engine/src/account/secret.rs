//! The trader's secret, which no venue ever sees, and the identity that it gets instead.

use std::fmt;

use ff::Field;

use super::keys;
use super::read::VERSION;
use crate::commitment::{hash8, tag};
use crate::error::Error;
use crate::market::json::{Node, Object};
use crate::units::format_element;
use crate::Fr;

/// A trader's secret. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Fr);

impl Secret {
    /// A secret that was drawn at random; `None` for one that can be guessed.
    pub fn new(element: Fr) -> Option<Secret> {
        (!keys::is_weak(&element)).then_some(Secret(element))
    }

    /// The element itself, for the witness of a proof.
    pub fn element(&self) -> Fr {
        self.0
    }

    /// H(IDENTITY; secret): what a venue stores, and what the leaf holds. Never zero, which says that
    /// nobody can prove: a preimage of zero would be needed.
    pub fn identity(&self) -> Fr {
        let mut inputs = [Fr::ZERO; 8];
        inputs[0] = self.0;
        hash8(tag::IDENTITY, &inputs)
    }

    /// H(NULLIFIER; secret, scope, account): marks the account of a number as used within a scope.
    pub fn nullifier(&self, scope: Fr, account: u32) -> Fr {
        let mut inputs = [Fr::ZERO; 8];
        inputs[..3].copy_from_slice(&[self.0, scope, Fr::from(u64::from(account))]);
        hash8(tag::NULLIFIER, &inputs)
    }

    /// Reads the file of a secret, `{"version": 2, "secret": "0x…"}`; `file` names it in messages,
    /// which show no secret.
    ///
    /// # Errors
    /// Unknown, missing or repeated fields, another version, and secrets that can be guessed.
    pub fn from_json(text: &str, file: &str) -> Result<Secret, Error> {
        let mut top = Object::new(file, String::new(), Node::parse(text, file)?)?;
        top.only(&["version", "secret"])?;
        top.version(VERSION)?;
        let element = top.secret("secret")?;
        keys::refuse_weak(file, "", "secret", &element)?;
        Ok(Secret(element))
    }

    /// The file, with the secret in clear.
    pub fn to_json(&self) -> String {
        format!(
            "{{\"version\": {VERSION}, \"secret\": \"{}\"}}\n",
            format_element(&self.0)
        )
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    fn secret(seed: u64) -> Secret {
        Secret::new(Fr::random(&mut ChaCha20Rng::seed_from_u64(seed))).unwrap()
    }

    #[test]
    fn identity_and_nullifier_by_their_definitions() {
        let secret = secret(1);
        let mut inputs = [Fr::ZERO; 8];
        inputs[0] = secret.element();
        assert_eq!(secret.identity(), hash8(13, &inputs));
        inputs[1] = Fr::from(5);
        inputs[2] = Fr::from(u64::from(u32::MAX));
        assert_eq!(secret.nullifier(Fr::from(5), u32::MAX), hash8(14, &inputs));
    }

    #[test]
    fn a_nullifier_is_one_account_of_one_secret_in_one_scope() {
        let (one, scope) = (secret(1), Fr::from(5));
        let all = [
            one.nullifier(scope, 0),
            one.nullifier(scope, 1),
            one.nullifier(Fr::from(6), 0),
            secret(2).nullifier(scope, 0),
            one.identity(),
        ];
        for (n, value) in all.iter().enumerate() {
            assert!(!all[..n].contains(value), "{n}");
        }
    }

    #[test]
    fn files_read_back_and_others_are_refused() {
        let secret = secret(3);
        let text = secret.to_json();
        assert_eq!(Secret::from_json(&text, "s.json").unwrap(), secret);
        let error = |text: &str| Secret::from_json(text, "s.json").unwrap_err().to_string();
        assert!(error(&text.replace('2', "1")).contains("version"));
        assert!(error("{\"version\": 2}").contains("secret is missing"));
        let weak = "{\"version\": 2, \"secret\": \"0x1\"}";
        assert!(error(weak).contains("secret can be guessed"));
        let more = text.replace('}', ", \"owner\": \"0x1\"}");
        assert!(error(&more).contains("owner: there is no such field"));
        assert!(!format!("{secret:?}").contains(&format_element(&secret.element())[4..20]));
    }
}
