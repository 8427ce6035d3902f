//! The names of shards that users route points to.

use std::fmt;

use qdrant_client::qdrant::{ShardKeySelector, shard_key};
use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};

/// A name, or a number: to Qdrant `7` and `"7"` are two keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ShardKey {
    Number(u64),
    Name(String),
}

impl ShardKey {
    /// As users write it: an integer is a number.
    pub(crate) fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }

    /// Of one of Qdrant's messages.
    pub(crate) fn from_message(key: Option<qdrant_client::qdrant::ShardKey>) -> Result<Self> {
        match key.and_then(|key| key.key) {
            Some(shard_key::Key::Number(number)) => Ok(Self::Number(number)),
            Some(shard_key::Key::Keyword(name)) => Ok(Self::Name(name)),
            None => Err(Error::internal("the server sent a shard without its key")),
        }
    }

    fn to_message(&self) -> qdrant_client::qdrant::ShardKey {
        let key = match self {
            Self::Number(number) => shard_key::Key::Number(*number),
            Self::Name(name) => shard_key::Key::Keyword(name.clone()),
        };
        qdrant_client::qdrant::ShardKey { key: Some(key) }
    }
}

impl fmt::Display for ShardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Just these shards; all of them if there are no keys.
pub(crate) fn selector(keys: &[ShardKey]) -> Option<ShardKeySelector> {
    let shard_keys: Vec<_> = keys.iter().map(ShardKey::to_message).collect();
    (!shard_keys.is_empty()).then_some(ShardKeySelector { shard_keys, fallback: None })
}
