//! What a customer is told of his packet.

use serde::Serialize;

use super::account::AccountRows;
use crate::command::clock::date;

#[derive(Serialize)]
pub(super) struct Report {
    pub(super) counted: bool,
    pub(super) answer: &'static str,
    /// Whether the root is one that the customer named.
    pub(super) root_known: bool,
    /// Whether the root was compared with that of a published file.
    pub(super) compared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// Whether the accounts are counted and somebody else can prove with one.
    pub(super) foreign_identity: bool,
    /// What the customer brought, as the leaves hold it.
    pub(super) customer: String,
    /// Whether that was compared with what he says.
    pub(super) customer_checked: bool,
    /// Whether the policy, which names the underlyings, is one that the customer named.
    pub(super) policy_named: bool,
    /// Accounts that nobody can prove with, though an identity was named.
    pub(super) without_identity: Vec<u32>,
    /// Whether the identities were compared with the customer's own.
    pub(super) identity_checked: bool,
    pub(super) count: u64,
    pub(super) root: String,
    /// Whether the packet's policy is at hand, without which underlyings have no names.
    pub(super) named: bool,
    /// Whether that policy is one of this program.
    pub(super) policy_known: bool,
    /// Time of the market, Unix seconds.
    pub(super) time: u32,
    /// When the venue read the accounts, Unix seconds.
    pub(super) cut_off: u64,
    /// Whether a published market says the same of its time and of the marks.
    pub(super) market_checked: bool,
    pub(super) accounts: Vec<AccountRows>,
}

impl Report {
    fn head(&self) -> String {
        match (&self.reason, self.root_known, self.compared) {
            (Some(reason), _, _) if self.foreign_identity => format!(
                "NOT YOURS ALONE: {reason}\nCheck that you named the identity that you gave this venue; \
                 if so, ask the venue for an account with it, and take nothing for safe until you have \
                 it.\n\nThe packet claims:\n"
            ),
            (Some(reason), _, _) => format!(
                "NOT COUNTED: {reason}\nAsk the venue for a new packet; if that one fails too, \
                 the venue does not count these accounts.\n\nThe packet claims:\n"
            ),
            (None, true, _) if !self.policy_named => {
                "IN THIS FILE ONLY: the root is the one that you named, and the underlyings have their \
                 names by a policy that the packet alone names\n"
                    .to_owned()
            }
            (None, true, _) => {
                "COUNTED: these accounts are in the book with the root that you named\n".to_owned()
            }
            (None, false, true) => {
                "IN THIS FILE ONLY: these accounts are in the published file, which anyone can write\n"
                    .to_owned()
            }
            (None, false, false) => {
                "IN THIS FILE ONLY: the packet fits the root below, which is the packet's own\n"
                    .to_owned()
            }
        }
    }

    /// The packet in words, then what the customer compares himself and what he should name.
    pub(super) fn text(&self) -> String {
        let mut out = self.head();
        // Characters that nobody sees make one id look like another.
        out.push_str(&format!(
            "  customer   {}\n  root       {}\n  cut-off    {}, when the venue read the accounts\n  \
             market     {}, the time of the prices\n",
            self.customer,
            self.root,
            date(self.cut_off),
            date(self.time.into())
        ));
        for account in &self.accounts {
            out.push_str(&account.text(self.count));
        }
        if self.reason.is_none() {
            out.push_str(&self.compare());
        }
        out.push_str(match (self.named, self.policy_known) {
            (true, true) => "",
            (true, false) => {
                "Underlyings have the names that the policy's author gave their codes: it is none \
                 of this program.\n"
            }
            (false, _) => {
                "The names of the underlyings are not known, and entry prices were not compared with \
                 what was counted, since the book has another policy: name the one that the venue \
                 published with --policy.\n"
            }
        });
        if self.reason.is_none() {
            out.push_str(&self.name());
        }
        out
    }

    /// What the customer alone can compare.
    fn compare(&self) -> String {
        let mut out = String::new();
        let mut say = |asked: bool, sentence: &str| {
            if asked {
                out.push_str(sentence);
                out.push('\n');
            }
        };
        say(
            !self.customer_checked,
            "Compare the customer: it must be what you brought yourself, letter for letter, and \
             nothing that the venue gave you. A mail address stands in lower case.",
        );
        say(
            true,
            "Count the accounts: the packet must have all that you have with this venue, and one \
             that was left out of it is shown by nothing here.",
        );
        say(
            self.identity_checked,
            "The identities were checked: nobody else can prove with the accounts.",
        );
        for number in &self.without_identity {
            let sentence = format!(
                "Account {number} has no identity: you cannot prove with it either. If you gave the \
                 venue yours, complain: what hangs on a proof of it is lost."
            );
            say(true, &sentence);
        }
        say(
            true,
            "Compare the numbers of the accounts: a number never changes, and proofs of an account \
             and agreements on chain hang on it.",
        );
        say(
            !self.identity_checked,
            "The identities were not checked: with another one than yours somebody else can \
             prove with your account. Name yours with --identity.",
        );
        say(
            true,
            "Compare balances and positions with your own records: quantities below zero are what \
             you owe or sold.",
        );
        say(
            self.accounts.iter().any(AccountRows::has_entries),
            "Compare the entry prices with your own records: the book holds what they come to, and \
             not each.",
        );
        out
    }

    /// What the customer has to take from elsewhere and name.
    fn name(&self) -> String {
        let entries = self.accounts.iter().any(AccountRows::has_entries);
        [
            (
                !self.root_known,
                "Compare the root with the one that the venue published for everyone, in a place \
                 where all customers see the same (its website, the chain), and name that one with \
                 --root: then the accounts are COUNTED. A root that only you were given proves \
                 nothing.\n",
            ),
            (
                !self.policy_named,
                "Name with --policy the risk model that the venue announced with the root (rm1, wide or \
                 its file): the root does not say which underlying is which.\n",
            ),
            (
                entries && !self.market_checked,
                "The marks, and so the gains, are the packet's own: name with --market the market that \
                 the venue published with the book.\n",
            ),
        ]
        .into_iter()
        .filter_map(|(asked, sentence)| asked.then_some(sentence))
        .collect()
    }
}
