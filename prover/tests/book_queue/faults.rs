//! A broker that restarts, is full, or is not there; workers that stop.

use std::time::Duration;

use zkmargin_prover::book::queue::{Event, Notice, QueueError};

use super::scene::Scene;
use zkmargin_testing::broker::{wait_for, Server};

#[test]
fn the_broker_restarts_in_the_middle() {
    let scene = Scene::slow(8, Duration::from_millis(200));
    let run = scene.coordinate();
    let workers = (scene.worker(), scene.worker());
    run.wait_for("an output", |event| matches!(event, Event::Done { .. }));
    scene.server.stop();
    std::thread::sleep(Duration::from_millis(300));
    scene.server.restart();
    let (outcome, outputs) = run.finish();
    assert_eq!((outcome.done, outcome.failures.len()), (8, 0));
    scene.assert_outputs(&outputs, 0..8);
    assert_eq!(scene.proven(), Vec::from_iter(0..8));
    assert_eq!(scene.admin.jobs(), 0);
    workers.0.stop();
    workers.1.stop();
}

#[test]
fn the_broker_loses_power_in_the_middle() {
    let scene = Scene::slow(8, Duration::from_millis(200));
    let run = scene.coordinate();
    let workers = (scene.worker(), scene.worker());
    run.wait_for("an output", |event| matches!(event, Event::Done { .. }));
    scene.server.kill();
    scene.server.restart();
    let (outcome, outputs) = run.finish();
    assert_eq!((outcome.done, outcome.failures.len()), (8, 0));
    scene.assert_outputs(&outputs, 0..8);
    // It may have forgotten which jobs the two workers had.
    assert!((8..=10).contains(&scene.proofs()), "{:?}", scene.proven());
    assert_eq!(scene.admin.jobs(), 0, "nor does it keep jobs that are done");

    let names = Vec::from_iter((0..8).map(|number| scene.output_name(number)));
    // They may have ended: a broker that recovers takes its time.
    drop(workers);
    // Nor does what it keeps of old jobs stand in the way of new ones.
    scene.server.kill();
    scene.server.restart();
    for name in names {
        wait_for("the broker", || scene.admin.try_delete_object(&name).ok());
    }
    let before = scene.proofs();
    let run = scene.coordinate();
    let worker = scene.worker();
    let (outcome, outputs) = run.finish();
    assert_eq!((outcome.done, outcome.reused), (8, 0));
    scene.assert_outputs(&outputs, 0..8);
    assert_eq!(scene.proofs(), before + 8);
    drop(worker);
}

#[test]
fn workers_wait_for_a_broker_that_is_away_for_long() {
    let scene = Scene::slow(2, Duration::from_millis(500));
    let run = scene.coordinate();
    let worker = scene.worker();
    worker.wait_until_it_says("taken");
    scene.server.kill();
    // The proof is there, and nowhere to put it; longer than the worker would idle.
    worker.wait_until_it_says("Trouble");
    scene.server.restart();
    let (outcome, outputs) = run.finish();
    assert_eq!(outcome.done, 2);
    scene.assert_outputs(&outputs, 0..2);
    assert_eq!(scene.proven(), [0, 1]);
    let said = worker.stop();
    assert!(said.contains("Recovered"), "{said}");
}

#[test]
fn an_object_store_without_room_for_inputs_is_named_and_waited_for() {
    let mut scene = Scene::new(4);
    // An input has 50 KB or so: three of four fit, but an eighth is kept for outputs.
    scene.story.store_bytes = Some(20_000);
    let run = scene.coordinate();
    let trouble = run.trouble();
    assert!(trouble.starts_with("the broker's object store zkmargin-book is full"));
    assert!(trouble.contains("\nhint: enlarge it: `nats stream edit OBJ_zkmargin-book"));
    let worker = scene.worker();
    worker.wait_until_it_says("Ready");
    scene.admin.limit_objects(10_000_000);
    let (result, events) = run.end();
    scene.assert_outputs(&result.unwrap().1, 0..4);
    assert!(events.contains(&Event::Broker(Notice::Recovered)));
    assert_eq!(scene.proven(), [0, 1, 2, 3]);
    worker.stop();
}

#[test]
fn outputs_make_room_for_further_inputs() {
    let mut scene = Scene::new(8);
    // For two inputs at a time, and all outputs.
    scene.story.store_bytes = Some(180_000);
    let run = scene.coordinate();
    let worker = scene.worker();
    scene.assert_outputs(&run.finish().1, 0..8);
    assert_eq!(scene.proven(), Vec::from_iter(0..8));
    worker.stop();
}

#[test]
fn an_output_without_room_is_kept_until_there_is_some() {
    let mut scene = Scene::new(2);
    scene.story.toy.length = 300_000;
    let run = scene.coordinate();
    run.queued(2);
    scene.admin.limit_objects(scene.admin.stored() + 200_000);
    let before = scene.admin.stored();
    let worker = scene.worker();
    worker.wait_until_it_says("the broker's object store zkmargin-book is full");
    wait_for("chunks of the failed attempt are removed", || {
        (scene.admin.stored() == before).then_some(())
    });
    scene.admin.limit_objects(10_000_000);
    scene.assert_outputs(&run.finish().1, 0..2);
    assert_eq!(scene.proven(), [0, 1]);
    worker.stop();
}

#[test]
fn patience_has_an_end_and_the_next_run_goes_on() {
    let mut scene = Scene::new(3);
    scene.story.store_bytes = Some(20_000);
    scene.story.patience = Duration::from_millis(500);
    let error = scene.coordinate().end().0.unwrap_err();
    assert!(matches!(error, QueueError::Full { .. }), "{error}");
    scene.story.store_bytes = Some(10_000_000);
    let worker = scene.worker();
    scene.assert_outputs(&scene.coordinate().finish().1, 0..3);
    worker.stop();
}

#[test]
fn a_broker_that_is_not_there_or_has_no_streams_is_an_error_with_a_hint() {
    let mut scene = Scene::new(1);
    let plain = Server::start_plain();
    scene.story.url = plain.url().replace("nats://", "nats://user:password@");
    let error = scene.coordinate().end().0.unwrap_err().to_string();
    assert!(error.contains("the broker has no JetStream"), "{error}");
    assert!(
        error.contains("hint: start it with `nats-server"),
        "{error}"
    );
    assert!(!error.contains("password"), "{error}");
    plain.kill();
    let error = scene.coordinate().end().0.unwrap_err().to_string();
    assert!(
        error.contains("hint: check that the broker runs"),
        "{error}"
    );
    assert!(!error.contains("password"), "{error}");
    let said = scene.worker().end(2);
    assert!(said.contains("hint: check that the broker runs"), "{said}");
}

#[test]
fn a_worker_that_is_told_to_stop_gives_its_batch_back_at_once() {
    let scene = Scene::slow(1, Duration::from_secs(3));
    let run = scene.coordinate();
    let first = scene.worker();
    first.wait_until_it_says("taken 0");
    first.signal("TERM");
    assert!(first.end(0).contains("Stopping"));
    let second = scene.worker();
    scene.assert_outputs(&run.finish().1, [0]);
    assert_eq!(scene.proven(), [0]);
    second.stop();
}
