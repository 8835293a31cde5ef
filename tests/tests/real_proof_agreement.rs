//! halo2's verifier, the light verifier and the generated contract give the same verdict.

use zkmargin_tests::proofs::{small, standard, Proven};
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::protocol::Protocol;
use zkmargin_verifier::transcript::halo2::from_halo2;
use zkmargin_verifier::transcript::Encoding;

fn light(proven: &Proven) {
    let protocol = proven.key.protocol(&proven.verifier).expect("a protocol");
    let bytes = protocol.to_bytes();
    println!("protocol {} bytes, {} nodes", bytes.len(), protocol.graph.nodes().len());
    let again = Protocol::from_bytes(&bytes).expect("readable");
    assert_eq!(again.to_bytes(), bytes);
    let name = protocol.label.size.clone();
    std::fs::create_dir_all("/tmp/fix").unwrap();
    std::fs::write(format!("/tmp/fix/{name}.protocol"), &bytes).unwrap();
    std::fs::write(format!("/tmp/fix/{name}.proof"), &proven.bundle.proof).unwrap();
    let mut r = vec![];
    proven.bundle.statement.rows().iter().for_each(|x| r.extend(from_halo2(x).to_be_bytes()));
    std::fs::write(format!("/tmp/fix/{name}.rows"), &r).unwrap();
    let rows: Vec<_> = proven.bundle.statement.rows().iter().map(from_halo2).collect();
    let light = LightVerifier::new(again);
    let t = std::time::Instant::now();
    light.verify(&rows, &proven.bundle.proof, Encoding::Compact).expect("holds");
    println!("light {:?}", t.elapsed());
    let t = std::time::Instant::now();
    proven.check_rows(&proven.bundle.statement.rows(), &proven.bundle.proof).expect("holds");
    println!("halo2 {:?}", t.elapsed());
}

#[test]
fn real_proof_light() {
    light(small());
    light(standard());
}
