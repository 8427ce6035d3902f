//! Answers: a body in one piece, and for gRPC the trailers after it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use prost::Message;

use crate::Fault;

/// Before each message of gRPC: whether it is compressed, and its length.
pub(crate) const PREFIX: usize = 5;

/// The body of an answer.
pub(crate) struct Reply {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Reply {
    pub(crate) fn new(data: Bytes, trailers: Option<HeaderMap>) -> Self {
        Self { data: Some(data).filter(|data| !data.is_empty()), trailers }
    }

    pub(crate) fn len(&self) -> usize {
        self.data.as_ref().map_or(0, Bytes::len)
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len() as u64)
    }
}

/// The answer of a gRPC method: `framed` is the message behind its prefix.
pub(crate) fn grpc(framed: Bytes) -> Response<Reply> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let mut response = Response::new(Reply::new(framed, Some(trailers)));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

/// The answer of a gRPC method.
pub(crate) fn message(message: &impl Message) -> Response<Reply> {
    grpc(framed(message))
}

/// A message behind its prefix.
fn framed(message: &impl Message) -> Bytes {
    let mut framed = unfinished(message.encoded_len());
    framed.put_slice(&message.encode_to_vec());
    finished(framed)
}

/// An answer with something else in it.
pub(crate) fn changed<M: Message + Default>(framed: Bytes, change: impl FnOnce(&mut M)) -> Result<Bytes, Fault> {
    if framed.is_empty() {
        return Ok(framed); // an error, which is in the headers
    }
    let mut message = M::decode(crate::front::unframed(&framed)?)?;
    change(&mut message);
    Ok(self::framed(&message))
}

/// An empty message behind a prefix that is yet to be filled in.
pub(crate) fn unfinished(capacity: usize) -> Vec<u8> {
    let mut framed = Vec::with_capacity(PREFIX + capacity);
    framed.put_bytes(0, PREFIX);
    framed
}

/// Fills the prefix in.
pub(crate) fn finished(mut framed: Vec<u8>) -> Bytes {
    let length = u32::try_from(framed.len() - PREFIX).unwrap_or(u32::MAX);
    framed[1..PREFIX].copy_from_slice(&length.to_be_bytes());
    framed.into()
}

pub(crate) fn json(body: impl Into<Bytes>) -> Response<Reply> {
    let mut response = Response::new(Reply::new(body.into(), None));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// What the client is told when the bench itself is at fault.
pub(crate) fn fault(words: String) -> Response<Reply> {
    let mut response = Response::new(Reply::new(words.into(), None));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
