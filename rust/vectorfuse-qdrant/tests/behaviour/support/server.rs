//! Which servers the tests talk to: the shared one, or one of a test's own that it may kill.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{DeleteCollection, ListAliasesRequest, ListCollectionsRequest};
use tempfile::TempDir;
use tonic::transport::Channel;
use vectorfuse_behaviour::store::{Answer, Open};
#[allow(unused_imports)] // the tests of the boundary need no more than the runtime
pub use vectorfuse_behaviour::store::{block_on, runtime};
use vectorfuse_qdrant::Qdrant;

/// What the product speaks in this run. The tests' own questions are always gRPC's, so that no run judges itself.
pub const TRANSPORT: &str = match env!("CARGO_CRATE_NAME").as_bytes() {
    b"behaviour_http" => "http",
    _ => "grpc",
};

/// Whether it speaks HTTP.
pub const HTTP: bool = TRANSPORT.len() == "http".len() && TRANSPORT.as_bytes()[0] == b'h';

/// From the host and port of a server's gRPC to those of its REST API.
static REST: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);

/// Both as urls.
fn register(grpc: &str, rest: &str) {
    let authority = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    REST.lock().unwrap().get_or_insert_with(HashMap::new).insert(authority(grpc), authority(rest));
}

/// Where the product finds the server of this gRPC url; of a url that is no server's it makes what it can.
pub fn reach(grpc: &str) -> String {
    let (scheme, authority) = grpc.split_once("://").unwrap();
    let known = REST.lock().unwrap();
    match known.as_ref().and_then(|known| known.get(authority)) {
        Some(rest) if HTTP => format!("{scheme}://{rest}"),
        Some(_) | None => grpc.to_owned(),
    }
}

/// The shared server.
pub fn shared_url() -> String {
    let variable = |name: &str, what: &str| {
        std::env::var(name).unwrap_or_else(|_| panic!("set {name} to the {what} url of a Qdrant server, for example the one that vectorfuse-qdrant-server says when it starts"))
    };
    let url = variable("VECTORFUSE_QDRANT_URL", "gRPC");
    if HTTP {
        register(&url, &variable("VECTORFUSE_QDRANT_REST_URL", "REST"));
    }
    url
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

impl vectorfuse_behaviour::store::Place for Place {
    fn collection(&self) -> &str {
        &self.collection
    }

    fn options(&self) -> Vec<(String, String)> {
        let options = [
            ("store", "qdrant".to_owned()),
            ("transport", TRANSPORT.to_owned()),
            ("url", reach(&self.url)),
            ("collection", self.collection.clone()),
        ];
        let options = options.into_iter().chain(shared_key().map(|key| ("api_key", key)));
        options.map(|(option, value)| (option.to_owned(), value)).collect()
    }

    fn open(&self) -> Open {
        |options| Ok(Arc::new(Qdrant::open(options)?))
    }

    fn around(&self) -> Answer<'_, (Vec<String>, Option<String>)> {
        Box::pin(async {
            let mut client = CollectionsClient::new(channel(&self.url));
            let all = client.list(asking(ListCollectionsRequest {})).await.unwrap().into_inner().collections;
            let own = all.into_iter().map(|one| one.name).filter(|name| name.starts_with(&self.collection));
            let aliases = client.list_aliases(asking(ListAliasesRequest {})).await.unwrap().into_inner().aliases;
            let behind = aliases.into_iter().find(|alias| alias.alias_name == self.collection);
            (own.collect(), behind.map(|alias| alias.collection_name))
        })
    }

    fn delete<'a>(&'a self, collection: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let request = DeleteCollection { collection_name: collection.to_owned(), timeout: None };
            CollectionsClient::new(channel(&self.url)).delete(asking(request)).await.unwrap();
        })
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
    /// Of its REST API.
    pub rest: String,
    arguments: Vec<String>,
    data: TempDir,
}

impl Server {
    /// Starts with these arguments beside those for folder and port.
    pub fn start(arguments: &[&str]) -> Self {
        let data = TempDir::new().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (child, url, rest) = launch(&data, ["0", "0"], &arguments);
        Self { child, url, rest, arguments, data }
    }

    /// Ends it the hard way.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, on the same ports and folder.
    pub fn restart(&mut self) {
        let ports = [&self.url, &self.rest].map(|url| url.rsplit(':').next().unwrap().to_owned());
        (self.child, self.url, self.rest) = launch(&self.data, ports.each_ref().map(String::as_str), &self.arguments);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        drop(ended);
    }
}

fn launch(data: &TempDir, [port, rest_port]: [&str; 2], arguments: &[String]) -> (Child, String, String) {
    let binary = std::env::var("VECTORFUSE_QDRANT_SERVER").unwrap_or_else(|_| {
        panic!(
            "set VECTORFUSE_QDRANT_SERVER to the binary vectorfuse-qdrant-server (see integration-tests/qdrant-server)"
        )
    });
    let mut child = Command::new(&binary)
        .arg("--data")
        .arg(data.path())
        .args(["--port", port, "--rest-port", rest_port, "--exit-with-stdin"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("VECTORFUSE_QDRANT_SERVER is `{binary}`: {error}"));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = |start: &str| {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line.trim().strip_prefix(start).unwrap_or_else(|| panic!("the server says `{line}`")).to_owned()
    };
    let (url, rest) = (said("READY "), said("REST "));
    register(&url, &rest);
    (child, url, rest)
}
