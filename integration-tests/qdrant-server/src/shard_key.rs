//! The keys of a collection that is sharded by hand, and how a request selects among them.

use std::fmt;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::shard_key;
use serde::Deserialize;
use serde_json::Value as Json;
use tonic::Status;

use crate::refusal::Answer;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub enum Key {
    Word(String),
    Number(u64),
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(out, "\"{word}\""),
            Self::Number(number) => number.fmt(out),
        }
    }
}

impl Key {
    pub fn of(given: Option<proto::ShardKey>) -> Option<Self> {
        match given?.key? {
            shard_key::Key::Keyword(word) => Some(Self::Word(word)),
            shard_key::Key::Number(number) => Some(Self::Number(number)),
        }
    }

    pub fn required(given: Option<proto::ShardKey>) -> Answer<Self> {
        Self::of(given).ok_or_else(|| Status::invalid_argument("Shard key is not specified"))
    }

    /// As the engine has it in its answers, whose own type has no public name.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Word(word) => Json::from(word.as_str()),
            Self::Number(number) => Json::from(*number),
        }
    }

    pub fn to_proto(&self) -> proto::ShardKey {
        proto::ShardKey {
            key: Some(match self {
                Self::Word(word) => shard_key::Key::Keyword(word.clone()),
                Self::Number(number) => shard_key::Key::Number(*number),
            }),
        }
    }
}

/// What a request says of the keys it is for.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Nothing: a read sees all, a write finds no place.
    Unsaid,
    Keys(Vec<Key>),
    Fallback {
        target: Key,
        fallback: Key,
    },
}

impl Selection {
    pub fn of(given: Option<proto::ShardKeySelector>) -> Answer<Self> {
        let Some(given) = given else {
            return Ok(Self::Unsaid);
        };
        let keys = given.shard_keys.into_iter().filter_map(|key| Key::of(Some(key))).collect::<Vec<_>>();
        match (<[Key; 1]>::try_from(keys), Key::of(given.fallback)) {
            (Ok([target]), Some(fallback)) => Ok(Self::Fallback { target, fallback }),
            (Ok(one), None) => Ok(Self::Keys(one.into())),
            (Err(keys), None) => Ok(Self::Keys(keys)),
            (Err(_), Some(fallback)) => Err(Status::invalid_argument(format!(
                "Fallback shard key {fallback} can be set only when a single shard key is provided"
            ))),
        }
    }
}
