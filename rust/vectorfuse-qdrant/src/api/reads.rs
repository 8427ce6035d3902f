//! What is asked about points: pages, single points, counts, and the parts of each that are wanted.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    CountPoints, FacetCounts, FacetHit, Filter, GetPoints, GetResponse, Query, QueryPoints, QueryResponse,
    ScrollPoints, Value, WithPayloadSelector, WithVectorsSelector, query, with_payload_selector, with_vectors_selector,
};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::net::Answer;

use super::Api;
use crate::point;
use crate::received::Scrolled;
use crate::selection::Selection;
use crate::shard_key::{self, ShardKey};

/// Which parts of a point a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) payload: WithPayloadSelector,
    pub(crate) vectors: WithVectorsSelector,
}

impl Wanted {
    /// A request for pages of these parts; offset and limit are yet to be said.
    pub(crate) fn scroll(&self, collection: &str) -> ScrollPoints {
        ScrollPoints {
            collection_name: collection.to_owned(),
            with_payload: Some(self.payload.clone()),
            with_vectors: Some(self.vectors.clone()),
            ..ScrollPoints::default()
        }
    }

    /// The id alone.
    pub(crate) fn nothing() -> Self {
        Self::new(Some(Vec::new()), Some(Vec::new()))
    }

    /// Whether it is the id alone.
    pub(crate) fn is_nothing(&self) -> bool {
        let nothing = Self::nothing();
        self.payload == nothing.payload && self.vectors == nothing.vectors
    }

    /// The payload as this selector says.
    pub(crate) fn with_payload(self, selector: with_payload_selector::SelectorOptions) -> Self {
        Self { payload: WithPayloadSelector { selector_options: Some(selector) }, ..self }
    }

    /// These fields of the payload and these vectors; `None` for all that there are.
    pub(crate) fn new(fields: Option<Vec<String>>, vectors: Option<Vec<String>>) -> Self {
        let payload = match fields {
            None => with_payload_selector::SelectorOptions::Enable(true),
            Some(fields) if fields.is_empty() => with_payload_selector::SelectorOptions::Enable(false),
            Some(fields) => with_payload_selector::SelectorOptions::Include(fields.into()),
        };
        let vectors = match vectors {
            None => with_vectors_selector::SelectorOptions::Enable(true),
            Some(names) if names.is_empty() => with_vectors_selector::SelectorOptions::Enable(false),
            Some(names) => with_vectors_selector::SelectorOptions::Include(names.into()),
        };
        Self {
            payload: WithPayloadSelector { selector_options: Some(payload) },
            vectors: WithVectorsSelector { selector_options: Some(vectors) },
        }
    }
}

impl Api {
    /// How many points of these shards pass the filter; of all without keys.
    pub(crate) async fn count(&self, filter: Filter, shards: &[ShardKey]) -> Result<usize> {
        let request = CountPoints {
            collection_name: self.collection.to_string(),
            filter: Some(filter),
            exact: Some(true),
            shard_key_selector: shard_key::selector(shards),
            ..CountPoints::default()
        };
        let answer = self.ask(&request).await?;
        let count = answer.result.ok_or_else(|| self.place(Error::internal("the server counted nothing")))?.count;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Those of these points that are there, in these shards (in all without keys), with their payload as far as it is
    /// wanted.
    pub(crate) async fn retrieve(
        &self,
        ids: Vec<PointId>,
        wanted: Wanted,
        shards: &[ShardKey],
    ) -> Result<Vec<(PointId, HashMap<String, Value>)>> {
        let request = GetPoints { shard_key_selector: shard_key::selector(shards), ..self.look_up(ids, wanted) };
        let found = self.ask(&request).await?.result.into_iter();
        found.map(|found| Ok((point::from_qdrant_id(found.id)?, found.payload))).collect()
    }

    /// The key of the shard that each of these points is in; of a point that is in two, the key of one.
    pub(crate) async fn homes(&self, ids: Vec<PointId>) -> Result<HashMap<PointId, ShardKey>> {
        let found = self.ask(&self.look_up(ids, Wanted::nothing())).await?.result.into_iter();
        found.map(|found| Ok((point::from_qdrant_id(found.id)?, ShardKey::from_message(found.shard_key)?))).collect()
    }

    fn look_up(&self, ids: Vec<PointId>, wanted: Wanted) -> GetPoints {
        GetPoints {
            collection_name: self.collection.to_string(),
            ids: ids.into_iter().map(point::to_qdrant_id).collect(),
            with_payload: Some(wanted.payload),
            with_vectors: Some(wanted.vectors),
            ..GetPoints::default()
        }
    }

    /// A page of points in the order of ids, as `request` asks for them. `Ok(None)`: it would be larger than `largest`
    /// bytes.
    pub(crate) async fn scroll(&self, request: &ScrollPoints, largest: usize) -> Result<Option<Answer<Scrolled>>> {
        self.send::<ScrollPoints>(&self.encode(request)?, largest).await
    }

    /// How many points the selection has: an estimate, or exactly.
    pub(crate) async fn count_selected(&self, selection: &Selection, exact: bool) -> Result<u64> {
        let request =
            CountPoints { collection_name: self.collection.to_string(), exact: Some(exact), ..CountPoints::default() };
        let answer = self.ask(&selection.count(request)).await?;
        self.metrics.add_server_time(answer.time);
        let count = answer.result.map(|result| result.count);
        count.ok_or_else(|| self.place(Error::internal("the server counted and does not say what")))
    }

    /// How many points of the selection have each value of an indexed field; at most `limit` values.
    pub(crate) async fn facet(&self, selection: &Selection, key: String, limit: u64) -> Result<Vec<FacetHit>> {
        let request = FacetCounts {
            collection_name: self.collection.to_string(),
            key,
            limit: Some(limit),
            exact: Some(true),
            ..FacetCounts::default()
        };
        let answer = self.ask(&selection.facet(request)).await?;
        self.metrics.add_server_time(answer.time);
        Ok(answer.hits)
    }

    /// The ids of at most `limit` points of the selection, drawn at random, in no order.
    pub(crate) async fn sample_ids(&self, selection: &Selection, limit: u64) -> Result<Vec<PointId>> {
        let request = QueryPoints {
            collection_name: self.collection.to_string(),
            query: Some(Query { variant: Some(query::Variant::Sample(0)) }),
            limit: Some(limit),
            with_payload: Some(Wanted::nothing().payload),
            with_vectors: Some(Wanted::nothing().vectors),
            ..QueryPoints::default()
        };
        let answer = self.ask(&selection.query(request)).await?;
        answer.result.into_iter().map(|found| point::from_qdrant_id(found.id)).collect()
    }

    /// The answer to a query. `Ok(None)`: it would be larger than `largest` bytes.
    pub(crate) async fn query(&self, request: &QueryPoints, largest: usize) -> Result<Option<Answer<QueryResponse>>> {
        self.send::<QueryPoints>(&self.encode(request)?, largest).await
    }

    /// Points by their ids, in no order. `Ok(None)`: the answer would be larger than `largest` bytes.
    pub(crate) async fn get(&self, request: &GetPoints, largest: usize) -> Result<Option<Answer<GetResponse>>> {
        self.send::<GetPoints>(&self.encode(request)?, largest).await
    }

    /// Whether the point has the vector of this name; `None` if there is no such point.
    pub(crate) async fn has_vector(&self, id: PointId, name: &str, selection: &Selection) -> Result<Option<bool>> {
        // Asked for by name, the unnamed vector would need a name: it is the only one, so all are asked for.
        let vectors = (!name.is_empty()).then(|| vec![name.to_owned()]);
        let wanted = Wanted::new(Some(Vec::new()), vectors);
        let request = selection.get(GetPoints {
            collection_name: self.collection.to_string(),
            ids: vec![point::to_qdrant_id(id)],
            with_payload: Some(wanted.payload),
            with_vectors: Some(wanted.vectors),
            ..GetPoints::default()
        });
        let found = self.ask(&request).await?.result;
        Ok(found.first().map(|point| point::vector_of(point, name).is_some()))
    }
}
