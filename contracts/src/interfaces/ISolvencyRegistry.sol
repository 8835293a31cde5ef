// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarketOracle} from "./IMarketOracle.sol";

/// @title Append-only records of the books of venues
/// @notice A venue is the address that publishes. A record states what the venue claims, and the
/// digest of the published folder that backs the claim. Only the form is checked here: whether the
/// claim holds, anyone checks who has the folder, since its proofs say these very numbers.
interface ISolvencyRegistry {
    /// @notice Sums over all accounts of a book: `totals` of the published `book.json`, which the
    /// proofs of its batches add up to (`circuits/engine/src/book/statement.rs`), field by field and in
    /// its smallest units. E is the value of an account's positions at the market less the certified
    /// errors of the prices, IM its initial requirement; both are multiples of 1e-16 USD.
    /// @param accounts Number of accounts in the book.
    /// @param failing Number of accounts that do not meet the ratio.
    /// @param equity Σ max(0, E), 1e-16 USD: what the accounts are owed, also those that fail.
    /// @param shortfall Σ max(0, −E), 1e-16 USD.
    /// @param deficit Σ max(0, ratio·IM − 10^4·E) with the ratio in basis points, 1e-20 USD.
    struct Totals {
        uint64 accounts;
        uint64 failing;
        uint128 equity;
        uint128 shortfall;
        uint128 deficit;
    }

    /// @notice One of `assets` of the published `book.json`, which lists every cash and spot asset of
    /// the market.
    /// @param id Instrument id of the asset, 92 bits.
    /// @param long Gross long quantity over the book, 1e-8 units.
    /// @param short Gross short quantity over the book, 1e-8 units.
    struct AssetTotal {
        uint96 id;
        uint128 long;
        uint128 short;
    }

    /// @notice What a venue publishes.
    /// @param root Book root; not that of the venue's last epoch.
    /// @param market Digest of the market at which the book was valued.
    /// @param policy Policy digest.
    /// @param digest Digest of the published folder, not zero: SHA-256 of the list of its files, as
    /// `FORMATS.md` has it under Book and `zkmargin book verify` shows it.
    /// @param oracle Oracle that recorded this market; zero if none did.
    /// @param cutOff The moment at which the accounts were read, `cut_off` of `book.json`, Unix
    /// seconds: after that of the venue's last epoch, and not after the block.
    /// @param ratio Ratio that the totals refer to, basis points.
    /// @param totals Sums over the book.
    struct Publication {
        uint256 root;
        uint256 market;
        uint256 policy;
        bytes32 digest;
        IMarketOracle oracle;
        uint64 cutOff;
        uint16 ratio;
        Totals totals;
    }

    /// @notice A recorded publication.
    /// @param assets Keccak-256 of the ABI encoding of the array of per-asset totals.
    /// @param time Block time of the record, Unix seconds.
    /// @param marketTime Time of the market by its oracle, Unix seconds; zero without an oracle.
    struct Epoch {
        Publication publication;
        bytes32 assets;
        uint64 time;
        uint64 marketTime;
    }

    /// @notice What a proof needs to know of an epoch. Times in Unix seconds.
    /// @param number Number of the epoch.
    /// @param root Book root.
    /// @param cutOff When the accounts were read; its age counts from here.
    /// @param time Block time since which it has been, or from which on it was, the head.
    /// @param displacedAt Block time at which the next epoch took its place; zero of the head.
    struct Root {
        uint64 number;
        uint256 root;
        uint64 cutOff;
        uint64 time;
        uint64 displacedAt;
    }

    event EpochPublished(
        address indexed venue, uint64 indexed number, Epoch epoch, AssetTotal[] assets
    );

    error EpochOutOfOrder(uint64 given, uint256 expected);
    error NoEpoch(address venue, uint64 number);
    error DigestOutOfRange(string field, uint256 digest);
    error DigestMissing();
    error RatioMissing();
    /// @dev The venue's last epoch has this root already.
    error RootUnchanged(uint256 root);
    /// @dev Unix seconds, as in the errors below.
    error CutOffNotLater(uint64 cutOff, uint64 previous);
    error CutOffInFuture(uint64 cutOff, uint64 blockTime);
    error MarketUnknown(IMarketOracle oracle, uint256 digest);
    error MarketNotNewer(uint64 marketTime, uint64 previous);
    error TooManyFailing(uint64 failing, uint64 accounts);
    error AssetsNotSorted(uint96 previous, uint96 id);

    /// @notice Appends an epoch to the caller's record.
    /// @param number Must be the number of epochs recorded so far, so that a transaction sent twice
    /// appends once.
    /// @param publication What is claimed.
    /// @param assets Totals of each cash and spot asset, strictly ascending by id.
    function publish(uint64 number, Publication calldata publication, AssetTotal[] calldata assets)
        external;

    /// @notice Number of epochs of `venue`; they are numbered from zero.
    function count(address venue) external view returns (uint64);

    /// @notice Epoch `number` of `venue`.
    function epoch(address venue, uint64 number) external view returns (Epoch memory);

    /// @notice The last epoch of `venue`.
    function latest(address venue) external view returns (Epoch memory);

    /// @notice Root of the last epoch of `venue`.
    function head(address venue) external view returns (Root memory);

    /// @notice Root of epoch `number` of `venue`.
    function rootOf(address venue, uint64 number) external view returns (Root memory);
}
