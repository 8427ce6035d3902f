//! Over what requests travel: gRPC or HTTP, as the options say.

use std::sync::Arc;

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::pieces::Pieces;
use vectorfuse_core::net::{Answer, Failure};
use vectorfuse_core::options::{self, Options};

use super::proto::FieldData;
use super::rest::{Question, Rest};
use super::{grpc, http};
use crate::block::Block;
use crate::wire::{Place, upload};

/// A server, spoken to in one of the two ways.
#[derive(Clone)]
pub(super) enum Transport {
    Grpc(grpc::Transport),
    Http(http::Transport),
}

/// A request as it goes over the wire, as often as it must.
pub(crate) enum Encoded<C: Rest> {
    Grpc(Arc<Pieces>),
    Http(Question, C::Kept),
}

impl<C: Rest> Encoded<C> {
    /// The size of the body in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Grpc(body) => body.size(),
            Self::Http(question, _) => question.body.len(),
        }
    }
}

impl Transport {
    /// To the server that the options name. Nothing is sent yet.
    pub(super) fn open(options: &Options) -> Result<Self> {
        Ok(match options.named.transport {
            options::Transport::Grpc => Self::Grpc(grpc::Transport::open(options)?),
            options::Transport::Http => Self::Http(http::Transport::open(options)?),
        })
    }

    /// The request in this transport's form.
    pub(super) fn encode<C: Rest>(&self, request: &C) -> Result<Encoded<C>> {
        Ok(match self {
            Self::Grpc(_) => Encoded::Grpc(Arc::new(request.encode_to_vec().into())),
            Self::Http(_) => {
                let (question, kept) = request.question()?;
                Encoded::Http(question, kept)
            }
        })
    }

    /// Rows in this transport's form; `message` makes the request of their number and their columns, where it takes one.
    pub(super) fn encode_rows<C: Rest>(
        &self,
        place: Place,
        block: Block,
        message: impl FnOnce(&Place, u32, Vec<FieldData>) -> C,
    ) -> Result<Encoded<C>> {
        match self {
            Self::Grpc(_) => Ok(Encoded::Grpc(Arc::new(upload(&place, block)?))),
            Self::Http(_) => {
                let count = block.count()?;
                self.encode(&message(&place, count, block.fields()?))
            }
        }
    }

    /// Sends a request once; an answer larger than `largest` bytes is not taken.
    pub(super) async fn send<C: Rest>(
        &self,
        request: &Encoded<C>,
        largest: usize,
    ) -> Result<Answer<C::Answer>, Failure> {
        match (self, request) {
            (Self::Grpc(grpc), Encoded::Grpc(body)) => grpc.send::<C>(body.clone(), largest).await,
            (Self::Http(http), Encoded::Http(question, kept)) => C::send(http, question, kept, largest).await,
            (Self::Grpc(_), Encoded::Http(..)) | (Self::Http(_), Encoded::Grpc(_)) => {
                Err(Failure::Error(Error::internal("a request was encoded for the other transport")))
            }
        }
    }

    /// What is wrong with the url, after a request failed as if nobody answered; `None` if it may be right.
    pub(super) async fn wrong_url(&self) -> Option<Error> {
        match self {
            Self::Grpc(grpc) => grpc.wrong_url().await,
            Self::Http(http) => http.wrong_url().await,
        }
    }
}
