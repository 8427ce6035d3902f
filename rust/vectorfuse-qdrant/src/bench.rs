//! The hot path without a server, for `benches/codec.rs`: rows into the bytes of a request, and the bytes of an answer into
//! columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use prost::Message;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::reject::Rejects;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::Scan;
use vectorfuse_core::write::{Task, WritePlan};

use crate::api::Api;
use crate::change::Change;
use crate::page::{Shaper, identified};
use crate::point::Points;
use crate::received::Scrolled;
use crate::request::{Head, Request};
use crate::wire::Room;

/// How a batch becomes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Straight from the columns.
    Own,
    /// By way of a message for each point, which prost encodes.
    Messages,
}

/// The upsert of all rows of a batch, whose columns are those of the plan.
pub fn encode(batch: &RecordBatch, plan: &WritePlan, codec: Codec) -> Result<Vec<u8>> {
    let task = Task { partition: 0 };
    let rejects = Rejects::of(&plan.options, &plan.query, task, &Arc::new(Metrics::default()))?;
    let rows = Rows::new(batch, plan, task, 0, &rejects)?;
    let mut room = (codec == Codec::Own).then(Room::default);
    let points = Points { rows: &rows, plan, vectors: &BTreeMap::new() };
    let changes = (0..rows.count()).map(|row| points.change(row, room.as_mut())).collect::<Result<Vec<Change>>>()?;
    let mode = plan.options.named.write_mode;
    let collection = plan.options.collection()?;
    let head = Head { collection, wait: true, mode, ordering: None, conditional: false, shards: Vec::new() };
    match head.request(changes)? {
        Request::Encoded { upsert, .. } => Ok(upsert.whole()),
        Request::Upsert(upsert) => Ok(upsert.encode_to_vec()),
        Request::Delete(_) | Request::Batch(_) => Err(Error::internal("the rows of a benchmark are upserts")),
    }
}

/// Makes columns of answers.
pub struct Decoder(Shaper);

impl Decoder {
    /// Of the columns of this scan. Must be called within the runtime.
    pub fn new(scan: &Scan) -> Result<Self> {
        let api = Api::open(&scan.options, Arc::new(Metrics::default()))?;
        Shaper::new(&api, scan).map(Self)
    }

    /// The rows of a page, a `ScrollResponse`.
    pub fn decode(&self, answer: Bytes) -> Result<RecordBatch> {
        let page = Scrolled::decode(answer).map_err(|error| Error::internal("it is no page").caused_by(error))?;
        self.0.batch(&identified(page.result)?)
    }
}
