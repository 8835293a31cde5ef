// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../../src/interfaces/IMarginVault.sol";
import {IMarginVaultTypes as V} from "../../src/interfaces/IMarginVaultTypes.sol";
import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {Statement} from "../../src/lib/Statement.sol";
import {TestVerifier} from "../support/TestVerifier.sol";
import {VaultFixture} from "../support/VaultFixture.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// Opening: which terms are refused, and when.
contract TermsTest is VaultFixture {
    V.Terms internal t;

    function setUp() public {
        deployAll();
        t = pledge;
        t.salt = "another";
    }

    function refuses(bytes32 term, uint256 value) internal {
        vm.expectRevert(abi.encodeWithSelector(V.BadTerm.selector, term, value));
        vault.open(t);
        t = pledge;
        t.salt = "another";
    }

    function asCustody() internal {
        t = custody;
        t.salt = "another";
    }

    function test_OpensOnceByTheHashOfItsTerms() public {
        vm.expectEmit(address(vault));
        emit V.Opened(idOf(t), lender, refund, t);
        vm.prank(stranger);
        assertEq(vault.open(t), idOf(t));
        assertEq(vault.idOf(t), idOf(t));
        V.Agreement memory deal = state(t);
        assertEq(uint8(deal.status), uint8(V.Status.Active));
        assertEq(deal.openedAt, block.timestamp);
        assertEq(deal.floor, FLOOR);
        vm.expectRevert(abi.encodeWithSelector(V.AgreementExists.selector, idOf(t)));
        vault.open(t);
    }

    function testFuzz_TheIdentityIsThatOfTheEncodedTerms(
        uint256 nullifier,
        uint128 floor,
        uint64 end,
        bytes32 salt
    ) public {
        (t.nullifier, t.floor, t.end, t.salt) = (nullifier, floor, end, salt);
        assertEq(vault.idOf(t), keccak256(abi.encode(t)));
    }

    /// The identity is of the words as they come, so none may have bits beyond its type.
    function test_WordsWithBitsBeyondTheirTypeOpenNothing() public {
        bytes memory encoded = abi.encode(t);
        for (uint256 word = 0; word < encoded.length / 32; word++) {
            // Nullifier, policy and salt have all bits.
            if (word == 6 || word == 10 || word == 25) continue;
            bytes memory longer = abi.encode(t);
            longer[32 * word] = 0x80;
            (bool opened,) = address(vault).call(bytes.concat(vault.open.selector, longer));
            assertFalse(opened, "a word with more bits than its type");
        }
        (bool done,) = address(vault).call(bytes.concat(vault.open.selector, encoded));
        assertTrue(done);
    }

    function test_NoOtherWordsNameAnAgreement() public {
        allow(trader, pledge, 1e6);
        bytes memory encoded = abi.encode(pledge);
        for (uint256 word = 0; word < encoded.length / 32; word++) {
            bytes memory other = abi.encode(pledge);
            other[32 * word] ^= 0x80;
            vm.prank(trader);
            (bool paid,) =
                address(vault).call(bytes.concat(vault.deposit.selector, other, abi.encode(1e6)));
            assertFalse(paid, "terms of no agreement");
        }
        vm.prank(trader);
        (bool done,) =
            address(vault).call(bytes.concat(vault.deposit.selector, encoded, abi.encode(1e6)));
        assertTrue(done);
    }

    function test_RefusesParties() public {
        t.token = IERC20(address(0x70ce));
        refuses("token", 0x70ce);
        (t.beneficiary, t.exitTo) = (address(0), address(0));
        refuses("beneficiary", 0);
        address[3] memory bad = [address(0), address(vault), address(token)];
        for (uint256 i = 0; i < bad.length; i++) {
            t.refund = bad[i];
            refuses("refund", uint160(bad[i]));
            asCustody();
            t.exitTo = bad[i];
            refuses("exitTo", uint160(bad[i]));
        }
        t.refund = lender;
        refuses("refund", uint160(lender));
        t.venue = address(0);
        refuses("venue", 0);
        t.exitTo = refund;
        refuses("exitTo", uint160(refund));
        asCustody();
        (t.beneficiary, t.trustsVenue) = (lender, false);
        refuses("beneficiary", uint160(lender));
    }

    /// Where the venue is the beneficiary, being left out of its book is seizure: the terms say so.
    function test_AVenueThatIsBeneficiaryMustBeTrustedInWords() public {
        (t.beneficiary, t.exitTo) = (venue, venue);
        refuses("trustsVenue", 0);
        t.trustsVenue = true;
        refuses("trustsVenue", 1);
        (t.beneficiary, t.exitTo, t.trustsVenue) = (venue, venue, true);
        vault.open(t);
    }

    function test_RefusesAmounts() public {
        t.nullifier = 0;
        refuses("nullifier", 0);
        t.nullifier = Statement.MODULUS;
        refuses("nullifier", Statement.MODULUS);
        t.ratio = 0;
        refuses("ratio", 0);
        t.margin = 1 << 90;
        refuses("margin", 1 << 90);
        t.notice = 1;
        refuses("notice", 1);
        asCustody();
        t.margin = 1;
        refuses("margin", 1);
        asCustody();
        t.notice = 0;
        refuses("notice", 0);
    }

    /// A window shorter than a book's age may hold no book that was cut after the call.
    function test_AWindowShorterThanABooksAge() public {
        uint32 least = BOOK_AGE + 20 minutes;
        assertEq(least, BOOK_AGE + 2 * MAX_AGE);
        t.window = least - 1;
        refuses("window", least - 1);
        t.window = least;
        vault.open(t);
    }

    function test_RefusesSpans() public {
        t.maxBookAge = 0;
        refuses("maxBookAge", 0);
        t.patience = WINDOW - 1;
        refuses("patience", WINDOW - 1);
        t.cooldown = WINDOW - 1;
        refuses("cooldown", WINDOW - 1);
        t.exitAfter = WINDOW + PATIENCE;
        refuses("exitAfter", WINDOW + PATIENCE);
        t.patience = 30 days - WINDOW - BOOK_AGE + 1;
        refuses("settledFor", SETTLED_FOR);
        t.end = uint64(block.timestamp) + WINDOW + PATIENCE;
        refuses("end", t.end);
    }

    function test_RefusesVerifiers() public {
        delete t.verifiers;
        refuses("verifiers", 0);
        t.verifiers[2] = IMarginVerifier(new TestVerifier(POLICY + 1));
        vm.expectRevert(abi.encodeWithSelector(V.PolicyMismatch.selector, POLICY, POLICY + 1));
        vault.open(t);
    }

    function test_NeedsAYoungBookAndAYoungMarket() public {
        skip(MAX_AGE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketOracle.MarketTooOld.selector, MAX_AGE + 1, MAX_AGE)
        );
        vault.open(t);
        vm.warp(GENESIS + BOOK_AGE + 1);
        market();
        vm.expectRevert(abi.encodeWithSelector(V.BookTooOld.selector, BOOK_AGE + 1, BOOK_AGE));
        vault.open(t);
        t.venue = stranger;
        vm.expectRevert(abi.encodeWithSelector(ISolvencyRegistry.NoEpoch.selector, stranger, 0));
        vault.open(t);
    }

    function test_NothingCanBeDoneBeforeTheOpening() public {
        bytes memory unknown = abi.encodeWithSelector(V.AgreementUnknown.selector, idOf(t));
        allow(trader, t, 1);
        vm.prank(trader);
        vm.expectRevert(unknown);
        vault.deposit(t, 1);
        vm.startPrank(lender);
        vm.expectRevert(unknown);
        vault.marginCall(t, 1, 1);
        vm.expectRevert(unknown);
        vault.release(t);
        vm.expectRevert(unknown);
        vault.finish(t);
    }

    function test_SupportsItsInterface() public view {
        assertTrue(vault.supportsInterface(type(IMarginVault).interfaceId));
        assertTrue(vault.supportsInterface(type(IERC165).interfaceId));
        assertFalse(vault.supportsInterface(0xffffffff));
    }
}
