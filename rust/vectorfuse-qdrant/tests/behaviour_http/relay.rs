//! A small HTTP server that passes requests on: as the proxy of an environment, or as one in front of a store that takes
//! a prefix off. One request per connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it does with a request.
#[derive(Clone)]
pub enum Work {
    /// Passes on what is addressed to others, and tunnels.
    Proxy,
    /// Takes this off the path and passes the rest on to this host and port.
    Prefix(&'static str, String),
    /// Answers with this status and header, and this body.
    Refuse(&'static str, &'static str),
    /// Does so with the first request, and passes the others on to this host and port.
    RefuseFirst(&'static str, &'static str, String),
}

pub struct Relay {
    /// Its host and port.
    pub authority: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    pub fn start(work: Work) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (work, seen) = (work.clone(), Arc::clone(&seen));
                std::thread::spawn(move || {
                    // A client that goes away in the middle is none of the relay's business.
                    let passed = pass(stream.unwrap(), &work, &seen);
                    drop(passed);
                });
            }
        });
        Self { authority, requests }
    }

    /// The requests that came, each as its first line and headers; without those that ask what the port speaks.
    pub fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().unwrap().clone();
        requests.retain(|request| !request.starts_with("PRI "));
        requests
    }
}

fn pass(mut client: TcpStream, work: &Work, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let first = {
        let mut seen = seen.lock().unwrap();
        seen.push(head.clone());
        seen.len() == 1
    };
    let (line, headers) = head.split_once("\r\n").unwrap();
    let parts: Vec<&str> = line.split(' ').collect();
    let (method, target) = (parts[0], parts[1]);
    let (upstream, path) = match work {
        Work::RefuseFirst(_, _, upstream) if !first => (upstream.clone(), target.to_owned()),
        Work::Refuse(status, body) | Work::RefuseFirst(status, body, _) => {
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            return client.write_all(answer.as_bytes());
        }
        Work::Prefix(prefix, upstream) => match target.strip_prefix(prefix) {
            Some(path) => (upstream.clone(), path.to_owned()),
            None => {
                return client.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        },
        Work::Proxy if method == "CONNECT" => {
            let store = TcpStream::connect(target)?;
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            return both_ways(client, store);
        }
        Work::Proxy => {
            let rest = target.strip_prefix("http://").unwrap();
            let (authority, path) = rest.split_once('/').unwrap();
            (authority.to_owned(), format!("/{path}"))
        }
    };
    let mut store = TcpStream::connect(upstream)?;
    store.write_all(format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n{headers}").as_bytes())?;
    both_ways(client, store)
}

/// Until the store has said all.
fn both_ways(client: TcpStream, store: TcpStream) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = (client.try_clone()?, client);
    let (mut from_store, mut to_store) = (store.try_clone()?, store);
    std::thread::spawn(move || {
        let copied = std::io::copy(&mut from_client, &mut to_store);
        drop(copied);
    });
    std::io::copy(&mut from_store, &mut to_client)?;
    to_client.shutdown(Shutdown::Both)
}
