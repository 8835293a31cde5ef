// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarketOracle} from "./interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "./interfaces/ISolvencyRegistry.sol";
import {Statement} from "./lib/Statement.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title What venues claimed about their books, and when
/// @notice The venue is `msg.sender`: nobody has to admit it and nobody can write in its name. A
/// venue that wants to replace its keys publishes through a contract that lets it.
///
/// There is no function that changes or removes an epoch, and the time of the record is the block's.
/// The cut-off is the venue's word, within limits: later than the last one's, and not in the future.
contract SolvencyRegistry is ISolvencyRegistry {
    // A mapping needs no initial value; `publish` pushes through a storage reference.
    // slither-disable-next-line uninitialized-state
    mapping(address venue => Epoch[]) private _epochs;
    /// @notice Time of the last market that a venue published from an oracle, Unix seconds.
    mapping(address venue => uint64) public lastMarketTime;

    /// @inheritdoc ISolvencyRegistry
    function publish(uint64 number, Publication calldata publication, AssetTotal[] calldata assets)
        external
    {
        Epoch[] storage epochs = _epochs[msg.sender];
        if (number != epochs.length) revert EpochOutOfOrder(number, epochs.length);
        _check(publication);
        _checkLater(epochs, publication);
        _checkSorted(assets);
        uint64 marketTime = _marketTime(publication);

        Epoch memory added = Epoch({
            publication: publication,
            assets: keccak256(abi.encode(assets)),
            time: uint64(block.timestamp),
            marketTime: marketTime
        });
        if (marketTime != 0) lastMarketTime[msg.sender] = marketTime;
        epochs.push(added);
        emit EpochPublished(msg.sender, number, added, assets);
    }

    /// @inheritdoc ISolvencyRegistry
    function count(address venue) external view returns (uint64) {
        return SafeCast.toUint64(_epochs[venue].length);
    }

    /// @inheritdoc ISolvencyRegistry
    function epoch(address venue, uint64 number) external view returns (Epoch memory) {
        if (number >= _epochs[venue].length) revert NoEpoch(venue, number);
        return _epochs[venue][number];
    }

    /// @inheritdoc ISolvencyRegistry
    function latest(address venue) external view returns (Epoch memory) {
        return _epochs[venue][_last(venue)];
    }

    /// @inheritdoc ISolvencyRegistry
    function head(address venue) external view returns (Root memory) {
        return _root(venue, _last(venue));
    }

    /// @inheritdoc ISolvencyRegistry
    function rootOf(address venue, uint64 number) external view returns (Root memory) {
        if (number >= _epochs[venue].length) revert NoEpoch(venue, number);
        return _root(venue, number);
    }

    /// @dev An epoch is displaced by the next one, at the time of that one's record.
    function _root(address venue, uint64 number) private view returns (Root memory) {
        Epoch[] storage epochs = _epochs[venue];
        Epoch storage of_ = epochs[number];
        uint64 next = number + 1;
        return Root({
            number: number,
            root: of_.publication.root,
            cutOff: of_.publication.cutOff,
            time: of_.time,
            displacedAt: next < epochs.length ? epochs[next].time : 0
        });
    }

    function _last(address venue) private view returns (uint64) {
        uint256 length = _epochs[venue].length;
        if (length == 0) revert NoEpoch(venue, 0);
        return SafeCast.toUint64(length - 1);
    }

    function _check(Publication calldata publication) private pure {
        _checkDigest("root", publication.root);
        _checkDigest("market", publication.market);
        _checkDigest("policy", publication.policy);
        if (publication.digest == 0) revert DigestMissing();
        if (publication.ratio == 0) revert RatioMissing();
        (uint64 failing, uint64 accounts) =
            (publication.totals.failing, publication.totals.accounts);
        if (failing > accounts) revert TooManyFailing(failing, accounts);
    }

    /// @dev A book says something new: of a later moment, with another root. Salts are fresh in every
    /// book, so an honest root is never that of the book before.
    function _checkLater(Epoch[] storage epochs, Publication calldata publication) private view {
        uint64 cutOff = publication.cutOff;
        uint64 blockTime = uint64(block.timestamp);
        if (cutOff > blockTime) revert CutOffInFuture(cutOff, blockTime);
        uint64 previous = 0;
        if (epochs.length != 0) {
            Publication storage last = epochs[epochs.length - 1].publication;
            if (publication.root == last.root) revert RootUnchanged(last.root);
            previous = last.cutOff;
        }
        if (cutOff <= previous) revert CutOffNotLater(cutOff, previous);
    }

    function _checkDigest(string memory field, uint256 digest) private pure {
        if (!Statement.isDigest(digest)) revert DigestOutOfRange(field, digest);
    }

    function _checkSorted(AssetTotal[] calldata assets) private pure {
        for (uint256 i = 1; i < assets.length; i++) {
            uint96 previous = assets[i - 1].id;
            if (assets[i].id <= previous) revert AssetsNotSorted(previous, assets[i].id);
        }
    }

    /// @dev Time of the market by its oracle, which must be newer than the venue's last; zero
    /// without an oracle.
    function _marketTime(Publication calldata publication) private view returns (uint64 time) {
        IMarketOracle oracle = publication.oracle;
        if (address(oracle) == address(0)) return 0;
        time = oracle.timeOf(publication.market);
        if (time == 0) revert MarketUnknown(oracle, publication.market);
        uint64 previous = lastMarketTime[msg.sender];
        if (time <= previous) revert MarketNotNewer(time, previous);
    }
}
