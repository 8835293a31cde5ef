//! Accounts of a venue, for benchmarks of batches.

use ff::Field;
use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use zkmargin_desk::generate::market::{market as generated, MarketSpec};
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// Of everything that is drawn.
pub const SEED: u64 = 20_260_821;
/// 2026-08-21 15:47:01 UTC.
const TIME: u32 = 1_787_327_221;

/// RM-1 and a market.
pub fn market() -> (Policy, Market) {
    let policy = Policy::rm1();
    let document = generated(&MarketSpec {
        seed: SEED,
        time: TIME,
        crash: false,
    })
    .expect("a market");
    let market = Market::from_json(&document.to_json(), "generated", &policy).expect("a market");
    (policy, market)
}

/// Accounts with as many positions each.
pub fn accounts(
    rng: &mut ChaCha20Rng,
    market: &Market,
    count: usize,
    positions: usize,
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
        .map(|_| account(rng, &listed, usd, positions))
        .collect()
}

/// Mostly one underlying, some two, few three.
fn account(rng: &mut ChaCha20Rng, listed: &[InstrumentId], usd: InstrumentId, n: usize) -> Account {
    let mut codes: Vec<u8> = listed.iter().map(|id| id.underlying()).collect();
    codes.dedup();
    codes.shuffle(rng);
    let underlyings = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3]
        .choose(rng)
        .copied()
        .unwrap_or(1);
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
        owner: Fr::random(&mut *rng),
        secret: Fr::random(&mut *rng),
        salt: Fr::random(&mut *rng),
        positions,
    }
}
