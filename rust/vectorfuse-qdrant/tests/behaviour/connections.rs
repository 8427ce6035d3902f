//! Reaching a server, and not reaching it: keys, certificates, wrong ports. The words say what to change.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{HTTP, Place, Server, block_on};
use vectorfuse_behaviour::values::int;

/// Fails sooner than users would want to.
fn job(url: &str) -> (Place, Job) {
    let place = Place::at(url, "reach");
    let job = Job::on(&place).with("max_retries", "2");
    (place, job)
}

fn one_row() -> Frame {
    Frame::new(&[("id", SparkType::Long)], vec![vec![int(1)]])
}

#[test]
fn the_key_opens_and_no_error_shows_it() {
    block_on(async {
        let server = Server::start(&["--api-key", "open-sesame"]);
        let (place, job) = job(&server.url);
        let words = [place.collection.as_str(), "store says"];
        let key = "let-me-in-please";
        let said = refused(job.clone().with("api_key", key).table(None).await, Kind::Denied, &words);
        assert!(!said.contains(key), "{said}");
        let result = job.clone().with("api_key", key).write(&one_row(), vectorfuse_core::write::Mode::Append).await;
        let said = refused(result, Kind::Denied, &words);
        assert!(!said.contains(key), "{said}");
        job.clone().with("api_key", "open-sesame").append(&one_row()).await;
        assert_eq!(job.clone().with("api_key", "open-sesame").read(1).await.unwrap().rows, [[int(1)]]);
        let by_header = job.with("header.api-key", "open-sesame");
        assert_eq!(by_header.clone().read(1).await.unwrap().rows, [[int(1)]]);
        let both = by_header.with("api_key", key).table(None).await;
        refused(both, Kind::Options, &["`api_key`", "`header.api-key`"]);
    });
}

#[test]
fn nothing_that_listens_is_unavailable_soon() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let (place, job) = job(&url);
        let started = Instant::now();
        refused(job.table(None).await, Kind::Unavailable, &["refused", "attempts: 3", &place.collection]);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    });
}

/// Answers every connection with these bytes; the thread ends with the process.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 1024];
            // A client that is gone already is none of this server's business.
            let answered = stream.read(&mut asked).and_then(|_| stream.write_all(bytes));
            drop(answered);
        }
    });
    url
}

#[test]
fn a_port_that_answers_http_is_named_as_such() {
    block_on(async {
        let url = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        let (place, job) = job(&url);
        let words = if HTTP { ["url", "no Qdrant", "port"] } else { ["url", "REST port", "6334"] };
        refused(job.table(None).await, Kind::Options, &[&words[..], &[&place.collection]].concat());
    });
}

#[test]
fn the_port_of_the_other_transport_is_named_as_such() {
    block_on(async {
        let server = Server::start(&[]);
        let (place, job) = job(&server.url);
        let (other, words) =
            if HTTP { (&server.url, ["gRPC port", "6333"]) } else { (&server.rest, ["REST port", "6334"]) };
        let result = job.with("url", other).table(None).await;
        refused(result, Kind::Options, &[&words[..], &["url", "transport", &place.collection]].concat());
    });
}

#[test]
fn a_port_that_answers_nonsense_is_unavailable() {
    block_on(async {
        let (place, job) = job(&answering(b"220 mail.example.org ESMTP\r\n"));
        refused(job.table(None).await, Kind::Unavailable, &["attempts: 3", &place.collection]);
    });
}

/// A certificate authority, and a server that it vouches for.
struct Trust {
    folder: TempDir,
    authority: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Trust {
    fn new(name: &str) -> Self {
        Self::until(name, 4096)
    }

    /// The server's certificate ends with the beginning of this year.
    fn until(name: &str, year: i32) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, authority: issuer.pem(), issuer }
    }

    /// A client's certificate and key.
    fn client(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["a client".to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn file(&self, name: &str) -> String {
        Path::to_str(&self.folder.path().join(name)).unwrap().to_owned()
    }

    fn server(&self) -> Server {
        Server::start(&["--tls-cert", &self.file("cert.pem"), "--tls-key", &self.file("key.pem")])
    }
}

#[test]
fn an_authority_of_one_s_own_is_trusted_as_text_or_file() {
    block_on(async {
        let trust = Trust::new("127.0.0.1");
        let server = trust.server();
        assert!(server.url.starts_with("https://"), "{}", server.url);
        let (_place, job) = job(&server.url);
        job.clone().with("tls_ca", &trust.authority).append(&one_row()).await;
        assert_eq!(job.with("tls_ca", &trust.file("ca.pem")).read(1).await.unwrap().rows, [[int(1)]]);
    });
}

#[test]
fn a_certificate_for_another_name_needs_that_name() {
    block_on(async {
        let trust = Trust::new("qdrant.test");
        let server = trust.server();
        let (_place, job) = job(&server.url);
        let job = job.with("tls_ca", &trust.authority);
        refused(job.table(None).await, Kind::Unavailable, &["not valid for name"]);
        job.with("tls_server_name", "qdrant.test").append(&one_row()).await;
    });
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    block_on(async {
        let server = Trust::new("127.0.0.1").server();
        let (place, job) = job(&server.url);
        let other = job.clone().with("tls_ca", &Trust::new("127.0.0.1").authority);
        refused(other.table(None).await, Kind::Unavailable, &["invalid peer certificate", &place.collection]);
        refused(job.clone().table(None).await, Kind::Unavailable, &["invalid peer certificate", "UnknownIssuer"]);
        refused(
            job.clone().with("tls_ca", "/no/such.pem").table(None).await,
            Kind::Options,
            &["`tls_ca`", "/no/such.pem"],
        );
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        refused(job.with("tls_ca", torn).table(None).await, Kind::Options, &["tls_"]);
    });
}

#[test]
fn a_client_shows_its_certificate_where_the_server_asks_for_one() {
    block_on(async {
        let trust = Trust::new("127.0.0.1");
        let (cert, key, ca) = (trust.file("cert.pem"), trust.file("key.pem"), trust.file("ca.pem"));
        let server = Server::start(&["--tls-cert", &cert, "--tls-key", &key, "--tls-client-ca", &ca]);
        let (place, job) = job(&server.url);
        let job = job.with("tls_ca", &trust.authority);
        let (certificate, key) = trust.client();
        let known = |job: Job, (certificate, key): (&str, &str)| job.with("tls_cert", certificate).with("tls_key", key);
        known(job.clone(), (&certificate, &key)).append(&one_row()).await;
        assert_eq!(known(job.clone(), (&certificate, &key)).read(1).await.unwrap().rows, [[int(1)]]);
        refused(job.clone().table(None).await, Kind::Unavailable, &["connection failed", &place.collection]);
        let (foreign, foreign_key) = Trust::new("127.0.0.1").client();
        let stranger = known(job.clone(), (&foreign, &foreign_key));
        refused(stranger.table(None).await, Kind::Unavailable, &["connection failed"]);
        let torn = known(job, (&certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n"));
        let said = refused(torn.table(None).await, Kind::Options, &["tls_"]);
        assert!(!said.contains("AAAA"), "{said}");
    });
}

#[test]
fn an_expired_certificate_is_said_to_be_one() {
    block_on(async {
        let trust = Trust::until("127.0.0.1", 2020);
        let server = trust.server();
        let (place, job) = job(&server.url);
        let job = job.with("tls_ca", &trust.authority);
        refused(job.table(None).await, Kind::Unavailable, &["certificate", "expired", &place.collection]);
    });
}

#[test]
fn tls_on_one_side_only_is_said() {
    block_on(async {
        let trust = Trust::new("127.0.0.1");
        let tls = trust.server();
        let (_place, plain_client) = job(&tls.url.replace("https", "http"));
        refused(plain_client.table(None).await, Kind::Options, &["url", "TLS", "https://"]);
        let plain = Server::start(&[]);
        let (_place, tls_client) = job(&plain.url.replace("http", "https"));
        let tls_client = tls_client.with("tls_ca", &trust.authority);
        refused(tls_client.table(None).await, Kind::Options, &["url", "no TLS", "http://"]);
    });
}
