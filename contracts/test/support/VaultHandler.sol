// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../../src/interfaces/IMarginVault.sol";
import {Usd} from "../../src/lib/Usd.sol";
import {TestToken} from "./Tokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title What traders, beneficiaries, venue, oracle and time may do, in any order
/// @notice Three agreements over two tokens; the first and the last share a token. Each step that
/// the rules forbid returns early, so a revert inside a step is a failure of the rules. The ghosts
/// keep account by token of what came in and what left, and by which of the permitted ways.
contract VaultHandler is VaultFixture {
    enum Way {
        Proof,
        Lapse,
        Release
    }

    bytes32[3] public ids;
    TestToken[2] public tokens;
    mapping(address token => uint256) public deposited;
    mapping(address token => mapping(Way => uint256)) public left;
    /// @dev Number of accepted proofs by agreement, and the nonces they used.
    mapping(bytes32 id => uint64) public accepted;
    mapping(bytes32 id => mapping(uint64 nonce => bool)) public used;
    mapping(bytes32 id => mapping(uint256 message => bool)) public usedMessage;
    /// @dev Value taken out with proofs by nullifier and number of books, 1e-8 USD.
    mapping(uint256 nullifier => mapping(uint64 books => uint256)) private _drawn;
    bool public nonceRepeated;
    bool public messageRepeated;
    mapping(string step => uint256) public steps;

    constructor() {
        deployAll();
        tokens = [token, new TestToken(18)];
        deposited[address(token)] = STAKE;
        IMarginVault.Terms memory terms_ = terms();
        ids[0] = id;
        terms_.token = tokens[1];
        terms_.nullifier = NULLIFIER + 1;
        ids[1] = vault.open(terms_);
        terms_.token = tokens[0];
        terms_.salt = "second";
        ids[2] = vault.open(terms_);
    }

    function deposit(uint256 which, uint96 amount) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status != IMarginVault.Status.Active) return;
        amount = uint96(bound(amount, 1, 1e15));
        fund(id, amount);
        deposited[address(deal.terms.token)] += amount;
        steps["deposit"]++;
    }

    function takeOut(uint256 which, uint256 amount) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status != IMarginVault.Status.Active || deal.collateral == 0) return;
        if (!provable(deal)) return;
        amount = bound(amount, 1, deal.collateral);
        note(IMarginVault.Action.Withdraw, amount);
        withdraw(amount);
        drew(deal, amount);
        left[address(deal.terms.token)][Way.Proof] += amount;
        steps["withdraw"]++;
    }

    /// @dev A proof for one amount, presented for another: it must never pass.
    function takeOutWithAnotherProof(uint256 which, uint256 amount) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status != IMarginVault.Status.Active || deal.collateral < 2) return;
        amount = bound(amount, 2, deal.collateral);
        uint256 buffer = vault.requiredBuffer(id, amount);
        bytes memory proof = proveWithdrawal(amount - 1, buffer);
        vm.prank(trader);
        (bool success,) = address(vault)
            .call(abi.encodeCall(vault.withdraw, (id, amount, buffer, deadline(), proof)));
        require(!success, "withdrawn on the proof of another amount");
        steps["refused"]++;
    }

    function callMargin(uint256 which) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status != IMarginVault.Status.Active || deal.collateral == 0) return;
        if (block.timestamp < deal.nextCallAt) return;
        call();
        steps["call"]++;
    }

    function answerCall(uint256 which) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status != IMarginVault.Status.Called || !provable(deal)) return;
        if (block.timestamp > vault.windowEnd(id)) return;
        if (oracle.peek().time < deal.calledAt) return;
        note(IMarginVault.Action.Answer, 0);
        answer();
        steps["answer"]++;
    }

    function seizeCollateral(uint256 which) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status != IMarginVault.Status.Called) return;
        if (block.timestamp <= vault.windowEnd(id)) return;
        seize();
        left[address(deal.terms.token)][Way.Lapse] += deal.collateral;
        steps["seize"]++;
        reopen(which);
    }

    function seizeEarly(uint256 which) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (deal.status == IMarginVault.Status.Called && block.timestamp > vault.windowEnd(id)) {
            return;
        }
        vm.prank(beneficiary);
        (bool success,) = address(vault).call(abi.encodeCall(vault.seize, (id)));
        require(!success, "seized without a lapse");
        steps["refused"]++;
    }

    function closeAgreement(uint256 which, uint256 dice) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (dice % 8 != 0 || deal.status != IMarginVault.Status.Active) return;
        if (!provable(deal)) return;
        note(IMarginVault.Action.Close, 0);
        close();
        drew(deal, deal.collateral);
        left[address(deal.terms.token)][Way.Proof] += deal.collateral;
        steps["close"]++;
        reopen(which);
    }

    function releaseAgreement(uint256 which, uint256 dice) external {
        IMarginVault.Agreement memory deal = pick(which);
        if (dice % 8 != 0) return;
        vm.prank(beneficiary);
        vault.release(id);
        left[address(deal.terms.token)][Way.Release] += deal.collateral;
        steps["release"]++;
        reopen(which);
    }

    /// @dev A gift to the vault belongs to nobody.
    function donate(uint256 which, uint96 amount) external {
        tokens[which % 2].mint(address(vault), amount);
        donated[address(tokens[which % 2])] += amount;
    }

    mapping(address token => uint256) public donated;

    function market(uint256 wait) external {
        tick(bound(wait, SPACING, MAX_AGE));
    }

    function longLife(uint256 time) external {
        live(bound(time, SPACING, 2 hours));
    }

    function silence(uint256 time) external {
        skip(bound(time, 1, 12 hours));
    }

    function book(uint256 root) external {
        publish(venue, bound(root, 1, 1 << 200));
    }

    /// @dev Makes the agreement the current one, as the fixture's helpers act on `id`.
    function pick(uint256 which) internal returns (IMarginVault.Agreement memory) {
        id = ids[which % ids.length];
        return vault.agreement(id);
    }

    function drew(IMarginVault.Agreement memory deal, uint256 amount) internal {
        uint64 books = registry.count(venue);
        _drawn[deal.terms.nullifier][books] += Usd.valueCeil(amount, deal.decimals);
    }

    /// @notice Value that the owner of a nullifier took out since the last book, 1e-8 USD.
    function drawnSinceBook(uint256 nullifier) external view returns (uint256) {
        return _drawn[nullifier][registry.count(venue)];
    }

    /// @dev After its end an agreement is followed by one with a new salt.
    function reopen(uint256 which) internal {
        IMarginVault.Terms memory terms_ = vault.agreement(id).terms;
        terms_.salt = keccak256(abi.encode(terms_.salt));
        ids[which % ids.length] = vault.open(terms_);
    }

    /// @dev Whether market and book are young enough for a proof.
    function provable(IMarginVault.Agreement memory deal) internal view returns (bool) {
        (,, uint64 bookTime) = registry.head(venue);
        return block.timestamp <= oracle.peek().time + MAX_AGE
            && block.timestamp <= bookTime + deal.terms.maxBookAge;
    }

    /// @dev Writes down the nonce and message that the next proof spends.
    function note(IMarginVault.Action action, uint256 amount) internal {
        uint64 nonce = vault.agreement(id).nonce;
        uint256 message = vault.messageFor(trader, id, action, amount, nonce, deadline());
        if (used[id][nonce]) nonceRepeated = true;
        if (usedMessage[id][message]) messageRepeated = true;
        used[id][nonce] = true;
        usedMessage[id][message] = true;
        accepted[id]++;
    }

    function vaultAddress() external view returns (IMarginVault) {
        return vault;
    }

    function payees() external view returns (address, address, address) {
        return (trader, beneficiary, refund);
    }
}
