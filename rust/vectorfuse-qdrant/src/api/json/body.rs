//! The body of a request that carries points, written from its first byte to its last right where it is sent from.
//!
//! Most of it is floats. By way of `serde` each of them would be three small writes; here it is one copy of its digits.

use serde::Serialize;
use vectorfuse_core::decimal;
use vectorfuse_core::error::{Error, Result};

use super::super::http::LARGEST_REQUEST;

/// So many floats are put together before they are copied into the body.
const TOGETHER: usize = 64;

/// What is written of a body.
#[derive(Default)]
pub(super) struct Body(Vec<u8>);

impl Body {
    /// The whole of it.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// A text of JSON as it is.
    pub(super) fn raw(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    /// Any value.
    pub(super) fn value(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.0, value).map_err(unsayable)
    }

    /// A list, each item by `item`.
    pub(super) fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T) -> Result<()>) -> Result<()> {
        let start = self.0.len();
        self.raw("[");
        for (place, one) in items.iter().enumerate() {
            if place == 1 {
                // Most likely all are as large as the first, or some a bit larger: the body then never moves.
                let first = self.0.len() - start;
                self.0.reserve((first + first / 8).saturating_mul(items.len()).min(LARGEST_REQUEST));
            }
            if place > 0 {
                self.raw(",");
            }
            item(self, one)?;
        }
        self.raw("]");
        Ok(())
    }

    /// A list of floats.
    pub(super) fn floats(&mut self, floats: &[f32]) -> Result<()> {
        // Behind each a comma.
        let mut room = [0; TOGETHER * (decimal::ROOM + 1)];
        self.0.push(b'[');
        for some in floats.chunks(TOGETHER) {
            let mut end = 0;
            for float in some {
                let length = decimal::put(*float, &mut room[end..]);
                end += length.ok_or_else(|| unsayable(format!("JSON has no {float}")))?;
                room[end] = b',';
                end += 1;
            }
            self.0.extend_from_slice(&room[..end]);
        }
        if !floats.is_empty() {
            self.0.pop(); // the last comma
        }
        self.0.push(b']');
        Ok(())
    }
}

/// What has no form in JSON.
pub(super) fn unsayable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::data("the request has no form in JSON").caused_by(cause)
}
