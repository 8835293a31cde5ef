//! What is stored is changed, lost or swapped.

use zkmargin_prover::book::queue::Event;

use super::scene::Scene;

/// Proves a book, spoils something, and proves it again: exactly the batches given again.
fn spoiled(spoil: impl Fn(&Scene), again: &[u32]) {
    let scene = Scene::new(4);
    let worker = scene.worker();
    scene.coordinate().finish();
    worker.stop();
    spoil(&scene);
    let run = scene.coordinate();
    let worker = scene.worker();
    let (result, events) = run.end();
    let (outcome, outputs) = result.unwrap();
    scene.assert_outputs(&outputs, 0..4);
    assert_eq!((outcome.done, outcome.reused), (4, 4 - again.len()));
    let noticed = events.iter().filter_map(|event| match event {
        Event::Corrupt { number, .. } => Some(*number),
        _ => None,
    });
    assert_eq!(Vec::from_iter(noticed), again);
    let mut wanted = Vec::from_iter(0..4);
    wanted.extend(again);
    wanted.sort_unstable();
    assert_eq!(scene.proven(), wanted);
    worker.stop();
    // What was spoilt is whole again.
    let (outcome, outputs) = scene.coordinate().finish();
    assert_eq!(outcome.reused, 4);
    scene.assert_outputs(&outputs, 0..4);
}

#[test]
fn a_changed_output_is_noticed_and_proven_again() {
    let change = |scene: &Scene| {
        let name = scene.output_name(2);
        let mut bytes = scene.admin.object(&name);
        bytes[1000] ^= 1;
        scene.admin.replace_object(&name, &bytes);
    };
    spoiled(change, &[2]);
}

#[test]
fn a_lost_output_is_proven_again() {
    spoiled(
        |scene| scene.admin.delete_object(&scene.output_name(1)),
        &[1],
    );
}

#[test]
fn an_output_without_its_content_is_proven_again() {
    spoiled(|scene| scene.admin.lose_chunks(&scene.output_name(0)), &[0]);
}

#[test]
fn the_output_of_another_batch_does_not_count() {
    let swap = |scene: &Scene| {
        let record = scene.admin.result(&scene.key(0)).unwrap();
        scene.admin.replace_result(&scene.key(3), &record);
    };
    spoiled(swap, &[3]);
}

#[test]
fn a_record_that_cannot_be_read_counts_as_none() {
    let scene = Scene::new(2);
    scene.worker().idle();
    scene
        .admin
        .replace_result(&scene.key(1), "{\"output\": \"x\"}");
    let run = scene.coordinate();
    let worker = scene.worker();
    scene.assert_outputs(&run.finish().1, 0..2);
    worker.stop();
}

#[test]
fn an_output_spoilt_while_the_run_waits_is_proven_again() {
    let scene = Scene::new(1);
    let run = scene.coordinate();
    run.queued(1);
    // As a worker that lies would: a record of an output that proves nothing.
    let lie = b"no proof at all".as_slice();
    let digest = zkmargin_prover::book::queue::digest(lie);
    scene.admin.replace_object(&format!("output.{digest}"), lie);
    let record = format!("{{\"output\":\"{digest}\"}}");
    scene.admin.replace_result(&scene.key(0), &record);
    run.wait_for("the lie is noticed", |event| {
        matches!(event, Event::Corrupt { number: 0, problem } if problem == "the proof does not hold")
    });
    let worker = scene.worker();
    scene.assert_outputs(&run.finish().1, [0]);
    worker.stop();
}
