//! How a request is read: its path, its parameters and its body, each refused as the server does.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::Refused;

/// As much as the server reads of one body (`max_request_size_mb`).
const MAX_BODY: usize = 32 * 1024 * 1024;

/// A body of JSON.
pub struct Given<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refused> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        if !is_json {
            return Err(Refused::malformed("Content type error"));
        }
        let body = to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(|_| Refused::malformed(format!("JSON payload has exceeded limit ({MAX_BODY} bytes).")))?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Refused::malformed(format!("Format error in JSON body: {error}")))
    }
}

/// The parameters behind the question mark.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked)).map_err(|error| {
            Refused::malformed(format!("Deserialize error in query parameters: {}", error.body_text()))
        })
    }
}

/// Of a write. There is one copy, and a write is applied before it is answered, so the ordering and
/// the timeout need nothing done once they are read.
#[derive(Deserialize)]
pub struct Writing {
    #[serde(default)]
    pub wait: bool,
    #[serde(default, rename = "ordering")]
    _ordering: Ordering,
    #[serde(rename = "timeout")]
    _timeout: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ordering {
    #[default]
    Weak,
    Medium,
    Strong,
}

/// Of a read. There is one copy, so any consistency is as good, and the timeout is no more than judged.
#[derive(Deserialize)]
pub struct Reading {
    consistency: Option<String>,
    timeout: Option<std::num::NonZeroU64>,
}

impl Reading {
    pub fn timeout(&self) -> Option<u64> {
        self.timeout.map(std::num::NonZeroU64::get)
    }

    pub fn check(&self) -> Result<(), Refused> {
        match self.consistency.as_deref() {
            None | Some("" | "all" | "majority" | "quorum") => Ok(()),
            Some(factor) if factor.parse::<u32>().is_ok_and(|factor| factor > 0) => Ok(()),
            Some(other) => Err(Refused::malformed(format!(
                "Deserialize error in query parameters: failed to deserialize read consistency query parameter \
                 value '{other}'"
            ))),
        }
    }
}
