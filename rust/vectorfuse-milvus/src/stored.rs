//! What is asked of a collection about keys before rows are written: which of them are there, and what they store.
//!
//! Every question sees all that was acknowledged before it (`Strong`), and none is atomic with the write that follows.

use std::collections::{HashMap, HashSet};

use vectorfuse_core::civil;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::payload::Scalar;

use crate::api::Api;
use crate::api::proto::field_data::Field as Held;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::{ConsistencyLevel, FieldData, QueryRequest, QueryResults};
use crate::collection::{Field, FieldType, ScalarType};
use crate::expression;
use crate::key::Key;

/// So many keys, or so many bytes of them, are asked for at once: parsers of expressions are slow, and an answer must have
/// room for as many rows (Milvus gives at most 16,384).
const MOST_KEYS: usize = 8_192;
const MOST_BYTES: usize = 1 << 20;

/// What can be asked about the keys of a collection.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// The primary key.
    pub(crate) primary: Field,
    /// What `order_field` stores.
    pub(crate) order: Option<Field>,
}

impl Stored {
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
            there.extend(keys_of(&answer, &self.primary.name)?);
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
            let keys = keys_of(&answer, &self.primary.name)?;
            orders.extend(keys.into_iter().zip(scalars(&answer, field)?));
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

/// The keys of an answer's rows.
pub(crate) fn keys_of(answer: &QueryResults, primary: &str) -> Result<Vec<Key>> {
    match data(answer, primary) {
        None => Ok(Vec::new()),
        Some((Data::LongData(keys), _)) => Ok(keys.data.iter().copied().map(Key::Integer).collect()),
        Some((Data::StringData(keys), _)) => Ok(keys.data.iter().cloned().map(Key::Text).collect()),
        Some(_) => Err(Error::internal("the server's keys are neither integers nor texts")),
    }
}

/// The values of a field that is no vector, with which of them are there; `None` if the answer has no rows.
fn data<'a>(answer: &'a QueryResults, name: &str) -> Option<(&'a Data, &'a [bool])> {
    let column: &FieldData = answer.fields_data.iter().find(|column| column.field_name == name)?;
    let Some(Held::Scalars(scalars)) = &column.field else { return None };
    let valid = if scalars.valid_data.is_empty() { &column.valid_data } else { &scalars.valid_data };
    Some((scalars.data.as_ref()?, valid))
}

/// The values of the field of `order_field`, null for null.
fn scalars(answer: &QueryResults, field: &Field) -> Result<Vec<Option<Scalar>>> {
    let strange = || Error::internal(format!("the server's values of the field `{}` have another type", field.name));
    let moments = field.kept.as_ref().is_some_and(|kept| is_moment(&kept.data_type))
        || field.data_type == FieldType::Scalar(ScalarType::Timestamptz);
    let number = |number: i64| if moments { Scalar::Instant(number) } else { Scalar::Integer(number) };
    let (values, valid): (Vec<Scalar>, &[bool]) = match data(answer, &field.name) {
        None => return Ok(Vec::new()),
        Some((Data::IntData(values), valid)) => {
            (values.data.iter().map(|value| number((*value).into())).collect(), valid)
        }
        Some((Data::LongData(values), valid)) => (values.data.iter().map(|value| number(*value)).collect(), valid),
        Some((Data::TimestamptzData(values), valid)) => {
            (values.data.iter().map(|value| Scalar::Instant(*value)).collect(), valid)
        }
        Some((Data::FloatData(values), valid)) => {
            (values.data.iter().map(|value| Scalar::Double((*value).into())).collect(), valid)
        }
        Some((Data::DoubleData(values), valid)) => {
            (values.data.iter().map(|value| Scalar::Double(*value)).collect(), valid)
        }
        Some((Data::StringData(values), valid)) => {
            let moment = |text: &String| match civil::parse_datetime(text) {
                Some(moment) => Ok(Scalar::Instant(moment.micros)),
                // A null's place may be held by anything.
                None if text.is_empty() => Ok(Scalar::Instant(0)),
                None => Err(Error::data(format!(
                    "the field `{}` stores `{text}`, which is no moment, so nothing can be compared with it",
                    field.name
                ))),
            };
            (values.data.iter().map(moment).collect::<Result<_>>()?, valid)
        }
        Some(_) => return Err(strange()),
    };
    if valid.is_empty() {
        return Ok(values.into_iter().map(Some).collect());
    }
    // Some servers put something in the place of a null, and others leave it out.
    if values.len() == valid.len() {
        return Ok(values.into_iter().zip(valid).map(|(value, valid)| valid.then_some(value)).collect());
    }
    let mut values = values.into_iter();
    valid.iter().map(|valid| if *valid { values.next().map(Some).ok_or_else(strange) } else { Ok(None) }).collect()
}

fn is_moment(data_type: &vectorfuse_core::schema::SparkType) -> bool {
    use vectorfuse_core::schema::SparkType as S;
    matches!(data_type, S::Date | S::Timestamp | S::TimestampNtz)
}
