//! Account: whose it is, who can prove with it, and its signed positions.
//!
//! The leaf is a hash chain: H(LEAF; customer, identity, salt, n + 2^16·number, p1 … p4), then for
//! every further seven positions H(LEAF_LINK; state, p1 … p7), each filled up with zeros. It depends
//! neither on the market nor on the size of a circuit.

mod customer;
mod entry;
mod file;
mod keys;
mod listing;
mod nearest;
pub mod net;
mod read;
mod salt;
mod secret;
mod write;

pub use customer::Customer;
pub use entry::{booked, booked_at_mark, Entries, Entry};
pub use file::{AccountFile, Holder};
pub use listing::Listing;
pub use read::TableRow;
pub use salt::Salts;
pub use secret::Secret;
pub use write::{rows_at_mark, to_json, Row};

use std::fmt;

use ff::Field;

use crate::commitment::{hash8, tag};
use crate::market::{element, InstrumentId, ID_BITS};
use crate::Fr;

/// Positions in the header of a leaf.
pub const POSITIONS_IN_HEADER: usize = 4;
/// Positions in every further link of the chain.
pub const POSITIONS_PER_LINK: usize = 7;
/// Bits of the number of positions, below those of the account's number.
pub const COUNT_BITS: u32 = 16;

/// A signed quantity of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The instrument.
    pub id: InstrumentId,
    /// Quantity in 1e-8 contract, not zero, of magnitude below 2^62; negative is short.
    pub quantity: i64,
}

impl Position {
    /// The packed position `id | sign << 92 | magnitude << 93`, of 155 bits; sign 1 is short.
    pub fn packed(&self) -> Fr {
        let magnitude = u128::from(self.quantity.unsigned_abs());
        let sign = u128::from(self.quantity < 0);
        let low = self.id.0 | sign << ID_BITS | magnitude << (ID_BITS + 1);
        element(low, magnitude >> (127 - ID_BITS))
    }
}

/// A margin account as a book commits to it. `Debug` shows the positions only.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is: [`Customer::digest`].
    pub customer: Fr,
    /// Who can prove with it: [`Secret::identity`], or zero for nobody.
    pub identity: Fr,
    /// Number that no other account of the venue ever has.
    pub number: u32,
    /// Hides the positions in the leaf.
    pub salt: Fr,
    /// Strictly ascending by id, no zero quantities, fewer than 2^16.
    pub positions: Vec<Position>,
}

impl Account {
    /// The commitment to all of the account.
    pub fn leaf(&self) -> Fr {
        let first = self.positions.len().min(POSITIONS_IN_HEADER);
        let mut header = [Fr::ZERO; 8];
        header[..4].copy_from_slice(&[self.customer, self.identity, self.salt, self.count()]);
        for (slot, position) in header[4..].iter_mut().zip(&self.positions) {
            *slot = position.packed();
        }
        let start = hash8(tag::LEAF, &header);
        chain(tag::LEAF_LINK, start, &self.positions[first..])
    }

    /// Number of positions and number of the account in one element: n + 2^16·number.
    pub fn count(&self) -> Fr {
        let number = u64::from(self.number) << COUNT_BITS;
        Fr::from(self.positions.len() as u64) + Fr::from(number)
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
            customer: Fr::from(0xdead_beef_u64),
            identity: Fr::from(0xcafe_babe_u64),
            number: 0xbada_55e5,
            salt: Fr::from(0xfeed_face_u64),
            positions: (1..=positions).map(|n| position(n, i64::from(n))).collect(),
        }
    }

    #[test]
    fn packed_at_the_edges() {
        let pow2 = |n: u64| Fr::from(2).pow_vartime([n]);
        let id = InstrumentId::new(4_095, u32::MAX, (1 << 44) - 1, Kind::Put);
        for size in [
            1,
            (1 << 34) - 1,
            1 << 34,
            (1 << 35) - 1,
            1 << 35,
            (1i64 << 62) - 1,
        ] {
            let body = Fr::from_u128(id.0) + Fr::from(size as u64) * pow2(93);
            assert_eq!(Position { id, quantity: size }.packed(), body);
            assert_eq!(
                Position {
                    id,
                    quantity: -size
                }
                .packed(),
                body + pow2(92)
            );
        }
    }

    #[test]
    fn leaf_by_its_definition() {
        let links = |n: u32| {
            let a = account(n);
            let packed: Vec<Fr> = a.positions.iter().map(Position::packed).collect();
            let count = u64::from(n) + (0xbada_55e5 << 16);
            let mut inputs = [Fr::ZERO; 8];
            inputs[..4].copy_from_slice(&[a.customer, a.identity, a.salt, Fr::from(count)]);
            let (first, rest) = packed.split_at(packed.len().min(4));
            inputs[4..4 + first.len()].copy_from_slice(first);
            let mut state = hash8(11, &inputs);
            for chunk in rest.chunks(7) {
                let mut inputs = [Fr::ZERO; 8];
                inputs[0] = state;
                inputs[1..=chunk.len()].copy_from_slice(chunk);
                state = hash8(12, &inputs);
            }
            state
        };
        for n in [0, 1, 3, 4, 5, 10, 11, 12, 18, 19] {
            assert_eq!(account(n).leaf(), links(n), "{n} positions");
        }
    }

    #[test]
    fn leaf_follows_every_part() {
        let base = account(12);
        let mut all = vec![base.leaf()];
        let mut altered = |alter: fn(&mut Account)| {
            let mut other = base.clone();
            alter(&mut other);
            assert!(!all.contains(&other.leaf()));
            all.push(other.leaf());
        };
        altered(|a| a.customer += Fr::ONE);
        altered(|a| a.identity += Fr::ONE);
        altered(|a| a.number += 1);
        altered(|a| a.salt += Fr::ONE);
        altered(|a| a.positions[11].quantity += 1);
        altered(|a| a.positions[0].quantity *= -1);
        altered(|a| a.positions[4].id.0 += 1);
        altered(|a| a.positions.swap(3, 4));
        altered(|a| a.positions.truncate(11));
        altered(|a| a.positions.truncate(4));
        altered(|a| a.positions.push(position(13, 9)));
    }

    #[test]
    fn debug_hides_customer_identity_and_salt() {
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
