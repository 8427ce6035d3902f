//! The server that costs nothing: which calls are discarded, replayed or passed on.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use crate::Fault;
use crate::forward::Behind;
use crate::reply::{self, PREFIX, Reply};
use crate::tally::{Kept, Tally};
use crate::{milvus, qdrant, rest};

/// HTTP/2's own window of 64 KiB would make every client wait for this server.
const STREAM_WINDOW: u32 = 16 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 64 * 1024 * 1024;

struct Front {
    grpc: Option<Behind>,
    rest: Option<Behind>,
    /// How many rows a read finds.
    rows: AtomicU64,
    /// Whether the next write is what reads replay.
    learns: AtomicBool,
    /// Whether bulk too goes to the server behind, and is counted all the same.
    passes: AtomicBool,
    tally: Mutex<Tally>,
    learnt: Mutex<Learnt>,
}

/// What reads replay.
#[derive(Clone, Default)]
enum Learnt {
    #[default]
    Nothing,
    Qdrant(Arc<qdrant::Points>),
    Rest(Arc<rest::Points>),
    Milvus(Arc<milvus::Columns>),
}

/// What is done about a call.
enum Call {
    QdrantUpsert,
    QdrantScroll,
    QdrantInfo,
    RestUpsert,
    RestScroll,
    RestInfo,
    MilvusWrite,
    MilvusQuery,
    MilvusSize,
    Other,
}

impl Call {
    fn of(method: &Method, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (path, method.as_str(), segments.as_slice()) {
            ("/qdrant.Points/Upsert", ..) => Self::QdrantUpsert,
            ("/qdrant.Points/Scroll", ..) => Self::QdrantScroll,
            ("/qdrant.Collections/Get", ..) => Self::QdrantInfo,
            ("/milvus.proto.milvus.MilvusService/Insert" | "/milvus.proto.milvus.MilvusService/Upsert", ..) => {
                Self::MilvusWrite
            }
            ("/milvus.proto.milvus.MilvusService/Query", ..) => Self::MilvusQuery,
            ("/milvus.proto.milvus.MilvusService/GetCollectionStatistics", ..) => Self::MilvusSize,
            (_, "PUT", ["collections", _, "points"]) => Self::RestUpsert,
            (_, "POST", ["collections", _, "points", "scroll"]) => Self::RestScroll,
            (_, "GET", ["collections", _]) => Self::RestInfo,
            _ => Self::Other,
        }
    }

    /// Whether it moves rows.
    fn is_bulk(&self) -> bool {
        match self {
            Self::QdrantUpsert
            | Self::QdrantScroll
            | Self::RestUpsert
            | Self::RestScroll
            | Self::MilvusWrite
            | Self::MilvusQuery => true,
            Self::QdrantInfo | Self::RestInfo | Self::MilvusSize | Self::Other => false,
        }
    }
}

/// Serves on a free port until the standard input ends.
pub(crate) async fn serve(grpc: Option<String>, rest: Option<String>) -> Result<(), Fault> {
    let front = Arc::new(Front {
        grpc: grpc.map(|url| Behind::new(url, true)),
        rest: rest.map(|url| Behind::new(url, false)),
        rows: AtomicU64::new(0),
        learns: AtomicBool::new(false),
        passes: AtomicBool::new(false),
        tally: Mutex::default(),
        learnt: Mutex::default(),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(std::io::stdout(), "READY http://127.0.0.1:{}", listener.local_addr()?.port())?;
    std::io::stdout().flush()?;
    end_with_stdin();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let front = Arc::clone(&front);
        tokio::spawn(async move {
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http2().initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
            let service = service_fn(move |request| Arc::clone(&front).answer(request));
            // A connection that breaks is the client's to notice.
            builder.serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}

fn end_with_stdin() {
    std::thread::spawn(|| {
        let mut buffer = [0; 64];
        while std::io::stdin().read(&mut buffer).is_ok_and(|count| count > 0) {}
        std::process::exit(0);
    });
}

impl Front {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Reply>, Infallible> {
        Ok(self.route(request).await.unwrap_or_else(|fault| reply::fault(fault.to_string())))
    }

    async fn route(&self, request: Request<Incoming>) -> Result<Response<Reply>, Fault> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        if let Some(command) = parts.uri.path().strip_prefix("/bench/") {
            return self.command(command, parts.uri.query().unwrap_or_default(), &body);
        }
        let call = Call::of(&parts.method, parts.uri.path());
        let kept = Kept {
            grpc: parts.version == Version::HTTP_2,
            method: parts.method.to_string(),
            target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            body: body.clone(),
        };
        let response = if self.passes.load(Ordering::Relaxed) { None } else { self.replay(&call, &body)? };
        let is_bulk = response.is_some() || (self.passes.load(Ordering::Relaxed) && call.is_bulk());
        let response = match response {
            Some(response) => response,
            None => self.pass(&call, parts, body).await?,
        };
        if is_bulk {
            self.tally().count(kept, response.body().len());
        }
        Ok(response)
    }

    /// The answer to a call that is discarded or replayed; `None` to one that the server behind has to answer: also a read
    /// of what nobody has written yet, of which that one knows as much.
    fn replay(&self, call: &Call, body: &Bytes) -> Result<Option<Response<Reply>>, Fault> {
        let rows = self.rows.load(Ordering::Relaxed);
        Ok(Some(match (call, self.learnt()) {
            (Call::QdrantUpsert, _) => {
                self.learn(|| Ok(Learnt::Qdrant(Arc::new(qdrant::Points::learn(unframed(body)?)?))))?;
                reply::message(&qdrant::upserted())
            }
            (Call::RestUpsert, _) => {
                self.learn(|| Ok(Learnt::Rest(Arc::new(rest::Points::learn(body)?))))?;
                reply::json(rest::UPSERTED)
            }
            (Call::MilvusWrite, _) => {
                self.learn(|| Ok(Learnt::Milvus(Arc::new(milvus::Columns::learn(unframed(body)?)?))))?;
                reply::message(&milvus::written(unframed(body)?)?)
            }
            (Call::QdrantScroll, Learnt::Qdrant(points)) => reply::grpc(points.page(unframed(body)?, rows)?),
            (Call::RestScroll, Learnt::Rest(points)) => reply::json(points.page(body, rows)?),
            (Call::MilvusQuery, Learnt::Milvus(columns)) => reply::message(&columns.answer(unframed(body)?, rows)?),
            (
                Call::QdrantScroll
                | Call::RestScroll
                | Call::MilvusQuery
                | Call::QdrantInfo
                | Call::RestInfo
                | Call::MilvusSize
                | Call::Other,
                _,
            ) => return Ok(None),
        }))
    }

    /// The answer of the server behind; of a collection's size the bench knows better.
    async fn pass(&self, call: &Call, parts: Parts, body: Bytes) -> Result<Response<Reply>, Fault> {
        let rows = self.rows.load(Ordering::Relaxed);
        let mut answered = self.ask(parts, body).await?;
        if rows > 0 {
            answered.body = match call {
                Call::QdrantInfo => qdrant::with_count(answered.body, rows)?,
                Call::RestInfo => rest::with_count(answered.body, rows)?,
                Call::MilvusSize => milvus::with_count(answered.body, rows)?,
                Call::QdrantUpsert
                | Call::QdrantScroll
                | Call::RestUpsert
                | Call::RestScroll
                | Call::MilvusWrite
                | Call::MilvusQuery
                | Call::Other => answered.body,
            };
        }
        Ok(answered.response())
    }

    async fn ask(&self, parts: Parts, body: Bytes) -> Result<crate::forward::Answered, Fault> {
        let (behind, protocol) =
            if parts.version == Version::HTTP_2 { (&self.grpc, "gRPC") } else { (&self.rest, "REST") };
        let behind = behind.as_ref().ok_or_else(|| format!("no server for {protocol} is behind this one"))?;
        behind.ask(parts, body).await
    }

    /// What the bench itself says and asks.
    fn command(&self, command: &str, query: &str, body: &[u8]) -> Result<Response<Reply>, Fault> {
        let parameter = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        match command {
            "reset" => {
                self.rows.store(parameter("rows").unwrap_or("0").parse()?, Ordering::Relaxed);
                self.learns.store(parameter("learns") == Some("1"), Ordering::Relaxed);
                self.passes.store(parameter("passes") == Some("1"), Ordering::Relaxed);
                *self.tally() = Tally::default();
            }
            "save" => std::fs::write(std::str::from_utf8(body)?, self.tally().file()?)?,
            "tally" => {}
            other => return Err(format!("no such command: {other}").into()),
        }
        Ok(reply::json(serde_json::to_vec(&*self.tally())?))
    }

    /// Takes what reads will replay from a request, once after each reset that asks for it.
    fn learn(&self, of: impl FnOnce() -> Result<Learnt, Fault>) -> Result<(), Fault> {
        if self.learns.swap(false, Ordering::Relaxed) {
            let learnt = of()?;
            *self.learnt.lock().unwrap_or_else(PoisonError::into_inner) = learnt;
        }
        Ok(())
    }

    fn learnt(&self) -> Learnt {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message of a gRPC request.
pub(crate) fn unframed(body: &Bytes) -> Result<Bytes, Fault> {
    match body.first() {
        Some(0) if body.len() >= PREFIX => Ok(body.slice(PREFIX..)),
        Some(_) => Err("compressed requests are not measured here".into()),
        None => Err("a gRPC request has no message".into()),
    }
}
