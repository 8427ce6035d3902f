//! The names of shards that users route points to.

use std::fmt;

use qdrant_client::qdrant::{CollectionConfig, ShardKeySelector, ShardingMethod, shard_key};
use serde::{Deserialize, Serialize};
use vectorfuse_core::chosen::listed;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::schema::SparkType;

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

    /// Of a row's column: of one of integers a number, of one of strings a name, whatever it looks like.
    pub(crate) fn of_row(text: Option<String>, data_type: &SparkType) -> Result<Self> {
        match (text, data_type) {
            (None, _) => Err(Error::data("the shard key is null")),
            (Some(text), SparkType::String(_)) if text.is_empty() => Err(Error::data("the shard key is empty")),
            (Some(text), SparkType::String(_)) => Ok(Self::Name(text)),
            (Some(text), _) => text
                .parse()
                .map(Self::Number)
                .map_err(|_| Error::data(format!("the shard key is {text}: expected an integer of at least 0"))),
        }
    }

    /// Of one of Qdrant's messages.
    pub(crate) fn from_message(key: Option<qdrant_client::qdrant::ShardKey>) -> Result<Self> {
        match key.and_then(|key| key.key) {
            Some(shard_key::Key::Number(number)) => Ok(Self::Number(number)),
            Some(shard_key::Key::Keyword(name)) => Ok(Self::Name(name)),
            None => Err(Error::internal("the server sent a shard without its key")),
        }
    }

    /// As one of Qdrant's messages.
    pub(crate) fn to_message(&self) -> qdrant_client::qdrant::ShardKey {
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

/// The keys that the option `shard_key` names; none if it is not given.
pub(crate) fn of_options(options: &Options) -> Vec<ShardKey> {
    let mut keys: Vec<_> = options.named.shard_key.iter().map(|key| ShardKey::parse(key)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys, for messages.
pub(crate) fn shown(keys: &[ShardKey]) -> String {
    listed(keys.iter().map(|key| format!("`{key}`")))
}

/// The error of a key that the collection does not have.
pub(crate) fn missing(key: &ShardKey, there: &[ShardKey]) -> Error {
    let words = format!("there is no shard key `{key}`: the collection has {}", shown(there));
    Error::new(Kind::NotFound, words).with("option", "shard_key")
}

/// Whether users route the collection's points to shards with keys.
pub(crate) fn is_keyed(config: &CollectionConfig) -> bool {
    config.params.as_ref().is_some_and(|params| params.sharding_method() == ShardingMethod::Custom)
}

/// What naming these shards adds to the size of an operation, at most.
pub(crate) fn size(keys: &[ShardKey]) -> usize {
    /// Of a key, and of the list of them, in either transport.
    const WRAPPING: usize = 24;
    // In JSON a character can take six.
    keys.iter().map(|key| 6 * key.to_string().len() + WRAPPING).sum::<usize>() + WRAPPING
}

/// Just these shards; all of them if there are no keys.
pub(crate) fn selector(keys: &[ShardKey]) -> Option<ShardKeySelector> {
    let shard_keys: Vec<_> = keys.iter().map(ShardKey::to_message).collect();
    (!shard_keys.is_empty()).then_some(ShardKeySelector { shard_keys, fallback: None })
}
