//! Workers and coordinators as processes of their own, which can be killed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use zkmargin_prover::book::jobs::Jobs;
use zkmargin_prover::book::queue::{self, Key, Options, WorkerEvent, WorkerOptions};

use super::scene::{self, Story};
use super::toy;
use zkmargin_testing::broker::{wait_for, wait_for_or};

const ROLE: &str = "ZKMARGIN_TEST_QUEUE_ROLE";
const STORY: &str = "ZKMARGIN_TEST_QUEUE_STORY";
/// A worker whose queue is empty for this long ends; longer than [`scene::ACK_WAIT`].
const IDLE: Duration = Duration::from_secs(8);

/// Does what the environment says; nothing in a test run.
pub fn play_role() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let story = std::env::var(STORY).unwrap();
    let story: Story = serde_json::from_str(&story).unwrap();
    let code = match role.as_str() {
        "worker" => worker(&story),
        _ => coordinator(&story),
    };
    std::process::exit(code);
}

fn say(text: String) {
    // Not by `eprintln!`, which the test harness captures.
    let mut err = std::io::stderr().lock();
    err.write_all((text + "\n").as_bytes()).unwrap();
}

fn worker(story: &Story) -> i32 {
    let key = Key::read(&story.key).unwrap();
    let options = WorkerOptions {
        exit_when_idle: Some(IDLE),
        // As many as asked for, however few cores there are.
        jobs: Some(Jobs::sharing(story.jobs, story.jobs)),
        ..WorkerOptions::default()
    };
    let tell = Arc::new(|event: WorkerEvent| {
        say(match event {
            WorkerEvent::Taken { number, .. } => format!("taken {number}"),
            WorkerEvent::Proved { number, .. } => format!("proved {number}"),
            WorkerEvent::AlreadyDone(number) => format!("already done {number}"),
            other => format!("{other:?}"),
        });
    });
    match queue::work(&story.options(), &options, &key, toy::factory(), tell) {
        Ok(report) => say(format!("end {report:?}")),
        Err(error) => {
            say(format!("error: {error}"));
            return 2;
        }
    }
    0
}

fn coordinator(story: &Story) -> i32 {
    let key = Key::read(&story.key).unwrap();
    let tell = Arc::new(|event| say(format!("{event:?}")));
    let mut deliver = |number, _| {
        say(format!("delivered {number}"));
        Ok(())
    };
    let work = Arc::new(story.toy.clone());
    let (options, plan): (Options, _) = (story.options(), scene::plan(story));
    match queue::run(&options, &key, plan, work, &mut deliver, tell) {
        Ok(_) => 0,
        Err(_) => 2,
    }
}

/// A process that ends with this value.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    pub fn start(role: &str, story: &Story, log: &Path) -> Process {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["other_process", "--exact", "--nocapture"])
            .env(ROLE, role)
            .env(STORY, serde_json::to_string(story).unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log).unwrap())
            .spawn()
            .unwrap();
        Process {
            child,
            log: log.to_owned(),
        }
    }

    /// What it has said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn wait_until_it_says(&self, words: &str) {
        let said = || self.said();
        wait_for_or(words, said, || said().contains(words).then_some(()));
    }

    /// SIGKILL.
    pub fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end, with an exit code.
    pub fn end(mut self, code: i32) -> String {
        let status = wait_for("the end of a process", || self.child.try_wait().unwrap());
        let said = self.said();
        assert_eq!(status.code(), Some(code), "{said}");
        said
    }

    /// Tells a worker to stop.
    pub fn stop(self) -> String {
        self.signal("TERM");
        self.end(0)
    }

    /// Waits until the worker has nothing to do.
    pub fn idle(self) -> String {
        self.end(0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: {}", self.log.display(), self.said());
        }
        // Either fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
