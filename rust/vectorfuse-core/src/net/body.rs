//! Requests over gRPC that are made while they are sent.
//!
//! tonic puts a whole message into one buffer before its first byte leaves. Of a request of many megabytes that is as much
//! memory once more, fetched from the system and written to for each; here it leaves in parts that stay in the processor's
//! caches.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use tonic::codegen::Service;
use tonic::transport::Channel;

use crate::error::{Error, Result};

/// About how many bytes leave together: some of HTTP/2's frames.
pub const PART: usize = 64 * 1024;
/// Before a message: whether it is compressed, and its length, the highest byte first. (gRPC over HTTP2, Length-Prefixed-Message)
const PREFIX: usize = 1 + size_of::<u32>();

/// An encoded message in parts.
pub trait Body: Send + Unpin + 'static {
    /// How many bytes it has.
    fn size(&self) -> usize;

    /// The part that begins at a place, which is 0 for the first, and the place of the next one; `None` after the last. A
    /// part has about as many bytes as leave together ([`PART`]).
    fn part(&self, place: usize) -> (Bytes, Option<usize>);
}

/// All bytes of a message.
pub fn whole(body: &impl Body) -> Vec<u8> {
    let (mut bytes, mut place) = (Vec::with_capacity(body.size()), Some(0));
    while let Some(next) = place {
        let part;
        (part, place) = body.part(next);
        bytes.extend_from_slice(&part);
    }
    bytes
}

impl Body for Bytes {
    fn size(&self) -> usize {
        self.len()
    }

    fn part(&self, place: usize) -> (Bytes, Option<usize>) {
        let end = self.len().min(place + PART);
        (self.slice(place..end), (end < self.len()).then_some(end))
    }
}

/// A channel that sends one request with a body of ours in place of the one that it is given.
pub(super) struct Sending<B> {
    channel: Channel,
    parts: Option<Parts<B>>,
}

impl<B: Body> Sending<B> {
    /// An error if a message can't be so large.
    pub(super) fn new(channel: Channel, body: B) -> Result<Self> {
        let size = u32::try_from(body.size()).map_err(|_| {
            let words = format!("a request of {} bytes can't be sent: gRPC's messages end at 4 GiB", body.size());
            Error::data(words)
        })?;
        Ok(Self { channel, parts: Some(Parts { body, next: Next::Prefix(size) }) })
    }
}

impl<B: Body> Service<http::Request<tonic::body::Body>> for Sending<B> {
    type Response = <Channel as Service<http::Request<tonic::body::Body>>>::Response;
    type Error = <Channel as Service<http::Request<tonic::body::Body>>>::Error;
    type Future = <Channel as Service<http::Request<tonic::body::Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let parts = self.parts.take();
        self.channel.call(request.map(|other| parts.map_or(other, tonic::body::Body::new)))
    }
}

/// The body of a request.
struct Parts<B> {
    body: B,
    next: Next,
}

/// What leaves next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// What stands before a message of so many bytes.
    Prefix(u32),
    /// The part that begins here.
    Part(usize),
    Nothing,
}

impl<B: Body> http_body::Body for Parts<B> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (data, next) = match self.next {
            Next::Prefix(size) => {
                let mut prefix = BytesMut::with_capacity(PREFIX);
                prefix.put_u8(0);
                prefix.put_u32(size);
                (prefix.freeze(), if size == 0 { None } else { Some(0) })
            }
            Next::Part(place) => self.body.part(place),
            Next::Nothing => return Poll::Ready(None),
        };
        self.next = next.map_or(Next::Nothing, Next::Part);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.next == Next::Nothing
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    /// The frames of a request.
    fn frames(body: impl Body) -> Vec<Bytes> {
        let size = u32::try_from(body.size()).unwrap();
        let mut parts = Parts { body, next: Next::Prefix(size) };
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut frames = Vec::new();
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut parts).poll_frame(&mut context) {
            frames.push(frame.into_data().unwrap());
        }
        assert!(parts.is_end_stream());
        frames
    }

    #[test]
    fn a_message_leaves_behind_its_length_in_parts() {
        for length in [0, 1, PART - 1, PART, PART + 1, 3 * PART] {
            let message: Bytes = (0..length).map(|place| (place % 251) as u8).collect();
            let frames = frames(message.clone());
            assert_eq!(frames.len(), 1 + length.div_ceil(PART), "{length}");
            let sent = frames.concat();
            assert_eq!(sent[..PREFIX], [&[0], u32::try_from(length).unwrap().to_be_bytes().as_slice()].concat());
            assert_eq!(sent[PREFIX..], message);
            assert_eq!(whole(&message), message);
        }
    }
}
