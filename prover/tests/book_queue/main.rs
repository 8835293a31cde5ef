//! Distributed proving through a real nats-server, with worker processes that are really killed.
//!
//! What is proven here is a toy (see [`toy`]): it is the queue that is under test.

mod corruption;
mod faults;
mod guarded;
mod interruption;
mod poison;
mod process;
mod scene;
mod secrecy;
mod toy;

use std::time::Duration;

use scene::Scene;
use zkmargin_prover::book::queue::Event;
use zkmargin_testing::broker::wait_for;

/// The other processes of these tests are this test, run again with a role in the environment.
#[test]
fn other_process() {
    process::play_role();
}

#[test]
fn every_batch_is_proven_once_and_delivered() {
    let scene = Scene::new(12);
    let run = scene.coordinate();
    let (one, two) = (scene.worker(), scene.worker());
    let (outcome, outputs) = run.finish();
    assert_eq!((outcome.done, outcome.reused), (12, 0));
    assert_eq!(outcome.failures, []);
    scene.assert_outputs(&outputs, 0..12);
    assert_eq!(scene.proofs(), 12);
    assert_eq!(scene.admin.jobs(), 0, "nothing is left in the queue");
    assert_eq!(scene.admin.objects("input."), [] as [String; 0]);
    assert!(one.stop().contains("proved ") && two.stop().contains("proved "));
}

#[test]
fn one_worker_proves_several_batches_at_a_time() {
    let mut scene = Scene::slow(6, Duration::from_millis(700));
    scene.story.jobs = 2;
    let run = scene.coordinate();
    run.queued(6);
    let worker = scene.worker();
    wait_for("two batches begun and none proven", || {
        (scene.begun().len() == 2 && scene.proofs() == 0).then_some(())
    });
    scene.assert_outputs(&run.finish().1, 0..6);
    assert_eq!(scene.proven(), Vec::from_iter(0..6));
    // Never a third while two are being proven.
    let (mut running, mut most) = (0i32, 0);
    for line in std::fs::read_to_string(&scene.story.toy.log)
        .unwrap()
        .lines()
    {
        running += if line.starts_with("begun") { 1 } else { -1 };
        most = most.max(running);
    }
    assert_eq!(most, 2);
    assert!(worker.stop().contains("end WorkerReport { proved: 6,"));
}

#[test]
fn a_worker_of_several_jobs_that_is_stopped_gives_all_its_batches_back() {
    let mut scene = Scene::slow(4, Duration::from_millis(1500));
    scene.story.jobs = 2;
    let run = scene.coordinate();
    let worker = scene.worker();
    wait_for("two batches begun", || {
        (scene.begun().len() == 2).then_some(())
    });
    let said = worker.stop();
    assert_eq!(said.matches("Stopping").count(), 1, "{said}");
    let other = scene.worker();
    scene.assert_outputs(&run.finish().1, 0..4);
    other.stop();
}

#[test]
fn a_second_run_takes_what_is_there() {
    let scene = Scene::new(5);
    let worker = scene.worker();
    scene.coordinate().finish();
    worker.stop();
    // No worker any more.
    let (outcome, outputs) = scene.coordinate().finish();
    assert_eq!((outcome.done, outcome.reused), (5, 5));
    scene.assert_outputs(&outputs, 0..5);
    assert_eq!(scene.proofs(), 5);
}

#[test]
fn only_what_is_missing_is_proven() {
    let mut scene = Scene::new(3);
    let worker = scene.worker();
    scene.coordinate().finish();
    scene.add_jobs(2);
    let (outcome, outputs) = scene.coordinate().finish();
    assert_eq!((outcome.done, outcome.reused), (5, 3));
    scene.assert_outputs(&outputs, 0..5);
    assert_eq!(scene.proofs(), 5);
    worker.stop();
}

#[test]
fn one_worker_serves_books_of_different_contexts() {
    let one = Scene::new(3);
    let two = one.other_book("other", 4);
    let runs = (one.coordinate(), two.coordinate());
    let worker = one.worker();
    one.assert_outputs(&runs.0.finish().1, 0..3);
    two.assert_outputs(&runs.1.finish().1, 0..4);
    assert_eq!((one.proofs(), two.proofs()), (3, 4));
    worker.stop();
}

#[test]
fn the_length_of_the_queue_is_told() {
    let scene = Scene::slow(4, Duration::from_millis(700));
    let run = scene.coordinate();
    let waiting = |waiting, proving| move |e: &Event| *e == Event::Queue { waiting, proving };
    run.wait_for("four wait", waiting(4, 0));
    let worker = scene.worker();
    run.wait_for("one is proven", |event| {
        matches!(
            event,
            Event::Queue {
                waiting: 1..=3,
                proving: 1
            }
        )
    });
    run.finish();
    worker.stop();
}
