// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title A dollar that anyone may mint
contract TestToken is ERC20Permit {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) ERC20("Test Dollar", "TUSD") ERC20Permit("Test Dollar") {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @title A token that blocks whom anyone tells it to block
contract BlockingToken is TestToken(6) {
    error Blocked(address account);

    mapping(address account => bool) public blocked;

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// @title A second address of a token: transfers through it move the balances of the first
contract SecondAddress {
    RebasingToken private immutable _first;

    constructor(RebasingToken first) {
        _first = first;
    }

    function balanceOf(address account) external view returns (uint256) {
        return _first.balanceOf(account);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _first.move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _first.move(from, to, amount);
    }
}

/// @title A token whose balances anyone may change
contract RebasingToken is TestToken(6) {
    function burn(address from, uint256 amount) external {
        _burn(from, amount);
    }

    function move(address from, address to, uint256 amount) external returns (bool) {
        _transfer(from, to, amount);
        return true;
    }
}

/// @title A token that keeps a hundredth of every transfer
contract FeeToken is TestToken(6) {
    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) {
            uint256 fee = amount / 100;
            super._update(from, address(0), fee);
            amount -= fee;
        }
        super._update(from, to, amount);
    }
}

/// @title A token that takes everything and delivers nothing
contract SwallowingToken is TestToken(6) {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, from != address(0) && to != address(0) ? address(0xdead) : to, amount);
    }
}

/// @title A token that refuses to transfer nothing
contract NonZeroToken is TestToken(6) {
    function _update(address from, address to, uint256 amount) internal override {
        require(amount != 0, "zero transfer");
        super._update(from, to, amount);
    }
}

/// @title A token that answers false instead of reverting
contract FalseToken is TestToken(6) {
    bool public broken;

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return broken ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return broken ? false : super.transferFrom(from, to, amount);
    }
}

/// @title A token that makes one call of its own in the middle of every transfer
contract ReentrantToken is TestToken(6) {
    address private _target;
    bytes private _data;
    bytes public result;
    bool public succeeded;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_target != address(0)) (succeeded, result) = _target.call(_data);
    }
}
