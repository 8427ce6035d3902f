//! Requests over gRPC that leave from where they stand.
//!
//! tonic puts a whole message into one buffer before its first byte leaves. Of a request of many megabytes that is as much
//! memory once more, fetched from the system and written to for each; here it leaves part by part.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use tonic::codegen::Service;
use tonic::transport::Channel;

use crate::error::{Error, Result};
use crate::net::pieces::Pieces;

/// Before a message: whether it is compressed, and its length, the highest byte first. (gRPC over HTTP2, Length-Prefixed-Message)
const PREFIX: usize = 1 + size_of::<u32>();

/// A channel that sends one request with a body of ours in place of the one that it is given.
pub(super) struct Sending {
    channel: Channel,
    parts: Option<Parts>,
}

impl Sending {
    /// An error if a message can't be so large.
    pub(super) fn new(channel: Channel, message: Arc<Pieces>) -> Result<Self> {
        let size = u32::try_from(message.size()).map_err(|_| {
            let words = format!("a request of {} bytes can't be sent: gRPC's messages end at 4 GiB", message.size());
            Error::data(words)
        })?;
        Ok(Self { channel, parts: Some(Parts { message, next: Next::Prefix(size) }) })
    }
}

impl Service<http::Request<tonic::body::Body>> for Sending {
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
struct Parts {
    message: Arc<Pieces>,
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

impl http_body::Body for Parts {
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
            Next::Part(place) => self.message.part(place),
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
    use crate::net::pieces::PART;

    /// The frames of a request.
    fn frames(message: Pieces) -> Vec<Bytes> {
        let size = u32::try_from(message.size()).unwrap();
        let mut parts = Parts { message: Arc::new(message), next: Next::Prefix(size) };
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
            let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            let message = Pieces::from(bytes.clone());
            let frames = frames(message.clone());
            assert_eq!(frames.len(), 1 + length.div_ceil(PART), "{length}");
            let sent = frames.concat();
            assert_eq!(sent[..PREFIX], [&[0], u32::try_from(length).unwrap().to_be_bytes().as_slice()].concat());
            assert_eq!(sent[PREFIX..], bytes);
            assert_eq!(message.whole(), bytes);
        }
    }
}
