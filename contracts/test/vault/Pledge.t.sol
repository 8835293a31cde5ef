// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginVault} from "../../src/MarginVault.sol";
import {MarginStatement} from "../../src/generated/MarginStatement.sol";
import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// Withdrawals from a pledge: what a proof binds, and what it must be about (rules 1 and 7).
contract PledgeTest is VaultFixture {
    uint256 internal constant AMOUNT = 1_000e6;

    function setUp() public {
        deployAll();
    }

    function refused(V.Terms memory terms, uint256 amount, address to, V.Proof memory proof)
        internal
    {
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.withdraw(terms, amount, to, proof);
    }

    function test_PaysWhomTheProofNamesWhoeverSendsIt() public {
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectEmit(address(vault));
        emit V.Withdrawn(idOf(pledge), trader, AMOUNT, STAKE - AMOUNT);
        vm.prank(stranger);
        vault.withdraw(pledge, AMOUNT, trader, proof);
        assertEq(token.balanceOf(trader), AMOUNT);
        assertEq(state(pledge).nonce, 1);
        refused(pledge, AMOUNT, trader, proof);
    }

    function test_AnyVerifierOfTheSetWill() public {
        uint256[8] memory rows = rowsAt(pledge, V.Action.Withdraw, AMOUNT, trader, 0, FIRST_ROOT);
        large.accept("large", rows);
        V.Proof memory proof = V.Proof(1, 0, deadline(), "large");
        vault.withdraw(pledge, AMOUNT, trader, proof);
        for (uint8 place = 2; place < 4; place++) {
            proof.verifier = place;
            vm.expectRevert(abi.encodeWithSelector(V.NoVerifier.selector, place));
            vault.withdraw(pledge, AMOUNT, trader, proof);
        }
    }

    /// Equity can be lent to an account for one book: what is above the floor goes, and no more.
    function test_APledgeEmptiedDownToItsFloorWithBorrowedEquity() public {
        withdraw(pledge, STAKE - FLOOR);
        V.Proof memory proof = proveWithdrawal(pledge, 1, trader);
        vm.expectRevert(abi.encodeWithSelector(V.AmountTooLarge.selector, 1, 0));
        vault.withdraw(pledge, 1, trader, proof);
        call(pledge, ALL, 1);
        lapse(pledge);
        seize(pledge);
        assertEq(token.balanceOf(lender), FLOOR);
    }

    function test_NobodyRaisesAFloor() public {
        vm.startPrank(lender);
        vault.lowerFloor(pledge, 10_000e6);
        for (uint256 more = 0; more < 2; more++) {
            vm.expectRevert(
                abi.encodeWithSelector(V.FloorNotLower.selector, 10_000e6 + more, 10_000e6)
            );
            vault.lowerFloor(pledge, 10_000e6 + more);
        }
        vm.stopPrank();
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, refund, lender));
        vault.lowerFloor(pledge, 0);
        withdraw(pledge, STAKE - 10_000e6);
    }

    function test_AFloorIsLoweredBySignature() public {
        bytes32 hash = vault.floorHash(idOf(pledge), 5, deadline());
        bytes memory forged = sign(REFUND_KEY, hash);
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, lender));
        vault.lowerFloorFor(pledge, 5, deadline(), forged);
        bytes memory signature = sign(LENDER_KEY, hash);
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, lender));
        vault.lowerFloorFor(pledge, 4, deadline(), signature);
        uint64 until = deadline();
        vault.lowerFloorFor(pledge, 5, until, signature);
        assertEq(state(pledge).floor, 5);
        vm.expectRevert(abi.encodeWithSelector(V.FloorNotLower.selector, 5, 5));
        vault.lowerFloorFor(pledge, 5, until, signature);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(V.DeadlinePassed.selector, until + 1, until));
        vault.lowerFloorFor(pledge, 5, until, signature);
    }

    function test_ClosesWhenNothingIsLeft() public {
        vm.prank(lender);
        vault.lowerFloor(pledge, 0);
        withdraw(pledge, STAKE);
        assertStatus(pledge, V.Status.Closed);
        allow(trader, pledge, 1);
        vm.prank(trader);
        vm.expectRevert(abi.encodeWithSelector(V.AgreementClosed.selector, idOf(pledge)));
        vault.deposit(pledge, 1);
    }

    function test_RefusesNothingAndBadRecipients() public {
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectRevert(V.ZeroAmount.selector);
        vault.withdraw(pledge, 0, trader, proof);
        address[3] memory bad = [address(0), address(vault), address(token)];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(V.BadRecipient.selector, bad[i]));
            vault.withdraw(pledge, AMOUNT, bad[i], proof);
        }
    }

    // What a message binds

    function test_AnotherAmountRecipientOrDeadline() public {
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        refused(pledge, AMOUNT + 1, trader, proof);
        refused(pledge, AMOUNT, stranger, proof);
        proof.deadline++;
        refused(pledge, AMOUNT, trader, proof);
        proof.deadline--;
        vm.warp(proof.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(V.DeadlinePassed.selector, proof.deadline + 1, proof.deadline)
        );
        vault.withdraw(pledge, AMOUNT, trader, proof);
    }

    function test_AnotherChainVaultOrAgreement() public {
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.chainId(block.chainid + 1);
        refused(pledge, AMOUNT, trader, proof);
        vm.chainId(block.chainid - 1);
        V.Terms memory other = pledge;
        other.salt = "other";
        vault.open(other);
        fund(other, STAKE);
        refused(other, AMOUNT, trader, proof);
        vault = new MarginVault();
        vault.open(pledge);
        fund(pledge, STAKE);
        refused(pledge, AMOUNT, trader, proof);
    }

    /// A proof under the other form: a custody payment is none of a pledge, and the reverse.
    function test_AProofUnderTheOtherForm() public {
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectRevert(abi.encodeWithSelector(V.WrongForm.selector, idOf(custody), V.Form.Custody));
        vault.withdraw(custody, AMOUNT, trader, proof);
        announce(AMOUNT);
        skip(NOTICE);
        book();
        market();
        proof = proveWithdrawal(custody, AMOUNT, trader);
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.payByProof(custody, proof);
        bytes memory wrong =
            abi.encodeWithSelector(V.WrongForm.selector, idOf(pledge), V.Form.Pledge);
        vm.expectRevert(wrong);
        vault.payByProof(pledge, proof);
        vm.expectRevert(wrong);
        vm.prank(refund);
        vault.announce(pledge, AMOUNT, trader);
    }

    /// A proof of the account for the venue moves nothing here.
    function test_ACreditIsNeverAccepted() public {
        uint256[8] memory rows = rowsAt(pledge, V.Action.Credit, AMOUNT, trader, 0, FIRST_ROOT);
        refused(pledge, AMOUNT, trader, proofOf(rows, 0));
    }

    function testFuzz_NoOtherRowsAreAccepted(uint8 row, uint256 lie) public {
        uint256[8] memory rows = rowsAt(pledge, V.Action.Withdraw, AMOUNT, trader, 0, FIRST_ROOT);
        row = uint8(bound(row, 0, 7));
        vm.assume(rows[row] != lie);
        rows[row] = lie;
        refused(pledge, AMOUNT, trader, proofOf(rows, 0));
    }

    /// The buffer row is exactly the margin of the terms.
    function test_MoreOrLessMarginThanAgreed() public {
        for (uint256 i = 0; i < 2; i++) {
            uint256[8] memory rows =
                rowsAt(pledge, V.Action.Withdraw, AMOUNT, trader, 0, FIRST_ROOT);
            rows[MarginStatement.BUFFER] = MARGIN - 1 + 2 * i;
            refused(pledge, AMOUNT, trader, proofOf(rows, 0));
        }
    }

    // Roots and markets

    function test_ADisplacedRootCountsForAWhile() public {
        skip(1 minutes);
        uint256 root = head().root;
        book();
        uint64 displaced = uint64(block.timestamp);
        skip(LEEWAY - 1);
        market();
        uint256[8] memory rows = rowsAt(pledge, V.Action.Withdraw, AMOUNT, trader, 0, root);
        vault.withdraw(pledge, AMOUNT, trader, proofOf(rows, 0));
        skip(1);
        rows = rowsAt(pledge, V.Action.Withdraw, AMOUNT, trader, 0, root);
        V.Proof memory proof = proofOf(rows, 0);
        vm.expectRevert(abi.encodeWithSelector(V.BookDisplaced.selector, 0, displaced));
        vault.withdraw(pledge, AMOUNT, trader, proof);
    }

    function test_ABookTooOld() public {
        vm.warp(GENESIS + BOOK_AGE);
        market();
        withdraw(pledge, AMOUNT);
        skip(1);
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectRevert(abi.encodeWithSelector(V.BookTooOld.selector, BOOK_AGE + 1, BOOK_AGE));
        vault.withdraw(pledge, AMOUNT, trader, proof);
    }

    /// Age counts from the cut-off, not from the record.
    function test_ABookThatWasOldWhenItWasPublished() public {
        vm.warp(GENESIS + 3 days);
        publishCut(venue, 0xb1, GENESIS + 1);
        market();
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.withdraw(pledge, AMOUNT, trader, proof);
    }

    function test_ABookOfAnotherVenueOrInvented() public {
        publish(trader, 0xdead);
        uint256[8] memory rows = rowsAt(pledge, V.Action.Withdraw, AMOUNT, trader, 0, 0xdead);
        refused(pledge, AMOUNT, trader, proofOf(rows, 0));
        V.Proof memory proof = proofOf(rows, 7);
        vm.expectRevert(abi.encodeWithSelector(ISolvencyRegistry.NoEpoch.selector, venue, 7));
        vault.withdraw(pledge, AMOUNT, trader, proof);
    }

    /// What silence admits to an answer pays nothing out.
    function test_WhatSilenceAdmitsUsedToWithdraw() public {
        call(pledge, ALL, 1);
        skip(WINDOW + 1);
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectPartialRevert(V.BookTooOld.selector);
        vault.withdraw(pledge, AMOUNT, trader, proof);
        book();
        proof = proveWithdrawal(pledge, AMOUNT, trader);
        vm.expectPartialRevert(IMarketOracle.MarketTooOld.selector);
        vault.withdraw(pledge, AMOUNT, trader, proof);
        answer(pledge);
    }

    function test_AMarketThatIsNoLongerTheLatest() public {
        V.Proof memory proof = proveWithdrawal(pledge, AMOUNT, trader);
        skip(1 minutes);
        market();
        refused(pledge, AMOUNT, trader, proof);
    }
}
