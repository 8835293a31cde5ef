//! Files of the right form whose points are wrong, or whose secret is known.

use halo2curves::bn256::{Fq, Fq2, Fr, G1Affine, G2Affine};
use halo2curves::ff::{Field, PrimeField};
use halo2curves::CurveAffine;
use zkmargin_keys::error::KeysError;
use zkmargin_keys::setup::{Format, ImportOptions, PointFault, Setup, SetupError};

use crate::ceremony::{data, sealed, Ceremony, Folder};
use crate::refused::{as_aztec, error, error_of, import, K};

/// All formats with one power replaced, and its index and offset in each.
fn with_power(index: usize, point: G1Affine) -> [(&'static str, Vec<u8>, u64); 3] {
    let mut ceremony = Ceremony::new(K);
    let lagrange = ceremony.lagrange();
    ceremony.g1[index] = point;
    let at = 64 * index as u64;
    [
        ("a.ptau", ceremony.ptau(), 80 + at),
        ("a.srs", ceremony.halo2_with(&lagrange), 4 + at),
        ("a.dat", ceremony.aztec_g1(), at),
    ]
}

#[test]
fn wrong_points_are_named() {
    let off_curve = G1Affine {
        x: Fq::from(5),
        y: Fq::from(5),
    };
    let infinity = G1Affine {
        x: Fq::zero(),
        y: Fq::zero(),
    };
    for (point, expected) in [
        (off_curve, PointFault::OffCurve),
        (infinity, PointFault::Infinity),
    ] {
        for (name, bytes, place) in with_power(5, point) {
            match error(name, &bytes) {
                SetupError::Point {
                    index,
                    offset,
                    fault,
                    ..
                } => {
                    assert_eq!((index, offset, fault), (5, place, expected), "{name}");
                }
                other => panic!("{name}: {other}"),
            }
        }
    }
    // A coordinate that is the modulus or more.
    let mut bytes = Ceremony::new(K).halo2();
    bytes[4 + 64 * 2..][..32].fill(0xff);
    let SetupError::Point { index, fault, .. } = error("a.srs", &bytes) else {
        panic!()
    };
    assert_eq!((index, fault), (2, PointFault::NotCanonical));
}

#[test]
fn wrong_powers_are_found_by_pairing() {
    let good = Ceremony::new(K);
    for index in 1..good.n() {
        // On the curve, but not the power that belongs there.
        for (name, bytes, _) in with_power(index, -good.g1[index]) {
            let folder = Folder::new();
            let options = match name {
                "a.dat" => as_aztec(&good, &folder),
                _ => ImportOptions::default(),
            };
            let error = error_of(name, &bytes, &options);
            assert!(
                matches!(error, SetupError::NotPowers { .. }),
                "{name}: {error}"
            );
        }
    }
    // Two powers exchanged; another ceremony's [tau]_2; no g2.dat, which means Ignition's.
    let mut swapped = good.clone();
    swapped.g1.swap(2, 3);
    let mut other = good.clone();
    other.g2[1] = Ceremony::with_secret(1, Fr::from(0xdead_beef).square()).g2[1];
    for (name, bytes) in [
        ("a.ptau", swapped.ptau()),
        ("a.ptau", other.ptau()),
        ("a.srs", other.halo2()),
        ("a.zksetup", other.container(1)),
        ("a.dat", good.aztec_g1()),
    ] {
        let error = error(name, &bytes);
        assert!(
            matches!(error, SetupError::NotPowers { .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_wrong_generator_is_refused() {
    let good = Ceremony::new(K);
    for (name, bytes, _) in with_power(0, -good.g1[0]) {
        // Given the format, as nothing in the first bytes speaks for it.
        let format = match name {
            "a.ptau" => Format::Ptau,
            "a.srs" => Format::Halo2Raw,
            _ => Format::AztecFlat,
        };
        let error = error_of(name, &bytes, &ImportOptions::default().with_format(format));
        assert!(
            matches!(error, SetupError::NotGenerator { .. }),
            "{name}: {error}"
        );
    }
    let mut ceremony = good;
    ceremony.g2[0] = -ceremony.g2[0];
    for bytes in [ceremony.ptau(), ceremony.halo2()] {
        let error = error("g2", &bytes);
        assert!(matches!(error, SetupError::NotGenerator { .. }), "{error}");
    }
}

#[test]
fn wrong_points_of_g2_are_refused() {
    let generator = Ceremony::new(1).g2[0];
    let b = generator.y.square() - generator.x.square() * generator.x;
    let outside = (1u64..).find_map(|i| {
        let x = Fq2 {
            c0: Fq::from(i),
            c1: Fq::one(),
        };
        let y: Option<Fq2> = (x.square() * x + b).sqrt().into();
        y.and_then(|y| Option::<G2Affine>::from(G2Affine::from_xy(x, y)))
    });
    let zero = Fq2 {
        c0: Fq::zero(),
        c1: Fq::zero(),
    };
    for (point, expected) in [
        (outside.unwrap(), PointFault::WrongSubgroup),
        (G2Affine { x: zero, y: zero }, PointFault::Infinity),
        (
            G2Affine {
                x: generator.x,
                y: generator.x,
            },
            PointFault::OffCurve,
        ),
    ] {
        let mut ceremony = Ceremony::new(K);
        ceremony.g2[1] = point;
        let folder = Folder::new();
        let g1 = folder.write("a.dat", &ceremony.aztec_g1());
        let aztec = Setup::import(&g1, &as_aztec(&ceremony, &folder)).unwrap_err();
        let KeysError::Setup(aztec) = aztec else {
            panic!("{aztec}")
        };
        for error in [
            aztec,
            error("a.ptau", &ceremony.ptau()),
            error("a.srs", &ceremony.halo2()),
            error("a.zksetup", &ceremony.container(1)),
        ] {
            let SetupError::Point { fault, .. } = error else {
                panic!("{error}")
            };
            assert_eq!(fault, expected);
        }
    }
}

#[test]
fn known_secrets_are_refused() {
    let root = |k: u32| (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
    let secrets = [
        Fr::ONE,
        Fr::from(2),
        -Fr::ONE,
        Fr::from(1000),
        -Fr::from(77),
    ];
    for secret in secrets.into_iter().chain((1..=K).map(root)) {
        let ceremony = Ceremony::with_secret(K, secret);
        let error = error("a.ptau", &ceremony.ptau());
        assert!(
            matches!(error, SetupError::KnownSecret { .. }),
            "{secret:?}: {error}"
        );
    }
    let error = import(&data("snarkjs_new_4.ptau")).unwrap_err();
    assert!(
        error.to_string().contains("until someone contributes"),
        "{error}"
    );
}

#[test]
fn wrong_lagrange_points_are_refused() {
    let ceremony = Ceremony::new(K);
    let mut lagrange = ceremony.lagrange();
    lagrange.swap(1, 2);
    let error_one = error("a.srs", &ceremony.halo2_with(&lagrange));
    lagrange.swap(1, 2);
    lagrange[7] = -lagrange[7];
    let error_two = error("a.srs", &ceremony.halo2_with(&lagrange));
    // The same in a container whose checksum was made to fit.
    let mut payload = ceremony.container(1).split_off(56);
    let end = payload.len();
    payload.copy_within(end - 128..end - 64, end - 64);
    let error_three = error("a.zksetup", &sealed(K, 1, &payload));
    for error in [error_one, error_two, error_three] {
        assert!(matches!(error, SetupError::NotLagrange { .. }), "{error}");
    }
}
