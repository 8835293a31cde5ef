// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarketOracle} from "../src/MarketOracle.sol";
import {IMarketOracle} from "../src/interfaces/IMarketOracle.sol";
import {Statement} from "../src/lib/Statement.sol";
import {OracleFixture} from "./support/OracleFixture.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

contract MarketOracleTest is OracleFixture {
    uint256 internal constant DIGEST = 0xd1;

    function setUp() public {
        deployOracle();
    }

    function test_RecordsAMarketFromAnyRelayer() public {
        bytes[] memory signatures = signedBy(two(keys[0], keys[2]), GENESIS, DIGEST);
        vm.expectEmit(address(oracle));
        emit IMarketOracle.MarketRecorded(GENESIS, DIGEST, address(0xcafe));
        vm.prank(address(0xcafe));
        oracle.submit(GENESIS, DIGEST, signatures);

        (uint256 digest, uint64 time) = oracle.latest();
        assertEq(digest, DIGEST);
        assertEq(time, GENESIS);
        assertEq(oracle.timeOf(DIGEST), GENESIS);
        IMarketOracle.Market memory market = oracle.peek();
        assertEq(market.recordedAt, GENESIS);
        assertEq(market.aliveSince, GENESIS);
    }

    function test_AllThreeMaySign() public {
        oracle.submit(GENESIS, DIGEST, signedBy(keys, GENESIS, DIGEST));
        assertEq(oracle.timeOf(DIGEST), GENESIS);
    }

    /// The hash that a signer outside Solidity has to compute, written out.
    function test_HashIsEip712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("zkmargin MarketOracle"),
                keccak256("1"),
                block.chainid,
                address(oracle)
            )
        );
        bytes32 market =
            keccak256(abi.encode(keccak256("Market(uint64 time,uint256 digest)"), GENESIS, DIGEST));
        assertEq(
            oracle.hashOf(GENESIS, DIGEST), keccak256(abi.encodePacked("\x19\x01", domain, market))
        );
    }

    function test_NothingBeforeTheFirstMarket() public {
        vm.expectRevert(IMarketOracle.NoMarket.selector);
        oracle.latest();
        vm.expectRevert(IMarketOracle.NoMarket.selector);
        oracle.peek();
        assertEq(oracle.timeOf(DIGEST), 0);
    }

    function test_StaleMarketIsNotLatest() public {
        record(DIGEST);
        skip(MAX_AGE);
        oracle.latest();
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketTooOld.selector, MAX_AGE + 1, MAX_AGE)
        );
        oracle.latest();
        assertEq(oracle.peek().digest, DIGEST);
    }

    function test_RefusesTooFewSigners() public {
        bytes[] memory signatures = signedBy(one(keys[0]), GENESIS, DIGEST);
        vm.expectRevert(abi.encodeWithSelector(IMarketOracle.TooFewSignatures.selector, 1, 2));
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    function test_RefusesSameSignerTwice() public {
        bytes[] memory signatures = signedBy(two(keys[1], keys[1]), GENESIS, DIGEST);
        address signer = vm.addr(keys[1]);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.SignersNotSorted.selector, signer, signer)
        );
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    function test_RefusesUnsortedSigners() public {
        bytes[] memory signatures = signedBy(two(keys[1], keys[0]), GENESIS, DIGEST);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarketOracle.SignersNotSorted.selector, vm.addr(keys[1]), vm.addr(keys[0])
            )
        );
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    function test_RefusesStranger() public {
        uint256 stranger = 99;
        bytes[] memory signatures = signedBy(two(keys[0], stranger), GENESIS, DIGEST);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.UnknownSigner.selector, vm.addr(stranger))
        );
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    function test_RefusesSignatureOfAnotherDigest() public {
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), GENESIS, DIGEST);
        vm.expectPartialRevert(IMarketOracle.UnknownSigner.selector);
        oracle.submit(GENESIS, DIGEST + 1, signatures);
    }

    function test_RefusesSignatureForAnotherChain() public {
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), GENESIS, DIGEST);
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(IMarketOracle.UnknownSigner.selector);
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    /// The mirror image (r, n − s) of a signature verifies in the curve's arithmetic.
    function test_RefusesMalleableSignature() public {
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), GENESIS, DIGEST);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[1], oracle.hashOf(GENESIS, DIGEST));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes32 mirrored = bytes32(order - uint256(s));
        signatures[1] = abi.encodePacked(r, mirrored, v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, mirrored));
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    function test_RefusesTruncatedSignature() public {
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), GENESIS, DIGEST);
        signatures[0] = new bytes(64);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 64));
        oracle.submit(GENESIS, DIGEST, signatures);
    }

    function test_RefusesFutureTime() public {
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), GENESIS + 1, DIGEST);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketInFuture.selector, GENESIS + 1, GENESIS)
        );
        oracle.submit(GENESIS + 1, DIGEST, signatures);
    }

    function test_RefusesEqualAndEarlierTime() public {
        record(DIGEST);
        skip(SPACING);
        for (uint64 time = GENESIS - 1; time <= GENESIS; time++) {
            bytes[] memory signatures = signedBy(two(keys[0], keys[1]), time, DIGEST + 1);
            vm.expectRevert(
                abi.encodeWithSelector(IMarketOracle.MarketNotNewer.selector, time, GENESIS)
            );
            oracle.submit(time, DIGEST + 1, signatures);
        }
    }

    function test_RefusesToRecordAStaleMarket() public {
        uint64 time = GENESIS - RELAY_AGE - 1;
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), time, DIGEST);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketTooOld.selector, RELAY_AGE + 1, RELAY_AGE)
        );
        oracle.submit(time, DIGEST, signatures);
        recordAt(time + 1, DIGEST);
    }

    /// However late a market was relayed, the next one has `slack` seconds after the spacing.
    function test_ALateRelayLeavesTimeForTheNextMarket() public {
        record(DIGEST);
        uint64 late = GENESIS + 1 minutes;
        vm.warp(late + RELAY_AGE);
        recordAt(late, DIGEST + 1);
        skip(SPACING + SLACK);
        oracle.latest();
        record(DIGEST + 2);
        assertEq(oracle.peek().aliveSince, GENESIS);
    }

    function test_RefusesRecordsCloserThanTheSpacing() public {
        skip(1);
        record(DIGEST);
        skip(SPACING - 1);
        uint64 time = uint64(block.timestamp);
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), time, DIGEST + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketTooSoon.selector, time, time + 1)
        );
        oracle.submit(time, DIGEST + 1, signatures);
        skip(1);
        oracle.submit(time, DIGEST + 1, signatures);
    }

    /// A slot takes one market: that a later one of it was signed as well picks nothing.
    function test_RefusesASecondMarketOfASlot() public {
        uint64 slot = GENESIS + 2 * SPACING;
        vm.warp(slot + 1);
        record(DIGEST);
        skip(2 * SPACING);
        uint64 last = slot + SPACING - 1;
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), last, DIGEST + 1);
        vm.expectRevert(abi.encodeWithSelector(IMarketOracle.SlotTaken.selector, slot, slot + 1));
        oracle.submit(last, DIGEST + 1, signatures);
        recordAt(last + 1, DIGEST + 1);
    }

    function test_SaysHowLongSettledRowsAreListed() public view {
        assertEq(oracle.settledFor(), SETTLED_FOR);
        assertEq(oracle.spacing(), SPACING);
        assertEq(oracle.slack(), SLACK);
    }

    function test_RefusesOneDigestAtTwoTimes() public {
        record(DIGEST);
        skip(SPACING);
        uint64 time = uint64(block.timestamp);
        bytes[] memory signatures = signedBy(two(keys[0], keys[1]), time, DIGEST);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketRepeated.selector, DIGEST, GENESIS)
        );
        oracle.submit(time, DIGEST, signatures);
    }

    function test_RefusesDigestOutsideTheField() public {
        uint256[2] memory bad = [uint256(0), Statement.MODULUS];
        for (uint256 i = 0; i < bad.length; i++) {
            bytes[] memory signatures = signedBy(two(keys[0], keys[1]), GENESIS, bad[i]);
            vm.expectRevert(abi.encodeWithSelector(IMarketOracle.DigestOutOfRange.selector, bad[i]));
            oracle.submit(GENESIS, bad[i], signatures);
        }
        record(Statement.MODULUS - 1);
    }

    function test_AliveSinceMovesOnlyAfterASilence() public {
        record(DIGEST);
        skip(MAX_AGE);
        record(DIGEST + 1);
        assertEq(oracle.peek().aliveSince, GENESIS);
        skip(MAX_AGE + 1);
        record(DIGEST + 2);
        assertEq(oracle.peek().aliveSince, block.timestamp);
    }

    /// What counts is the age of the market, not when it was relayed; and however late it was
    /// relayed, there is time for the next one before the oracle falls silent.
    function test_AliveSinceCountsFromTheMarketsTime() public {
        skip(RELAY_AGE);
        recordAt(GENESIS, DIGEST);
        uint64 since = uint64(block.timestamp);
        assertEq(oracle.peek().aliveSince, since);
        skip(SPACING);
        recordAt(uint64(block.timestamp) - 5, DIGEST + 1);
        assertEq(oracle.peek().aliveSince, since);
        skip(MAX_AGE - 5);
        oracle.latest();
        skip(1);
        record(DIGEST + 2);
        assertEq(oracle.peek().aliveSince, block.timestamp);
    }

    function testFuzz_RecordedTimesStrictlyIncrease(uint64[8] memory times, uint32 step) public {
        uint64 last = 0;
        for (uint256 i = 0; i < times.length; i++) {
            skip(bound(step, 0, 2 * MAX_AGE));
            uint64 now_ = uint64(block.timestamp);
            uint64 time = uint64(bound(times[i], GENESIS - MAX_AGE, now_ + 10));
            bytes[] memory signatures = signedBy(two(keys[0], keys[1]), time, i + 1);
            try oracle.submit(time, i + 1, signatures) {
                assertGt(time, last);
                assertLe(time, now_);
                assertLe(now_ - time, RELAY_AGE);
                last = time;
            } catch {
                if (last != 0) assertEq(oracle.peek().time, last);
            }
        }
    }
}

contract SignerRotationTest is OracleFixture {
    uint256[] internal next;

    function setUp() public {
        deployOracle();
        next = sortedKeys(2, 4);
    }

    function propose() internal {
        vm.prank(owner);
        oracle.proposeSigners(addresses(next), 3);
    }

    function test_RotatesAfterTheDelay() public {
        uint64 readyAt = GENESIS + ROTATION_DELAY;
        uint64 expiresAt = readyAt + PROPOSAL_TERM;
        vm.expectEmit(address(oracle));
        emit IMarketOracle.SignersProposed(addresses(next), 3, readyAt, expiresAt);
        propose();
        assertEq(oracle.proposal().readyAt, readyAt);
        assertEq(oracle.proposal().expiresAt, expiresAt);
        assertEq(oracle.signers(), addresses(keys));

        vm.warp(readyAt);
        vm.expectEmit(address(oracle));
        emit IMarketOracle.SignersChanged(addresses(next), 3);
        vm.prank(address(0xcafe));
        oracle.executeSigners();
        assertEq(oracle.signers(), addresses(next));
        assertEq(oracle.threshold(), 3);
        assertEq(oracle.proposal().readyAt, 0);
    }

    function test_RefusesARemovedSigner() public {
        propose();
        skip(ROTATION_DELAY);
        oracle.executeSigners();
        uint256 removed = 1;
        uint64 time = uint64(block.timestamp);
        uint256[] memory by = new uint256[](3);
        (by[0], by[1], by[2]) = (removed, next[0], next[1]);
        bytes[] memory signatures = signedBy(by, time, 7);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.UnknownSigner.selector, vm.addr(removed))
        );
        oracle.submit(time, 7, signatures);

        (by[0], by[1], by[2]) = (next[0], next[1], next[2]);
        oracle.submit(time, 7, signedBy(by, time, 7));
        assertEq(oracle.timeOf(7), time);
    }

    function test_RefusesExecutionBeforeTheDelay() public {
        propose();
        uint64 readyAt = GENESIS + ROTATION_DELAY;
        vm.warp(readyAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.ProposalNotReady.selector, readyAt - 1, readyAt)
        );
        oracle.executeSigners();
    }

    function test_AProposalExpires() public {
        propose();
        uint64 expiresAt = GENESIS + ROTATION_DELAY + PROPOSAL_TERM;
        vm.warp(expiresAt + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.ProposalExpired.selector, expiresAt + 1, expiresAt)
        );
        oracle.executeSigners();
        assertEq(oracle.signers(), addresses(keys));
        // It may be made again.
        propose();
        skip(ROTATION_DELAY);
        oracle.executeSigners();
        assertEq(oracle.signers(), addresses(next));
    }

    function test_AProposalIsGoodToItsLastSecond() public {
        propose();
        skip(ROTATION_DELAY + PROPOSAL_TERM);
        oracle.executeSigners();
        assertEq(oracle.signers(), addresses(next));
    }

    function test_ANewProposalWaitsAnew() public {
        propose();
        skip(ROTATION_DELAY - 1);
        propose();
        skip(1);
        vm.expectPartialRevert(IMarketOracle.ProposalNotReady.selector);
        oracle.executeSigners();
    }

    function test_CancelledProposalIsGone() public {
        propose();
        vm.expectEmit(address(oracle));
        emit IMarketOracle.SignersCancelled();
        vm.prank(owner);
        oracle.cancelSigners();
        skip(ROTATION_DELAY);
        vm.expectRevert(IMarketOracle.NoProposal.selector);
        oracle.executeSigners();
        vm.prank(owner);
        vm.expectRevert(IMarketOracle.NoProposal.selector);
        oracle.cancelSigners();
    }

    function test_OnlyTheOwnerProposesAndCancels() public {
        bytes memory refused =
            abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this));
        address[] memory set = addresses(next);
        vm.expectRevert(refused);
        oracle.proposeSigners(set, 3);
        vm.expectRevert(refused);
        oracle.cancelSigners();
    }

    function test_RefusesBadSets() public {
        address[] memory set = addresses(next);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMarketOracle.ThresholdOutOfRange.selector, 0, 4));
        oracle.proposeSigners(set, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarketOracle.ThresholdOutOfRange.selector, 5, 4));
        oracle.proposeSigners(set, 5);
        set[1] = set[0];
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.SignersNotSorted.selector, set[0], set[0])
        );
        oracle.proposeSigners(set, 3);
        set = addresses(next);
        set[0] = address(0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.SignersNotSorted.selector, address(0), address(0))
        );
        oracle.proposeSigners(set, 3);
    }

    function test_RefusesBadTiming() public {
        address[] memory set = addresses(keys);
        uint64 large = uint64(1) << 32;
        // In the order of `Timing`; each pair of lines has one time out of its range.
        uint64[6][13] memory bad = [
            [uint64(0), 1, 1, 1, 1, 1],
            [large, 1, 1, 1, 1, 1],
            [uint64(10), 0, 1, 1, 1, 1],
            [uint64(10), 9, 1, 1, 1, 1],
            [uint64(10), type(uint64).max, 1, 1, 1, 1],
            [uint64(10), 1, 0, 1, 1, 1],
            [uint64(10), 1, 9, 1, 1, 1],
            [uint64(10), 8, 1, 0, 1, 1],
            [uint64(10), 8, 1, large, 1, 1],
            [uint64(10), 8, 1, 1, 0, 1],
            [uint64(10), 8, 1, 1, large, 1],
            [uint64(10), 8, 1, 1, 1, 0],
            [uint64(10), 8, 1, 1, 1, large]
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            IMarketOracle.Timing memory timing_ = IMarketOracle.Timing(
                bad[i][0], bad[i][1], bad[i][2], bad[i][3], bad[i][4], bad[i][5]
            );
            vm.expectRevert(abi.encodeWithSelector(IMarketOracle.BadTiming.selector, timing_));
            new MarketOracle(owner, set, 2, timing_);
        }
        new MarketOracle(owner, set, 2, IMarketOracle.Timing(10, 8, 1, 1, 1, 1));
    }
}
