//! Qdrant over gRPC: upserts that are discarded, and scrolls that get the discarded points back.

use bytes::{BufMut, Bytes};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::vector_output::Vector as Output;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    GetCollectionInfoResponse, NamedVectorsOutput, PointId, PointStruct, PointsOperationResponse, RetrievedPoint,
    ScrollPoints, ScrollResponse, UpdateResult, UpdateStatus, UpsertPoints, Vector, VectorOutput, Vectors,
    VectorsOutput, vector, vectors_output,
};

use crate::Fault;
use crate::reply;

/// So many different points are replayed in turn.
pub(crate) const LEARNT: usize = 512;
/// The number of `result` in ScrollResponse, and of `id` in RetrievedPoint.
const RESULT: u32 = 2;
const ID: u32 = 1;
const NUM: u32 = 1;

/// Points without their ids, encoded as an answer has them.
pub(crate) struct Points(Vec<Vec<u8>>);

/// What every write is told.
pub(crate) fn upserted() -> PointsOperationResponse {
    let result = UpdateResult { operation_id: Some(1), status: UpdateStatus::Completed.into() };
    PointsOperationResponse { result: Some(result), time: 0.0, usage: None }
}

impl Points {
    pub(crate) fn learn(request: Bytes) -> Result<Self, Fault> {
        let request = UpsertPoints::decode(request)?;
        let points = request.points.into_iter().take(LEARNT).map(retrieved);
        Ok(Self(points.map(|point| point.map(|point| point.encode_to_vec())).collect::<Result<_, _>>()?))
    }

    /// The page that a scroll asks for, of so many points whose ids count from 0.
    pub(crate) fn page(&self, request: Bytes, rows: u64) -> Result<Bytes, Fault> {
        let request = ScrollPoints::decode(request)?;
        let conditions = request.filter.iter().flat_map(|filter| &filter.must);
        let mut slice = conditions.filter_map(|condition| match &condition.condition_one_of {
            Some(ConditionOneOf::Slice(slice)) => Some((slice.index, slice.total)),
            _other => None,
        });
        let offset = match request.offset.and_then(|id| id.point_id_options) {
            Some(PointIdOptions::Num(id)) => Some(id),
            Some(PointIdOptions::Uuid(_)) | None => None,
        };
        let (from, to, next) = window(rows, slice.next(), offset, request.limit.unwrap_or(10).into());
        // Whoever wants no payload or no vectors gets them all the same: the bench asks for everything.
        let size = self.0.first().map_or(0, Vec::len) + 32;
        let mut framed = reply::unfinished(usize::try_from(to - from)? * size);
        for id in from..to {
            let point = &self.0[usize::try_from(id)? % self.0.len()];
            let id_length = 1 + encoded_len_varint(id);
            encode_key(RESULT, WireType::LengthDelimited, &mut framed);
            encode_varint((1 + encoded_len_varint(id_length as u64) + id_length + point.len()) as u64, &mut framed);
            encode_key(ID, WireType::LengthDelimited, &mut framed);
            encode_varint(id_length as u64, &mut framed);
            encode_key(NUM, WireType::Varint, &mut framed);
            encode_varint(id, &mut framed);
            framed.put_slice(point);
        }
        let rest = ScrollResponse { next_page_offset: next.map(PointId::from), ..ScrollResponse::default() };
        framed.put_slice(&rest.encode_to_vec());
        Ok(reply::finished(framed))
    }
}

/// The ids of a page, and the first one after it: a slice is a stretch of the ids.
pub(crate) fn window(rows: u64, slice: Option<(u32, u32)>, offset: Option<u64>, limit: u64) -> (u64, u64, Option<u64>) {
    let (index, total) = slice.map_or((0, 1), |(index, total)| (u64::from(index), u64::from(total.max(1))));
    let (first, end) = (rows * index / total, rows * (index + 1) / total);
    let from = offset.unwrap_or(first).clamp(first, end);
    let to = (from + limit).min(end);
    (from, to, (to < end).then_some(to))
}

fn retrieved(point: PointStruct) -> Result<RetrievedPoint, Fault> {
    let vectors = match point.vectors.and_then(|Vectors { vectors_options }| vectors_options) {
        None => None,
        Some(VectorsOptions::Vector(vector)) => Some(vectors_output::VectorsOptions::Vector(output(vector)?)),
        Some(VectorsOptions::Vectors(named)) => {
            let named = named.vectors.into_iter().map(|(name, vector)| Ok((name, output(vector)?)));
            let vectors = named.collect::<Result<_, Fault>>()?;
            Some(vectors_output::VectorsOptions::Vectors(NamedVectorsOutput { vectors }))
        }
    };
    let vectors = vectors.map(|options| VectorsOutput { vectors_options: Some(options) });
    Ok(RetrievedPoint { payload: point.payload, vectors, ..RetrievedPoint::default() })
}

/// As a server of today gives it back: in the variant, the deprecated fields empty.
#[allow(deprecated)]
fn output(sent: Vector) -> Result<VectorOutput, Fault> {
    let dense = match sent.vector {
        Some(vector::Vector::Dense(dense)) => dense,
        None if sent.indices.is_none() && sent.vectors_count.is_none() => {
            qdrant_client::qdrant::DenseVector { data: sent.data }
        }
        Some(_) | None => return Err("the bench replays dense vectors alone".into()),
    };
    Ok(VectorOutput { vector: Some(Output::Dense(dense)), ..VectorOutput::default() })
}

/// The collection's description, with the number of points that a read will find.
pub(crate) fn with_count(framed: Bytes, rows: u64) -> Result<Bytes, Fault> {
    reply::changed(framed, |answer: &mut GetCollectionInfoResponse| {
        if let Some(result) = &mut answer.result {
            result.points_count = Some(rows);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_all_slices_are_all_rows() {
        let mut found = Vec::new();
        for index in 0..3 {
            let mut offset = None;
            loop {
                let (from, to, next) = window(100, Some((index, 3)), offset, 7);
                found.extend(from..to);
                offset = next;
                if offset.is_none() {
                    break;
                }
            }
        }
        assert_eq!(found, (0..100).collect::<Vec<_>>());
    }
}
