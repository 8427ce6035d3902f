//! What REST answers: every result in the server's envelope, every refusal with its HTTP code.

use std::time::Instant;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Serialize;
use tonic::{Code, Status};

pub type Answered<T> = Result<Reply<T>, Refused>;

/// A result and how long it took.
pub struct Reply<T> {
    result: T,
    time: f64,
}

impl<T> Reply<T> {
    pub fn since(start: Instant, result: T) -> Self {
        Self { result, time: start.elapsed().as_secs_f64() }
    }
}

#[derive(Serialize)]
struct Envelope<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    status: State,
    time: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Error(String),
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        Json(Envelope { result: Some(self.result), status: State::Ok, time: self.time }).into_response()
    }
}

/// Why there is no result.
#[derive(Debug)]
pub struct Refused {
    code: StatusCode,
    words: String,
    retry_after: Option<String>,
}

impl Refused {
    pub fn new(code: StatusCode, words: impl Into<String>) -> Self {
        Self { code, words: words.into(), retry_after: None }
    }

    pub fn code(&self) -> StatusCode {
        self.code
    }

    /// A request that cannot be read.
    pub fn malformed(words: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, words)
    }
}

/// How the words of a validation begin, over either protocol. REST alone has a code of its own for it.
const VALIDATION: &str = "Validation error";

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        let code = match status.code() {
            Code::InvalidArgument | Code::OutOfRange if status.message().starts_with(VALIDATION) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::AlreadyExists => StatusCode::CONFLICT,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::PermissionDenied | Code::FailedPrecondition => StatusCode::FORBIDDEN,
            Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Code::DeadlineExceeded => StatusCode::REQUEST_TIMEOUT,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Code::Ok | Code::Cancelled | Code::Unknown | Code::Aborted | Code::Internal | Code::DataLoss => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let mut refused = Self::new(code, status.message());
        let pause = status.metadata().get(RETRY_AFTER.as_str()).and_then(|pause| pause.to_str().ok());
        refused.retry_after = pause.map(ToOwned::to_owned);
        refused
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let envelope = Envelope::<()> { result: None, status: State::Error(self.words), time: 0.0 };
        let pause = self.retry_after.map(|pause| [(RETRY_AFTER, pause)]);
        (self.code, pause, Json(envelope)).into_response()
    }
}
