//! When reserves suffice: the four conditions, on integers.

use std::collections::BTreeMap;

use zkmargin_engine::account::Position;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::market::{Instrument, InstrumentId};
use zkmargin_engine::policy::ENTRY_COSTS;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::units::{format_decimal, format_unsigned, ONE_USD};

use super::assets::Assets;
use super::count::Held;
use super::custody::is_custody;
use super::ownership::Part;
use super::{Fault, Liabilities};
use zkmargin_prover::book::error::BookError;
use zkmargin_verifier::book::PublicBook;

/// Units of 1e-18 in one of 1e-8.
const PER_QUANTITY: u128 = 10_000_000_000;
/// Units of 1e-16 USD in one of 1e-8 USD.
const PER_MONEY: i128 = 100_000_000;
/// Basis points in one.
const BP: u128 = 10_000;

/// For messages.
const OWED: &str = "what is owed of one asset";

/// Decimals of quantities and of sums of money.
const QUANTITY: u32 = 8;
const MONEY: u32 = 16;

fn fits<T>(sum: Option<T>, what: &'static str) -> Result<T, BookError> {
    sum.ok_or(BookError::Overflow { what })
}

fn signed(sum: u128, what: &'static str) -> Result<i128, BookError> {
    fits(i128::try_from(sum).ok(), what)
}

/// What the venue holds itself, outside its book, as its file discloses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Derivatives, against those of its customers.
    pub positions: Vec<Position>,
    /// What they are worth at the book's prices less the certified error of those, rounded down,
    /// 1e-8 USD; below zero when customers have gained.
    pub value: i128,
    /// Their initial margin, rounded up, 1e-8 USD.
    pub margin: i128,
}

impl Inventory {
    /// Evaluates the inventory of a book as one account under the book's policy.
    ///
    /// # Errors
    /// When an instrument cannot be priced.
    pub(crate) fn of(liabilities: &Liabilities<'_>) -> Result<Self, BookError> {
        let positions = liabilities.book.inventory.clone();
        let evaluated = evaluate(liabilities.policy, liabilities.market, &positions)?;
        Ok(Inventory {
            positions,
            value: evaluated.equity,
            margin: evaluated.initial_margin,
        })
    }
}

/// One asset of the report. Quantities in 1e-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetLine {
    /// The asset.
    pub id: InstrumentId,
    /// Its name, from its id.
    pub name: String,
    /// What customers hold.
    pub long: u128,
    /// What customers owe: lent out.
    pub short: u128,
    /// What customers have gained on the venue's inventory, for USD, in which gains are paid.
    pub gains: i128,
    /// Entry costs of customers' linear positions in net, for USD, which they are owed in: above zero
    /// where more was sold than bought.
    pub entry_costs: i128,
    /// What the venue owes in net: long less short, the entry costs and the gains; below zero when
    /// customers owe more.
    pub liability: i128,
    /// What counted addresses hold, without the insurance fund, rounded down; of a custody asset, what
    /// agreements hold, at most what is owed.
    pub reserves: u128,
    /// Whether the asset keeps its worth when the venue fails, in the verifier's list.
    pub independent: bool,
    /// What the reserves are worth at the book's price, 1e-16 USD; nothing, where the asset is not
    /// independent.
    pub worth: i128,
    /// Addresses that count.
    pub addresses: usize,
    /// Agreements of custody that count.
    pub agreements: usize,
    /// What the insurance fund holds of it, rounded down.
    pub fund: u128,
    /// What that is worth, 1e-16 USD.
    pub fund_worth: i128,
}

impl AssetLine {
    /// (a): whether reserves are at least what is owed in net.
    pub fn covered(&self) -> bool {
        // Beyond 127 bits reserves are more than any liability.
        i128::try_from(self.reserves).map_or(true, |reserves| reserves >= self.liability)
    }

    /// Reserves per liability in basis points, rounded down; `None` where nothing is owed.
    pub fn ratio(&self) -> Option<u128> {
        let owed = u128::try_from(self.liability)
            .ok()
            .filter(|owed| *owed > 0)?;
        let (whole, rest) = (self.reserves / owed, self.reserves % owed);
        // Of more than 2^100 units owed the rest is not shown.
        let rest = rest.checked_mul(BP).map_or(0, |rest| rest / owed);
        Some(whole.saturating_mul(BP).saturating_add(rest))
    }
}

/// Every asset with liabilities or reserves. Long because a line has so many numbers.
pub(super) fn assets(
    liabilities: &Liabilities<'_>,
    inventory: &Inventory,
    verifier: &Assets,
    held: &Held,
) -> Result<Vec<AssetLine>, BookError> {
    let listed = liabilities.book.assets.iter();
    let listed = listed.map(|asset| (asset.id, (asset.long, asset.short)));
    let mut owed: BTreeMap<InstrumentId, (u128, u128)> = listed.collect();
    // Every derivative nets to zero between the customers and the inventory: what the inventory is
    // worth, customers have lost, and what it has lost, customers have gained. So its value lowers
    // what is owed to them, and a value below zero raises it. Its value is rounded down.
    let usd = usd(liabilities).map(|usd| usd.id);
    // Entry costs and dollars are one asset: neither means anything without the other.
    let costs = settled(liabilities).and_then(|listed| owed.remove(&listed.id));
    let costs = costs.map_or(Ok(0), |(long, short)| net(long, short))?;
    let gains = fits(inventory.value.checked_neg(), "value of the inventory")?;
    let beside = usd.iter().filter(|_| gains != 0 || costs != 0);
    let shown = held.at.keys().map(|(_, id)| id);
    for id in shown.chain(held.custody.keys()).chain(beside) {
        owed.entry(*id).or_default();
    }
    let mut lines = Vec::with_capacity(owed.len());
    for (id, (long, short)) in owed {
        // Nothing held of it, at no address.
        let part = |part| held.at.get(&(part, id)).copied().unwrap_or_default();
        let ((balance, addresses), (fund, in_fund)) =
            (part(Part::Reserves), part(Part::InsuranceFund));
        let (gains, entry_costs) = match usd == Some(id) {
            true => (gains, costs),
            false => (0, 0),
        };
        let liability = net(long, short)?.checked_add(entry_costs);
        let liability = liability.and_then(|owed| owed.checked_add(gains));
        let name = id.name(liabilities.policy);
        let (kept, agreements) = held.custody.get(&id).copied().unwrap_or_default();
        let reserves = match is_custody(&name) {
            // What lies in custody covers what is owed in it, and nothing else.
            true => (kept / PER_QUANTITY).min(long),
            false => balance / PER_QUANTITY,
        };
        let fund = fund / PER_QUANTITY;
        let independent = verifier.is_independent(&name);
        // An error too where it does not count.
        let worth = |quantity| {
            let worth = worth(liabilities, id, quantity)?;
            Ok::<_, BookError>(if independent { worth } else { 0 })
        };
        let line = AssetLine {
            id,
            long,
            short,
            gains,
            entry_costs,
            liability: fits(liability, OWED)?,
            reserves,
            independent,
            worth: worth(reserves)?,
            addresses,
            agreements,
            fund,
            fund_worth: worth(fund)?,
            name,
        };
        let shown = addresses + in_fund + agreements;
        if long != 0 || short != 0 || gains != 0 || entry_costs != 0 || shown != 0 {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// What is owed of an asset in net.
fn net(long: u128, short: u128) -> Result<i128, BookError> {
    fits(signed(long, OWED)?.checked_sub(signed(short, OWED)?), OWED)
}

/// The cash asset of a book that entry costs are booked into.
fn settled<'a>(liabilities: &Liabilities<'a>) -> Option<&'a Instrument> {
    liabilities.market.cash(liabilities.policy, ENTRY_COSTS)
}

/// The USD cash asset of a book, in which derivatives are paid.
fn usd<'a>(liabilities: &Liabilities<'a>) -> Option<&'a Instrument> {
    liabilities.market.cash(liabilities.policy, "USD")
}

/// What so much of an asset is worth, 1e-16 USD.
fn worth(
    liabilities: &Liabilities<'_>,
    id: InstrumentId,
    quantity: u128,
) -> Result<i128, BookError> {
    let listed = liabilities.market.listed(id);
    let listed = listed.ok_or_else(|| EngineError::Engine {
        subject: id.name(liabilities.policy),
        problem: "the market does not list this asset of the book",
        hint: "take market.json as it was published with the book",
    })?;
    let worth = quantity.checked_mul(listed.forward.into());
    let what = "worth of the reserves";
    signed(fits(worth, what)?, what)
}

/// Everything in USD, 1e-16 unless another unit is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Reserves of independent assets at the book's prices, without the insurance fund. The
    /// inventory has no part in them.
    pub reserves: i128,
    /// `Σ max(0, E)` over all accounts: the book's own number.
    pub equity: i128,
    /// Reserves less equity.
    pub surplus: i128,
    /// The insurance fund, of independent assets.
    pub fund: i128,
    /// `Σ max(0, −E)`.
    pub shortfall: i128,
    /// Initial margin of the inventory.
    pub margin: i128,
    /// What failing accounts lack to meet the book's ratio, 1e-20 USD; shown, not demanded.
    pub deficit: u128,
}

impl Sums {
    /// Sums over all assets of a book.
    pub(super) fn of(
        book: &PublicBook,
        inventory: &Inventory,
        assets: &[AssetLine],
    ) -> Result<Self, BookError> {
        let sum = |worth: fn(&AssetLine) -> i128, what| {
            let mut sum = assets.iter().map(worth);
            let sum = sum.try_fold(0i128, |sum, worth| sum.checked_add(worth));
            fits(sum, what)
        };
        let reserves = sum(|line| line.worth, "worth of the reserves")?;
        let equity = signed(book.totals.equity, "equity of the accounts")?;
        let margin = inventory.margin.checked_mul(PER_MONEY);
        let surplus = reserves.checked_sub(equity);
        Ok(Sums {
            reserves,
            equity,
            surplus: fits(surplus, "reserves less what is owed")?,
            fund: sum(|line| line.fund_worth, "worth of the insurance fund")?,
            shortfall: signed(book.totals.shortfall, "shortfall of the accounts")?,
            margin: fits(margin, "initial margin of the inventory")?,
            deficit: book.totals.deficit,
        })
    }
}

/// The conditions that do not hold. Where there is no inventory (d) says what (b) says, which is told
/// once.
pub(super) fn faults(assets: &[AssetLine], sums: &Sums) -> Vec<Fault> {
    let usd = |sum| format_decimal(sum, MONEY);
    let uncovered = assets.iter().filter(|line| !line.covered());
    let mut faults: Vec<Fault> = uncovered
        .map(|line| Fault::Uncovered {
            asset: line.name.clone(),
            reserves: format_unsigned(line.reserves, QUANTITY),
            owed: format_decimal(line.liability, QUANTITY),
        })
        .collect();
    let owing = assets
        .iter()
        .filter(|line| is_custody(&line.name) && line.short > 0);
    faults.extend(owing.map(|line| Fault::CustodyOwed {
        asset: line.name.clone(),
        owed: format_unsigned(line.short, QUANTITY),
    }));
    if sums.surplus < 0 {
        faults.push(Fault::Equity {
            reserves: usd(sums.reserves),
            equity: usd(sums.equity),
        });
    }
    if sums.fund < sums.shortfall {
        faults.push(Fault::Fund {
            fund: usd(sums.fund),
            shortfall: usd(sums.shortfall),
        });
    }
    if sums.margin > 0 && sums.surplus < sums.margin {
        faults.push(Fault::Inventory {
            surplus: usd(sums.surplus),
            margin: usd(sums.margin),
        });
    }
    faults
}

/// Whether what is owed in USD can be said at all.
pub(super) fn unit(liabilities: &Liabilities<'_>) -> Option<Fault> {
    let settled = settled(liabilities).map(|listed| listed.id);
    let mut assets = liabilities.book.assets.iter();
    let costs = assets.any(|asset| Some(asset.id) == settled && asset.long != asset.short);
    match usd(liabilities) {
        None if liabilities.book.inventory.is_empty() && !costs => None,
        None => Some(Fault::Unit("lists no USD")),
        Some(listed) if listed.forward != ONE_USD => Some(Fault::Unit("does not price USD at 1")),
        Some(_) => None,
    }
}
