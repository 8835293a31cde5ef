// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title A verifier of margin proofs for one policy and one size
interface IMarginVerifier {
    /// @notice Whether `proof` shows that `statement` holds.
    /// @param proof The proof with points as (x, y), every word most significant byte first.
    /// @param statement Policy, market, book, nullifier, scope, message, ratio, buffer.
    function verify(bytes calldata proof, uint256[8] calldata statement)
        external
        view
        returns (bool);

    /// @notice The policy's digest: the only first word of a statement that this key accepts.
    function policy() external view returns (uint256);

    /// @notice Keccak-256 of the key's protocol file, which anyone can derive from the policy.
    function keyDigest() external view returns (bytes32);
}
