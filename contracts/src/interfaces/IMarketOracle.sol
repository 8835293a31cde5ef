// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title The latest market that enough signers vouch for
/// @notice A market is a digest and the time it was taken. Signers sign the EIP-712 struct
/// `Market(uint64 time,uint256 digest)`; anyone may relay their signatures.
interface IMarketOracle {
    /// @param digest Market digest, a field element other than zero.
    /// @param time When the market was taken, Unix seconds.
    /// @param recordedAt Block time at which it was recorded, Unix seconds.
    /// @param aliveSince Block time since which there has been, without interruption, a market no
    /// older than `maxAge`; it moves when a market arrives after a silence.
    struct Market {
        uint256 digest;
        uint64 time;
        uint64 recordedAt;
        uint64 aliveSince;
    }

    /// @notice The oracle's times, seconds. They never change, and none is zero.
    /// @param maxAge Age beyond which a market is of no use.
    /// @param spacing Length of a slot, and least time between two records. Slots begin at multiples
    /// of it; a market belongs to the slot in which it was taken.
    /// @param slack Least time that is left for the next market, once the spacing is over, before
    /// the last one is too old. With `spacing` less than `maxAge`.
    /// @param rotationDelay Time between the proposal of a signer set and its use.
    /// @param proposalTerm Time after the delay during which the proposal may be put to use.
    /// @param settledFor Time after an expiry during which the signers promise to list the settled
    /// instruments of that expiry.
    struct Timing {
        uint64 maxAge;
        uint64 spacing;
        uint64 slack;
        uint64 rotationDelay;
        uint64 proposalTerm;
        uint64 settledFor;
    }

    event MarketRecorded(uint64 indexed time, uint256 indexed digest, address relayer);
    /// @param readyAt First second of its use, Unix seconds.
    /// @param expiresAt Last second of its use, Unix seconds.
    event SignersProposed(address[] signers, uint256 threshold, uint64 readyAt, uint64 expiresAt);
    event SignersCancelled();
    event SignersChanged(address[] signers, uint256 threshold);

    error NoMarket();
    error DigestOutOfRange(uint256 digest);
    /// @dev Times in Unix seconds.
    error MarketInFuture(uint64 time, uint64 blockTime);
    error MarketNotNewer(uint64 time, uint64 latest);
    /// @dev The slot of the recorded market, by its first second: it takes no other one.
    error SlotTaken(uint64 slotStart, uint64 recordedTime);
    error MarketRepeated(uint256 digest, uint64 recordedTime);
    /// @dev Seconds.
    error MarketTooOld(uint64 age, uint64 limit);
    /// @dev Unix seconds: no market is recorded before `earliest`.
    error MarketTooSoon(uint64 blockTime, uint64 earliest);
    error TooFewSignatures(uint256 given, uint256 threshold);
    error UnknownSigner(address signer);
    /// @dev Also the error for one signer twice.
    error SignersNotSorted(address previous, address signer);
    error ThresholdOutOfRange(uint256 threshold, uint256 signers);
    error BadTiming(Timing timing);
    error NoProposal();
    /// @dev Unix seconds.
    error ProposalNotReady(uint64 blockTime, uint64 readyAt);
    error ProposalExpired(uint64 blockTime, uint64 expiresAt);

    /// @notice Records a newer market. Anyone may. A slot takes one market: signers sign the first
    /// one after its start and no other, so that whoever relays has nothing to pick from within it.
    /// @param time Unix seconds: of a later slot than the recorded market, not in the future, at most
    /// `maxAge − spacing − slack` old.
    /// @param digest Market digest.
    /// @param signatures 65-byte signatures of at least `threshold` signers, in strictly ascending
    /// order of their addresses.
    function submit(uint64 time, uint256 digest, bytes[] calldata signatures) external;

    /// @notice The recorded market; reverts with `MarketTooOld` beyond the maximum age.
    function latest() external view returns (uint256 digest, uint64 time);

    /// @notice The recorded market whatever its age; reverts with `NoMarket` before the first.
    function peek() external view returns (Market memory);

    /// @notice Time of a recorded market by its digest, Unix seconds; zero if never recorded.
    function timeOf(uint256 digest) external view returns (uint64);

    /// @notice What a signer signs for a market: its EIP-712 digest under this contract's domain.
    function hashOf(uint64 time, uint256 digest) external view returns (bytes32);

    /// @notice Age beyond which `latest` does not return a market, seconds.
    function maxAge() external view returns (uint64);

    /// @notice Length of a slot and least number of seconds between two records.
    function spacing() external view returns (uint64);

    /// @notice Least number of seconds that the next market has, after the spacing, before the
    /// recorded one is too old.
    function slack() external view returns (uint64);

    /// @notice Seconds for which settled instruments stay listed after their expiry, as the signers
    /// promise: an account read within that time before a market can be proven at it.
    function settledFor() external view returns (uint64);
}
