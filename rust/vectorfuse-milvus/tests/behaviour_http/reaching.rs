//! How a server is found to have no such API, or one that is too old; and who asks.

use std::io::{Read, Write};
use std::net::TcpListener;

use vectorfuse_core::error::Kind;
use vectorfuse_core::write::Mode;

use crate::modes::numbered;
use crate::support::job::{Job, refused};
use crate::support::raw::Schema;
use crate::support::server::{Place, block_on};

#[test]
fn a_server_without_the_api_says_what_to_do() {
    block_on(async {
        for place in Place::both("none") {
            Schema::plain().make(&place).await;
            // Milvus 2.3 has version 1 of the API at its gRPC port, and Milvus Lite has none.
            let job = Job::on(&place).with("url", &place.url).with("max_retries", "0");
            for result in
                [job.table(None).await.map(drop), job.write(&numbered(&[(1, 1)]), Mode::Append).await.map(drop)]
            {
                refused(result, Kind::Options, &["RESTful API", "`transport` at `grpc`", &place.collection]);
            }
        }
    });
}

#[test]
fn a_server_that_passes_over_the_consistency_of_queries_is_refused() {
    block_on(async {
        let place = Place::lite("old");
        Schema::plain().make(&place).await;
        let old = std::env::var("VECTORFUSE_MILVUS_OLD_REST_URL").unwrap();
        let job = Job::on(&place).with("url", &old);
        refused(job.table(None).await, Kind::Unsupported, &["consistency", "2.5.12", "`transport` = `grpc`"]);
        let written = job.write(&numbered(&[(1, 1)]), Mode::Append).await;
        refused(written, Kind::Unsupported, &["consistency", "2.5.12", "`transport` = `grpc`"]);
    });
}

#[test]
fn a_password_travels_as_the_api_wants_it_and_a_refusal_has_the_server_s_words() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = vec![0; 16 * 1024];
        let mut length = 0;
        while !heard[..length].windows(4).any(|end| end == b"\r\n\r\n") {
            length += stream.read(&mut heard[length..]).unwrap();
        }
        let body = br#"{"code":1800,"message":"user hasn't authenticated"}"#;
        write!(stream, "HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
        stream.write_all(body).unwrap();
        String::from_utf8_lossy(&heard[..length]).to_ascii_lowercase()
    });
    block_on(async {
        let place = Place::lite("denied");
        let job = Job::on(&place).with("url", &url).with("username", "root").with("password", "Milvus");
        let job = job.with("timeout", "7.2");
        let said = refused(job.table(None).await, Kind::Denied, &["user hasn't authenticated"]);
        assert!(!said.contains("Milvus:") && !said.contains("root"), "{said}");
    });
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("post /v2/vectordb/entities/query http/1.1\r\n"), "{heard}");
    for header in
        ["authorization: bearer root:milvus\r\n", "request-timeout: 8\r\n", "accept-type-allow-int64: true\r\n"]
    {
        assert!(heard.contains(header), "{header}: {heard}");
    }
}
