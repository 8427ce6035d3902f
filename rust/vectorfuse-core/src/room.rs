//! Memory for what is kept until it is sent: things stand one behind the other in pieces, and none has an allocation of its
//! own. A piece stays as long as one of them does.

use std::mem;

use bytes::{BufMut, BytesMut};

/// So much memory is taken at once.
const PIECE: usize = 256 * 1024;

/// Where things are put.
#[derive(Debug, Default)]
pub struct Room {
    /// What is left of the last piece, empty.
    rest: BytesMut,
}

impl Room {
    /// Room for the next thing, which has this many bytes and no more. It is split off before it is written to: the count of
    /// those who share a piece would else wait until all that was written has reached the memory.
    pub fn take(&mut self, size: usize) -> BytesMut {
        if self.rest.capacity() < size {
            self.rest = BytesMut::with_capacity(PIECE.max(size));
        }
        let behind = self.rest.split_off(size);
        mem::replace(&mut self.rest, behind)
    }

    /// A copy of these bytes.
    pub fn keep(&mut self, bytes: &[u8]) -> BytesMut {
        let mut kept = self.take(bytes.len());
        kept.put_slice(bytes);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stands_one_behind_the_other_until_a_piece_is_full() {
        let mut room = Room::default();
        let (first, second) = (room.keep(b"first"), room.keep(b"second"));
        assert_eq!(first.as_ptr_range().end, second.as_ptr_range().start);
        let large = room.keep(&vec![7; PIECE]);
        let last = room.keep(b"last");
        assert_eq!((&first[..], &second[..], &last[..]), (&b"first"[..], &b"second"[..], &b"last"[..]));
        assert_eq!((large.len(), large.iter().filter(|byte| **byte == 7).count()), (PIECE, PIECE));
    }
}
