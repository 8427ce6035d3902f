//! The rows of each value of a field, counted by the server from the field's payload index.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use async_trait::async_trait;
use qdrant_client::qdrant::FacetHit;
use qdrant_client::qdrant::facet_value::Variant;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::paging::{Page, Pages};
use vectorfuse_core::payload::ColumnBuilder;
use vectorfuse_core::schema::{Layout, SparkType, arrow_schema, has_collation};
use vectorfuse_core::table::{Scan, fields};

use crate::api::Api;
use crate::condition;
use crate::details::{Details, IndexKind};
use crate::document::PayloadValue;
use crate::selection::Selection;

/// More values than these are grouped by Spark: all of them come in one answer.
const MOST_GROUPS: u64 = 10_000;
/// Values may come while the query runs; so many more do not, or it fails.
const MOST_GROUPS_READ: u64 = 10 * MOST_GROUPS;

/// Whether the rows of each value can be counted, and how many values there are bears it.
pub(crate) async fn is_countable(api: &Api, scan: &Scan) -> Result<bool> {
    let Some(key) = key(scan)? else { return Ok(false) };
    let most = bounded(scan, MOST_GROUPS + 1)?;
    match api.facet(&Selection::of(scan)?, key, most).await {
        // As many as were asked for may not be all.
        Ok(hits) => Ok((hits.len() as u64) < most),
        // An alias has moved to a collection without the index, or the index is gone, since the table was looked at.
        Err(error) if error.kind() == Kind::Data => Ok(false),
        Err(error) => Err(error),
    }
}

/// So many groups, or as many as strict mode lets one answer have.
fn bounded(scan: &Scan, groups: u64) -> Result<u64> {
    Ok(Details::of_plan(&scan.details)?.most_answers.map_or(groups, |most| most.min(groups)))
}

/// The key of the group's field, if its index holds the values of its column as they are, and the server may be asked.
fn key(scan: &Scan) -> Result<Option<String>> {
    let details = Details::of_plan(&scan.details)?;
    // The rows without a value take one condition more than those that strict mode has counted.
    if details.most_conditions.is_some() {
        return Ok(None);
    }
    let named = |name: &String| scan.known.iter().find(|column| column.name == *name);
    let Some(column) = scan.group.as_ref().and_then(named) else { return Ok(None) };
    let indexed = match &column.data_type {
        SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long => IndexKind::Integer,
        SparkType::Boolean => IndexKind::Boolean,
        // Values that a collation takes for one are several in the index.
        SparkType::String(_) if has_collation(&column.metadata) => return Ok(None),
        SparkType::String(name) if name == "string" || name.starts_with("varchar(") => IndexKind::Keyword,
        SparkType::Null
        | SparkType::Float
        | SparkType::Double
        | SparkType::Decimal(..)
        | SparkType::String(_)
        | SparkType::Binary
        | SparkType::Date
        | SparkType::Timestamp
        | SparkType::TimestampNtz
        | SparkType::Variant
        | SparkType::Array(_)
        | SparkType::Struct(_)
        | SparkType::Map(..)
        | SparkType::MllibVector(_) => return Ok(None),
    };
    Ok(details.indexed_key(column, indexed))
}

/// The one page of a scan that counts groups.
pub(crate) struct GroupPage {
    pub(crate) api: Api,
    pub(crate) scan: Scan,
}

#[async_trait]
impl Pages for GroupPage {
    async fn next(&mut self, _rows: u32, _whole: bool) -> Result<Page> {
        let key = key(&self.scan)?.ok_or_else(|| Error::internal("rows are to be grouped by what has no index"))?;
        let selection = Selection::of(&self.scan)?;
        let most = bounded(&self.scan, MOST_GROUPS_READ)?;
        let hits = self.api.facet(&selection, key.clone(), most).await.map_err(|error| gone(error, &key))?;
        if hits.len() as u64 >= most {
            let words = format!("there are {most} groups now, or more: read with `push_down` = false");
            return Err(Error::new(Kind::Unsupported, words));
        }
        let without = self.api.count_selected(&selection.and(condition::empty(&key)), true).await?;
        let mut groups: Vec<(Option<PayloadValue<'_>>, u64)> =
            hits.iter().filter(|hit| hit.count > 0).map(|hit| (Some(value(hit)), hit.count)).collect();
        groups.extend((without > 0).then_some((None, without)));
        let [group, counts @ ..] = self.scan.columns.as_slice() else {
            return Err(Error::internal("a group without a column"));
        };
        let mut builder = ColumnBuilder::new(&group.data_type, groups.len());
        for (value, _) in &groups {
            builder.append(value.as_ref()).map_err(|error| error.inside("column", &group.name))?;
        }
        let mut columns: Vec<ArrayRef> = vec![builder.finish()?];
        let rows = groups
            .iter()
            .map(|(_, rows)| i64::try_from(*rows).map_err(|_| Error::internal("the server counts beyond 64 bits")));
        let rows: ArrayRef = Arc::new(Int64Array::from(rows.collect::<Result<Vec<_>>>()?));
        columns.extend(counts.iter().map(|_| Arc::clone(&rows)));
        let bytes = columns.iter().map(|column| column.get_array_memory_size()).sum();
        let batch = RecordBatch::try_new(arrow_schema(&fields(&self.scan.columns), Layout::Read), columns)
            .map_err(|error| Error::internal("the groups do not line up").caused_by(error))?;
        Ok(Page::Rows { batch, bytes, last: true })
    }
}

/// The server refuses to count by a field that has no index any more.
fn gone(error: Error, key: &str) -> Error {
    if error.kind() != Kind::Data {
        return error;
    }
    let words = format!(
        "the index of `{key}` is gone since the read was planned: it was deleted, or an alias has moved to another collection. \
         Run the query again"
    );
    Error::new(Kind::NotFound, words).caused_by(error)
}

/// The value of a group as a payload has it.
fn value(hit: &FacetHit) -> PayloadValue<'_> {
    match hit.value.as_ref().and_then(|value| value.variant.as_ref()) {
        Some(Variant::StringValue(text)) => PayloadValue::Text(text),
        Some(Variant::IntegerValue(number)) => PayloadValue::Integer(*number),
        Some(Variant::BoolValue(flag)) => PayloadValue::Boolean(*flag),
        None => PayloadValue::Null,
    }
}
