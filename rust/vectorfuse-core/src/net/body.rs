//! Requests over gRPC that leave from where they stand, and answers that stay where they came.
//!
//! tonic puts a whole message into one buffer before its first byte leaves, and again before it is read. Of many megabytes that is as
//! much memory once more, fetched from the system and written to for each; here a request leaves part by part, and an answer
//! is put aside as the frames that it came in.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::transport::Channel;

use super::frames::Frames;
use super::pieces::Pieces;
use crate::error::{Error, Result};

/// Before a message: whether it is compressed, and its length, the highest byte first. (gRPC over HTTP2, Length-Prefixed-Message)
const PREFIX: usize = 1 + size_of::<u32>();

/// A channel for one call: it sends a body of ours in place of the one that it is given, and puts the answer's message aside.
pub(super) struct Exchange {
    channel: Channel,
    request: Option<Parts>,
    answer: Arc<Mutex<Answered>>,
}

impl Exchange {
    /// A call whose answer may have so many bytes, and where that will be. An error if a message can't be as large as this one.
    pub(super) fn new(
        channel: Channel,
        message: Arc<Pieces>,
        largest_answer: usize,
    ) -> Result<(Self, Arc<Mutex<Answered>>)> {
        let size = u32::try_from(message.size()).map_err(|_| {
            let words = format!("a request of {} bytes can't be sent: gRPC's messages end at 4 GiB", message.size());
            Error::data(words)
        })?;
        let answer = Arc::new(Mutex::new(Answered::new(largest_answer)));
        let request = Some(Parts { message, next: Next::Prefix(size) });
        Ok((Self { channel, request, answer: Arc::clone(&answer) }, answer))
    }
}

impl Service<http::Request<Body>> for Exchange {
    type Response = http::Response<Aside<Body>>;
    type Error = <Channel as Service<http::Request<Body>>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let parts = self.request.take();
        let sent = self.channel.call(request.map(|other| parts.map_or(other, Body::new)));
        let answer = Arc::clone(&self.answer);
        Box::pin(async move { Ok(sent.await?.map(|body| Aside { body, answer })) })
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

/// The message of an answer, as far as it has come.
#[derive(Debug)]
pub(super) struct Answered {
    /// What has come of the [`PREFIX`] bytes before it.
    prefix: Vec<u8>,
    message: Frames,
    /// How many bytes of it are still to come.
    missing: usize,
    largest: usize,
}

impl Answered {
    fn new(largest: usize) -> Self {
        Self { prefix: Vec::with_capacity(PREFIX), message: Frames::default(), missing: 0, largest }
    }

    /// The message, if all of it has come.
    pub(super) fn take(&mut self) -> Option<Frames> {
        (self.prefix.len() == PREFIX && self.missing == 0).then(|| mem::take(&mut self.message))
    }

    /// Puts aside what these bytes have of the message, and returns what tonic is to see of them.
    fn put(&mut self, mut data: Bytes) -> Result<Bytes, Status> {
        let empty = self.read_prefix(&mut data)?;
        let message = data.split_to(data.len().min(self.missing));
        self.missing -= message.len();
        self.message.push(message);
        // Behind the message there is nothing, from a store that answers with one.
        Ok(if empty.is_empty() { data } else { [empty, &data].concat().into() })
    }

    /// Reads what stands before the message. Once all of it is there, what stands before an empty one is returned.
    fn read_prefix(&mut self, data: &mut Bytes) -> Result<&'static [u8], Status> {
        let more = PREFIX - self.prefix.len();
        if more == 0 {
            return Ok(&[]);
        }
        self.prefix.extend_from_slice(&data.split_to(data.len().min(more)));
        let Ok([compressed, length @ ..]) = <[u8; PREFIX]>::try_from(&self.prefix[..]) else { return Ok(&[]) };
        self.missing = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if self.missing > self.largest {
            return Err(Status::out_of_range("the answer is too large"));
        }
        // One that is compressed, which we never asked for, tonic refuses.
        Ok(if compressed == 0 { &[0; PREFIX] } else { &[1, 0, 0, 0, 0] })
    }
}

/// The body of an answer: its message is put aside, and in its place comes an empty one.
pub(super) struct Aside<B> {
    body: B,
    answer: Arc<Mutex<Answered>>,
}

impl<B: http_body::Body<Data = Bytes, Error = Status> + Unpin> http_body::Body for Aside<B> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)?) else { return Poll::Ready(None) };
            let data = match frame.into_data() {
                Ok(data) => self.answer.lock().unwrap_or_else(PoisonError::into_inner).put(data)?,
                Err(other) => return Poll::Ready(Some(Ok(other))),
            };
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use bytes::Buf;
    use http::HeaderMap;
    use http_body::Body as _;

    use super::*;
    use crate::net::pieces::PART;

    /// An answer as it comes in.
    struct Coming(VecDeque<Frame<Bytes>>);

    impl http_body::Body for Coming {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready(self.0.pop_front().map(Ok))
        }
    }

    /// Of an answer in frames of so many bytes and trailers behind them: the bytes that tonic sees, or the code of the error; what is put aside.
    fn answered(message: &[u8], frame: usize, largest: usize) -> (Result<Vec<u8>, tonic::Code>, Option<Bytes>) {
        let data = message.chunks(frame).map(|chunk| Frame::data(Bytes::copy_from_slice(chunk)));
        let coming = Coming(data.chain([Frame::trailers(HeaderMap::new())]).collect());
        let answer = Arc::new(Mutex::new(Answered::new(largest)));
        let mut aside = Aside { body: coming, answer: Arc::clone(&answer) };
        let mut context = Context::from_waker(std::task::Waker::noop());
        let (mut seen, mut trailers) = (Vec::new(), 0);
        while let Poll::Ready(Some(frame)) = Pin::new(&mut aside).poll_frame(&mut context) {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => seen.extend_from_slice(&data),
                Ok(Err(_)) => trailers += 1,
                Err(status) => return (Err(status.code()), None),
            }
        }
        assert_eq!(trailers, 1);
        let message = answer.lock().unwrap().take().map(|mut frames| frames.copy_to_bytes(frames.remaining()));
        (Ok(seen), message)
    }

    #[test]
    fn an_answer_is_put_aside_however_its_bytes_are_parted() {
        let message: Vec<u8> = (0..100).collect();
        let sent = [&[0, 0, 0, 0, 100], message.as_slice()].concat();
        for frame in 1..=sent.len() {
            assert_eq!(answered(&sent, frame, 100), (Ok(vec![0; PREFIX]), Some(message.clone().into())), "{frame}");
            assert_eq!(answered(&sent, frame, 99), (Err(tonic::Code::OutOfRange), None), "{frame}");
            // What comes behind a message is left to tonic, and so is one that is compressed.
            let more = [sent.as_slice(), b"more"].concat();
            let (seen, aside) = answered(&more, frame, 100);
            assert_eq!((seen, aside), (Ok(b"\0\0\0\0\0more".to_vec()), Some(message.clone().into())), "{frame}");
        }
        let compressed = [&[1, 0, 0, 0, 3], b"abc".as_slice()].concat();
        assert_eq!(answered(&compressed, 4, 100).0, Ok(vec![1, 0, 0, 0, 0]));
        assert_eq!(answered(&[0; PREFIX], 100, 0), (Ok(vec![0; PREFIX]), Some(Bytes::new())));
    }

    #[test]
    fn a_part_of_an_answer_is_none() {
        let sent = [&[0, 0, 0, 0, 10], b"123456789".as_slice()].concat();
        for length in 0..sent.len() {
            assert_eq!(answered(&sent[..length], 3, 100).1, None, "{length}");
        }
    }

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
