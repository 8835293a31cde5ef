//! Packets as JSON.

use serde::{Deserialize, Serialize};
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::commitment::tree::ARITY;
use zkmargin_engine::commitment::{Inclusion, MARKET_CAPACITY};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::units::{format_decimal, format_element, parse_element, Quantity};
use zkmargin_engine::Fr;

use super::Packet;
use crate::error::FieldError;

const FORMAT: &str = "zkmargin-packet";
const VERSION: u32 = 1;
/// No path comes near this many levels.
const MOST_LEVELS: usize = 64;
const PRIVATE: &str = "This file holds the secret and the salt of your account. Whoever has it \
                       sees your positions and can prove with your account. Keep it to yourself.";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    private: String,
    account: AccountFile,
    index: u64,
    count: u64,
    path: Vec<Vec<String>>,
    root: String,
    policy: String,
    market: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    owner: String,
    secret: String,
    salt: String,
    positions: Vec<PositionFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionFile {
    instrument: String,
    id: String,
    quantity: String,
}

impl Packet {
    /// The file, with the account's secret and salt in clear.
    pub fn to_json(&self) -> String {
        let names = self.names.iter().map(String::as_str);
        let names = names.chain(std::iter::repeat(""));
        let position = |(position, name): (&Position, &str)| PositionFile {
            instrument: name.to_owned(),
            id: position.id.to_hex(),
            quantity: format_decimal(position.quantity.into(), 8),
        };
        let level = |level: &[Fr; ARITY]| level.iter().map(format_element).collect();
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            private: PRIVATE.to_owned(),
            account: AccountFile {
                owner: format_element(&self.account.owner),
                secret: format_element(&self.account.secret),
                salt: format_element(&self.account.salt),
                positions: self
                    .account
                    .positions
                    .iter()
                    .zip(names)
                    .map(position)
                    .collect(),
            },
            index: self.place.index,
            count: self.place.count,
            path: self.place.path.iter().map(level).collect(),
            root: format_element(&self.root),
            policy: format_element(&self.policy),
            market: format_element(&self.market),
        };
        // A struct of strings and numbers always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a file; `file` names it in messages.
    ///
    /// # Errors
    /// When it is not what [`Packet::to_json`] writes.
    pub fn from_json(text: &str, file: &str) -> Result<Packet, FieldError> {
        let read = Reading { file };
        let parsed: File = serde_json::from_str(text).map_err(|e| {
            let place = format!("line {}, column {}", e.line(), e.column());
            read.wrong(&place, &problem(&e))
        })?;
        if parsed.format != FORMAT {
            return Err(read.wrong("format", "not a packet"));
        }
        if parsed.version != VERSION {
            let problem = format!("{}: this program reads version {VERSION}", parsed.version);
            return Err(read.wrong("version", &problem));
        }
        if parsed.path.len() > MOST_LEVELS {
            return Err(read.wrong("path", "too many levels"));
        }
        let mut path = Vec::with_capacity(parsed.path.len());
        for (n, level) in parsed.path.iter().enumerate() {
            let nodes = level.iter().enumerate();
            let nodes = nodes.map(|(i, node)| read.element(&format!("path[{n}][{i}]"), node));
            let nodes = nodes.collect::<Result<Vec<Fr>, _>>()?;
            let nodes = nodes.try_into();
            path.push(nodes.map_err(|_| read.wrong(&format!("path[{n}]"), "not eight hashes"))?);
        }
        Ok(Packet {
            names: parsed
                .account
                .positions
                .iter()
                .map(|p| p.instrument.clone())
                .collect(),
            account: read.account(&parsed.account)?,
            place: Inclusion {
                index: parsed.index,
                count: parsed.count,
                path,
            },
            root: read.element("root", &parsed.root)?,
            policy: read.element("policy", &parsed.policy)?,
            market: read.element("market", &parsed.market)?,
        })
    }
}

/// What the JSON reader says, without values: of a wrong type it names the value, which may be a
/// secret.
fn problem(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let text = error.to_string();
    match error.classify() {
        Category::Data => {
            let field = text.split('`').nth(1).unwrap_or_default();
            let plain = field.len() <= 24 && field.bytes().all(|b| b.is_ascii_lowercase());
            match text.split_once(" field `") {
                Some((how @ ("missing" | "duplicate" | "unknown"), _)) if plain => {
                    format!("{how} field `{field}`")
                }
                Some(("unknown", _)) => "a field that no packet has".to_owned(),
                _ => "a field has a value of another type than in a packet".to_owned(),
            }
        }
        Category::Eof => "the file ends too early".to_owned(),
        _ => "not JSON".to_owned(),
    }
}

struct Reading<'a> {
    file: &'a str,
}

impl Reading<'_> {
    fn wrong(&self, field: &str, problem: &str) -> FieldError {
        let hint = "take the packet as the venue gave it to you; ask for another if it is damaged";
        FieldError::new(self.file, field, problem, hint)
    }

    /// No value is shown: it may be a secret.
    fn element(&self, field: &str, text: &str) -> Result<Fr, FieldError> {
        parse_element(text).map_err(|e| self.wrong(field, &e.to_string()))
    }

    fn account(&self, file: &AccountFile) -> Result<Account, FieldError> {
        if file.positions.len() > MARKET_CAPACITY {
            return Err(self.wrong("account.positions", "more than a market lists"));
        }
        let mut positions: Vec<Position> = Vec::with_capacity(file.positions.len());
        for (n, position) in file.positions.iter().enumerate() {
            let field = |name: &str| format!("account.positions[{n}].{name}");
            let id = InstrumentId::from_hex(&position.id);
            let id = id.ok_or_else(|| self.wrong(&field("id"), "no instrument's id"))?;
            if positions.last().is_some_and(|last| last.id >= id) {
                return Err(self.wrong(&field("id"), "repeated, or out of order"));
            }
            let quantity = Quantity::parse(&position.quantity);
            let quantity = quantity.map_err(|e| self.wrong(&field("quantity"), &e.to_string()))?;
            positions.push(Position {
                id,
                quantity: quantity.units(),
            });
        }
        Ok(Account {
            owner: self.element("account.owner", &file.owner)?,
            secret: self.element("account.secret", &file.secret)?,
            salt: self.element("account.salt", &file.salt)?,
            positions,
        })
    }
}
