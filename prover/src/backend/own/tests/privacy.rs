//! What a verifier cannot see: that everything that hides is random.
//!
//! Where the random values stand is settled by the comparison with halo2's proofs.

use std::collections::HashSet;

use halo2curves::bn256::Fr;
use rand::rngs::StdRng;
use rand::{CryptoRng, Error, RngCore};

use super::super::randomness::{generator, Randomness};
use super::toy::Toy;
use super::{holds, key, mixed, proof, prover, setup};

/// Bytes that a random field element takes.
const WIDE: usize = 64;
/// Bytes of a point or scalar of a compact proof.
const ITEM: usize = 32;

/// A generator that counts.
struct Counted {
    inner: StdRng,
    bytes: usize,
}

impl RngCore for Counted {
    fn next_u32(&mut self) -> u32 {
        self.bytes += 4;
        self.inner.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.bytes += 8;
        self.inner.next_u64()
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        self.bytes += to.len();
        self.inner.fill_bytes(to);
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl CryptoRng for Counted {}

/// Keeps what it hands out.
struct Kept<R>(R, Vec<Fr>);

impl<R: Randomness> Randomness for Kept<R> {
    fn fill(&mut self, rows: &mut [Fr]) {
        self.0.fill(rows);
        self.1.extend_from_slice(rows);
    }
}

/// Random values of a proof of the mixed circuit: advice and permuted columns have one blinding row
/// more than products; the random polynomial has a coefficient for each row.
fn expected(pk: &halo2_proofs::plonk::ProvingKey<halo2curves::bn256::G1Affine>) -> usize {
    let cs = pk.get_vk().cs();
    let blinding = cs.blinding_factors();
    let sets = cs
        .permutation()
        .get_columns()
        .len()
        .div_ceil(cs.degree() - 2);
    let lookups = cs.lookups().len();
    (cs.num_advice_columns() + 2 * lookups) * (blinding + 1)
        + (sets + lookups) * blinding
        + (1 << pk.get_vk().get_domain().k())
}

#[test]
fn the_generator_is_asked_for_every_value() {
    let toy = Toy::new(mixed());
    let setup = setup(toy.k());
    let pk = key(&setup, &toy);
    let prover = prover(&setup, &toy);
    let inner = generator().expect("randomness");
    let mut kept = Kept(Counted { inner, bytes: 0 }, Vec::new());
    let bytes = proof(&prover, toy.clone(), &mut kept).expect("a proof");
    assert!(holds(&setup, &pk, &toy, &bytes));
    let Kept(counted, values) = kept;
    assert_eq!(values.len(), expected(&pk));
    assert_eq!(counted.bytes, WIDE * expected(&pk));
    let distinct: HashSet<Fr> = values.iter().copied().collect();
    assert_eq!(distinct.len(), values.len(), "a random value twice");
}

#[test]
fn proofs_of_one_witness_share_no_commitment() {
    let toy = Toy::new(mixed());
    let setup = setup(toy.k());
    let pk = key(&setup, &toy);
    let prover = prover(&setup, &toy);
    let cs = pk.get_vk().cs();
    let sets = cs
        .permutation()
        .get_columns()
        .len()
        .div_ceil(cs.degree() - 2);
    // Advice, permuted columns, products, random polynomial, quotient: all that comes before x.
    let points = cs.num_advice_columns() + sets + 3 * cs.lookups().len() + 1 + cs.degree() - 1;
    let mut seen = HashSet::new();
    for _ in 0..2 {
        let mut generator = generator().expect("randomness");
        let bytes = proof(&prover, toy.clone(), &mut generator).expect("a proof");
        assert!(holds(&setup, &pk, &toy, &bytes));
        for item in bytes.chunks(ITEM).take(points) {
            assert!(seen.insert(item.to_vec()), "a commitment twice");
        }
    }
    assert_eq!(seen.len(), 2 * points);
}
