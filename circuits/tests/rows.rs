//! How many rows each lane takes, by part: what decides the size of a circuit.

mod support;

use support::fixture::shipped;
use zkmargin_circuits::margin::{layout, MarginCircuit, MarginWitness, Size};

/// Both models fit the same powers of two, with the setup that is embedded.
#[test]
fn lanes_fit_the_embedded_setup() {
    for name in ["rm1", "rm2", "rm2-compact"] {
        for (size, k) in [(Size::Small, 13), (Size::Standard, 14), (Size::Large, 16)] {
            let policy = shipped(name);
            let blank = MarginWitness::blank(size);
            let laid = layout::build(&policy, size, &blank, None);
            for (part, rows) in &laid.parts {
                println!("{name} {size} {part}: {rows:?}");
            }
            println!("{name} {size}: {:?}, {} rows", laid.ends, laid.rows);
            assert_eq!(MarginCircuit::over(laid.trace).k(), k, "{name}, {size}");
        }
    }
}
