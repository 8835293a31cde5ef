use super::*;
use crate::field::pow2;
use crate::Fr;
use ff::{Field, PrimeField};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    }
}

#[test]
fn decimals() {
    assert_eq!(
        Price::parse("77081.80", Scale::ONE).unwrap().units(),
        7_708_180_000_000
    );
    assert_eq!(Price::parse("0.00000001", Scale::ONE).unwrap().units(), 1);
    assert_eq!(
        Price::parse("007", Scale::ONE).unwrap().units(),
        700_000_000
    );
    assert_eq!(
        Strike::parse("80000", Scale::ONE).unwrap().units(),
        800_000_000
    );
    assert_eq!(Strike::parse("0.0001", Scale::ONE).unwrap().units(), 1);
    assert_eq!(Vol::parse("0.4198").unwrap().units(), 4198);
    assert_eq!(
        Quantity::parse("-1.5", Scale::ONE).unwrap().units(),
        -150_000_000
    );
    assert_eq!(
        Quantity::parse("250000.00", Scale::ONE).unwrap().units(),
        25_000_000_000_000
    );
    assert_eq!(parse_money("-0.00000001"), Ok(-1));
}

#[test]
fn malformed_decimals() {
    let not_decimal = [
        "+1", "1e3", "1E3", "NaN", "nan", "inf", ".5", "5.", ".", " 1", "1 ", "1,000", "1_000",
        "0x10", "1.2.3", "--1", "1-", "१", "1.-5",
    ];
    for text in not_decimal {
        assert_eq!(
            Quantity::parse(text, Scale::ONE),
            Err(UnitError::NotDecimal),
            "{text:?}"
        );
        assert!(Price::parse(text, Scale::ONE).is_err(), "{text:?}");
        assert!(parse_money(text).is_err(), "{text:?}");
    }
    assert_eq!(Price::parse("", Scale::ONE), Err(UnitError::Empty));
    assert_eq!(Quantity::parse("-", Scale::ONE), Err(UnitError::Empty));
    assert_eq!(Price::parse("-1", Scale::ONE), Err(UnitError::Negative));
    assert_eq!(
        Price::parse("1.000000001", Scale::ONE),
        Err(UnitError::Decimals { places: 8 })
    );
    assert_eq!(
        Price::parse("1.000000000", Scale::ONE),
        Err(UnitError::Decimals { places: 8 })
    );
    assert_eq!(
        Strike::parse("1.00001", Scale::ONE),
        Err(UnitError::Decimals { places: 4 })
    );
    assert_eq!(
        Vol::parse("0.41981"),
        Err(UnitError::Decimals { places: 4 })
    );
}

#[test]
fn range_edges() {
    assert_eq!(Price::parse("0", Scale::ONE), Err(UnitError::Zero));
    assert_eq!(
        Price::parse("11529215046.06846975", Scale::ONE)
            .unwrap()
            .units(),
        (1 << 60) - 1
    );
    assert!(matches!(
        Price::parse("11529215046.06846976", Scale::ONE),
        Err(UnitError::Range { .. })
    ));
    assert_eq!(
        Strike::parse("1759218604.4415", Scale::ONE)
            .unwrap()
            .units(),
        (1 << 44) - 1
    );
    assert!(matches!(
        Strike::parse("1759218604.4416", Scale::ONE),
        Err(UnitError::Range { .. })
    ));
    assert_eq!(Strike::parse("0.0000", Scale::ONE), Err(UnitError::Zero));
    assert_eq!(Vol::parse("0.01").unwrap().units(), 100);
    assert_eq!(Vol::parse("6.5535").unwrap().units(), 65_535);
    for text in ["0", "0.0099", "6.5536", "655.36"] {
        assert!(
            matches!(Vol::parse(text), Err(UnitError::Range { .. })),
            "{text}"
        );
    }
    assert_eq!(
        Quantity::parse("-46116860184.27387903", Scale::ONE)
            .unwrap()
            .units(),
        1 - (1 << 62)
    );
    for text in [
        "-46116860184.27387904",
        "46116860184.27387904",
        "99999999999999999999",
    ] {
        assert!(
            matches!(
                Quantity::parse(text, Scale::ONE),
                Err(UnitError::Range { .. })
            ),
            "{text}"
        );
    }
    assert_eq!(Quantity::parse("-0.0", Scale::ONE), Err(UnitError::Zero));
    let wide = "9".repeat(60);
    assert!(matches!(
        Price::parse(&wide, Scale::ONE),
        Err(UnitError::Range { .. })
    ));
    assert!(matches!(parse_money(&wide), Err(UnitError::Range { .. })));
    assert!(Quantity::from_units(i64::MIN).is_err());
}

#[test]
fn money_texts() {
    for (units, text) in [
        (0, "0"),
        (-1, "-0.00000001"),
        (150_000_000, "1.5"),
        (-1_234_567_890_100_000_000, "-12345678901"),
    ] {
        assert_eq!(format_money(units), text);
    }
    assert_eq!(
        format_money(i128::MIN),
        "-1701411834604692317316873037158.84105728"
    );
}

#[test]
fn elements() {
    assert_eq!(parse_element("0x0"), Ok(Fr::ZERO));
    assert_eq!(parse_element("0xFf"), Ok(Fr::from(255)));
    let last = format_element(&-Fr::ONE);
    assert_eq!(
        last,
        "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000"
    );
    assert_eq!(parse_element(&last), Ok(-Fr::ONE));
    let modulus = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    assert_eq!(parse_element(modulus), Err(UnitError::Modulus));
    let all = format!("0x{}", "f".repeat(64));
    assert_eq!(parse_element(&all), Err(UnitError::Modulus));
    for text in [
        "0x",
        "ff",
        "0Xff",
        "0x 1",
        "0x-1",
        "0xg",
        "1",
        &format!("0x{}", "0".repeat(65)),
    ] {
        assert_eq!(parse_element(text), Err(UnitError::NotHex), "{text:?}");
    }
    assert_eq!(parse_element(""), Err(UnitError::Empty));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn round_trips(price in 1u64..1 << 60, strike in 1u64..1 << 44, vol in 100u16..,
                   size in 1i64..1 << 62, short in any::<bool>(), money in -(1i128 << 126) + 1..1 << 126,
                   limbs in any::<[u64; 3]>()) {
        prop_assert_eq!(Price::parse(&Scale::ONE.price(price.into()), Scale::ONE), Ok(Price(price)));
        prop_assert_eq!(Strike::parse(&Scale::ONE.strike(strike), Scale::ONE), Ok(Strike(strike)));
        prop_assert_eq!(Vol::parse(&Vol(vol).to_string()), Ok(Vol(vol)));
        let quantity = Quantity(if short { -size } else { size });
        prop_assert_eq!(Quantity::parse(&Scale::ONE.quantity(quantity.units().into()), Scale::ONE), Ok(quantity));
        prop_assert_eq!(parse_money(&format_money(money)), Ok(money));
        let low = u128::from(limbs[0]) | u128::from(limbs[1]) << 64;
        let element = Fr::from_u128(low) + Fr::from_u128(limbs[2].into()) * pow2(128);
        prop_assert_eq!(parse_element(&format_element(&element)), Ok(element));
    }

    #[test]
    fn any_text_is_refused_or_exact(text in "[-+0-9.eE]{0,12}") {
        if let Ok(units) = parse_money(&text) {
            let again = format_money(units);
            prop_assert_eq!(parse_money(&again), Ok(units));
            prop_assert!(!text.contains(['e', 'E', '+']));
        }
    }
}

#[test]
fn numbers_for_people_are_exact() {
    for (text, least, shown) in [
        ("0", 2, "0.00"),
        ("0", 0, "0"),
        ("1234.5", 2, "1,234.50"),
        ("-1234567.123456789", 2, "-1,234,567.123456789"),
        ("999", 0, "999"),
        ("1000", 0, "1,000"),
        ("-100000.25", 0, "-100,000.25"),
    ] {
        assert_eq!(apart(text, least), shown);
    }
}
