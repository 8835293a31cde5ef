//! Prices of options on a forward, undiscounted.

/// Standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Undiscounted Black-76: price of a call, or of a put, on forward `f`.
pub fn black76(call: bool, f: f64, k: f64, sigma: f64, t: f64) -> f64 {
    let (d1, d2) = black76_d(f, k, sigma, t);
    if call {
        f * normal_cdf(d1) - k * normal_cdf(d2)
    } else {
        k * normal_cdf(-d2) - f * normal_cdf(-d1)
    }
}

/// The two arguments of Black-76, d1 and d2.
pub fn black76_d(f: f64, k: f64, sigma: f64, t: f64) -> (f64, f64) {
    let w = sigma * t.sqrt();
    let d1 = (f / k).ln() / w + 0.5 * w;
    (d1, d1 - w)
}

/// Undiscounted delta on the forward: N(d1), or N(d1) − 1 for a put.
pub fn black76_delta(call: bool, f: f64, k: f64, sigma: f64, t: f64) -> f64 {
    let (d1, _) = black76_d(f, k, sigma, t);
    if call {
        normal_cdf(d1)
    } else {
        -normal_cdf(-d1)
    }
}
