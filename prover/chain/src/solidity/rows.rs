//! Values of Lagrange polynomials and of the public inputs, and all inverses at once.

use super::expression::literal;
use super::memory::WORD;
use super::{answered, Generator, LOST, REFUSE, STATEMENT_AT, STATEMENT_WORDS};
use zkmargin_verifier::bn254::Fr;

/// Numbers to invert before those of the rows.
const BEFORE_ROWS: usize = 3;
/// Steps of a product or a Horner sum in one statement.
const TERMS_PER_LINE: usize = 8;

/// `r − 2`: the exponent of an inverse.
fn inverse_exponent() -> String {
    literal(-Fr::from(2))
}

impl Generator<'_> {
    pub(super) fn rows(&mut self) {
        let x = self.challenge(self.plan.challenges.x);
        self.out.section("x^n");
        self.out.line("{");
        self.out.line(&format!("let x := {x}"));
        self.out.line("h := x");
        for _ in 0..self.protocol.k {
            self.out.line("h := mulmod(h, h, r)");
        }
        self.out.line(&format!("mstore({:#x}, h)", self.at.x_n));
        let rows = self.lagrange_rows();
        let rotations = self.plan.rotations();
        // One product over x, x^n − 1, Π(x − ω^−i), x − ω^row, u − x·ω^rotation.
        let count = BEFORE_ROWS + rows.len() + rotations.len();
        let values = self.memory.area("numbers to invert", count);
        let inverses = self
            .memory
            .area("products before them, then their inverses", count);
        self.memory.area("shared values", 0);
        let before_rotations = WORD * (BEFORE_ROWS + rows.len());
        self.at.differences = values + before_rotations;
        self.at.inverses = inverses + before_rotations;
        self.at.x_inverse = inverses;
        // Starts as the inverse of x^n − 1.
        self.at.quotient = inverses + WORD;
        self.numbers(values, &rows, &rotations);
        self.invert(values, inverses, count);
        self.lagrange(values, inverses, &rows);
        self.out.line("}");
    }

    fn numbers(&mut self, values: usize, rows: &[i32], rotations: &[i32]) {
        self.out
            .section("numbers to invert: x, x^n - 1, blinding rows, x - w^row, u - x w^rotation");
        self.out.line(&format!("mstore({values:#x}, x)"));
        self.out.line(&format!(
            "mstore({:#x}, addmod(h, sub(r, 1), r))",
            values + WORD
        ));
        self.out.line("h := add(x, r)");
        let blinding: Vec<String> = (1..=self.protocol.blinding as i32)
            .map(|i| format!("sub(h, {})", literal(self.protocol.rotated(-i))))
            .collect();
        self.store_product(values + 2 * WORD, &blinding);
        for (i, row) in rows.iter().enumerate() {
            let (at, power) = (
                values + WORD * (BEFORE_ROWS + i),
                literal(self.protocol.rotated(*row)),
            );
            self.out.line(&format!("mstore({at:#x}, sub(h, {power}))"));
        }
        let u = self.challenge(self.plan.challenges.u);
        self.out.line(&format!("h := add({u}, r)"));
        for (i, rotation) in rotations.iter().enumerate() {
            let at = values + WORD * (BEFORE_ROWS + rows.len() + i);
            let power = literal(self.protocol.rotated(*rotation));
            let shifted = match rotation {
                0 => "x".to_owned(),
                _ => format!("mulmod(x, {power}, r)"),
            };
            self.out
                .line(&format!("mstore({at:#x}, sub(h, {shifted}))"));
        }
    }

    /// Rows whose Lagrange polynomials are needed one by one, ascending: the last row in use, the
    /// first, and those of the public inputs. The blinding rows are summed.
    fn lagrange_rows(&self) -> Vec<i32> {
        let mut rows = vec![self.protocol.last_rotation(), 0];
        for query in &self.protocol.instance_queries {
            rows.extend((0..STATEMENT_WORDS as i32).map(|row| row - query.rotation));
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Stores a product.
    fn store_product(&mut self, at: usize, factors: &[String]) {
        for (i, some) in factors.chunks(TERMS_PER_LINE).enumerate() {
            let before = format!("mload({at:#x})");
            let (start, rest) = match (i, some.split_first()) {
                (0, Some((first, rest))) => (first, rest),
                _ => (&before, some),
            };
            let product = rest.iter().fold(start.clone(), |product, factor| {
                format!("mulmod({factor}, {product}, r)")
            });
            self.out.line(&format!("mstore({at:#x}, {product})"));
        }
    }

    /// `Σ_i ω^−i·Π_{j≠i}(X − ω^−j)` over the blinding rows, highest power first.
    fn blinding_numerator(&self) -> Vec<Fr> {
        let roots: Vec<Fr> = (1..=self.protocol.blinding as i32)
            .map(|i| self.protocol.rotated(-i))
            .collect();
        let mut sum = vec![Fr::ZERO; roots.len()];
        for (i, root) in roots.iter().enumerate() {
            // The product of the others, lowest power first.
            let mut product = vec![Fr::ONE];
            for (_, other) in roots.iter().enumerate().filter(|(j, _)| *j != i) {
                let mut next = vec![Fr::ZERO; product.len() + 1];
                for (power, c) in product.iter().enumerate() {
                    next[power + 1] += *c;
                    next[power] -= *other * *c;
                }
                product = next;
            }
            for (total, c) in sum.iter_mut().zip(product) {
                *total += *root * c;
            }
        }
        sum.reverse();
        sum
    }

    fn invert(&mut self, values: usize, products: usize, count: usize) {
        self.out.section("one inversion: products up, then down");
        let mut product = format!("mload({values:#x})");
        for i in 1..count {
            let (value, before) = (values + WORD * i, products + WORD * i);
            self.out.line(&format!("mstore({before:#x}, {product})"));
            product = format!("mulmod(mload({before:#x}), mload({value:#x}), r)");
        }
        self.out.line(&format!("h := {product}"));
        let m = self.at.pairing;
        for (i, word) in ["0x20", "0x20", "0x20", "h", &inverse_exponent(), "r"]
            .iter()
            .enumerate()
        {
            self.out
                .line(&format!("mstore({:#x}, {word})", m + WORD * i));
        }
        let power = format!("staticcall(gas(), 5, {m:#x}, 0xc0, {m:#x}, 0x20)");
        self.out.line(&format!(
            "if iszero({}) {{ {LOST} }}",
            answered(0x20, &power)
        ));
        self.out.line(&format!("h := mload({m:#x})"));
        // Zero has no inverse: x is a row or u meets a rotation, which no honest challenge does.
        self.out.line(&format!("if iszero(h) {{ {REFUSE} }}"));
        for i in (1..count).rev() {
            let (value, product) = (values + WORD * i, products + WORD * i);
            self.out.line(&format!(
                "mstore({product:#x}, mulmod(h, mload({product:#x}), r))"
            ));
            self.out
                .line(&format!("h := mulmod(h, mload({value:#x}), r)"));
        }
        self.out.line(&format!("mstore({products:#x}, h)"));
    }

    fn lagrange(&mut self, values: usize, inverses: usize, rows: &[i32]) {
        self.out
            .section("rows: l_i(x) = w^i (x^n - 1) / (n (x - w^i))");
        let scale = literal(Fr::from(self.protocol.rows()).invert());
        self.out.line(&format!(
            "let common := mulmod({scale}, mload({:#x}), r)",
            values + WORD
        ));
        let inverse = |row: i32| {
            let at = rows.binary_search(&row);
            let at = at.expect("every row that is used was listed");
            format!("mload({:#x})", inverses + WORD * (BEFORE_ROWS + at))
        };
        let weighted = |g: &Self, row: i32| match row {
            0 => inverse(0),
            _ => format!(
                "mulmod({}, {}, r)",
                literal(g.protocol.rotated(row)),
                inverse(row)
            ),
        };
        let (first, last) = (
            weighted(self, 0),
            weighted(self, self.protocol.last_rotation()),
        );
        self.out.line(&format!(
            "mstore({:#x}, mulmod(common, {first}, r))",
            self.at.first
        ));
        self.out.line(&format!(
            "mstore({:#x}, mulmod(common, {last}, r))",
            self.at.last
        ));
        self.active(inverses);
        for (i, query) in self.protocol.instance_queries.iter().enumerate() {
            self.out.line("h := 0");
            for word in 0..STATEMENT_WORDS {
                let term = weighted(self, word as i32 - query.rotation);
                let value = STATEMENT_AT + WORD * word;
                self.out.line(&format!(
                    "h := addmod(h, mulmod(calldataload({value:#x}), {term}, r), r)"
                ));
            }
            let at = self.at.instance + WORD * i;
            self.out
                .line(&format!("mstore({at:#x}, mulmod(h, common, r))"));
        }
    }

    /// The polynomial of the active rows: 1 less those of the last and the blinding rows. The latter is
    /// Σ_i ω^−i/(x − ω^−i) as one fraction, its numerator by Horner's rule.
    fn active(&mut self, inverses: usize) {
        let numerator = self.blinding_numerator();
        for (i, some) in numerator.chunks(TERMS_PER_LINE).enumerate() {
            let (start, rest) = match (i, some.split_first()) {
                (0, Some((first, rest))) => (literal(*first), rest),
                _ => ("h".to_owned(), some),
            };
            let joined = rest.iter().fold(start, |sum, c| {
                format!("add({}, mulmod(x, {sum}, r))", literal(*c))
            });
            self.out.line(&format!("h := {joined}"));
        }
        self.out.line(&format!(
            "h := mulmod(common, mulmod(h, mload({:#x}), r), r)",
            inverses + 2 * WORD
        ));
        self.out.line(&format!(
            "mstore({:#x}, addmod(1, sub(mul(r, 2), add(mload({:#x}), h)), r))",
            self.at.active, self.at.last
        ));
    }
}
