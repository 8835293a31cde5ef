// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVerifier} from "./IMarginVerifier.sol";
import {IMarketOracle} from "./IMarketOracle.sol";
import {ISolvencyRegistry} from "./ISolvencyRegistry.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Terms, states, events and errors of `IMarginVault`
/// @notice Times are Unix seconds, spans are seconds, amounts are units of the agreement's token,
/// margin is in 1e-8 USD.
interface IMarginVaultTypes {
    /// @dev Pledge: the collateral is in no venue's book and secures a loan up to `floor`. Custody:
    /// the venue, which is the beneficiary, counts the collateral in the trader's account.
    enum Form {
        Pledge,
        Custody
    }

    enum Status {
        Unknown,
        Active,
        Called,
        /// A call's window has ended without an answer, and that is on record.
        Lapsed,
        Closed
    }

    /// @dev What a proof is for. `Credit` is for the venue, which takes such a proof to know the
    /// account that it counts the collateral in; the vault never accepts it.
    enum Action {
        Withdraw,
        Answer,
        Announce,
        CancelAnnouncement,
        Credit
    }

    /// @notice Terms of an agreement; they never change. Their hash is its identity.
    /// @param form Pledge or custody.
    /// @param trustsVenue True exactly where the venue is the beneficiary: the trader trusts its
    /// books up to his collateral, since being left out of a book is seizure.
    /// @param token Collateral. What a transfer brings is what is credited; a token whose balances
    /// change by themselves must not be used.
    /// @param beneficiary Who may call margin, seize, lower the floor and release. Custody: the venue.
    /// @param refund The trader's side: who gets what is set aside for it, announces, cancels and
    /// tops up.
    /// @param exitTo Who gets `floor` after a long silence. Pledge: the beneficiary.
    /// @param nullifier Nullifier of the trader's account under `scope()`.
    /// @param verifiers Verifiers of one policy, one for each size; zero where there is none.
    /// @param policy Policy digest.
    /// @param oracle Whose markets count.
    /// @param registry Where the venue records its books.
    /// @param venue Whose books count.
    /// @param ratio Ratio in basis points that a proof must show, exactly.
    /// @param floor Pledge: what leaves by the beneficiary's act alone. Custody: what goes to
    /// `exitTo` or, at the end, to the beneficiary; usually zero.
    /// @param margin Equity beyond ratio times the initial requirement that every proof must show,
    /// exactly, 1e-8 USD. Custody: zero.
    /// @param maxBookAge Age of a book, from its cut-off, up to which proofs under it count.
    /// @param grace Time for which a displaced root still counts for a withdrawal.
    /// @param window Time to answer a margin call; at least `maxBookAge + 2·maxAge` of the oracle.
    /// @param patience How much longer a call may last where oracle or venue is silent; at least
    /// `window`.
    /// @param cooldown Least time from the end of a call to the next one; at least `window`.
    /// @param notice Custody: time from an announcement to the cut-off of the first book that does
    /// not count what was announced. Pledge: zero.
    /// @param exitAfter Silence after which the agreement may be left; more than `window + patience`.
    /// @param end From here on no call is made, and the agreement may be finished.
    /// @param salt Tells apart agreements that are otherwise the same.
    struct Terms {
        Form form;
        bool trustsVenue;
        IERC20 token;
        address beneficiary;
        address refund;
        address exitTo;
        uint256 nullifier;
        IMarginVerifier[3] verifiers;
        uint256 policy;
        IMarketOracle oracle;
        ISolvencyRegistry registry;
        address venue;
        uint16 ratio;
        uint128 floor;
        uint128 margin;
        uint32 maxBookAge;
        uint32 grace;
        uint32 window;
        uint32 patience;
        uint32 cooldown;
        uint32 notice;
        uint32 exitAfter;
        uint64 end;
        bytes32 salt;
    }

    /// @param status Where the agreement stands.
    /// @param openedAt Block time of the opening.
    /// @param calledAt Block time of the open call; zero without one.
    /// @param nextCallAt Earliest time of the next call.
    /// @param nonce Number of proofs accepted so far; the next proof binds this number.
    /// @param call Number of the last call, from one; never reset.
    /// @param announcement Number of the last announcement, from one; never reset.
    /// @param collateral Units held, without what is set aside.
    /// @param floor What is left of the terms' floor.
    /// @param due What the open call demands; all where it is the largest number.
    /// @param topUp Deposit that ends the open call.
    /// @param announced Amount of the open announcement.
    /// @param announcedAt Block time of the open announcement; zero without one.
    /// @param recipient Who gets what is announced.
    struct Agreement {
        Status status;
        uint40 openedAt;
        uint40 calledAt;
        uint40 nextCallAt;
        uint32 nonce;
        uint32 call;
        uint32 announcement;
        uint128 collateral;
        uint128 floor;
        uint128 due;
        uint128 topUp;
        uint128 announced;
        uint40 announcedAt;
        address recipient;
    }

    /// @notice A proof under a book that the venue recorded.
    /// @param verifier Place of its verifier in the terms.
    /// @param epoch Number of the venue's epoch.
    /// @param deadline Last second at which it may be used.
    /// @param data The proof.
    struct Proof {
        uint8 verifier;
        uint64 epoch;
        uint64 deadline;
        bytes data;
    }

    /// @notice A proof that only shows the secret: its market and its book are the prover's own.
    struct SecretProof {
        uint8 verifier;
        uint256 market;
        uint256 book;
        uint64 deadline;
        bytes data;
    }

    event Opened(
        bytes32 indexed id, address indexed beneficiary, address indexed refund, Terms terms
    );
    event Deposited(bytes32 indexed id, address indexed from, uint256 credited, uint256 collateral);
    /// @dev One for every accepted proof: the rows that tell it from others, and its nonce.
    event ProofAccepted(
        bytes32 indexed id,
        uint32 indexed nonce,
        Action action,
        uint256 market,
        uint256 book,
        uint256 message
    );
    event Withdrawn(bytes32 indexed id, address indexed to, uint256 amount, uint256 collateral);
    event FloorLowered(bytes32 indexed id, uint256 floor);
    event Announced(
        bytes32 indexed id, uint32 indexed announcement, uint256 amount, address recipient
    );
    event AnnouncementCancelled(bytes32 indexed id, uint32 indexed announcement);
    event AnnouncementPaid(
        bytes32 indexed id, uint32 indexed announcement, uint256 amount, address recipient
    );
    /// @param windowEnd `windowEnd(id)` as things stand at the call; silence and return of oracle or
    /// venue can move it afterwards, never before `calledAt + window`.
    event MarginCalled(
        bytes32 indexed id, uint32 indexed call, uint256 due, uint256 topUp, uint64 windowEnd
    );
    event CallEnded(bytes32 indexed id, uint32 indexed call, CallEnd how, uint64 nextCallAt);
    event CallLapsed(bytes32 indexed id, uint32 indexed call, uint64 windowEnd);
    event Seized(bytes32 indexed id, uint256 amount);
    event Released(bytes32 indexed id);
    event Exited(bytes32 indexed id, uint64 silentSince);
    event Finished(bytes32 indexed id);
    event SetAside(bytes32 indexed id, address indexed party, uint256 amount);
    event Collected(bytes32 indexed id, address indexed party, address indexed to, uint256 amount);

    /// @dev How a call ended other than by a lapse.
    enum CallEnd {
        Answered,
        Acknowledged,
        ToppedUp,
        Cancelled,
        /// The venue, which is the beneficiary, was silent when the window ended.
        Void
    }

    error AgreementExists(bytes32 id);
    error AgreementUnknown(bytes32 id);
    error AgreementClosed(bytes32 id);
    /// @dev The agreement has another form.
    error WrongForm(bytes32 id, Form form);
    error CallIsOpen(bytes32 id, uint64 calledAt);
    error NoCall(bytes32 id);
    error NotLapsed(bytes32 id);
    error AlreadyLapsed(bytes32 id);
    error NotAllowed(address caller, address allowed);
    /// @dev The term by name, in letters, with the value refused.
    error BadTerm(bytes32 term, uint256 value);
    error PolicyMismatch(uint256 agreed, uint256 verifier);
    error NoVerifier(uint8 verifier);
    error ZeroAmount();
    /// @dev Units of the token that were to arrive.
    error NothingArrived(uint256 amount);
    error TopUpTooSmall(uint256 credited, uint256 topUp);
    error AmountTooLarge(uint256 amount, uint256 available);
    error NothingAtStake(bytes32 id);
    error FloorNotLower(uint256 floor, uint256 current);
    error BadRecipient(address recipient);
    error BadSignature(address signer);
    error AnnouncementOpen(bytes32 id, uint32 announcement);
    error NoAnnouncement(bytes32 id, uint32 announcement);
    error DeadlinePassed(uint64 blockTime, uint64 deadline);
    error CallTooSoon(uint64 blockTime, uint64 earliest);
    /// @dev The call could last until `until`, and the oracle promises settled rows up to `listed`.
    error CallOutlastsListing(uint64 until, uint64 listed);
    error MarketBeforeCall(uint64 marketTime, uint64 calledAt);
    error BookTooOld(uint64 age, uint64 maxBookAge);
    error BookDisplaced(uint64 epoch, uint64 displacedAt);
    error BookBeforeNotice(uint64 cutOff, uint64 earliest);
    /// @dev Epochs that do not show a venue alive without interruption.
    error EpochsNotLinked(uint64 earlier, uint64 later);
    error WindowNotLapsed(uint64 blockTime, uint64 windowEnd);
    /// @dev The venue is the beneficiary, and no epoch given was young at the end of the window.
    error VenueSilent(uint64 windowEnd);
    error VenueNotSilent(uint64 epoch, uint64 windowEnd);
    error NotSilent(uint64 blockTime, uint64 exitAt);
    error AgreementEnded(uint64 end);
    error AgreementNotEnded(uint64 blockTime, uint64 end);
    error NothingSetAside(bytes32 id, address party);
    error ProofRefused(bytes32 id, uint256 message);
}
