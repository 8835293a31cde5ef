//! The cache folder of a machine that never ran the program.

use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::{cache_path, key_shape, Key, Maker};
use zkmargin_keys::setup::Setup;

#[test]
fn real_proof_cache_folder_is_made_when_it_is_missing() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("new/cache");
    // The only test of this binary: nothing else reads the environment.
    std::env::set_var("ZKMARGIN_CACHE", &folder);
    let policy = Policy::rm1();
    let setup = Setup::insecure_from_seed(key_shape(&policy, Size::Small).k, 4).expect("a setup");
    let verifier = setup.verifier();
    assert!(cache_path(&policy, Size::Small, &verifier, Maker::Verifier).starts_with(&folder));
    let made = Key::cached(&policy, Size::Small, &verifier, || Ok(setup)).expect("a key");
    let unused = || unreachable!("the key was not cached");
    let read = Key::cached(&policy, Size::Small, &verifier, unused).expect("a key");
    assert_eq!(read.id, made.id);
}
