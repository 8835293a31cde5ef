//! Malicious witnesses: cells that lie, with everything computed from them made consistent.
//!
//! An attack starts from a case, may change the witness of the circuit, and forges cells. The
//! circuit's own builder lays the rest, so that each lie flows on into all that depends on it.
//! The statement is read off the result, as an attacker would, unless a test names one.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use ff::Field;
use halo2_proofs::dev::MockProver;
use zkmargin_circuits::margin::columns::G2;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::instrument::Opening;
use zkmargin_circuits::margin::node::cells::NodeCell;
use zkmargin_circuits::margin::node::cells::NODE_ROWS;
use zkmargin_circuits::margin::trace::{Cell, Lane, Trace};
use zkmargin_circuits::margin::{layout, MarginCircuit, MarginWitness};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::market::Market;
use zkmargin_engine::Fr;

use super::checker::Checker;
use super::fixture::Case;

/// Free witnesses of a slot begin with this one.
const FIRST_OF_SLOT: Free = Free::Strike;

/// Broken constraints by number, with how often each is broken.
pub type Broken = BTreeMap<String, usize>;

/// What a test expects to be broken.
pub fn only(name: &str, rows: usize) -> Broken {
    BTreeMap::from([(name.to_owned(), rows)])
}

/// A row of a market with the rows beside it.
pub fn opening(market: &Market, index: usize) -> Opening {
    let rows = market.rows();
    let row = |i: usize| rows.get(i).copied().unwrap_or(Fr::ZERO);
    Opening {
        siblings: std::array::from_fn(|i| row(index / 8 * 8 + i)),
        row: row(index),
    }
}

/// An attack in the making.
pub struct Attack {
    /// What the attacker starts from.
    pub case: Case,
    /// The attacker's witness.
    pub witness: MarginWitness,
    /// The account that the honest layout was read from.
    honest: Trace,
    /// Names of free witnesses where each slot begins, and where the slots end.
    slots: Vec<usize>,
    forged: HashMap<Cell, Fr>,
    /// With whether it finds nothing in the honest trace.
    checker: OnceCell<(Checker, bool)>,
}

impl Attack {
    /// An attack by the holder of the mixed account.
    pub fn mixed() -> Self {
        Self::on(Case::mixed())
    }

    /// An attack by the holder of some account.
    pub fn on(case: Case) -> Self {
        let witness = case.witness();
        let honest = layout::build(&case.policy, case.size, &witness, None).trace;
        let mut slots: Vec<usize> = (0..honest.names.len())
            .filter(|&i| honest.names[i].1 == FIRST_OF_SLOT)
            .collect();
        slots.push(slots[slots.len() - 1] + slots[1] - slots[0]);
        Attack {
            case,
            witness,
            honest,
            slots,
            forged: HashMap::new(),
            checker: OnceCell::new(),
        }
    }

    /// The slot of a position, by the name of its instrument.
    pub fn slot(&self, name: &str) -> usize {
        let at = self.case.market.by_name(name).expect("a listed instrument");
        let id = self.case.market.instruments()[at].id;
        let held = |p: &zkmargin_engine::account::Position| p.id == id;
        self.case
            .account
            .positions
            .iter()
            .position(held)
            .expect("a position")
    }

    /// The market row of an instrument.
    pub fn opening(&self, name: &str) -> Opening {
        let at = self.case.market.by_name(name).expect("a listed instrument");
        opening(&self.case.market, at)
    }

    /// The `n`-th free witness of that name in a slot.
    pub fn free(&self, slot: usize, name: Free, n: usize) -> Cell {
        self.named(self.slots[slot]..self.slots[slot + 1], name, n)
    }

    /// The `n`-th free witness of that name before or after the slots.
    pub fn shared(&self, name: Free, n: usize) -> Cell {
        let end = self.slots[self.slots.len() - 1];
        let head = self.honest.names[..self.slots[0]]
            .iter()
            .filter(|w| w.1 == name)
            .count();
        if n < head {
            return self.named(0..self.slots[0], name, n);
        }
        self.named(end..self.honest.names.len(), name, n - head)
    }

    fn named(&self, range: std::ops::Range<usize>, name: Free, n: usize) -> Cell {
        let mut found = self.honest.names[range].iter().filter(|w| w.1 == name);
        found
            .nth(n)
            .unwrap_or_else(|| panic!("no witness {name:?} number {n}"))
            .0
    }

    /// The rows of a lane that carry a number.
    pub fn rows(&self, lane: Lane, number: &str) -> Vec<usize> {
        let numbered = self.honest.numbers.iter();
        let rows: Vec<usize> = numbered
            .filter(|((l, _), n)| *l == lane && **n == number)
            .map(|((_, row), _)| *row)
            .collect();
        assert!(!rows.is_empty(), "{number} has no rows");
        rows
    }

    /// The rows of a lane that carry a number in one slot.
    pub fn rows_of(&self, lane: Lane, number: &str, slot: usize) -> Vec<usize> {
        let (rows, slots) = (self.rows(lane, number), self.case.size.slots());
        let each = rows.len() / slots;
        assert_eq!(rows.len(), each * slots, "{number}");
        rows[slot * each..(slot + 1) * each].to_vec()
    }

    /// Where the last arithmetic row of a number puts its result: of a slot, or of all of them.
    pub fn result(&self, number: &str, slot: Option<usize>) -> Cell {
        let rows = match slot {
            Some(slot) => self.rows_of(Lane::Arithmetic, number, slot),
            None => self.rows(Lane::Arithmetic, number),
        };
        Cell {
            column: G2,
            row: rows[rows.len() - 1],
        }
    }

    /// A cell of the `n`-th look-up of a number in a slot.
    pub fn look_up(&self, number: &str, slot: usize, n: usize, column: usize) -> Cell {
        let row = self.rows_of(Lane::LookUp, number, slot)[n];
        Cell { column, row }
    }

    /// The cells that copies of a number fill, in order.
    pub fn copies(&self, number: &str) -> Vec<Cell> {
        let numbered = self.honest.copies.iter().zip(&self.honest.copy_numbers);
        numbered
            .filter(|(_, n)| **n == number)
            .map(|((copy, _), _)| *copy)
            .collect()
    }

    /// A cell of a pricing node; node 0 is the base, scenario `s` is node `s + 1`.
    pub fn node(&self, slot: usize, node: usize, (column, row): NodeCell) -> Cell {
        let nodes = self.case.policy.scenarios().len() + 1;
        let row = (slot * nodes + node) * NODE_ROWS + row;
        Cell { column, row }
    }

    /// The honest value of a cell.
    pub fn honest(&self, cell: Cell) -> Fr {
        self.honest.advice[cell.column][cell.row]
    }

    /// Puts a value into a cell.
    pub fn forge(&mut self, cell: Cell, value: Fr) -> &mut Self {
        self.forged.insert(cell, value);
        self
    }

    /// Adds to the honest value of a cell.
    pub fn shift(&mut self, cell: Cell, by: Fr) -> &mut Self {
        self.forge(cell, self.honest(cell) + by)
    }

    /// Forgets every forged cell.
    pub fn relent(&mut self) -> &mut Self {
        self.forged.clear();
        self
    }

    /// The attacker's trace.
    pub fn trace(&self) -> Trace {
        let trace =
            layout::empty_trace(&self.case.policy, self.case.size).forging(self.forged.clone());
        layout::build_over(&self.case.policy, &self.witness, trace).trace
    }

    /// Stands the leaf that the attacker's trace computes into a book of the attacker's.
    pub fn own_book(&mut self) -> &mut Self {
        // The cell that the first level of the book opens.
        let at = self.copies("MBOK2")[0];
        let leaf = self.trace().advice[at.column][at.row];
        let leaves = vec![Fr::from(7), leaf, Fr::from(9)];
        self.witness.book_path = Book { leaves }.inclusion(1).path;
        self
    }

    /// The statement that a trace proves.
    pub fn claim(trace: &Trace) -> [Fr; 8] {
        let mut rows = [Fr::ZERO; 8];
        for (cell, row) in &trace.publics {
            rows[*row] = trace.advice[cell.column][cell.row];
        }
        rows
    }

    /// What the attack breaks when the attacker states what the trace proves.
    pub fn broken(&self) -> Broken {
        let trace = self.trace();
        let rows = Self::claim(&trace);
        self.check(&trace, &rows)
    }

    /// What a trace breaks under a statement.
    pub fn check(&self, trace: &Trace, rows: &[Fr]) -> Broken {
        let (checker, honest) = self.checker.get_or_init(|| {
            let circuit = MarginCircuit::over(self.honest.clone());
            let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
            let claim = Self::claim(&self.honest);
            let holds = checker.broken(&self.honest, &claim).is_empty();
            (checker, holds)
        });
        let broken = match *honest && trace.fixed == self.honest.fixed {
            true => checker.broken_since(&self.honest, trace, rows),
            false => checker.broken(trace, rows),
        };
        broken.into_iter().collect()
    }

    /// Whether halo2's own mock prover refuses the attack too.
    pub fn mock_prover_refuses(&self) -> bool {
        let trace = self.trace();
        let rows = Self::claim(&trace);
        self.mock_prover_refuses_claim(trace, rows)
    }

    /// The same under a statement of the test's choice.
    pub fn mock_prover_refuses_claim(&self, trace: Trace, rows: impl Into<Vec<Fr>>) -> bool {
        let circuit = MarginCircuit::over(trace);
        let prover = MockProver::run(circuit.k(), &circuit, vec![rows.into()]);
        prover.expect("a layout").verify().is_err()
    }
}
