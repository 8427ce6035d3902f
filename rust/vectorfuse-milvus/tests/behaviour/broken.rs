//! A connection that breaks in the middle of a read costs no row and doubles none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use vectorfuse_core::error::Kind;

use crate::support::block_on;
use crate::support::foreign::proto::DataType;
use crate::support::foreign::{Foreign, Server, field, key};
use crate::support::reader::{Reader, refused};

/// What the server may say before the connection breaks.
const BYTES: usize = 30_000;

/// A way to the server on which each connection breaks after so many bytes of answers; its url, and how many there were.
async fn brittle(server: Server) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let target = server.url().trim_start_matches("http://").to_owned();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            let (mut asks, mut hears) = client.into_split();
            let (mut says, mut takes) = TcpStream::connect(&target).await.unwrap().into_split();
            let asking = tokio::spawn(async move { tokio::io::copy(&mut asks, &mut takes).await });
            tokio::spawn(async move {
                let (mut left, mut buffer) = (BYTES, vec![0; 4096]);
                while left > 0 {
                    let Ok(read @ 1..) = says.read(&mut buffer).await else { break };
                    let sent = read.min(left);
                    if hears.write_all(&buffer[..sent]).await.is_err() {
                        break;
                    }
                    left -= sent;
                }
                asking.abort();
            });
        }
    });
    (url, connections)
}

#[test]
fn a_read_goes_on_after_its_last_key() {
    block_on(async {
        for server in Server::ALL {
            let foreign =
                Foreign::make(server, vec![key("id", DataType::Int64), field("v", DataType::FloatVector)], false).await;
            foreign.insert_keys(&(0..3000).collect::<Vec<_>>()).await;
            let (url, connections) = brittle(server).await;
            let reader = Reader::of(&foreign).with("url", &url).with("page_size", "100").with("backoff_factor", "0.01");
            let rows = reader.rows(&["id", "v"], 1).await.unwrap();
            let read: Vec<i64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
            assert_eq!(read, (0..3000).collect::<Vec<_>>());
            assert!(connections.load(Ordering::Relaxed) > 3, "no connection broke");
            // A page that never gets through is an error, not an end.
            let never = reader.with("page_size", "2000").with("max_retries", "2");
            let scan = never.scan(None).await.unwrap();
            let split = never.splits(&scan, 1).await.unwrap().remove(0);
            refused(never.read_split(split).await, Kind::Unavailable, &["attempts"]);
            foreign.drop_it().await;
        }
    });
}
