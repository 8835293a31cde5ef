//! Programs: a polynomial over the cells of a row, evaluated on all rows.
//!
//! An [`Assembler`] takes loads, products and weighted sums. It knows how far each value may exceed
//! the modulus, so that values are reduced only where the next operation needs it, and gives every
//! value a slot until its last use. A [`Program`] runs on a few blocks of rows at a time, so that the
//! cost of decoding an operation is shared and all slots stay in the cache.

use std::collections::HashMap;

use ff::Field;
use halo2curves::bn256::Fr;

use crate::column::{computed, Column, Rows};
use crate::lanes::{Lanes, PRODUCTS};

/// Blocks that one operation works on.
const BLOCKS: usize = 4;
/// Blocks of a task for another thread.
const TASK: usize = 64;

/// Multiples of p that a value may be, as factor: the product of two is below 1.2p.
const FACTOR: f64 = 4.0;
/// That a sum may be before it is reduced.
const SUM: f64 = 14.0;
/// That a cell of a column is below.
const CELL: f64 = 2.0;
/// That a reduced value is below.
const REDUCED: f64 = 1.2;
/// `a·b/R + p` in multiples of p, for R = 2^260: the product divided by this, and one.
const SHRINK: f64 = 84.0;

/// A value of a program that is being assembled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value(u32);

/// What computes a value; operands are values, then slots.
#[derive(Clone, Debug)]
enum Op<C> {
    /// A cell of a column, so many rows below.
    Load(u32, i32),
    Mul(u32, u32),
    Square(u32),
    Sum(Terms<C>),
}

/// `Σ plus − Σ minus + Σ dot + constant`, to which `offset`·p is added so that it is not negative.
#[derive(Clone, Debug)]
struct Terms<C> {
    plus: Vec<u32>,
    minus: Vec<u32>,
    dot: Vec<(u32, C)>,
    constant: Option<C>,
    offset: u32,
    reduce: bool,
}

impl<C> Op<C> {
    fn operands(&self) -> Vec<u32> {
        match self {
            Op::Load(..) => Vec::new(),
            Op::Mul(a, b) => vec![*a, *b],
            Op::Square(a) => vec![*a],
            Op::Sum(terms) => {
                let products = terms.dot.iter().map(|(a, _)| a);
                let all = terms.plus.iter().chain(&terms.minus).chain(products);
                all.copied().collect()
            }
        }
    }
}

/// See the module documentation.
#[derive(Debug, Default)]
pub struct Assembler {
    ops: Vec<Op<Fr>>,
    /// Values are below these multiples of p.
    bounds: Vec<f64>,
    loads: HashMap<(u32, i32), Value>,
}

impl Assembler {
    fn push(&mut self, op: Op<Fr>, bound: f64) -> Value {
        self.ops.push(op);
        self.bounds.push(bound);
        Value(self.ops.len() as u32 - 1)
    }

    fn bound(&self, value: u32) -> f64 {
        self.bounds[value as usize]
    }

    /// The cell of a column, so many rows below.
    pub fn load(&mut self, column: u32, rotation: i32) -> Value {
        if let Some(value) = self.loads.get(&(column, rotation)) {
            return *value;
        }
        let value = self.push(Op::Load(column, rotation), CELL);
        self.loads.insert((column, rotation), value);
        value
    }

    /// A product.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        let bound = 1.0 + self.bound(a.0) * self.bound(b.0) / SHRINK;
        match a == b {
            true => self.push(Op::Square(a.0), bound),
            false => self.push(Op::Mul(a.0, b.0), bound),
        }
    }

    /// A sum of values with weights, and a constant.
    pub fn sum(&mut self, terms: Vec<(Value, Fr)>, constant: Fr) -> Value {
        if let ([(value, weight)], true) = (&terms[..], constant == Fr::ZERO) {
            if *weight == Fr::ONE {
                return *value;
            }
        }
        let (mut plus, mut minus, mut dot) = (Vec::new(), Vec::new(), Vec::new());
        for (value, weight) in terms {
            if weight == Fr::ONE {
                plus.push(value.0);
            } else if weight == -Fr::ONE {
                minus.push(value.0);
            } else {
                dot.push((value.0, weight));
            }
        }
        let mut constant = (constant != Fr::ZERO).then_some(constant);
        let mut sum = self.part(None, &mut plus, &mut minus, &mut dot, constant.take());
        while !(plus.is_empty() && minus.is_empty() && dot.is_empty()) {
            sum = self.part(Some(sum), &mut plus, &mut minus, &mut dot, None);
        }
        sum
    }

    /// As many of the terms as one operation takes.
    fn part(
        &mut self,
        before: Option<Value>,
        plus: &mut Vec<u32>,
        minus: &mut Vec<u32>,
        dot: &mut Vec<(u32, Fr)>,
        constant: Option<Fr>,
    ) -> Value {
        let mut terms = Terms {
            plus: before.iter().map(|value| value.0).collect(),
            minus: Vec::new(),
            dot: dot.split_off(dot.len().saturating_sub(PRODUCTS)),
            constant,
            offset: 0,
            reduce: false,
        };
        let mut bound = before.map_or(0.0, |value| self.bound(value.0));
        if !terms.dot.is_empty() {
            let products = terms.dot.iter().map(|(a, _)| self.bound(*a) / SHRINK);
            bound += 1.0 + products.sum::<f64>();
        }
        if constant.is_some() {
            bound += 1.0;
        }
        while let Some(next) = plus.last().copied() {
            if bound + self.bound(next) > SUM {
                break;
            }
            bound += self.bound(next);
            terms.plus.push(next);
            plus.pop();
        }
        while let Some(next) = minus.last().copied() {
            let most = self.bound(next).ceil();
            if bound + most > SUM {
                break;
            }
            bound += most;
            terms.offset += most as u32;
            terms.minus.push(next);
            minus.pop();
        }
        terms.reduce = bound > FACTOR;
        let bound = if terms.reduce { REDUCED } else { bound };
        self.push(Op::Sum(terms), bound)
    }

    /// The program of a value.
    pub fn finish<L: Lanes>(self, result: Value) -> Program<L> {
        let mut last = vec![None; self.ops.len()];
        // What the result does not need is left out.
        last[result.0 as usize] = Some(self.ops.len());
        for (at, op) in self.ops.iter().enumerate().rev() {
            if last[at].is_some() {
                for operand in op.operands() {
                    last[operand as usize].get_or_insert(at);
                }
            }
        }
        let mut slots = Slots::default();
        let mut place = vec![0; self.ops.len()];
        let mut steps = Vec::with_capacity(self.ops.len());
        for (at, op) in self.ops.into_iter().enumerate() {
            if last[at].is_none() {
                continue;
            }
            let mut operands = op.operands();
            let op = placed::<L>(op, |value| place[value as usize]);
            let to = slots.take();
            place[at] = to;
            steps.push((op, to));
            operands.sort_unstable();
            operands.dedup();
            let done = operands.iter().filter(|o| last[**o as usize] == Some(at));
            slots
                .free
                .extend(done.map(|operand| place[*operand as usize]));
        }
        Program {
            steps,
            slots: slots.count as usize,
            result: place[result.0 as usize],
        }
    }
}

#[derive(Default)]
struct Slots {
    free: Vec<u32>,
    count: u32,
}

impl Slots {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}

/// The program of one polynomial, for columns of any length.
#[derive(Clone, Debug)]
pub struct Program<L: Lanes> {
    /// What is computed, and the slot that it goes to.
    steps: Vec<(Op<L::Factor<Fr>>, u32)>,
    slots: usize,
    result: u32,
}

/// The operation over slots instead of values.
fn placed<L: Lanes>(op: Op<Fr>, place: impl Fn(u32) -> u32) -> Op<L::Factor<Fr>> {
    let all = |values: Vec<u32>| values.into_iter().map(&place).collect();
    match op {
        Op::Load(column, rotation) => Op::Load(column, rotation),
        Op::Mul(a, b) => Op::Mul(place(a), place(b)),
        Op::Square(a) => Op::Square(place(a)),
        Op::Sum(terms) => {
            let dot = terms.dot.into_iter();
            Op::Sum(Terms {
                plus: all(terms.plus),
                minus: all(terms.minus),
                dot: dot
                    .map(|(a, factor)| (place(a), L::factor(factor)))
                    .collect(),
                constant: terms.constant.map(L::factor),
                offset: terms.offset,
                reduce: terms.reduce,
            })
        }
    }
}

impl<L: Lanes> Program<L> {
    /// The columns that it reads, each as often as it loads it.
    pub fn columns(&self) -> impl Iterator<Item = u32> + '_ {
        self.steps.iter().filter_map(|(op, _)| match op {
            Op::Load(column, _) => Some(*column),
            _ => None,
        })
    }

    /// Products on every row.
    pub fn products(&self) -> usize {
        let products = self.steps.iter().map(|(op, _)| match op {
            Op::Load(..) => 0,
            Op::Mul(..) | Op::Square(_) => 1,
            Op::Sum(terms) => terms.dot.len(),
        });
        products.sum()
    }

    /// The polynomial on every row of columns of one length.
    ///
    /// # Panics
    /// Without columns, or when lengths differ.
    pub fn run(&self, columns: &[&Column<L>]) -> Column<L> {
        computed(columns, TASK, self)
    }
}

impl<L: Lanes> Rows<L> for Program<L> {
    #[inline(always)]
    fn compute(&self, columns: &[&Column<L>], from: usize, out: &mut [L::Vector<Fr>]) {
        let mut slots = vec![[L::zero(); BLOCKS]; self.slots];
        for (group, out) in out.chunks_mut(BLOCKS).enumerate() {
            let first = from + group * BLOCKS;
            for (op, to) in &self.steps {
                let mut value = [L::zero(); BLOCKS];
                match op {
                    Op::Load(column, rotation) => {
                        let at = first as isize + *rotation as isize;
                        let column = columns[*column as usize];
                        for (b, value) in value.iter_mut().enumerate() {
                            *value = column.block(at + b as isize);
                        }
                    }
                    Op::Mul(a, b) => {
                        let (a, b) = (&slots[*a as usize], &slots[*b as usize]);
                        for (i, value) in value.iter_mut().enumerate() {
                            *value = L::carry(L::mul(a[i], b[i]));
                        }
                    }
                    Op::Square(a) => {
                        for (value, a) in value.iter_mut().zip(&slots[*a as usize]) {
                            *value = L::carry(L::square(*a));
                        }
                    }
                    Op::Sum(terms) => {
                        for (b, value) in value.iter_mut().enumerate() {
                            *value = terms.sum::<L>(&slots, b);
                        }
                    }
                }
                slots[*to as usize] = value;
            }
            let result = &slots[self.result as usize];
            for (out, value) in out.iter_mut().zip(result) {
                *out = L::reduce(*value);
            }
        }
    }
}

impl<C> Terms<C> {
    /// Of one block.
    #[inline(always)]
    fn sum<L: Lanes<Factor<Fr> = C>>(
        &self,
        slots: &[[L::Vector<Fr>; BLOCKS]],
        block: usize,
    ) -> L::Vector<Fr> {
        let value = |slot: &u32| slots[*slot as usize][block];
        let mut sum = L::zero();
        if !self.dot.is_empty() {
            let mut products = L::wide_zero();
            for (a, factor) in &self.dot {
                products = L::wide_add(products, value(a), L::broadcast(factor));
            }
            sum = L::wide_reduce(products);
        }
        for slot in &self.plus {
            sum = L::add(sum, value(slot));
        }
        for slot in &self.minus {
            sum = L::sub(sum, value(slot));
        }
        if let Some(constant) = &self.constant {
            sum = L::add(sum, L::broadcast(constant));
        }
        let sum = match self.offset {
            0 => L::carry(sum),
            offset => L::offset(sum, offset),
        };
        if self.reduce {
            L::reduce(sum)
        } else {
            sum
        }
    }
}
