//! The fields of an encoded message, one after the other, where they stand.

use prost::encoding::{WireType, decode_varint};
use vectorfuse_core::error::{Error, Result};

/// Goes through the fields of a message; an error is the last.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Content<'a> {
    Varint(u64),
    /// Of a double, or an integer of as many bytes.
    Eight(u64),
    Bytes(&'a [u8]),
    /// Of a float, or an integer of as many bytes.
    Four(u32),
}

impl<'a> Iterator for Fields<'a> {
    /// The field's number, and what it holds.
    type Item = Result<(u32, Content<'a>)>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    #[inline]
    fn field(&mut self) -> Result<(u32, Content<'a>)> {
        let key = u32::try_from(varint(&mut self.0)?).map_err(broken)?;
        let wire_type = WireType::try_from(u64::from(key & 7)).map_err(broken)?;
        let number = key >> 3;
        if number == 0 {
            return Err(broken("a field without a number"));
        }
        let content = match wire_type {
            WireType::Varint => Content::Varint(varint(&mut self.0)?),
            WireType::SixtyFourBit => Content::Eight(u64::from_le_bytes(self.some()?)),
            WireType::LengthDelimited => {
                let size = usize::try_from(varint(&mut self.0)?).map_err(broken)?;
                let (bytes, rest) = self.0.split_at_checked(size).ok_or_else(|| broken("a field beyond the end"))?;
                self.0 = rest;
                Content::Bytes(bytes)
            }
            WireType::ThirtyTwoBit => Content::Four(u32::from_le_bytes(self.some()?)),
            WireType::StartGroup | WireType::EndGroup => return Err(broken("a group, of which the protocol has none")),
        };
        Ok((number, content))
    }

    fn some<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (some, rest) = self.0.split_first_chunk().ok_or_else(|| broken("a number beyond the end"))?;
        self.0 = rest;
        Ok(*some)
    }
}

impl<'a> Content<'a> {
    #[inline]
    pub(crate) fn varint(self) -> Result<u64> {
        if let Self::Varint(value) = self { Ok(value) } else { Err(mistaken()) }
    }

    #[inline]
    pub(crate) fn double(self) -> Result<f64> {
        if let Self::Eight(bits) = self { Ok(f64::from_bits(bits)) } else { Err(mistaken()) }
    }

    #[inline]
    pub(crate) fn bytes(self) -> Result<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(mistaken()) }
    }

    #[inline]
    pub(crate) fn text(self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(broken)
    }

    /// More items of a repeated field of 32-bit integers: one, or several that are packed.
    pub(crate) fn integers(self, into: &mut Vec<u32>) -> Result<()> {
        let mut integer = |value: u64| {
            into.push(u32::try_from(value).map_err(broken)?);
            Ok(())
        };
        match self {
            Self::Varint(value) => integer(value),
            Self::Bytes(mut packed) => {
                while !packed.is_empty() {
                    integer(varint(&mut packed)?)?;
                }
                Ok(())
            }
            Self::Eight(_) | Self::Four(_) => Err(mistaken()),
        }
    }
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Result<u64> {
    // Nearly all are below 128.
    if let [only @ ..=0x7f, rest @ ..] = *bytes {
        *bytes = rest;
        return Ok((*only).into());
    }
    decode_varint(bytes).map_err(broken)
}

/// A field of another type than it has.
#[cold]
pub(crate) fn mistaken() -> Error {
    broken("a field of another type")
}

/// Bytes that are no message of the protocol.
#[cold]
pub(crate) fn broken(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal("the store's answer is no message").caused_by(cause)
}
