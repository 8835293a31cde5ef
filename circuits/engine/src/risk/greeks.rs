//! Sensitivities for reports: floating point, and used for nothing else.

use num_traits::ToPrimitive;

use super::position::Priced;
use crate::market::Kind;
use crate::policy::Policy;

/// Sensitivities of all positions of one underlying at no shock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Greeks {
    /// Code of the underlying.
    pub underlying: u16,
    /// Units of the underlying that move alike.
    pub delta: f64,
    /// Change of delta per USD of the forward.
    pub gamma: f64,
    /// USD per volatility point (0.01).
    pub vega: f64,
    /// USD per day that passes, forwards and volatilities unchanged.
    pub theta: f64,
}

/// Sensitivities by ascending underlying; cash and what has expired have none.
pub(super) fn greeks(policy: &Policy, positions: &[Priced]) -> Vec<Greeks> {
    let mut list: Vec<Greeks> = Vec::new();
    for leg in positions.iter().filter(|leg| leg.shocked()) {
        let underlying = leg.underlying.code;
        if list.last().map(|g| g.underlying) != Some(underlying) {
            list.push(Greeks {
                underlying,
                ..Greeks::default()
            });
        }
        if let Some(sum) = list.last_mut() {
            add(sum, policy, leg);
        }
    }
    list
}

fn add(sum: &mut Greeks, policy: &Policy, leg: &Priced) {
    let quantity = leg.position.quantity as f64 / 1e8;
    let Some(option) = &leg.option else {
        sum.delta += quantity;
        return;
    };
    let point = &option.vols[0];
    let call = leg.option_delta_61(policy).to_f64().unwrap_or(f64::NAN) / 2f64.powi(61);
    let put = if leg.kind() == Kind::Put { 1.0 } else { 0.0 };
    let forward = leg.instrument.forward as f64 / 1e8;
    let w = point.w as f64 / 2f64.powi(25);
    let d1 = point.b as f64 / 2f64.powi(35) / w;
    let density = (-d1 * d1 / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let root_of_time = option.maturity.t as f64 * 1e4 / 2f64.powi(44);
    let days = root_of_time * root_of_time * 365.0;
    sum.delta += quantity * (call - put);
    sum.gamma += quantity * density / (forward * w);
    sum.vega += quantity * forward * density * root_of_time * 0.01;
    sum.theta -= quantity * forward * density * w / (2.0 * days);
}
