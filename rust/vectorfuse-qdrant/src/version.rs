//! Which versions of the server know what a write asks of it. An older one ignores what it does not know, and would write
//! over points that must stay as they are.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::rules::Rules;

use crate::api::Api;

/// A version of the server, as major and minor number.
pub(crate) type Version = (u32, u32);

/// Upserts and vector updates that a filter guards.
const UPDATE_FILTER: Version = (1, 16);
/// Upserts of only new or only existing points.
const UPDATE_MODE: Version = (1, 17);

/// What a write needs: the option that needs it, and since when servers have it.
pub(crate) fn needed(options: &Options, rules: &Rules) -> Option<(&'static str, Version)> {
    let mode = options.named.write_mode;
    let by_mode = match mode {
        WriteMode::Insert => Some(("write_mode` = `insert", UPDATE_MODE)),
        WriteMode::Update => Some(("write_mode` = `update", UPDATE_MODE)),
        WriteMode::Upsert | WriteMode::Partial | WriteMode::Delete => None,
    };
    let guarded = |name| (mode != WriteMode::Delete).then_some((name, UPDATE_FILTER));
    by_mode
        .or_else(|| (!rules.counters.is_empty()).then_some(("counter_fields", UPDATE_MODE)))
        .or_else(|| rules.order.and_then(|_| guarded("order_field")))
        .or_else(|| rules.condition.as_ref().and_then(|_| guarded("condition")))
}

impl Api {
    /// An error if the server is too old for what is needed.
    pub(crate) async fn require(&self, needed: Option<(&'static str, Version)>) -> Result<()> {
        let Some((option, since)) = needed else { return Ok(()) };
        let is = self.version().await?;
        if is >= since {
            return Ok(());
        }
        let error = Error::unsupported(format!(
            "option `{option}` needs a server of version {}.{} or newer, and this one is {}.{}: update the server, or \
             remove the option",
            since.0, since.1, is.0, is.1
        ));
        Err(error.with("store", "qdrant").with("collection", self.collection()))
    }
}
