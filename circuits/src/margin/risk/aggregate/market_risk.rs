//! The market risk of format 2: stress with offsets between underlyings, and expected shortfall.
//!
//! ```text
//! MREQ38:  flags of the paths that a register is of
//! MREQ39:  size and gain of a path: Σ flag·size, Σ flag·gain
//! MREQ40:  0 ≤ charge of a group < 2^72
//! MREQ41:  0 ≤ 10^4·charge − Σ (10^4·loss − φ·gain) < 2^96
//! MREQ42:  charge of a scenario: groups, and losses of what is in none
//! MREQ43:  0 ≤ M − charge of a scenario < 2^72, in every scenario; under the rule that mixes, of R
//! MREQ51:  0 ≤ kES < 2^108
//! MREQ68:  0 ≤ 10^4·kES − scale·ES < 2^120
//! MREQ52:  `joint` is a bit
//! MREQ62:  0 ≤ M − ES < 2^72
//! MREQ63:  0 ≤ M − Σ losses + joint·(Σ losses of paths − kES) < 2^72, in every scenario
//! MREQ64:  0 ≤ R of others − Σ losses without a path < 2^72, under the rule that mixes
//! MREQ65:  0 ≤ M < 2^108, under the rule that mixes
//! MREQ69:  0 ≤ 10^4·M − x·(kES + R of others) − (10^4 − x)·R < 2^132, under that rule
//! ```
//!
//! A loss is size less gain, signed it is size less twice the gain.

use ff::Field;

use super::shortfall::shortfall;
use crate::margin::arithmetic::{Arithmetic, Term};
use crate::margin::free::Free;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::scenario::Loss;
use crate::margin::risk::{ceil_of, larger};
use crate::margin::table::Tag;
use crate::margin::trace::{Source, Var};
use crate::margin::wide::Wide;
use crate::margin::widths::{
    GROUP_REST, LOSS, LOSSES, MIX_REST, MONEY, PATHS, SCALED_REST, STRESS, WORST,
};
use zkmargin_engine::field::{bit, is_negative};
use zkmargin_engine::policy::{PortfolioTerms, Rule};
use zkmargin_engine::units::BP;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;
const TWO: Fr = Fr::from_raw([2, 0, 0, 0]);

fn n(v: u32) -> Fr {
    Fr::from(u64::from(v))
}

/// Losses of one scenario by path.
struct Joint {
    /// Sizes and gains.
    paths: Vec<[Var; 2]>,
    /// Σ losses of all registers.
    all: Bounded<LOSSES>,
    /// Σ losses of paths.
    of_paths: Var,
}

/// A number no less than the market risk, from losses by scenario and register.
pub(crate) fn market_risk(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    terms: &PortfolioTerms,
    (codes, losses): (&[Var], &[Vec<Loss>]),
) -> Bounded<WORST> {
    let flags = flags(a, wide, codes, terms.shortfall.paths.len());
    let joint: Vec<Joint> = losses.iter().map(|l| by_path(a, &flags, l)).collect();
    let stress: Vec<Bounded<STRESS>> = joint.iter().map(|j| offset(a, ranges, terms, j)).collect();
    let signed: Vec<Vec<Var>> = joint
        .iter()
        .map(|j| {
            a.number("MREQ45");
            let of = |[size, gain]: &[Var; 2]| a.linear(&[(ONE, *size), (-TWO, *gain)], Fr::ZERO);
            j.paths.iter().map(of).collect()
        })
        .collect();
    let shortfall = shortfall(a, ranges, &terms.shortfall, &signed);
    let scaled = scaled(a, ranges, shortfall, terms.scale);
    let parts = Stresses { joint, stress };
    match terms.rule {
        Rule::Greatest => greatest(a, ranges, &parts, shortfall, scaled),
        Rule::Mix { share } => mix(a, ranges, &parts, scaled, share),
    }
}

/// MREQ51, MREQ68: the shortfall times its scale, in 1e-4.
fn scaled(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    shortfall: Bounded<LOSS>,
    scale: u32,
) -> Bounded<MONEY> {
    let scaled = ceil_of(n(scale) * shortfall.value(), n(BP));
    let scaled = a.witness(Free::ScaledShortfall, scaled);
    a.number("MREQ51");
    let scaled: Bounded<MONEY> = ranges.bound(a, scaled);
    a.number("MREQ68");
    let room = [(n(BP), scaled.var()), (-n(scale), shortfall.var())];
    let room = a.linear(&room, Fr::ZERO);
    ranges.assert::<SCALED_REST>(a, room);
    scaled
}

/// Of every scenario: losses, and the charge with offsets.
struct Stresses {
    joint: Vec<Joint>,
    stress: Vec<Bounded<STRESS>>,
}

/// MREQ38: by path, a flag of every register.
fn flags(a: &mut Arithmetic, wide: &mut Wide<'_>, codes: &[Var], paths: usize) -> Vec<Vec<Var>> {
    a.number("MREQ38");
    let mut flags = vec![Vec::with_capacity(codes.len()); paths];
    for &code in codes {
        let mut of_code = Vec::new();
        for tag in [Tag::Paths, Tag::PathsBeyond]
            .into_iter()
            .take(paths.div_ceil(2))
        {
            let [_, first, second] = wide.find(a, tag, Source::Old(code));
            of_code.extend([first, second]);
        }
        for (path, flag) in flags.iter_mut().zip(of_code) {
            path.push(flag);
        }
    }
    flags
}

/// MREQ39, and Σ losses.
fn by_path(a: &mut Arithmetic, flags: &[Vec<Var>], losses: &[Loss]) -> Joint {
    a.number("MREQ39");
    let mut select = |flags: &[Var], pick: fn(&Loss) -> Var| {
        let mut sum: Option<Term> = None;
        for (flag, loss) in flags.iter().zip(losses) {
            let next = a.product(ONE, *flag, pick(loss), sum, Fr::ZERO);
            sum = Some((ONE, next));
        }
        sum.map(|(_, sum)| sum)
    };
    let paths: Vec<[Var; 2]> = flags
        .iter()
        .filter_map(|flags| {
            Some([
                select(flags, |l| l.whole().var())?,
                select(flags, Loss::part)?,
            ])
        })
        .collect();
    a.number("MREQ7");
    let all = a.total_kept(losses);
    a.number("MREQ42");
    let of_paths = a.linear(&net(&paths, ONE), Fr::ZERO);
    Joint {
        paths,
        all,
        of_paths,
    }
}

/// Losses of some paths as terms, times a factor.
fn net(paths: &[[Var; 2]], by: Fr) -> Vec<Term> {
    let of = |[size, gain]: &[Var; 2]| [(by, *size), (-by, *gain)];
    paths.iter().flat_map(of).collect()
}

/// MREQ40 to MREQ42: the charge of a scenario where gains of a group pay for a share of its losses. It is not
/// negative: what is taken off all losses are those of registers of paths, a path is of one group and a register of
/// one path (MREQ38).
fn offset(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    terms: &PortfolioTerms,
    joint: &Joint,
) -> Bounded<STRESS> {
    let share = n(terms.offset.share);
    let paths = &terms.shortfall.paths;
    let mut sum: Vec<Term> = vec![(ONE, joint.all.var())];
    for group in &terms.offset.groups {
        let members = joint
            .paths
            .iter()
            .zip(paths)
            .filter(|(_, code)| group.contains(code));
        let members: Vec<[Var; 2]> = members.map(|(path, _)| *path).collect();
        let of = |[size, gain]: &[Var; 2]| [(-n(BP), *size), (n(BP) + share, *gain)];
        let mut room: Vec<Term> = members.iter().flat_map(of).collect();
        let needed: Fr = room.iter().map(|(q, v)| -*q * v.value).sum();
        let charge = larger(Fr::ZERO, ceil_of(needed, n(BP)));
        let charge = a.witness(Free::GroupCharge, charge);
        a.number("MREQ40");
        let charge: Bounded<LOSS> = ranges.bound(a, charge);
        a.number("MREQ41");
        room.push((n(BP), charge.var()));
        let room = a.linear(&room, Fr::ZERO);
        ranges.assert::<GROUP_REST>(a, room);
        sum.push((ONE, charge.var()));
        sum.extend(net(&members, -ONE));
    }
    a.number("MREQ42");
    a.not_negative::<PATHS, STRESS>(&sum, Fr::ZERO)
}

/// max(R, ES, min(R without offsets, kES + R of others)).
fn greatest(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    parts: &Stresses,
    shortfall: Bounded<LOSS>,
    scaled: Bounded<MONEY>,
) -> Bounded<WORST> {
    let most = |values: &mut dyn Iterator<Item = Fr>| values.fold(Fr::ZERO, larger);
    let stress = most(&mut parts.stress.iter().map(|s| s.value()));
    let without = most(&mut parts.joint.iter().map(|j| j.all.value()));
    let others = most(&mut parts.joint.iter().map(|j| j.all.value() - j.of_paths.value));
    let both = scaled.value() + others;
    let joint = is_negative(both - without);
    let least = if joint { both } else { without };
    let risk = larger(larger(stress, shortfall.value()), least);
    let risk = a.witness(Free::MarketRisk, risk);
    a.number("MREQ43");
    let bounded = ranges.no_less::<STRESS, LOSS, WORST>(a, risk, &parts.stress);
    a.number("MREQ62");
    let room = a.linear(&[(ONE, risk), (-ONE, shortfall.var())], Fr::ZERO);
    ranges.assert::<LOSS>(a, room);
    a.number("MREQ52");
    let joint = a.witness(Free::JointCounts, bit(joint));
    a.assert_bit(joint);
    for scenario in &parts.joint {
        a.number("MREQ63");
        let other = a.linear(&[(ONE, scenario.of_paths), (-ONE, scaled.var())], Fr::ZERO);
        let room = a.linear(&[(ONE, risk), (-ONE, scenario.all.var())], Fr::ZERO);
        let room = a.product(ONE, joint, other, Some((ONE, room)), Fr::ZERO);
        ranges.assert::<LOSS>(a, room);
    }
    bounded
}

/// x·(kES + R of others) + (1 − x)·R.
fn mix(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    parts: &Stresses,
    scaled: Bounded<MONEY>,
    share: u32,
) -> Bounded<WORST> {
    let most = |values: &mut dyn Iterator<Item = Fr>| values.fold(Fr::ZERO, larger);
    let stress = most(&mut parts.stress.iter().map(|s| s.value()));
    let stress = a.witness(Free::Stress, stress);
    a.number("MREQ43");
    let _: Bounded<WORST> = ranges.no_less::<STRESS, LOSS, WORST>(a, stress, &parts.stress);
    let others = most(&mut parts.joint.iter().map(|j| j.all.value() - j.of_paths.value));
    let others = a.witness(Free::StressOfOthers, others);
    for scenario in &parts.joint {
        a.number("MREQ64");
        let terms = [
            (ONE, others),
            (-ONE, scenario.all.var()),
            (ONE, scenario.of_paths),
        ];
        let room = a.linear(&terms, Fr::ZERO);
        ranges.assert::<LOSS>(a, room);
    }
    let terms = [
        (-n(share), scaled.var()),
        (-n(share), others),
        (-n(BP - share), stress),
    ];
    let least: Fr = terms.iter().map(|(q, v)| -*q * v.value).sum();
    let risk = a.witness(Free::MarketRisk, ceil_of(least, n(BP)));
    a.number("MREQ65");
    let risk: Bounded<MONEY> = ranges.bound(a, risk);
    a.number("MREQ69");
    let mut room = terms.to_vec();
    room.push((n(BP), risk.var()));
    let room = a.linear(&room, Fr::ZERO);
    ranges.assert::<MIX_REST>(a, room);
    a.total(&[risk])
}
