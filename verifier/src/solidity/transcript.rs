//! Shape of the call, and the challenges.

use super::expression::literal;
use super::{Generator, PROOF_AT, STATEMENT_AT, STATEMENT_WORDS};
use crate::bn254::Fr;

impl Generator<'_> {
    /// Layout of the calldata, and canonical words.
    pub(super) fn shape(&mut self) {
        let bytes = self.plan.proof_bytes(64);
        let modulus = hex::encode(Fr::modulus_be_bytes());
        self.out.line(&format!("let r := 0x{modulus}"));
        self.out.section("call: canonical layout, words below r, no point at infinity");
        self.out.line(&format!("let ok := eq(proof.offset, {PROOF_AT:#x})"));
        self.out.line(&format!("ok := and(ok, eq(proof.length, {bytes:#x}))"));
        // Always so: it is part of the head.
        self.out.line(&format!("ok := and(ok, eq(statement, {STATEMENT_AT:#x}))"));
        let end = PROOF_AT + bytes;
        self.out.line(&format!("ok := and(ok, iszero(lt(calldatasize(), {end:#x})))"));
        for word in 0..STATEMENT_WORDS {
            let at = STATEMENT_AT + 32 * word;
            self.out.line(&format!("ok := and(ok, lt(calldataload({at:#x}), r))"));
        }
        for number in 0..self.plan.scalars {
            let scalar = self.scalar(number);
            self.out.line(&format!("ok := and(ok, lt({scalar}, r))"));
        }
        // On the curve, y = 0 is at infinity only: the order is odd.
        for number in 0..self.plan.points {
            let y = self.point_at(number) + 32;
            self.out.line(&format!("ok := and(ok, iszero(iszero(calldataload({y:#x}))))"));
        }
        self.out.line("if iszero(ok) { mstore(0, 0) return(0, 0x20) }");
    }

    /// Absorbs round by round and keeps the challenges.
    pub(super) fn transcript(&mut self) {
        let hash = self.at.hash;
        self.out.section("transcript");
        let key = literal(self.protocol.transcript_key);
        self.out.line(&format!("mstore({hash:#x}, {key})"));
        let mut filled = 32;
        if self.protocol.instance_columns > 0 {
            let bytes = 32 * STATEMENT_WORDS;
            self.out.line(&format!(
                "calldatacopy({:#x}, {STATEMENT_AT:#x}, {bytes:#x})",
                hash + filled
            ));
            filled += bytes;
        }
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
                self.out.line(&format!("h := keccak256({hash:#x}, {filled:#x})"));
                self.out.line(&format!("mstore({at:#x}, mod(h, r))"));
                self.out.line(&format!("mstore({hash:#x}, h)"));
                filled = 32;
                challenge += 1;
            }
        }
    }
}
