//! Solidity verifiers, generated from a protocol.
//!
//! A contract checks one key. It reads a proof in the [chain encoding](zkmargin_verifier::transcript::Encoding)
//! straight from calldata, and follows the [light verifier](zkmargin_verifier::light) step by step with one
//! inversion for all and one scalar multiplication per commitment. All addresses are fixed when the
//! contract is generated.

mod constraints;
pub mod expression;
mod key;
mod memory;
mod opening;
mod rows;
mod source;
mod transcript;

use sha3::{Digest, Keccak256};

use key::{KeyData, Split};
use memory::Memory;
use source::Source;
use zkmargin_verifier::protocol::constraints::Constraints;
use zkmargin_verifier::protocol::plan::Plan;
use zkmargin_verifier::protocol::{InstanceColumn, Protocol};

/// Byte of calldata where the statement starts: after the selector and the offset of the proof.
const STATEMENT_AT: usize = 4 + 32;
/// Public inputs of the interface.
const STATEMENT_WORDS: usize = 8;
/// Byte of calldata where the proof starts, as Solidity encodes a call.
const PROOF_AT: usize = STATEMENT_AT + STATEMENT_WORDS * 32 + 32;

/// Ends the verification: this is no proof of the statement.
const REFUSE: &str = "mstore(0, 0) return(0, 0x20)";
/// Ends the verification without an answer: a precompiled contract failed. All get input that they
/// must take, so it was for lack of gas, and nothing is known about the proof.
const LOST: &str = "revert(0, 0)";

/// A call that must also answer so many bytes: where a chain has no such contract, calls succeed
/// and answer none.
fn answered(bytes: usize, call: &str) -> String {
    // The last argument runs first.
    format!("and(eq(returndatasize(), {bytes:#x}), {call})")
}

/// Words of the pairing's input, and of a point and a scalar after them.
const PAIRING_WORDS: usize = 13;

/// Bytes of code that the assembly may have by the estimate, which is some 3% too high: a contract
/// has at most 24,576.
const LONGEST_BODY: usize = 24_780;

/// Why a contract cannot be generated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SolidityError {
    /// The interface has eight public inputs.
    #[error("the key has {0} public inputs in {1} columns, the contract's interface has 8 in one\nhint: only keys of margin proofs have contracts")]
    PublicInputs(u32, usize),
    /// A precompile takes infinity, and no key of margin proofs has it.
    #[error("a column of the key is all zeros\nhint: only keys of margin proofs have contracts")]
    Infinity,
    /// A contract under such a setup would accept forged proofs.
    #[error("the key's setup is insecure: whoever knows its secret can forge proofs\nhint: make the key with a ceremony's setup, or allow it on a test chain")]
    Insecure,
}

/// What to generate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether keys of insecure setups are allowed.
    pub insecure: bool,
}

/// A generated contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its name, also that of its file.
    pub name: String,
    /// The text.
    pub source: String,
}

/// Generates the contract of a key.
///
/// # Errors
/// [`SolidityError`].
pub fn generate(protocol: &Protocol, options: Options) -> Result<Contract, SolidityError> {
    let inputs: u32 = protocol.instance.iter().map(|column| column.most()).sum();
    if protocol.instance != [InstanceColumn::Exactly(STATEMENT_WORDS as u32)] {
        return Err(SolidityError::PublicInputs(inputs, protocol.instance.len()));
    }
    let mut points = protocol.fixed_commitments.iter();
    if !points.all(Option::is_some) || protocol.permutation_commitments.contains(&None) {
        return Err(SolidityError::Infinity);
    }
    if protocol.label.insecure && !options.insecure {
        return Err(SolidityError::Insecure);
    }
    let name = name(protocol);
    let mut tried = Split::default();
    loop {
        let mut generator = Generator::new(protocol, tried);
        generator.body();
        match tried.next(generator.out.code_bytes().saturating_sub(LONGEST_BODY)) {
            Some(next) => tried = next,
            None => {
                let source = generator.contract(&name);
                return Ok(Contract { name, source });
            }
        }
    }
}

/// Calldata of `verify(bytes,uint256[8])`, as Solidity encodes it, for a proof in the chain encoding.
pub fn call_data(proof: &[u8], statement: &[[u8; 32]; STATEMENT_WORDS]) -> Vec<u8> {
    let number = |v: usize| {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&(v as u64).to_be_bytes());
        word
    };
    let signature = Keccak256::digest("verify(bytes,uint256[8])");
    let mut data = signature[..4].to_vec();
    data.extend(number(PROOF_AT - STATEMENT_AT));
    statement.iter().for_each(|word| data.extend(word));
    data.extend(number(proof.len()));
    data.extend(proof);
    data.resize(PROOF_AT + proof.len().next_multiple_of(32), 0);
    data
}

/// A library that names the words of a statement.
pub fn statement_library(rows: &[&str]) -> String {
    let constants: String = rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            format!(
                "    uint256 internal constant {} = {i};\n",
                row.to_ascii_uppercase()
            )
        })
        .collect();
    format!(
        "// SPDX-License-Identifier: MIT OR Apache-2.0\n\
         // Generated by `zkmargin export statement`. Do not edit.\n\
         pragma solidity ^0.8.24;\n\
         \n\
         /// @title Positions of the public inputs in a statement\n\
         library MarginStatement {{\n\
         {constants}\
         \x20   uint256 internal constant WORDS = {};\n\
         }}\n",
        rows.len()
    )
}

/// `StandardVerifier` under RM-1, `StandardRm2Verifier` under RM-2, `StandardInsecureVerifier` of an insecure setup.
fn name(protocol: &Protocol) -> String {
    let label = &protocol.label;
    let policy = match label.policy_name.as_str() {
        "RM-1" => String::new(),
        other => capitalized(&other.to_ascii_lowercase()),
    };
    let mark = if label.insecure { "Insecure" } else { "" };
    format!("{}{policy}{mark}Verifier", capitalized(&label.size))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Addresses of the values that several sections use.
#[derive(Clone, Debug, Default)]
struct Addresses {
    /// Challenges, by number.
    challenges: usize,
    /// Transcript state and what is absorbed next.
    hash: usize,
    /// Lagrange polynomials at 0, last and the rows before it, see `rows`.
    first: usize,
    last: usize,
    active: usize,
    instance: usize,
    x_n: usize,
    x_inverse: usize,
    quotient: usize,
    /// `u − x·ω^k` and its inverse, for each rotation.
    differences: usize,
    inverses: usize,
    /// Input of the pairing; its second point is the sum of multiples.
    pairing: usize,
}

struct Generator<'p> {
    protocol: &'p Protocol,
    plan: Plan,
    constraints: Constraints,
    split: Split,
    key: KeyData,
    out: Source,
    memory: Memory,
    at: Addresses,
    /// Whether addition and multiplication on the curve were seen to answer.
    sized: bool,
}

impl<'p> Generator<'p> {
    fn new(protocol: &'p Protocol, split: Split) -> Self {
        let plan = Plan::new(protocol);
        let constraints = Constraints::new(protocol, &plan);
        Generator {
            protocol,
            plan,
            constraints,
            split,
            key: KeyData::default(),
            out: Source::indented(3),
            memory: Memory::default(),
            at: Addresses::default(),
            sized: false,
        }
    }

    /// The assembly of `verify`.
    fn body(&mut self) {
        self.reserve();
        self.place_key();
        self.shape();
        self.transcript();
        self.load_key();
        self.rows();
        self.constraints();
        self.opening();
    }

    fn reserve(&mut self) {
        let plan = &self.plan;
        let memory = &mut self.memory;
        self.at = Addresses {
            challenges: memory.area("challenges", plan.challenge_count()),
            first: memory.area("l_0(x)", 1),
            last: memory.area("l_last(x)", 1),
            active: memory.area("1 - l_last(x) - l_blind(x)", 1),
            instance: memory.area("instance queries", self.protocol.instance_queries.len()),
            x_n: memory.area("x^n", 1),
            pairing: memory.area(
                "pairing input, with point arithmetic at its end",
                PAIRING_WORDS,
            ),
            ..Addresses::default()
        };
        // What follows comes after hashing and may lie over the transcript.
        let longest = plan.rounds.iter().map(|r| 2 * r.points + r.scalars).max();
        let words = longest.unwrap_or(0) + 2 + STATEMENT_WORDS;
        self.at.hash = memory.overlaid("transcript, until all challenges are drawn", words);
    }

    fn challenge(&self, number: usize) -> String {
        format!("mload({:#x})", self.at.challenges + 32 * number)
    }

    /// Calldata of a point of the proof.
    fn point_at(&self, number: usize) -> usize {
        let scalars_before = if number >= self.plan.opening_point {
            self.plan.scalars
        } else {
            0
        };
        PROOF_AT + 64 * number + 32 * scalars_before
    }

    /// Calldata of a scalar of the proof.
    fn scalar_at(&self, number: usize) -> usize {
        PROOF_AT + 64 * self.plan.opening_point + 32 * number
    }

    fn scalar(&self, number: usize) -> String {
        format!("calldataload({:#x})", self.scalar_at(number))
    }

    /// The contract's text. Long because the text is: what is generated stands as it will be read.
    fn contract(&self, name: &str) -> String {
        let label = &self.protocol.label;
        let plan = &self.plan;
        let mut map = String::new();
        for area in self.memory.areas() {
            map += &format!("///   {:>#6x}  {:>4}  {}\n", area.at, area.words, area.name);
        }
        let body = self.out.text();
        let (key_contract, key_field, key_load) = match self.key.words.is_empty() {
            true => (String::new(), String::new(), ""),
            false => (
                self.key_contract(name),
                format!(
                    "    /// Where the constants of the key are. This contract deploys it.\n\
                     \x20   address private immutable KEY = address(new {name}Key());\n\n"
                ),
                "        address key = KEY;\n",
            ),
        };
        let warning = match label.insecure {
            true => {
                "/// INSECURE SETUP: its secret was known to one process. For test chains only.\n///\n"
            }
            false => "",
        };
        format!(
            "// SPDX-License-Identifier: MIT OR Apache-2.0\n\
             // Generated by `zkmargin export solidity`. Do not edit.\n\
             pragma solidity ^0.8.24;\n\
             \n\
             import {{IMarginVerifier}} from \"../interfaces/IMarginVerifier.sol\";\n\
             \n\
             {key_contract}\
             /// @title Verifier of margin proofs: policy {policy}, size {size}\n\
             /// @notice Checks one key, {key}, of 2^{k} rows. It trusts nothing that it is given:\n\
             /// whatever is not a proof of the statement gives false, at no more gas than a proof.\n\
             /// Precompiled contracts get what gas there is, at whatever price, and only points of the\n\
             /// curve: if one fails, gas was lacking, and the call reverts without an answer.\n\
             ///\n\
             {warning}\
             /// A proof has {points} points (x, y), {scalars} scalars and 2 points, {bytes} bytes: advice columns,\n\
             /// lookups, products, a random polynomial, pieces of the quotient; values of the queries;\n\
             /// two opening points. The calldata must be encoded as Solidity encodes it.\n\
             ///\n\
             /// Memory, first byte and number of words:\n\
             {map}\
             contract {name} is IMarginVerifier {{\n\
             {key_field}\
             \x20   /// @inheritdoc IMarginVerifier\n\
             \x20   function policy() external pure returns (uint256) {{\n\
             \x20       return {digest};\n\
             \x20   }}\n\
             \n\
             \x20   /// @inheritdoc IMarginVerifier\n\
             \x20   function keyDigest() external pure returns (bytes32) {{\n\
             \x20       return 0x{key_digest};\n\
             \x20   }}\n\
             \n\
             \x20   /// @inheritdoc IMarginVerifier\n\
             \x20   function verify(bytes calldata proof, uint256[8] calldata statement)\n\
             \x20       external\n\
             \x20       view\n\
             \x20       returns (bool)\n\
             \x20   {{\n\
             {key_load}\
             \x20       assembly {{\n\
             {body}\
             \x20       }}\n\
             \x20   }}\n\
             }}\n",
            policy = label.policy_name,
            size = label.size,
            key = label.key,
            k = self.protocol.k,
            points = plan.points - 2,
            scalars = plan.scalars,
            bytes = plan.proof_bytes(64),
            digest = format_args!("0x{}", hex::encode(label.policy.to_be_bytes())),
            key_digest = hex::encode(self.protocol.digest()),
        )
    }
}
