//! The points service: every call of the protocol, each handed to the reads or the writes.

use std::sync::Arc;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::points_server::Points;
use tonic::{Request, Response};

use super::{reads, writes};
use crate::catalog::Catalog;
use crate::convert::write;
use crate::refusal::{Answer, invalid_body, lacking};
use crate::shard_key::Selection;

type Changed = Answer<Response<proto::PointsOperationResponse>>;

pub struct PointsService(pub Arc<Catalog>);

#[tonic::async_trait]
impl Points for PointsService {
    async fn upsert(&self, request: Request<proto::UpsertPoints>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::upsert(given.points, given.update_filter, given.update_mode);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn delete(&self, request: Request<proto::DeletePoints>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::delete(given.points);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn update_vectors(&self, request: Request<proto::UpdatePointVectors>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::update_vectors(given.points, given.update_filter);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn delete_vectors(&self, request: Request<proto::DeletePointVectors>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::delete_vectors(given.points_selector, given.vectors);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn set_payload(&self, request: Request<proto::SetPayloadPoints>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::set_payload(given.payload, given.points_selector, given.key);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn overwrite_payload(&self, request: Request<proto::SetPayloadPoints>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::overwrite_payload(given.payload, given.points_selector, given.key);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn delete_payload(&self, request: Request<proto::DeletePayloadPoints>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::delete_payload(&given.keys, given.points_selector);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn clear_payload(&self, request: Request<proto::ClearPayloadPoints>) -> Changed {
        let given = request.into_inner();
        let keys = Selection::of(given.shard_key_selector);
        let operation = write::clear_payload(given.points);
        writes::one(&self.0, &given.collection_name, given.wait, keys, operation).await
    }

    async fn create_field_index(&self, request: Request<proto::CreateFieldIndexCollection>) -> Changed {
        let given = request.into_inner();
        let (name, wait) = (given.collection_name.clone(), given.wait);
        writes::one(&self.0, &name, wait, Ok(Selection::Unsaid), write::create_index(given)).await
    }

    async fn delete_field_index(&self, request: Request<proto::DeleteFieldIndexCollection>) -> Changed {
        let given = request.into_inner();
        let operation = write::delete_index(&given.field_name);
        writes::one(&self.0, &given.collection_name, given.wait, Ok(Selection::Unsaid), operation).await
    }

    async fn update_batch(
        &self,
        request: Request<proto::UpdateBatchPoints>,
    ) -> Answer<Response<proto::UpdateBatchResponse>> {
        let given = request.into_inner();
        if given.operations.is_empty() {
            return Err(invalid_body("operations", "length must be at least 1"));
        }
        let operations = given.operations.into_iter().map(write::operation).collect();
        writes::batch(&self.0, &given.collection_name, given.wait, operations).await
    }

    async fn get(&self, request: Request<proto::GetPoints>) -> Answer<Response<proto::GetResponse>> {
        reads::get(&self.0, request.into_inner()).await
    }

    async fn scroll(&self, request: Request<proto::ScrollPoints>) -> Answer<Response<proto::ScrollResponse>> {
        reads::scroll(&self.0, request.into_inner()).await
    }

    async fn count(&self, request: Request<proto::CountPoints>) -> Answer<Response<proto::CountResponse>> {
        reads::count(&self.0, request.into_inner()).await
    }

    async fn query(&self, request: Request<proto::QueryPoints>) -> Answer<Response<proto::QueryResponse>> {
        reads::query(&self.0, request.into_inner()).await
    }

    async fn query_batch(
        &self,
        request: Request<proto::QueryBatchPoints>,
    ) -> Answer<Response<proto::QueryBatchResponse>> {
        reads::query_batch(&self.0, request.into_inner()).await
    }

    async fn facet(&self, request: Request<proto::FacetCounts>) -> Answer<Response<proto::FacetResponse>> {
        reads::facet(&self.0, request.into_inner()).await
    }

    async fn create_vector_name(
        &self,
        _request: Request<proto::CreateVectorNameRequest>,
    ) -> Answer<Response<proto::PointsOperationResponse>> {
        Err(lacking("CreateVectorName"))
    }

    async fn delete_vector_name(
        &self,
        _request: Request<proto::DeleteVectorNameRequest>,
    ) -> Answer<Response<proto::PointsOperationResponse>> {
        Err(lacking("DeleteVectorName"))
    }

    async fn search(&self, _request: Request<proto::SearchPoints>) -> Answer<Response<proto::SearchResponse>> {
        Err(lacking("Search"))
    }

    async fn search_batch(
        &self,
        _request: Request<proto::SearchBatchPoints>,
    ) -> Answer<Response<proto::SearchBatchResponse>> {
        Err(lacking("SearchBatch"))
    }

    async fn search_groups(
        &self,
        _request: Request<proto::SearchPointGroups>,
    ) -> Answer<Response<proto::SearchGroupsResponse>> {
        Err(lacking("SearchGroups"))
    }

    async fn recommend(&self, _request: Request<proto::RecommendPoints>) -> Answer<Response<proto::RecommendResponse>> {
        Err(lacking("Recommend"))
    }

    async fn recommend_batch(
        &self,
        _request: Request<proto::RecommendBatchPoints>,
    ) -> Answer<Response<proto::RecommendBatchResponse>> {
        Err(lacking("RecommendBatch"))
    }

    async fn recommend_groups(
        &self,
        _request: Request<proto::RecommendPointGroups>,
    ) -> Answer<Response<proto::RecommendGroupsResponse>> {
        Err(lacking("RecommendGroups"))
    }

    async fn discover(&self, _request: Request<proto::DiscoverPoints>) -> Answer<Response<proto::DiscoverResponse>> {
        Err(lacking("Discover"))
    }

    async fn discover_batch(
        &self,
        _request: Request<proto::DiscoverBatchPoints>,
    ) -> Answer<Response<proto::DiscoverBatchResponse>> {
        Err(lacking("DiscoverBatch"))
    }

    async fn query_groups(
        &self,
        _request: Request<proto::QueryPointGroups>,
    ) -> Answer<Response<proto::QueryGroupsResponse>> {
        Err(lacking("QueryGroups"))
    }

    async fn search_matrix_pairs(
        &self,
        _request: Request<proto::SearchMatrixPoints>,
    ) -> Answer<Response<proto::SearchMatrixPairsResponse>> {
        Err(lacking("SearchMatrixPairs"))
    }

    async fn search_matrix_offsets(
        &self,
        _request: Request<proto::SearchMatrixPoints>,
    ) -> Answer<Response<proto::SearchMatrixOffsetsResponse>> {
        Err(lacking("SearchMatrixOffsets"))
    }
}
