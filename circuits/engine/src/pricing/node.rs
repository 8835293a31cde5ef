//! Price points of an option: per volatility, and per price node.

use crate::math::GRID_END;
use crate::policy::PolicyTables;

/// An option at one volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolPoint {
    /// Volatility in 1e-4 at 2^-29.
    pub s: u64,
    /// `w = σ√T` at 2^-25, rounded down; 1 to 12·2^25 − 1.
    pub w: u64,
    /// `w` in grid steps (2^-9), rounded to nearest.
    pub w_hi: i64,
    /// `w` less `w_hi`, at 2^-25, in [−2^15, 2^15).
    pub r: i64,
    /// `1/w` at 2^-10, rounded down.
    pub mu: u64,
    /// `ln(F/K) + w²/2` at 2^-35, rounded down.
    pub b: i128,
}

/// Places in the table of the normal distribution at one price node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodePoint {
    /// `d1` in grid steps, rounded to nearest and kept within ±3072.
    pub d: i32,
    /// 1 where `d1` is at or above the end of the grid, −1 at or below its start, else 0.
    pub f: i8,
    /// `d − w` in grid steps, at least −3072.
    pub g: i32,
    /// Whether `d − w` is below the start of the grid.
    pub clamp: bool,
}

/// An option at volatility `s` (1e-4 at 2^-29), root of time `t` ([`super::Maturity::t`]) and
/// moneyness `x_hp = ln(F/K)` at 2^-67. `None` when `w` is zero or at least 12, or an argument
/// is absurd.
pub fn vol_point(s: u64, t: u64, x_hp: i128) -> Option<VolPoint> {
    let w = u64::try_from((u128::from(s) * u128::from(t)) >> 48).ok()?;
    point_of_w(s, w, x_hp)
}

/// The same of `w` itself, at 2^-25.
pub fn point_of_w(s: u64, w: u64, x_hp: i128) -> Option<VolPoint> {
    if w == 0 || w >= 12 << 25 || x_hp.unsigned_abs() >> 100 != 0 {
        return None;
    }
    // 29 bits.
    let wide = i128::from(w);
    let w_hi = (w as i64 + (1 << 15)) >> 16;
    Some(VolPoint {
        s,
        w,
        w_hi,
        r: w as i64 - (w_hi << 16),
        mu: (1 << 35) / w,
        b: (x_hp + ((wide * wide) << 16)) >> 32,
    })
}

/// The place of an option at a price node whose forward moves by `lambda` (2^-35, logarithm of
/// the ratio). A point with `w = 0`, which [`vol_point`] never makes, is read as `w` of one unit.
pub fn node_point(point: &VolPoint, lambda: i64) -> NodePoint {
    let w = i128::from(point.w.max(1));
    let nearest = (point.b.saturating_add(lambda.into()).saturating_add(w)).div_euclid(2 * w);
    let end = i128::from(GRID_END);
    let d = nearest.clamp(-end, end) as i32;
    let f = i8::from(nearest >= end) - i8::from(nearest <= -end);
    let below = i64::from(d).saturating_sub(point.w_hi);
    let start = -i64::from(GRID_END);
    NodePoint {
        d,
        f,
        g: below.clamp(start, start.saturating_neg()) as i32,
        clamp: below < start,
    }
}

/// `N(d − w)` at 2^-76: the table at `g`, less `r·φ`, less `r²·g·φ/2`.
pub(crate) fn second_normal_76(point: &VolPoint, node: &NodePoint, tables: &PolicyTables) -> i128 {
    let (n, phi) = tables.normal_at(node.g);
    let (n, phi) = (i128::from(n), i128::from(phi));
    let (r, g) = (i128::from(point.r), i128::from(node.g));
    (n << 40) - ((r * phi) << 35) - r * r * g * phi
}

/// Delta of the call at no shock, at 2^-61: `N(d)` and the first-order step from the grid to
/// `d1`, which lies within half a grid step. `node` is the node of `lambda = 0`.
pub(crate) fn delta_61(point: &VolPoint, node: &NodePoint, tables: &PolicyTables) -> i128 {
    let (n, phi) = tables.normal_at(node.d);
    let exact = i128::from(n) << 25;
    if node.f != 0 {
        return exact;
    }
    let off = i128::from(2 * i64::from(node.d)) * i128::from(point.w) - point.b;
    exact - i128::from(phi) * i128::from(point.mu) * off
}
