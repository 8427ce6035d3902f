//! The stores that there are. Adding one is a line here and a crate beside the others.

use std::sync::Arc;

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::store::Store;
use vectorfuse_milvus::Milvus;
use vectorfuse_qdrant::Qdrant;

/// The names that the option `store` can have.
const NAMES: &[&str] = &["milvus", "qdrant"];
/// Stores of the contract that do not work yet.
const PLANNED: &[&str] = &["milvus-binlog", "milvus-import"];

/// The store that the options name; nothing is sent yet.
pub fn open(options: Options) -> Result<Arc<dyn Store>> {
    match known(&options)? {
        "milvus" => Ok(Arc::new(Milvus::open(options)?)),
        "qdrant" => Ok(Arc::new(Qdrant::open(options)?)),
        other => Err(Error::internal(format!("the store `{other}` has a name and no crate"))),
    }
}

/// The name of the options' store, if there is such a store.
pub fn known(options: &Options) -> Result<&'static str> {
    let given = options.store()?.to_lowercase();
    if let Some(name) = NAMES.iter().find(|name| **name == given) {
        return Ok(name);
    }
    if PLANNED.contains(&given.as_str()) {
        return Err(Error::unsupported(format!("option `store`: `{given}` does not work yet in this version")));
    }
    Err(Error::options(format!("option `store` is `{given}`: expected one of `{}`", NAMES.join("`, `"))))
}
