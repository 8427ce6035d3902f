//! Puts the services on a port and takes them off again: start, the line that says it is ready,
//! and an end that leaves the data whole.

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context;
use qdrant_client::qdrant::collections_server::CollectionsServer;
use qdrant_client::qdrant::points_server::PointsServer;
use qdrant_client::qdrant::qdrant_server::QdrantServer;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::Arguments;
use crate::auth::{AuthLayer, Keys};
use crate::catalog::Catalog;
use crate::rest;
use crate::service::collections::CollectionsService;
use crate::service::health::HealthService;
use crate::service::points::PointsService;
use crate::tls::Tls;

/// The server takes messages of any size, and compresses for a client that asks for it.
macro_rules! as_the_server_does {
    ($service:expr) => {
        $service.max_decoding_message_size(usize::MAX).accept_compressed(Gzip).send_compressed(Gzip)
    };
}

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Taken before the line that says it is ready, so that a signal sent on it is not lost.
    let terminate = signal(SignalKind::terminate())?;
    let interrupt = signal(SignalKind::interrupt())?;

    let mut builder = Server::builder();
    let tls = Tls::read(&arguments)?;
    if let Some(tls) = &tls {
        builder = builder.tls_config(tls.for_grpc())?;
    }
    let for_rest = tls.as_ref().map(Tls::for_rest).transpose()?;
    let scheme = match tls {
        Some(_) => "https",
        None => "http",
    };

    let data = arguments.data.clone();
    let catalog = tokio::task::spawn_blocking(move || Catalog::open(data)).await??;
    let catalog = Arc::new(catalog);
    let (listener, port) = listen(arguments.port).await?;
    let (rest_listener, rest_port) = listen(arguments.rest_port).await?;
    let keys = Keys { full: arguments.api_key, read_only: arguments.read_only_api_key };
    let rest_router = rest::router(catalog.clone(), keys.clone());
    let router = builder
        .layer(AuthLayer::new(keys))
        .add_service(as_the_server_does!(QdrantServer::new(HealthService)))
        .add_service(as_the_server_does!(CollectionsServer::new(CollectionsService(catalog.clone()))))
        .add_service(as_the_server_does!(PointsServer::new(PointsService(catalog.clone()))));
    ready(scheme, port, rest_port)?;
    let end = end(terminate, interrupt, arguments.exit_with_stdin);
    tokio::select! {
        // A client that keeps its connection open must not keep the server alive.
        served = router.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))) => served?,
        served = rest::serve(rest_listener, for_rest, rest_router) => served?,
        () = end => {}
    }
    tokio::task::spawn_blocking(move || catalog.close()).await?;
    eprintln!("closed all collections");
    Ok(())
}

async fn listen(port: u16) -> anyhow::Result<(TcpListener, u16)> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| format!("listening on port {port}"))?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Both lines are one write: whoever waits for the first may read the second, and whoever closes the
/// pipe after the first doesn't break it for the second.
fn ready(scheme: &str, port: u16, rest_port: u16) -> std::io::Result<()> {
    let lines = format!("READY {scheme}://127.0.0.1:{port}\nREST {scheme}://127.0.0.1:{rest_port}\n");
    std::io::stdout().write_all(lines.as_bytes())?;
    std::io::stdout().flush()
}

async fn end(mut terminate: Signal, mut interrupt: Signal, with_stdin: bool) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = end_of_stdin(), if with_stdin => {}
    }
}

/// Whatever comes in is passed over; an error counts as the end. The thread is not the runtime's:
/// that would wait for the read before it ends.
async fn end_of_stdin() {
    let (told, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while std::io::stdin().read(&mut buffer).is_ok_and(|count| count > 0) {}
        told.send(())
    });
    if end.await.is_err() {
        std::future::pending::<()>().await;
    }
}
