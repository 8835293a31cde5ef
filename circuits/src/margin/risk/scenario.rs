//! Losses of every underlying in every scenario, and the charges that cover them.
//!
//! ```text
//! MREQ4:  gain = register_us − register_u0
//! MREQ5:  0 ≤ charge < 2^108
//! MREQ6:  0 ≤ unit·charge + weight·gain < 2^252
//! MREQ7:  Σ_u charge_us
//! ```
//!
//! Under format 2 a loss is signed, and no lower and at most 18 units above what it is:
//!
//! ```text
//! MREQ34:  0 ≤ size < 2^72
//! MREQ35:  `gains` is a bit
//! MREQ36:  part = gains·size, ℓ = size − 2·part
//! MREQ37:  0 ≤ unit·ℓ + weight·gain < 2^144
//! ```
//!
//! Registers are what the pricing nodes added up ([`crate::margin::node`]); the weight is that of the
//! price class of the underlying in the scenario (MREQ1 to MREQ3).

use ff::Field;

use super::{floor_div, MONEY_BP};
use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::range::{Bounded, Parted, Ranges};
use crate::margin::table::{counts_fully, Tag, NODE_STRIDE};
use crate::margin::trace::{Source, Var};
use crate::margin::wide::Wide;
use crate::margin::widths::{CHARGES, LOSS, LOSS_REST, MONEY, SLACK, WEIGHED_LOSS_REST};
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// The loss of an underlying in a scenario, 1e-8 USD, rounded up, under format 2: its size, of which a gain lets
/// all through and a loss nothing.
pub(crate) type Loss = Parted<LOSS>;

/// MREQ1, MREQ2: 128·class of every register.
fn bases(a: &mut Arithmetic, wide: &mut Wide<'_>, codes: &[Var]) -> Vec<Var> {
    let of = |&code: &Var| {
        a.number("MREQ1");
        let [_, class, _] = wide.find(a, Tag::Register, Source::Old(code));
        a.number("MREQ2");
        a.linear(&[(Fr::from(u64::from(NODE_STRIDE)), class)], Fr::ZERO)
    };
    codes.iter().map(of).collect()
}

/// Losses by scenario and underlying, from registers by node (base first) and underlying.
pub(crate) fn losses(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    registers: &[Vec<Var>],
    codes: &[Var],
) -> Vec<Vec<Loss>> {
    by_scenario(a, wide, registers, codes, |a, wide, s, moves| {
        let moves = moves.iter();
        moves.map(|moved| loss(a, ranges, wide, s, moved)).collect()
    })
}

/// An underlying in a scenario.
struct Moved {
    /// 128·class.
    class: Var,
    /// Its register at the node of the scenario.
    node: Var,
    /// That of the base.
    base: Var,
}

/// What `each` makes of the underlyings of every scenario, from registers by node (base first) and
/// underlying.
fn by_scenario<T>(
    a: &mut Arithmetic,
    wide: &mut Wide<'_>,
    registers: &[Vec<Var>],
    codes: &[Var],
    mut each: impl FnMut(&mut Arithmetic, &mut Wide<'_>, usize, &[Moved]) -> T,
) -> Vec<T> {
    let bases = bases(a, wide, codes);
    let [base, scenarios @ ..] = registers else {
        return Vec::new();
    };
    let mut of = |(s, scenario): (usize, &Vec<Var>)| {
        let nodes = scenario.iter().zip(base);
        let moves = bases.iter().zip(nodes).map(|(class, (node, base))| Moved {
            class: *class,
            node: *node,
            base: *base,
        });
        each(a, wide, s, &moves.collect::<Vec<_>>())
    };
    scenarios.iter().enumerate().map(&mut of).collect()
}

/// MREQ4, MREQ34 to MREQ37: the loss of one underlying; where it counts fully no weight is looked up.
fn loss(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    s: usize,
    moved: &Moved,
) -> Loss {
    let full = counts_fully(wide.policy, s);
    let weight = (!full).then(|| weight(a, wide, s, moved.class));
    a.number("MREQ4");
    let gain = a.linear(&[(ONE, moved.node), (-ONE, moved.base)], Fr::ZERO);
    let unit = Fr::from(MONEY_BP) * pow2(if full { 76 } else { 100 });
    let weighed = weight.map_or(gain.value, |w: Var| w.value * gain.value);
    let loss = -floor_div(weighed, unit);
    let gains = is_negative(loss);
    let size = a.witness(Free::LossSize, if gains { -loss } else { loss });
    a.number("MREQ34");
    let size: Bounded<LOSS> = ranges.bound(a, size);
    let loss = a.parted(Free::LossIsGain, ["MREQ35", "MREQ36"], size, gains);
    a.number("MREQ37");
    let signed = [(-unit.double(), loss.part()), (unit, size.var())];
    match weight {
        None => {
            let rest = a.linear(&[signed[0], signed[1], (ONE, gain)], Fr::ZERO);
            ranges.assert::<LOSS_REST>(a, rest);
        }
        Some(weight) => {
            let covered = a.linear(&signed, Fr::ZERO);
            let rest = a.product(ONE, weight, gain, Some((ONE, covered)), Fr::ZERO);
            ranges.assert::<WEIGHED_LOSS_REST>(a, rest);
        }
    }
    loss
}

/// MREQ3: the weight of a class in a scenario.
fn weight(a: &mut Arithmetic, wide: &mut Wide<'_>, s: usize, class: Var) -> Var {
    a.number("MREQ3");
    let key = a.linear(&[(ONE, class)], Fr::from(s as u64));
    let [_, weight, _] = wide.find(a, Tag::Weight, Source::Old(key));
    weight
}

/// The sum of positive losses by scenario, from registers by node (base first) and underlying.
pub(crate) fn charges(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    registers: &[Vec<Var>],
    codes: &[Var],
) -> Vec<Bounded<CHARGES>> {
    by_scenario(a, wide, registers, codes, |a, wide, s, moves| {
        let moves = moves.iter();
        let charges: Vec<_> = moves
            .map(|moved| charge(a, ranges, wide, s, moved))
            .collect();
        a.number("MREQ7");
        a.total(&charges)
    })
}

/// A charge of one underlying that is no less than its weighted loss and not negative.
fn charge(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    s: usize,
    moved: &Moved,
) -> Bounded<MONEY> {
    let weight = weight(a, wide, s, moved.class);
    a.number("MREQ4");
    let gain = a.linear(&[(ONE, moved.node), (-ONE, moved.base)], Fr::ZERO);
    let unit = Fr::from(MONEY_BP) * pow2(100);
    let loss = -floor_div(weight.value * gain.value, unit);
    let charge = a.witness(
        Free::ScenarioCharge,
        if is_negative(loss) { Fr::ZERO } else { loss },
    );
    a.number("MREQ5");
    let charge = ranges.bound(a, charge);
    a.number("MREQ6");
    let slack = a.product(ONE, weight, gain, Some((unit, charge.var())), Fr::ZERO);
    ranges.assert::<SLACK>(a, slack);
    charge
}
