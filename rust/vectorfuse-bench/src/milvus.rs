//! Milvus over gRPC: rows that are discarded, and queries that get them back. What is read must have the integer key `id`.

use bytes::{Buf, Bytes};
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::Fault;
use crate::qdrant::LEARNT;
use crate::reply;

/// The messages of the protocol, of which this needs but some.
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/milvus.rs"));
}

use proto::field_data::Field;
use proto::ids::IdField;
use proto::scalar_field::Data;
use proto::{
    FieldData, GetCollectionStatisticsResponse, Ids, KeyValue, LongArray, MutationResult, PackedFloats, QueryRequest,
    QueryResults, ScalarField, Status, UpsertRequest, VectorField, vector_field,
};

const KEY: &str = "id";
/// What a query asks for that wants to know how many rows there are.
const COUNT: &str = "count(*)";
/// The number of `num_rows` in InsertRequest and in UpsertRequest.
const NUM_ROWS: u32 = 7;

/// Columns of some rows.
pub(crate) struct Columns {
    fields: Vec<FieldData>,
    rows: usize,
}

/// What a write is told: that each of its rows was taken.
pub(crate) fn written(request: Bytes) -> Result<MutationResult, Fault> {
    let rows = num_rows(request)?;
    let count = i64::from(rows);
    Ok(MutationResult {
        status: Some(Status::default()),
        ids: Some(Ids { id_field: Some(IdField::IntId(LongArray { data: (0..count).collect() })) }),
        succ_index: (0..rows).collect(),
        insert_cnt: count,
        upsert_cnt: count,
        ..MutationResult::default()
    })
}

/// The number of rows of a request, without looking into them.
fn num_rows(mut request: Bytes) -> Result<u32, Fault> {
    let mut rows = 0;
    while request.has_remaining() {
        let (number, wire) = decode_key(&mut request)?;
        if number == NUM_ROWS && wire == WireType::Varint {
            rows = u32::try_from(decode_varint(&mut request)?)?;
        } else {
            skip_field(wire, number, &mut request, DecodeContext::default())?;
        }
    }
    Ok(rows)
}

impl Columns {
    pub(crate) fn learn(request: Bytes) -> Result<Self, Fault> {
        // An insert's fields have the same numbers.
        let request = UpsertRequest::decode(request)?;
        let rows = usize::try_from(request.num_rows)?.min(LEARNT);
        let fields = request.fields_data.iter().map(|field| picked(field, 0..rows)).collect::<Result<_, _>>()?;
        Ok(Self { fields, rows })
    }

    /// What a query finds among so many rows whose keys count from 0.
    pub(crate) fn answer(&self, request: Bytes, rows: u64) -> Result<QueryResults, Fault> {
        let request = QueryRequest::decode(request)?;
        let (from, end) = range(&request.expr, i64::try_from(rows)?)?;
        let answer = |fields_data| QueryResults {
            status: Some(Status::default()),
            fields_data,
            output_fields: request.output_fields.clone(),
            primary_field_name: KEY.to_owned(),
            ..QueryResults::default()
        };
        if request.output_fields.iter().any(|field| field == COUNT) {
            return Ok(answer(vec![longs(COUNT, vec![(end - from).max(0)])]));
        }
        let limit = request.query_params.iter().find(|KeyValue { key, .. }| key == "limit");
        let limit = limit.map(|limit| limit.value.parse()).transpose()?.unwrap_or(i64::MAX);
        let to = end.min(from.saturating_add(limit));
        let wanted = self.fields.iter().filter(|field| request.output_fields.contains(&field.field_name));
        let fields = wanted.map(|field| {
            if field.field_name == KEY {
                return Ok(longs(KEY, (from..to).collect()));
            }
            let places = (from..to).map(|id| usize::try_from(id).unwrap_or_default() % self.rows);
            picked(field, places)
        });
        Ok(answer(fields.collect::<Result<_, Fault>>()?))
    }
}

/// The keys that an expression of bounds on the key leaves, as `from..end`.
fn range(expression: &str, rows: i64) -> Result<(i64, i64), Fault> {
    let (mut from, mut end) = (0, rows);
    let mut rest = expression;
    while let Some(place) = rest.find(['<', '>', '=']) {
        let (operator, after) = rest[place..].split_at(rest[place..].find(|c| !"<>=".contains(c)).unwrap_or(0));
        let number = after.trim_start();
        let length = number.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(number.len());
        let (number, after) = number.split_at(length);
        let number: i64 =
            number.parse().map_err(|_| format!("no expression that the bench can replay: {expression}"))?;
        match operator {
            ">" => from = from.max(number.saturating_add(1)),
            ">=" => from = from.max(number),
            "<" => end = end.min(number),
            "<=" => end = end.min(number.saturating_add(1)),
            "==" => (from, end) = (from.max(number), end.min(number.saturating_add(1))),
            _ => return Err(format!("no expression that the bench can replay: {expression}").into()),
        }
        rest = after;
    }
    Ok((from, end.max(from)))
}

fn longs(name: &str, data: Vec<i64>) -> FieldData {
    let scalars = ScalarField { data: Some(Data::LongData(LongArray { data })), ..ScalarField::default() };
    FieldData {
        r#type: proto::DataType::Int64.into(),
        field_name: name.to_owned(),
        field: Some(Field::Scalars(scalars)),
        ..FieldData::default()
    }
}

/// The values at these places.
fn picked(field: &FieldData, places: impl Iterator<Item = usize>) -> Result<FieldData, Fault> {
    macro_rules! each {
        ($variant:ident, $array:ident) => {
            Data::$variant(proto::$array { data: places.map(|place| $array.data[place].clone()).collect() })
        };
    }
    let unknown = || format!("the bench does not replay columns like `{}`", field.field_name);
    let picked = match &field.field {
        Some(Field::Scalars(ScalarField { data: Some(data), .. })) => {
            #[allow(non_snake_case)] // the macro names the array as its type is named
            let data = match data {
                Data::BoolData(BoolArray) => each!(BoolData, BoolArray),
                Data::IntData(IntArray) => each!(IntData, IntArray),
                Data::LongData(LongArray) => each!(LongData, LongArray),
                Data::DoubleData(DoubleArray) => each!(DoubleData, DoubleArray),
                Data::StringData(StringArray) => each!(StringData, StringArray),
                Data::JsonData(JsonArray) => each!(JsonData, JsonArray),
                _other => return Err(unknown().into()),
            };
            Field::Scalars(ScalarField { data: Some(data), ..ScalarField::default() })
        }
        Some(Field::Vectors(VectorField { dim, data: Some(vector_field::Data::FloatVector(all)), .. })) => {
            let size = 4 * usize::try_from(*dim)?;
            let data = places.flat_map(|place| &all.data[place * size..(place + 1) * size]).copied().collect();
            let data = Some(vector_field::Data::FloatVector(PackedFloats { data }));
            Field::Vectors(VectorField { dim: *dim, data, ..VectorField::default() })
        }
        _other => return Err(unknown().into()),
    };
    Ok(FieldData { field: Some(picked), valid_data: Vec::new(), ..field.clone() })
}

/// The collection's statistics, with the number of rows that a read will find.
pub(crate) fn with_count(framed: Bytes, rows: u64) -> Result<Bytes, Fault> {
    reply::changed(framed, |answer: &mut GetCollectionStatisticsResponse| {
        answer.stats = vec![KeyValue { key: "row_count".to_owned(), value: rows.to_string() }];
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_on_the_key_are_understood_and_anything_else_is_an_error() {
        let found = |expression: &str| range(expression, 100).ok();
        assert_eq!(found(""), Some((0, 100)));
        assert_eq!(found("not (id in [])"), Some((0, 100)));
        assert_eq!(found("(id > 4) and (id <= 9)"), Some((5, 10)));
        assert_eq!(found("id >= 4 and id < 9"), Some((4, 9)));
        assert_eq!(found("id == 9223372036854775807"), Some((i64::MAX, i64::MAX)));
        assert_eq!(found("id > 200"), Some((201, 201)));
        assert_eq!(found("title == \"x\""), None);
    }
}
