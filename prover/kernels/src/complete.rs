//! Additions that hold for any points: `y² = x³ + 3` in projective coordinates `(X : Y : Z)`.
//!
//! The formulas are those of Renes, Costello and Batina, "Complete addition formulas for prime order
//! elliptic curves" (2015), algorithms 7 to 9. Coordinates are below 1.3p after additions, below 2.3p
//! after doublings; a comment gives the multiple of p that each step stays below.

use halo2curves::bn256::{Fq, G1};
use halo2curves::group::Group;
use halo2curves::CurveExt;

use ff::Field;

use crate::lanes::{Lanes, Task, WIDTH};

/// Eight points, carried.
#[derive(Clone, Copy)]
pub(crate) struct Points<L: Lanes> {
    x: L::Vector<Fq>,
    y: L::Vector<Fq>,
    z: L::Vector<Fq>,
}

#[inline(always)]
fn mul<L: Lanes>(a: L::Vector<Fq>, b: L::Vector<Fq>) -> L::Vector<Fq> {
    L::carry(L::mul(a, b))
}

#[inline(always)]
fn add<L: Lanes>(a: L::Vector<Fq>, b: L::Vector<Fq>) -> L::Vector<Fq> {
    L::carry(L::add(a, b))
}

/// `a − b + multiple·p`.
#[inline(always)]
fn sub<L: Lanes>(a: L::Vector<Fq>, b: L::Vector<Fq>, multiple: u32) -> L::Vector<Fq> {
    L::offset(L::sub(a, b), multiple)
}

/// `a·b + c·d`.
#[inline(always)]
fn sum<L: Lanes>(
    a: L::Vector<Fq>,
    b: L::Vector<Fq>,
    c: L::Vector<Fq>,
    d: L::Vector<Fq>,
) -> L::Vector<Fq> {
    let products = L::wide_add(L::wide_zero(), a, b);
    L::carry(L::wide_reduce(L::wide_add(products, c, d)))
}

/// `3a`, raw.
#[inline(always)]
fn thrice<L: Lanes>(a: L::Vector<Fq>) -> L::Vector<Fq> {
    L::add(L::add(a, a), a)
}

/// `9a` for a below 1.7p, reduced.
#[inline(always)]
fn nine<L: Lanes>(a: L::Vector<Fq>) -> L::Vector<Fq> {
    let a = thrice::<L>(a);
    L::reduce(L::carry(thrice::<L>(a)))
}

impl<L: Lanes> Points<L> {
    /// Affine points.
    #[inline(always)]
    pub(crate) fn affine([x, y]: [L::Vector<Fq>; 2]) -> Self {
        let z = L::broadcast(&L::factor(Fq::ONE));
        Points { x, y, z }
    }

    #[inline(always)]
    fn identity() -> Self {
        let Points { x, z, .. } = Self::affine([L::zero(); 2]);
        Points { x, y: z, z: x }
    }

    /// `Z`, to be inverted.
    #[inline(always)]
    pub(crate) fn denominators(&self) -> L::Vector<Fq> {
        self.z
    }

    /// Affine coordinates below 1.2p, given the inverses of `Z`.
    #[inline(always)]
    pub(crate) fn divided(&self, inverses: L::Vector<Fq>) -> [L::Vector<Fq>; 2] {
        [mul::<L>(self.x, inverses), mul::<L>(self.y, inverses)]
    }

    /// Twice the points; coordinates below 2.3p before and after.
    #[inline(always)]
    pub(crate) fn double(self) -> Self {
        let square = L::carry(L::square(self.y)); // 1.1
        let twice = L::add(square, square);
        let four = L::add(twice, twice);
        let eight = add::<L>(four, four); // 8.6
        let yz = mul::<L>(self.y, self.z); // 1.1
        let nine = nine::<L>(L::carry(L::square(self.z))); // 1.2
        let t = sub::<L>(square, thrice::<L>(nine), 4); // 5.1
        let xy = mul::<L>(self.x, self.y); // 1.1
        let half = mul::<L>(t, xy); // 1.1
        Points {
            x: add::<L>(half, half),
            y: sum::<L>(nine, eight, t, add::<L>(square, nine)),
            z: mul::<L>(yz, eight),
        }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        let xx = mul::<L>(self.x, other.x); // 1.1, as the next two
        let yy = mul::<L>(self.y, other.y);
        let zz = mul::<L>(self.z, other.z);
        // Each below 4.1.
        let xy = mul::<L>(add::<L>(self.x, self.y), add::<L>(other.x, other.y));
        let xy = sub::<L>(xy, L::add(xx, yy), 3);
        let yz = mul::<L>(add::<L>(self.y, self.z), add::<L>(other.y, other.z));
        let yz = sub::<L>(yz, L::add(yy, zz), 3);
        let xz = mul::<L>(add::<L>(self.x, self.z), add::<L>(other.x, other.z));
        let xz = sub::<L>(xz, L::add(xx, zz), 3);
        Self::joined(xx, yy, zz, xy, yz, xz)
    }

    /// Adds points other than the identity.
    #[inline(always)]
    fn plus_affine(self, [x, y]: [L::Vector<Fq>; 2]) -> Self {
        let xx = mul::<L>(self.x, x); // 1.1, as the next
        let yy = mul::<L>(self.y, y);
        let xy = mul::<L>(add::<L>(self.x, self.y), add::<L>(x, y));
        let xy = sub::<L>(xy, L::add(xx, yy), 3); // 4.2
        let yz = add::<L>(L::mul(y, self.z), self.y); // 2.4, as the next
        let xz = add::<L>(L::mul(x, self.z), self.x);
        Self::joined(xx, yy, self.z, xy, yz, xz)
    }

    /// The sum from `X₁X₂`, `Y₁Y₂`, `Z₁Z₂`, `X₁Y₂ + X₂Y₁`, `Y₁Z₂ + Y₂Z₁`, `X₁Z₂ + X₂Z₁`.
    #[inline(always)]
    fn joined(
        xx: L::Vector<Fq>,
        yy: L::Vector<Fq>,
        zz: L::Vector<Fq>,
        xy: L::Vector<Fq>,
        yz: L::Vector<Fq>,
        xz: L::Vector<Fq>,
    ) -> Self {
        let xx = L::carry(thrice::<L>(xx)); // 3.3
        let zz = nine::<L>(zz); // 1.2
        let more = add::<L>(yy, zz); // 2.3
        let less = sub::<L>(yy, zz, 2); // 3.1
        let xz = nine::<L>(L::reduce(xz)); // 1.2
        let minus = sub::<L>(L::zero(), xz, 2); // 2
        Points {
            x: sum::<L>(xy, less, yz, minus),
            y: sum::<L>(less, more, xz, xx),
            z: sum::<L>(more, yz, xx, xy),
        }
    }

    /// Those of the mask from here, the others from `no`.
    #[inline(always)]
    fn select(self, mask: u8, no: Self) -> Self {
        Points {
            x: L::select(mask, self.x, no.x),
            y: L::select(mask, self.y, no.y),
            z: L::select(mask, self.z, no.z),
        }
    }

    /// As points of the curve library, which takes `(XZ, YZ², Z)` for them.
    #[inline(always)]
    fn store(self) -> [G1; WIDTH] {
        let (x, y, z) = (L::store(self.x), L::store(self.y), L::store(self.z));
        std::array::from_fn(|i| {
            let point = G1::new_jacobian(x[i] * z[i], y[i] * z[i].square(), z[i]);
            Option::from(point).expect("sums of points of the curve are on it")
        })
    }
}

/// `Σ (i + 1)·pᵢ`: each lane sums a stretch of the points from its end.
pub(crate) struct Weighted<'a, L: Lanes>(pub(crate) &'a [Option<L::Point>]);

impl<L: Lanes> Task for Weighted<'_, L> {
    type Output = G1;

    #[inline(always)]
    fn run(self) -> G1 {
        let used = self.0.iter().rposition(Option::is_some);
        let points = &self.0[..used.map_or(0, |last| last + 1)];
        let Some(any) = points.iter().flatten().next() else {
            return G1::identity();
        };
        let stretch = points.len().div_ceil(WIDTH);
        let mut run = Points::<L>::identity();
        let mut total = run;
        for i in (0..stretch).rev() {
            let (mut next, mut mask) = ([any; WIDTH], 0);
            for (lane, next) in next.iter_mut().enumerate() {
                if let Some(Some(point)) = points.get(lane * stretch + i) {
                    *next = point;
                    mask |= 1 << lane;
                }
            }
            run = run.plus_affine(L::gather(next)).select(mask, run);
            total = total.plus(run);
        }
        // What a lane holds weighs a stretch more than it does in the lane before.
        let (mut later, mut shift) = (G1::identity(), G1::identity());
        for run in run.store().iter().skip(1).rev() {
            later += run;
            shift += later;
        }
        let shifted = shift * halo2curves::bn256::Fr::from(stretch as u64);
        total.store().iter().fold(shifted, |sum, total| sum + total)
    }
}
