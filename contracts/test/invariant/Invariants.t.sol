// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {VaultHandler} from "./VaultHandler.sol";
import {Test} from "forge-std/Test.sol";

/// What holds whatever anybody does. `FOUNDRY_PROFILE=long forge test --match-path
/// 'test/invariant/*'` makes more than a million calls.
contract InvariantsTest is Test {
    VaultHandler internal handler;

    function setUp() public {
        handler = new VaultHandler();
        targetContract(address(handler));
        bytes4[] memory steps = new bytes4[](12);
        steps[0] = handler.time.selector;
        steps[1] = handler.hoursPass.selector;
        steps[2] = handler.deposits.selector;
        steps[3] = handler.withdraws.selector;
        steps[4] = handler.announces.selector;
        steps[5] = handler.settles.selector;
        steps[6] = handler.presses.selector;
        steps[7] = handler.collects.selector;
        steps[8] = handler.strangerOpens.selector;
        steps[9] = handler.strangerActs.selector;
        steps[10] = handler.strangerMeddles.selector;
        steps[11] = handler.strangerPublishes.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: steps}));
    }

    /// All in one, so that every step is new: forge takes the same steps for each invariant.
    function invariant_TheHonestKeepWhatIsTheirs() public view {
        // An honest, solvent trader keeps what is his: what he put in is in his agreements or came out.
        assertTrue(handler.solventIsSafe(), "a solvent trader's agreement was pressed");
        assertEq(handler.held() + handler.got(), handler.put(), "what a solvent trader put in");
        // An honest beneficiary of a silent trader gets what is due.
        assertEq(handler.taken(), handler.due(), "what a beneficiary was due");
        // Strangers and their contracts change nothing of an honest agreement.
        assertFalse(handler.touched(), "a stranger changed an honest agreement");
        // The vault has every unit that it says it has.
        assertGe(handler.inVault(), handler.owed(), "what the vault owes");
    }
}

/// The steps that the invariants take at random are no idle ones.
contract HandlerTest is Test {
    VaultHandler internal handler = new VaultHandler();

    function test_StrangersActInAgreementsWithAnyHostileContracts() public {
        for (uint256 places = 0; places < 32; places++) {
            handler.strangerOpens(places, places, 5e6);
        }
        for (uint256 which = 0; which < 32; which += 5) {
            for (uint256 what = 0; what < 20; what++) {
                for (uint8 mood = 3; mood < 8; mood++) {
                    handler.strangerActs(which, what + 32, 1e6, mood, what, which);
                    handler.strangerActs(which, what, 1e6, mood, type(uint64).max, which);
                }
            }
        }
        for (uint256 which = 0; which < 4; which++) {
            for (uint256 what = 2; what < 20; what++) {
                handler.strangerMeddles(which, what, 1e6);
            }
        }
        handler.strangerPublishes(7);
        assertFalse(handler.touched());
        assertEq(handler.steps("strange"), 32);
        assertGt(handler.steps("strange act"), 20);
        assertGe(handler.inVault(), handler.owed());
    }

    function test_ChangesWouldBeNoticed() public {
        bytes32 before = handler.honest();
        handler.withdraws(5);
        assertNotEq(handler.honest(), before);
        before = handler.honest();
        handler.presses(0, 1, 1, false);
        assertNotEq(handler.honest(), before);
        before = handler.honest();
        handler.time(60);
        assertNotEq(handler.honest(), before);
        assertEq(handler.steps("answered"), 1);
    }

    function test_TheSilentTraderIsSeized() public {
        handler.collects(0, 7e6);
        handler.hoursPass(2);
        handler.collects(0, 0);
        assertEq(handler.steps("seized"), 1);
        assertEq(handler.taken(), 7e6);
    }

    function test_TheSolventTraderIsPaidBothWays() public {
        handler.announces(5);
        handler.settles(true, false);
        handler.announces(6);
        handler.hoursPass(2);
        handler.settles(false, false);
        assertEq(handler.steps("pay"), 2);
        assertEq(handler.held() + handler.got(), handler.put());
    }
}
