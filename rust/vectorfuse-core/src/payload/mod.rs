//! Payload values and Spark's values, both ways, without a change: what does not fit is an error.
//!
//! | Spark | document |
//! |---|---|
//! | boolean | boolean |
//! | byte, short, integer, long | integer |
//! | float, double | double (finite) |
//! | decimal | string, exact, plain notation |
//! | string | string |
//! | binary | base64 string (RFC 4648, with padding) |
//! | date, timestamp, timestamp_ntz | string of [`crate::civil`]; a timestamp ends in `Z` |
//! | array | list |
//! | struct | object, a null member is kept as null |
//! | map | object; keys that are no strings are kept as their text |
//! | variant | its value |

mod decode;
mod encode;
mod infer;
mod sparse_text;
mod text;
mod variant;

pub use decode::{ColumnBuilder, Run};
pub use encode::{Atom, ColumnReader, Scalar};
pub use infer::{Sample, merge_index_type};

/// The text of an instant in a payload.
#[must_use]
pub fn timestamp_text(micros: i64) -> String {
    text::timestamp(micros)
}

/// The one text of a decimal in a payload's field of this precision and scale; `None` if it does not fit exactly.
#[must_use]
pub fn decimal_text(written: &str, precision: u8, scale: i8) -> Option<String> {
    text::parse_decimal(written, precision, scale).map(|unscaled| text::decimal(unscaled, scale))
}

#[cfg(test)]
mod tests;
