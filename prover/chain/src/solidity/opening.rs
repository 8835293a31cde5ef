//! The opening of all commitments: coefficients, sum of multiples, pairing.

use super::expression::{add, literal, multiply, negate, Operand, Total, DEEPEST};
use super::memory::WORD;
use super::{answered, Generator, LOST};
use zkmargin_verifier::bn254::{G1, G2};
use zkmargin_verifier::light::set_weights;
use zkmargin_verifier::protocol::plan::{Commitment, Member, RotationSet, Value};

impl Generator<'_> {
    pub(super) fn opening(&mut self) {
        let names = self.plan.challenges.clone();
        self.out.section("opening: one coefficient per value");
        self.out
            .line(&format!("y := {}", self.challenge(names.y_opening)));
        let sets = self.plan.sets.clone();
        let z_0: Vec<String> = sets[0]
            .rotations
            .iter()
            .map(|r| self.rotation_word(self.at.differences, *r))
            .collect();
        let z_0_at = self.memory.scratch();
        let scales: Vec<usize> = sets.iter().map(|_| self.memory.scratch()).collect();
        self.out
            .line(&format!("mstore({z_0_at:#x}, {})", product(&z_0)));
        let exponents = sets.iter().map(|set| set.rotations.len() - 1);
        let x_inverse = format!("mload({:#x})", self.at.x_inverse);
        let powers = self.powers(&x_inverse, &exponents.filter(|e| *e > 0).collect());
        // Power of v times Z_0, and the constant term.
        self.out.line(&format!("part := mload({z_0_at:#x})"));
        let mut total = Total::new("sum");
        for (i, set) in sets.iter().enumerate() {
            self.out.line(&format!("// rotations {:?}", set.rotations));
            if i > 0 {
                let v = self.challenge(names.v);
                self.out.line(&format!("part := mulmod(part, {v}, r)"));
            }
            let inverses: Vec<String> = set
                .rotations
                .iter()
                .map(|r| self.rotation_word(self.at.inverses, *r))
                .collect();
            let scale = format!("mulmod(part, {}, r)", product(&inverses));
            self.out.line(&format!("mstore({:#x}, {scale})", scales[i]));
            let values = self.set_values(set, &inverses);
            let mut common = Operand::leaf("part".to_owned());
            if let Some(power) = powers.get(&(inverses.len() - 1)) {
                common = multiply(common, Operand::leaf(power.clone()));
            }
            total.add(multiply(common, values), &mut self.out);
        }
        self.sum_of_multiples(&sets, &scales, z_0_at, total.value());
        self.pairing();
    }

    /// A word of a table with one for each rotation.
    fn rotation_word(&self, table: usize, rotation: i32) -> String {
        let rotations = self.plan.rotations();
        let i = rotations.binary_search(&rotation);
        let i = i.expect("the plan lists every rotation");
        format!("mload({:#x})", table + WORD * i)
    }

    /// `Σ_k c_k/d_k · Σ_j y'^j·value_jk` of a set.
    fn set_values(&mut self, set: &RotationSet, inverses: &[String]) -> Operand {
        let weights = set_weights(self.protocol, &set.rotations);
        let mut total = Total::new("t");
        for (k, weight) in weights.into_iter().enumerate() {
            let value = |member: &Member| match member.values[k] {
                Value::Proof(number) => self.scalar(number),
                Value::Quotient => format!("mload({:#x})", self.at.quotient),
            };
            let joined = self.horner(set.members.iter().rev().map(value).collect());
            let mut factor = Operand::leaf(inverses[k].clone());
            if weight != zkmargin_verifier::bn254::Fr::ONE {
                factor = multiply(factor, Operand::leaf(literal(weight)));
            }
            total.add(multiply(factor, joined), &mut self.out);
        }
        total.value()
    }

    /// `Σ_j y'^j·value_j`, highest power first; passes through `h` where it would nest too deep.
    fn horner(&mut self, values: Vec<String>) -> Operand {
        let mut sum = Operand::leaf("0".to_owned());
        for (i, value) in values.into_iter().enumerate() {
            let value = Operand::leaf(value);
            sum = match i {
                0 => value,
                _ => add(value, multiply(Operand::leaf("y".to_owned()), sum)),
            };
            // A product and a sum around it take two words more.
            if sum.depth + 2 > DEEPEST {
                self.out.line(&format!("h := {}", sum.text));
                sum = Operand::leaf("h".to_owned());
            }
        }
        sum
    }

    /// Adds up at the second point of the pairing input.
    fn sum_of_multiples(
        &mut self,
        sets: &[RotationSet],
        scales: &[usize],
        z_0: usize,
        constant: Operand,
    ) {
        self.out.section("sum of multiples");
        let mut coefficient = "1".to_owned();
        for (i, set) in sets.iter().enumerate() {
            self.out.line(&format!("// rotations {:?}", set.rotations));
            for (j, member) in set.members.iter().enumerate() {
                coefficient = match (i, j) {
                    (0, 0) => coefficient,
                    (0, 1) => "y".to_owned(),
                    (_, 0) => format!("mload({:#x})", scales[i]),
                    _ => format!("mulmod({coefficient}, y, r)"),
                };
                coefficient = match (i, j, member.commitment) {
                    (0, 0, Commitment::Proof(number)) => self.start_from(number, &coefficient),
                    (0, 0, _) => {
                        self.start_from_infinity();
                        self.member(member.commitment, &coefficient)
                    }
                    _ => self.member(member.commitment, &coefficient),
                };
            }
        }
        let opening = self.plan.opening_point;
        self.out.line("// constant term, and the opening points");
        self.add_constant(&G1::generator(), &negate(constant).text);
        self.add_point(opening, &format!("sub(mul(r, 5), mload({z_0:#x}))"));
        let u = self.challenge(self.plan.challenges.u);
        self.add_point(opening + 1, &u);
    }

    /// Begins the sum with a point of the proof, whose coefficient is one.
    fn start_from(&mut self, number: usize, coefficient: &str) -> String {
        let (sum, from) = (self.at.pairing + 6 * WORD, self.point_at(number));
        self.out
            .line(&format!("calldatacopy({sum:#x}, {from:#x}, 0x40)"));
        coefficient.to_owned()
    }

    /// Begins the sum with the point at infinity.
    fn start_from_infinity(&mut self) {
        let sum = self.at.pairing + 6 * WORD;
        self.out.line(&format!("mstore({sum:#x}, 0)"));
        self.out.line(&format!("mstore({:#x}, 0)", sum + WORD));
    }

    /// Adds a commitment, and gives the text of its coefficient for the next one.
    fn member(&mut self, commitment: Commitment, coefficient: &str) -> String {
        match commitment {
            Commitment::Proof(number) => self.add_point(number, coefficient),
            Commitment::Fixed(_) | Commitment::Permutation(_) => {
                match (self.key.commitment(commitment), self.key_point(commitment)) {
                    (Some(at), _) => self.accumulate(at, coefficient),
                    (None, Some(point)) => self.add_constant(&point, coefficient),
                    // The reader of protocols lets no commitment be missing.
                    (None, None) => coefficient.to_owned(),
                }
            }
            Commitment::Quotient => {
                let x_n = format!("mload({:#x})", self.at.x_n);
                self.out.line(&format!("h := {coefficient}"));
                let mut power = "h".to_owned();
                for piece in 0..self.protocol.quotient_pieces() {
                    if piece > 0 {
                        power = format!("mulmod({power}, {x_n}, r)");
                    }
                    power = self.add_point(self.plan.quotient_point + piece, &power);
                }
                "h".to_owned()
            }
        }
    }

    fn add_point(&mut self, number: usize, scalar: &str) -> String {
        let (to, from) = (self.at.pairing + 10 * WORD, self.point_at(number));
        self.out
            .line(&format!("calldatacopy({to:#x}, {from:#x}, 0x40)"));
        self.accumulate(to, scalar)
    }

    fn add_constant(&mut self, point: &G1, scalar: &str) -> String {
        let to = self.at.pairing + 10 * WORD;
        self.out
            .line(&format!("mstore({to:#x}, {})", literal(point.x)));
        self.out
            .line(&format!("mstore({:#x}, {})", to + WORD, literal(point.y)));
        self.accumulate(to, scalar)
    }

    /// Multiplies the point in place, adds it to the sum, and gives the text that loads the scalar.
    fn accumulate(&mut self, input: usize, scalar: &str) -> String {
        let sum = self.at.pairing + 6 * WORD;
        let (product, kept) = (sum + 2 * WORD, input + 2 * WORD);
        self.out.line(&format!("mstore({kept:#x}, {scalar})"));
        let mut add = format!("staticcall(gas(), 6, {sum:#x}, 0x80, {sum:#x}, 0x40)");
        let mut multiply = format!("staticcall(gas(), 7, {input:#x}, 0x60, {product:#x}, 0x40)");
        // Once is enough: these contracts are there or not.
        if !std::mem::replace(&mut self.sized, true) {
            (add, multiply) = (answered(0x40, &add), answered(0x40, &multiply));
        }
        // The last argument runs first.
        self.out
            .line(&format!("if iszero(and({add}, {multiply})) {{ {LOST} }}"));
        format!("mload({kept:#x})")
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
        let pair = format!("staticcall(gas(), 8, {at:#x}, 0x180, {at:#x}, 0x20)");
        self.out.line(&format!(
            "if iszero({}) {{ {LOST} }}",
            answered(0x20, &pair)
        ));
        self.out
            .line(&format!("mstore({at:#x}, eq(mload({at:#x}), 1))"));
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
