// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginVault} from "../../src/MarginVault.sol";
import {SolvencyRegistry} from "../../src/SolvencyRegistry.sol";
import {MarginStatement} from "../../src/generated/MarginStatement.sol";
import {IMarginVault} from "../../src/interfaces/IMarginVault.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {Statement} from "../../src/lib/Statement.sol";
import {OracleFixture} from "./OracleFixture.sol";
import {TestVerifier} from "./TestVerifier.sol";
import {TestToken} from "./Tokens.sol";

/// @title A vault with everything around it: one venue with a book, one market, one agreement
abstract contract VaultFixture is OracleFixture {
    uint256 internal constant POLICY = 0x901c;
    uint256 internal constant NULLIFIER = 0x4a11;
    uint256 internal constant FIRST_ROOT = 0xb000;
    uint256 internal constant FIRST_MARKET = 0xa000;
    uint32 internal constant WINDOW = 1 hours;
    uint32 internal constant PATIENCE = 1 days;
    uint32 internal constant COOLDOWN = 2 hours;
    uint32 internal constant BOOK_AGE = 2 days;
    uint16 internal constant RATIO = 10_000;
    uint256 internal constant STAKE = 50_000e6;
    /// @dev 1e-8 USD per unit of a token of six decimals.
    uint256 internal constant UNIT = 100;

    SolvencyRegistry internal registry;
    MarginVault internal vault;
    TestVerifier internal verifier;
    TestToken internal token;

    address internal venue = makeAddr("venue");
    address internal trader = makeAddr("trader");
    address internal beneficiary = makeAddr("beneficiary");
    address internal refund = makeAddr("refund");
    bytes32 internal id;

    uint256 private _proofs;
    uint256 private _markets = FIRST_MARKET;

    function deployAll() internal {
        deployOracle();
        registry = new SolvencyRegistry();
        vault = new MarginVault();
        verifier = new TestVerifier(POLICY);
        token = new TestToken(6);
        record(FIRST_MARKET);
        publish(venue, FIRST_ROOT);
        id = vault.open(terms());
        fund(id, STAKE);
    }

    function terms() internal view returns (IMarginVault.Terms memory) {
        return IMarginVault.Terms({
            token: token,
            beneficiary: beneficiary,
            refund: refund,
            nullifier: NULLIFIER,
            verifier: verifier,
            policy: POLICY,
            oracle: oracle,
            registry: registry,
            venue: venue,
            maxBookAge: BOOK_AGE,
            ratio: RATIO,
            window: WINDOW,
            patience: PATIENCE,
            cooldown: COOLDOWN,
            salt: 0
        });
    }

    function fund(bytes32 id_, uint256 amount) internal {
        TestToken of_ = TestToken(address(vault.agreement(id_).terms.token));
        of_.mint(trader, amount);
        vm.startPrank(trader);
        of_.approve(address(vault), amount);
        vault.deposit(id_, amount);
        vm.stopPrank();
    }

    function publish(address by, uint256 root) internal {
        uint64 number = registry.count(by);
        vm.prank(by);
        registry.publish(number, publication(root), new ISolvencyRegistry.AssetTotal[](0));
    }

    function publication(uint256 root)
        internal
        pure
        returns (ISolvencyRegistry.Publication memory)
    {
        return ISolvencyRegistry.Publication({
            root: root,
            market: FIRST_MARKET,
            policy: POLICY,
            digest: keccak256("folder"),
            oracle: IMarketOracle(address(0)),
            ratio: RATIO,
            totals: ISolvencyRegistry.Totals({
                accounts: 1000, failing: 0, equity: 5e15, shortfall: 0, deficit: 0
            })
        });
    }

    /// @dev Lets time pass and records a market at the end of it.
    function tick(uint256 time) internal {
        skip(time);
        record(++_markets);
    }

    /// @dev Lets time pass with a living oracle: a market at least every ten minutes.
    function live(uint256 time) internal {
        for (; time >= 10 minutes; time -= 5 minutes) {
            tick(5 minutes);
        }
        tick(time);
    }

    /// @dev The rows of a proof that `caller` would make now.
    function statement(
        address caller,
        bytes32 id_,
        IMarginVault.Action action,
        uint256 amount,
        uint256 buffer
    ) internal view returns (uint256[8] memory rows) {
        IMarginVault.Agreement memory deal = vault.agreement(id_);
        rows[MarginStatement.POLICY] = deal.terms.policy;
        rows[MarginStatement.MARKET] = oracle.peek().digest;
        (, rows[MarginStatement.BOOK],) = registry.head(venue);
        rows[MarginStatement.NULLIFIER] = deal.terms.nullifier;
        rows[MarginStatement.SCOPE] = vault.scope();
        rows[MarginStatement.MESSAGE] =
            vault.messageFor(caller, id_, action, amount, deal.nonce, deadline());
        rows[MarginStatement.RATIO] = deal.terms.ratio;
        rows[MarginStatement.BUFFER] = buffer;
    }

    function deadline() internal view returns (uint64) {
        return uint64(block.timestamp) + 5 minutes;
    }

    /// @dev Bytes that the verifier will accept for these rows and no others.
    function prove(uint256[8] memory rows) internal returns (bytes memory proof) {
        proof = abi.encode("proof", ++_proofs);
        verifier.accept(proof, rows);
    }

    function proveWithdrawal(uint256 amount, uint256 buffer) internal returns (bytes memory) {
        return prove(statement(trader, id, IMarginVault.Action.Withdraw, amount, buffer));
    }

    function proveAnswer(uint256 buffer) internal returns (bytes memory) {
        return prove(statement(trader, id, IMarginVault.Action.Answer, 0, buffer));
    }

    function proveClose(uint256 buffer) internal returns (bytes memory) {
        return prove(statement(trader, id, IMarginVault.Action.Close, 0, buffer));
    }

    /// @dev Withdraws as the trader with a proof of exactly the buffer needed.
    function withdraw(uint256 amount) internal {
        uint256 buffer = vault.requiredBuffer(id, amount);
        bytes memory proof = proveWithdrawal(amount, buffer);
        uint64 deadline_ = deadline();
        vm.prank(trader);
        vault.withdraw(id, amount, buffer, deadline_, proof);
    }

    function answer() internal {
        uint256 buffer = vault.requiredBuffer(id, 0);
        bytes memory proof = proveAnswer(buffer);
        uint64 deadline_ = deadline();
        vm.prank(trader);
        vault.answer(id, buffer, deadline_, proof);
    }

    function close() internal {
        uint256 buffer = vault.requiredBuffer(id, vault.agreement(id).collateral);
        bytes memory proof = proveClose(buffer);
        uint64 deadline_ = deadline();
        vm.prank(trader);
        vault.close(id, buffer, deadline_, proof);
    }

    function call() internal {
        vm.prank(beneficiary);
        vault.marginCall(id);
    }

    function seize() internal {
        vm.prank(beneficiary);
        vault.seize(id);
    }

    function collateral() internal view returns (uint256) {
        return vault.agreement(id).collateral;
    }

    function proofRefused(bytes32 id_, uint256 message) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarginVault.ProofRefused.selector, id_, message);
    }

    /// @dev The error for a withdrawal by `caller` whose rows are not those that were proven.
    function withdrawalRefused(address caller, uint256 amount, uint64 nonce)
        internal
        view
        returns (bytes memory)
    {
        return proofRefused(
            id,
            vault.messageFor(caller, id, IMarginVault.Action.Withdraw, amount, nonce, deadline())
        );
    }
}
