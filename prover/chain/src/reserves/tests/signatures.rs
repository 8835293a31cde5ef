//! Who signed what.

use super::*;
use crate::reserves::ownership::recover;

/// By cast 1.7.1 of Foundry: `cast wallet sign --private-key $KEY "$text"`, and `cast wallet sign
/// --private-key $KEY --data --from-file typed.json`, with text and document of [`ownership`].
const PERSONAL: &str = "0xcf493728052d82a2eaf8901551fd40e0acb30041ab3b52149a1811f9b6efce0f\
                        20d7b0e4ced653a18d57392a458f520c50c4c5bd08e7d8e3a0c230ed259dba491c";
const TYPED: &str = "0xb4a9fc84441b8a1fbaad920cb86d15b6c9f90265d5dbb4e8280879b6b8d5eea6\
                     3ec2ab45357442bbd232844c75ef3f4ac3a268f807e90b80e3188fa08567a13f1c";
/// Order of the group of secp256k1.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn signatures_by_another_program() {
    let ours = ownership();
    assert_eq!(ours.check(Scheme::PersonalSign, &bytes(PERSONAL)), Ok(()));
    assert_eq!(ours.check(Scheme::TypedData, &bytes(TYPED)), Ok(()));
    // From the documentation of web3.js: accounts.sign("Some data", key).
    let hash = alloy_primitives::eip191_hash_message("Some data");
    let known = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
                 6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";
    let signer = recover(&hash, &bytes(known)).unwrap();
    assert_eq!(
        signer.to_string(),
        "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
    );
}

#[test]
fn every_field_is_signed() {
    let ours = ownership();
    for (scheme, signature) in [(Scheme::PersonalSign, PERSONAL), (Scheme::TypedData, TYPED)] {
        let refused = |alter: fn(&mut Ownership)| {
            let mut other = ours.clone();
            alter(&mut other);
            let error = other.check(scheme, &bytes(signature)).unwrap_err();
            assert!(matches!(error, SignatureFault::Other(_)), "{error}");
        };
        refused(|o| o.venue.push('.'));
        refused(|o| o.book.0[31] ^= 1);
        refused(|o| o.address.0[0] ^= 1);
        refused(|o| o.chain_id = 10);
        refused(|o| o.block += 1);
    }
    let swapped = ours.check(Scheme::TypedData, &bytes(PERSONAL));
    assert!(matches!(swapped, Err(SignatureFault::Other(_))));
}

#[test]
fn signatures_have_one_form() {
    let ours = ownership();
    let good = bytes(PERSONAL);
    let refused = |signature: &[u8], fault: SignatureFault| {
        assert_eq!(ours.check(Scheme::PersonalSign, signature), Err(fault));
    };
    refused(&good[..64], SignatureFault::Length(64));
    refused(&[], SignatureFault::Length(0));
    refused(
        &[good.clone(), vec![0]].concat(),
        SignatureFault::Length(66),
    );
    for parity in [0, 1, 26, 29, 255] {
        let mut other = good.clone();
        other[64] = parity;
        refused(&other, SignatureFault::Parity(parity));
    }
    let mut other = good.clone();
    other[64] = 27;
    let fault = ours.check(Scheme::PersonalSign, &other).unwrap_err();
    assert!(matches!(
        fault,
        SignatureFault::Other(_) | SignatureFault::NoKey
    ));
    let mut zero = good.clone();
    zero[32..64].fill(0);
    refused(&zero, SignatureFault::Range);
    let mut order = good.clone();
    order[..32].copy_from_slice(&bytes(ORDER));
    refused(&order, SignatureFault::Range);
    // The twin of the signature: s to the order less s, and the other parity.
    let modulus = num_bigint::BigUint::from_bytes_be(&bytes(ORDER));
    let twin = modulus - num_bigint::BigUint::from_bytes_be(&good[32..64]);
    let mut high = good.clone();
    high[32..64].copy_from_slice(&twin.to_bytes_be());
    high[64] = 27;
    refused(&high, SignatureFault::HighS);
}
