// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginStatement} from "./generated/MarginStatement.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IMarketOracle} from "./interfaces/IMarketOracle.sol";
import {ResponseWindow} from "./lib/ResponseWindow.sol";
import {Statement} from "./lib/Statement.sol";
import {Usd} from "./lib/Usd.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Agreements between traders known by a nullifier and their beneficiaries
/// @notice See `IMarginVault` for the rules. The vault has no owner and no parameter: all that it
/// trusts is named in the terms of each agreement.
contract MarginVault is IMarginVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 public constant SCOPE_TAG = keccak256("zkmargin MarginVault scope v1");
    bytes32 public constant MESSAGE_TAG = keccak256("zkmargin MarginVault message v1");

    /// @inheritdoc IMarginVault
    /// @dev Fixed, so that a nullifier stays valid should the chain change its number; messages
    /// always carry the current number.
    uint256 public immutable scope;

    /// @notice What a proof is presented for.
    /// @param amount Units bound by the message.
    /// @param outgoing Units that leave.
    /// @param market Market digest that the proof must be about.
    struct Claim {
        bytes32 id;
        Action action;
        uint256 amount;
        uint256 outgoing;
        uint256 buffer;
        uint64 deadline;
        uint256 market;
    }

    /// @notice Value taken out under one key of `_drawn` since an epoch of its venue, 1e-8 USD.
    struct Drawn {
        uint64 epoch;
        uint192 value;
    }

    mapping(bytes32 id => Agreement) private _agreements;
    /// @dev By hash of nullifier, registry, venue and verifier: one account may stand behind
    /// agreements with several beneficiaries, and its equity is there once. The verifier is in it
    /// since anyone may open an agreement with a verifier of his own and the nullifier of another.
    /// Under an honest verifier, whatever the token and the oracle, only who knows the secret
    /// behind the nullifier can add to the sum; registry and venue decide when it is forgotten.
    mapping(bytes32 account => Drawn) private _drawn;

    constructor() {
        scope = Statement.toField(keccak256(abi.encode(SCOPE_TAG, block.chainid, address(this))));
    }

    /// @inheritdoc IMarginVault
    function open(Terms calldata terms) external nonReentrant returns (bytes32 id) {
        id = idOf(terms);
        Agreement storage deal = _agreements[id];
        if (deal.status != Status.Unknown) revert AgreementExists(id);
        _checkTerms(terms);
        deal.terms = terms;
        deal.status = Status.Active;
        deal.decimals = terms.token.decimals();
        if (deal.decimals > Usd.MAX_DECIMALS) revert BadTerm("decimals", deal.decimals);
        emit Opened(id, terms.beneficiary, terms.nullifier, terms);
    }

    /// @inheritdoc IMarginVault
    function deposit(bytes32 id, uint256 amount) external nonReentrant returns (uint256 credited) {
        Agreement storage deal = _uncalled(id);
        if (amount == 0) revert ZeroAmount();
        IERC20 token = deal.terms.token;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        credited = token.balanceOf(address(this)) - before;
        // Nobody can push this to or away from zero but by sending tokens to the vault.
        // slither-disable-next-line incorrect-equality
        if (credited == 0) revert NothingArrived(amount);
        deal.collateral += credited;
        emit Deposited(id, msg.sender, credited, deal.collateral);
    }

    /// @inheritdoc IMarginVault
    function withdraw(
        bytes32 id,
        uint256 amount,
        uint256 buffer,
        uint64 deadline,
        bytes calldata proof
    ) external nonReentrant {
        Agreement storage deal = _uncalled(id);
        if (amount == 0) revert ZeroAmount();
        if (amount > deal.collateral) revert AmountTooLarge(amount, deal.collateral);
        uint256 market = _latestMarket(deal);
        _prove(deal, Claim(id, Action.Withdraw, amount, amount, buffer, deadline, market), proof);
        deal.collateral -= amount;
        emit Withdrawn(id, msg.sender, amount, deal.collateral);
        _pay(deal, msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function marginCall(bytes32 id) external nonReentrant {
        Agreement storage deal = _uncalled(id);
        _onlyBeneficiary(deal);
        // Without this an empty agreement could be called and lie in wait for a deposit.
        if (deal.collateral == 0) revert NothingAtStake(id);
        uint64 blockTime = uint64(block.timestamp);
        if (blockTime < deal.nextCallAt) revert CallTooSoon(blockTime, deal.nextCallAt);
        deal.status = Status.Called;
        deal.calledAt = blockTime;
        emit MarginCalled(id, blockTime, _windowEnd(deal));
    }

    /// @inheritdoc IMarginVault
    function answer(bytes32 id, uint256 buffer, uint64 deadline, bytes calldata proof)
        external
        nonReentrant
    {
        Agreement storage deal = _called(id);
        (uint256 market, uint64 marketTime) = _answeringMarket(deal);
        _prove(deal, Claim(id, Action.Answer, 0, 0, buffer, deadline, market), proof);
        deal.status = Status.Active;
        deal.calledAt = 0;
        deal.nextCallAt = uint64(block.timestamp) + deal.terms.cooldown;
        emit Answered(id, marketTime, deal.nextCallAt);
    }

    /// @inheritdoc IMarginVault
    function seize(bytes32 id) external nonReentrant {
        Agreement storage deal = _called(id);
        _onlyBeneficiary(deal);
        uint64 end = _windowEnd(deal);
        if (block.timestamp <= end) revert WindowNotLapsed(uint64(block.timestamp), end);
        uint256 amount = _finish(deal);
        emit Seized(id, msg.sender, amount);
        _pay(deal, msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function close(bytes32 id, uint256 buffer, uint64 deadline, bytes calldata proof)
        external
        nonReentrant
    {
        Agreement storage deal = _uncalled(id);
        uint256 market = _latestMarket(deal);
        _prove(deal, Claim(id, Action.Close, 0, deal.collateral, buffer, deadline, market), proof);
        uint256 amount = _finish(deal);
        emit Closed(id, msg.sender, amount);
        _pay(deal, msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function release(bytes32 id) external nonReentrant {
        Agreement storage deal = _live(id);
        _onlyBeneficiary(deal);
        uint256 amount = _finish(deal);
        address refund = deal.terms.refund;
        emit Released(id, refund, amount);
        _pay(deal, refund, amount);
    }

    /// @inheritdoc IMarginVault
    function windowEnd(bytes32 id) external view returns (uint64) {
        return _windowEnd(_called(id));
    }

    /// @inheritdoc IMarginVault
    function requiredBuffer(bytes32 id, uint256 amount) external view returns (uint256) {
        Agreement storage deal = _live(id);
        // Only the number matters here: root and age are looked at when a proof comes.
        // slither-disable-next-line unused-return
        (uint64 epoch,,) = deal.terms.registry.head(deal.terms.venue);
        return _drawnSince(deal.terms, epoch) + Usd.valueCeil(amount, deal.decimals);
    }

    /// @inheritdoc IMarginVault
    function agreement(bytes32 id) external view returns (Agreement memory) {
        return _agreements[id];
    }

    /// @inheritdoc IMarginVault
    function idOf(Terms calldata terms) public pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }

    /// @inheritdoc IMarginVault
    function messageFor(
        address caller,
        bytes32 id,
        Action action,
        uint256 amount,
        uint64 nonce,
        uint64 deadline
    ) public view returns (uint256) {
        return Statement.toField(
            keccak256(
                abi.encode(
                    MESSAGE_TAG,
                    block.chainid,
                    address(this),
                    caller,
                    id,
                    action,
                    amount,
                    nonce,
                    deadline
                )
            )
        );
    }

    /// @dev Takes a proof or reverts. The nonce is spent with it.
    function _prove(Agreement storage deal, Claim memory claim, bytes calldata proof) private {
        if (block.timestamp > claim.deadline) {
            revert DeadlinePassed(uint64(block.timestamp), claim.deadline);
        }
        (uint64 epoch, uint256 book) = _book(deal.terms);
        _draw(deal, claim, epoch);
        uint64 nonce = deal.nonce++;
        uint256[8] memory rows = _statement(deal.terms, claim, book, nonce);
        if (!deal.terms.verifier.verify(proof, rows)) {
            revert ProofRefused(claim.id, rows[MarginStatement.MESSAGE]);
        }
        emit ProofAccepted(
            claim.id,
            nonce,
            claim.action,
            claim.market,
            book,
            claim.buffer,
            rows[MarginStatement.MESSAGE]
        );
    }

    /// @dev Every row but the buffer comes from the vault's own state and the transaction.
    function _statement(Terms storage terms, Claim memory claim, uint256 book, uint64 nonce)
        private
        view
        returns (uint256[8] memory rows)
    {
        rows[MarginStatement.POLICY] = terms.policy;
        rows[MarginStatement.MARKET] = claim.market;
        rows[MarginStatement.BOOK] = book;
        rows[MarginStatement.NULLIFIER] = terms.nullifier;
        rows[MarginStatement.SCOPE] = scope;
        rows[MarginStatement.MESSAGE] =
            messageFor(msg.sender, claim.id, claim.action, claim.amount, nonce, claim.deadline);
        rows[MarginStatement.RATIO] = terms.ratio;
        rows[MarginStatement.BUFFER] = claim.buffer;
    }

    /// @dev The venue's last book, if young enough.
    function _book(Terms storage terms) private view returns (uint64 epoch, uint256 root) {
        uint64 time;
        (epoch, root, time) = terms.registry.head(terms.venue);
        uint64 age = uint64(block.timestamp) - time;
        if (age > terms.maxBookAge) revert BookTooOld(age, terms.maxBookAge);
    }

    /// @dev Demands that the buffer covers what leaves now and what left since the epoch began.
    function _draw(Agreement storage deal, Claim memory claim, uint64 epoch) private {
        uint256 required =
            _drawnSince(deal.terms, epoch) + Usd.valueCeil(claim.outgoing, deal.decimals);
        if (claim.buffer >= Statement.BUFFER_END) {
            revert BufferOutOfRange(claim.buffer, Statement.BUFFER_END);
        }
        if (claim.buffer < required) revert BufferTooSmall(claim.buffer, required);
        if (claim.outgoing != 0) {
            _drawn[_account(deal.terms)] = Drawn(epoch, SafeCast.toUint192(required));
        }
    }

    function _drawnSince(Terms storage terms, uint64 epoch) private view returns (uint256) {
        Drawn storage drawn = _drawn[_account(terms)];
        return drawn.epoch == epoch ? drawn.value : 0;
    }

    function _account(Terms storage terms) private view returns (bytes32) {
        return keccak256(abi.encode(terms.nullifier, terms.registry, terms.venue, terms.verifier));
    }

    function _latestMarket(Agreement storage deal) private view returns (uint256 market) {
        // `latest` itself sees to the age, so the time is of no interest.
        // slither-disable-next-line unused-return
        (market,) = deal.terms.oracle.latest();
    }

    /// @dev The market at which an open call may be answered now. Once the first window is over,
    /// the oracle is silent or was: then its last market counts, whatever its age. While the oracle
    /// lives, that market is not before the call anyway, as the window is longer than `maxAge`.
    function _answeringMarket(Agreement storage deal)
        private
        view
        returns (uint256 market, uint64 time)
    {
        uint64 end = _windowEnd(deal);
        if (block.timestamp > end) revert WindowLapsed(uint64(block.timestamp), end);
        IMarketOracle oracle = deal.terms.oracle;
        if (block.timestamp > uint256(deal.calledAt) + deal.terms.window) {
            IMarketOracle.Market memory last = oracle.peek();
            return (last.digest, last.time);
        }
        (market, time) = oracle.latest();
        if (time < deal.calledAt) revert MarketBeforeCall(time, deal.calledAt);
    }

    function _windowEnd(Agreement storage deal) private view returns (uint64) {
        IMarketOracle oracle = deal.terms.oracle;
        IMarketOracle.Market memory market = oracle.peek();
        ResponseWindow.Inputs memory inputs = ResponseWindow.Inputs({
            calledAt: deal.calledAt,
            window: deal.terms.window,
            patience: deal.terms.patience,
            aliveSince: market.aliveSince,
            aliveUntil: uint256(market.time) + oracle.maxAge()
        });
        return SafeCast.toUint64(ResponseWindow.end(inputs, block.timestamp));
    }

    /// @dev Closes and empties an agreement; the caller pays out what this returns.
    function _finish(Agreement storage deal) private returns (uint256 amount) {
        amount = deal.collateral;
        deal.collateral = 0;
        deal.calledAt = 0;
        deal.status = Status.Closed;
    }

    function _pay(Agreement storage deal, address to, uint256 amount) private {
        // Some tokens refuse to transfer nothing.
        if (amount == 0) return;
        IERC20 token = deal.terms.token;
        token.safeTransfer(to, amount);
    }

    function _checkTerms(Terms calldata terms) private view {
        if (terms.beneficiary == address(0)) revert BadTerm("beneficiary", 0);
        if (terms.refund == address(0) || terms.refund == address(this)) {
            revert BadTerm("refund", uint160(terms.refund));
        }
        if (terms.venue == address(0)) revert BadTerm("venue", 0);
        if (!Statement.isDigest(terms.nullifier)) revert BadTerm("nullifier", terms.nullifier);
        if (terms.ratio == 0) revert BadTerm("ratio", 0);
        if (terms.maxBookAge == 0) revert BadTerm("maxBookAge", 0);
        if (terms.cooldown == 0) revert BadTerm("cooldown", 0);
        if (terms.patience < terms.window) revert BadTerm("patience", terms.patience);
        _checkSources(terms);
    }

    /// @dev Verifier, oracle, registry and venue: that they fit the terms, and that there is something
    /// to prove against.
    function _checkSources(Terms calldata terms) private view {
        if (terms.window < 2 * uint256(terms.oracle.maxAge())) {
            revert BadTerm("window", terms.window);
        }
        uint256 policy = terms.verifier.policy();
        if (policy != terms.policy) revert PolicyMismatch(terms.policy, policy);
        if (terms.registry.count(terms.venue) == 0) revert NoBook(terms.registry, terms.venue);
        // Asked only because they revert: a registry that does not give the book it has counted, an
        // oracle that has no market yet.
        // slither-disable-start unused-return
        terms.registry.head(terms.venue);
        terms.oracle.peek();
        // slither-disable-end unused-return
    }

    /// @dev An agreement that is neither unknown nor closed.
    function _live(bytes32 id) private view returns (Agreement storage deal) {
        deal = _agreements[id];
        if (deal.status == Status.Unknown) revert AgreementUnknown(id);
        if (deal.status == Status.Closed) revert AgreementClosed(id);
    }

    function _uncalled(bytes32 id) private view returns (Agreement storage deal) {
        deal = _live(id);
        if (deal.status == Status.Called) revert CallIsOpen(id, deal.calledAt);
    }

    function _called(bytes32 id) private view returns (Agreement storage deal) {
        deal = _live(id);
        if (deal.status != Status.Called) revert NoCall(id);
    }

    function _onlyBeneficiary(Agreement storage deal) private view {
        address beneficiary = deal.terms.beneficiary;
        if (msg.sender != beneficiary) revert NotBeneficiary(msg.sender, beneficiary);
    }
}
