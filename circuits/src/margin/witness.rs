//! From files to the witness of the circuit.

use std::collections::BTreeSet;

use ff::Field;

use super::instrument::Opening;
use super::layout::MarginWitness;
use super::risk::addon::short_option::IndexWitness;
use super::slot::SlotWitness;
use super::table::MARKET_NODES;
use zkmargin_engine::account::{Account, Secret};
use zkmargin_engine::commitment::{hash8, tag, Inclusion, Tree, BOOK_DEPTH};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::{Size, CASH_SLOTS};
use zkmargin_engine::statement::Statement;
use zkmargin_engine::Fr;

/// Why an account does not fit a circuit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WitnessError {
    /// More positions, cash positions or underlyings than the size holds.
    #[error(
        "the account has {positions} positions and {cash} cash positions over {underlyings} underlyings; \
         `{size}` holds {} and {CASH_SLOTS} over {}\nhint: take a larger size",
        size.positions(), size.underlyings()
    )]
    TooLarge {
        /// Positions that are not cash.
        positions: usize,
        /// Cash positions.
        cash: usize,
        /// Underlyings.
        underlyings: usize,
        /// The size asked for.
        size: Size,
    },
    /// No size holds the account.
    #[error(
        "the account has {positions} positions and {cash} cash positions over {underlyings} underlyings; \
         the largest size holds {} and {CASH_SLOTS} over {}\nhint: split the account",
        Size::Large.positions(), Size::Large.underlyings()
    )]
    NoSize {
        /// Positions that are not cash.
        positions: usize,
        /// Cash positions.
        cash: usize,
        /// Underlyings.
        underlyings: usize,
    },
    /// Nobody can prove with the account.
    #[error(
        "the account has no identity (0), so nobody can prove with it\n\
         hint: an account has the identity that it was opened with; open one with that of your secret"
    )]
    NoIdentity,
    /// The secret is not that of the account.
    #[error(
        "the secret is not the one behind the account's identity\n\
         hint: take the secret whose identity the account was opened with"
    )]
    OtherIdentity,
    /// A position that the market does not list.
    #[error("a position is not listed in the market\nhint: evaluate the account against this market first")]
    NotListed,
    /// The market lists nothing.
    #[error("the market lists no instrument\nhint: an account without positions still needs one row to point to")]
    EmptyMarket,
    /// The path to the book's root is not the account's.
    #[error(
        "the book does not hold this account's leaf at index {index}\n\
         hint: customer, identity, number, salt or a position differs from the one committed to"
    )]
    NotInBook {
        /// Index asked for.
        index: u64,
    },
}

/// What an account needs of a circuit at a market: positions that are not cash, cash positions,
/// underlyings. What has expired is shocked by nothing and needs none.
pub fn shape(account: &Account, market: &Market) -> (usize, usize, usize) {
    let is_cash = |id: InstrumentId| id.kind() == Kind::Cash;
    let cash = account.positions.iter().filter(|p| is_cash(p.id)).count();
    let underlyings: BTreeSet<u16> = account
        .positions
        .iter()
        .filter(|p| is_shocked(p.id, market))
        .map(|p| p.id.underlying())
        .collect();
    (account.positions.len() - cash, cash, underlyings.len())
}

/// Whether scenarios move the value of an instrument.
fn is_shocked(id: InstrumentId, market: &Market) -> bool {
    id.kind() != Kind::Cash && !id.settled_at(market.time())
}

/// The smallest size for an account at a market.
///
/// # Errors
/// [`WitnessError::NoSize`] when even `large` is too small.
pub fn fitting_size(account: &Account, market: &Market) -> Result<Size, WitnessError> {
    let (positions, cash, underlyings) = shape(account, market);
    Size::fitting(positions, cash, underlyings).ok_or(WitnessError::NoSize {
        positions,
        cash,
        underlyings,
    })
}

/// What the verifier chooses.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Application.
    pub scope: Fr,
    /// Bound message.
    pub message: Fr,
    /// Ratio in basis points.
    pub ratio: u16,
    /// Buffer in 1e-8 USD, below 2^90.
    pub buffer: u128,
}

/// Opened rows of one market.
struct Openings<'a>(&'a Tree);

impl Openings<'_> {
    fn at(&self, index: usize) -> Opening {
        let first = index / 8 * 8;
        let leaf = |i: usize| self.0.level(0).get(i).copied().unwrap_or(Fr::ZERO);
        Opening {
            siblings: std::array::from_fn(|i| leaf(first + i)),
            row: leaf(index),
        }
    }

    fn bottom_nodes(&self) -> Vec<Fr> {
        let empty = hash8(tag::MARKET_NODE, &[Fr::ZERO; 8]);
        let known = self.0.level(1);
        (0..MARKET_NODES)
            .map(|i| known.get(i).copied().unwrap_or(empty))
            .collect()
    }
}

impl MarginWitness {
    /// The witness of an account that stands at a place of a book, and of the secret behind its
    /// identity.
    ///
    /// # Errors
    /// When the account does not fit the size, has no identity or that of another secret, holds
    /// something unlisted, or is not in the book.
    pub fn new(
        size: Size,
        market: &Market,
        account: &Account,
        secret: &Secret,
        place: &Inclusion,
        request: &Request,
    ) -> Result<Self, WitnessError> {
        check(size, market, account, secret, place)?;
        let openings = Openings(market.tree());
        let (slots, codes) = slots(size, market, account, &openings)?;
        let indices = index_rows(size, market, &openings, &codes);
        Ok(MarginWitness {
            time: market.time(),
            market_count: market.instruments().len() as u64,
            market_nodes: openings.bottom_nodes(),
            slots,
            indices,
            customer: account.customer,
            secret: secret.element(),
            number: account.number,
            salt: account.salt,
            book_path: place.path.clone(),
            book_count: place.count,
            scope: request.scope,
            message: request.message,
            ratio: request.ratio,
            buffer: request.buffer,
        })
    }
}

/// What an honest prover finds out before he lays anything.
fn check(
    size: Size,
    market: &Market,
    account: &Account,
    secret: &Secret,
    place: &Inclusion,
) -> Result<(), WitnessError> {
    let (positions, cash, underlyings) = shape(account, market);
    if !size.holds(positions, cash, underlyings) {
        return Err(WitnessError::TooLarge {
            positions,
            cash,
            underlyings,
            size,
        });
    }
    if account.identity == Fr::ZERO {
        return Err(WitnessError::NoIdentity);
    }
    if account.identity != secret.identity() {
        return Err(WitnessError::OtherIdentity);
    }
    if place.path.len() != BOOK_DEPTH || place.root(account.leaf()).is_none() {
        let index = place.index;
        return Err(WitnessError::NotInBook { index });
    }
    match market.instruments().is_empty() {
        true => Err(WitnessError::EmptyMarket),
        false => Ok(()),
    }
}

/// The slots of a size, and the codes of the underlyings that start in them.
fn slots(
    size: Size,
    market: &Market,
    account: &Account,
    openings: &Openings<'_>,
) -> Result<(Vec<SlotWitness>, Vec<u16>), WitnessError> {
    let mut slots = Vec::with_capacity(size.slots());
    let mut codes: Vec<u16> = Vec::new();
    for position in &account.positions {
        let at = market.find(position.id).ok_or(WitnessError::NotListed)?;
        let shocked = is_shocked(position.id, market);
        let code = position.id.underlying();
        let starts = shocked && codes.last() != Some(&code);
        if starts {
            codes.push(code);
        }
        slots.push(SlotWitness {
            live: true,
            negative: position.quantity < 0,
            magnitude: position.quantity.unsigned_abs(),
            opening: openings.at(at),
            starts,
        });
    }
    // Empty slots repeat the last row, so that they continue its underlying.
    let last = slots.last().copied();
    let empty = SlotWitness {
        live: false,
        negative: false,
        magnitude: 0,
        opening: last.map_or_else(|| openings.at(0), |s| s.opening),
        starts: false,
    };
    slots.resize(size.slots(), empty);
    if last.is_none() {
        slots[0].starts = is_shocked(market.instruments()[0].id, market);
    }
    Ok((slots, codes))
}

/// The spot row of every underlying, latest first.
fn index_rows(
    size: Size,
    market: &Market,
    openings: &Openings<'_>,
    codes: &[u16],
) -> Vec<IndexWitness> {
    let unused = IndexWitness {
        used: false,
        price: 0,
        opening: openings.at(0),
    };
    let mut indices: Vec<IndexWitness> = codes
        .iter()
        .rev()
        .map(|&code| {
            let id = InstrumentId::new(code, 0, 0, Kind::Spot);
            market.find(id).map_or(unused, |at| IndexWitness {
                used: true,
                price: market.instruments()[at].forward,
                opening: openings.at(at),
            })
        })
        .collect();
    indices.resize(size.underlyings(), unused);
    indices
}

/// The statement that an account proves with its secret, in a book of this root.
pub fn statement(
    policy: &Policy,
    market: &Market,
    account: &Account,
    secret: &Secret,
    book: Fr,
    request: &Request,
) -> Statement {
    Statement {
        policy: policy.digest(),
        market: market.digest(),
        book,
        nullifier: secret.nullifier(request.scope, account.number),
        scope: request.scope,
        message: request.message,
        ratio: request.ratio,
        buffer: request.buffer,
    }
}
