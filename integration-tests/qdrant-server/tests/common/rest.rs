//! A client of the REST API, and a place to use it.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Clients, Server};

/// A code and an answer.
pub type Answer = (u16, Value);

pub struct Rest {
    pub url: String,
    pub client: reqwest::Client,
    pub headers: Vec<(&'static str, String)>,
}

impl Rest {
    pub fn at(url: &str) -> Self {
        Self::over(url, reqwest::Client::builder())
    }

    pub fn over(url: &str, builder: reqwest::ClientBuilder) -> Self {
        // Both the server's and the client's side are linked in, and each could bring a provider.
        let _already = rustls::crypto::ring::default_provider().install_default();
        Self { url: url.to_owned(), client: builder.no_proxy().build().unwrap(), headers: Vec::new() }
    }

    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    pub async fn text(&self, method: Method, path: &str, body: Option<String>) -> (u16, String, Option<String>) {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let pause = answer.headers().get("retry-after").map(|pause| pause.to_str().unwrap().to_owned());
        (answer.status().as_u16(), answer.text().await.unwrap(), pause)
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let (code, text, _) = self.text(method, path, body.map(|body| body.to_string())).await;
        (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// The result of what must go well.
    pub async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (code, answer) = self.ask(method, path, Some(body)).await;
        assert_eq!((code, &answer["status"]), (200, &json!("ok")), "{answer}");
        answer["result"].clone()
    }
}

/// A server of one test, over both protocols, with a collection `c` of two dimensions.
pub struct Both {
    pub rest: Rest,
    pub grpc: Clients,
    pub server: Server,
    _data: tempfile::TempDir,
}

impl Both {
    pub async fn make(arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Path::new(data.path()), arguments);
        let mut grpc = Clients::connect(&server.url, None).await;
        grpc.create(super::plane("c")).await;
        Self { rest: Rest::at(&server.rest), grpc, server, _data: data }
    }
}
