//! Vectors as the bytes that the server keeps: halves of floats, single bytes, and pairs of places and numbers.

use half::{bf16, f16};
use vectorfuse_core::error::{Error, Result};

/// The server keeps the last place for itself.
const MOST_PLACE: u32 = u32::MAX - 1;

/// The numbers as they are, the lowest byte first.
pub(crate) fn float32(numbers: &[f32]) -> Vec<u8> {
    let mut bytes = vec![0; 4 * numbers.len()];
    for (four, number) in bytes.chunks_exact_mut(4).zip(numbers) {
        four.copy_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// 16-bit floats, each the nearest one (of two as near the even one), the lowest byte first.
pub(crate) fn float16(numbers: &[f32]) -> Result<Vec<u8>> {
    halves(numbers, "Float16", f16::MAX.to_f32(), |number| f16::from_f32(number).to_bits())
}

/// The same of floats with the exponents of 32-bit ones.
pub(crate) fn bfloat16(numbers: &[f32]) -> Result<Vec<u8>> {
    halves(numbers, "BFloat16", bf16::MAX.to_f32(), |number| bf16::from_f32(number).to_bits())
}

fn halves(numbers: &[f32], name: &str, most: f32, half: impl Fn(f32) -> u16) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(2 * numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        let rounded = half(*number);
        // All bits of the exponent: what was finite became infinite.
        let exponent = half(f32::INFINITY);
        if rounded & exponent == exponent {
            return Err(Error::data(format!(
                "the vector's element {place} is {number}: {name}, which the field keeps, ends at {most}"
            )));
        }
        bytes.extend(rounded.to_le_bytes());
    }
    Ok(bytes)
}

/// Signed bytes; nothing is rounded.
pub(crate) fn int8(numbers: &[f32]) -> Result<Vec<u8>> {
    let byte = |(place, number): (usize, &f32)| {
        // Out of range it saturates, and is seen to be another number.
        #[allow(clippy::cast_possible_truncation)]
        let byte = *number as i8;
        if f32::from(byte) == *number {
            return Ok(byte.cast_unsigned());
        }
        Err(Error::data(format!(
            "the vector's element {place} is {number}: the field keeps whole numbers from -128 to 127"
        )))
    };
    numbers.iter().enumerate().map(byte).collect()
}

/// Pairs of a place and its number, by their places, which are in order and different already.
pub(crate) fn sparse(places: &[u32], numbers: &[f32]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(8 * places.len());
    for (place, number) in places.iter().zip(numbers) {
        if *place > MOST_PLACE {
            return Err(Error::data(format!("the index {place} is too large: the store's last one is {MOST_PLACE}")));
        }
        if *number < 0.0 {
            return Err(Error::data(format!(
                "the value at index {place} is {number}: the store takes no negative numbers in sparse vectors"
            )));
        }
        bytes.extend(place.to_le_bytes());
        bytes.extend(number.to_le_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::api::proto::{FloatArray, PackedFloats};

    #[test]
    fn packed_floats_are_on_the_wire_what_a_list_of_floats_is() {
        for numbers in [vec![], vec![0.0], vec![1.5, -0.0, f32::MIN_POSITIVE, f32::MAX, f32::from_bits(1)]] {
            let packed = PackedFloats { data: float32(&numbers).into() }.encode_to_vec();
            assert_eq!(packed, FloatArray { data: numbers }.encode_to_vec());
        }
    }

    #[test]
    fn halves_are_the_nearest_ones_and_ties_go_to_the_even_one() {
        // 1 + 2^-11 lies between 1 and the next 16-bit float, 1 + 3 * 2^-11 between two of which the upper is even.
        let numbers = [1.0, 1.0 + 1.0 / 2048.0, 1.0 + 3.0 / 2048.0, -0.0, 65504.0];
        assert_eq!(float16(&numbers).unwrap(), [0, 0x3c, 0, 0x3c, 2, 0x3c, 0, 0x80, 0xff, 0x7b]);
        let numbers = [1.0, 1.0 + 1.0 / 256.0, 1.0 + 3.0 / 256.0, 3e38];
        assert_eq!(bfloat16(&numbers).unwrap(), [0x80, 0x3f, 0x80, 0x3f, 0x82, 0x3f, 0x62, 0x7f]);
        let said = float16(&[0.0, 65520.0]).unwrap_err().to_string();
        assert_eq!(said, "the vector's element 1 is 65520: Float16, which the field keeps, ends at 65504");
        assert!(bfloat16(&[f32::MAX]).is_err());
    }

    #[test]
    fn bytes_are_never_rounded() {
        assert_eq!(int8(&[-128.0, -1.0, 0.0, 127.0]).unwrap(), [0x80, 0xff, 0, 0x7f]);
        for number in [128.0, -129.0, 0.5, 1e30] {
            assert!(int8(&[number]).unwrap_err().to_string().contains("whole numbers"), "{number}");
        }
    }

    #[test]
    fn sparse_vectors_are_pairs_of_little_endian_numbers() {
        assert_eq!(sparse(&[1, 258], &[1.0, 0.5]).unwrap(), [1, 0, 0, 0, 0, 0, 0x80, 0x3f, 2, 1, 0, 0, 0, 0, 0, 0x3f]);
        assert!(sparse(&[u32::MAX], &[1.0]).is_err());
        assert!(sparse(&[1], &[-1.0]).is_err());
    }
}
