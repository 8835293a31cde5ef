//! Extensions of the field of coordinates: `Fq2 = Fq[u]/(u² + 1)`,
//! `Fq6 = Fq2[v]/(v³ − ξ)` with `ξ = 9 + u`, `Fq12 = Fq6[w]/(w² − v)`.

use std::ops::{Add, Mul, Neg, Sub};
use std::sync::OnceLock;

use super::field::{Base, Fq, Prime};

/// `c0 + c1·u`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fq2 {
    /// Without u.
    pub c0: Fq,
    /// With u.
    pub c1: Fq,
}

impl Fq2 {
    /// Zero.
    pub const ZERO: Self = Fq2 {
        c0: Fq::ZERO,
        c1: Fq::ZERO,
    };
    /// One.
    pub const ONE: Self = Fq2 {
        c0: Fq::ONE,
        c1: Fq::ZERO,
    };

    /// `ξ = 9 + u`
    pub(crate) fn xi() -> Self {
        Fq2 {
            c0: Fq::from(9),
            c1: Fq::ONE,
        }
    }

    /// The constant of the twist, `3/ξ`.
    pub(crate) fn twist_b() -> Self {
        Self::xi().invert().scale(Fq::from(3))
    }

    /// Whether this is zero.
    pub(crate) fn is_zero(self) -> bool {
        self.c0.is_zero() && self.c1.is_zero()
    }

    /// `self·k`
    pub(crate) fn scale(self, k: Fq) -> Self {
        Fq2 {
            c0: self.c0 * k,
            c1: self.c1 * k,
        }
    }

    /// `2·self`
    pub(crate) fn double(self) -> Self {
        self + self
    }

    /// `self² = (c0 + c1)(c0 − c1) + 2·c0·c1·u`
    pub(crate) fn square(self) -> Self {
        Fq2 {
            c0: (self.c0 + self.c1) * (self.c0 - self.c1),
            c1: (self.c0 * self.c1).double(),
        }
    }

    /// `c0 − c1·u`, which is `self^q`.
    pub(crate) fn conjugate(self) -> Self {
        Fq2 {
            c0: self.c0,
            c1: -self.c1,
        }
    }

    /// `self·ξ`
    pub(crate) fn times_xi(self) -> Self {
        let nine = |a: Fq| a.double().double().double() + a;
        Fq2 {
            c0: nine(self.c0) - self.c1,
            c1: nine(self.c1) + self.c0,
        }
    }

    /// `1/self`, or zero of zero.
    pub(crate) fn invert(self) -> Self {
        let norm = self.c0.square() + self.c1.square();
        self.conjugate().scale(norm.invert())
    }

    /// `self^e`, `e` least significant limb first.
    pub(crate) fn pow(self, e: &[u64]) -> Self {
        let mut out = Self::ONE;
        for limb in e.iter().rev() {
            for bit in (0..64).rev() {
                out = out.square();
                if limb >> bit & 1 == 1 {
                    out = out * self;
                }
            }
        }
        out
    }
}

impl Add for Fq2 {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Fq2 {
            c0: self.c0 + b.c0,
            c1: self.c1 + b.c1,
        }
    }
}

impl Sub for Fq2 {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Fq2 {
            c0: self.c0 - b.c0,
            c1: self.c1 - b.c1,
        }
    }
}

impl Neg for Fq2 {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Mul for Fq2 {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let (v0, v1) = (self.c0 * b.c0, self.c1 * b.c1);
        Fq2 {
            c0: v0 - v1,
            c1: (self.c0 + self.c1) * (b.c0 + b.c1) - v0 - v1,
        }
    }
}

/// `a + b·v + c·v²`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fq6(pub [Fq2; 3]);

impl Fq6 {
    /// Zero.
    pub const ZERO: Self = Fq6([Fq2::ZERO; 3]);
    /// One.
    pub const ONE: Self = Fq6([Fq2::ONE, Fq2::ZERO, Fq2::ZERO]);

    /// `self·v`
    pub(crate) fn times_v(self) -> Self {
        let [a, b, c] = self.0;
        Fq6([c.times_xi(), a, b])
    }

    /// `self·(p + q·v)`
    pub(crate) fn times_sparse(self, p: Fq2, q: Fq2) -> Self {
        let [a, b, c] = self.0;
        let (ap, bq) = (a * p, b * q);
        Fq6([
            ap + (c * q).times_xi(),
            (a + b) * (p + q) - ap - bq,
            c * p + bq,
        ])
    }

    /// `self·k`
    pub(crate) fn scale(self, k: Fq) -> Self {
        Fq6(self.0.map(|a| a.scale(k)))
    }

    /// `1/self`, or zero of zero.
    pub(crate) fn invert(self) -> Self {
        let [a, b, c] = self.0;
        let t0 = a.square() - (b * c).times_xi();
        let t1 = c.square().times_xi() - a * b;
        let t2 = b.square() - a * c;
        let norm = a * t0 + (c * t1 + b * t2).times_xi();
        let inverse = norm.invert();
        Fq6([t0 * inverse, t1 * inverse, t2 * inverse])
    }
}

impl Add for Fq6 {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Fq6(std::array::from_fn(|i| self.0[i] + b.0[i]))
    }
}

impl Sub for Fq6 {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Fq6(std::array::from_fn(|i| self.0[i] - b.0[i]))
    }
}

impl Neg for Fq6 {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Mul for Fq6 {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let ([a0, a1, a2], [b0, b1, b2]) = (self.0, other.0);
        let (v0, v1, v2) = (a0 * b0, a1 * b1, a2 * b2);
        Fq6([
            v0 + ((a1 + a2) * (b1 + b2) - v1 - v2).times_xi(),
            (a0 + a1) * (b0 + b1) - v0 - v1 + v2.times_xi(),
            (a0 + a2) * (b0 + b2) - v0 - v2 + v1,
        ])
    }
}

/// `c0 + c1·w`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fq12 {
    /// Without w.
    pub c0: Fq6,
    /// With w.
    pub c1: Fq6,
}

/// Powers `γ^i` of `γ = ξ^((q−1)/6)` for i below 6: `(a·w^i)^q = conj(a)·γ^i·w^i`.
fn frobenius_powers() -> &'static [Fq2; 6] {
    static POWERS: OnceLock<[Fq2; 6]> = OnceLock::new();
    POWERS.get_or_init(|| {
        let gamma = Fq2::xi().pow(&sixth_of_q_minus_one());
        let mut powers = [Fq2::ONE; 6];
        for i in 1..6 {
            powers[i] = powers[i - 1] * gamma;
        }
        powers
    })
}

/// `(q − 1)/6`, least significant limb first.
fn sixth_of_q_minus_one() -> [u64; 4] {
    let (mut out, mut rest) = (Base::P, 0u128);
    out[0] -= 1;
    for limb in out.iter_mut().rev() {
        let wide = rest << 64 | u128::from(*limb);
        *limb = (wide / 6) as u64;
        rest = wide % 6;
    }
    out
}

/// `γ²` and `γ³`, by which the Frobenius map acts on the coordinates of the twist.
pub(crate) fn twist_frobenius() -> (Fq2, Fq2) {
    let powers = frobenius_powers();
    (powers[2], powers[3])
}

impl Fq12 {
    /// One.
    pub const ONE: Self = Fq12 {
        c0: Fq6::ONE,
        c1: Fq6::ZERO,
    };

    /// `self²`
    pub(crate) fn square(self) -> Self {
        let product = self.c0 * self.c1;
        let sum = (self.c0 + self.c1) * (self.c0 + self.c1.times_v());
        Fq12 {
            c0: sum - product - product.times_v(),
            c1: product + product,
        }
    }

    /// `self²` where `self^(q⁴ − q² + 1) = 1`: three squares of `x + y·s` with `s² = ξ` (Granger and Scott,
    /// 2010).
    pub(crate) fn cyclotomic_square(self) -> Self {
        let ([a0, a1, a2], [b0, b1, b2]) = (self.c0.0, self.c1.0);
        let square = |x: Fq2, y: Fq2| {
            let xy = x * y;
            let sum = (x + y) * (x + y.times_xi());
            (sum - xy - xy.times_xi(), xy.double())
        };
        let (t0, t1) = square(a0, b1);
        let (t2, t3) = square(b0, a2);
        let (t4, t5) = square(a1, b2);
        // 3·t − 2·x and 3·t + 2·x.
        let less = |t: Fq2, x: Fq2| (t - x).double() + t;
        let more = |t: Fq2, x: Fq2| (t + x).double() + t;
        Fq12 {
            c0: Fq6([less(t0, a0), less(t2, a1), less(t4, a2)]),
            c1: Fq6([more(t5.times_xi(), b0), more(t1, b1), more(t3, b2)]),
        }
    }

    /// `c0 − c1·w`, which is `self^(q^6)`.
    pub(crate) fn conjugate(self) -> Self {
        Fq12 {
            c0: self.c0,
            c1: -self.c1,
        }
    }

    /// `1/self`, or zero of zero.
    pub(crate) fn invert(self) -> Self {
        let norm = self.c0 * self.c0 - (self.c1 * self.c1).times_v();
        let inverse = norm.invert();
        Fq12 {
            c0: self.c0 * inverse,
            c1: -(self.c1 * inverse),
        }
    }

    /// `self·(p + (a + b·v)·w)` with p in Fq.
    pub(crate) fn times_line(self, p: Fq, a: Fq2, b: Fq2) -> Self {
        let v0 = self.c0.scale(p);
        let v1 = self.c1.times_sparse(a, b);
        let shifted = Fq2 {
            c0: a.c0 + p,
            c1: a.c1,
        };
        let cross = (self.c0 + self.c1).times_sparse(shifted, b);
        Fq12 {
            c0: v0 + v1.times_v(),
            c1: cross - v0 - v1,
        }
    }

    /// `self^q`
    pub(crate) fn frobenius(self) -> Self {
        let powers = frobenius_powers();
        let part = |c: Fq6, odd: usize| {
            Fq6(std::array::from_fn(|i| {
                c.0[i].conjugate() * powers[2 * i + odd]
            }))
        };
        Fq12 {
            c0: part(self.c0, 0),
            c1: part(self.c1, 1),
        }
    }
}

impl Mul for Fq12 {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let (v0, v1) = (self.c0 * b.c0, self.c1 * b.c1);
        Fq12 {
            c0: v0 + v1.times_v(),
            c1: (self.c0 + self.c1) * (b.c0 + b.c1) - v0 - v1,
        }
    }
}
