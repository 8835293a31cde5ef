//! Who signed what.

use super::*;
use crate::reserves::signature::{recover, Signed};

/// By cast 1.7.1 of Foundry: `cast wallet sign --private-key $KEY "$text"`, and `cast wallet sign
/// --private-key $KEY --data --from-file typed.json`, with text and document of [`ownership`].
const PERSONAL: &str = "0x9ff7591b9c0a1bb25e104623e1fa1ffbf391b534981bd479fd64bf4c5e809992\
                        6493c11859781e4c912fb8609a85aa9e9a6cc43a2bc27c0077b4d487d9237d6a1c";
const TYPED: &str = "0x115cb52aa27e0e6a93a28317becd5c51fe2b291b305c633927711eaddd7ae553\
                        7443670e4af15271d4f56f7653e71efe44e388e728698660a4cb4e0fe9377d611c";
/// Order of the group of secp256k1.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn signatures_by_another_program() {
    let ours = ownership();
    assert_eq!(
        ours.check(Scheme::PersonalSign, &bytes(PERSONAL)),
        Signed::Yes
    );
    assert_eq!(ours.check(Scheme::TypedData, &bytes(TYPED)), Signed::Yes);
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
            let told = other.check(scheme, &bytes(signature));
            assert!(
                matches!(told, Signed::No(SignatureFault::Other(_))),
                "{told:?}"
            );
        };
        refused(|o| o.venue.push('.'));
        refused(|o| o.book.0[31] ^= 1);
        refused(|o| o.part = Part::InsuranceFund);
        refused(|o| o.asset = "USD".to_owned());
        refused(|o| o.token = None);
        refused(|o| {
            let address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267".to_lowercase();
            let address = address.parse().unwrap();
            o.holder = Holder::Account { chain: 1, address };
        });
        refused(|o| {
            let address = ADDRESS.parse().unwrap();
            o.holder = Holder::Account { chain: 10, address };
        });
        refused(|o| o.block += 1);
    }
    let swapped = ours.check(Scheme::TypedData, &bytes(PERSONAL));
    assert!(matches!(swapped, Signed::No(SignatureFault::Other(_))));
}

#[test]
fn signatures_have_one_form() {
    let ours = ownership();
    let good = bytes(PERSONAL);
    let refused = |signature: &[u8], fault: SignatureFault| {
        assert_eq!(
            ours.check(Scheme::PersonalSign, signature),
            Signed::No(fault)
        );
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
    let told = ours.check(Scheme::PersonalSign, &other);
    assert!(matches!(
        told,
        Signed::No(SignatureFault::Other(_) | SignatureFault::NoKey)
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
