//! The requirement as a book proves it under format 2, beside that of an account by itself.

use super::portfolio::{market, policy, random, RM2};
use crate::account::Position;
use crate::book::{evaluate as evaluate_in_book, InstrumentTable};
use crate::market::Market;
use crate::policy::Policy;
use crate::risk::{evaluate, Evaluation};

/// Units of 1e-16 USD in one of 1e-8.
const UNIT: i128 = 100_000_000;

fn policies() -> Vec<Policy> {
    let mixed = RM2
        .replace("rule = \"greatest\"", "rule = \"mix\"\nshare = \"0.4\"")
        .replace("scale = \"1.4\"", "scale = \"1.9\"");
    // No line of the vega that takes nothing off, and no line of the delta at all.
    let lines = RM2
        .replace(
            "vega_liquidity = [[\"0.05\", \"0\"]",
            "vega_liquidity = [[\"0.3\", \"7\"]",
        )
        .replace("delta_liquidity = ", "delta_liquidity = [] # ");
    [
        RM2,
        include_str!("../../../../../policies/rm2-compact.toml"),
        include_str!("../../../../../policies/spanlike.toml"),
        &mixed,
        &lines,
    ]
    .map(policy)
    .to_vec()
}

/// What a book charges above an account by itself, 1e-16 USD, and the contracts of the account.
fn above(
    (policy, market): (&Policy, &Market),
    table: &InstrumentTable,
    held: &[Position],
) -> (i128, i128, Evaluation) {
    let alone = evaluate(policy, market, held).unwrap();
    let in_book = evaluate_in_book(table, held).unwrap();
    let contracts = held.iter().map(|p| i128::from(p.quantity).abs()).sum();
    // Equity is not touched by format 2.
    let below = alone.equity * UNIT - in_book.equity;
    assert!((-UNIT..=4 * contracts + UNIT).contains(&below), "{below}");
    (
        in_book.requirement() - alone.initial_margin * UNIT,
        contracts,
        alone,
    )
}

#[test]
fn a_book_never_charges_less_than_an_account_by_itself() {
    for policy in policies() {
        let market = market(&policy);
        let table = InstrumentTable::new(&policy, &market);
        let mut waived = 0;
        for seed in 0..400 {
            let mut held = random(&market, 40_000 + seed, None);
            if seed % 4 == 0 {
                // Small positions: what is rounded weighs more.
                held.iter_mut()
                    .for_each(|p| p.quantity = p.quantity.signum() * (1 + p.quantity.abs() % 9));
            }
            let (above, _, alone) = above((&policy, &market), &table, &held);
            assert!(above >= 0, "seed {seed}: {above}");
            let of_losses: i128 = alone
                .losses
                .iter()
                .map(|l| l.charge.iter().copied().fold(0, i128::max))
                .sum();
            waived += i128::from(of_losses > alone.market_risk());
        }
        assert!(waived > 40, "accounts whose offset is waived: {waived}");
        let (above, ..) = above((&policy, &market), &table, &[]);
        assert!(
            (0..=12 * UNIT).contains(&above),
            "without positions: {above}"
        );
    }
}

/// An account in one underlying has no offset to waive: what is above are roundings alone.
#[test]
fn one_underlying_is_charged_the_same_in_a_book() {
    let policy = policy(RM2);
    let market = market(&policy);
    let table = InstrumentTable::new(&policy, &market);
    for seed in 0..900 {
        let held = random(
            &market,
            60_000 + seed,
            Some([16, 17, 18][seed as usize % 3]),
        );
        let (above, contracts, _) = above((&policy, &market), &table, &held);
        // Of a contract at most: losses in the market risk and in two lines, roll, short, haircut, half
        // spread, error.
        let bound = 9 * contracts + (10 + 7) * UNIT;
        assert!(
            (0..=bound).contains(&above),
            "seed {seed}: {above} of {bound}"
        );
    }
}

/// Where the settlement currency of entry costs is left out, cash pays a fee as any position.
#[test]
fn fees_and_spreads_by_kind() {
    let policy = policy(RM2);
    let market = market(&policy);
    let table = InstrumentTable::new(&policy, &market);
    let terms = table.portfolio.as_ref().unwrap();
    for (_, entry) in table.priced() {
        let cash = entry.id.kind() == crate::market::Kind::Cash;
        assert_eq!(entry.underlying == 0, cash);
        assert_eq!(entry.closing == 0, cash);
        let symbol = &policy.by_code(entry.id.underlying()).unwrap().symbol;
        let fee = if symbol == "USD-SETTLEMENT" {
            0
        } else {
            terms.position
        };
        assert_eq!(entry.fee, fee);
    }
    assert_eq!(terms.position, 25_000_000 * UNIT);
    assert_eq!(terms.account, (500_000_000 + 9) * UNIT);
}
