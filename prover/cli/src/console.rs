//! The two channels: data on standard output, everything for people on standard error.

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use zkmargin_desk::report::Screen;
use zkmargin_verifier::command::{failure_json, printable, width, wrapped, Answer, Outcome};

use super::error::CliError;

/// Work that took longer leaves a line behind.
const LONG: Duration = Duration::from_secs(1);

/// Writes data to standard output. A reader that has gone away is no error.
pub fn data(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(CliError::Output),
    }
}

/// Writes sentences and tables to standard output, as wide as the terminal.
pub(crate) fn words(text: &str) -> Result<(), CliError> {
    data(&wrapped(text, width()))
}

/// Writes a report as JSON to standard output.
pub fn json(report: &impl Serialize) -> Result<(), CliError> {
    // Reports are maps of strings and numbers: they always serialise.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    data(&(text + "\n"))
}

/// Tells a person something on standard error.
pub(crate) fn note(text: impl std::fmt::Display) {
    line(&wrapped(&printable(&text.to_string()), width()));
}

/// Tells a person what may be done next: a command that runs as it stands, on one line.
pub(crate) fn next(command: &str) {
    line(&printable(&format!("next: {command}")));
}

fn line(text: &str) {
    let mut err = std::io::stderr().lock();
    // Nobody is left to tell when this fails.
    let _ = writeln!(err, "{text}");
}

/// Says what a check came to.
pub(crate) fn outcome(outcome: Outcome) -> Result<Answer, CliError> {
    data(&outcome.data.text(width()))?;
    if let Some(text) = &outcome.note {
        note(text);
    }
    Ok(outcome.answer)
}

/// Tells a person what went wrong, and with `--json` a program too: standard output then holds one
/// JSON value, whatever the answer.
pub(crate) fn failure(answer: Answer, message: &str) {
    note(format_args!("error: {message}"));
    failure_data(answer, message);
}

/// What [`failure`] tells a program.
pub(crate) fn failure_data(answer: Answer, message: &str) {
    if std::env::args_os().any(|argument| argument == "--json") {
        // Nobody is left to tell when this fails too.
        let _ = data(&failure_json(answer, message));
    }
}

/// Whether a terminal takes escapes: `NO_COLOR` and `TERM=dumb` forbid them.
pub(crate) fn is_plain() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb")
}

/// What reports are shown on.
pub(crate) fn screen() -> Screen {
    Screen {
        width: width(),
        plain: is_plain(),
    }
}

/// A bar that is drawn on a terminal only, and there only where escapes are welcome.
fn drawn(bar: ProgressBar) -> ProgressBar {
    if is_plain() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

/// A bar for so many steps, drawn on a terminal only.
pub(crate) fn bar(what: &str, steps: u64) -> ProgressBar {
    let bar = drawn(ProgressBar::new(steps).with_message(what.to_owned()));
    let template = "{msg} {wide_bar} {pos}/{len} {elapsed} (about {eta} left)";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A spinner with a count, drawn on a terminal only.
pub(crate) fn counter(what: &str) -> ProgressBar {
    let spinner = drawn(ProgressBar::new_spinner().with_message(what.to_owned()));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}

/// Does some work behind a spinner that is only drawn on a terminal. Work of more than a second
/// leaves a line with its time.
pub(crate) fn working<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let spinner = drawn(ProgressBar::new_spinner().with_message(what.to_owned()));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    let started = Instant::now();
    let result = work();
    spinner.finish_and_clear();
    let took = started.elapsed();
    if took >= LONG {
        note(format_args!("{what}: {:.1} s", took.as_secs_f64()));
    }
    result
}
