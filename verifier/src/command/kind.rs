//! What a file is, told by its content. Asked only where a reader has refused it: so a file of one
//! kind that is given for another gets an answer, and what reads well is never held up.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::IgnoredAny;
use serde::Deserialize;
use zkmargin_engine::file::{read_bounded, text_of};
use zkmargin_engine::{market, policy};

use crate::error::VerifyError;

/// No input file comes near this many bytes.
pub(super) const LONGEST_INPUT: u64 = 64 << 20;

/// The kinds of files that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Named as FORMATS.md names them.
pub enum FileKind {
    Market,
    Account,
    Accounts,
    AccountTable,
    Secret,
    Policy,
    Bundle,
    Protocol,
    Packet,
    PublishedBook,
    PrivateBook,
    BatchProof,
    Inventory,
    Settlements,
    Addresses,
    Setup,
    Chain,
    Leaves,
    QueueKey,
    BookSecret,
    BookLeaves,
    BookCustomers,
    Contract,
    Report,
    Empty,
}

use FileKind::*;

impl FileKind {
    /// What bytes are; `None` for what is damaged or of no known kind.
    pub(crate) fn of(bytes: &[u8]) -> Option<FileKind> {
        for (start, kind) in [
            (b"ZKMPROTO".as_slice(), Protocol),
            (b"zksetup\0", Setup),
            (b"ptau", Setup),
            (b"zkmleaf1", BookLeaves),
            (b"zkmcust2", BookCustomers),
            (b"zkmargin book secret", BookSecret),
        ] {
            if bytes.starts_with(start) {
                return Some(kind);
            }
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let text = text.trim_start_matches('\u{feff}').trim();
        match text.bytes().next() {
            None => Some(Empty),
            Some(b'{') => object(text),
            Some(b'[') if text.contains("[[underlying]]") => Some(Policy),
            Some(b'[') => list(text),
            Some(_) => lines(text),
        }
    }

    /// In a sentence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Market => "a market",
            Account => "an account",
            Accounts => "a file of accounts (JSON lines)",
            AccountTable => "a table of accounts (CSV)",
            Secret => "the file of a trader's secret",
            Policy => "a policy",
            Bundle => "a proof of margin (a bundle)",
            Protocol => "a key (a protocol file)",
            Packet => "a customer's packet",
            PublishedBook => "a published book",
            PrivateBook => "the private book.json of a venue",
            BatchProof => "the proof of a batch",
            Inventory => "an inventory",
            Settlements => "a list of settlement prices",
            Addresses => "a file of addresses",
            Setup => "a trusted setup",
            Chain => "a snapshot of option chains (CSV)",
            Leaves => "a list of leaves",
            QueueKey => "a key of the queue",
            BookSecret => "the secret of a book",
            BookLeaves => "the private leaves of a book",
            BookCustomers => "the private list of a book's customers",
            Contract => "a Solidity contract",
            Report => "a report in JSON",
            Empty => "empty",
        }
    }

    /// Where a file of this kind is had.
    const fn source(self) -> &'static str {
        match self {
            Market => "`zkmargin market generate` or `market import` makes a market",
            Account => "`zkmargin account generate` makes an account",
            Accounts | AccountTable => {
                "accounts are written one a line, or as a table with the columns customer, nonce, identity, \
                 account, instrument, quantity, entry; `zkmargin venue generate` makes some"
            }
            Secret => "`zkmargin identity new` makes a secret",
            Policy => "the policies rm1 and wide are in the program; `zkmargin policy show` prints them",
            Bundle => "`zkmargin prove` writes a proof",
            Protocol => "`zkmargin export protocol` writes a protocol file",
            Packet => "the venue makes a packet with `zkmargin book include`",
            PublishedBook => {
                "`zkmargin book prove` writes a published book, book.json in the folder `public`"
            }
            PrivateBook => "`zkmargin book build` makes the folder of a book",
            Setup => "`zkmargin setup import` writes a setup",
            Leaves => "a list of leaves holds what `zkmargin commit` prints as the leaf, one a line",
            QueueKey => "`zkmargin book queue-key` makes a key",
            Chain => "a snapshot has Deribit's columns, `timestamp` and others: FORMATS.md lists them",
            Inventory => "an inventory is a list of {\"instrument\": …, \"quantity\": …}",
            Settlements => {
                "settlement prices are a list of {\"underlying\": …, \"expiry\": …, \"price\": …}"
            }
            Addresses => "FORMATS.md shows a file of addresses",
            _ => "FORMATS.md says what there is",
        }
    }

    /// Where a file of this kind goes.
    const fn goes(self) -> Option<&'static str> {
        Some(match self {
            Packet => "a packet goes to `zkmargin book check`, and as --packet to `zkmargin prove`",
            Secret => {
                "a secret is for nobody else: it goes to `zkmargin prove` as --identity, and a venue \
                 gets what `zkmargin identity show` prints"
            }
            Bundle => "a proof goes to `zkmargin verify` and `zkmargin inspect`",
            Protocol => "a key goes to `zkmargin verify` as --protocol",
            Accounts | AccountTable => "a file of accounts goes to `zkmargin book build`",
            Chain => "`zkmargin market import` makes a market of it",
            PublishedBook => {
                "a published book goes to `zkmargin book verify`, which takes its folder"
            }
            _ => return None,
        })
    }

    /// Whether a file of kind `found` is read where this kind is wanted.
    fn takes(self, found: FileKind) -> bool {
        let account = matches!(found, Account | Accounts | AccountTable);
        // An export of nobody is told as one.
        self == found || (self == Accounts && (account || found == Empty))
    }

    /// What to say of a file that `self` is wanted of, if it is of another kind.
    pub fn mistaken(self, file: &str, bytes: &[u8]) -> Option<VerifyError> {
        if self == Accounts && FileKind::of(bytes) == Some(Account) && is_long(bytes) {
            return Some(VerifyError::OtherFile {
                file: file.to_owned(),
                found: "this is one account over several lines".to_owned(),
                wanted: self.name(),
                hint: "write each account on one line, without a line break in it".to_owned(),
            });
        }
        let found = FileKind::of(bytes).filter(|found| !self.takes(*found))?;
        let hint = match (self, found.goes()) {
            (PublishedBook, _) if found == PrivateBook => {
                "name the folder `public` beside it, which `zkmargin book prove` writes".to_owned()
            }
            (PrivateBook, _) if found == PublishedBook => {
                "name the folder that `zkmargin book build` wrote, the one that this `public` is in"
                    .to_owned()
            }
            (_, None) => self.source().to_owned(),
            (_, Some(goes)) => format!("{goes}; {}", self.source()),
        };
        Some(VerifyError::OtherFile {
            file: file.to_owned(),
            found: match found {
                Empty => "the file is empty".to_owned(),
                found => format!("this is {}", found.name()),
            },
            wanted: self.name(),
            hint,
        })
    }
}

/// Whether a text has more than one line.
fn is_long(bytes: &[u8]) -> bool {
    bytes.trim_ascii().contains(&b'\n')
}

/// Reads a text file of a kind; where it cannot be used because it is of another kind, says so.
///
/// # Errors
/// When it cannot be read or used.
pub fn read<T, E: Into<VerifyError>>(
    path: &Path,
    wanted: FileKind,
    parse: impl FnOnce(&str, &str) -> Result<T, E>,
) -> Result<T, VerifyError> {
    let file = path.display().to_string();
    if path.is_dir() {
        return Err(VerifyError::OtherFile {
            file,
            found: "this is a folder".to_owned(),
            wanted: wanted.name(),
            hint: format!("name a file in it; {}", wanted.source()),
        });
    }
    let bytes = read_bounded(path, LONGEST_INPUT)?;
    if std::str::from_utf8(&bytes).is_err() {
        if let Some(mistaken) = wanted.mistaken(&file, &bytes) {
            return Err(mistaken);
        }
    }
    let text = text_of(path, bytes)?;
    let refused = |error: E| {
        let mistaken = wanted.mistaken(&file, text.as_bytes());
        mistaken.unwrap_or_else(|| error.into())
    };
    parse(&text, &file).map_err(refused)
}

/// Reads and checks a market file.
pub(super) fn read_market(
    path: &Path,
    policy: &policy::Policy,
) -> Result<market::Market, VerifyError> {
    read(path, FileKind::Market, |text, file| {
        market::Market::from_json(text, file, policy)
    })
}

/// Looks again at a file that was refused; what it is, if it is of another kind than wanted.
pub fn looked_again(path: &Path, wanted: FileKind) -> Option<VerifyError> {
    if !path.is_file() {
        return None;
    }
    let bytes = read_bounded(path, LONGEST_INPUT).ok()?;
    wanted.mistaken(&path.display().to_string(), &bytes)
}

/// The format that a file states, if it states one.
#[derive(Deserialize)]
struct Stated {
    #[serde(default)]
    format: Option<String>,
}

fn object(text: &str) -> Option<FileKind> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let fields: BTreeMap<String, IgnoredAny> = values.next()?.ok()?;
    let more = values.next().is_some();
    let has = |names: &[&str]| names.iter().all(|name| fields.contains_key(*name));
    if has(&["format"]) {
        let stated: Stated = serde_json::from_str(text).ok()?;
        return match stated.format.as_deref() {
            Some("zkmargin-packet") => Some(Packet),
            Some("zkmargin-public-book") => Some(PublishedBook),
            Some("zkmargin-book") => Some(PrivateBook),
            Some("zkmargin-batch-proof") => Some(BatchProof),
            _ => None,
        };
    }
    let reported = has(&["equity"]) || has(&["leaf"]);
    if has(&["positions"]) && !reported {
        return Some(if more { Accounts } else { Account });
    }
    match () {
        () if more => None,
        () if has(&["secret"]) => Some(Secret),
        () if has(&["time", "instruments"]) => Some(Market),
        () if has(&["statement", "proof"]) => Some(Bundle),
        () if has(&["venue", "book", "assets"]) => Some(Addresses),
        () if has(&["proved"]) || has(&["answer"]) || reported || has(&["root"]) => Some(Report),
        () => None,
    }
}

fn list(text: &str) -> Option<FileKind> {
    let list: Vec<BTreeMap<String, IgnoredAny>> = serde_json::from_str(text).ok()?;
    let first = list.first()?;
    let has = |names: &[&str]| names.iter().all(|name| first.contains_key(*name));
    match () {
        () if has(&["instrument", "quantity"]) => Some(Inventory),
        () if has(&["underlying", "expiry", "price"]) => Some(Settlements),
        () => None,
    }
}

/// What is neither an object nor a list.
fn lines(text: &str) -> Option<FileKind> {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let first = text.lines().next()?;
    let column = |name: &str| first.split(',').any(|column| column.trim() == name);
    match () {
        () if column("instrument_name") && column("option_type") => Some(Chain),
        () if column("account") && column("instrument") => Some(AccountTable),
        () if text.contains("[[underlying]]") && text.contains("max_days") => Some(Policy),
        () if text.len() == 64 && is_hex(text) => Some(QueueKey),
        () if first
            .strip_prefix("0x")
            .is_some_and(|d| d.len() > 32 && is_hex(d)) =>
        {
            Some(Leaves)
        }
        () if text.contains("pragma solidity") => Some(Contract),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        for (text, kind) in [
            ("", Some(Empty)),
            (" \n", Some(Empty)),
            ("{\"time\": 1, \"instruments\": []}", Some(Market)),
            ("\u{feff}{\"time\": 1, \"instruments\": []}", Some(Market)),
            (
                "{\"owner\": 1, \"secret\": 2, \"positions\": []}",
                Some(Account),
            ),
            (
                "{\"owner\": 1, \"positions\": []}\n{\"owner\": 2}",
                Some(Accounts),
            ),
            (
                "{\"version\": 2, \"customer\": 1, \"positions\": []}",
                Some(Account),
            ),
            (
                "{\"customer\": 1, \"positions\": []}\n{\"customer\": 2}",
                Some(Accounts),
            ),
            ("{\"positions\": []}", Some(Account)),
            ("{\"version\": 2, \"secret\": \"0x5\"}", Some(Secret)),
            ("{\"equity\": \"1\", \"positions\": []}", Some(Report)),
            ("{\"leaf\": \"0x1\", \"positions\": 3}", Some(Report)),
            (
                "{\"format\": \"zkmargin-packet\", \"account\": {}}",
                Some(Packet),
            ),
            ("{\"format\": \"zkmargin-book\"}", Some(PrivateBook)),
            (
                "{\"format\": \"zkmargin-public-book\"}",
                Some(PublishedBook),
            ),
            ("{\"format\": \"another\"}", None),
            ("{\"format\": 7}", None),
            (
                "{\"version\": 2, \"statement\": {}, \"proof\": \"0x\"}",
                Some(Bundle),
            ),
            (
                "{\"venue\": 1, \"book\": 1, \"assets\": []}",
                Some(Addresses),
            ),
            (
                "[{\"instrument\": \"BTC\", \"quantity\": \"1\"}]",
                Some(Inventory),
            ),
            ("[]", None),
            ("{\"time\": 1, \"instruments\": [", None),
            (
                "account,owner,secret,salt,instrument,quantity,entry\n",
                Some(AccountTable),
            ),
            (
                "customer,nonce,identity,account,instrument,quantity,entry\n",
                Some(AccountTable),
            ),
            (
                "timestamp,instrument_name,underlying,option_type\n",
                Some(Chain),
            ),
            ("ZKMPROTO…", Some(Protocol)),
            ("zksetup\0", Some(Setup)),
            ("hello", None),
            (&"ab".repeat(32), Some(QueueKey)),
            (&format!("0x{}\n0x5", "ab".repeat(32)), Some(Leaves)),
            (include_str!("../../../policies/wide.toml"), Some(Policy)),
        ] {
            assert_eq!(FileKind::of(text.as_bytes()), kind, "{text:.60}");
        }
        assert_eq!(FileKind::of(&[0xff, 0x00]), None);
    }

    #[test]
    fn a_file_of_the_right_kind_is_never_mistaken() {
        let market = b"{\"time\": 1, \"instruments\": []}";
        assert!(Market.mistaken("m.json", market).is_none());
        assert!(Accounts
            .mistaken("a", b"{\"owner\": 1, \"positions\": []}")
            .is_none());
        for (wanted, file, said) in [
            (
                Account,
                "{\"version\": 2, \"secret\": \"0x5ec4e7\"}",
                "this is the file of a trader's secret, and an account is wanted here",
            ),
            (
                Secret,
                "{\"version\": 2, \"customer\": \"5ec4e7\", \"positions\": []}",
                "this is an account, and the file of a trader's secret is wanted here",
            ),
            (
                Secret,
                "{\"format\": \"zkmargin-packet\", \"salt\": \"0x5ec4e7\"}",
                "this is a customer's packet, and the file of a trader's secret is wanted here",
            ),
        ] {
            let error = wanted
                .mistaken("f.json", file.as_bytes())
                .unwrap()
                .to_string();
            assert!(error.starts_with(&format!("f.json: {said}")), "{error}");
            assert!(
                error.contains("\nhint: ") && !error.contains("5ec4e7"),
                "{error}"
            );
        }
        let error = Bundle.mistaken("m.json", market).unwrap().to_string();
        assert!(
            error.starts_with("m.json: this is a market, and a proof"),
            "{error}"
        );
        assert!(
            error.contains("\nhint: `zkmargin prove` writes a proof"),
            "{error}"
        );
    }
}
