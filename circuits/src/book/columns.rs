//! Columns of the batch circuit.
//!
//! Five lanes run side by side; what a row of one lane says about an account reaches the others
//! only through keyed sums ([`super::sums`]), never through its place.
//!
//! | lane | a row is |
//! |---|---|
//! | hash | one Poseidon permutation: header or link of a leaf, node of the tree, secret, masks |
//! | account | the verdict on the account whose header stands in the same row |
//! | position | three positions |
//! | group | two netting groups |
//! | risk | a vector of numbers, one per scenario, none of them negative |
//! | table | one instrument of the market (fixed), nine limbs |

pub mod fixed;

use std::ops::Range;

use super::exposure::{ExposureLane, PortfolioFixed};
use zkmargin_engine::book::shape::{Shape, GROUPS_PER_ROW, LIMB_TABLES, POSITIONS_PER_ROW};

/// S-boxes of a permutation: one cell each.
pub(crate) const SBOXES: usize = 135;
/// Inputs of a permutation that are not the tag.
pub(crate) const INPUTS: usize = 8;

/// Cells of the hash lane.
#[derive(Clone, Copy, Debug)]
pub struct HashLane {
    /// First of the inputs of the S-boxes.
    pub sboxes: usize,
    /// The digest.
    pub digest: usize,
    /// This row is the header of a leaf.
    pub header: usize,
    /// This row is a further link of a leaf.
    pub link: usize,
    /// First of eight bits: the input holds a position of a leaf, or a child of a node.
    pub live: usize,
    /// Key of the account, or of the first child of a node.
    pub key: usize,
}

/// Cells of the account lane; they count on rows with a header. The limbs of the first row, which is none
/// of an account, are what the batch adds to its totals.
#[derive(Clone, Copy, Debug)]
pub struct AccountLane {
    /// Limbs of the scenario requirement.
    pub scenario: usize,
    /// Limbs of the absolute equity.
    pub equity: usize,
    /// Limbs of the absolute excess.
    pub excess: usize,
    /// The ratio is met.
    pub meets: usize,
    /// Equity is negative.
    pub negative: usize,
    /// Requirement beyond the scenarios.
    pub addons: usize,
    /// Certified error of equity.
    pub error: usize,
    /// Word of open interest.
    pub word: usize,
    /// The underlying whose losses are bounded by the scenario requirement alone; 0 when the risk
    /// lane shares it among several. Format 2 has no such cell.
    pub sole: usize,
}

/// Cells of one position slot.
#[derive(Clone, Copy, Debug)]
pub struct PositionSlot {
    /// A position is here.
    pub live: usize,
    /// Key of the account.
    pub key: usize,
    /// Instrument id.
    pub id: usize,
    /// The quantity is negative.
    pub sign: usize,
    /// Number among the cash and spot of the market; 0 for a derivative.
    pub asset: usize,
    /// Underlying.
    pub underlying: usize,
    /// Expiry group.
    pub expiry: usize,
    /// Strike group.
    pub strike: usize,
    /// Roll per contract.
    pub roll: usize,
    /// Its absolute value.
    pub roll_size: usize,
    /// Short-option minimum per contract.
    pub short: usize,
    /// The position nets with others of its expiry.
    pub netted: usize,
    /// The position nets with others of its strike.
    pub joined: usize,
    /// Fee of the position, under format 2.
    pub fee: Option<usize>,
    /// Limbs of the magnitude.
    pub magnitude: usize,
    /// Word of the losses per contract (second phase).
    pub losses: usize,
    /// Word of what a signed contract adds to the account (second phase).
    pub signed: usize,
    /// Word of what an absolute contract adds to the account (second phase).
    pub absolute: usize,
}

/// Cells of one netting group.
#[derive(Clone, Copy, Debug)]
pub struct GroupSlot {
    /// Key of the account.
    pub key: usize,
    /// Number of the group.
    pub group: usize,
    /// The net number is negative.
    pub sign: usize,
    /// Limbs of its absolute value.
    pub net: usize,
}

/// Cells of the risk lane.
#[derive(Clone, Copy, Debug)]
pub struct RiskLane {
    /// Key of the account.
    pub key: usize,
    /// Underlying.
    pub underlying: usize,
    /// First of the bits by scenario: the number is a charge; else it is what a charge leaves above a
    /// loss. Format 2 has none: every number is what the requirement leaves.
    pub charges: usize,
    /// Limbs by scenario.
    pub limbs: usize,
}

/// Cells of the table lane.
#[derive(Clone, Copy, Debug)]
pub struct TableLane {
    /// Power of the point by row.
    pub power: usize,
    /// First of the columns with the uses of limbs.
    pub limb_uses: usize,
    /// The point, the same in every row.
    pub point: usize,
    /// The ratio, the same in every row.
    pub ratio: usize,
}

/// Challenges, by name.
pub mod challenge {
    /// Tells the numbers of one message apart.
    pub(crate) const GAMMA: usize = 0;
    /// Tells the parts of a key apart.
    pub(crate) const THETA: usize = 1;
    /// Where fractions are summed.
    pub const ALPHA: usize = 2;
    /// Number of challenges.
    pub(crate) const COUNT: usize = 3;
}

/// Instance columns.
pub(crate) const INSTANCES: usize = 4;

/// All columns of a shape.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The shape.
    pub shape: Shape,
    /// Hash lane.
    pub hash: HashLane,
    /// Account lane.
    pub account: AccountLane,
    /// Position slots of a row.
    pub positions: [PositionSlot; POSITIONS_PER_ROW],
    /// Group slots of a row.
    pub groups: [GroupSlot; GROUPS_PER_ROW],
    /// Risk lane.
    pub risk: RiskLane,
    /// What a row of the risk lane has more under format 2.
    pub exposure: Option<ExposureLane>,
    /// Table lane.
    pub table: TableLane,
    /// Advice columns of the first phase; those of the second are words, helpers and the sum.
    pub first_phase: usize,
    /// First helper column.
    pub first_helper: usize,
    /// Fractions of every helper column, as ranges of [`super::sums::fractions`].
    pub helpers: Vec<Range<usize>>,
}

/// Hands out columns.
struct Count(usize);

impl Count {
    fn take(&mut self, columns: usize) -> usize {
        let first = self.0;
        self.0 += columns;
        first
    }
}

impl Columns {
    /// The lanes of a shape, without helpers. Long because it is one list of all cells, in their order.
    pub(super) fn lanes(shape: Shape) -> Columns {
        let mut count = Count(0);
        let (money, verdict) = (shape.money_limbs(), shape.verdict_limbs());
        let (of_format_1, of_format_2) = match shape.portfolio() {
            None => (1, 0),
            Some(_) => (0, 1),
        };
        let hash = HashLane {
            sboxes: count.take(SBOXES),
            digest: count.take(1),
            header: count.take(1),
            link: count.take(1),
            live: count.take(INPUTS),
            key: count.take(1),
        };
        let account = AccountLane {
            scenario: count.take(money),
            equity: count.take(money),
            excess: count.take(verdict),
            meets: count.take(1),
            negative: count.take(1),
            addons: count.take(1),
            error: count.take(1),
            word: count.take(1),
            sole: count.take(of_format_1),
        };
        let mut positions = [(); POSITIONS_PER_ROW].map(|_| PositionSlot {
            live: count.take(1),
            key: count.take(1),
            id: count.take(1),
            sign: count.take(1),
            asset: count.take(1),
            underlying: count.take(1),
            expiry: count.take(1),
            strike: count.take(1),
            roll: count.take(1),
            roll_size: count.take(1),
            short: count.take(1),
            netted: count.take(1),
            joined: count.take(1),
            fee: (of_format_2 > 0).then(|| count.take(1)),
            magnitude: count.take(shape.quantity_limbs()),
            losses: 0,
            signed: 0,
            absolute: 0,
        });
        let groups = [(); GROUPS_PER_ROW].map(|_| GroupSlot {
            key: count.take(1),
            group: count.take(1),
            sign: count.take(1),
            net: count.take(money),
        });
        let risk = RiskLane {
            key: count.take(1),
            underlying: count.take(1),
            charges: count.take(of_format_1 * shape.scenarios()),
            limbs: count.take(shape.scenarios() * money),
        };
        let mut exposure = ExposureLane::new(shape, &mut |columns| count.take(columns));
        let table = TableLane {
            power: count.take(1),
            limb_uses: count.take(LIMB_TABLES),
            point: count.take(1),
            ratio: count.take(1),
        };
        let first_phase = count.0;
        for slot in &mut positions {
            slot.losses = count.take(1);
            slot.signed = count.take(1);
            slot.absolute = count.take(1);
        }
        if let Some(lane) = &mut exposure {
            lane.words = [(); 3].map(|()| count.take(1));
        }
        Columns {
            shape,
            hash,
            account,
            positions,
            groups,
            risk,
            exposure,
            table,
            first_phase,
            first_helper: count.0,
            helpers: Vec::new(),
        }
    }

    /// Advice columns of both phases; the last is the running sum.
    pub(crate) fn advice(&self) -> usize {
        self.first_helper + self.helpers.len() + 1
    }

    /// The column of a helper.
    pub fn helper(&self, index: usize) -> usize {
        self.first_helper + index
    }

    /// The running sum.
    pub fn sum(&self) -> usize {
        self.first_helper + self.helpers.len()
    }

    /// Fixed columns.
    pub(crate) fn fixed(&self) -> usize {
        let first = fixed::LOSSES + self.shape.scenarios();
        match self.shape.portfolio() {
            None => first,
            Some(form) => first + PortfolioFixed::count(form),
        }
    }

    /// Fixed columns of format 2.
    pub fn portfolio_fixed(&self) -> Option<PortfolioFixed> {
        let first = fixed::LOSSES + self.shape.scenarios();
        let form = self.shape.portfolio()?;
        Some(PortfolioFixed::new(first, form))
    }

    /// Limbs of the risk lane at a scenario.
    pub fn risk_limbs(&self, scenario: usize) -> Range<usize> {
        let money = self.shape.money_limbs();
        let first = self.risk.limbs + scenario * money;
        first..first + money
    }

    /// Every column of limbs, each a number below `2^limb_bits` in every active row.
    pub fn limbs(&self) -> Vec<usize> {
        let (money, verdict) = (self.shape.money_limbs(), self.shape.verdict_limbs());
        let quantity = self.shape.quantity_limbs();
        let account = &self.account;
        let mut runs = vec![
            (account.scenario, money),
            (account.equity, money),
            (account.excess, verdict),
        ];
        runs.extend(self.positions.iter().map(|p| (p.magnitude, quantity)));
        runs.extend(self.groups.iter().map(|g| (g.net, money)));
        runs.push((self.risk.limbs, self.shape.scenarios() * money));
        runs.extend(self.exposure.iter().flat_map(|lane| lane.limbs(self.shape)));
        runs.into_iter()
            .flat_map(|(first, count)| first..first + count)
            .collect()
    }
}
