//! Shape of the call, and the challenges.

use super::expression::literal;
use super::{Generator, PROOF_AT, REFUSE, STATEMENT_AT, STATEMENT_WORDS};
use zkmargin_verifier::bn254::{Fq, Fr};

/// Checks joined in one statement.
const CHECKS_PER_LINE: usize = 8;

impl Generator<'_> {
    /// Layout of the calldata, and canonical words.
    pub(super) fn shape(&mut self) {
        let bytes = self.plan.proof_bytes(64);
        let modulus = hex::encode(Fr::modulus_be_bytes());
        self.out.line(&format!("let r := 0x{modulus}"));
        self.out
            .section("call: canonical layout, words below r, points on the curve");
        self.out.line("{");
        self.out
            .line(&format!("let ok := eq(proof.offset, {PROOF_AT:#x})"));
        self.out
            .line(&format!("ok := and(ok, eq(proof.length, {bytes:#x}))"));
        // Always so: it is part of the head.
        self.out
            .line(&format!("ok := and(ok, eq(statement, {STATEMENT_AT:#x}))"));
        let end = PROOF_AT + bytes;
        self.out.line(&format!(
            "ok := and(ok, iszero(lt(calldatasize(), {end:#x})))"
        ));
        let statement = (0..STATEMENT_WORDS).map(|word| {
            let at = STATEMENT_AT + 32 * word;
            format!("lt(calldataload({at:#x}), r)")
        });
        let scalars =
            (0..self.plan.scalars).map(|number| format!("lt({}, r)", self.scalar(number)));
        let checks: Vec<String> = statement.chain(scalars).collect();
        for some in checks.chunks(CHECKS_PER_LINE) {
            let all = some
                .iter()
                .fold("ok".to_owned(), |all, one| format!("and({one}, {all})"));
            self.out.line(&format!("ok := {all}"));
        }
        self.points();
        self.out.line(&format!("if iszero(ok) {{ {REFUSE} }}"));
        self.out.line("}");
    }

    /// Coordinates below q and `y² = x³ + 3`, which the point at infinity, written as zeros, does
    /// not meet. The group is the whole curve. So whatever is given to a precompiled contract of the
    /// curve is a point, and none of its calls can fail but for lack of gas.
    fn points(&mut self) {
        let q = literal(-Fq::ONE);
        self.out.line(&format!("let q := add({q}, 1)"));
        for number in 0..self.plan.points {
            let at = self.point_at(number);
            self.out.line(&format!(
                "{{ let x := calldataload({at:#x}) let y := calldataload({:#x}) \
                 ok := and(and(lt(x, q), and(lt(y, q), eq(mulmod(y, y, q), \
                 addmod(mulmod(mulmod(x, x, q), x, q), 3, q)))), ok) }}",
                at + 32
            ));
        }
    }

    /// Absorbs round by round and keeps the challenges.
    pub(super) fn transcript(&mut self) {
        let hash = self.at.hash;
        self.out.section("transcript");
        let key = literal(self.protocol.transcript_key);
        self.out.line(&format!("mstore({hash:#x}, {key})"));
        let mut filled = 32;
        let bytes = 32 * STATEMENT_WORDS;
        self.out.line(&format!(
            "calldatacopy({:#x}, {STATEMENT_AT:#x}, {bytes:#x})",
            hash + filled
        ));
        filled += bytes;
        let (mut read, mut challenge) = (PROOF_AT, 0);
        self.out.line("let h");
        for round in self.plan.rounds.clone() {
            if round.points + round.scalars > 0 {
                let bytes = 64 * round.points + 32 * round.scalars;
                self.out.line(&format!("// {}", round.name));
                self.out.line(&format!(
                    "calldatacopy({:#x}, {read:#x}, {bytes:#x})",
                    hash + filled
                ));
                filled += bytes;
                read += bytes;
            }
            for _ in 0..round.challenges {
                if filled == 32 && challenge > 0 {
                    self.out.line(&format!("mstore8({:#x}, 1)", hash + filled));
                    filled += 1;
                }
                let at = self.at.challenges + 32 * challenge;
                self.out
                    .line(&format!("h := keccak256({hash:#x}, {filled:#x})"));
                self.out.line(&format!("mstore({at:#x}, mod(h, r))"));
                self.out.line(&format!("mstore({hash:#x}, h)"));
                filled = 32;
                challenge += 1;
            }
        }
    }
}
