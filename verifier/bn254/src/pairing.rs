//! The optimal ate pairing with fixed points of the second group: their lines are computed once.

use super::curve::{G1, G2};
use super::tower::{twist_frobenius, Fq12, Fq2};

/// The parameter t of the curve.
const T: u64 = 4_965_661_367_192_848_881;
/// Length of Miller's loop: 6t + 2.
const LOOP: u128 = 6 * T as u128 + 2;

/// A line through points of the twist: `y_P − slope·x_P·w + constant·w³` at P.
#[derive(Clone, Copy, Debug)]
struct Line {
    slope: Fq2,
    constant: Fq2,
}

/// A point of the second group with the lines of Miller's loop.
#[derive(Clone, Debug)]
pub struct Prepared {
    lines: Vec<Line>,
}

impl Prepared {
    /// Computes the lines of a point of the group.
    pub fn new(q: &G2) -> Self {
        let mut lines = Vec::with_capacity(128);
        let mut t = *q;
        for bit in (0..LOOP.ilog2()).rev() {
            let square = t.x.square();
            let slope = (square.double() + square) * t.y.double().invert();
            t = step(&mut lines, &t, slope, t.x);
            if LOOP >> bit & 1 == 1 {
                t = chord(&mut lines, &t, q);
            }
        }
        // π(Q) and −π²(Q).
        let (gamma2, gamma3) = twist_frobenius();
        let frobenius = |p: &G2| G2 {
            x: p.x.conjugate() * gamma2,
            y: p.y.conjugate() * gamma3,
        };
        let q1 = frobenius(q);
        let q2 = frobenius(&q1);
        t = chord(&mut lines, &t, &q1);
        chord(&mut lines, &t, &G2 { x: q2.x, y: -q2.y });
        Prepared { lines }
    }
}

fn chord(lines: &mut Vec<Line>, t: &G2, q: &G2) -> G2 {
    let slope = (q.y - t.y) * (q.x - t.x).invert();
    step(lines, t, slope, q.x)
}

/// Notes the line through `t` and returns where it meets the curve for the third time, negated.
fn step(lines: &mut Vec<Line>, t: &G2, slope: Fq2, other_x: Fq2) -> G2 {
    lines.push(Line {
        slope,
        constant: slope * t.x - t.y,
    });
    let x = slope.square() - t.x - other_x;
    let y = slope * (t.x - x) - t.y;
    G2 { x, y }
}

/// Whether `Π e(P_i, Q_i) = 1`.
pub fn product_is_one(pairs: &[(G1, &Prepared)]) -> bool {
    let mut f = Fq12::ONE;
    let mut next = 0;
    let mut multiply = |f: Fq12| {
        let at = next;
        next += 1;
        pairs.iter().fold(f, |f, (p, q)| {
            let line = &q.lines[at];
            f.times_line(p.y, line.slope.scale(-p.x), line.constant)
        })
    };
    for bit in (0..LOOP.ilog2()).rev() {
        f = multiply(f.square());
        if LOOP >> bit & 1 == 1 {
            f = multiply(f);
        }
    }
    f = multiply(f);
    f = multiply(f);
    final_power(f) == Fq12::ONE
}

/// `f^((q^12 − 1)/r)` up to an exponent prime to r.
fn final_power(f: Fq12) -> Fq12 {
    let f = easy_power(f);
    // (q⁴ − q² + 1)/r in base q, with coefficients that are polynomials in t.
    let a = power_of_t(f);
    let b = power_of_t(a);
    let c = power_of_t(b);
    let f1 = f.frobenius();
    let f2 = f1.frobenius();
    let f3 = f2.frobenius();
    let y0 = f1 * f2 * f3;
    let y1 = f.conjugate();
    let y2 = b.frobenius().frobenius();
    let y3 = a.frobenius().conjugate();
    let y4 = (a * b.frobenius()).conjugate();
    let y5 = b.conjugate();
    let y6 = (c * c.frobenius()).conjugate();
    // y0·y1²·y2⁶·y3¹²·y4¹⁸·y5³⁰·y6³⁶ by an addition chain.
    let t0 = y6.cyclotomic_square() * y4 * y5;
    let t1 = y3 * y5 * t0;
    let t0 = t0 * y2;
    let t1 = (t1.cyclotomic_square() * t0).cyclotomic_square();
    let t0 = (t1 * y1).cyclotomic_square();
    t0 * (t1 * y0)
}

/// `f^((q^6 − 1)(q² + 1))`
fn easy_power(f: Fq12) -> Fq12 {
    let f = f.conjugate() * f.invert();
    f.frobenius().frobenius() * f
}

/// `f^t` of an easy power.
fn power_of_t(f: Fq12) -> Fq12 {
    let mut out = f;
    for bit in (0..T.ilog2()).rev() {
        out = out.cyclotomic_square();
        if T >> bit & 1 == 1 {
            out = out * f;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Fq;

    #[test]
    fn squares_of_easy_powers_are_squares() {
        let mut f = Fq12::ONE;
        for n in 1..10 {
            let part = |k: u64| Fq2 {
                c0: Fq::from(k * n),
                c1: Fq::from(k + n),
            };
            f = f.square().times_line(Fq::from(n), part(3), part(7));
            let easy = easy_power(f);
            assert_eq!(easy.cyclotomic_square(), easy.square());
            assert_ne!(f.cyclotomic_square(), f.square());
        }
    }
}
