//! P&L by underlying, from slot to slot: the registers of a node, and where those of the last slot are
//! brought out. MNOD13, MNOD14, MNOD16 and MNOD17 of [`super`].

use ff::Field;

use super::cells::NODE_ROWS;
use crate::margin::columns::{fixed, kinds, C0, C1, C5, C7};
use crate::margin::shape::Shape;
use crate::margin::trace::{Trace, Var};
use crate::system::algebra::{Cells, Gate, Value};
use zkmargin_engine::Fr;

/// Rows from a slot to the next.
pub(super) fn slot_rows(shape: Shape) -> i32 {
    ((shape.scenarios + 1) * NODE_ROWS) as i32
}

/// MNOD13, MNOD14: registers after a slot, from those before it and the value of the node.
pub(super) fn register_gates<T: Value>(
    node: &T,
    same: &T,
    value: T,
    (here, before): (&[T], &[T]),
) -> Vec<Gate<T>> {
    // 0 in the first slot; equal to the selector in the others.
    let chain = node.clone() * (node.clone() - T::small(1));
    let carried = chain.clone() * same.clone() * before[0].clone();
    let added = node.clone() * (here[0].clone() - value) - carried;
    let mut out = vec![("MNOD13 value", added)];
    for (j, register) in here.iter().enumerate().skip(1) {
        let (up, kept) = (before[j - 1].clone(), before[j].clone());
        let moved = up.clone() + same.clone() * (kept - up);
        let shift = node.clone() * register.clone() - chain.clone() * moved;
        out.push(("MNOD14 shift", shift));
    }
    out
}

/// MNOD16, MNOD17: registers of the last slot, in the block of rows after it.
pub(crate) fn export_gates<T: Value, C: Cells<T>>(shape: Shape, cells: &C) -> Vec<Gate<T>> {
    let kind = cells.fixed(fixed::KIND, 0);
    let minus = |n: u64| kind.clone() - T::small(n);
    // Not zero exactly at 2, among 0, 1, 2 and 3.
    let export = kind.clone() * minus(kinds::INPUTS) * minus(kinds::ROUNDS_NEXT);
    let moved = |to, from| cells.advice(to, 0) - cells.advice(from, -slot_rows(shape));
    let mut out = vec![("MNOD16 export", export.clone() * moved(C0, C5))];
    if shape.size.underlyings() > 4 {
        out.push(("MNOD17 export", export * moved(C1, C7)));
    }
    out
}

/// P&L registers after the last slot laid, by node (base first) and underlying.
pub(crate) struct Registers(Vec<Vec<Fr>>);

impl Registers {
    /// Those before the first slot.
    pub(crate) fn new(shape: Shape) -> Self {
        Registers(vec![
            vec![Fr::ZERO; shape.size.underlyings()];
            shape.scenarios + 1
        ])
    }

    /// Adds what a node is worth to its register, and shifts the registers where an underlying starts:
    /// `lay` is given each register with its total, and says what was laid.
    pub(super) fn add(
        &mut self,
        node: usize,
        same: Fr,
        value: Fr,
        mut lay: impl FnMut(usize, Fr) -> Fr,
    ) {
        let registers = &mut self.0[node];
        let before = registers.clone();
        for (j, total) in registers.iter_mut().enumerate() {
            let now = match j {
                0 => same * before[0] + value,
                _ => before[j - 1] + same * (before[j] - before[j - 1]),
            };
            *total = lay(j, now);
        }
    }
}

/// MNOD16, MNOD17: copies the registers of the last slot, one block of rows after it, into columns that
/// may be copied: by node (base first) and underlying.
pub(crate) fn export_registers(t: &mut Trace, registers: &Registers) -> Vec<Vec<Var>> {
    let shape = t.columns;
    let first = shape.size.slots() * (shape.scenarios + 1) * NODE_ROWS;
    let mut export = |index: usize, j: usize, value| {
        let row = first + index * NODE_ROWS + j % 4;
        t.fix(fixed::KIND, row, Fr::from(kinds::EXPORT));
        t.put(if j < 4 { C0 } else { C1 }, row, value)
    };
    let mut node = |(index, node): (usize, &Vec<Fr>)| {
        let values = node.iter().enumerate();
        values.map(|(j, value)| export(index, j, *value)).collect()
    };
    registers.0.iter().enumerate().map(&mut node).collect()
}
