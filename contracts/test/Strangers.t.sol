// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {Statement} from "../src/lib/Statement.sol";
import {Hostile} from "./support/Hostile.sol";
import {StrangerHandler} from "./support/StrangerHandler.sol";
import {TestToken} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";
import {Test} from "forge-std/Test.sol";

/// A stranger freezes a solvent trader until he can be seized: nullifiers are public, and anyone
/// may open an agreement with one.
contract JunkAttackTest is VaultFixture {
    /// @dev Dollars: what the largest buffer covers, 1.2e19.
    uint256 internal constant JUNK = (Statement.BUFFER_END - 1) / 1e8;

    address internal stranger = makeAddr("stranger");

    function setUp() public {
        deployAll();
    }

    /// Takes out 1.2e19 worthless dollars under the trader's nullifier, his venue and his registry,
    /// with a verifier that says yes to everything.
    function attack() internal {
        Hostile yes = new Hostile();
        yes.pose(Hostile.Mood.Pleasing, 0, POLICY, 0);
        TestToken junk = new TestToken(0);
        junk.mint(stranger, JUNK);
        IMarginVault.Terms memory bad = terms();
        (bad.verifier, bad.token) = (IMarginVerifier(address(yes)), junk);
        vm.startPrank(stranger);
        bytes32 own = vault.open(bad);
        junk.approve(address(vault), JUNK);
        vault.deposit(own, JUNK);
        vault.withdraw(own, JUNK, Statement.BUFFER_END - 1, deadline(), "");
        vm.stopPrank();
        assertEq(junk.balanceOf(stranger), JUNK);
    }

    function test_TheTraderAnswersAfterIt() public {
        call();
        tick(1 minutes);
        attack();
        assertEq(vault.requiredBuffer(id, 0), 0);
        answer();
        assertEq(uint8(vault.agreement(id).status), uint8(IMarginVault.Status.Active));
    }

    function test_TheTraderWithdrawsAfterIt() public {
        withdraw(1_000e6);
        attack();
        assertEq(vault.requiredBuffer(id, 1e6), 1_001e6 * UNIT);
        withdraw(1e6);
        assertEq(token.balanceOf(trader), 1_001e6);
    }

    function test_TheTraderClosesAfterIt() public {
        attack();
        close();
        assertEq(token.balanceOf(trader), STAKE);
    }
}

/// The steps that the invariants take at random, each once: hostile contracts in any of the five
/// places of the terms, one at a time and together.
contract StrangersTest is Test {
    StrangerHandler internal handler = new StrangerHandler();

    uint8 internal constant DEPOSIT = 0;
    uint8 internal constant WITHDRAW = 1;
    uint8 internal constant CALL = 4;
    uint8 internal constant SEIZE = 5;
    uint8 internal constant RELEASE = 6;
    /// @dev As the handler's dice give them: the moods from here on are not `Pleasing`.
    uint8 internal constant PLEASING = 0;
    uint8 internal constant FIRST_MOOD = 4;
    uint8 internal constant LAST_MOOD = 7;

    function act(uint256 which, uint8 action, uint256 amount, uint8 mood)
        internal
        returns (bool done)
    {
        done = handler.strangerActs(which, action, amount, mood, type(uint64).max, 0);
        assertFalse(handler.touched());
    }

    /// Opens an agreement with hostile contracts in some places and puts something in.
    function opened(uint256 places) internal returns (uint256 which) {
        which = handler.strangers();
        handler.strangerOpens(0, places);
        assertTrue(act(which, DEPOSIT, 2e6, PLEASING));
    }

    function test_AnyHostileContractsTouchNobody() public {
        for (uint256 places = 0; places < handler.PLACES(); places++) {
            uint256 which = opened(places);
            // Under an honest verifier nothing leaves without a proof that only the trader can make.
            assertEq(act(which, WITHDRAW, 1e6, PLEASING), places & handler.VERIFIER() != 0);
            assertTrue(act(which, CALL, 0, PLEASING));
            assertTrue(act(which, RELEASE, 0, PLEASING));
        }
    }

    function test_HostileContractsInAnyMoodTouchNobody() public {
        for (uint256 places = 1; places < handler.PLACES(); places++) {
            for (uint8 mood = FIRST_MOOD; mood <= LAST_MOOD; mood++) {
                uint256 which = opened(places);
                for (uint8 action = DEPOSIT; action <= RELEASE; action++) {
                    act(which, action, 1e6, mood);
                }
            }
        }
    }

    function test_WhatIsNotHisIsRefused() public {
        for (uint256 which = 0; which < 3; which++) {
            for (uint8 action = 1; action <= RELEASE; action++) {
                handler.strangerMeddles(which, action, 1e6);
            }
        }
        handler.callMargin(0);
        handler.strangerMeddles(0, SEIZE, 0);
        handler.strangerPublishes(7, uint64(block.timestamp));
        assertFalse(handler.touched());
    }

    /// The agreements of strangers are no idle ones: what they did is there to be noticed.
    function test_ChangesWouldBeNoticed() public {
        bytes32 before = handler.honest();
        handler.deposit(0, 5);
        assertNotEq(handler.honest(), before);
        before = handler.honest();
        handler.callMargin(0);
        assertNotEq(handler.honest(), before);
        before = handler.honest();
        handler.book(5);
        assertNotEq(handler.honest(), before);
    }
}
