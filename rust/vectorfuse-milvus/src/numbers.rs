//! The numbers of vectors that servers keep in fewer bits than a float: little-endian, one after the other.

use half::{bf16, f16};
use vectorfuse_core::error::{Error, Result};

/// The numbers of a Float16Vector.
pub(crate) fn of_float16(bytes: &[u8]) -> Vec<f32> {
    pairs(bytes).map(|pair| f16::from_le_bytes(pair).to_f32()).collect()
}

/// The numbers of a BFloat16Vector.
pub(crate) fn of_bfloat16(bytes: &[u8]) -> Vec<f32> {
    pairs(bytes).map(|pair| bf16::from_le_bytes(pair).to_f32()).collect()
}

/// The numbers of a FloatVector.
pub(crate) fn of_floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

/// The numbers of an Int8Vector.
pub(crate) fn of_int8(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().map(|byte| f32::from(i8::from_le_bytes([*byte]))).collect()
}

/// The bits of a BinaryVector, the highest of each byte first.
pub(crate) fn of_bits(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| f32::from(byte >> (7 - bit) & 1))).collect()
}

/// The places of a sparse vector, and as many numbers.
pub(crate) fn of_sparse(bytes: &[u8]) -> Result<(Vec<u32>, Vec<f32>)> {
    let pairs = bytes.chunks_exact(8);
    if !pairs.remainder().is_empty() {
        return Err(Error::internal("the server sent half a number of a sparse vector"));
    }
    let pair = |pair: &[u8]| match *pair {
        [a, b, c, d, e, f, g, h] => (u32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h])),
        _ => (0, 0.0),
    };
    Ok(pairs.map(pair).unzip())
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.as_chunks().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_are_read() {
        assert_eq!(of_float16(&[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00]), [1.0, -2.0, 5.960_464_5e-8]);
        assert_eq!(of_bfloat16(&[0x80, 0x3f, 0x49, 0x40]), [1.0, 3.140_625]);
        assert_eq!(of_int8(&[0x80, 0xff, 0x7f]), [-128.0, -1.0, 127.0]);
        assert_eq!(of_bits(&[0b1010_0001]), [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let sparse = [7, 0, 0, 0, 0, 0, 0x80, 0x3f, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0xc0];
        assert_eq!(of_sparse(&sparse).unwrap(), (vec![7, u32::MAX], vec![1.0, -2.0]));
        assert!(of_sparse(&sparse[..7]).is_err());
    }
}
