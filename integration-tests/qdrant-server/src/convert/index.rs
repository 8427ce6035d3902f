//! Payload indexes: the field types and their parameters, both ways.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_edge::{
    BoolIndexParams, DatetimeIndexParams, FloatIndexParams, GeoIndexParams, IntegerIndexParams, KeywordIndexParams,
    PayloadFieldSchema, PayloadIndexInfo, PayloadSchemaParams, PayloadSchemaType, TextIndexParams, TokenizerType,
    UuidIndexParams,
};
use tonic::Status;

use crate::refusal::{Answer, refuse};

/// The parameters say more than the bare type, so they win, as on the server.
pub fn to_engine(field_type: Option<i32>, params: Option<proto::PayloadIndexParams>) -> Answer<PayloadFieldSchema> {
    if let Some(params) = params.and_then(|given| given.index_params) {
        return Ok(PayloadFieldSchema::FieldParams(parameters(params)?));
    }
    let field_type =
        field_type.ok_or_else(|| Status::invalid_argument("field_type or field_index_params is expected"))?;
    Ok(PayloadFieldSchema::FieldType(match proto::FieldType::try_from(field_type) {
        Ok(proto::FieldType::Keyword) => PayloadSchemaType::Keyword,
        Ok(proto::FieldType::Integer) => PayloadSchemaType::Integer,
        Ok(proto::FieldType::Float) => PayloadSchemaType::Float,
        Ok(proto::FieldType::Geo) => PayloadSchemaType::Geo,
        Ok(proto::FieldType::Text) => PayloadSchemaType::Text,
        Ok(proto::FieldType::Bool) => PayloadSchemaType::Bool,
        Ok(proto::FieldType::Datetime) => PayloadSchemaType::Datetime,
        Ok(proto::FieldType::Uuid) => PayloadSchemaType::Uuid,
        Err(_) => return Err(Status::invalid_argument("cannot convert field_type")),
    }))
}

/// What 1.19 added to every kind of index, which this engine does not know.
fn newer(memory: &Option<i32>, nested: &Option<String>) -> Answer<()> {
    refuse("field_index_params.memory", memory)?;
    refuse("field_index_params.nested", nested)
}

#[expect(deprecated, reason = "the engine knows on_disk, not its successor")]
fn parameters(given: IndexParams) -> Answer<PayloadSchemaParams> {
    Ok(match given {
        IndexParams::KeywordIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            refuse("field_index_params.prefix", &given.prefix)?;
            PayloadSchemaParams::Keyword(KeywordIndexParams {
                is_tenant: given.is_tenant,
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::IntegerIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            PayloadSchemaParams::Integer(IntegerIndexParams {
                lookup: given.lookup,
                range: given.range,
                is_principal: given.is_principal,
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::FloatIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            PayloadSchemaParams::Float(FloatIndexParams {
                is_principal: given.is_principal,
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::GeoIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            PayloadSchemaParams::Geo(GeoIndexParams {
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::BoolIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            PayloadSchemaParams::Bool(BoolIndexParams {
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::DatetimeIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            PayloadSchemaParams::Datetime(DatetimeIndexParams {
                is_principal: given.is_principal,
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::UuidIndexParams(given) => {
            newer(&given.memory, &given.nested)?;
            PayloadSchemaParams::Uuid(UuidIndexParams {
                is_tenant: given.is_tenant,
                on_disk: given.on_disk,
                enable_hnsw: given.enable_hnsw,
                ..Default::default()
            })
        }
        IndexParams::TextIndexParams(given) => PayloadSchemaParams::Text(text(given)?),
    })
}

#[expect(deprecated, reason = "the engine knows on_disk, not its successor")]
fn text(given: proto::TextIndexParams) -> Answer<TextIndexParams> {
    newer(&given.memory, &given.nested)?;
    refuse("field_index_params.stopwords", &given.stopwords)?;
    refuse("field_index_params.stemmer", &given.stemmer)?;
    refuse("field_index_params.scoring", &given.scoring)?;
    Ok(TextIndexParams {
        tokenizer: match proto::TokenizerType::try_from(given.tokenizer) {
            Ok(proto::TokenizerType::Prefix) => TokenizerType::Prefix,
            Ok(proto::TokenizerType::Whitespace) => TokenizerType::Whitespace,
            Ok(proto::TokenizerType::Word) => TokenizerType::Word,
            Ok(proto::TokenizerType::Multilingual) => TokenizerType::Multilingual,
            Ok(proto::TokenizerType::Code | proto::TokenizerType::Unknown) | Err(_) => {
                return Err(Status::invalid_argument("unknown tokenizer type"));
            }
        },
        lowercase: given.lowercase,
        min_token_len: given.min_token_len.map(|number| number as usize),
        max_token_len: given.max_token_len.map(|number| number as usize),
        phrase_matching: given.phrase_matching,
        ascii_folding: given.ascii_folding,
        on_disk: given.on_disk,
        enable_hnsw: given.enable_hnsw,
        ..Default::default()
    })
}

pub fn from_engine(info: PayloadIndexInfo) -> proto::PayloadSchemaInfo {
    proto::PayloadSchemaInfo {
        data_type: i32::from(match info.data_type {
            PayloadSchemaType::Keyword => proto::PayloadSchemaType::Keyword,
            PayloadSchemaType::Integer => proto::PayloadSchemaType::Integer,
            PayloadSchemaType::Float => proto::PayloadSchemaType::Float,
            PayloadSchemaType::Geo => proto::PayloadSchemaType::Geo,
            PayloadSchemaType::Text => proto::PayloadSchemaType::Text,
            PayloadSchemaType::Bool => proto::PayloadSchemaType::Bool,
            PayloadSchemaType::Datetime => proto::PayloadSchemaType::Datetime,
            PayloadSchemaType::Uuid => proto::PayloadSchemaType::Uuid,
        }),
        params: info.params.map(|params| proto::PayloadIndexParams { index_params: Some(described(params)) }),
        points: Some(info.points as u64),
    }
}

#[expect(deprecated, reason = "the server of this version fills on_disk")]
fn described(params: PayloadSchemaParams) -> IndexParams {
    match params {
        PayloadSchemaParams::Keyword(params) => IndexParams::KeywordIndexParams(proto::KeywordIndexParams {
            is_tenant: params.is_tenant,
            on_disk: params.on_disk,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Integer(params) => IndexParams::IntegerIndexParams(proto::IntegerIndexParams {
            lookup: params.lookup,
            range: params.range,
            is_principal: params.is_principal,
            on_disk: params.on_disk,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Float(params) => IndexParams::FloatIndexParams(proto::FloatIndexParams {
            on_disk: params.on_disk,
            is_principal: params.is_principal,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Geo(params) => IndexParams::GeoIndexParams(proto::GeoIndexParams {
            on_disk: params.on_disk,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Bool(params) => IndexParams::BoolIndexParams(proto::BoolIndexParams {
            on_disk: params.on_disk,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Datetime(params) => IndexParams::DatetimeIndexParams(proto::DatetimeIndexParams {
            on_disk: params.on_disk,
            is_principal: params.is_principal,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Uuid(params) => IndexParams::UuidIndexParams(proto::UuidIndexParams {
            is_tenant: params.is_tenant,
            on_disk: params.on_disk,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
        PayloadSchemaParams::Text(params) => IndexParams::TextIndexParams(proto::TextIndexParams {
            tokenizer: i32::from(match params.tokenizer {
                TokenizerType::Prefix => proto::TokenizerType::Prefix,
                TokenizerType::Whitespace => proto::TokenizerType::Whitespace,
                TokenizerType::Word => proto::TokenizerType::Word,
                TokenizerType::Multilingual => proto::TokenizerType::Multilingual,
            }),
            lowercase: params.lowercase,
            min_token_len: params.min_token_len.map(|number| number as u64),
            max_token_len: params.max_token_len.map(|number| number as u64),
            phrase_matching: params.phrase_matching,
            ascii_folding: params.ascii_folding,
            on_disk: params.on_disk,
            enable_hnsw: params.enable_hnsw,
            ..Default::default()
        }),
    }
}
