//! Workers and coordinators that are killed; jobs that come twice.

use std::time::Duration;

use super::scene::Scene;
use zkmargin_testing::broker::wait_for;

#[test]
fn a_batch_whose_worker_is_killed_is_proven_by_another() {
    let scene = Scene::slow(3, Duration::from_millis(400));
    let run = scene.coordinate();
    let first = scene.worker();
    wait_for("a proof begun", || {
        (!scene.begun().is_empty()).then_some(())
    });
    first.kill();
    assert_eq!(scene.proofs(), 0);
    let second = scene.worker();
    let (outcome, outputs) = run.finish();
    assert_eq!(outcome.failures, []);
    scene.assert_outputs(&outputs, 0..3);
    assert_eq!(scene.proven(), [0, 1, 2]);
    assert_eq!(scene.begun().len(), 4);
    second.stop();
}

#[test]
fn a_proof_that_takes_longer_than_the_time_to_acknowledge_is_made_once() {
    let scene = Scene::slow(2, Duration::from_millis(4500));
    let run = scene.coordinate();
    let workers = (scene.worker(), scene.worker());
    scene.assert_outputs(&run.finish().1, 0..2);
    assert_eq!(scene.begun().len(), 2);
    workers.0.stop();
    workers.1.stop();
}

#[test]
fn a_killed_coordinator_resumes_and_nothing_is_proven_twice() {
    let scene = Scene::slow(8, Duration::from_millis(150));
    let coordinator = scene.coordinator_process();
    let worker = scene.worker();
    coordinator.wait_until_it_says("delivered");
    let said = coordinator.kill();
    assert!(said.matches("delivered").count() < 8, "{said}");
    // The queue is worked on meanwhile.
    worker.wait_until_it_says("proved 5");
    let (outcome, outputs) = scene.coordinate().finish();
    assert_eq!(outcome.done, 8);
    assert!(outcome.reused >= 5, "{outcome:?}");
    scene.assert_outputs(&outputs, 0..8);
    assert_eq!(scene.proven(), Vec::from_iter(0..8));
    worker.stop();
}

#[test]
fn a_coordinator_killed_before_any_worker_came_resumes() {
    let scene = Scene::new(4);
    let coordinator = scene.coordinator_process();
    coordinator.wait_until_it_says("Queued(1)");
    coordinator.kill();
    let run = scene.coordinate();
    run.queued(4);
    assert_eq!(scene.admin.jobs(), 4, "none is queued twice");
    let worker = scene.worker();
    scene.assert_outputs(&run.finish().1, 0..4);
    assert_eq!(scene.proven(), [0, 1, 2, 3]);
    worker.stop();
}

#[test]
fn a_job_delivered_twice_is_proven_once() {
    let scene = Scene::new(2);
    let run = scene.coordinate();
    run.queued(2);
    let subject = format!("zkmargin.book.job.{}", scene.key(0));
    let refused = scene.admin.publish_job(&subject, scene.message(0));
    let refused = refused.unwrap_err();
    assert!(refused.contains("per subject exceeded"), "{refused}");
    let worker = scene.worker();
    run.finish();
    worker.stop();
    // Acknowledged and gone: now the same message is a job again.
    let again = scene.admin.publish_job(&subject, scene.message(0));
    again.unwrap();
    let said = scene.worker().idle();
    assert!(said.contains("already done 0"), "{said}");
    assert_eq!(scene.proven(), [0, 1]);
    assert_eq!(scene.admin.jobs(), 0);
}

#[test]
fn of_two_workers_with_the_same_job_the_first_counts() {
    let scene = Scene::slow(1, Duration::from_millis(600));
    let run = scene.coordinate();
    let first = scene.worker();
    first.wait_until_it_says("taken 0");
    // Frozen, as by a machine that is moved: it cannot say that it is at work.
    first.signal("STOP");
    let second = scene.worker();
    scene.assert_outputs(&run.finish().1, [0]);
    first.signal("CONT");
    first.wait_until_it_says("already done 0");
    first.stop();
    second.stop();
    assert_eq!(scene.admin.jobs(), 0);
    assert_eq!(scene.admin.objects("output."), [scene.output_name(0)]);
}
