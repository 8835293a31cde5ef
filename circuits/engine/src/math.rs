//! Fixed-point exponential, logarithm and normal distribution.
//!
//! Policy tables must come out the same on every machine, so they are computed here from
//! integers alone. Values are `i128` at scale 2^-60; every function is good to 2^-50 at least,
//! far below the half unit of the finest table (2^-36), and the tests compare with 40-digit
//! references.

/// Fraction bits of a fixed-point value in this module.
pub(crate) const FRACTION_BITS: u32 = 60;
/// One at scale 2^-60.
pub const ONE: i128 = 1 << FRACTION_BITS;
/// `ln 2` at scale 2^-60, rounded to nearest.
pub(crate) const LN_2: i128 = 799_144_290_325_165_979;
/// `1/√(2π)` at scale 2^-60, rounded to nearest.
pub(crate) const INV_SQRT_2PI: i128 = 459_949_134_171_706_403;
/// Steps of the normal grid per unit.
pub(crate) const GRID: i32 = 512;
/// Last index of the normal grid: `d = 6`.
pub(crate) const GRID_END: i32 = 6 * GRID;

/// `x / 2^bits`, rounded to nearest, ties up. `bits` is 1 to 126.
pub(crate) fn round_shift(x: i128, bits: u32) -> i128 {
    // Half is added after a first shift, so that it cannot overflow.
    ((x >> (bits - 1)) + 1) >> 1
}

/// `x / 2^bits`, rounded up. `bits` is 1 to 126.
pub(crate) fn ceil_shift(x: i128, bits: u32) -> i128 {
    -((-x) >> bits)
}

/// Natural logarithm of a positive integer, or `None` for zero. Error below 2^-53.
pub(crate) fn ln(x: u64) -> Option<i128> {
    let log2 = x.checked_ilog2()?;
    let (x, power) = (i128::from(x), 1i128 << log2);
    // ln y = 2·atanh((y − 1)/(y + 1)) with y = x/2^log2 in [1, 2), so that z < 1/3.
    let z = ((x - power) << FRACTION_BITS) / (x + power);
    let z2 = (z * z) >> FRACTION_BITS;
    let (mut power_of_z, mut sum, mut odd) = (z, 0, 1);
    while power_of_z != 0 {
        sum += power_of_z / odd;
        power_of_z = (power_of_z * z2) >> FRACTION_BITS;
        odd += 2;
    }
    Some(2 * sum + i128::from(log2) * LN_2)
}

/// `e^x` as `(m, k)` with `e^x = m·2^k` and `m` in [1, 2) at scale 2^-60.
///
/// `x` is between −2^6 and 2^6. The relative error is below 2^-53.
fn exp_parts(x: i128) -> (i128, i64) {
    let k = x.div_euclid(LN_2);
    let r = x - k * LN_2;
    let (mut term, mut sum, mut n) = (ONE, 0, 0);
    while term != 0 {
        sum += term;
        n += 1;
        term = ((term * r) >> FRACTION_BITS) / n;
    }
    (sum, k as i64)
}

/// `e^x`, or `None` unless `−64 ≤ x ≤ 10`. Error below 2^-53 of the result, or 2^-60.
pub(crate) fn exp(x: i128) -> Option<i128> {
    if !(-64 * ONE..=10 * ONE).contains(&x) {
        return None;
    }
    let (m, k) = exp_parts(x);
    Some(if k >= 0 {
        m << k
    } else {
        round_shift(m, k.unsigned_abs().min(100) as u32)
    })
}

/// Density of the normal distribution at `index/512`; the index is clamped to the grid.
/// Error below 2^-53.
pub(crate) fn normal_pdf(index: i32) -> i128 {
    let (m, k) = density_parts(index.clamp(-GRID_END, GRID_END));
    m >> k
}

/// Normal distribution function at `index/512`; the index is clamped to the grid.
/// Error below 2^-50.
///
/// `N(x) = 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …)`: all terms are positive, nothing cancels.
pub(crate) fn normal_cdf(index: i32) -> i128 {
    if index < 0 {
        return ONE - normal_cdf(index.saturating_neg());
    }
    let index = index.min(GRID_END);
    let (m, k) = density_parts(index);
    let square = i128::from(index) * i128::from(index);
    // The sum stays below 0.5/φ(6) < 2^27 and square below 2^24: 60 + 27 + 24 bits.
    let mut term = i128::from(index) << (FRACTION_BITS - 9);
    let (mut sum, mut odd) = (0, 1);
    while term != 0 {
        sum += term;
        odd += 2;
        term = ((term * square) >> 18) / odd;
    }
    ONE / 2 + ((m * (sum >> k)) >> FRACTION_BITS)
}

/// `φ(index/512) = m·2^-k` with `m` below 2 at scale 2^-60 and `k ≥ 0`, for |index| ≤ 3072.
fn density_parts(index: i32) -> (i128, u32) {
    let square = i128::from(index) * i128::from(index);
    let (m, k) = exp_parts(-(square << (FRACTION_BITS - 19)));
    ((m * INV_SQRT_2PI) >> FRACTION_BITS, k.unsigned_abs() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: i128, expected: i128, bits: u32) {
        let tolerance = 1i128 << (FRACTION_BITS - bits);
        assert!(
            (got - expected).abs() <= tolerance,
            "{got} against {expected}"
        );
    }

    // Reference values: mpmath at 40 digits, times 2^60, rounded to nearest.

    #[test]
    fn logarithms() {
        for (x, expected) in [
            (1, 0),
            (2, LN_2),
            (3, 1_266_613_732_830_808_727),
            (512, 7_192_298_612_926_493_809),
            (777, 7_673_200_302_566_988_891),
            (1023, 7_990_316_453_230_826_985),
            (10_000, 10_618_799_479_599_967_255),
            (12_345_678_901_234_567, 42_718_142_716_500_324_065),
        ] {
            close(ln(x).unwrap(), expected, 53);
        }
        assert_eq!(ln(0), None);
        assert!(ln(u64::MAX).unwrap() < 45 * ONE);
    }

    #[test]
    fn exponentials() {
        for (quarters, expected) in [
            (-70, 28_949_849_247),
            (-3, 544_601_556_712_120_213),
            (0, ONE),
            (9, 10_938_614_675_766_773_158),
            (36, 9_342_219_713_735_770_781_270),
        ] {
            let got = exp(quarters * ONE / 4).unwrap();
            assert!(
                (got - expected).abs() <= 2 + (expected >> 53),
                "{got} against {expected}"
            );
        }
        assert_eq!(exp(-64 * ONE), Some(0));
        assert_eq!(exp(-64 * ONE - 1), None);
        assert_eq!(exp(10 * ONE + 1), None);
    }

    #[test]
    fn normal_at_grid_points() {
        for (index, cdf, pdf) in [
            (1, 577_359_089_884_954_913, 459_948_256_889_190_820),
            (37, 609_670_356_240_567_959, 458_749_699_901_565_034),
            (256, 797_201_941_231_188_847, 405_903_686_252_997_386),
            (511, 969_459_048_799_108_698, 279_518_120_722_633_653),
            (1001, 1_123_767_665_124_594_013, 68_030_128_148_070_692),
            (1536, 1_151_365_178_137_154_186, 5_109_573_339_281_033),
            (2047, 1_152_884_687_612_120_557, 155_505_605_175_582),
            (2999, 1_152_921_501_896_859_768, 16_312_488_051),
            (3071, 1_152_921_503_455_626_721, 7_087_575_390),
        ] {
            close(normal_cdf(index), cdf, 53);
            close(normal_cdf(-index), ONE - cdf, 53);
            close(normal_pdf(index), pdf, 53);
            close(normal_pdf(-index), pdf, 53);
        }
    }

    /// N(x) from mpmath at 40 digits, as decimal digits after the point.
    #[test]
    fn normal_against_decimal_references() {
        for (halves, digits) in [
            (-12, "000000000986587645037698"),
            (-10, "000000286651571879193912"),
            (-8, "000031671241833119921254"),
            (-7, "000232629079035525036350"),
            (-6, "001349898031630094526652"),
            (-4, "022750131948179207200283"),
            (-2, "158655253931457051414768"),
            (-1, "308537538725986896362295"),
            (0, "500000000000000000000000"),
            (1, "691462461274013103637705"),
            (4, "977249868051820792799717"),
            (8, "999968328758166880078746"),
            (12, "999999999013412354962302"),
        ] {
            // 18 of the digits decide 59 bits.
            let n: i128 = digits[..18].parse().unwrap();
            close(normal_cdf(halves * GRID / 2), n * ONE / 10i128.pow(18), 53);
        }
    }

    #[test]
    fn normal_is_clamped_and_monotone() {
        assert_eq!(normal_cdf(i32::MAX), normal_cdf(GRID_END));
        assert_eq!(normal_cdf(i32::MIN), normal_cdf(-GRID_END));
        assert_eq!(normal_cdf(0), ONE / 2);
        for index in -GRID_END..GRID_END {
            assert!(normal_cdf(index) < normal_cdf(index + 1), "{index}");
        }
    }

    #[test]
    fn rounding() {
        assert_eq!(
            [-5, -4, -3, -1, 1, 3, 5].map(|x| round_shift(x, 1)),
            [-2, -2, -1, 0, 1, 2, 3]
        );
        assert_eq!(
            [-5, -4, -3, 0, 1, 4, 5].map(|x| ceil_shift(x, 2)),
            [-1, -1, 0, 0, 1, 1, 2]
        );
    }
}
