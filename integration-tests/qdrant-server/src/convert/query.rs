//! The universal query: searches by vector, samples, orders and fusions, with their prefetches.
//! Ids stand for the vectors of stored points, and leave these points out of the answer.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::vector_input;
use qdrant_edge::external::ordered_float::OrderedFloat;
use qdrant_edge::{
    AcornSearchParams, Condition, ContextPair, ContextQuery, DiscoverQuery, Filter, Fusion, HasIdCondition, Mmr,
    NamedQuery, PointId, Prefetch, QuantizationSearchParams, QueryEnum, QueryRequest, RecommendQuery, Sample,
    ScoringQuery, SearchParams, VectorInternal,
};
use tonic::Status;

use super::{filter, id, select, vector};
use crate::refusal::{Answer, invalid_body, lacking, refuse, wrong_input};

/// As many points as a query gives when it does not say.
const DEFAULT_LIMIT: u64 = 10;

/// How much the engine prefers the near over the varied when the query does not say.
const DEFAULT_DIVERSITY: f32 = 0.5;

/// The constant of reciprocal rank fusion when the query does not say.
const DEFAULT_RRF_K: u32 = 2;

/// Finds the stored vector of that name and point.
pub type Lookup<'a> = &'a dyn Fn(&str, PointId) -> Answer<VectorInternal>;

/// All but the shard keys, which are none of the engine's business.
pub fn to_engine(query: proto::QueryPoints, lookup: Lookup) -> Answer<QueryRequest> {
    refuse("lookup_from", &query.lookup_from)?;
    let limit = limit(query.limit)?;
    if !query.prefetch.is_empty() && query.query.is_none() {
        return Err(Status::invalid_argument(
            "Bad request: A query is needed to merge the prefetches. \
             Can't have prefetches without defining a query.",
        ));
    }
    let mut reader = Reader::new(lookup);
    let prefetches = query.prefetch.into_iter().map(|one| reader.prefetch(one)).collect::<Answer<Vec<_>>>()?;
    let scoring = reader.scoring(query.query, query.using, limit)?;
    check_threshold(query.score_threshold, scoring.as_ref())?;
    // A sample is another one each time, so the server passes over the offset.
    let sampled = prefetches.is_empty() && matches!(scoring, Some(ScoringQuery::Sample(_)));
    Ok(QueryRequest {
        prefetches,
        query: scoring,
        filter: reader.excluding(filter::optional(query.filter)?),
        score_threshold: query.score_threshold.map(OrderedFloat),
        limit,
        offset: match sampled {
            true => 0,
            false => query.offset.unwrap_or(0) as usize,
        },
        params: query.params.map(params).transpose()?,
        with_vector: select::with_vectors(query.with_vectors),
        with_payload: select::with_payload(query.with_payload, false)?,
    })
}

fn limit(given: Option<u64>) -> Answer<usize> {
    match given.unwrap_or(DEFAULT_LIMIT) {
        0 => Err(invalid_body("limit", "value 0 invalid, must be 1 or larger")),
        limit => Ok(limit as usize),
    }
}

fn check_threshold(threshold: Option<f32>, scoring: Option<&ScoringQuery>) -> Answer<()> {
    match (threshold, scoring) {
        (Some(_), None) => Err(Status::invalid_argument(
            "Bad request: A query is needed to use the score_threshold. \
             Can't have score_threshold without defining a query.",
        )),
        (Some(_), Some(ScoringQuery::OrderBy(_))) => {
            Err(Status::invalid_argument("Bad request: Can't use score_threshold with an order_by query."))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

fn params(given: proto::SearchParams) -> Answer<SearchParams> {
    refuse("params.idf", &given.idf)?;
    Ok(SearchParams {
        hnsw_ef: given.hnsw_ef.map(|number| number as usize),
        exact: given.exact.unwrap_or_default(),
        quantization: given.quantization.map(|one| QuantizationSearchParams {
            ignore: one.ignore.unwrap_or_default(),
            rescore: one.rescore,
            oversampling: one.oversampling,
        }),
        indexed_only: given.indexed_only.unwrap_or_default(),
        acorn: given.acorn.map(|one| AcornSearchParams {
            enable: one.enable.unwrap_or_default(),
            max_selectivity: one.max_selectivity.map(OrderedFloat),
        }),
    })
}

/// Reads the parts of one query and remembers which points they refer to.
struct Reader<'a> {
    lookup: Lookup<'a>,
    referenced: Vec<PointId>,
}

impl<'a> Reader<'a> {
    fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, referenced: Vec::new() }
    }

    fn prefetch(&mut self, given: proto::PrefetchQuery) -> Answer<Prefetch> {
        refuse("prefetch.lookup_from", &given.lookup_from)?;
        let limit = limit(given.limit)?;
        let mut inner = Reader::new(self.lookup);
        let prefetches = given.prefetch.into_iter().map(|one| inner.prefetch(one)).collect::<Answer<Vec<_>>>()?;
        let query = inner.scoring(given.query, given.using, limit)?;
        check_threshold(given.score_threshold, query.as_ref())?;
        let filter = inner.excluding(filter::optional(given.filter)?);
        self.referenced.append(&mut inner.referenced);
        Ok(Prefetch {
            prefetches,
            query,
            limit,
            params: given.params.map(params).transpose()?,
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
        query: Option<proto::Query>,
        using: Option<String>,
        limit: usize,
    ) -> Answer<Option<ScoringQuery>> {
        let Some(query) = query else {
            return Ok(None);
        };
        let name = using.unwrap_or_default();
        let named = |query| ScoringQuery::Vector(query);
        let variant = query.variant.ok_or_else(|| Status::invalid_argument("Query variant is missing"))?;
        Ok(Some(match variant {
            Variant::Nearest(input) => {
                named(QueryEnum::Nearest(NamedQuery::new(self.vector(Some(input), &name)?, name)))
            }
            Variant::NearestWithMmr(given) => {
                let mmr = given.mmr.ok_or_else(|| Status::invalid_argument("No mmr provided"))?;
                ScoringQuery::Mmr(Mmr {
                    vector: self.vector(given.nearest, &name)?,
                    using: name,
                    lambda: OrderedFloat(1.0 - mmr.diversity.unwrap_or(DEFAULT_DIVERSITY)),
                    candidates_limit: mmr.candidates_limit.map_or(limit, |number| number as usize),
                })
            }
            Variant::Recommend(given) => named(self.recommend(given, name)?),
            Variant::Discover(given) => {
                let target = self.vector(given.target, &name)?;
                let pairs = self.pairs(given.context, &name)?;
                named(QueryEnum::Discover(NamedQuery::new(DiscoverQuery::new(target, pairs), name)))
            }
            Variant::Context(given) => {
                let pairs = self.pairs(Some(given), &name)?;
                named(QueryEnum::Context(NamedQuery::new(ContextQuery::new(pairs), name)))
            }
            Variant::OrderBy(given) => ScoringQuery::OrderBy(select::order_by(given)?),
            Variant::Fusion(given) => ScoringQuery::Fusion(fusion(given)?),
            Variant::Rrf(given) => ScoringQuery::Fusion(Fusion::Rrf {
                k: given.k.unwrap_or(DEFAULT_RRF_K) as usize,
                weights: match given.weights.is_empty() {
                    true => None,
                    false => Some(given.weights.into_iter().map(OrderedFloat).collect()),
                },
            }),
            Variant::Sample(given) => match proto::Sample::try_from(given) {
                Ok(proto::Sample::Random) => ScoringQuery::Sample(Sample::Random),
                Err(_) => return Err(Status::invalid_argument("Unknown sample")),
            },
            Variant::Formula(_) => return Err(lacking("query.formula")),
            Variant::RelevanceFeedback(_) => return Err(lacking("query.relevance_feedback")),
            Variant::Text(_) => return Err(lacking("query.text")),
        }))
    }

    fn vector(&mut self, input: Option<proto::VectorInput>, name: &str) -> Answer<VectorInternal> {
        use vector_input::Variant as Input;
        match input.and_then(|input| input.variant) {
            None => Err(Status::invalid_argument("VectorInput variant is missing")),
            Some(Input::Id(given)) => {
                let point = id::to_engine(given)?;
                self.referenced.push(point);
                (self.lookup)(name, point)
            }
            Some(Input::Dense(dense)) => Ok(vector::query_dense(dense)),
            Some(Input::Sparse(sparse)) => vector::query_sparse(sparse),
            Some(Input::MultiDense(rows)) => vector::query_multi(rows),
            Some(Input::Document(_)) => Err(lacking("query.document")),
            Some(Input::Image(_)) => Err(lacking("query.image")),
            Some(Input::Object(_)) => Err(lacking("query.object")),
        }
    }

    fn vectors(&mut self, inputs: Vec<proto::VectorInput>, name: &str) -> Answer<Vec<VectorInternal>> {
        inputs.into_iter().map(|input| self.vector(Some(input), name)).collect()
    }

    fn pairs(&mut self, context: Option<proto::ContextInput>, name: &str) -> Answer<Vec<ContextPair<VectorInternal>>> {
        context
            .map(|context| context.pairs)
            .unwrap_or_default()
            .into_iter()
            .map(|pair| {
                Ok(ContextPair {
                    positive: self.vector(pair.positive, name)?,
                    negative: self.vector(pair.negative, name)?,
                })
            })
            .collect()
    }

    fn recommend(&mut self, given: proto::RecommendInput, name: String) -> Answer<QueryEnum> {
        let strategy = proto::RecommendStrategy::try_from(given.strategy.unwrap_or_default())
            .map_err(|_| Status::invalid_argument("Unknown recommend strategy"))?;
        let positives = self.vectors(given.positive, &name)?;
        let negatives = self.vectors(given.negative, &name)?;
        Ok(match strategy {
            proto::RecommendStrategy::AverageVector => {
                QueryEnum::Nearest(NamedQuery::new(between(&positives, &negatives)?, name))
            }
            proto::RecommendStrategy::BestScore => {
                QueryEnum::RecommendBestScore(NamedQuery::new(RecommendQuery::new(positives, negatives), name))
            }
            proto::RecommendStrategy::SumScores => {
                QueryEnum::RecommendSumScores(NamedQuery::new(RecommendQuery::new(positives, negatives), name))
            }
        })
    }
}

fn fusion(given: i32) -> Answer<Fusion> {
    match proto::Fusion::try_from(given) {
        Ok(proto::Fusion::Rrf) => Ok(Fusion::Rrf { k: DEFAULT_RRF_K as usize, weights: None }),
        Ok(proto::Fusion::Dbsf) => Ok(Fusion::Dbsf),
        Err(_) => Err(Status::invalid_argument("Unknown fusion")),
    }
}

/// The point that a recommendation by average looks from: the mean of the liked, moved as far again
/// from the mean of the disliked.
pub fn between(positives: &[VectorInternal], negatives: &[VectorInternal]) -> Answer<VectorInternal> {
    let liked =
        mean(positives)?.ok_or_else(|| wrong_input("Positive vectors should not be empty with `average` strategy"))?;
    Ok(VectorInternal::Dense(match mean(negatives)? {
        None => liked,
        Some(disliked) => liked.iter().zip(disliked).map(|(liked, disliked)| liked + liked - disliked).collect(),
    }))
}

fn mean(vectors: &[VectorInternal]) -> Answer<Option<Vec<f32>>> {
    let mut sum: Vec<f32> = Vec::new();
    for one in vectors {
        let VectorInternal::Dense(values) = one else {
            return Err(lacking("recommend by average over vectors that are not dense"));
        };
        sum.resize(sum.len().max(values.len()), 0.0);
        for (total, value) in sum.iter_mut().zip(values) {
            *total += value;
        }
    }
    let count = vectors.len() as f32;
    Ok((!vectors.is_empty()).then(|| sum.into_iter().map(|total| total / count).collect()))
}
