// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginVault} from "../../src/MarginVault.sol";
import {SolvencyRegistry} from "../../src/SolvencyRegistry.sol";
import {MarginStatement} from "../../src/generated/MarginStatement.sol";
import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {OracleFixture} from "./OracleFixture.sol";
import {TestVerifier} from "./TestVerifier.sol";
import {TestToken} from "./Tokens.sol";

/// @title A vault with everything around it: a venue with a book, a market, a pledge and a custody
abstract contract VaultFixture is OracleFixture {
    uint256 internal constant POLICY = 0x901c;
    uint256 internal constant NULLIFIER = 0x4a11;
    uint256 internal constant FIRST_ROOT = 0xb000;
    uint256 internal constant FIRST_MARKET = 0xa000;
    uint32 internal constant BOOK_AGE = 1 days;
    uint32 internal constant WINDOW = 2 days;
    uint32 internal constant PATIENCE = 3 days;
    uint32 internal constant COOLDOWN = 2 days;
    uint32 internal constant LEEWAY = 10 minutes;
    uint32 internal constant NOTICE = 1 hours;
    uint32 internal constant EXIT_AFTER = 90 days;
    uint64 internal constant END = GENESIS + 365 days;
    uint16 internal constant RATIO = 10_000;
    uint128 internal constant MARGIN = 500e8;
    uint128 internal constant STAKE = 50_000e6;
    uint128 internal constant FLOOR = 30_000e6;
    uint128 internal constant ALL = type(uint128).max;
    uint256 internal constant VENUE_KEY = 0x7e11e;
    uint256 internal constant LENDER_KEY = 0x1e11de7;
    uint256 internal constant REFUND_KEY = 0x7ef11d;

    SolvencyRegistry internal registry;
    MarginVault internal vault;
    TestVerifier internal verifier;
    TestVerifier internal large;
    TestToken internal token;

    address internal venue = vm.addr(VENUE_KEY);
    address internal lender = vm.addr(LENDER_KEY);
    address internal refund = vm.addr(REFUND_KEY);
    address internal trader = makeAddr("trader");
    address internal stranger = makeAddr("stranger");
    V.Terms internal pledge;
    V.Terms internal custody;

    uint256 private _proofs;
    uint256 private _markets = FIRST_MARKET;
    uint256 private _roots = FIRST_ROOT;

    function deployRest() internal {
        registry = new SolvencyRegistry();
        vault = new MarginVault();
        verifier = new TestVerifier(POLICY);
        large = new TestVerifier(POLICY);
        token = newToken();
    }

    function newToken() internal virtual returns (TestToken) {
        return new TestToken(6);
    }

    function deployAll() internal {
        deployOracle();
        deployRest();
        record(FIRST_MARKET);
        publish(venue, FIRST_ROOT);
        pledge = pledgeTerms();
        custody = custodyTerms();
        vault.open(pledge);
        vault.open(custody);
        fund(pledge, STAKE);
        fund(custody, STAKE);
    }

    function pledgeTerms() internal view returns (V.Terms memory) {
        return V.Terms({
            form: V.Form.Pledge,
            trustsVenue: false,
            token: token,
            beneficiary: lender,
            refund: refund,
            exitTo: lender,
            nullifier: NULLIFIER,
            verifiers: [IMarginVerifier(verifier), large, IMarginVerifier(address(0))],
            policy: POLICY,
            oracle: oracle,
            registry: registry,
            venue: venue,
            ratio: RATIO,
            floor: FLOOR,
            margin: MARGIN,
            maxBookAge: BOOK_AGE,
            grace: LEEWAY,
            window: WINDOW,
            patience: PATIENCE,
            cooldown: COOLDOWN,
            notice: 0,
            exitAfter: EXIT_AFTER,
            end: END,
            salt: 0
        });
    }

    function custodyTerms() internal view returns (V.Terms memory terms) {
        terms = pledgeTerms();
        terms.form = V.Form.Custody;
        terms.trustsVenue = true;
        (terms.beneficiary, terms.exitTo) = (venue, refund);
        (terms.floor, terms.margin, terms.notice) = (0, 0, NOTICE);
    }

    function idOf(V.Terms memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }

    function state(V.Terms memory terms) internal view returns (V.Agreement memory) {
        return vault.agreement(idOf(terms));
    }

    function status(V.Terms memory terms) internal view returns (uint8) {
        return uint8(state(terms).status);
    }

    function assertStatus(V.Terms memory terms, V.Status expected) internal view {
        assertEq(status(terms), uint8(expected), "status");
    }

    function fund(V.Terms memory terms, uint256 amount) internal {
        depositAs(trader, terms, amount);
    }

    function depositAs(address from, V.Terms memory terms, uint256 amount) internal {
        allow(from, terms, amount);
        vm.prank(from);
        vault.deposit(terms, amount);
    }

    function allow(address from, V.Terms memory terms, uint256 amount) internal {
        TestToken of_ = TestToken(address(terms.token));
        of_.mint(from, amount);
        vm.prank(from);
        of_.approve(address(vault), amount);
    }

    /// @dev A book cut and recorded now.
    function publish(address by, uint256 root) internal {
        publishCut(by, root, uint64(block.timestamp));
    }

    function publishCut(address by, uint256 root, uint64 cutOff) internal {
        uint64 number = registry.count(by);
        vm.prank(by);
        registry.publish(number, publication(root, cutOff), new ISolvencyRegistry.AssetTotal[](0));
    }

    function publication(uint256 root, uint64 cutOff)
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
            cutOff: cutOff,
            ratio: RATIO,
            totals: ISolvencyRegistry.Totals({
                accounts: 1000, failing: 0, equity: 5e15, shortfall: 0, deficit: 0
            })
        });
    }

    /// @dev Records a market of this second, unless the last one was a moment ago.
    function market() internal {
        IMarketOracle.Market memory last = oracle.peek();
        if (block.timestamp < last.recordedAt + SPACING) return;
        record(++_markets);
    }

    /// @dev The venue publishes a book cut in this second.
    function book() internal {
        publish(venue, ++_roots);
    }

    /// @dev Lets time pass, with a book and a market at its end.
    function tick(uint256 time) internal {
        skip(time);
        book();
        market();
    }

    /// @dev Lets time pass with a living oracle and a living venue: a market at least every ten
    /// minutes, a book at least every twelve hours.
    function live(uint256 time) internal {
        uint256 until = block.timestamp + time;
        uint256 nextBook = block.timestamp + 12 hours;
        while (block.timestamp < until) {
            bool near = until - block.timestamp <= MAX_AGE;
            vm.warp(near ? until : block.timestamp + 9 minutes);
            if (block.timestamp >= nextBook || block.timestamp == until) {
                book();
                nextBook = block.timestamp + 12 hours;
            }
            market();
        }
    }

    /// @dev The last root.
    function head() internal view returns (ISolvencyRegistry.Root memory) {
        return registry.head(venue);
    }

    function deadline() internal view returns (uint64) {
        return uint64(block.timestamp) + 5 minutes;
    }

    /// @dev The rows that the vault asks about for a proof made now, at the last market, under `root`.
    function rowsAt(
        V.Terms memory terms,
        V.Action action,
        uint256 amount,
        address to,
        uint32 number,
        uint256 root
    ) internal view returns (uint256[8] memory rows) {
        rows[MarginStatement.POLICY] = terms.policy;
        rows[MarginStatement.MARKET] = oracle.peek().digest;
        rows[MarginStatement.BOOK] = root;
        rows[MarginStatement.NULLIFIER] = terms.nullifier;
        rows[MarginStatement.SCOPE] = vault.scope();
        rows[MarginStatement.MESSAGE] = vault.messageFor(
            idOf(terms), action, amount, state(terms).nonce, deadline(), to, number
        );
        rows[MarginStatement.RATIO] = terms.ratio;
        rows[MarginStatement.BUFFER] = terms.margin;
    }

    /// @dev Bytes that the verifier will accept for these rows and no others.
    function prove(uint256[8] memory rows) internal returns (bytes memory proof) {
        proof = abi.encode("proof", ++_proofs);
        verifier.accept(proof, rows);
    }

    function proofOf(uint256[8] memory rows, uint64 epoch) internal returns (V.Proof memory) {
        return V.Proof({verifier: 0, epoch: epoch, deadline: deadline(), data: prove(rows)});
    }

    function proveWithdrawal(V.Terms memory terms, uint256 amount, address to)
        internal
        returns (V.Proof memory)
    {
        ISolvencyRegistry.Root memory root = head();
        return proofOf(rowsAt(terms, V.Action.Withdraw, amount, to, 0, root.root), root.number);
    }

    function proveAnswer(V.Terms memory terms) internal returns (V.Proof memory) {
        return proveAnswerUnder(terms, head().number);
    }

    function proveAnswerUnder(V.Terms memory terms, uint64 epoch)
        internal
        returns (V.Proof memory)
    {
        uint256 root = registry.rootOf(venue, epoch).root;
        uint32 number = state(terms).call;
        return proofOf(rowsAt(terms, V.Action.Answer, 0, address(0), number, root), epoch);
    }

    function provePayment(V.Terms memory terms) internal returns (V.Proof memory) {
        return provePaymentUnder(terms, head().number);
    }

    function provePaymentUnder(V.Terms memory terms, uint64 epoch)
        internal
        returns (V.Proof memory)
    {
        V.Agreement memory deal = state(terms);
        uint256 root = registry.rootOf(venue, epoch).root;
        return proofOf(
            rowsAt(
                terms, V.Action.Withdraw, deal.announced, deal.recipient, deal.announcement, root
            ),
            epoch
        );
    }

    /// @dev A proof of the secret, from a book of the trader's own.
    function proveSecret(V.Terms memory terms, V.Action action, uint256 amount, address to)
        internal
        returns (V.SecretProof memory)
    {
        uint32 number = action == V.Action.CancelAnnouncement ? state(terms).announcement : 0;
        uint256[8] memory rows = rowsAt(terms, action, amount, to, number, 0x10e);
        return V.SecretProof({
            verifier: 0,
            market: rows[MarginStatement.MARKET],
            book: 0x10e,
            deadline: deadline(),
            data: prove(rows)
        });
    }

    function withdraw(V.Terms memory terms, uint256 amount) internal {
        V.Proof memory proof = proveWithdrawal(terms, amount, trader);
        vm.prank(stranger);
        vault.withdraw(terms, amount, trader, proof);
    }

    function call(V.Terms memory terms, uint128 due, uint128 topUp) internal {
        vm.prank(terms.beneficiary);
        vault.marginCall(terms, due, topUp);
    }

    function answer(V.Terms memory terms) internal {
        V.Proof memory proof = proveAnswer(terms);
        vault.answer(terms, proof);
    }

    function announce(uint256 amount) internal {
        vm.prank(refund);
        vault.announce(custody, amount, trader);
    }

    /// @dev Epochs that show the venue alive since `from`, one after another up to the last one.
    function epochsSince(uint64 from) internal view returns (uint64[] memory epochs) {
        uint64 last = head().number;
        uint64 first = last;
        while (first > 0 && registry.rootOf(venue, first).time > from) first--;
        epochs = new uint64[](last - first + 1);
        for (uint64 i = first; i <= last; i++) {
            epochs[i - first] = i;
        }
    }

    /// @dev The window of an open call passes with everybody alive, and that is recorded.
    function lapse(V.Terms memory terms) internal {
        uint64 calledAt = state(terms).calledAt;
        live(calledAt + terms.window + 1 - block.timestamp);
        vm.prank(stranger);
        vault.recordLapse(terms, epochsSince(calledAt));
    }

    function seize(V.Terms memory terms) internal {
        vm.prank(terms.beneficiary);
        vault.seize(terms, terms.beneficiary);
    }

    function sign(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function signPayment(uint64 until) internal view returns (bytes memory) {
        V.Agreement memory deal = state(custody);
        return sign(
            VENUE_KEY,
            vault.paymentHash(
                idOf(custody), deal.announcement, deal.announced, deal.recipient, until
            )
        );
    }

    function signAcknowledgement(uint32 number, uint64 until) internal view returns (bytes memory) {
        return sign(LENDER_KEY, vault.acknowledgementHash(idOf(pledge), number, until));
    }
}
