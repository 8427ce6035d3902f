//! What is asked of a collection about keys before rows are written: which of them are there, and what they store.
//!
//! Every question sees all that was acknowledged before it (`Strong`), and none is atomic with the write that follows.

use std::collections::{HashMap, HashSet};

use vectorfuse_core::civil;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::payload::Scalar;

use crate::api::Api;
use crate::api::proto::{ConsistencyLevel, LoadState, QueryRequest, QueryResults};
use crate::cell::Cell;
use crate::collection::{Collection, Field};
use crate::column;
use crate::expression;
use crate::key::Key;

/// So many keys, or so many bytes of them, are asked for at once: parsers of expressions are slow, and an answer must have
/// room for as many rows (Milvus gives at most 16,384).
const MOST_KEYS: usize = 8_192;
const MOST_BYTES: usize = 1 << 20;

/// Refuses a write that must ask which rows are there of a collection that answers no question: its tasks would wait for it
/// in vain.
pub(crate) async fn check(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    if !is_needed(api, options, there).await? {
        return Ok(());
    }
    match api.load_state(&[]).await? {
        LoadState::Loaded | LoadState::Loading => Ok(()),
        LoadState::NotExist | LoadState::NotLoaded => Err(Error::unsupported(
            "the write must ask which rows are there, and the collection is not loaded: load it (`load_collection`)",
        )),
    }
}

async fn is_needed(api: &Api, options: &Options, there: &Collection) -> Result<bool> {
    let named = &options.named;
    if there.primary()?.is_auto && named.write_mode != WriteMode::Delete {
        // What says of a row whose it is stands in the dynamic field.
        return Ok(there.is_dynamic);
    }
    if named.order_field.is_some() || named.partition.is_some() || named.partition_field.is_some() {
        return Ok(true);
    }
    match named.write_mode {
        WriteMode::Insert | WriteMode::Update | WriteMode::Partial => Ok(true),
        // It is for all partitions.
        WriteMode::Delete => Ok(false),
        // A key must be in no other partition.
        WriteMode::Upsert => Ok(!there.has_partition_key && api.partitions().await?.len() > 1),
    }
}

/// What can be asked about the keys of a collection.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    /// The primary key.
    pub(crate) primary: Field,
    /// What `order_field` stores.
    pub(crate) order: Option<Field>,
}

impl Lookup {
    /// Those of the keys that are there, in any of these partitions; in the whole collection if there are none.
    pub(crate) async fn there<'a>(
        &self,
        api: &Api,
        keys: impl IntoIterator<Item = &'a Key>,
        partitions: &[String],
    ) -> Result<HashSet<Key>> {
        let mut there = HashSet::new();
        for expr in self.expressions(keys) {
            let answer = self.query(api, expr, Vec::new(), partitions).await?;
            there.extend(column::keys(&answer, &self.primary.name)?);
        }
        Ok(there)
    }

    /// What those of the keys that are there store as their order.
    pub(crate) async fn orders<'a>(
        &self,
        api: &Api,
        keys: impl IntoIterator<Item = &'a Key>,
        partitions: &[String],
    ) -> Result<HashMap<Key, Option<Scalar>>> {
        let mut orders = HashMap::new();
        let Some(field) = &self.order else { return Ok(orders) };
        for expr in self.expressions(keys) {
            let answer = self.query(api, expr, vec![field.name.clone()], partitions).await?;
            let keys = column::keys(&answer, &self.primary.name)?;
            let stored = if keys.is_empty() { Vec::new() } else { orders_of(&answer, field, keys.len())? };
            orders.extend(keys.into_iter().zip(stored));
        }
        Ok(orders)
    }

    /// Expressions that are true of these keys, each of a size that servers take.
    pub(crate) fn expressions<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) -> Vec<String> {
        let mut keys = keys.into_iter().peekable();
        let mut expressions = Vec::new();
        while keys.peek().is_some() {
            let (mut part, mut bytes) = (Vec::new(), 0);
            while let Some(key) = keys.next_if(|_| part.is_empty() || (part.len() < MOST_KEYS && bytes < MOST_BYTES)) {
                bytes += match key {
                    Key::Integer(_) => size_of::<i64>(),
                    Key::Text(text) => text.len(),
                };
                part.push(key);
            }
            expressions.push(expression::among(&self.primary.name, part));
        }
        expressions
    }

    /// The rows of an expression, with their keys and these fields.
    pub(crate) async fn query(
        &self,
        api: &Api,
        expr: String,
        fields: Vec<String>,
        partitions: &[String],
    ) -> Result<QueryResults> {
        let output_fields = std::iter::once(self.primary.name.clone()).chain(fields).collect();
        let request = QueryRequest {
            expr,
            output_fields,
            partition_names: partitions.to_vec(),
            consistency_level: ConsistencyLevel::Strong.into(),
            ..QueryRequest::default()
        };
        let answer = api.query(request, usize::MAX).await?;
        let answer = answer.ok_or_else(|| Error::internal("an answer without a bound was too large"))?;
        Ok(answer.message)
    }
}

/// What a field of `order_field` stores in each row of an answer; null for null.
fn orders_of(answer: &QueryResults, field: &Field, rows: usize) -> Result<Vec<Option<Scalar>>> {
    let strange = || Error::internal(format!("the server's values of the field `{}` have another type", field.name));
    let column = column::named(answer, &field.name).ok_or_else(|| column::left_out(&field.name))?;
    let stored = column::Stored::of(column, rows)?;
    let order = |row| match stored.cell(row) {
        None => Ok(None),
        // Moments and numbers of one field are compared as numbers.
        Some(Cell::Integer(number)) => Ok(Some(Scalar::Integer(number))),
        Some(Cell::Double(number)) => Ok(Some(Scalar::Double(number))),
        Some(Cell::Text(text)) => match civil::parse_datetime(text) {
            Some(moment) => Ok(Some(Scalar::Instant(moment.micros))),
            None => Err(Error::data(format!(
                "the field `{}` stores `{text}`, which is no moment, so nothing can be compared with it",
                field.name
            ))),
        },
        Some(Cell::Boolean(_) | Cell::List(_)) => Err(strange()),
    };
    (0..rows).map(order).collect()
}
