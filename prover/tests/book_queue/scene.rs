//! A broker, a book, and who works on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zkmargin_prover::book::queue::{self, digest, Event, Job, Key, Options, Outcome, Plan};
use zkmargin_prover::book::queue::{Notice, QueueError, Work};

use super::process::Process;
use super::toy::{self, Toy, PUBLIC};
use zkmargin_testing::broker::{wait_for, wait_for_or, Admin, Server};

/// A job of a worker that is gone comes back after this.
pub const ACK_WAIT: Duration = Duration::from_secs(2);

/// Outputs by batch.
pub type Outputs = BTreeMap<u32, Vec<u8>>;

/// All that a process has to know.
#[derive(Clone, Serialize, Deserialize)]
pub struct Story {
    pub url: String,
    pub authority: Option<PathBuf>,
    pub credentials: Option<PathBuf>,
    pub book: String,
    pub key: PathBuf,
    pub toy: Toy,
    /// What the inputs are about, by batch.
    pub inputs: Vec<String>,
    pub store_bytes: Option<i64>,
    pub patience: Duration,
    /// Batches that a worker proves at the same time.
    pub jobs: usize,
}

impl Story {
    pub fn options(&self) -> Options {
        Options {
            ack_wait: ACK_WAIT,
            patience: self.patience,
            store_bytes: self.store_bytes,
            authority: self.authority.clone(),
            credentials: self.credentials.clone(),
            ..Options::new(self.url.as_str())
        }
    }
}

/// The plan of a story's coordinator.
pub fn plan(story: &Story) -> Plan {
    let job = |(number, what): (usize, &String)| {
        let (number, what) = (number as u32, what.clone());
        Job {
            number,
            input_digest: digest(&toy::input(number, &what)),
            input: Arc::new(move || Ok(toy::input(number, &what))),
        }
    };
    Plan {
        book: story.book.clone(),
        context: story.toy.context(),
        jobs: story.inputs.iter().enumerate().map(job).collect(),
    }
}

pub struct Scene {
    pub server: Arc<Server>,
    pub admin: Arc<Admin>,
    pub story: Story,
    pub folder: Arc<tempfile::TempDir>,
    processes: Arc<AtomicU32>,
}

impl Scene {
    /// A book of so many batches that take no time.
    pub fn new(batches: usize) -> Scene {
        Scene::slow(batches, Duration::from_millis(20))
    }

    /// A book whose batches take some time each.
    pub fn slow(batches: usize, delay: Duration) -> Scene {
        let server = Server::start();
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("queue.key");
        Key::create(&key).unwrap();
        let story = Story {
            url: server.url(),
            authority: None,
            credentials: None,
            book: "book-1".to_owned(),
            key,
            toy: Toy {
                name: format!("{PUBLIC} one"),
                log: folder.path().join("proofs"),
                delay,
                length: 2000,
            },
            inputs: vec!["plain".to_owned(); batches],
            store_bytes: None,
            patience: Duration::from_secs(60),
            jobs: 1,
        };
        Scene {
            admin: Arc::new(Admin::new(&server.url())),
            server: Arc::new(server),
            story,
            folder: Arc::new(folder),
            processes: Arc::default(),
        }
    }

    /// Another book at the same broker.
    pub fn other_book(&self, name: &str, batches: usize) -> Scene {
        let mut story = self.story.clone();
        story.book = name.to_owned();
        story.toy.name = format!("{PUBLIC} {name}");
        story.toy.log = self.folder.path().join(format!("proofs of {name}"));
        story.inputs = vec!["plain".to_owned(); batches];
        Scene {
            server: self.server.clone(),
            admin: self.admin.clone(),
            story,
            folder: self.folder.clone(),
            processes: self.processes.clone(),
        }
    }

    pub fn add_jobs(&mut self, batches: usize) {
        let inputs = &mut self.story.inputs;
        inputs.extend(vec!["plain".to_owned(); batches]);
    }

    /// Digest of a batch's input.
    pub fn input(&self, number: u32) -> String {
        digest(&toy::input(number, &self.story.inputs[number as usize]))
    }

    /// Key of a batch's result, and the end of its subjects and names.
    pub fn key(&self, number: u32) -> String {
        format!("{}.{}", self.story.book, self.input(number))
    }

    /// Name of the output that is recorded for a batch.
    pub fn output_name(&self, number: u32) -> String {
        let record = self.admin.result(&self.key(number)).unwrap();
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        format!("output.{}", record["output"].as_str().unwrap())
    }

    /// The message of a batch.
    pub fn message(&self, number: u32) -> Vec<u8> {
        let message = serde_json::json!({
            "book": self.story.book,
            "number": number,
            "input": self.input(number),
            "context": digest(&self.story.toy.context()),
        });
        message.to_string().into_bytes()
    }

    /// Proofs made.
    pub fn proofs(&self) -> usize {
        self.proven().len()
    }

    /// Batches proven, sorted; one that was proven twice is there twice.
    pub fn proven(&self) -> Vec<u32> {
        let mut numbers = toy::logged(&self.story.toy.log, "proven");
        numbers.sort_unstable();
        numbers
    }

    /// Batches whose proof was begun.
    pub fn begun(&self) -> Vec<u32> {
        toy::logged(&self.story.toy.log, "begun")
    }

    /// Fails unless these are good outputs of these batches.
    pub fn assert_outputs(&self, outputs: &Outputs, numbers: impl IntoIterator<Item = u32>) {
        let found = Vec::from_iter(outputs.keys().copied());
        assert_eq!(found, Vec::from_iter(numbers));
        for (number, output) in outputs {
            let checked = self.story.toy.verify(*number, &self.input(*number), output);
            assert_eq!(checked, Ok(()), "batch {number}");
        }
    }

    fn process(&self, role: &str) -> Process {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.path().join(format!("{role} {number}"));
        Process::start(role, &self.story, &log)
    }

    /// A worker that ends when it is idle.
    pub fn worker(&self) -> Process {
        self.process("worker")
    }

    /// A coordinator in a process of its own.
    pub fn coordinator_process(&self) -> Process {
        self.process("coordinator")
    }

    /// A coordinator in this process.
    pub fn coordinate(&self) -> Run {
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let (story, told) = (self.story.clone(), events.clone());
        let thread = std::thread::spawn(move || {
            let key = Key::read(&story.key)?;
            let mut outputs = Outputs::new();
            let mut deliver = |number, output| {
                assert!(outputs.insert(number, output).is_none(), "delivered twice");
                Ok(())
            };
            let tell = Arc::new(move |event| told.lock().unwrap().push(event));
            let work = Arc::new(story.toy.clone());
            let (options, plan) = (story.options(), plan(&story));
            let outcome = queue::run(&options, &key, plan, work, &mut deliver, tell)?;
            Ok((outcome, outputs))
        });
        Run { thread, events }
    }
}

/// A coordinator at work.
pub struct Run {
    thread: JoinHandle<Result<(Outcome, Outputs), QueueError>>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Run {
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// What it has told, for a test that fails.
    fn events_text(&self) -> String {
        let mut events = self.events();
        events.dedup();
        format!("{events:#?}")
    }

    pub fn wait_for(&self, what: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        wait_for(what, || {
            self.events().into_iter().find(|event| is_it(event))
        })
    }

    /// Waits until so many batches are in the queue.
    pub fn queued(&self, batches: usize) {
        wait_for("batches in the queue", || {
            let events = self.events();
            let queued = events.iter().filter(|e| matches!(e, Event::Queued(_)));
            (queued.count() >= batches).then_some(())
        });
    }

    /// The first trouble it tells of.
    pub fn trouble(&self) -> String {
        let is_it = |event: &Event| matches!(event, Event::Broker(Notice::Trouble(_)));
        match self.wait_for("trouble", is_it) {
            Event::Broker(Notice::Trouble(text)) => text,
            _ => unreachable!(),
        }
    }

    pub fn end(self) -> (Result<(Outcome, Outputs), QueueError>, Vec<Event>) {
        wait_for_or(
            "the end of a run",
            || self.events_text(),
            || self.thread.is_finished().then_some(()),
        );
        let result = self.thread.join().unwrap();
        let events = self.events.lock().unwrap().clone();
        (result, events)
    }

    pub fn finish(self) -> (Outcome, Outputs) {
        self.end().0.unwrap_or_else(|error| panic!("{error}"))
    }
}
