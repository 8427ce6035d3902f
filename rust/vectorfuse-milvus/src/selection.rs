//! Which rows of a collection a read is about, and of which moment: said once for every request that reads.

use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Scan;

use crate::api::Api;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::{ConsistencyLevel, KeyValue, QueryRequest, SearchRequest, field_data};
use crate::collection::{Collection, Consistency};
use crate::details::{self, ReadDetails};
use crate::{expression, filter};

/// What a server calls the number of rows.
const COUNT: &str = "count(*)";

/// The part of a reading request that is the same for every split and page of one scan.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// The field of the primary key.
    pub(crate) primary: String,
    /// Only rows for which each of these is true.
    expressions: Vec<String>,
    /// Only rows of these partitions; of all if there are none.
    partitions: Vec<String>,
    moment: Moment,
}

/// Of which moment a read sees the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    consistency: Consistency,
    /// The moment itself, in the server's own count, once it is known: all parts of a read name the same one.
    timestamp: Option<u64>,
}

impl Moment {
    /// Everything that was acknowledged before the question.
    pub(crate) const STRONG: Self = Self { consistency: Consistency::Strong, timestamp: None };

    /// As the option says; everything that was acknowledged before the read began if it does not.
    pub(crate) fn of_options(options: &Options) -> Result<Self> {
        let Some(text) = options.named.consistency.as_deref() else {
            return Ok(Self::STRONG);
        };
        let consistency = match text.trim().to_ascii_lowercase().as_str() {
            // A read has written nothing itself: what others of its session wrote before it is in the strong view.
            "strong" | "session" => Consistency::Strong,
            "bounded" => Consistency::Bounded,
            "eventually" => Consistency::Eventually,
            _ => {
                return Err(Error::options(format!(
                    "option `consistency` is `{text}`: expected `strong`, `session`, `bounded` or `eventually`"
                )));
            }
        };
        Ok(Self { consistency, timestamp: None })
    }

    /// The same, with the present moment of the server's clock if it is to be the newest one and the server tells.
    pub(crate) async fn fixed(self, api: &Api) -> Result<Self> {
        match self.consistency {
            Consistency::Strong => Ok(Self { timestamp: api.now().await?, ..self }),
            Consistency::Session | Consistency::Bounded | Consistency::Eventually => Ok(self),
        }
    }

    fn level(self) -> ConsistencyLevel {
        match self.consistency {
            // The named moment counts, which is no later than the strong view.
            _ if self.timestamp.is_some() => ConsistencyLevel::Customized,
            Consistency::Strong => ConsistencyLevel::Strong,
            Consistency::Session => ConsistencyLevel::Session,
            Consistency::Bounded => ConsistencyLevel::Bounded,
            Consistency::Eventually => ConsistencyLevel::Eventually,
        }
    }
}

impl Selection {
    /// What this scan is about: what the options say, and what Spark has pushed down.
    pub(crate) fn of(scan: &Scan, moment: Moment) -> Result<Self> {
        let details: ReadDetails = details::of_plan(&scan.details)?;
        let mut own = Self::of_options(&scan.options, &details.collection, moment)?;
        own.expressions.extend(filter::of_scan(scan)?);
        Ok(own)
    }

    /// What the options alone say.
    pub(crate) fn of_options(options: &Options, collection: &Collection, moment: Moment) -> Result<Self> {
        let filter = options.named.filter.iter().filter(|filter| !filter.trim().is_empty());
        Ok(Self {
            primary: collection.primary()?.name.clone(),
            expressions: filter.cloned().collect(),
            partitions: options.named.partitions.clone(),
            moment,
        })
    }

    /// Whether every row of the collection is meant.
    pub(crate) fn is_whole(&self) -> bool {
        self.expressions.is_empty() && self.partitions.is_empty()
    }

    /// Only those of the rows for which this is true too.
    #[must_use]
    pub(crate) fn and(&self, expression: String) -> Self {
        let mut narrowed = self.clone();
        narrowed.expressions.push(expression);
        narrowed
    }

    /// The request for at most so many of the rows, in the order of their keys.
    pub(crate) fn page(&self, fields: Vec<String>, limit: u32) -> QueryRequest {
        let parameter = |key: &str, value: String| KeyValue { key: key.to_owned(), value };
        QueryRequest {
            query_params: vec![
                parameter("limit", limit.to_string()),
                // Without it some servers give rows in no order, and newer ones of no one moment.
                parameter("iterator", "True".to_owned()),
                // Ends a page where one of the server's parts has no more to give, instead of passing over rows.
                parameter("reduce_stop_for_best", "True".to_owned()),
            ],
            ..self.request(fields)
        }
    }

    /// Those rows for which this is true, whether or not they are among the ones that are meant: rows whose keys are known.
    #[must_use]
    pub(crate) fn only(&self, expression: String) -> Self {
        Self { expressions: vec![expression], ..self.clone() }
    }

    /// The same, seeing all that was acknowledged before, whatever the read itself waits for.
    #[must_use]
    pub(crate) fn newest(&self) -> Self {
        let moment = match self.moment.consistency {
            Consistency::Strong | Consistency::Session => self.moment,
            Consistency::Bounded | Consistency::Eventually => Moment::STRONG,
        };
        Self { moment, ..self.clone() }
    }

    /// The request for rows whose keys are known, of which there are no more than `limit`, in any order.
    pub(crate) fn known(&self, fields: Vec<String>, limit: u32) -> QueryRequest {
        let limit = KeyValue { key: "limit".to_owned(), value: limit.to_string() };
        QueryRequest { query_params: vec![limit], ..self.request(fields) }
    }

    /// Narrows a search to the rows, of each of which it gives these fields.
    pub(crate) fn search(&self, request: SearchRequest, fields: Vec<String>) -> SearchRequest {
        let QueryRequest { expr, output_fields, partition_names, guarantee_timestamp, consistency_level, .. } =
            self.request(fields);
        SearchRequest { dsl: expr, output_fields, partition_names, guarantee_timestamp, consistency_level, ..request }
    }

    /// How many of the rows there are.
    pub(crate) async fn count(&self, api: &Api) -> Result<u64> {
        let mut request = self.request(vec![COUNT.to_owned()]);
        if request.expr.is_empty() {
            // Without an expression milvus-lite does not look at partitions.
            request.expr = expression::always(&self.primary);
        }
        let answer = api.query(request, usize::MAX).await?;
        let fields = answer.iter().flat_map(|answer| &answer.message.fields_data);
        let count = fields.filter_map(|field| match field.field.as_ref()? {
            field_data::Field::Scalars(scalars) => match scalars.data.as_ref()? {
                Data::LongData(counts) => counts.data.first().copied(),
                _other => None,
            },
            field_data::Field::Vectors(_) => None,
        });
        let count = count.last().and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| Error::internal("the server's answer to a count is no number"))
    }

    fn request(&self, fields: Vec<String>) -> QueryRequest {
        let expressions = self.expressions.iter().cloned().reduce(|all, next| expression::both(&all, &next));
        QueryRequest {
            expr: expressions.unwrap_or_default(),
            output_fields: fields,
            partition_names: self.partitions.clone(),
            guarantee_timestamp: self.moment.timestamp.unwrap_or_default(),
            consistency_level: self.moment.level().into(),
            ..QueryRequest::default()
        }
    }
}
