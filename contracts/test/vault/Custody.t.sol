// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginStatement} from "../../src/generated/MarginStatement.sol";
import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {Signatory} from "../support/Signatory.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// Custody: announcements, the venue's signature, the dispute.
contract CustodyTest is VaultFixture {
    uint256 internal constant AMOUNT = 1_000e6;

    function setUp() public {
        deployAll();
        skip(1 minutes);
        market();
    }

    function pay(bytes memory signature, uint64 until) internal {
        vm.prank(stranger);
        vault.payAnnounced(custody, until, signature);
    }

    function refusedPayment(bytes memory signature, uint64 until) internal {
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, venue));
        vault.payAnnounced(custody, until, signature);
    }

    // Announcements

    function test_AnAnnouncementHasANumberAmountAndRecipient() public {
        vm.expectEmit(address(vault));
        emit V.Announced(idOf(custody), 1, AMOUNT, trader);
        announce(AMOUNT);
        V.Agreement memory deal = state(custody);
        assertEq(deal.announced, AMOUNT);
        assertEq(deal.announcedAt, block.timestamp);
        assertEq(deal.recipient, trader);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.AnnouncementOpen.selector, idOf(custody), 1));
        vault.announce(custody, AMOUNT, trader);
    }

    function test_AnAnnouncementByAStranger() public {
        address[4] memory others = [stranger, trader, venue, lender];
        for (uint256 i = 0; i < others.length; i++) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, others[i], refund));
            vault.announce(custody, AMOUNT, others[i]);
        }
        V.SecretProof memory proof = proveSecret(custody, V.Action.Announce, AMOUNT, trader);
        vm.prank(stranger);
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.announceBySecret(custody, AMOUNT, stranger, proof);
        vm.prank(stranger);
        vault.announceBySecret(custody, AMOUNT, trader, proof);
        assertEq(state(custody).recipient, trader);
    }

    /// Market and book are the prover's own; all else is the agreement's.
    function test_AnAnnouncementByTheSecretLeavesMarketAndBookToTheProver() public {
        uint256[8] memory rows = rowsAt(custody, V.Action.Announce, AMOUNT, trader, 0, 0x10e);
        rows[MarginStatement.MARKET] = 0x111;
        V.SecretProof memory proof = V.SecretProof(0, 0x111, 0x10e, deadline(), prove(rows));
        proof.book++;
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.announceBySecret(custody, AMOUNT, trader, proof);
        proof.book--;
        vault.announceBySecret(custody, AMOUNT, trader, proof);
        // A nonce is spent with it.
        cancel();
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.announceBySecret(custody, AMOUNT, trader, proof);
    }

    function cancel() internal {
        vm.prank(refund);
        vault.cancelAnnouncement(custody);
    }

    function test_RefusesAmountsAndRecipients() public {
        vm.startPrank(refund);
        vm.expectRevert(V.ZeroAmount.selector);
        vault.announce(custody, 0, trader);
        vm.expectRevert(abi.encodeWithSelector(V.AmountTooLarge.selector, STAKE + 1, STAKE));
        vault.announce(custody, STAKE + 1, trader);
        address[3] memory bad = [address(0), address(vault), address(token)];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(V.BadRecipient.selector, bad[i]));
            vault.announce(custody, AMOUNT, bad[i]);
        }
    }

    function test_CancelsAtAnyTimeAlsoDuringACall() public {
        call(custody, ALL, 1);
        announce(AMOUNT);
        vm.prank(venue);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, venue, refund));
        vault.cancelAnnouncement(custody);
        vm.expectEmit(address(vault));
        emit V.AnnouncementCancelled(idOf(custody), 1);
        cancel();
        bytes memory none = abi.encodeWithSelector(V.NoAnnouncement.selector, idOf(custody), 1);
        vm.expectRevert(none);
        cancel();
        announce(AMOUNT);
        assertEq(state(custody).announcement, 2);
    }

    function test_CancelsByTheSecret() public {
        announce(AMOUNT);
        V.SecretProof memory first =
            proveSecret(custody, V.Action.CancelAnnouncement, 0, address(0));
        cancel();
        announce(AMOUNT);
        // It names the announcement.
        vm.expectPartialRevert(V.ProofRefused.selector);
        vault.cancelBySecret(custody, first);
        V.SecretProof memory proof =
            proveSecret(custody, V.Action.CancelAnnouncement, 0, address(0));
        vm.prank(stranger);
        vault.cancelBySecret(custody, proof);
        assertEq(state(custody).announcedAt, 0);
    }

    // The venue's signature

    function test_IsPaidOnTheVenuesSignature() public {
        announce(AMOUNT);
        bytes memory signature = signPayment(deadline());
        vm.expectEmit(address(vault));
        emit V.AnnouncementPaid(idOf(custody), 1, AMOUNT, trader);
        pay(signature, deadline());
        assertEq(token.balanceOf(trader), AMOUNT);
        assertEq(state(custody).collateral, STAKE - AMOUNT);
        assertStatus(custody, V.Status.Active);
    }

    function test_IsPaidDuringACallAndAfterALapse() public {
        call(custody, ALL, 1);
        announce(AMOUNT);
        pay(signPayment(deadline()), deadline());
        assertStatus(custody, V.Status.Called);
        lapse(custody);
        announce(AMOUNT);
        pay(signPayment(deadline()), deadline());
        assertStatus(custody, V.Status.Lapsed);
        seize(custody);
        assertEq(token.balanceOf(venue), STAKE - 2 * AMOUNT);
    }

    function test_APaymentSignatureAfterItsAnnouncementWasSpent() public {
        announce(AMOUNT);
        uint64 until = END;
        bytes memory signature = signPayment(until);
        cancel();
        vm.expectRevert(abi.encodeWithSelector(V.NoAnnouncement.selector, idOf(custody), 1));
        vault.payAnnounced(custody, until, signature);
        announce(AMOUNT);
        refusedPayment(signature, until);
        pay(signPayment(until), until);
        announce(AMOUNT);
        refusedPayment(signature, until);
    }

    function test_ASignatureForAnotherPayment() public {
        announce(AMOUNT);
        bytes32 id = idOf(custody);
        uint64 until = deadline();
        bytes32[4] memory hashes = [
            vault.paymentHash(id, 1, AMOUNT + 1, trader, until),
            vault.paymentHash(id, 1, AMOUNT, stranger, until),
            vault.paymentHash(id, 1, AMOUNT, trader, until + 1),
            vault.paymentHash(idOf(pledge), 1, AMOUNT, trader, until)
        ];
        for (uint256 i = 0; i < hashes.length; i++) {
            refusedPayment(sign(VENUE_KEY, hashes[i]), until);
        }
        refusedPayment(sign(LENDER_KEY, vault.paymentHash(id, 1, AMOUNT, trader, until)), until);
        bytes memory good = signPayment(until);
        vm.chainId(block.chainid + 1);
        refusedPayment(good, until);
        vm.chainId(block.chainid - 1);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(V.DeadlinePassed.selector, until + 1, until));
        vault.payAnnounced(custody, until, good);
    }

    /// A venue that is a contract signs by EIP-1271.
    function test_AVenueThatIsAContract() public {
        Signatory contractVenue = new Signatory();
        publish(address(contractVenue), 0xc1);
        V.Terms memory terms = custody;
        (terms.venue, terms.beneficiary) = (address(contractVenue), address(contractVenue));
        vault.open(terms);
        fund(terms, STAKE);
        vm.prank(refund);
        vault.announce(terms, AMOUNT, trader);
        bytes32 hash = vault.paymentHash(idOf(terms), 1, AMOUNT, trader, deadline());
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, address(contractVenue)));
        vault.payAnnounced(terms, deadline(), "");
        contractVenue.approve(hash);
        vault.payAnnounced(terms, deadline(), "");
        assertEq(token.balanceOf(trader), AMOUNT);
    }

    // The dispute

    function test_IsPaidOnAProofUnderABookThatNoLongerCountsIt() public {
        announce(AMOUNT);
        tick(NOTICE);
        V.Proof memory proof = provePayment(custody);
        vm.prank(stranger);
        vault.payByProof(custody, proof);
        assertEq(token.balanceOf(trader), AMOUNT);
        vm.expectRevert(abi.encodeWithSelector(V.NoAnnouncement.selector, idOf(custody), 1));
        vault.payByProof(custody, proof);
    }

    function test_ARootCutASecondAfterAnAnnouncement() public {
        announce(AMOUNT);
        uint64 earliest = uint64(block.timestamp) + NOTICE;
        tick(1);
        V.Proof memory proof = provePayment(custody);
        vm.expectRevert(
            abi.encodeWithSelector(V.BookBeforeNotice.selector, earliest - NOTICE + 1, earliest)
        );
        vault.payByProof(custody, proof);
        skip(NOTICE);
        publishCut(venue, 0xd1, earliest - 1);
        market();
        proof = provePayment(custody);
        vm.expectPartialRevert(V.BookBeforeNotice.selector);
        vault.payByProof(custody, proof);
        publishCut(venue, 0xd2, earliest);
        proof = provePayment(custody);
        vault.payByProof(custody, proof);
    }

    function test_APaymentBindsTheAnnouncement() public {
        announce(AMOUNT);
        tick(NOTICE);
        V.Proof memory first = provePayment(custody);
        cancel();
        announce(AMOUNT);
        vm.expectPartialRevert(V.BookBeforeNotice.selector);
        vault.payByProof(custody, first);
        tick(NOTICE);
        for (uint32 number = 1; number <= 2; number++) {
            uint256[8] memory rows =
                rowsAt(custody, V.Action.Withdraw, AMOUNT, trader, number, head().root);
            V.Proof memory proof = proofOf(rows, head().number);
            if (number == 1) vm.expectPartialRevert(V.ProofRefused.selector);
            vault.payByProof(custody, proof);
        }
    }

    function test_APaymentFitForAnAnswerEndsTheCall() public {
        announce(AMOUNT);
        tick(NOTICE);
        call(custody, ALL, 1);
        V.Proof memory proof = provePayment(custody);
        uint256 snapshot = vm.snapshotState();
        // A market of the second of the call: fit.
        vault.payByProof(custody, proof);
        assertStatus(custody, V.Status.Active);
        vm.revertToState(snapshot);
        skip(1);
        vm.prank(venue);
        vault.cancelCall(custody);
        live(COOLDOWN);
        skip(1);
        call(custody, ALL, 1);
        // A market before the call: paid, and the call stays open.
        proof = provePayment(custody);
        vault.payByProof(custody, proof);
        assertStatus(custody, V.Status.Called);
    }

    function test_ClosesOnlyWhenNothingIsLeft() public {
        announce(STAKE);
        fund(custody, 1);
        pay(signPayment(deadline()), deadline());
        assertEq(token.balanceOf(trader), STAKE);
        assertStatus(custody, V.Status.Active);
        announce(1);
        pay(signPayment(deadline()), deadline());
        assertStatus(custody, V.Status.Closed);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.AgreementClosed.selector, idOf(custody)));
        vault.announce(custody, 1, trader);
    }
}
