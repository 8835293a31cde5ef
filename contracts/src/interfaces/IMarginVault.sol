// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVerifier} from "./IMarginVerifier.sol";
import {IMarketOracle} from "./IMarketOracle.sol";
import {ISolvencyRegistry} from "./ISolvencyRegistry.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title Collateral that moves on margin proofs
/// @notice An agreement holds collateral of a trader for a beneficiary. The trader is known only by
/// a nullifier under this vault's scope: whoever proves margin with the secret behind it acts as
/// the trader, from any address, because the proof binds the caller.
///
/// Collateral leaves in four ways only: the trader withdraws or closes with a proof; the
/// beneficiary seizes it after a margin call that was not answered in time; the beneficiary
/// releases it to the refund address.
///
/// A proof speaks about the market that the oracle holds, the latest book of the venue, and the
/// agreement's policy, ratio and nullifier. The vault writes these rows itself from its own state;
/// the caller gives the proof and, for withdrawals, the buffer, so nothing can be mismatched.
///
/// Why the venue's book: without it a trader could invent an account, with any positions, and prove
/// margin for that. The book is the venue's word that the account exists.
interface IMarginVault {
    /// @notice Terms of an agreement; they never change.
    /// @param token Collateral. One whole token is taken to be worth one US dollar: both sides
    /// trust the peg. A token that takes a fee on transfer is credited by what arrives; a token
    /// whose balances change by themselves must not be used.
    /// @param beneficiary Who may call margin, seize and release.
    /// @param refund Where released collateral goes; the trader's choice.
    /// @param nullifier Nullifier of the trader's secret under `scope()`.
    /// @param verifier Verifier of the circuit size in use; its policy must be `policy`.
    /// @param policy Policy digest.
    /// @param oracle Whose markets count.
    /// @param registry Where the venue records its books.
    /// @param venue Whose books count.
    /// @param maxBookAge Age of the venue's last book beyond which no proof is taken, seconds.
    /// @param ratio Ratio in basis points that a proof must show, exactly. A proof at a higher one
    /// would say more, but would take a further input from the caller for nothing.
    /// @param window Time to answer a margin call, seconds; at least twice the oracle's `maxAge`.
    /// @param patience How much longer a call may last when the oracle is silent, seconds; at least
    /// `window`.
    /// @param cooldown Least time from the end of a call to the next one, seconds; not zero.
    /// @param salt Tells apart agreements that are otherwise the same.
    struct Terms {
        IERC20Metadata token;
        address beneficiary;
        address refund;
        uint256 nullifier;
        IMarginVerifier verifier;
        uint256 policy;
        IMarketOracle oracle;
        ISolvencyRegistry registry;
        address venue;
        uint32 maxBookAge;
        uint16 ratio;
        uint32 window;
        uint32 patience;
        uint32 cooldown;
        bytes32 salt;
    }

    enum Status {
        Unknown,
        Active,
        Called,
        Closed
    }

    enum Action {
        Withdraw,
        Answer,
        Close
    }

    /// @param terms The terms.
    /// @param status Where the agreement stands.
    /// @param decimals Decimals of the token when the agreement was opened.
    /// @param nonce Number of proofs accepted so far; the next proof binds this number.
    /// @param calledAt Block time of the open margin call, Unix seconds; zero without one.
    /// @param nextCallAt Earliest time of the next call, Unix seconds.
    /// @param collateral Units of the token held.
    struct Agreement {
        Terms terms;
        Status status;
        uint8 decimals;
        uint64 nonce;
        uint64 calledAt;
        uint64 nextCallAt;
        uint256 collateral;
    }

    event Opened(
        bytes32 indexed id, address indexed beneficiary, uint256 indexed nullifier, Terms terms
    );
    event Deposited(bytes32 indexed id, address indexed from, uint256 credited, uint256 collateral);
    /// @dev One for every accepted proof: the rows that tell it from others, and its nonce.
    event ProofAccepted(
        bytes32 indexed id,
        uint64 indexed nonce,
        Action action,
        uint256 market,
        uint256 book,
        uint256 buffer,
        uint256 message
    );
    event Withdrawn(bytes32 indexed id, address indexed to, uint256 amount, uint256 collateral);
    /// @param windowEnd `windowEnd(id)` as things stand at the call; silence and return of the
    /// oracle can move it afterwards, never before `calledAt + window`.
    event MarginCalled(bytes32 indexed id, uint64 calledAt, uint64 windowEnd);
    event Answered(bytes32 indexed id, uint64 marketTime, uint64 nextCallAt);
    event Seized(bytes32 indexed id, address indexed beneficiary, uint256 amount);
    event Released(bytes32 indexed id, address indexed refund, uint256 amount);
    event Closed(bytes32 indexed id, address indexed to, uint256 amount);

    error AgreementExists(bytes32 id);
    error AgreementUnknown(bytes32 id);
    error AgreementClosed(bytes32 id);
    /// @dev Unix seconds.
    error CallIsOpen(bytes32 id, uint64 calledAt);
    error NoCall(bytes32 id);
    error NotBeneficiary(address caller, address beneficiary);
    /// @dev The term by name with the value refused.
    error BadTerm(string term, uint256 value);
    error PolicyMismatch(uint256 agreed, uint256 verifier);
    /// @dev The venue has published nothing that a proof could be about.
    error NoBook(ISolvencyRegistry registry, address venue);
    error ZeroAmount();
    /// @dev Units of the token that were to arrive.
    error NothingArrived(uint256 amount);
    /// @dev Units of the token.
    error AmountTooLarge(uint256 amount, uint256 collateral);
    error NothingAtStake(bytes32 id);
    /// @dev 1e-8 USD.
    error BufferTooSmall(uint256 buffer, uint256 required);
    /// @dev 1e-8 USD.
    error BufferOutOfRange(uint256 buffer, uint256 end);
    /// @dev Unix seconds, as in the errors below.
    error DeadlinePassed(uint64 blockTime, uint64 deadline);
    error CallTooSoon(uint64 blockTime, uint64 earliest);
    error MarketBeforeCall(uint64 marketTime, uint64 calledAt);
    error WindowLapsed(uint64 blockTime, uint64 windowEnd);
    error WindowNotLapsed(uint64 blockTime, uint64 windowEnd);
    /// @dev Seconds.
    error BookTooOld(uint64 age, uint64 maxBookAge);
    error ProofRefused(bytes32 id, uint256 message);

    /// @notice Opens an agreement. Anyone may: the identity is the hash of the terms, so opening
    /// in someone's stead changes nothing, and whoever deposits names the terms he agrees to.
    /// Anyone may also name the nullifier of another in terms of his own making. Agreements share
    /// nothing but what `requiredBuffer` counts, so contracts that one names touch no other.
    /// Refused while the oracle has no market or the venue no book.
    /// @return id Identity of the agreement.
    function open(Terms calldata terms) external returns (bytes32 id);

    /// @notice Adds collateral. Anyone may; whoever deposits accepts the terms. Refused while a
    /// margin call is open, when a deposit could only be lost.
    /// @param amount Units of the token to take from the caller.
    /// @return credited Units that arrived.
    function deposit(bytes32 id, uint256 amount) external returns (uint256 credited);

    /// @notice Pays `amount` to the caller, on his proof at the oracle's latest market. Refused
    /// while a margin call is open.
    /// @param amount Units of the token.
    /// @param buffer Buffer that the proof shows, at least `requiredBuffer(id, amount)`, 1e-8 USD.
    /// @param deadline Last second at which the proof may be used, Unix seconds.
    /// @param proof A proof that binds `messageFor(caller, id, Withdraw, amount, nonce, deadline)`.
    function withdraw(
        bytes32 id,
        uint256 amount,
        uint256 buffer,
        uint64 deadline,
        bytes calldata proof
    ) external;

    /// @notice Starts the response window; only for the beneficiary.
    function marginCall(bytes32 id) external;

    /// @notice Ends a margin call with a proof at a market whose time is not before the call.
    /// @dev A market of the very second of the call is taken, so call and answer may share a block;
    /// a market that was taken before the call is refused even if it is still the latest. After
    /// `calledAt + window`, which a window outlasts only if the oracle was silent, the oracle's
    /// last market is taken whatever its age: it is the best evidence there is.
    /// @param buffer Buffer that the proof shows, at least `requiredBuffer(id, 0)`, 1e-8 USD.
    /// @param deadline Last second at which the proof may be used, Unix seconds.
    /// @param proof A proof that binds `messageFor(caller, id, Answer, 0, nonce, deadline)`.
    function answer(bytes32 id, uint256 buffer, uint64 deadline, bytes calldata proof) external;

    /// @notice Pays all collateral to the beneficiary once the window has lapsed without an answer,
    /// and closes; only for the beneficiary.
    function seize(bytes32 id) external;

    /// @notice Pays all collateral to the caller and closes, on his proof at the oracle's latest
    /// market. Refused while a margin call is open.
    /// @param buffer Buffer that the proof shows, 1e-8 USD. It must cover all collateral at the
    /// moment of execution; prove a little more than that, so that a deposit made by another in
    /// between does not stand in the way.
    /// @param deadline Last second at which the proof may be used, Unix seconds.
    /// @param proof A proof that binds `messageFor(caller, id, Close, 0, nonce, deadline)`.
    function close(bytes32 id, uint256 buffer, uint64 deadline, bytes calldata proof) external;

    /// @notice Pays all collateral to the refund address and closes, whatever the state of a call;
    /// only for the beneficiary.
    function release(bytes32 id) external;

    /// @notice Last second at which the open call may be answered as things stand, Unix seconds;
    /// from the next second on the beneficiary may seize.
    /// @dev The rule for a silent oracle. The oracle is alive while it holds a market no older than
    /// its `maxAge`.
    /// 1. The window must pass while the oracle is alive without interruption. After a silence
    ///    it starts anew when the oracle returns: the trader gets the whole of it. As the window
    ///    is at least twice `maxAge`, markets not before the call exist for half of it or more.
    /// 2. While the oracle is silent, nothing lapses until `calledAt + window + patience`. After
    ///    `calledAt + window` the trader may answer at the last market, however old.
    /// 3. `calledAt + window + patience` is the end in any case.
    /// So silence alone takes no collateral from a trader who can still prove margin at the last
    /// prices known, and no call binds the beneficiary forever. A window that has lapsed should
    /// be used: if the oracle falls silent and returns before the seizure, rule 1 applies again.
    function windowEnd(bytes32 id) external view returns (uint64);

    /// @notice Buffer that the next proof must show to take `amount` out, 1e-8 USD.
    /// @dev Value of the amount, rounded up, plus the value that the same nullifier has taken out
    /// since the venue's last book under agreements with the same registry, venue and verifier,
    /// whatever their tokens, oracles and beneficiaries: the book does not know of it yet, and many
    /// small withdrawals shall need what one large one needs. Not counted is what left under
    /// another verifier (of another size, say), by another vault or off chain, and what left before
    /// the venue's last book, even if that is the same book once more or was cut before. What was
    /// paid back in still counts.
    function requiredBuffer(bytes32 id, uint256 amount) external view returns (uint256);

    /// @notice The agreement's terms and state.
    function agreement(bytes32 id) external view returns (Agreement memory);

    /// @notice Identity of an agreement with these terms: the hash of their ABI encoding.
    function idOf(Terms calldata terms) external pure returns (bytes32);

    /// @notice Scope row of every proof for this vault, fixed at deployment: the high 248 bits of
    /// `keccak256(abi.encode(SCOPE_TAG, chainid, address(this)))`.
    function scope() external view returns (uint256);

    /// @notice Message row of a proof: the high 248 bits of `keccak256(abi.encode(MESSAGE_TAG,
    /// chainid, address(this), caller, id, action, amount, nonce, deadline))`.
    /// @param caller Address that will send the transaction and be paid.
    /// @param id Identity of the agreement.
    /// @param action What the proof is for.
    /// @param amount Units of the token for a withdrawal, zero otherwise.
    /// @param nonce The agreement's nonce.
    /// @param deadline Last second at which the proof may be used, Unix seconds.
    function messageFor(
        address caller,
        bytes32 id,
        Action action,
        uint256 amount,
        uint64 nonce,
        uint64 deadline
    ) external view returns (uint256);
}
