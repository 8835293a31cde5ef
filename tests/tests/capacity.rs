//! What a size and a batch hold is what FORMATS.md says.

use zkmargin_circuits::margin::codes;
use zkmargin_engine::book::shape::K;
use zkmargin_engine::book::Shape;
use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::policy::{Policy, MAX_UNDERLYINGS};
use zkmargin_engine::size::{Size, CASH_SLOTS};
use zkmargin_engine::units::apart;
use zkmargin_keys::key::key_shape;

const FORMATS: &str = include_str!("../../FORMATS.md");
const RM1: &str = include_str!("../../policies/rm1.toml");

fn grouped(number: usize) -> String {
    apart(&number.to_string(), 0)
}

/// The rows of the table of FORMATS.md under a head.
fn table(head: &str) -> Vec<&'static str> {
    let from = FORMATS.find(head).expect("the table");
    let rows = FORMATS[from..].lines().skip(2);
    rows.take_while(|row| row.starts_with('|')).collect()
}

/// RM-1 with so many underlyings in all.
fn with(underlyings: usize) -> Policy {
    let own = Policy::rm1().underlyings().len();
    let more = (own..underlyings).map(|n| {
        let code = 1_000 + n;
        format!(
            "\n[[underlying]]\nsymbol = \"X{n}\"\ncode = {code}\nrange = \"0.25\"\nhaircut = \"0\"\n"
        )
    });
    let text = RM1.to_owned() + &more.collect::<String>();
    Policy::from_toml(&text, "p.toml").expect("a policy")
}

#[test]
fn sizes_hold_as_many_positions_as_is_said() {
    let said = table("| size | positions | cash |");
    let policy = Policy::rm1();
    let row = |size: Size| {
        format!(
            "| `{size}` | {} | {CASH_SLOTS} | {} | 2^{} |",
            size.positions(),
            size.underlyings(),
            key_shape(&policy, size).k,
        )
    };
    assert_eq!(said, Size::ALL.map(row));
}

/// One more doubles the rows, and none less.
#[test]
fn one_underlying_more_takes_twice_the_rows() {
    for size in [Size::Small, Size::Standard] {
        let k = |underlyings| key_shape(&with(underlyings), size).k;
        let most = codes(&Policy::rm1(), size);
        assert_eq!(codes(&with(most), size), most, "{size}");
        assert_eq!(k(most), key_shape(&Policy::rm1(), size).k, "{size}");
        if most < MAX_UNDERLYINGS {
            assert_eq!(k(most + 1), k(most) + 1, "{size}");
        }
    }
}

#[test]
fn batches_hold_as_many_instruments_as_is_said() {
    let said = table("| k | accounts of a batch |");
    let row = |k: u32| {
        let shape = Shape::new(k, 22).expect("a shape");
        format!(
            "| {k} | {} | {} | {} |",
            grouped(shape.accounts()),
            grouped(shape.instruments().min(MARKET_CAPACITY)),
            shape.assets()
        )
    };
    assert_eq!(said, K.map(row).collect::<Vec<_>>());
}
