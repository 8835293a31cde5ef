//! `zkmargin-verify book` with a key from a file, on real proofs.

use zkmargin_engine::book::Shape;
use zkmargin_engine::units::format_element;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_verifier::protocol::KeyFile;

use crate::command::Folder;

/// With a key from a file the program says yes to a book; the key's market is that of the folder.
#[test]
fn real_proofs_of_a_book_are_verified_with_a_key_from_a_file() {
    let folder = Folder::new();
    let scene = crate::book::scene();
    let shape = Shape::new(10, scene.policy.scenarios().len()).unwrap();
    let setup = Setup::embedded(10).unwrap();
    let (policy, market) = (&scene.policy, &scene.market);
    let prover = BatchProver::new(&setup, policy, market, 10_000, shape).unwrap();
    let template = prover.verifier().template(&setup, policy.name()).unwrap();
    let key = KeyFile::Open(Box::new(template));
    let (scene, proofs) = scene.proven(&prover);
    std::fs::create_dir_all(folder.path("public/proofs")).unwrap();
    folder.write("key.zkprotocol", key.to_bytes());
    folder.write("public/book.json", scene.book.to_json(&scene.policy));
    folder.write(
        "public/market.json",
        scene.market.to_json(&scene.policy).unwrap(),
    );
    folder.write(
        "public/policy.toml",
        include_str!("../../policies/rm1.toml"),
    );
    let name = |n: usize| format!("public/proofs/{}.bin", scene.book.batches[n].proof);
    for (n, proof) in proofs.iter().enumerate() {
        folder.write(&name(n), proof);
    }
    let line = "book public --protocol key.zkprotocol";
    folder.run(line).code(0).says(&[
        "VERIFIED: 3 batches cover each of 150 accounts",
        "--key-digest",
    ]);
    let digest = format!("--key-digest 0x{}", hex::encode(key.digest()));
    let root = format_element(&scene.book.root);
    let all =
        format!("--strict --root {root} --ratio 10000 --policy rm1 --market public/market.json");
    folder.run(&format!("{line} {all}")).code(2).says(&["key"]);
    let run = folder.run(&format!("{line} {all} {digest} --json")).code(0);
    let report = run.json();
    assert_eq!(report["verified"], true);
    assert_eq!(report["trusted"], serde_json::json!([]));
    assert_eq!(report["key"], prover.verifier().id());
    folder
        .run(&format!("{line} --key-digest 0x{}", "5a".repeat(32)))
        .code(2)
        .says(&["key.zkprotocol", "hint: "]);
    // A proof of another batch under this one's name is not even looked at; a book that names it is.
    folder.write(&name(0), &proofs[1]);
    folder
        .run(&format!("{line} {digest}"))
        .code(1)
        .says(&["not the one that the book names"]);
    let mut book = scene.book.clone();
    book.batches[0].proof = book.batches[1].proof.clone();
    folder.write("public/book.json", book.to_json(&scene.policy));
    folder
        .run(&format!("{line} {digest}"))
        .code(1)
        .says(&["does not hold"]);
}
