//! The floor: sends requests that are encoded already and drops the answers, over one connection.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Fault;
use crate::tally::{Kept, read};

/// The same as the product's: with HTTP/2's own 64 KiB every large answer would stop and wait.
const STREAM_WINDOW: u32 = 8 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;

/// One connection, in the protocol of the requests.
enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// Sends the requests of a file, from the first again after the last, and prints what that took.
pub(crate) async fn send(url: &str, file: &str, count: Option<usize>, in_flight: usize) -> Result<(), Fault> {
    let requests = Arc::new(read(std::fs::read(file)?.into())?);
    let count = count.unwrap_or(requests.len());
    let grpc = requests.first().ok_or("the file has no request")?.grpc;
    let uri: Uri = url.parse()?;
    let authority = uri.authority().ok_or("the url names no server")?.to_string();
    let connection = connect(&authority, grpc).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let (begin, cpu) = (Instant::now(), cpu_seconds()?);
    let mut senders = JoinSet::new();
    // HTTP/1.1 has one request in flight on a connection.
    let lanes: Vec<Connection> = match connection {
        Connection::Http1(_) => vec![connection],
        Connection::Http2(sender) => (0..in_flight.max(1)).map(|_| Connection::Http2(sender.clone())).collect(),
    };
    for lane in lanes {
        senders.spawn(drive(lane, Arc::clone(&requests), Arc::clone(&next), count, authority.clone()));
    }
    let (mut bytes_out, mut bytes_in) = (0, 0);
    while let Some(sent) = senders.join_next().await {
        let (sent_bytes, received_bytes) = sent??;
        bytes_out += sent_bytes;
        bytes_in += received_bytes;
    }
    let took = json!({
        "requests": count,
        "bytes_out": bytes_out,
        "bytes_in": bytes_in,
        "seconds": begin.elapsed().as_secs_f64(),
        "cpu_seconds": cpu_seconds()? - cpu,
    });
    writeln!(std::io::stdout(), "{took}")?;
    Ok(())
}

async fn connect(authority: &str, grpc: bool) -> Result<Connection, Fault> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let io = TokioIo::new(stream);
    // A connection that breaks is seen by the request that it carries.
    if grpc {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
        let (sender, connection) = builder.handshake(io).await?;
        tokio::spawn(async { connection.await.ok() });
        return Ok(Connection::Http2(sender));
    }
    let (sender, connection) = http1::handshake(io).await?;
    tokio::spawn(async { connection.await.ok() });
    Ok(Connection::Http1(sender))
}

/// One request after the other; says how many bytes went out and came in.
async fn drive(
    mut connection: Connection,
    requests: Arc<Vec<Kept>>,
    next: Arc<AtomicUsize>,
    count: usize,
    authority: String,
) -> Result<(u64, u64), Fault> {
    let (mut bytes_out, mut bytes_in) = (0, 0);
    loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        if place >= count {
            return Ok((bytes_out, bytes_in));
        }
        let Kept { grpc, method, target, body } = &requests[place % requests.len()];
        bytes_out += body.len() as u64;
        let request = Request::builder().method(method.as_str());
        let request = if *grpc {
            let uri = format!("http://{authority}{target}");
            request.uri(uri).header("content-type", "application/grpc").header("te", "trailers")
        } else {
            request.uri(target).header("host", &authority).header("content-type", "application/json")
        };
        let request = request.body(Full::new(body.clone()))?;
        let response = match &mut connection {
            Connection::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Connection::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        bytes_in += dropped(response).await?;
    }
}

/// Takes an answer off the wire and drops it; an answer that is an error is an error.
async fn dropped(response: http::Response<Incoming>) -> Result<u64, Fault> {
    let (head, mut body) = response.into_parts();
    let (mut bytes, mut status) = (0, head.headers.get("grpc-status").cloned());
    while let Some(frame) = body.frame().await {
        let frame = frame?;
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        status = frame.trailers_ref().and_then(|trailers| trailers.get("grpc-status").cloned()).or(status);
    }
    if !head.status.is_success() || status.as_ref().is_some_and(|status| status != "0") {
        return Err(format!("the server answered {} with gRPC status {status:?}", head.status).into());
    }
    Ok(bytes)
}

/// The CPU time of all threads of this process: the kernel counts them in nanoseconds.
fn cpu_seconds() -> Result<f64, Fault> {
    let mut nanoseconds = 0_u64;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += line.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(std::time::Duration::from_nanos(nanoseconds).as_secs_f64())
}
