//! Which servers the tests talk to.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Runtime;
pub use vectorfuse_milvus::Milvus as Product;

use super::raw::{Client, proto};

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

fn url(name: &str, what: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("set {name} to the url of {what}: see integration-tests/stores"))
}

/// The name of a collection that no other test has; the collection is deleted at the end.
pub struct Place {
    pub url: String,
    pub collection: String,
}

impl Place {
    /// On the server itself.
    pub fn real(what: &str) -> Self {
        Self::at(&url("VECTORFUSE_MILVUS_URL", "a Milvus server"), what)
    }

    /// On Milvus Lite.
    pub fn lite(what: &str) -> Self {
        Self::at(&url("VECTORFUSE_MILVUS_LITE_URL", "a server of Milvus Lite"), what)
    }

    /// On each of them.
    pub fn both(what: &str) -> [Self; 2] {
        [Self::real(what), Self::lite(what)]
    }

    /// On another server.
    pub fn at(url: &str, what: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { url: url.to_owned(), collection: format!("test_{what}_{now}_{}_{number}", std::process::id()) }
    }

    /// The options that say where it is.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        vec![("store", "milvus".to_owned()), ("url", self.url.clone()), ("collection", self.collection.clone())]
    }

    /// The tests' own questions to its server.
    pub fn client(&self) -> Client {
        Client::to(&self.url)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (client, collection_name) = (self.client(), self.collection.clone());
        // A test's body runs inside the runtime, where nothing may block: another thread waits for the answer. Whether
        // there is a server left to clean up is not what the test is about.
        let clean = std::thread::spawn(move || {
            let request = proto::DropCollectionRequest { collection_name, ..proto::DropCollectionRequest::default() };
            runtime().block_on(async { client.ask::<_, proto::Status>("DropCollection", request).await })
        });
        let cleaned = clean.join();
        drop(cleaned);
    }
}
