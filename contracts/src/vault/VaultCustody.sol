// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {ISolvencyRegistry} from "../interfaces/ISolvencyRegistry.sol";
import {VaultProofs} from "./VaultProofs.sol";
import {VaultSignatures} from "./VaultSignatures.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Agreements with the venue itself
/// @notice A withdrawal is announced, so that the venue stops counting it, and paid on the venue's
/// signature or, where it refuses, on a proof under a book that no longer counts it. Closing is a
/// withdrawal of all.
abstract contract VaultCustody is VaultProofs, VaultSignatures {
    /// @inheritdoc IMarginVault
    function announce(Terms calldata terms, uint256 amount, address to) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _liveOf(terms, Form.Custody);
        _only(terms.refund);
        _announce(terms, id, deal, amount, to);
    }

    /// @inheritdoc IMarginVault
    function announceBySecret(
        Terms calldata terms,
        uint256 amount,
        address to,
        SecretProof calldata proof
    ) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _liveOf(terms, Form.Custody);
        // What is not set is zero: the action does not bind it.
        // slither-disable-next-line uninitialized-local
        Claim memory claim;
        (claim.action, claim.amount, claim.recipient) = (Action.Announce, amount, to);
        _proveSecret(terms, id, deal, claim, proof);
        _announce(terms, id, deal, amount, to);
    }

    /// @inheritdoc IMarginVault
    function cancelAnnouncement(Terms calldata terms) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _announced(terms);
        _only(terms.refund);
        _cancel(id, deal);
    }

    /// @inheritdoc IMarginVault
    function cancelBySecret(Terms calldata terms, SecretProof calldata proof)
        external
        nonReentrant
    {
        (bytes32 id, Agreement storage deal) = _announced(terms);
        // What is not set is zero: the action does not bind it.
        // slither-disable-next-line uninitialized-local
        Claim memory claim;
        (claim.action, claim.number) = (Action.CancelAnnouncement, deal.announcement);
        _proveSecret(terms, id, deal, claim, proof);
        _cancel(id, deal);
    }

    /// @inheritdoc IMarginVault
    function payAnnounced(Terms calldata terms, uint64 deadline, bytes calldata signature)
        external
        nonReentrant
    {
        (bytes32 id, Agreement storage deal) = _announced(terms);
        bytes32 hash = paymentHash(id, deal.announcement, deal.announced, deal.recipient, deadline);
        _checkSignature(terms.venue, hash, deadline, signature);
        _payAnnounced(terms, id, deal);
    }

    /// @inheritdoc IMarginVault
    function payByProof(Terms calldata terms, Proof calldata proof) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _announced(terms);
        ISolvencyRegistry.Root memory root = _payingRoot(terms, proof.epoch);
        uint64 earliest = uint64(deal.announcedAt) + terms.notice;
        if (root.cutOff < earliest) revert BookBeforeNotice(root.cutOff, earliest);
        // What is not set is zero: the action does not bind it.
        // slither-disable-next-line uninitialized-local
        Claim memory claim;
        claim.action = Action.Withdraw;
        (claim.amount, claim.recipient) = (deal.announced, deal.recipient);
        claim.number = deal.announcement;
        uint64 marketTime = _provePayment(terms, id, deal, claim, root, proof);
        if (deal.calledAt != 0 && _isFit(deal, root, marketTime)) {
            _endCall(terms, id, deal, CallEnd.Answered);
        }
        _payAnnounced(terms, id, deal);
    }

    function _announce(
        Terms calldata terms,
        bytes32 id,
        Agreement storage deal,
        uint256 amount,
        address to
    ) private {
        if (deal.announcedAt != 0) revert AnnouncementOpen(id, deal.announcement);
        if (amount == 0) revert ZeroAmount();
        if (amount > deal.collateral) revert AmountTooLarge(amount, deal.collateral);
        _checkRecipient(terms, to);
        uint32 announcement = ++deal.announcement;
        deal.announced = SafeCast.toUint128(amount);
        deal.announcedAt = uint40(block.timestamp);
        deal.recipient = to;
        emit Announced(id, announcement, amount, to);
    }

    function _announced(Terms calldata terms)
        private
        view
        returns (bytes32 id, Agreement storage deal)
    {
        (id, deal) = _liveOf(terms, Form.Custody);
        if (deal.announcedAt == 0) revert NoAnnouncement(id, deal.announcement);
    }

    function _cancel(bytes32 id, Agreement storage deal) private {
        _spend(deal);
        emit AnnouncementCancelled(id, deal.announcement);
    }

    /// @dev The number is spent: what was signed or proven for it is void.
    function _spend(Agreement storage deal) private {
        deal.announcedAt = 0;
        deal.announced = 0;
        deal.recipient = address(0);
    }

    /// @dev A call that is open stays so: the amount has left the account that it is about.
    function _payAnnounced(Terms calldata terms, bytes32 id, Agreement storage deal) private {
        (uint256 amount, address to) = (deal.announced, deal.recipient);
        _spend(deal);
        emit AnnouncementPaid(id, deal.announcement, amount, to);
        _payOut(terms, id, deal, amount, to);
    }
}
