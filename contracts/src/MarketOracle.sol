// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarketOracle} from "./interfaces/IMarketOracle.sol";
import {Statement} from "./lib/Statement.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Markets vouched for by m of n signers
/// @notice Recorded times strictly increase and never lie in the future of the block: there is no
/// tolerance, since a relay that is a second early can wait for the next block.
///
/// `spacing` keeps a market the latest for a while, so that a proof made at it can still land: the
/// signers may sign faster than anyone can prove, and whoever relays every signature would
/// otherwise displace the market of each proof that is on its way.
///
/// Time is cut into slots of `spacing` seconds, from multiples of it. A slot takes one market, and a
/// signer signs the first one that it takes after the start of a slot and no other: so nobody,
/// neither a relayer nor fewer than m signers, picks a market within a slot.
///
/// `slack` keeps one late relay from silencing the oracle: a market is recorded only if it will
/// stay young until the spacing is over and `slack` seconds beyond. So there is time to get the
/// next one into a block, however old the last one was.
///
/// The owner may replace the signers, after a delay in which everyone can see the new set and
/// leave. A proposal expires: what nobody wanted for long enough, nobody can put to use later.
contract MarketOracle is IMarketOracle, EIP712, Ownable2Step {
    bytes32 public constant MARKET_TYPEHASH = keccak256("Market(uint64 time,uint256 digest)");

    /// @inheritdoc IMarketOracle
    uint64 public immutable maxAge;
    /// @inheritdoc IMarketOracle
    uint64 public immutable spacing;
    /// @inheritdoc IMarketOracle
    uint64 public immutable slack;
    /// @notice Time between the proposal of a signer set and its use, seconds.
    uint64 public immutable rotationDelay;
    /// @notice Time after the delay during which a proposal may be put to use, seconds.
    uint64 public immutable proposalTerm;
    /// @inheritdoc IMarketOracle
    uint64 public immutable settledFor;

    /// @notice Number of signatures that a market needs.
    uint256 public threshold;
    /// @notice Whether an address signs for this oracle.
    mapping(address account => bool) public isSigner;
    /// @inheritdoc IMarketOracle
    mapping(uint256 digest => uint64 time) public timeOf;

    /// @param signers The set, strictly ascending.
    /// @param threshold Signatures that a market will need.
    /// @param readyAt First second at which it may be put to use, Unix seconds; zero without a
    /// proposal.
    /// @param expiresAt Last second at which it may, Unix seconds.
    struct Proposal {
        address[] signers;
        uint256 threshold;
        uint64 readyAt;
        uint64 expiresAt;
    }

    Market private _market;
    address[] private _signers;
    Proposal private _proposal;

    /// @param owner_ Who may rotate the signers.
    /// @param signers_ First signers, strictly ascending, none zero.
    /// @param threshold_ Signatures that a market needs, from one to the number of signers.
    /// @param timing_ Times; each less than 2^32.
    constructor(
        address owner_,
        address[] memory signers_,
        uint256 threshold_,
        Timing memory timing_
    ) EIP712("zkmargin MarketOracle", "1") Ownable(owner_) {
        _checkTiming(timing_);
        maxAge = timing_.maxAge;
        spacing = timing_.spacing;
        slack = timing_.slack;
        rotationDelay = timing_.rotationDelay;
        proposalTerm = timing_.proposalTerm;
        settledFor = timing_.settledFor;
        _checkSet(signers_, threshold_);
        _install(signers_, threshold_);
    }

    /// @inheritdoc IMarketOracle
    function submit(uint64 time, uint256 digest, bytes[] calldata signatures) external {
        _checkNewMarket(time, digest);
        _checkSignatures(hashOf(time, digest), signatures);

        uint64 blockTime = uint64(block.timestamp);
        bool silent = blockTime > _market.time + maxAge;
        timeOf[digest] = time;
        _market = Market({
            digest: digest,
            time: time,
            recordedAt: blockTime,
            aliveSince: silent ? blockTime : _market.aliveSince
        });
        emit MarketRecorded(time, digest, msg.sender);
    }

    /// @inheritdoc IMarketOracle
    function latest() external view returns (uint256 digest, uint64 time) {
        (digest, time) = (_market.digest, _market.time);
        // Zero is no digest: it says that nothing was recorded, here and in `peek`.
        // slither-disable-next-line incorrect-equality
        if (digest == 0) revert NoMarket();
        uint64 age = uint64(block.timestamp) - time;
        if (age > maxAge) revert MarketTooOld(age, maxAge);
    }

    /// @inheritdoc IMarketOracle
    function peek() external view returns (Market memory market) {
        market = _market;
        // slither-disable-next-line incorrect-equality
        if (market.digest == 0) revert NoMarket();
    }

    /// @inheritdoc IMarketOracle
    function hashOf(uint64 time, uint256 digest) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(MARKET_TYPEHASH, time, digest)));
    }

    /// @notice Proposes a signer set, in place of an earlier proposal.
    /// @param signers_ Strictly ascending, none zero.
    /// @param threshold_ From one to the number of signers.
    function proposeSigners(address[] calldata signers_, uint256 threshold_) external onlyOwner {
        _checkSet(signers_, threshold_);
        uint64 readyAt = uint64(block.timestamp) + rotationDelay;
        uint64 expiresAt = readyAt + proposalTerm;
        _proposal = Proposal({
            signers: signers_, threshold: threshold_, readyAt: readyAt, expiresAt: expiresAt
        });
        emit SignersProposed(signers_, threshold_, readyAt, expiresAt);
    }

    /// @notice Withdraws the proposal.
    function cancelSigners() external onlyOwner {
        if (_proposal.readyAt == 0) revert NoProposal();
        delete _proposal;
        emit SignersCancelled();
    }

    /// @notice Puts the proposed set to use, after the delay and before it expires. Anyone may.
    function executeSigners() external {
        Proposal memory proposal_ = _proposal;
        // Zero says that there is no proposal; no block has this time.
        // slither-disable-next-line incorrect-equality
        if (proposal_.readyAt == 0) revert NoProposal();
        uint64 blockTime = uint64(block.timestamp);
        if (blockTime < proposal_.readyAt) revert ProposalNotReady(blockTime, proposal_.readyAt);
        if (blockTime > proposal_.expiresAt) {
            revert ProposalExpired(blockTime, proposal_.expiresAt);
        }
        delete _proposal;
        _install(proposal_.signers, proposal_.threshold);
    }

    /// @notice The signers, strictly ascending.
    function signers() external view returns (address[] memory) {
        return _signers;
    }

    /// @notice The proposed signer set, also when it has expired; all zero without one.
    function proposal() external view returns (Proposal memory) {
        return _proposal;
    }

    /// @dev The time must be new, past and young; the digest unused; the last record old enough.
    function _checkNewMarket(uint64 time, uint256 digest) private view {
        uint64 blockTime = uint64(block.timestamp);
        if (!Statement.isDigest(digest)) revert DigestOutOfRange(digest);
        if (time > blockTime) revert MarketInFuture(time, blockTime);
        if (time <= _market.time) revert MarketNotNewer(time, _market.time);
        // Where a slot starts, and nothing random.
        // slither-disable-next-line weak-prng
        uint64 slotStart = _market.time - _market.time % spacing;
        if (time < slotStart + spacing) revert SlotTaken(slotStart, _market.time);
        if (timeOf[digest] != 0) revert MarketRepeated(digest, timeOf[digest]);
        // It must stay young until the next one has had time to come: a relay of an old market
        // cannot make the oracle fall silent.
        uint64 limit = maxAge - spacing - slack;
        if (blockTime - time > limit) revert MarketTooOld(blockTime - time, limit);
        uint64 earliest = _market.recordedAt + spacing;
        if (blockTime < earliest) revert MarketTooSoon(blockTime, earliest);
    }

    /// @dev Ascending order makes a repeated signer visible. ECDSA refuses malleable signatures.
    function _checkSignatures(bytes32 hash, bytes[] calldata signatures) private view {
        if (signatures.length < threshold) revert TooFewSignatures(signatures.length, threshold);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; i++) {
            address signer = ECDSA.recoverCalldata(hash, signatures[i]);
            if (!isSigner[signer]) revert UnknownSigner(signer);
            if (signer <= previous) revert SignersNotSorted(previous, signer);
            previous = signer;
        }
    }

    function _checkTiming(Timing memory timing) private pure {
        uint256 most = type(uint32).max;
        if (
            timing.maxAge == 0 || timing.spacing == 0 || timing.slack == 0
                || timing.rotationDelay == 0 || timing.proposalTerm == 0 || timing.settledFor == 0
                || timing.settledFor > most || timing.maxAge > most || timing.rotationDelay > most
                || timing.proposalTerm > most
                || uint256(timing.spacing) + timing.slack >= timing.maxAge
        ) revert BadTiming(timing);
    }

    function _checkSet(address[] memory signers_, uint256 threshold_) private pure {
        if (threshold_ == 0 || threshold_ > signers_.length) {
            revert ThresholdOutOfRange(threshold_, signers_.length);
        }
        address previous = address(0);
        for (uint256 i = 0; i < signers_.length; i++) {
            if (signers_[i] <= previous) revert SignersNotSorted(previous, signers_[i]);
            previous = signers_[i];
        }
    }

    function _install(address[] memory signers_, uint256 threshold_) private {
        address[] memory previous = _signers;
        for (uint256 i = 0; i < previous.length; i++) {
            isSigner[previous[i]] = false;
        }
        for (uint256 i = 0; i < signers_.length; i++) {
            isSigner[signers_[i]] = true;
        }
        _signers = signers_;
        threshold = threshold_;
        emit SignersChanged(signers_, threshold_);
    }
}
