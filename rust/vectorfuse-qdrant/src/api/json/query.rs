//! The universal query.

use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::vector_input;
use qdrant_client::qdrant::{
    ContextInput, ContextInputPair, Fusion, LookupLocation, PrefetchQuery, Query, QueryPoints, RecommendInput,
    RecommendStrategy, Sample, SearchParams, VectorInput,
};
use serde_json::{Value, json};
use vectorfuse_core::error::Result;

use super::names::{name, optional};
use super::selectors::{order_by, shard_keys, with_payload, with_vectors};
use super::value::Id;
use super::{filter, given, object, refuse, to_value, unsaid, value, vectors};

pub(super) fn said(given: &QueryPoints) -> Result<Value> {
    Ok(object([
        ("prefetch", prefetches(&given.prefetch)?),
        ("query", given.query.as_ref().map(query).transpose()?),
        ("using", given.using.as_deref().map(Value::from)),
        ("filter", filter::optional(&given.filter)?),
        ("params", given.params.as_ref().map(params).transpose()?),
        ("score_threshold", given.score_threshold.map(Value::from)),
        ("limit", given.limit.map(Value::from)),
        ("offset", given.offset.map(Value::from)),
        ("with_vector", with_vectors(&given.with_vectors)),
        ("with_payload", with_payload(&given.with_payload)),
        ("lookup_from", given.lookup_from.as_ref().map(lookup).transpose()?),
        ("shard_key", shard_keys(&given.shard_key_selector)?),
    ]))
}

fn prefetches(given: &[PrefetchQuery]) -> Result<Option<Value>> {
    let prefetches = given.iter().map(prefetch).collect::<Result<Vec<_>>>()?;
    Ok((!prefetches.is_empty()).then_some(Value::Array(prefetches)))
}

fn prefetch(given: &PrefetchQuery) -> Result<Value> {
    Ok(object([
        ("prefetch", prefetches(&given.prefetch)?),
        ("query", given.query.as_ref().map(query).transpose()?),
        ("using", given.using.as_deref().map(Value::from)),
        ("filter", filter::optional(&given.filter)?),
        ("params", given.params.as_ref().map(params).transpose()?),
        ("score_threshold", given.score_threshold.map(Value::from)),
        ("limit", given.limit.map(Value::from)),
        ("lookup_from", given.lookup_from.as_ref().map(lookup).transpose()?),
    ]))
}

fn lookup(given: &LookupLocation) -> Result<Value> {
    Ok(object([
        ("collection", value(given.collection_name.as_str())),
        ("vector", given.vector_name.as_deref().map(Value::from)),
        ("shard_key", shard_keys(&given.shard_key_selector)?),
    ]))
}

fn params(given: &SearchParams) -> Result<Value> {
    refuse(&given.idf, "a corpus of its own for IDF")?;
    let quantization = given.quantization.as_ref().map(|given| {
        object([
            ("ignore", given.ignore.map(Value::from)),
            ("rescore", given.rescore.map(Value::from)),
            ("oversampling", given.oversampling.map(Value::from)),
        ])
    });
    let acorn = given.acorn.as_ref().map(|given| {
        object([("enable", given.enable.map(Value::from)), ("max_selectivity", given.max_selectivity.map(Value::from))])
    });
    Ok(object([
        ("hnsw_ef", given.hnsw_ef.map(Value::from)),
        ("exact", given.exact.map(Value::from)),
        ("quantization", quantization),
        ("indexed_only", given.indexed_only.map(Value::from)),
        ("acorn", acorn),
    ]))
}

fn query(query: &Query) -> Result<Value> {
    Ok(match given(query.variant.as_ref(), "a query's kind")? {
        Variant::Nearest(nearest) => json!({ "nearest": input(nearest)? }),
        Variant::NearestWithMmr(both) => {
            let mmr = given(both.mmr.as_ref(), "the parameters of MMR")?;
            let mmr = object([
                ("diversity", mmr.diversity.map(Value::from)),
                ("candidates_limit", mmr.candidates_limit.map(Value::from)),
            ]);
            json!({ "nearest": input(given(both.nearest.as_ref(), "a vector")?)?, "mmr": mmr })
        }
        Variant::Recommend(recommend) => json!({ "recommend": examples(recommend)? }),
        Variant::Discover(discover) => {
            let target = input(given(discover.target.as_ref(), "a vector")?)?;
            let context = discover.context.as_ref().map(pairs).transpose()?;
            json!({ "discover": object([("target", Some(target)), ("context", Some(context.unwrap_or_else(|| json!([]))))]) })
        }
        Variant::Context(context) => json!({ "context": pairs(context)? }),
        Variant::OrderBy(order) => json!({ "order_by": order_by(order)? }),
        Variant::Fusion(number) => json!({ "fusion": name::<Fusion>(*number)? }),
        Variant::Rrf(rrf) => {
            let weights = (!rrf.weights.is_empty()).then(|| vectors::floats(&rrf.weights)).transpose()?;
            json!({ "rrf": object([("k", rrf.k.map(Value::from)), ("weights", weights)]) })
        }
        Variant::Sample(number) => json!({ "sample": name::<Sample>(*number)? }),
        Variant::Formula(_) => return Err(unsaid("a query by formula")),
        Variant::RelevanceFeedback(_) => return Err(unsaid("a query by relevance feedback")),
        Variant::Text(_) => return Err(unsaid("a query by text")),
    })
}

fn examples(given: &RecommendInput) -> Result<Value> {
    let some = |inputs: &[VectorInput]| -> Result<Option<Value>> {
        let inputs = inputs.iter().map(input).collect::<Result<Vec<_>>>()?;
        Ok((!inputs.is_empty()).then_some(Value::Array(inputs)))
    };
    Ok(object([
        ("positive", some(&given.positive)?),
        ("negative", some(&given.negative)?),
        ("strategy", optional::<RecommendStrategy>(given.strategy)?),
    ]))
}

fn pairs(given: &ContextInput) -> Result<Value> {
    given.pairs.iter().map(pair).collect()
}

fn pair(pair: &ContextInputPair) -> Result<Value> {
    Ok(json!({
        "positive": input(given(pair.positive.as_ref(), "a vector")?)?,
        "negative": input(given(pair.negative.as_ref(), "a vector")?)?,
    }))
}

fn input(input: &VectorInput) -> Result<Value> {
    use vector_input::Variant as Input;
    match given(input.variant.as_ref(), "a vector's kind")? {
        Input::Id(id) => to_value(&Id(id)),
        Input::Dense(dense) => vectors::floats(&dense.data),
        Input::Sparse(sparse) => vectors::sparse(&sparse.indices, &sparse.values),
        Input::MultiDense(rows) => vectors::rows(&rows.vectors),
        Input::Document(_) | Input::Image(_) | Input::Object(_) => Err(unsaid("a vector that the server makes")),
    }
}
