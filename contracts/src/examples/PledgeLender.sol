// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarginVaultTypes as V} from "../interfaces/IMarginVaultTypes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title An example: one loan against the floor of one pledge
/// @notice The lender is the beneficiary of a pledge and lends the pledged token, no more than its
/// floor. What is above the floor counts for nothing: equity can be lent to an account for one book.
///
/// Whoever repays gets the floor lowered by as much in the same transaction, so the borrower never
/// trusts the lender for what he has paid back. There is no interest: a loan of 97 to be repaid with
/// 100 is one with `principal` 97 and `debt` 100.
///
/// `owner` calls margin and seizes; he can do no more to the pledge than a beneficiary can.
contract PledgeLender is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    IMarginVault public immutable vault;
    address public immutable owner;
    address public immutable borrower;
    /// @notice Units lent, and units to be repaid, both of the pledged token.
    uint256 public immutable principal;
    uint256 public debt;
    /// @notice Identity of the pledge, once the loan was made; zero before.
    bytes32 public pledge;

    event Lent(bytes32 indexed pledge, uint256 principal, uint256 debt);
    event Repaid(address indexed by, uint256 amount, uint256 debt);

    error BorrowerMissing();
    error NotOwner(address caller);
    error NotBorrower(address caller);
    error LoanMade();
    error OtherPledge(bytes32 given, bytes32 pledge);
    error NotPledgedHere(address beneficiary);
    error FloorBelowDebt(uint256 floor, uint256 debt);
    error CollateralBelowFloor(uint256 collateral, uint256 floor);
    error TooMuch(uint256 amount, uint256 debt);

    constructor(IMarginVault vault_, address borrower_, uint256 principal_, uint256 debt_) {
        if (borrower_ == address(0)) revert BorrowerMissing();
        (vault, owner, borrower) = (vault_, msg.sender, borrower_);
        (principal, debt) = (principal_, debt_);
    }

    /// @notice Pays the loan to the borrower. The floor must be the debt, and there.
    function lend(V.Terms calldata terms) external nonReentrant {
        if (msg.sender != borrower) revert NotBorrower(msg.sender);
        if (pledge != 0) revert LoanMade();
        if (terms.form != V.Form.Pledge || terms.beneficiary != address(this)) {
            revert NotPledgedHere(terms.beneficiary);
        }
        bytes32 id = vault.idOf(terms);
        V.Agreement memory deal = vault.agreement(id);
        if (deal.status != V.Status.Active || deal.floor < debt) {
            revert FloorBelowDebt(deal.floor, debt);
        }
        if (deal.collateral < deal.floor) revert CollateralBelowFloor(deal.collateral, deal.floor);
        pledge = id;
        emit Lent(id, principal, debt);
        terms.token.safeTransfer(borrower, principal);
    }

    /// @notice Takes a repayment and lowers the floor to what is still owed: both or neither.
    function repay(V.Terms calldata terms, uint256 amount) external nonReentrant {
        _ours(terms);
        if (amount > debt) revert TooMuch(amount, debt);
        uint256 left = debt - amount;
        debt = left;
        emit Repaid(msg.sender, amount, left);
        terms.token.safeTransferFrom(msg.sender, address(this), amount);
        vault.lowerFloor(terms, left);
    }

    /// @notice Calls margin for what is owed.
    function callMargin(V.Terms calldata terms, uint128 topUp) external {
        _onlyOwner();
        _ours(terms);
        // The debt was within the floor, which has 128 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        vault.marginCall(terms, uint128(debt), topUp);
    }

    /// @notice Takes what is due after a lapse.
    function seize(V.Terms calldata terms) external {
        _onlyOwner();
        _ours(terms);
        debt = 0;
        vault.seize(terms, address(this));
    }

    /// @notice Sends units that the lender holds to the owner.
    function sweep(IERC20 token, uint256 amount) external {
        _onlyOwner();
        token.safeTransfer(owner, amount);
    }

    function _onlyOwner() private view {
        if (msg.sender != owner) revert NotOwner(msg.sender);
    }

    function _ours(V.Terms calldata terms) private view {
        bytes32 id = vault.idOf(terms);
        if (id != pledge) revert OtherPledge(id, pledge);
    }
}
