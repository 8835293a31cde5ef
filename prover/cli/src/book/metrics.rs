//! Figures of a run in Prometheus' text format, as its node exporter reads them from a file.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use zkmargin_engine::file::write_atomic;

use super::super::error::CliError;

/// What a run does, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Build,
    Prove,
    Verify,
    Packets,
    Publish,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Phase::Build => "build",
            Phase::Prove => "prove",
            Phase::Verify => "verify",
            Phase::Packets => "packets",
            Phase::Publish => "publish",
        }
    }
}

/// The figures, and the file that they go to, if any.
pub(super) struct Metrics {
    file: Option<PathBuf>,
    figures: RefCell<Figures>,
}

#[derive(Default)]
struct Figures {
    accounts: u64,
    batches: usize,
    proven: u64,
    /// Phases that ended, and their seconds.
    phases: Vec<(Phase, f64)>,
    current: Option<(Phase, Instant)>,
    /// Whether the run published its book, once it has ended, and when that was.
    ended: Option<(bool, u64)>,
}

impl Metrics {
    pub fn new(file: Option<&Path>) -> Self {
        Metrics {
            file: file.map(Path::to_owned),
            figures: RefCell::default(),
        }
    }

    /// Size of the book.
    pub fn book(&self, accounts: u64, batches: usize) {
        let mut figures = self.figures.borrow_mut();
        (figures.accounts, figures.batches) = (accounts, batches);
    }

    /// A phase begins, and the one before it has ended.
    pub fn begin(&self, phase: Phase) -> Result<(), CliError> {
        {
            let mut figures = self.figures.borrow_mut();
            figures.close();
            figures.current = Some((phase, Instant::now()));
        }
        self.write()
    }

    /// So many batches have a proof.
    pub fn batch(&self, proven: u64) {
        self.figures.borrow_mut().proven = proven;
        // The next step says what is wrong with the file.
        let _ = self.write();
    }

    /// The run has ended, and its book is published or not.
    pub fn end(&self, published: bool) -> Result<(), CliError> {
        {
            let mut figures = self.figures.borrow_mut();
            figures.close();
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            figures.ended = Some((published, now.map_or(0, |now| now.as_secs())));
        }
        self.write()
    }

    fn write(&self) -> Result<(), CliError> {
        match &self.file {
            Some(path) => Ok(write_atomic(path, self.figures.borrow().text().as_bytes())?),
            None => Ok(()),
        }
    }
}

impl Figures {
    fn close(&mut self) {
        if let Some((phase, since)) = self.current.take() {
            self.phases.push((phase, since.elapsed().as_secs_f64()));
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let mut gauge = |name: &str, help: &str, lines: &[(String, String)]| {
            // Writing to a string does not fail.
            let _ = writeln!(out, "# HELP zkmargin_book_{name} {help}");
            let _ = writeln!(out, "# TYPE zkmargin_book_{name} gauge");
            for (labels, value) in lines {
                let _ = writeln!(out, "zkmargin_book_{name}{labels} {value}");
            }
        };
        let one = |value: String| [(String::new(), value)];
        gauge(
            "accounts",
            "Accounts of the book in work.",
            &one(self.accounts.to_string()),
        );
        gauge(
            "batches",
            "Batches of the book in work.",
            &one(self.batches.to_string()),
        );
        gauge(
            "batches_proven",
            "Batches that have a proof.",
            &one(self.proven.to_string()),
        );
        let phases = self.phases.iter();
        let phases = phases.map(|(phase, seconds)| {
            (
                format!("{{phase=\"{}\"}}", phase.name()),
                format!("{seconds:.3}"),
            )
        });
        let phases: Vec<_> = phases.collect();
        gauge(
            "phase_seconds",
            "Time that a phase of the run took.",
            &phases,
        );
        let running = u8::from(self.ended.is_none());
        gauge(
            "running",
            "Whether the run goes on.",
            &one(running.to_string()),
        );
        if let Some((published, time)) = self.ended {
            let help = "Whether the last run published its book.";
            gauge("published", help, &one(u8::from(published).to_string()));
            gauge(
                "end_timestamp_seconds",
                "When the last run ended.",
                &one(time.to_string()),
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_in_the_text_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zkmargin.prom");
        let metrics = Metrics::new(Some(&path));
        metrics.begin(Phase::Build).unwrap();
        metrics.book(20, 2);
        metrics.begin(Phase::Prove).unwrap();
        metrics.batch(1);
        let text = std::fs::read_to_string(&path).unwrap();
        for line in [
            "zkmargin_book_accounts 20",
            "# TYPE zkmargin_book_batches_proven gauge",
            "zkmargin_book_batches_proven 1",
            "zkmargin_book_phase_seconds{phase=\"build\"} 0.0",
            "zkmargin_book_running 1",
        ] {
            assert!(text.contains(line), "no {line:?} in: {text}");
        }
        assert!(
            !text.contains("_published") && text.ends_with('\n'),
            "{text}"
        );
        metrics.end(false).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("zkmargin_book_published 0\n"), "{text}");
        assert!(text.contains("phase=\"prove\""), "{text}");
        let nowhere = Metrics::new(Some(&folder.path().join("no/such/file")));
        assert!(nowhere.begin(Phase::Build).is_err());
    }
}
