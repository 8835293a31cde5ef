// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {Hostile} from "../support/Hostile.sol";
import {VaultFixture} from "../support/VaultFixture.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Honest parties and everybody else
/// @notice Two traders, each with a pledge and a custody agreement. Oracle and venue are honest:
/// they publish within their terms, whatever happens. The first trader is solvent: he answers every
/// call within its window. The second one never answers, and his beneficiaries call, record, seize
/// what is due. Beneficiaries of the solvent one do all they may against him. Strangers open
/// agreements with hostile contracts in any place, and try everything everywhere.
contract VaultHandler is VaultFixture {
    /// @dev Places in the terms, as bits.
    uint256 internal constant VERIFIER = 1;
    uint256 internal constant TOKEN = 2;
    uint256 internal constant ORACLE = 4;
    uint256 internal constant REGISTRY = 8;
    uint256 internal constant PARTIES = 16;
    uint256 internal constant PLACES = 32;
    uint256 internal constant DEEDS = 20;
    uint32 internal constant AN_HOUR_AND_TWENTY = 80 minutes;

    Hostile internal hostile = new Hostile();
    /// @dev A beneficiary and venue of strangers, which pleases.
    Hostile internal party = new Hostile();
    /// @dev Of the solvent trader: pledge, custody; of the other one: pledge, custody.
    V.Terms[4] internal deals;
    V.Terms[] internal strange;

    /// @notice Units that the solvent trader has put in and got out, both agreements together.
    uint256 public put;
    uint256 public got;
    /// @notice Units that beneficiaries of the silent trader were due and have taken.
    uint256 public due;
    uint256 public taken;
    /// @notice Whether a stranger's step changed anything of an honest agreement, or a call of a
    /// hostile contract from within a transfer went through.
    bool public touched;
    /// @notice How often each kind of step did something.
    mapping(string step => uint256) public steps;

    constructor() {
        deployAll();
        hostile.pose(Hostile.Mood.Pleasing, 0, POLICY, FIRST_ROOT);
        for (uint256 i = 0; i < 4; i++) {
            V.Terms memory terms = i % 2 == 0 ? pledgeTerms() : custodyTerms();
            terms.nullifier = NULLIFIER + i / 2;
            terms.salt = bytes32(i + 1);
            // Short enough for windows to pass, and long enough for any run.
            (terms.maxBookAge, terms.window) = (1 hours, AN_HOUR_AND_TWENTY);
            (terms.patience, terms.cooldown) = (AN_HOUR_AND_TWENTY, AN_HOUR_AND_TWENTY);
            terms.end = type(uint64).max;
            deals[i] = terms;
            vault.open(terms);
            depositAs(trader, terms, STAKE);
        }
        put = 2 * uint256(STAKE);
    }

    modifier untouched() {
        bytes32 before = honest();
        _;
        if (honest() != before) touched = true;
    }

    // Time, with an honest oracle and an honest venue

    /// @dev Up to 400 seconds, within the age of a market; a book every half hour or so. The solvent trader
    /// looks at every market, as the texts tell him to.
    function time(uint256 seconds_) public {
        skip(bound(seconds_, 31, 400));
        if (block.timestamp > head().time + 30 minutes) book();
        market();
        for (uint256 i = 0; i < 2; i++) {
            if (state(deals[i]).calledAt == 0) continue;
            answer(deals[i]);
            steps["answered"]++;
        }
    }

    /// @dev Hours of it.
    function hoursPass(uint256 count) external {
        count = bound(count, 1, 3);
        for (uint256 i = 0; i < count * 9; i++) {
            time(400);
        }
    }

    // The solvent trader

    function deposits(uint256 which, uint256 amount) external {
        V.Terms memory terms = deals[which % 2];
        if (status(terms) == uint8(V.Status.Closed)) return;
        // During a call, what ends it; `refund` is of the trader's side.
        amount = bound(amount, 1, STAKE) + state(terms).topUp % STAKE;
        if (amount < state(terms).topUp) return;
        depositAs(refund, terms, amount);
        put += amount;
        steps["deposit"]++;
    }

    function withdraws(uint256 amount) external {
        V.Agreement memory deal = state(deals[0]);
        if (deal.status == V.Status.Closed || deal.collateral <= deal.floor) return;
        market();
        amount = bound(amount, 1, deal.collateral - deal.floor);
        // While a market before a call is the last one, he waits.
        if (deal.calledAt > oracle.peek().time) return;
        withdraw(deals[0], amount);
        got += amount;
        steps["withdraw"]++;
    }

    function announces(uint256 amount) external {
        V.Agreement memory deal = state(deals[1]);
        if (deal.status == V.Status.Closed || deal.announcedAt != 0 || deal.collateral == 0) {
            return;
        }
        amount = bound(amount, 1, deal.collateral);
        vm.prank(refund);
        vault.announce(deals[1], amount, trader);
        steps["announce"]++;
    }

    function settles(bool signed, bool cancels) external {
        V.Agreement memory deal = state(deals[1]);
        if (deal.status == V.Status.Closed || deal.announcedAt == 0) return;
        if (cancels) {
            vm.prank(refund);
            vault.cancelAnnouncement(deals[1]);
            return;
        }
        uint256 amount = deal.announced;
        if (signed) {
            bytes32 hash = vault.paymentHash(
                idOf(deals[1]), deal.announcement, amount, deal.recipient, deadline()
            );
            vault.payAnnounced(deals[1], deadline(), sign(VENUE_KEY, hash));
        } else {
            if (head().cutOff < deal.announcedAt + NOTICE) return;
            V.Proof memory proof = provePayment(deals[1]);
            vault.payByProof(deals[1], proof);
        }
        got += amount;
        steps["pay"]++;
    }

    // Beneficiaries

    /// @dev Of the solvent trader: all that a beneficiary may do against him.
    function presses(uint256 which, uint128 due_, uint128 topUp, bool lapses) external {
        V.Terms memory terms = deals[which % 2];
        if (status(terms) == uint8(V.Status.Closed)) return;
        bool done;
        vm.startPrank(terms.beneficiary);
        if (lapses) {
            uint64[] memory none = new uint64[](0);
            (done,) = address(vault).call(abi.encodeCall(vault.recordLapse, (terms, none)));
            if (done) touched = true;
            (done,) = address(vault).call(abi.encodeCall(vault.seize, (terms, terms.beneficiary)));
            if (done) touched = true;
        } else {
            (done,) = address(vault).call(abi.encodeCall(vault.marginCall, (terms, due_, topUp)));
            if (done) steps["pressed"]++;
        }
        vm.stopPrank();
    }

    /// @dev Of the other one: call, wait for the window to pass, record, seize.
    function collects(uint256 which, uint128 amount) external {
        V.Terms memory terms = deals[2 + which % 2];
        V.Agreement memory deal = state(terms);
        if (deal.status == V.Status.Closed) return;
        if (deal.status == V.Status.Active) {
            if (block.timestamp < deal.nextCallAt) return;
            amount = uint128(bound(amount, 1, STAKE));
            call(terms, amount, 1);
            steps["called"]++;
        } else if (block.timestamp > uint256(deal.calledAt) + terms.window) {
            vault.recordLapse(terms, epochsSince(deal.calledAt));
            due += deal.due < deal.collateral ? deal.due : deal.collateral;
            uint256 before = token.balanceOf(terms.beneficiary);
            seize(terms);
            taken += token.balanceOf(terms.beneficiary) - before;
            // And a new agreement in its place.
            deals[2 + which % 2].salt = keccak256(abi.encode(terms.salt));
            vault.open(deals[2 + which % 2]);
            depositAs(trader, deals[2 + which % 2], STAKE);
            steps["seized"]++;
        }
    }

    // Strangers

    /// @dev Opens an agreement with a trader's nullifier and hostile contracts in some places.
    function strangerOpens(uint256 which, uint256 places, uint256 amount) external untouched {
        V.Terms memory terms = deals[which % 4];
        places = places % PLACES;
        if (places & VERIFIER != 0) terms.verifiers[0] = IMarginVerifier(address(hostile));
        if (places & TOKEN != 0) terms.token = IERC20(address(hostile));
        if (places & ORACLE != 0) terms.oracle = IMarketOracle(address(hostile));
        if (places & REGISTRY != 0) terms.registry = ISolvencyRegistry(address(hostile));
        terms.refund = stranger;
        terms.salt = keccak256(abi.encode("strange", strange.length));
        if (places & PARTIES != 0) {
            (terms.beneficiary, terms.exitTo) = (address(party), address(party));
            if (terms.form == V.Form.Custody && places & REGISTRY != 0) {
                terms.venue = address(party);
            } else {
                terms.form = V.Form.Pledge;
                (terms.notice, terms.trustsVenue) = (0, false);
            }
        } else if (terms.form == V.Form.Custody) {
            terms.exitTo = stranger;
        }
        vault.open(terms);
        strange.push(terms);
        amount = bound(amount, 1, 1e15);
        if (places & TOKEN == 0) allow(stranger, terms, amount);
        vm.prank(stranger);
        vault.deposit(terms, amount);
        steps["strange"]++;
    }

    /// @dev Does something in an agreement of his own, with hostile contracts in any mood, while they
    /// try something in an honest one.
    function strangerActs(
        uint256 which,
        uint256 what,
        uint256 amount,
        uint8 mood,
        uint256 word,
        uint256 victim
    ) external untouched {
        if (strange.length == 0) return;
        V.Terms memory terms = strange[which % strange.length];
        // Every second time pleasing: only what pleases the vault gets far.
        mood = mood % 8 < 4 ? 0 : mood % 8 - 3;
        hostile.pose(Hostile.Mood(mood), word, POLICY, FIRST_ROOT);
        hostile.arm(address(vault), deed(deals[victim % 4], word, amount));
        address from = what & 32 == 0 ? stranger : terms.beneficiary;
        // Nobody acts for the honest lender or venue.
        if (from != address(party)) from = stranger;
        vm.prank(from);
        (bool done,) = address(vault).call(deed(terms, what, amount));
        hostile.pose(Hostile.Mood.Pleasing, 0, POLICY, FIRST_ROOT);
        if (done) steps["strange act"]++;
        if (hostile.entered()) touched = true;
    }

    /// @dev Tries an honest agreement itself. A deposit is anyone's, and a lapse that is due too.
    function strangerMeddles(uint256 which, uint256 what, uint256 amount) external untouched {
        V.Terms memory terms = deals[which % 4];
        what = bound(what % DEEDS, 2, DEEDS - 1);
        vm.prank(stranger);
        (bool done,) = address(vault).call(deed(terms, what, amount));
        if (done) touched = true;
        steps["meddled"]++;
    }

    function strangerPublishes(uint256 root) external untouched {
        root = bound(root, 1, 1 << 200);
        if (registry.count(stranger) != 0) return;
        publish(stranger, root);
        bytes[] memory signatures = signedBy(two(98, 99), uint64(block.timestamp), root);
        vm.prank(stranger);
        (bool done,) = address(oracle)
            .call(abi.encodeCall(oracle.submit, (uint64(block.timestamp), root, signatures)));
        if (done) touched = true;
    }

    /// @dev One of the vault's functions, with a proof and a signature of nothing.
    function deed(V.Terms memory terms, uint256 what, uint256 amount)
        internal
        view
        returns (bytes memory)
    {
        uint64 until = deadline();
        amount = amount % 1e16;
        uint64[] memory none = new uint64[](0);
        V.Proof memory proof = V.Proof(0, head().number, until, "proof");
        V.SecretProof memory secret = V.SecretProof(0, 1, 1, until, "proof");
        what = what % DEEDS;
        if (what == 0) return abi.encodeCall(vault.deposit, (terms, amount));
        if (what == 1) return abi.encodeCall(vault.recordLapse, (terms, none));
        if (what == 2) return abi.encodeCall(vault.withdraw, (terms, amount, stranger, proof));
        if (what == 3) return abi.encodeCall(vault.answer, (terms, proof));
        if (what == 4) return abi.encodeCall(vault.marginCall, (terms, ALL, 1));
        if (what == 5) return abi.encodeCall(vault.seize, (terms, stranger));
        if (what == 6) return abi.encodeCall(vault.release, (terms));
        if (what == 7) return abi.encodeCall(vault.announce, (terms, amount, stranger));
        if (what == 8) {
            return abi.encodeCall(vault.announceBySecret, (terms, amount, stranger, secret));
        }
        if (what == 9) return abi.encodeCall(vault.cancelAnnouncement, (terms));
        if (what == 10) return abi.encodeCall(vault.cancelBySecret, (terms, secret));
        if (what == 11) return abi.encodeCall(vault.payAnnounced, (terms, until, "signed"));
        if (what == 12) return abi.encodeCall(vault.payByProof, (terms, proof));
        if (what == 13) return abi.encodeCall(vault.acknowledge, (terms, until, "signed"));
        if (what == 14) return abi.encodeCall(vault.lowerFloorFor, (terms, 0, until, "signed"));
        if (what == 15) return abi.encodeCall(vault.exit, (terms));
        if (what == 16) return abi.encodeCall(vault.finish, (terms));
        if (what == 17) return abi.encodeCall(vault.concede, (terms));
        if (what == 18) return abi.encodeCall(vault.collect, (terms, stranger));
        return abi.encodeCall(vault.collectFor, (terms, terms.refund, stranger, until, "signed"));
    }

    // What is looked at

    function honest() public view returns (bytes32 seen) {
        for (uint256 i = 0; i < 4; i++) {
            bytes32 id = idOf(deals[i]);
            seen = keccak256(abi.encode(seen, vault.agreement(id)));
            seen = keccak256(
                abi.encode(
                    seen,
                    vault.setAside(id, refund),
                    vault.setAside(id, deals[i].beneficiary),
                    registry.head(venue),
                    oracle.peek()
                )
            );
        }
        address[3] memory parties = [refund, lender, venue];
        for (uint256 i = 0; i < 3; i++) {
            seen = keccak256(abi.encode(seen, token.balanceOf(parties[i])));
        }
    }

    /// @notice Units of the honest token that the solvent trader's agreements hold for him.
    function held() external view returns (uint256 sum) {
        for (uint256 i = 0; i < 2; i++) {
            sum += state(deals[i]).collateral + vault.setAside(idOf(deals[i]), refund);
        }
    }

    /// @notice Units of the honest token that all agreements here say they hold.
    function owed() external view returns (uint256 sum) {
        sum = state(pledge).collateral + state(custody).collateral;
        for (uint256 i = 0; i < 4; i++) {
            sum += everything(deals[i]);
        }
        for (uint256 i = 0; i < strange.length; i++) {
            if (address(strange[i].token) == address(token)) sum += everything(strange[i]);
        }
    }

    function everything(V.Terms memory terms) internal view returns (uint256) {
        bytes32 id = idOf(terms);
        uint256 aside = vault.setAside(id, terms.refund) + vault.setAside(id, terms.beneficiary);
        if (terms.exitTo != terms.refund && terms.exitTo != terms.beneficiary) {
            aside += vault.setAside(id, terms.exitTo);
        }
        return vault.agreement(id).collateral + aside;
    }

    function solventIsSafe() external view returns (bool) {
        for (uint256 i = 0; i < 2; i++) {
            if (status(deals[i]) == uint8(V.Status.Lapsed)) return false;
        }
        return true;
    }

    function inVault() external view returns (uint256) {
        return token.balanceOf(address(vault));
    }
}
