//! Whose account it is: customer, identity, number of the account, count, nullifier.

use ff::Field;
use zkmargin_circuits::margin::columns::C0;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::hash::BLOCK_ROWS;
use zkmargin_circuits::margin::trace::Cell;
use zkmargin_circuits::system::poseidon::BLOCKS;
use zkmargin_engine::account::Account;
use zkmargin_engine::commitment::Book;
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};
use crate::support::fixture::{secret, Case, MIXED, NUMBER};

/// The book that holds another account where the honest one stands.
fn holds(attack: &mut Attack, account: &Account) {
    let leaves = vec![Fr::from(7), account.leaf(), Fr::from(9)];
    attack.witness.book_path = Book { leaves }.inclusion(1).path;
}

/// The mixed account of another identity.
fn of_identity(identity: Fr) -> Account {
    Account {
        identity,
        ..Case::mixed().account
    }
}

#[test]
fn leaf_of_other_values() {
    for change in 0..5 {
        let mut attack = Attack::mixed();
        let w = &mut attack.witness;
        match change {
            0 => w.customer += Fr::ONE,
            1 => w.secret += Fr::ONE,
            2 => w.salt += Fr::ONE,
            3 => w.number += 1,
            _ => w.slots[0].magnitude += 1,
        }
        assert_eq!(attack.broken(), only("MBOK1", 1), "change {change}");
    }
}

#[test]
fn header_without_a_link_is_a_leaf() {
    // Up to four positions no link is absorbed, from five on one is: the leaf is the engine's.
    for n in [0, 1, 3, 4, 5] {
        let attack = Attack::on(Case::of(&MIXED[..n]));
        let opened = attack.copies("MBOK2")[0];
        assert_eq!(attack.honest(opened), attack.case.account.leaf(), "{n}");
        assert_eq!(attack.broken(), Broken::new(), "{n}");
    }
}

#[test]
fn forged_customer() {
    // The account is another customer's: only a leaf that says so opens, and no book holds it.
    let mut attack = Attack::mixed();
    let customer = attack.shared(Free::Customer, 0);
    attack.shift(customer, Fr::ONE);
    assert_eq!(attack.broken(), only("MBOK1", 1));
    // The header hashes one customer, where another is meant.
    let mut attack = Attack::mixed();
    let cell = attack.copies("MLEF1")[0];
    attack.shift(cell, Fr::ONE).own_book();
    assert_eq!(attack.broken(), only("MLEF1", 1));
}

#[test]
fn identity_without_a_secret() {
    // Somebody else's account: its identity is public to the venue, its secret is not.
    let victim = of_identity(secret(99).identity());
    let mut attack = Attack::mixed();
    holds(&mut attack, &victim);
    assert_eq!(attack.broken(), only("MBOK1", 1));
    let identity = attack.copies("MLEF1")[1];
    assert_eq!(attack.honest(identity), attack.case.account.identity);
    attack.forge(identity, victim.identity);
    assert_eq!(attack.broken(), only("MLEF1", 1));
    assert!(attack.mock_prover_refuses());
    // The same as the digest of a secret of which it is none.
    attack.relent();
    let digest = digest_of_the_identity(&attack);
    attack.forge(digest, victim.identity);
    assert_eq!(attack.broken(), only("MHSH3", 1));
}

/// The cell that the identity comes from.
fn digest_of_the_identity(attack: &Attack) -> Cell {
    let first = attack.copies("MLEF6")[0].row;
    let cell = Cell {
        column: C0,
        row: first + (BLOCKS + 1) * BLOCK_ROWS,
    };
    assert_eq!(attack.honest(cell), attack.case.account.identity);
    cell
}

#[test]
fn identity_of_zero() {
    // Nobody can prove with an account that has none: the header takes what the hash gives.
    let nobody = of_identity(Fr::ZERO);
    let mut attack = Attack::mixed();
    holds(&mut attack, &nobody);
    let identity = attack.copies("MLEF1")[1];
    attack.forge(identity, Fr::ZERO);
    assert_eq!(attack.broken(), only("MLEF1", 1));
    attack.relent();
    let digest = digest_of_the_identity(&attack);
    attack.forge(digest, Fr::ZERO);
    assert_eq!(attack.broken(), only("MHSH3", 1));
    // A secret of zero is one like any other, with an identity of its own.
    attack.relent();
    attack.witness.secret = Fr::ZERO;
    assert_eq!(attack.broken(), only("MBOK1", 1));
}

#[test]
fn secret_of_another_account() {
    // A fresh nullifier for a used account: the secret of the nullifier is that of the leaf.
    let mut attack = Attack::mixed();
    let cell = attack.shared(Free::Secret, 0);
    let other = secret(99).element();
    attack.forge(cell, other);
    assert_eq!(attack.broken(), only("MBOK1", 1));
    // The identity is still that of the leaf.
    let hashed = attack.copies("MLEF6")[0];
    attack.forge(hashed, attack.honest(hashed));
    assert_eq!(attack.broken(), only("MLEF6", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn nullifier_of_a_twin() {
    // Two accounts of one secret: one that is short answers with the other's nullifier, and one that
    // was used gets a second one.
    let mut attack = Attack::mixed();
    let hashed = attack.copies("MBOK6")[0];
    assert_eq!(attack.honest(hashed), Fr::from(u64::from(NUMBER)));
    attack.shift(hashed, Fr::ONE);
    assert_eq!(attack.broken(), only("MBOK6", 1));
    // Leaf and nullifier hold one number: the leaf is then another, which no book holds.
    attack.relent();
    let number = attack.shared(Free::AccountNumber, 0);
    attack.shift(number, Fr::ONE);
    assert_eq!(attack.broken(), only("MBOK1", 1));
    attack.own_book();
    assert_eq!(attack.broken(), Broken::new());
    // The leaf says one number more than the nullifier.
    let mut attack = Attack::mixed();
    let count = attack.result("MLEF8", None);
    assert_eq!(attack.honest(count), attack.case.account.count());
    attack.shift(count, pow2(16)).own_book();
    assert_eq!(attack.broken(), only("MLEF8", 1));
}

#[test]
fn account_number_of_33_bits() {
    let mut attack = Attack::mixed();
    let number = attack.shared(Free::AccountNumber, 0);
    let mut of = |n: Fr| attack.forge(number, n).own_book().broken();
    for n in [Fr::ZERO, pow2(32) - Fr::ONE] {
        assert_eq!(of(n), Broken::new());
    }
    assert_eq!(of(pow2(32)), only("MLEF7", 1));
    assert_eq!(of(-Fr::ONE), only("MLEF7", 2));
    // Wide enough to wrap once it is shifted beside the count.
    let wrap = pow2(16).invert().expect("not zero");
    assert!(of(wrap).into_keys().eq(["MLEF7"]));
}

#[test]
fn count_moved_between_positions_and_number() {
    // 2^16 positions more and one account less are the same cell: the leaf is that of the book, and the
    // nullifier that of another number.
    let [fewer, more] = [-Fr::ONE, Fr::ONE];
    for step in [fewer, more] {
        let mut attack = Attack::mixed();
        let number = attack.shared(Free::AccountNumber, 0);
        let count = attack.result("MNET25", None);
        attack.shift(number, step).shift(count, -step * pow2(16));
        assert_eq!(attack.broken(), only("MNET25", 1));
        assert!(attack.mock_prover_refuses());
    }
    // One position less and a fraction of an account more.
    let mut attack = Attack::mixed();
    let number = attack.shared(Free::AccountNumber, 0);
    let part = pow2(16).invert().expect("not zero");
    attack.shift(number, part).own_book();
    assert_eq!(attack.broken().keys().collect::<Vec<_>>(), ["MLEF7"]);
}
