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

/// An encoded message that writes itself in parts.
pub trait Body: Send + Unpin + 'static {
    /// How many bytes it has.
    fn size(&self) -> usize;

    /// Writes on from a place, which is 0 at first, until a part is full ([`PART`]). Says at which place to go on; `None`
    /// after the last byte.
    fn write(&self, place: usize, into: &mut BytesMut) -> Option<usize>;
}

/// All bytes of a message.
pub fn whole(body: &impl Body) -> Bytes {
    let mut bytes = BytesMut::with_capacity(body.size());
    let mut place = Some(0);
    while let Some(next) = place {
        // What is there already would make each part a full one.
        let mut part = bytes.split_off(bytes.len());
        place = body.write(next, &mut part);
        bytes.unsplit(part);
    }
    bytes.freeze()
}

impl Body for Bytes {
    fn size(&self) -> usize {
        self.len()
    }

    fn write(&self, place: usize, into: &mut BytesMut) -> Option<usize> {
        let end = self.len().min(place + PART);
        into.put_slice(&self[place..end]);
        (end < self.len()).then_some(end)
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
        Ok(Self { channel, parts: Some(Parts { body, size, next: Some(0) }) })
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
    size: u32,
    /// Where the next part begins; `None` after the last one.
    next: Option<usize>,
}

impl<B: Body> http_body::Body for Parts<B> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(place) = self.next else { return Poll::Ready(None) };
        let mut part = BytesMut::with_capacity(PREFIX + PART);
        if place == 0 {
            part.put_u8(0);
            part.put_u32(self.size);
        }
        self.next = self.body.write(place, &mut part);
        Poll::Ready(Some(Ok(Frame::data(part.freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none()
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    /// The frames of a request.
    fn frames(body: impl Body) -> Vec<Bytes> {
        let size = u32::try_from(body.size()).unwrap();
        let mut parts = Parts { body, size, next: Some(0) };
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
            assert_eq!(frames.len(), length.div_ceil(PART).max(1), "{length}");
            let sent = frames.concat();
            assert_eq!(sent[..PREFIX], [&[0], u32::try_from(length).unwrap().to_be_bytes().as_slice()].concat());
            assert_eq!(sent[PREFIX..], message);
            assert_eq!(whole(&message), message);
        }
    }
}
