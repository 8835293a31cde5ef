//! The curve `y² = x³ + 3` and its twist. Its order is prime, so every point but the one at
//! infinity has `y ≠ 0`, and every point on the curve is in the group.

use super::field::Fq;
use super::tower::Fq2;

/// A point of the curve in affine form, not at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct G1 {
    /// First coordinate.
    pub x: Fq,
    /// Second coordinate.
    pub y: Fq,
}

impl G1 {
    /// The generator (1, 2).
    pub fn generator() -> Self {
        G1 {
            x: Fq::ONE,
            y: Fq::from(2),
        }
    }

    /// A point, if it is on the curve.
    pub fn new(x: Fq, y: Fq) -> Option<Self> {
        (y.square() == x.square() * x + Fq::from(3)).then_some(G1 { x, y })
    }

    /// The point with this `x` and parity of `y`, if there is one.
    pub fn decompress(x: Fq, odd: bool) -> Option<Self> {
        let y = (x.square() * x + Fq::from(3)).sqrt()?;
        Some(G1 {
            x,
            y: if y.is_odd() == odd { y } else { -y },
        })
    }

    /// The opposite point.
    pub fn negated(self) -> Self {
        G1 {
            x: self.x,
            y: -self.y,
        }
    }
}

/// A point in Jacobian form: `(X/Z², Y/Z³)`, at infinity when `Z = 0`.
#[derive(Clone, Copy, Debug)]
pub struct Jacobian {
    x: Fq,
    y: Fq,
    z: Fq,
}

impl Jacobian {
    /// The point at infinity.
    pub const INFINITY: Self = Jacobian {
        x: Fq::ONE,
        y: Fq::ONE,
        z: Fq::ZERO,
    };

    /// Whether this is the point at infinity.
    pub(crate) fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// Twice the point.
    pub fn double(&self) -> Self {
        let a = self.x.square();
        let b = self.y.square();
        let c = b.square();
        let d = ((self.x + b).square() - a - c).double();
        let e = a.double() + a;
        let x = e.square() - d.double();
        let y = e * (d - x) - c.double().double().double();
        let z = (self.y * self.z).double();
        Jacobian { x, y, z }
    }

    /// The sum with an affine point.
    pub fn add_affine(&self, other: &G1) -> Self {
        if self.is_infinity() {
            return (*other).into();
        }
        let zz = self.z.square();
        let u = other.x * zz;
        let s = other.y * self.z * zz;
        self.join(self.x, self.y, u, s, self.z)
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Self {
        if self.is_infinity() {
            return *other;
        }
        if other.is_infinity() {
            return *self;
        }
        let (zz, other_zz) = (self.z.square(), other.z.square());
        let u1 = self.x * other_zz;
        let u2 = other.x * zz;
        let s1 = self.y * other.z * other_zz;
        let s2 = other.y * self.z * zz;
        self.join(u1, s1, u2, s2, self.z * other.z)
    }

    /// Sum of `(u1, s1)` and `(u2, s2)`, both scaled to the denominator `z`.
    fn join(&self, u1: Fq, s1: Fq, u2: Fq, s2: Fq, z: Fq) -> Self {
        let (h, r) = (u2 - u1, s2 - s1);
        if h.is_zero() {
            return if r.is_zero() {
                self.double()
            } else {
                Self::INFINITY
            };
        }
        let hh = h.square();
        let hhh = hh * h;
        let v = u1 * hh;
        let x = r.square() - hhh - v.double();
        let y = r * (v - x) - s1 * hhh;
        Jacobian { x, y, z: z * h }
    }

    /// The affine form; `None` at infinity.
    pub fn to_affine(self) -> Option<G1> {
        if self.is_infinity() {
            return None;
        }
        let inverse = self.z.invert();
        let square = inverse.square();
        Some(G1 {
            x: self.x * square,
            y: self.y * square * inverse,
        })
    }
}

impl From<G1> for Jacobian {
    fn from(p: G1) -> Self {
        Jacobian {
            x: p.x,
            y: p.y,
            z: Fq::ONE,
        }
    }
}

/// A point of the twist `y² = x³ + 3/(9 + u)` over the quadratic extension, not at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct G2 {
    /// First coordinate.
    pub x: Fq2,
    /// Second coordinate.
    pub y: Fq2,
}

impl G2 {
    /// The generator that Ethereum and halo2 take.
    pub fn generator() -> Self {
        // x.c1, x.c0, y.c1, y.c0 of EIP-197.
        const WORDS: [[u64; 4]; 4] = [
            [
                0x97e485b7aef312c2,
                0xf1aa493335a9e712,
                0x7260bfb731fb5d25,
                0x198e9393920d483a,
            ],
            [
                0x46debd5cd992f6ed,
                0x674322d4f75edadd,
                0x426a00665e5c4479,
                0x1800deef121f1e76,
            ],
            [
                0x55acdadcd122975b,
                0xbc4b313370b38ef3,
                0xec9e99ad690c3395,
                0x090689d0585ff075,
            ],
            [
                0x4ce6cc0166fa7daa,
                0xe3d1e7690c43d37b,
                0x4aab71808dcb408f,
                0x12c85ea5db8c6deb,
            ],
        ];
        let [x1, x0, y1, y0] =
            WORDS.map(|w| Fq::from_limbs(w).expect("coordinates are below the prime"));
        G2 {
            x: Fq2 { c0: x0, c1: x1 },
            y: Fq2 { c0: y0, c1: y1 },
        }
    }

    /// A point, if it is on the twist. The twist has points outside the group: see
    /// [`G2::in_group`].
    pub fn new(x: Fq2, y: Fq2) -> Option<Self> {
        (y.square() == x.square() * x + Fq2::twist_b()).then_some(G2 { x, y })
    }

    /// The sum, `None` at infinity.
    fn add(&self, other: &Self) -> Option<Self> {
        let slope = if self.x == other.x {
            if self.y != other.y || self.y.is_zero() {
                return None;
            }
            let square = self.x.square();
            (square.double() + square) * self.y.double().invert()
        } else {
            (other.y - self.y) * (other.x - self.x).invert()
        };
        let x = slope.square() - self.x - other.x;
        let y = slope * (self.x - x) - self.y;
        Some(G2 { x, y })
    }

    /// Whether `r·P` is the point at infinity.
    pub fn in_group(&self) -> bool {
        let order = super::field::Fr::modulus_be_bytes();
        let mut sum: Option<G2> = None;
        let plus = |a: Option<G2>, b: Option<G2>| match (a, b) {
            (None, other) | (other, None) => other,
            (Some(a), Some(b)) => a.add(&b),
        };
        for bit in (0..256).map(|i| order[i / 8] >> (7 - i % 8) & 1) {
            sum = plus(sum, sum);
            if bit == 1 {
                sum = plus(sum, Some(*self));
            }
        }
        sum.is_none()
    }

    /// 128 bytes in the order of the pairing precompile: x.c1, x.c0, y.c1, y.c0.
    pub fn to_be_bytes(self) -> [u8; 128] {
        let mut out = [0; 128];
        let words = [self.x.c1, self.x.c0, self.y.c1, self.y.c0];
        for (chunk, word) in out.chunks_exact_mut(32).zip(words) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        out
    }

    /// Reads [`G2::to_be_bytes`]: canonical and on the twist.
    pub fn from_be_bytes(bytes: &[u8; 128]) -> Option<Self> {
        let word = |i: usize| {
            let mut word = [0; 32];
            word.copy_from_slice(&bytes[32 * i..32 * (i + 1)]);
            Fq::from_be_bytes(&word)
        };
        let (x1, x0, y1, y0) = (word(0)?, word(1)?, word(2)?, word(3)?);
        G2::new(Fq2 { c0: x0, c1: x1 }, Fq2 { c0: y0, c1: y1 })
    }
}
