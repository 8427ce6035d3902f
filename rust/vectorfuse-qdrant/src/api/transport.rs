//! Over what requests travel: gRPC or HTTP, as the options say.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::{Answer, Failure};
use vectorfuse_core::options::{self, Options};

use super::json::Rest;
use super::{grpc, http};

/// The largest request that a server takes, in bytes.
pub(crate) fn largest_request(over: options::Transport) -> usize {
    match over {
        options::Transport::Grpc => usize::MAX,
        options::Transport::Http => http::LARGEST_REQUEST,
    }
}

/// A server, spoken to in one of the two ways.
#[derive(Clone)]
pub(crate) enum Transport {
    Grpc(grpc::Transport),
    Http(http::Transport),
}

/// A request as it goes over the wire, as often as it must.
#[derive(Clone)]
pub(crate) enum Encoded {
    Grpc(grpc::Encoded),
    Http(http::Encoded),
}

impl Encoded {
    /// The size of the body in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Grpc(request) => request.len(),
            Self::Http(request) => request.len(),
        }
    }
}

impl Transport {
    /// To the server that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        Ok(match options.named.transport {
            options::Transport::Grpc => Self::Grpc(grpc::Transport::open(options)?),
            options::Transport::Http => Self::Http(http::Transport::open(options)?),
        })
    }

    /// The request in this transport's form.
    pub(crate) fn encode<C: Rest>(&self, request: &C) -> Result<Encoded> {
        Ok(match self {
            Self::Grpc(_) => Encoded::Grpc(grpc::Transport::encode(request)),
            Self::Http(_) => Encoded::Http(http::Transport::encode(request)?),
        })
    }

    /// Sends a request once; an answer larger than `largest` bytes is not taken.
    pub(crate) async fn send<C: Rest>(&self, request: Encoded, largest: usize) -> Result<Answer<C::Answer>, Failure> {
        match (self, request) {
            (Self::Grpc(grpc), Encoded::Grpc(request)) => grpc.send(request, largest).await,
            (Self::Http(http), Encoded::Http(request)) => http.send::<C>(request, largest).await,
            (Self::Grpc(_), Encoded::Http(_)) | (Self::Http(_), Encoded::Grpc(_)) => {
                Err(Failure::Error(Error::internal("a request was encoded for the other transport")))
            }
        }
    }

    /// What is wrong with the url, after a request failed as if nobody answered; `None` if it may be right.
    pub(crate) async fn wrong_url(&self) -> Option<Error> {
        match self {
            Self::Grpc(grpc) => grpc.wrong_url().await,
            Self::Http(http) => http.wrong_url().await,
        }
    }
}
