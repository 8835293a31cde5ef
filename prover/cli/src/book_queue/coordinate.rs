//! `zkmargin book prove --nats URL`: the coordinator, with its progress on standard error.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use zkmargin_prover::book::queue::{self, Event, Key, Notice, Options, Outcome, Plan, QueueError};
use zkmargin_prover::book::queue::{Failure, Work};

use crate::console;

const BAR: &str =
    "{spinner} {msg} [{bar:24}] {pos}/{len} batches, {prefix}, {elapsed}, ends in {eta}";

/// Has batches proven by workers, and delivers each output once it is checked.
pub fn run(
    options: &Options,
    key: &Key,
    plan: Plan,
    work: Arc<dyn Work>,
    deliver: &mut dyn FnMut(u32, Vec<u8>) -> Result<(), String>,
) -> Result<Outcome, QueueError> {
    let bar = bar(plan.jobs.len() as u64);
    let shown = bar.clone();
    let tell = Arc::new(move |event: Event| show(&shown, &event));
    let result = queue::run(options, key, plan, work, deliver, tell);
    bar.finish_and_clear();
    if let Ok(outcome) = &result {
        console::note(format_args!(
            "{} batches proven, {} of them before this run, {} failed; {:.1} s",
            outcome.done,
            outcome.reused,
            outcome.failures.len(),
            bar.elapsed().as_secs_f64()
        ));
    }
    result
}

/// Drawn on a terminal only, like every bar.
fn bar(batches: u64) -> ProgressBar {
    let bar = ProgressBar::new(batches).with_message("Proving on workers");
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix("queueing");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn show(bar: &ProgressBar, event: &Event) {
    let note = |text: String| bar.suspend(|| console::note(text));
    match event {
        // The rate and the end are those of what is proven now.
        Event::Done { reused: true, .. } => {
            bar.inc(1);
            bar.reset_eta();
        }
        Event::Done { .. } => bar.inc(1),
        Event::Dead(Failure { number, reason }) => {
            bar.inc(1);
            note(format!("batch {number}: cannot be proven: {reason}"));
        }
        Event::Corrupt { number, problem } => note(format!(
            "batch {number}: the stored proof is not right, it is made again: {problem}"
        )),
        Event::Queue { waiting, proving } => {
            let minutes = bar.per_sec() * 60.0;
            let hint = match (waiting, proving) {
                (1.., 0) => ", no worker: `zkmargin book worker --nats URL`",
                _ => "",
            };
            bar.set_prefix(format!(
                "{minutes:.1}/min, {proving} at workers, {waiting} waiting{hint}"
            ));
        }
        Event::Broker(Notice::Trouble(text)) => note(format!("waiting: {text}")),
        Event::Broker(Notice::Recovered) => note("the broker is back, going on".to_owned()),
        _ => (),
    }
}
