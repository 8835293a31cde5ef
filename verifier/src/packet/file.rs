//! Packets as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zkmargin_engine::account::{Account, Customer, Position};
use zkmargin_engine::commitment::tree::ARITY;
use zkmargin_engine::commitment::{Inclusion, MARKET_CAPACITY};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::units::{format_element, parse_element, Price, Quantity, Scale};
use zkmargin_engine::Fr;

use super::{Entered, Packet, Placed};
use crate::error::FieldError;

const FORMAT: &str = "zkmargin-packet";
const VERSION: u32 = 3;
/// No path comes near this many levels.
const MOST_LEVELS: usize = 64;
/// No customer comes near this many accounts.
const MOST_ACCOUNTS: usize = 1 << 16;
const PRIVATE: &str = "This file holds what you brought and the salts of your accounts. Whoever has \
                       it sees your positions; nobody can prove with it without your secret. Keep it \
                       to yourself.";
const TAKE: &str = "take the packet as the venue gave it to you; ask for another if it is damaged";
const BURNT: &str = "ask the venue for a packet of version 3; the secret in this file was never yours \
                     alone: draw another with `zkmargin identity new` and give the venue its identity";
const OLD: &str =
    "ask the venue for a packet of version 3, which `zkmargin book include` writes; a book that \
                   was built before, it first builds again, as the same book";

/// What is read first, so that another version is told by its number.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    private: String,
    customer: CustomerFile,
    accounts: Vec<AccountFile>,
    count: u64,
    root: String,
    policy: String,
    market: String,
    time: u32,
    cut_off: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerFile {
    id: String,
    nonce: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    identity: String,
    account: u32,
    salt: String,
    positions: Vec<PositionFile>,
    index: u64,
    path: Vec<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionFile {
    instrument: String,
    id: String,
    quantity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
}

impl Packet {
    /// The file, with id, nonce and salts in clear.
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            private: PRIVATE.to_owned(),
            customer: CustomerFile {
                id: self.customer.id().to_owned(),
                nonce: format_element(&self.customer.nonce()),
            },
            accounts: self.accounts.iter().map(written).collect(),
            count: self.count,
            root: format_element(&self.root),
            policy: format_element(&self.policy),
            market: format_element(&self.market),
            time: self.time,
            cut_off: self.cut_off,
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
        // What is no head at all is refused below.
        if let Ok(head) = serde_json::from_str::<Head>(text) {
            read.head(&head)?;
        }
        let parsed: File = serde_json::from_str(text).map_err(|e| {
            let place = format!("line {}, column {}", e.line(), e.column());
            read.wrong(&place, &problem(&e))
        })?;
        let nonce = read.element("customer.nonce", &parsed.customer.nonce)?;
        let customer = Customer::new(&parsed.customer.id, nonce);
        let customer = customer.ok_or_else(|| {
            let problem = "no id, or a nonce of more than 248 bits";
            read.wrong("customer", problem)
        })?;
        if parsed.accounts.is_empty() || parsed.accounts.len() > MOST_ACCOUNTS {
            let problem = "a packet has one account at least, and no customer this many";
            return Err(read.wrong("accounts", problem));
        }
        if parsed.cut_off > parsed.time.into() {
            let problem = "accounts that were read after the time of the market";
            return Err(read.wrong("cut_off", problem));
        }
        let (digest, count) = (customer.digest(), parsed.count);
        let accounts = parsed.accounts.iter().enumerate();
        let accounts = accounts.map(|(n, account)| read.placed(n, account, digest, count));
        Ok(Packet {
            accounts: accounts.collect::<Result<_, _>>()?,
            customer,
            count,
            root: read.element("root", &parsed.root)?,
            policy: read.element("policy", &parsed.policy)?,
            market: read.element("market", &parsed.market)?,
            time: parsed.time,
            cut_off: parsed.cut_off,
        })
    }
}

fn written(placed: &Placed) -> AccountFile {
    let Placed {
        account,
        names,
        entered,
        place,
    } = placed;
    let names = names.iter().map(String::as_str);
    let names = names.chain(std::iter::repeat(""));
    let price = |price: u64| Scale::ONE.price(price.into());
    let position = |(position, name): (&Position, &str)| PositionFile {
        instrument: name.to_owned(),
        id: position.id.to_hex(),
        quantity: Scale::ONE.quantity(position.quantity.into()),
        entry: entered.get(&position.id).map(|e| price(e.price)),
        mark: entered.get(&position.id).map(|e| price(e.mark)),
    };
    let level = |level: &[Fr; ARITY]| level.iter().map(format_element).collect();
    AccountFile {
        identity: format_element(&account.identity),
        account: account.number,
        salt: format_element(&account.salt),
        positions: account.positions.iter().zip(names).map(position).collect(),
        index: place.index,
        path: place.path.iter().map(level).collect(),
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
            let plain =
                field.len() <= 24 && field.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
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
        FieldError::new(self.file, field, problem, TAKE)
    }

    fn head(&self, head: &Head) -> Result<(), FieldError> {
        if head.format != FORMAT {
            return Err(self.wrong("format", "not a packet"));
        }
        match head.version {
            VERSION => Ok(()),
            1 => {
                let problem = "1: no book has accounts of this version any more";
                Err(FieldError::new(self.file, "version", problem, BURNT))
            }
            2 => {
                let problem =
                    "2: packets of this version do not say at what prices positions were \
                               entered";
                Err(FieldError::new(self.file, "version", problem, OLD))
            }
            other => {
                let problem = format!("{other}: this program reads version {VERSION}");
                Err(self.wrong("version", &problem))
            }
        }
    }

    /// No value is shown: it may be a salt.
    fn element(&self, field: &str, text: &str) -> Result<Fr, FieldError> {
        parse_element(text).map_err(|e| self.wrong(field, &e.to_string()))
    }

    fn placed(
        &self,
        n: usize,
        file: &AccountFile,
        customer: Fr,
        count: u64,
    ) -> Result<Placed, FieldError> {
        let field = |name: &str| format!("accounts[{n}].{name}");
        let account = Account {
            customer,
            identity: self.element(&field("identity"), &file.identity)?,
            number: file.account,
            salt: self.element(&field("salt"), &file.salt)?,
            positions: self.positions(&field("positions"), &file.positions)?,
        };
        let names = file.positions.iter().map(|p| p.instrument.clone());
        Ok(Placed {
            names: names.collect(),
            entered: self.entered(&field("positions"), &file.positions, &account.positions)?,
            account,
            place: Inclusion {
                index: file.index,
                count,
                path: self.path(&field("path"), &file.path)?,
            },
        })
    }

    fn path(&self, field: &str, levels: &[Vec<String>]) -> Result<Vec<[Fr; ARITY]>, FieldError> {
        if levels.len() > MOST_LEVELS {
            return Err(self.wrong(field, "too many levels"));
        }
        let level = |(n, level): (usize, &Vec<String>)| {
            let nodes = level.iter().enumerate();
            let nodes = nodes.map(|(i, node)| self.element(&format!("{field}[{n}][{i}]"), node));
            let nodes = nodes.collect::<Result<Vec<Fr>, _>>()?.try_into();
            nodes.map_err(|_| self.wrong(&format!("{field}[{n}]"), "not eight hashes"))
        };
        levels.iter().enumerate().map(level).collect()
    }

    fn positions(&self, field: &str, file: &[PositionFile]) -> Result<Vec<Position>, FieldError> {
        if file.len() > MARKET_CAPACITY {
            return Err(self.wrong(field, "more than a market lists"));
        }
        let mut positions: Vec<Position> = Vec::with_capacity(file.len());
        for (n, position) in file.iter().enumerate() {
            let field = |name: &str| format!("{field}[{n}].{name}");
            let id = InstrumentId::from_hex(&position.id);
            let id = id.ok_or_else(|| self.wrong(&field("id"), "no instrument's id"))?;
            if positions.last().is_some_and(|last| last.id >= id) {
                return Err(self.wrong(&field("id"), "repeated, or out of order"));
            }
            let quantity = Quantity::parse(&position.quantity, Scale::ONE);
            let quantity = quantity.map_err(|e| self.wrong(&field("quantity"), &e.to_string()))?;
            positions.push(Position {
                id,
                quantity: quantity.units(),
            });
        }
        Ok(positions)
    }

    /// Entries and marks of linear positions: both, or neither.
    fn entered(
        &self,
        field: &str,
        file: &[PositionFile],
        positions: &[Position],
    ) -> Result<BTreeMap<InstrumentId, Entered>, FieldError> {
        let mut entered = BTreeMap::new();
        for (n, (written, position)) in file.iter().zip(positions).enumerate() {
            let field = |name: &str| format!("{field}[{n}].{name}");
            let price = |name: &str, text: &str| {
                let price = Price::parse(text, Scale::ONE).map(Price::units);
                price.map_err(|e| self.wrong(&field(name), &e.to_string()))
            };
            let (entry, mark) = match (&written.entry, &written.mark) {
                (None, None) => continue,
                (Some(entry), Some(mark)) => (entry, mark),
                (Some(_), None) => {
                    return Err(self.wrong(&field("mark"), "an entry without a mark"))
                }
                (None, Some(_)) => {
                    return Err(self.wrong(&field("entry"), "a mark without an entry"))
                }
            };
            if !position.id.kind().is_linear() {
                let problem = "only spot, perpetuals and futures have an entry price";
                return Err(self.wrong(&field("entry"), problem));
            }
            let (price, mark) = (price("entry", entry)?, price("mark", mark)?);
            entered.insert(position.id, Entered { price, mark });
        }
        Ok(entered)
    }
}
