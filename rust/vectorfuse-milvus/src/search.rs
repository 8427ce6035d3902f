//! A vector search as the options say it: which field is compared, how, and with what; checked before anything is searched.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::json::{self, At};
use vectorfuse_core::options::Options;

use crate::Milvus;
use crate::api::Api;
use crate::api::proto::{DslType, IndexDescription, KeyValue, PlaceholderGroup, PlaceholderValue, SearchRequest};
use crate::collection::{Collection, Field, FieldType, VectorType};
use crate::key::Key;
use crate::page::WINDOW;
use crate::selection::{Moment, Selection};
use crate::version::HALF_FLOAT_SEARCH;
use crate::{expression, sought};

/// What people write beside an index's own parameters, and where it is said here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("anns_field", "`vector_name` says it"),
    ("topk", "`top_k` says it"),
    ("top_k", "it is an option of its own"),
    ("limit", "it is an option of its own"),
    ("offset", "it is an option of its own"),
    ("expr", "`filter` says it"),
    ("filter", "it is an option of its own"),
    ("consistency_level", "`consistency` says it"),
    ("round_decimal", "scores come as they are: round them with Spark"),
    ("ignore_growing", "a search sees every row that the option `consistency` promises"),
    ("group_by_field", "rows are not grouped: group them with Spark"),
    ("group_size", "rows are not grouped: group them with Spark"),
    ("strict_group_size", "rows are not grouped: group them with Spark"),
];

/// What is searched, as the driver found it in the collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Search {
    /// The vector that is compared.
    pub(crate) field: String,
    pub(crate) kind: VectorType,
    /// Its size; a sparse one has none.
    pub(crate) dim: Option<u64>,
    /// Whether a row can be without it.
    pub(crate) is_nullable: bool,
    /// How it is compared, by the name that its index has for it; empty if the server does not tell.
    metric: String,
    /// The row whose own vector is searched for; the option `query_vector` if there is none.
    pub(crate) key: Option<Key>,
}

impl Search {
    /// The search that the options say; `None` if they say none. Nothing is sent.
    pub(crate) fn resolve(
        options: &Options,
        collection: &Collection,
        indexes: &[IndexDescription],
    ) -> Result<Option<Self>> {
        if !options.is_search() {
            return Ok(None);
        }
        let (field, kind, dim) = compared(options.named.vector_name.as_deref(), collection)?;
        if matches!(kind, VectorType::Float16 | VectorType::BFloat16) {
            let used = format!("a search of the vector `{}`", field.name);
            collection.version.require(HALF_FLOAT_SEARCH, &used)?;
        }
        let Some(index) = indexes.iter().find(|index| index.field_name == field.name) else {
            return Err(Error::unsupported(format!(
                "the vector `{}` has no index, which a search needs: create one (`create_index`)",
                field.name
            )));
        };
        let metric = index.params.iter().find(|parameter| parameter.key == "metric_type");
        let metric = metric.map(|metric| metric.value.to_ascii_uppercase()).unwrap_or_default();
        let key = options.named.query_id.as_deref().map(|text| key(text, collection)).transpose()?;
        let search = Self { field: field.name.clone(), kind, dim, is_nullable: field.is_nullable, metric, key };
        if let Some(text) = &options.named.query_vector {
            sought::of_text(text, &search)?;
        }
        search.parameters(options)?;
        search.is_distance_of(options)?;
        most(options)?;
        Ok(Some(search))
    }

    /// The request for the rows nearest to this vector: `most` of them at most.
    pub(crate) fn request(&self, options: &Options, vector: Vec<u8>, most: u64) -> Result<SearchRequest> {
        let pair = |key: &str, value: String| KeyValue { key: key.to_owned(), value };
        let mut search_params = vec![
            pair("anns_field", self.field.clone()),
            pair("topk", most.to_string()),
            pair("params", Value::Object(self.parameters(options)?).to_string()),
        ];
        let skipped = options.skipped()?;
        if skipped > 0 {
            search_params.push(pair("offset", skipped.to_string()));
        }
        if !self.metric.is_empty() {
            search_params.push(pair("metric_type", self.metric.clone()));
        }
        let vector = PlaceholderValue {
            tag: "$0".to_owned(),
            r#type: self.kind.data_type().into(),
            values: vec![vector.into()],
        };
        let group = PlaceholderGroup { placeholders: vec![vector] };
        Ok(SearchRequest {
            placeholder_group: prost::Message::encode_to_vec(&group).into(),
            dsl_type: DslType::BoolExprV1.into(),
            search_params,
            nq: 1,
            ..SearchRequest::default()
        })
    }

    /// The rows in which is looked: all of these but the one whose vector is searched for.
    pub(crate) fn among(&self, selection: &Selection) -> Selection {
        match &self.key {
            Some(key) => selection.and(expression::different(&selection.primary, key)),
            None => selection.clone(),
        }
    }

    /// The vector that is searched for, as servers take it.
    pub(crate) async fn vector(&self, api: &Api, options: &Options, selection: &Selection) -> Result<Vec<u8>> {
        match (&self.key, &options.named.query_vector) {
            (Some(key), _) => sought::of_row(key, self, api, selection).await,
            (None, Some(text)) => sought::of_text(text, self),
            (None, None) => Err(Error::internal("a search for nothing")),
        }
    }

    /// Whether a score is as good as the options want it.
    pub(crate) fn is_good(&self, options: &Options, score: f32) -> Result<bool> {
        let Some(threshold) = options.named.score_threshold else { return Ok(true) };
        Ok(if self.is_distance_of(options)? { score <= threshold } else { score >= threshold })
    }

    /// Whether smaller scores are the better ones, where the options want to know.
    fn is_distance_of(&self, options: &Options) -> Result<bool> {
        match self.metric.as_str() {
            "L2" | "HAMMING" | "JACCARD" | "TANIMOTO" => Ok(true),
            "IP" | "COSINE" | "BM25" => Ok(false),
            _ if options.named.score_threshold.is_none() => Ok(false),
            other => Err(Error::unsupported(format!(
                "option `score_threshold`: VectorFuse does not know which scores of the metric `{other}` are the better ones"
            ))),
        }
    }

    /// The option `search_params`: what the field's index takes. Of the form that Milvus's clients have,
    /// `{"metric_type": …, "params": {…}}`, it is what stands in `params`.
    fn parameters(&self, options: &Options) -> Result<Map<String, Value>> {
        let Some(text) = &options.named.search_params else { return Ok(Map::new()) };
        let value = json::parse("search_params", text)?;
        let at = At::root("search_params", &value);
        let expected = "an object of the index's own parameters, for example {\"nprobe\": 16}";
        let mut parameters = value.as_object().cloned().ok_or_else(|| at.wrong(expected))?;
        if let Some(metric) = at.member("metric_type") {
            let said = metric.text("the metric's name")?;
            if !said.eq_ignore_ascii_case(&self.metric) {
                return Err(
                    metric.wrong(&format!("`{}`, by which the index of `{}` compares", self.metric, self.field))
                );
            }
        }
        parameters.remove("metric_type");
        match parameters.remove("params") {
            None | Some(Value::Null) => {}
            Some(Value::Object(inner)) if parameters.is_empty() => parameters = inner,
            Some(Value::Object(_)) => {
                return Err(at.wrong("the index's parameters in one place, in `params` or beside it"));
            }
            Some(_) => return Err(at.wrong(&format!("`params`: {expected}"))),
        }
        let bounds = Value::Object(parameters.clone());
        let bounds = At::root("search_params", &bounds);
        for bound in ["radius", "range_filter"].into_iter().filter_map(|name| bounds.member(name)) {
            bound.double("a number")?;
        }
        match ELSEWHERE.iter().find(|(name, _)| parameters.contains_key(*name)) {
            None => Ok(parameters),
            Some((name, where_to)) => {
                Err(Error::options(format!("option `search_params` can't say `{name}`: {where_to}")))
            }
        }
    }
}

impl Milvus {
    /// Checks on the driver what a search needs of the server.
    pub(crate) async fn check_search(&self, search: &Search, collection: &Collection, moment: Moment) -> Result<()> {
        let options = &self.options;
        let selection = Selection::of_options(options, collection, moment)?;
        let vector = search.vector(&self.api, options, &selection).await?;
        if options.named.search_params.is_none() {
            return Ok(());
        }
        // What an index takes only the server knows: it is asked, and the answer is small.
        let request = search.request(options, vector, most(options)?)?;
        let request = search.among(&selection).search(request, vec![selection.primary.clone()]);
        match Api::refusal(self.api.search(request, usize::MAX).await)? {
            None => Ok(()),
            Some(error) => {
                Err(Error::options("option `search_params`: the server can't search with them").caused_by(error))
            }
        }
    }
}

/// How many rows a search gives at most.
pub(crate) fn most(options: &Options) -> Result<u64> {
    let most = options.most_rows().unwrap_or(u64::MAX);
    let skipped = options.skipped()?;
    if most.saturating_add(skipped) <= u64::from(WINDOW) {
        return Ok(most);
    }
    let offset = if skipped > 0 { " and `offset` together" } else { "" };
    Err(Error::options(format!(
        "option `top_k`{offset}: Milvus finds at most {WINDOW} rows, and {} are asked for",
        most.saturating_add(skipped)
    )))
}

/// The vector that the search compares: its kind and size.
fn compared<'a>(name: Option<&str>, collection: &'a Collection) -> Result<(&'a Field, VectorType, Option<u64>)> {
    let vectors = collection.fields.iter().filter_map(|field| match field.data_type {
        FieldType::Vector { kind, dim } => Some((field, kind, dim)),
        FieldType::Scalar(_) | FieldType::Array { .. } => None,
    });
    let vectors: Vec<_> = vectors.collect();
    let found = match name {
        Some(name) => vectors.iter().find(|(field, ..)| field.name == name),
        None if vectors.len() == 1 => vectors.first(),
        None => None,
    };
    if let Some(found) = found {
        return Ok(*found);
    }
    let names: Vec<String> = vectors.iter().map(|(field, ..)| format!("`{}`", field.name)).collect();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(Error::options(match name {
        Some(name) => format!("option `vector_name` is `{name}`, which is no vector of the collection: it has {there}"),
        None => format!("say with `vector_name` which vector to search: the collection has {there}"),
    }))
}

/// The key that the option `query_id` names.
fn key(text: &str, collection: &Collection) -> Result<Key> {
    if !collection.has_integer_keys()? {
        return Ok(Key::Text(text.to_owned()));
    }
    text.trim().parse().map(Key::Integer).map_err(|_| {
        Error::options(format!("option `query_id` is `{text}`: expected a key of the collection, an integer"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(metric: &str) -> Search {
        let (field, kind) = ("v".to_owned(), VectorType::Float);
        Search { field, kind, dim: Some(2), is_nullable: false, metric: metric.to_owned(), key: None }
    }

    fn options(given: &[(&str, &str)]) -> Options {
        let own = [("store", "milvus"), ("url", "http://h"), ("collection", "c"), ("query_vector", "[1,2]")];
        let options = own.iter().chain(given).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let given = vectorfuse_core::options::Given { options, ..Default::default() };
        given.parse(vectorfuse_core::options::Side::Read).unwrap()
    }

    #[test]
    fn parameters_are_those_of_the_index_in_either_form() {
        let parameters = |text: &str| search("L2").parameters(&options(&[("search_params", text)]));
        for text in [r#"{"nprobe":3}"#, r#"{"params":{"nprobe":3}}"#, r#"{"metric_type":"l2","params":{"nprobe":3}}"#] {
            assert_eq!(Value::Object(parameters(text).unwrap()).to_string(), r#"{"nprobe":3}"#, "{text}");
        }
        assert!(parameters("{}").unwrap().is_empty());
        for (text, said) in [
            ("[]", "an object"),
            (r#"{"params":3}"#, "`params`"),
            (r#"{"params":{},"nprobe":3}"#, "in one place"),
            (r#"{"metric_type":"IP"}"#, "`L2`"),
            (r#"{"params":{"offset":3}}"#, "`offset`"),
            (r#"{"params":{"radius":"far"}}"#, "`radius` is \"far\": expected a number"),
            (r#"{"anns_field":"v"}"#, "`vector_name`"),
        ] {
            let error = parameters(text).unwrap_err().to_string();
            assert!(error.contains("`search_params`") && error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn which_scores_are_good_depends_on_the_metric() {
        let options = options(&[("score_threshold", "0.5")]);
        let good = |metric: &str| [0.25, 0.5, 0.75].map(|score| search(metric).is_good(&options, score).unwrap());
        for metric in ["L2", "HAMMING", "JACCARD"] {
            assert_eq!(good(metric), [true, true, false], "{metric}");
        }
        for metric in ["IP", "COSINE"] {
            assert_eq!(good(metric), [false, true, true], "{metric}");
        }
        assert!(search("NEWER").is_good(&options, 1.0).unwrap_err().to_string().contains("`NEWER`"));
    }

    #[test]
    fn a_search_asks_for_no_more_than_servers_find() {
        assert_eq!(most(&options(&[])).unwrap(), 10);
        assert_eq!(most(&options(&[("top_k", "16384")])).unwrap(), 16_384);
        assert_eq!(most(&options(&[("top_k", "20000"), ("limit", "7")])).unwrap(), 7);
        let said = most(&options(&[("top_k", "16384"), ("offset", "1")])).unwrap_err().to_string();
        assert!(said.contains("`top_k` and `offset`") && said.contains("16385"), "{said}");
        assert!(most(&options(&[("top_k", "16385")])).is_err());
    }
}
