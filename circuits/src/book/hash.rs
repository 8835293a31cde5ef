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
//! | BHSH3 | `active·(u0 − k − tag − 3·header − 4·link) = 0` | 2 |
//! | BHSH4, 5, 6 | header, link and the eight `live` are bits | 3 |
//! | BHSH7 | `header·link = 0` | 3 |
//! | BHSH8–11 | outside the stream there is no header and no link, `left` is zero and `key` is fixed | 3 |
//! | BHSH12 | `key = key⁻ + header` in the stream | 2 |
//! | BHSH13 | `header·(left − x4) = 0` | 3 |
//! | BHSH14 | `link·(left − left⁻ + Σ live) = 0` | 3 |
//! | BHSH15 | `left = 0` on idle rows | 3 |
//! | BHSH16 | `stream·(1 − link⁺)·left = 0`: a leaf ends with its last position | 3 |
//! | BHSH17 | `link·(x1 − digest⁻) = 0` | 2 |
//! | BHSH18 | `header·x5 = … = header·x8 = 0` | 2 |
//! | BHSH19 | `live` only where a link or a node is, the first one only in nodes | 3 |
//! | BHSH20 | all eight are live in roots | 2 |
//! | BHSH21 | `(1 − live)·x = 0` for positions of links and children of nodes | 3 |
//! | BHSH22 | the first position of a link is there | 3 |
//! | BHSH23 | positions fill a link from the left | 4 |
//! | BHSH24 | all are there but in the last link | 4 |
//! | BHSH25 | `public·(digest − instance) = 0` | 2 |
//! | BHSH26 | masks hash nothing but themselves: `mask·x2 = … = mask·x8 = 0` | 2 |

use super::columns::{fixed, Columns, INPUTS};
use super::permutation::{constants, steps};
use crate::system::algebra::{dot, Cells, Gate, Value};
use crate::system::poseidon::{BLOCKS, WIDTH};
use zkmargin_engine::commitment::tag;

fn fifth<T: Value>(u: &T) -> T {
    let square = u.clone() * u.clone();
    square.clone() * square * u.clone()
}

/// Input `i` of the permutation of a row: 0 is the tag.
pub(crate) fn input<T: Value, C: Cells<T>>(columns: &Columns, cells: &C, i: usize) -> T {
    cells.advice(columns.hash.sboxes + i, 0) - T::constant(constants(0)[i])
}

/// BHSH1 to BHSH26.
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

    let tag_cell =
        f(fixed::TAG) + header() * tag_of(tag::LEAF_HEADER) + link() * tag_of(tag::LEAF_CHAIN);
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
    gates.push(("BHSH10 left outside", outside() * a(lane.left)));
    gates.push((
        "BHSH11 key outside",
        outside() * (a(lane.key) - f(fixed::KEY)),
    ));
    let key_above = cells.advice(lane.key, -1);
    gates.push((
        "BHSH12 key",
        stream() * (a(lane.key) - key_above - header()),
    ));
    let left = || a(lane.left);
    let absorbed = (0..INPUTS).map(live).reduce(|a, b| a + b);
    let absorbed = absorbed.unwrap_or_else(|| T::small(0));
    let left_above = cells.advice(lane.left, -1);
    gates.push(("BHSH13 count", stream() * header() * (left() - x(4))));
    gates.push((
        "BHSH14 left",
        stream() * link() * (left() - left_above + absorbed),
    ));
    let idle = stream() - header() - link();
    gates.push(("BHSH15 idle", stream() * idle * left()));
    let next_link = cells.advice(lane.link, 1);
    gates.push((
        "BHSH16 complete",
        stream() * (one() - next_link.clone()) * left(),
    ));
    let digest_above = cells.advice(lane.digest, -1);
    gates.push(("BHSH17 chain", stream() * link() * (x(1) - digest_above)));
    for i in 5..=INPUTS {
        gates.push(("BHSH18 header", active() * header() * x(i)));
    }
    let node = || f(fixed::TREE);
    for i in 0..INPUTS {
        let place = if i == 0 { node() } else { node() + link() };
        gates.push(("BHSH19 place", active() * (one() - place.clone()) * live(i)));
        let root = node() - f(fixed::INNER);
        gates.push(("BHSH20 root", root * (one() - live(i))));
        gates.push((
            "BHSH21 empty",
            active() * place * (one() - live(i)) * x(i + 1),
        ));
    }
    gates.push(("BHSH22 first", active() * link() * (one() - live(1))));
    for i in 1..INPUTS - 1 {
        let gap = (one() - live(i)) * live(i + 1);
        gates.push(("BHSH23 from the left", active() * link() * gap));
    }
    let short = one() - live(INPUTS - 1);
    gates.push(("BHSH24 full", stream() * link() * next_link * short));
    let public = cells.instance(1, 0);
    gates.push((
        "BHSH25 public",
        f(fixed::PUBLIC) * (a(lane.digest) - public),
    ));
    for i in 2..=INPUTS {
        gates.push(("BHSH26 mask", f(fixed::MASK) * x(i)));
    }
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
