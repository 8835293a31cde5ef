// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MarginStatement} from "../src/generated/MarginStatement.sol";
import {SmallRm2Verifier} from "../src/generated/SmallRm2Verifier.sol";
import {SmallVerifier} from "../src/generated/SmallVerifier.sol";
import {StandardRm2Verifier} from "../src/generated/StandardRm2Verifier.sol";
import {StandardVerifier} from "../src/generated/StandardVerifier.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {Statement} from "../src/lib/Statement.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The generated verifiers on real proofs. `ZKMARGIN_REPIN=1 ./test contract_fixtures`, at
/// the top of the repository, makes the fixtures. The whole malformed corpus is run beside the
/// other verifiers in `tests/tests/real_proof_agreement.rs`; here anything may change at random.
abstract contract RealProofTest is Test {
    IMarginVerifier internal verifier;
    bytes internal proof;
    uint256[8] internal statement;

    /// @dev Gas of the accepted proof, the call alone.
    uint256 internal good;

    string internal size;

    function load(string memory name) internal {
        size = name;
        string memory text = vm.readFile(string.concat("test/fixtures/", name, ".json"));
        proof = vm.parseJsonBytes(text, ".proof");
        uint256[] memory words = vm.parseJsonUintArray(text, ".statement");
        assertEq(words.length, MarginStatement.WORDS);
        for (uint256 i = 0; i < words.length; i++) {
            statement[i] = words[i];
        }
        (bool yes, uint256 spent) = judge(proof, statement);
        assertTrue(yes, "the fixture is of another key");
        good = spent;
    }

    function judge(bytes memory given, uint256[8] memory rows)
        internal
        view
        returns (bool yes, uint256 spent)
    {
        uint256 before = gasleft();
        yes = verifier.verify(given, rows);
        spent = before - gasleft();
    }

    function refused(bytes memory given, uint256[8] memory rows) internal view {
        (bool yes, uint256 spent) = judge(given, rows);
        assertFalse(yes);
        assertLe(spent, good + good / 10, "a refusal costs more");
    }

    /// @dev Gas of the execution alone, under the rules of foundry.toml's `evm_version`: a view call
    /// is no transaction, so the 21,000 of one and the cost of its data come on top. README.md says
    /// how the file is written anew.
    function test_GasOfAProof() public {
        verifier.verify(proof, statement);
        vm.snapshotGasLastCall("VerifierGas", string.concat("verify, ", size));
    }

    /// Whether a call with so much gas came to an answer. For the good proof it must be yes.
    function answers(uint256 gas_) internal view returns (bool success) {
        bytes memory answer;
        (success, answer) = address(verifier).staticcall{gas: gas_}(
            abi.encodeCall(verifier.verify, (proof, statement))
        );
        if (success) assertTrue(abi.decode(answer, (bool)), "a good proof was refused");
    }

    function test_TooLittleGasRefusesNoGoodProof() public view {
        assertFalse(answers(good / 2));
        for (uint256 gas_ = 0; gas_ < good; gas_ += 1499) {
            answers(gas_);
        }
        assertTrue(answers(good));
    }

    function test_ItsPolicyIsTheFirstWord() public view {
        assertEq(verifier.policy(), statement[MarginStatement.POLICY]);
        assertNotEq(verifier.keyDigest(), bytes32(0));
    }

    function test_EveryWordOfTheStatementCounts() public view {
        for (uint256 i = 0; i < MarginStatement.WORDS; i++) {
            uint256[8] memory rows = statement;
            rows[i] = addmod(rows[i], 1, Statement.MODULUS);
            refused(proof, rows);
            // The same element of the field, written otherwise.
            rows = statement;
            rows[i] += Statement.MODULUS;
            refused(proof, rows);
        }
    }

    function test_NoProofAtAll() public view {
        refused("", statement);
        refused(new bytes(proof.length), statement);
    }

    function testFuzz_AnyWordOfTheProofCounts(uint256 place, uint256 word) public view {
        bytes memory given = proof;
        place = bound(place, 0, given.length / 32 - 1);
        uint256 honest;
        assembly ("memory-safe") {
            honest := mload(add(add(given, 32), mul(place, 32)))
            mstore(add(add(given, 32), mul(place, 32)), word)
        }
        vm.assume(honest != word);
        refused(given, statement);
    }

    function testFuzz_AnyBitOfTheProofCounts(uint256 place, uint8 bit) public view {
        bytes memory given = proof;
        place = bound(place, 0, given.length - 1);
        given[place] ^= bytes1(uint8(1) << (bit % 8));
        refused(given, statement);
    }

    function testFuzz_LengthsAreExact(uint256 length) public view {
        length = bound(length, 0, proof.length + 64);
        vm.assume(length != proof.length);
        bytes memory given = new bytes(length);
        for (uint256 i = 0; i < length && i < proof.length; i++) {
            given[i] = proof[i];
        }
        refused(given, statement);
    }

    function testFuzz_AnyStatementButOneIsRefused(uint256 place, uint256 word) public view {
        place = bound(place, 0, MarginStatement.WORDS - 1);
        vm.assume(word != statement[place]);
        uint256[8] memory rows = statement;
        rows[place] = word;
        refused(proof, rows);
    }
}

contract SmallProofTest is RealProofTest {
    function setUp() public {
        verifier = new SmallVerifier();
        load("small");
    }
}

contract StandardProofTest is RealProofTest {
    function setUp() public {
        verifier = new StandardVerifier();
        load("standard");
    }

    function test_ProofOfAnotherSize() public {
        bytes memory own = proof;
        uint256[8] memory rows = statement;
        IMarginVerifier other = new SmallVerifier();
        assertFalse(other.verify(own, rows));
    }
}

contract SmallRm2ProofTest is RealProofTest {
    function setUp() public {
        verifier = new SmallRm2Verifier();
        load("small-rm2");
    }
}

contract StandardRm2ProofTest is RealProofTest {
    function setUp() public {
        verifier = new StandardRm2Verifier();
        load("standard-rm2");
    }

    function test_ProofOfAnotherPolicy() public {
        bytes memory own = proof;
        uint256[8] memory rows = statement;
        IMarginVerifier other = new StandardVerifier();
        assertFalse(other.verify(own, rows));
        rows[MarginStatement.POLICY] = other.policy();
        assertFalse(other.verify(own, rows));
    }
}
