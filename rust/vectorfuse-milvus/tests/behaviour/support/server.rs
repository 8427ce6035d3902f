//! Which servers the tests talk to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use vectorfuse_behaviour::store::{Answer, Open};
pub use vectorfuse_behaviour::store::{block_on, runtime};
use vectorfuse_milvus::Milvus;

use super::raw::{Client, proto};

/// How the product speaks to the server: as the name of this crate says. The tests' own questions go over gRPC.
pub const HTTP: bool = env!("CARGO_CRATE_NAME").len() == "behaviour_http".len();

fn url(name: &str, what: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("set {name} to the url of {what}: see integration-tests/stores"))
}

/// The name of a collection that no other test has; the collection is deleted at the end.
pub struct Place {
    pub url: String,
    pub collection: String,
    /// Where the product is to ask, if not there.
    pub rest: Option<String>,
}

impl Place {
    /// On the server itself.
    pub fn real(what: &str) -> Self {
        Self::beside("VECTORFUSE_MILVUS_URL", "VECTORFUSE_MILVUS_REST_URL", what)
    }

    /// On Milvus Lite.
    pub fn lite(what: &str) -> Self {
        Self::beside("VECTORFUSE_MILVUS_LITE_URL", "VECTORFUSE_MILVUS_LITE_REST_URL", what)
    }

    fn beside(grpc: &str, rest: &str, what: &str) -> Self {
        let rest = HTTP.then(|| url(rest, "a server's RESTful API"));
        let mut place = Self::at(&url(grpc, "a server of Milvus"), what);
        place.rest = rest;
        place
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
        let collection = format!("test_{what}_{now}_{}_{number}", std::process::id());
        Self { url: url.to_owned(), collection, rest: None }
    }

    /// The tests' own questions to its server.
    pub fn client(&self) -> Client {
        Client::to(&self.url)
    }
}

impl vectorfuse_behaviour::store::Place for Place {
    fn collection(&self) -> &str {
        &self.collection
    }

    fn options(&self) -> Vec<(String, String)> {
        let (url, transport) = self.rest.as_ref().map_or((&*self.url, "grpc"), |rest| (rest, "http"));
        let options = [("store", "milvus"), ("url", url), ("transport", transport), ("collection", &*self.collection)];
        options.map(|(option, value)| (option.to_owned(), value.to_owned())).to_vec()
    }

    fn open(&self) -> Open {
        |options| Ok(Arc::new(Milvus::open(options)?))
    }

    fn around(&self) -> Answer<'_, (Vec<String>, Option<String>)> {
        Box::pin(async {
            let client = self.client();
            let shown = client.ask("ShowCollections", proto::ShowCollectionsRequest::default()).await.unwrap();
            let shown: proto::ShowCollectionsResponse = shown;
            let own = shown.collection_names.into_iter().filter(|name| name.starts_with(&self.collection));
            let own: Vec<String> = own.collect();
            let mut behind = None;
            for name in &own {
                let named = proto::DescribeCollectionRequest {
                    collection_name: name.clone(),
                    ..proto::DescribeCollectionRequest::default()
                };
                let one: proto::DescribeCollectionResponse = client.ask("DescribeCollection", named).await.unwrap();
                if one.aliases.contains(&self.collection) {
                    behind = Some(name.clone());
                }
            }
            // Milvus Lite does not say which aliases a collection has, but whose an alias is.
            let named = proto::DescribeCollectionRequest {
                collection_name: self.collection.clone(),
                ..proto::DescribeCollectionRequest::default()
            };
            let alias: proto::DescribeCollectionResponse = client.ask("DescribeCollection", named).await.unwrap();
            let behind =
                behind.or(Some(alias.collection_name).filter(|name| !name.is_empty() && *name != self.collection));
            (own, behind)
        })
    }

    fn delete<'a>(&'a self, collection: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let request = proto::DropCollectionRequest {
                collection_name: collection.to_owned(),
                ..proto::DropCollectionRequest::default()
            };
            self.client().done("DropCollection", request).await;
        })
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
