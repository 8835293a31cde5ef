// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
import {IMarketOracle} from "../src/interfaces/IMarketOracle.sol";
import {ResponseWindow} from "../src/lib/ResponseWindow.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// The oracle falls silent during a margin call: the rule is at `IMarginVault.windowEnd`.
contract OracleOutageTest is VaultFixture {
    uint64 internal constant FIRST_END = GENESIS + WINDOW;
    uint64 internal constant HARD_END = GENESIS + WINDOW + PATIENCE;

    function setUp() public {
        deployAll();
        call();
    }

    function notLapsed(uint64 end) internal {
        assertEq(vault.windowEnd(id), end);
        vm.prank(beneficiary);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.WindowNotLapsed.selector, uint64(block.timestamp), end
            )
        );
        vault.seize(id);
    }

    function test_SilenceDoesNotLetTheWindowLapse() public {
        vm.warp(FIRST_END + 1);
        notLapsed(HARD_END);
    }

    function test_TheWindowStartsAnewWhenTheOracleReturns() public {
        live(30 minutes);
        tick(3 hours);
        uint64 back = uint64(block.timestamp);
        notLapsed(back + WINDOW);
        live(WINDOW);
        notLapsed(back + WINDOW);
        answer();
    }

    function test_AfterTheReturnANewWindowLapses() public {
        tick(3 hours);
        live(WINDOW + 1);
        seize();
        assertEq(token.balanceOf(beneficiary), STAKE);
    }

    function test_InTheFirstWindowAnOldMarketIsNoAnswer() public {
        vm.warp(FIRST_END);
        bytes memory proof = proveAnswer(0);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketTooOld.selector, uint64(WINDOW), MAX_AGE)
        );
        vault.answer(id, 0, deadline(), proof);
    }

    function test_AfterItTheLastMarketIsAnAnswerWhateverItsAge() public {
        vm.warp(FIRST_END + 1);
        answer();
        assertEq(uint8(vault.agreement(id).status), uint8(IMarginVault.Status.Active));
    }

    function test_UpToTheVeryEndOfPatience() public {
        vm.warp(HARD_END);
        notLapsed(HARD_END);
        answer();
    }

    function test_BeyondPatienceTheBeneficiaryIsNotBound() public {
        vm.warp(HARD_END + 1);
        bytes memory proof = proveAnswer(0);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.WindowLapsed.selector, HARD_END + 1, HARD_END)
        );
        vault.answer(id, 0, deadline(), proof);
        seize();
        assertEq(token.balanceOf(beneficiary), STAKE);
    }

    function test_ARecoveryDoesNotExtendBeyondPatience() public {
        vm.warp(HARD_END - 10 minutes);
        tick(0);
        notLapsed(HARD_END);
        tick(10 minutes);
        notLapsed(HARD_END);
        skip(1);
        seize();
    }

    /// A living oracle leaves no excuse: only markets not before the call count.
    function test_AfterTheReturnOldMarketsNoLongerCount() public {
        vm.warp(FIRST_END + 1);
        bytes memory proof = proveAnswer(0);
        uint64 deadline_ = deadline();
        tick(1 minutes);
        vm.prank(trader);
        vm.expectPartialRevert(IMarginVault.ProofRefused.selector);
        vault.answer(id, 0, deadline_, proof);
        answer();
    }

    /// The window passed while the oracle lived; that it is silent now does not matter.
    function test_SilenceAfterALapsedWindowChangesNothing() public {
        live(WINDOW);
        skip(MAX_AGE + 1);
        assertEq(vault.windowEnd(id), FIRST_END);
        bytes memory proof = proveAnswer(0);
        vm.prank(trader);
        vm.expectPartialRevert(IMarginVault.WindowLapsed.selector);
        vault.answer(id, 0, deadline(), proof);
        seize();
    }

    function test_ARunThatReachesTheEndLetsTheWindowLapse() public {
        live(WINDOW - MAX_AGE);
        vm.warp(FIRST_END + 1);
        assertEq(vault.windowEnd(id), FIRST_END);
        seize();
    }

    function test_TheOracleIsAliveToTheLastSecondOfItsMarket() public {
        skip(MAX_AGE);
        assertEq(vault.windowEnd(id), FIRST_END);
        skip(1);
        assertEq(vault.windowEnd(id), HARD_END);
    }

    function test_OneSecondOfSilenceBeforeTheEndKeepsTheWindowOpen() public {
        live(WINDOW - MAX_AGE - 1);
        vm.warp(FIRST_END);
        notLapsed(HARD_END);
        skip(1);
        notLapsed(HARD_END);
    }

    function test_ACallDuringAnOutageIsBoundToo() public {
        tick(1 minutes);
        answer();
        uint64 time = uint64(block.timestamp) + COOLDOWN;
        vm.warp(time);
        // The event says what the contract will do.
        vm.expectEmit(address(vault));
        emit IMarginVault.MarginCalled(id, time, time + WINDOW + PATIENCE);
        call();
        assertEq(vault.windowEnd(id), time + WINDOW + PATIENCE);
        vm.warp(time + WINDOW + 1);
        notLapsed(time + WINDOW + PATIENCE);
        vm.warp(time + WINDOW + PATIENCE + 1);
        seize();
    }

    /// Whatever the oracle did, the end lies between the first window and the end of patience, and
    /// a lapse before the latter means that a whole window passed in one run of a living oracle.
    function testFuzz_TheEndIsBoundedAndEarned(
        uint32 window,
        uint32 patience,
        uint32 aliveSince,
        uint32 aliveFor,
        uint32 time
    ) public pure {
        ResponseWindow.Inputs memory inputs = ResponseWindow.Inputs({
            calledAt: type(uint32).max / 2,
            window: window,
            patience: patience,
            aliveSince: aliveSince,
            aliveUntil: uint256(aliveSince) + aliveFor
        });
        uint256 now_ = uint256(aliveSince) + time;
        uint256 hardEnd = inputs.calledAt + window + patience;
        uint256 end = ResponseWindow.end(inputs, now_);
        assertGe(end, inputs.calledAt + window);
        assertLe(end, hardEnd);
        if (now_ > end && now_ <= hardEnd) {
            assertGe(end, inputs.aliveSince + window);
            assertLe(end, now_ > inputs.aliveUntil ? inputs.aliveUntil : now_);
        }
    }

    /// With living markets at random times, the trader can answer through at least half a window.
    function testFuzz_HalfTheWindowCanBeAnswered(uint256 seed) public {
        uint256 answerable = 0;
        uint256 last = block.timestamp;
        while (block.timestamp < FIRST_END) {
            seed = uint256(keccak256(abi.encode(seed)));
            tick(bound(seed, SPACING, MAX_AGE));
            uint256 until = block.timestamp < FIRST_END ? block.timestamp : FIRST_END;
            // The market before this one answered in between, unless it was from before the call.
            if (last > GENESIS) answerable += until - last;
            last = block.timestamp;
        }
        assertGe(answerable, WINDOW / 2);
    }
}
