// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
import {TestToken} from "./support/Tokens.sol";
import {VaultHandler} from "./support/VaultHandler.sol";
import {Test} from "forge-std/Test.sol";

/// What holds after any sequence of steps by traders, beneficiaries, venue, oracle and time.
contract MarginVaultInvariantTest is Test {
    VaultHandler internal handler;
    IMarginVault internal vault;

    function setUp() public {
        handler = new VaultHandler();
        vault = handler.vaultAddress();
        bytes4[] memory selectors = new bytes4[](14);
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
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    function held(TestToken token) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; i++) {
            IMarginVault.Agreement memory deal = vault.agreement(handler.ids(i));
            if (address(deal.terms.token) == address(token)) sum += deal.collateral;
        }
    }

    /// The vault holds exactly the collateral of its agreements (and gifts).
    function invariant_CollateralIsConserved() public view {
        for (uint256 i = 0; i < 2; i++) {
            TestToken token = handler.tokens(i);
            assertEq(token.balanceOf(address(vault)), held(token) + handler.donated(address(token)));
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
