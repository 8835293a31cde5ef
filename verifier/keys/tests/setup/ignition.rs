//! The embedded ceremony, its cache, and the provenance of the asset.

use std::fs;
use std::path::{Path, PathBuf};

use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::G1Affine;
use halo2curves::ff::PrimeField;
use zkmargin_keys::error::KeysError;
use zkmargin_keys::setup::{
    compress_ignition, Check, ImportOptions, Origin, Setup, SetupError, VerifierSetup,
};

use crate::ceremony::Folder;

fn asset(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("assets")
            .join(name),
    )
    .unwrap()
}

fn cached(folder: &Folder) -> PathBuf {
    let entries = fs::read_dir(folder.path().join("setup")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(paths.len(), 1);
    paths.remove(0)
}

fn aztec(points: &[G1Affine]) -> Vec<u8> {
    let be = |value: &halo2curves::bn256::Fq| {
        let mut bytes = value.to_repr();
        bytes.reverse();
        bytes
    };
    points
        .iter()
        .flat_map(|p| [be(&p.x), be(&p.y)].concat())
        .collect()
}

#[test]
fn compression_gives_the_embedded_bytes() {
    let folder = Folder::new();
    let setup = Setup::embedded_uncached(6).unwrap();
    let path = folder.write("g1.dat", &aztec(setup.params().get_g()));
    let compressed = compress_ignition(&path, 6).unwrap();
    assert_eq!(compressed, asset("ignition_k14.g1c")[..32 * 64]);
    assert!(compress_ignition(&path, 7).is_err());
}

#[test]
fn the_published_point_of_g2_is_embedded() {
    let setup = VerifierSetup::ignition(14).unwrap();
    assert_eq!(setup.tau_g2()[..], asset("ignition.g2")[..]);
    let x0 = hex::encode(&setup.tau_g2()[..32]);
    assert_eq!(
        x0,
        "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0"
    );
    assert_eq!(setup.origin(), &Origin::Ignition);
    let again = VerifierSetup::from_tau_g2(14, &setup.tau_g2(), false).unwrap();
    assert_eq!(again.id(), "ignition-k14");
}

/// The checksums of the cache files of these sizes are compiled in: a cold start and a warm one
/// give the same setup, and the warm one was recognised by its checksum.
#[test]
fn the_cache_gives_the_same_setup() {
    for k in [13, 14] {
        let folder = Folder::new();
        let cold = Setup::embedded_with_cache(k, folder.path()).unwrap();
        assert!(cold.info().checks.contains(&Check::Pairing));
        assert!(cached(&folder).exists());
        let warm = Setup::embedded_with_cache(k, folder.path()).unwrap();
        assert_eq!(
            warm.info().checks,
            [Check::Checksum, Check::Points],
            "k = {k}"
        );
        assert_eq!(warm.id(), format!("ignition-k{k}"));
        assert_eq!(warm.digest(), cold.digest());
        // The file is an ordinary setup file, and passes every check as one.
        let imported = Setup::import(&cached(&folder), &ImportOptions::default()).unwrap();
        assert_eq!(imported.digest(), cold.digest());
        assert_eq!(imported.origin(), &Origin::Ignition);
    }
}

#[test]
fn a_damaged_cache_is_replaced() {
    let folder = Folder::new();
    let cold = Setup::embedded_with_cache(5, folder.path()).unwrap();
    let path = cached(&folder);
    let good = fs::read(&path).unwrap();
    let mut flipped = good.clone();
    flipped[700] ^= 1;
    let foreign = folder.path().join("foreign");
    Setup::insecure(5).unwrap().save(&foreign).unwrap();
    let foreign = fs::read(foreign).unwrap();
    for bytes in [&flipped[..], &good[..200], b"", &foreign] {
        fs::write(&path, bytes).unwrap();
        let setup = Setup::embedded_with_cache(5, folder.path()).unwrap();
        assert_eq!((setup.id(), setup.digest()), (cold.id(), cold.digest()));
        assert_eq!(fs::read(&path).unwrap(), good);
    }
    let warm = Setup::embedded_with_cache(5, folder.path()).unwrap();
    assert!(warm.info().checks.contains(&Check::Lagrange));
    assert_eq!(warm.info().format, None);
}

#[test]
fn a_cache_that_cannot_be_written_does_not_matter() {
    let folder = Folder::new();
    let not_a_folder = folder.write("file", b"");
    let setup = Setup::embedded_with_cache(4, &not_a_folder).unwrap();
    assert_eq!(setup.id(), "ignition-k4");
}

#[test]
fn sizes_are_cut_from_the_same_powers() {
    let [six, four] = [6, 4].map(|k| Setup::embedded_uncached(k).unwrap());
    assert_eq!(six.params().get_g()[..16], four.params().get_g()[..]);
    assert_eq!(six.downsize(4).unwrap().digest(), four.digest());
    let error = Setup::embedded(15).unwrap_err();
    assert!(matches!(
        error,
        KeysError::Setup(SetupError::TooSmall {
            available: 14,
            asked: 15,
            ..
        })
    ));
    assert!(error.to_string().contains("hint: import"), "{error}");
}

#[test]
fn ignition_is_recognised_in_a_file_of_another_format() {
    let folder = Folder::new();
    let setup = Setup::embedded_uncached(5).unwrap();
    let path = folder.write("g1.dat", &aztec(setup.params().get_g()));
    let imported = Setup::import(&path, &ImportOptions::default()).unwrap();
    assert_eq!(
        (imported.id(), imported.digest()),
        (setup.id(), setup.digest())
    );
    assert_eq!(imported.origin(), &Origin::Ignition);
}
