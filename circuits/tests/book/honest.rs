//! Honest venues satisfy the batch circuit, and its statement is what an independent sum says.

use halo2_proofs::dev::MockProver;
use zkmargin_circuits::book::{constraint_system, BatchCircuit};
use zkmargin_engine::book::{evaluate, AssetTotal, InstrumentTable};
use zkmargin_engine::commitment::book_root;
use zkmargin_engine::risk;

use crate::fixture::{account, market_at, EXPIRIES, STATES};
use crate::support::{Judge, Venue};

#[test]
fn an_honest_venue_satisfies_every_constraint() {
    let mut venue = Venue::of(70);
    venue.balance();
    let built = venue.build();
    let judge = Judge::new(&built.trace);
    assert_eq!(judge.broken(&built.trace), Vec::<String>::new());
    let instance = built.trace.instance.clone();
    let circuit = BatchCircuit::over(built.trace);
    let prover = MockProver::run(venue.shape.k(), &circuit, instance).expect("a layout");
    prover.assert_satisfied();
}

/// What has expired is worth its value, in no group and with no loss, and nets to zero over all accounts as
/// what lives does; debts in foreign cash are charged.
#[test]
fn an_honest_venue_in_the_second_of_an_expiry() {
    let mut venue = Venue::of(20);
    venue.market = market_at(&venue.policy, EXPIRIES[0]);
    venue.table = InstrumentTable::new(&venue.policy, &venue.market);
    venue.accounts.push(account(&venue.market, &STATES));
    venue.accounts.push(account(
        &venue.market,
        &[("USD", "900"), ("USDT", "-400"), ("SOL-1787385600", "3")],
    ));
    for held in &venue.accounts {
        let engine = risk::evaluate(&venue.policy, &venue.market, &held.positions).expect("priced");
        let risk = evaluate(&venue.table, &held.positions).expect("priced");
        let contracts = held.positions.iter().map(|p| i128::from(p.quantity).abs());
        let bound = 4 * contracts.sum::<i128>() + 5 * 100_000_000;
        let above = risk.requirement() - engine.initial_margin * 100_000_000;
        assert!(
            (-5 * 100_000_000..bound).contains(&above),
            "{above} of {bound}"
        );
    }
    let debtor = venue.accounts.last().expect("an account");
    let risk = evaluate(&venue.table, &debtor.positions).expect("priced");
    // 400·0.9998·5%, and neither loss nor group of the future.
    assert_eq!(risk.requirement(), 199_960_000_000_000_000);
    assert!(risk.losses.is_empty() && risk.groups.is_empty());
    venue.balance();
    let built = venue.build();
    let judge = Judge::new(&built.trace);
    assert_eq!(judge.broken(&built.trace), Vec::<String>::new());
}

#[test]
fn halo2_keeps_as_many_rows_as_the_shape_says() {
    let venue = Venue::of(1);
    let system = constraint_system(venue.shape);
    let active = (1usize << venue.shape.k()) - system.blinding_factors() - 2;
    assert_eq!(active, venue.shape.active_rows());
    assert_eq!(system.degree(), 9);
}

#[test]
fn totals_and_root_are_those_of_an_independent_sum() {
    let mut venue = Venue::of(70);
    venue.balance();
    let statement = venue.build().statement;
    let (mut equity, mut shortfall, mut deficit, mut failing) = (0i128, 0i128, 0i128, 0);
    for account in &venue.accounts {
        let engine =
            risk::evaluate(&venue.policy, &venue.market, &account.positions).expect("priced");
        let risk = evaluate(&venue.table, &account.positions).expect("priced");
        let contracts: i128 = account
            .positions
            .iter()
            .map(|p| i128::from(p.quantity).abs())
            .sum();
        // 1e-16 USD: one unit of 1e-8 for every contract, and the roundings of the engine.
        let bound = 4 * contracts + 5 * 100_000_000;
        let above = risk.requirement() - engine.initial_margin * 100_000_000;
        assert!(
            (-5 * 100_000_000..bound).contains(&above),
            "{above} of {bound}"
        );
        let below = engine.equity * 100_000_000 - risk.equity;
        assert!((-100_000_000..bound).contains(&below), "{below} of {bound}");
        let meets = engine.solvent(10_000, 0);
        assert_eq!(meets, risk.excess(10_000) >= 0);
        shortfall += (-risk.equity).max(0);
        equity += risk.equity.max(0);
        if !meets {
            failing += 1;
            deficit -= risk.excess(10_000);
        }
    }
    let totals = statement.totals;
    assert_eq!(totals.accounts, venue.accounts.len() as u64);
    assert_eq!(totals.failing, failing);
    assert!(failing > 8 && shortfall > 0);
    assert_eq!(totals.equity as i128, equity);
    assert_eq!(totals.shortfall as i128, shortfall);
    assert_eq!(totals.deficit as i128, deficit);
    for AssetTotal { id, long, short } in &statement.assets {
        let held = |negative: bool| -> u128 {
            let positions = venue.accounts.iter().flat_map(|a| &a.positions);
            positions
                .filter(|p| p.id == *id && (p.quantity < 0) == negative)
                .map(|p| u128::from(p.quantity.unsigned_abs()))
                .sum()
        };
        assert_eq!((*long, *short), (held(false), held(true)));
    }
    let book = venue.book();
    let tree = book.tree();
    assert_eq!(statement.roots, tree.level(2));
    assert_eq!(statement.book, book_root(book.count(), tree.root()));
    // Every derivative nets to zero, so the masks alone are left.
    assert_eq!(
        statement.word,
        zkmargin_engine::Fr::from(77) - zkmargin_engine::Fr::from(99)
    );
}
