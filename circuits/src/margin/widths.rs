//! Bits of the largest absolute values, those that are range-checked and those that follow from them:
//! neither a number nor the sum that an inequality ranges wraps (spec/margin.md, section 5).

use super::range::MOST_BITS;
use zkmargin_engine::account::COUNT_BITS;
use zkmargin_engine::policy::{MAX_MONEY, MAX_PATHS, MAX_SCALE, MAX_TOTAL};
use zkmargin_engine::size::Size;
use zkmargin_engine::units::BP;

/// A magnitude, 1e-8 contract.
pub(crate) const QUANTITY: u32 = 62;
/// A forward, mark or index, 1e-8 USD.
pub(crate) const PRICE: u32 = 60;
/// A strike, 1e-4 USD.
pub(crate) const STRIKE: u32 = 44;
/// Market time, in seconds.
pub(crate) const TIME: u32 = 32;
/// The root of a time to expiry; MINS26 leaves less.
pub(crate) const ROOT: u32 = 36;
/// The number of an account.
pub(crate) const ACCOUNT_NUMBER: u32 = 32;
/// High part of w.
pub const W_HIGH: u32 = 24;
/// Reciprocal of w.
pub(crate) const RECIPROCAL: u32 = 36;
/// Money, 1e-8 USD.
pub const MONEY: u32 = 108;
/// Charges of all underlyings in one scenario.
pub(crate) const CHARGES: u32 = MONEY + 3;
/// The requirement of the worst scenario: no more than money above the charges of any.
pub(crate) const WORST: u32 = CHARGES + 1;
/// The initial requirement: that, and four add-ons.
pub(crate) const INITIAL: u32 = WORST + 1;
/// A ratio in basis points.
pub(crate) const RATIO: u32 = 16;
/// A buffer, 1e-8 USD.
pub(crate) const BUFFER: u32 = 90;
/// A requirement times a ratio.
pub(crate) const REQUIRED: u32 = INITIAL + RATIO;
/// What equity leaves above requirement and buffer, 1e-12 USD.
pub(crate) const EXCESS: u32 = 132;
/// What equity leaves of the value that it is rounded from, 10^12·2^76 in a unit.
pub(crate) const EQUITY_REST: u32 = 120;
/// A net dollar delta.
pub(crate) const NET_DELTA: u32 = 204;
/// A net quantity of options.
pub(crate) const NET_QUANTITY: u32 = 72;
/// The code of an underlying.
pub(crate) const CODE: u32 = 12;
/// A loss at a node, the excess of a point, the shortfall, and what the market risk leaves above charges and
/// shortfall, under format 2, 1e-8 USD.
pub const LOSS: u32 = 72;
/// What a signed loss leaves above the loss that it covers, 10^12·2^76 in a unit: 18 units and less.
pub(crate) const LOSS_REST: u32 = 120;
/// The same of a loss with a weight at 2^-24.
pub(crate) const WEIGHED_LOSS_REST: u32 = LOSS_REST + 24;
/// Losses of all underlyings in one scenario; of a path, which is of one.
pub(crate) const LOSSES: u32 = LOSS + 3;
/// A term of the charge of a scenario with offsets: all losses, those of a path, the charge of a group.
pub(crate) const PATHS: u32 = LOSSES;
/// The charge of a scenario with offsets.
pub(crate) const STRESS: u32 = PATHS + 4;
/// What the charge of a group leaves above losses less a share of gains, 1e-12 USD.
pub(crate) const GROUP_REST: u32 = 96;
/// What threshold and excess leave above the loss of a point, at 2^-24.
pub(crate) const POINT: u32 = LOSS + 24;
/// What a shortfall leaves above its tail, in units of money times the mass of the tail.
pub(crate) const TAIL_REST: u32 = 108;
/// What a scaled shortfall leaves above the product, 1e-12 USD.
pub(crate) const SCALED_REST: u32 = 120;
/// What a mixed market risk leaves above the mean, 1e-12 USD.
pub(crate) const MIX_REST: u32 = 132;
/// An exposure: room above the losses that tell it.
pub(crate) const EXPOSURE: u32 = LOSS + 1;
/// What the lines of liquidity charge an underlying.
pub(crate) const LIQUIDITY: u32 = 84;
/// What a charge of liquidity leaves above a line, at 2^-24.
pub(crate) const LINE_REST: u32 = LIQUIDITY + 24;
/// What the charge of half spreads leaves above their sum, 10^12·2^76 in a unit.
pub(crate) const CLOSING_REST: u32 = 120;
/// What a charge for errors leaves above the scaled one, 1e-12 USD.
pub(crate) const SCALED_ERROR_REST: u32 = 24;
/// A term of the fees of closing: a sum of money of a policy times a count.
pub(crate) const FEES: u32 = FEE + SLOTS;
/// What the variance of a day later leaves above the square of W, times 362·μ.
pub(crate) const VARIANCE_REST: u32 = 96;

/// What a charge leaves above a loss: an inequality, as far as bits are proven.
pub(crate) const SLACK: u32 = MOST_BITS;

/// A sum over all slots of the largest size has so many bits more than its terms.
const SLOTS: u32 = 9;
/// The value that a node adds: gross (17), 2^76, q·F.
const NODE: u32 = 17 + 76 + QUANTITY + PRICE;
/// A difference of two registers times the weight of a scenario.
const WEIGHTED_GAIN: u32 = NODE + SLOTS + 1 + 24;
/// A charge times its unit, 10^12·2^100.
const CHARGED: u32 = MONEY + 140;
/// Unit of equity in the value that it is rounded from, 10^12·2^76.
const EQUITY_UNIT: u32 = 116;
/// A dollar delta of a slot, 2^-61: two terms.
const DELTA: u32 = QUANTITY + PRICE + 61 + 1;
/// Σ rate·abs(net dollar delta).
const ROLL: u32 = NET_DELTA + 32 + SLOTS;
/// A_T·W: an option below the floor of maturity; W follows from S < 2^46.76 and t < 2^31.
const FLOORED: u32 = 34 + 30;
/// Σ certified errors: q·F times A_T·W, gmax and 2^32, and smaller terms, rate·β·μ and 10^4 among them.
const ERRORS: u32 = QUANTITY + PRICE + FLOORED + 17 + 32 + 1 + SLOTS;
/// Σ errors of marks times 10^4·2^16.
const MARK_ERRORS: u32 = QUANTITY + PRICE + FLOORED + 1 + SLOTS + 14 + 16;
/// Positions and number of an account in one cell.
const COUNT: u32 = COUNT_BITS + ACCOUNT_NUMBER;
/// The value of an account: registers, cash and parity, errors of marks.
const VALUE: u32 = NODE + SLOTS + 3;
/// 10^4·equity: what is left over, the requirement and the buffer (90 bits times 10^4).
const EQUITY_BP: u32 = EXCESS + 1;
/// That times 10^8·2^76, less the value that it is rounded from: 10^4 has more than 13 bits.
const EQUITY: u32 = EQUITY_BP + EQUITY_UNIT - 13 + 1;

/// A share of a policy, in 1e-4, and such a share and one.
const SHARE: u32 = 15;
/// A multiplier of the shortfall, in 1e-4.
const SCALE: u32 = 17;
/// The mass of a tail or of the points beyond it, in 1e-4.
const MASS: u32 = 20 + 14;
/// A sum of money of a policy, 1e-8 USD.
const FEE: u32 = 64;
/// A slope of liquidity at 2^-24.
const SLOPE: u32 = 38;
/// A signed loss times its unit, less a gain times its weight; the unit is 10^12·2^100.
const COVERED: u32 = WEIGHTED_GAIN + 1;
/// The loss of a point at 2^-24: weights of a path add up to one, and there are four paths.
const POINT_LOSS: u32 = LOSS + 24 + 2;
/// Threshold, excess and loss of a point.
const POINT_SUM: u32 = POINT_LOSS + 1;
/// Shortfall, threshold and excesses, times masses.
const TAIL: u32 = LOSS + MASS + 1;
/// Losses and gains of the paths of a group, and its charge.
const GROUP: u32 = PATHS + SHARE + 3;
/// Scaled shortfall and stresses, each times a share.
const MIX: u32 = MONEY + SHARE + 2;
/// A slope times an exposure; charge and what is taken off at 2^-24 have no more.
const LINE: u32 = SLOPE + EXPOSURE;
/// Half spreads of all slots: value, or share of the forward, at 2^-76.
const CLOSING: u32 = QUANTITY + PRICE + 76 + SHARE + 1 + SLOTS;
/// 362·μ times C·W²: C has 52 bits, W no more than its parts; a variance, 2^50·σ²·tau, has fewer.
const VARIANCE: u32 = 9 + RECIPROCAL + 52 + 2 * (W_HIGH + 16);

const _: () = {
    assert!(Size::Large.underlyings() <= 1 << (LOSSES - LOSS));
    assert!(2 * BP < 1 << SHARE && MAX_SCALE < 1 << SCALE && MAX_TOTAL <= 1 << 20);
    assert!(BP < 1 << 14 && MAX_MONEY < 1 << FEE && MAX_PATHS <= 1 << (POINT_LOSS - LOSS - 24));
    // All losses, and of each path losses, gains and the charge of its group.
    assert!(1 + 3 * MAX_PATHS < 1 << (STRESS - PATHS) && 2 * MAX_PATHS < 1 << 4);
    assert!(LOSS + 140 < WEIGHTED_GAIN && COVERED < SLACK && STRESS < WORST && LOSS < WORST);
    assert!(POINT_SUM < MOST_BITS && LOSS + 25 < POINT_SUM && TAIL < MOST_BITS);
    assert!(GROUP < MOST_BITS && SCALE + LOSS < MONEY + 14 && MONEY + 14 < MOST_BITS);
    // The flag of the smaller of two, times scaled shortfall and losses of paths.
    assert!(MONEY + 2 < MIX && MIX < MOST_BITS && STRESS < MONEY);
    assert!(LINE < MOST_BITS && FEE < LIQUIDITY && LINE_REST < LINE && FEES < MONEY);
    assert!(CLOSING < MONEY + EQUITY_UNIT && MONEY + EQUITY_UNIT + 1 < MOST_BITS);
    assert!(SCALE + MONEY + 1 < MOST_BITS && 50 + 2 * 17 + 36 < 52 + 2 * (W_HIGH + 16));
    assert!(VARIANCE + 1 < MOST_BITS && 2 * CODE < MOST_BITS);
};

const _: () = {
    assert!(Size::Large.slots() <= 1 << SLOTS);
    // The number of positions stands below that of the account.
    assert!(SLOTS <= COUNT_BITS && COUNT < MOST_BITS);
    assert!(WEIGHTED_GAIN < SLACK && CHARGED < SLACK);
    assert!(ROLL < MOST_BITS && ERRORS < MOST_BITS && EQUITY < MOST_BITS && VALUE < EQUITY);
    assert!(MARK_ERRORS < VALUE && 32 + 24 + RECIPROCAL + 14 < FLOORED + 17 + 32);
    assert!(REQUIRED + 1 < EXCESS && BUFFER + 14 + 1 < EXCESS && EQUITY_REST < EQUITY);
    assert!(Size::Large.underlyings() <= 1 << (CHARGES - MONEY));
    // t, its square times 10^8·31536000 (52 bits), and 2^88 seconds of a time to expiry.
    assert!(2 * ROOT + 52 + 1 < MOST_BITS && 36 + 88 + 1 < MOST_BITS);
    assert!(QUANTITY + SLOTS < NET_QUANTITY && DELTA + SLOTS < NET_DELTA);
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 5 of spec/margin.md: what a row begins with, and the bits that it tells.
    fn table() -> Vec<(String, Vec<u32>)> {
        let spec = include_str!("../../spec/margin.md");
        let (_, rest) = spec
            .split_once("## 5 Widths: nothing wraps\n")
            .expect("section 5");
        let (section, _) = rest.split_once("\n## ").expect("section 6");
        let rows = section.lines().filter_map(|line| {
            let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
            cells.rsplit_once(" | ")
        });
        let number = |word: &str| word.trim_matches(',').parse().ok();
        rows.skip(1)
            .map(|(row, bits)| (row.to_owned(), bits.split(' ').filter_map(number).collect()))
            .collect()
    }

    #[test]
    fn widths_are_those_of_the_spec() {
        let widths: [(&str, &[u32]); 27] = [
            ("q·F, q·K", &[QUANTITY + PRICE]),
            ("value of a node", &[NODE]),
            ("register", &[NODE + SLOTS]),
            ("gain · weight", &[WEIGHTED_GAIN]),
            ("charge (108) · unit", &[CHARGED]),
            ("slack of MREQ6", &[SLACK]),
            ("dollar delta", &[DELTA + SLOTS, NET_DELTA]),
            ("roll", &[ROLL]),
            ("equity", &[EQUITY]),
            ("errors", &[ERRORS]),
            ("requirement of the worst scenario", &[WORST]),
            ("IM", &[INITIAL]),
            ("MREQ31", &[REQUIRED]),
            ("10^4·E", &[EQUITY_BP]),
            ("n + 2^16·number", &[COUNT]),
            ("signed loss (72) · unit (140)", &[COVERED]),
            ("losses of all underlyings", &[LOSSES]),
            ("charge of a scenario with offsets", &[STRESS]),
            ("MREQ41", &[GROUP]),
            ("MREQ46", &[POINT_SUM]),
            ("MREQ50", &[TAIL]),
            ("MREQ63", &[MONEY + 2]),
            ("MREQ69", &[MIX]),
            ("MREQ56", &[LINE]),
            ("half spreads", &[CLOSING, MONEY + EQUITY_UNIT]),
            ("fees of closing", &[FEES + 2]),
            ("MINS55", &[VARIANCE]),
        ];
        let table = table();
        assert_eq!(table.len(), widths.len(), "{table:?}");
        for ((row, bits), (name, expected)) in table.iter().zip(widths) {
            assert!(row.starts_with(name), "{row} is not {name}");
            assert_eq!(bits, expected, "{row}");
        }
    }
}
