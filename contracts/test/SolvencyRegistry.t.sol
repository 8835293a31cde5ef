// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyRegistry} from "../src/SolvencyRegistry.sol";
import {IMarketOracle} from "../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../src/interfaces/ISolvencyRegistry.sol";
import {Statement} from "../src/lib/Statement.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

contract SolvencyRegistryTest is VaultFixture {
    /// @dev Cut-off of the exchange's last book.
    uint64 internal _cut = GENESIS - 1 days;
    address internal exchange = makeAddr("exchange");

    function setUp() public {
        deployAll();
        vm.startPrank(exchange);
    }

    function assets() internal pure returns (ISolvencyRegistry.AssetTotal[] memory list) {
        list = new ISolvencyRegistry.AssetTotal[](2);
        list[0] = ISolvencyRegistry.AssetTotal({id: 1, long: 7e16, short: 2e16});
        list[1] = ISolvencyRegistry.AssetTotal({id: 2, long: 5e10, short: 0});
    }

    /// @dev Later than that of the last one.
    function cut() internal returns (uint64) {
        return ++_cut;
    }

    function append(ISolvencyRegistry.Publication memory publication_) internal {
        registry.publish(registry.count(exchange), publication_, assets());
    }

    function test_AppendsAnEpoch() public {
        ISolvencyRegistry.Publication memory claimed = publication(0xb1, cut());
        claimed.totals = ISolvencyRegistry.Totals({
            accounts: 1000, failing: 2, equity: 9e15, shortfall: 3e8, deficit: 4e9
        });
        ISolvencyRegistry.Epoch memory expected = ISolvencyRegistry.Epoch({
            publication: claimed,
            assets: keccak256(abi.encode(assets())),
            time: GENESIS,
            marketTime: 0
        });
        vm.expectEmit(address(registry));
        emit ISolvencyRegistry.EpochPublished(exchange, 0, expected, assets());
        registry.publish(0, claimed, assets());

        assertEq(registry.count(exchange), 1);
        assertEq(abi.encode(registry.latest(exchange)), abi.encode(expected));
        assertEq(abi.encode(registry.epoch(exchange, 0)), abi.encode(expected));
        ISolvencyRegistry.Root memory root = registry.head(exchange);
        assertEq(
            abi.encode(root),
            abi.encode(ISolvencyRegistry.Root(0, 0xb1, claimed.cutOff, GENESIS, 0))
        );
        assertEq(abi.encode(registry.rootOf(exchange, 0)), abi.encode(root));
    }

    function test_EarlierEpochsStay() public {
        append(publication(1, cut()));
        bytes memory first = abi.encode(registry.latest(exchange));
        skip(1 days);
        append(publication(2, cut()));
        assertEq(registry.count(exchange), 2);
        assertEq(abi.encode(registry.epoch(exchange, 0)), first);
        assertEq(registry.latest(exchange).time, GENESIS + 1 days);
    }

    function test_VenuesDoNotTouchEachOther() public {
        append(publication(1, cut()));
        assertEq(registry.head(venue).root, FIRST_ROOT);
        assertEq(registry.count(venue), 1);
    }

    function test_RefusesToOverwriteOrSkip() public {
        append(publication(1, cut()));
        uint64[2] memory wrong = [uint64(0), 2];
        for (uint256 i = 0; i < wrong.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(ISolvencyRegistry.EpochOutOfOrder.selector, wrong[i], 1)
            );
            registry.publish(wrong[i], publication(2, cut()), assets());
        }
    }

    function test_RefusesAbsentEpochs() public {
        bytes memory none = abi.encodeWithSelector(ISolvencyRegistry.NoEpoch.selector, exchange, 0);
        vm.expectRevert(none);
        registry.latest(exchange);
        vm.expectRevert(none);
        registry.head(exchange);
        vm.expectRevert(none);
        registry.epoch(exchange, 0);
        vm.expectRevert(none);
        registry.rootOf(exchange, 0);
    }

    function test_KeepsWhenEachRootWasDisplaced() public {
        append(publication(1, cut()));
        skip(1 days);
        append(publication(2, cut()));
        ISolvencyRegistry.Root memory first = registry.rootOf(exchange, 0);
        assertEq(first.time, GENESIS);
        assertEq(first.displacedAt, GENESIS + 1 days);
        assertEq(registry.head(exchange).displacedAt, 0);
        assertEq(registry.head(exchange).time, GENESIS + 1 days);
        assertEq(abi.encode(registry.rootOf(exchange, 1)), abi.encode(registry.head(exchange)));
    }

    function test_RefusesAnUnchangedRoot() public {
        append(publication(1, cut()));
        vm.expectRevert(abi.encodeWithSelector(ISolvencyRegistry.RootUnchanged.selector, 1));
        registry.publish(1, publication(1, cut()), assets());
    }

    function test_RefusesACutOffThatIsNotLater() public {
        append(publication(1, cut()));
        for (uint64 back = 0; back < 2; back++) {
            uint64 cutOff = _cut - back;
            vm.expectRevert(
                abi.encodeWithSelector(ISolvencyRegistry.CutOffNotLater.selector, cutOff, _cut)
            );
            registry.publish(1, publication(2, cutOff), assets());
        }
        append(publication(2, _cut + 1));
    }

    /// A cut-off in the future would make a book young for longer than it is.
    function test_RefusesACutOffInTheFuture() public {
        vm.expectRevert(
            abi.encodeWithSelector(ISolvencyRegistry.CutOffInFuture.selector, GENESIS + 1, GENESIS)
        );
        registry.publish(0, publication(1, GENESIS + 1), assets());
        vm.expectRevert(abi.encodeWithSelector(ISolvencyRegistry.CutOffNotLater.selector, 0, 0));
        registry.publish(0, publication(1, 0), assets());
        append(publication(1, GENESIS));
    }

    function test_RefusesDigestsOutsideTheField() public {
        uint256[2] memory bad = [uint256(0), Statement.MODULUS];
        for (uint256 i = 0; i < bad.length; i++) {
            ISolvencyRegistry.Publication memory p = publication(bad[i], cut());
            refusesDigest(p, "root", bad[i]);
            p = publication(1, cut());
            p.market = bad[i];
            refusesDigest(p, "market", bad[i]);
            p = publication(1, cut());
            p.policy = bad[i];
            refusesDigest(p, "policy", bad[i]);
        }
        append(publication(Statement.MODULUS - 1, cut()));
    }

    function refusesDigest(
        ISolvencyRegistry.Publication memory p,
        string memory field,
        uint256 value
    ) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ISolvencyRegistry.DigestOutOfRange.selector, field, value)
        );
        registry.publish(0, p, assets());
    }

    function test_RefusesMissingDigestAndRatio() public {
        ISolvencyRegistry.Publication memory p = publication(1, cut());
        p.digest = 0;
        vm.expectRevert(ISolvencyRegistry.DigestMissing.selector);
        registry.publish(0, p, assets());
        p = publication(1, cut());
        p.ratio = 0;
        vm.expectRevert(ISolvencyRegistry.RatioMissing.selector);
        registry.publish(0, p, assets());
    }

    function test_RefusesMoreFailingThanAccounts() public {
        ISolvencyRegistry.Publication memory p = publication(1, cut());
        p.totals.failing = p.totals.accounts + 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                ISolvencyRegistry.TooManyFailing.selector, p.totals.accounts + 1, p.totals.accounts
            )
        );
        registry.publish(0, p, assets());
    }

    function test_RefusesUnsortedOrRepeatedAssets() public {
        ISolvencyRegistry.AssetTotal[] memory list = assets();
        list[1].id = list[0].id;
        vm.expectRevert(abi.encodeWithSelector(ISolvencyRegistry.AssetsNotSorted.selector, 1, 1));
        registry.publish(0, publication(1, cut()), list);
    }

    function test_TakesTheTimeOfAnOracleMarket() public {
        skip(1 minutes);
        ISolvencyRegistry.Publication memory p = publication(1, cut());
        p.oracle = oracle;
        append(p);
        assertEq(registry.latest(exchange).marketTime, GENESIS);
        assertEq(registry.lastMarketTime(exchange), GENESIS);
    }

    function test_RefusesAnOraclesMarketThatIsNotNewer() public {
        ISolvencyRegistry.Publication memory p = publication(1, cut());
        p.oracle = oracle;
        append(p);
        // An epoch without an oracle in between does not reset the rule.
        append(publication(2, cut()));
        p.cutOff = cut();
        vm.expectRevert(
            abi.encodeWithSelector(ISolvencyRegistry.MarketNotNewer.selector, GENESIS, GENESIS)
        );
        registry.publish(2, p, assets());

        skip(1 minutes);
        market();
        p.market = FIRST_MARKET + 1;
        p.root = 3;
        append(p);
        assertEq(registry.latest(exchange).marketTime, GENESIS + 1 minutes);
    }

    function test_RefusesAMarketUnknownToTheOracle() public {
        ISolvencyRegistry.Publication memory p = publication(1, cut());
        p.oracle = oracle;
        p.market = 0xbad;
        vm.expectRevert(
            abi.encodeWithSelector(
                ISolvencyRegistry.MarketUnknown.selector, IMarketOracle(oracle), 0xbad
            )
        );
        registry.publish(0, p, assets());
    }

    function testFuzz_HistoryNeverChanges(uint256[6] memory roots, uint32[6] memory steps) public {
        bytes32[6] memory hashes;
        uint256 last = 0;
        for (uint64 i = 0; i < roots.length; i++) {
            skip(steps[i]);
            uint256 root = bound(roots[i], 1, Statement.MODULUS - 2);
            if (root == last) root++;
            last = root;
            append(publication(root, cut()));
            hashes[i] = keccak256(abi.encode(registry.epoch(exchange, i)));
            for (uint64 j = 0; j <= i; j++) {
                ISolvencyRegistry.Epoch memory epoch = registry.epoch(exchange, j);
                assertEq(keccak256(abi.encode(epoch)), hashes[j]);
                if (j > 0) assertGe(epoch.time, registry.epoch(exchange, j - 1).time);
            }
        }
    }
}
