//! What the broker sees.

use std::path::Path;

use zkmargin_prover::book::queue::Key;

use super::scene::Scene;
use super::toy::{MARKER, PUBLIC};

/// Whether a text stands in any file of a folder.
fn stands_in(folder: &Path, text: &str) -> bool {
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

#[test]
fn a_worker_with_another_key_stops_and_harms_no_batch() {
    let scene = Scene::new(3);
    let run = scene.coordinate();
    let mut stranger = scene.other_book("book-1", 0);
    stranger.story.key = scene.folder.path().join("other.key");
    let other = Key::create(&stranger.story.key).unwrap();
    for _ in 0..4 {
        let said = stranger.worker().end(2);
        assert!(said.contains("are encrypted under the key"), "{said}");
        assert!(said.contains(&other.id()), "{said}");
        assert!(
            said.contains("hint: give the worker the key file"),
            "{said}"
        );
    }
    let worker = scene.worker();
    let (outcome, outputs) = run.finish();
    assert_eq!(outcome.failures, []);
    scene.assert_outputs(&outputs, 0..3);
    worker.stop();
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
