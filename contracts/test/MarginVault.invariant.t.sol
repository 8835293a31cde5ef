// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
import {StrangerHandler} from "./support/StrangerHandler.sol";
import {TestToken} from "./support/Tokens.sol";
import {VaultHandler} from "./support/VaultHandler.sol";
import {Test} from "forge-std/Test.sol";

/// What holds after any sequence of steps by traders, beneficiaries, venue, oracle, strangers and
/// time. That an honest step can be made whenever the rules allow it is seen in the steps: none may
/// revert.
contract MarginVaultInvariantTest is Test {
    StrangerHandler internal handler;
    IMarginVault internal vault;

    function setUp() public {
        handler = new StrangerHandler();
        vault = handler.vaultAddress();
        bytes4[] memory selectors = new bytes4[](19);
        selectors[0] = handler.deposit.selector;
        selectors[1] = handler.takeOut.selector;
        selectors[2] = handler.takeOutWithAnotherProof.selector;
        selectors[3] = handler.callMargin.selector;
        selectors[4] = handler.answerCall.selector;
        selectors[5] = handler.seizeCollateral.selector;
        selectors[6] = handler.seizeEarly.selector;
        selectors[7] = handler.closeAgreement.selector;
        selectors[8] = handler.releaseAgreement.selector;
        selectors[9] = handler.donate.selector;
        selectors[10] = handler.market.selector;
        selectors[11] = handler.longLife.selector;
        selectors[12] = handler.silence.selector;
        selectors[13] = handler.book.selector;
        selectors[14] = handler.strangerOpens.selector;
        selectors[15] = handler.strangerActs.selector;
        selectors[16] = handler.strangerMeddles.selector;
        selectors[17] = handler.strangerPublishes.selector;
        selectors[18] = handler.strangerDraws.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    function held(TestToken token) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; i++) {
            IMarginVault.Agreement memory deal = vault.agreement(handler.ids(i));
            if (address(deal.terms.token) == address(token)) sum += deal.collateral;
        }
    }

    /// Strangers with contracts of their own in any place change nothing for an honest agreement:
    /// not its state, its window, the buffer that it needs or what its parties have.
    function invariant_WhatStrangersDoChangesNothingForAnHonestAgreement() public view {
        assertFalse(handler.touched());
        for (uint256 i = 0; i < 3; i++) {
            bytes32 id = handler.ids(i);
            uint256 drawn = handler.drawnSinceBook(vault.agreement(id).terms.nullifier);
            assertEq(vault.requiredBuffer(id, 0), drawn);
        }
    }

    /// The vault holds exactly the collateral of its agreements (and gifts).
    function invariant_CollateralIsConserved() public view {
        for (uint256 i = 0; i < 2; i++) {
            TestToken token = handler.tokens(i);
            uint256 others = handler.heldByStrangers(token) + handler.donated(address(token));
            assertEq(token.balanceOf(address(vault)), held(token) + others);
        }
    }

    /// All that came in is held, or left with a proof, after a lapse or by release, and went to
    /// whom each of these ways pays.
    function invariant_CollateralLeavesOnlyByProofLapseOrRelease() public view {
        (address trader, address beneficiary, address refund) = handler.payees();
        for (uint256 i = 0; i < 2; i++) {
            TestToken token = handler.tokens(i);
            uint256 byProof = handler.left(address(token), VaultHandler.Way.Proof);
            uint256 byLapse = handler.left(address(token), VaultHandler.Way.Lapse);
            uint256 byRelease = handler.left(address(token), VaultHandler.Way.Release);
            assertEq(handler.deposited(address(token)), held(token) + byProof + byLapse + byRelease);
            assertEq(token.balanceOf(trader), byProof);
            assertEq(token.balanceOf(beneficiary), byLapse);
            assertEq(token.balanceOf(refund), byRelease);
        }
    }

    /// The nonce of an agreement counts its accepted proofs, so none is used twice.
    function invariant_NoncesNeverRepeat() public view {
        assertFalse(handler.nonceRepeated());
        assertFalse(handler.messageRepeated());
        for (uint256 i = 0; i < 3; i++) {
            bytes32 id = handler.ids(i);
            assertEq(vault.agreement(id).nonce, handler.accepted(id));
        }
    }

    /// A call is open exactly in the status that says so, and always over some collateral.
    function invariant_ACallHasAStake() public view {
        for (uint256 i = 0; i < 3; i++) {
            IMarginVault.Agreement memory deal = vault.agreement(handler.ids(i));
            assertEq(deal.status == IMarginVault.Status.Called, deal.calledAt != 0);
            if (deal.calledAt != 0) assertGt(deal.collateral, 0);
        }
    }
}
