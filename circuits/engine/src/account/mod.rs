//! Account: who owns it, its secret, and its signed positions.
//!
//! The leaf is a hash chain: H(LEAF_HEADER, owner, secret, salt, n), then for every seven
//! positions H(LEAF_CHAIN, state, p1 … p7), the last link filled up with zeros. It depends
//! neither on the market nor on the size of a circuit.

mod entry;
mod keys;
mod listing;
pub mod net;
mod read;
mod write;

pub use entry::{Entries, Entry};
pub use listing::Listing;
pub use read::TableRow;
pub use write::Row;

use std::fmt;

use ff::Field;

use crate::commitment::{hash8, tag};
use crate::market::{element, InstrumentId, ID_BITS};
use crate::Fr;

/// Positions in one link of the chain.
pub const POSITIONS_PER_LINK: usize = 7;

/// A signed quantity of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The instrument.
    pub id: InstrumentId,
    /// Quantity in 1e-8 contract, not zero, of magnitude below 2^62; negative is short.
    pub quantity: i64,
}

impl Position {
    /// The packed position `id | sign << 88 | magnitude << 89`, of 151 bits; sign 1 is short.
    pub fn packed(&self) -> Fr {
        let magnitude = u128::from(self.quantity.unsigned_abs());
        let sign = u128::from(self.quantity < 0);
        let low = self.id.0 | sign << ID_BITS | magnitude << (ID_BITS + 1);
        element(low, magnitude >> (127 - ID_BITS))
    }
}

/// A margin account. `Debug` shows the positions only.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Names the owner.
    pub owner: Fr,
    /// Known to the owner alone; nullifiers derive from it.
    pub secret: Fr,
    /// Hides the positions in the leaf.
    pub salt: Fr,
    /// Strictly ascending by id, no zero quantities.
    pub positions: Vec<Position>,
}

impl Account {
    /// The commitment to owner, secret, salt and positions.
    pub fn leaf(&self) -> Fr {
        let mut header = [Fr::ZERO; 8];
        let count = Fr::from(self.positions.len() as u64);
        header[..4].copy_from_slice(&[self.owner, self.secret, self.salt, count]);
        let start = hash8(tag::LEAF_HEADER, &header);
        chain(tag::LEAF_CHAIN, start, &self.positions)
    }

    /// The value that marks this account as used within `scope`.
    pub fn nullifier(&self, scope: Fr) -> Fr {
        let mut inputs = [Fr::ZERO; 8];
        inputs[..2].copy_from_slice(&[self.secret, scope]);
        hash8(tag::NULLIFIER, &inputs)
    }
}

/// Absorbs positions into `state`, seven in a link under `tag`, the last one filled up with zeros.
pub(crate) fn chain(tag: u64, state: Fr, positions: &[Position]) -> Fr {
    positions
        .chunks(POSITIONS_PER_LINK)
        .fold(state, |state, chunk| {
            let mut link = [Fr::ZERO; 8];
            link[0] = state;
            for (slot, position) in link[1..].iter_mut().zip(chunk) {
                *slot = position.packed();
            }
            hash8(tag, &link)
        })
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("positions", &self.positions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Kind;
    use ff::PrimeField;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn position(n: u32, quantity: i64) -> Position {
        Position {
            id: InstrumentId::new(1, n, 0, Kind::Future),
            quantity,
        }
    }

    fn account(positions: u32) -> Account {
        Account {
            owner: Fr::from(0xdead_beef_u64),
            secret: Fr::from(0xcafe_babe_u64),
            salt: Fr::from(0xfeed_face_u64),
            positions: (1..=positions).map(|n| position(n, i64::from(n))).collect(),
        }
    }

    #[test]
    fn packed_at_the_edges() {
        let pow2 = |n: u64| Fr::from(2).pow_vartime([n]);
        let id = InstrumentId::new(255, u32::MAX, (1 << 44) - 1, Kind::Put);
        for size in [
            1,
            (1 << 38) - 1,
            1 << 38,
            (1 << 39) - 1,
            1 << 39,
            (1i64 << 62) - 1,
        ] {
            let body = Fr::from_u128(id.0) + Fr::from(size as u64) * pow2(89);
            assert_eq!(Position { id, quantity: size }.packed(), body);
            assert_eq!(
                Position {
                    id,
                    quantity: -size
                }
                .packed(),
                body + pow2(88)
            );
        }
    }

    #[test]
    fn leaf_by_its_definition() {
        let links = |n: u32| {
            let a = account(n);
            let header = [a.owner, a.secret, a.salt, Fr::from(u64::from(n))];
            let mut inputs = [Fr::ZERO; 8];
            inputs[..4].copy_from_slice(&header);
            let mut state = hash8(3, &inputs);
            for chunk in a.positions.chunks(7) {
                let mut inputs = [Fr::ZERO; 8];
                inputs[0] = state;
                for (i, p) in chunk.iter().enumerate() {
                    inputs[i + 1] = p.packed();
                }
                state = hash8(4, &inputs);
            }
            state
        };
        for n in [0, 1, 6, 7, 8, 14, 15] {
            assert_eq!(account(n).leaf(), links(n), "{n} positions");
        }
    }

    #[test]
    fn leaf_follows_every_part() {
        let base = account(8);
        let mut all = vec![base.leaf()];
        let mut altered = |alter: fn(&mut Account)| {
            let mut other = base.clone();
            alter(&mut other);
            assert!(!all.contains(&other.leaf()));
            all.push(other.leaf());
        };
        altered(|a| a.owner += Fr::ONE);
        altered(|a| a.secret += Fr::ONE);
        altered(|a| a.salt += Fr::ONE);
        altered(|a| a.positions[7].quantity += 1);
        altered(|a| a.positions[0].quantity *= -1);
        altered(|a| a.positions[3].id.0 += 1);
        altered(|a| a.positions.swap(0, 1));
        altered(|a| a.positions.truncate(7));
        altered(|a| a.positions.push(position(9, 9)));
    }

    #[test]
    fn nullifier_follows_secret_and_scope_only() {
        let (base, mut other) = (account(3), account(4));
        other.owner += Fr::ONE;
        other.salt += Fr::ONE;
        assert_eq!(base.nullifier(Fr::ONE), other.nullifier(Fr::ONE));
        assert_ne!(base.nullifier(Fr::ONE), base.nullifier(Fr::ZERO));
        other.secret += Fr::ONE;
        assert_ne!(base.nullifier(Fr::ONE), other.nullifier(Fr::ONE));
    }

    #[test]
    fn debug_hides_owner_secret_and_salt() {
        let shown = format!("{:?}", account(1)).to_lowercase();
        for hidden in ["deadbeef", "cafebabe", "feedface"] {
            assert!(!shown.contains(hidden));
        }
        assert!(shown.contains("future"));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..Default::default()
        })]

        #[test]
        fn packing_is_injective(a in parts(), b in parts()) {
            let packed = |(n, quantity): (u32, i64)| position(n, quantity).packed();
            prop_assert_eq!(packed(a) == packed(b), a == b);
        }
    }

    /// Instrument and quantity, often next to an edge.
    fn parts() -> impl Strategy<Value = (u32, i64)> {
        let edge = 1i64 << 62;
        let quantity = prop_oneof![1 - edge..edge, -2i64..2, edge - 2..edge, 1 - edge..2 - edge];
        (
            prop_oneof![any::<u32>(), 0u32..2],
            quantity.prop_filter("not zero", |q| *q != 0),
        )
    }
}
