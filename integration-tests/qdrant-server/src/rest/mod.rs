//! Qdrant's REST API on a port of its own. Its JSON is read by the engine's own types, which are the
//! server's, and not by way of the gRPC messages: so the two protocols share no mistake.

mod answer;
mod collections;
mod definition;
mod filter;
mod info;
mod output;
mod points;
mod query;
mod reads;
mod request;
mod settings;
mod shards;
mod vectors;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use http::{Method, StatusCode};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::auth::Keys;
use crate::catalog::Catalog;
use answer::Refused;

pub fn router(catalog: Arc<Catalog>, keys: Keys) -> Router {
    let points = Router::new()
        .route("/", put(points::upsert).post(reads::retrieve))
        .route("/delete", post(points::delete))
        .route("/vectors", put(points::update_vectors))
        .route("/vectors/delete", post(points::delete_vectors))
        .route("/payload", post(points::set_payload).put(points::overwrite_payload))
        .route("/payload/delete", post(points::delete_payload))
        .route("/payload/clear", post(points::clear_payload))
        .route("/batch", post(points::batch))
        .route("/scroll", post(reads::scroll))
        .route("/query", post(reads::query))
        .route("/query/batch", post(reads::query_batch))
        .route("/count", post(reads::count));
    let collection = Router::new()
        .route(
            "/",
            get(collections::info).put(collections::create).patch(collections::update).delete(collections::delete),
        )
        .route("/exists", get(collections::exists))
        .route("/aliases", get(collections::aliases_of))
        .route("/index", put(collections::create_index))
        .route("/index/{field}", delete(collections::delete_index))
        .route("/shards", get(shards::listed).put(shards::create))
        .route("/shards/delete", post(shards::delete))
        .route("/cluster", get(shards::cluster))
        .route("/facet", post(reads::facet))
        .nest("/points", points);
    Router::new()
        .route("/", get(collections::version))
        .route("/aliases", get(collections::aliases))
        .route("/collections", get(collections::list))
        .route("/collections/aliases", post(collections::change_aliases))
        .nest("/collections/{collection}", collection)
        .fallback(async || StatusCode::NOT_FOUND)
        .method_not_allowed_fallback(async || StatusCode::NOT_FOUND)
        .layer(from_fn_with_state(Arc::new(keys), guard))
        .with_state(catalog)
}

/// Lets through whom the keys allow. The refusals are plain text, as the server's are.
async fn guard(State(keys): State<Arc<Keys>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // As by the server: it is how a client finds out that a key is needed.
    if path == "/" {
        return next.run(request).await;
    }
    match keys.judge(reads(request.method(), path), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(status) => {
            let words = status.message().to_owned();
            (Refused::from(status).code(), words).into_response()
        }
    }
}

/// Whatever is not known to leave the stored data alone counts as a write.
fn reads(method: &Method, path: &str) -> bool {
    const READING: [&str; 6] =
        ["/points", "/points/scroll", "/points/query", "/points/query/batch", "/points/count", "/facet"];
    method == Method::GET || (method == Method::POST && READING.iter().any(|end| path.ends_with(end)))
}

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (tls, router) = (tls.clone(), router.clone());
        tokio::spawn(async move {
            match tls {
                None => converse(stream, router).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => converse(stream, router).await,
                    Err(error) => eprintln!("REST: no TLS: {error}"),
                },
            }
        });
    }
}

/// HTTP/1.1 only, as the server: whoever speaks gRPC to this port is not understood.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, router: Router) {
    let service = TowerToHyperService::new(router);
    let served = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        eprintln!("REST: a connection ended early: {error}");
    }
}
