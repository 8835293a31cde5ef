//! JSON with field paths in every error, shared by the market and account readers.
//!
//! Unlike derived readers this refuses a repeated field anywhere, names the place of a wrong
//! value (`instruments[3].vol`), and never shows the value of a secret field. Numbers with a
//! fraction are never read: the formats write them as strings.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::{quoted, Error};
use crate::units::{parse_element, UnitError};
use crate::Fr;

/// A JSON value. Has no `Debug`, because it may hold secrets.
pub(crate) enum Node {
    Null,
    Boolean,
    /// A whole number of 64 bits.
    Integer(u64),
    /// Any other number; its value is not kept.
    OtherNumber,
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The value of a text.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Node, Error> {
        serde_json::from_str(text).map_err(|e| {
            let full = e.to_string();
            let place = format!(" at line {} column {}", e.line(), e.column());
            let problem = full
                .strip_suffix(place.as_str())
                .unwrap_or(&full)
                .to_owned();
            Error::Syntax {
                file: file.to_owned(),
                line: e.line(),
                column: e.column(),
                problem,
            }
        })
    }

    fn describe(&self) -> String {
        match self {
            Node::Null => "null".to_owned(),
            Node::Boolean => "a boolean".to_owned(),
            Node::Integer(n) => n.to_string(),
            Node::OtherNumber => "a number".to_owned(),
            Node::Text(text) => quoted(text),
            Node::List(_) => "a list".to_owned(),
            Node::Object(_) => "an object".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Boolean)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if fields.iter().any(|(known, _)| *known == name) {
                let problem = format!("repeated field {}", quoted(&shown_field(&name)));
                return Err(de::Error::custom(problem));
            }
            if fields.len() == MAX_FIELDS {
                return Err(de::Error::custom(
                    "more fields than any object of the format has",
                ));
            }
            fields.push((name, map.next_value()?));
        }
        Ok(Node::Object(fields))
    }
}

/// The name of a field for a message: a word as it stands, and no more than a few characters of
/// anything else, since in a damaged file a name may hold what stood in a value.
fn shown_field(name: &str) -> String {
    const LONGEST_WORD: usize = 32;
    const LONGEST_OTHER: usize = 12;
    let word = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if word && name.len() <= LONGEST_WORD {
        return name.to_owned();
    }
    if name.contains('@') {
        return "(a text that may name somebody)".to_owned();
    }
    let start: String = name.chars().take(LONGEST_OTHER).collect();
    match name.chars().nth(LONGEST_OTHER) {
        None => start,
        Some(_) => start + "…",
    }
}

/// Bounds the cost of finding repeated fields.
const MAX_FIELDS: usize = 32;

/// An object whose fields are taken one by one.
pub(crate) struct Object<'a> {
    file: &'a str,
    path: String,
    fields: Vec<(String, Node)>,
}

impl<'a> Object<'a> {
    /// Wraps the object at `path`, empty for the whole file.
    pub(crate) fn new(file: &'a str, path: String, node: Node) -> Result<Object<'a>, Error> {
        match node {
            Node::Object(fields) => Ok(Object { file, path, fields }),
            other => Err(Error::Value {
                file: file.to_owned(),
                field: if path.is_empty() {
                    "the file".to_owned()
                } else {
                    path
                },
                value: other.describe(),
                problem: "must be an object",
                hint: "write { \"field\": value, … }".to_owned(),
            }),
        }
    }

    /// Path of a field inside the file.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Refuses fields that are not in `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Error> {
        match self
            .fields
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => Err(Error::UnknownField {
                file: self.file.to_owned(),
                field: self.path(&shown_field(name).escape_debug().to_string()),
                known: known.join(", "),
            }),
        }
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.remove(at).1)
    }

    fn required(&mut self, name: &str) -> Result<Node, Error> {
        self.take(name).ok_or_else(|| Error::MissingField {
            file: self.file.to_owned(),
            field: self.path(name),
            hint: form(name),
        })
    }

    fn wrong_type(&self, name: &str, node: &Node, problem: &'static str) -> Error {
        self.wrong(name, node.describe(), problem, form(name).to_owned())
    }

    /// The error of a field with a wrong value.
    pub(crate) fn wrong(
        &self,
        name: &str,
        value: String,
        problem: &'static str,
        hint: String,
    ) -> Error {
        Error::Value {
            file: self.file.to_owned(),
            field: self.path(name),
            value,
            problem,
            hint,
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, Error> {
        match self.required(name)? {
            Node::Text(text) => Ok(text),
            other => Err(self.wrong_type(name, &other, "must be a string")),
        }
    }

    /// A text that no message shows.
    pub(crate) fn hidden_text(&mut self, name: &str) -> Result<String, Error> {
        match self.required(name)? {
            Node::Text(text) => Ok(text),
            _ => Err(self.wrong(
                name,
                "what is not shown".to_owned(),
                "must be a string",
                form(name).to_owned(),
            )),
        }
    }

    /// A text that may be left out.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(name, &other, "must be a string")),
        }
    }

    /// A decimal in a string.
    pub(crate) fn number<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, UnitError>,
    ) -> Result<T, Error> {
        let text = self.text(name)?;
        self.parsed(name, &text, parse)
    }

    /// The number that a text of a field says.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, UnitError>,
    ) -> Result<T, Error> {
        parse(text).map_err(|problem| Error::Number {
            file: self.file.to_owned(),
            field: self.path(name),
            value: quoted(text),
            problem,
        })
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// The version of the format, which must be this one.
    pub(crate) fn version(&mut self, wanted: u64) -> Result<(), Error> {
        match self.required("version")? {
            Node::Integer(found) if found == wanted => Ok(()),
            other => Err(self.wrong_type("version", &other, "is not the version of this format")),
        }
    }

    /// Seconds since 1970, of 32 bits.
    pub(crate) fn seconds(&mut self, name: &str) -> Result<u32, Error> {
        let problem = "must be a whole number of seconds since 1970, below 2^32, without quotes";
        self.whole(name, problem)
    }

    /// A whole number of 32 bits; `problem` says what it must be.
    pub(crate) fn whole(&mut self, name: &str, problem: &'static str) -> Result<u32, Error> {
        match self.required(name)? {
            Node::Integer(n) => {
                u32::try_from(n).map_err(|_| self.wrong_type(name, &Node::Integer(n), problem))
            }
            other => Err(self.wrong_type(name, &other, problem)),
        }
    }

    /// A list.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Node>, Error> {
        match self.required(name)? {
            Node::List(items) => Ok(items),
            other => Err(self.wrong_type(name, &other, "must be a list")),
        }
    }

    /// A field element whose value no message may show.
    pub(crate) fn secret(&mut self, name: &str) -> Result<Fr, Error> {
        let parsed = match self.required(name)? {
            Node::Text(text) => parse_element(&text),
            _ => Err(UnitError::NotHex),
        };
        parsed.map_err(|problem| Error::Secret {
            file: self.file.to_owned(),
            field: self.path(name),
            problem,
        })
    }
}

/// How a field is written.
fn form(field: &str) -> &'static str {
    match field {
        "time" => "the time of the snapshot, such as \"time\": 1787412831",
        "instruments" => "all listed instruments, such as \"instruments\": [{…}, {…}]",
        "id" => "the name of the instrument, such as \"id\": \"BTC-25SEP26-80000-C\"",
        "kind" => "one of cash, spot, perpetual, future, call, put, such as \"kind\": \"call\"",
        "underlying" => "a symbol of the policy, such as \"underlying\": \"BTC\"",
        "expiry" => "seconds since 1970, such as \"expiry\": 1790323200",
        "strike" => "USD in a string, at most 4 decimals, such as \"strike\": \"80000\"",
        "forward" => "USD in a string, at most 8 decimals, such as \"forward\": \"77405.28\"",
        "settlements" => {
            "the prices at which expiries settled, such as \"settlements\": [{\"underlying\": \"BTC\", \
             \"expiry\": 1787385600, \"price\": \"77000\"}]"
        }
        "price" => "USD in a string, at most 8 decimals, such as \"price\": \"77000\"",
        "mark" => "USD in a string, at most 8 decimals, such as \"mark\": \"77081.80\"",
        "vol" => "a fraction in a string, at most 4 decimals, such as \"vol\": \"0.4198\"",
        "version" => "the version of the format: \"version\": 2",
        "customer" => "what the customer brought, such as \"customer\": \"ann@example.com\"",
        "identity" => {
            "what `zkmargin identity new` printed, or \"0x0\" for a customer who has none"
        }
        "account" => "the number of the account, kept for life, such as \"account\": 0",
        "secret" | "nonce" | "salt" => "a field element in a string, \"0x\" and hexadecimal digits",
        "positions" => "what the account holds, such as \"positions\": [{…}, {…}]; may be empty",
        "instrument" => "the id of a listed instrument, such as \"instrument\": \"BTC-PERPETUAL\"",
        "quantity" => "contracts in a string, at most 8 decimals, such as \"quantity\": \"-1.5\"",
        "entry" => {
            "the price at which the position was entered, in USD, such as \"entry\": \"76500.00\"; \
             or \"entry\": \"mark\" for one that is entered at the market's mark"
        }
        _ => "see the description of the file format",
    }
}
