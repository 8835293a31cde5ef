//! A real nats-server with JetStream, and an administrator's view of it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::PublishError;
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;
use zkmargin_prover::book::queue::{DEAD_STREAM, JOBS_STREAM, OBJECTS, RESULTS};

/// Nothing here takes longer on a small machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until something is there.
pub fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_for_or(what, String::new, look)
}

/// As [`wait_for`], with something to tell if it does not come.
pub fn wait_for_or<T>(
    what: &str,
    tell: impl Fn() -> String,
    mut look: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        let patient = started.elapsed() < PATIENCE;
        assert!(patient, "waited in vain: {what}\n{}", tell());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server that ends with this value. Its store survives a restart.
pub struct Server {
    child: Mutex<Option<Child>>,
    folder: tempfile::TempDir,
    port: u16,
    /// A configuration beside the options.
    configuration: Option<PathBuf>,
}

impl Server {
    /// A server in a folder and on a port of its own, once it answers.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn start() -> Server {
        Server::configured(tempfile::tempdir().unwrap(), None)
    }

    /// The same with a folder and a configuration in it.
    pub(crate) fn configured(folder: tempfile::TempDir, configuration: Option<PathBuf>) -> Server {
        let mut server = Server {
            child: Mutex::new(None),
            folder,
            port: 0,
            configuration,
        };
        server.spawn("-1", true);
        // The server chose a free port, and wrote it to a file.
        server.port = wait_for("the port of nats-server", || {
            let files = std::fs::read_dir(server.folder.path()).unwrap();
            let mut names = files.map(|file| file.unwrap().path());
            let file = names.find(|name| name.extension().is_some_and(|e| e == "ports"))?;
            let text = std::fs::read_to_string(file).ok()?;
            let ports: serde_json::Value = serde_json::from_str(&text).ok()?;
            let url = ["nats", "tls"]
                .iter()
                .find_map(|kind| ports[*kind][0].as_str())?;
            url.rsplit(':').next()?.parse().ok()
        });
        server.ready();
        server
    }

    /// A server without JetStream.
    pub fn start_plain() -> Server {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let server = Server {
            child: Mutex::new(None),
            folder: tempfile::tempdir().unwrap(),
            port,
            configuration: None,
        };
        server.spawn(&port.to_string(), false);
        server.ready();
        server
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The folder that it writes everything to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it as a power failure would.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends it as its operator would.
    pub fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let id = child.id().to_string();
            let told = Command::new("kill").arg(&id).status().unwrap();
            assert!(told.success());
            wait_for("the end of nats-server", || child.try_wait().unwrap());
        }
    }

    /// Starts it again, on its port and its store.
    pub fn restart(&self) {
        self.spawn(&self.port.to_string(), true);
        self.ready();
    }

    fn spawn(&self, port: &str, jetstream: bool) {
        let mut command = Command::new(program());
        command.args(["--addr", "127.0.0.1", "--port", port]);
        command.arg("--ports_file_dir").arg(self.folder.path());
        command.arg("--log").arg(self.folder.path().join("log"));
        if let Some(configuration) = &self.configuration {
            command.arg("--config").arg(configuration);
        }
        if jetstream {
            let store = self.folder.path().join("store");
            command.arg("--jetstream").arg("--store_dir").arg(store);
        }
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        *self.child.lock().unwrap() = Some(child);
    }

    fn ready(&self) {
        wait_for("nats-server", || {
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where nats-server is. Tests without it would say nothing, so its absence fails them.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut programs = folders.map(|folder| folder.join("nats-server"));
    let found = programs.find(|program| program.is_file());
    found.expect("nats-server was not found\nhint: apt-get install nats-server")
}

/// Looks at the broker, and does to it what its operator or an attacker could do.
pub struct Admin {
    runtime: Runtime,
    context: Context,
}

impl Admin {
    /// An administrator of the server at an address.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn new(url: &str) -> Admin {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let connect = async { jetstream::new(async_nats::connect(url).await.unwrap()) };
        Admin {
            context: runtime.block_on(connect),
            runtime,
        }
    }

    /// Jobs in the queue, with those that workers have.
    pub fn jobs(&self) -> u64 {
        let info = async {
            let stream = self.context.get_stream(JOBS_STREAM).await.unwrap();
            stream.get_info().await.unwrap().state.messages
        };
        self.runtime.block_on(info)
    }

    /// Sends a message to the queue; the error is the server's.
    pub fn publish_job(&self, subject: &str, payload: Vec<u8>) -> Result<(), String> {
        let send = async {
            let sent = self.context.publish(subject.to_owned(), payload.into());
            sent.await?.await.map(drop)
        };
        let sent: Result<(), PublishError> = self.runtime.block_on(send);
        sent.map_err(|error| error.to_string())
    }

    /// Takes all messages out of the queue.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn drop_jobs(&self) {
        let drop = async {
            let stream = self.context.get_stream(JOBS_STREAM).await.unwrap();
            stream.purge().await.unwrap();
        };
        self.runtime.block_on(drop);
    }

    /// Names of the objects that begin with this.
    pub fn objects(&self, prefix: &str) -> Vec<String> {
        let list = async {
            let store = self.context.get_object_store(OBJECTS).await.unwrap();
            let list = store.list().await.unwrap();
            let infos: Vec<_> = list.map(|info| info.unwrap()).collect().await;
            infos
        };
        let infos = self.runtime.block_on(list).into_iter();
        let names = infos.filter(|info| !info.deleted).map(|info| info.name);
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    /// The bytes of an object.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn object(&self, name: &str) -> Vec<u8> {
        let read = async {
            let store = self.context.get_object_store(OBJECTS).await.unwrap();
            let mut bytes = Vec::new();
            let mut object = store.get(name).await.unwrap();
            object.read_to_end(&mut bytes).await.unwrap();
            bytes
        };
        self.runtime.block_on(read)
    }

    /// Puts other bytes in place of an object.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn replace_object(&self, name: &str, bytes: &[u8]) {
        let write = async {
            let store = self.context.get_object_store(OBJECTS).await.unwrap();
            store.put(name, &mut &*bytes).await.unwrap();
        };
        self.runtime.block_on(write);
    }

    /// Takes an object away.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn delete_object(&self, name: &str) {
        self.try_delete_object(name).unwrap();
    }

    /// As [`Self::delete_object`], at a broker that may not be ready.
    pub fn try_delete_object(&self, name: &str) -> Result<(), async_nats::Error> {
        self.runtime.block_on(async {
            let store = self.context.get_object_store(OBJECTS).await?;
            Ok(store.delete(name).await?)
        })
    }

    /// Removes the content of an object and leaves its entry.
    pub fn lose_chunks(&self, name: &str) {
        let lose = async {
            let store = self.context.get_object_store(OBJECTS).await.unwrap();
            let nuid = store.info(name).await.unwrap().nuid;
            let stream = self
                .context
                .get_stream(format!("OBJ_{OBJECTS}"))
                .await
                .unwrap();
            let chunks = format!("$O.{OBJECTS}.C.{nuid}");
            stream.purge().filter(chunks).await.unwrap();
        };
        self.runtime.block_on(lose);
    }

    /// Bytes in the object store.
    pub fn stored(&self) -> i64 {
        let info = async {
            let stream = self
                .context
                .get_stream(format!("OBJ_{OBJECTS}"))
                .await
                .unwrap();
            stream.get_info().await.unwrap().state.bytes as i64
        };
        self.runtime.block_on(info)
    }

    /// Changes the limit of the object store.
    pub fn limit_objects(&self, bytes: i64) {
        let change = async {
            let stream = self
                .context
                .get_stream(format!("OBJ_{OBJECTS}"))
                .await
                .unwrap();
            let mut config = stream.cached_info().config.clone();
            config.max_bytes = bytes;
            self.context.update_stream(config).await.unwrap();
        };
        self.runtime.block_on(change);
    }

    /// The record of a result, as it stands there.
    pub fn result(&self, key: &str) -> Option<String> {
        let get = async {
            let store = self.context.get_key_value(RESULTS).await.unwrap();
            store.get(key).await.unwrap()
        };
        let value = self.runtime.block_on(get)?;
        Some(String::from_utf8(value.to_vec()).unwrap())
    }

    /// Puts another value in place of a result.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn replace_result(&self, key: &str, value: &str) {
        let put = async {
            let store = self.context.get_key_value(RESULTS).await.unwrap();
            store.put(key, value.to_owned().into()).await.unwrap();
        };
        self.runtime.block_on(put);
    }

    /// The dead letter with a subject.
    pub fn dead_letter(&self, subject: &str) -> serde_json::Value {
        let get = async {
            let stream = self.context.get_stream(DEAD_STREAM).await.unwrap();
            stream
                .get_last_raw_message_by_subject(subject)
                .await
                .unwrap()
        };
        serde_json::from_slice(&self.runtime.block_on(get).payload).unwrap()
    }
}
