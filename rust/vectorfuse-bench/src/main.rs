//! The programs that `make bench` measures VectorFuse against, in one binary:
//!
//! `front` is a server that costs nothing: it stands before a real server, passes the small calls on, discards what is
//! written in bulk and replays it to whoever reads. So the client alone is measured, and the client can't tell.
//!
//! `send` is the floor: it sends the requests that a client sent to `front`, already encoded, over one connection, and drops
//! the answers. No client of that protocol can move the same bytes for less.

mod floor;
mod forward;
mod front;
mod milvus;
mod qdrant;
mod reply;
mod rest;
mod tally;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

/// What goes wrong here is told to the person who runs the bench, and ends it.
type Fault = Box<dyn Error + Send + Sync>;

const USAGE: &str = "vectorfuse-bench front [--grpc URL] [--rest URL]
    serves gRPC and REST on one free port of 127.0.0.1 until its standard input ends; prints READY <url>
vectorfuse-bench send --url URL --requests FILE [--count N] [--in-flight N]
    sends the requests of the file, again and again until there were N, and prints what it took as JSON";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Where standard error is closed, the exit code has to do.
            writeln!(std::io::stderr(), "{fault}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
        }
    }
}

async fn run(arguments: &[String]) -> Result<(), Fault> {
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    match arguments.first().map(String::as_str) {
        Some("front") => front::serve(option("--grpc"), option("--rest")).await,
        Some("send") => {
            let (Some(url), Some(file)) = (option("--url"), option("--requests")) else { return Err(USAGE.into()) };
            let count = option("--count").map(|count| count.parse()).transpose()?;
            let in_flight = option("--in-flight").map_or(Ok(1), |count| count.parse())?;
            floor::send(&url, &file, count, in_flight).await
        }
        Some(_) | None => Err(USAGE.into()),
    }
}
