//! The market risk of format 2: stress with offsets between underlyings, and expected shortfall.
//!
//! `φ` is the share of gains that pay for losses of the same group, `ℓ` the weighted loss of an underlying
//! at a node, signed:
//!
//! ```text
//! R_φ = max over nodes of Σ_groups max(0, ⌈Σ ((10^4−φ)·max(0,ℓ) + φ·ℓ)/10^4⌉) + Σ_ungrouped max(0,ℓ)
//! R_0 = the same of φ = 0;  R_out = max over nodes of Σ max(0,ℓ) over underlyings without a path
//! greatest:  M = max(R_φ, ES, min(R_0, scale·ES + R_out))
//! mix:       M = share·(scale·ES + R_out) + (1 − share)·R_φ
//! ```
//!
//! An account in one underlying has `R_φ = R_0 ≥ ES`, so under `greatest` its market risk is the stress.

use super::shortfall::{point_losses, tail, Tail};
use super::worst::{charges, worst};
use crate::error::Error;
use crate::policy::{Offset, PortfolioTerms, Rule};
use crate::risk::scenario::UnderlyingLosses;
use crate::units::BP;

/// Losses of a node are below 2^69 units of 1e-8 USD, 5.9e12 USD.
const LOSS_BITS: u32 = 69;

/// What decides the market risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The stress with offsets.
    Stress,
    /// The expected shortfall itself.
    Shortfall,
    /// The scaled shortfall, and the stress of what has no path.
    ScaledShortfall,
    /// The stress without offsets.
    NoOffset,
    /// The rule mixes, and nothing binds alone.
    Mix,
}

impl Binding {
    /// Name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Binding::Stress => "stress",
            Binding::Shortfall => "shortfall",
            Binding::ScaledShortfall => "scaled shortfall",
            Binding::NoOffset => "no offset",
            Binding::Mix => "mix",
        }
    }
}

/// The parts of the market risk. Money in 1e-8 USD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketRisk {
    /// What is required.
    pub required: i128,
    /// Stress with offsets: `R_φ`.
    pub stress: i128,
    /// Charge of each node with offsets, in the order of the scenarios.
    pub stress_by_node: Vec<i128>,
    /// Stress without offsets: `R_0`.
    pub without_offset: i128,
    /// Stress of the underlyings without a path: `R_out`.
    pub of_others: i128,
    /// Expected shortfall and its tail.
    pub tail: Tail,
    /// `⌈scale·ES⌉`.
    pub scaled_shortfall: i128,
    /// Which of them decides.
    pub binds: Binding,
}

/// `⌈value/10^4⌉`.
fn ceil_bp(value: i128) -> i128 {
    -((-value).div_euclid(i128::from(BP)))
}

/// Charge of every node where gains of a group pay for a share of its losses.
fn stress(losses: &[UnderlyingLosses], offset: &Offset, nodes: usize) -> Vec<i128> {
    let share = i128::from(offset.share);
    let grouped = |code: u16| offset.groups.iter().any(|group| group.contains(&code));
    let at = |node: usize| {
        let of_group = |group: &Vec<u16>| {
            let members = losses.iter().filter(|l| group.contains(&l.underlying));
            let part = |l: &UnderlyingLosses| {
                (i128::from(BP) - share) * l.charge[node] + share * l.signed[node]
            };
            ceil_bp(members.map(part).sum()).max(0)
        };
        let groups: i128 = offset.groups.iter().map(of_group).sum();
        let others = losses.iter().filter(|l| !grouped(l.underlying));
        groups + others.map(|l| l.charge[node]).sum::<i128>()
    };
    (0..nodes).map(at).collect()
}

/// The market risk of an account, from its losses by underlying and node.
///
/// # Errors
/// When a loss is 2^69 units of 1e-8 USD or more.
pub(in crate::risk) fn market_risk(
    terms: &PortfolioTerms,
    losses: &[UnderlyingLosses],
    nodes: usize,
) -> Result<MarketRisk, Error> {
    let mut all = losses.iter().flat_map(|l| &l.signed);
    if all.any(|loss| loss.unsigned_abs() >> LOSS_BITS != 0) {
        return Err(Error::Engine {
            subject: "the account".to_owned(),
            problem: "a loss at a node is 2^69 units of 1e-8 USD (5.9e12 USD) or more",
            hint: "reduce the quantities",
        });
    }
    let stress_by_node = stress(losses, &terms.offset, nodes);
    let (_, stress) = worst(&stress_by_node);
    let without_offset = worst(&charges(losses.iter(), nodes)).1;
    let others = losses.iter().filter(|l| !terms.has_path(l.underlying));
    let of_others = worst(&charges(others, nodes)).1;
    let tail = tail(&terms.shortfall, &point_losses(&terms.shortfall, losses))?;
    let shortfall = tail.expected_shortfall;
    let scaled_shortfall = ceil_bp(i128::from(terms.scale) * shortfall);
    let joint = scaled_shortfall + of_others;
    let (required, binds) = match terms.rule {
        Rule::Mix { share } => {
            let share = i128::from(share);
            let mixed = share * joint + (i128::from(BP) - share) * stress;
            (ceil_bp(mixed), Binding::Mix)
        }
        Rule::Greatest => {
            // The first of the largest: an account in one underlying is bound by its stress.
            let bounded = match joint < without_offset {
                true => (joint, Binding::ScaledShortfall),
                false => (without_offset, Binding::NoOffset),
            };
            [(shortfall, Binding::Shortfall), bounded].into_iter().fold(
                (stress, Binding::Stress),
                |best, next| {
                    if next.0 > best.0 {
                        next
                    } else {
                        best
                    }
                },
            )
        }
    };
    Ok(MarketRisk {
        required,
        stress,
        stress_by_node,
        without_offset,
        of_others,
        tail,
        scaled_shortfall,
        binds,
    })
}
