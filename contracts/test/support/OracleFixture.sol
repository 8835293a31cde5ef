// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarketOracle} from "../../src/MarketOracle.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {Test} from "forge-std/Test.sol";

/// @title An oracle of three signers, two of which must sign
abstract contract OracleFixture is Test {
    uint64 internal constant GENESIS = 1_787_412_840;
    uint64 internal constant MAX_AGE = 10 minutes;
    uint64 internal constant SPACING = 30 seconds;
    uint64 internal constant SLACK = 1 minutes;
    /// @dev Age up to which a market is recorded.
    uint64 internal constant RELAY_AGE = MAX_AGE - SPACING - SLACK;
    uint64 internal constant ROTATION_DELAY = 2 days;
    uint64 internal constant PROPOSAL_TERM = 5 days;
    uint64 internal constant SETTLED_FOR = 30 days;

    MarketOracle internal oracle;
    address internal owner = makeAddr("owner");
    /// @dev Private keys in ascending order of their addresses.
    uint256[] internal keys;

    function deployOracle() internal {
        vm.warp(GENESIS);
        keys = sortedKeys(1, 3);
        oracle = new MarketOracle(owner, addresses(keys), 2, timing());
    }

    function timing() internal pure returns (IMarketOracle.Timing memory) {
        return IMarketOracle.Timing({
            maxAge: MAX_AGE,
            spacing: SPACING,
            slack: SLACK,
            rotationDelay: ROTATION_DELAY,
            proposalTerm: PROPOSAL_TERM,
            settledFor: SETTLED_FOR
        });
    }

    /// @dev Records a market of this very second.
    function record(uint256 digest) internal {
        recordAt(uint64(block.timestamp), digest);
    }

    function recordAt(uint64 time, uint256 digest) internal {
        oracle.submit(time, digest, signedBy(two(keys[0], keys[1]), time, digest));
    }

    function signedBy(uint256[] memory by, uint64 time, uint256 digest)
        internal
        view
        returns (bytes[] memory signatures)
    {
        signatures = new bytes[](by.length);
        for (uint256 i = 0; i < by.length; i++) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(by[i], oracle.hashOf(time, digest));
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function sortedKeys(uint256 first, uint256 count)
        internal
        pure
        returns (uint256[] memory sorted)
    {
        sorted = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 key = first + i;
            uint256 place = i;
            for (; place > 0 && vm.addr(sorted[place - 1]) > vm.addr(key); place--) {
                sorted[place] = sorted[place - 1];
            }
            sorted[place] = key;
        }
    }

    function addresses(uint256[] memory of_) internal pure returns (address[] memory list) {
        list = new address[](of_.length);
        for (uint256 i = 0; i < of_.length; i++) {
            list[i] = vm.addr(of_[i]);
        }
    }

    function two(uint256 a, uint256 b) internal pure returns (uint256[] memory list) {
        list = new uint256[](2);
        (list[0], list[1]) = (a, b);
    }

    function one(uint256 a) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = a;
    }
}
