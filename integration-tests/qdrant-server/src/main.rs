//! A Qdrant for the integration tests: the real engine behind the real gRPC and REST protocols,
//! in one process that needs no container and no network beyond the loopback.

mod auth;
mod catalog;
mod check;
mod cluster;
mod collection;
mod convert;
mod definition;
mod indexed;
mod limits;
mod mark;
mod merge;
mod operation;
mod part;
mod parts;
mod rate;
mod reading;
mod refusal;
mod rest;
mod serve;
mod service;
mod shard_key;
mod slice;
mod tls;
mod version;

use std::path::PathBuf;

use clap::Parser;

/// Serves a folder of Qdrant collections over gRPC and REST on 127.0.0.1.
#[derive(Parser)]
#[command(version)]
pub struct Arguments {
    /// Where the collections are kept; made when it does not exist.
    #[arg(long)]
    data: PathBuf,

    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// The port of the REST API; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    rest_port: u16,

    /// Asks every request for this key.
    #[arg(long)]
    api_key: Option<String>,

    /// A second key, which may read but not write.
    #[arg(long)]
    read_only_api_key: Option<String>,

    /// The certificate to serve TLS with, as PEM.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate, as PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Serves only clients that show a certificate of this authority, as PEM.
    #[arg(long, requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,

    /// The version to pass for: what came later is passed over, as by a server of that version.
    #[arg(long, default_value_t)]
    server_version: version::Version,

    /// Ends when the standard input does, so that a killed test leaves no server behind.
    #[arg(long)]
    exit_with_stdin: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    version::set(arguments.server_version)?;
    serve::run(arguments).await
}
