//! One position with everything that its value depends on.

use num_bigint::BigInt;
use num_traits::Zero;

use crate::account::Position;
use crate::error::Error;
use crate::market::{Instrument, Kind, Market};
use crate::policy::{Policy, Underlying};
use crate::pricing::{
    delta_61, maturity_of, node_point, option_point, price_error, relative_error, second_normal_76,
    strike_money, OptionPoint, VolPoint, ALPHA, A_K, BETA,
};
use crate::units::BP;

/// A price node as an underlying sees it.
pub(super) struct Node {
    /// Logarithm of the gross move at 2^-35.
    pub lambda: i64,
    /// Gross move of the forward in basis points.
    pub gross_bp: u32,
    /// Weight on the loss at 2^-24.
    pub weight: u32,
    /// Which volatility and time.
    pub vol: NodeVol,
}

/// What a node prices options at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeVol {
    /// The mark volatility.
    Mark,
    /// Shocked up.
    Up,
    /// Shocked down.
    Down,
    /// The mark volatility, a day later.
    Decayed,
}

impl Node {
    /// No shock.
    pub(super) const BASE: Node = Node {
        lambda: 0,
        gross_bp: BP,
        weight: 1 << 24,
        vol: NodeVol::Mark,
    };
}

/// A position of the account, priced at the market.
pub(super) struct Priced<'a> {
    /// The position.
    pub position: Position,
    /// Its row of the market.
    pub instrument: &'a Instrument,
    /// Its underlying or cash asset.
    pub underlying: &'a Underlying,
    /// Whether it has expired: it is worth its value, whatever happens.
    pub settled: bool,
    /// Set for calls and puts that live.
    pub option: Option<OptionPoint>,
    /// Roll rate at 2^-32: of the expiry, of today for perpetuals, 0 for cash, spot and what has
    /// expired.
    pub rate: u64,
}

impl<'a> Priced<'a> {
    /// Looks up and prices a position.
    pub(super) fn new(
        policy: &'a Policy,
        market: &'a Market,
        position: &Position,
    ) -> Result<Priced<'a>, Error> {
        let id = position.id;
        let error = |problem, hint| Error::Engine {
            subject: id.name(policy),
            problem,
            hint,
        };
        let instrument = market.listed(id).ok_or_else(|| {
            error(
                "the market does not list the instrument",
                "use the market that the account is of; that of a book was published with it",
            )
        })?;
        let underlying = policy.by_code(id.underlying()).ok_or_else(|| {
            error(
                "the policy does not know the underlying",
                "use the policy of the market",
            )
        })?;
        if !id.is_canonical() || underlying.cash != (id.kind() == Kind::Cash) {
            let hint = "cash assets have cash positions only, and only they";
            return Err(error(
                "the kind of the instrument does not suit its underlying",
                hint,
            ));
        }
        let settled = id.settled_at(market.time());
        let option = match id.kind().is_option() && !settled {
            true => Some(option_point(instrument, market.time(), policy)?),
            false => None,
        };
        Ok(Priced {
            position: *position,
            instrument,
            underlying,
            settled,
            option,
            rate: match settled {
                true => 0,
                false => roll_rate(policy, market, instrument)?,
            },
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.instrument.id.kind()
    }

    /// Whether scenarios move its value: it is no cash and has not expired.
    pub(super) fn shocked(&self) -> bool {
        self.kind() != Kind::Cash && !self.settled
    }

    /// Absolute quantity, 1e-8 contract.
    fn size(&self) -> u64 {
        self.position.quantity.unsigned_abs()
    }

    /// `q·F` (forward or mark), 1e-16 USD.
    pub(super) fn forward_value(&self) -> BigInt {
        BigInt::from(self.position.quantity) * self.instrument.forward
    }

    /// `q·K`, 1e-16 USD.
    fn strike_value(&self) -> BigInt {
        BigInt::from(self.position.quantity) * strike_money(self.instrument)
    }

    /// What moves with the forward in value: 1 for linear kinds, −1 for puts, 0 for what has expired.
    fn linear(&self) -> i32 {
        if self.settled {
            return 0;
        }
        i32::from(self.kind().is_linear()) - i32::from(self.kind() == Kind::Put)
    }

    /// Value at a node, 1e-20·2^-76 USD, without the constant part:
    /// `g·Fo·N1·2^40 + g·Fl·2^76 − 10^4·Ko·N2x`.
    pub(super) fn value(&self, policy: &Policy, node: &Node) -> BigInt {
        let point = self.option.as_ref().map(|option| match node.vol {
            NodeVol::Mark => &option.vols[0],
            NodeVol::Up => &option.vols[1],
            NodeVol::Down => &option.vols[2],
            NodeVol::Decayed => &option.decayed,
        });
        self.value_at(policy, (node.lambda, node.gross_bp), point)
    }

    /// The same where the forward moves by `gross_bp` (basis points; its logarithm at 2^-35) and an option is
    /// at `point`.
    pub(super) fn value_at(
        &self,
        policy: &Policy,
        (lambda, gross_bp): (i64, u32),
        point: Option<&VolPoint>,
    ) -> BigInt {
        let forward = self.forward_value() * gross_bp;
        let linear = (&forward * self.linear()) << 76;
        let Some(point) = point else {
            return linear;
        };
        let tables = policy.tables();
        let place = node_point(point, lambda);
        let (first, _) = tables.normal_at(place.d);
        let second = second_normal_76(point, &place, tables);
        linear + ((forward * first) << 40) - self.strike_value() * BP * second
    }

    /// The part of the value that no shock moves, 1e-16 USD: cash, what has expired, and the strike of
    /// puts.
    pub(super) fn constant_value(&self) -> BigInt {
        match self.kind() {
            _ if !self.shocked() => self.forward_value(),
            Kind::Put => self.strike_value(),
            _ => BigInt::zero(),
        }
    }

    /// Certified error of the value at no shock, 1e-16 USD at 2^-60.
    pub(super) fn mark_error(&self) -> BigInt {
        let Some(option) = &self.option else {
            return BigInt::zero();
        };
        let (forward, strike) = (self.instrument.forward, strike_money(self.instrument));
        let error = price_error(forward, strike, option.vols[0].w, option.maturity.floored);
        BigInt::from(error) * self.size()
    }

    /// Certified error of value, loss and delta, 1e-20 USD at 2^-92.
    pub(super) fn charged_error(&self, gmax: u64) -> BigInt {
        let Some(option) = &self.option else {
            return BigInt::zero();
        };
        let [base, up, _] = &option.vols;
        let relative = |w: u64| BigInt::from(relative_error(w, option.maturity.floored));
        let forward = BigInt::from(self.size()) * self.instrument.forward;
        let strike = BigInt::from(self.size()) * strike_money(self.instrument);
        let prices =
            &forward * (relative(base.w) * BP + relative(up.w) * gmax) + strike * (2 * BP) * A_K;
        let delta = BigInt::from(BETA) * base.mu + ALPHA;
        (prices << 32u32) + forward * delta * self.rate * BP
    }

    /// Dollar delta that rolls, 1e-16 USD at 2^-61; `None` for cash, spot and what has expired.
    pub(super) fn dollar_delta(&self, policy: &Policy) -> Option<BigInt> {
        let linear = match self.kind() {
            Kind::Cash | Kind::Spot => return None,
            _ if self.settled => return None,
            _ => self.linear(),
        };
        let one_61 = BigInt::from(linear) << 61;
        Some(self.forward_value() * (one_61 + self.option_delta_61(policy)))
    }

    /// Delta of the call at no shock at 2^-61, 0 for what is no option.
    pub(super) fn option_delta_61(&self, policy: &Policy) -> BigInt {
        let Some(option) = &self.option else {
            return BigInt::zero();
        };
        let point = &option.vols[0];
        delta_61(point, &node_point(point, 0), policy.tables()).into()
    }
}

/// Roll rate at 2^-32 of an instrument: of its expiry, of today for perpetuals; cash and spot do not
/// roll.
///
/// # Errors
/// When it has expired or expires too late. The table reaches as far as maturities may: a missing row
/// would charge nothing.
fn roll_rate(policy: &Policy, market: &Market, instrument: &Instrument) -> Result<u64, Error> {
    let id = instrument.id;
    let days = match id.kind() {
        Kind::Cash | Kind::Spot => return Ok(0),
        Kind::Perpetual => 0,
        Kind::Future | Kind::Call | Kind::Put => {
            maturity_of(&instrument.name, market.time(), id.expiry(), policy)?.day_up
        }
    };
    let rate = policy.tables().roll.get(days as usize).copied();
    rate.ok_or_else(|| Error::Engine {
        subject: id.to_string(),
        problem: "the policy has no roll rate for its maturity",
        hint: "raise max_days of the policy",
    })
}
