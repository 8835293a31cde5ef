// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title A verifier of margin proofs for one key: one policy and one circuit size
interface IMarginVerifier {
    /// @notice Whether `proof` proves `statement` under the key compiled into this contract.
    /// @param proof Uncompressed points and field elements, 32-byte big-endian words.
    /// @param statement The public inputs, in the order of the library `Statement`.
    /// @return True if and only if the proof is accepted. A malformed proof or a public input not
    /// below the field modulus gives false; calldata that Solidity would not write gives false or
    /// reverts. With too little gas the call reverts and says nothing about the proof.
    function verify(bytes calldata proof, uint256[8] calldata statement)
        external
        view
        returns (bool);

    /// @notice Digest of the policy compiled into the key, a field element; by the contract's own
    /// word, like `keyDigest`.
    function policy() external view returns (uint256);

    /// @notice Digest of the verifying key. Any contract can say this of itself: who relies on a
    /// verifier compares its code.
    function keyDigest() external view returns (bytes32);
}
