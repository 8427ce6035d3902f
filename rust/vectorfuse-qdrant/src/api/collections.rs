//! What is asked about collections, their shards and their aliases.

use qdrant_client::qdrant::{
    AliasDescription, AliasOperations, ChangeAliases, CollectionInfo, CreateCollection, CreateShardKey,
    CreateShardKeyRequest, DeleteCollection, Filter, GetCollectionInfoRequest, ListAliasesRequest,
    ListCollectionsRequest, ListShardKeysRequest, UpdateCollection, Value,
};
use vectorfuse_core::error::{Error, Kind, Result};

use super::Api;
use crate::shard_key::ShardKey;

impl Api {
    /// The collection's settings; `None` if there is no such collection.
    pub(crate) async fn info(&self) -> Result<Option<CollectionInfo>> {
        let request = GetCollectionInfoRequest { collection_name: self.collection.to_string() };
        match self.ask(&request).await {
            Ok(answer) => Ok(answer.result),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys of the collection's shards, in order; `None` if the server is too old to list them.
    pub(crate) async fn shard_keys(&self) -> Result<Option<Vec<ShardKey>>> {
        let request = ListShardKeysRequest { collection_name: self.collection.to_string() };
        let answer = match self.ask(&request).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == Kind::Unsupported => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut keys: Vec<ShardKey> =
            answer.shard_keys.into_iter().map(|shard| ShardKey::from_message(shard.key)).collect::<Result<_>>()?;
        keys.sort_unstable();
        Ok(Some(keys))
    }

    /// Makes the shards of a key, unless somebody else has.
    pub(crate) async fn create_shard_key(&self, key: &ShardKey) -> Result<()> {
        let wanted = CreateShardKey { shard_key: Some(key.to_message()), ..CreateShardKey::default() };
        let collection_name = self.collection.to_string();
        let request = CreateShardKeyRequest { collection_name, request: Some(wanted), timeout: None };
        match self.ask(&request).await {
            Ok(answer) if answer.result => Ok(()),
            Ok(_) => Err(self.place(Error::internal("the server did not make a shard key and does not say why"))),
            // That the key is there has no code of its own.
            Err(error) => {
                if self.has_shard_key(key).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
        }
    }

    /// Whether the collection has shards of this key.
    pub(crate) async fn has_shard_key(&self, key: &ShardKey) -> Result<bool> {
        if let Some(keys) = self.shard_keys().await? {
            return Ok(keys.contains(key));
        }
        match self.count(Filter::default(), std::slice::from_ref(key)).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), Kind::Data | Kind::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Creates the collection; `false` if somebody else has done so.
    pub(crate) async fn create(&self, request: CreateCollection) -> Result<bool> {
        let request = CreateCollection { collection_name: self.collection.to_string(), ..request };
        match self.ask(&request).await {
            Ok(answer) if answer.result => Ok(true),
            Ok(_) => Err(self.place(Error::internal("the server did not create the collection and does not say why"))),
            Err(error) if error.kind() == Kind::AlreadyExists => Ok(false),
            // Servers differ in the code for a collection that exists, so the fact itself is asked for.
            Err(error) => match self.info().await {
                Ok(Some(_)) => Ok(false),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    /// Deletes the collection with all that is in it.
    pub(crate) async fn drop_collection(&self) -> Result<()> {
        let request = DeleteCollection { collection_name: self.collection.to_string(), timeout: None };
        self.ask(&request).await.map(drop)
    }

    /// The names of the server's collections.
    pub(crate) async fn collections(&self) -> Result<Vec<String>> {
        let answer = self.ask(&ListCollectionsRequest {}).await?;
        Ok(answer.collections.into_iter().map(|collection| collection.name).collect())
    }

    /// The server's aliases.
    pub(crate) async fn aliases(&self) -> Result<Vec<AliasDescription>> {
        Ok(self.ask(&ListAliasesRequest {}).await?.aliases)
    }

    /// Makes and deletes aliases, all at once.
    pub(crate) async fn change_aliases(&self, actions: Vec<AliasOperations>) -> Result<()> {
        self.ask(&ChangeAliases { actions, timeout: None }).await.map(drop)
    }

    /// Sets one entry of the collection's metadata.
    pub(crate) async fn set_metadata(&self, key: &str, value: Value) -> Result<()> {
        let request = UpdateCollection {
            collection_name: self.collection.to_string(),
            metadata: [(key.to_owned(), value)].into(),
            ..UpdateCollection::default()
        };
        self.ask(&request).await.map(drop)
    }
}
