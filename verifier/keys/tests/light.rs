//! The light verifier's own arithmetic against an independent implementation, and protocol files.

use halo2curves::bn256::{pairing, Fq as OtherFq, Fr as OtherFr, G1Affine, G2Affine, G1};
use halo2curves::ff::{Field, PrimeField};
use halo2curves::group::{Curve, Group};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::transcript::{from_halo2, point_from_halo2};
use zkmargin_verifier::bn254::curve::Jacobian;
use zkmargin_verifier::bn254::field::batch_invert;
use zkmargin_verifier::bn254::msm::sum_of_multiples;
use zkmargin_verifier::bn254::pairing::{product_is_one, Prepared};
use zkmargin_verifier::bn254::{self, Fq, Fr, G2};
use zkmargin_verifier::light::embedded;
use zkmargin_verifier::protocol::{Protocol, ProtocolError};
use zkmargin_verifier::transcript::{Encoding, Transcript};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(254)
}

fn base(v: &OtherFq) -> Fq {
    Fq::from_le_bytes(&v.to_repr()).expect("canonical")
}

fn random_scalars(count: usize) -> Vec<OtherFr> {
    let mut rng = rng();
    let edges = [
        OtherFr::ZERO,
        OtherFr::ONE,
        -OtherFr::ONE,
        OtherFr::from(u64::MAX),
    ];
    let random = (0..count).map(|_| OtherFr::random(&mut rng));
    edges.into_iter().chain(random).collect()
}

#[test]
fn scalars_agree() {
    let scalars = random_scalars(40);
    for a in &scalars {
        let x = from_halo2(a);
        assert_eq!(Fr::from_be_bytes(&x.to_be_bytes()), Some(x));
        assert_eq!(from_halo2(&-a), -x);
        assert_eq!(from_halo2(&a.square()), x.square());
        assert_eq!(from_halo2(&a.invert().unwrap_or(OtherFr::ZERO)), x.invert());
        for b in &scalars {
            let y = from_halo2(b);
            assert_eq!(from_halo2(&(a + b)), x + y);
            assert_eq!(from_halo2(&(a - b)), x - y);
            assert_eq!(from_halo2(&(a * b)), x * y);
        }
    }
    let mut all: Vec<Fr> = scalars.iter().map(from_halo2).collect();
    let each: Vec<Fr> = all.iter().map(|v| Fr::invert(*v)).collect();
    batch_invert(&mut all);
    assert_eq!(all, each);
    assert_eq!(from_halo2(&OtherFr::DELTA), Fr::delta());
    assert_eq!(from_halo2(&OtherFr::ROOT_OF_UNITY), Fr::root_of_unity(28));
    // From the modulus on, a word is no scalar; a hash is reduced.
    let r = Fr::modulus_be_bytes();
    assert_eq!(Fr::from_be_bytes(&r), None);
    assert_eq!(Fr::from_be_bytes_reduced(&r), Fr::ZERO);
    let ones = Fr::from_be_bytes_reduced(&[0xff; 32]);
    let power = (0..256).fold(Fr::ONE, |v, _| v.double());
    assert_eq!(ones, power - Fr::ONE);
}

/// What the engine asks of a field, when it does without halo2's.
#[test]
fn the_traits_agree() {
    use halo2curves::ff::FromUniformBytes;
    assert_eq!(Fr::MODULUS, OtherFr::MODULUS);
    assert_eq!((Fr::S, Fr::NUM_BITS, Fr::CAPACITY), (28, 254, 253));
    for (ours, theirs) in [
        (Fr::TWO_INV, OtherFr::TWO_INV),
        (
            Fr::MULTIPLICATIVE_GENERATOR,
            OtherFr::MULTIPLICATIVE_GENERATOR,
        ),
        (Fr::ROOT_OF_UNITY, OtherFr::ROOT_OF_UNITY),
        (Fr::ROOT_OF_UNITY_INV, OtherFr::ROOT_OF_UNITY_INV),
        (Fr::DELTA, OtherFr::DELTA),
        (Fr::from_u128(u128::MAX), OtherFr::from_u128(u128::MAX)),
    ] {
        assert_eq!(ours, from_halo2(&theirs));
    }
    for a in random_scalars(20) {
        let x = from_halo2(&a);
        assert_eq!(x.to_repr(), a.to_repr());
        assert_eq!(Fr::from_repr_vartime(a.to_repr()), Some(x));
        assert_eq!(bool::from(PrimeField::is_odd(&x)), bool::from(a.is_odd()));
        let roots = (Option::from(Field::sqrt(&x)), Option::from(a.sqrt()));
        let (ours, theirs): (Option<Fr>, Option<OtherFr>) = roots;
        let theirs = theirs.map(|root| from_halo2(&root));
        assert_eq!(ours.is_some(), theirs.is_some());
        assert!(ours == theirs || ours.map(|root| -root) == theirs);
        let mut wide = [0xa5; 64];
        wide[..32].copy_from_slice(&a.to_repr());
        for wide in [wide, [0xff; 64], [0; 64]] {
            let ours = Fr::from_uniform_bytes(&wide);
            assert_eq!(ours, from_halo2(&OtherFr::from_uniform_bytes(&wide)));
        }
    }
    let modulus = {
        let mut bytes = Fr::modulus_be_bytes();
        bytes.reverse();
        bytes
    };
    assert_eq!(Fr::from_repr_vartime(modulus), None);
    assert_eq!(Option::<Fr>::from(Field::invert(&Fr::ZERO)), None);
    let mut rng = rng();
    assert_ne!(<Fr as Field>::random(&mut rng), Fr::random(&mut rng));
}

#[test]
fn points_agree() {
    let mut rng = rng();
    for _ in 0..20 {
        let (p, q) = (G1::random(&mut rng), G1::random(&mut rng));
        let [a, b] = [p, q].map(|p| point_from_halo2(&p.to_affine()).expect("a point"));
        let expect = |p: G1| point_from_halo2(&p.to_affine());
        let jacobian = Jacobian::from(a);
        assert_eq!(jacobian.add_affine(&b).to_affine(), expect(p + q));
        assert_eq!(jacobian.double().to_affine(), expect(p.double()));
        assert_eq!(jacobian.add(&jacobian).to_affine(), expect(p.double()));
        assert_eq!(jacobian.add_affine(&a.negated()).to_affine(), None);
        assert_eq!(Jacobian::INFINITY.add_affine(&a).to_affine(), Some(a));
        // Both encodings, and the parity of y.
        for encoding in [Encoding::Compact, Encoding::Chain] {
            let mut bytes = Vec::new();
            encoding.write_point(&a, &mut bytes);
            assert_eq!(encoding.read_point(&mut bytes.as_slice()), Some(a));
        }
    }
}

#[test]
fn sums_of_multiples_agree() {
    for count in [1, 2, 5, 40, 150] {
        let scalars = random_scalars(count);
        let points: Vec<G1Affine> = random_scalars(count)
            .iter()
            .map(|s| (G1::generator() * (*s + OtherFr::from(7))).to_affine())
            .collect();
        let expected = scalars
            .iter()
            .zip(&points)
            .map(|(s, p)| *p * *s)
            .fold(G1::identity(), |sum, term| sum + term);
        let terms: Vec<_> = scalars
            .iter()
            .zip(&points)
            .filter_map(|(s, p)| Some((from_halo2(s), point_from_halo2(p)?)))
            .collect();
        let sum = sum_of_multiples(&terms).to_affine();
        assert_eq!(sum, point_from_halo2(&expected.to_affine()), "{count}");
    }
}

fn second_group(p: &G2Affine) -> G2 {
    let extension = |v: &halo2curves::bn256::Fq2| bn254::tower::Fq2 {
        c0: base(&v.c0),
        c1: base(&v.c1),
    };
    G2::new(extension(&p.x), extension(&p.y)).expect("on the twist")
}

#[test]
fn pairings_agree() {
    let generator = second_group(&G2Affine::generator());
    assert_eq!(generator, G2::generator());
    assert!(generator.in_group());
    let prepared = Prepared::new(&generator);
    for s in random_scalars(3)
        .into_iter()
        .filter(|s| *s != OtherFr::ZERO)
    {
        let point = |s: OtherFr| (G1::generator() * s).to_affine();
        let second = (G2Affine::generator() * s).to_affine();
        let other = Prepared::new(&second_group(&second));
        // e(s·G, H) = e(G, s·H), in both implementations.
        let (p, g) = (point(s), point(OtherFr::ONE));
        assert_eq!(pairing(&p, &G2Affine::generator()), pairing(&g, &second));
        let [p, g] = [p, g].map(|p| point_from_halo2(&p).expect("a point"));
        assert!(product_is_one(&[(p, &prepared), (g.negated(), &other)]));
        let wrong = point_from_halo2(&point(s + OtherFr::ONE));
        if let Some(wrong) = wrong {
            assert!(!product_is_one(&[
                (wrong, &prepared),
                (g.negated(), &other)
            ]));
        }
    }
}

/// EIP-197: the generator of the second group is given as x.c1, x.c0, y.c1, y.c0.
#[test]
fn second_group_words_are_in_the_order_of_the_precompile() {
    let words = G2::generator().to_be_bytes();
    let decimal = "10857046999023057135944570762232829481370756359578518086990519993285655852781\
                   11559732032986387107991004021392285783925812861821192530917403151452391805634";
    assert_eq!(G2::from_be_bytes(&words), Some(G2::generator()));
    let (c0, c1) = decimal.split_at(77);
    let number = |text: &str| {
        text.bytes().fold(Fq::ZERO, |v, d| {
            v * Fq::from(10) + Fq::from(u64::from(d - b'0'))
        })
    };
    assert_eq!(words[..32], number(c1).to_be_bytes());
    assert_eq!(words[32..64], number(c0).to_be_bytes());
}

/// Keccak-256 of nothing and of "abc", from the Keccak team's vectors, through the transcript.
#[test]
fn transcript_vectors() {
    use sha3::{Digest, Keccak256};
    assert_eq!(
        hex::encode(Keccak256::digest(b"")),
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
    assert_eq!(
        hex::encode(Keccak256::digest(b"abc")),
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    );
    let mut transcript = Transcript::new();
    transcript.absorb_scalar(Fr::from(5));
    let mut word = [0; 32];
    word[31] = 5;
    let first: [u8; 32] = Keccak256::digest(word).into();
    assert_eq!(transcript.squeeze_word(), first);
    // Nothing absorbed since: a byte tells the second squeeze from the first.
    let second: [u8; 32] = Keccak256::digest([&first[..], &[1]].concat()).into();
    assert_eq!(transcript.squeeze_word(), second);
    transcript.absorb_word(&word);
    let third: [u8; 32] = Keccak256::digest([second, word].concat()).into();
    assert_eq!(transcript.squeeze_word(), third);
}

#[test]
fn damaged_protocols_are_refused() {
    use sha3::{Digest, Keccak256};
    let good = embedded(&Policy::rm1(), Size::Small)
        .expect("a protocol")
        .to_bytes();
    assert!(matches!(
        Protocol::from_bytes(&[]),
        Err(ProtocolError::Magic)
    ));
    assert!(matches!(
        Protocol::from_bytes(&good[..good.len() - 1]),
        Err(ProtocolError::Digest)
    ));
    let mut version = good.clone();
    version[9] = 7;
    assert!(matches!(
        Protocol::from_bytes(&version),
        Err(ProtocolError::Version { found: 7, .. })
    ));
    let content = good.len() - 32;
    let sealed = |content: &[u8]| [content, Keccak256::digest(content).as_slice()].concat();
    // Every byte changed with a fitting digest: refused, or another key with another digest.
    for at in (10..content).step_by(61) {
        for change in [1, 0x80, 0xff] {
            let mut bytes = good[..content].to_vec();
            bytes[at] ^= change;
            if let Ok(read) = Protocol::from_bytes(&sealed(&bytes)) {
                assert_eq!(read.to_bytes(), sealed(&bytes), "byte {at}");
            }
        }
    }
    for at in (10..content).step_by(97) {
        assert!(
            Protocol::from_bytes(&sealed(&good[..at])).is_err(),
            "cut at {at}"
        );
    }
}
