//! Honest venues satisfy the batch circuit, and its statement is what an independent sum says.

use halo2_proofs::dev::MockProver;
use zkmargin_circuits::book::columns::fixed;
use zkmargin_circuits::book::{constraint_system, expected, key_trace, BatchCircuit};
use zkmargin_engine::book::masks::masks;
use zkmargin_engine::book::{evaluate, InstrumentTable, MaskedAsset, Shape};
use zkmargin_engine::commitment::book_root;
use zkmargin_engine::field::as_u128;
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk;
use zkmargin_engine::Fr;

use crate::fixture::{account, market_at, EXPIRIES, STATES};
use crate::support::{Judge, Venue, SECRETS};

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

/// Policies of format 2.
const OF_FORMAT_2: [&str; 3] = [
    include_str!("../../../policies/rm2.toml"),
    include_str!("../../../policies/rm2-compact.toml"),
    include_str!("../../../policies/spanlike.toml"),
];

/// Format 2: every constraint holds, and the statement says of each account what the engine does.
#[test]
fn an_honest_venue_under_format_2() {
    for (i, text) in OF_FORMAT_2.iter().enumerate() {
        let policy = Policy::from_toml(text, "policy.toml").expect("a policy");
        let mut venue = Venue::under(policy, 30);
        let mixed = account(&venue.market, &STATES);
        venue.accounts.push(mixed);
        venue.balance();
        let built = venue.build();
        let judge = Judge::new(&built.trace);
        assert_eq!(judge.broken(&built.trace), Vec::<String>::new(), "{i}");
        let leaves = venue.book().leaves;
        let (statement, tally) =
            expected(&venue.table, venue.ratio, &venue.input(), &leaves).expect("priced");
        assert_eq!(statement, built.statement);
        let mut failing = 0;
        for held in &venue.accounts {
            let engine =
                risk::evaluate(&venue.policy, &venue.market, &held.positions).expect("priced");
            let risk = evaluate(&venue.table, &held.positions).expect("priced");
            assert!(risk.requirement() >= engine.initial_margin * 100_000_000);
            failing += u64::from(!engine.solvent(10_000, 0));
        }
        assert!(failing > 3 && tally.totals.failing >= failing);
        if i > 0 {
            continue;
        }
        let instance = built.trace.instance.clone();
        let circuit = BatchCircuit::over(built.trace);
        let prover = MockProver::run(venue.shape.k(), &circuit, instance).expect("a layout");
        prover.assert_satisfied();
    }
}

/// What has expired is in no row of the risk lane under format 2, and pays its fee.
#[test]
fn an_honest_venue_under_format_2_in_the_second_of_an_expiry() {
    let policy = Policy::from_toml(OF_FORMAT_2[1], "policy.toml").expect("a policy");
    let mut venue = Venue::under(policy, 20);
    venue.market = market_at(&venue.policy, EXPIRIES[0]);
    venue.table = InstrumentTable::new(&venue.policy, &venue.market);
    venue.accounts.push(account(&venue.market, &STATES));
    let settled = [("USD", "900"), ("USDT", "-400"), ("SOL-1787385600", "3")];
    venue.accounts.push(account(&venue.market, &settled));
    for held in &venue.accounts {
        let engine = risk::evaluate(&venue.policy, &venue.market, &held.positions).expect("priced");
        let risk = evaluate(&venue.table, &held.positions).expect("priced");
        assert!(risk.requirement() >= engine.initial_margin * 100_000_000);
    }
    let last = venue.accounts.last().expect("an account");
    let risk = evaluate(&venue.table, &last.positions).expect("priced");
    assert!(risk.losses.is_empty() && risk.exposures.is_empty());
    venue.balance();
    let built = venue.build();
    let judge = Judge::new(&built.trace);
    assert_eq!(judge.broken(&built.trace), Vec::<String>::new());
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
    let (mut equity, mut shortfall, mut deficit, mut failing) = (0u128, 0u128, 0u128, 0);
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
        shortfall += (-risk.equity).max(0).unsigned_abs();
        // The value at marks is within the error of equity on both sides, and what is owed is no less; it
        // is more by less than 1e-5 of what the positions are about.
        let owed = i128::try_from(risk.owed()).expect("money");
        let (mut error, mut notional) = (0, 0);
        for position in &account.positions {
            let size = i128::from(position.quantity).abs();
            let (row, entry) = venue.table.find(position.id).expect("listed");
            error += size * entry.mark_error;
            notional += size * i128::from(venue.market.instruments()[row].forward);
        }
        assert!(owed >= 0 && owed >= risk.equity + 2 * error, "{owed}");
        let more = owed - risk.equity.max(0);
        assert!(
            more <= 2 * contracts + notional / 100_000,
            "{more} of {notional}"
        );
        equity += risk.owed();
        if !meets {
            failing += 1;
            deficit += risk.excess(10_000).unsigned_abs();
        }
    }
    let shown = statement.totals;
    let hidden = |lane: usize| masks(SECRETS[0], 0)[lane] - masks(SECRETS[1], 0)[lane];
    let number = |shown: Fr, lane| as_u128(shown - hidden(lane)).expect("a number");
    assert_eq!(statement.accounts, venue.accounts.len() as u64);
    assert_eq!(number(shown.failing, 1), failing);
    assert!(failing > 8 && shortfall > 0);
    // Whole USD, and less than one above the sum.
    let usd = 10u128.pow(16);
    assert_eq!(number(shown.equity, 0), equity.div_ceil(usd) * usd);
    assert_eq!(number(shown.shortfall, 2), shortfall.div_ceil(usd) * usd);
    let usd = 10_000 * usd;
    assert_eq!(number(shown.deficit, 3), deficit.div_ceil(usd) * usd);
    // Every derivative nets to zero, so the masks alone are left.
    assert_eq!(shown.word, hidden(4));
    let listed = venue.market.instruments().iter();
    let listed = listed.map(|i| i.id).filter(|id| id.kind().is_asset());
    assert!(listed.eq(statement.assets.iter().map(|asset| asset.id)));
    for (number, MaskedAsset { id, long, short }) in (1..).zip(&statement.assets) {
        let held = |negative: bool| -> Fr {
            let positions = venue.accounts.iter().flat_map(|a| &a.positions);
            positions
                .filter(|p| p.id == *id && (p.quantity < 0) == negative)
                .map(|p| Fr::from(p.quantity.unsigned_abs()))
                .sum()
        };
        let [added, taken] = SECRETS.map(|secret| masks(secret, number));
        assert_eq!(*long, held(false) + added[0] - taken[0]);
        assert_eq!(*short, held(true) + added[1] - taken[1]);
    }
    let book = venue.book();
    let tree = book.tree();
    assert_eq!(statement.roots, tree.level(2));
    assert_eq!(statement.book, book_root(book.count(), tree.root()));
}

/// Who knows the accounts knows what the proof will say, without a circuit.
#[test]
fn the_statement_is_known_without_a_circuit() {
    for count in [0, 1, 70] {
        let venue = Venue::of(count);
        let leaves = venue.book().leaves;
        let input = venue.input();
        let (statement, tally) =
            expected(&venue.table, venue.ratio, &input, &leaves).expect("priced");
        assert_eq!(statement, venue.build().statement, "{count}");
        assert_eq!(tally.totals.accounts, count as u64);
    }
}

/// A market of as many cash and spot as a batch has masks for, and of one more.
#[test]
fn assets_up_to_the_most() {
    let shape = Shape::new(10, Policy::rm1().scenarios().len()).expect("in range");
    let table = |count: usize| {
        let mut text = include_str!("../../../policies/rm1.toml").to_owned();
        for n in 0..count {
            text.push_str(&format!(
                "\n[[underlying]]\nsymbol = \"C{n}\"\ncode = {}\ncash = true\nhaircut = \"0\"\n",
                100 + n
            ));
        }
        let policy = Policy::from_toml(&text, "many.toml").expect("a policy");
        let cash = (0..count).map(|n| {
            let code = 100 + n as u16;
            Instrument {
                name: format!("C{n}"),
                id: InstrumentId::new(code, 0, 0, Kind::Cash),
                forward: 100_000_000,
                vol: 0,
            }
        });
        let market = Market::new(1_787_412_831, cash.collect()).expect("a market");
        InstrumentTable::new(&policy, &market)
    };
    let most = shape.assets();
    let trace = key_trace(shape, &table(most)).expect("as many as there are masks");
    assert_eq!(trace.fixed[fixed::ASSET][most - 1], Fr::from(most as u64));
    let error = key_trace(shape, &table(most + 1)).err().expect("too many");
    assert!(error.to_string().contains("33 assets"), "{error}");
}
