//! The universal query as REST gives it: a vector or an id alone, or an object that names its kind.

use qdrant_edge::external::ordered_float::OrderedFloat;
use qdrant_edge::{
    Condition, ContextPair, ContextQuery, DiscoverQuery, Filter, Fusion, HasIdCondition, Mmr, NamedQuery,
    OrderByInterface, PointId, Prefetch, QueryEnum, QueryRequest, RecommendQuery, Sample, ScoredPoint, ScoringQuery,
    SearchParams, VectorInternal, WithPayloadInterface, WithVector,
};
use serde::Deserialize;
use serde_json::Value;

use super::answer::Refused;
use super::filter::filter;
use super::shards::Keys;
use super::vectors::{Input, invalid};
use crate::collection::Collection;
use crate::convert::query::between;
use crate::refusal::{lacking, refuse};
use crate::shard_key::Selection;

const DEFAULT_LIMIT: usize = 10;
const DEFAULT_DIVERSITY: f32 = 0.5;
const DEFAULT_RRF_K: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryBody {
    prefetch: Option<OneOrMany<Inner>>,
    query: Option<Query>,
    using: Option<String>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    params: Option<SearchParams>,
    score_threshold: Option<f32>,
    limit: Option<usize>,
    offset: Option<usize>,
    #[serde(alias = "with_vectors")]
    with_vector: Option<WithVector>,
    with_payload: Option<WithPayloadInterface>,
    lookup_from: Option<Value>,
    shard_key: Option<Keys>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryBatch {
    pub searches: Vec<QueryBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    prefetch: Option<OneOrMany<Inner>>,
    query: Option<Query>,
    using: Option<String>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    params: Option<SearchParams>,
    score_threshold: Option<f32>,
    limit: Option<usize>,
    lookup_from: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(Box<T>),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn all(given: Option<Self>) -> Vec<T> {
        match given {
            None => Vec::new(),
            Some(Self::One(one)) => vec![*one],
            Some(Self::Many(many)) => many,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Query {
    Vector(Input),
    Kind(Kind),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kind {
    Nearest {
        nearest: Input,
        mmr: Option<Diversity>,
    },
    Recommend {
        recommend: Recommend,
    },
    Discover {
        discover: Discover,
    },
    Context {
        context: OneOrMany<Pair>,
    },
    OrderBy {
        order_by: OrderByInterface,
    },
    Fusion {
        fusion: FusionName,
    },
    Rrf {
        rrf: Rrf,
    },
    Sample {
        sample: SampleName,
    },
    Formula {
        #[serde(rename = "formula")]
        _formula: Value,
    },
    RelevanceFeedback {
        #[serde(rename = "relevance_feedback")]
        _relevance_feedback: Value,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Diversity {
    diversity: Option<f32>,
    candidates_limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recommend {
    positive: Option<Vec<Input>>,
    negative: Option<Vec<Input>>,
    strategy: Option<Strategy>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    #[default]
    AverageVector,
    BestScore,
    SumScores,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discover {
    target: Input,
    context: Option<OneOrMany<Pair>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    positive: Input,
    negative: Input,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FusionName {
    Rrf,
    Dbsf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rrf {
    k: Option<usize>,
    weights: Option<Vec<f32>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SampleName {
    Random,
}

/// What the engine finds for one query.
pub fn found(collection: &Collection, given: QueryBody) -> Result<Vec<ScoredPoint>, Refused> {
    let keys = Keys::selected(given.shard_key);
    refuse("lookup_from", &given.lookup_from)?;
    let limit = limit(given.limit)?;
    let inner = OneOrMany::all(given.prefetch);
    if !inner.is_empty() && given.query.is_none() {
        return Err(Refused::malformed(
            "Bad request: A query is needed to merge the prefetches. \
             Can't have prefetches without defining a query.",
        ));
    }
    let mut reader = Reader { collection, keys: &keys, referenced: Vec::new() };
    let prefetches = inner.into_iter().map(|one| reader.prefetch(one)).collect::<Result<Vec<_>, _>>()?;
    let query = reader.scoring(given.query, given.using, limit)?;
    check_threshold(given.score_threshold, query.as_ref())?;
    // A sample is another one each time, so the server passes over the offset.
    let sampled = prefetches.is_empty() && matches!(query, Some(ScoringQuery::Sample(_)));
    let offset = match sampled {
        true => 0,
        false => given.offset.unwrap_or(0),
    };
    let request = QueryRequest {
        prefetches,
        query,
        filter: reader.excluding(given.filter),
        score_threshold: given.score_threshold.map(OrderedFloat),
        limit,
        offset,
        params: given.params,
        with_vector: given.with_vector.unwrap_or(WithVector::Bool(false)),
        with_payload: given.with_payload.unwrap_or(WithPayloadInterface::Bool(false)),
    };
    Ok(collection.query(&keys, request)?)
}

fn limit(given: Option<usize>) -> Result<usize, Refused> {
    match given.unwrap_or(DEFAULT_LIMIT) {
        0 => Err(invalid("limit", "value 0 invalid, must be 1 or larger")),
        limit => Ok(limit),
    }
}

fn check_threshold(threshold: Option<f32>, scoring: Option<&ScoringQuery>) -> Result<(), Refused> {
    match (threshold, scoring) {
        (Some(_), None) => Err(Refused::malformed(
            "Bad request: A query is needed to use the score_threshold. \
             Can't have score_threshold without defining a query.",
        )),
        (Some(_), Some(ScoringQuery::OrderBy(_))) => {
            Err(Refused::malformed("Bad request: Can't use score_threshold with an order_by query."))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// Reads the parts of one query and remembers which points they refer to: these are left out.
struct Reader<'a> {
    collection: &'a Collection,
    keys: &'a Selection,
    referenced: Vec<PointId>,
}

impl Reader<'_> {
    fn prefetch(&mut self, given: Inner) -> Result<Prefetch, Refused> {
        refuse("prefetch.lookup_from", &given.lookup_from)?;
        let limit = limit(given.limit)?;
        let mut inner = Reader { collection: self.collection, keys: self.keys, referenced: Vec::new() };
        let prefetches =
            OneOrMany::all(given.prefetch).into_iter().map(|one| inner.prefetch(one)).collect::<Result<Vec<_>, _>>()?;
        let query = inner.scoring(given.query, given.using, limit)?;
        check_threshold(given.score_threshold, query.as_ref())?;
        let filter = inner.excluding(given.filter);
        self.referenced.append(&mut inner.referenced);
        Ok(Prefetch {
            prefetches,
            query,
            limit,
            params: given.params,
            filter,
            score_threshold: given.score_threshold.map(OrderedFloat),
        })
    }

    fn excluding(&self, filter: Option<Filter>) -> Option<Filter> {
        if self.referenced.is_empty() {
            return filter;
        }
        let mut filter = filter.unwrap_or_default();
        let ids = self.referenced.iter().copied().collect::<HasIdCondition>();
        filter.must_not.get_or_insert_default().push(Condition::HasId(ids));
        Some(filter)
    }

    fn scoring(
        &mut self,
        query: Option<Query>,
        using: Option<String>,
        limit: usize,
    ) -> Result<Option<ScoringQuery>, Refused> {
        let Some(query) = query else {
            return Ok(None);
        };
        let name = using.unwrap_or_default();
        let kind = match query {
            Query::Vector(nearest) => Kind::Nearest { nearest, mmr: None },
            Query::Kind(kind) => kind,
        };
        Ok(Some(match kind {
            Kind::Nearest { nearest, mmr: None } => {
                let vector = self.vector(nearest, &name)?;
                ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(vector, name)))
            }
            Kind::Nearest { nearest, mmr: Some(mmr) } => ScoringQuery::Mmr(Mmr {
                vector: self.vector(nearest, &name)?,
                using: name,
                lambda: OrderedFloat(1.0 - mmr.diversity.unwrap_or(DEFAULT_DIVERSITY)),
                candidates_limit: mmr.candidates_limit.unwrap_or(limit),
            }),
            Kind::Recommend { recommend } => ScoringQuery::Vector(self.recommend(recommend, name)?),
            Kind::Discover { discover } => {
                let target = self.vector(discover.target, &name)?;
                let pairs = self.pairs(OneOrMany::all(discover.context), &name)?;
                ScoringQuery::Vector(QueryEnum::Discover(NamedQuery::new(DiscoverQuery::new(target, pairs), name)))
            }
            Kind::Context { context } => {
                let pairs = self.pairs(OneOrMany::all(Some(context)), &name)?;
                ScoringQuery::Vector(QueryEnum::Context(NamedQuery::new(ContextQuery::new(pairs), name)))
            }
            Kind::OrderBy { order_by } => ScoringQuery::OrderBy(order_by.into()),
            Kind::Fusion { fusion: FusionName::Rrf } => {
                ScoringQuery::Fusion(Fusion::Rrf { k: DEFAULT_RRF_K, weights: None })
            }
            Kind::Fusion { fusion: FusionName::Dbsf } => ScoringQuery::Fusion(Fusion::Dbsf),
            Kind::Rrf { rrf } => ScoringQuery::Fusion(Fusion::Rrf {
                k: rrf.k.unwrap_or(DEFAULT_RRF_K),
                weights: rrf.weights.map(|weights| weights.into_iter().map(OrderedFloat).collect()),
            }),
            Kind::Sample { sample: SampleName::Random } => ScoringQuery::Sample(Sample::Random),
            Kind::Formula { .. } => return Err(lacking("query.formula").into()),
            Kind::RelevanceFeedback { .. } => return Err(lacking("query.relevance_feedback").into()),
        }))
    }

    fn vector(&mut self, input: Input, name: &str) -> Result<VectorInternal, Refused> {
        match input.resolved()? {
            Ok(vector) => Ok(vector),
            Err(point) => {
                self.referenced.push(point);
                Ok(self.collection.vector(self.keys, name, point)?)
            }
        }
    }

    fn vectors(&mut self, inputs: Option<Vec<Input>>, name: &str) -> Result<Vec<VectorInternal>, Refused> {
        inputs.unwrap_or_default().into_iter().map(|input| self.vector(input, name)).collect()
    }

    fn pairs(&mut self, pairs: Vec<Pair>, name: &str) -> Result<Vec<ContextPair<VectorInternal>>, Refused> {
        pairs
            .into_iter()
            .map(|pair| {
                Ok(ContextPair {
                    positive: self.vector(pair.positive, name)?,
                    negative: self.vector(pair.negative, name)?,
                })
            })
            .collect()
    }

    fn recommend(&mut self, given: Recommend, name: String) -> Result<QueryEnum, Refused> {
        let positives = self.vectors(given.positive, &name)?;
        let negatives = self.vectors(given.negative, &name)?;
        Ok(match given.strategy.unwrap_or_default() {
            Strategy::AverageVector => QueryEnum::Nearest(NamedQuery::new(between(&positives, &negatives)?, name)),
            Strategy::BestScore => {
                QueryEnum::RecommendBestScore(NamedQuery::new(RecommendQuery::new(positives, negatives), name))
            }
            Strategy::SumScores => {
                QueryEnum::RecommendSumScores(NamedQuery::new(RecommendQuery::new(positives, negatives), name))
            }
        })
    }
}
