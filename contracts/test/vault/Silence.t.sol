// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ResponseWindow} from "../../src/lib/ResponseWindow.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// Oracle or venue fall silent during a margin call (rule 3).
contract SilenceTest is VaultFixture {
    uint64 internal called;
    uint64 internal firstEnd;
    uint64 internal hardEnd;

    function setUp() public {
        deployAll();
        skip(1 minutes);
        begin(pledge);
    }

    function begin(V.Terms memory terms) internal {
        call(terms, ALL, 1);
        called = uint64(block.timestamp);
        firstEnd = called + WINDOW;
        hardEnd = firstEnd + PATIENCE;
    }

    function notLapsed(uint64 end) internal {
        uint64[] memory epochs = epochsSince(called);
        assertEq(vault.windowEnd(pledge, epochs), end);
        vm.expectRevert(abi.encodeWithSelector(V.WindowNotLapsed.selector, block.timestamp, end));
        vault.recordLapse(pledge, epochs);
    }

    function lapses() internal {
        vault.recordLapse(pledge, epochsSince(called));
        assertStatus(pledge, V.Status.Lapsed);
    }

    /// The venue lives on, the oracle does not.
    function books(uint256 time) internal {
        for (; time > 12 hours; time -= 12 hours) {
            skip(12 hours);
            book();
        }
        skip(time);
        book();
    }

    /// The oracle lives on, the venue does not.
    function markets(uint256 time) internal {
        for (; time > 9 minutes; time -= 9 minutes) {
            skip(9 minutes);
            market();
        }
        skip(time);
        market();
    }

    function test_ASilentOracleDoesNotLetTheWindowLapse() public {
        books(WINDOW + 1);
        notLapsed(hardEnd);
        vm.warp(hardEnd);
        notLapsed(hardEnd);
        skip(1);
        lapses();
    }

    function test_ASilentVenueDoesNotLetTheWindowLapse() public {
        markets(WINDOW + 1);
        notLapsed(hardEnd);
        vm.warp(hardEnd);
        market();
        notLapsed(hardEnd);
        skip(1);
        lapses();
    }

    function test_TheWindowStartsAnewWhenTheOracleReturns() public {
        live(1 days);
        books(3 hours);
        market();
        uint64 back = uint64(block.timestamp);
        notLapsed(back + WINDOW);
        live(WINDOW);
        notLapsed(back + WINDOW);
        skip(1);
        lapses();
    }

    function test_TheWindowStartsAnewWhenTheVenueReturns() public {
        markets(BOOK_AGE + 1);
        book();
        uint64 back = uint64(block.timestamp);
        live(WINDOW);
        // Books before the silence are not linked to those after it.
        uint64[] memory epochs = epochsSince(called);
        vm.expectRevert(abi.encodeWithSelector(V.EpochsNotLinked.selector, 0, 1));
        vault.windowEnd(pledge, epochs);
        epochs = epochsSince(back);
        assertEq(vault.windowEnd(pledge, epochs), back + WINDOW);
        vm.expectPartialRevert(V.WindowNotLapsed.selector);
        vault.recordLapse(pledge, epochs);
        skip(1);
        vault.recordLapse(pledge, epochs);
    }

    function test_AfterManySilencesThereIsAnEnd() public {
        live(1 days);
        books(1 days);
        market();
        live(1 days);
        books(1 days);
        market();
        assertEq(vault.windowEnd(pledge, epochsSince(called)), hardEnd);
    }

    function test_EpochsMayLeaveOthersOut() public {
        for (uint256 i = 0; i < 8; i++) {
            live(6 hours + i / 7);
        }
        assertEq(epochsSince(called).length, 9);
        uint64[] memory fewer = new uint64[](4);
        (fewer[0], fewer[1], fewer[2], fewer[3]) = (0, 3, 6, 8);
        vault.recordLapse(pledge, fewer);
        assertStatus(pledge, V.Status.Lapsed);
    }

    function test_EpochsMustAscendAndLink() public {
        live(WINDOW + 1);
        uint64[] memory epochs = new uint64[](2);
        (epochs[0], epochs[1]) = (0, 3);
        vm.expectRevert(abi.encodeWithSelector(V.EpochsNotLinked.selector, 0, 3));
        vault.recordLapse(pledge, epochs);
        (epochs[0], epochs[1]) = (1, 1);
        vm.expectRevert(abi.encodeWithSelector(V.EpochsNotLinked.selector, 1, 1));
        vault.recordLapse(pledge, epochs);
        // The last one alone shows the venue alive since its own time only.
        uint64 end = vault.windowEnd(pledge, new uint64[](0));
        assertEq(end, head().time + WINDOW);
        vm.expectPartialRevert(V.WindowNotLapsed.selector);
        vault.recordLapse(pledge, new uint64[](0));
    }

    function test_AWindowThatHasPassedIsRecordedAndStays() public {
        live(WINDOW + 1);
        lapses();
        skip(2 days);
        assertStatus(pledge, V.Status.Lapsed);
        seize(pledge);
        assertEq(token.balanceOf(lender), STAKE);
    }

    // What counts for an answer

    function test_InTheFirstWindowAnOldMarketOrBookIsNoAnswer() public {
        vm.warp(firstEnd);
        V.Proof memory proof = proveAnswer(pledge);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.answer(pledge, proof);
        book();
        proof = proveAnswer(pledge);
        vm.expectPartialRevert(IMarketOracle.MarketTooOld.selector);
        vault.answer(pledge, proof);
    }

    function test_AfterItTheLastMarketAndTheLastRootAreAnAnswerWhateverTheirAge() public {
        vm.warp(firstEnd + 1);
        answer(pledge);
        assertStatus(pledge, V.Status.Active);
    }

    function test_AfterItADisplacedRootMustBeYoung() public {
        vm.warp(firstEnd + 1);
        book();
        V.Proof memory proof = proveAnswerUnder(pledge, 0);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.answer(pledge, proof);
    }

    function test_AfterItARootDisplacedBeforeTheCallIsNoAnswer() public {
        answerByCancel();
        live(COOLDOWN);
        uint64 before = head().number - 1;
        begin(pledge);
        vm.warp(firstEnd + 1);
        // Displaced before the call, and too old as well: the next one is neither.
        V.Proof memory proof = proveAnswerUnder(pledge, before);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.answer(pledge, proof);
        answer(pledge);
    }

    function answerByCancel() internal {
        vm.prank(lender);
        vault.cancelCall(pledge);
    }

    /// A call while the oracle is silent: the event says how long it will really last.
    function test_ACallInSilenceSaysWhenItEnds() public {
        answerByCancel();
        books(COOLDOWN);
        vm.expectEmit(address(vault));
        uint64 end = uint64(block.timestamp) + WINDOW + PATIENCE;
        emit V.MarginCalled(idOf(pledge), 2, ALL, 1, end);
        begin(pledge);
        vm.warp(hardEnd + 1);
        lapses();
    }

    // A venue that is beneficiary

    function test_AVenueThatIsBeneficiaryAndSilent() public {
        begin(custody);
        markets(WINDOW + PATIENCE + 1);
        vm.expectRevert(abi.encodeWithSelector(V.VenueSilent.selector, hardEnd));
        vault.recordLapse(custody, new uint64[](0));
        vm.prank(stranger);
        vault.voidCall(custody, 0);
        assertStatus(custody, V.Status.Active);
        assertEq(state(custody).nextCallAt, block.timestamp + COOLDOWN);
    }

    /// A book after the end does not mend that there was none at the end.
    function test_ABookAfterTheEndDoesNotHelpTheVenue() public {
        begin(custody);
        markets(WINDOW + PATIENCE + 1);
        book();
        uint64[] memory epochs = new uint64[](1);
        epochs[0] = 1;
        vm.expectPartialRevert(V.VenueSilent.selector);
        vault.recordLapse(custody, epochs);
        vm.expectRevert(abi.encodeWithSelector(V.VenueNotSilent.selector, 1, hardEnd));
        vault.voidCall(custody, 1);
        vault.voidCall(custody, 0);
    }

    function test_AVenueThatWasAliveAtTheEndKeepsItsCall() public {
        begin(custody);
        books(WINDOW + PATIENCE - 1);
        uint64 last = head().number;
        skip(2);
        vm.expectRevert(abi.encodeWithSelector(V.VenueNotSilent.selector, last, hardEnd));
        vault.voidCall(custody, last);
        vm.expectRevert(abi.encodeWithSelector(V.VenueNotSilent.selector, 0, hardEnd));
        vault.voidCall(custody, 0);
        vault.recordLapse(custody, new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(V.AlreadyLapsed.selector, idOf(custody)));
        vault.voidCall(custody, last);
    }

    function test_OnlySuchACallIsVoid() public {
        vm.expectPartialRevert(V.WindowNotLapsed.selector);
        vault.voidCall(pledge, 0);
        vm.warp(hardEnd + 1);
        vm.expectRevert(abi.encodeWithSelector(V.VenueNotSilent.selector, 0, hardEnd));
        vault.voidCall(pledge, 0);
    }

    // The arithmetic, against a walk over every second

    /// Without silence before `time` but that before `since`: the call lapses once every second of a
    /// window was lived through, or at the end in any case.
    function testFuzz_TheWindowIsOneOfUninterruptedLife(
        uint8 calledAt,
        uint8 window,
        uint8 patience,
        uint8 since,
        uint8 until,
        uint16 time
    ) public pure {
        until = uint8(bound(until, since, 255));
        time = uint16(bound(time, calledAt > since ? calledAt : since, 1000));
        ResponseWindow.Inputs memory inputs =
            ResponseWindow.Inputs(calledAt, window, patience, since, until);
        bool lapsed = time > ResponseWindow.end(inputs, time);
        // A window from second t lasts up to second t + window, both of them alive.
        bool lived = false;
        uint256 hard = uint256(calledAt) + window + patience;
        for (uint256 t = calledAt; t + window < time && t + window <= hard; t++) {
            bool alive = true;
            for (uint256 u = t; u <= t + window && alive; u++) {
                alive = u >= since && u <= until;
            }
            lived = lived || alive;
        }
        assertEq(lapsed, lived || time > hard);
    }
}
