// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {
    FalseToken,
    FeeToken,
    NonZeroToken,
    RebasingToken,
    ReentrantToken,
    SecondAddress,
    SwallowingToken,
    TestToken
} from "../support/Tokens.sol";
import {VaultFixture} from "../support/VaultFixture.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// Deposits, permits, and tokens that do not behave.
contract DepositsTest is VaultFixture {
    uint256 internal constant TRADER_KEY = 0x77ade7;
    address internal payer = vm.addr(TRADER_KEY);

    function setUp() public {
        deployAll();
    }

    function withToken(IERC20 of_) internal returns (V.Terms memory terms) {
        terms = pledge;
        terms.token = of_;
        terms.floor = 0;
        vault.open(terms);
    }

    function test_CreditsWhatArrives() public {
        allow(trader, pledge, 5);
        vm.expectEmit(address(vault));
        emit V.Deposited(idOf(pledge), trader, 5, STAKE + 5);
        vm.prank(trader);
        assertEq(vault.deposit(pledge, 5), 5);
        vm.expectRevert(V.ZeroAmount.selector);
        vault.deposit(pledge, 0);
        V.Terms memory terms = withToken(new FeeToken());
        fund(terms, 1_000);
        assertEq(state(terms).collateral, 990);
        withdraw(terms, 990);
        assertStatus(terms, V.Status.Closed);
    }

    function test_ATopUpIsWhatArrives() public {
        V.Terms memory terms = withToken(new FeeToken());
        fund(terms, 1_000);
        call(terms, ALL, 100);
        allow(refund, terms, 200);
        vm.startPrank(refund);
        vm.expectRevert(abi.encodeWithSelector(V.TopUpTooSmall.selector, 99, 100));
        vault.deposit(terms, 100);
        vault.deposit(terms, 102);
    }

    function test_ATokenThatDeliversNothing() public {
        V.Terms memory terms = withToken(new SwallowingToken());
        allow(trader, terms, 5);
        vm.prank(trader);
        vm.expectRevert(abi.encodeWithSelector(V.NothingArrived.selector, 5));
        vault.deposit(terms, 5);
    }

    function test_ATokenThatAnswersFalse() public {
        FalseToken of_ = new FalseToken();
        V.Terms memory terms = withToken(of_);
        fund(terms, 5);
        of_.setBroken(true);
        bytes memory failed =
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, of_);
        allow(trader, terms, 5);
        vm.prank(trader);
        vm.expectRevert(failed);
        vault.deposit(terms, 5);
        V.Proof memory proof = proveWithdrawal(terms, 5, trader);
        vm.expectRevert(failed);
        vault.withdraw(terms, 5, trader, proof);
    }

    /// Nothing is never sent: neither side's share of nothing stops the other's.
    function test_ATokenThatRefusesToTransferNothing() public {
        V.Terms memory terms = withToken(new NonZeroToken());
        fund(terms, 5);
        vm.prank(lender);
        vault.release(terms);
        vm.prank(refund);
        vault.collect(terms, refund);
        V.Terms memory empty = terms;
        empty.salt = "empty";
        vault.open(empty);
        vm.prank(lender);
        vault.release(empty);
    }

    /// One pool of balances under two addresses: each agreement holds what came in for it.
    function test_ATokenWithTwoAddresses() public {
        RebasingToken first = new RebasingToken();
        SecondAddress second = new SecondAddress(first);
        V.Terms memory a = withToken(first);
        V.Terms memory b = withToken(IERC20(address(second)));
        fund(a, 700);
        first.mint(trader, 300);
        vm.prank(trader);
        vault.deposit(b, 300);
        assertEq(state(a).collateral, 700);
        assertEq(state(b).collateral, 300);
        withdraw(a, 700);
        withdraw(b, 300);
        assertEq(first.balanceOf(trader), 1_000);
    }

    /// Such a token must not be used: what vanished from the vault is missing to whoever is last.
    function test_ATokenWhoseBalancesShrink() public {
        RebasingToken of_ = new RebasingToken();
        V.Terms memory terms = withToken(of_);
        fund(terms, 1_000);
        of_.burn(address(vault), 1);
        V.Proof memory proof = proveWithdrawal(terms, 1_000, trader);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, vault, 999, 1_000
            )
        );
        vault.withdraw(terms, 1_000, trader, proof);
        withdraw(terms, 999);
        // And touches no agreement in another token.
        withdraw(pledge, STAKE - FLOOR);
    }

    function testFuzz_ReentrancyInTheMiddleOfATransfer(uint8 which) public {
        ReentrantToken of_ = new ReentrantToken();
        V.Terms memory terms = withToken(of_);
        fund(terms, 100);
        bytes[6] memory deeds = [
            abi.encodeCall(vault.deposit, (terms, 1)),
            abi.encodeCall(vault.release, (terms)),
            abi.encodeCall(vault.marginCall, (terms, 1, 1)),
            abi.encodeCall(vault.lowerFloor, (terms, 0)),
            abi.encodeCall(vault.open, (terms)),
            abi.encodeCall(vault.collect, (terms, trader))
        ];
        of_.arm(address(vault), deeds[which % deeds.length]);
        fund(terms, 10);
        assertFalse(of_.succeeded());
        assertEq(
            of_.result(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        withdraw(terms, 30);
        assertFalse(of_.succeeded());
        assertEq(state(terms).collateral, 80);
    }

    // Permits

    function signPermit(uint256 amount, uint256 until)
        internal
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        bytes32 typehash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 permit = keccak256(
            abi.encode(typehash, payer, address(vault), amount, token.nonces(payer), until)
        );
        return vm.sign(
            TRADER_KEY, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), permit))
        );
    }

    function test_DepositsWithAPermit() public {
        token.mint(payer, 5);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(5, END);
        vm.prank(payer);
        assertEq(vault.depositWithPermit(pledge, 5, END, v, r, s), 5);
        assertEq(state(pledge).collateral, STAKE + 5);
    }

    /// Somebody used the permit first: the allowance is there, and the deposit goes through.
    function test_APermitThatWasFrontRun() public {
        token.mint(payer, 5);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(5, END);
        vm.prank(stranger);
        token.permit(payer, address(vault), 5, END, v, r, s);
        vm.prank(payer);
        vault.depositWithPermit(pledge, 5, END, v, r, s);
        assertEq(state(pledge).collateral, STAKE + 5);
    }

    function test_ABadPermitIsNoAllowance() public {
        token.mint(payer, 5);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(4, END);
        vm.prank(payer);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, vault, 0, 5)
        );
        vault.depositWithPermit(pledge, 5, END, v, r, s);
    }

    function testFuzz_WhatComesInGoesOut(uint96 amount, uint96 out, uint8 decimals) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        out = uint96(bound(out, 1, amount));
        V.Terms memory terms = withToken(new TestToken(decimals));
        fund(terms, amount);
        withdraw(terms, out);
        assertEq(terms.token.balanceOf(trader), out);
        assertEq(state(terms).collateral, amount - out);
        assertEq(terms.token.balanceOf(address(vault)), amount - out);
    }
}
