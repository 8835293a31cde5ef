// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../src/interfaces/IMarginVaultTypes.sol";
import {ISolvencyRegistry} from "../src/interfaces/ISolvencyRegistry.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// Gas of whole transactions without the verifier's part. They must be those in
/// snapshots/MarginGas.json; foundry.toml says how this file is written.
contract GasTest is VaultFixture {
    string internal constant GROUP = "MarginGas";

    function setUp() public {
        deployAll();
        tick(1 minutes);
    }

    function took(string memory action) internal {
        vm.snapshotGasLastCall(GROUP, action);
    }

    function test_Submit() public {
        skip(1 minutes);
        record(0xf1);
        took("MarketOracle.submit, 2 of 3");
    }

    function test_Publish() public {
        ISolvencyRegistry.Publication memory claimed = publication(0xb1, uint64(block.timestamp));
        claimed.oracle = oracle;
        claimed.totals.shortfall = 1;
        claimed.totals.deficit = 1;
        claimed.cutOff = uint64(block.timestamp) + 1;
        skip(1);
        ISolvencyRegistry.AssetTotal[] memory assets = new ISolvencyRegistry.AssetTotal[](4);
        for (uint96 i = 0; i < 4; i++) {
            assets[i] = ISolvencyRegistry.AssetTotal({id: i + 1, long: 5e16, short: 1e16});
        }
        vm.prank(venue);
        registry.publish(2, claimed, assets);
        took("SolvencyRegistry.publish, 4 assets");
    }

    function test_Open() public {
        V.Terms memory other = pledge;
        other.salt = "other";
        vault.open(other);
        took("MarginVault.open");
    }

    function test_Deposit() public {
        allow(trader, pledge, 1e6);
        vm.prank(trader);
        vault.deposit(pledge, 1e6);
        took("MarginVault.deposit");
    }

    function test_Withdraw() public {
        withdraw(pledge, 1e6);
        took("MarginVault.withdraw");
    }

    function test_LowerFloor() public {
        vm.prank(lender);
        vault.lowerFloor(pledge, 0);
        took("MarginVault.lowerFloor");
    }

    function test_MarginCall() public {
        call(pledge, ALL, 1e6);
        took("MarginVault.marginCall");
    }

    function test_Answer() public {
        call(pledge, ALL, 1e6);
        tick(1 minutes);
        answer(pledge);
        took("MarginVault.answer");
    }

    function test_Acknowledge() public {
        call(pledge, ALL, 1e6);
        bytes memory signature = signAcknowledgement(1, deadline());
        vault.acknowledge(pledge, deadline(), signature);
        took("MarginVault.acknowledge");
    }

    function test_CancelCall() public {
        call(pledge, ALL, 1e6);
        vm.prank(lender);
        vault.cancelCall(pledge);
        took("MarginVault.cancelCall");
    }

    function test_TopUp() public {
        call(pledge, ALL, 1e6);
        allow(refund, pledge, 1e6);
        vm.prank(refund);
        vault.deposit(pledge, 1e6);
        took("MarginVault.deposit, top-up");
    }

    function test_Seize() public {
        call(pledge, 10_000e6, 1e6);
        uint64 calledAt = state(pledge).calledAt;
        live(WINDOW + 1);
        uint64[] memory epochs = epochsSince(calledAt);
        vault.recordLapse(pledge, epochs);
        took("MarginVault.recordLapse, 5 epochs");
        assertEq(epochs.length, 5);
        seize(pledge);
        took("MarginVault.seize");
    }

    function test_Announce() public {
        announce(1e6);
        took("MarginVault.announce");
    }

    function test_CancelAnnouncement() public {
        announce(1e6);
        vm.prank(refund);
        vault.cancelAnnouncement(custody);
        took("MarginVault.cancelAnnouncement");
    }

    function test_PayAnnounced() public {
        announce(1e6);
        bytes memory signature = signPayment(deadline());
        vault.payAnnounced(custody, deadline(), signature);
        took("MarginVault.payAnnounced");
    }

    function test_PayByProof() public {
        announce(1e6);
        tick(NOTICE);
        V.Proof memory proof = provePayment(custody);
        vault.payByProof(custody, proof);
        took("MarginVault.payByProof");
    }

    function test_Release() public {
        vm.prank(lender);
        vault.release(pledge);
        took("MarginVault.release");
        vm.prank(refund);
        vault.collect(pledge, refund);
        took("MarginVault.collect");
    }

    function test_Exit() public {
        skip(EXIT_AFTER + BOOK_AGE + 1 minutes);
        vm.prank(refund);
        vault.exit(pledge);
        took("MarginVault.exit");
    }

    function test_Finish() public {
        vm.warp(END);
        vm.prank(refund);
        vault.finish(pledge);
        took("MarginVault.finish");
    }
}
