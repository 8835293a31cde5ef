// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Ranges of the public inputs of a margin proof
/// @notice Their order is in the generated library `MarginStatement`. The statement reads: an
/// account lies in `BOOK`, every position of it is priced in `MARKET`, its secret gives `NULLIFIER`
/// under `SCOPE`, and its equity is at least `RATIO` (basis points) times the initial requirement
/// of `POLICY` plus `BUFFER` (1e-8 USD). `MESSAGE` is bound and not interpreted.
library Statement {
    /// @dev End of the range of a buffer, 1e-8 USD.
    uint256 internal constant BUFFER_END = 1 << 90;

    /// @notice Order of the scalar field of BN254: every row is below it.
    uint256 internal constant MODULUS =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice Whether `value` can be a digest: a field element other than zero.
    function isDigest(uint256 value) internal pure returns (bool) {
        return value != 0 && value < MODULUS;
    }

    /// @notice The 248 high bits of a hash, which always fit the field.
    function toField(bytes32 hash) internal pure returns (uint256) {
        return uint256(hash) >> 8;
    }
}
