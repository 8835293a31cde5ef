//! The circuit proves the engine's integers: every money cell is equal, the largest buffer that
//! the engine allows is provable, and one unit more is not.

#[path = "../../circuits/tests/support/checker.rs"]
#[allow(dead_code)]
mod checker;
#[path = "../../circuits/tests/support/drop.rs"]
#[allow(dead_code)]
mod drop;

use checker::Checker;
use ff::Field;
use rand::Rng;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::Trace;
use zkmargin_circuits::margin::witness::{fitting_size, statement, Request};
use zkmargin_circuits::margin::{MarginCircuit, MarginWitness};
use zkmargin_engine::account::{Account, Secret};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::field::to_i128;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::{evaluate, Evaluation};
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;
use zkmargin_testing::random::{account, account_json, line, market, rng, Line, Listing, UNIT};

const DAY: u64 = 86_400;

fn money(trace: &Trace, name: Free) -> Vec<i128> {
    trace
        .names
        .iter()
        .filter(|(_, n)| *n == name)
        .map(|(c, _)| to_i128(trace.advice[c.column][c.row]))
        .collect()
}

/// The largest buffer with which the account still meets the ratio.
fn largest_buffer(e: &Evaluation, ratio: u16) -> i128 {
    (10_000 * e.equity - i128::from(ratio) * e.initial_margin).div_euclid(10_000)
}

struct Bench {
    policy: Policy,
    market: Market,
    proven: usize,
}

impl Bench {
    fn new(policy: Policy, listing: &Listing) -> Self {
        let market = Market::from_json(&listing.json(), "market.json", &policy).expect("a market");
        Bench {
            policy,
            market,
            proven: 0,
        }
    }

    fn broken(
        &self,
        account: &Account,
        size: Size,
        ratio: u16,
        buffer: u128,
    ) -> (Trace, Vec<String>) {
        let place = Inclusion::lone(account.leaf());
        let request = Request {
            scope: Fr::from(3),
            message: Fr::from(4),
            ratio,
            buffer,
        };
        let witness = MarginWitness::new(size, &self.market, account, &secret(), &place, &request)
            .expect("an account that fits");
        let circuit = MarginCircuit::new(&self.policy, size, &witness);
        let root = place.root(account.leaf()).expect("a path");
        let rows = statement(
            &self.policy,
            &self.market,
            account,
            &secret(),
            root,
            &request,
        )
        .rows();
        let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
        let broken = checker.broken(circuit.trace(), &rows);
        (circuit.trace().clone(), broken.into_keys().collect())
    }

    fn agree(&mut self, case: &str, listing: &Listing, lines: &[Line], ratio: u16) {
        let text = account_json(&mut rng(5), listing, lines);
        let account = Account::from_json(&text, "account.json", &self.market, &self.policy)
            .expect("an account");
        let account = Account {
            identity: secret().identity(),
            ..account
        };
        let e = evaluate(&self.policy, &self.market, &account.positions).expect("an evaluation");
        let size = fitting_size(&account, &self.market).expect("a size");
        let buffer = largest_buffer(&e, ratio);
        let (trace, broken) = self.broken(&account, size, ratio, buffer.max(0) as u128);
        assert_eq!(money(&trace, Free::Equity), [e.equity], "{case}");
        assert_eq!(
            money(&trace, Free::ScenarioRequirement),
            [e.scenario_loss],
            "{case}"
        );
        let add_ons = [e.short_option_minimum, e.roll, e.haircut, e.pricing_error];
        let charges = [
            Free::ShortOptionCharge,
            Free::RollCharge,
            Free::HaircutCharge,
            Free::PricingErrorCharge,
        ];
        let charged = charges.map(|name| money(&trace, name));
        assert_eq!(charged.concat(), add_ons, "{case}");
        if buffer < 0 {
            assert!(!e.solvent(u32::from(ratio), 0), "{case}");
            assert!(
                !broken.is_empty(),
                "{case}: a short account satisfies the circuit"
            );
            return;
        }
        self.proven += 1;
        assert!(e.solvent(u32::from(ratio), buffer as u128), "{case}");
        assert!(broken.is_empty(), "{case}: {broken:?}");
        let more = buffer as u128 + 1;
        assert!(!e.solvent(u32::from(ratio), more), "{case}");
        let (_, broken) = self.broken(&account, size, ratio, more);
        // The comparison, and nothing else.
        assert_eq!(broken, ["MREQ31"], "{case}: one unit too much");
    }
}

/// The secret behind every account here.
fn secret() -> Secret {
    Secret::new(Fr::random(&mut rng(6))).expect("a random secret")
}

fn with_cash(listing: &Listing, mut lines: Vec<Line>, usd: i64) -> Vec<Line> {
    let row = listing.select(|r| r.id == "USD")[0];
    lines.retain(|l| l.row != row);
    lines.push(line(row, usd));
    lines
}

#[test]
fn random_accounts_agree_to_the_last_unit() {
    let mut proven = 0;
    for seed in 0..10 {
        let mut rng = rng(900 + seed);
        let chosen = [("BTC", 77_000.0), ("SOL", 150.0)];
        let listing = market(&mut rng, &chosen, 200 * DAY);
        let mut bench = Bench::new(Policy::rm1(), &listing);
        let positions = rng.gen_range(1..=15);
        let lines = account(&mut rng, &listing, positions, 2);
        let lines = with_cash(&listing, lines, rng.gen_range(0..1 << 60));
        let ratio = [10_000, 8_000, 0, 65_535][seed as usize % 4];
        bench.agree(&format!("seed {seed}"), &listing, &lines, ratio);
        proven += bench.proven;
    }
    assert!(proven >= 5, "only {proven} of the accounts were solvent");
}

#[test]
fn corners_agree_to_the_last_unit() {
    const FORWARD: u64 = 7_740_528_000_000;
    let time = 1_787_412_831;
    let expiries = [1, 59, 60, DAY, 30 * DAY, 365 * DAY, 510 * DAY];
    let dated: Vec<(u64, u64)> = expiries.iter().map(|s| (time + s, FORWARD)).collect();
    for vol in [100, 5_000, 60_000, 65_535] {
        let mut listing = Listing::with_cash(time);
        listing.push_underlying("BTC", FORWARD, &dated);
        for (expiry, forward) in &dated {
            for strike in [500, 10_000, 200_000] {
                let strike = forward / 10_000 * strike / 10_000;
                listing.push_pair("BTC", *expiry, strike, *forward, vol);
            }
        }
        let options = listing.select(|r| r.is_option());
        for (n, signs) in [[1i64, -1], [-1, -1], [-1, 1]].into_iter().enumerate() {
            let mut lines: Vec<Line> = Vec::new();
            for (i, row) in options.iter().enumerate().skip(n).step_by(3).take(14) {
                let units = signs[i % 2] * (UNIT as i64 / 7 + i as i64);
                lines.push(line(*row, units));
            }
            let lines = with_cash(&listing, lines, 1 << 50);
            let mut bench = Bench::new(Policy::rm1(), &listing);
            bench.agree(
                &format!("vol {vol} signs {signs:?}"),
                &listing,
                &lines,
                10_000,
            );
            assert_eq!(bench.proven, 1);
        }
    }
}

/// The same accounts before an expiry, in its second and after it, when an underlying may have nothing left
/// that lives.
#[test]
fn accounts_through_an_expiry_agree_to_the_last_unit() {
    let mut proven = 0;
    for seed in 0..6 {
        let mut rng = rng(700 + seed);
        let chosen = [("BTC", 77_000.0), ("SOL", 150.0)];
        let mut listing = market(&mut rng, &chosen, 20 * DAY);
        let lines = account(&mut rng, &listing, 14, 2);
        let lines = with_cash(&listing, lines, 1 << 58);
        let mut expiries: Vec<u64> = lines.iter().map(|l| listing.rows[l.row].expiry).collect();
        expiries.retain(|expiry| *expiry != 0);
        expiries.sort_unstable();
        let last = expiries.last().copied().expect("something that expires");
        for time in [expiries[0] - 1, expiries[0], last + 1] {
            listing.time = time;
            let mut bench = Bench::new(Policy::rm1(), &listing);
            let case = format!("seed {seed} at {time}");
            bench.agree(&case, &listing, &lines, [10_000, 8_000][seed as usize % 2]);
            proven += bench.proven;
        }
    }
    assert!(proven >= 12, "only {proven} of the accounts were solvent");
}

#[test]
fn only_cash_one_position_and_the_largest_quantity_agree() {
    let listing = market(&mut rng(77), &[("ETH", 4_000.0)], 60 * DAY);
    let mut bench = Bench::new(Policy::rm1(), &listing);
    bench.agree(
        "only cash",
        &listing,
        &with_cash(&listing, vec![], 1),
        10_000,
    );
    let spot = listing.select(|r| r.id == "ETH")[0];
    bench.agree("one position", &listing, &[line(spot, 1)], 8_000);
    let edge = (1i64 << 62) - 1;
    bench.agree("largest quantity", &listing, &[line(spot, edge)], 10_000);
    let option = listing.select(|r| r.is_option())[3];
    let lines = with_cash(&listing, vec![line(option, edge)], edge);
    bench.agree("largest option", &listing, &lines, 0);
    let lines = with_cash(&listing, vec![line(option, -edge)], edge);
    bench.agree("largest short option", &listing, &lines, 10_000);
    assert!(bench.proven >= 4, "{}", bench.proven);
}

#[test]
fn a_full_standard_account_agrees() {
    let mut rng = rng(4_242);
    let chosen = [
        ("BTC", 77_000.0),
        ("ETH", 4_000.0),
        ("SOL", 150.0),
        ("XRP", 2.5),
    ];
    let listing = market(&mut rng, &chosen, 300 * DAY);
    let mut bench = Bench::new(Policy::rm1(), &listing);
    let lines = account(&mut rng, &listing, 64, 4);
    let lines = with_cash(&listing, lines, 1 << 60);
    bench.agree("standard", &listing, &lines, 10_000);
    assert_eq!(bench.proven, 1);
}

#[test]
fn another_policy_agrees() {
    let text = include_str!("../../policies/wide.toml");
    let policy = Policy::from_toml(text, "wide.toml").expect("a policy");
    let symbols: Vec<String> = policy
        .underlyings()
        .iter()
        .filter(|u| !u.cash)
        .map(|u| u.symbol.clone())
        .take(2)
        .collect();
    let mut rng = rng(31);
    let chosen: Vec<(&str, f64)> = symbols.iter().map(|s| (s.as_str(), 1_000.0)).collect();
    let listing = market(&mut rng, &chosen, 60 * DAY);
    let mut bench = Bench::new(policy, &listing);
    let lines = account(&mut rng, &listing, 12, 2);
    let lines = with_cash(&listing, lines, 1 << 58);
    bench.agree("wide", &listing, &lines, 10_000);
    assert_eq!(bench.proven, 1);
}
