// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {VaultSignatures} from "./VaultSignatures.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title How agreements end other than by a withdrawal or a seizure
/// @notice Rules 4, 5 and 6 of `IMarginVault`. What is due to a party is set aside, and sent when it
/// asks: no payment to one party can stop another's.
abstract contract VaultEnds is VaultSignatures {
    /// @inheritdoc IMarginVault
    function release(Terms calldata terms) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _live(terms);
        _only(terms.beneficiary);
        emit Released(id);
        _close(id, deal, terms.beneficiary, 0, terms.refund);
    }

    /// @inheritdoc IMarginVault
    function exit(Terms calldata terms) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _live(terms);
        if (msg.sender != terms.exitTo) _onlyParty(terms);
        if (deal.status == Status.Lapsed) revert AlreadyLapsed(id);
        uint64 since = _silentSince(terms);
        uint64 calledAt = deal.calledAt;
        // A call that was made before the silence ends by an answer or lapses; one that was made
        // during it stops no clock.
        if (calledAt != 0 && calledAt <= since) revert CallIsOpen(id, calledAt);
        uint64 from = since > deal.openedAt ? since : deal.openedAt;
        uint64 exitAt = from + terms.exitAfter;
        if (block.timestamp <= exitAt) revert NotSilent(uint64(block.timestamp), exitAt);
        emit Exited(id, since);
        _close(id, deal, terms.exitTo, deal.floor, terms.refund);
    }

    /// @inheritdoc IMarginVault
    function finish(Terms calldata terms) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _live(terms);
        _onlyParty(terms);
        if (deal.calledAt != 0) revert CallIsOpen(id, deal.calledAt);
        uint64 blockTime = uint64(block.timestamp);
        if (blockTime < terms.end) revert AgreementNotEnded(blockTime, terms.end);
        emit Finished(id);
        _close(id, deal, terms.beneficiary, deal.floor, terms.refund);
    }

    /// @inheritdoc IMarginVault
    function collect(Terms calldata terms, address to) external nonReentrant {
        _collect(terms, idOf(terms), msg.sender, to);
    }

    /// @inheritdoc IMarginVault
    function collectFor(
        Terms calldata terms,
        address party,
        address to,
        uint64 deadline,
        bytes calldata signature
    ) external nonReentrant {
        bytes32 id = idOf(terms);
        _checkSignature(party, collectionHash(id, party, to, deadline), deadline, signature);
        _collect(terms, id, party, to);
    }

    /// @dev Last second at which there was both a young market and a young root, as things stand.
    function _silentSince(Terms calldata terms) private view returns (uint64) {
        // slither-disable-next-line unused-return
        (, uint256 market) = _lastMarket(terms);
        uint256 root = _youngUntil(terms, _head(terms).cutOff);
        // Both are sums of times of 64 bits and spans of 32 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(Math.min(market, root));
    }

    function _onlyParty(Terms calldata terms) private view {
        if (msg.sender != terms.beneficiary) _only(terms.refund);
    }
}
