// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {PledgeLender} from "../src/examples/PledgeLender.sol";
import {IMarginVaultTypes as V} from "../src/interfaces/IMarginVaultTypes.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// A loan against the floor of a pledge, from end to end.
contract PledgeLenderTest is VaultFixture {
    uint256 internal constant PRINCIPAL = 29_000e6;

    PledgeLender internal desk;
    V.Terms internal t;

    function setUp() public {
        deployAll();
        vm.prank(lender);
        desk = new PledgeLender(vault, trader, PRINCIPAL, FLOOR);
        token.mint(address(desk), PRINCIPAL);
        t = pledge;
        (t.beneficiary, t.exitTo) = (address(desk), address(desk));
        vault.open(t);
    }

    function lend() internal {
        fund(t, STAKE);
        vm.prank(trader);
        desk.lend(t);
    }

    function repay(uint256 amount) internal {
        token.mint(trader, amount);
        vm.startPrank(trader);
        token.approve(address(desk), amount);
        desk.repay(t, amount);
        vm.stopPrank();
    }

    function test_LendsToSomebody() public {
        vm.expectRevert(PledgeLender.BorrowerMissing.selector);
        new PledgeLender(vault, address(0), PRINCIPAL, FLOOR);
    }

    function test_LendsOnceAgainstAFloorThatIsThere() public {
        vm.expectRevert(abi.encodeWithSelector(PledgeLender.NotBorrower.selector, address(this)));
        desk.lend(t);
        vm.startPrank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(PledgeLender.CollateralBelowFloor.selector, 0, FLOOR)
        );
        desk.lend(t);
        vm.expectRevert(abi.encodeWithSelector(PledgeLender.NotPledgedHere.selector, lender));
        desk.lend(pledge);
        V.Terms memory low = t;
        low.floor = FLOOR - 1;
        vault.open(low);
        vm.expectRevert(
            abi.encodeWithSelector(PledgeLender.FloorBelowDebt.selector, FLOOR - 1, FLOOR)
        );
        desk.lend(low);
        vm.stopPrank();
        lend();
        assertEq(token.balanceOf(trader), PRINCIPAL);
        vm.prank(trader);
        vm.expectRevert(PledgeLender.LoanMade.selector);
        desk.lend(t);
    }

    function test_RepaymentAndLoweringAreOneTransaction() public {
        lend();
        repay(10_000e6);
        assertEq(state(t).floor, 20_000e6);
        assertEq(desk.debt(), 20_000e6);
        withdraw(t, STAKE - 20_000e6);
        // If the vault does not lower, nothing was repaid.
        vm.mockCallRevert(address(vault), abi.encodeCall(vault.lowerFloor, (t, 0)), "no");
        token.mint(trader, 20_000e6);
        uint256 before = token.balanceOf(trader);
        vm.startPrank(trader);
        token.approve(address(desk), 20_000e6);
        vm.expectRevert(bytes("no"));
        desk.repay(t, 20_000e6);
        assertEq(token.balanceOf(trader), before);
        vm.clearMockedCalls();
        vm.expectRevert(
            abi.encodeWithSelector(PledgeLender.TooMuch.selector, 20_000e6 + 1, 20_000e6)
        );
        desk.repay(t, 20_000e6 + 1);
        desk.repay(t, 20_000e6);
        vm.stopPrank();
        withdraw(t, 20_000e6);
        assertStatus(t, V.Status.Closed);
        vm.prank(lender);
        desk.sweep(token, FLOOR);
        assertEq(token.balanceOf(lender), FLOOR);
    }

    function test_SeizesWhatIsOwedUpToTheFloor() public {
        lend();
        repay(10_000e6);
        withdraw(t, STAKE - 20_000e6);
        vm.expectRevert(abi.encodeWithSelector(PledgeLender.NotOwner.selector, address(this)));
        desk.callMargin(t, 1e6);
        vm.prank(lender);
        desk.callMargin(t, 1e6);
        lapse(t);
        vm.expectRevert(abi.encodeWithSelector(PledgeLender.NotOwner.selector, address(this)));
        desk.seize(t);
        vm.startPrank(lender);
        vm.expectPartialRevert(PledgeLender.OtherPledge.selector);
        desk.seize(pledge);
        desk.seize(t);
        assertEq(token.balanceOf(address(desk)), FLOOR);
        assertEq(desk.debt(), 0);
    }
}
