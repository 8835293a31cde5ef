//! A pricing node: the value of one position at one point of the scenario grid.
//!
//! Four rows of the wide lane:
//!
//! ```text
//! |   | C0   | C1  | C2   | C3 | C4   | C5   | C6 | LIMB |  lookup (C0, C1, C2)
//! | 0 | D    | N1  | φ1   | Fo | k    | reg0 | f  | l0   |  Normal
//! | 1 | G    | N2  | φ2   | Ko | Whi  | reg1 | b  | l1   |  Normal
//! | 2 | cls  | λ   | g    | μ  | B    | reg2 | ρ  | l2   |  Node of this scenario
//! | 3 | z    | N2x |      | r  | Fl   | reg3 | π  | l3   |
//! ```
//!
//! Inputs by copy: `Fo = q·F`, `Ko = q·K` of options, `Fl` of linear legs, `k` (same underlying as
//! the slot before), and per volatility `W = Whi·2^16 + r`, `μ ≈ 2^35/W`, `B = x + w²/2`, and the
//! price class `cls`, under which the table of the scenario has its shock. Every scenario has a tag of
//! its own ([`Tag::Node`]), which is fixed: no node can be of another. `D` is d1 on the grid of step 2^-9, `G` is d2
//! without `r`.
//!
//! | no. | equation | meaning |
//! |---|---|---|
//! | MNOD1 | ρ = 2·D·W − B − λ | twice the distance to the optimal d1, times w |
//! | MNOD2 | f³ = f | f = ±1: d1 beyond the table |
//! | MNOD3 | f·D = 3072·f² | then D is the end of the table |
//! | MNOD4 | z = (1 − f²)·μ·ρ | the distance in units of W/2^35 |
//! | MNOD5 | l0 + 2^12·l1 + 2^24·l2 + f²·2^36·l3 = z + (1 − f²)·2^35 + f²·W − f·ρ | abs(ρ) ≤ W·(1 + 2^-6), or one-sided beyond the table |
//! | MNOD6 | b² = b | G is clamped |
//! | MNOD7 | π² = π | parity of the clamp distance |
//! | MNOD8 | G = (1 − b)·(D − Whi) − 3072·b | d2 = d1 − w, clamped below |
//! | MNOD9 | b·(1 − f²)·(−3072 − D + Whi − 2·l3 − π) = 0 | a clamp needs d2 ≤ −6 |
//! | MNOD10 | b·f·(f + 1) = 0 | no clamp with d1 above the table |
//! | MNOD11 | N2x = 2^40·N2 − 2^35·r·φ2 − r²·G·φ2 | Taylor step from G to d2 |
//! | MNOD13 | reg0 = k·reg0⁻ + V, V = 2^40·g·Fo·N1 + 2^76·g·Fl − 10^4·Ko·N2x | value added to its underlying |
//! | MNOD14 | reg_j = reg_{j−1}⁻ + k·(reg_j⁻ − reg_{j−1}⁻) | a new underlying shifts the registers |
//! | MNOD15 | limbs in [0, 2^12) | by lookup on every row |
//! | MNOD16 | C0 = C5⁻ | export rows (`KIND` 2) after the last slot |
//! | MNOD17 | C1 = C7⁻ | the same of registers 4 to 7 |
//! | MNOD18–26 | inputs are those of the slot | by copy |
//! | MNOD27–29 | (D, N1, φ1), (G, N2, φ2), (cls, λ, g) are rows of the tables | by look-up |
//!
//! `⁻` is the same cell one slot earlier; in the first slot those terms are absent. Why the
//! equations bound the price error is section "Option price" of spec/margin.md.

pub mod cells;
pub(super) mod registers;

use ff::Field;

use self::cells::{
    register, NodeCell, CLAMP, CLASS, D, FL, FO, G, GROSS, KO, LAMBDA, LIMBS, MONEYNESS, MU, N1,
    N2, N2X, NODE_ROWS, PARITY, PHI2, RHO, SAME, SIDE, W_HIGH, W_LOW, Z,
};
use self::registers::{register_gates, slot_rows, Registers};
use super::columns::fixed;
use super::range::Bounded;
use super::shape::Shape;
use super::table::{Tag, BASE_NODE};
use super::trace::{Trace, Var};
use super::wide::Wide;
use super::widths;
use crate::system::algebra::{Cells, Gate, Value};
use zkmargin_engine::field::{bit, bits, is_negative, low_u64, pow2, signed, to_i128};
use zkmargin_engine::pricing::{node_point, NodePoint, VolPoint};
use zkmargin_engine::Fr;

/// End of the table of the normal distribution, in grid steps.
pub(crate) const D_MAX: i32 = 3072;

/// Per-slot inputs of all nodes.
#[derive(Clone, Copy)]
pub(crate) struct SlotInputs {
    /// q·F for options, else 0.
    pub fo: Var,
    /// q·K for options, else 0.
    pub ko: Var,
    /// q·F for linear contracts, −q·F for puts.
    pub fl: Var,
    /// 1 when the slot continues the underlying of the slot before.
    pub same: Var,
    /// The price class.
    pub class: Var,
}

/// Per-volatility inputs.
#[derive(Clone, Copy)]
pub struct VolInputs {
    /// High part of w.
    pub w_hi: Bounded<{ widths::W_HIGH }>,
    /// Low part of w, signed.
    pub r: Var,
    /// 2^35/W.
    pub mu: Bounded<{ widths::RECIPROCAL }>,
    /// ln(F/K) + w²/2.
    pub b: Var,
}

/// Cells that later parts read.
#[derive(Clone, Copy)]
pub(crate) struct NodeOutputs {
    /// N(D).
    pub n1: Var,
    /// φ(D).
    pub phi1: Var,
    /// Scaled distance of D to d1.
    pub z: Var,
    /// N(d2).
    pub n2x: Var,
}

/// MNOD1 to MNOD11, MNOD13 and MNOD14.
pub(crate) fn gates<T: Value, C: Cells<T>>(shape: Shape, cells: &C) -> Vec<Gate<T>> {
    let at = |(column, row): NodeCell| cells.advice(column, row as i32);
    let [d, g, z] = [D, G, Z].map(at);
    let [n1, n2, lambda, rho] = [N1, N2, LAMBDA, RHO].map(at);
    let [phi2, gross] = [PHI2, GROSS].map(at);
    let [fo, ko, mu, r] = [FO, KO, MU, W_LOW].map(at);
    let [same, w_hi, b, fl] = [SAME, W_HIGH, MONEYNESS, FL].map(at);
    let [f, clamp, n2x, parity] = [SIDE, CLAMP, N2X, PARITY].map(at);
    let [l0, l1, l2, l3] = LIMBS.map(at);
    let registers = |above: i32| -> Vec<T> {
        let places = (0..shape.size.underlyings()).map(register);
        places
            .map(|(column, row)| cells.advice(column, row as i32 - above))
            .collect()
    };
    let (here, before) = (registers(0), registers(slot_rows(shape)));
    let node = cells.fixed(fixed::NODE, 0);

    let one = || T::small(1);
    let end = Fr::from(D_MAX as u64);
    let square = |v: &T| v.clone() * v.clone();
    let w = w_hi.clone().scaled(pow2(16)) + r.clone();
    let f2 = square(&f);
    let inside = one() - f2.clone();
    let limbs =
        l0 + l1.scaled(pow2(12)) + l2.scaled(pow2(24)) + (f2.clone() * l3.clone()).scaled(pow2(36));
    let value = gross * ((fo * n1).scaled(pow2(40)) + fl.scaled(pow2(76)))
        - (ko * n2x.clone()).scaled(Fr::from(10_000));
    let distance = rho.clone() - (d.clone() * w.clone()).scaled(Fr::from(2)) + b + lambda;
    let near = limbs - z.clone() - inside.clone().scaled(pow2(35)) - f2.clone() * w
        + f.clone() * rho.clone();
    let d2 = g.clone() - (one() - clamp.clone()) * (d.clone() - w_hi.clone())
        + clamp.clone().scaled(end);
    let past = w_hi - d.clone() - T::constant(end) - l3.scaled(Fr::from(2)) - parity.clone();
    let taylor = n2x - n2.scaled(pow2(40))
        + (r.clone() * phi2.clone()).scaled(pow2(35))
        + square(&r) * g * phi2;
    let mut out: Vec<Gate<T>> = vec![
        ("MNOD1 distance", distance),
        ("MNOD2 side", f2.clone() * f.clone() - f.clone()),
        ("MNOD3 end", f.clone() * d - f2.scaled(end)),
        ("MNOD4 scaled", z - inside.clone() * mu * rho),
        ("MNOD5 near", near),
        ("MNOD6 clamp", square(&clamp) - clamp.clone()),
        ("MNOD7 parity", square(&parity) - parity),
        ("MNOD8 d2", d2),
        ("MNOD9 clamped", clamp.clone() * inside * past),
        ("MNOD10 no clamp above", clamp * f.clone() * (f + one())),
        ("MNOD11 Taylor", taylor),
    ];
    for (_, gate) in out.iter_mut() {
        *gate = node.clone() * gate.clone();
    }
    out.extend(register_gates(&node, &same, value, (&here, &before)));
    out
}

/// Rows of the wide lane that pricing nodes and their exported registers take.
pub(crate) fn rows(shape: Shape) -> usize {
    (shape.size.slots() + 1) * (shape.scenarios + 1) * NODE_ROWS
}

/// Lays node `index` (0 is the base, then the scenarios) of a slot.
pub(crate) fn node(
    t: &mut Trace,
    wide: &Wide<'_>,
    registers: &mut Registers,
    (slot, index): (usize, usize),
    s: &SlotInputs,
    v: &VolInputs,
) -> NodeOutputs {
    let nodes = t.columns.scenarios + 1;
    let row = (slot * nodes + index) * NODE_ROWS;
    let number = match index {
        0 => BASE_NODE,
        scenario => scenario as u32 - 1,
    };
    let selector = Fr::from(if slot == 0 { 1 } else { 2 });
    t.fix(fixed::NODE, row, selector);
    let mut laid = Laying { t, wide, row };
    let inputs = laid.inputs(s, v);
    let (outputs, value) = laid.value(&inputs, number);
    registers.add(index, inputs.same, value, |j, total| {
        laid.put(register(j), total).value
    });
    outputs
}

/// Values of the cells that a node takes over.
struct Inputs {
    fo: Fr,
    ko: Fr,
    fl: Fr,
    same: Fr,
    class: Var,
    w_hi: Fr,
    r: Fr,
    mu: Fr,
    b: Fr,
}

impl Inputs {
    /// w.
    fn w(&self) -> Fr {
        self.w_hi * pow2(16) + self.r
    }

    /// Where the node stands on the grid; somewhere, where the inputs are none of an option.
    fn point(&self, lambda: Fr) -> NodePoint {
        let point = VolPoint {
            s: 0,
            w: low_u64(self.w()),
            w_hi: to_i128(self.w_hi) as i64,
            r: to_i128(self.r) as i64,
            mu: low_u64(self.mu),
            b: to_i128(self.b),
        };
        if point.w > 0 && point.w < 1 << 40 && point.b.unsigned_abs() < 1 << 90 {
            return node_point(&point, to_i128(lambda) as i64);
        }
        NodePoint {
            d: 0,
            f: 0,
            g: 0,
            clamp: false,
        }
    }
}

/// A node whose cells are being laid.
struct Laying<'t, 'p> {
    t: &'t mut Trace,
    wide: &'t Wide<'p>,
    /// Its first row.
    row: usize,
}

impl Laying<'_, '_> {
    fn put(&mut self, (column, at): NodeCell, value: Fr) -> Var {
        self.t.put(column, self.row + at, value)
    }

    fn take(&mut self, number: &'static str, (column, at): NodeCell, input: Var) -> Var {
        self.t.number(number);
        self.t.copy(column, self.row + at, input)
    }

    fn enter(&mut self, number: &'static str, cell: NodeCell, input: Var) -> Fr {
        self.take(number, cell, input).value
    }

    /// A distance on the grid in a cell, and its values of the normal distribution.
    fn normal(&mut self, number: &'static str, cell: NodeCell, key: Fr) -> [Var; 3] {
        self.t.number(number);
        let key = self.put(cell, key);
        let [n, phi] = self.wide.find_beside(self.t, Tag::Normal, key);
        [key, n, phi]
    }

    /// MNOD18 to MNOD26.
    fn inputs(&mut self, s: &SlotInputs, v: &VolInputs) -> Inputs {
        Inputs {
            fo: self.enter("MNOD18", FO, s.fo),
            ko: self.enter("MNOD19", KO, s.ko),
            mu: self.enter("MNOD20", MU, v.mu.var()),
            r: self.enter("MNOD21", W_LOW, v.r),
            same: self.enter("MNOD22", SAME, s.same),
            w_hi: self.enter("MNOD23", W_HIGH, v.w_hi.var()),
            b: self.enter("MNOD24", MONEYNESS, v.b),
            fl: self.enter("MNOD25", FL, s.fl),
            class: self.take("MNOD26", CLASS, s.class),
        }
    }

    /// Everything up to the value that the node adds to its register.
    fn value(&mut self, i: &Inputs, number: u32) -> (NodeOutputs, Fr) {
        self.t.number("MNOD29");
        let shock = Tag::Node(number);
        let [lambda, gross] = self.wide.find_beside(self.t, shock, i.class);
        let p = i.point(lambda.value);
        let [d, n1, phi1] = self.normal("MNOD27", D, signed(p.d.into()));
        let clamp = self.put(CLAMP, bit(p.clamp)).value;
        let g = if clamp == Fr::ONE {
            signed((-D_MAX).into())
        } else {
            d.value - i.w_hi
        };
        let [g, n2, phi2] = self.normal("MNOD28", G, g);
        let f = self.put(SIDE, signed(p.f.into())).value;
        let n2x =
            n2.value * pow2(40) - i.r * phi2.value * pow2(35) - i.r.square() * g.value * phi2.value;
        let second = self.put(N2X, n2x);
        let n2x = second.value;
        let rho = d.value * i.w() * Fr::from(2) - i.b - lambda.value;
        let rho = self.put(RHO, rho).value;
        let inside = Fr::ONE - f.square();
        let z = self.put(Z, inside * i.mu * rho);
        let total = z.value + inside * pow2(35) + f.square() * i.w() - f * rho;
        let past = i.w_hi - d.value - Fr::from(D_MAX as u64);
        let far = f != Fr::ZERO;
        self.limbs(total, far, (!far && clamp != Fr::ZERO).then_some(past));
        let value = gross.value * (i.fo * n1.value * pow2(40) + i.fl * pow2(76))
            - i.ko * n2x * Fr::from(10_000);
        let outputs = NodeOutputs {
            n1,
            phi1,
            z,
            n2x: second,
        };
        (outputs, value)
    }

    /// Limbs of the distance to d1, and of how far a clamp is past the end of the table; the fourth limb
    /// is of the one or the other.
    fn limbs(&mut self, total: Fr, far: bool, past: Option<Fr>) {
        let past = past.filter(|past| !is_negative(*past));
        let past = past.map_or(0, |past| bits(past, 0, 13) as u64);
        for (i, cell) in LIMBS.into_iter().enumerate() {
            let limb = if i == 3 && !far {
                past / 2
            } else {
                bits(total, 12 * i as u32, 12) as u64
            };
            self.put(cell, Fr::from(limb));
        }
        self.put(PARITY, Fr::from(past % 2));
    }
}
