//! `counter_fields`: a value is added to what is stored, exactly once, whoever else adds at the same time and however
//! often the task runs.
//!
//! The server can't add. So the stored numbers are read, and written back under the guard that nobody else has written
//! since: beside them stands a field of our own with a version, new with each write. The field also says what each
//! task has added to the point so far, and from how many of its rows. A task that runs again finds that there, and adds
//! what is missing to it; the rows of a point may then come in another order, since all of them together are the same.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{Condition, Filter, ListValue, Struct, Value};
use uuid::Uuid;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::payload::Scalar;
use vectorfuse_core::schema::SparkType;

use crate::guard;

/// The field of the payload that belongs to us. Reads do not show it.
pub(crate) const FIELD: &str = "_vectorfuse";
const VERSION: &str = "version";
const APPLIED: &str = "applied";
/// What a task of another query has added is remembered so long: until then it may run again.
const REMEMBERED_SECONDS: i64 = 24 * 60 * 60;
/// And of no more of them, so that a point that is always written does not grow.
const MOST_REMEMBERED: usize = 256;
/// Integers up to here are doubles too.
const EXACT: u64 = 1 << 53;

/// A counter: a field of the payload and the type of its column.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    pub(crate) field: String,
    pub(crate) data_type: SparkType,
}

/// What a task adds, told apart from what others add.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    pub(crate) counters: Vec<Counter>,
    /// The query, as short as it stays its own.
    query: String,
    partition: String,
}

/// What the rows of one point add together, up to one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// How many rows.
    pub(crate) rows: i64,
    /// What they add to each counter; `None` as long as all was null.
    pub(crate) sums: Vec<Option<Number>>,
}

/// A number that is added, in the arithmetic of its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Double(f64),
}

/// What is stored of a point, as far as counters go.
pub(crate) struct Stored {
    values: Vec<Option<Number>>,
    version: Option<String>,
    /// What this task has added.
    ours: Option<Tally>,
    /// What each other task has added, by the task's name, with the time at which it did last.
    others: Vec<(String, i64, Value)>,
}

impl Counters {
    pub(crate) fn new(counters: Vec<Counter>, query: &str, partition: u64) -> Self {
        let query = Uuid::new_v5(&Uuid::NAMESPACE_OID, query.as_bytes()).simple().to_string();
        Self { counters, query, partition: partition.to_string() }
    }

    /// The paths of the fields that must be read.
    pub(crate) fn paths(&self) -> Result<Vec<String>> {
        let names = self.counters.iter().map(|counter| counter.field.clone()).chain([FIELD.to_owned()]);
        names.map(|name| guard::path(&[name])).collect()
    }

    /// Adds one more row to what the rows of its point add.
    pub(crate) fn tally(&self, tally: &mut Tally, row: Vec<Option<Scalar>>) -> Result<()> {
        tally.rows += 1;
        tally.sums.resize(self.counters.len(), None);
        for ((counter, sum), value) in self.counters.iter().zip(&mut tally.sums).zip(row) {
            let number = match value {
                Some(Scalar::Integer(integer)) => Number::Integer(integer),
                Some(Scalar::Double(double)) => Number::Double(double),
                Some(Scalar::Boolean(_) | Scalar::Text(_) | Scalar::Instant(_)) => {
                    return Err(Error::internal("a counter that is no number").with("column", &counter.field));
                }
                None => continue,
            };
            *sum = Some(counter.add(*sum, number)?);
        }
        Ok(())
    }

    /// What the payload of a point says.
    pub(crate) fn read(&self, payload: &HashMap<String, Value>) -> Result<Stored> {
        let values = self.counters.iter().map(|counter| counter.read(payload.get(&counter.field)));
        let own = payload.get(FIELD).and_then(object);
        let version = own.and_then(|own| own.get(VERSION)).and_then(text).cloned();
        let (mut ours, mut others) = (None, Vec::new());
        for (task, value) in own.and_then(|own| own.get(APPLIED)).and_then(object).into_iter().flatten() {
            let broken =
                || Error::data(format!("the field `{FIELD}`, which keeps what was added, was changed by others"));
            let Some(Kind::ListValue(list)) = &value.kind else { return Err(broken()) };
            let mut items = list.values.iter();
            let (Some(rows), Some(time)) = (items.next().and_then(integer), items.next().and_then(integer)) else {
                return Err(broken());
            };
            if *task == self.task() {
                let sums = self.counters.iter().zip(items).map(|(counter, item)| counter.read(Some(item)));
                ours = Some(Tally { rows, sums: sums.collect::<Result<_>>()? });
            } else {
                others.push((task.clone(), time, value.clone()));
            }
        }
        Ok(Stored { values: values.collect::<Result<_>>()?, version, ours, others })
    }

    fn task(&self) -> String {
        format!("{}/{}", self.query, self.partition)
    }

    /// Whether the point has what these rows add, and perhaps more of them.
    pub(crate) fn has(&self, stored: &Stored, tally: &Tally) -> bool {
        stored.ours.as_ref().is_some_and(|applied| applied.rows >= tally.rows)
    }

    /// The fields of the point after these rows.
    pub(crate) fn added(&self, stored: Option<&Stored>, tally: &Tally) -> Result<HashMap<String, Value>> {
        let before = stored.and_then(|stored| stored.ours.as_ref());
        let mut fields = HashMap::with_capacity(self.counters.len() + 1);
        for (index, counter) in self.counters.iter().enumerate() {
            let value = stored.and_then(|stored| stored.values[index]);
            let earlier = before.and_then(|tally| tally.sums.get(index).copied().flatten());
            let value = match (tally.sums[index], earlier) {
                (None, _) => value,
                (Some(sum), None) => Some(counter.add(value, sum)?),
                (Some(sum), Some(earlier)) => Some(counter.add(value, counter.difference(sum, earlier)?)?),
            };
            let value = value.map(|value| counter.fitting(value)).transpose()?;
            fields.insert(counter.field.clone(), write_number(value));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        fields.insert(FIELD.to_owned(), self.own_field(stored, tally, now));
        Ok(fields)
    }

    fn own_field(&self, stored: Option<&Stored>, tally: &Tally, now: i64) -> Value {
        let (mut kept, mut others) = (HashMap::new(), Vec::new());
        for (task, time, value) in stored.iter().flat_map(|stored| &stored.others) {
            if task.starts_with(&self.query) {
                kept.insert(task.clone(), value.clone());
            } else if now.saturating_sub(*time) < REMEMBERED_SECONDS {
                others.push((*time, task, value));
            }
        }
        others.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
        others.truncate(MOST_REMEMBERED);
        kept.extend(others.into_iter().map(|(_, task, value)| (task.clone(), value.clone())));
        kept.insert(self.task(), write_tally(tally, now));
        let own = [
            (VERSION.to_owned(), of(Kind::StringValue(Uuid::new_v4().to_string()))),
            (APPLIED.to_owned(), of(Kind::StructValue(Struct { fields: kept }))),
        ];
        of(Kind::StructValue(Struct { fields: own.into() }))
    }
}

impl Stored {
    /// That nobody has written the point since it was read.
    pub(crate) fn unchanged(&self) -> Filter {
        let field = version_path();
        let condition: Condition = match &self.version {
            Some(version) => guard::is_text(&field, version),
            None => guard::empty(&field),
        };
        Filter { must: vec![condition], ..Filter::default() }
    }
}

/// Where the version of a point stands.
pub(crate) fn version_path() -> String {
    format!("{FIELD}.{VERSION}")
}

/// The version that a point will have with these fields.
pub(crate) fn written(fields: &HashMap<String, Value>) -> Filter {
    let version = fields.get(FIELD).and_then(object).and_then(|own| own.get(VERSION)).and_then(text);
    let version = version.map(String::as_str).unwrap_or_default();
    Filter { must: vec![guard::is_text(&version_path(), version)], ..Filter::default() }
}

impl Counter {
    fn read(&self, value: Option<&Value>) -> Result<Option<Number>> {
        let wrong = |is: &str| {
            let error = format!("the stored value is {is}, to which a {} can't be added", self.data_type.name());
            Err(Error::data(error).with("column", &self.field))
        };
        match (value.and_then(|value| value.kind.as_ref()), self.is_integer()) {
            (None | Some(Kind::NullValue(_)), _) => Ok(None),
            (Some(Kind::IntegerValue(integer)), true) => Ok(Some(Number::Integer(*integer))),
            (Some(Kind::DoubleValue(double)), false) => Ok(Some(Number::Double(*double))),
            (Some(Kind::IntegerValue(integer)), false) if integer.unsigned_abs() <= EXACT => {
                #[allow(clippy::cast_precision_loss)] // exact up to 2^53
                let double = *integer as f64;
                Ok(Some(Number::Double(double)))
            }
            (Some(Kind::IntegerValue(_)), false) => wrong("an integer beyond ±2^53"),
            (Some(Kind::DoubleValue(double)), true) => wrong(&format!("the double {double}")),
            (Some(Kind::BoolValue(_)), _) => wrong("a boolean"),
            (Some(Kind::StringValue(_)), _) => wrong("a text"),
            (Some(Kind::ListValue(_)), _) => wrong("a list"),
            (Some(Kind::StructValue(_)), _) => wrong("an object"),
        }
    }

    fn is_integer(&self) -> bool {
        !matches!(self.data_type, SparkType::Float | SparkType::Double)
    }

    fn add(&self, to: Option<Number>, number: Number) -> Result<Number> {
        match (to, number) {
            (None, number) => Ok(number),
            (Some(Number::Integer(a)), Number::Integer(b)) => {
                a.checked_add(b).map(Number::Integer).ok_or_else(|| self.too_large())
            }
            (Some(Number::Double(a)), Number::Double(b)) => Ok(Number::Double(a + b)),
            (Some(Number::Integer(_)), Number::Double(_)) | (Some(Number::Double(_)), Number::Integer(_)) => {
                Err(Error::internal("integers and doubles in one counter").with("column", &self.field))
            }
        }
    }

    fn difference(&self, a: Number, b: Number) -> Result<Number> {
        let negative = match b {
            Number::Integer(b) => Number::Integer(b.checked_neg().ok_or_else(|| self.too_large())?),
            Number::Double(b) => Number::Double(-b),
        };
        self.add(Some(a), negative)
    }

    /// The number, if the column can hold it.
    fn fitting(&self, number: Number) -> Result<Number> {
        let fits = match number {
            Number::Integer(integer) => match self.data_type {
                SparkType::Byte => i8::try_from(integer).is_ok(),
                SparkType::Short => i16::try_from(integer).is_ok(),
                SparkType::Integer => i32::try_from(integer).is_ok(),
                _ => true,
            },
            Number::Double(double) => {
                #[allow(clippy::cast_possible_truncation)] // to the nearest number that the column can hold
                let double = if self.data_type == SparkType::Float { f64::from(double as f32) } else { double };
                return if double.is_finite() { Ok(Number::Double(double)) } else { Err(self.too_large()) };
            }
        };
        if fits { Ok(number) } else { Err(self.too_large()) }
    }

    fn too_large(&self) -> Error {
        Error::data(format!("the sum does not fit into a {}", self.data_type.name())).with("column", &self.field)
    }
}

fn of(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

fn write_number(number: Option<Number>) -> Value {
    of(match number {
        None => Kind::NullValue(0),
        Some(Number::Integer(integer)) => Kind::IntegerValue(integer),
        Some(Number::Double(double)) => Kind::DoubleValue(double),
    })
}

fn write_tally(tally: &Tally, time: i64) -> Value {
    let sums = tally.sums.iter().map(|sum| write_number(*sum));
    let values = [tally.rows, time].into_iter().map(|integer| of(Kind::IntegerValue(integer))).chain(sums);
    of(Kind::ListValue(ListValue { values: values.collect() }))
}

fn object(value: &Value) -> Option<&HashMap<String, Value>> {
    match &value.kind {
        Some(Kind::StructValue(object)) => Some(&object.fields),
        Some(_) | None => None,
    }
}

fn text(value: &Value) -> Option<&String> {
    match &value.kind {
        Some(Kind::StringValue(text)) => Some(text),
        Some(_) | None => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value.kind {
        Some(Kind::IntegerValue(integer)) => Some(integer),
        Some(_) | None => None,
    }
}
