// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {TermsCheck} from "./lib/TermsCheck.sol";
import {VaultCalls} from "./vault/VaultCalls.sol";
import {VaultCustody} from "./vault/VaultCustody.sol";
import {VaultEnds} from "./vault/VaultEnds.sol";
import {VaultPledge} from "./vault/VaultPledge.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Agreements between traders known by a nullifier and their beneficiaries
/// @notice See `IMarginVault` for the rules. The vault has no owner and no parameter: all that it
/// trusts is named in the terms of each agreement.
contract MarginVault is VaultCalls, VaultPledge, VaultCustody, VaultEnds, Multicall, ERC165 {
    using SafeERC20 for IERC20;

    /// @inheritdoc IMarginVault
    function open(Terms calldata terms) external nonReentrant returns (bytes32 id) {
        id = idOf(terms);
        Agreement storage deal = _agreements[id];
        if (deal.status != Status.Unknown) revert AgreementExists(id);
        TermsCheck.check(terms);
        // There must be something to prove against; the oracle reverts without a young market.
        _checkYoung(terms, _head(terms).cutOff);
        // slither-disable-next-line unused-return
        _youngMarket(terms);
        deal.status = Status.Active;
        deal.openedAt = uint40(block.timestamp);
        deal.floor = terms.floor;
        emit Opened(id, terms.beneficiary, terms.refund, terms);
    }

    /// @inheritdoc IMarginVault
    function deposit(Terms calldata terms, uint256 amount)
        external
        nonReentrant
        returns (uint256 credited)
    {
        return _deposit(terms, amount);
    }

    /// @inheritdoc IMarginVault
    function depositWithPermit(
        Terms calldata terms,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 credited) {
        IERC20Permit token = IERC20Permit(address(terms.token));
        // Whoever saw the permit may have used it; then the allowance is there.
        try token.permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(terms, amount);
    }

    /// @inheritdoc ERC165
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IMarginVault).interfaceId || super.supportsInterface(interfaceId);
    }

    function _deposit(Terms calldata terms, uint256 amount) private returns (uint256 credited) {
        (bytes32 id, Agreement storage deal) = _live(terms);
        if (amount == 0) revert ZeroAmount();
        bool called = deal.calledAt != 0;
        // What another pays in during a call would only be seized with the rest.
        if (called) _only(terms.refund);
        uint256 before = terms.token.balanceOf(address(this));
        terms.token.safeTransferFrom(msg.sender, address(this), amount);
        credited = terms.token.balanceOf(address(this)) - before;
        // Nobody can push this to or away from zero but by sending tokens to the vault.
        // slither-disable-next-line incorrect-equality
        if (credited == 0) revert NothingArrived(amount);
        if (called && credited < deal.topUp) revert TopUpTooSmall(credited, deal.topUp);
        uint256 collateral = deal.collateral + credited;
        deal.collateral = SafeCast.toUint128(collateral);
        emit Deposited(id, msg.sender, credited, collateral);
        if (called) _endCall(terms, id, deal, CallEnd.ToppedUp);
    }
}
