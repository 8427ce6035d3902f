//! The bytes that stand before the values of a message, for stores that encode messages themselves.
//!
//! Source of the format: Protocol Buffers' encoding. prost's functions do the same for any buffer, and give a vector each
//! byte as a slice of one; here a byte is a push.

use prost::encoding::{WireType, encoded_len_varint, key_len};

/// The number of a field, and how its value is written.
pub fn key(number: u32, wire_type: WireType, into: &mut Vec<u8>) {
    varint((number << 3 | wire_type as u32).into(), into);
}

/// A number in as many bytes as it needs.
pub fn varint(mut number: u64, into: &mut Vec<u8>) {
    while number > 0x7f {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

/// What stands before a field of so many bytes.
pub fn head(number: u32, size: usize, into: &mut Vec<u8>) {
    key(number, WireType::LengthDelimited, into);
    varint(size as u64, into);
}

/// The size of a field of so many bytes with what stands before it.
#[must_use]
pub fn framed(number: u32, size: usize) -> usize {
    key_len(number) + encoded_len_varint(size as u64) + size
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::encoding::{encode_key, encode_varint};

    use super::*;

    proptest! {
        #[test]
        fn they_are_those_of_prost(number in 1_u32..=(1 << 29) - 1, shift in 0_u32..64, bits: u64) {
            let value = bits >> shift;
            let (mut own, mut reference) = (Vec::new(), Vec::new());
            key(number, WireType::SixtyFourBit, &mut own);
            varint(value, &mut own);
            encode_key(number, WireType::SixtyFourBit, &mut reference);
            encode_varint(value, &mut reference);
            prop_assert_eq!(&own, &reference);
            let size = usize::try_from(value >> 8).unwrap();
            own.clear();
            head(number, size, &mut own);
            prop_assert_eq!(own.len() + size, framed(number, size));
        }
    }
}
