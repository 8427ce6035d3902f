//! The collections service: definitions and aliases.

use std::sync::Arc;
use std::time::Instant;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::collections_server::Collections;
use tonic::{Request, Response, Status};

use super::blocking;
use crate::catalog::Catalog;
use crate::refusal::{Answer, lacking, refuse};
use crate::shard_key::Key;

pub struct CollectionsService(pub Arc<Catalog>);

impl CollectionsService {
    async fn change(
        &self,
        work: impl FnOnce(&Catalog) -> Answer<bool> + Send + 'static,
    ) -> Answer<Response<proto::CollectionOperationResponse>> {
        let start = Instant::now();
        let catalog = self.0.clone();
        let result = blocking(move || work(&catalog)).await?;
        Ok(Response::new(proto::CollectionOperationResponse { result, time: start.elapsed().as_secs_f64() }))
    }

    fn aliases(&self, of: Option<&str>) -> Answer<Response<proto::ListAliasesResponse>> {
        let start = Instant::now();
        Ok(Response::new(proto::ListAliasesResponse {
            aliases: self.0.aliases(of),
            time: start.elapsed().as_secs_f64(),
        }))
    }
}

#[tonic::async_trait]
impl Collections for CollectionsService {
    async fn get(
        &self,
        request: Request<proto::GetCollectionInfoRequest>,
    ) -> Answer<Response<proto::GetCollectionInfoResponse>> {
        let start = Instant::now();
        let collection = self.0.find(&request.into_inner().collection_name)?;
        let result = blocking(move || Ok(collection.info())).await?;
        Ok(Response::new(proto::GetCollectionInfoResponse {
            result: Some(result),
            time: start.elapsed().as_secs_f64(),
        }))
    }

    async fn list(
        &self,
        _request: Request<proto::ListCollectionsRequest>,
    ) -> Answer<Response<proto::ListCollectionsResponse>> {
        let start = Instant::now();
        Ok(Response::new(proto::ListCollectionsResponse {
            collections: self.0.names().into_iter().map(|name| proto::CollectionDescription { name }).collect(),
            time: start.elapsed().as_secs_f64(),
        }))
    }

    async fn create(
        &self,
        request: Request<proto::CreateCollection>,
    ) -> Answer<Response<proto::CollectionOperationResponse>> {
        let given = request.into_inner();
        self.change(|catalog| catalog.create(given).map(|()| true)).await
    }

    async fn update(
        &self,
        request: Request<proto::UpdateCollection>,
    ) -> Answer<Response<proto::CollectionOperationResponse>> {
        let given = request.into_inner();
        self.change(|catalog| {
            let collection = catalog.find(&given.collection_name)?;
            collection.redefine(given).map(|()| true)
        })
        .await
    }

    async fn delete(
        &self,
        request: Request<proto::DeleteCollection>,
    ) -> Answer<Response<proto::CollectionOperationResponse>> {
        let given = request.into_inner();
        self.change(move |catalog| catalog.delete(&given.collection_name)).await
    }

    async fn collection_exists(
        &self,
        request: Request<proto::CollectionExistsRequest>,
    ) -> Answer<Response<proto::CollectionExistsResponse>> {
        let start = Instant::now();
        let exists = self.0.find(&request.into_inner().collection_name).is_ok();
        Ok(Response::new(proto::CollectionExistsResponse {
            result: Some(proto::CollectionExists { exists }),
            time: start.elapsed().as_secs_f64(),
        }))
    }

    async fn update_aliases(
        &self,
        request: Request<proto::ChangeAliases>,
    ) -> Answer<Response<proto::CollectionOperationResponse>> {
        let actions = request.into_inner().actions;
        self.change(|catalog| catalog.change_aliases(actions).map(|()| true)).await
    }

    async fn list_collection_aliases(
        &self,
        request: Request<proto::ListCollectionAliasesRequest>,
    ) -> Answer<Response<proto::ListAliasesResponse>> {
        let name = request.into_inner().collection_name;
        self.0.find(&name)?;
        self.aliases(Some(&name))
    }

    async fn list_aliases(
        &self,
        _request: Request<proto::ListAliasesRequest>,
    ) -> Answer<Response<proto::ListAliasesResponse>> {
        self.aliases(None)
    }

    async fn collection_cluster_info(
        &self,
        request: Request<proto::CollectionClusterInfoRequest>,
    ) -> Answer<Response<proto::CollectionClusterInfoResponse>> {
        let start = Instant::now();
        let collection = self.0.find(&request.into_inner().collection_name)?;
        let cluster = blocking(move || Ok(collection.cluster())).await?;
        let local_shards = cluster.shards.iter().map(|shard| proto::LocalShardInfo {
            shard_id: shard.id,
            points_count: shard.points,
            state: proto::ReplicaState::Active.into(),
            shard_key: shard.key.as_ref().map(Key::to_proto),
        });
        Ok(Response::new(proto::CollectionClusterInfoResponse {
            peer_id: cluster.peer,
            shard_count: cluster.shards.len() as u64,
            local_shards: local_shards.collect(),
            time: start.elapsed().as_secs_f64(),
            ..Default::default()
        }))
    }

    async fn update_collection_cluster_setup(
        &self,
        _request: Request<proto::UpdateCollectionClusterSetupRequest>,
    ) -> Answer<Response<proto::UpdateCollectionClusterSetupResponse>> {
        Err(lacking("UpdateCollectionClusterSetup"))
    }

    async fn create_shard_key(
        &self,
        request: Request<proto::CreateShardKeyRequest>,
    ) -> Answer<Response<proto::CreateShardKeyResponse>> {
        let start = Instant::now();
        let given = request.into_inner();
        let made = given.request.ok_or_else(|| Status::invalid_argument("empty request"))?;
        if !made.placement.is_empty() {
            return Err(lacking("placement"));
        }
        refuse("initial_state", &made.initial_state)?;
        let key = Key::required(made.shard_key)?;
        let collection = self.0.find(&given.collection_name)?;
        blocking(move || collection.add_key(key)).await?;
        Ok(Response::new(proto::CreateShardKeyResponse { result: true, time: start.elapsed().as_secs_f64() }))
    }

    async fn delete_shard_key(
        &self,
        request: Request<proto::DeleteShardKeyRequest>,
    ) -> Answer<Response<proto::DeleteShardKeyResponse>> {
        let start = Instant::now();
        let given = request.into_inner();
        let removed = given.request.ok_or_else(|| Status::invalid_argument("empty request"))?;
        let key = Key::required(removed.shard_key)?;
        let collection = self.0.find(&given.collection_name)?;
        blocking(move || collection.remove_key(&key)).await?;
        Ok(Response::new(proto::DeleteShardKeyResponse { result: true, time: start.elapsed().as_secs_f64() }))
    }

    async fn list_shard_keys(
        &self,
        request: Request<proto::ListShardKeysRequest>,
    ) -> Answer<Response<proto::ListShardKeysResponse>> {
        let start = Instant::now();
        let keys = self.0.find(&request.into_inner().collection_name)?.parts().keys();
        Ok(Response::new(proto::ListShardKeysResponse {
            shard_keys: keys.iter().map(|key| proto::ShardKeyDescription { key: Some(key.to_proto()) }).collect(),
            time: start.elapsed().as_secs_f64(),
        }))
    }
}
