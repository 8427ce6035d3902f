//! Payload indexes: their requests, and what the server says of them.

use http::Method;
use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_client::qdrant::stemming_algorithm::StemmingParams;
use qdrant_client::qdrant::{
    BoolIndexParams, CreateFieldIndexCollection, DatetimeIndexParams, FieldType, FloatIndexParams, GeoIndexParams,
    IntegerIndexParams, KeywordIndexParams, KeywordPrefixParams, Memory, PayloadIndexParams, PayloadSchemaInfo,
    PayloadSchemaType, PointsOperationResponse, SnowballParams, StemmingAlgorithm, StopwordsSet, TextIndexParams,
    TokenizerType, UuidIndexParams,
};
use serde::Deserialize;
use serde_json::{Value, json};
use vectorfuse_core::error::Result;

use super::changes::updated;
use super::names::{Names, name, number, optional};
use super::selectors::writing;
use super::{Path, Question, Rest, given, object, refuse, value};

impl Rest for CreateFieldIndexCollection {
    fn question(&self) -> Result<Question> {
        let path = Path::collection(&self.collection_name).route("/index");
        let path = writing(path, self.wait, &self.ordering, self.timeout)?;
        // The parameters say more than the bare type, so they win, as over gRPC.
        let schema = match self.field_index_params.as_ref().and_then(|params| params.index_params.as_ref()) {
            Some(params) => parameters(params)?,
            None => json!(name::<FieldType>(given(self.field_type, "an index's type")?)?),
        };
        Question::new(Method::PUT, path, &json!({ "field_name": self.field_name, "field_schema": schema }))
    }

    fn answer(body: &[u8]) -> Result<PointsOperationResponse> {
        updated(body)
    }
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn parameters(params: &IndexParams) -> Result<Value> {
    let flag = |flag: Option<bool>| flag.map(Value::from);
    let memory = |memory: Option<i32>| optional::<Memory>(memory);
    let kind = |kind: FieldType| kind.name().map(Value::from);
    Ok(match params {
        IndexParams::KeywordIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Keyword)),
                ("is_tenant", flag(it.is_tenant)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("prefix", it.prefix.as_ref().and_then(|_| value(true))),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::IntegerIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Integer)),
                ("lookup", flag(it.lookup)),
                ("range", flag(it.range)),
                ("is_principal", flag(it.is_principal)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::FloatIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Float)),
                ("is_principal", flag(it.is_principal)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::GeoIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Geo)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::BoolIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Bool)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::DatetimeIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Datetime)),
                ("is_principal", flag(it.is_principal)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::UuidIndexParams(it) => {
            refuse(&it.nested, "an index by element")?;
            object([
                ("type", kind(FieldType::Uuid)),
                ("is_tenant", flag(it.is_tenant)),
                ("on_disk", flag(it.on_disk)),
                ("enable_hnsw", flag(it.enable_hnsw)),
                ("memory", memory(it.memory)?),
            ])
        }
        IndexParams::TextIndexParams(it) => text(it)?,
    })
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn text(it: &TextIndexParams) -> Result<Value> {
    refuse(&it.nested, "an index by element")?;
    refuse(&it.scoring, "scoring by a text index")?;
    let stemmer = match it.stemmer.as_ref().map(|stemmer| &stemmer.stemming_params) {
        None => None,
        Some(Some(StemmingParams::Snowball(snowball))) => {
            Some(json!({ "type": "snowball", "language": snowball.language }))
        }
        Some(Some(StemmingParams::Disabled(_)) | None) => return Err(super::unsaid("a text index without stemming")),
    };
    let stopwords = it.stopwords.as_ref().map(|words| json!({ "languages": words.languages, "custom": words.custom }));
    Ok(object([
        ("type", value("text")),
        ("tokenizer", optional::<TokenizerType>(Some(it.tokenizer))?),
        ("lowercase", it.lowercase.map(Value::from)),
        ("min_token_len", it.min_token_len.map(Value::from)),
        ("max_token_len", it.max_token_len.map(Value::from)),
        ("on_disk", it.on_disk.map(Value::from)),
        ("stopwords", stopwords),
        ("phrase_matching", it.phrase_matching.map(Value::from)),
        ("stemmer", stemmer),
        ("ascii_folding", it.ascii_folding.map(Value::from)),
        ("enable_hnsw", it.enable_hnsw.map(Value::from)),
        ("memory", optional::<Memory>(it.memory)?),
    ]))
}

#[derive(Deserialize)]
pub(super) struct IndexHeard {
    data_type: String,
    params: Option<ParamsHeard>,
    points: u64,
}

/// The parameters of any index; which there can be is said by its type.
#[derive(Deserialize)]
struct ParamsHeard {
    r#type: String,
    is_tenant: Option<bool>,
    is_principal: Option<bool>,
    lookup: Option<bool>,
    range: Option<bool>,
    on_disk: Option<bool>,
    enable_hnsw: Option<bool>,
    memory: Option<String>,
    prefix: Option<bool>,
    tokenizer: Option<String>,
    lowercase: Option<bool>,
    min_token_len: Option<u64>,
    max_token_len: Option<u64>,
    phrase_matching: Option<bool>,
    ascii_folding: Option<bool>,
    stopwords: Option<Stopwords>,
    stemmer: Option<Stemmer>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stopwords {
    Language(String),
    Set {
        #[serde(default)]
        languages: Vec<String>,
        #[serde(default)]
        custom: Vec<String>,
    },
}

#[derive(Deserialize)]
struct Stemmer {
    language: String,
}

impl IndexHeard {
    pub(super) fn message(self) -> Result<PayloadSchemaInfo> {
        let params = self.params.map(ParamsHeard::message).transpose()?;
        Ok(PayloadSchemaInfo {
            data_type: number::<PayloadSchemaType>(&self.data_type)?,
            params: params.map(|params| PayloadIndexParams { index_params: Some(params) }),
            points: Some(self.points),
        })
    }
}

impl ParamsHeard {
    #[expect(deprecated, reason = "older servers know nothing else")]
    fn message(self) -> Result<IndexParams> {
        let memory = self.memory.as_deref().map(number::<Memory>).transpose()?;
        let Self { is_tenant, is_principal, lookup, range, on_disk, enable_hnsw, .. } = self;
        let nested = None;
        let kind = FieldType::of(&self.r#type);
        Ok(match kind.ok_or_else(|| super::unexpected(format!("`{}` is no type of an index", self.r#type)))? {
            FieldType::Keyword => IndexParams::KeywordIndexParams(KeywordIndexParams {
                is_tenant,
                on_disk,
                enable_hnsw,
                prefix: self.prefix.filter(|prefix| *prefix).map(|_| KeywordPrefixParams {}),
                memory,
                nested,
            }),
            FieldType::Integer => IndexParams::IntegerIndexParams(IntegerIndexParams {
                lookup,
                range,
                is_principal,
                on_disk,
                enable_hnsw,
                memory,
                nested,
            }),
            FieldType::Float => {
                IndexParams::FloatIndexParams(FloatIndexParams { on_disk, is_principal, enable_hnsw, memory, nested })
            }
            FieldType::Geo => IndexParams::GeoIndexParams(GeoIndexParams { on_disk, enable_hnsw, memory, nested }),
            FieldType::Bool => IndexParams::BoolIndexParams(BoolIndexParams { on_disk, enable_hnsw, memory, nested }),
            FieldType::Datetime => IndexParams::DatetimeIndexParams(DatetimeIndexParams {
                on_disk,
                is_principal,
                enable_hnsw,
                memory,
                nested,
            }),
            FieldType::Uuid => {
                IndexParams::UuidIndexParams(UuidIndexParams { is_tenant, on_disk, enable_hnsw, memory, nested })
            }
            FieldType::Text => IndexParams::TextIndexParams(TextIndexParams {
                tokenizer: number::<TokenizerType>(&given(self.tokenizer, "a tokenizer")?)?,
                lowercase: self.lowercase,
                min_token_len: self.min_token_len,
                max_token_len: self.max_token_len,
                on_disk,
                stopwords: self.stopwords.map(Stopwords::message),
                phrase_matching: self.phrase_matching,
                stemmer: self.stemmer.map(Stemmer::message),
                ascii_folding: self.ascii_folding,
                enable_hnsw,
                memory,
                scoring: None,
                nested,
            }),
        })
    }
}

impl Stopwords {
    fn message(self) -> StopwordsSet {
        match self {
            Self::Language(language) => StopwordsSet { languages: vec![language], custom: Vec::new() },
            Self::Set { languages, custom } => StopwordsSet { languages, custom },
        }
    }
}

impl Stemmer {
    fn message(self) -> StemmingAlgorithm {
        StemmingAlgorithm {
            stemming_params: Some(StemmingParams::Snowball(SnowballParams { language: self.language })),
        }
    }
}
