//! The margin circuit as a system: its columns and all its gates.

use super::columns::{self, challenge, fixed};
use super::free::Free;
use super::node::registers;
use super::shape::{Shape, DEGREE};
use super::trace::{Lane, Trace};
use super::{arithmetic, hash, lookup, node, range};
use crate::system::algebra::{Cells, Gate, Value};
use crate::system::{Plan, System};
use zkmargin_engine::Fr;

impl System for Shape {
    const NAME: &'static str = "margin";
    type Lane = Lane;
    type Free = Free;

    fn plan(&self) -> Plan {
        Plan {
            // Multiplicities, then helper and sum.
            first: columns::advice(self.size) + 2,
            second: 2,
            fixed: fixed::count(self.size),
            instance: 1,
            challenges: challenge::COUNT,
            equality: &columns::EQUALITY,
            degree: DEGREE,
        }
    }

    fn parts<T: Value, C: Cells<T>>(&self, cells: &C) -> Vec<(&'static str, Vec<Gate<T>>)> {
        vec![
            ("poseidon", hash::gates(cells)),
            ("pricing node", node::gates(*self, cells)),
            (
                "registers of the last slot",
                registers::export_gates(*self, cells),
            ),
            ("arithmetic", arithmetic::gates(cells)),
            ("range", range::gates(cells)),
            ("lookup", lookup::gates(self.size, cells)),
        ]
    }

    fn second(trace: &mut Trace, challenges: &[Fr]) {
        lookup::sums(trace, challenges);
    }
}
