// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title The rules of the vault, told plainly
/// @notice No proofs, tokens or signatures: whoever asks says what was shown and by whom. It keeps
/// the whole history of markets and roots and looks at all of it, where the vault asks oracle and
/// registry for what they summed up. `Differential.t.sol` holds the vault against it.
contract VaultModel {
    /// @dev Spans of the terms and of the oracle, seconds, and the end, Unix seconds.
    struct Spans {
        uint256 maxAge;
        uint256 settledFor;
        uint256 bookAge;
        uint256 grace;
        uint256 window;
        uint256 patience;
        uint256 cooldown;
        uint256 notice;
        uint256 exitAfter;
        uint256 end;
    }

    enum State {
        Active,
        Called,
        Lapsed,
        Closed
    }

    struct Deal {
        bool custody;
        State state;
        uint256 opened;
        uint256 called;
        uint256 nextCall;
        uint256 calls;
        uint256 proofs;
        uint256 collateral;
        uint256 floor;
        uint256 due;
        uint256 topUp;
        uint256 announced;
        uint256 announcedAt;
        uint256 announcements;
    }

    /// @dev What a proof is about. `sound`: everything else is as it must be.
    struct Shown {
        uint256 epoch;
        uint256 market;
        bool sound;
    }

    struct Happened {
        uint256 time;
        uint256 recorded;
    }

    Spans private _spans;
    Happened[] private _markets;
    Happened[] private _roots;
    Deal[] private _deals;
    uint256[] private _lenders;
    uint256[] private _refunds;

    constructor(Spans memory spans) {
        _spans = spans;
    }

    // The world

    function market() external {
        _markets.push(Happened(block.timestamp, block.timestamp));
    }

    function root(uint256 cutOff) external {
        _roots.push(Happened(cutOff, block.timestamp));
    }

    function open(bool custody, uint256 floor) external {
        _deals.push();
        Deal storage deal = _deals[_deals.length - 1];
        (deal.custody, deal.floor, deal.opened) = (custody, floor, block.timestamp);
        _lenders.push(0);
        _refunds.push(0);
    }

    function dealOf(uint256 i) external view returns (Deal memory) {
        return _deals[i];
    }

    function asides(uint256 i) external view returns (uint256 lender, uint256 refund) {
        return (_lenders[i], _refunds[i]);
    }

    function markets() external view returns (uint256) {
        return _markets.length;
    }

    function roots() external view returns (uint256) {
        return _roots.length;
    }

    // What parties do; each says whether it may be done

    function deposit(uint256 i, uint256 amount, bool byRefund) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || amount == 0) return false;
        if (deal.state != State.Active && (!byRefund || amount < deal.topUp)) return false;
        deal.collateral += amount;
        if (deal.state != State.Active) _over(deal);
        return true;
    }

    function withdraw(uint256 i, uint256 amount, Shown memory shown) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || deal.custody || amount == 0) return false;
        if (deal.collateral < deal.floor + amount) return false;
        if (!_pays(shown)) return false;
        if (deal.state != State.Active && !_answers(deal, shown)) return false;
        if (deal.state != State.Active) _over(deal);
        deal.proofs++;
        _leaves(deal, amount);
        return true;
    }

    function lower(uint256 i, uint256 floor, bool byLender) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || !byLender || floor >= deal.floor) return false;
        deal.floor = floor;
        return true;
    }

    function announce(uint256 i, uint256 amount, bool byRefund, bool byProof)
        external
        returns (bool)
    {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || !deal.custody || deal.announcedAt != 0) return false;
        if (!byRefund && !byProof) return false;
        if (amount == 0 || amount > deal.collateral) return false;
        if (byProof) deal.proofs++;
        (deal.announced, deal.announcedAt) = (amount, block.timestamp);
        deal.announcements++;
        return true;
    }

    function unannounce(uint256 i, bool byRefund, bool byProof) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || deal.announcedAt == 0) return false;
        if (!byRefund && !byProof) return false;
        if (byProof) deal.proofs++;
        (deal.announced, deal.announcedAt) = (0, 0);
        return true;
    }

    function paySigned(uint256 i, bool byVenue) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || deal.announcedAt == 0 || !byVenue) return false;
        _paid(deal);
        return true;
    }

    function payProven(uint256 i, Shown memory shown) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || deal.announcedAt == 0 || !_pays(shown)) return false;
        if (_roots[shown.epoch].time < deal.announcedAt + _spans.notice) return false;
        deal.proofs++;
        if (deal.state != State.Active && _answers(deal, shown)) _over(deal);
        _paid(deal);
        return true;
    }

    function call(uint256 i, uint256 due, uint256 topUp, bool byLender) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state != State.Active || !byLender || due == 0 || topUp == 0) return false;
        if (deal.collateral == 0 || block.timestamp < deal.nextCall) return false;
        if (block.timestamp >= _spans.end) return false;
        uint256 longest = block.timestamp + _spans.window + _spans.patience;
        if (longest - _roots[_roots.length - 1].time > _spans.settledFor) return false;
        (deal.state, deal.called) = (State.Called, block.timestamp);
        (deal.due, deal.topUp) = (due, topUp);
        deal.calls++;
        return true;
    }

    /// @dev In the first window: young market not before the call, young root. Later: the last market,
    /// and the last root or a young one. Never a root that had gone before the call.
    function answer(uint256 i, Shown memory shown) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state != State.Called && deal.state != State.Lapsed) return false;
        if (!shown.sound || shown.market + 1 != _markets.length) return false;
        if (_goneBy(shown.epoch, deal.called)) return false;
        bool last = shown.epoch + 1 == _roots.length;
        bool first = block.timestamp <= deal.called + _spans.window;
        Happened memory seen = _markets[shown.market];
        bool youngMarket = block.timestamp <= seen.time + _spans.maxAge && seen.time >= deal.called;
        bool youngRoot = block.timestamp <= _roots[shown.epoch].time + _spans.bookAge;
        if (first ? !youngMarket || !youngRoot : !last && !youngRoot) return false;
        deal.proofs++;
        _over(deal);
        return true;
    }

    /// @dev Cancelled or acknowledged.
    function forgive(uint256 i, bool byLender) external returns (bool) {
        Deal storage deal = _deals[i];
        if (!byLender || deal.state == State.Closed || deal.state == State.Active) return false;
        _over(deal);
        return true;
    }

    function lapse(uint256 i) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state != State.Called) return false;
        uint256 hard = deal.called + _spans.window + _spans.patience;
        uint256 start = deal.called;
        if (_oracleSince() > start) start = _oracleSince();
        if (_venueSince() > start) start = _venueSince();
        uint256 end = start + _spans.window;
        bool lived =
            end < block.timestamp && end <= hard && _oracleUntil() >= end && _venueUntil() >= end;
        if (!lived && block.timestamp <= hard) return false;
        if (deal.custody && (!lived || end == hard) && !_venueAliveAt(hard)) return false;
        deal.state = State.Lapsed;
        return true;
    }

    function void_(uint256 i) external returns (bool) {
        Deal storage deal = _deals[i];
        uint256 hard = deal.called + _spans.window + _spans.patience;
        if (deal.state != State.Called || !deal.custody || block.timestamp <= hard) return false;
        if (_venueAliveAt(hard)) return false;
        _over(deal);
        return true;
    }

    function seize(uint256 i, bool byLender, bool byRefund) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state != State.Lapsed || (!byLender && !byRefund)) return false;
        uint256 due = deal.due;
        _ends(i, due, !byLender);
        return true;
    }

    function release(uint256 i, bool byLender) external returns (bool) {
        if (_deals[i].state == State.Closed || !byLender) return false;
        _ends(i, 0, true);
        return true;
    }

    function exit(uint256 i, bool byParty) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state == State.Closed || deal.state == State.Lapsed || !byParty) return false;
        uint256 silent = _oracleUntil() < _venueUntil() ? _oracleUntil() : _venueUntil();
        if (deal.state == State.Called && deal.called <= silent) return false;
        uint256 from = silent > deal.opened ? silent : deal.opened;
        if (block.timestamp <= from + _spans.exitAfter) return false;
        _ends(i, deal.floor, true);
        return true;
    }

    function finish(uint256 i, bool byParty) external returns (bool) {
        Deal storage deal = _deals[i];
        if (deal.state != State.Active || !byParty || block.timestamp < _spans.end) return false;
        _ends(i, deal.floor, true);
        return true;
    }

    // Words of the rules

    /// @dev Fit for what pays out: at the last market, young, under a young root that is the last one
    /// or was so a short while ago.
    function _pays(Shown memory shown) private view returns (bool) {
        if (!shown.sound || shown.market + 1 != _markets.length) return false;
        if (block.timestamp > _markets[shown.market].time + _spans.maxAge) return false;
        if (block.timestamp > _roots[shown.epoch].time + _spans.bookAge) return false;
        return !_goneBy(shown.epoch, block.timestamp - _spans.grace);
    }

    function _answers(Deal storage deal, Shown memory shown) private view returns (bool) {
        return !_goneBy(shown.epoch, deal.called) && _markets[shown.market].time >= deal.called;
    }

    /// @dev Whether another root had taken its place by a time.
    function _goneBy(uint256 epoch, uint256 time) private view returns (bool) {
        return epoch + 1 < _roots.length && _roots[epoch + 1].recorded <= time;
    }

    function _over(Deal storage deal) private {
        deal.state = State.Active;
        (deal.called, deal.due, deal.topUp) = (0, 0, 0);
        deal.nextCall = block.timestamp + _spans.cooldown;
    }

    function _paid(Deal storage deal) private {
        uint256 amount = deal.announced;
        (deal.announced, deal.announcedAt) = (0, 0);
        _leaves(deal, amount);
    }

    function _leaves(Deal storage deal, uint256 amount) private {
        deal.collateral -= amount;
        if (deal.collateral == 0) deal.state = State.Closed;
    }

    function _ends(uint256 i, uint256 first, bool kept) private {
        Deal storage deal = _deals[i];
        if (first > deal.collateral) first = deal.collateral;
        // In custody the terms name the trader's side for an exit; its floor is nothing.
        if (kept) _lenders[i] += first;
        _refunds[i] += deal.collateral - first;
        deal.collateral = 0;
        deal.state = State.Closed;
    }

    function _oracleUntil() private view returns (uint256) {
        return _markets[_markets.length - 1].time + _spans.maxAge;
    }

    function _venueUntil() private view returns (uint256) {
        return _roots[_roots.length - 1].time + _spans.bookAge;
    }

    function _oracleSince() private view returns (uint256) {
        return _since(_markets, _spans.maxAge);
    }

    function _venueSince() private view returns (uint256) {
        return _since(_roots, _spans.bookAge);
    }

    /// @dev Start of the last run in which one came before the one before it was too old.
    function _since(Happened[] storage list, uint256 age) private view returns (uint256) {
        uint256 i = list.length - 1;
        while (i > 0 && list[i].recorded <= list[i - 1].time + age) i--;
        return list[i].recorded;
    }

    function _venueAliveAt(uint256 time) private view returns (bool) {
        for (uint256 i = 0; i < _roots.length; i++) {
            bool young = _roots[i].recorded <= time && time <= _roots[i].time + _spans.bookAge;
            if (young) return true;
        }
        return false;
    }
}
