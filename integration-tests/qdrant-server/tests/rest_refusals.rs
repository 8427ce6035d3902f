//! What REST refuses, and with which code.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::rest::{Both, Rest};
use common::{Server, line};
use reqwest::{Certificate, Identity, Method};
use serde_json::json;

#[tokio::test]
async fn each_kind_of_mistake_has_its_code() {
    let both = Both::make(&[]).await;
    let points = "/collections/c/points";
    for (code, method, path, body, words) in [
        (404, Method::POST, "/collections/none/points/scroll", json!({}), "Collection `none` doesn't exist!"),
        (
            400,
            Method::POST,
            "/collections/c/points/scroll",
            json!({ "filter": { "musts": [] } }),
            "unknown field `musts`",
        ),
        (422, Method::POST, "/collections/c/points/scroll", json!({ "limit": 0 }), "must be 1 or larger"),
        (400, Method::POST, "/collections/c/points/scroll?consistency=some", json!({}), "consistency"),
        (400, Method::PUT, points, json!({ "points": [{ "id": 1, "vector": [1, 2, 3] }] }), "dimension"),
        (422, Method::PUT, points, json!({ "points": [{ "id": 1, "vector": [] }] }), "must not be empty"),
        (
            422,
            Method::PUT,
            points,
            json!({ "points": [{ "id": 1, "vector": { "s": { "indices": [1, 1], "values": [1, 2] } } }] }),
            "unique",
        ),
        (400, Method::PUT, points, json!({ "points": [{ "id": -1, "vector": [1, 2] }] }), "Format error in JSON body"),
        (400, Method::PUT, points, json!({}), "Invalid PointInsertOperations format"),
        (400, Method::PUT, "/collections/c/points?wait=perhaps", json!({ "points": [] }), "query parameters"),
        (400, Method::POST, "/collections/c/points/delete", json!({}), "Either list of point ids or filter"),
        (422, Method::PUT, "/collections/d", json!({ "vectors": { "size": 0, "distance": "Dot" } }), "size"),
        (501, Method::POST, "/collections/c/points/query", json!({ "query": { "formula": 1 } }), "query.formula"),
    ] {
        let (answered, answer) = both.rest.ask(method, path, Some(body)).await;
        let said = answer["status"]["error"].as_str().unwrap_or_default();
        assert!(answered == code && said.contains(words), "{path}: {answered} {answer}");
    }
    assert_eq!(both.rest.get("/nowhere").await.0, 404);
}

#[tokio::test]
async fn a_body_over_the_limit_and_one_that_is_not_json_are_refused() {
    let both = Both::make(&[]).await;
    let path = "/collections/c/points/count";
    let large = format!("{{\"filter\":null{}}}", " ".repeat(32 * 1024 * 1024));
    let (code, text, _) = both.rest.text(Method::POST, path, Some(large)).await;
    assert!(code == 400 && text.contains("limit (33554432 bytes)"), "{code} {text}");
    let plain = both.rest.client.post(format!("{}{path}", both.rest.url)).body("{}").send().await.unwrap();
    assert_eq!(plain.status().as_u16(), 400);
    assert!(plain.text().await.unwrap().contains("Content type error"));
}

#[tokio::test]
async fn keys_are_asked_for_and_a_reader_may_not_write() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--api-key", "full", "--read-only-api-key", "reader"]);
    let rest = |header, value: &str| Rest::at(&server.rest).with(header, value);
    assert_eq!(Rest::at(&server.rest).get("/").await.0, 200, "the version is open");
    assert_eq!(
        Rest::at(&server.rest).get("/collections").await,
        (401, json!("Must provide an API key or an Authorization bearer token"))
    );
    assert_eq!(rest("api-key", "wrong").get("/collections").await, (401, json!("Invalid API key or JWT")));
    let plane = json!({ "vectors": { "size": 2, "distance": "Dot" } });
    rest("authorization", "Bearer full").done(Method::PUT, "/collections/c", plane.clone()).await;
    let reader = rest("api-key", "reader");
    for path in ["", "/scroll", "/count", "/query"] {
        let body = if path.is_empty() { json!({ "ids": [] }) } else { json!({}) };
        reader.done(Method::POST, &format!("/collections/c/points{path}"), body).await;
    }
    assert_eq!(reader.put("/collections/d", plane).await.0, 403);
    assert_eq!(reader.post("/collections/c/points/delete", json!({ "points": [1] })).await.0, 403);
}

#[tokio::test]
async fn over_tls_a_client_may_have_to_show_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();
    let issue = |names: Vec<String>| {
        let key = rcgen::KeyPair::generate().unwrap();
        let one = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        (one.pem(), key.serialize_pem())
    };
    let (certificate, key) = issue(vec!["127.0.0.1".to_owned()]);
    let (certificate, key) = (file("server.pem", certificate), file("server.key", key));
    let ca = file("ca.pem", authority.pem());
    let tls = ["--tls-cert", &certificate, "--tls-key", &key, "--tls-client-ca", &ca];
    let server = Server::start(&folder.path().join("data"), &tls);
    assert!(server.rest.starts_with("https://127.0.0.1:"));
    let trusting =
        || reqwest::Client::builder().tls_certs_only([Certificate::from_pem(authority.pem().as_bytes()).unwrap()]);
    let (own, own_key) = issue(vec!["a client".to_owned()]);
    let identity = Identity::from_pem(format!("{own}{own_key}").as_bytes()).unwrap();
    let known = Rest::over(&server.rest, trusting().identity(identity));
    assert_eq!(known.get("/collections").await.1["result"], json!({ "collections": [] }));
    let unknown = Rest::over(&server.rest, trusting());
    assert!(unknown.client.get(format!("{}/collections", server.rest)).send().await.is_err());

    use tonic::transport::{Certificate as Trusted, ClientTlsConfig, Endpoint, Identity as Shown};
    let endpoint = |tls| Endpoint::from_shared(server.url.clone()).unwrap().tls_config(tls).unwrap();
    let trusting = ClientTlsConfig::new().ca_certificate(Trusted::from_pem(authority.pem()));
    let channel = endpoint(trusting.clone().identity(Shown::from_pem(own, own_key))).connect().await.unwrap();
    let mut known = common::Clients::over(channel, None);
    known.create(common::plane("c")).await;
    known.upsert("c", line(1)).await;
    let unknown = common::Clients::over(endpoint(trusting).connect_lazy(), None);
    assert!(unknown.clone().collections.list(qdrant_client::qdrant::ListCollectionsRequest {}).await.is_err());
}
