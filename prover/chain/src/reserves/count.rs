//! Which addresses count, for what, and what they hold together.

mod agreements;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::units::format_unsigned;

use super::assets::{Assets, Standing};
use super::node::Answers;
use super::ownership::Part;
use super::place::Chain;
use super::signature::Signed;
use super::{Addresses, Fault, Holding, Known, Untold, DECIMALS};
use zkmargin_prover::book::error::BookError;

/// What addresses of one asset hold in one part: balance in 1e-18, and how many they are.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// By part and asset.
    pub at: BTreeMap<(Part, InstrumentId), (u128, usize)>,
    /// What agreements of custody hold, and how many they are.
    pub custody: BTreeMap<InstrumentId, (u128, usize)>,
}

impl Held {
    fn add(&mut self, at: (Part, InstrumentId), balance: u128) -> Result<(), BookError> {
        sum(self.at.entry(at).or_default(), balance)
    }

    /// Adds an agreement. Of the sum no more than what is owed counts, so that it may stop at the
    /// largest number.
    fn keep(&mut self, asset: InstrumentId, balance: u128) {
        let (sum, count) = self.custody.entry(asset).or_default();
        *sum = sum.saturating_add(balance);
        *count += 1;
    }
}

fn sum((sum, count): &mut (u128, usize), balance: u128) -> Result<(), BookError> {
    let what = "balances of one asset";
    *sum = sum
        .checked_add(balance)
        .ok_or(BookError::Overflow { what })?;
    *count += 1;
    Ok(())
}

/// How an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It counts, and a node confirmed its balance.
    Confirmed,
    /// It counts by what the file says.
    Claimed,
    /// It does not count, and might.
    Untold,
    /// It does not count.
    Refused,
}

impl State {
    /// In reports.
    pub const fn name(self) -> &'static str {
        match self {
            State::Confirmed => "confirmed",
            State::Claimed => "claimed",
            State::Untold => "could not tell",
            State::Refused => "does not count",
        }
    }
}

/// What counts.
pub(super) struct Counted {
    /// What is known to count.
    pub held: Held,
    /// With what might count.
    pub most: Held,
    /// How each address of the file stands, and what of its balance counts or might, 1e-18.
    pub states: Vec<(State, u128)>,
    /// The same of the agreements.
    pub custody: Vec<(State, u128)>,
    /// Why some do not count.
    pub faults: Vec<Fault>,
    /// Why some might.
    pub untold: Vec<Untold>,
}

/// Adds up what signed addresses hold. That none stands twice the file's reader saw to; `others` are
/// those in the files of other venues.
pub(super) fn counted(addresses: &Addresses, known: &Known<'_>) -> Result<Counted, BookError> {
    let Known {
        assets,
        answers,
        others,
        ..
    } = *known;
    let mut wrong: BTreeMap<usize, Vec<Fault>> = BTreeMap::new();
    for (place, fault) in answers.iter().flat_map(|a| &a.faults) {
        wrong.entry(*place).or_default().push(fault.clone());
    }
    let mut counted = Counted {
        held: Held::default(),
        most: Held::default(),
        states: Vec::with_capacity(addresses.holdings.len()),
        custody: Vec::with_capacity(addresses.custody.len()),
        faults: Vec::new(),
        untold: Vec::new(),
    };
    for (place, holding) in addresses.holdings.iter().enumerate() {
        let mut faults = wrong.remove(&place).unwrap_or_default();
        let mut untold = Vec::new();
        match owned(holding, answers.iter().any(|a| a.signed.contains(&place))) {
            Ok(()) => {}
            Err(Why::Not(fault)) if faults.is_empty() => faults.push(fault),
            Err(Why::Not(_)) => {}
            Err(Why::Untold(reason)) => untold.push(reason),
        }
        if others.holders.contains(&holding.ownership.holder) {
            faults.push(Fault::Shared {
                path: holding.path.clone(),
                holder: holding.ownership.holder.clone(),
            });
        }
        untold.extend(foreign(holding, assets));
        let (balance, lower) = least(place, holding, answers);
        let asked = answers.iter().any(|a| a.checked.contains(&place));
        let state = match (faults.is_empty(), untold.is_empty(), asked) {
            (false, ..) => State::Refused,
            (true, false, _) => State::Untold,
            (true, true, true) => State::Confirmed,
            (true, true, false) => State::Claimed,
        };
        counted.states.push((state, balance));
        counted.faults.extend(faults);
        let at = (holding.ownership.part, holding.asset);
        if matches!(state, State::Confirmed | State::Claimed) {
            counted.held.add(at, balance)?;
        }
        if state != State::Refused {
            // Coins that moved since the block may have been there.
            counted.most.add(at, holding.balance)?;
            counted.untold.extend(untold);
            counted.untold.extend(lower);
        }
    }
    agreements::counted(addresses, known, &mut counted);
    Ok(counted)
}

/// The least that anybody saw of what is claimed, and where it was less.
fn least(place: usize, holding: &Holding, answers: &[Answers]) -> (u128, Vec<Untold>) {
    let (path, holder) = (&holding.path, &holding.ownership.holder);
    let mut balance = holding.balance;
    let mut lower = Vec::new();
    for answers in answers {
        for (_, seen) in answers.less.iter().filter(|(at, _)| *at == place) {
            balance = balance.min(*seen);
            lower.push(Untold::Moved {
                path: path.clone(),
                holder: holder.clone(),
            });
        }
        for (_, block, seen) in answers.drawn.iter().filter(|(at, ..)| *at == place) {
            balance = balance.min(*seen);
            lower.push(Untold::Drawn {
                path: path.clone(),
                holder: holder.clone(),
                block: *block,
                held: format_unsigned(*seen, DECIMALS),
            });
        }
    }
    (balance, lower)
}

/// Why nothing shows that the venue controls an address.
enum Why {
    Not(Fault),
    Untold(Untold),
}

fn owned(holding: &Holding, contract_signed: bool) -> Result<(), Why> {
    let (path, holder) = (holding.path.clone(), holding.ownership.holder.clone());
    let Some(signature) = &holding.signature else {
        return Err(Why::Not(Fault::Unsigned { path, holder }));
    };
    match holding.ownership.check(holding.scheme, signature) {
        Signed::Yes => Ok(()),
        Signed::Ask if contract_signed => Ok(()),
        Signed::No(fault) => Err(Why::Not(Fault::Signature {
            path,
            holder,
            fault,
        })),
        Signed::Ask => Err(Why::Untold(Untold::Contract { path, holder })),
        Signed::Untold(what) => Err(Why::Untold(Untold::Signature { path, holder, what })),
    }
}

/// A coin or contract that the verifier's list does not know as the asset, which it does know.
fn foreign(holding: &Holding, assets: &Assets) -> Option<Untold> {
    let ours = &holding.ownership;
    let standing = assets.standing(&ours.asset, ours.holder.chain(), ours.token);
    (standing == Standing::Foreign).then(|| Untold::Foreign {
        path: holding.path.clone(),
        coin: coin(ours.token, ours.holder.chain()),
        asset: ours.asset.clone(),
    })
}

/// A coin or token in words.
pub(super) fn coin(token: Option<Address>, chain: Chain) -> String {
    match token {
        Some(token) => format!("token {token} of chain {chain}"),
        None => format!("the own coin of chain {chain}"),
    }
}

/// Blocks that are not the last of their chains at or before the cut-off.
pub(super) fn other_blocks(answers: &[Answers], cut_off: u64) -> Vec<Fault> {
    let blocks = answers.iter().filter_map(|answers| {
        let shown = answers.block?;
        (!shown.is_last_at(cut_off)).then_some(Fault::OtherBlock {
            chain: answers.chain,
            block: shown.block,
            time: shown.time,
            cut_off,
        })
    });
    blocks.collect()
}

/// Chains of the file whose block no node was asked about.
pub(super) fn unasked(addresses: &Addresses, answers: &[Answers]) -> Vec<Chain> {
    let holdings = addresses.holdings.iter();
    let mut chains: BTreeSet<Chain> = holdings.map(|h| h.ownership.holder.chain()).collect();
    chains.extend(
        addresses
            .custody
            .iter()
            .map(|c| Chain::Numbered(c.place.chain)),
    );
    for answers in answers {
        chains.remove(&answers.chain);
    }
    chains.into_iter().collect()
}
