//! What came in bulk: how much of it, and the requests themselves, which a floor sends again.

use std::fmt::Write;

use bytes::Bytes;
use serde::Serialize;

use crate::Fault;

/// Requests beyond so many bytes are counted and not kept: a floor sends those that were kept again and again.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

#[derive(Default, Serialize)]
pub(crate) struct Tally {
    requests: u64,
    bytes_in: u64,
    bytes_out: u64,
    #[serde(skip)]
    kept: Vec<Kept>,
    #[serde(skip)]
    kept_bytes: usize,
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Kept {
    /// Whether it was gRPC's, which is HTTP/2's here.
    pub(crate) grpc: bool,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) body: Bytes,
}

impl Tally {
    pub(crate) fn count(&mut self, request: Kept, bytes_out: usize) {
        self.requests += 1;
        self.bytes_in += request.body.len() as u64;
        self.bytes_out += bytes_out as u64;
        if self.kept_bytes + request.body.len() <= KEPT_BYTES {
            self.kept_bytes += request.body.len();
            self.kept.push(request);
        }
    }

    /// The kept requests as a file: for each a line that says what it is, then its body.
    pub(crate) fn file(&self) -> Result<Vec<u8>, Fault> {
        let mut file = Vec::with_capacity(self.kept_bytes);
        for Kept { grpc, method, target, body } in &self.kept {
            let mut line = String::new();
            writeln!(line, "{} {method} {target} {}", if *grpc { "h2" } else { "h1" }, body.len())?;
            file.extend_from_slice(line.as_bytes());
            file.extend_from_slice(body);
        }
        Ok(file)
    }
}

/// The requests of such a file.
pub(crate) fn read(mut file: Bytes) -> Result<Vec<Kept>, Fault> {
    let mut requests = Vec::new();
    while !file.is_empty() {
        let end = file.iter().position(|byte| *byte == b'\n').ok_or("a request of the file has no first line")?;
        let line = String::from_utf8(file.split_to(end + 1).to_vec())?;
        let [protocol, method, target, length] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("no request begins with {line}").into());
        };
        let length: usize = length.parse()?;
        if length > file.len() {
            return Err("the file ends within a request".into());
        }
        requests.push(Kept {
            grpc: protocol == "h2",
            method: method.to_owned(),
            target: target.to_owned(),
            body: file.split_to(length),
        });
    }
    Ok(requests)
}
