// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {BlockingToken, TestToken} from "../support/Tokens.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// Release, exit and end (rules 4, 5 and 6), and what is set aside.
contract EndsTest is VaultFixture {
    /// @dev Last second at which there was a young market.
    uint64 internal silent;
    uint64 internal exitAt;

    function setUp() public {
        deployAll();
        silent = GENESIS + MAX_AGE;
        exitAt = silent + EXIT_AFTER;
    }

    function newToken() internal override returns (TestToken) {
        return new BlockingToken();
    }

    function blocks(address account) internal {
        BlockingToken(address(token)).setBlocked(account, true);
    }

    function exits(V.Terms memory terms) internal {
        vm.prank(refund);
        vault.exit(terms);
        assertStatus(terms, V.Status.Closed);
    }

    function aside(V.Terms memory terms, address party) internal view returns (uint256) {
        return vault.setAside(idOf(terms), party);
    }

    function test_ReleaseSetsAllAsideForTheTradersSide() public {
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, refund, lender));
        vault.release(pledge);
        call(pledge, ALL, 1);
        vm.prank(lender);
        vault.release(pledge);
        assertStatus(pledge, V.Status.Closed);
        assertEq(aside(pledge, refund), STAKE);
    }

    // Exit

    function test_AnExitAfterALongSilence() public {
        vm.warp(exitAt);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.NotSilent.selector, exitAt, exitAt));
        vault.exit(pledge);
        skip(1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, stranger, refund));
        vault.exit(pledge);
        exits(pledge);
        assertEq(aside(pledge, lender), FLOOR);
        assertEq(aside(pledge, refund), STAKE - FLOOR);
    }

    function test_AnExitFromCustodyPaysWhomTheTermsName() public {
        custody.exitTo = trader;
        custody.floor = 1_000e6;
        vault.open(custody);
        fund(custody, STAKE);
        vm.warp(exitAt + 1);
        vm.prank(trader);
        vault.exit(custody);
        assertEq(aside(custody, trader), 1_000e6);
        assertEq(aside(custody, refund), STAKE - 1_000e6);
        assertEq(aside(custody, venue), 0);
    }

    /// Silence of either is silence: nobody can prove.
    function test_AnExitWhereOnlyTheVenueIsSilent() public {
        vm.warp(GENESIS + BOOK_AGE + EXIT_AFTER);
        market();
        vm.prank(lender);
        vm.expectPartialRevert(V.NotSilent.selector);
        vault.exit(pledge);
        skip(1);
        market();
        vm.prank(lender);
        vault.exit(pledge);
    }

    function test_NoExitBeforeTheAgreementIsOldEnough() public {
        vm.warp(exitAt + 1);
        book();
        market();
        V.Terms memory late = pledge;
        late.salt = "late";
        vault.open(late);
        fund(late, 1);
        skip(EXIT_AFTER);
        vm.prank(refund);
        vm.expectPartialRevert(V.NotSilent.selector);
        vault.exit(late);
    }

    function test_AnExitWithACallMadeInSilence() public {
        vm.warp(silent + 1);
        call(pledge, ALL, 1);
        vm.warp(exitAt + 1);
        exits(pledge);
        assertEq(aside(pledge, refund), STAKE - FLOOR);
    }

    function test_NoExitFromACallMadeBeforeTheSilence() public {
        skip(1);
        call(pledge, ALL, 1);
        vm.warp(exitAt + 1);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.CallIsOpen.selector, idOf(pledge), GENESIS + 1));
        vault.exit(pledge);
        // The last market and the last book answer it.
        answer(pledge);
        exits(pledge);
    }

    function test_ALapseRecordedThenSilence() public {
        call(pledge, 1_000e6, 1);
        lapse(pledge);
        skip(EXIT_AFTER + BOOK_AGE);
        vm.prank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.AlreadyLapsed.selector, idOf(pledge)));
        vault.exit(pledge);
        seize(pledge);
        assertEq(token.balanceOf(lender), 1_000e6);
        assertEq(aside(pledge, refund), STAKE - 1_000e6);
    }

    // End

    function test_AtTheEndTheFloorIsTheBeneficiarys() public {
        vm.warp(END - 1);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(V.AgreementNotEnded.selector, END - 1, END));
        vault.finish(pledge);
        skip(1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(V.NotAllowed.selector, stranger, refund));
        vault.finish(pledge);
        vm.prank(lender);
        vault.finish(pledge);
        assertEq(aside(pledge, lender), FLOOR);
        assertEq(aside(pledge, refund), STAKE - FLOOR);
        vm.prank(refund);
        vault.finish(custody);
        assertEq(aside(custody, refund), STAKE);
    }

    function test_AtTheEndNoMoreThanThereIs() public {
        V.Terms memory thin = pledge;
        thin.salt = "thin";
        vault.open(thin);
        fund(thin, FLOOR - 1);
        V.Proof memory proof = proveWithdrawal(thin, 1, trader);
        vm.expectRevert(abi.encodeWithSelector(V.AmountTooLarge.selector, 1, 0));
        vault.withdraw(thin, 1, trader, proof);
        vm.warp(END);
        vm.prank(refund);
        vault.finish(thin);
        assertEq(aside(thin, lender), FLOOR - 1);
    }

    function test_NoEndWhileACallIsOpenOrHasLapsed() public {
        vm.warp(END - 1);
        book();
        market();
        call(pledge, ALL, 1);
        uint64 calledAt = uint64(block.timestamp);
        vm.warp(END + 1 hours);
        bytes memory open_ = abi.encodeWithSelector(V.CallIsOpen.selector, idOf(pledge), calledAt);
        vm.startPrank(refund);
        vm.expectRevert(open_);
        vault.finish(pledge);
        vm.warp(calledAt + WINDOW + PATIENCE + 1);
        vault.recordLapse(pledge, new uint64[](0));
        vm.expectRevert(open_);
        vault.finish(pledge);
    }

    // What is set aside

    function test_ARefundAddressThatTheTokenBlocks() public {
        vm.prank(lender);
        vault.release(pledge);
        blocks(refund);
        vm.startPrank(refund);
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, refund));
        vault.collect(pledge, refund);
        vault.collect(pledge, trader);
        assertEq(token.balanceOf(trader), STAKE);
        vm.expectRevert(abi.encodeWithSelector(V.NothingSetAside.selector, idOf(pledge), refund));
        vault.collect(pledge, trader);
    }

    function test_ABeneficiaryThatTheTokenBlocks() public {
        call(pledge, 1_000e6, 1);
        lapse(pledge);
        blocks(lender);
        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, lender));
        vault.seize(pledge, lender);
        address[3] memory bad = [address(0), address(vault), address(token)];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(V.BadRecipient.selector, bad[i]));
            vault.seize(pledge, bad[i]);
        }
        vault.seize(pledge, stranger);
        vm.stopPrank();
        vm.prank(refund);
        vault.collect(pledge, refund);
        assertEq(token.balanceOf(stranger) + token.balanceOf(refund), STAKE);
    }

    function test_CollectsBySignature() public {
        vm.prank(lender);
        vault.release(pledge);
        bytes32 hash = vault.collectionHash(idOf(pledge), refund, trader, deadline());
        bytes memory signature = sign(REFUND_KEY, hash);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, refund));
        vault.collectFor(pledge, refund, stranger, deadline(), signature);
        vm.expectRevert(abi.encodeWithSelector(V.BadSignature.selector, lender));
        vault.collectFor(pledge, lender, trader, deadline(), signature);
        vault.collectFor(pledge, refund, trader, deadline(), signature);
        assertEq(token.balanceOf(trader), STAKE);
        vm.expectRevert(abi.encodeWithSelector(V.NothingSetAside.selector, idOf(pledge), refund));
        vault.collectFor(pledge, refund, trader, deadline(), signature);
    }

    function test_AStrangerCollectsNothing() public {
        vm.prank(lender);
        vault.release(pledge);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(V.NothingSetAside.selector, idOf(pledge), stranger));
        vault.collect(pledge, stranger);
    }
}
