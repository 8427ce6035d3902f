//! A message whose bytes stand in several places.

use std::mem;

use bytes::{Bytes, BytesMut};

/// About how many bytes leave together: some of HTTP/2's frames.
pub const PART: usize = 64 * 1024;

/// The bytes of a message, one piece behind the other. What is large leaves from where it stands; what is small is put
/// together when it is sent, since each part leaves by itself.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// None is larger than a part.
    pieces: Vec<Bytes>,
    size: usize,
}

impl Pieces {
    /// Adds bytes at the end.
    pub fn push(&mut self, mut bytes: Bytes) {
        self.size += bytes.len();
        while bytes.len() > PART {
            self.pieces.push(bytes.split_to(PART));
        }
        if !bytes.is_empty() {
            self.pieces.push(bytes);
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The part that begins with a piece, which is 0 for the first, and with which one the next one begins; `None` after the
    /// last. A part has at most [`PART`] bytes.
    #[must_use]
    pub fn part(&self, first: usize) -> (Bytes, Option<usize>) {
        self.together(first, PART)
    }

    /// All its bytes.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// The pieces from one on that have at most so many bytes together, or a single one; and the next one.
    fn together(&self, first: usize, most: usize) -> (Bytes, Option<usize>) {
        let (mut size, mut end) = (0, first);
        while let Some(piece) = self.pieces.get(end)
            && (end == first || size + piece.len() <= most)
        {
            size += piece.len();
            end += 1;
        }
        let part = match &self.pieces[first..end] {
            [only] => only.clone(),
            several => several.concat().into(),
        };
        (part, (end < self.pieces.len()).then_some(end))
    }
}

/// Bytes that become a message's pieces: those that follow each other in memory are one, where they stand.
#[derive(Debug, Default)]
pub struct Joined {
    pieces: Pieces,
    /// The last piece, to which others may be joined.
    open: BytesMut,
}

impl Joined {
    /// Adds bytes at the end.
    pub fn push(&mut self, bytes: BytesMut) {
        if self.open.as_ptr_range().end == bytes.as_ptr_range().start {
            self.open.unsplit(bytes);
        } else {
            let piece = mem::replace(&mut self.open, bytes);
            self.pieces.push(piece.freeze());
        }
    }

    /// The message.
    #[must_use]
    pub fn finish(mut self) -> Pieces {
        self.pieces.push(self.open.freeze());
        self.pieces
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(message: Vec<u8>) -> Self {
        let mut pieces = Self::default();
        pieces.push(message.into());
        pieces
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_large_leaves_from_where_it_stands_and_what_is_small_together() {
        let mut pieces = Pieces::default();
        let large = Bytes::from(vec![1; 2 * PART + 1]);
        for piece in [Bytes::from_static(b"ab"), Bytes::new(), Bytes::from_static(b"c"), large.clone()] {
            pieces.push(piece);
        }
        let (first, next) = pieces.part(0);
        assert_eq!((&first[..], next), (&b"abc"[..], Some(2)));
        let (second, next) = pieces.part(2);
        assert_eq!((second.as_ptr(), second.len(), next), (large.as_ptr(), PART, Some(3)));
        assert_eq!(Pieces::default().part(0), (Bytes::new(), None));
    }

    #[test]
    fn what_follows_each_other_in_memory_is_one_piece() {
        let mut stands = BytesMut::from(&b"0123456789"[..]);
        let behind = stands.split_off(4);
        let (first, second) = (stands.as_ptr(), BytesMut::from(&b"elsewhere"[..]));
        let mut joined = Joined::default();
        for bytes in [stands, behind, second, BytesMut::new()] {
            joined.push(bytes);
        }
        let pieces = joined.finish();
        assert_eq!(pieces.pieces, [&b"0123456789"[..], b"elsewhere"]);
        assert_eq!(pieces.pieces[0].as_ptr(), first);
    }

    proptest! {
        #[test]
        fn a_message_is_its_pieces_however_large_its_parts_are(
            all in vec(vec(any::<u8>(), 0..50), 0..20),
            most in 0..100_usize,
        ) {
            let mut pieces = Pieces::default();
            all.iter().for_each(|piece| pieces.push(Bytes::copy_from_slice(piece)));
            let (mut bytes, mut place) = (Vec::new(), Some(0));
            while let Some(next) = place {
                let part;
                (part, place) = pieces.together(next, most);
                bytes.extend_from_slice(&part);
            }
            prop_assert_eq!(&bytes, &all.concat());
            prop_assert_eq!((pieces.size(), pieces.whole()), (bytes.len(), bytes));
        }
    }
}
