//! The way through the points of one part: shard by shard, and in each in the order of the ids.

use std::collections::VecDeque;

use qdrant_client::qdrant::ScrollPoints;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;

use crate::api::{Api, Wanted};
use crate::condition;
use crate::page::{Row, identified};
use crate::point::{from_qdrant_id, to_qdrant_id};
use crate::selection::Selection;
use crate::shard_key::{ShardKey, selector};
use crate::split::Part;

/// Where a read of a part stands.
pub(crate) struct Walk {
    api: Api,
    selection: Selection,
    /// From where each shard is read.
    from: Option<PointId>,
    to: Option<PointId>,
    /// The shard that is being read; `None` where shards have no keys.
    shard_key: Option<ShardKey>,
    /// Those that are yet to be read.
    shard_keys: VecDeque<ShardKey>,
    stand: Stand,
}

/// What is next in the shard that is being read.
#[derive(Clone, Copy)]
enum Stand {
    /// The points from this id on; from the first if there is none.
    At(Option<PointId>),
    /// Nothing.
    Past,
}

/// Points that follow each other.
pub(crate) struct Stretch {
    pub(crate) rows: Vec<Row>,
    pub(crate) bytes: usize,
}

impl Walk {
    pub(crate) fn new(api: Api, selection: Selection, part: Part) -> Self {
        let selection = match part.slice {
            Some(slice) => selection.slice(slice),
            None => selection,
        };
        let mut shard_keys = VecDeque::from(part.shard_keys);
        let shard_key = shard_keys.pop_front();
        Self { api, selection, from: part.from, to: part.to, shard_key, shard_keys, stand: Stand::At(part.from) }
    }

    /// Whether the shard that is being read has no more points.
    pub(crate) fn is_past_shard(&self) -> bool {
        matches!(self.stand, Stand::Past)
    }

    /// Whether there are no more points at all.
    pub(crate) fn is_past(&self) -> bool {
        self.is_past_shard() && self.shard_keys.is_empty()
    }

    /// The next points, with these parts of them; none at the end. `None`: the answer would be larger than `largest`
    /// bytes, and what is next stays next.
    pub(crate) async fn stretch(&mut self, wanted: &Wanted, most: u32, largest: usize) -> Result<Option<Stretch>> {
        if self.is_past_shard()
            && let Some(key) = self.shard_keys.pop_front()
        {
            (self.shard_key, self.stand) = (Some(key), Stand::At(self.from));
        }
        let Stand::At(next) = self.stand else { return Ok(Some(Stretch { rows: Vec::new(), bytes: 0 })) };
        let request = ScrollPoints { offset: next.map(to_qdrant_id), limit: Some(most), ..self.request(wanted) };
        let Some(answer) = self.api.scroll(&request, largest).await? else { return Ok(None) };
        self.api.add_server_time(answer.message.time);
        let following = answer.message.next_page_offset.map(|id| from_qdrant_id(Some(id))).transpose()?;
        let past = |id: PointId| self.to.is_some_and(|to| id >= to);
        let mut rows = identified(answer.message.result)?;
        rows.truncate(rows.iter().position(|row| past(row.id)).unwrap_or(rows.len()));
        self.stand = if following.is_none_or(past) { Stand::Past } else { Stand::At(following) };
        Ok(Some(Stretch { rows, bytes: answer.bytes }))
    }

    /// Those of these points of the shard that is being read that are still there and still meant, with these parts of
    /// them. `None`: the answer would be larger than `largest` bytes.
    pub(crate) async fn fetch(&self, ids: &[PointId], wanted: &Wanted, largest: usize) -> Result<Option<Stretch>> {
        let limit = u32::try_from(ids.len()).map_err(|_| Error::internal("too many points for one request"))?;
        let selection = self.selection.clone().and(condition::ids(ids));
        let request = ScrollPoints { limit: Some(limit), ..self.request_of(&selection, wanted) };
        let Some(answer) = self.api.scroll(&request, largest).await? else { return Ok(None) };
        self.api.add_server_time(answer.message.time);
        Ok(Some(Stretch { rows: identified(answer.message.result)?, bytes: answer.bytes }))
    }

    fn request(&self, wanted: &Wanted) -> ScrollPoints {
        self.request_of(&self.selection, wanted)
    }

    fn request_of(&self, selection: &Selection, wanted: &Wanted) -> ScrollPoints {
        let mut request = selection.scroll(wanted.scroll(self.api.collection()));
        if let Some(key) = &self.shard_key {
            request.shard_key_selector = selector(std::slice::from_ref(key));
        }
        request
    }
}
