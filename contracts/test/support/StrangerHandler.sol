// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVault} from "../../src/interfaces/IMarginVault.sol";
import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";
import {IMarketOracle} from "../../src/interfaces/IMarketOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";
import {Hostile} from "./Hostile.sol";
import {TestToken} from "./Tokens.sol";
import {VaultHandler} from "./VaultHandler.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title What strangers do beside the parties of honest agreements
/// @notice A stranger opens agreements with the nullifier of a trader and hostile contracts in any
/// of five places: verifier, token, oracle, registry and venue. He moves what he can in them, calls
/// back into the vault from within, and tries the honest agreements themselves. After every step
/// all that can be seen of the honest agreements must be as it was.
contract StrangerHandler is VaultHandler {
    /// @dev Places in the terms, as bits.
    uint256 public constant VERIFIER = 1;
    uint256 public constant TOKEN = 2;
    uint256 public constant ORACLE = 4;
    uint256 public constant REGISTRY = 8;
    uint256 public constant VENUE = 16;
    uint256 public constant PLACES = 32;

    address internal stranger = makeAddr("stranger");
    Hostile internal hostile = new Hostile();
    bytes32[] public strange;
    /// @dev Whether a stranger's step changed anything for an honest agreement.
    bool public touched;

    /// @dev What must stay as it is around a step of a stranger.
    modifier untouched() {
        bytes32 before = honest();
        _;
        if (honest() != before) touched = true;
    }

    constructor() {
        hostile.pose(Hostile.Mood.Pleasing, 0, POLICY, FIRST_ROOT);
        vm.prank(address(hostile));
        registry.publish(0, publication(0xbad), new ISolvencyRegistry.AssetTotal[](0));
        for (uint256 i = 0; i < 2; i++) {
            vm.prank(stranger);
            tokens[i].approve(address(vault), type(uint256).max);
        }
    }

    /// @dev Opens an agreement with a trader's nullifier and hostile contracts in some places.
    function strangerOpens(uint256 which, uint256 places) public untouched {
        IMarginVault.Terms memory terms_ = pick(which).terms;
        terms_.beneficiary = stranger;
        terms_.refund = stranger;
        terms_.salt = keccak256(abi.encode("strange", strange.length));
        if (places & VERIFIER != 0) terms_.verifier = IMarginVerifier(address(hostile));
        if (places & TOKEN != 0) terms_.token = IERC20Metadata(address(hostile));
        if (places & ORACLE != 0) terms_.oracle = IMarketOracle(address(hostile));
        if (places & REGISTRY != 0) terms_.registry = ISolvencyRegistry(address(hostile));
        if (places & VENUE != 0) terms_.venue = address(hostile);
        vm.prank(stranger);
        strange.push(vault.open(terms_));
        steps["strangers open"]++;
    }

    /// @dev Opens one under a hostile verifier, and takes something out.
    function strangerDraws(uint256 which, uint256 places, uint256 amount) external untouched {
        strangerOpens(which, places | VERIFIER);
        bytes32 own = strange[strange.length - 1];
        require(tries(own, 0, amount), "nothing put in");
        // Refused when an honest oracle is silent or an honest book is old.
        if (tries(own, 1, amount)) steps["strangers draw"]++;
    }

    /// @dev Does something in an agreement of his own, with hostile contracts in any mood.
    function strangerActs(
        uint256 which,
        uint8 action,
        uint256 amount,
        uint8 mood,
        uint256 word,
        uint256 honestOne
    ) external untouched returns (bool done) {
        if (strange.length == 0) return false;
        bytes32 own = strange[which % strange.length];
        // Every second time pleasing: only what pleases the vault gets far.
        mood = mood % 8 < 4 ? 0 : mood % 8 - 3;
        hostile.pose(Hostile.Mood(mood), word, POLICY, FIRST_ROOT);
        hostile.arm(address(vault), deed(ids[honestOne % ids.length], word, amount));
        done = tries(own, action, amount);
        hostile.pose(Hostile.Mood.Pleasing, 0, POLICY, FIRST_ROOT);
        if (done) steps["strangers act"]++;
        if (hostile.entered()) touched = true;
    }

    /// @dev Tries an honest agreement itself. Nothing of it is a stranger's business, and a deposit,
    /// which is anyone's, is among the honest steps.
    function strangerMeddles(uint256 which, uint8 action, uint256 amount) external untouched {
        pick(which);
        if (tries(id, bound(action, 1, 6), amount)) touched = true;
        steps["strangers meddle"]++;
    }

    /// @dev Publishes where nobody asked him, and offers the oracle a market that nobody signed.
    function strangerPublishes(uint256 root, uint64 time) external untouched {
        publish(stranger, bound(root, 1, 1 << 200));
        bytes[] memory signatures = signedBy(two(98, 99), time, root);
        vm.prank(stranger);
        (bool done,) = address(oracle).call(abi.encodeCall(oracle.submit, (time, root, signatures)));
        require(!done, "a market that no signer signed");
        steps["strangers publish"]++;
    }

    function tries(bytes32 own, uint256 action, uint256 amount) internal returns (bool done) {
        IMarginVault.Agreement memory deal = vault.agreement(own);
        if (action % 7 == 0) {
            bool junk = address(deal.terms.token) == address(hostile);
            amount = bound(amount, 1, junk ? 1.2e19 : 1e15);
            if (!junk) TestToken(address(deal.terms.token)).mint(stranger, amount);
        }
        if (action % 7 == 1 && deal.collateral != 0) amount = bound(amount, 1, deal.collateral);
        vm.prank(stranger);
        (done,) = address(vault).call(deed(own, action, amount));
    }

    /// @dev One of the vault's functions, with the largest buffer that there is.
    function deed(bytes32 on, uint256 action, uint256 amount) internal view returns (bytes memory) {
        uint256 buffer = (1 << 90) - 1;
        uint64 until = deadline();
        action = action % 7;
        if (action == 0) return abi.encodeCall(vault.deposit, (on, amount));
        if (action == 1) {
            return abi.encodeCall(vault.withdraw, (on, amount, buffer, until, "proof"));
        }
        if (action == 2) return abi.encodeCall(vault.close, (on, buffer, until, "proof"));
        if (action == 3) return abi.encodeCall(vault.answer, (on, buffer, until, "proof"));
        if (action == 4) return abi.encodeCall(vault.marginCall, (on));
        if (action == 5) return abi.encodeCall(vault.seize, (on));
        return abi.encodeCall(vault.release, (on));
    }

    /// @dev All that the parties of the honest agreements can see.
    function honest() public view returns (bytes32 seen) {
        for (uint256 i = 0; i < ids.length; i++) {
            seen = keccak256(abi.encode(seen, vault.agreement(ids[i])));
            seen = keccak256(abi.encode(seen, vault.requiredBuffer(ids[i], 1e6)));
            (bool called, bytes memory end) =
                address(vault).staticcall(abi.encodeCall(vault.windowEnd, (ids[i])));
            seen = keccak256(abi.encode(seen, called, end));
        }
        (uint64 number, uint256 root, uint64 time) = registry.head(venue);
        seen = keccak256(abi.encode(seen, number, root, time, oracle.peek()));
        for (uint256 i = 0; i < 2; i++) {
            seen = keccak256(abi.encode(seen, tokens[i].balanceOf(trader)));
            seen = keccak256(abi.encode(seen, tokens[i].balanceOf(beneficiary)));
            seen = keccak256(abi.encode(seen, tokens[i].balanceOf(refund)));
        }
    }

    /// @notice Number of agreements that strangers opened.
    function strangers() external view returns (uint256) {
        return strange.length;
    }

    /// @notice Units of a token that strangers hold in the vault.
    function heldByStrangers(TestToken token_) external view returns (uint256 sum) {
        for (uint256 i = 0; i < strange.length; i++) {
            IMarginVault.Agreement memory deal = vault.agreement(strange[i]);
            if (address(deal.terms.token) == address(token_)) sum += deal.collateral;
        }
    }
}
