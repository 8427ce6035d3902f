//! A vector search as the options say it: which vector is compared with what, checked before anything is searched.

use std::collections::BTreeMap;

use qdrant_client::qdrant::vector_input::Variant;
use qdrant_client::qdrant::{
    AcornSearchParams, DenseVector, MultiDenseVector, QuantizationSearchParams, Query, QueryPoints, SearchParams,
    SparseVector, VectorInput, query,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vectorfuse_core::chosen::listed;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::json::{self, At};
use vectorfuse_core::options::Options;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Role;
use vectorfuse_core::vector::VectorKind;
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
        check_size(&search.nearest(options)?, spec, using)?;
        parameters(options)?;
        Ok(Some(search))
    }

    /// The request, but for the parts of each point and how many are wanted.
    pub(crate) fn request(&self, options: &Options, collection: &str) -> Result<QueryPoints> {
        let nearest = VectorInput { variant: Some(self.nearest(options)?) };
        Ok(QueryPoints {
            collection_name: collection.to_owned(),
            query: Some(Query { variant: Some(query::Variant::Nearest(nearest)) }),
            using: (!self.using.is_empty()).then(|| self.using.clone()),
            params: parameters(options)?,
            score_threshold: options.named.score_threshold,
            offset: Some(options.skipped()?),
            ..QueryPoints::default()
        })
    }

    fn nearest(&self, options: &Options) -> Result<Variant> {
        match (&self.id, &options.named.query_vector) {
            (Some(id), _) => Ok(Variant::Id(to_qdrant_id(*id))),
            (None, Some(text)) => vector(text, self.kind, &self.using),
            (None, None) => Err(Error::internal("a search for nothing")),
        }
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

/// The option `query_vector` as a vector of this kind.
fn vector(text: &str, kind: VectorKind, using: &str) -> Result<Variant> {
    // `0.1, 0.2` is the inside of a list.
    let is_json = text.trim_start().starts_with(['[', '{']);
    let value =
        if is_json { json::parse("query_vector", text) } else { json::parse("query_vector", &format!("[{text}]")) };
    let value = value?;
    let at = At::root("query_vector", &value);
    let of = vector_name(using);
    Ok(match kind {
        VectorKind::Dense => {
            let expected = format!("a list of numbers: {of} is dense");
            Variant::Dense(DenseVector { data: numbers(&at, &expected)? })
        }
        VectorKind::Multi => {
            let expected = format!("a list of lists of numbers: {of} is a multi-vector");
            let rows = at.items(&expected)?;
            if rows.is_empty() {
                return Err(at.wrong(&expected));
            }
            let rows = rows.iter().map(|row| Ok(DenseVector { data: numbers(row, &expected)? }));
            Variant::MultiDense(MultiDenseVector { vectors: rows.collect::<Result<_>>()? })
        }
        VectorKind::Sparse => Variant::Sparse(sparse(&at, &of)?),
    })
}

fn numbers(at: &At, expected: &str) -> Result<Vec<f32>> {
    let items = at.items(expected)?;
    if items.is_empty() {
        return Err(at.wrong(expected));
    }
    items.iter().map(|item| number(item, expected)).collect()
}

fn number(at: &At, expected: &str) -> Result<f32> {
    let double = at.value().as_f64().ok_or_else(|| at.wrong(expected))?;
    let number = double as f32;
    if number.is_finite() { Ok(number) } else { Err(at.wrong("a number that 32 bits can hold")) }
}

fn sparse(at: &At, of: &str) -> Result<SparseVector> {
    let expected = format!(r#"{{"indices":[12],"values":[0.5]}} or {{"12":0.5}}: {of} is sparse"#);
    let Value::Object(members) = at.value() else { return Err(at.wrong(&expected)) };
    let mut found = BTreeMap::new();
    if members.contains_key("indices") || members.contains_key("values") {
        at.object(&["indices", "values"])?;
        let indices = at.required("indices", "a list of integers")?.items("a list of integers")?;
        let values = at.required("values", "a list of numbers")?.items("a list of numbers")?;
        if indices.len() != values.len() {
            return Err(at.wrong("as many `indices` as `values`"));
        }
        let place = "an index from 0 to 4294967295, each once";
        for (index, value) in indices.iter().zip(&values) {
            let key = u32::try_from(index.unsigned(place)?).map_err(|_| index.wrong(place))?;
            if found.insert(key, number(value, "a number")?).is_some() {
                return Err(index.wrong(place));
            }
        }
    } else {
        for name in members.keys() {
            let index = name.parse::<u32>().map_err(|_| at.wrong(&expected))?;
            let value = at.required(name, "a number")?;
            if found.insert(index, number(&value, "a number")?).is_some() {
                return Err(at.wrong("each index once"));
            }
        }
    }
    if found.is_empty() {
        return Err(at.wrong(&expected));
    }
    let (indices, values) = found.into_iter().unzip();
    Ok(SparseVector { values, indices })
}

/// A vector of the wrong length would be refused in each task.
fn check_size(nearest: &Variant, spec: &VectorSpec, using: &str) -> Result<()> {
    let Some(size) = spec.size else { return Ok(()) };
    let fits = |vector: &DenseVector| {
        if vector.data.len() as u64 == size {
            return Ok(());
        }
        Err(Error::options(format!(
            "option `query_vector` has {} dimensions, and {} has {size}",
            vector.data.len(),
            vector_name(using)
        )))
    };
    match nearest {
        Variant::Dense(vector) => fits(vector),
        Variant::MultiDense(multi) => multi.vectors.iter().try_for_each(fits),
        Variant::Id(_) | Variant::Sparse(_) | Variant::Document(_) | Variant::Image(_) | Variant::Object(_) => Ok(()),
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
