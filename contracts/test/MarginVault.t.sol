// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginVault} from "../src/MarginVault.sol";
import {MarginStatement} from "../src/generated/MarginStatement.sol";
import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
import {IMarketOracle} from "../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../src/interfaces/ISolvencyRegistry.sol";
import {Statement} from "../src/lib/Statement.sol";
import {TestVerifier} from "./support/TestVerifier.sol";
import {FalseToken, FeeToken, NonZeroToken, SwallowingToken, TestToken} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// The life of an agreement, and what is refused at each of its stages.
contract MarginVaultTest is VaultFixture {
    function setUp() public {
        deployAll();
    }

    // Identities that other software computes

    function test_ScopeAndMessageAreTheDocumentedHashes() public {
        bytes32 tag = keccak256("zkmargin MarginVault scope v1");
        assertEq(
            vault.scope(), uint256(keccak256(abi.encode(tag, block.chainid, address(vault)))) >> 8
        );
        tag = keccak256("zkmargin MarginVault message v1");
        bytes memory head = abi.encode(tag, block.chainid, address(vault), trader, id);
        bytes memory tail = abi.encode(uint256(2), uint256(3), uint256(4), uint256(5));
        assertEq(
            vault.messageFor(trader, id, IMarginVault.Action.Close, 3, 4, 5),
            uint256(keccak256(bytes.concat(head, tail))) >> 8
        );
        assertLt(vault.messageFor(trader, id, IMarginVault.Action.Close, 3, 4, 5), 1 << 248);

        uint256 scope = vault.scope();
        vm.chainId(block.chainid + 1);
        assertEq(vault.scope(), scope);
        assertNotEq(new MarginVault().scope(), scope);
    }

    // Opening

    function test_AnyoneOpensAndTheIdentityIsTheTerms() public {
        IMarginVault.Terms memory other = terms();
        other.salt = bytes32(uint256(1));
        bytes32 expected = keccak256(abi.encode(other));
        assertEq(vault.idOf(other), expected);
        vm.expectEmit(address(vault));
        emit IMarginVault.Opened(expected, beneficiary, NULLIFIER, other);
        vm.prank(address(0xcafe));
        assertEq(vault.open(other), expected);
        assertEq(abi.encode(vault.agreement(expected).terms), abi.encode(other));
        assertEq(vault.agreement(expected).decimals, 6);
    }

    function test_RefusesToOpenTwiceEvenAfterTheEnd() public {
        bytes memory exists = abi.encodeWithSelector(IMarginVault.AgreementExists.selector, id);
        vm.expectRevert(exists);
        vault.open(terms());
        vm.prank(beneficiary);
        vault.release(id);
        vm.expectRevert(exists);
        vault.open(terms());
    }

    function test_RefusesAVerifierOfAnotherPolicy() public {
        IMarginVault.Terms memory bad = terms();
        bad.verifier = new TestVerifier(POLICY + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.PolicyMismatch.selector, POLICY, POLICY + 1)
        );
        vault.open(bad);
    }

    function refusesTerm(IMarginVault.Terms memory bad, string memory term, uint256 value)
        internal
    {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BadTerm.selector, term, value));
        vault.open(bad);
    }

    function test_RefusesZeroTerms() public {
        IMarginVault.Terms memory bad = terms();
        bad.beneficiary = address(0);
        refusesTerm(bad, "beneficiary", 0);
        bad = terms();
        bad.refund = address(0);
        refusesTerm(bad, "refund", 0);
        bad = terms();
        bad.venue = address(0);
        refusesTerm(bad, "venue", 0);
        bad = terms();
        bad.nullifier = 0;
        refusesTerm(bad, "nullifier", 0);
        bad = terms();
        bad.ratio = 0;
        refusesTerm(bad, "ratio", 0);
        bad = terms();
        bad.maxBookAge = 0;
        refusesTerm(bad, "maxBookAge", 0);
        bad = terms();
        bad.cooldown = 0;
        refusesTerm(bad, "cooldown", 0);
    }

    function test_RefusesTermsOutOfRange() public {
        IMarginVault.Terms memory bad = terms();
        bad.nullifier = Statement.MODULUS;
        refusesTerm(bad, "nullifier", Statement.MODULUS);
        bad = terms();
        bad.refund = address(vault);
        refusesTerm(bad, "refund", uint160(address(vault)));
        bad = terms();
        bad.patience = bad.window - 1;
        refusesTerm(bad, "patience", bad.patience);
        bad = terms();
        bad.window = 2 * 10 minutes - 1;
        refusesTerm(bad, "window", bad.window);
        bad = terms();
        bad.token = new TestToken(37);
        refusesTerm(bad, "decimals", 37);
    }

    function test_RefusesAnOracleWithoutAMarket() public {
        IMarginVault.Terms memory bad = terms();
        deployOracle();
        bad.oracle = oracle;
        vm.expectRevert(IMarketOracle.NoMarket.selector);
        vault.open(bad);
    }

    function test_RefusesAVenueWithoutABook() public {
        IMarginVault.Terms memory bad = terms();
        bad.venue = address(0xcafe);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NoBook.selector, registry, bad.venue));
        vault.open(bad);
        publish(bad.venue, FIRST_ROOT);
        vault.open(bad);
    }

    /// A registry that counts a book must also give it.
    function test_RefusesARegistryThatGivesNoHead() public {
        IMarginVault.Terms memory bad = terms();
        bad.registry = ISolvencyRegistry(makeAddr("registry"));
        vm.mockCall(
            address(bad.registry), abi.encodeCall(bad.registry.count, (venue)), abi.encode(1)
        );
        vm.mockCallRevert(
            address(bad.registry), abi.encodeCall(bad.registry.head, (venue)), "no head"
        );
        vm.expectRevert("no head");
        vault.open(bad);
    }

    // Deposits

    function test_AnyoneDeposits() public {
        token.mint(address(this), 5e6);
        token.approve(address(vault), 5e6);
        vm.expectEmit(address(vault));
        emit IMarginVault.Deposited(id, address(this), 5e6, STAKE + 5e6);
        assertEq(vault.deposit(id, 5e6), 5e6);
        assertEq(collateral(), STAKE + 5e6);
    }

    function test_CreditsWhatArrivesOfATokenWithFee() public {
        IMarginVault.Terms memory other = terms();
        other.token = new FeeToken();
        bytes32 id_ = vault.open(other);
        fund(id_, 100e6);
        assertEq(vault.agreement(id_).collateral, 99e6);
        assertEq(other.token.balanceOf(address(vault)), 99e6);
    }

    function test_RefusesADepositOfWhichNothingArrives() public {
        IMarginVault.Terms memory other = terms();
        SwallowingToken swallowing = new SwallowingToken();
        other.token = swallowing;
        bytes32 id_ = vault.open(other);
        swallowing.mint(address(this), 5);
        swallowing.approve(address(vault), 5);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingArrived.selector, 5));
        vault.deposit(id_, 5);
    }

    function test_RefusesATokenThatAnswersFalse() public {
        IMarginVault.Terms memory other = terms();
        FalseToken false_ = new FalseToken();
        other.token = false_;
        id = vault.open(other);
        fund(id, 10e6);
        false_.setBroken(true);
        bytes memory failed =
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, false_);
        vm.expectRevert(failed);
        vault.deposit(id, 1);
        vm.prank(beneficiary);
        vm.expectRevert(failed);
        vault.release(id);
        assertEq(collateral(), 10e6);
    }

    // Withdrawals

    function test_WithdrawsToTheCallerWhoProves() public {
        uint256 buffer = 1_000e6 * UNIT;
        bytes memory proof = proveWithdrawal(1_000e6, buffer);
        uint256 message =
            vault.messageFor(trader, id, IMarginVault.Action.Withdraw, 1_000e6, 0, deadline());
        vm.expectEmit(address(vault));
        emit IMarginVault.ProofAccepted(
            id, 0, IMarginVault.Action.Withdraw, FIRST_MARKET, FIRST_ROOT, buffer, message
        );
        vm.expectEmit(address(vault));
        emit IMarginVault.Withdrawn(id, trader, 1_000e6, STAKE - 1_000e6);
        vm.prank(trader);
        vault.withdraw(id, 1_000e6, buffer, deadline(), proof);
        assertEq(token.balanceOf(trader), 1_000e6);
        assertEq(collateral(), STAKE - 1_000e6);
        assertEq(vault.agreement(id).nonce, 1);
    }

    function test_WithdrawsEverything() public {
        withdraw(STAKE);
        assertEq(token.balanceOf(trader), STAKE);
        assertEq(token.balanceOf(address(vault)), 0);
        assertEq(collateral(), 0);
    }

    function test_ManySmallWithdrawalsNeedTheBufferOfALargeOne() public {
        withdraw(1_000e6);
        assertEq(vault.requiredBuffer(id, 500e6), 1_500e6 * UNIT);
        uint256 buffer = 500e6 * UNIT;
        bytes memory proof = proveWithdrawal(500e6, buffer);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.BufferTooSmall.selector, buffer, 1_500e6 * UNIT)
        );
        vault.withdraw(id, 500e6, buffer, deadline(), proof);

        // The venue's next book knows of what was taken out.
        publish(venue, FIRST_ROOT + 1);
        assertEq(vault.requiredBuffer(id, 500e6), buffer);
        withdraw(500e6);
    }

    function test_AgreementsOfOneAccountShareItsBuffer() public {
        IMarginVault.Terms memory other = terms();
        other.beneficiary = address(0xbe);
        TestToken wide = new TestToken(18);
        other.token = wide;
        bytes32 id_ = vault.open(other);
        withdraw(1_000e6);
        assertEq(vault.requiredBuffer(id_, 1e18), 1_001e8);

        other.nullifier = NULLIFIER + 1;
        assertEq(vault.requiredBuffer(vault.open(other), 1e18), 1e8);
    }

    /// What is not counted: see `IMarginVault.requiredBuffer`.
    function test_AgreementsUnderAnotherVerifierCountApart() public {
        IMarginVault.Terms memory other = terms();
        other.verifier = new TestVerifier(POLICY);
        bytes32 id_ = vault.open(other);
        withdraw(1_000e6);
        assertEq(vault.requiredBuffer(id_, 0), 0);
        assertEq(vault.requiredBuffer(id, 0), 1_000e6 * UNIT);
    }

    function test_TheSameBookOnceMoreForgetsWhatWasTakenOut() public {
        withdraw(1_000e6);
        publish(venue, FIRST_ROOT);
        assertEq(vault.requiredBuffer(id, 0), 0);
    }

    function test_WhatWasPaidBackInStillCounts() public {
        withdraw(1_000e6);
        fund(id, 1_000e6);
        assertEq(vault.requiredBuffer(id, 0), 1_000e6 * UNIT);
    }

    function test_ValueIsRoundedUpAgainstTheTrader() public {
        IMarginVault.Terms memory other = terms();
        other.token = new TestToken(18);
        bytes32 id_ = vault.open(other);
        assertEq(vault.requiredBuffer(id_, 1), 1);
        assertEq(vault.requiredBuffer(id_, 1e10), 1);
        assertEq(vault.requiredBuffer(id_, 1e10 + 1), 2);
        other.token = new TestToken(0);
        assertEq(vault.requiredBuffer(vault.open(other), 3), 3e8);
    }

    function test_ALargerBufferThanNeededWillDo() public {
        uint256 buffer = Statement.BUFFER_END - 1;
        bytes memory proof = proveWithdrawal(1, buffer);
        vm.prank(trader);
        vault.withdraw(id, 1, buffer, deadline(), proof);
        // What counts as taken out is the value of the amount, not the buffer shown.
        assertEq(vault.requiredBuffer(id, 0), UNIT);
    }

    function test_RefusesABufferOutOfRange() public {
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.BufferOutOfRange.selector, Statement.BUFFER_END, Statement.BUFFER_END
            )
        );
        vault.withdraw(id, 1, Statement.BUFFER_END, deadline(), "");
    }

    function test_RefusesMoreThanTheCollateral() public {
        fundAnother();
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.AmountTooLarge.selector, STAKE + 1, STAKE)
        );
        vault.withdraw(id, STAKE + 1, 0, deadline(), "");
    }

    /// A second agreement whose collateral the first must not reach.
    function fundAnother() internal returns (bytes32 id_) {
        IMarginVault.Terms memory other = terms();
        other.salt = bytes32(uint256(7));
        id_ = vault.open(other);
        fund(id_, STAKE);
    }

    function test_RefusesZeroAmounts() public {
        vm.startPrank(trader);
        vm.expectRevert(IMarginVault.ZeroAmount.selector);
        vault.withdraw(id, 0, 0, deadline(), "");
        vm.expectRevert(IMarginVault.ZeroAmount.selector);
        vault.deposit(id, 0);
    }

    // Margin calls

    function test_CallStartsTheWindowAndAnAnswerEndsIt() public {
        vm.expectEmit(address(vault));
        emit IMarginVault.MarginCalled(id, GENESIS, GENESIS + WINDOW);
        call();
        assertEq(vault.windowEnd(id), GENESIS + WINDOW);
        tick(5 minutes);
        bytes memory proof = proveAnswer(0);
        uint64 time = uint64(block.timestamp);
        vm.expectEmit(address(vault));
        emit IMarginVault.Answered(id, time, time + COOLDOWN);
        vm.prank(trader);
        vault.answer(id, 0, deadline(), proof);
        assertEq(uint8(vault.agreement(id).status), uint8(IMarginVault.Status.Active));
        assertEq(vault.agreement(id).calledAt, 0);
        withdraw(1);
    }

    function test_AnAnswerCoversWhatWasTakenOutSinceTheBook() public {
        withdraw(1_000e6);
        call();
        tick(1 minutes);
        uint256 drawn = 1_000e6 * UNIT;
        bytes memory proof = proveAnswer(drawn - 1);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.BufferTooSmall.selector, drawn - 1, drawn)
        );
        vault.answer(id, drawn - 1, deadline(), proof);
        answer();
    }

    function test_OnlyTheBeneficiaryCallsSeizesAndReleases() public {
        bytes memory refused =
            abi.encodeWithSelector(IMarginVault.NotBeneficiary.selector, trader, beneficiary);
        vm.startPrank(trader);
        vm.expectRevert(refused);
        vault.marginCall(id);
        vm.expectRevert(refused);
        vault.release(id);
        vm.stopPrank();
        call();
        live(WINDOW + 1);
        vm.prank(trader);
        vm.expectRevert(refused);
        vault.seize(id);
    }

    function test_SeizesAllAfterTheWindow() public {
        bytes32 other = fundAnother();
        call();
        live(WINDOW + 1);
        vm.expectEmit(address(vault));
        emit IMarginVault.Seized(id, beneficiary, STAKE);
        seize();
        assertEq(token.balanceOf(beneficiary), STAKE);
        assertEq(collateral(), 0);
        assertEq(vault.agreement(other).collateral, STAKE);
        assertEq(token.balanceOf(address(vault)), STAKE);
    }

    function test_AnAnswerAfterTheWindowIsTooLate() public {
        call();
        live(WINDOW + 1);
        bytes memory proof = proveAnswer(0);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.WindowLapsed.selector, GENESIS + WINDOW + 1, GENESIS + WINDOW
            )
        );
        vault.answer(id, 0, deadline(), proof);
    }

    function test_TheLastSecondOfTheWindowIsTheTraders() public {
        call();
        live(WINDOW);
        vm.prank(beneficiary);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.WindowNotLapsed.selector, GENESIS + WINDOW, GENESIS + WINDOW
            )
        );
        vault.seize(id);
        answer();
    }

    function test_RefusesACallWithNothingAtStake() public {
        withdraw(STAKE);
        vm.prank(beneficiary);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingAtStake.selector, id));
        vault.marginCall(id);
    }

    // Ends

    function test_TraderClosesWithAProof() public {
        bytes memory proof = proveClose(STAKE * UNIT);
        vm.expectEmit(address(vault));
        emit IMarginVault.Closed(id, trader, STAKE);
        vm.prank(trader);
        vault.close(id, STAKE * UNIT, deadline(), proof);
        assertEq(token.balanceOf(trader), STAKE);
        assertEq(uint8(vault.agreement(id).status), uint8(IMarginVault.Status.Closed));
    }

    function test_ClosesAnEmptyAgreementOfATokenThatRefusesZero() public {
        IMarginVault.Terms memory other = terms();
        other.token = new NonZeroToken();
        id = vault.open(other);
        close();
        assertEq(uint8(vault.agreement(id).status), uint8(IMarginVault.Status.Closed));
    }

    function test_ADepositOfAnotherDoesNotStandInTheWayOfClosing() public {
        uint256 buffer = (STAKE + 1e6) * UNIT;
        bytes memory proof = proveClose(buffer);
        token.mint(address(this), 1e6);
        token.approve(address(vault), 1e6);
        vault.deposit(id, 1e6);
        vm.prank(trader);
        vault.close(id, buffer, deadline(), proof);
        assertEq(token.balanceOf(trader), STAKE + 1e6);
    }

    function test_ClosingNeedsABufferForAllCollateral() public {
        uint256 buffer = STAKE * UNIT - 1;
        bytes memory proof = proveClose(buffer);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.BufferTooSmall.selector, buffer, buffer + 1)
        );
        vault.close(id, buffer, deadline(), proof);
    }

    function test_BeneficiaryReleasesToTheRefundAddress() public {
        vm.expectEmit(address(vault));
        emit IMarginVault.Released(id, refund, STAKE);
        vm.prank(beneficiary);
        vault.release(id);
        assertEq(token.balanceOf(refund), STAKE);
    }

    function test_BeneficiaryReleasesDuringACall() public {
        call();
        vm.prank(beneficiary);
        vault.release(id);
        assertEq(token.balanceOf(refund), STAKE);
    }

    function test_NothingHappensToAClosedAgreement() public {
        vm.prank(beneficiary);
        vault.release(id);
        refusesEverything(id, abi.encodeWithSelector(IMarginVault.AgreementClosed.selector, id));
    }

    function test_NothingHappensToAnUnknownAgreement() public {
        bytes32 none = keccak256("none");
        refusesEverything(
            none, abi.encodeWithSelector(IMarginVault.AgreementUnknown.selector, none)
        );
    }

    function refusesEverything(bytes32 id_, bytes memory refusal) internal {
        vm.startPrank(beneficiary);
        vm.expectRevert(refusal);
        vault.deposit(id_, 1);
        vm.expectRevert(refusal);
        vault.withdraw(id_, 1, 0, deadline(), "");
        vm.expectRevert(refusal);
        vault.marginCall(id_);
        vm.expectRevert(refusal);
        vault.answer(id_, 0, deadline(), "");
        vm.expectRevert(refusal);
        vault.seize(id_);
        vm.expectRevert(refusal);
        vault.close(id_, 0, deadline(), "");
        vm.expectRevert(refusal);
        vault.release(id_);
        vm.expectRevert(refusal);
        vault.windowEnd(id_);
        vm.expectRevert(refusal);
        vault.requiredBuffer(id_, 1);
    }

    function test_WithoutACallThereIsNothingToAnswerOrSeize() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginVault.NoCall.selector, id);
        vm.startPrank(beneficiary);
        vm.expectRevert(refusal);
        vault.answer(id, 0, deadline(), "");
        vm.expectRevert(refusal);
        vault.seize(id);
        vm.expectRevert(refusal);
        vault.windowEnd(id);
    }

    // Properties

    function testFuzz_DepositsAndWithdrawalsAddUp(uint96 in_, uint96 out, uint8 decimals) public {
        in_ = uint96(bound(in_, 1, 1e15));
        out = uint96(bound(out, 1, in_));
        IMarginVault.Terms memory other = terms();
        TestToken of_ = new TestToken(uint8(bound(decimals, 0, 18)));
        other.token = of_;
        id = vault.open(other);
        fund(id, in_);
        withdraw(out);
        assertEq(of_.balanceOf(trader), out);
        assertEq(collateral(), in_ - out);
        assertEq(of_.balanceOf(address(vault)), in_ - out);
    }

    function testFuzz_NoOtherRowsAreAccepted(uint8 row, uint256 lie) public {
        uint256 amount = 10e6;
        uint256 buffer = amount * UNIT;
        uint256[8] memory rows = statement(trader, id, IMarginVault.Action.Withdraw, amount, buffer);
        row = uint8(bound(row, 0, 7));
        vm.assume(rows[row] != lie);
        uint256 message = rows[MarginStatement.MESSAGE];
        rows[row] = lie;
        bytes memory proof = prove(rows);
        vm.prank(trader);
        vm.expectRevert(proofRefused(id, message));
        vault.withdraw(id, amount, buffer, deadline(), proof);
    }
}
