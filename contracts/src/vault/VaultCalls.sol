// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarketOracle} from "../interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../interfaces/ISolvencyRegistry.sol";
import {ResponseWindow} from "../lib/ResponseWindow.sol";
import {VaultProofs} from "./VaultProofs.sol";
import {VaultSignatures} from "./VaultSignatures.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Margin calls
/// @notice Rules 2, 3 and 4 of `IMarginVault`.
abstract contract VaultCalls is VaultProofs, VaultSignatures {
    using SafeERC20 for IERC20;

    /// @inheritdoc IMarginVault
    function marginCall(Terms calldata terms, uint128 due, uint128 topUp) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _live(terms);
        _only(terms.beneficiary);
        if (deal.calledAt != 0) revert CallIsOpen(id, deal.calledAt);
        if (due == 0 || topUp == 0) revert ZeroAmount();
        // Without this an empty agreement could be called and lie in wait for a deposit.
        if (deal.collateral == 0) revert NothingAtStake(id);
        uint64 blockTime = uint64(block.timestamp);
        if (blockTime >= terms.end) revert AgreementEnded(terms.end);
        if (blockTime < deal.nextCallAt) revert CallTooSoon(blockTime, deal.nextCallAt);
        ISolvencyRegistry.Root memory head = _head(terms);
        uint64 until = blockTime + terms.window + terms.patience;
        uint64 listed = head.cutOff + terms.oracle.settledFor();
        if (until > listed) revert CallOutlastsListing(until, listed);
        deal.status = Status.Called;
        deal.calledAt = uint40(block.timestamp);
        (deal.due, deal.topUp) = (due, topUp);
        uint32 call = ++deal.call;
        ResponseWindow.Inputs memory inputs = _run(terms, deal, head.time, head.cutOff);
        uint64 end = SafeCast.toUint64(ResponseWindow.end(inputs, blockTime));
        emit MarginCalled(id, call, due, topUp, end);
    }

    /// @inheritdoc IMarginVault
    function answer(Terms calldata terms, Proof calldata proof) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _called(terms);
        (uint256 market, uint256 book) = _answeringRows(terms, deal, proof.epoch);
        Claim memory claim = Claim({
            action: Action.Answer,
            amount: 0,
            recipient: address(0),
            number: deal.call,
            market: market,
            book: book,
            verifier: proof.verifier,
            deadline: proof.deadline
        });
        _prove(terms, id, deal, claim, proof.data);
        _endCall(terms, id, deal, CallEnd.Answered);
    }

    /// @inheritdoc IMarginVault
    function acknowledge(Terms calldata terms, uint64 deadline, bytes calldata signature)
        external
        nonReentrant
    {
        (bytes32 id, Agreement storage deal) = _called(terms);
        bytes32 hash = acknowledgementHash(id, deal.call, deadline);
        _checkSignature(terms.beneficiary, hash, deadline, signature);
        _endCall(terms, id, deal, CallEnd.Acknowledged);
    }

    /// @inheritdoc IMarginVault
    function cancelCall(Terms calldata terms) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _called(terms);
        _only(terms.beneficiary);
        _endCall(terms, id, deal, CallEnd.Cancelled);
    }

    /// @inheritdoc IMarginVault
    function recordLapse(Terms calldata terms, uint64[] calldata epochs) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _called(terms);
        if (deal.status == Status.Lapsed) revert AlreadyLapsed(id);
        (ResponseWindow.Inputs memory inputs, ISolvencyRegistry.Root memory last) =
            _aliveBy(terms, deal, epochs);
        uint256 end = ResponseWindow.end(inputs, block.timestamp);
        if (block.timestamp <= end) {
            revert WindowNotLapsed(uint64(block.timestamp), SafeCast.toUint64(end));
        }
        // A window that ends earlier has passed while the venue was alive.
        // slither-disable-next-line incorrect-equality
        bool forGood = end == ResponseWindow.hardEnd(inputs);
        if (terms.trustsVenue && forGood && !_youngAt(terms, last, end)) {
            revert VenueSilent(SafeCast.toUint64(end));
        }
        deal.status = Status.Lapsed;
        emit CallLapsed(id, deal.call, SafeCast.toUint64(end));
    }

    /// @inheritdoc IMarginVault
    function voidCall(Terms calldata terms, uint64 epoch) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _called(terms);
        if (deal.status == Status.Lapsed) revert AlreadyLapsed(id);
        uint64 end = uint64(deal.calledAt) + terms.window + terms.patience;
        if (block.timestamp <= end) revert WindowNotLapsed(uint64(block.timestamp), end);
        ISolvencyRegistry.Root memory root = _root(terms, epoch);
        bool last = root.time <= end && (root.displacedAt == 0 || root.displacedAt > end);
        if (!terms.trustsVenue || !last || _youngAt(terms, root, end)) {
            revert VenueNotSilent(epoch, end);
        }
        _endCall(terms, id, deal, CallEnd.Void);
    }

    /// @inheritdoc IMarginVault
    function seize(Terms calldata terms, address to) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _lapsed(terms);
        _only(terms.beneficiary);
        _checkRecipient(terms, to);
        (uint256 amount, uint256 left) = _empty(deal, deal.due);
        _putAside(id, terms.refund, left);
        emit Seized(id, amount);
        terms.token.safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function concede(Terms calldata terms) external nonReentrant {
        (bytes32 id, Agreement storage deal) = _lapsed(terms);
        _only(terms.refund);
        (uint256 amount, uint256 left) = _empty(deal, deal.due);
        _putAside(id, terms.beneficiary, amount);
        _putAside(id, terms.refund, left);
        emit Seized(id, amount);
    }

    /// @inheritdoc IMarginVault
    function windowEnd(Terms calldata terms, uint64[] calldata epochs)
        external
        view
        returns (uint64)
    {
        (, Agreement storage deal) = _called(terms);
        // slither-disable-next-line unused-return
        (ResponseWindow.Inputs memory inputs,) = _aliveBy(terms, deal, epochs);
        return SafeCast.toUint64(ResponseWindow.end(inputs, block.timestamp));
    }

    /// @dev Market and root that an answer is about. Once the first window is over, oracle or venue
    /// was silent: then the last market and the last root count whatever their age. Where they live
    /// they are young, and not before the call, as the window is longer than `maxAge`.
    function _answeringRows(Terms calldata terms, Agreement storage deal, uint64 epoch)
        private
        view
        returns (uint256 market, uint256 book)
    {
        bool first = block.timestamp <= uint256(deal.calledAt) + terms.window;
        ISolvencyRegistry.Root memory root = _root(terms, epoch);
        if (first || root.displacedAt != 0) _checkYoung(terms, root.cutOff);
        book = root.root;
        if (first) {
            uint64 time;
            (market, time) = _youngMarket(terms);
            _checkFit(deal, root, time);
        } else {
            // slither-disable-next-line unused-return
            (IMarketOracle.Market memory last,) = _lastMarket(terms);
            market = last.digest;
            if (_displacedBefore(deal, root)) revert BookDisplaced(epoch, root.displacedAt);
        }
    }

    /// @dev What `epochs` show of the venue, with the last of them; none given means its last one.
    function _aliveBy(Terms calldata terms, Agreement storage deal, uint64[] calldata epochs)
        private
        view
        returns (ResponseWindow.Inputs memory inputs, ISolvencyRegistry.Root memory last)
    {
        last = epochs.length == 0 ? _head(terms) : _root(terms, epochs[0]);
        uint64 since = last.time;
        for (uint256 i = 1; i < epochs.length; i++) {
            uint256 until = _youngUntil(terms, last.cutOff);
            last = _root(terms, epochs[i]);
            if (epochs[i] <= epochs[i - 1] || last.time > until) {
                revert EpochsNotLinked(epochs[i - 1], epochs[i]);
            }
        }
        inputs = _run(terms, deal, since, last.cutOff);
    }

    /// @dev The run of oracle and venue together, the venue's from `since`, with its last root cut at
    /// `cutOff`.
    function _run(Terms calldata terms, Agreement storage deal, uint64 since, uint64 cutOff)
        private
        view
        returns (ResponseWindow.Inputs memory)
    {
        (IMarketOracle.Market memory market, uint256 marketUntil) = _lastMarket(terms);
        return ResponseWindow.Inputs({
            calledAt: deal.calledAt,
            window: terms.window,
            patience: terms.patience,
            aliveSince: Math.max(market.aliveSince, since),
            aliveUntil: Math.min(marketUntil, _youngUntil(terms, cutOff))
        });
    }

    function _youngAt(Terms calldata terms, ISolvencyRegistry.Root memory root, uint256 time)
        private
        pure
        returns (bool)
    {
        return root.time <= time && time <= _youngUntil(terms, root.cutOff);
    }

    function _lapsed(Terms calldata terms)
        private
        view
        returns (bytes32 id, Agreement storage deal)
    {
        (id, deal) = _called(terms);
        if (deal.status != Status.Lapsed) revert NotLapsed(id);
    }
}
