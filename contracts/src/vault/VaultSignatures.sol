// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {VaultBase} from "./VaultBase.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title What parties sign instead of sending
/// @notice Each is a type of its own, so that a signature for one is none for another. None can be
/// used twice to anyone's harm: a call and an announcement are spent with their number, a floor only
/// falls, and what is set aside is paid once.
abstract contract VaultSignatures is VaultBase, EIP712 {
    bytes32 internal constant ACKNOWLEDGEMENT_TYPEHASH =
        keccak256("Acknowledgement(bytes32 id,uint32 call,uint64 deadline)");
    bytes32 internal constant FLOOR_TYPEHASH =
        keccak256("Floor(bytes32 id,uint256 floor,uint64 deadline)");
    bytes32 internal constant PAYMENT_TYPEHASH = keccak256(
        "Payment(bytes32 id,uint32 announcement,uint256 amount,address recipient,uint64 deadline)"
    );
    bytes32 internal constant COLLECTION_TYPEHASH =
        keccak256("Collection(bytes32 id,address party,address recipient,uint64 deadline)");

    constructor() EIP712("zkmargin MarginVault", "2") {}

    /// @inheritdoc IMarginVault
    function acknowledgementHash(bytes32 id, uint32 call, uint64 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(ACKNOWLEDGEMENT_TYPEHASH, id, call, deadline)));
    }

    /// @inheritdoc IMarginVault
    function floorHash(bytes32 id, uint256 floor, uint64 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(FLOOR_TYPEHASH, id, floor, deadline)));
    }

    /// @inheritdoc IMarginVault
    function paymentHash(
        bytes32 id,
        uint32 announcement,
        uint256 amount,
        address recipient,
        uint64 deadline
    ) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(PAYMENT_TYPEHASH, id, announcement, amount, recipient, deadline))
        );
    }

    /// @inheritdoc IMarginVault
    function collectionHash(bytes32 id, address party, address recipient, uint64 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(abi.encode(COLLECTION_TYPEHASH, id, party, recipient, deadline))
        );
    }

    /// @dev ECDSA for accounts, EIP-1271 for contracts.
    function _checkSignature(
        address signer,
        bytes32 hash,
        uint64 deadline,
        bytes calldata signature
    ) internal view {
        _checkDeadline(deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, hash, signature)) {
            revert BadSignature(signer);
        }
    }
}
