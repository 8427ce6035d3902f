//! How a store is reached: over gRPC or over HTTP, from the same options and with the same kinds of errors.

mod body;
pub mod endpoint;
mod frames;
pub mod grpc;
pub mod http;
pub mod pieces;
mod tls;

use crate::error::{Error, Result};
use crate::options::Options;
use crate::secret::Secret;

/// A header that a store wants with every request.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its name.
    pub name: &'static str,
    /// The option that gives its value.
    pub option: &'static str,
    /// Its value.
    pub value: Secret,
}

impl Header {
    /// The API key of the options, if they have one.
    #[must_use]
    pub fn api_key(name: &'static str, options: &Options) -> Option<Self> {
        options.named.api_key.clone().map(|value| Self { name, option: "api_key", value })
    }
}

/// A header that an option gives can't be the user's as well: one of them would be lost.
fn refuse_twice(options: &Options, name: &str, option: &str) -> Result<()> {
    if !options.headers.contains_key(name) {
        return Ok(());
    }
    Err(Error::options(format!("options `{option}` and `header.{name}` give the same header: keep one of them")))
}

/// An answer and its size on the wire.
#[derive(Debug)]
pub struct Answer<A> {
    /// The message.
    pub message: A,
    /// Its encoded size in bytes.
    pub bytes: usize,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The answer is larger than the limit of the call.
    TooLarge,
    /// Anything else.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TooLarge => Error::data("the store's answer is too large"),
            Failure::Error(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The words of an error and of its causes, each once.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    words
}
