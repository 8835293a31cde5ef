//! One account, its proof before an expiry and its proof in the second of it.

use zkmargin_circuits::margin::witness::fitting_size;
use zkmargin_engine::market::Market;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::size::Size;
use zkmargin_testing::proofs::fixture::{market_at, Case, EXPIRIES};
use zkmargin_testing::proofs::Proven;

/// Positions of every kind in every state: what expires is settled in and out of the money, and of one
/// underlying nothing is left that lives.
#[test]
fn real_proof_at_the_second_of_an_expiry() {
    let mut case = Case::settled();
    let settled = |market: &Market| {
        let held = case.account.positions.iter();
        held.filter(|p| p.id.settled_at(market.time())).count()
    };
    assert_eq!(settled(&case.market), 7);
    // The day before, the same leaf needs registers for three underlyings.
    let before = market_at(&case.policy, EXPIRIES[0] - 1);
    assert_eq!(settled(&before), 0);
    assert_eq!(fitting_size(&case.account, &before), Ok(Size::Standard));
    assert_eq!(fitting_size(&case.account, &case.market), Ok(Size::Small));
    // All of the equity that is there, and not a unit more.
    let e = evaluate(&case.policy, &case.market, &case.account.positions).expect("an evaluation");
    let left = e.equity - e.initial_margin;
    case.request.buffer = u128::try_from(left).expect("a solvent account");
    let proven = Proven::of(case);
    let verdict = proven.check(&proven.bundle).expect("the proof holds");
    assert_eq!(verdict.statement.market, proven.case.market.digest());
    // It is no proof at the market of a second before.
    let mut other = proven.bundle.clone();
    other.statement.market = before.digest();
    assert!(proven.check(&other).is_err());
}
