//! Venues: many accounts whose derivatives net to zero.
//!
//! Accounts come in windows of about a thousand. Each draws how many derivatives it wants, from a
//! distribution with a heavy tail; the wants of a window are paired at random, and every pair
//! becomes a trade in which one side is long and the other short by the same quantity. So memory
//! does not grow with the venue, and no account of the venue's own has to absorb a rest.

use std::collections::{BTreeMap, HashMap, VecDeque};

use ff::Field;
use rand::rngs::OsRng;
use rand::seq::{index, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::account::{
    booked_at_mark, rows_at_mark, to_json, Account, Customer, Holder, Listing, Position, Salts,
    Secret,
};
use zkmargin_engine::book::{evaluate, InstrumentTable};
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::QUANTITY_BITS;
use zkmargin_engine::Fr;

mod wanted;

use wanted::check;
pub use wanted::VenueSpec;

use super::draw::{near, round_lot};
use super::GenerateError;

/// Accounts that trade with each other.
const WINDOW: u64 = 1024;
/// Notional in USD of a trade of one lot, about.
const LOT_NOTIONAL: f64 = 5_000.0;
/// Draws after which two accounts have no instrument left to trade.
const PATIENCE: usize = 24;
/// 1e-8 USD of a cent.
const CENT: i128 = 1_000_000;
/// 1e-16 USD of a USD.
const USD: i128 = 10_000_000_000_000_000;

/// Number of the account that [`VenueSpec::identity`] is given to.
pub const OWN_ACCOUNT: u32 = 0;
/// Every so many accounts, one belongs to the customer of the one before.
const SECOND_ACCOUNT: u64 = 8;

/// An account of a venue, which has no salt before it is in a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// For whom it is.
    pub holder: Holder,
    /// What it holds.
    pub positions: Vec<Position>,
}

impl Listed {
    /// The account in a book of these salts.
    pub fn committed(&self, salts: &Salts) -> Account {
        let customer = self.holder.customer.digest();
        Account {
            customer,
            identity: self.holder.identity,
            number: self.holder.number,
            salt: salts.of(customer, self.holder.number),
            positions: self.positions.clone(),
        }
    }
}

/// What becomes of an account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Healthy,
    Short,
    Underwater,
}

/// An iterator over the accounts of a venue.
pub struct Venue<'m> {
    spec: VenueSpec,
    table: InstrumentTable,
    rng: ChaCha20Rng,
    market: &'m Market,
    usd: InstrumentId,
    costs: InstrumentId,
    /// Perpetuals and futures, options near the money, spot.
    futures: Vec<&'m Instrument>,
    options: Vec<&'m Instrument>,
    spots: Vec<&'m Instrument>,
    /// Accounts that do not meet margin.
    fates: HashMap<u64, Fate>,
    /// Accounts drawn so far.
    drawn: u64,
    ready: VecDeque<Listed>,
    /// Customer of the last account, and his identity.
    last: Option<(Customer, Fr)>,
}

/// The accounts of a venue. Every derivative nets to zero over all of them.
///
/// # Errors
/// When the market has no USD or too few instruments, or the counts do not go together.
pub fn venue<'m>(
    spec: &VenueSpec,
    market: &'m Market,
    policy: &Policy,
) -> Result<Venue<'m>, GenerateError> {
    let mut rng = match spec.insecure_seed {
        Some(seed) => ChaCha20Rng::seed_from_u64(seed),
        None => ChaCha20Rng::from_rng(OsRng).map_err(|_| GenerateError::NoRandomness)?,
    };
    let usd = market.cash(policy, "USD").ok_or(GenerateError::NoUsd)?.id;
    let costs = Listing::new(market, policy).costs();
    let table = InstrumentTable::new(policy, market);
    let priced = |keep: &dyn Fn(&Instrument) -> bool| {
        let rows = market.instruments().iter().zip(&table.entries);
        let rows = rows.filter(|(i, entry)| entry.is_ok() && keep(i));
        rows.map(|(i, _)| i).collect::<Vec<_>>()
    };
    let (futures, options) = (
        priced(&|i| i.id.kind().is_future()),
        priced(&|i| near(i, market.time())),
    );
    let spots = priced(&|i| i.id.kind() == Kind::Spot);
    check(spec, futures.len() + options.len(), spots.len())?;
    Ok(Venue {
        fates: fates(&mut rng, spec),
        spec: *spec,
        rng,
        market,
        usd,
        costs: costs.ok_or(GenerateError::NoUsd)?,
        futures,
        options,
        spots,
        table,
        drawn: 0,
        ready: VecDeque::new(),
        last: None,
    })
}

fn fates(rng: &mut ChaCha20Rng, spec: &VenueSpec) -> HashMap<u64, Fate> {
    let failing = (spec.underwater + spec.short) as usize;
    let places = index::sample(rng, spec.accounts as usize, failing);
    let fate = |(n, place): (usize, usize)| {
        let fate = match (n as u64) < spec.underwater {
            true => Fate::Underwater,
            false => Fate::Short,
        };
        (place as u64, fate)
    };
    places.into_iter().enumerate().map(fate).collect()
}

type Holdings = BTreeMap<InstrumentId, i64>;

impl Iterator for Venue<'_> {
    type Item = Result<Listed, GenerateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() && self.drawn < self.spec.accounts {
            if let Err(error) = self.window() {
                self.drawn = self.spec.accounts;
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

impl Venue<'_> {
    /// Draws the accounts of the next window.
    fn window(&mut self) -> Result<(), GenerateError> {
        let left = self.spec.accounts - self.drawn;
        // What is left is no window of its own when it is small.
        let size = if left < 2 * WINDOW { left } else { WINDOW } as usize;
        let holdings = match self.spec.positions {
            Some(positions) => self.exact(size, positions - 1),
            None => self.heavy_tailed(size),
        };
        for held in holdings {
            let account = self.account(held)?;
            self.ready.push_back(account);
            self.drawn += 1;
        }
        Ok(())
    }

    /// Pairs, and at the end perhaps three accounts, that hold the same `count` derivatives.
    fn exact(&mut self, size: usize, count: usize) -> Vec<Holdings> {
        let mut all = Vec::with_capacity(size);
        while all.len() < size {
            let group = if size - all.len() == 3 { 3 } else { 2 };
            let mut held = vec![Holdings::new(); group.min(size - all.len())];
            while held.len() > 1 && held[0].len() < count {
                let Some((id, quantity)) = self.trade() else {
                    break;
                };
                if held[0].contains_key(&id) {
                    continue;
                }
                held[0].insert(id, quantity);
                if group == 2 {
                    held[1].insert(id, -quantity);
                } else {
                    // Twice as much one way, and half of it each back.
                    held[0].insert(id, 2 * quantity);
                    held[1].insert(id, -quantity);
                    held[2].insert(id, -quantity);
                }
            }
            all.extend(held);
        }
        all
    }

    /// As many derivatives for each account as it wants, where somebody trades with it.
    fn heavy_tailed(&mut self, size: usize) -> Vec<Holdings> {
        let mut held = vec![Holdings::new(); size];
        let mut wants = Vec::new();
        for at in 0..size {
            wants.extend(std::iter::repeat_n(at, self.appetite()));
        }
        wants.shuffle(&mut self.rng);
        for pair in wants.chunks_exact(2) {
            let (long, short) = (pair[0], pair[1]);
            if long == short {
                continue;
            }
            for _ in 0..PATIENCE {
                let Some((id, quantity)) = self.trade() else {
                    break;
                };
                if !held[long].contains_key(&id) && !held[short].contains_key(&id) {
                    held[long].insert(id, quantity);
                    held[short].insert(id, -quantity);
                    break;
                }
            }
        }
        for (at, held) in held.iter_mut().enumerate() {
            let fate = self.fate(self.drawn + at as u64);
            let must = fate == Fate::Short && held.is_empty();
            if must || self.rng.gen_bool(0.15) {
                if let Some(spot) = self.spots.choose(&mut self.rng) {
                    let lots = self.rng.gen_range(1..40);
                    held.insert(spot.id, lot(spot) * lots);
                }
            }
        }
        held
    }

    /// Derivatives that an account would like to hold.
    fn appetite(&mut self) -> usize {
        let most = (self.futures.len() + self.options.len()) / 2;
        let wanted = match self.rng.gen_range(0..1000) {
            0..120 => 0,
            120..720 => self.rng.gen_range(1..=5),
            720..920 => self.rng.gen_range(6..=20),
            920..998 => self.rng.gen_range(21..=100),
            _ => self.rng.gen_range(320..=420),
        };
        wanted.min(most)
    }

    /// An instrument and a quantity; either side of a trade is as likely.
    fn trade(&mut self) -> Option<(InstrumentId, i64)> {
        let future = self.options.is_empty() || self.rng.gen_bool(0.25);
        let list = match future && !self.futures.is_empty() {
            true => &self.futures,
            false => &self.options,
        };
        // A market of few futures would leave exact counts waiting for them.
        let all = self.futures.iter().chain(&self.options);
        let chosen = match self.rng.gen_bool(0.02) {
            true => *all.collect::<Vec<_>>().choose(&mut self.rng)?,
            false => list.choose(&mut self.rng)?,
        };
        let lots = [1, 2, 3, 5, 10, 20, 50].choose(&mut self.rng)?;
        let side = if self.rng.gen_bool(0.5) { 1 } else { -1 };
        Some((chosen.id, side * lots * lot(chosen)))
    }

    fn fate(&self, index: u64) -> Fate {
        self.fates.get(&index).copied().unwrap_or(Fate::Healthy)
    }

    /// An account that holds this, and the dollars that its fate gives it.
    fn account(&mut self, mut held: Holdings) -> Result<Listed, GenerateError> {
        let holder = self.holder()?;
        let costs = booked_at_mark(&positions(&held), self.market);
        let costs = i64::try_from(costs).map_err(|_| GenerateError::TooLarge)?;
        if costs != 0 {
            held.insert(self.costs, costs);
        }
        let bare = evaluate(&self.table, &positions(&held))?;
        let required = bare.requirement();
        let part = |percent: i128| required / 100 * percent;
        let target = match self.fate(self.drawn) {
            Fate::Healthy => {
                let rng = &mut self.rng;
                part(rng.gen_range(110..400)) + rng.gen_range(100..20_000) * USD
            }
            Fate::Short => part(self.rng.gen_range(20..90)),
            Fate::Underwater => -part(self.rng.gen_range(5..40)) - 100 * USD,
        };
        let (_, dollar) = self.table.find(self.usd)?;
        let dollars = (target - bare.equity).div_euclid(dollar.mark.max(1) * CENT) * CENT;
        let dollars = if dollars == 0 { CENT } else { dollars };
        let dollars = i64::try_from(dollars).ok();
        let dollars = dollars.filter(|d| d.unsigned_abs() >> QUANTITY_BITS == 0);
        held.insert(self.usd, dollars.ok_or(GenerateError::TooLarge)?);
        Ok(Listed {
            holder,
            positions: positions(&held),
        })
    }

    /// For whom the next account is: every eighth belongs to the customer of the one before.
    fn holder(&mut self) -> Result<Holder, GenerateError> {
        // A book has at most 8^10 accounts.
        let number = self.drawn as u32;
        // Three draws, of which the third is for nothing: a seed gives the positions it always gave.
        let [nonce, secret, _] = [(); 3].map(|()| Fr::random(&mut self.rng));
        let second = self.drawn % SECOND_ACCOUNT == SECOND_ACCOUNT - 1;
        let (customer, identity) = match self.last.take().filter(|_| second) {
            Some(known) => known,
            None => {
                let id = format!("customer{number}@example.com");
                let customer = Customer::new(&id, Customer::nonce_of(nonce));
                let drawn = Secret::new(secret).ok_or(GenerateError::NoRandomness)?;
                let own = self.spec.identity.filter(|_| number == OWN_ACCOUNT);
                let identity = own.unwrap_or_else(|| drawn.identity());
                (customer.ok_or(GenerateError::NoId)?, identity)
            }
        };
        self.last = Some((customer.clone(), identity));
        Ok(Holder {
            customer,
            identity,
            number,
        })
    }
}

fn positions(held: &Holdings) -> Vec<Position> {
    let position = |(&id, &quantity): (&InstrumentId, &i64)| Position { id, quantity };
    held.iter().map(position).collect()
}

/// Quantity of one lot.
fn lot(instrument: &Instrument) -> i64 {
    round_lot(LOT_NOTIONAL / (instrument.forward as f64 / 1e8))
}

/// An account as a line of a book's file, with its end: its futures are entered at their mark.
///
/// # Errors
/// Refuses positions that the market does not list.
pub fn json_line(account: &Listed, listing: &Listing<'_>) -> Result<String, GenerateError> {
    let rows = rows_at_mark(&account.positions, listing);
    let text = to_json(&account.holder, None, &rows, listing)?;
    Ok(text.replace('\n', "") + "\n")
}

#[cfg(test)]
mod tests;
