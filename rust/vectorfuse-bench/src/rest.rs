//! Qdrant over REST: the same as over gRPC, in JSON.

use std::io::Write;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Fault;
use crate::qdrant::{LEARNT, window};

/// What every write is told.
pub(crate) const UPSERTED: &str = r#"{"result":{"operation_id":1,"status":"completed"},"status":"ok","time":0.0}"#;

#[derive(Deserialize)]
struct Upsert<'a> {
    #[serde(borrow)]
    points: Vec<Point<'a>>,
}

#[derive(Deserialize)]
struct Point<'a> {
    #[serde(borrow)]
    vector: &'a RawValue,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Scroll {
    offset: Option<u64>,
    limit: Option<u64>,
    filter: Option<Value>,
}

/// What follows the id in the text of each point.
pub(crate) struct Points(Vec<String>);

impl Points {
    pub(crate) fn learn(body: &[u8]) -> Result<Self, Fault> {
        let Upsert { points } = serde_json::from_slice(body)?;
        let text = |point: &Point<'_>| {
            let payload = point.payload.map_or("{}", RawValue::get);
            format!(r#","payload":{payload},"vector":{}}}"#, point.vector.get())
        };
        Ok(Self(points.iter().take(LEARNT).map(text).collect()))
    }

    pub(crate) fn page(&self, body: &[u8], rows: u64) -> Result<Bytes, Fault> {
        let request: Scroll = serde_json::from_slice(body)?;
        let conditions = request.filter.iter().filter_map(|filter| filter.get("must")?.as_array()).flatten();
        let mut slice = conditions.filter_map(|condition| {
            let part = |name: &str| u32::try_from(condition.get("slice")?.get(name)?.as_u64()?).ok();
            Some((part("index")?, part("total")?))
        });
        let (from, to, next) = window(rows, slice.next(), request.offset, request.limit.unwrap_or(10));
        let size = self.0.first().map_or(0, String::len) + 32;
        let mut page = Vec::with_capacity(usize::try_from(to - from)? * size);
        page.write_all(br#"{"result":{"points":["#)?;
        for id in from..to {
            let comma = if id == from { "" } else { "," };
            write!(page, r#"{comma}{{"id":{id}{}"#, self.0[usize::try_from(id)? % self.0.len()])?;
        }
        let next = next.map_or_else(|| "null".to_owned(), |next| next.to_string());
        write!(page, r#"],"next_page_offset":{next}}},"status":"ok","time":0.0}}"#)?;
        Ok(page.into())
    }
}

/// The collection's description, with the number of points that a read will find.
pub(crate) fn with_count(body: Bytes, rows: u64) -> Result<Bytes, Fault> {
    let mut info: Value = serde_json::from_slice(&body)?;
    if let Some(count) = info.pointer_mut("/result/points_count") {
        *count = rows.into();
    }
    Ok(serde_json::to_vec(&info)?.into())
}
