//! End to end: one program, so that what all tests use is compiled and linked once.

mod chain_abi;
mod chain_attacks;
mod chain_rules;
mod chain_story;
mod chain_terms;
mod circuit_vs_engine;
mod contract_fixtures;
mod contract_gas;
mod engine_vs_reference;
mod fuzz;
mod generated_contracts;
mod house;
mod pinned;
mod real_chains;
mod real_proof_agreement;
mod real_proof_agreement_batch;
mod real_proof_bundle;
mod real_proof_false;
mod real_proof_malformed;
mod real_proof_round_trip;
mod real_proof_wrong_key;
mod reference_vectors;
mod synthetic_circuits;
mod synthetic_tables;
mod test_script;
