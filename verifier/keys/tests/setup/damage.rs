//! Damaged and altered files: each is refused, with the reason and the place.

use std::path::PathBuf;

use zkmargin_keys::error::KeysError;
use zkmargin_keys::setup::{Format, ImportOptions, Setup, SetupError};

use crate::ceremony::{Ceremony, Folder};
use crate::refused::{error, error_of, good_files, import, K};

#[test]
fn every_truncation_is_refused() {
    let folder = Folder::new();
    for (name, bytes, options) in good_files(&folder) {
        for len in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
            if name == "a.dat" && len % 64 == 0 && len >= 128 {
                continue; // A shorter file of whole points is a smaller setup.
            }
            let error = error_of(name, &bytes[..len], &options);
            assert!(
                matches!(
                    error,
                    SetupError::Truncated { .. } | SetupError::UnknownFormat { .. }
                ),
                "{name} cut at {len}: {error}"
            );
        }
    }
}

#[test]
fn a_truncation_says_where() {
    let ceremony = Ceremony::new(K);
    let cut = |bytes: &[u8], len: usize| match error("cut", &bytes[..len]) {
        SetupError::Truncated {
            section,
            offset,
            needed,
            found,
            ..
        } => (section, offset, needed, found),
        other => panic!("{other}"),
    };
    assert_eq!(cut(&ceremony.halo2(), 4 + 100), ("the powers", 4, 512, 100));
    assert_eq!(
        cut(&ceremony.halo2(), 4 + 512 + 9),
        ("the Lagrange points", 516, 512, 9)
    );
    assert_eq!(
        cut(&ceremony.ptau(), 100),
        ("section 2 (tauG1)", 80, 960, 20)
    );
    assert_eq!(cut(&ceremony.container(1), 40), ("the header", 0, 56, 40));
    assert_eq!(
        cut(&ceremony.container(1), 200),
        ("the powers", 184, 512, 16)
    );
}

#[test]
fn every_flipped_byte_is_found() {
    let folder = Folder::new();
    for (name, bytes, options) in good_files(&folder) {
        if name == "a.ptau" {
            continue; // Most of it is not read; see the next test.
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x04;
            error_of(name, &bytes, &options);
        }
    }
}

#[test]
fn every_flipped_byte_that_is_read_of_a_ptau_is_found() {
    let bytes = Ceremony::new(K).ptau();
    let (g1, g2) = (80..80 + 512, 80 + 960 + 12..80 + 960 + 12 + 256);
    // Byte 64 is the power of the whole ceremony: any value from the file's power on is right.
    for at in (0..64).chain(65..g1.end).chain(g2) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x04;
        error("a.ptau", &bytes);
    }
}

#[test]
fn surplus_bytes_are_refused() {
    for (name, bytes, format) in [
        ("a.ptau", Ceremony::new(K).ptau(), Format::Ptau),
        ("a.srs", Ceremony::new(K).halo2(), Format::Halo2Raw),
        (
            "a.zksetup",
            Ceremony::new(K).container(1),
            Format::Container,
        ),
    ] {
        let longer = [&bytes[..], &[0; 5]].concat();
        let file = match error(name, &longer) {
            SetupError::Oversized {
                file,
                format: found,
                offset,
                extra,
            } => {
                assert_eq!((found, offset, extra), (format, bytes.len() as u64, 5));
                file
            }
            other => panic!("{other}"),
        };
        assert!(file.ends_with(name));
    }
    let folder = Folder::new();
    let ceremony = Ceremony::new(K);
    let g1 = folder.write("g1.dat", &ceremony.aztec_g1());
    let g2 = folder.write("g2.dat", &[&ceremony.aztec_g2()[..], &[0]].concat());
    let error = Setup::import(&g1, &ImportOptions::default().with_g2(&g2)).unwrap_err();
    let KeysError::Setup(SetupError::Oversized { file, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(file, g2);
}

#[test]
fn the_container_checksum_covers_header_and_payload() {
    let bytes = Ceremony::new(K).container(1);
    for at in [16, 30, 56, 60, bytes.len() - 1] {
        let mut bytes = bytes.clone();
        bytes[at] ^= 3;
        let error = error("a.zksetup", &bytes);
        assert!(
            matches!(error, SetupError::Checksum { .. }),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn header_fields_are_checked() {
    let ceremony = Ceremony::new(K);
    let patched = |bytes: &[u8], at: usize, value: u32| {
        let mut bytes = bytes.to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let (ptau, halo2) = (ceremony.ptau(), ceremony.halo2());
    let container = ceremony.container(1);
    for (bytes, at, value, name) in [
        (&ptau, 4, 2, "version"),
        (&ptau, 60, 0, "power"),
        (&ptau, 60, 29, "power"),
        (&ptau, 60, 1000, "power"),
        (&ptau, 60, 2, "length"),
        (&ptau, 64, 2, "power of the ceremony"),
        (&ptau, 16, 40, "length"),
        (&halo2, 0, 0, "k"),
        (&halo2, 0, 29, "k"),
        (&halo2, 0, u32::MAX, "k"),
        (&container, 8, 2, "version"),
        (&container, 12, 0, "k"),
        (&container, 12, 25, "k"),
        (&container, 16, 3, "origin"),
        (&container, 20, 1, "the reserved field"),
    ] {
        let bytes = patched(bytes, at, value);
        match error("header", &bytes) {
            SetupError::Field { field, .. } => assert_eq!(field, name),
            // A header section of another length moves everything behind it.
            SetupError::Truncated { .. } if at == 16 => {}
            other => panic!("{name}: {other}"),
        }
    }
    // A file that claims to be Ignition's.
    let error_found = error("a.zksetup", &ceremony.container(0));
    assert!(
        matches!(
            error_found,
            SetupError::Field {
                field: "origin",
                ..
            }
        ),
        "{error_found}"
    );
    // Another curve: other width, other modulus.
    for (at, value) in [(24, 48), (28, 7)] {
        let error = error("a.ptau", &patched(&ptau, at, value));
        assert!(matches!(error, SetupError::OtherCurve { .. }), "{error}");
    }
    // Lengths that no file has do not take memory.
    let mut bytes = ptau.clone();
    bytes[72..80].fill(0xff);
    assert!(matches!(
        error("a.ptau", &bytes),
        SetupError::Truncated { .. }
    ));
    let error = error("a.srs", &patched(&halo2, 0, 28));
    assert!(matches!(error, SetupError::Truncated { .. }), "{error}");
}

#[test]
fn sections_come_once_and_in_any_order() {
    let ceremony = Ceremony::new(K);
    let folder = Folder::new();
    import(&folder.write("a.ptau", &ceremony.ptau_with(&[12, 3, 7, 2, 1]))).unwrap();
    let none = import(&folder.write("a.ptau", &ceremony.ptau_with(&[1, 2, 3]))).unwrap();
    assert_eq!(none.info().contributions, None);
    for (ids, name, gone) in [
        (&[2, 3][..], "section 1 (header)", true),
        (&[1, 3], "section 2 (tauG1)", true),
        (&[1, 2], "section 3 (tauG2)", true),
        (&[], "section 1 (header)", true),
        (&[1, 2, 3, 2], "section 2 (tauG1)", false),
        (&[1, 1, 2, 3], "section 1 (header)", false),
    ] {
        match error("a.ptau", &ceremony.ptau_with(ids)) {
            SetupError::Section {
                section, missing, ..
            } => {
                assert_eq!((section, missing), (name, gone));
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn sizes_out_of_range_are_refused() {
    let ceremony = Ceremony::new(K);
    let folder = Folder::new();
    for (name, bytes, options) in good_files(&folder) {
        let SetupError::TooSmall {
            available, asked, ..
        } = error_of(name, &bytes, &options.clone().with_k(4))
        else {
            panic!("{name}")
        };
        assert_eq!((available, asked), (3, 4));
        for k in [0, 25, 28, 29, 64, u32::MAX] {
            let error = error_of(name, &bytes, &options.clone().with_k(k));
            assert!(matches!(error, SetupError::Size { .. }), "{name}: {error}");
        }
    }
    for k in [0, 25, u32::MAX] {
        assert!(Setup::insecure(k).is_err() && Setup::embedded(k).is_err());
        assert!(Setup::insecure_from_seed(k, 1).is_err());
    }
    let whole = import(&folder.write("a.srs", &ceremony.halo2())).unwrap();
    assert!(whole.downsize(0).is_err() && whole.downsize(4).is_err());
}

#[test]
fn other_files_are_explained() {
    let unknown: [&[u8]; 5] = [
        b"",
        b"{}",
        b"hello, this is some text that is long enough to be read",
        &[0; 500],
        &[255; 500],
    ];
    for bytes in unknown {
        assert!(matches!(
            error("x", bytes),
            SetupError::UnknownFormat { .. }
        ));
    }
    let folder = Folder::new();
    let mut compressed = Vec::new();
    let setup = Setup::insecure_from_seed(K, 1).unwrap();
    let format = halo2_proofs::SerdeFormat::Processed;
    setup
        .params()
        .write_custom(&mut compressed, format)
        .unwrap();
    assert!(matches!(
        error("x", &compressed),
        SetupError::Compressed { .. }
    ));

    let missing: PathBuf = folder.path().join("missing");
    let text = import(&missing).unwrap_err().to_string();
    assert!(
        text.contains("missing: cannot read the file") && text.contains("hint: "),
        "{text}"
    );
    let text = import(folder.path()).unwrap_err().to_string();
    assert!(text.contains("name a file, not a folder"), "{text}");
}
