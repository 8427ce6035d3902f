//! Slices of the ids, which came with 1.19.

use std::hash::Hasher;
use std::num::NonZeroU32;

use qdrant_edge::PointId;
use tonic::Status;

use crate::refusal::Answer;

#[derive(Clone, Copy)]
pub struct Slice {
    pub total: NonZeroU32,
    pub index: u32,
}

impl Slice {
    pub fn new(total: u32, index: u32) -> Answer<Self> {
        let total =
            NonZeroU32::new(total).ok_or_else(|| Status::invalid_argument("Slice total must be greater than 0"))?;
        if index >= total.get() {
            return Err(Status::invalid_argument("Slice index must be less than the total number of slices"));
        }
        Ok(Self { total, index })
    }

    pub fn holds(self, id: PointId) -> bool {
        hash(id) % u64::from(self.total.get()) == u64::from(self.index)
    }
}

/// The hash is part of the protocol, so that a client can foretell who is in a slice: SipHash 2-4 with
/// a key of zeros over the number's little-endian bytes or the UUID's.
fn hash(id: PointId) -> u64 {
    #[expect(deprecated, reason = "it is the one in the standard library whose algorithm is fixed")]
    let mut hasher = std::hash::SipHasher::new();
    match id {
        PointId::NumId(number) => hasher.write(&number.to_le_bytes()),
        PointId::Uuid(uuid) => hasher.write(uuid.as_bytes()),
    }
    hasher.finish()
}
