// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title When a margin call lapses
/// @notice The arithmetic behind `IMarginVault.windowEnd`, where the rule and its reason are.
library ResponseWindow {
    /// @param calledAt Time of the call.
    /// @param window Seconds to answer.
    /// @param patience Seconds that silence may add at most.
    /// @param aliveSince Start of the last run in which oracle and venue were alive without
    /// interruption.
    /// @param aliveUntil Last second of that run as things stand.
    struct Inputs {
        uint256 calledAt;
        uint256 window;
        uint256 patience;
        uint256 aliveSince;
        uint256 aliveUntil;
    }

    /// @notice Last second before the call lapses, seen at `time`. Unix seconds.
    function end(Inputs memory inputs, uint256 time) internal pure returns (uint256) {
        uint256 hard = hardEnd(inputs);
        uint256 start = inputs.calledAt;
        if (inputs.aliveSince > start) start = inputs.aliveSince;
        uint256 liveEnd = start + inputs.window;
        bool silent = time > inputs.aliveUntil;
        bool cutShort = silent && inputs.aliveUntil < liveEnd;
        return cutShort || liveEnd > hard ? hard : liveEnd;
    }

    /// @notice The end in any case. Unix seconds.
    function hardEnd(Inputs memory inputs) internal pure returns (uint256) {
        return inputs.calledAt + inputs.window + inputs.patience;
    }
}
