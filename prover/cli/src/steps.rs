//! Steps of long work: a bar on a terminal, and elsewhere a line for each, so that the record of a
//! night's work shows how far it came.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use indicatif::ProgressBar;

use super::console;

/// So many steps of a work.
pub(crate) struct Steps {
    bar: ProgressBar,
    what: String,
    all: u64,
    /// Steps that are done, and those that were when the work began.
    done: Cell<(u64, u64)>,
    /// What the steps of this run did, such as accounts.
    units: Cell<u64>,
    started: Instant,
    lines: bool,
}

impl Steps {
    pub(crate) fn new(what: &str, all: u64) -> Steps {
        Steps {
            bar: console::bar(what, all),
            what: what.to_owned(),
            all,
            done: Cell::new((0, 0)),
            units: Cell::new(0),
            started: Instant::now(),
            lines: !std::io::stderr().is_terminal(),
        }
    }

    /// So many steps were done before.
    pub(crate) fn start(&self, before: u64) {
        self.done.set((before, before));
        self.bar.set_position(before);
        self.bar.reset_eta();
    }

    /// Says something beside the bar.
    pub(crate) fn aside(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }

    /// A step is done, which did so many units of work; how many steps are done.
    pub(crate) fn done(&self, units: u64, unit: &str) -> u64 {
        let (done, before) = self.done.get();
        self.done.set((done + 1, before));
        self.units.set(self.units.get() + units);
        self.bar.inc(1);
        if self.lines {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let line = self.line(unit, self.started.elapsed(), now.unwrap_or_default());
            console::note(line);
        }
        done + 1
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// How far the work is after so long, at this time since 1970.
    fn line(&self, unit: &str, took: Duration, now: Duration) -> String {
        let (done, before) = self.done.get();
        let seconds = took.as_secs_f64().max(1e-3);
        let rate = self.units.get() as f64 / seconds;
        let left = (self.all - done) as f64 * seconds / (done - before).max(1) as f64;
        let end = (now.as_secs_f64() + left) as i64;
        let end = DateTime::from_timestamp(end, 0);
        let end = end.map_or_else(String::new, |t| {
            t.format("%Y-%m-%d %H:%M:%S UTC").to_string()
        });
        format!(
            "{}: {done} of {}, {rate:.1} {unit} a second, ends about {end}",
            self.what, self.all
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rate_and_end() {
        let steps = Steps::new("Proving batches", 10);
        steps.start(4);
        steps.done(500, "accounts");
        steps.done(500, "accounts");
        let line = steps.line(
            "accounts",
            Duration::from_secs(20),
            Duration::from_secs(1_800_000_000),
        );
        // Two steps in 20 seconds; four more in 40.
        let expected = "Proving batches: 6 of 10, 50.0 accounts a second, ends about \
                        2027-01-15 08:00:40 UTC";
        assert_eq!(line, expected);
    }
}
