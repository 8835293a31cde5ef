//! The two prime fields of BN254, in Montgomery form: a number `a` is kept as `a·2^256 mod p`.

mod assign;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

type Limbs = [u64; 4];

/// A prime below 2^254, least significant limb first.
pub trait Prime: Copy + Ord + std::hash::Hash + 'static {
    /// The prime.
    const P: Limbs;
}

/// Marks the field of coordinates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Base;
/// Marks the field of scalars.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scalar;

impl Prime for Base {
    const P: Limbs = [
        0x3c20_8c16_d87c_fd47,
        0x9781_6a91_6871_ca8d,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

impl Prime for Scalar {
    const P: Limbs = [
        0x43e1_f593_f000_0001,
        0x2833_e848_79b9_7091,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

/// An element of a prime field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fp<M>(Limbs, PhantomData<M>);

/// Coordinates of points.
pub type Fq = Fp<Base>;
/// Scalars: cells, evaluations, challenges.
pub type Fr = Fp<Scalar>;

/// 2-adicity of `r − 1`.
pub const TWO_ADICITY: u32 = 28;

const fn less(a: &Limbs, b: &Limbs) -> bool {
    let mut i = 4;
    while i > 0 {
        i -= 1;
        if a[i] != b[i] {
            return a[i] < b[i];
        }
    }
    false
}

const fn sub_limbs(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (mut out, mut borrow, mut i) = ([0; 4], false, 0);
    while i < 4 {
        let (d, b1) = a[i].overflowing_sub(b[i]);
        let (d, b2) = d.overflowing_sub(borrow as u64);
        out[i] = d;
        borrow = b1 | b2;
        i += 1;
    }
    (out, borrow)
}

/// `a + b` for numbers below 2^255.
const fn add_limbs(a: &Limbs, b: &Limbs) -> Limbs {
    let (mut out, mut carry, mut i) = ([0; 4], 0u128, 0);
    while i < 4 {
        carry += a[i] as u128 + b[i] as u128;
        out[i] = carry as u64;
        carry >>= 64;
        i += 1;
    }
    out
}

const fn reduced(a: &Limbs, p: &Limbs) -> Limbs {
    let (d, borrow) = sub_limbs(a, p);
    if borrow {
        *a
    } else {
        d
    }
}

/// `2^bits mod p`.
const fn power_of_two(bits: u32, p: &Limbs) -> Limbs {
    let (mut out, mut i) = ([1, 0, 0, 0], 0);
    while i < bits {
        out = reduced(&add_limbs(&out, &out), p);
        i += 1;
    }
    out
}

/// `a·2^256 mod p` for a below p: Montgomery's form where nothing else is at hand.
const fn times_radix(mut a: Limbs, p: &Limbs) -> Limbs {
    let mut i = 0;
    while i < 256 {
        a = reduced(&add_limbs(&a, &a), p);
        i += 1;
    }
    a
}

/// `−1/p mod 2^64`, by Newton's iteration.
const fn negative_inverse(p: u64) -> u64 {
    let (mut inverse, mut i) = (1u64, 0);
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg()
}

impl<M: Prime> Fp<M> {
    const NEGATIVE_INVERSE: u64 = negative_inverse(M::P[0]);
    const SQUARED_RADIX: Limbs = power_of_two(512, &M::P);

    /// Zero.
    pub const ZERO: Self = Fp([0; 4], PhantomData);
    /// One.
    pub const ONE: Self = Fp(power_of_two(256, &M::P), PhantomData);

    /// From limbs, least significant first; `None` from the prime on.
    pub(crate) fn from_limbs(limbs: Limbs) -> Option<Self> {
        less(&limbs, &M::P).then(|| Fp(limbs, PhantomData) * Fp(Self::SQUARED_RADIX, PhantomData))
    }

    /// The number, least significant limb first.
    pub(crate) fn to_limbs(self) -> Limbs {
        (self * Fp([1, 0, 0, 0], PhantomData)).0
    }

    /// From 32 bytes, most significant first; `None` from the prime on.
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        Self::from_limbs(be_limbs(bytes))
    }

    /// From 32 bytes, most significant first, modulo the prime.
    pub fn from_be_bytes_reduced(bytes: &[u8; 32]) -> Self {
        let mut limbs = be_limbs(bytes);
        // 2^256 < 6p.
        while !less(&limbs, &M::P) {
            limbs = sub_limbs(&limbs, &M::P).0;
        }
        Self::from_limbs(limbs).expect("below the prime")
    }

    /// 32 bytes, most significant first.
    pub fn to_be_bytes(self) -> [u8; 32] {
        let mut out = [0; 32];
        for (chunk, limb) in out.chunks_exact_mut(8).zip(self.to_limbs().iter().rev()) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        out
    }

    /// From 32 bytes, least significant first; `None` from the prime on.
    pub fn from_le_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let mut reversed = *bytes;
        reversed.reverse();
        Self::from_be_bytes(&reversed)
    }

    /// 32 bytes, least significant first.
    pub fn to_le_bytes(self) -> [u8; 32] {
        let mut bytes = self.to_be_bytes();
        bytes.reverse();
        bytes
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 4]
    }

    /// Whether the number is odd.
    pub fn is_odd(self) -> bool {
        self.to_limbs()[0] & 1 == 1
    }

    /// `self²`.
    pub(crate) fn square(self) -> Self {
        self * self
    }

    /// `2·self`.
    pub(crate) fn double(self) -> Self {
        self + self
    }

    /// `self^e`, `e` least significant limb first.
    pub fn pow(self, e: &[u64]) -> Self {
        // Four bits at a time.
        let mut powers = [Self::ONE; 16];
        for i in 1..16 {
            powers[i] = powers[i - 1] * self;
        }
        let mut out = Self::ONE;
        for limb in e.iter().rev() {
            for bit in (0..64).step_by(4).rev() {
                out = out.square_times(4) * powers[(limb >> bit & 15) as usize];
            }
        }
        out
    }

    /// `self^(2^n)`.
    pub fn square_times(self, n: u32) -> Self {
        (0..n).fold(self, |a, _| a.square())
    }

    /// `1/self`, or zero of zero: `self^(p−2)`.
    pub fn invert(self) -> Self {
        self.pow(&sub_limbs(&M::P, &[2, 0, 0, 0]).0)
    }
}

impl Fq {
    /// A square root, if there is one: `self^((q+1)/4)`, as `q ≡ 3 mod 4`.
    pub(crate) fn sqrt(self) -> Option<Self> {
        let sum = add_limbs(&Base::P, &[1, 0, 0, 0]);
        let quarter =
            std::array::from_fn::<_, 4, _>(|i| sum[i] >> 2 | sum.get(i + 1).unwrap_or(&0) << 62);
        let root = self.pow(&quarter);
        (root.square() == self).then_some(root)
    }
}

/// A constant scalar below the prime, least significant limb first.
const fn scalar(limbs: Limbs) -> Fr {
    Fp(times_radix(limbs, &Scalar::P), PhantomData)
}

impl Fr {
    /// `2^256`.
    pub(crate) const RADIX: Fr = scalar(power_of_two(256, &Scalar::P));
    /// Generator of the multiplicative group.
    pub(crate) const GENERATOR: Fr = scalar([7, 0, 0, 0]);
    /// `1/2`.
    pub(crate) const HALF: Fr = scalar([
        0xa1f0_fac9_f800_0001,
        0x9419_f424_3cdc_b848,
        0xdc28_22db_40c0_ac2e,
        0x1832_2739_7098_d014,
    ]);
    /// `7^((r−1)/2^28)`.
    pub(crate) const ROOT: Fr = scalar([
        0xd34f_1ed9_60c3_7c9c,
        0x3215_cf6d_d393_29c8,
        0x9886_5ea9_3dd3_1f74,
        0x03dd_b9f5_166d_18b7,
    ]);
    /// `1/ROOT`.
    pub(crate) const ROOT_INVERSE: Fr = scalar([
        0x0ed3_e50a_414e_6dba,
        0xb226_25f5_9115_aba7,
        0x1bbe_5871_80f3_4361,
        0x0481_2717_4daa_bc26,
    ]);
    /// `7^(2^28)`.
    pub(crate) const ODD_GENERATOR: Fr = scalar([
        0x870e_56bb_e533_e9a2,
        0x5b5f_898e_5e96_3f25,
        0x64ec_26aa_d4c8_6e71,
        0x0922_6b6e_22c6_f0ca,
    ]);

    /// Generator of the 2^k-th roots of unity that halo2 takes: `7^((r−1)/2^k)`.
    pub fn root_of_unity(k: u32) -> Self {
        Self::ROOT.square_times(TWO_ADICITY - k.min(TWO_ADICITY))
    }

    /// Generator of the subgroup of odd order, which tells the columns of a permutation apart:
    /// `7^(2^28)`.
    pub fn delta() -> Self {
        Self::ODD_GENERATOR
    }

    /// The prime r as 32 bytes, most significant first.
    pub fn modulus_be_bytes() -> [u8; 32] {
        let mut bytes = (-Fr::ONE).to_be_bytes();
        bytes[31] += 1;
        bytes
    }
}

fn be_limbs(bytes: &[u8; 32]) -> Limbs {
    std::array::from_fn(|i| {
        let at = 24 - 8 * i;
        bytes[at..at + 8]
            .iter()
            .fold(0, |limb, byte| limb << 8 | u64::from(*byte))
    })
}

/// Inverts every element with one inversion; zero stays zero.
pub fn batch_invert<M: Prime>(values: &mut [Fp<M>]) {
    let mut before = Vec::with_capacity(values.len());
    let mut product = Fp::ONE;
    for v in values.iter() {
        before.push(product);
        if !v.is_zero() {
            product *= *v;
        }
    }
    let mut inverse = product.invert();
    for (v, before) in values.iter_mut().zip(before).rev() {
        if !v.is_zero() {
            (*v, inverse) = (inverse * before, inverse * *v);
        }
    }
}

impl<M: Prime> fmt::Debug for Fp<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.to_be_bytes()))
    }
}

impl<M: Prime> Add for Fp<M> {
    type Output = Self;
    #[inline]
    fn add(self, b: Self) -> Self {
        Fp(reduced(&add_limbs(&self.0, &b.0), &M::P), PhantomData)
    }
}

impl<M: Prime> Sub for Fp<M> {
    type Output = Self;
    #[inline]
    fn sub(self, b: Self) -> Self {
        let (d, borrow) = sub_limbs(&self.0, &b.0);
        Fp(
            if borrow { add_wrapping(&d, &M::P) } else { d },
            PhantomData,
        )
    }
}

#[inline]
fn add_wrapping(a: &Limbs, b: &Limbs) -> Limbs {
    add_limbs(a, b)
}

impl<M: Prime> Neg for Fp<M> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl<M: Prime> Mul for Fp<M> {
    type Output = Self;
    /// Montgomery's product, one limb of `b` at a time; no carry leaves the fourth limb because
    /// the prime is below 2^254.
    #[inline]
    fn mul(self, b: Self) -> Self {
        let (a, p) = (&self.0, &M::P);
        let mut t = [0u64; 4];
        for b in b.0 {
            let wide = u128::from(t[0]) + u128::from(a[0]) * u128::from(b);
            let m = (wide as u64).wrapping_mul(Self::NEGATIVE_INVERSE);
            let low = u128::from(wide as u64) + u128::from(m) * u128::from(p[0]);
            let (mut carry, mut carry_p) = ((wide >> 64) as u64, (low >> 64) as u64);
            for j in 1..4 {
                let wide = u128::from(t[j]) + u128::from(a[j]) * u128::from(b) + u128::from(carry);
                carry = (wide >> 64) as u64;
                let low = u128::from(wide as u64)
                    + u128::from(m) * u128::from(p[j])
                    + u128::from(carry_p);
                carry_p = (low >> 64) as u64;
                t[j - 1] = low as u64;
            }
            t[3] = carry + carry_p;
        }
        Fp(reduced(&t, p), PhantomData)
    }
}
