// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginStatement} from "../generated/MarginStatement.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarginVerifier} from "../interfaces/IMarginVerifier.sol";
import {ISolvencyRegistry} from "../interfaces/ISolvencyRegistry.sol";
import {Statement} from "../lib/Statement.sol";
import {VaultBase} from "./VaultBase.sol";

/// @title Which proofs count, and what they bind
/// @notice Rules 1 and 7 of `IMarginVault`.
abstract contract VaultProofs is VaultBase {
    bytes32 internal constant SCOPE_TAG = keccak256("zkmargin MarginVault scope v2");
    bytes32 internal constant MESSAGE_TAG = keccak256("zkmargin MarginVault message v2");

    /// @inheritdoc IMarginVault
    /// @dev Fixed, so that a nullifier stays valid should the chain change its number; messages
    /// always carry the current number.
    uint256 public immutable scope;

    /// @notice What a proof is presented for.
    struct Claim {
        Action action;
        uint256 amount;
        address recipient;
        uint32 number;
        uint256 market;
        uint256 book;
        uint8 verifier;
        uint64 deadline;
    }

    constructor() {
        scope = Statement.toField(keccak256(abi.encode(SCOPE_TAG, block.chainid, address(this))));
    }

    /// @inheritdoc IMarginVault
    function messageFor(
        bytes32 id,
        Action action,
        uint256 amount,
        uint32 nonce,
        uint64 deadline,
        address recipient,
        uint32 number
    ) public view returns (uint256) {
        bytes memory words = abi.encode(
            MESSAGE_TAG,
            block.chainid,
            address(this),
            id,
            action,
            amount,
            nonce,
            deadline,
            recipient,
            number
        );
        return Statement.toField(keccak256(words));
    }

    /// @dev Takes a proof or reverts. The nonce is spent with it.
    function _prove(
        Terms calldata terms,
        bytes32 id,
        Agreement storage deal,
        Claim memory claim,
        bytes calldata proof
    ) internal {
        _checkDeadline(claim.deadline);
        if (claim.verifier >= terms.verifiers.length) revert NoVerifier(claim.verifier);
        IMarginVerifier verifier = terms.verifiers[claim.verifier];
        if (address(verifier) == address(0)) revert NoVerifier(claim.verifier);
        uint32 nonce = deal.nonce++;
        uint256[8] memory rows = _statement(terms, id, claim, nonce);
        uint256 message = rows[MarginStatement.MESSAGE];
        if (!verifier.verify(proof, rows)) revert ProofRefused(id, message);
        emit ProofAccepted(id, nonce, claim.action, claim.market, claim.book, message);
    }

    /// @dev The claim of a proof that only shows the secret.
    function _proveSecret(
        Terms calldata terms,
        bytes32 id,
        Agreement storage deal,
        Claim memory claim,
        SecretProof calldata proof
    ) internal {
        (claim.market, claim.book) = (proof.market, proof.book);
        (claim.verifier, claim.deadline) = (proof.verifier, proof.deadline);
        _prove(terms, id, deal, claim, proof.data);
    }

    /// @dev Takes a proof of something that pays out, at the latest market, and returns its time.
    function _provePayment(
        Terms calldata terms,
        bytes32 id,
        Agreement storage deal,
        Claim memory claim,
        ISolvencyRegistry.Root memory root,
        Proof calldata proof
    ) internal returns (uint64 marketTime) {
        (claim.market, marketTime) = _youngMarket(terms);
        claim.book = root.root;
        (claim.verifier, claim.deadline) = (proof.verifier, proof.deadline);
        _prove(terms, id, deal, claim, proof.data);
    }

    /// @dev A root that what pays out may be proven under: the last one, or one displaced less than
    /// `grace` ago, and young.
    function _payingRoot(Terms calldata terms, uint64 epoch)
        internal
        view
        returns (ISolvencyRegistry.Root memory root)
    {
        root = _root(terms, epoch);
        uint64 displaced = root.displacedAt;
        if (displaced != 0 && block.timestamp >= displaced + terms.grace) {
            revert BookDisplaced(epoch, displaced);
        }
        _checkYoung(terms, root.cutOff);
    }

    /// @dev Whether root and market are fit for an answer: a root that was the last one at or after
    /// the call, a market that is not before it. A root displaced in the second of the call may have
    /// been so before it, and is not.
    function _checkFit(
        Agreement storage deal,
        ISolvencyRegistry.Root memory root,
        uint64 marketTime
    ) internal view {
        if (_displacedBefore(deal, root)) {
            revert BookDisplaced(root.number, root.displacedAt);
        }
        if (marketTime < deal.calledAt) revert MarketBeforeCall(marketTime, deal.calledAt);
    }

    function _isFit(Agreement storage deal, ISolvencyRegistry.Root memory root, uint64 marketTime)
        internal
        view
        returns (bool)
    {
        return !_displacedBefore(deal, root) && marketTime >= deal.calledAt;
    }

    function _displacedBefore(Agreement storage deal, ISolvencyRegistry.Root memory root)
        internal
        view
        returns (bool)
    {
        return root.displacedAt != 0 && root.displacedAt <= deal.calledAt;
    }

    /// @dev Every row comes from the terms, the vault's state and what is done.
    function _statement(Terms calldata terms, bytes32 id, Claim memory claim, uint32 nonce)
        private
        view
        returns (uint256[8] memory rows)
    {
        rows[MarginStatement.POLICY] = terms.policy;
        rows[MarginStatement.MARKET] = claim.market;
        rows[MarginStatement.BOOK] = claim.book;
        rows[MarginStatement.NULLIFIER] = terms.nullifier;
        rows[MarginStatement.SCOPE] = scope;
        rows[MarginStatement.MESSAGE] = messageFor(
            id, claim.action, claim.amount, nonce, claim.deadline, claim.recipient, claim.number
        );
        rows[MarginStatement.RATIO] = terms.ratio;
        // Zero in custody, as the terms must have it.
        rows[MarginStatement.BUFFER] = terms.margin;
    }
}
