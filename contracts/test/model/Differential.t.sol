// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {VaultFixture} from "../support/VaultFixture.sol";
import {VaultModel} from "./VaultModel.sol";

/// The vault against its model: random steps of everybody, sound and unsound, at random times. Both
/// must accept the same steps, and be in the same state after each.
contract DifferentialTest is VaultFixture {
    VaultModel internal model;
    V.Terms[2] internal deals;
    uint256[] internal digests;
    uint256 internal dice;
    uint256 internal accepted;

    function setUp() public {
        deployOracle();
        deployRest();
        model = new VaultModel(
            VaultModel.Spans({
                maxAge: MAX_AGE,
                settledFor: SETTLED_FOR,
                bookAge: BOOK_AGE,
                grace: LEEWAY,
                window: WINDOW,
                patience: PATIENCE,
                cooldown: COOLDOWN,
                notice: NOTICE,
                exitAfter: EXIT_AFTER,
                end: END
            })
        );
        seeMarket();
        seeBook(0);
        pledge = pledgeTerms();
        custody = custodyTerms();
        (deals[0], deals[1]) = (pledge, custody);
        for (uint256 i = 0; i < 2; i++) {
            vault.open(deals[i]);
            model.open(i == 1, deals[i].floor);
            fund(deals[i], STAKE);
            model.deposit(i, STAKE, false);
        }
    }

    function roll(uint256 sides) internal returns (uint256) {
        dice = uint256(keccak256(abi.encode(dice)));
        return dice % sides;
    }

    function oneIn(uint256 sides) internal returns (bool) {
        return roll(sides) == 0;
    }

    function seeMarket() internal {
        digests.push(uint256(keccak256(abi.encode("market", digests.length))) >> 8);
        record(digests[digests.length - 1]);
        model.market();
    }

    function seeBook(uint64 age) internal {
        uint64 cutOff = uint64(block.timestamp) - age;
        publishCut(venue, uint256(keccak256(abi.encode("root", model.roots()))) >> 8, cutOff);
        model.root(cutOff);
    }

    /// @dev Time goes on, most often so that all stay alive.
    function pass() internal {
        uint32[8] memory spans = [
            uint32(30 seconds),
            5 minutes,
            10 minutes,
            10 minutes,
            1 hours,
            12 hours,
            25 hours,
            30 days
        ];
        skip(spans[roll(oneIn(12) ? 8 : oneIn(3) ? 7 : 5)] + roll(3));
        if (oneIn(200)) skip(EXIT_AFTER);
        bool market_ = block.timestamp >= oracle.peek().recordedAt + SPACING;
        if (market_ && !oneIn(4)) seeMarket();
        if (oneIn(3)) seeBook(0);
        else if (oneIn(12) && block.timestamp > head().cutOff + 20) seeBook(10);
    }

    /// @dev A long life without silence: windows pass, cooldowns end.
    function livePast() internal {
        uint256 until = block.timestamp + WINDOW + roll(2 days);
        while (block.timestamp < until) {
            skip(MAX_AGE - roll(2));
            seeMarket();
            if (block.timestamp > head().cutOff + BOOK_AGE - 20 minutes) seeBook(0);
        }
    }

    function shownBy(V.Terms memory terms, V.Action action, uint256 amount, uint32 number)
        internal
        returns (VaultModel.Shown memory shown, V.Proof memory proof)
    {
        shown.epoch = model.roots() - 1;
        if (shown.epoch > 0 && oneIn(4)) shown.epoch--;
        shown.market = digests.length - 1;
        shown.sound = true;
        address to = action == V.Action.Answer ? address(0) : trader;
        uint256 root = registry.rootOf(venue, uint64(shown.epoch)).root;
        uint256[8] memory rows = rowsAt(terms, action, amount, to, number, root);
        if (shown.market > 0 && oneIn(12)) rows[1] = digests[--shown.market];
        if (oneIn(12)) {
            rows[[uint256(0), 2, 3, 4, 5, 6, 7][roll(7)]]++;
            shown.sound = false;
        }
        proof = proofOf(rows, uint64(shown.epoch));
    }

    /// @dev Somebody sends something; whether it went through.
    function sent(address from, bytes memory what) internal returns (bool done) {
        vm.prank(from);
        (done,) = address(vault).call(what);
    }

    function same(bool vaults, bool models, string memory step) internal {
        assertEq(vaults, models, step);
        if (vaults) accepted++;
        compare(step);
    }

    function compare(string memory step) internal view {
        for (uint256 i = 0; i < 2; i++) {
            V.Agreement memory deal = state(deals[i]);
            VaultModel.Deal memory m = model.dealOf(i);
            assertEq(uint8(deal.status), uint8(m.state) + 1, step);
            assertEq(deal.collateral, m.collateral, step);
            assertEq(deal.floor, m.floor, step);
            assertEq(deal.call, m.calls, step);
            assertEq(deal.nonce, m.proofs, step);
            assertEq(deal.announcement, m.announcements, step);
            assertEq(deal.nextCallAt, m.nextCall, step);
            (uint256 lenders, uint256 refunds) = model.asides(i);
            assertEq(vault.setAside(idOf(deals[i]), deals[i].beneficiary), lenders, step);
            assertEq(vault.setAside(idOf(deals[i]), refund), refunds, step);
            if (m.state == VaultModel.State.Closed) continue;
            assertEq(deal.calledAt, m.called, step);
            assertEq(deal.announced, m.announced, step);
            assertEq(deal.announcedAt, m.announcedAt, step);
            assertEq(deal.due, m.due, step);
        }
    }

    /// forge-config: default.fuzz.runs = 48
    /// forge-config: long.fuzz.runs = 5000
    function testFuzz_VaultAndModelAgree(uint256 seed) public {
        dice = seed;
        for (uint256 i = 0; i < 60; i++) {
            if (oneIn(2)) pass();
            if (oneIn(25)) livePast();
            uint256 which = roll(2);
            uint256 step = roll(16);
            if (step < 4) moves(which, step);
            else if (step < 7) announcements(step);
            else if (step < 12) calls(which, step);
            else ends(which, step);
        }
    }

    /// What is random is no empty run: many steps go through.
    function test_StepsGoThrough() public {
        testFuzz_VaultAndModelAgree(1);
        assertGt(accepted, 10);
    }

    function amountOf(uint256 i) internal returns (uint256) {
        uint256 all = state(deals[i]).collateral;
        return oneIn(10) ? all + roll(2) : oneIn(10) ? 0 : roll(all / 8 + 2);
    }

    function moves(uint256 i, uint256 step) internal {
        V.Terms memory terms = deals[i];
        if (step < 2) {
            uint256 amount = roll(2) * roll(3_000e6);
            address from = oneIn(2) ? refund : trader;
            allow(from, terms, amount);
            bool done = sent(from, abi.encodeCall(vault.deposit, (terms, amount)));
            same(done, model.deposit(i, amount, from == refund), "deposit");
        } else if (step == 2) {
            uint256 amount = amountOf(i);
            (VaultModel.Shown memory shown, V.Proof memory proof) =
                shownBy(terms, V.Action.Withdraw, amount, 0);
            bool done =
                sent(stranger, abi.encodeCall(vault.withdraw, (terms, amount, trader, proof)));
            same(done, model.withdraw(i, amount, shown), "withdraw");
        } else {
            uint256 floor = roll(FLOOR + 2);
            address from = oneIn(4) ? refund : terms.beneficiary;
            bool done = sent(from, abi.encodeCall(vault.lowerFloor, (terms, floor)));
            same(done, model.lower(i, floor, from == terms.beneficiary), "lower");
        }
    }

    function announcements(uint256 step) internal {
        bool secret = oneIn(3);
        address from = oneIn(6) ? stranger : refund;
        if (step == 4) {
            uint256 amount = amountOf(1);
            bytes memory what = secret
                ? abi.encodeCall(
                    vault.announceBySecret,
                    (
                        custody,
                        amount,
                        trader,
                        proveSecret(custody, V.Action.Announce, amount, trader)
                    )
                )
                : abi.encodeCall(vault.announce, (custody, amount, trader));
            bool ours = !secret && from == refund;
            same(sent(from, what), model.announce(1, amount, ours, secret), "announce");
        } else if (step == 5 && oneIn(4)) {
            bytes memory what = secret
                ? abi.encodeCall(
                    vault.cancelBySecret,
                    (custody, proveSecret(custody, V.Action.CancelAnnouncement, 0, address(0)))
                )
                : abi.encodeCall(vault.cancelAnnouncement, (custody));
            bool ours = !secret && from == refund;
            same(sent(from, what), model.unannounce(1, ours, secret), "unannounce");
        } else if (step == 5) {
            bool forged = oneIn(6);
            bytes memory signature = forged ? bytes("") : signPayment(deadline());
            bytes memory what = abi.encodeCall(vault.payAnnounced, (custody, deadline(), signature));
            same(sent(stranger, what), model.paySigned(1, !forged), "pay signed");
        } else {
            V.Agreement memory deal = state(custody);
            (VaultModel.Shown memory shown, V.Proof memory proof) =
                shownBy(custody, V.Action.Withdraw, deal.announced, deal.announcement);
            bytes memory what = abi.encodeCall(vault.payByProof, (custody, proof));
            same(sent(stranger, what), model.payProven(1, shown), "pay proven");
        }
    }

    function calls(uint256 i, uint256 step) internal {
        V.Terms memory terms = deals[i];
        address lender_ = oneIn(8) ? stranger : terms.beneficiary;
        bool ours = lender_ == terms.beneficiary;
        if (step < 9) {
            uint128 due = oneIn(3) ? ALL : uint128(roll(STAKE));
            uint128 topUp = uint128(roll(2_000e6));
            bool done = sent(lender_, abi.encodeCall(vault.marginCall, (terms, due, topUp)));
            same(done, model.call(i, due, topUp, ours), "call");
        } else if (step == 9) {
            (VaultModel.Shown memory shown, V.Proof memory proof) =
                shownBy(terms, V.Action.Answer, 0, state(terms).call);
            bool done = sent(stranger, abi.encodeCall(vault.answer, (terms, proof)));
            same(done, model.answer(i, shown), "answer");
        } else if (step == 10) {
            if (!oneIn(4)) return;
            bool done = sent(lender_, abi.encodeCall(vault.cancelCall, (terms)));
            same(done, model.forgive(i, ours), "cancel");
        } else {
            lapses(i);
        }
    }

    /// @dev With the best evidence that there is: one of two must do where the model says so.
    function lapses(uint256 i) internal {
        V.Terms memory terms = deals[i];
        uint64 last = head().number;
        uint64 first = last;
        while (first > 0) {
            if (head_(first).time > head_(first - 1).cutOff + BOOK_AGE) break;
            first--;
        }
        uint64[] memory epochs = new uint64[](last - first + 1);
        for (uint64 j = first; j <= last; j++) {
            epochs[j - first] = j;
        }
        // Of the venue at the end of patience the last root before it says most.
        uint64 hard = uint64(state(terms).calledAt) + WINDOW + PATIENCE;
        uint64 then_ = last;
        while (then_ > 0 && head_(then_).time > hard) then_--;
        if (oneIn(4)) {
            bool done_ = sent(stranger, abi.encodeCall(vault.voidCall, (terms, then_)));
            same(done_, model.void_(i), "void");
            return;
        }
        bool done = sent(stranger, abi.encodeCall(vault.recordLapse, (terms, epochs)));
        uint64[] memory one_ = new uint64[](1);
        one_[0] = then_;
        if (!done) done = sent(stranger, abi.encodeCall(vault.recordLapse, (terms, one_)));
        same(done, model.lapse(i), "lapse");
    }

    function head_(uint64 number) internal view returns (ISolvencyRegistry.Root memory) {
        return registry.rootOf(venue, number);
    }

    function ends(uint256 i, uint256 step) internal {
        V.Terms memory terms = deals[i];
        address from = [terms.beneficiary, refund, stranger][roll(3)];
        (bool lends, bool refunds) = (from == terms.beneficiary, from == refund);
        if (step == 12) {
            bool done = refunds
                ? sent(from, abi.encodeCall(vault.concede, (terms)))
                : sent(from, abi.encodeCall(vault.seize, (terms, trader)));
            same(done, model.seize(i, lends, refunds), "seize");
        } else if (step == 13) {
            bool done = sent(from, abi.encodeCall(vault.exit, (terms)));
            same(done, model.exit(i, lends || refunds), "exit");
        } else if (step == 14) {
            bool done = sent(from, abi.encodeCall(vault.finish, (terms)));
            same(done, model.finish(i, lends || refunds), "finish");
        } else if (oneIn(20)) {
            bool done = sent(from, abi.encodeCall(vault.release, (terms)));
            same(done, model.release(i, lends), "release");
        }
    }
}
