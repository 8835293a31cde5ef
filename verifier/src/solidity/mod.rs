//! Solidity verifiers, generated from a protocol.
