//! A relay to a server that loses answers: the request has arrived and done its work, and nobody says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::server::runtime;

/// So large is a request whose answer may get lost.
const LARGE: usize = 100_000;

/// A relay, as long as the process runs.
pub struct Relay {
    pub url: String,
    /// How many answers it has yet to lose.
    losses: Arc<AtomicUsize>,
}

impl Relay {
    /// To the server of this url.
    pub async fn to(url: &str) -> Self {
        let upstream = url.rsplit('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let losses = Arc::new(AtomicUsize::new(0));
        let given = Arc::clone(&losses);
        runtime().spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, upstream.clone(), Arc::clone(&given)));
            }
        });
        Self { url, losses }
    }

    /// The answers of the next so many large requests get lost.
    pub fn lose(&self, answers: usize) {
        self.losses.store(answers, Ordering::SeqCst);
    }

    /// How many it has still to lose.
    pub fn left(&self) -> usize {
        self.losses.load(Ordering::SeqCst)
    }
}

async fn pass(client: TcpStream, upstream: String, losses: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let up = tokio::spawn(async move {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count) = from_client.read(&mut bytes).await {
            counted.fetch_add(count, Ordering::SeqCst);
            if count == 0 || to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    });
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count) = from_server.read(&mut bytes).await {
        // Small messages of the protocol itself come while a request is on its way; an answer names its rows.
        let is_answer = count > 150;
        if is_answer && sent.swap(0, Ordering::SeqCst) > LARGE {
            let one_less = |left: usize| left.checked_sub(1);
            if losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                break;
            }
        }
        if count == 0 || to_client.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
    up.abort();
}
