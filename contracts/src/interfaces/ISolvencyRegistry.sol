// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarketOracle} from "./IMarketOracle.sol";

/// @title Append-only records of the books of venues
/// @notice A venue is the address that publishes. A record states what the venue claims, and the
/// digest of what it keeps off chain to back the claim. Only the form is checked here: whether the
/// claim holds, anyone checks who gets what the digest is of.
interface ISolvencyRegistry {
    /// @notice Sums over all accounts of a book, in meaning and unit those of the proofs of a book
    /// (`circuits/engine/src/book/statement.rs`), so that what is proven can be published as it is. E is
    /// the value of an account's positions at the market less the certified errors of the prices,
    /// IM its initial requirement; both are multiples of 1e-16 USD.
    /// @param equity Σ max(0, E), 1e-16 USD: what the accounts are owed, also those that fail.
    /// @param shortfall Σ max(0, −E), 1e-16 USD.
    /// @param deficit Σ max(0, ratio·IM − 10^4·E) with the ratio in basis points, 1e-20 USD.
    /// @param failing Number of accounts that do not meet the ratio.
    /// @param balanced Whether every listed derivative nets to zero over the book.
    struct Totals {
        uint128 equity;
        uint128 shortfall;
        uint128 deficit;
        uint32 failing;
        bool balanced;
    }

    /// @param instrument Instrument id of a cash or spot asset, 88 bits.
    /// @param long Gross long quantity over the book, 1e-8 units.
    /// @param short Gross short quantity over the book, 1e-8 units.
    struct AssetTotal {
        uint88 instrument;
        uint128 long;
        uint128 short;
    }

    /// @notice What a venue publishes.
    /// @param root Book root.
    /// @param market Digest of the market at which the book was valued.
    /// @param oracle Oracle that recorded this market; zero if none did.
    /// @param policy Policy digest.
    /// @param bundle Digest of what the venue keeps off chain, not zero. Which digest, and of what,
    /// is for the venue to say. The program's demonstration puts Keccak-256 of the leaves, 32 bytes
    /// each, least significant first, in the order of the book.
    /// @param ratio Ratio that the totals refer to, basis points.
    /// @param accounts Number of accounts in the book.
    /// @param totals Sums over the book.
    struct Publication {
        uint256 root;
        uint256 market;
        IMarketOracle oracle;
        uint256 policy;
        bytes32 bundle;
        uint16 ratio;
        uint32 accounts;
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

    event EpochPublished(
        address indexed venue, uint64 indexed number, Epoch epoch, AssetTotal[] assets
    );

    error EpochOutOfOrder(uint64 given, uint256 expected);
    error NoEpoch(address venue, uint64 number);
    error DigestOutOfRange(string field, uint256 digest);
    error BundleMissing();
    error RatioMissing();
    error MarketUnknown(IMarketOracle oracle, uint256 digest);
    /// @dev Unix seconds.
    error MarketNotNewer(uint64 marketTime, uint64 previous);
    error TooManyFailing(uint32 failing, uint32 accounts);
    error AssetsNotSorted(uint88 previous, uint88 instrument);

    /// @notice Appends an epoch to the caller's record.
    /// @param number Must be the number of epochs recorded so far, so that a transaction sent twice
    /// appends once.
    /// @param publication What is claimed.
    /// @param assets Totals of each cash and spot asset, strictly ascending by instrument.
    function publish(uint64 number, Publication calldata publication, AssetTotal[] calldata assets)
        external;

    /// @notice Number of epochs of `venue`; they are numbered from zero.
    function count(address venue) external view returns (uint64);

    /// @notice Epoch `number` of `venue`.
    function epoch(address venue, uint64 number) external view returns (Epoch memory);

    /// @notice The last epoch of `venue`.
    function latest(address venue) external view returns (Epoch memory);

    /// @notice Number, book root and time (Unix seconds) of the last epoch of `venue`.
    function head(address venue) external view returns (uint64 number, uint256 root, uint64 time);
}
