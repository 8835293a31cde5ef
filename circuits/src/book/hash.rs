//! The hash lane: a whole Poseidon permutation in one row.
//!
//! ```text
//! | u0 … u8 | u9 … u17 | … | u126 … u134 | digest |
//! ```
//!
//! `u` are the inputs of the 135 S-boxes in 15 blocks of nine; the first nine are tag and inputs
//! plus the first constants. Nothing else is needed: the state before a block is linear in the
//! inputs and outputs `w = u^5` of the block before (`Linear`).
//!
//! | no. | constraint | degree |
//! |---|---|---|
//! | BHSH1 | `active·(u⁺ − A·u − B·w − T·w⁺ − k) = 0`, one row of nine per block | 6 |
//! | BHSH2 | `active·(digest − row 0 of the last full round) = 0` | 6 |
//! | BHSH3 | `active·(u0 − k − tag − 11·header − 12·link) = 0` | 2 |
//! | BHSH4, 5, 6 | header, link and the eight `live` are bits | 3 |
//! | BHSH7 | `header·link = 0` | 3 |
//! | BHSH8–10 | outside the stream there is no header and no link, and `key` is fixed | 3 |
//! | BHSH11 | `key = key⁻ + header` in the stream | 2 |
//! | BHSH12 | `link·(x1 − digest⁻) = 0` | 3 |
//! | BHSH13 | `(1 − place)·live = 0` | 3 |
//! | BHSH14 | all eight are live in roots | 2 |
//! | BHSH15 | `place·(1 − live)·x = 0` | 4 |
//! | BHSH16 | `public·(digest − instance) = 0` | 2 |
//! | BHSH17 | a secret is hashed with an index alone: `secret·x3 = … = secret·x8 = 0` | 2 |
//! | BHSH18 | `secret·(x2 − index) = 0` | 2 |
//! | BHSH19 | `secret·(1 − public)·(x1 − x1⁻) = 0`: masks are of the secret whose commitment stands above | 3 |
//!
//! `place` tells which inputs may be live: in nodes all of them, in links all but the first, in headers
//! the last four.
//!
//! ```text
//! | row    | tag | x1       | x2       | x3    | x4                | x5 … x8  |
//! | header |  11 | customer | identity | salt  | n + 2^16·number   | position |
//! | link   |  12 | digest⁻  | position | …     | position          | position |
//! | node   |   5 | child    | child    | child | child             | child    |
//! | secret |   8 | secret   | 0        | 0     | 0                 | 0        |
//! | masks  |  17 | secret   | index    | 0     | 0                 | 0        |
//! ```
//!
//! How many positions a leaf has, and that there are no gaps between them, needs no gate: `spec/book.md`,
//! section 5, "Leaf".

use super::columns::{fixed, Columns, INPUTS};
use super::permutation::{constants, steps};
use crate::system::algebra::{dot, Cells, Gate, Value};
use crate::system::poseidon::{BLOCKS, WIDTH};
use zkmargin_engine::account::POSITIONS_IN_HEADER;
use zkmargin_engine::commitment::tag;

fn fifth<T: Value>(u: &T) -> T {
    let square = u.clone() * u.clone();
    square.clone() * square * u.clone()
}

/// Input `i` of the permutation of a row: 0 is the tag.
pub(crate) fn input<T: Value, C: Cells<T>>(columns: &Columns, cells: &C, i: usize) -> T {
    input_at(columns, cells, i, 0)
}

/// The same, `rotation` rows below.
fn input_at<T: Value, C: Cells<T>>(columns: &Columns, cells: &C, i: usize, rotation: i32) -> T {
    cells.advice(columns.hash.sboxes + i, rotation) - T::constant(constants(0)[i])
}

/// Lanes of the state after the permutation of a row: 0 is the digest. Of degree 5.
pub(super) fn lanes<T: Value, C: Cells<T>, const N: usize>(
    columns: &Columns,
    cells: &C,
    lanes: [usize; N],
) -> [T; N] {
    let first = columns.hash.sboxes + (BLOCKS - 1) * WIDTH;
    let boxed: Vec<T> = (0..WIDTH)
        .map(|i| fifth(&cells.advice(first + i, 0)))
        .collect();
    // The last round is full and adds no constants.
    let matrix = &steps()[BLOCKS - 1].outputs;
    lanes.map(|lane| dot(&matrix[lane], &boxed))
}

/// Inputs before the positions of a header: customer, identity, salt, count.
const NAMES: usize = INPUTS - POSITIONS_IN_HEADER;

/// BHSH1 to BHSH19.
pub(crate) fn gates<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Gate<T>> {
    let mut gates = permutation(columns, cells);
    let lane = &columns.hash;
    let a = |column: usize| cells.advice(column, 0);
    let f = |column: usize| cells.fixed(column, 0);
    let one = || T::small(1);
    let x = |i: usize| input(columns, cells, i);
    let (header, link) = (|| a(lane.header), || a(lane.link));
    let live = |i: usize| a(lane.live + i);
    let (active, stream) = (|| f(fixed::ACTIVE), || f(fixed::STREAM));
    let tag_of = |tag: u64| T::small(tag);

    let tag_cell = f(fixed::TAG) + header() * tag_of(tag::LEAF) + link() * tag_of(tag::LEAF_LINK);
    gates.push(("BHSH3 tag", active() * (x(0) - tag_cell)));
    let bit = |bit: T| active() * bit.clone() * (bit - one());
    gates.push(("BHSH4 header", bit(header())));
    gates.push(("BHSH5 link", bit(link())));
    for i in 0..INPUTS {
        gates.push(("BHSH6 live", bit(live(i))));
    }
    gates.push(("BHSH7 one kind", active() * header() * link()));
    let outside = || active() - stream();
    gates.push(("BHSH8 header outside", outside() * header()));
    gates.push(("BHSH9 link outside", outside() * link()));
    gates.push((
        "BHSH10 key outside",
        outside() * (a(lane.key) - f(fixed::KEY)),
    ));
    let key_above = cells.advice(lane.key, -1);
    gates.push((
        "BHSH11 key",
        stream() * (a(lane.key) - key_above - header()),
    ));
    let digest_above = cells.advice(lane.digest, -1);
    gates.push(("BHSH12 chain", stream() * link() * (x(1) - digest_above)));
    let node = || f(fixed::TREE);
    let root = || node() - f(fixed::INNER);
    for i in 0..INPUTS {
        let place = match i {
            0 => node(),
            _ if i < NAMES => node() + link(),
            _ => node() + link() + header(),
        };
        gates.push(("BHSH13 place", active() * (one() - place.clone()) * live(i)));
        gates.push(("BHSH14 root", root() * (one() - live(i))));
        gates.push((
            "BHSH15 empty",
            active() * place * (one() - live(i)) * x(i + 1),
        ));
    }
    let public = cells.instance(1, 0);
    gates.push((
        "BHSH16 public",
        f(fixed::PUBLIC) * (a(lane.digest) - public),
    ));
    gates.extend(secrets(columns, cells));
    gates
}

/// BHSH17 to BHSH19.
fn secrets<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Gate<T>> {
    let x = |i: usize| input(columns, cells, i);
    let secret = || cells.fixed(fixed::SECRET, 0);
    let mut gates: Vec<Gate<T>> = (3..=INPUTS)
        .map(|i| ("BHSH17 secret", secret() * x(i)))
        .collect();
    let index = cells.fixed(fixed::INDEX, 0);
    gates.push(("BHSH18 index", secret() * (x(2) - index)));
    let above = input_at(columns, cells, 1, -1);
    let masks = secret() * (T::small(1) - cells.fixed(fixed::PUBLIC, 0));
    gates.push(("BHSH19 masks", masks * (x(1) - above)));
    gates
}

/// BHSH1, BHSH2.
fn permutation<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Gate<T>> {
    let lane = &columns.hash;
    let active = || cells.fixed(fixed::ACTIVE, 0);
    let block = |b: usize| -> Vec<T> {
        (0..WIDTH)
            .map(|i| cells.advice(lane.sboxes + b * WIDTH + i, 0))
            .collect()
    };
    let mut gates = Vec::new();
    let mut u = block(0);
    let mut w: Vec<T> = u.iter().map(fifth).collect();
    for (b, step) in steps().iter().enumerate() {
        let k = constants(b + 1);
        let next = |i: usize| {
            let mut sum = dot(&step.outputs[i], &w) + T::constant(k[i]);
            if let Some(inputs) = &step.inputs {
                sum = sum + dot(&inputs[i], &u);
            }
            sum
        };
        if b + 1 == BLOCKS {
            let digest = cells.advice(lane.digest, 0);
            gates.push(("BHSH2 digest", active() * (digest - next(0))));
            break;
        }
        let u_next = block(b + 1);
        let w_next: Vec<T> = u_next.iter().map(fifth).collect();
        for i in 0..WIDTH {
            let mut sum = next(i);
            if let Some(triangle) = &step.triangle {
                sum = sum + dot(&triangle[i], &w_next);
            }
            gates.push(("BHSH1 state", active() * (u_next[i].clone() - sum)));
        }
        (u, w) = (u_next, w_next);
    }
    gates
}
