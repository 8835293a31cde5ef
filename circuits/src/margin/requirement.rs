//! From registers to the verdict: scenario losses, add-ons, requirement, equity, comparison.
//! Constraints MREQ1 to MREQ33 of spec/margin.md. Money cells are integers of 1e-8 USD, rounded against the
//! account.

use ff::Field;

use super::builder::Builder;
use super::instrument::Opening;
use super::netting::Netted;
use super::source::Source;
use super::table::Tag;
use super::trace::Var;
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::market::Kind;
use zkmargin_engine::Fr;

/// The spot row that gives an underlying its index.
#[derive(Clone, Copy, Debug)]
pub struct IndexWitness {
    /// Whether the underlying needs an index.
    pub used: bool,
    /// Index price, 1e-8 USD.
    pub price: u64,
    /// Opened market row; any row when unused.
    pub opening: Opening,
}

/// Public terms of the comparison.
pub struct Terms {
    /// Ratio in basis points.
    pub ratio: Var,
    /// Buffer in 1e-8 USD.
    pub buffer: Var,
}

const ONE: Fr = Fr::ONE;
/// 1e-16 USD and basis points in a unit of money.
const MONEY_BP: u64 = 1_000_000_000_000;

fn n(v: u64) -> Fr {
    Fr::from(v)
}

/// `⌊v / d⌋` of a signed value by a positive divisor below 2^250.
fn floor_div(v: Fr, d: Fr) -> Fr {
    use num_bigint::{BigInt, BigUint, Sign};
    use num_integer::Integer;
    let int = |f: Fr| BigUint::from_bytes_le(ff::PrimeField::to_repr(&f).as_ref());
    let signed = if is_negative(v) {
        -BigInt::from(int(-v))
    } else {
        BigInt::from(int(v))
    };
    let (sign, digits) = signed.div_floor(&BigInt::from(int(d))).to_u64_digits();
    let magnitude = digits
        .iter()
        .rev()
        .fold(Fr::ZERO, |acc, &limb| acc * pow2(64) + n(limb));
    if sign == Sign::Minus {
        -magnitude
    } else {
        magnitude
    }
}

impl Builder<'_> {
    /// `⌈v/unit⌉` of a value that is not negative, as money below 2^108, under two numbers: the
    /// range of the cell, and that it is no less than the quotient. It may be larger.
    fn ceil<const SLACK: u32>(
        &mut self,
        [money_number, slack_number]: [&'static str; 2],
        v: Var,
        unit: Fr,
    ) -> Var {
        let up = -floor_div(-v.value, unit);
        let money = self.witness("money", up);
        self.number(money_number);
        self.range::<108>(money);
        self.number(slack_number);
        let slack = self.linear(&[(unit, money), (-ONE, v)], Fr::ZERO);
        self.range::<SLACK>(slack);
        money
    }

    /// MREQ1 to MREQ9: the scenario requirement, max over scenarios of the summed positive losses.
    fn scenario_requirement(&mut self, registers: &[Vec<Var>], codes: &[Var]) -> Var {
        let bases: Vec<Var> = codes
            .iter()
            .map(|&code| {
                self.number("MREQ1");
                let [_, class, _] = self.find(Tag::Underlying, Source::Old(code));
                self.number("MREQ2");
                self.linear(&[(n(super::table::NODE_STRIDE.into()), class)], Fr::ZERO)
            })
            .collect();
        let unit = n(MONEY_BP) * pow2(100);
        let mut sums = Vec::with_capacity(registers.len());
        for s in 1..registers.len() {
            let mut charges = Vec::with_capacity(codes.len());
            for (j, base) in bases.iter().enumerate() {
                self.number("MREQ3");
                let key = self.linear(&[(ONE, *base)], n(s as u64 - 1));
                let [_, weight, _] = self.find(Tag::Weight, Source::Old(key));
                self.number("MREQ4");
                let gain =
                    self.linear(&[(ONE, registers[s][j]), (-ONE, registers[0][j])], Fr::ZERO);
                // charge ≥ 0 and unit·charge + weight·gain ≥ 0.
                let loss = -floor_div(weight.value * gain.value, unit);
                let charge =
                    self.witness("charge", if is_negative(loss) { Fr::ZERO } else { loss });
                self.number("MREQ5");
                self.range::<108>(charge);
                self.number("MREQ6");
                let slack = self.product(ONE, weight, gain, Some((unit, charge)), Fr::ZERO);
                self.range::<252>(slack);
                charges.push((ONE, charge));
            }
            self.number("MREQ7");
            sums.push(self.linear(&charges, Fr::ZERO));
        }
        let worst = sums
            .iter()
            .map(|v| v.value)
            .reduce(|a, b| if is_negative(a - b) { b } else { a })
            .unwrap_or(Fr::ZERO);
        let requirement = self.witness("scenario requirement", worst);
        self.number("MREQ8");
        self.range::<108>(requirement);
        self.number("MREQ9");
        for sum in sums {
            let room = self.linear(&[(ONE, requirement), (-ONE, sum)], Fr::ZERO);
            self.range::<108>(room);
        }
        requirement
    }

    /// MREQ10 to MREQ19: the short-option minimum, at the index of each underlying.
    fn short_option_minimum(&mut self, netted: &Netted, indices: &[IndexWitness]) -> Var {
        let mut total = self.constant(Fr::ZERO);
        for ((&code, &short), witness) in
            netted.codes.iter().zip(&netted.short_options).zip(indices)
        {
            let row = self.open_market(["MREQ10", "MREQ11"], &witness.opening);
            self.number("MREQ12");
            let used = self.bit("index used", witness.used);
            let price = self.witness("index price", n(witness.price));
            self.number("MREQ13");
            self.range::<60>(price);
            // A used index is the spot row of this underlying.
            self.number("MREQ14");
            let spot = self.linear(
                &[(ONE, row), (-pow2(80), code), (-pow2(88), price)],
                -n(Kind::Spot as u64),
            );
            self.assert_zero(ONE, (Fr::ZERO, used), (Fr::ZERO, spot));
            // Short options need an index.
            self.number("MREQ15");
            self.assert_zero(-ONE, (ONE, short), (Fr::ZERO, used));
            self.number("MREQ16");
            total = self.product(ONE, short, price, Some((ONE, total)), Fr::ZERO);
        }
        self.number("MREQ17");
        let charge = self.linear(&[(n(self.policy.som_bp.into()), total)], Fr::ZERO);
        self.ceil::<48>(["MREQ18", "MREQ19"], charge, n(MONEY_BP))
    }

    /// MREQ20 to MREQ31: equity, requirement and the comparison.
    pub fn verdict(
        &mut self,
        registers: &[Vec<Var>],
        netted: &Netted,
        indices: &[IndexWitness],
        terms: &Terms,
    ) {
        let scenario = self.scenario_requirement(registers, &netted.codes);
        let short_options = self.short_option_minimum(netted, indices);
        let roll = self.ceil::<120>(["MREQ20", "MREQ21"], netted.roll, n(100_000_000) * pow2(93));
        let haircut = self.ceil::<48>(["MREQ22", "MREQ23"], netted.haircut, n(MONEY_BP));
        let error = self.ceil::<132>(["MREQ24", "MREQ25"], netted.error, n(MONEY_BP) * pow2(92));
        self.number("MREQ26");
        let initial = self.linear(
            &[scenario, roll, short_options, haircut, error].map(|v| (ONE, v)),
            Fr::ZERO,
        );
        // Equity, rounded down.
        let unit = n(MONEY_BP) * pow2(76);
        let bp = n(10_000);
        let mut value: Vec<_> = registers[0].iter().map(|&v| (ONE, v)).collect();
        value.push((bp * pow2(76), netted.constant_value));
        value.push((-bp * pow2(16), netted.mark_error));
        self.number("MREQ27");
        let value = self.linear(&value, Fr::ZERO);
        let equity = self.witness("equity", floor_div(value.value, unit));
        self.number("MREQ28");
        let lifted = self.linear(&[(ONE, equity)], pow2(108));
        self.range::<110>(lifted);
        self.number("MREQ29");
        let rest = self.linear(&[(ONE, value), (-unit, equity)], Fr::ZERO);
        self.range::<120>(rest);
        // 10^4·E ≥ ratio·IM + 10^4·buffer.
        self.number("MREQ30");
        let required = self.mul(terms.ratio, initial);
        self.number("MREQ31");
        let excess = self.linear(
            &[(bp, equity), (-ONE, required), (-bp, terms.buffer)],
            Fr::ZERO,
        );
        self.range::<132>(excess);
        self.book("requirement");
    }
}
