//! Format 2: the scene of its attacks, and the signed losses that all of its terms read.

use ff::Field;
use zkmargin_circuits::margin::columns::G2;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::{bits, signed, to_i128};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};
use crate::support::fixture::{shipped, Case, HEDGED, TIME};

pub const CALL: &str = "BTC-1790323200-80000-C";
pub const PERPETUAL: &str = "BTC-PERPETUAL";
pub const UNDERLYINGS: usize = 2;
/// Scenarios from here on tell no exposure of liquidity.
pub const BEYOND_EXPOSURES: usize = 8;

/// Long of one underlying with a path and short of another.
pub const PAIR: [(&str, &str); 3] = [
    ("USD", "9000000"),
    ("BTC-PERPETUAL", "10"),
    ("ETH-PERPETUAL", "-100"),
];

/// Holders of some positions under a policy.
pub fn held(policy: Policy, positions: &[(&str, &str)]) -> Attack {
    Attack::on(Case::under(policy, TIME, positions))
}

pub fn attack_under(name: &str) -> Attack {
    held(shipped(name), &HEDGED)
}

pub fn attack() -> Attack {
    attack_under("rm2-compact")
}

fn compact() -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/../policies/rm2-compact.toml");
    std::fs::read_to_string(path).expect("a policy")
}

fn read(mut text: String, words: &[(&str, &str)]) -> Policy {
    for (from, to) in words {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Policy::from_toml(&text, "policy.toml").expect("a valid policy")
}

/// The compact policy with each of some words replaced wherever it stands.
pub fn changed(words: &[(&str, &str)]) -> Policy {
    read(compact(), words)
}

/// The same with a single joint point, `count, price BTC, vol BTC, price ETH, vol ETH`, and without moves beyond
/// the range.
pub fn with_point(point: &str, words: &[(&str, &str)]) -> Policy {
    let text = compact();
    let (before, points) = text.split_once("points = [\n").expect("points");
    let (_, after) = points.split_once("\n]\n").expect("an end");
    let text = format!("{before}points = [[{point}]]\n{after}");
    let inside = |line: &&str| !line.starts_with("  { shock");
    let lines: Vec<&str> = text.lines().filter(inside).collect();
    read(lines.join("\n"), words)
}

/// Demands that nothing but a number is broken.
#[track_caller]
pub fn alone(attack: &Attack, number: &str) {
    let broken = attack.broken();
    assert_eq!(broken.keys().collect::<Vec<_>>(), [number], "{broken:?}");
}

/// Tells a lie to a cell, which breaks one row of a number and nothing else.
#[track_caller]
pub fn tell(mut attack: Attack, cell: Cell, lie: fn(Fr) -> Fr, number: &str) {
    let told = lie(attack.honest(cell));
    assert_ne!(told, attack.honest(cell), "{number}: no lie");
    attack.forge(cell, told);
    assert_eq!(attack.broken(), only(number, 1));
}

/// Tells a lie to the last result of a number.
#[track_caller]
pub fn result(number: &str, lie: fn(Fr) -> Fr) {
    let attack = attack();
    let cell = attack.result(number, None);
    tell(attack, cell, lie, number);
}

pub fn nothing(_: Fr) -> Fr {
    Fr::ZERO
}

pub fn scenarios(attack: &Attack) -> usize {
    attack.case.policy.scenarios().len()
}

/// The value of a free witness in the attacker's trace, where it may have followed a lie.
pub fn followed(attack: &Attack, name: Free, n: usize) -> i128 {
    let cell = attack.shared(name, n);
    to_i128(attack.trace().advice[cell.column][cell.row])
}

/// The first of some free witnesses of a name whose honest value is what is asked for.
pub fn where_honest(attack: &Attack, name: Free, of: usize, wanted: fn(Fr) -> bool) -> Cell {
    let cells = (0..of).map(|n| attack.shared(name, n));
    let mut found = cells.filter(|cell| wanted(attack.honest(*cell)));
    found.next().unwrap_or_else(|| panic!("no such {name:?}"))
}

/// A loss of an underlying in a scenario.
pub struct Node {
    pub size: Cell,
    pub gains: Cell,
    /// `gains·size`.
    pub part: Cell,
    /// What covers the loss.
    pub rest: Cell,
    /// The loss, negative where it is a gain.
    pub loss: i128,
}

/// Losses by scenario, then by register, latest underlying first.
pub fn nodes(attack: &Attack) -> Vec<Node> {
    let rows = |number| attack.rows(Lane::Arithmetic, number);
    let count = scenarios(attack) * UNDERLYINGS;
    let parts = rows("MREQ36");
    // Their last rows: a loss has two with a weight, one without.
    let rests: Vec<usize> = (0..count)
        .map(|n| {
            let mut of = rows("MREQ37").into_iter();
            let end = parts.get(n + 1).copied().unwrap_or(usize::MAX);
            of.rfind(|row| *row < end).expect("a row")
        })
        .collect();
    (0..count)
        .map(|n| {
            let [size, gains] =
                [Free::LossSize, Free::LossIsGain].map(|name| attack.shared(name, n));
            let size_of = to_i128(attack.honest(size));
            let loss = match attack.honest(gains) == Fr::ONE {
                true => -size_of,
                false => size_of,
            };
            let [part, rest] = [parts[n], rests[n]].map(|row| Cell { column: G2, row });
            Node {
                size,
                gains,
                part,
                rest,
                loss,
            }
        })
        .collect()
}

/// A node that tells no exposure.
fn node(attack: &Attack, wanted: impl Fn(&Node) -> bool) -> Node {
    let mut beyond = nodes(attack)
        .into_iter()
        .skip(BEYOND_EXPOSURES * UNDERLYINGS);
    beyond.find(wanted).expect("a node of this kind")
}

#[test]
fn honest_account_breaks_nothing() {
    for name in ["rm2", "rm2-compact", "spanlike"] {
        assert!(attack_under(name).broken().is_empty(), "{name}");
    }
}

/// Attack: a gain of one underlying is a loss below zero, which pays for the loss of another in full.
#[test]
fn loss_below_zero() {
    let mut attack = attack();
    let gain = node(&attack, |node| node.loss < 0);
    attack
        .forge(gain.size, -attack.honest(gain.size))
        .forge(gain.gains, Fr::ZERO);
    assert_eq!(attack.broken(), only("MREQ34", 1));
}

/// Attack: the losses of two underlyings in one scenario are half a unit from integers, one above and one
/// below.
#[test]
fn fraction_as_a_node_loss() {
    let positions = [
        ("USD", "9000000"),
        ("ETH-1813910400-4500-C", "-10.5"),
        ("SOL-1813910400-200-C", "-123.4"),
    ];
    // Of underlyings without a path, so that no point reads them.
    let one_path = [
        ("paths = [\"BTC\", \"ETH\"]", "paths = [\"BTC\"]"),
        ("[[\"BTC\", \"ETH\"]]", "[]"),
    ];
    let mut attack = held(with_point("2, \"-1\", \"1\"", &one_path), &positions);
    let half = Fr::from(2).invert().expect("not zero");
    // One that was rounded up by half a unit at least; all count fully.
    let all = nodes(&attack);
    let rounded = |node: &Node| bits(attack.honest(node.rest), 76, 128) >= 500_000_000_000;
    let found = (BEYOND_EXPOSURES..20).find_map(|s| {
        let pair = [&all[2 * s], &all[2 * s + 1]];
        let low = pair.iter().position(|node| rounded(node))?;
        pair.iter().all(|node| node.loss > 0).then_some((pair, low))
    });
    let (pair, low) = found.expect("two losses, one of them rounded up by half a unit");
    let (down, up) = (pair[low].size, pair[1 - low].size);
    attack.shift(down, -half).shift(up, half);
    assert_eq!(attack.broken(), only("MREQ34", 2));
}

/// The size of a loss that is taken for half of it: the rest is a part that no bit lets through.
fn half_of(loss: i128) -> (Fr, Fr) {
    let size = 2 + loss % 2;
    let part = (size - loss) / 2;
    (signed(size), signed(part))
}

/// Attack: a loss is half loss and half gain, by a bit that is none.
#[test]
fn loss_that_is_in_part_a_gain() {
    let mut attack = attack();
    let node = node(&attack, |node| node.loss > 1_000_000);
    let (size, part) = half_of(node.loss);
    let bit = part * size.invert().expect("not zero");
    attack.forge(node.size, size).forge(node.gains, bit);
    assert_eq!(attack.broken(), only("MREQ35", 1));
}

/// Attack: the same by a part that is not the product.
#[test]
fn part_of_a_loss_invented() {
    let mut attack = attack();
    let node = node(&attack, |node| node.loss > 1_000_000);
    let (size, part) = half_of(node.loss);
    attack.forge(node.size, size).forge(node.part, part);
    assert_eq!(attack.broken(), only("MREQ36", 1));
}

/// Attack: a gain is raised to zero before the lines of liquidity read its size.
#[test]
fn gain_raised_to_zero() {
    let mut attack = attack();
    let mut told = 0;
    for node in nodes(&attack)
        .iter()
        .take(BEYOND_EXPOSURES * UNDERLYINGS)
        .filter(|node| node.loss < 0)
    {
        attack.relent().forge(node.size, Fr::ZERO);
        assert_eq!(attack.broken(), only("MREQ37", 1));
        told += 1;
    }
    assert!(told > 4, "{told}");
}

/// Attack: a loss is a unit lower than it is, or a gain a unit larger; none is 19 units above either.
#[test]
fn loss_one_unit_off() {
    let mut attack = attack();
    for sign in [1, -1] {
        let node = nodes(&attack)
            .into_iter()
            .find(|node| node.loss.signum() == sign)
            .expect("one");
        for units in [-1, 19] {
            let step = signed(units * sign);
            attack.relent().shift(node.size, step);
            assert_eq!(attack.broken(), only("MREQ37", 1), "{sign}, {units}");
        }
    }
}
