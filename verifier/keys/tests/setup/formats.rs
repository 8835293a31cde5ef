//! What goes in comes out, whatever the format.

use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::SerdeFormat;
use zkmargin_keys::setup::{Check, Format, ImportOptions, Origin, Setup, SetupInfo};

use crate::ceremony::{data, Ceremony, Folder};

const K: u32 = 6;

fn content(setup: &Setup) -> Vec<u8> {
    let mut bytes = Vec::new();
    setup
        .params()
        .write_custom(&mut bytes, SerdeFormat::RawBytes)
        .unwrap();
    bytes
}

#[test]
fn one_ceremony_is_the_same_in_every_format() {
    let (folder, ceremony) = (Folder::new(), Ceremony::new(K));
    let g2 = folder.write("g2.dat", &ceremony.aztec_g2());
    let default = ImportOptions::default();
    let cases = [
        (folder.write("a", &ceremony.ptau()), Format::Ptau),
        (folder.write("b", &ceremony.aztec_g1()), Format::AztecFlat),
        (folder.write("c", &ceremony.halo2()), Format::Halo2Raw),
        (folder.write("d", &ceremony.container(1)), Format::Container),
    ];
    let mut infos: Vec<SetupInfo> = Vec::new();
    for (path, format) in cases {
        let setup = Setup::import(&path, &default.clone().with_g2(&g2)).unwrap();
        assert_eq!(content(&setup), ceremony.halo2(), "{format}");
        assert!(
            matches!(setup.origin(), Origin::Imported { .. }),
            "{format}"
        );
        let info = setup.info();
        assert_eq!(info.format, Some(format));
        for check in [
            Check::Points,
            Check::Subgroup,
            Check::Generator,
            Check::Pairing,
            Check::Secret,
        ] {
            assert!(info.checks.contains(&check), "{format}: {check}");
        }
        assert_eq!(
            info.checks.contains(&Check::Lagrange),
            matches!(format, Format::Halo2Raw | Format::Container)
        );
        assert_eq!(info.contributions, (format == Format::Ptau).then_some(1));
        infos.push(info);
    }
    for info in &infos {
        assert_eq!((info.k, info.points, info.insecure), (K, 64, false));
        assert_eq!(info.origin, "imported");
        assert_eq!(info.id, format!("imported-{}-k6", &info.ceremony[..16]));
        assert_eq!((&info.id, &info.digest), (&infos[0].id, &infos[0].digest));
    }
}

#[test]
fn a_part_of_a_file_is_the_smaller_setup() {
    let (folder, large, small) = (Folder::new(), Ceremony::new(K), Ceremony::new(4));
    let g2 = folder.write("g2.dat", &large.aztec_g2());
    let options = ImportOptions::default().with_k(4).with_g2(&g2);
    for (name, bytes) in [
        ("ptau", large.ptau()),
        ("aztec", large.aztec_g1()),
        ("halo2", large.halo2()),
        ("container", large.container(1)),
    ] {
        let setup = Setup::import(&folder.write(name, &bytes), &options).unwrap();
        assert_eq!(content(&setup), small.halo2(), "{name}");
    }
    let whole = Setup::import(&folder.write("whole", &large.halo2()), &Default::default()).unwrap();
    let cut = whole.downsize(4).unwrap();
    assert_eq!(content(&cut), small.halo2());
    assert_eq!(cut.origin(), whole.origin());
    assert_ne!(cut.digest(), whole.digest());
    assert_eq!(whole.downsize(K).unwrap().digest(), whole.digest());
}

#[test]
fn a_saved_setup_reads_back() {
    let folder = Folder::new();
    let setup = Setup::insecure_from_seed(K, 1).unwrap();
    let path = folder.path().join("saved.zksetup");
    setup.save(&path).unwrap();
    let back = Setup::import(&path, &Default::default()).unwrap();
    assert_eq!(content(&back), content(&setup));
    assert_eq!(back.origin(), &Origin::Insecure);
    assert_eq!((back.id(), back.digest()), (setup.id(), setup.digest()));
    assert_eq!(back.info().checks.first(), Some(&Check::Checksum));
    // The bytes are those that the format's description gives.
    let ceremony = Ceremony::new(K);
    let imported =
        Setup::import(&folder.write("c", &ceremony.halo2()), &Default::default()).unwrap();
    imported.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), ceremony.container(1));
}

#[test]
fn insecure_setups_say_so_everywhere() {
    let folder = Folder::new();
    let setup = Setup::insecure(3).unwrap();
    let path = folder.path().join("saved");
    setup.save(&path).unwrap();
    let back = Setup::import(&path, &Default::default()).unwrap();
    for setup in [&setup, &back, &setup.downsize(2).unwrap()] {
        assert_eq!(setup.origin(), &Origin::Insecure);
        assert!(setup.id().starts_with("insecure-"), "{}", setup.id());
        assert!(setup.info().insecure && setup.info().origin == "insecure");
        assert!(format!("{setup:?}").contains("insecure"));
        assert!(setup.verifier().id().starts_with("insecure-"));
    }
    assert_ne!(Setup::insecure(3).unwrap().id(), setup.id());
}

#[test]
fn a_seed_gives_one_setup() {
    let [a, b, c] =
        [(4, 1), (4, 1), (4, 2)].map(|(k, seed)| Setup::insecure_from_seed(k, seed).unwrap());
    assert_eq!(a.digest(), b.digest());
    assert_ne!(a.digest(), c.digest());
    let larger = Setup::insecure_from_seed(5, 1).unwrap();
    assert_eq!(larger.params().get_g()[..16], a.params().get_g()[..]);
}

#[test]
fn a_file_of_snarkjs_is_read() {
    let path = data("snarkjs_contributed_4.ptau");
    let setup = Setup::import(&path, &Default::default()).unwrap();
    let info = setup.info();
    assert_eq!((info.k, info.contributions), (4, Some(1)));
    assert_eq!(info.origin, "imported");
    assert_eq!(
        Setup::import(&path, &ImportOptions::default().with_k(2))
            .unwrap()
            .k(),
        2
    );
}

#[test]
fn the_info_has_stable_json() {
    let (folder, ceremony) = (Folder::new(), Ceremony::new(2));
    let path = folder.write("a.ptau", &ceremony.ptau());
    let info = Setup::import(&path, &Default::default()).unwrap().info();
    let json = serde_json::to_value(&info).unwrap();
    assert_eq!(json["format"], "ptau");
    assert_eq!(json["k"], 2);
    assert_eq!(json["points"], 4);
    assert_eq!(json["insecure"], false);
    assert_eq!(json["contributions"], 1);
    assert_eq!(
        json["checks"],
        serde_json::json!(["points", "subgroup", "generator", "pairing", "secret"])
    );
}
