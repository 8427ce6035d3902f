//! Predicates on one field of the payload: what its type, the kept schema and its index allow to be said.
//!
//! In a collection whose schema is kept every value was written in its column's type; a moment can be spelled in another
//! way by who writes there beside us. Others may have put anything anywhere: there an array must not match by its
//! elements, and a number can be an integer or a double. A value that does not fit its column is an error once it is read,
//! so that no answer about it is wrong.

use prost_types::Timestamp;
use qdrant_client::qdrant::{DatetimeRange, Range};
use vectorfuse_core::predicate::Constant;
use vectorfuse_core::schema::SparkType;

use crate::condition;
use crate::details::IndexKind;
use crate::logic::{Side, Test, Truth};

/// From here on doubles do not tell integers apart.
const DOUBLE_LIMIT: i64 = 1 << 53;
/// The moments of the years 0001 to 9999, in microseconds: those that every server can read.
const MOMENTS: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// More moments than these are not asked for one by one.
const MOST_MOMENTS: usize = 100;

/// What is compared; the other operators are these, negated or mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    Greater,
}

/// A field of the payload that a predicate speaks of.
pub(crate) struct Field {
    pub(crate) key: String,
    /// The type in which Spark reads it.
    pub(crate) data_type: SparkType,
    /// Whether Spark compares its strings in a way of their own.
    pub(crate) is_collated: bool,
    /// Whether every value was written in that type.
    pub(crate) is_kept: bool,
    pub(crate) index: Option<IndexKind>,
    /// Whether the server finds strings by their beginnings.
    pub(crate) finds_prefixes: bool,
}

impl Field {
    /// The field is null, or not there.
    pub(crate) fn is_null(&self) -> Truth {
        let empty = condition::empty(&self.key);
        match &self.data_type {
            // An empty list is none of null's, and the server calls it empty.
            SparkType::Array(_) | SparkType::Variant | SparkType::Null => Truth::hidden(),
            // A string column of others shows it as text.
            SparkType::String(_) if !self.is_kept => Truth { yes: Side::wider(empty), no: None },
            SparkType::String(_)
            | SparkType::Boolean
            | SparkType::Byte
            | SparkType::Short
            | SparkType::Integer
            | SparkType::Long
            | SparkType::Float
            | SparkType::Double
            | SparkType::Decimal(..)
            | SparkType::Binary
            | SparkType::Date
            | SparkType::Timestamp
            | SparkType::TimestampNtz
            | SparkType::Struct(_)
            | SparkType::Map(..)
            | SparkType::MllibVector(_) => Truth { yes: Side::exact(empty.clone()), no: Side::exact(empty.not()) },
        }
    }

    /// A comparison with a value that is not null.
    pub(crate) fn compare(&self, comparison: Comparison, value: &Constant) -> Truth {
        match (&self.data_type, value) {
            (SparkType::Boolean, Constant::Boolean(value)) => self.boolean(comparison, *value),
            (SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long, Constant::Integer(value)) => {
                self.integer(comparison, *value)
            }
            (SparkType::Float | SparkType::Double, Constant::Double(value)) => self.double(comparison, *value),
            (SparkType::String(_), Constant::Text(text)) if self.is_plain_text() => self.string(comparison, text),
            (SparkType::Date, Constant::Date(_))
            | (SparkType::Timestamp | SparkType::TimestampNtz, Constant::Micros(_)) => self.moment(comparison, value),
            _ => Truth::hidden(),
        }
    }

    /// The field is one of these values, of which none is null.
    pub(crate) fn is_in(&self, values: &[Constant]) -> Truth {
        let integers: Option<Vec<i64>> = values
            .iter()
            .map(|value| if let Constant::Integer(integer) = value { Some(*integer) } else { None })
            .collect();
        match (&self.data_type, integers) {
            (SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long, Some(integers))
                if self.is_kept && self.has(&[IndexKind::Integer, IndexKind::Float]) =>
            {
                self.among(condition::integers(&self.key, integers))
            }
            (SparkType::String(_) | SparkType::Date, _)
                if self.is_kept
                    && self.index != Some(IndexKind::Datetime)
                    && values.iter().all(|value| self.compare(Comparison::Equal, value).yes.is_some()) =>
            {
                self.kept_texts(values)
            }
            (SparkType::Timestamp | SparkType::TimestampNtz, _) if values.len() > 1 => self.among_moments(values),
            // One condition on many texts instead of many conditions.
            (SparkType::String(_), _) if !self.is_kept => {
                let equal = values.iter().map(|value| self.compare(Comparison::Equal, value).yes);
                let texts = values.iter().filter_map(|value| value.stored_text(&self.data_type)).collect();
                if equal.collect::<Option<Vec<_>>>().is_none() {
                    return Truth::hidden();
                }
                let same = condition::strings(&self.key, texts);
                let others = same.clone().not().or(condition::no_array(&self.key).not());
                Truth { yes: Side::exact(self.single(same)), no: Side::wider(others) }
            }
            // Spark's set of many values may tell the two zeros apart.
            _ if values.iter().any(|value| matches!(value, Constant::Double(zero) if *zero == 0.0)) => Truth::hidden(),
            _ => values
                .iter()
                .fold(Truth::constant(Some(false)), |any, value| any.or(self.compare(Comparison::Equal, value))),
        }
    }

    /// Whether the field has no index, or one of these kinds: others do not hold its values as they are.
    fn has(&self, kinds: &[IndexKind]) -> bool {
        self.index.is_none_or(|index| kinds.contains(&index))
    }

    fn present(&self) -> Test {
        condition::empty(&self.key).not()
    }

    /// A test of one value, which the elements of an array must not pass.
    fn single(&self, test: Test) -> Test {
        if self.is_kept { test } else { test.and(condition::no_array(&self.key)) }
    }

    /// Just those points pass; the others that have a value do not.
    fn among(&self, found: Test) -> Truth {
        Truth { yes: Side::exact(found.clone()), no: Side::exact(self.present().and(found.not())) }
    }

    fn boolean(&self, comparison: Comparison, value: bool) -> Truth {
        if comparison != Comparison::Equal || !self.has(&[IndexKind::Boolean]) {
            return Truth::hidden();
        }
        let is = |value| Side::exact(self.single(condition::boolean(&self.key, value)));
        Truth { yes: is(value), no: is(!value) }
    }

    fn integer(&self, comparison: Comparison, value: i64) -> Truth {
        if !self.has(&[IndexKind::Integer, IndexKind::Float]) {
            return Truth::hidden();
        }
        if comparison == Comparison::Equal && self.is_kept {
            return self.among(condition::integers(&self.key, vec![value]));
        }
        // Ranges compare doubles.
        if value.checked_abs().is_none_or(|size| size >= DOUBLE_LIMIT) {
            return Truth::hidden();
        }
        #[allow(clippy::cast_precision_loss)] // checked: a double holds it
        self.number(comparison, value as f64)
    }

    fn double(&self, comparison: Comparison, value: f64) -> Truth {
        // What a double column holds is not found in an index of integers.
        if !value.is_finite() || !self.has(&[IndexKind::Float]) {
            return Truth::hidden();
        }
        self.number(comparison, value)
    }

    /// Numbers of both kinds, as the server's ranges see them. It may tell the two zeros apart, and Spark does not.
    fn number(&self, comparison: Comparison, value: f64) -> Truth {
        let (low, high) = if value == 0.0 { (-0.0, 0.0) } else { (value, value) };
        let range = |range| condition::range(&self.key, range);
        let less = || range(Range { lt: Some(low), ..Range::default() });
        let greater = || range(Range { gt: Some(high), ..Range::default() });
        let (yes, no) = match comparison {
            Comparison::Equal => {
                (range(Range { gte: Some(low), lte: Some(high), ..Range::default() }), less().or(greater()))
            }
            Comparison::Less => (less(), range(Range { gte: Some(low), ..Range::default() })),
            Comparison::Greater => (greater(), range(Range { lte: Some(high), ..Range::default() })),
        };
        if !self.is_kept && self.index == Some(IndexKind::Integer) {
            // The doubles of others are not in it: they are left to Spark.
            let all = range(Range { gte: Some(-1e300), lte: Some(1e300), ..Range::default() });
            let unseen = self.present().and(all.not());
            return Truth { yes: Side::wider(yes.or(unseen.clone())), no: Side::wider(no.or(unseen)) };
        }
        Truth { yes: Side::exact(self.single(yes)), no: Side::exact(self.single(no)) }
    }

    fn string(&self, comparison: Comparison, text: &str) -> Truth {
        if comparison != Comparison::Equal || !self.has(&[IndexKind::Keyword]) {
            return Truth::hidden();
        }
        let same = condition::strings(&self.key, vec![text.to_owned()]);
        if self.is_kept {
            return self.among(same);
        }
        // Whatever is no string shows as JSON, which the server would not match with the text.
        if serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| !json.is_string() && !json.is_null()) {
            return Truth::hidden();
        }
        let others = same.clone().not().or(condition::no_array(&self.key).not());
        Truth { yes: Side::exact(self.single(same)), no: Side::wider(others) }
    }

    /// The string begins so, byte by byte. What others wrote can show as text and be none.
    pub(crate) fn starts_with(&self, prefix: &str) -> Truth {
        if !self.is_kept || !self.is_plain_text() {
            return Truth::hidden();
        }
        if prefix.is_empty() {
            return Truth { yes: Side::exact(self.present()), no: Side::exact(Test::Never) };
        }
        if !self.finds_prefixes || !self.has(&[IndexKind::Keyword]) {
            return Truth::hidden();
        }
        self.among(condition::prefix(&self.key, prefix))
    }

    /// A string that is compared byte by byte: `char` is compared without the spaces at its end, and collations have
    /// orders of their own.
    fn is_plain_text(&self) -> bool {
        !self.is_collated
            && matches!(&self.data_type, SparkType::String(name) if name == "string" || name.starts_with("varchar("))
    }

    /// Ranges by the server's reading. That may not reach every year, and others write a moment in many ways, also in a
    /// collection of ours: what the server does not read is left to Spark. A date that we wrote has one text.
    fn moment(&self, comparison: Comparison, value: &Constant) -> Truth {
        let is_date = self.data_type == SparkType::Date;
        if !self.has(&[IndexKind::Keyword, IndexKind::Datetime]) || (is_date && !self.is_kept) {
            return Truth::hidden();
        }
        let moment = readable(value);
        if is_date && comparison == Comparison::Equal {
            return match (moment, self.index) {
                (Some(day), Some(IndexKind::Datetime)) => self.among(self.span(day, day)),
                _ => self.kept_texts(std::slice::from_ref(value)),
            };
        }
        let Some(moment) = moment else { return Truth::hidden() };
        let at = timestamp(moment);
        let range = |range| condition::datetime_range(&self.key, range);
        let less = || range(DatetimeRange { lt: at, ..DatetimeRange::default() });
        let greater = || range(DatetimeRange { gt: at, ..DatetimeRange::default() });
        let (yes, no) = match comparison {
            Comparison::Equal => (self.span(moment, moment), less().or(greater())),
            Comparison::Less => (less(), range(DatetimeRange { gte: at, ..DatetimeRange::default() })),
            Comparison::Greater => (greater(), range(DatetimeRange { lte: at, ..DatetimeRange::default() })),
        };
        let unread = self.unread();
        Truth { yes: Side::wider(yes.or(unread.clone())), no: Side::wider(no.or(unread)) }
    }

    /// The field is one of these moments, of which there is one at least. Of many, it is between the first and the last.
    fn among_moments(&self, values: &[Constant]) -> Truth {
        if !self.has(&[IndexKind::Keyword, IndexKind::Datetime]) {
            return Truth::hidden();
        }
        let Some(moments) = values.iter().map(readable).collect::<Option<Vec<i64>>>() else { return Truth::hidden() };
        let found = match (moments.iter().min(), moments.iter().max()) {
            (Some(first), Some(last)) if moments.len() > MOST_MOMENTS => {
                return Truth { yes: Side::wider(self.span(*first, *last).or(self.unread())), no: None };
            }
            _ => moments.iter().fold(Test::Never, |any, moment| any.or(self.span(*moment, *moment))),
        };
        let others = self.present().and(found.clone().not());
        Truth { yes: Side::wider(found.or(self.unread())), no: Side::wider(others) }
    }

    /// The moments from the one to the other, as far as the server reads them.
    fn span(&self, first: i64, last: i64) -> Test {
        let (gte, lte) = (timestamp(first), timestamp(last));
        condition::datetime_range(&self.key, DatetimeRange { gte, lte, ..DatetimeRange::default() })
    }

    /// There is a value, and the server does not read it as a moment.
    fn unread(&self) -> Test {
        self.present().and(self.span(MOMENTS.start, MOMENTS.end - 1).not())
    }

    /// The field has the text of one of these values, as we write it. A value that has none is equal to no row.
    fn kept_texts(&self, values: &[Constant]) -> Truth {
        let texts = values.iter().filter_map(|value| value.stored_text(&self.data_type));
        self.among(condition::strings(&self.key, texts.collect()))
    }
}

/// The moment, if every server can read it.
fn readable(value: &Constant) -> Option<i64> {
    value.micros().filter(|micros| MOMENTS.contains(micros))
}

fn timestamp(micros: i64) -> Option<Timestamp> {
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).ok()?;
    Some(Timestamp { seconds: micros.div_euclid(1_000_000), nanos })
}
