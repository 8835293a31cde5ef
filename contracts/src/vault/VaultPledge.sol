// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {ISolvencyRegistry} from "../interfaces/ISolvencyRegistry.sol";
import {VaultProofs} from "./VaultProofs.sol";
import {VaultSignatures} from "./VaultSignatures.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Agreements with a lender
/// @notice What is above the floor leaves on a proof of the margin, in any amount; it secures nobody.
/// What is below leaves by the beneficiary's act alone.
abstract contract VaultPledge is VaultProofs, VaultSignatures {
    /// @inheritdoc IMarginVault
    function withdraw(Terms calldata terms, uint256 amount, address to, Proof calldata proof)
        external
        nonReentrant
    {
        (bytes32 id, Agreement storage deal) = _liveOf(terms, Form.Pledge);
        if (amount == 0) revert ZeroAmount();
        _checkRecipient(terms, to);
        uint256 available = _aboveFloor(deal);
        if (amount > available) revert AmountTooLarge(amount, available);
        // What is not set is zero: the action does not bind it.
        // slither-disable-next-line uninitialized-local
        Claim memory claim;
        (claim.action, claim.amount, claim.recipient) = (Action.Withdraw, amount, to);
        ISolvencyRegistry.Root memory root = _payingRoot(terms, proof.epoch);
        uint64 marketTime = _provePayment(terms, id, deal, claim, root, proof);
        if (deal.calledAt != 0) {
            _checkFit(deal, root, marketTime);
            _endCall(terms, id, deal, CallEnd.Answered);
        }
        _payOut(terms, id, deal, amount, to);
    }

    /// @inheritdoc IMarginVault
    function lowerFloor(Terms calldata terms, uint256 floor) external nonReentrant {
        _only(terms.beneficiary);
        _lower(terms, floor);
    }

    /// @inheritdoc IMarginVault
    function lowerFloorFor(
        Terms calldata terms,
        uint256 floor,
        uint64 deadline,
        bytes calldata signature
    ) external nonReentrant {
        bytes32 hash = floorHash(idOf(terms), floor, deadline);
        _checkSignature(terms.beneficiary, hash, deadline, signature);
        _lower(terms, floor);
    }

    function _lower(Terms calldata terms, uint256 floor) private {
        (bytes32 id, Agreement storage deal) = _live(terms);
        if (floor >= deal.floor) revert FloorNotLower(floor, deal.floor);
        deal.floor = SafeCast.toUint128(floor);
        emit FloorLowered(id, floor);
    }

    function _aboveFloor(Agreement storage deal) private view returns (uint256) {
        (uint256 collateral, uint256 floor) = (deal.collateral, deal.floor);
        return collateral > floor ? collateral - floor : 0;
    }
}
