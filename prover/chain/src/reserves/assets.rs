//! The verifier's list of assets: which coin or contract of which chain is which asset, and which of
//! them keep their worth when the venue fails.
//!
//! A venue that could say this itself would show coins of a chain of its own as bitcoins.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde::Deserialize;

use super::custody::{self, Keeper, KeeperFile};
use super::place::{self, Chain};
use zkmargin_prover::book::error::BookError;
use zkmargin_verifier::error::FieldError;

/// The list in the program.
pub const BUNDLED: &str = include_str!("../../assets/assets.toml");
/// The one form of the list that there is.
const VERSION: u32 = 1;
/// Longest name of an asset.
const LONGEST_SYMBOL: usize = 64;

/// What coins and contracts are, in the eyes of whoever verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    listed: BTreeMap<String, Listed>,
    /// Vaults that may hold custody assets.
    keepers: Vec<Keeper>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    independent: bool,
    at: Vec<(Chain, Option<Address>)>,
}

/// What a coin or a contract is that a venue shows for an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The asset itself, which keeps its worth when the venue fails.
    Independent,
    /// An asset that counts only against what is owed in it; `listed`: that the coin or contract is
    /// the asset, the list says. Otherwise the venue does.
    Own {
        /// Whether the list has the asset.
        listed: bool,
    },
    /// The list has the asset, and not here.
    Foreign,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    asset: Vec<Entry>,
    #[serde(default)]
    custody: Vec<KeeperFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    symbol: String,
    independent: bool,
    at: Vec<At>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    chain: ChainName,
    token: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ChainName {
    Number(u64),
    Name(String),
}

impl Assets {
    /// The list in the program: the best known contracts of the largest chains.
    ///
    /// # Errors
    /// Never: a test reads it.
    pub fn bundled() -> Result<Self, BookError> {
        Assets::from_toml(BUNDLED, "assets.toml of the program")
    }

    /// Reads a list; `name` is for messages.
    ///
    /// # Errors
    /// For what is not of the form, an asset twice, and a place twice in one asset.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, BookError> {
        let wrong = |field: &str, problem: String, hint: &'static str| {
            BookError::from(FieldError::new(name, field, problem, hint))
        };
        let form = "FORMATS.md shows a list of assets; one is in the program";
        let file: File =
            toml::from_str(text).map_err(|e| wrong("(toml)", e.message().to_owned(), form))?;
        if file.version != VERSION {
            let problem = format!("{}: this program reads version {VERSION}", file.version);
            return Err(wrong("version", problem, form));
        }
        let mut assets = BTreeMap::new();
        for (n, entry) in file.asset.into_iter().enumerate() {
            let path = format!("asset[{n}]");
            let symbol = entry.symbol;
            if symbol.is_empty() || symbol.len() > LONGEST_SYMBOL {
                let hint = "1 to 64 characters, as the policy has it";
                return Err(wrong(
                    &format!("{path}.symbol"),
                    "not a name".to_owned(),
                    hint,
                ));
            }
            let mut at: Vec<(Chain, Option<Address>)> = Vec::new();
            for (i, place) in entry.at.iter().enumerate() {
                let path = format!("{path}.at[{i}]");
                let place = place.read().map_err(|(field, problem, hint)| {
                    wrong(&format!("{path}.{field}"), problem, hint)
                })?;
                if at.contains(&place) {
                    let hint = "name a coin or a contract once for each asset";
                    return Err(wrong(&path, "stands there twice".to_owned(), hint));
                }
                at.push(place);
            }
            let independent = entry.independent;
            if assets
                .insert(symbol.clone(), Listed { independent, at })
                .is_some()
            {
                let hint = "give an asset one entry, with all its places";
                return Err(wrong(
                    &path,
                    format!("{symbol:?} has an entry already"),
                    hint,
                ));
            }
        }
        let keepers = custody::keepers(file.custody)
            .map_err(|(field, problem, hint)| wrong(&field, problem, hint))?;
        Ok(Assets {
            listed: assets,
            keepers,
        })
    }

    /// The vault that may hold an asset of custody there.
    pub(super) fn keeper(&self, symbol: &str, place: custody::Place) -> Option<&Keeper> {
        let mut keepers = self.keepers.iter();
        keepers.find(|keeper| keeper.asset == symbol && keeper.place == place)
    }

    /// What a coin or contract is, that is shown for the asset of this name.
    pub fn standing(&self, symbol: &str, chain: Chain, token: Option<Address>) -> Standing {
        match self.listed.get(symbol) {
            None => Standing::Own { listed: false },
            Some(listed) if !listed.at.contains(&(chain, token)) => Standing::Foreign,
            Some(listed) if listed.independent => Standing::Independent,
            Some(_) => Standing::Own { listed: true },
        }
    }

    /// Whether an asset keeps its worth when the venue fails.
    pub fn is_independent(&self, symbol: &str) -> bool {
        // What lies in a vault that is known is the customers', whatever becomes of the venue.
        let kept = self.keepers.iter().any(|keeper| keeper.asset == symbol);
        let listed = self.listed.get(symbol);
        kept || listed.is_some_and(|listed| listed.independent)
    }
}

impl At {
    fn read(&self) -> Result<(Chain, Option<Address>), (&'static str, String, &'static str)> {
        let chain = match &self.chain {
            ChainName::Number(number) => Chain::Numbered(*number),
            ChainName::Name(name) if name == place::BITCOIN => Chain::Bitcoin,
            ChainName::Name(name) => {
                let hint = "the number of a chain, or \"bitcoin\"";
                return Err(("chain", format!("{name:?}: no chain"), hint));
            }
        };
        let token = self.token.as_deref().map(place::token).transpose();
        let token = token.map_err(|(problem, hint)| ("token", problem, hint))?;
        match (chain, token) {
            (Chain::Bitcoin, Some(_)) => {
                let hint = "leave token out";
                Err(("token", "Bitcoin has no tokens".to_owned(), hint))
            }
            place => Ok(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::policy::Policy;

    /// Every address in the list has its checksum, and every name is one of the policy in the program.
    #[test]
    fn the_list_in_the_program_is_read() {
        let assets = Assets::bundled().unwrap();
        let policy = Policy::rm1();
        let known = |symbol: &String| policy.underlyings().iter().any(|u| u.symbol == *symbol);
        assert!(assets.listed.keys().all(known));
        assert!(!assets.is_independent("USD"));
        let usdc = place::token("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48").unwrap();
        let standing = |symbol, chain, token| assets.standing(symbol, chain, token);
        assert_eq!(standing("BTC", Chain::Bitcoin, None), Standing::Independent);
        // Coins of a chain of the venue's own, any token, and a contract of another chain.
        for (symbol, chain, token) in [
            ("BTC", Chain::Numbered(31_337), None),
            ("BTC", Chain::Numbered(1), None),
            ("USDT", Chain::Numbered(1), Some(usdc)),
            ("USDC", Chain::Numbered(5), Some(usdc)),
        ] {
            assert_eq!(
                standing(symbol, chain, token),
                Standing::Foreign,
                "{symbol}"
            );
        }
        let own = Standing::Own { listed: false };
        assert_eq!(standing("VENUE", Chain::Numbered(1), Some(usdc)), own);
    }

    #[test]
    fn lists_out_of_form() {
        let one =
            "version = 1\n[[asset]]\nsymbol = \"BTC\"\nindependent = true\nat = [{ chain = 1 }]\n";
        assert!(Assets::from_toml(one, "a.toml").is_ok());
        for (from, to, words) in [
            ("version = 1", "version = 2", "version: 2"),
            ("version = 1", "", "(toml)"),
            ("\"BTC\"", "\"\"", "asset[0].symbol"),
            ("independent = true", "", "independent"),
            ("true", "1", "(toml)"),
            (
                "chain = 1",
                "chain = \"solana\"",
                "asset[0].at[0].chain: \"solana\"",
            ),
            ("chain = 1", "chain = -1", "(toml)"),
            (
                "chain = 1",
                "chain = 1, token = \"0x12\"",
                "asset[0].at[0].token",
            ),
            (
                "chain = 1",
                "chain = 1, token = \"0x0000000000000000000000000000000000000000\"",
                "own coin",
            ),
            (
                "{ chain = 1 }",
                "{ chain = 1 }, { chain = 1 }",
                "asset[0].at[1]: stands there twice",
            ),
            (
                "{ chain = 1 }",
                "{ chain = \"bitcoin\", token = \"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48\" }",
                "has no tokens",
            ),
        ] {
            let text = one.replacen(from, to, 1);
            let error = Assets::from_toml(&text, "a.toml").unwrap_err().to_string();
            assert!(
                error.contains(words) && error.contains("hint: "),
                "{words}: {error}"
            );
        }
        let twice = format!("{one}{}", one.replace("version = 1\n", ""));
        let error = Assets::from_toml(&twice, "a.toml").unwrap_err().to_string();
        assert!(
            error.contains("asset[1]") && error.contains("already"),
            "{error}"
        );
    }
}
