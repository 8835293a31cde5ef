//! The generated verifiers under other prices and with any amount of gas: a good proof is shown to be
//! one, or nothing is said about it.

use revm::primitives::hardfork::SpecId;
use zkmargin_chain::solidity::call_data;
use zkmargin_testing::evm::{compile, Called, Chain, Compiled};
use zkmargin_testing::fixtures::{self, Fixture};
use zkmargin_testing::rules::Rules;

/// Fixtures and names of verifiers.
const ALL: [(&str, &str); 4] = [
    ("small", "SmallVerifier"),
    ("standard", "StandardVerifier"),
    ("small-rm2", "SmallRm2Verifier"),
    ("standard-rm2", "StandardRm2Verifier"),
];
/// Whole transaction of `standard` under Osaka, at most.
const GAS_BAR: u64 = 588_000;
/// What modular exponentiation costs more from Osaka on, by EIP-7883.
const OSAKA_MORE: u64 = 2_699;
/// What RM-2 may cost more than RM-1.
const RM2_MORE: u64 = 25_000;
/// Gas between two tries of a sweep.
const STEP: usize = 1_511;
/// Some chains take five times the prices of Ethereum for the curve.
const TIMES: u64 = 5;

/// A committed verifier with a good proof for it.
struct Verifier {
    code: Compiled,
    call: Vec<u8>,
}

impl Verifier {
    fn new((size, name): (&str, &str)) -> Self {
        let path = format!(
            "{}/../contracts/src/generated/{name}.sol",
            env!("CARGO_MANIFEST_DIR")
        );
        let source = std::fs::read_to_string(path).expect("the committed contract");
        let Fixture {
            proof, statement, ..
        } = fixtures::read(
            size,
            "hint: ZKMARGIN_REPIN=1 ./test contract_fixtures writes it",
        );
        Verifier {
            code: compile(name, &source),
            call: call_data(&proof, &statement),
        }
    }

    fn under(&self, rules: Rules) -> Chain {
        Chain::under(rules, &self.code.creation)
    }
}

/// What a call said; `None` when it reverted.
fn answer(called: &Called) -> Option<bool> {
    let output = called.output.as_deref()?;
    let (last, zeros) = output.split_last().expect("a word");
    assert!(output.len() == 32 && zeros.iter().all(|b| *b == 0) && *last <= 1);
    Some(*last == 1)
}

/// Gas of the good proof.
fn good(chain: &mut Chain, call: &[u8]) -> u64 {
    let called = chain.call(call);
    assert_eq!(answer(&called), Some(true));
    called.gas
}

#[test]
fn gas_is_that_of_the_fork() {
    let mut of_rm1 = Vec::new();
    for size in ALL {
        let verifier = Verifier::new(size);
        let gas = [SpecId::CANCUN, SpecId::OSAKA]
            .map(|fork| good(&mut verifier.under(Rules::of(fork)), &verifier.call));
        println!(
            "{}: {} under Cancun, {} under Osaka",
            size.0, gas[0], gas[1]
        );
        assert_eq!(gas[1] - gas[0], OSAKA_MORE);
        match size.0.strip_suffix("-rm2") {
            None => of_rm1.push((size.0, gas[1])),
            Some(name) => {
                let (_, least) = of_rm1.iter().find(|(size, _)| *size == name).expect("RM-1");
                assert!(
                    gas[1] <= least + RM2_MORE,
                    "{name}: {} after {least}",
                    gas[1]
                );
            }
        }
        if size.0 == "standard" {
            assert!(gas[1] <= GAS_BAR, "{}", gas[1]);
        }
    }
}

/// From too little to begin with up to enough, at today's prices and at others.
#[test]
fn no_amount_of_gas_refuses_a_good_proof() {
    for size in ALL {
        let verifier = Verifier::new(size);
        for times in [1, TIMES] {
            let rules = Rules {
                times,
                ..Rules::of(SpecId::CANCUN)
            };
            let mut chain = verifier.under(rules);
            let enough = good(&mut chain, &verifier.call);
            // Less than the price of the data is no transaction.
            let least = 120_000;
            let (mut none, mut yes) = (0, 0);
            let sweep = (least..enough).step_by(STEP * times as usize);
            // What the last call to a precompiled contract may not use is left over.
            for gas in sweep.chain([enough, enough + enough / 50]) {
                match answer(&chain.call_with(&verifier.call, gas)) {
                    Some(true) => yes += 1,
                    Some(false) => panic!("{}: refused with {gas} gas, times {times}", size.0),
                    None => none += 1,
                }
            }
            assert!(none > 200 && yes > 0, "{none} without an answer, {yes} yes");
            println!("{}: {enough} gas at {times} times the prices", size.0);
        }
    }
}

/// A chain without a precompiled contract: calls to it succeed and answer nothing.
#[test]
fn a_missing_precompile_is_no_answer() {
    let verifier = Verifier::new(ALL[0]);
    for address in 5..=8 {
        let rules = Rules {
            missing: Some(address),
            ..Rules::of(SpecId::CANCUN)
        };
        let called = verifier.under(rules).call(&verifier.call);
        assert_eq!(answer(&called), None, "without the contract at {address}");
    }
}
