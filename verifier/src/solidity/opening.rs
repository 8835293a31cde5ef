//! The opening of all commitments: coefficients, sum of multiples, pairing.

use super::expression::literal;
use super::memory::WORD;
use super::Generator;
use crate::bn254::{G1, G2};
use crate::light::set_weights;
use crate::protocol::plan::{Commitment, Member, RotationSet, Value};

/// Gas forwarded to a call of the curve's addition, multiplication and pairing. They cost 150,
/// 6,000 and 113,000; a failed one burns what it was given, so it is given little more.
/// Steps of a Horner sum in one statement.
const VALUES_PER_LINE: usize = 8;
const ADD_GAS: u32 = 2_000;
const MULTIPLY_GAS: u32 = 20_000;
const PAIRING_GAS: u32 = 130_000;

impl Generator<'_> {
    pub(super) fn opening(&mut self) {
        let names = self.plan.challenges.clone();
        self.out.section("opening: one coefficient per value");
        self.out
            .line(&format!("y := {}", self.challenge(names.y_opening)));
        let sets = self.plan.sets.clone();
        let rotations = self.plan.rotations();
        let difference = |at: usize, rotation: i32| {
            let i = rotations.binary_search(&rotation).unwrap_or_default();
            format!("mload({:#x})", at + WORD * i)
        };
        let z_0: Vec<String> = sets[0]
            .rotations
            .iter()
            .map(|r| difference(self.at.differences, *r))
            .collect();
        let z_0_at = self.memory.scratch();
        let power_at = self.memory.scratch();
        let scales: Vec<usize> = sets.iter().map(|_| self.memory.scratch()).collect();
        self.out
            .line(&format!("mstore({z_0_at:#x}, {})", product(&z_0)));
        // Power of v times Z_0, and the constant term.
        self.out.line(&format!("part := mload({z_0_at:#x})"));
        self.out.line("sum := 0");
        for (i, set) in sets.iter().enumerate() {
            self.out.line(&format!("// rotations {:?}", set.rotations));
            if i > 0 {
                let v = self.challenge(names.v);
                self.out.line(&format!("part := mulmod(part, {v}, r)"));
            }
            let inverses: Vec<String> = set
                .rotations
                .iter()
                .map(|r| difference(self.at.inverses, *r))
                .collect();
            let scale = format!("mulmod(part, {}, r)", product(&inverses));
            self.out.line(&format!("mstore({:#x}, {scale})", scales[i]));
            self.set_values(set, &inverses, power_at);
        }
        self.sum_of_multiples(&sets, &scales, z_0_at);
        self.pairing();
    }

    /// Adds `Σ_k part·c_k·x^(1−m)/d_k · Σ_j y'^j·value_jk` to `sum`.
    fn set_values(&mut self, set: &RotationSet, inverses: &[String], power_at: usize) {
        let x_inverse = format!("mload({:#x})", self.at.x_inverse);
        let common = match set.rotations.len() {
            1 => "part".to_owned(),
            size => {
                let power = vec![x_inverse; size - 1];
                self.out.line(&format!(
                    "mstore({power_at:#x}, mulmod(part, {}, r))",
                    product(&power)
                ));
                format!("mload({power_at:#x})")
            }
        };
        let weights = set_weights(self.protocol, &set.rotations);
        for (k, weight) in weights.into_iter().enumerate() {
            let value = |member: &Member| match member.values[k] {
                Value::Proof(number) => self.scalar(number),
                Value::Quotient => format!("mload({:#x})", self.at.quotient),
            };
            let values: Vec<String> = set.members.iter().rev().map(value).collect();
            for (i, some) in values.chunks(VALUES_PER_LINE).enumerate() {
                let (start, rest) = match (i, some.split_first()) {
                    (0, Some((first, rest))) => (first.as_str(), rest),
                    _ => ("h", some),
                };
                let joined = rest.iter().fold(start.to_owned(), |sum, value| {
                    format!("add({value}, mulmod(y, {sum}, r))")
                });
                self.out.line(&format!("h := {joined}"));
            }
            let mut factor = format!("mulmod({common}, {}, r)", inverses[k]);
            if weight != crate::bn254::Fr::ONE {
                factor = format!("mulmod({factor}, {}, r)", literal(weight));
            }
            self.out
                .line(&format!("sum := addmod(sum, mulmod({factor}, h, r), r)"));
        }
    }

    /// Adds up at the second point of the pairing input.
    fn sum_of_multiples(&mut self, sets: &[RotationSet], scales: &[usize], z_0: usize) {
        self.out.section("sum of multiples");
        let mut first = true;
        for (i, set) in sets.iter().enumerate() {
            self.out.line(&format!("// rotations {:?}", set.rotations));
            for (j, member) in set.members.iter().enumerate() {
                match (i, j) {
                    (0, 0) => {}
                    (0, 1) => self.out.line("h := y"),
                    (_, 0) => self.out.line(&format!("h := mload({:#x})", scales[i])),
                    _ => self.out.line("h := mulmod(h, y, r)"),
                }
                if first && !matches!(member.commitment, Commitment::Proof(_)) {
                    // Nothing to start from but the point at infinity.
                    let sum = self.at.pairing + 6 * WORD;
                    self.out.line(&format!("mstore({sum:#x}, 0)"));
                    self.out.line(&format!("mstore({:#x}, 0)", sum + WORD));
                    self.out.line("h := 1");
                }
                self.member(member.commitment, first);
                first = false;
            }
        }
        let opening = self.plan.opening_point;
        self.out.line("// constant term, and the opening points");
        self.add_constant(&G1::generator(), "sub(r, sum)");
        self.add_point(opening, &format!("sub(mul(r, 5), mload({z_0:#x}))"));
        let u = self.challenge(self.plan.challenges.u);
        self.add_point(opening + 1, &u);
    }

    fn member(&mut self, commitment: Commitment, first: bool) {
        let sum = self.at.pairing + 6 * WORD;
        match commitment {
            // The first coefficient is one.
            Commitment::Proof(number) if first => {
                let from = self.point_at(number);
                self.out
                    .line(&format!("calldatacopy({sum:#x}, {from:#x}, 0x40)"));
            }
            Commitment::Proof(number) => self.add_point(number, "h"),
            Commitment::Fixed(_) | Commitment::Permutation(_) => {
                match (self.key.commitment(commitment), self.key_point(commitment)) {
                    (Some(at), _) => self.accumulate(at, "h"),
                    (None, Some(point)) => self.add_constant(&point, "h"),
                    // The reader of protocols lets no commitment be missing.
                    (None, None) => {}
                }
            }
            Commitment::Quotient => {
                let x_n = format!("mload({:#x})", self.at.x_n);
                self.out.line("part := h");
                for piece in 0..self.protocol.quotient_pieces() {
                    if piece > 0 {
                        self.out.line(&format!("part := mulmod(part, {x_n}, r)"));
                    }
                    self.add_point(self.plan.quotient_point + piece, "part");
                }
            }
        }
    }

    /// The commitment whose coefficient is one.
    pub(super) fn first_commitment(&self) -> Option<Commitment> {
        let member = self.plan.sets.first()?.members.first()?;
        Some(member.commitment)
    }

    fn add_point(&mut self, number: usize, scalar: &str) {
        let (to, from) = (self.at.pairing + 10 * WORD, self.point_at(number));
        self.out
            .line(&format!("calldatacopy({to:#x}, {from:#x}, 0x40)"));
        self.accumulate(to, scalar);
    }

    fn add_constant(&mut self, point: &G1, scalar: &str) {
        let to = self.at.pairing + 10 * WORD;
        self.out
            .line(&format!("mstore({to:#x}, {})", literal(point.x)));
        self.out
            .line(&format!("mstore({:#x}, {})", to + WORD, literal(point.y)));
        self.accumulate(to, scalar);
    }

    /// Multiplies the point in place and adds it to the sum. After a failure no gas is forwarded.
    fn accumulate(&mut self, input: usize, scalar: &str) {
        let sum = self.at.pairing + 6 * WORD;
        let product = sum + 2 * WORD;
        self.out
            .line(&format!("mstore({:#x}, {scalar})", input + 2 * WORD));
        // The last argument runs first.
        self.out.line(&format!(
            "ok := and(staticcall({ADD_GAS}, 6, {sum:#x}, 0x80, {sum:#x}, 0x40), \
             staticcall(mul(ok, {MULTIPLY_GAS}), 7, {input:#x}, 0x60, {product:#x}, 0x40))"
        ));
    }

    /// `e(W', [τ]_2)·e(sum, −[1]_2) = 1`
    fn pairing(&mut self) {
        self.out.section("pairing");
        let at = self.at.pairing;
        let from = self.point_at(self.plan.opening_point + 1);
        self.out
            .line(&format!("calldatacopy({at:#x}, {from:#x}, 0x40)"));
        let generator = G2::generator();
        let negative = G2 {
            x: generator.x,
            y: -generator.y,
        };
        for (first, point) in [(2, self.protocol.tau), (8, negative)] {
            for (i, word) in point.to_be_bytes().chunks(WORD).enumerate() {
                let to = at + WORD * (first + i);
                self.out
                    .line(&format!("mstore({to:#x}, 0x{})", hex::encode(word)));
            }
        }
        self.out.line(&format!(
            "ok := staticcall(mul(ok, {PAIRING_GAS}), 8, {at:#x}, 0x180, {at:#x}, 0x20)"
        ));
        self.out
            .line(&format!("mstore({at:#x}, and(ok, eq(mload({at:#x}), 1)))"));
        self.out.line(&format!("return({at:#x}, 0x20)"));
    }
}

fn product(factors: &[String]) -> String {
    let mut factors = factors.iter();
    let first = factors.next().cloned().unwrap_or_else(|| "1".to_owned());
    factors.fold(first, |product, factor| {
        format!("mulmod({factor}, {product}, r)")
    })
}
