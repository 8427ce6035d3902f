//! A vector search as the options say it: which vector is compared with what, checked before anything is searched.

use qdrant_client::qdrant::query::Variant as Asked;
use qdrant_client::qdrant::vector_input::Variant;
use qdrant_client::qdrant::{
    AcornSearchParams, DenseVector, MultiDenseVector, QuantizationSearchParams, Query, QueryPoints, SearchParams,
    SparseVector, VectorInput,
};
use serde::{Deserialize, Serialize};
use vectorfuse_core::chosen::listed;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::json::{self, At};
use vectorfuse_core::options::Options;
use vectorfuse_core::query;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Role;
use vectorfuse_core::vector::{Vector, VectorKind};
use vectorfuse_core::write::{is_integer_id, vector_name};

use crate::Qdrant;
use crate::chosen::vector_called;
use crate::collection::{Collection, VectorSpec};
use crate::filter_json::Needs;
use crate::point::to_qdrant_id;
use crate::selection::Selection;

/// Servers before this one have no universal query.
const QUERY: Needs = Needs { what: "search", since: (1, 10) };
const ACORN: Needs = Needs { what: "acorn", since: (1, 16) };

/// What is searched, as the driver found it in the collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Search {
    /// The vector that is compared; the unnamed one has the empty name.
    using: String,
    kind: VectorKind,
    /// The point whose own vector is searched for; the option `query_vector` if there is none.
    id: Option<PointId>,
}

impl Search {
    /// The search that the options say; `None` if they say none. Nothing is sent.
    pub(crate) fn resolve(options: &Options, collection: &Collection) -> Result<Option<Self>> {
        if !options.is_search() {
            return Ok(None);
        }
        let (using, spec) = compared(options.named.vector_name.as_deref(), collection)?;
        let id = options.named.query_id.as_deref().map(|text| point_id(text, collection));
        let search = Self { using: using.to_owned(), kind: spec.kind, id };
        if let (Some(vector), Some(size)) = (search.vector(options)?, spec.size) {
            query::check_size(&vector, size, &vector_name(using))?;
        }
        parameters(options)?;
        Ok(Some(search))
    }

    /// The request, but for the parts of each point and how many are wanted.
    pub(crate) fn request(&self, options: &Options, collection: &str) -> Result<QueryPoints> {
        let nearest = VectorInput { variant: Some(self.nearest(options)?) };
        Ok(QueryPoints {
            collection_name: collection.to_owned(),
            query: Some(Query { variant: Some(Asked::Nearest(nearest)) }),
            using: (!self.using.is_empty()).then(|| self.using.clone()),
            params: parameters(options)?,
            score_threshold: options.named.score_threshold,
            offset: Some(options.skipped()?),
            ..QueryPoints::default()
        })
    }

    fn nearest(&self, options: &Options) -> Result<Variant> {
        match (self.id, self.vector(options)?) {
            (Some(id), _) => Ok(Variant::Id(to_qdrant_id(id))),
            (None, Some(vector)) => Ok(to_qdrant_input(vector)),
            (None, None) => Err(Error::internal("a search for nothing")),
        }
    }

    /// The option `query_vector`.
    fn vector(&self, options: &Options) -> Result<Option<Vector>> {
        let text = options.named.query_vector.as_deref();
        text.map(|text| query::parse(text, self.kind, &vector_name(&self.using))).transpose()
    }
}

impl Qdrant {
    /// Checks on the driver what a search needs of the server.
    pub(crate) async fn check_search(&self, search: &Search, selection: &Selection, version: (u32, u32)) -> Result<()> {
        let option = if search.id.is_some() { "query_id" } else { "query_vector" };
        QUERY.check(option, version)?;
        if parameters(&self.options)?.is_some_and(|parameters| parameters.acorn.is_some()) {
            ACORN.check("search_params", version)?;
        }
        let Some(id) = search.id else { return Ok(()) };
        let named = self.options.named.query_id.as_deref().unwrap_or_default();
        let missing = |what: String| Error::new(Kind::NotFound, what).with("option", "query_id");
        match self.api.has_vector(id, &search.using, selection).await? {
            None => Err(missing(format!("there is no point `{named}` in what is searched"))),
            Some(false) => Err(missing(format!(
                "the point `{named}` has no vector to search for: {} is missing",
                vector_name(&search.using)
            ))),
            Some(true) => Ok(()),
        }
    }
}

/// The vector that the search compares.
fn compared<'a>(name: Option<&str>, collection: &'a Collection) -> Result<(&'a str, &'a VectorSpec)> {
    let found = match name {
        Some(name) => vector_called(collection, name),
        None if collection.vectors.len() == 1 => collection.vectors.keys().next().map(String::as_str),
        None => collection.vectors.keys().find(|name| name.is_empty()).map(String::as_str),
    };
    if let Some((name, spec)) = found.and_then(|name| collection.vectors.get_key_value(name)) {
        return Ok((name, spec));
    }
    let there = listed(collection.vectors.keys().map(|name| vector_name(name)));
    Err(Error::options(match name {
        Some(name) => format!("option `vector_name` is `{name}`, which is no vector of the collection: it has {there}"),
        None => format!("say with `vector_name` which vector to search: the collection has {there}"),
    }))
}

/// The id that a user means, who knows ids as the id column shows them.
fn point_id(text: &str, collection: &Collection) -> PointId {
    let kept = collection.kept.iter().flatten().find(|column| matches!(column.role, Role::Id { .. }));
    let is_hashed = |data_type: &SparkType| !matches!(data_type, SparkType::String(_)) && !is_integer_id(data_type);
    match kept {
        Some(column) if is_hashed(&column.data_type) => PointId::hashed(text),
        Some(_) | None => PointId::from_text(text),
    }
}

fn to_qdrant_input(vector: Vector) -> Variant {
    match vector {
        Vector::Dense(data) => Variant::Dense(DenseVector { data }),
        Vector::Sparse(indices, values) => Variant::Sparse(SparseVector { values, indices }),
        Vector::Multi(rows) => {
            let vectors = rows.into_iter().map(|data| DenseVector { data }).collect();
            Variant::MultiDense(MultiDenseVector { vectors })
        }
    }
}

/// The option `search_params`, as Qdrant's documentation writes it.
fn parameters(options: &Options) -> Result<Option<SearchParams>> {
    let Some(text) = &options.named.search_params else { return Ok(None) };
    let value = json::parse("search_params", text)?;
    let at = At::root("search_params", &value);
    at.object(&["hnsw_ef", "exact", "quantization", "indexed_only", "acorn"])?;
    let flag = |at: &At, name: &str| at.member(name).map(|flag| flag.boolean()).transpose();
    let hnsw_ef = match at.member("hnsw_ef") {
        None => None,
        Some(beam) => match beam.unsigned("a whole number of at least 1")? {
            0 => return Err(beam.wrong("a whole number of at least 1")),
            width => Some(width),
        },
    };
    let quantization = at.member("quantization").map(|inner| {
        inner.object(&["ignore", "rescore", "oversampling"])?;
        let oversampling = bounded(&inner, "oversampling", "a number of at least 1", |number| number >= 1.0)?;
        let (ignore, rescore) = (flag(&inner, "ignore")?, flag(&inner, "rescore")?);
        Ok::<_, Error>(QuantizationSearchParams { ignore, rescore, oversampling })
    });
    let acorn = at.member("acorn").map(|inner| {
        inner.object(&["enable", "max_selectivity"])?;
        let range = "a number from 0 to 1";
        let max_selectivity = bounded(&inner, "max_selectivity", range, |number| (0.0..=1.0).contains(&number))?;
        Ok::<_, Error>(AcornSearchParams { enable: flag(&inner, "enable")?, max_selectivity })
    });
    Ok(Some(SearchParams {
        hnsw_ef,
        exact: flag(&at, "exact")?,
        quantization: quantization.transpose()?,
        indexed_only: flag(&at, "indexed_only")?,
        acorn: acorn.transpose()?,
        idf: None,
    }))
}

fn bounded(at: &At, name: &str, expected: &str, fits: impl Fn(f64) -> bool) -> Result<Option<f64>> {
    let Some(member) = at.member(name) else { return Ok(None) };
    let number = member.double(expected)?;
    if fits(number) { Ok(Some(number)) } else { Err(member.wrong(expected)) }
}
