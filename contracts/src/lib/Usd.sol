// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Value of a token pegged to the US dollar
library Usd {
    /// @notice One US dollar in the unit of all money, 1e-8 USD.
    uint256 internal constant ONE = 1e8;

    /// @notice Most decimals of a token that are dealt with.
    uint8 internal constant MAX_DECIMALS = 36;

    /// @notice Value of `amount` units at one dollar per whole token, 1e-8 USD, rounded up: what a
    /// trader takes out is never valued too low.
    function valueCeil(uint256 amount, uint8 decimals) internal pure returns (uint256) {
        return Math.mulDiv(amount, ONE, 10 ** decimals, Math.Rounding.Ceil);
    }
}
