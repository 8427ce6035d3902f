//! Which servers the tests talk to: the shared one, or one of a test's own that it may kill.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use qdrant_client::qdrant::DeleteCollection;
use qdrant_client::qdrant::collections_client::CollectionsClient;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

/// One runtime for every test of the process: connections are shared by the process and live in the runtime that
/// opened them.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Runs a test's body.
pub fn block_on<T>(body: impl Future<Output = T>) -> T {
    runtime().block_on(body)
}

/// The shared server.
pub fn shared_url() -> String {
    std::env::var("VECTORFUSE_QDRANT_URL").unwrap_or_else(|_| {
        panic!("set VECTORFUSE_QDRANT_URL to the gRPC url of a Qdrant server, for example the READY line's of vectorfuse-qdrant-server")
    })
}

/// The shared server's key, if it asks for one.
pub fn shared_key() -> Option<String> {
    std::env::var("VECTORFUSE_QDRANT_API_KEY").ok().filter(|key| !key.is_empty())
}

/// A request of a test's own, beside the product.
pub fn asking<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    if let Some(key) = shared_key() {
        request.metadata_mut().insert("api-key", key.parse().unwrap());
    }
    request
}

/// The connection of such requests.
pub fn channel(url: &str) -> Channel {
    let _runtime = runtime().enter();
    Channel::from_shared(url.to_owned()).unwrap().connect_lazy()
}

/// The name of a collection that no other test has; the collection is deleted at the end.
pub struct Place {
    pub url: String,
    pub collection: String,
}

impl Place {
    /// On the shared server.
    pub fn shared(what: &str) -> Self {
        Self::at(&shared_url(), what)
    }

    /// On another server.
    pub fn at(url: &str, what: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { url: url.to_owned(), collection: format!("test_{what}_{now}_{}_{number}", std::process::id()) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (url, collection_name) = (self.url.clone(), self.collection.clone());
        // A test's body runs inside the runtime, where nothing may block: another thread waits for the answer. Whether
        // there is a server left to clean up is not what the test is about.
        let clean = std::thread::spawn(move || {
            runtime().block_on(async {
                let request = asking(DeleteCollection { collection_name, timeout: None });
                CollectionsClient::new(channel(&url)).delete(request).await.is_ok()
            })
        });
        let cleaned = clean.join();
        drop(cleaned);
    }
}

/// A server of a test's own. Dropping it ends it.
pub struct Server {
    child: Child,
    pub url: String,
    arguments: Vec<String>,
    data: TempDir,
}

impl Server {
    /// Starts with these arguments beside those for folder and port.
    pub fn start(arguments: &[&str]) -> Self {
        let data = TempDir::new().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (child, url) = launch(&data, "0", &arguments);
        Self { child, url, arguments, data }
    }

    /// Ends it the hard way.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, on the same port and folder.
    pub fn restart(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().to_owned();
        (self.child, self.url) = launch(&self.data, &port, &self.arguments);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        drop(ended);
    }
}

fn launch(data: &TempDir, port: &str, arguments: &[String]) -> (Child, String) {
    let binary = std::env::var("VECTORFUSE_QDRANT_SERVER").unwrap_or_else(|_| {
        panic!(
            "set VECTORFUSE_QDRANT_SERVER to the binary vectorfuse-qdrant-server (see integration-tests/qdrant-server)"
        )
    });
    let mut child = Command::new(&binary)
        .arg("--data")
        .arg(data.path())
        .args(["--port", port, "--exit-with-stdin"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("VECTORFUSE_QDRANT_SERVER is `{binary}`: {error}"));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("READY ").unwrap_or_else(|| panic!("the server says `{line}`")).to_owned();
    (child, url)
}
