//! Keys in the cache folder: what was cut, altered or put in another's place is made anew.
//!
//! The folder comes from the environment of the whole process, so these tests are a binary of
//! their own, and each one has its own files in the folder.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::{cache_path, key_shape, sealed, unsealed, Key, Maker};
use zkmargin_keys::setup::{Setup, VerifierSetup};
use zkmargin_prover::keys::ProvingKey;
use zkmargin_prover::prove::prove;
use zkmargin_testing::proofs::fixture::Case;
use zkmargin_testing::proofs::{place, subject};

const RM1: &str = include_str!("../../policies/rm1.toml");

/// Points the process at an empty cache folder.
fn fresh_cache() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::env::set_var("ZKMARGIN_CACHE", folder.path());
        folder
    });
    folder.path()
}

/// Ways to spoil a file.
fn damages(path: &Path, good: &[u8]) -> Vec<(String, Vec<u8>)> {
    let length = good.len();
    let mut out = Vec::new();
    for end in [0, 1, 7, 8, 39, 40, 41, length / 2, length - 32, length - 1] {
        out.push((format!("cut to {end} bytes"), good[..end].to_vec()));
    }
    for at in [0, 7, 8, 39, 40, 44, 100, length / 2, length - 1] {
        let mut altered = good.to_vec();
        altered[at] ^= 1;
        out.push((format!("byte {at} altered"), altered));
    }
    out.push(("followed by a byte".to_owned(), [good, &[0]].concat()));
    out.push(("zeros".to_owned(), vec![0; length]));
    // Whoever can write the file can seal it too: damage below a good seal is found as well.
    let magic: &[u8; 8] = good[..8].try_into().expect("a magic word");
    let payload = unsealed(path, magic, good).expect("a sealed file");
    for end in [0, 1, 40, payload.len() / 2, payload.len() - 1] {
        let cut = sealed(path, magic, &payload[..end]);
        out.push((format!("sealed, with {end} bytes of content"), cut));
    }
    // Version, size, compression of selectors, number of fixed columns.
    for (at, value) in [
        (0, 9),
        (1, 3),
        (1, 40),
        (1, 255),
        (4, 1),
        (5, 1),
        (6, 0),
        (6, 99),
    ] {
        let mut altered = payload.to_vec();
        altered[at] = value;
        let altered = sealed(path, magic, &altered);
        out.push((
            format!("sealed, with byte {at} of the content {value}"),
            altered,
        ));
    }
    let longer = sealed(path, magic, &[payload, &[0]].concat());
    out.push(("sealed, with a byte after the content".to_owned(), longer));
    out
}

/// Reads the verifying key through the cache; says too whether it was made anew.
fn verifying(policy: &Policy, size: Size, setup: &Setup) -> (Key, bool) {
    let made = Cell::new(false);
    let full = || {
        made.set(true);
        Ok(setup.clone())
    };
    let verifier: VerifierSetup = setup.verifier();
    let key = Key::cached(policy, size, &verifier, full).expect("a verifying key");
    (key, made.get())
}

#[test]
fn real_proof_verifying_key_in_the_cache_is_checked() {
    let folder = fresh_cache();
    let policy = Policy::rm1();
    let setup = Setup::insecure_from_seed(key_shape(&policy, Size::Small).k, 1).expect("a setup");
    let path = cache_path(&policy, Size::Small, &setup.verifier(), Maker::Verifier);
    assert!(path.starts_with(folder), "{}", path.display());

    let (first, made) = verifying(&policy, Size::Small, &setup);
    assert!(made, "the cache was empty");
    let good = fs::read(&path).expect("the key was cached");
    let (second, made) = verifying(&policy, Size::Small, &setup);
    assert!(!made, "the key was cached");
    assert_eq!(first.id, second.id);
    assert_eq!((second.size, second.k), (Size::Small, setup.k()));
    assert_eq!(second.policy, policy.digest());

    let damages = damages(&path, &good);
    println!("{} damaged files of {} bytes", damages.len(), good.len());
    for (name, bytes) in damages {
        fs::write(&path, &bytes).expect("a writable file");
        let (key, made) = verifying(&policy, Size::Small, &setup);
        assert!(made, "{name}: read as if it were good");
        assert_eq!(key.id, first.id, "{name}");
        assert_eq!(
            fs::read(&path).expect("a file"),
            good,
            "{name}: not repaired"
        );
    }
    // A folder in the way cannot be repaired; it must not stop the verifier either.
    fs::remove_file(&path).expect("a removable file");
    fs::create_dir(&path).expect("a folder");
    let (key, made) = verifying(&policy, Size::Small, &setup);
    assert!(made);
    assert_eq!(key.id, first.id);
}

/// A variant of RM-1 whose circuit has the same shape.
fn near_rm1(haircut: &str) -> Policy {
    let here = "range = \"0.16\"\nhaircut = \"0.12\"";
    let there = format!("range = \"0.16\"\nhaircut = \"{haircut}\"");
    assert_eq!(RM1.matches(here).count(), 1);
    Policy::from_toml(&RM1.replace(here, &there), "near.toml").expect("a policy")
}

#[test]
fn real_proof_key_of_another_policy_in_its_place_is_made_anew() {
    fresh_cache();
    let (one, other) = (near_rm1("0.11"), near_rm1("0.01"));
    let setup = Setup::insecure_from_seed(key_shape(&one, Size::Small).k, 2).expect("a setup");
    let verifier = setup.verifier();
    let (right, _) = verifying(&one, Size::Small, &setup);
    let (wrong, _) = verifying(&other, Size::Small, &setup);
    assert_ne!(right.id, wrong.id);
    let place = |policy| cache_path(policy, Size::Small, &verifier, Maker::Verifier);
    fs::copy(place(&other), place(&one)).expect("a copy");
    let (key, made) = verifying(&one, Size::Small, &setup);
    assert_eq!(
        key.id, right.id,
        "the key of another policy was taken for this one's"
    );
    assert!(made);
}

#[test]
fn real_proof_key_of_another_size_in_its_place_is_made_anew() {
    fresh_cache();
    let policy = Policy::rm1();
    let k = |size| key_shape(&policy, size).k;
    let setup = Setup::insecure_from_seed(k(Size::Standard), 3).expect("a setup");
    let smaller = Setup::insecure_from_seed(k(Size::Small), 3).expect("a setup");
    let (right, _) = verifying(&policy, Size::Standard, &setup);
    let (wrong, _) = verifying(&policy, Size::Small, &smaller);
    assert_ne!(right.id, wrong.id);
    let place = |size, setup: &Setup| cache_path(&policy, size, &setup.verifier(), Maker::Verifier);
    let target = place(Size::Standard, &setup);
    fs::copy(place(Size::Small, &smaller), target).expect("a copy");
    let (key, made) = verifying(&policy, Size::Standard, &setup);
    assert_eq!(
        key.id, right.id,
        "the key of another size was taken for this one's"
    );
    assert!(made);
}

#[test]
fn real_proof_prover_takes_no_damaged_key_from_the_cache() {
    let folder = fresh_cache();
    let case = Case::mixed();
    let (policy, size) = (&case.policy, case.size);
    let setup = Setup::insecure_from_seed(key_shape(policy, size).k, 5).expect("a setup");
    let path = cache_path(policy, size, &setup.verifier(), Maker::Prover);
    assert!(path.starts_with(folder), "{}", path.display());

    let cached = || ProvingKey::cached(policy, size, &setup).expect("a proving key");
    let (first, there) = cached();
    assert!(!there, "the cache was empty");
    let good = fs::read(&path).expect("the key was cached");
    let (second, there) = cached();
    assert!(there, "the key was cached");
    assert_eq!(first.key.id, second.key.id);
    // A key from the cache proves, and its proof passes the verifier's own key.
    let (bundle, _) = prove(
        &second,
        &setup,
        &subject(&case, &place(&case)),
        &case.request,
    )
    .expect("a proof");
    assert_eq!(bundle.key, verifying(policy, size, &setup).0.id);

    for (name, bytes) in damages(&path, &good) {
        fs::write(&path, bytes).expect("a writable file");
        let (key, there) = cached();
        assert!(!there, "{name}: read as if it were good");
        assert_eq!(key.key.id, first.key.id, "{name}");
        assert!(
            fs::read(&path).expect("a file") == good,
            "{name}: not repaired"
        );
    }
}

/// A file that holds a key in order, of another circuit: whoever can write the file can do that.
#[test]
fn real_proof_prover_compares_the_key_of_the_cache_with_its_circuit() {
    fresh_cache();
    let (one, other) = (near_rm1("0.1"), near_rm1("0.02"));
    let setup = Setup::insecure_from_seed(key_shape(&one, Size::Small).k, 6).expect("a setup");
    let place = |policy| cache_path(policy, Size::Small, &setup.verifier(), Maker::Prover);
    let cached = |policy| ProvingKey::cached(policy, Size::Small, &setup).expect("a proving key");
    let (right, wrong) = (cached(&one).0.key.id, cached(&other).0.key.id);
    assert_ne!(right, wrong);
    let bytes = fs::read(place(&other)).expect("a file");
    let magic: &[u8; 8] = bytes[..8].try_into().expect("a magic word");
    let payload = unsealed(&place(&other), magic, &bytes);
    let forged = sealed(&place(&one), magic, payload.expect("a sealed file"));
    fs::write(place(&one), forged).expect("a writable file");
    let (key, there) = cached(&one);
    assert!(!there, "the key of another circuit was taken");
    assert_eq!(key.key.id, right);
    assert!(cached(&one).1, "not repaired");
}

#[test]
fn real_proof_verifier_takes_no_key_that_a_prover_left() {
    fresh_cache();
    let policy = near_rm1("0.13");
    let setup = Setup::insecure_from_seed(key_shape(&policy, Size::Small).k, 8).expect("a setup");
    ProvingKey::cached(&policy, Size::Small, &setup).expect("a proving key");
    assert!(
        verifying(&policy, Size::Small, &setup).1,
        "the prover's key was taken"
    );
}
