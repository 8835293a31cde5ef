//! Names of free witnesses: cells that nothing defines as a function of others. The prover chooses
//! them, and constraints only bound what he may choose; attacks forge them by these names.

/// A free witness. Where a part is laid several times, its witnesses are told apart by their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Free {
    /// Market time, Unix seconds.
    Time,
    /// Rows of the market.
    MarketCount,
    /// Strike of a slot, 1e-4 USD; the first free witness of a slot.
    Strike,
    /// Forward or mark of a slot, 1e-8 USD.
    Forward,
    /// Mark volatility of a slot above the least, 1e-4; 0 of what is no live option.
    Volatility,
    /// Expiry of a slot, Unix seconds.
    Expiry,
    /// Seconds until the expiry beyond whole days.
    RestOfDay,
    /// Whether there are any.
    StartedDay,
    /// Whether less than the policy's floor of maturity is left.
    BelowTheFloor,
    /// Root of the time to expiry.
    RootOfTime,
    /// What is left of a number beyond the tabled part of its logarithm: of the forward, then of the strike.
    Logarithm,
    /// Whether the rising volatility is below the policy's floor.
    VolatilityFloor,
    /// High part of w; this and the three below for the mark, a rise and a fall.
    WHigh,
    /// Low part of w, signed.
    WLow,
    /// 2^35/w.
    Reciprocal,
    /// ln(F/K) + w²/2.
    Moneyness,
    /// Whether a position lives in the slot.
    Live,
    /// Whether its quantity is negative.
    Sign,
    /// Magnitude of its quantity, 1e-8 contract.
    Magnitude,
    /// Inverse of that, 0 in an empty slot.
    Inverse,
    /// Whether an underlying starts in the slot.
    Starts,
    /// Whether a slot nets its delta with the one before, from the second slot on.
    JoinsExpiry,
    /// Whether it nets its options with the one before, from the second slot on.
    JoinsStrike,
    /// Whether the net delta of a run is negative, by slot.
    DeltaSign,
    /// Whether the net quantity of options of a run is negative, by slot.
    ShortSign,
    /// Secret of the trader.
    Secret,
    /// Number of the account.
    AccountNumber,
    /// Digest of the customer.
    Customer,
    /// Salt of the account.
    Salt,
    /// Leaves of the book.
    BookCount,
    /// Verifier's application.
    Scope,
    /// Bound message.
    Message,
    /// Ratio in basis points.
    Ratio,
    /// Buffer, 1e-8 USD.
    Buffer,
    /// What covers the loss of an underlying in a scenario: by scenario, then by underlying.
    ScenarioCharge,
    /// The requirement of the worst scenario.
    ScenarioRequirement,
    /// Whether an underlying needs an index, latest underlying first.
    IndexUsed,
    /// Its index, 1e-8 USD.
    IndexPrice,
    /// The charge on short options.
    ShortOptionCharge,
    /// The charge on net deltas.
    RollCharge,
    /// The charge for haircuts.
    HaircutCharge,
    /// The charge for errors of option prices.
    PricingErrorCharge,
    /// Whether less than a day beyond the floor of maturity is left: the node where a day passes is priced at
    /// the floor.
    LastDay,
    /// Size of the loss or gain of an underlying in a scenario: by scenario, then by underlying.
    LossSize,
    /// Whether it is a gain.
    LossIsGain,
    /// What a group of underlyings is charged in a scenario: by scenario, then by group.
    GroupCharge,
    /// Where the tail of the joint points begins.
    TailThreshold,
    /// What a point loses beyond that, by point.
    Excess,
    /// Whether it loses anything beyond that, by point.
    InTail,
    /// Expected shortfall.
    Shortfall,
    /// That times its scale.
    ScaledShortfall,
    /// The market risk.
    MarketRisk,
    /// Whether the scaled shortfall counts, in place of the stress without offsets.
    JointCounts,
    /// The stress with offsets, under the rule that mixes.
    Stress,
    /// The stress of the underlyings without a path, under the rule that mixes.
    StressOfOthers,
    /// What a liquidity line is on: by underlying, delta then vega.
    Exposure,
    /// What its lines charge.
    LiquidityCharge,
    /// Whether the half spread of a slot is that of the forward.
    SpreadOfForward,
    /// The charge for half spreads.
    ClosingCharge,
    /// Whether a slot claims to be the entry costs.
    EntryCosts,
    /// The charge for errors of option prices times the scale of the shortfall.
    ScaledErrorCharge,
    /// Equity, rounded down.
    Equity,
}
