//! Qdrant's REST: each request of [`Call`] as method, path and JSON, and each answer from JSON to the same message that
//! gRPC gives. The messages are the one form in which the rest of this crate knows the protocol.
//!
//! What the JSON of this version can't say is refused, and an answer that is not as expected is an error: nothing falls
//! back to a default. Settings of a newer server that we do not know are passed over, as gRPC passes them over; in a
//! point nothing is.

mod body;
mod changes;
mod collections;
mod decimal;
mod definition;
mod filter;
mod indexes;
mod info;
mod names;
mod parser;
mod points;
mod query;
mod reads;
mod selectors;
mod settings;
pub(crate) mod size;
mod value;
mod vectors;

#[cfg(test)]
mod tests;

use std::fmt::Write;

use http::Method;
use qdrant_client::qdrant::Filter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Result};

use self::body::{Body, unsayable};
use super::calls::Call;

/// A request that REST knows.
pub(crate) trait Rest: Call {
    /// The request in HTTP's words.
    fn question(&self) -> Result<Question>;
    /// The answer of this body.
    fn answer(body: &[u8]) -> Result<Self::Answer>;
}

/// Method, path and body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Vec<u8>>,
}

impl Question {
    /// A request without a body.
    fn bare(method: Method, path: Path) -> Self {
        Self { method, path: path.0, body: None }
    }

    fn new(method: Method, path: Path, body: &impl Serialize) -> Result<Self> {
        let mut text = Body::default();
        text.value(body)?;
        Ok(Self::written(method, path, text))
    }

    /// With a body that is already text.
    fn written(method: Method, path: Path, body: Body) -> Self {
        Self { method, path: path.0, body: Some(body.finish()) }
    }
}

/// A path with its parameters.
struct Path(String);

impl Path {
    fn collection(name: &str) -> Self {
        Self("/collections".to_owned()).part(name)
    }

    /// One more part, escaped.
    fn part(mut self, part: &str) -> Self {
        self.0.push('/');
        escape(part, &mut self.0);
        self
    }

    /// More parts, as they are.
    fn route(mut self, parts: &str) -> Self {
        self.0.push_str(parts);
        self
    }

    /// A parameter, if it has a value.
    fn with(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(name);
            self.0.push('=');
            escape(&value.to_string(), &mut self.0);
        }
        self
    }
}

/// RFC 3986, 2.1: all but the unreserved characters as their bytes in hexadecimal.
fn escape(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => into.push(char::from(byte)),
            other => {
                let written = write!(into, "%{other:02X}");
                debug_assert!(written.is_ok(), "a string takes whatever is written");
            }
        }
    }
}

/// What every answer stands in.
#[derive(Deserialize)]
struct Envelope<T> {
    result: T,
    time: f64,
}

/// The result and the time that an answer took.
fn result<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<(T, f64)> {
    let envelope: Envelope<T> = serde_json::from_slice(body).map_err(unexpected)?;
    Ok((envelope.result, envelope.time))
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(unexpected)
}

/// An answer that is not what the protocol says.
fn unexpected(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal("the store's answer is not as expected").caused_by(cause)
}

/// What the JSON of this version has no word for.
/// Refuses a filter that JSON has no words for.
pub(crate) fn check_said(filter: &Filter) -> Result<()> {
    filter::said(filter).map(drop)
}

fn unsaid(what: &str) -> Error {
    Error::unsupported(format!("{what} can't be said over HTTP: use `transport` `grpc`"))
}

/// A part of a request that must be there.
fn given<T>(part: Option<T>, what: &'static str) -> Result<T> {
    part.ok_or_else(|| Error::internal(format!("a request without {what}")))
}

/// An object of those fields that have a value.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A value that can't fail to be JSON.
fn value(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

/// Something of the crate that knows its JSON.
fn to_value(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(unsayable)
}

/// Refuses what has no word.
fn refuse<T>(part: &Option<T>, what: &str) -> Result<()> {
    match part {
        Some(_) => Err(unsaid(what)),
        None => Ok(()),
    }
}
