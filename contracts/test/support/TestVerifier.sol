// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";

/// @title Test double of a verifier
/// @notice Accepts exactly the pairs of proof and statement that it was told to accept, as real
/// proofs cannot be made inside a state-machine test. Never deploy it.
contract TestVerifier is IMarginVerifier {
    uint256 public immutable policy;
    bytes32 public constant keyDigest = keccak256("test double");

    mapping(bytes32 pair => bool) private _accepted;

    constructor(uint256 policy_) {
        policy = policy_;
    }

    function accept(bytes calldata proof, uint256[8] calldata statement) external {
        _accepted[_pair(proof, statement)] = true;
    }

    function verify(bytes calldata proof, uint256[8] calldata statement)
        external
        view
        returns (bool)
    {
        return _accepted[_pair(proof, statement)];
    }

    function _pair(bytes calldata proof, uint256[8] calldata statement)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(proof, statement));
    }
}
