//! Accounts of a venue, for benchmarks of batches.

use std::time::Instant;

use ff::Field;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_circuits::book::BatchInput;
use zkmargin_desk::generate::market::{market as generated, MarketSpec};
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::{evaluate, fullest, Form, InstrumentTable, Needs, Shape};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;

/// Of everything that is drawn.
pub const SEED: u64 = 20_260_821;
/// 2026-08-21 15:47:01 UTC.
const TIME: u32 = 1_787_327_221;

/// The shipped policies among the arguments of a benchmark, such as `rm2`; RM-1 if there are none.
pub fn policies() -> Vec<Policy> {
    let read = |name: String| {
        let path = format!("{}/../policies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).ok()?;
        Some(Policy::from_toml(&text, &path).expect("a shipped policy"))
    };
    let named: Vec<Policy> = std::env::args().skip(1).filter_map(read).collect();
    match named.is_empty() {
        true => vec![Policy::rm1()],
        false => named,
    }
}

/// The first of [`policies`] and a market.
pub fn market() -> (Policy, Market) {
    let policy = policies().swap_remove(0);
    let spec = MarketSpec {
        seed: SEED,
        time: TIME,
        crash: false,
    };
    let market = generated(&spec, &policy).expect("a market");
    (policy, market)
}

/// A batch and what it is about.
pub struct Scene {
    pub policy: Policy,
    pub market: Market,
    pub shape: Shape,
    /// What the accounts take of the shape.
    pub taken: Needs,
    pub input: BatchInput,
    pub rng: ChaCha20Rng,
}

/// The numbers among the arguments of a benchmark: k, positions, and what follows.
pub fn numbers() -> Vec<usize> {
    std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect()
}

impl Scene {
    /// A full batch by the first two of [`numbers`], 14 and 8 if left out. The fifth is in how many
    /// underlyings every account is; if left out, most are in one.
    pub fn new(numbers: &[usize]) -> Scene {
        let k = numbers.first().copied().unwrap_or(14) as u32;
        let positions = numbers.get(1).copied().unwrap_or(8);
        let (policy, market) = market();
        let shape = Shape::of(k, Form::of(&policy)).expect("a shape");
        let start = Instant::now();
        let table = InstrumentTable::new(&policy, &market);
        println!("price table {:?}", start.elapsed());
        let mut rng = ChaCha20Rng::seed_from_u64(SEED);
        let of = |rng: &mut ChaCha20Rng| numbers.get(4).copied().unwrap_or_else(|| mixed(rng));
        let accounts = accounts(&mut rng, &market, shape.accounts(), positions, of);
        let needs: Vec<Needs> = accounts
            .iter()
            .map(|a| Needs::of(&evaluate(&table, &a.positions).expect("priced")))
            .collect();
        let range = fullest(shape, &needs, shape.blocks()).expect("batches")[0].clone();
        let taken = needs[range.clone()]
            .iter()
            .fold(Needs::default(), |sum, needs| sum.and(*needs));
        let input = BatchInput {
            book: Fr::from(1),
            inventory: Fr::from(2),
            first: 0,
            accounts: accounts[range].to_vec(),
            secrets: [Fr::random(&mut rng), Fr::random(&mut rng)],
        };
        println!(
            "k = {k}; market: {} instruments; {} accounts of {positions} positions; threads: {}",
            market.instruments().len(),
            input.accounts.len(),
            rayon::current_num_threads()
        );
        Scene {
            policy,
            market,
            shape,
            taken,
            input,
            rng,
        }
    }

    /// A setup as large as the shape.
    pub fn setup(&self) -> Setup {
        match self.shape.k() {
            k @ ..=14 => Setup::embedded(k).expect("the embedded setup"),
            k => Setup::insecure(k).expect("a local setup"),
        }
    }

    /// What proves the batch.
    pub fn prover(&self, setup: &Setup) -> BatchProver {
        let (policy, market) = (&self.policy, &self.market);
        BatchProver::new(setup, policy, market, 10_000, self.shape).expect("keys")
    }
}

/// Accounts with as many positions each.
fn accounts(
    rng: &mut ChaCha20Rng,
    market: &Market,
    count: usize,
    positions: usize,
    underlyings: impl Fn(&mut ChaCha20Rng) -> usize,
) -> Vec<Account> {
    let usd = market
        .by_name("USD")
        .map(|i| market.instruments()[i].id)
        .expect("USD");
    let listed: Vec<InstrumentId> = market
        .instruments()
        .iter()
        .map(|i| i.id)
        .filter(|id| id.kind() != Kind::Cash)
        .collect();
    (0..count)
        .map(|_| {
            let underlyings = underlyings(rng);
            account(rng, &listed, usd, positions, underlyings)
        })
        .collect()
}

/// Mostly one underlying, some two, few three.
fn mixed(rng: &mut ChaCha20Rng) -> usize {
    let few = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3];
    few.choose(rng).copied().unwrap_or(1)
}

fn account(
    rng: &mut ChaCha20Rng,
    listed: &[InstrumentId],
    usd: InstrumentId,
    n: usize,
    underlyings: usize,
) -> Account {
    let mut codes: Vec<u16> = listed.iter().map(|id| id.underlying()).collect();
    codes.dedup();
    codes.shuffle(rng);
    codes.truncate(underlyings);
    let of_codes: Vec<InstrumentId> = listed
        .iter()
        .copied()
        .filter(|id| codes.contains(&id.underlying()))
        .collect();
    let mut chosen: Vec<InstrumentId> = of_codes.choose_multiple(rng, n - 1).copied().collect();
    chosen.push(usd);
    chosen.sort();
    let positions = chosen
        .into_iter()
        .map(|id| {
            let quantity = match id.kind() {
                Kind::Cash => 500_000 * 100_000_000,
                _ => rng.gen_range(-10..10i64) * 100_000_000 + 12_345,
            };
            Position { id, quantity }
        })
        .collect();
    Account {
        customer: Fr::random(&mut *rng),
        identity: Fr::random(&mut *rng),
        number: 0,
        salt: Fr::random(&mut *rng),
        positions,
    }
}
