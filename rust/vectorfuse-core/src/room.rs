//! Memory for what is kept until it is sent: things stand one behind the other in pieces, and none has an allocation of its
//! own. A piece stays as long as one of them does.

use bytes::{BufMut, Bytes, BytesMut};

/// So much memory is taken at once.
const PIECE: usize = 256 * 1024;

/// Where things are put.
#[derive(Debug, Default)]
pub struct Room {
    /// What is left of the last piece, empty.
    rest: BytesMut,
}

impl Room {
    /// Where the next thing goes, which has this many bytes: what is written there is split off.
    pub fn for_bytes(&mut self, size: usize) -> &mut BytesMut {
        if self.rest.capacity() < size {
            self.rest = BytesMut::with_capacity(PIECE.max(size));
        }
        &mut self.rest
    }

    /// A copy of these bytes.
    pub fn keep(&mut self, bytes: &[u8]) -> Bytes {
        let rest = self.for_bytes(bytes.len());
        rest.put_slice(bytes);
        rest.split().freeze()
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
