// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../src/interfaces/IMarginVault.sol";
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

    function test_Submit() public {
        skip(1 minutes);
        record(0xf1);
        vm.snapshotGasLastCall(GROUP, "MarketOracle.submit, 2 of 3");
    }

    function test_Publish() public {
        ISolvencyRegistry.Publication memory claimed = publication(FIRST_ROOT + 1);
        claimed.oracle = oracle;
        claimed.totals.shortfall = 1;
        claimed.totals.deficit = 1;
        ISolvencyRegistry.AssetTotal[] memory assets = new ISolvencyRegistry.AssetTotal[](4);
        for (uint96 i = 0; i < 4; i++) {
            assets[i] = ISolvencyRegistry.AssetTotal({id: i + 1, long: 5e16, short: 1e16});
        }
        vm.prank(venue);
        registry.publish(1, claimed, assets);
        vm.snapshotGasLastCall(GROUP, "SolvencyRegistry.publish, 4 assets");
    }

    function test_Open() public {
        IMarginVault.Terms memory other = terms();
        other.salt = "other";
        vault.open(other);
        vm.snapshotGasLastCall(GROUP, "MarginVault.open");
    }

    function test_Deposit() public {
        token.mint(trader, 1e6);
        vm.startPrank(trader);
        token.approve(address(vault), 1e6);
        vault.deposit(id, 1e6);
        vm.snapshotGasLastCall(GROUP, "MarginVault.deposit");
    }

    function test_Withdraw() public {
        withdraw(1e6);
        vm.snapshotGasLastCall(GROUP, "MarginVault.withdraw");
    }

    function test_MarginCall() public {
        call();
        vm.snapshotGasLastCall(GROUP, "MarginVault.marginCall");
    }

    function test_Answer() public {
        call();
        tick(1 minutes);
        answer();
        vm.snapshotGasLastCall(GROUP, "MarginVault.answer");
    }

    function test_Seize() public {
        call();
        live(WINDOW + 1);
        seize();
        vm.snapshotGasLastCall(GROUP, "MarginVault.seize");
    }

    function test_Close() public {
        close();
        vm.snapshotGasLastCall(GROUP, "MarginVault.close");
    }

    function test_Release() public {
        vm.prank(beneficiary);
        vault.release(id);
        vm.snapshotGasLastCall(GROUP, "MarginVault.release");
    }
}
