//! Account files: JSON, or rows of a table, to [`Account`].

use ff::Field;

use super::customer::is_nonce;
use super::entry::{booked, AT_MARK};
use super::listing::Listing;
use super::nearest::{nearest, shown_name};
use super::{keys, Account, AccountFile, Customer, Entries, Entry, Holder, Position};
use crate::error::{quoted, Error};
use crate::market::json::{Node, Object};
use crate::market::{Instrument, InstrumentId, Market};
use crate::policy::{Policy, ENTRY_COSTS};
use crate::units::{Price, Quantity, Scale};
use crate::Fr;

/// Version of account files and of files of secrets.
pub(super) const VERSION: u64 = 2;

/// Fields that say for whom an account is kept.
const HOLDER: [&str; 4] = ["customer", "nonce", "identity", "account"];

impl Account {
    /// Reads an account file with all that its leaf needs; see [`AccountFile::from_json`].
    ///
    /// # Errors
    /// As there; files without customer or salt.
    pub fn from_json(
        text: &str,
        file: &str,
        market: &Market,
        policy: &Policy,
    ) -> Result<Account, Error> {
        AccountFile::from_json(text, file, &Listing::new(market, policy))?.account(file)
    }
}

impl AccountFile {
    /// Reads an account file against the market that lists its instruments. `file` names it in
    /// messages, which show no customer, nonce, identity or salt.
    ///
    /// A perpetual or a future states its entry price, a spot position may; `"mark"` stands for the
    /// instrument's mark. The cost, −quantity·entry, each rounded down, is booked into the position in
    /// [`ENTRY_COSTS`], which no file states itself: an account is shown as its venue shows it. A file
    /// may be of positions alone.
    ///
    /// # Errors
    /// Refuses files of version 1, unknown, missing or repeated fields, numbers out of form or range,
    /// instruments that are not listed or stand twice, a position in entry costs, collateral in custody
    /// below zero, perpetuals and futures without an entry price, entry prices of options and cash, and
    /// nonces and salts that can be guessed.
    pub fn from_json(text: &str, file: &str, listing: &Listing<'_>) -> Result<AccountFile, Error> {
        let mut top = Object::new(file, String::new(), Node::parse(text, file)?)?;
        if ["owner", "secret"].into_iter().any(|name| top.has(name)) {
            return Err(Error::OldAccount {
                file: file.to_owned(),
            });
        }
        let known = ["version", "salt", "positions"].into_iter().chain(HOLDER);
        top.only(&known.collect::<Vec<_>>())?;
        let committed = HOLDER.into_iter().chain(["version", "salt"]);
        let committed = committed.into_iter().any(|name| top.has(name));
        if committed {
            top.version(VERSION)?;
        }
        let held = HOLDER.into_iter().any(|name| top.has(name)) || top.has("salt");
        let holder = held.then(|| holder(&mut top, file)).transpose()?;
        let salt = top.has("salt").then(|| salt(&mut top, file)).transpose()?;
        if let (Some(holder), Some(salt)) = (&holder, &salt) {
            refuse_equal(file, holder, salt)?;
        }
        let mut ledger = Ledger::new(file, listing);
        for (n, node) in top.list("positions")?.into_iter().enumerate() {
            let place = Place::Entry(n);
            ledger.read(Object::new(file, place.to_string(), node)?, place)?;
        }
        ledger.account(holder, salt)
    }

    /// Reads an account of a book from the rows of a table, each with its line in the file. An empty
    /// `entry` counts as left out, and so does a row with neither instrument nor quantity.
    ///
    /// # Errors
    /// As [`AccountFile::from_json`]; no rows, and rows that name another customer, nonce, identity
    /// or account than the first.
    pub fn from_rows<'a>(
        rows: impl IntoIterator<Item = TableRow<'a>>,
        file: &str,
        listing: &Listing<'_>,
    ) -> Result<AccountFile, Error> {
        let mut ledger = Ledger::new(file, listing);
        let mut first: Option<Holder> = None;
        for row in rows {
            let place = Place::Line(row.line);
            let text = |(name, text): (&str, &str)| (name.to_owned(), Node::Text(text.to_owned()));
            let [customer, nonce, identity, number] = row.holder;
            let whole = number
                .parse()
                .map_or_else(|_| Node::Text(number.to_owned()), Node::Integer);
            let mut fields: Vec<(String, Node)> = [
                ("customer", customer),
                ("nonce", nonce),
                ("identity", identity),
            ]
            .map(text)
            .into();
            fields.push(("account".to_owned(), whole));
            let position = [
                ("instrument", row.instrument),
                ("quantity", row.quantity),
                ("entry", row.entry),
            ];
            let given = position.into_iter().filter(|(_, text)| !text.is_empty());
            fields.extend(given.map(text));
            let empty = fields.len() == HOLDER.len();
            let mut object = Object::new(file, place.to_string(), Node::Object(fields))?;
            let own = holder(&mut object, file)?;
            if first.get_or_insert_with(|| own.clone()) != &own {
                return Err(Error::Engine {
                    subject: format!("{file}: {place}"),
                    problem: "customer, nonce or identity differ from the account's first row",
                    hint:
                        "repeat them in every row of an account, or give the account a new number",
                });
            }
            if !empty {
                ledger.read(object, place)?;
            }
        }
        let holder = first.ok_or_else(|| Error::Engine {
            subject: file.to_owned(),
            problem: "an account without rows",
            hint: "give every account at least one row",
        })?;
        ledger.account(Some(holder), None)
    }
}

/// For whom an account is kept, out of the fields of its object.
fn holder(object: &mut Object<'_>, file: &str) -> Result<Holder, Error> {
    let id = object.hidden_text("customer")?;
    let nonce = object.secret("nonce")?;
    keys::refuse_weak(file, &object.path(""), "nonce", &nonce)?;
    let identity = object.secret("identity")?;
    if identity != Fr::ZERO {
        keys::refuse_weak(file, &object.path(""), "identity", &identity)?;
    }
    let number = object.whole(
        "account",
        "must be a whole number below 2^32, without quotes",
    )?;
    let customer = Customer::new(&id, nonce).ok_or_else(|| match is_nonce(&nonce) {
        false => Error::WeakKey {
            file: file.to_owned(),
            field: object.path("nonce"),
            problem: "has more than 248 bits",
        },
        true => {
            let hint =
                "what the customer brought, such as a mail address, of at most 256 characters";
            let hidden = "the id of a customer".to_owned();
            object.wrong("customer", hidden, "is no id", hint.to_owned())
        }
    })?;
    Ok(Holder {
        customer,
        identity,
        number,
    })
}

fn salt(object: &mut Object<'_>, file: &str) -> Result<Fr, Error> {
    let salt = object.secret("salt")?;
    keys::refuse_weak(file, "", "salt", &salt)?;
    Ok(salt)
}

/// Refuses one random number in two places.
fn refuse_equal(file: &str, holder: &Holder, salt: &Fr) -> Result<(), Error> {
    for (field, other, problem) in [
        (
            "salt",
            holder.customer.nonce(),
            "is the nonce: each must be drawn by itself",
        ),
        (
            "salt",
            holder.identity,
            "is the identity, which others know",
        ),
    ] {
        if *salt == other {
            return Err(Error::WeakKey {
                file: file.to_owned(),
                field: field.to_owned(),
                problem,
            });
        }
    }
    Ok(())
}

/// One position in a table of accounts, as it is written.
#[derive(Clone, Copy)]
pub struct TableRow<'a> {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Customer, nonce, identity and number of the account.
    pub holder: [&'a str; 4],
    /// Name of the instrument.
    pub instrument: &'a str,
    /// Signed quantity.
    pub quantity: &'a str,
    /// Entry price, or nothing.
    pub entry: &'a str,
}

/// Where a position stands in a file.
#[derive(Clone, Copy)]
enum Place {
    /// In the list of positions.
    Entry(usize),
    /// On a line of a table.
    Line(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Entry(n) => write!(f, "positions[{n}]"),
            Place::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// Collects the positions of a file.
struct Ledger<'a> {
    file: &'a str,
    listing: &'a Listing<'a>,
    /// Positions in the order of the file.
    entries: Vec<Position>,
    /// Where each stands in the file.
    places: Vec<Place>,
    /// Entry prices as they are stated.
    prices: Entries,
    /// What is booked into the position in entry costs, in 1e-8 USD.
    cost: i128,
}

impl<'a> Ledger<'a> {
    fn new(file: &'a str, listing: &'a Listing<'a>) -> Self {
        Ledger {
            file,
            listing,
            entries: Vec::new(),
            places: Vec::new(),
            prices: Entries::new(),
            cost: 0,
        }
    }

    fn read(&mut self, mut entry: Object<'_>, place: Place) -> Result<(), Error> {
        entry.only(&["instrument", "quantity", "entry"])?;
        let name = entry.text("instrument")?;
        let Some(instrument) = self.listing.by_name(&name) else {
            return Err(Error::UnknownInstrument {
                file: self.file.to_owned(),
                field: entry.path("instrument"),
                value: shown_name(&name),
                hint: nearest(&name, self.listing.market()),
            });
        };
        let id = instrument.id;
        let scale = self.listing.scale(id);
        let parse = |text: &str| Quantity::parse(text, scale);
        let quantity = entry.number("quantity", parse)?.units();
        self.own_cash(&entry, id, quantity)?;
        if let Some(price) = entry_price(&mut entry, instrument, scale)? {
            let shown = || quoted(&price.text(scale));
            if !id.kind().is_linear() {
                let hint = "leave it out: book the premium into the USD position".to_owned();
                let problem = "only spot, perpetuals and futures have an entry price";
                return Err(entry.wrong("entry", shown(), problem, hint));
            }
            if self.listing.costs().is_none() {
                let hint = format!("list {ENTRY_COSTS} as cash at the mark 1 in the market");
                let problem = "there is nothing to book the cost into";
                return Err(entry.wrong("entry", shown(), problem, hint));
            }
            self.book(booked(quantity, price.price))?;
            self.prices.insert(id, price);
        }
        self.entries.push(Position { id, quantity });
        self.places.push(place);
        Ok(())
    }

    /// Refuses positions in cash that only the program, or only a vault, brings about.
    fn own_cash(&self, entry: &Object<'_>, id: InstrumentId, quantity: i64) -> Result<(), Error> {
        if Some(id) == self.listing.costs() {
            let problem = "entry costs are computed from the entry prices of the account";
            let hint = "leave it out, and give what was realised in the USD position".to_owned();
            return Err(entry.wrong("instrument", quoted(ENTRY_COSTS), problem, hint));
        }
        if Some(id) == self.listing.custody() && quantity < 0 {
            let problem = "collateral in custody cannot be owed";
            let hint = "book what was withdrawn as a smaller quantity, or as a debt in USDC";
            let value = "a quantity below zero".to_owned();
            return Err(entry.wrong("quantity", value, problem, hint.to_owned()));
        }
        Ok(())
    }

    /// Books an entry cost, in 1e-8 USD.
    fn book(&mut self, booked: i128) -> Result<(), Error> {
        self.cost = self
            .cost
            .checked_add(booked)
            .ok_or_else(|| self.cost_out_of_range())?;
        Ok(())
    }

    fn cost_out_of_range(&self) -> Error {
        Error::Engine {
            subject: format!("{}: the entry costs", self.file),
            problem: "out of range: its magnitude is 2^62 units of 1e-8 USD or more",
            hint: "check quantities and entry prices, or split the account",
        }
    }

    fn account(mut self, holder: Option<Holder>, salt: Option<Fr>) -> Result<AccountFile, Error> {
        let entries = std::mem::take(&mut self.prices);
        Ok(AccountFile {
            holder,
            salt,
            positions: self.positions()?,
            entries,
        })
    }

    /// Sorted positions with the one in entry costs.
    fn positions(mut self) -> Result<Vec<Position>, Error> {
        self.refuse_repeated()?;
        if let (Some(id), true) = (self.listing.costs(), self.cost != 0) {
            let units = i64::try_from(self.cost).ok();
            let quantity = units.and_then(|units| Quantity::from_units(units).ok());
            let quantity = quantity.ok_or_else(|| self.cost_out_of_range())?.units();
            self.entries.push(Position { id, quantity });
        }
        self.entries.sort_by_key(|p| p.id);
        Ok(self.entries)
    }

    fn refuse_repeated(&self) -> Result<(), Error> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|n| (self.entries[*n].id, *n));
        let twins = order
            .windows(2)
            .find(|w| self.entries[w[0]].id == self.entries[w[1]].id);
        match twins {
            None => Ok(()),
            Some(twins) => Err(Error::Repeated {
                file: self.file.to_owned(),
                field: format!("{}.instrument", self.places[twins[1]]),
                value: quoted(&name_of(self.entries[twins[1]].id, self.listing.market())),
                first: self.places[twins[0]].to_string(),
                hint: "add the quantities up in one position",
            }),
        }
    }
}

/// The entry price of a position: stated, `"mark"`, or none where none is needed.
fn entry_price(
    entry: &mut Object<'_>,
    instrument: &Instrument,
    scale: Scale,
) -> Result<Option<Entry>, Error> {
    let price = match instrument.id.kind().is_future() {
        true => Some(entry.text("entry")?),
        false => entry.optional_text("entry")?,
    };
    let Some(text) = price else {
        return Ok(None);
    };
    let at_mark = text == AT_MARK;
    let price = match at_mark {
        true => instrument.forward,
        false => entry
            .parsed("entry", &text, |text| Price::parse(text, scale))?
            .units(),
    };
    Ok(Some(Entry { price, at_mark }))
}

fn name_of(id: InstrumentId, market: &Market) -> String {
    let instrument = market.listed(id);
    instrument.map_or_else(|| id.to_string(), |i| i.name.clone())
}

#[cfg(test)]
mod tests;
