//! Who may do what: API keys and TLS.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::{Clients, Server, line, plane, upserting};
use qdrant_client::qdrant as proto;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

const KEYS: [&str; 4] = ["--api-key", "full", "--read-only-api-key", "reader"];

async fn exists(clients: &mut Clients) -> Result<(), Status> {
    clients
        .collections
        .collection_exists(proto::CollectionExistsRequest { collection_name: "c".to_owned() })
        .await
        .map(|_| ())
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_unauthenticated() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &KEYS);
    for (key, words) in [
        (None, "Must provide an API key or an Authorization bearer token"),
        (Some("wrong"), "Invalid API key or JWT"),
        (Some(""), "Invalid API key or JWT"),
    ] {
        let mut clients = Clients::connect(&server.url, key).await;
        let status = exists(&mut clients).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(status.message(), words);
        let health = clients.health.health_check(proto::HealthCheckRequest {});
        assert!(health.await.is_ok(), "the health check is open");
    }
    let mut clients = Clients::connect(&server.url, Some("full")).await;
    exists(&mut clients).await.unwrap();
}

#[tokio::test]
async fn the_key_may_come_as_a_bearer_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &KEYS);
    let mut clients = Clients::connect(&server.url, None).await;
    for (token, code) in [("Bearer full", Code::Ok), ("Bearer no", Code::Unauthenticated)] {
        let mut request = Request::new(proto::ListCollectionsRequest {});
        let value = token.parse().unwrap();
        request.metadata_mut().insert("authorization", value);
        let answer = clients.collections.list(request).await;
        assert_eq!(answer.err().map_or(Code::Ok, |status| status.code()), code);
    }
}

#[tokio::test]
async fn a_read_only_key_reads_and_may_not_write() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &KEYS);
    let mut writer = Clients::connect(&server.url, Some("full")).await;
    writer.create(plane("c")).await;
    writer.upsert("c", line(3)).await;
    let mut reader = Clients::connect(&server.url, Some("reader")).await;
    assert_eq!(reader.count("c", None).await, 3);
    assert_eq!(reader.ids("c").await, ["1", "2", "3"]);
    let query = proto::QueryPoints { collection_name: "c".to_owned(), ..Default::default() };
    reader.points.query(query).await.unwrap();
    let statuses = [
        reader.points.upsert(upserting("c", line(9))).await.unwrap_err(),
        reader.collections.create(plane("d")).await.unwrap_err(),
        reader
            .collections
            .delete(proto::DeleteCollection { collection_name: "c".to_owned(), timeout: None })
            .await
            .unwrap_err(),
    ];
    for status in statuses {
        assert_eq!(status.code(), Code::PermissionDenied, "{status}");
    }
    assert_eq!(writer.count("c", None).await, 3);
}

#[tokio::test]
async fn it_serves_tls_with_the_given_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = Server::start(
        &folder.path().join("data"),
        &["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap(), "--api-key", "full"],
    );
    assert!(server.url.starts_with("https://127.0.0.1:"));
    let endpoint = || Endpoint::from_shared(server.url.clone()).unwrap();
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(made.cert.pem()));
    let channel = endpoint().tls_config(trusting).unwrap().connect().await.unwrap();
    let mut clients = Clients::over(channel, Some("full"));
    clients.create(plane("c")).await;
    clients.upsert("c", line(3)).await;
    assert_eq!(clients.count("c", None).await, 3);

    let stranger = endpoint().tls_config(ClientTlsConfig::new()).unwrap();
    assert!(stranger.connect().await.is_err(), "nobody vouches for it");
    let plain = Endpoint::from_shared(server.url.replace("https", "http")).unwrap();
    let plain = Clients::over(plain.connect_lazy(), Some("full"));
    assert!(exists(&mut plain.clone()).await.is_err());
}
