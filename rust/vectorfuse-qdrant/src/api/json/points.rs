//! Points that came. Nothing of a point is passed over: a field that is not known here is an error.

use std::collections::HashMap;

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{
    OrderValue, PointId, RetrievedPoint, ScoredPoint, ShardKey, Value, VectorsOutput, order_value,
};
use vectorfuse_core::error::{Error, Result};

use super::parser::Parser;
use super::{unexpected, vectors};

/// What an answer to a question about points holds: its result, read by `result`, and the time that it took.
pub(super) fn answer<T>(body: &[u8], mut result: impl FnMut(&mut Parser<'_>) -> Result<T>) -> Result<(T, f64)> {
    let (mut found, mut time) = (None, None);
    let mut parser = Parser::new(body);
    parser.object(|it, name| match &*name {
        "result" => once(&mut found, &name, result(it)?),
        "time" => once(&mut time, &name, it.double()?),
        _ => it.value().map(drop),
    })?;
    parser.end()?;
    Ok((there(found, "result")?, there(time, "time")?))
}

/// Points as a list of them.
pub(super) fn list<P>(parser: &mut Parser<'_>, point: fn(&mut Parser<'_>) -> Result<P>) -> Result<Vec<P>> {
    let mut points = Vec::new();
    parser.list(|it| {
        points.push(point(it)?);
        Ok(())
    })?;
    Ok(points)
}

/// A page: its points, and the first one of the next.
pub(super) fn page(parser: &mut Parser<'_>) -> Result<(Vec<RetrievedPoint>, Option<PointId>)> {
    let (mut points, mut next) = (None, None);
    parser.object(|it, name| match &*name {
        "points" => once(&mut points, &name, list(it, retrieved)?),
        "next_page_offset" => once(&mut next, &name, optional(it, |it| Ok(it.number_or_text()?.into()))?),
        _ => Err(stranger(&name)),
    })?;
    Ok((there(points, "points")?, next.flatten()))
}

/// What a query found.
pub(super) fn found(parser: &mut Parser<'_>) -> Result<Vec<ScoredPoint>> {
    let mut points = None;
    parser.object(|it, name| match &*name {
        "points" => once(&mut points, &name, list(it, scored)?),
        _ => it.value().map(drop),
    })?;
    there(points, "points")
}

/// A point without a search.
pub(super) fn retrieved(parser: &mut Parser<'_>) -> Result<RetrievedPoint> {
    let mut point = Point::default();
    parser.object(|it, name| point.member(it, &name, |_| Err(stranger(&name))))?;
    Ok(RetrievedPoint {
        id: Some(there(point.id, "id")?),
        payload: point.payload.flatten().unwrap_or_default(),
        vectors: point.vectors.flatten(),
        shard_key: point.shard_key.flatten(),
        order_value: point.order_value.flatten(),
    })
}

/// A point with its score.
fn scored(parser: &mut Parser<'_>) -> Result<ScoredPoint> {
    let (mut point, mut version, mut score) = (Point::default(), None, None);
    parser.object(|it, name| {
        point.member(it, &name, |it| match &*name {
            "version" => once(&mut version, &name, it.unsigned()?),
            "score" => once(&mut score, &name, it.float()?),
            _ => Err(stranger(&name)),
        })
    })?;
    Ok(ScoredPoint {
        id: Some(there(point.id, "id")?),
        payload: point.payload.flatten().unwrap_or_default(),
        score: there(score, "score")?,
        version: there(version, "version")?,
        vectors: point.vectors.flatten(),
        shard_key: point.shard_key.flatten(),
        order_value: point.order_value.flatten(),
    })
}

/// What every point can have; inside, where it may be null.
#[derive(Default)]
struct Point {
    id: Option<PointId>,
    payload: Option<Option<HashMap<String, Value>>>,
    vectors: Option<Option<VectorsOutput>>,
    shard_key: Option<Option<ShardKey>>,
    order_value: Option<Option<OrderValue>>,
}

impl Point {
    /// Reads the member of this name, or leaves it to `other`.
    fn member(
        &mut self,
        parser: &mut Parser<'_>,
        name: &str,
        other: impl FnOnce(&mut Parser<'_>) -> Result<()>,
    ) -> Result<()> {
        match name {
            "id" => once(&mut self.id, name, parser.number_or_text()?.into()),
            "payload" => once(&mut self.payload, name, optional(parser, Parser::fields)?),
            "vector" => once(&mut self.vectors, name, optional(parser, vectors::heard)?),
            "shard_key" => once(&mut self.shard_key, name, optional(parser, |it| Ok(it.number_or_text()?.into()))?),
            "order_value" => once(&mut self.order_value, name, optional(parser, order)?),
            _ => other(parser),
        }
    }
}

/// Null is none.
fn optional<'a, T>(parser: &mut Parser<'a>, read: impl FnOnce(&mut Parser<'a>) -> Result<T>) -> Result<Option<T>> {
    Ok(if parser.null()? { None } else { Some(read(parser)?) })
}

fn order(parser: &mut Parser<'_>) -> Result<OrderValue> {
    let variant = match parser.value()?.kind {
        Some(Kind::IntegerValue(number)) => order_value::Variant::Int(number),
        Some(Kind::DoubleValue(number)) => order_value::Variant::Float(number),
        Some(_) | None => return Err(parser.wrong("a number before this place")),
    };
    Ok(OrderValue { variant: Some(variant) })
}

/// A member that may be there only once.
pub(super) fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(unexpected(format!("`{name}` is there twice"))),
    }
}

/// A member that must be there.
pub(super) fn there<T>(place: Option<T>, name: &str) -> Result<T> {
    place.ok_or_else(|| unexpected(format!("`{name}` is not there")))
}

pub(super) fn stranger(name: &str) -> Error {
    unexpected(format!("`{name}` is not known"))
}
