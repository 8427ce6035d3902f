//! How a collection is made: the request, and the mark by which a write knows a collection that it has made itself.

use std::collections::BTreeMap;

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{CreateCollection, Value};
use vectorfuse_core::error::Result;
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Column;
use vectorfuse_core::write::already_there;

use crate::collection::{self, Collection, VectorSpec};
use crate::settings;

/// The entry of a collection's metadata that names the write it was made for, if that write could only make it.
pub(crate) const MADE_FOR_KEY: &str = "vectorfuse_write";

/// The request that creates a collection; `None` as long as a size is not known. `made_for` is the write that needs it
/// to be new.
pub(crate) fn request(
    vectors: &BTreeMap<String, VectorSpec>,
    kept: &[Column],
    options: &Options,
    made_for: Option<&str>,
) -> Result<Option<CreateCollection>> {
    let Some(mut request) = collection::creation(vectors, kept)? else { return Ok(None) };
    settings::apply(options, &mut request)?;
    if let Some(write) = made_for {
        let write = Value { kind: Some(Kind::StringValue(write.to_owned())) };
        request.metadata.insert(MADE_FOR_KEY.to_owned(), write);
    }
    Ok(Some(request))
}

/// A write that needs the collection to be new refuses one that it has not made itself.
pub(crate) fn refuse_others(there: &Collection, made_for: Option<&str>, name: &str) -> Result<()> {
    match made_for {
        Some(write) if there.made_for.as_deref() != Some(write) => Err(already_there(name)),
        Some(_) | None => Ok(()),
    }
}
