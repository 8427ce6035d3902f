//! Point ids: an unsigned integer or a UUID in any of its spellings.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_edge::PointId;
use tonic::Status;

use crate::refusal::Answer;

pub fn to_engine(id: proto::PointId) -> Answer<PointId> {
    match id.point_id_options {
        Some(PointIdOptions::Num(number)) => Ok(PointId::NumId(number)),
        Some(PointIdOptions::Uuid(text)) => uuid::Uuid::parse_str(&text)
            .map(PointId::Uuid)
            .map_err(|_| Status::invalid_argument(format!("Unable to parse UUID: {text}"))),
        None => Err(Status::invalid_argument("No ID options provided")),
    }
}

pub fn all_to_engine(ids: Vec<proto::PointId>) -> Answer<Vec<PointId>> {
    ids.into_iter().map(to_engine).collect()
}

pub fn from_engine(id: PointId) -> proto::PointId {
    proto::PointId {
        point_id_options: Some(match id {
            PointId::NumId(number) => PointIdOptions::Num(number),
            PointId::Uuid(uuid) => PointIdOptions::Uuid(uuid.to_string()),
        }),
    }
}
