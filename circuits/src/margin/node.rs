//! A pricing node: the value of one position at one point of the scenario grid.
//!
//! Four rows of the wide lane:
//!
//! ```text
//! |   | C0   | C1 | C2   | C3 | C4   | C5   | C6  | LIMB |  lookup (C0, C1, C2)
//! | 0 | D    | N1 | φ1   | Fo | k    | reg0 | f   | l0   |  Normal
//! | 1 | G    | N2 | φ2   | Ko | Whi  | reg1 | b   | l1   |  Normal
//! | 2 | key  | λ  | g    | μ  | B    | reg2 | N2x | l2   |  Node
//! | 3 | z    | ρ  | base | r  | Fl   | reg3 | π   | l3   |
//! ```
//!
//! Inputs by copy: `Fo = q·F`, `Ko = q·K` of options, `Fl` of linear legs, `k` (same underlying as
//! the slot before), and per volatility `W = Whi·2^16 + r`, `μ ≈ 2^35/W`, `B = x + w²/2`, and the
//! key `base` of the price class. `D` is d1 on the grid of step 2^-9, `G` is d2 without `r`.
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
//! | MNOD12 | key = base + node | this scenario of this class |
//! | MNOD13 | reg0 = k·reg0⁻ + V, V = 2^40·g·Fo·N1 + 2^76·g·Fl − 10^4·Ko·N2x | value added to its underlying |
//! | MNOD14 | reg_j = reg_{j−1}⁻ + k·(reg_j⁻ − reg_{j−1}⁻) | a new underlying shifts the registers |
//! | MNOD15 | limbs in [0, 2^12) | by lookup on every row |
//! | MNOD16 | C0 = C5⁻ | export rows (`KIND` 3) after the last slot |
//! | MNOD17 | C1 = C7⁻ | the same of registers 4 to 7 |
//! | MNOD18–26 | inputs are those of the slot | by copy |
//! | MNOD27–29 | (D, N1, φ1), (G, N2, φ2), (key, λ, g) are rows of the tables | by look-up |
//!
//! `⁻` is the same cell one slot earlier; in the first slot those terms are absent. Why the
//! equations bound the price error is section "Option price" of spec/margin.md.

use ff::Field;

use super::columns::{fixed, C0, C1, C2, C3, C4, C5, C6, C7, LIMB};
use super::lanes::Lanes;
use super::range::Bounded;
use super::shape::Shape;
use super::table::{Tag, BASE_NODE};
use super::trace::Var;
use crate::system::algebra::{Cells, Gate, Value};
use zkmargin_engine::field::{bits, is_negative, pow2, signed, to_i128};
use zkmargin_engine::pricing::{node_point, NodePoint, VolPoint};
use zkmargin_engine::Fr;

/// Rows of a node.
pub const NODE_ROWS: usize = 4;
/// End of the table of the normal distribution, in grid steps.
pub const D_MAX: i32 = 3072;

/// Per-slot inputs of all nodes.
#[derive(Clone, Copy)]
pub struct SlotInputs {
    /// q·F for options, else 0.
    pub fo: Var,
    /// q·K for options, else 0.
    pub ko: Var,
    /// q·F for linear contracts, −q·F for puts.
    pub fl: Var,
    /// 1 when the slot continues the underlying of the slot before.
    pub same: Var,
    /// 128·class.
    pub base: Var,
}

/// Per-volatility inputs.
#[derive(Clone, Copy)]
pub struct VolInputs {
    /// High part of w.
    pub w_hi: Bounded<24>,
    /// Low part of w, signed.
    pub r: Var,
    /// 2^35/W.
    pub mu: Bounded<36>,
    /// ln(F/K) + w²/2.
    pub b: Var,
}

/// Cells that later parts read.
#[derive(Clone, Copy)]
pub struct NodeOutputs {
    /// N(D).
    pub n1: Var,
    /// φ(D).
    pub phi1: Var,
    /// Scaled distance of D to d1.
    pub z: Var,
}

/// Cell of register `j` in a node.
fn register_cell(j: usize) -> (usize, i32) {
    (if j < 4 { C5 } else { C7 }, (j % 4) as i32)
}

/// Rows from a slot to the next.
fn slot_rows(shape: Shape) -> i32 {
    ((shape.scenarios + 1) * NODE_ROWS) as i32
}

/// MNOD1 to MNOD14.
pub fn gates<T: Value, C: Cells<T>>(shape: Shape, cells: &C) -> Vec<Gate<T>> {
    let four = |column| [0, 1, 2, 3].map(|row| cells.advice(column, row));
    // C5 holds registers, which follow.
    let [d_g_key_z, n1_n2_lambda_rho, phi_gross_base, inputs, more] =
        [C0, C1, C2, C3, C4].map(four);
    let [f, clamp, n2x, parity] = four(C6);
    let [l0, l1, l2, l3] = four(LIMB);
    let registers = |above: i32| -> Vec<T> {
        let places = (0..shape.size.underlyings()).map(register_cell);
        places
            .map(|(c, row)| cells.advice(c, row - above))
            .collect()
    };
    let (here, before) = (registers(0), registers(slot_rows(shape)));
    let (node, index) = (cells.fixed(fixed::NODE, 0), cells.fixed(fixed::K0, 0));
    let [d, g, key, z] = d_g_key_z;
    let [n1, n2, lambda, rho] = n1_n2_lambda_rho;
    let [_, phi2, gross, base] = phi_gross_base;
    let [fo, ko, mu, r] = inputs;
    let [same, w_hi, b, fl] = more;

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
        ("MNOD12 key", key - base - index),
    ];
    for (_, gate) in out.iter_mut() {
        *gate = node.clone() * gate.clone();
    }
    // 0 in the first slot; equal to the selector in the others.
    let chain = node.clone() * (node.clone() - one());
    let carried = chain.clone() * same.clone() * before[0].clone();
    out.push((
        "MNOD13 value",
        node.clone() * (here[0].clone() - value) - carried,
    ));
    for (j, register) in here.iter().enumerate().skip(1) {
        let (up, kept) = (before[j - 1].clone(), before[j].clone());
        let moved = up.clone() + same.clone() * (kept - up);
        out.push((
            "MNOD14 shift",
            node.clone() * register.clone() - chain.clone() * moved,
        ));
    }
    out
}

/// MNOD16, MNOD17: registers of the last slot, in the block of rows after it.
pub fn export_gates<T: Value, C: Cells<T>>(shape: Shape, cells: &C) -> Vec<Gate<T>> {
    let kind = cells.fixed(fixed::KIND, 0);
    let minus = |n: u64| kind.clone() - T::small(n);
    // Not zero exactly at 3, among 0, 1, 2 and 3.
    let export = kind.clone() * minus(1) * minus(2);
    let moved = |to, from| cells.advice(to, 0) - cells.advice(from, -slot_rows(shape));
    let mut out = vec![("MNOD16 export", export.clone() * moved(C0, C5))];
    if shape.size.underlyings() > 4 {
        out.push(("MNOD17 export", export * moved(C1, C7)));
    }
    out
}

/// Rows of the wide lane that pricing nodes and their exported registers take.
pub fn rows(shape: Shape) -> usize {
    (shape.size.slots() + 1) * (shape.scenarios + 1) * NODE_ROWS
}

/// P&L registers after the last slot laid, by node (base first) and underlying.
pub struct Registers(Vec<Vec<Fr>>);

impl Registers {
    /// Those before the first slot.
    pub fn new(shape: Shape) -> Self {
        Registers(vec![
            vec![Fr::ZERO; shape.size.underlyings()];
            shape.scenarios + 1
        ])
    }
}

/// Lays node `index` (0 is the base, then the scenarios) of a slot.
pub fn node(
    l: &mut Lanes<'_>,
    registers: &mut Registers,
    (slot, index): (usize, usize),
    s: &SlotInputs,
    v: &VolInputs,
) -> NodeOutputs {
    let nodes = l.trace.columns.scenarios + 1;
    let row = (slot * nodes + index) * NODE_ROWS;
    let number = if index == 0 {
        BASE_NODE
    } else {
        index as u32 - 1
    };
    let t = &mut l.trace;
    t.fix(fixed::NODE, row, Fr::from(if slot == 0 { 1 } else { 2 }));
    t.fix(fixed::K0, row, Fr::from(u64::from(number)));
    let mut enter = |number, column, at, input| {
        t.number(number);
        t.copy(column, row + at, input)
    };
    let fo = enter("MNOD18", C3, 0, s.fo);
    let ko = enter("MNOD19", C3, 1, s.ko);
    let mu = enter("MNOD20", C3, 2, v.mu.var());
    let r = enter("MNOD21", C3, 3, v.r);
    let same = enter("MNOD22", C4, 0, s.same);
    let w_hi = enter("MNOD23", C4, 1, v.w_hi.var());
    let b = enter("MNOD24", C4, 2, v.b);
    let fl = enter("MNOD25", C4, 3, s.fl);
    let base = enter("MNOD26", C2, 3, s.base);

    let numbered = |l: &mut Lanes<'_>, number, row, tag, key| {
        l.number(number);
        l.find_at(row, tag, key)
    };
    let key = base.value + Fr::from(u64::from(number));
    let [_, lambda, gross] = numbered(l, "MNOD29", row + 2, Tag::Node, key);
    let w = w_hi.value * pow2(16) + r.value;
    let point = VolPoint {
        s: 0,
        w: zkmargin_engine::field::low_u64(w),
        w_hi: to_i128(w_hi.value) as i64,
        r: to_i128(r.value) as i64,
        mu: zkmargin_engine::field::low_u64(mu.value),
        b: to_i128(b.value),
    };
    let priceable = point.w > 0 && point.w < 1 << 40 && point.b.unsigned_abs() < 1 << 90;
    let p = if priceable {
        node_point(&point, to_i128(lambda.value) as i64)
    } else {
        NodePoint {
            d: 0,
            f: 0,
            g: 0,
            clamp: false,
        }
    };
    let d = signed(p.d.into());
    let [d, n1, phi1] = numbered(l, "MNOD27", row, Tag::Normal, d);
    let t = &mut l.trace;
    let clamp = t.put(C6, row + 1, zkmargin_engine::field::bit(p.clamp));
    let g = if clamp.value == Fr::ONE {
        signed((-D_MAX).into())
    } else {
        d.value - w_hi.value
    };
    let [g, n2, phi2] = numbered(l, "MNOD28", row + 1, Tag::Normal, g);
    let t = &mut l.trace;
    let f = t.put(C6, row, signed(p.f.into()));
    let n2x = n2.value * pow2(40)
        - r.value * phi2.value * pow2(35)
        - r.value.square() * g.value * phi2.value;
    let n2x = t.put(C6, row + 2, n2x);
    let rho = d.value * w * Fr::from(2) - b.value - lambda.value;
    let rho = t.put(C1, row + 3, rho);
    let inside = Fr::ONE - f.value.square();
    let z = t.put(C0, row + 3, inside * mu.value * rho.value);
    let total = z.value + inside * pow2(35) + f.value.square() * w - f.value * rho.value;
    let excess = w_hi.value - d.value - Fr::from(D_MAX as u64);
    let far = f.value != Fr::ZERO;
    let excess = if far || clamp.value == Fr::ZERO || is_negative(excess) {
        0
    } else {
        bits(excess, 0, 13) as u64
    };
    for i in 0..4u32 {
        let limb = if i == 3 && !far {
            excess / 2
        } else {
            bits(total, 12 * i, 12) as u64
        };
        t.put(LIMB, row + i as usize, Fr::from(limb));
    }
    t.put(C6, row + 3, Fr::from(excess % 2));

    let value = gross.value * (fo.value * n1.value * pow2(40) + fl.value * pow2(76))
        - ko.value * n2x.value * Fr::from(10_000);
    let registers = &mut registers.0[index];
    let before = registers.clone();
    for (j, register) in registers.iter_mut().enumerate() {
        let v = if j == 0 {
            same.value * before[0] + value
        } else {
            before[j - 1] + same.value * (before[j] - before[j - 1])
        };
        let (column, at) = register_cell(j);
        *register = l.trace.put(column, row + at as usize, v).value;
    }
    NodeOutputs { n1, phi1, z }
}

/// MNOD16, MNOD17: copies the registers of the last slot, one block of rows after it, into columns that
/// may be copied: by node (base first) and underlying.
pub fn export_registers(l: &mut Lanes<'_>, registers: &Registers) -> Vec<Vec<Var>> {
    let shape = l.trace.columns;
    let first = shape.size.slots() * (shape.scenarios + 1) * NODE_ROWS;
    let mut export = |index: usize, j: usize, value| {
        let row = first + index * NODE_ROWS + j % 4;
        l.trace.fix(fixed::KIND, row, Fr::from(3));
        l.trace.put(if j < 4 { C0 } else { C1 }, row, value)
    };
    let nodes = registers.0.iter().enumerate();
    nodes
        .map(|(index, node)| {
            let values = node.iter().enumerate();
            values.map(|(j, value)| export(index, j, *value)).collect()
        })
        .collect()
}
