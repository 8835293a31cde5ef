//! Opened rows and the market column.

use ff::Field;
use zkmargin_circuits::margin::columns::{fixed, ACC, C0, RANGE};
use zkmargin_circuits::margin::instrument::Opening;
use zkmargin_circuits::margin::lookup::Tables;
use zkmargin_circuits::margin::slot::SlotWitness;
use zkmargin_circuits::margin::table::{Tag, MARKET_NODES};
use zkmargin_engine::commitment::{hash8, tag};
use zkmargin_engine::field::pow2;
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};
use crate::support::fixture::Case;

/// Where the volatility stands in a row of the market.
const VOLATILITY: u32 = ID_BITS + 60;
const CALL: &str = "BTC-1790323200-80000-C";

#[test]
fn row_not_in_the_market() {
    // The same option at another mark volatility, in a node of the attacker's.
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let opening = &mut attack.witness.slots[slot].opening;
    let cheaper = opening.row - pow2(VOLATILITY) * Fr::from(1_000);
    let at = opening.siblings.iter().position(|s| *s == opening.row);
    opening.siblings[at.expect("an honest opening")] = cheaper;
    opening.row = cheaper;
    let broken = attack.broken();
    assert_eq!(broken, only("MINS2", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn underlying_without_a_code() {
    // A debt in an underlying of code 0, in a market of the attacker's. No underlying starts there, so it
    // stands in a register that nobody counts; two others start, and it falls out of the registers.
    let positions = [
        ("USD", "9000"),
        ("BTC-PERPETUAL", "1"),
        ("ETH-PERPETUAL", "1"),
    ];
    let mut attack = Attack::on(Case::of(&positions));
    let row = attack.opening("BTC").row;
    let code = attack.case.policy.underlying("BTC").expect("bitcoin").code;
    let row = row - pow2(80) * Fr::from(u64::from(code));
    let siblings = std::array::from_fn(|i| if i == 0 { row } else { Fr::ZERO });
    attack.witness.market_nodes[MARKET_NODES - 1] = hash8(tag::MARKET_NODE, &siblings);
    let debt = SlotWitness {
        live: true,
        negative: true,
        magnitude: 1_000_000_000,
        opening: Opening { siblings, row },
        starts: false,
    };
    attack.witness.slots.insert(0, debt);
    attack.witness.slots.pop();
    attack.own_book();
    assert_eq!(attack.broken(), only("MINS3", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn row_that_is_no_child_of_its_node() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let opening = &mut attack.witness.slots[slot].opening;
    opening.row -= pow2(VOLATILITY) * Fr::from(1_000);
    assert_eq!(attack.broken(), only("MINS1", 1));
}

#[test]
fn market_node_in_another_row() {
    // A node of the attacker's in a row of the table that is not a market row.
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let opening = &mut attack.witness.slots[slot].opening;
    let cheaper = opening.row - pow2(VOLATILITY) * Fr::from(1_000);
    let at = opening.siblings.iter().position(|s| *s == opening.row);
    opening.siblings[at.expect("an honest opening")] = cheaper;
    opening.row = cheaper;
    let node = hash8(tag::MARKET_NODE, &opening.siblings);
    let mut trace = attack.trace();
    let rows = Attack::claim(&trace);
    // In a fixed row of the range lane, in a fixed row below it, and below every table.
    for row in [1, 7_000, 8_100] {
        let honest = trace.advice[ACC][row];
        trace.advice[ACC][row] = node;
        let broken = attack.check(&trace, &rows);
        assert!(broken.contains_key("MRNG1"), "row {row}: {broken:?}");
        assert_eq!(broken.get("MINS2"), Some(&1), "row {row}: {broken:?}");
        trace.advice[ACC][row] = honest;
    }
    // In a market row the copy of the hashed node is broken instead.
    let first = (0..trace.rows())
        .find(|row| trace.fixed[fixed::ACTIVE][*row] == Fr::from(2))
        .expect("market rows");
    trace.advice[ACC][first + 500] = node;
    assert_eq!(attack.check(&trace, &rows), only("MMKT4", 1));
}

#[test]
fn market_row_offers_its_node_less_a_limb() {
    // The limb beside a market node is the prover's: the row then offers another key, and no longer
    // the node. A lookup of that key needs rows that hash to it, one of 2^9 nodes less one of 2^12
    // limbs, so nothing is gained but 21 bits of the search for a preimage.
    let attack = Attack::mixed();
    let mut trace = attack.trace();
    let rows = Attack::claim(&trace);
    let lookup = (0..trace.rows())
        .find(|row| trace.fixed[fixed::TAG][*row] == Fr::from(Tag::MarketNode.number()))
        .expect("an opening");
    let node = trace.advice[C0][lookup];
    let market: Vec<usize> = (0..trace.rows())
        .filter(|row| trace.fixed[fixed::ACTIVE][*row] == Fr::from(2))
        .collect();
    let of = |node: Fr| {
        market
            .iter()
            .copied()
            .find(|r| trace.advice[ACC][*r] == node)
    };
    let (used, idle) = (of(node).expect("a node"), market[511]);
    let limb = Fr::from(4_095);
    // In a row that nobody looks up nothing is broken.
    trace.advice[RANGE][idle] = limb;
    assert!(attack.check(&trace, &rows).is_empty());
    trace.advice[RANGE][idle] = Fr::ZERO;
    // In a row that somebody looks up, the honest lookups fail.
    trace.advice[RANGE][used] = limb;
    let broken = attack.check(&trace, &rows);
    assert_eq!(broken.keys().collect::<Vec<_>>(), ["MINS2", "MREQ11"]);
    // The shifted key is in the table; that it is the digest of the opened rows is what fails.
    trace.advice[C0][lookup] = node - limb;
    assert_eq!(Tables::new(&trace).missing(&trace, lookup).next(), None);
    // So do the look-ups of the other slots that open it.
    assert_eq!(attack.check(&trace, &rows)["MINS2"], 4);
    // Limbs reach no further.
    for beyond in [Fr::from(4_096), -Fr::ONE] {
        trace.advice[RANGE][used] = beyond;
        assert!(attack.check(&trace, &rows).contains_key("MRNG2"));
    }
}
