//! Whether rows can be asked for by their key at all: expressions name it, and names have no quotes.
//!
//! A server can have a collection whose key is called `in`. It takes rows, and finds none again.

use vectorfuse_core::error::{Error, Result};

use crate::api::Api;
use crate::api::proto::{LoadState, QueryRequest};
use crate::collection::Collection;
use crate::creation::pair;
use crate::expression;

/// Refuses a collection whose key this server can't find in an expression. What one server takes for a word is a name to
/// another, so it is asked; but not by what could mean something else.
pub(crate) async fn check(api: &Api, there: &Collection) -> Result<()> {
    let name = &there.primary()?.name;
    if expression::is_name(name) {
        return Ok(());
    }
    let refused = || {
        Error::unsupported(format!(
            "the collection's key is called `{name}`, which this server's expressions can't say, and rows are read, found \
             and deleted by expressions on it: make the collection anew with another name for its key"
        ))
    };
    if !expression::may_be_name(name) {
        return Err(refused());
    }
    // Of what is not loaded nothing is asked later, either.
    if api.load_state(&[]).await? != LoadState::Loaded {
        return Ok(());
    }
    let request = QueryRequest {
        expr: expression::always(name),
        output_fields: vec![name.clone()],
        query_params: vec![pair("limit", "1")],
        ..QueryRequest::default()
    };
    match Api::refusal(api.query(request, usize::MAX).await)? {
        None => Ok(()),
        Some(error) => Err(refused().caused_by(error)),
    }
}
