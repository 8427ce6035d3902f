//! A message whose bytes stay in the frames that they came in.

use std::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The bytes of a message, one frame behind the other. What lies within one is given away without a copy.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// None is empty.
    frames: VecDeque<Bytes>,
    size: usize,
}

impl Frames {
    /// Adds bytes at the end.
    pub(super) fn push(&mut self, frame: Bytes) {
        if !frame.is_empty() {
            self.size += frame.len();
            self.frames.push_back(frame);
        }
    }
}

impl Buf for Frames {
    fn remaining(&self) -> usize {
        self.size
    }

    fn chunk(&self) -> &[u8] {
        self.frames.front().map_or(&[], |frame| frame)
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.size, "{count} bytes of {}", self.size);
        self.size -= count;
        while let Some(first) = self.frames.front_mut() {
            if count < first.len() {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.frames.pop_front();
        }
    }

    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        assert!(count <= self.size, "{count} bytes of {}", self.size);
        if let Some(first) = self.frames.front()
            && count <= first.len()
        {
            let within = first.slice(..count);
            self.advance(count);
            return within;
        }
        let mut all = BytesMut::with_capacity(count);
        all.put(self.take(count));
        all.freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lies_within_a_frame_is_not_copied() {
        let frame = Bytes::from(vec![7; 1_000]);
        let mut frames = Frames::default();
        frames.push(frame.clone());
        frames.push(Bytes::from(vec![8; 1_000]));
        assert_eq!(frames.copy_to_bytes(600).as_ptr(), frame.as_ptr());
        let over = frames.copy_to_bytes(500);
        assert_eq!((&over[..400], &over[400..]), (&[7; 400][..], &[8; 100][..]));
        assert_eq!(frames.copy_to_bytes(900), vec![8; 900]);
        assert_eq!(frames.copy_to_bytes(0), Bytes::new());
    }

    proptest! {
        #[test]
        fn bytes_leave_in_the_order_in_which_they_came(
            all in vec(vec(any::<u8>(), 0..50), 0..20),
            takes in vec((any::<bool>(), 0..100_usize), 0..40),
        ) {
            let (mut frames, mut whole) = (Frames::default(), Bytes::from(all.concat()));
            all.into_iter().for_each(|frame| frames.push(frame.into()));
            for (copies, count) in takes {
                let count = count.min(whole.len());
                if copies {
                    prop_assert_eq!(frames.copy_to_bytes(count), whole.copy_to_bytes(count));
                } else {
                    frames.advance(count);
                    whole.advance(count);
                }
                prop_assert_eq!(frames.remaining(), whole.len());
                prop_assert!(whole.starts_with(frames.chunk()) && frames.chunk().is_empty() == whole.is_empty());
            }
        }
    }
}
