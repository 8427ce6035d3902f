//! The hot path without a server, for `benches/codec.rs`: rows into the bytes of a request, and the bytes of an answer into
//! columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use prost::Message;
use serde_json::{Value, json};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::reject::Rejects;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::Scan;
use vectorfuse_core::write::{Task, WritePlan};

use crate::api::proto::{QueryResults, UpsertRequest};
use crate::block::Block;
use crate::collection::{Collection, Consistency, Field, FieldType, ScalarType, VectorType};
use crate::column::keys;
use crate::details::{self, ReadDetails, WriteDetails};
use crate::shaper::Shaper;
use crate::version::Version;
use crate::wire::{Place, upload};
use crate::writer::read_as;

/// How a batch becomes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Straight from the rows.
    Own,
    /// By way of a message, which prost encodes.
    Messages,
}

/// What the plan of a write carries of a collection of such rows, with vectors of so many floats.
#[must_use]
pub fn write_details(dimensions: u64) -> Value {
    json!(WriteDetails {
        collection: collection(dimensions),
        create: false,
        written: None,
        swap: false,
        is_lite: false,
        dropped_keys: Vec::new(),
        made_for: None,
    })
}

/// What the plan of a read carries of the same.
#[must_use]
pub fn read_details(dimensions: u64) -> Value {
    json!(ReadDetails { collection: collection(dimensions), indexed: Vec::new(), search: None, rows: None })
}

fn collection(dimensions: u64) -> Collection {
    let field = |name: &str, data_type| Field {
        name: name.to_owned(),
        data_type,
        is_primary: name == "id",
        is_auto: false,
        is_partition_key: false,
        is_nullable: false,
        has_default: false,
        is_output: false,
        kept: None,
    };
    let text = FieldType::Scalar(ScalarType::VarChar { max_length: Some(512) });
    Collection {
        name: "c".to_owned(),
        id: 1,
        fields: vec![
            field("id", FieldType::Scalar(ScalarType::Int64)),
            field("vector", FieldType::Vector { kind: VectorType::Float, dim: Some(dimensions) }),
            field("title", text),
            field("category", text),
            field("count", FieldType::Scalar(ScalarType::Int64)),
            field("price", FieldType::Scalar(ScalarType::Double)),
            field("sold", FieldType::Scalar(ScalarType::Bool)),
        ],
        strange: Vec::new(),
        is_dynamic: false,
        has_partition_key: false,
        shards: 1,
        consistency: Consistency::Strong,
        aliases: Vec::new(),
        properties: BTreeMap::new(),
        version: Version(2, 6, 0),
    }
}

/// The upsert of all rows of a batch, whose columns are those of the plan.
pub fn encode(batch: &RecordBatch, plan: &WritePlan, codec: Codec) -> Result<Vec<u8>> {
    let block = block(batch, plan)?;
    let collection = plan.options.collection()?;
    match codec {
        Codec::Own => {
            let place =
                Place { database: "".into(), collection: collection.into(), partition: String::new(), partial: false };
            Ok(upload(&place, block)?.whole())
        }
        Codec::Messages => {
            let (collection_name, num_rows) = (collection.to_owned(), block.count()?);
            let fields_data = block.fields()?;
            let request = UpsertRequest { collection_name, fields_data, num_rows, ..UpsertRequest::default() };
            Ok(request.encode_to_vec())
        }
    }
}

/// The rows of a batch as a server gives them back, a `QueryResults`.
pub fn answer(batch: &RecordBatch, plan: &WritePlan) -> Result<Bytes> {
    let answer = QueryResults { fields_data: block(batch, plan)?.fields()?, ..QueryResults::default() };
    Ok(answer.encode_to_vec().into())
}

/// How many columns prost finds in an answer.
pub fn decode_messages(answer: Bytes) -> Result<usize> {
    decoded(answer).map(|answer| answer.fields_data.len())
}

/// Makes columns of answers.
pub struct Decoder(Shaper);

impl Decoder {
    /// Of the columns of this scan.
    pub fn new(scan: &Scan) -> Result<Self> {
        Shaper::new(scan).map(Self)
    }

    /// The rows of a page.
    pub fn decode(&self, answer: Bytes) -> Result<RecordBatch> {
        let answer = decoded(answer)?;
        let keys = keys(&answer, "id")?;
        self.0.batch(&answer, &keys, &(0..keys.len()).collect::<Vec<usize>>())
    }
}

fn block(batch: &RecordBatch, plan: &WritePlan) -> Result<Block> {
    let task = Task { partition: 0 };
    let rejects = Rejects::of(&plan.options, &plan.query, task, &Arc::new(Metrics::default()))?;
    let rows = Rows::new(batch, plan, task, 0, &rejects)?;
    let details: WriteDetails = details::of_plan(&plan.details)?;
    let (mut reader, known) = read_as(plan, &details, None)?;
    let mut changes =
        (0..rows.count()).map(|row| reader.change(&known.form, &rows, row)).collect::<Result<Vec<_>>>()?;
    Ok(known.form.block(changes.iter_mut().filter_map(|change| change.take_values()).collect()))
}

fn decoded(answer: Bytes) -> Result<QueryResults> {
    QueryResults::decode(answer).map_err(|error| Error::internal("it is no page").caused_by(error))
}
