// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginVault} from "../src/MarginVault.sol";
import {MarginStatement} from "../src/generated/MarginStatement.sol";
import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
import {IMarketOracle} from "../src/interfaces/IMarketOracle.sol";
import {Statement} from "../src/lib/Statement.sol";
import {ReentrantToken} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// What an attacker tries, each with the error that stops him. Signatures of the oracle are tried
/// in MarketOracle.t.sol, silence of the oracle in OracleOutage.t.sol.
contract MarginVaultAttacksTest is VaultFixture {
    uint256 internal constant AMOUNT = 1_000e6;
    uint256 internal constant BUFFER = AMOUNT * UNIT;

    function setUp() public {
        deployAll();
    }

    /// A proof that is good for a withdrawal of `AMOUNT` by the trader, here and now.
    function goodProof() internal returns (bytes memory) {
        return proveWithdrawal(AMOUNT, BUFFER);
    }

    /// Presents `proof` as the trader and demands `refusal`.
    function refused(bytes memory proof, bytes memory refusal) internal {
        vm.prank(trader);
        vm.expectRevert(refusal);
        vault.withdraw(id, AMOUNT, BUFFER, deadline(), proof);
    }

    function refusedProof(bytes memory proof, uint64 nonce) internal {
        refused(proof, withdrawalRefused(trader, AMOUNT, nonce));
    }

    // Replays

    function test_ReplayOnAnotherChain() public {
        bytes memory proof = goodProof();
        vm.chainId(block.chainid + 1);
        refusedProof(proof, 0);
    }

    function test_ReplayOnAnotherContract() public {
        bytes memory proof = goodProof();
        vault = new MarginVault();
        assertEq(vault.open(terms()), id);
        fund(id, STAKE);
        refusedProof(proof, 0);
    }

    function test_ReplayInAnotherAgreement() public {
        bytes memory proof = goodProof();
        IMarginVault.Terms memory other = terms();
        other.beneficiary = address(0xbe);
        id = vault.open(other);
        fund(id, STAKE);
        refusedProof(proof, 0);
    }

    /// Presents a good proof with something changed and demands that the verifier is asked about
    /// the message of what was sent.
    function refusedAs(address caller, uint256 amount, uint256 buffer) internal {
        bytes memory proof = goodProof();
        bytes memory refusal = withdrawalRefused(caller, amount, 0);
        vm.prank(caller);
        vm.expectRevert(refusal);
        vault.withdraw(id, amount, buffer, deadline(), proof);
    }

    function test_FrontRunByAnotherCaller() public {
        refusedAs(address(0xbad), AMOUNT, BUFFER);
    }

    function test_ReplayWithAnotherAmount() public {
        refusedAs(trader, AMOUNT - 1, BUFFER);
    }

    function test_ReplayWithAnotherBuffer() public {
        refusedAs(trader, AMOUNT, BUFFER + 1);
    }

    function test_ReplayAtTheNextNonce() public {
        bytes memory proof = proveWithdrawal(AMOUNT, 2 * BUFFER);
        vm.startPrank(trader);
        vault.withdraw(id, AMOUNT, 2 * BUFFER, deadline(), proof);
        vm.expectRevert(withdrawalRefused(trader, AMOUNT, 1));
        vault.withdraw(id, AMOUNT, 2 * BUFFER, deadline(), proof);
    }

    function test_ReplayForAnotherAction() public {
        bytes memory proof = proveWithdrawal(STAKE, STAKE * UNIT);
        bytes memory refusal = proofRefused(
            id, vault.messageFor(trader, id, IMarginVault.Action.Close, 0, 0, deadline())
        );
        vm.prank(trader);
        vm.expectRevert(refusal);
        vault.close(id, STAKE * UNIT, deadline(), proof);
    }

    function test_DeadlinePassed() public {
        bytes memory proof = goodProof();
        uint64 deadline_ = deadline();
        vm.warp(deadline_ + 1);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.DeadlinePassed.selector, deadline_ + 1, deadline_)
        );
        vault.withdraw(id, AMOUNT, BUFFER, deadline_, proof);
        vm.warp(deadline_);
        vm.prank(trader);
        vault.withdraw(id, AMOUNT, BUFFER, deadline_, proof);
    }

    function test_DeadlineMovedByTheCaller() public {
        bytes memory proof = goodProof();
        vm.prank(trader);
        vm.expectPartialRevert(IMarginVault.ProofRefused.selector);
        vault.withdraw(id, AMOUNT, BUFFER, deadline() + 1, proof);
    }

    // Proofs about something else

    /// One row of an otherwise good proof is another's.
    function otherRow(uint256 row, uint256 value) internal {
        uint256[8] memory rows = statement(trader, id, IMarginVault.Action.Withdraw, AMOUNT, BUFFER);
        assertNotEq(rows[row], value);
        rows[row] = value;
        refusedProof(prove(rows), 0);
    }

    function test_ProofForAnotherPolicy() public {
        otherRow(MarginStatement.POLICY, POLICY + 1);
    }

    function test_ProofAtALowerRatio() public {
        otherRow(MarginStatement.RATIO, RATIO - 1);
    }

    function test_ProofAtAHigherRatio() public {
        otherRow(MarginStatement.RATIO, RATIO + 1);
    }

    function test_NullifierOfAnotherAccount() public {
        otherRow(MarginStatement.NULLIFIER, NULLIFIER + 1);
    }

    function test_NullifierOfAnotherScope() public {
        otherRow(MarginStatement.SCOPE, new MarginVault().scope());
    }

    function test_ProofWithASmallerBufferThanClaimed() public {
        otherRow(MarginStatement.BUFFER, BUFFER - 1);
    }

    // Books

    function test_BookOfAnOlderEpoch() public {
        bytes memory proof = goodProof();
        publish(venue, FIRST_ROOT + 1);
        refusedProof(proof, 0);
    }

    function test_BookOfAnotherVenue() public {
        address other = makeAddr("other venue");
        publish(other, FIRST_ROOT + 1);
        otherRow(MarginStatement.BOOK, FIRST_ROOT + 1);
    }

    function test_InventedBookOfATrader() public {
        publish(trader, 0xdead);
        otherRow(MarginStatement.BOOK, 0xdead);
    }

    function test_BookTooOld() public {
        live(BOOK_AGE);
        withdraw(1);
        tick(1 minutes);
        bytes memory proof = goodProof();
        refused(
            proof,
            abi.encodeWithSelector(IMarginVault.BookTooOld.selector, BOOK_AGE + 1 minutes, BOOK_AGE)
        );
    }

    // Markets

    function test_MarketThatIsNoLongerTheLatest() public {
        bytes memory proof = goodProof();
        uint64 deadline_ = deadline();
        tick(1 minutes);
        vm.prank(trader);
        vm.expectPartialRevert(IMarginVault.ProofRefused.selector);
        vault.withdraw(id, AMOUNT, BUFFER, deadline_, proof);
    }

    function test_StaleMarket() public {
        skip(MAX_AGE + 1);
        bytes memory proof = goodProof();
        bytes memory stale =
            abi.encodeWithSelector(IMarketOracle.MarketTooOld.selector, MAX_AGE + 1, MAX_AGE);
        refused(proof, stale);
        proof = proveClose(STAKE * UNIT);
        vm.prank(trader);
        vm.expectRevert(stale);
        vault.close(id, STAKE * UNIT, deadline(), proof);
    }

    // Calls

    function test_CallAndAnswerInOneBlockAtAMarketTakenBefore() public {
        skip(1);
        bytes memory proof = proveAnswer(0);
        call();
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.MarketBeforeCall.selector, GENESIS, GENESIS + 1)
        );
        vault.answer(id, 0, deadline(), proof);
    }

    /// A market of the second of the call speaks about exactly the moment that was asked about.
    function test_CallAndAnswerInOneBlockAtAMarketOfThatSecond() public {
        tick(1 minutes);
        call();
        answer();
        assertEq(uint8(vault.agreement(id).status), uint8(IMarginVault.Status.Active));
    }

    /// A market taken before the call stays refused when it is relayed after it.
    function test_AnswerAtAMarketTakenBeforeAndRelayedAfterTheCall() public {
        skip(1 minutes);
        call();
        recordAt(uint64(block.timestamp) - 1, 0xa1);
        bytes memory proof = proveAnswer(0);
        vm.prank(trader);
        vm.expectPartialRevert(IMarginVault.MarketBeforeCall.selector);
        vault.answer(id, 0, deadline(), proof);
    }

    function test_WithdrawalAndCloseDuringACall() public {
        bytes memory proof = goodProof();
        bytes memory closing = proveClose(STAKE * UNIT);
        call();
        bytes memory open_ = abi.encodeWithSelector(IMarginVault.CallIsOpen.selector, id, GENESIS);
        refused(proof, open_);
        vm.prank(trader);
        vm.expectRevert(open_);
        vault.close(id, STAKE * UNIT, deadline(), closing);
    }

    /// A deposit that arrives after a call would only be seized with the rest.
    function test_DepositBehindACall() public {
        call();
        vm.prank(trader);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CallIsOpen.selector, id, GENESIS));
        vault.deposit(id, 1);
    }

    function test_SecondCallDuringACall() public {
        call();
        vm.prank(beneficiary);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CallIsOpen.selector, id, GENESIS));
        vault.marginCall(id);
    }

    function test_RepeatedCallsWithinTheMinimumInterval() public {
        call();
        tick(1 minutes);
        answer();
        uint64 earliest = uint64(block.timestamp) + COOLDOWN;
        vm.warp(earliest - 1);
        vm.prank(beneficiary);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.CallTooSoon.selector, earliest - 1, earliest)
        );
        vault.marginCall(id);
        skip(1);
        call();
    }

    function test_SeizeBeforeTheWindowHasPassed() public {
        call();
        live(WINDOW - 1);
        vm.prank(beneficiary);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.WindowNotLapsed.selector, GENESIS + WINDOW - 1, GENESIS + WINDOW
            )
        );
        vault.seize(id);
    }

    function test_SeizeTwice() public {
        call();
        live(WINDOW + 1);
        fund(anotherAgreement(), STAKE);
        seize();
        vm.prank(beneficiary);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AgreementClosed.selector, id));
        vault.seize(id);
        assertEq(token.balanceOf(beneficiary), STAKE);
    }

    function anotherAgreement() internal returns (bytes32) {
        IMarginVault.Terms memory other = terms();
        other.salt = "other";
        return vault.open(other);
    }

    function test_SeizeAfterAnAnswer() public {
        call();
        tick(1 minutes);
        answer();
        live(WINDOW);
        vm.prank(beneficiary);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NoCall.selector, id));
        vault.seize(id);
    }

    // Tokens

    function withReentrantToken() internal returns (ReentrantToken reentrant) {
        reentrant = new ReentrantToken();
        IMarginVault.Terms memory other = terms();
        other.token = reentrant;
        other.beneficiary = address(reentrant);
        id = vault.open(other);
        fund(id, STAKE);
    }

    function stopped(ReentrantToken reentrant) internal view {
        assertFalse(reentrant.succeeded());
        assertEq(
            reentrant.result(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    function test_ReentrancyInTheMiddleOfAWithdrawal() public {
        ReentrantToken reentrant = withReentrantToken();
        reentrant.arm(address(vault), abi.encodeCall(vault.release, (id)));
        withdraw(AMOUNT);
        stopped(reentrant);
        assertEq(reentrant.balanceOf(trader), AMOUNT);
        assertEq(reentrant.balanceOf(address(vault)), STAKE - AMOUNT);
        assertEq(collateral(), STAKE - AMOUNT);
    }

    function test_ReentrancyInTheMiddleOfADeposit() public {
        ReentrantToken reentrant = withReentrantToken();
        reentrant.arm(address(vault), abi.encodeCall(vault.deposit, (id, AMOUNT)));
        fund(id, AMOUNT);
        stopped(reentrant);
        assertEq(collateral(), STAKE + AMOUNT);
    }

    function test_ReentrancyInTheMiddleOfARelease() public {
        ReentrantToken reentrant = withReentrantToken();
        reentrant.arm(address(vault), abi.encodeCall(vault.release, (id)));
        vm.prank(address(reentrant));
        vault.release(id);
        stopped(reentrant);
        assertEq(reentrant.balanceOf(refund), STAKE);
    }
}
