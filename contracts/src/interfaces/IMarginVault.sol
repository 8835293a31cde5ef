// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes} from "./IMarginVaultTypes.sol";

/// @title Collateral that moves on margin proofs
/// @notice An agreement holds collateral of a trader for a beneficiary. The trader is known by a
/// nullifier under this vault's scope: whoever proves with the secret behind it acts as the trader,
/// from any address, since a proof binds what is done and who is paid. `refund` is an address of the
/// trader's side, for what needs no proof.
///
/// Agreements share nothing. The vault keeps no terms: every function takes them, and their hash is
/// the identity of the agreement.
///
/// A proof speaks about a book that the venue recorded, a market that the oracle holds, and the
/// agreement's policy, nullifier, ratio and margin. The vault writes these rows itself; only what
/// shows nothing but the secret, an announcement, leaves market and book to the prover.
///
/// Rules, numbered as in `contracts/README.md`:
/// 1. Roots. What pays out takes the venue's last root, or one displaced less than `grace` ago. An
///    answer takes any root that was the last one at or after the call. Each is at most `maxBookAge`
///    old, but for rule 3.
/// 2. Calls. A call ends by an answer, an acknowledgement, a top-up, its cancellation, or a proof
///    that pays out and is fit for an answer too. Every end starts the cooldown.
/// 3. Silence. While the oracle has no young market or the venue no young root, a window does not end
///    before `patience` is over, and it starts anew when they return. After the first window the
///    last market and the last root count for an answer, whatever their age, and for nothing else.
/// 4. Seizure takes what is due, after a recorded lapse. The rest is set aside for `refund`.
/// 5. Exit, after `exitAfter` of silence.
/// 6. End, from `end` on.
/// 7. Messages bind everything.
/// 8. There is no owner, no upgrade and no pause.
interface IMarginVault is IMarginVaultTypes {
    /// @notice Opens an agreement. Anyone may: whoever deposits names the terms he agrees to. Refused
    /// while the oracle has no young market or the venue no young book.
    /// @return id Identity of the agreement.
    function open(Terms calldata terms) external returns (bytes32 id);

    /// @notice Adds collateral from the caller. Anyone may, except while a call is open: then only
    /// `refund` may, and at least what the call names as its top-up must arrive, which ends the call.
    /// @return credited Units that arrived.
    function deposit(Terms calldata terms, uint256 amount) external returns (uint256 credited);

    /// @notice The same with a permit of the caller's for the vault. A permit that reverts is ignored:
    /// somebody may have used it already, and then the allowance is there.
    function depositWithPermit(
        Terms calldata terms,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 credited);

    // Pledge

    /// @notice Pays out of what is above the floor, on a proof at the latest market. During a call the
    /// proof must be fit for an answer, and ends the call. The agreement closes when nothing is left.
    /// @param to Who is paid; the proof binds it.
    /// @param proof Binds `messageFor(id, Withdraw, amount, nonce, deadline, to, 0)`.
    function withdraw(Terms calldata terms, uint256 amount, address to, Proof calldata proof)
        external;

    /// @notice Lowers the floor; only for the beneficiary. Nobody can raise it.
    function lowerFloor(Terms calldata terms, uint256 floor) external;

    /// @notice The same by the beneficiary's signature of `floorHash`.
    function lowerFloorFor(
        Terms calldata terms,
        uint256 floor,
        uint64 deadline,
        bytes calldata signature
    ) external;

    // Custody

    /// @notice Announces a withdrawal; only for `refund`. One is open at a time.
    /// @param to Who will be paid.
    function announce(Terms calldata terms, uint256 amount, address to) external;

    /// @notice The same by a proof of the secret.
    /// @param proof Binds `messageFor(id, Announce, amount, nonce, deadline, to, 0)`.
    function announceBySecret(
        Terms calldata terms,
        uint256 amount,
        address to,
        SecretProof calldata proof
    ) external;

    /// @notice Takes the open announcement back, also during a call; only for `refund`.
    function cancelAnnouncement(Terms calldata terms) external;

    /// @notice The same by a proof of the secret.
    /// @param proof Binds `messageFor(id, CancelAnnouncement, 0, nonce, deadline, 0, announcement)`.
    function cancelBySecret(Terms calldata terms, SecretProof calldata proof) external;

    /// @notice Pays what is announced on the venue's signature of `paymentHash`, at any time before a
    /// seizure. Anyone may send it.
    function payAnnounced(Terms calldata terms, uint64 deadline, bytes calldata signature) external;

    /// @notice Pays what is announced on a proof at the latest market, under a root cut at least
    /// `notice` after the announcement. Where the proof is fit for an answer it ends an open call.
    /// @param proof Binds `messageFor(id, Withdraw, announced, nonce, deadline, recipient, announcement)`.
    function payByProof(Terms calldata terms, Proof calldata proof) external;

    // Calls

    /// @notice Calls margin; only for the beneficiary, before `end`, and while what an answer needs
    /// stays listed by the oracle for as long as the call can last.
    /// @param due What will be taken if nobody answers; all where it is the largest number of 128 bits.
    /// @param topUp Deposit that ends the call, not zero.
    function marginCall(Terms calldata terms, uint128 due, uint128 topUp) external;

    /// @notice Ends the call with a proof. Until the call is seized it is never too late.
    /// @dev The market must not be before the call: one of the very second of the call is taken.
    /// @param proof Binds `messageFor(id, Answer, 0, nonce, deadline, 0, call)`.
    function answer(Terms calldata terms, Proof calldata proof) external;

    /// @notice Ends the call by the beneficiary's signature of `acknowledgementHash`, who was shown
    /// off chain what he wanted to see. Anyone may send it.
    function acknowledge(Terms calldata terms, uint64 deadline, bytes calldata signature) external;

    /// @notice Takes the call back; only for the beneficiary.
    function cancelCall(Terms calldata terms) external;

    /// @notice Puts on record that the window of the call has ended. Anyone may. From then on silence
    /// changes nothing.
    /// @param epochs Epochs of the venue, ascending, that show it alive as in `windowEnd`.
    function recordLapse(Terms calldata terms, uint64[] calldata epochs) external;

    /// @notice Ends a call of a venue that is the beneficiary and had no young root when the window
    /// ended for good. Anyone may.
    /// @param epoch The venue's last epoch at that moment.
    function voidCall(Terms calldata terms, uint64 epoch) external;

    /// @notice Takes what is due after a recorded lapse, and closes; only for the beneficiary. The
    /// rest is set aside for `refund`.
    /// @param to Who is paid.
    function seize(Terms calldata terms, address to) external;

    /// @notice The same by `refund`: what is due is set aside for the beneficiary.
    function concede(Terms calldata terms) external;

    // Ends

    /// @notice Sets everything aside for `refund` and closes; only for the beneficiary.
    function release(Terms calldata terms) external;

    /// @notice Leaves the agreement after `exitAfter` of silence, counted from the later of the
    /// opening and the end of the last young root or market; for `refund`, `exitTo` and the
    /// beneficiary. Refused after a recorded lapse, and while a call is open that was made before
    /// the silence.
    function exit(Terms calldata terms) external;

    /// @notice Ends the agreement from `end` on, with no call open or lapsed; for `refund` and the
    /// beneficiary, who gets the floor.
    function finish(Terms calldata terms) external;

    /// @notice Pays what is set aside for the caller.
    /// @param to Who is paid.
    function collect(Terms calldata terms, address to) external;

    /// @notice The same by the party's signature of `collectionHash`. Anyone may send it.
    function collectFor(
        Terms calldata terms,
        address party,
        address to,
        uint64 deadline,
        bytes calldata signature
    ) external;

    // Views

    /// @notice State of an agreement; all zero of one that was never opened.
    function agreement(bytes32 id) external view returns (Agreement memory);

    /// @notice Units set aside for a party of an agreement.
    function setAside(bytes32 id, address party) external view returns (uint256);

    /// @notice Last second before the open call can be recorded as lapsed, by what `epochs` show.
    /// @dev Oracle and venue are alive while they have a market or root young enough. The window must
    /// pass while both are, without interruption; after a silence it starts anew when they return;
    /// `calledAt + window + patience` is its end in any case. The oracle says since when it has been
    /// alive. Of the venue, `epochs` show it: each was recorded while the one before it was young.
    /// They may leave out epochs in between, and must ascend; none given means the last one.
    function windowEnd(Terms calldata terms, uint64[] calldata epochs)
        external
        view
        returns (uint64);

    /// @notice Identity of an agreement with these terms: the hash of their ABI encoding.
    function idOf(Terms calldata terms) external pure returns (bytes32);

    /// @notice Scope row of every proof for this vault, fixed at deployment: the high 248 bits of
    /// `keccak256(abi.encode(SCOPE_TAG, chainid, address(this)))`.
    function scope() external view returns (uint256);

    /// @notice Message row of a proof: the high 248 bits of `keccak256(abi.encode(MESSAGE_TAG,
    /// chainid, address(this), id, action, amount, nonce, deadline, recipient, number))`.
    /// @param recipient Who is paid; zero where nobody is.
    /// @param number Of the call, for an answer; of the announcement, for its payment or cancellation;
    /// zero otherwise.
    function messageFor(
        bytes32 id,
        Action action,
        uint256 amount,
        uint32 nonce,
        uint64 deadline,
        address recipient,
        uint32 number
    ) external view returns (uint256);

    /// @notice EIP-712 hash of `Acknowledgement(bytes32 id,uint32 call,uint64 deadline)`.
    function acknowledgementHash(bytes32 id, uint32 call, uint64 deadline)
        external
        view
        returns (bytes32);

    /// @notice EIP-712 hash of `Floor(bytes32 id,uint256 floor,uint64 deadline)`.
    function floorHash(bytes32 id, uint256 floor, uint64 deadline) external view returns (bytes32);

    /// @notice EIP-712 hash of `Payment(bytes32 id,uint32 announcement,uint256 amount,address
    /// recipient,uint64 deadline)`.
    function paymentHash(
        bytes32 id,
        uint32 announcement,
        uint256 amount,
        address recipient,
        uint64 deadline
    ) external view returns (bytes32);

    /// @notice EIP-712 hash of `Collection(bytes32 id,address party,address recipient,uint64 deadline)`.
    function collectionHash(bytes32 id, address party, address recipient, uint64 deadline)
        external
        view
        returns (bytes32);
}
