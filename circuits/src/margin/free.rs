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
    /// Equity, rounded down.
    Equity,
}
