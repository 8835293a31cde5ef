// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarketOracle} from "../interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../interfaces/ISolvencyRegistry.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title State of agreements, and what moves units
/// @notice All state is by identity of an agreement, so that nothing of one touches another.
abstract contract VaultBase is IMarginVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev 26 words.
    uint256 private constant TERMS_BYTES = 832;

    // Written through references that functions hand on.
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 id => Agreement) internal _agreements;
    /// @dev What parties of closed agreements have not collected yet. Each payment is of its own, so
    /// that none can stop another.
    mapping(bytes32 id => mapping(address party => uint256)) private _aside;

    /// @inheritdoc IMarginVault
    function agreement(bytes32 id) external view returns (Agreement memory) {
        return _agreements[id];
    }

    /// @inheritdoc IMarginVault
    function setAside(bytes32 id, address party) external view returns (uint256) {
        return _aside[id][party];
    }

    /// @inheritdoc IMarginVault
    // slither-disable-next-line assembly
    function idOf(Terms calldata terms) public pure returns (bytes32 id) {
        // The words as they came, which are those of `abi.encode(terms)`. None of a live agreement has
        // bits beyond its type: `open` encodes them for its event, and so refuses what has.
        assembly ("memory-safe") {
            let at := mload(0x40)
            calldatacopy(at, terms, TERMS_BYTES)
            id := keccak256(at, TERMS_BYTES)
        }
    }

    /// @dev An agreement that is neither unknown nor closed.
    function _live(Terms calldata terms)
        internal
        view
        returns (bytes32 id, Agreement storage deal)
    {
        id = idOf(terms);
        deal = _agreements[id];
        if (deal.status == Status.Unknown) revert AgreementUnknown(id);
        if (deal.status == Status.Closed) revert AgreementClosed(id);
    }

    function _liveOf(Terms calldata terms, Form form)
        internal
        view
        returns (bytes32 id, Agreement storage deal)
    {
        (id, deal) = _live(terms);
        if (terms.form != form) revert WrongForm(id, terms.form);
    }

    /// @dev One with a call that is open or has lapsed.
    function _called(Terms calldata terms)
        internal
        view
        returns (bytes32 id, Agreement storage deal)
    {
        (id, deal) = _live(terms);
        if (deal.calledAt == 0) revert NoCall(id);
    }

    // One place for each question to oracle and registry: the code has a limit.

    function _head(Terms calldata terms) internal view returns (ISolvencyRegistry.Root memory) {
        return terms.registry.head(terms.venue);
    }

    function _root(Terms calldata terms, uint64 epoch)
        internal
        view
        returns (ISolvencyRegistry.Root memory)
    {
        // Whoever gives many epochs pays for reading them.
        // slither-disable-next-line calls-loop
        return terms.registry.rootOf(terms.venue, epoch);
    }

    /// @dev The oracle's market, if young.
    function _youngMarket(Terms calldata terms) internal view returns (uint256, uint64) {
        return terms.oracle.latest();
    }

    /// @dev The oracle's market, whatever its age, with the last second at which it is young.
    function _lastMarket(Terms calldata terms)
        internal
        view
        returns (IMarketOracle.Market memory market, uint256 youngUntil)
    {
        market = terms.oracle.peek();
        youngUntil = uint256(market.time) + terms.oracle.maxAge();
    }

    /// @dev Last second at which a root is young.
    function _youngUntil(Terms calldata terms, uint64 cutOff) internal pure returns (uint256) {
        return uint256(cutOff) + terms.maxBookAge;
    }

    function _checkYoung(Terms calldata terms, uint64 cutOff) internal view {
        uint64 age = uint64(block.timestamp) - cutOff;
        if (age > terms.maxBookAge) revert BookTooOld(age, terms.maxBookAge);
    }

    function _only(address allowed) internal view {
        if (msg.sender != allowed) revert NotAllowed(msg.sender, allowed);
    }

    function _checkDeadline(uint64 deadline) internal view {
        if (block.timestamp > deadline) revert DeadlinePassed(uint64(block.timestamp), deadline);
    }

    /// @dev What goes to none of these is lost.
    function _checkRecipient(Terms calldata terms, address to) internal view {
        if (to == address(0) || to == address(this) || to == address(terms.token)) {
            revert BadRecipient(to);
        }
    }

    /// @dev Every end of a call but a seizure starts the cooldown.
    function _endCall(Terms calldata terms, bytes32 id, Agreement storage deal, CallEnd how)
        internal
    {
        deal.status = Status.Active;
        deal.calledAt = 0;
        (deal.due, deal.topUp) = (0, 0);
        uint40 next = uint40(block.timestamp) + terms.cooldown;
        deal.nextCallAt = next;
        emit CallEnded(id, deal.call, how, next);
    }

    /// @dev Pays `amount` out of the collateral. The agreement closes when nothing is left.
    function _payOut(
        Terms calldata terms,
        bytes32 id,
        Agreement storage deal,
        uint256 amount,
        address to
    ) internal {
        uint256 left = deal.collateral - amount;
        // Both are within 128 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        deal.collateral = uint128(left);
        // Nothing but what leaves moves the collateral to zero.
        // slither-disable-next-line incorrect-equality
        if (left == 0) (deal.status, deal.calledAt) = (Status.Closed, 0);
        emit Withdrawn(id, to, amount, left);
        terms.token.safeTransfer(to, amount);
    }

    /// @dev Closes an agreement: `amount` of it for one party, at most what there is, the rest for
    /// the other, both set aside.
    function _close(bytes32 id, Agreement storage deal, address first, uint256 amount, address rest)
        internal
    {
        (uint256 taken, uint256 left) = _empty(deal, amount);
        _putAside(id, first, taken);
        _putAside(id, rest, left);
    }

    /// @dev Closes an agreement and splits what it held: at most `amount`, and the rest.
    function _empty(Agreement storage deal, uint256 amount)
        internal
        returns (uint256 taken, uint256 left)
    {
        uint256 all = deal.collateral;
        taken = amount > all ? all : amount;
        left = all - taken;
        deal.status = Status.Closed;
        deal.collateral = 0;
        deal.calledAt = 0;
        deal.announcedAt = 0;
    }

    /// @dev Pays all that is set aside for a party.
    function _collect(Terms calldata terms, bytes32 id, address party, address to) internal {
        _checkRecipient(terms, to);
        uint256 amount = _aside[id][party];
        if (amount == 0) revert NothingSetAside(id, party);
        _aside[id][party] = 0;
        emit Collected(id, party, to, amount);
        terms.token.safeTransfer(to, amount);
    }

    function _putAside(bytes32 id, address party, uint256 amount) internal {
        if (amount == 0) return;
        _aside[id][party] += amount;
        emit SetAside(id, party, amount);
    }
}
