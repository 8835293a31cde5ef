//! What the masks of a book's batches are made of.

use std::ops::Range;

use ff::{FromUniformBytes, PrimeField};
use sha2::{Digest, Sha256};
use zkmargin_engine::book::inventory_digest;
use zkmargin_engine::Fr;

use super::manifest::Manifest;

/// The secrets of a build: one in front of each batch, the first also behind the last.
pub(super) struct Secrets {
    seed: [u8; 32],
    context: [u8; 32],
    batches: usize,
}

impl Secrets {
    /// Those of a seed and of everything that the batches of a book say their numbers about: other numbers
    /// are under other masks, or their difference would be known.
    pub(super) fn new(seed: &[u8; 32], book: &Manifest, batches: &[Range<usize>]) -> Self {
        let inventory = inventory_digest(&book.inventory);
        let mut hash = Sha256::new();
        hash.update(b"zkmargin book masks 2");
        for element in [book.policy, book.market, book.root, inventory] {
            hash.update(element.to_repr());
        }
        hash.update(book.ratio.to_le_bytes());
        hash.update(book.k.to_le_bytes());
        for range in batches {
            hash.update((range.start as u64).to_le_bytes());
            hash.update((range.end as u64).to_le_bytes());
        }
        Secrets {
            seed: *seed,
            context: hash.finalize().into(),
            batches: batches.len(),
        }
    }

    /// The secret in front of a batch.
    pub(super) fn of(&self, number: usize) -> Fr {
        let number = (number % self.batches.max(1)) as u64;
        let half = |part: u8| {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.context);
            hash.update(number.to_le_bytes());
            hash.update([part]);
            hash.finalize()
        };
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&half(0));
        wide[32..].copy_from_slice(&half(1));
        Fr::from_uniform_bytes(&wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::account::Position;
    use zkmargin_engine::market::InstrumentId;

    fn book() -> Manifest {
        Manifest {
            number: 1,
            cut_off: 0,
            nonce: Fr::from(1),
            policy: Fr::from(2),
            market: Fr::from(3),
            count: 150,
            root: Fr::from(4),
            k: 10,
            ratio: 10_000,
            inventory: Vec::new(),
            batches: Vec::new(),
        }
    }

    /// Whatever a statement is about changes every secret.
    #[test]
    fn secrets_are_of_everything_that_numbers_are_about() {
        let cut = [0..64, 64..150];
        let of = |change: fn(&mut Manifest), cut: &[Range<usize>]| {
            let mut book = book();
            change(&mut book);
            let secrets = Secrets::new(&[7; 32], &book, cut);
            [secrets.of(0), secrets.of(1)]
        };
        let changes: [fn(&mut Manifest); 7] = [
            |_| {},
            |b| b.policy += Fr::from(1),
            |b| b.market += Fr::from(1),
            |b| b.root += Fr::from(1),
            |b| b.k += 1,
            |b| b.ratio -= 1,
            |b| {
                let id = InstrumentId(3);
                b.inventory.push(Position { id, quantity: 1 });
            },
        ];
        let mut all: Vec<Fr> = changes.iter().flat_map(|c| of(*c, &cut)).collect();
        all.extend(of(|_| {}, &[0..128, 128..150]));
        let other = Secrets::new(&[8; 32], &book(), &cut);
        all.extend([other.of(0), other.of(1)]);
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{i}");
        }
        // The circle, and one batch: its two secrets are one.
        let secrets = Secrets::new(&[7; 32], &book(), &cut);
        assert_eq!((secrets.of(2), secrets.of(0)), (all[0], all[0]));
        let lone = Secrets::new(&[7; 32], &book(), std::slice::from_ref(&(0..150)));
        assert_eq!(lone.of(0), lone.of(1));
    }
}
