//! Batches that cannot be proven.

use zkmargin_prover::book::queue::{Event, Failure, QueueError};
use zkmargin_testing::broker::wait_for;

use super::scene::Scene;
use super::toy::{PANIC, POISON};

#[test]
fn a_poisoned_batch_is_a_dead_letter_after_three_tries_and_blocks_no_other() {
    let mut scene = Scene::new(5);
    scene.story.inputs[1] = POISON.to_owned();
    let run = scene.coordinate();
    let worker = scene.worker();
    let (result, events) = run.end();
    let (outcome, outputs) = result.unwrap();
    let failure = Failure {
        number: 1,
        reason: "it could not be proven; why stands in the worker's own log".to_owned(),
    };
    assert!(events.contains(&Event::Dead(failure.clone())));
    assert_eq!(outcome.failures, [failure]);
    assert_eq!(outcome.done, 4);
    scene.assert_outputs(&outputs, [0, 2, 3, 4]);
    let tries = scene.begun().into_iter().filter(|number| *number == 1);
    assert_eq!(tries.count(), 3);
    let letter = format!("zkmargin.book.dead.{}", scene.key(1));
    let letter = scene.admin.dead_letter(&letter);
    assert_eq!(letter["number"], 1);
    assert_eq!(letter["deliveries"], 3);
    assert_eq!(letter["class"], "prover");
    // What went wrong with whose account the worker says, and the broker never hears.
    assert!(worker.stop().contains("constraint B.7"));
    assert!(!super::secrecy::stands_in(
        scene.server.folder(),
        "constraint B.7"
    ));
    assert_eq!(scene.admin.jobs(), 0);

    // The next run gives it three more tries, and proves nothing else.
    let run = scene.coordinate();
    let worker = scene.worker();
    let (outcome, _) = run.finish();
    assert_eq!((outcome.reused, outcome.failures.len()), (4, 1));
    assert_eq!(scene.begun().len(), 4 + 3 + 3);
    worker.stop();
}

#[test]
fn a_prover_that_panics_is_a_failed_try_and_its_worker_goes_on() {
    let mut scene = Scene::new(3);
    scene.story.inputs[0] = PANIC.to_owned();
    let run = scene.coordinate();
    let worker = scene.worker();
    let (outcome, outputs) = run.finish();
    assert_eq!(outcome.failures.len(), 1);
    assert!(outcome.failures[0].reason.contains("the worker's own log"));
    scene.assert_outputs(&outputs, [1, 2]);
    worker.stop();
}

#[test]
fn an_input_that_was_damaged_or_swapped_is_a_dead_letter() {
    let scene = Scene::new(4);
    let run = scene.coordinate();
    run.queued(4);
    let name = |number| format!("input.{}", scene.key(number));
    let mut bytes = scene.admin.object(&name(0));
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    scene.admin.replace_object(&name(0), &bytes);
    let other = scene.admin.object(&name(2));
    scene.admin.replace_object(&name(1), &other);
    let worker = scene.worker();
    let (outcome, outputs) = run.finish();
    let failed: Vec<_> = outcome.failures.iter().map(|f| f.number).collect();
    assert_eq!(failed, [0, 1]);
    for failure in &outcome.failures {
        assert!(failure.reason.contains("does not decrypt"), "{failure:?}");
    }
    scene.assert_outputs(&outputs, [2, 3]);
    worker.stop();
}

#[test]
fn a_message_that_is_no_job_leaves_the_queue_for_the_dead_letters() {
    let scene = Scene::new(2);
    let run = scene.coordinate();
    run.queued(2);
    let strange = [
        ("strange.one", b"not JSON".to_vec()),
        ("strange.two", scene.message(0)),
    ];
    for (name, payload) in strange {
        let subject = format!("zkmargin.book.job.{name}");
        scene.admin.publish_job(&subject, payload).unwrap();
    }
    let worker = scene.worker();
    scene.assert_outputs(&run.finish().1, 0..2);
    // The run ends with its own batches; the worker still has the other two before it.
    wait_for("an empty queue", || (scene.admin.jobs() == 0).then_some(()));
    worker.stop();
    for name in ["strange.one", "strange.two"] {
        let letter = scene
            .admin
            .dead_letter(&format!("zkmargin.book.dead.{name}"));
        assert_eq!(letter["class"], "no_job");
    }
}

#[test]
fn an_input_that_has_changed_stops_the_run() {
    let scene = Scene::new(1);
    let mut plan = super::scene::plan(&scene.story);
    plan.jobs[0].input = std::sync::Arc::new(|| Ok(b"other".to_vec()));
    let key = zkmargin_prover::book::queue::Key::random();
    let work = std::sync::Arc::new(scene.story.toy.clone());
    let error = zkmargin_prover::book::queue::run(
        &scene.story.options(),
        &key,
        plan,
        work,
        &mut |_, _| Ok(()),
        std::sync::Arc::new(|_| ()),
    );
    let error = error.unwrap_err();
    assert!(
        matches!(error, QueueError::InputChanged { number: 0, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("hint: "));
}
