//! Instruments: their kind, their 92-bit id and their packed market row.

use std::fmt;

use ff::PrimeField;

use crate::field::pow2;
use crate::units::{CODE_BITS, MOST_CODE, STRIKE_BITS};
use crate::Fr;

/// What an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Money; not shocked by any scenario.
    Cash = 0,
    /// The underlying itself; its mark is the index.
    Spot = 1,
    /// A future without expiry.
    Perpetual = 2,
    /// A dated future.
    Future = 3,
    /// A European call.
    Call = 4,
    /// A European put.
    Put = 5,
}

impl Kind {
    /// Every kind, by ascending code.
    pub const ALL: [Kind; 6] = [
        Kind::Cash,
        Kind::Spot,
        Kind::Perpetual,
        Kind::Future,
        Kind::Call,
        Kind::Put,
    ];

    /// The code in instrument ids.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// The name in market files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Cash => "cash",
            Kind::Spot => "spot",
            Kind::Perpetual => "perpetual",
            Kind::Future => "future",
            Kind::Call => "call",
            Kind::Put => "put",
        }
    }

    /// The kind of a name in market files.
    pub(crate) fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Calls and puts.
    pub fn is_option(self) -> bool {
        matches!(self, Kind::Call | Kind::Put)
    }

    /// Cash and spot: owed as such. The others are contracts between accounts.
    pub const fn is_asset(self) -> bool {
        matches!(self, Kind::Cash | Kind::Spot)
    }

    /// Spot, perpetuals and futures: priced at their mark, shocked in proportion.
    pub fn is_linear(self) -> bool {
        matches!(self, Kind::Spot | Kind::Perpetual | Kind::Future)
    }

    /// Perpetuals and futures: entered at a price that is not paid, so that an account says which.
    pub fn is_future(self) -> bool {
        matches!(self, Kind::Perpetual | Kind::Future)
    }

    /// Futures, calls and puts: those that expire.
    pub fn is_dated(self) -> bool {
        matches!(self, Kind::Future | Kind::Call | Kind::Put)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Bits of a packed instrument id.
pub const ID_BITS: u32 = 92;

/// A packed instrument id, stable over time:
/// `underlying(12) << 80 | expiry(32) << 48 | strike(44) << 4 | kind(4)`.
///
/// Ids order instruments by underlying, expiry and strike, so that what nets together is
/// adjacent. The expiry is 0 unless dated, the strike 0 unless an option.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId(pub u128);

impl InstrumentId {
    /// Packs an id: code of the underlying (or cash asset), expiry in seconds since 1970, strike
    /// in 1e-4 USD, kind.
    ///
    /// # Panics
    /// When the code is 2^12 or the strike 2^44 or more; those of a policy and `Strike` never are.
    pub fn new(underlying: u16, expiry: u32, strike: u64, kind: Kind) -> InstrumentId {
        assert!(
            strike >> STRIKE_BITS == 0,
            "a strike has {STRIKE_BITS} bits"
        );
        assert!(underlying <= MOST_CODE, "a code has {CODE_BITS} bits");
        InstrumentId(
            u128::from(underlying) << 80
                | u128::from(expiry) << 48
                | u128::from(strike) << 4
                | u128::from(kind.code()),
        )
    }

    /// Code of the underlying in the policy.
    pub fn underlying(self) -> u16 {
        (self.0 >> 80) as u16 & MOST_CODE
    }

    /// Expiry in seconds since 1970, 0 unless dated.
    pub fn expiry(self) -> u32 {
        (self.0 >> 48) as u32
    }

    /// Strike in 1e-4 USD, 0 unless an option.
    pub fn strike(self) -> u64 {
        (self.0 >> 4) as u64 & ((1 << STRIKE_BITS) - 1)
    }

    /// Whether both are options of one underlying, expiry and strike: a call and a put, or the same.
    pub(crate) fn same_strike(self, other: InstrumentId) -> bool {
        self.0 >> 4 == other.0 >> 4 && self.kind().is_option() && other.kind().is_option()
    }

    /// What the instrument is. A code that stands for no kind reads as cash; see
    /// [`InstrumentId::is_canonical`].
    pub fn kind(self) -> Kind {
        let code = (self.0 & 15) as usize;
        Kind::ALL.get(code).copied().unwrap_or(Kind::Cash)
    }

    /// Whether it has expired at a time, in seconds since 1970: from the second of its expiry on.
    pub fn settled_at(self, time: u32) -> bool {
        self.kind().is_dated() && self.expiry() <= time
    }

    /// Whether the id has 92 bits, a code of a kind, and an expiry and a strike exactly where its
    /// kind has one.
    pub fn is_canonical(self) -> bool {
        let kind = self.kind();
        self == InstrumentId::new(self.underlying(), self.expiry(), self.strike(), kind)
            && (self.expiry() == 0 || kind.is_dated())
            && (self.strike() != 0) == kind.is_option()
    }
}

impl InstrumentId {
    /// As files write it: `0x` and 23 hexadecimal digits.
    pub fn to_hex(self) -> String {
        format!("0x{:023x}", self.0)
    }

    /// Reads what [`InstrumentId::to_hex`] writes; `None` for other texts and ids that are not
    /// canonical.
    pub fn from_hex(text: &str) -> Option<InstrumentId> {
        let id = u128::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let id = id.map(InstrumentId).filter(|id| id.is_canonical())?;
        // Signs, other lengths and capitals would be second spellings of an id.
        (id.to_hex() == text).then_some(id)
    }
}

impl fmt::Debug for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstrumentId({self})")
    }
}

/// `underlying code:kind:expiry:strike`, for messages that have no name at hand.
impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, expiry) = (self.kind(), self.expiry());
        let strike = crate::units::format_decimal(i128::from(self.strike()), 4);
        write!(f, "{}:{kind}:{expiry}:{strike}", self.underlying())
    }
}

/// Volatility bits of an instrument that has expired: a row with them has a value and no price.
pub const SETTLED: u16 = 1;

/// A listed instrument with its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// What market and account files call it; not committed to, so never shown in place of
    /// [`InstrumentId::name`].
    pub name: String,
    /// Id.
    pub id: InstrumentId,
    /// Forward price of an option, mark of everything else, in 1e-8 USD, in [1, 2^60); of what has
    /// expired its value per contract, which may be 0.
    pub forward: u64,
    /// Mark volatility of an option in 1e-4, in [100, 65535]; [`SETTLED`] for what has expired, 0 for
    /// everything else.
    pub vol: u16,
}

impl Instrument {
    /// The packed row `id | forward << 92 | vol << 152`, of 168 bits.
    pub(crate) fn row(&self) -> Fr {
        let low = self.id.0 | u128::from(self.forward) << ID_BITS;
        let high = u128::from(self.forward) >> (128 - ID_BITS)
            | u128::from(self.vol) << (ID_BITS + 60 - 128);
        element(low, high)
    }
}

/// The field element `low + 2^128·high`; packed values have fewer than 253 bits.
pub(crate) fn element(low: u128, high: u128) -> Fr {
    Fr::from_u128(low) + Fr::from_u128(high) * pow2(128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ff::{Field, PrimeField};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn pow2(n: u64) -> Fr {
        Fr::from(2).pow_vartime([n])
    }

    #[test]
    fn kinds() {
        for (code, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), code);
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("Call"), None);
        let count = |f: fn(Kind) -> bool| Kind::ALL.into_iter().filter(|k| f(*k)).count();
        assert_eq!(
            (
                count(Kind::is_option),
                count(Kind::is_linear),
                count(Kind::is_dated),
                count(Kind::is_future)
            ),
            (2, 3, 3, 2)
        );
    }

    #[test]
    fn parts_at_their_widest_stay_in_their_bits() {
        let id = InstrumentId::new(4_095, u32::MAX, (1 << 44) - 1, Kind::Put);
        assert_eq!(id.0, (1 << 92) - 16 + 5);
        assert_eq!((id.underlying(), id.expiry()), (4_095, u32::MAX));
        assert_eq!((id.strike(), id.kind()), ((1 << 44) - 1, Kind::Put));
        let one_up = |f: fn() -> InstrumentId, shift: u32| assert_eq!(f().0, 1 << shift);
        one_up(|| InstrumentId::new(0, 0, 0, Kind::Spot), 0);
        one_up(|| InstrumentId::new(0, 0, 1, Kind::Cash), 4);
        one_up(|| InstrumentId::new(0, 1, 0, Kind::Cash), 48);
        one_up(|| InstrumentId::new(1, 0, 0, Kind::Cash), 80);
    }

    #[test]
    fn canonical_ids() {
        let good = [
            InstrumentId::new(1, 0, 0, Kind::Cash),
            InstrumentId::new(1, 0, 0, Kind::Perpetual),
            InstrumentId::new(1, 9, 0, Kind::Future),
            InstrumentId::new(1, 9, 1, Kind::Call),
        ];
        let bad = [
            InstrumentId::new(1, 9, 0, Kind::Spot),
            InstrumentId::new(1, 0, 1, Kind::Perpetual),
            InstrumentId::new(1, 9, 1, Kind::Future),
            InstrumentId::new(1, 9, 0, Kind::Put),
            InstrumentId(6),
            InstrumentId(15),
            InstrumentId(1 << 92),
            InstrumentId(InstrumentId::new(1, 0, 0, Kind::Cash).0 | 1 << 92),
        ];
        assert!(good.into_iter().all(InstrumentId::is_canonical));
        assert!(!bad.into_iter().any(InstrumentId::is_canonical));
    }

    #[test]
    fn one_spelling_in_hexadecimal() {
        let id = InstrumentId::new(0xab, 0, 0, Kind::Spot);
        let text = "0x0ab00000000000000000001";
        assert_eq!(id.to_hex(), text);
        assert_eq!(InstrumentId::from_hex(text), Some(id));
        for other in [
            "",
            "ab00000000000000000001",
            "0x0AB00000000000000000001",
            "0xab00000000000000000001",
            "0x+ab00000000000000000001",
            "0x0ab00000000000000000006",
        ] {
            assert_eq!(InstrumentId::from_hex(other), None, "{other}");
        }
    }

    #[test]
    #[should_panic(expected = "a code has 12 bits")]
    fn a_wide_code_is_refused() {
        InstrumentId::new(1 << 12, 1, 1, Kind::Call);
    }

    #[test]
    fn dated_instruments_settle_at_their_expiry() {
        let future = InstrumentId::new(1, 9, 0, Kind::Future);
        assert_eq!(
            [8, 9, 10].map(|t| future.settled_at(t)),
            [false, true, true]
        );
        assert!(!InstrumentId::new(1, 0, 0, Kind::Perpetual).settled_at(u32::MAX));
    }

    #[test]
    #[should_panic(expected = "a strike has 44 bits")]
    fn a_wide_strike_is_refused() {
        InstrumentId::new(1, 1, 1 << 44, Kind::Call);
    }

    #[test]
    fn row_is_the_weighted_sum_of_its_parts() {
        for (forward, vol) in [
            (1, 0),
            ((1 << 60) - 1, u16::MAX),
            (1 << 40, 1),
            ((1 << 40) - 1, 0),
        ] {
            let id = InstrumentId::new(7, 1_790_323_200, 800_000_000, Kind::Call);
            let instrument = Instrument {
                name: String::new(),
                id,
                forward,
                vol,
            };
            let sum = Fr::from_u128(id.0)
                + Fr::from(forward) * pow2(92)
                + Fr::from(u64::from(vol)) * pow2(152);
            assert_eq!(instrument.row(), sum);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..Default::default()
        })]

        #[test]
        fn packing_is_injective(a in parts(), b in parts()) {
            let id = |p: (u16, u32, u64, usize)| InstrumentId::new(p.0, p.1, p.2, Kind::ALL[p.3]);
            prop_assert_eq!(id(a) == id(b), a == b);
            let back = id(a);
            let kind = usize::from(back.kind().code());
            prop_assert_eq!((back.underlying(), back.expiry(), back.strike(), kind), a);
            prop_assert!(back.0 >> 92 == 0);
            prop_assert_eq!(id(a).cmp(&id(b)), a.cmp(&b));
        }
    }

    /// Parts of an id, often at or next to the ends of their ranges.
    fn parts() -> impl Strategy<Value = (u16, u32, u64, usize)> {
        (
            prop_oneof![0u16..1 << 12, 0u16..2, 4_094u16..1 << 12],
            prop_oneof![any::<u32>(), 0u32..2, u32::MAX - 1..=u32::MAX],
            prop_oneof![0u64..1 << 44, 0u64..2, (1u64 << 44) - 2..1 << 44],
            0usize..6,
        )
    }
}
