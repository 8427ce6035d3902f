//! What is asked of a collection about keys before rows are written: which of them are there, and what they store.
//!
//! Every question sees all that was acknowledged before it (`Strong`), and none is atomic with the write that follows.

use std::collections::{HashMap, HashSet};

use vectorfuse_core::civil;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::payload::Scalar;

use crate::api::Api;
use crate::api::proto::{ConsistencyLevel, QueryRequest, QueryResults};
use crate::cell::Cell;
use crate::collection::Field;
use crate::column;
use crate::expression;
use crate::key::Key;

/// So many keys, or so many bytes of them, are asked for at once: parsers of expressions are slow, and an answer must have
/// room for as many rows (Milvus gives at most 16,384).
const MOST_KEYS: usize = 8_192;
const MOST_BYTES: usize = 1 << 20;

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
        match api.query(request, usize::MAX).await {
            Ok(Some(answer)) => Ok(answer.message),
            Ok(None) => Err(Error::internal("an answer without a bound was too large")),
            Err(error) if error.kind() == Kind::Unsupported => Err(Error::unsupported(
                "the write must ask which rows are there, and the collection, or a part of it, is not loaded: load it",
            )
            .caused_by(error)),
            Err(error) => Err(error),
        }
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
