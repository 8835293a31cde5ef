// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Verifier, token, oracle, registry, venue and signatory of somebody who means harm
/// @notice It answers every call that a vault makes, by its mood of the moment.
contract Hostile {
    enum Mood {
        /// What makes the vault go on: every proof holds, every token arrives, all is young, every
        /// signature is good.
        Pleasing,
        /// The same, with one call of its own in the middle of every transfer.
        Reentering,
        /// Every word of every answer is `word`.
        Lying,
        /// Success, and no answer.
        Silent,
        Refusing
    }

    Mood public mood;
    uint256 public word;
    uint256 public policy;
    uint256 public root;
    /// @dev Units of itself that the vault has, as a token.
    uint256 private _held;
    address private _target;
    bytes private _data;
    /// @dev Whether the last call in the middle of a transfer went through.
    bool public entered;

    function pose(Mood mood_, uint256 word_, uint256 policy_, uint256 root_) external {
        (mood, word, policy, root) = (mood_, word_, policy_, root_);
    }

    function arm(address target, bytes calldata data) external {
        (_target, _data, entered) = (target, data, false);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        require(mood != Mood.Refusing, "refused");
        if (mood == Mood.Silent) return "";
        if (mood == Mood.Lying) return abi.encode(word, word, word, word, word, word, word, word);
        return _pleasing(msg.sig);
    }

    function _pleasing(bytes4 sig) private returns (bytes memory) {
        uint64 time = uint64(block.timestamp);
        if (sig == IMarginVerifier.verify.selector) return abi.encode(true);
        if (sig == IERC1271.isValidSignature.selector) return abi.encode(sig);
        if (sig == IERC20.balanceOf.selector) return abi.encode(_held);
        if (sig == IMarketOracle.maxAge.selector) return abi.encode(60);
        if (sig == IMarketOracle.settledFor.selector) return abi.encode(365 days);
        if (sig == IMarketOracle.latest.selector) return abi.encode(1, time);
        if (sig == IMarketOracle.peek.selector) {
            return abi.encode(IMarketOracle.Market(1, time, time, 1));
        }
        bool roots = sig == ISolvencyRegistry.head.selector;
        if (roots || sig == ISolvencyRegistry.rootOf.selector) {
            return abi.encode(ISolvencyRegistry.Root(0, root, time, 1, 0));
        }
        // What is left moves tokens; the amount is the last word of the call.
        uint256 amount = uint256(bytes32(msg.data[msg.data.length - 32:]));
        unchecked {
            _held = sig == IERC20.transfer.selector ? _held - amount : _held + amount;
        }
        if (mood == Mood.Reentering) (entered,) = _target.call(_data);
        return abi.encode(true);
    }
}
