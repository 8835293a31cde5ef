//! The cell-lying harness.
//!
//! First pass: every variable of `small` is changed in turn, all its copies with it, and nothing
//! else. Second pass: every free witness of three slots and of the account-wide parts is changed
//! and the lie flows on into everything computed from it. A lie that breaks nothing must be on a
//! reviewed list with the reason why it gains nothing.

mod support;

use std::collections::{BTreeSet, HashMap};

use ff::Field;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use support::checker::{variables, Checker};
use support::fixture::{market, shipped, Case, HEDGED, TIME};
use zkmargin_circuits::margin::columns::{fixed, C0, C6, G0, G1, LIMB};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lie, Trace};
use zkmargin_circuits::margin::{layout, MarginCircuit, Size};
use zkmargin_engine::field::{low_u64, pow2};
use zkmargin_engine::market::Kind;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// Why a variable may take that value alone, or `None`. A flag may take no value but 0 and 1, a limb
/// none beyond its twelve bits: what says so is a constraint of its own, and a lie that is neither
/// has to break it.
fn reviewed_alone(
    trace: &Trace,
    variable: &[Cell],
    name: Option<Free>,
    lie: Fr,
) -> Option<&'static str> {
    let cell = variable[0];
    let at = |column: usize, row: usize| trace.advice[column][row];
    let is_bit = lie == Fr::ZERO || lie == Fr::ONE;
    let is_limb = Fr::from(low_u64(lie)) == lie && low_u64(lie) < 1 << 12;
    let reads_nothing = || variable.iter().any(|c| is_idle_factor(trace, *c));
    match (cell.column, name) {
        (C6 | LIMB, None) if cell.row % 4 == 3 => {
            let far = at(C6, cell.row - 3) != Fr::ZERO;
            let clamped = at(C6, cell.row - 2) != Fr::ZERO;
            let free = if cell.column == C6 {
                (far || !clamped) && is_bit
            } else {
                !far && !clamped && is_limb
            };
            free.then_some("parity and fourth limb measure a clamp, or a distance beyond the table")
        }
        // G stands where a clamp would put it: N there is zero, with the clamp and without.
        (C6, None) if cell.row % 4 == 1 && is_bit && at(C0, cell.row) == -Fr::from(3072) => {
            Some("a clamp at the end of the table changes nothing")
        }
        (_, Some(Free::Inverse)) if variable.iter().all(|c| is_idle_factor(trace, *c)) => {
            Some("an empty slot has no inverse to bind: its magnitude is bound to zero instead")
        }
        (_, Some(Free::DeltaSign | Free::ShortSign)) if is_bit => Some("the sign of zero is free"),
        (_, Some(Free::JoinsExpiry | Free::JoinsStrike)) if is_bit => {
            Some("not joining two sums that are zero changes nothing")
        }
        (_, Some(Free::IndexUsed)) if is_bit => {
            Some("an index without short options may be left out")
        }
        (_, Some(Free::SpreadOfForward)) if is_bit && reads_nothing() => {
            Some("both half spreads of what is no option are nothing")
        }
        (_, Some(Free::InTail)) if is_bit && reads_nothing() => {
            Some("a point that loses what the threshold is has no excess")
        }
        _ => None,
    }
}

/// Whether nothing but a product with zero reads a cell of the arithmetic lane.
fn is_idle_factor(trace: &Trace, cell: Cell) -> bool {
    let coefficient = |column: usize| trace.fixed[column][cell.row];
    let other = |column: usize| trace.advice[column][cell.row];
    match cell.column {
        G1 => coefficient(fixed::QM) * other(G0) + coefficient(fixed::Q1) == Fr::ZERO,
        G0 => coefficient(fixed::QM) * other(G1) + coefficient(fixed::Q0) == Fr::ZERO,
        _ => false,
    }
}

/// Sixteenths of the variables of `standard` that are lied to.
const SAMPLE: u32 = 4;

/// Lies told to variables one by one.
struct Told {
    told: usize,
    survived: usize,
    unreviewed: Vec<(Cell, Option<Free>, Fr, Fr)>,
}

/// Changes each variable that `chosen` picks, and nothing else.
fn lie_alone(case: &Case, mut chosen: impl FnMut() -> bool) -> Told {
    let circuit = MarginCircuit::new(&case.policy, case.size, &case.witness());
    let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
    let mut trace = circuit.trace().clone();
    let names: HashMap<Cell, Free> = trace.names.iter().copied().collect();
    let publics: Vec<Cell> = trace.publics.iter().map(|(c, _)| *c).collect();
    let mut out = Told {
        told: 0,
        survived: 0,
        unreviewed: Vec::new(),
    };
    for variable in &variables(&trace) {
        // The instance fixes public cells.
        if !chosen() || variable.iter().any(|c| publics.contains(c)) {
            continue;
        }
        let first = variable[0];
        let honest = trace.advice[first.column][first.row];
        let neighbour = trace.advice[first.column][first.row + 1];
        let lies = [
            honest + Fr::ONE,
            honest - Fr::ONE,
            -honest,
            honest + pow2(12),
            neighbour,
        ];
        for lie in lies.into_iter().filter(|lie| *lie != honest) {
            out.told += 1;
            for c in variable {
                trace.advice[c.column][c.row] = lie;
            }
            let broken = checker.broken_by(&trace, variable);
            for c in variable {
                trace.advice[c.column][c.row] = honest;
            }
            if broken.is_none() {
                out.survived += 1;
                let name = names.get(&first).copied();
                if reviewed_alone(&trace, variable, name, lie).is_none() {
                    out.unreviewed.push((first, name, honest, lie));
                }
            }
        }
    }
    println!(
        "{} lies told, {} survived, all reviewed but {}",
        out.told,
        out.survived,
        out.unreviewed.len()
    );
    out
}

#[test]
fn every_variable_is_pinned_by_some_constraint() {
    let out = lie_alone(&Case::mixed(), || true);
    assert!(out.told > 100_000, "{}", out.told);
    assert!(out.unreviewed.is_empty(), "{:#?}", out.unreviewed);
}

fn hedged(policy: &str) -> Case {
    Case::under(shipped(policy), TIME, &HEDGED)
}

#[test]
fn every_variable_of_format_2_is_pinned_by_some_constraint() {
    let out = lie_alone(&hedged("rm2-compact"), || true);
    assert!(out.told > 100_000, "{}", out.told);
    assert!(out.unreviewed.is_empty(), "{:#?}", out.unreviewed);
}

/// A full `standard`: 64 positions over three underlyings, long and short in turn, and cash.
fn full_standard() -> Case {
    let policy = Policy::rm1();
    let market = market(&policy);
    let listed = market
        .instruments()
        .iter()
        .filter(|i| i.id.kind() != Kind::Cash)
        .take(Size::Standard.positions())
        .map(|i| i.name.as_str());
    let mut positions = vec![("USD", "20000000.50"), ("USDT", "-31415.9265")];
    positions.extend(
        listed.zip(
            ["0.5", "-1.25", "2", "-0.75", "-3.00000001"]
                .into_iter()
                .cycle(),
        ),
    );
    let mut case = Case::of(&positions);
    case.size = Size::Standard;
    case
}

#[test]
fn a_sample_of_the_variables_of_a_larger_circuit_is_pinned() {
    // In this size tables share columns with constants.
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let out = lie_alone(&full_standard(), || rng.gen_ratio(SAMPLE, 16));
    assert!(out.told > 120_000, "{}", out.told);
    assert!(out.unreviewed.is_empty(), "{:#?}", out.unreviewed);
}

/// A free witness whose lie may flow on without breaking anything: raising by one, lowering by one, and why it
/// gains nothing.
type Reviewed = (Free, bool, bool, &'static str);

/// Those of format 1.
const OF_FORMAT_1: [Reviewed; 4] = [
    (
        Free::ScenarioCharge,
        true,
        false,
        "a larger charge raises the requirement",
    ),
    (
        Free::ScenarioRequirement,
        true,
        false,
        "a larger requirement",
    ),
    (
        Free::Starts,
        true,
        false,
        "splitting an underlying before the positive part costs the prover",
    ),
    (
        Free::StartedDay,
        true,
        false,
        "one more started day has no smaller roll rate",
    ),
];

/// Those of format 2.
const OF_FORMAT_2: [Reviewed; 16] = [
    (
        Free::LossSize,
        true,
        true,
        "a loss that is larger within 18 units",
    ),
    (Free::LossIsGain, true, true, "the sign of zero is free"),
    (Free::GroupCharge, true, false, "a larger charge"),
    (
        Free::TailThreshold,
        true,
        true,
        "no threshold gives less than the shortfall",
    ),
    (
        Free::InTail,
        true,
        false,
        "a point that loses what the threshold is has no excess",
    ),
    (Free::Shortfall, true, false, "a larger shortfall"),
    (Free::ScaledShortfall, true, false, "a larger shortfall"),
    (Free::MarketRisk, true, false, "a larger market risk"),
    (Free::Stress, true, false, "a larger stress"),
    (Free::StressOfOthers, true, false, "a larger stress"),
    (Free::Exposure, true, false, "a larger exposure"),
    (Free::LiquidityCharge, true, false, "a larger add-on"),
    (Free::ClosingCharge, true, false, "a larger add-on"),
    (Free::ScaledErrorCharge, true, false, "a larger add-on"),
    (
        Free::SpreadOfForward,
        true,
        true,
        "either half spread is no less than the lesser",
    ),
    (
        Free::EntryCosts,
        false,
        true,
        "entry costs that are charged as a position",
    ),
];

/// Those of both.
const REVIEWED_FLOWING: [Reviewed; 16] = [
    (Free::ShortOptionCharge, true, false, "a larger add-on"),
    (Free::RollCharge, true, false, "a larger add-on"),
    (Free::HaircutCharge, true, false, "a larger add-on"),
    (Free::PricingErrorCharge, true, false, "a larger add-on"),
    (Free::Equity, false, true, "a smaller equity"),
    (
        Free::JoinsExpiry,
        false,
        true,
        "splitting a sum before its absolute value costs the prover",
    ),
    (
        Free::JoinsStrike,
        false,
        true,
        "splitting a sum before its positive part costs the prover",
    ),
    (
        Free::Sign,
        true,
        false,
        "an empty slot has no quantity to sign",
    ),
    (Free::DeltaSign, true, false, "the sign of zero is free"),
    (Free::ShortSign, true, false, "the sign of zero is free"),
    (
        Free::Inverse,
        true,
        true,
        "an empty slot has nothing to invert",
    ),
    (
        Free::IndexUsed,
        false,
        true,
        "an index without short options may be left out",
    ),
    (
        Free::IndexPrice,
        true,
        true,
        "an index without short options multiplies zero",
    ),
    (
        Free::Logarithm,
        false,
        true,
        "inside the certified error: the rest has one spare bit",
    ),
    (
        Free::Moneyness,
        false,
        true,
        "inside the certified error: the rest has four spare bits",
    ),
    (
        Free::Reciprocal,
        false,
        true,
        "inside the certified error: the bound allows 1 in 64",
    ),
];

/// Free witnesses of a case whose lies survive, raised or lowered, that no list has.
fn lie_flowing(case: &Case, reviewed: &[Reviewed]) -> BTreeSet<(Free, bool)> {
    let witness = case.witness();
    let honest = layout::build(&case.policy, case.size, &witness, None).trace;
    let circuit = MarginCircuit::new(&case.policy, case.size, &witness);
    let checker = Checker::new(circuit.shape(), circuit.k(), &honest);
    let rows = case.statement().rows();
    let index: HashMap<Cell, usize> = honest
        .order
        .iter()
        .enumerate()
        .map(|(i, c)| (*c, i))
        .collect();
    // Names repeat slot by slot, starting with the strike.
    let starts: Vec<usize> = (0..honest.names.len())
        .filter(|&i| honest.names[i].1 == Free::Strike)
        .collect();
    let slots = case.size.slots();
    let end_of_slots = starts[slots - 1] + (starts[1] - starts[0]);
    let chosen: Vec<usize> = [1, 4, slots - 1]
        .iter()
        .flat_map(|&s| starts[s]..starts[s] + (starts[1] - starts[0]))
        .chain(end_of_slots..honest.names.len())
        .collect();
    let tell = |i: usize| -> Option<(Free, bool)> {
        let (cell, name) = honest.names[i];
        let value = honest.advice[cell.column][cell.row];
        // Bits flip; numbers go up and down in turn.
        let up = value == Fr::ZERO || (value != Fr::ONE && i % 2 == 0);
        let lie = Lie {
            index: index[&cell],
            value: if up { |v| v + Fr::ONE } else { |v| v - Fr::ONE },
        };
        let trace = layout::build(&case.policy, case.size, &witness, Some(lie)).trace;
        checker
            .broken_since(&honest, &trace, &rows)
            .is_empty()
            .then_some((name, up))
    };
    let half = chosen.len() / 2;
    let survivors: Vec<(Free, bool)> = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            chosen[..half]
                .iter()
                .filter_map(|&i| tell(i))
                .collect::<Vec<_>>()
        });
        let mut own: Vec<_> = chosen[half..].iter().filter_map(|&i| tell(i)).collect();
        own.extend(other.join().expect("no panic"));
        own
    });
    println!("{} lies told, {} survived", chosen.len(), survivors.len());
    let is_reviewed = |(name, up): &(Free, bool)| {
        let of =
            |(n, raised, lowered, _): &Reviewed| n == name && if *up { *raised } else { *lowered };
        reviewed.iter().any(of)
    };
    survivors.into_iter().filter(|s| !is_reviewed(s)).collect()
}

#[test]
fn flowing_lies_break_a_constraint_or_cost_the_liar() {
    let reviewed = [&REVIEWED_FLOWING[..], &OF_FORMAT_1].concat();
    let unreviewed = lie_flowing(&Case::mixed(), &reviewed);
    assert!(unreviewed.is_empty(), "{unreviewed:?}");
}

#[test]
fn flowing_lies_of_format_2_break_a_constraint_or_cost_the_liar() {
    let reviewed = [&REVIEWED_FLOWING[..], &OF_FORMAT_2].concat();
    for policy in ["rm2-compact", "spanlike"] {
        let unreviewed = lie_flowing(&hedged(policy), &reviewed);
        assert!(unreviewed.is_empty(), "{policy}: {unreviewed:?}");
    }
}
