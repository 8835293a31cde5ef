//! What the broker sees.

use std::path::Path;

use zkmargin_prover::book::queue::Key;

use super::scene::Scene;
use super::toy::{MARKER, PUBLIC};

/// Whether a text stands in any file of a folder.
pub fn stands_in(folder: &Path, text: &str) -> bool {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    entries.into_iter().any(|path| {
        if path.is_dir() {
            return stands_in(&path, text);
        }
        // The server may remove a file meanwhile.
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

#[test]
fn the_broker_stores_no_private_text() {
    let scene = Scene::new(3);
    let run = scene.coordinate();
    run.queued(3);
    let folder = scene.server.folder();
    assert!(stands_in(folder, PUBLIC), "what is public can be found");
    assert!(!stands_in(folder, MARKER), "inputs are not there");
    let worker = scene.worker();
    run.finish();
    worker.stop();
    assert!(!stands_in(folder, MARKER), "and never come");
    let key = std::fs::read_to_string(&scene.story.key).unwrap();
    assert!(!stands_in(folder, key.trim()), "nor does the key");
}

/// 49 bytes of another key's, which anybody can write, end no worker and no batch.
#[test]
fn a_worker_skips_what_is_under_another_key_and_goes_on() {
    let scene = Scene::new(3);
    let run = scene.coordinate();
    run.queued(3);
    let name = format!("input.{}", scene.key(1));
    let good = scene.admin.object(&name);
    let mut strange = good[..49].to_vec();
    strange[1] ^= 1;
    scene.admin.replace_object(&name, &strange);
    let worker = scene.worker();
    worker.wait_until_it_says("Skipped");
    scene.admin.replace_object(&name, &good);
    let (outcome, outputs) = run.finish();
    assert_eq!(outcome.failures, []);
    scene.assert_outputs(&outputs, 0..3);
    let said = worker.stop();
    assert!(said.contains("is encrypted under the key"), "{said}");
}

/// The broker's own market beside an input: what would be proven under it shows what accounts hold.
#[test]
fn an_input_opens_under_its_own_context_alone() {
    let scene = Scene::new(1);
    let run = scene.coordinate();
    run.queued(1);
    let other = scene.other_book("other", 0).story.toy.context();
    let digest = zkmargin_prover::book::queue::digest(&other);
    scene
        .admin
        .replace_object(&format!("context.{digest}"), &other);
    let mut message: serde_json::Value = serde_json::from_slice(&scene.message(0)).unwrap();
    message["context"] = digest.into();
    scene.admin.drop_jobs();
    let subject = format!("zkmargin.book.job.{}", scene.key(0));
    scene
        .admin
        .publish_job(&subject, message.to_string().into_bytes())
        .unwrap();
    let worker = scene.worker();
    let (outcome, _) = run.finish();
    assert_eq!(outcome.failures.len(), 1);
    assert!(outcome.failures[0]
        .reason
        .contains("another market, policy, ratio or size"));
    assert!(!scene.folder.path().join("proofs of other").exists());
    worker.stop();
}

#[test]
fn nothing_of_a_finished_book_stays_at_the_broker() {
    use zkmargin_prover::book::queue::clear;
    let scene = Scene::new(3);
    let run = scene.coordinate();
    let worker = scene.worker();
    run.finish();
    worker.stop();
    let plan = super::scene::plan(&scene.story);
    clear(&scene.story.options(), &plan, std::sync::Arc::new(|_| ())).unwrap();
    assert_eq!(scene.admin.objects(""), [""; 0]);
    for number in 0..3 {
        assert_eq!(scene.admin.result(&scene.key(number)), None);
    }
}

#[test]
fn a_run_with_a_new_key_replaces_the_inputs_of_the_last() {
    let mut scene = Scene::new(2);
    let coordinator = scene.coordinator_process();
    coordinator.wait_until_it_says("Queued(1)");
    coordinator.kill();
    scene.story.key = scene.folder.path().join("new.key");
    Key::create(&scene.story.key).unwrap();
    let run = scene.coordinate();
    run.queued(2);
    let worker = scene.worker();
    scene.assert_outputs(&run.finish().1, 0..2);
    worker.stop();
}
