// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarginVaultTypes as V} from "../interfaces/IMarginVaultTypes.sol";
import {Statement} from "./Statement.sol";

/// @title What terms must be for an agreement to be opened
/// @notice Each rule keeps one side from being bound to something that it could never meet.
library TermsCheck {
    /// @notice Reverts with the first term that is refused.
    function check(V.Terms calldata terms) internal view {
        _parties(terms);
        _amounts(terms);
        _spans(terms);
        _verifiers(terms);
    }

    function _parties(V.Terms calldata terms) private view {
        if (address(terms.token).code.length == 0) _bad("token", uint160(address(terms.token)));
        if (terms.beneficiary == address(0)) _bad("beneficiary", 0);
        _payable("refund", terms, terms.refund);
        _payable("exitTo", terms, terms.exitTo);
        if (terms.refund == terms.beneficiary) _bad("refund", uint160(terms.refund));
        if (terms.venue == address(0)) _bad("venue", 0);
        bool own = terms.beneficiary == terms.venue;
        if (terms.trustsVenue != own) _bad("trustsVenue", own ? 0 : 1);
        if (terms.form == V.Form.Custody) {
            if (!own) _bad("beneficiary", uint160(terms.beneficiary));
        } else if (terms.exitTo != terms.beneficiary) {
            _bad("exitTo", uint160(terms.exitTo));
        }
    }

    function _amounts(V.Terms calldata terms) private pure {
        if (!Statement.isDigest(terms.nullifier)) _bad("nullifier", terms.nullifier);
        if (terms.ratio == 0) _bad("ratio", 0);
        bool custody = terms.form == V.Form.Custody;
        if (terms.margin >= Statement.BUFFER_END || (custody && terms.margin != 0)) {
            _bad("margin", terms.margin);
        }
        if (custody == (terms.notice == 0)) _bad("notice", terms.notice);
    }

    /// @dev The window holds a root cut after the call, with time to prove under it; what an answer
    /// needs is listed as long as the window can last; a lapse is recorded before an exit.
    function _spans(V.Terms calldata terms) private view {
        (uint256 bookAge, uint256 window) = (terms.maxBookAge, terms.window);
        uint256 longest = window + terms.patience;
        if (bookAge == 0) _bad("maxBookAge", 0);
        if (window < bookAge + 2 * uint256(terms.oracle.maxAge())) _bad("window", window);
        if (terms.patience < window) _bad("patience", terms.patience);
        if (terms.cooldown < window) _bad("cooldown", terms.cooldown);
        if (terms.exitAfter <= longest) _bad("exitAfter", terms.exitAfter);
        uint64 listed = terms.oracle.settledFor();
        if (bookAge + longest > listed) _bad("settledFor", listed);
        if (terms.end <= block.timestamp + longest + terms.notice) _bad("end", terms.end);
    }

    function _verifiers(V.Terms calldata terms) private view {
        uint256 found = 0;
        for (uint256 i = 0; i < terms.verifiers.length; i++) {
            if (address(terms.verifiers[i]) == address(0)) continue;
            found++;
            // A set of three, checked once in the life of an agreement.
            // slither-disable-next-line calls-loop
            uint256 policy = terms.verifiers[i].policy();
            if (policy != terms.policy) revert V.PolicyMismatch(terms.policy, policy);
        }
        if (found == 0) _bad("verifiers", 0);
    }

    function _payable(bytes32 term, V.Terms calldata terms, address to) private view {
        if (to == address(0) || to == address(this) || to == address(terms.token)) {
            _bad(term, uint160(to));
        }
    }

    function _bad(bytes32 term, uint256 value) private pure {
        revert V.BadTerm(term, value);
    }
}
