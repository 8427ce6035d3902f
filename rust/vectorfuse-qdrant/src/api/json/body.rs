//! The body of a request that carries points, written from its first byte to its last right where it is sent from.
//!
//! Most of it is floats. By way of `serde` each of them would be three small writes; here it is one copy of its digits.

use serde::Serialize;
use vectorfuse_core::error::{Error, Result};

use super::super::http::LARGEST_REQUEST;

/// `-0.000012345678901234567`: the longest text of a double. A float has at most 16.
const DOUBLE: usize = 25;

/// So many floats are put together before they are copied into the body.
const TOGETHER: usize = 64;

/// The one float, 7.038531e-26, whose shortest decimal is another float once it has been a double; its negative is the
/// other one. Each of the 2^31 floats without a sign was tried. It is written as a double is, with all its digits.
const LOST: u32 = 0x15AE_43FD;

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
        let mut decimals = zmij::Buffer::new();
        let mut room = [0; TOGETHER * (DOUBLE + 1)];
        self.0.push(b'[');
        for some in floats.chunks(TOGETHER) {
            let mut end = 0;
            for float in some {
                if !float.is_finite() {
                    return Err(unsayable(format!("JSON has no {float}")));
                }
                let decimal = if float.abs().to_bits() == LOST {
                    decimals.format_finite(f64::from(*float))
                } else {
                    decimals.format_finite(*float)
                };
                put(decimal.as_bytes(), &mut room[end..]);
                end += decimal.len();
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

/// Copies a few bytes: most decimals of a float as two times eight, which may overlap.
#[inline]
fn put(decimal: &[u8], room: &mut [u8]) {
    let room = &mut room[..decimal.len()];
    match (decimal.first_chunk::<8>(), decimal.last_chunk::<8>()) {
        (Some(first), Some(last)) if decimal.len() <= 16 => {
            let behind = decimal.len() - 8;
            room[..8].copy_from_slice(first);
            room[behind..].copy_from_slice(last);
        }
        _ => room.copy_from_slice(decimal),
    }
}

/// What has no form in JSON.
pub(super) fn unsayable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::data("the request has no form in JSON").caused_by(cause)
}
