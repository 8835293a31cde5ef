//! Sums of buckets by pairs: affine additions that share one inversion.
//!
//! ```text
//! λ = (y₂ − y₁)/(x₂ − x₁),  x₃ = λ² − x₁ − x₂,  y₃ = λ·(x₁ − x₃) − y₁
//! ```
//!
//! is three products and the inverse of a difference, and a batch shares one inversion. It fails for
//! equal and for opposite points, which a random basis does not have and any basis may. Then the
//! range of buckets at hand is added up again with complete formulas.

use ff::Field;
use halo2curves::bn256::{Fq, G1Affine, G1};
use halo2curves::group::Group;
use rayon::prelude::*;

use crate::lanes::{invert, Lanes, Task, WIDTH};
use crate::large::prefetch;

/// Additions that share an inversion.
const BATCH: usize = 2048;
/// Groups of eight additions between asking for their points and using them.
const AHEAD: usize = 3;
/// Entries of a range of buckets, which one thread adds up in its caches.
const RANGE: u32 = 1 << 14;

/// A point of the table with a sign.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry(u32);

impl Entry {
    const SIGN: u32 = 1 << 31;

    /// Point number, and whether its inverse is meant.
    pub(crate) fn new(point: usize, negative: bool) -> Self {
        Entry(point as u32 | if negative { Entry::SIGN } else { 0 })
    }

    #[inline(always)]
    fn place(self) -> usize {
        (self.0 & !Entry::SIGN) as usize
    }

    #[inline(always)]
    fn negative(self) -> bool {
        self.0 & Entry::SIGN != 0
    }
}

/// Adds two points into a place.
#[derive(Clone, Copy)]
struct Addition {
    operands: [Entry; 2],
    to: u32,
}

/// The sum of each bucket, packed; `None` for the identity. Bucket b has the entries from `starts[b]` to
/// `starts[b + 1]`.
pub(crate) fn sums<L: Lanes>(
    points: &[L::Point],
    entries: &[Entry],
    starts: &[u32],
    shared: bool,
) -> Vec<Option<L::Point>> {
    let buckets = starts.len() - 1;
    let mut ranges = Vec::new();
    let mut from = 0;
    while from < buckets {
        let mut to = from + 1;
        while to < buckets && starts[to + 1] - starts[from] <= RANGE {
            to += 1;
        }
        ranges.push(&starts[from..=to]);
        from = to;
    }
    let sum = |starts: &[u32]| range::<L>(points, entries, starts);
    match shared {
        true => ranges.into_par_iter().flat_map_iter(sum).collect(),
        false => ranges.into_iter().flat_map(sum).collect(),
    }
}

fn range<L: Lanes>(
    points: &[L::Point],
    entries: &[Entry],
    starts: &[u32],
) -> Vec<Option<L::Point>> {
    let by_pairs = L::vectorize(Paired::<L> {
        points,
        entries,
        starts,
    });
    by_pairs.unwrap_or_else(|| complete::<L>(points, entries, starts))
}

/// With complete additions.
fn complete<L: Lanes>(
    points: &[L::Point],
    entries: &[Entry],
    starts: &[u32],
) -> Vec<Option<L::Point>> {
    let sum = |entries: &[Entry]| {
        let sum = entries.iter().fold(G1::identity(), |sum, entry| {
            let point = L::unpack(&points[entry.place()]);
            if entry.negative() {
                sum - point
            } else {
                sum + point
            }
        });
        let affine = G1Affine::from(sum);
        (!bool::from(sum.is_identity())).then(|| L::pack(affine.x, affine.y))
    };
    let buckets = starts.windows(2);
    buckets
        .map(|ends| sum(&entries[ends[0] as usize..ends[1] as usize]))
        .collect()
}

/// By pairs; `None` when two points of a pair have one x.
///
/// Its `run` is long because it is one loop over layers: each reads what the one before wrote, in two
/// buffers that change places, and all of it has to be compiled for the instructions of `L`.
struct Paired<'a, L: Lanes> {
    points: &'a [L::Point],
    entries: &'a [Entry],
    starts: &'a [u32],
}

impl<L: Lanes> Task for Paired<'_, L> {
    type Output = Option<Vec<Option<L::Point>>>;

    /// Long because the first layer and the later ones share all that they are made of, and a part of its own
    /// would have to be handed all of it.
    #[inline(always)]
    fn run(self) -> Self::Output {
        let Paired {
            points,
            entries,
            starts,
        } = self;
        let buckets = starts.len() - 1;
        let mut lengths: Vec<u32> = starts.windows(2).map(|ends| ends[1] - ends[0]).collect();
        let total = (starts[buckets] - starts[0]) as usize;
        let Some(any) = points.first().copied() else {
            return Some(vec![None; buckets]);
        };
        let mut additions = Vec::with_capacity(total / 2 + WIDTH);
        let mut now = vec![any; total / 2 + buckets];
        let mut next = vec![any; total / 4 + buckets];
        let mut batch = Batch::<L>::new();
        let mut to = 0;
        for (bucket, length) in lengths.iter_mut().enumerate() {
            for pair in entries[starts[bucket] as usize..starts[bucket + 1] as usize].chunks(2) {
                match pair {
                    [first, second] => additions.push(Addition {
                        operands: [*first, *second],
                        to,
                    }),
                    [lone] => {
                        let point = &points[lone.place()];
                        now[to as usize] = if lone.negative() {
                            L::negate(point)
                        } else {
                            *point
                        };
                    }
                    _ => {}
                }
                to += 1;
            }
            *length = length.div_ceil(2);
        }
        for additions in additions.chunks(BATCH) {
            batch.add::<true>(points, additions, &mut now)?;
        }
        while lengths.iter().any(|length| *length > 1) {
            additions.clear();
            let (mut from, mut to) = (0, 0);
            for length in &mut lengths {
                for pair in 0..*length / 2 {
                    let first = (from + 2 * pair) as usize;
                    let operands = [Entry::new(first, false), Entry::new(first + 1, false)];
                    additions.push(Addition {
                        operands,
                        to: to + pair,
                    });
                }
                if *length % 2 == 1 {
                    next[(to + *length / 2) as usize] = now[(from + *length - 1) as usize];
                }
                from += *length;
                *length = length.div_ceil(2);
                to += *length;
            }
            for additions in additions.chunks(BATCH) {
                batch.add::<false>(&now, additions, &mut next)?;
            }
            std::mem::swap(&mut now, &mut next);
        }
        let mut found = now.iter();
        let sums = lengths.iter().map(|length| match length {
            0 => None,
            _ => found.next().copied(),
        });
        Some(sums.collect())
    }
}

/// One group of eight additions: coordinates of both operands, the difference of their x, and the
/// product of all differences before it.
#[derive(Clone, Copy)]
struct Group8<L: Lanes> {
    first: [L::Vector<Fq>; 2],
    second: [L::Vector<Fq>; 2],
    difference: L::Vector<Fq>,
    before: L::Vector<Fq>,
}

/// First or second operands of up to eight additions; the last of them in lanes that are left.
#[inline(always)]
fn operands<L: Lanes, const SIGNED: bool, const WHICH: usize>(
    points: &[L::Point],
    additions: &[Addition],
) -> [L::Vector<Fq>; 2] {
    let last = additions[additions.len() - 1];
    let mut entries = [last.operands[WHICH]; WIDTH];
    for (entry, addition) in entries.iter_mut().zip(additions) {
        *entry = addition.operands[WHICH];
    }
    let mut operands = [&points[0]; WIDTH];
    let mut negative = 0;
    for (lane, (operand, entry)) in operands.iter_mut().zip(entries).enumerate() {
        *operand = &points[entry.place()];
        negative |= u8::from(entry.negative()) << lane;
    }
    let [x, y] = L::gather(operands);
    match SIGNED {
        true => [
            x,
            L::select(negative, L::offset(L::sub(L::zero(), y), 2), y),
        ],
        false => [x, y],
    }
}

/// Coordinates of a point or of its inverse.
#[inline(always)]
fn operand<L: Lanes>(points: &[L::Point], entry: Entry) -> [Fq; 2] {
    let [x, y] = L::coordinates(&points[entry.place()]);
    [x, if entry.negative() { -y } else { y }]
}

/// Asks for the points of additions that come soon.
#[inline(always)]
fn announce<P>(points: &[P], additions: &[Addition]) {
    for addition in additions {
        let [first, second] = addition.operands;
        prefetch(&points[first.place()]);
        prefetch(&points[second.place()]);
    }
}

/// Room for a batch.
struct Batch<L: Lanes> {
    groups: Vec<Group8<L>>,
    /// The products of differences before each addition, where they are added one by one.
    before: Vec<Fq>,
}

impl<L: Lanes> Batch<L> {
    fn new() -> Self {
        Batch {
            groups: Vec::new(),
            before: Vec::new(),
        }
    }

    /// Adds pairs of points; `SIGNED` entries may stand for inverses. `None`, and nothing of use in
    /// `sums`, when two have one x.
    #[inline(always)]
    fn add<const SIGNED: bool>(
        &mut self,
        points: &[L::Point],
        additions: &[Addition],
        sums: &mut [L::Point],
    ) -> Option<()> {
        match L::IN_MEMORY {
            true => self.add_one_by_one(points, additions, sums),
            false => self.add_by_eights::<SIGNED>(points, additions, sums),
        }
    }

    /// In as many chains of products as there are lanes, since one would wait for every product.
    fn add_one_by_one(
        &mut self,
        points: &[L::Point],
        additions: &[Addition],
        sums: &mut [L::Point],
    ) -> Option<()> {
        self.before.clear();
        let mut products = [Fq::ONE; WIDTH];
        for (number, addition) in additions.iter().enumerate() {
            let ahead = (number + AHEAD * WIDTH).min(additions.len() - 1);
            announce(points, &additions[ahead..=ahead]);
            let [[x1, _], [x2, _]] = addition.operands.map(|entry| operand::<L>(points, entry));
            let product = &mut products[number % WIDTH];
            self.before.push(*product);
            *product *= x2 - x1;
        }
        let mut inverses = invert(products)?;
        let before = additions.iter().zip(&self.before).enumerate();
        for (number, (addition, before)) in before.rev() {
            let [[x1, y1], [x2, y2]] = addition.operands.map(|entry| operand::<L>(points, entry));
            let inverse = &mut inverses[number % WIDTH];
            let slope = (y2 - y1) * (*inverse * before);
            *inverse *= x2 - x1;
            let x3 = slope * slope - x1 - x2;
            let y3 = slope * (x1 - x3) - y1;
            sums[addition.to as usize] = L::pack(x3, y3);
        }
        Some(())
    }

    #[inline(always)]
    fn add_by_eights<const SIGNED: bool>(
        &mut self,
        points: &[L::Point],
        additions: &[Addition],
        sums: &mut [L::Point],
    ) -> Option<()> {
        let one = L::broadcast(&L::factor(Fq::ONE));
        self.groups.clear();
        let mut product = one;
        for (group, eight) in additions.chunks(WIDTH).enumerate() {
            if SIGNED {
                let soon = WIDTH * (group + AHEAD);
                let soon = soon.min(additions.len())..(soon + WIDTH).min(additions.len());
                announce(points, &additions[soon]);
            }
            let additions = eight;
            let first = operands::<L, SIGNED, 0>(points, additions);
            let second = operands::<L, SIGNED, 1>(points, additions);
            let difference = L::offset(L::sub(second[0], first[0]), 2);
            let unused = !(u8::MAX >> (WIDTH - additions.len()));
            let difference = L::select(unused, one, difference);
            self.groups.push(Group8 {
                first,
                second,
                difference,
                before: product,
            });
            product = L::carry(L::mul(product, difference));
        }
        let mut inverse = L::load(invert(L::store(product))?);
        for (group, additions) in self.groups.iter().zip(additions.chunks(WIDTH)).rev() {
            let [x1, y1] = group.first;
            let [x2, y2] = group.second;
            let slope = L::offset(L::sub(y2, y1), 2);
            let slope = L::mul(slope, L::carry(L::mul(inverse, group.before)));
            let slope = L::carry(slope);
            inverse = L::carry(L::mul(inverse, group.difference));
            let x3 = L::sub(L::square(slope), L::add(x1, x2));
            let x3 = L::reduce(L::offset(x3, 4));
            let y3 = L::mul(slope, L::offset(L::sub(x1, x3), 2));
            let y3 = L::reduce(L::offset(L::sub(y3, y1), 2));
            let points = L::scatter(x3, y3);
            for (lane, addition) in additions.iter().enumerate() {
                sums[addition.to as usize] = points[lane];
            }
        }
        Some(())
    }
}
