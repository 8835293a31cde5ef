//! Proofs shown to keys and setups that they were not made for.

use zkmargin_engine::commitment::Book;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::{key_shape, Key};
use zkmargin_keys::setup::{Setup, VerifierSetup};
use zkmargin_keys::verify::{verify_rows, DerivedKey};
use zkmargin_testing::proofs::fixture::{account, market, Case, MIXED};
use zkmargin_testing::proofs::{ignition, ignition_verifier, small, Proven};
use zkmargin_verifier::verdict::No;
use zkmargin_verifier::verify::{verify, Expectations};

const RM1: &str = include_str!("../../policies/rm1.toml");
const WIDE: &str = include_str!("../../policies/wide.toml");

fn ignition_key(policy: &Policy, size: Size) -> Key {
    Key::generate(policy, size, &ignition(policy, size)).expect("a verifying key")
}

/// The proof fails by its key id, and fails too when the id is ignored.
fn refused(proven: &Proven, key: &Key, setup: &VerifierSetup) {
    let nothing = Expectations::default();
    match verify(
        &DerivedKey::new(key.clone(), setup.clone()),
        &proven.bundle,
        &nothing,
    ) {
        Err(No::OtherKey { expected, found }) => {
            assert_eq!(expected, key.id);
            assert_eq!(found, proven.bundle.key);
            assert_ne!(expected, found);
        }
        other => panic!("{}: {other:?}", key.id),
    }
    let rows = proven.bundle.statement.rows();
    let result = verify_rows(key, setup, &rows, &proven.bundle.proof);
    assert!(
        matches!(result, Err(No::Rejected)),
        "{}: {result:?}",
        key.id
    );
    let mut relabelled = proven.bundle.clone();
    relabelled.key = key.id.clone();
    relabelled.size = key.size;
    relabelled.statement.policy = key.policy;
    let result = verify(
        &DerivedKey::new(key.clone(), setup.clone()),
        &relabelled,
        &nothing,
    );
    assert!(
        matches!(result, Err(No::Rejected)),
        "{}: {result:?}",
        key.id
    );
}

#[test]
fn real_proof_is_refused_by_the_key_of_another_size() {
    let proven = small();
    let policy = &proven.case.policy;
    let key = ignition_key(policy, Size::Standard);
    refused(proven, &key, &ignition_verifier(policy, Size::Standard));
    // Right id, wrong size: still another key.
    let mut bundle = proven.bundle.clone();
    bundle.size = Size::Standard;
    let result = proven.check(&bundle);
    assert!(matches!(result, Err(No::OtherKey { .. })), "{result:?}");
}

#[test]
fn real_proof_is_refused_by_the_keys_of_other_policies() {
    let proven = small();
    let wide = Policy::from_toml(WIDE, "wide.toml").expect("a policy");
    refused(
        proven,
        &ignition_key(&wide, Size::Small),
        &ignition_verifier(&wide, Size::Small),
    );

    // One number changed: the same shape of circuit, another key.
    let haircut = "range = \"0.16\"\nhaircut = \"0.12\"";
    assert_eq!(RM1.matches(haircut).count(), 1);
    let near = RM1.replace(haircut, "range = \"0.16\"\nhaircut = \"0.1199\"");
    let near = Policy::from_toml(&near, "near.toml").expect("a policy");
    assert_eq!(
        key_shape(&near, Size::Small),
        key_shape(&proven.case.policy, Size::Small)
    );
    let key = ignition_key(&near, Size::Small);
    refused(proven, &key, &ignition_verifier(&near, Size::Small));

    // Its id alone does not make it pass: the policy is a public input.
    let mut bundle = proven.bundle.clone();
    bundle.key = key.id.clone();
    let setup = ignition_verifier(&near, Size::Small);
    let result = verify(
        &DerivedKey::new(key, setup),
        &bundle,
        &Expectations::default(),
    );
    assert!(
        matches!(result, Err(No::OtherRow { row: "policy" })),
        "{result:?}"
    );
}

#[test]
fn real_proof_under_another_policy_passes_its_own_key_only() {
    let policy = Policy::from_toml(WIDE, "wide.toml").expect("a policy");
    let market = market(&policy);
    let account = account(&market, &MIXED);
    let rm1 = Case::mixed();
    let mut leaves = rm1.book.leaves.clone();
    leaves[1] = account.leaf();
    let case = Case {
        policy,
        market,
        account,
        secret: rm1.secret,
        book: Book { leaves },
        request: rm1.request,
        size: Size::Small,
    };
    let wide = Proven::of(case);
    wide.check(&wide.bundle)
        .expect("the proof holds under its own key");
    let policy = Policy::rm1();
    refused(
        &wide,
        &ignition_key(&policy, Size::Small),
        &ignition_verifier(&policy, Size::Small),
    );
}

#[test]
fn real_proof_under_an_insecure_setup_convinces_only_its_own_key() {
    let case = Case::mixed();
    let k = key_shape(&case.policy, case.size).k;
    let setup = Setup::insecure_from_seed(k, 7).expect("a setup");
    let verifier = setup.verifier();
    let insecure = Proven::under(case, setup, verifier);
    assert!(insecure.key.id.contains("insecure"), "{}", insecure.key.id);
    assert!(insecure.bundle.to_json().contains("insecure"));
    let verdict = insecure
        .check(&insecure.bundle)
        .expect("the proof holds under its own key");
    assert!(verdict.key.insecure, "the verdict says so");

    let secure = small();
    assert!(!secure.key.id.contains("insecure"), "{}", secure.key.id);
    refused(&insecure, &secure.key, &secure.verifier);
    refused(secure, &insecure.key, &insecure.verifier);

    // A key with the other setup's secret: neither proof holds.
    for proven in [&insecure, secure] {
        let rows = proven.bundle.statement.rows();
        let proof = &proven.bundle.proof;
        for (key, setup) in [
            (&insecure.key, &secure.verifier),
            (&secure.key, &insecure.verifier),
        ] {
            let result = verify_rows(key, setup, &rows, proof);
            assert!(matches!(result, Err(No::Rejected)), "{result:?}");
        }
    }

    // Another secret is another key.
    let policy = &secure.case.policy;
    let other = Setup::insecure_from_seed(k, 8).expect("a setup");
    let key = Key::generate(policy, Size::Small, &other).expect("a verifying key");
    assert!(key.id.contains("insecure"), "{}", key.id);
    assert_ne!(key.id, insecure.key.id);
    refused(&insecure, &key, &other.verifier());
}
