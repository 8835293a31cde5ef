// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginStatement} from "../../src/generated/MarginStatement.sol";
import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// Margin calls: how they begin and end (rule 2), and what is seized (rule 4).
contract CallsTest is VaultFixture {
    uint128 internal constant DUE = 10_000e6;
    uint128 internal constant TOP_UP = 2_000e6;

    function setUp() public {
        deployAll();
        skip(1 minutes);
    }

    function ended(V.CallEnd how, uint32 number) internal {
        vm.expectEmit(address(vault));
        uint64 next = uint64(block.timestamp) + COOLDOWN;
        emit V.CallEnded(idOf(pledge), number, how, next);
    }

    function assertCooling() internal {
        assertStatus(pledge, V.Status.Active);
        V.Agreement memory deal = state(pledge);
        assertEq(deal.nextCallAt, block.timestamp + COOLDOWN);
        assertEq(deal.calledAt, 0);
        assertEq(deal.due, 0);
        assertEq(deal.topUp, 0);
        vm.prank(lender);
        vm.expectRevert(
            abi.encodeWithSelector(V.CallTooSoon.selector, block.timestamp, deal.nextCallAt)
        );
        vault.marginCall(pledge, DUE, TOP_UP);
        live(COOLDOWN);
        call(pledge, DUE, TOP_UP);
        assertEq(state(pledge).call, deal.call + 1);
    }

    function test_ACallNamesWhatIsDueAndATopUp() public {
        vm.expectEmit(address(vault));
        emit V.MarginCalled(idOf(pledge), 1, DUE, TOP_UP, uint64(block.timestamp) + WINDOW);
        call(pledge, DUE, TOP_UP);
        V.Agreement memory deal = state(pledge);
        assertEq(deal.due, DUE);
        assertEq(deal.topUp, TOP_UP);
        assertEq(deal.calledAt, block.timestamp);
        vm.startPrank(lender);
        vm.expectRevert(
            abi.encodeWithSelector(V.CallIsOpen.selector, idOf(pledge), block.timestamp)
        );
        vault.marginCall(pledge, DUE, TOP_UP);
    }

    function test_RefusesCalls() public {
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, refund, lender));
        vault.marginCall(pledge, DUE, TOP_UP);
        vm.startPrank(lender);
        vm.expectRevert(V.ZeroAmount.selector);
        vault.marginCall(pledge, 0, TOP_UP);
        vm.expectRevert(V.ZeroAmount.selector);
        vault.marginCall(pledge, DUE, 0);
        V.Terms memory empty = pledge;
        empty.salt = "empty";
        vault.open(empty);
        vm.expectRevert(abi.encodeWithSelector(V.NothingAtStake.selector, idOf(empty)));
        vault.marginCall(empty, DUE, TOP_UP);
        vm.warp(END);
        vm.expectRevert(abi.encodeWithSelector(V.AgreementEnded.selector, END));
        vault.marginCall(pledge, DUE, TOP_UP);
    }

    /// What an answer needs is listed by the oracle as long as the window can last.
    function test_ACallThatOutlastsTheListingOfSettledRows() public {
        uint64 last = GENESIS + SETTLED_FOR - WINDOW - PATIENCE;
        vm.warp(last + 1);
        vm.prank(lender);
        vm.expectRevert(
            abi.encodeWithSelector(
                V.CallOutlastsListing.selector, last + 1 + WINDOW + PATIENCE, GENESIS + SETTLED_FOR
            )
        );
        vault.marginCall(pledge, DUE, TOP_UP);
        vm.warp(last);
        call(pledge, DUE, TOP_UP);
    }

    function test_EndsByAnAnswer() public {
        call(pledge, DUE, TOP_UP);
        tick(1 minutes);
        V.Proof memory proof = proveAnswer(pledge);
        ended(V.CallEnd.Answered, 1);
        vm.prank(stranger);
        vault.answer(pledge, proof);
        assertCooling();
    }

    function test_EndsByAnAcknowledgement() public {
        call(pledge, DUE, TOP_UP);
        bytes memory signature = signAcknowledgement(1, deadline());
        ended(V.CallEnd.Acknowledged, 1);
        vm.prank(stranger);
        vault.acknowledge(pledge, deadline(), signature);
        assertCooling();
    }

    function test_ASignatureUsedForASecondCall() public {
        call(pledge, DUE, TOP_UP);
        uint64 until = END;
        bytes memory signature = signAcknowledgement(1, until);
        vault.acknowledge(pledge, until, signature);
        live(COOLDOWN);
        call(pledge, DUE, TOP_UP);
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, lender));
        vault.acknowledge(pledge, until, signature);
    }

    function test_EndsByATopUp() public {
        call(pledge, DUE, TOP_UP);
        allow(refund, pledge, TOP_UP);
        ended(V.CallEnd.ToppedUp, 1);
        vm.prank(refund);
        vault.deposit(pledge, TOP_UP);
        assertEq(state(pledge).collateral, STAKE + TOP_UP);
        assertCooling();
    }

    function test_ATopUpOneUnitShort() public {
        call(pledge, DUE, TOP_UP);
        allow(refund, pledge, TOP_UP);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.TopUpTooSmall.selector, TOP_UP - 1, TOP_UP));
        vault.deposit(pledge, TOP_UP - 1);
    }

    /// One unit of top-up ends a call that asks for one: the lender asked for it, not a stranger.
    function test_OneUnitOfTopUp() public {
        call(pledge, DUE, 1);
        allow(stranger, pledge, 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, stranger, refund));
        vault.deposit(pledge, 1);
        depositAs(refund, pledge, 1);
        assertStatus(pledge, V.Status.Active);
    }

    /// What another pays in during a call would only be seized with the rest.
    function test_ADepositBehindACall() public {
        call(pledge, DUE, TOP_UP);
        allow(trader, pledge, STAKE);
        vm.prank(trader);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, trader, refund));
        vault.deposit(pledge, STAKE);
    }

    function test_EndsByCancellation() public {
        call(pledge, DUE, TOP_UP);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, address(this), lender));
        vault.cancelCall(pledge);
        ended(V.CallEnd.Cancelled, 1);
        vm.prank(lender);
        vault.cancelCall(pledge);
        assertCooling();
    }

    /// Call, cancel, call for ever: between two there is a window's length in which nothing is open.
    function test_CallCancelCallForEver() public {
        for (uint32 i = 1; i <= 3; i++) {
            call(pledge, DUE, TOP_UP);
            vm.prank(lender);
            vault.cancelCall(pledge);
            V.Agreement memory deal = state(pledge);
            assertEq(deal.call, i);
            withdraw(pledge, 1e6);
            vm.warp(deal.nextCallAt - 1);
            vm.prank(lender);
            vm.expectPartialRevert(V.CallTooSoon.selector);
            vault.marginCall(pledge, DUE, TOP_UP);
            tick(1);
        }
    }

    function test_EndsByAWithdrawalThatIsFitForAnAnswer() public {
        V.Proof memory before = proveWithdrawal(pledge, 1e6, trader);
        call(pledge, DUE, TOP_UP);
        vm.expectRevert(
            abi.encodeWithSelector(V.MarketBeforeCall.selector, GENESIS, block.timestamp)
        );
        vault.withdraw(pledge, 1e6, trader, before);
        tick(1 minutes);
        V.Proof memory proof = proveWithdrawal(pledge, 1e6, trader);
        ended(V.CallEnd.Answered, 1);
        vault.withdraw(pledge, 1e6, trader, proof);
        assertCooling();
    }

    // Answers

    function test_AnAnswerBindsTheCall() public {
        call(pledge, DUE, TOP_UP);
        skip(1 minutes);
        market();
        uint256[8] memory rows = rowsAt(pledge, V.Action.Answer, 0, address(0), 2, FIRST_ROOT);
        V.Proof memory proof = proofOf(rows, 0);
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.answer(pledge, proof);
        rows = rowsAt(pledge, V.Action.Withdraw, 0, address(0), 1, FIRST_ROOT);
        proof = proofOf(rows, 0);
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.answer(pledge, proof);
        rows = rowsAt(pledge, V.Action.Answer, 0, address(0), 1, FIRST_ROOT);
        rows[MarginStatement.BUFFER] = 0;
        proof = proofOf(rows, 0);
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.answer(pledge, proof);
        answer(pledge);
    }

    function test_AMarketBeforeTheCall() public {
        V.Proof memory early;
        call(pledge, DUE, TOP_UP);
        early = proveAnswer(pledge);
        vm.expectRevert(
            abi.encodeWithSelector(V.MarketBeforeCall.selector, GENESIS, block.timestamp)
        );
        vault.answer(pledge, early);
        skip(1 minutes);
        recordAt(uint64(block.timestamp) - 61, 0xa1);
        V.Proof memory proof = proveAnswer(pledge);
        vm.expectPartialRevert(V.MarketBeforeCall.selector);
        vault.answer(pledge, proof);
    }

    /// A market of the second of the call speaks about exactly the moment that was asked about.
    function test_AMarketOfTheSecondOfTheCall() public {
        market();
        call(pledge, DUE, TOP_UP);
        answer(pledge);
    }

    function test_ARootDisplacedBeforeTheCall() public {
        book();
        call(pledge, DUE, TOP_UP);
        skip(1 minutes);
        market();
        V.Proof memory proof = proveAnswerUnder(pledge, 0);
        vm.expectRevert(
            abi.encodeWithSelector(V.BookDisplaced.selector, 0, block.timestamp - 1 minutes)
        );
        vault.answer(pledge, proof);
    }

    /// Each new book displaces proofs in flight: an answer under the one before still counts.
    function test_ARootDisplacedAfterTheCall() public {
        call(pledge, DUE, TOP_UP);
        tick(1 minutes);
        tick(1 hours);
        V.Proof memory proof = proveAnswerUnder(pledge, 0);
        vault.answer(pledge, proof);
    }

    function test_AnOldRootIsNoAnswerWhileTheVenueLives() public {
        call(pledge, DUE, TOP_UP);
        live(BOOK_AGE + 1);
        V.Proof memory proof = proveAnswerUnder(pledge, 0);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.answer(pledge, proof);
        live(WINDOW);
        proof = proveAnswerUnder(pledge, 1);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.answer(pledge, proof);
    }

    function test_ACallMayBeAnsweredUntilItIsSeized() public {
        call(pledge, DUE, TOP_UP);
        lapse(pledge);
        live(3 days);
        answer(pledge);
        assertStatus(pledge, V.Status.Active);
        live(COOLDOWN);
        call(pledge, DUE, TOP_UP);
        lapse(pledge);
        vm.expectRevert(abi.encodeWithSelector(V.AlreadyLapsed.selector, idOf(pledge)));
        vault.recordLapse(pledge, new uint64[](0));
        depositAs(refund, pledge, TOP_UP);
        assertStatus(pledge, V.Status.Active);
    }

    function test_WithoutACallThereIsNothingToEndOrSeize() public {
        bytes memory none = abi.encodeWithSelector(V.NoCall.selector, idOf(pledge));
        uint64[] memory epochs;
        vm.startPrank(lender);
        vm.expectRevert(none);
        vault.cancelCall(pledge);
        vm.expectRevert(none);
        vault.recordLapse(pledge, epochs);
        vm.expectRevert(none);
        vault.voidCall(pledge, 0);
        vm.expectRevert(none);
        vault.seize(pledge, lender);
        vm.expectRevert(none);
        vault.acknowledge(pledge, deadline(), "");
        vm.expectRevert(none);
        vault.windowEnd(pledge, epochs);
        vm.stopPrank();
        call(pledge, DUE, TOP_UP);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(V.NotLapsed.selector, idOf(pledge)));
        vault.seize(pledge, lender);
    }

    // Seizure

    function test_SeizureTakesWhatIsDueAndSetsTheRestAside() public {
        call(pledge, DUE, TOP_UP);
        lapse(pledge);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, refund, lender));
        vault.seize(pledge, refund);
        vm.expectEmit(address(vault));
        emit V.Seized(idOf(pledge), DUE);
        vm.prank(lender);
        vault.seize(pledge, stranger);
        assertEq(token.balanceOf(stranger), DUE);
        assertEq(vault.setAside(idOf(pledge), refund), STAKE - DUE);
        assertStatus(pledge, V.Status.Closed);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(V.AgreementClosed.selector, idOf(pledge)));
        vault.seize(pledge, lender);
        vm.prank(refund);
        vault.collect(pledge, trader);
        assertEq(token.balanceOf(trader), STAKE - DUE);
    }

    function test_SeizureTakesNoMoreThanThereIs() public {
        call(pledge, ALL, TOP_UP);
        lapse(pledge);
        seize(pledge);
        assertEq(token.balanceOf(lender), STAKE);
        assertEq(vault.setAside(idOf(pledge), refund), 0);
    }

    /// A beneficiary that never seizes holds nobody hostage.
    function test_TheTradersSideMayConcede() public {
        call(pledge, DUE, TOP_UP);
        lapse(pledge);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, stranger, refund));
        vault.concede(pledge);
        vm.startPrank(refund);
        vault.concede(pledge);
        vault.collect(pledge, refund);
        vm.stopPrank();
        assertEq(token.balanceOf(refund), STAKE - DUE);
        vm.prank(lender);
        vault.collect(pledge, lender);
        assertEq(token.balanceOf(lender), DUE);
    }

    function test_SeizeBeforeTheWindowHasPassed() public {
        call(pledge, DUE, TOP_UP);
        uint64 end = uint64(block.timestamp) + WINDOW;
        uint64 calledAt = uint64(block.timestamp);
        live(WINDOW);
        uint64[] memory epochs = epochsSince(calledAt);
        assertEq(vault.windowEnd(pledge, epochs), end);
        vm.expectRevert(abi.encodeWithSelector(V.WindowNotLapsed.selector, end, end));
        vault.recordLapse(pledge, epochs);
        skip(1);
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(vault.recordLapse, (pledge, epochs));
        both[1] = abi.encodeCall(vault.seize, (pledge, lender));
        vm.prank(lender);
        vault.multicall(both);
        assertEq(token.balanceOf(lender), DUE);
    }
}
