//! Requests about collections, aliases and shard keys.

use http::Method;
use qdrant_client::qdrant::alias_operations::Action;
use qdrant_client::qdrant::{
    AliasDescription, AliasOperations, ChangeAliases, CollectionDescription, CollectionOperationResponse,
    CreateCollection, CreateShardKeyRequest, CreateShardKeyResponse, DeleteCollection, GetCollectionInfoRequest,
    GetCollectionInfoResponse, HealthCheckReply, HealthCheckRequest, ListAliasesRequest, ListAliasesResponse,
    ListCollectionsRequest, ListCollectionsResponse, ListShardKeysRequest, ListShardKeysResponse, ReplicaState,
    ShardKeyDescription, UpdateCollection,
};
use serde::Deserialize;
use serde_json::{Value, json};
use vectorfuse_core::error::{Error, Result};

use super::names::optional;
use super::selectors::shard_key;
use super::value::NumberOrText;
use super::{Path, Question, Rest, definition, given, info, object, result};

#[derive(Deserialize)]
struct Version {
    title: String,
    version: String,
    commit: Option<String>,
}

impl Rest for HealthCheckRequest {
    fn question(&self) -> Result<Question> {
        Ok(Question::bare(Method::GET, Path("/".to_owned())))
    }

    fn answer(body: &[u8]) -> Result<HealthCheckReply> {
        let Version { title, version, commit } = serde_json::from_slice(body).map_err(|error| {
            Error::options("what answers at the url is no Qdrant: are host, port and path right?").caused_by(error)
        })?;
        Ok(HealthCheckReply { title, version, commit })
    }
}

impl Rest for GetCollectionInfoRequest {
    fn question(&self) -> Result<Question> {
        Ok(Question::bare(Method::GET, Path::collection(&self.collection_name)))
    }

    fn answer(body: &[u8]) -> Result<GetCollectionInfoResponse> {
        let (info, time): (info::Info, f64) = result(body)?;
        Ok(GetCollectionInfoResponse { result: Some(info.message()?), time })
    }
}

#[derive(Deserialize)]
struct Names {
    collections: Vec<Name>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

impl Rest for ListCollectionsRequest {
    fn question(&self) -> Result<Question> {
        Ok(Question::bare(Method::GET, Path("/collections".to_owned())))
    }

    fn answer(body: &[u8]) -> Result<ListCollectionsResponse> {
        let (names, time): (Names, f64) = result(body)?;
        let collections = names.collections.into_iter().map(|one| CollectionDescription { name: one.name }).collect();
        Ok(ListCollectionsResponse { collections, time })
    }
}

impl Rest for CreateCollection {
    fn question(&self) -> Result<Question> {
        let path = Path::collection(&self.collection_name).with("timeout", self.timeout);
        Question::new(Method::PUT, path, &definition::creation(self)?)
    }

    fn answer(body: &[u8]) -> Result<CollectionOperationResponse> {
        done(body)
    }
}

impl Rest for UpdateCollection {
    fn question(&self) -> Result<Question> {
        let path = Path::collection(&self.collection_name).with("timeout", self.timeout);
        Question::new(Method::PATCH, path, &definition::change(self)?)
    }

    fn answer(body: &[u8]) -> Result<CollectionOperationResponse> {
        done(body)
    }
}

impl Rest for DeleteCollection {
    fn question(&self) -> Result<Question> {
        let path = Path::collection(&self.collection_name).with("timeout", self.timeout);
        Ok(Question::bare(Method::DELETE, path))
    }

    fn answer(body: &[u8]) -> Result<CollectionOperationResponse> {
        done(body)
    }
}

fn done(body: &[u8]) -> Result<CollectionOperationResponse> {
    let (result, time) = result(body)?;
    Ok(CollectionOperationResponse { result, time })
}

impl Rest for ChangeAliases {
    fn question(&self) -> Result<Question> {
        let path = Path("/collections/aliases".to_owned()).with("timeout", self.timeout);
        let actions = self.actions.iter().map(action).collect::<Result<Vec<_>>>()?;
        Question::new(Method::POST, path, &json!({ "actions": actions }))
    }

    fn answer(body: &[u8]) -> Result<CollectionOperationResponse> {
        done(body)
    }
}

fn action(operation: &AliasOperations) -> Result<Value> {
    Ok(match given(operation.action.as_ref(), "an action")? {
        Action::CreateAlias(it) => {
            json!({ "create_alias": { "collection_name": it.collection_name, "alias_name": it.alias_name } })
        }
        Action::RenameAlias(it) => {
            json!({ "rename_alias": { "old_alias_name": it.old_alias_name, "new_alias_name": it.new_alias_name } })
        }
        Action::DeleteAlias(it) => json!({ "delete_alias": { "alias_name": it.alias_name } }),
    })
}

impl Rest for ListAliasesRequest {
    fn question(&self) -> Result<Question> {
        Ok(Question::bare(Method::GET, Path("/aliases".to_owned())))
    }

    fn answer(body: &[u8]) -> Result<ListAliasesResponse> {
        aliases(body)
    }
}

#[derive(Deserialize)]
struct Aliases {
    aliases: Vec<Alias>,
}

#[derive(Deserialize)]
struct Alias {
    alias_name: String,
    collection_name: String,
}

fn aliases(body: &[u8]) -> Result<ListAliasesResponse> {
    let (found, time): (Aliases, f64) = result(body)?;
    let alias = |one: Alias| AliasDescription { alias_name: one.alias_name, collection_name: one.collection_name };
    Ok(ListAliasesResponse { aliases: found.aliases.into_iter().map(alias).collect(), time })
}

impl Rest for CreateShardKeyRequest {
    fn question(&self) -> Result<Question> {
        let path = Path::collection(&self.collection_name).route("/shards").with("timeout", self.timeout);
        let wanted = given(self.request.as_ref(), "a shard key")?;
        let body = object([
            ("shard_key", Some(shard_key(given(wanted.shard_key.as_ref(), "a shard key")?)?)),
            ("shards_number", wanted.shards_number.map(Value::from)),
            ("replication_factor", wanted.replication_factor.map(Value::from)),
            ("placement", (!wanted.placement.is_empty()).then(|| json!(wanted.placement))),
            ("initial_state", optional::<ReplicaState>(wanted.initial_state)?),
        ]);
        Question::new(Method::PUT, path, &body)
    }

    fn answer(body: &[u8]) -> Result<CreateShardKeyResponse> {
        let (result, time) = result(body)?;
        Ok(CreateShardKeyResponse { result, time })
    }
}

/// Left out for a collection that has none of its own.
#[derive(Deserialize)]
struct ShardKeys {
    shard_keys: Option<Vec<Key>>,
}

#[derive(Deserialize)]
struct Key {
    key: NumberOrText,
}

impl Rest for ListShardKeysRequest {
    fn question(&self) -> Result<Question> {
        Ok(Question::bare(Method::GET, Path::collection(&self.collection_name).route("/shards")))
    }

    fn answer(body: &[u8]) -> Result<ListShardKeysResponse> {
        let (found, time): (ShardKeys, f64) = result(body)?;
        let described = |one: Key| ShardKeyDescription { key: Some(one.key.into()) };
        let shard_keys = found.shard_keys.unwrap_or_default().into_iter().map(described).collect();
        Ok(ListShardKeysResponse { shard_keys, time })
    }
}
