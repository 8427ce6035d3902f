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

/// Up to 32 bytes on their way into a vector, which gets them at once: there each byte would wait until the length that the
/// one before gave the vector has reached the memory.
#[derive(Debug, Default)]
pub struct Few {
    bytes: [u8; Self::MOST],
    length: usize,
}

impl Few {
    /// Two heads of fields, or one and a number behind its key.
    const MOST: usize = 32;

    /// The number of a field, and how its value is written.
    #[inline]
    pub fn key(&mut self, number: u32, wire_type: WireType) {
        self.varint((number << 3 | wire_type as u32).into());
    }

    /// A number in as many bytes as it needs.
    #[inline]
    pub fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            self.byte(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.byte(number.to_le_bytes()[0]);
    }

    /// What stands before a field of so many bytes.
    #[inline]
    pub fn head(&mut self, number: u32, size: usize) {
        self.key(number, WireType::LengthDelimited);
        self.varint(size as u64);
    }

    /// Eight bytes as they are.
    #[inline]
    pub fn eight(&mut self, bytes: [u8; 8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(&bytes);
        self.length += bytes.len();
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Adds them to a vector.
    #[inline]
    pub fn put(&self, into: &mut Vec<u8>) {
        // Of a known length, so that this is no call; what is too much is gone at once.
        let end = into.len() + self.length;
        into.extend_from_slice(&self.bytes);
        into.truncate(end);
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }
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

        #[test]
        fn few_are_the_same(numbers: [u32; 2], sizes: [usize; 2], shift in 0_u32..64, bits: u64, eight: [u8; 8]) {
            let [first, second] = numbers.map(|number| 1 + number % ((1 << 29) - 1));
            let (mut heads, mut value, mut fixed) = (Few::default(), Few::default(), Few::default());
            let mut reference = vec![7];
            for (number, size) in [first, second].into_iter().zip(sizes) {
                heads.head(number, size);
                head(number, size, &mut reference);
            }
            value.head(first, sizes[0]);
            value.varint(bits >> shift);
            head(first, sizes[0], &mut reference);
            varint(bits >> shift, &mut reference);
            fixed.key(second, WireType::SixtyFourBit);
            fixed.eight(eight);
            key(second, WireType::SixtyFourBit, &mut reference);
            reference.extend_from_slice(&eight);
            let mut own = vec![7];
            let parts = [heads, value, fixed];
            parts.iter().for_each(|few| few.put(&mut own));
            prop_assert_eq!(&own, &reference);
            prop_assert_eq!(parts.each_ref().map(Few::as_slice).concat(), &reference[1..]);
        }
    }
}
