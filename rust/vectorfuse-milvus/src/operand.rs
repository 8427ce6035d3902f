//! Predicates on one field: what its own type and the type in which Spark reads it allow to be said exactly.
//!
//! A value that does not fit its column is an error once it is read, so that no answer about it is wrong.

use vectorfuse_core::logic::{Comparison, Test as _, Truth};
use vectorfuse_core::predicate::Constant;
use vectorfuse_core::schema::SparkType;

use crate::collection::{Field, FieldType, ScalarType};
use crate::expression;
use crate::key::Key;
use crate::test::Test;

/// The field that a predicate speaks of.
pub(crate) struct Operand<'a> {
    pub(crate) field: &'a Field,
    /// The type in which Spark reads it.
    pub(crate) data_type: &'a SparkType,
    /// Whether the server looks into an index of it.
    pub(crate) has_index: bool,
}

/// As what the server compares the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Boolean,
    /// Integers; moments too, which are their microseconds.
    Integer,
    Float,
    Double,
    /// Text, as it is.
    Text,
    /// The one text of a date.
    Date,
    /// The one text of a decimal.
    Decimal,
}

impl Operand<'_> {
    /// The field is null.
    pub(crate) fn is_null(&self) -> Truth<Test> {
        if !self.is_nullable() {
            // JSON can be null inside.
            return if self.shows_inner_null() { Truth::hidden() } else { Truth::constant(Some(false)) };
        }
        let is_plain = match self.field.data_type {
            FieldType::Scalar(_) => !self.shows_inner_null(),
            FieldType::Array { .. } => true,
            FieldType::Vector { .. } => false,
        };
        if !is_plain {
            return Truth::hidden();
        }
        Truth::exact(Test::of(format!("{} is null", self.field.name)), self.present())
    }

    /// A comparison with a value that is not null.
    pub(crate) fn compare(&self, comparison: Comparison, value: &Constant) -> Truth<Test> {
        match (self.stored(), value) {
            (Some(Stored::Boolean), Constant::Boolean(value)) if comparison == Comparison::Equal => {
                let is = |value: bool| Test::of(format!("{} == {value}", self.field.name));
                Truth::exact(is(*value), is(!*value))
            }
            (Some(Stored::Integer), Constant::Integer(number) | Constant::Micros(number)) => {
                self.ordered(comparison, &Key::Integer(*number))
            }
            (Some(Stored::Text), Constant::Text(text)) => self.ordered(comparison, &Key::Text(text.clone())),
            (Some(stored @ (Stored::Float | Stored::Double)), Constant::Double(value)) => {
                self.number(stored, comparison, *value)
            }
            (Some(Stored::Date), Constant::Date(_)) => self.date(comparison, value),
            (Some(Stored::Decimal), Constant::Decimal(_)) if comparison == Comparison::Equal => {
                self.texts(std::slice::from_ref(value))
            }
            _ => Truth::hidden(),
        }
    }

    /// The field is one of these values, of which none is null.
    pub(crate) fn is_in(&self, values: &[Constant]) -> Truth<Test> {
        let keys = |key: fn(&Constant) -> Option<Key>| values.iter().map(key).collect::<Option<Vec<_>>>();
        match self.stored() {
            Some(Stored::Integer) => keys(integer).map_or_else(Truth::hidden, |keys| self.among(&keys)),
            Some(Stored::Text) => keys(text).map_or_else(Truth::hidden, |keys| self.among(&keys)),
            Some(Stored::Date | Stored::Decimal)
                if values.iter().all(|value| self.compare(Comparison::Equal, value).yes.is_some()) =>
            {
                self.texts(values)
            }
            // Some servers' lists tell the two zeros apart, and so does Spark's set of many values.
            Some(Stored::Float | Stored::Double)
                if values.iter().any(|value| matches!(value, Constant::Double(zero) if *zero == 0.0)) =>
            {
                Truth::hidden()
            }
            Some(Stored::Boolean | Stored::Float | Stored::Double) => values
                .iter()
                .fold(Truth::constant(Some(false)), |any, value| any.or(self.compare(Comparison::Equal, value))),
            Some(Stored::Date | Stored::Decimal) | None => Truth::hidden(),
        }
    }

    /// The field is a text that begins so: those are a range in the order of texts.
    pub(crate) fn starts_with(&self, prefix: &str) -> Truth<Test> {
        if self.stored() != Some(Stored::Text) {
            return Truth::hidden();
        }
        let name = &self.field.name;
        let from = |text: &str| Test::of(format!("{name} >= {}", expression::text(text)));
        let before = |text: &str| Test::of(format!("{name} < {}", expression::text(text)));
        match following(prefix) {
            _ if prefix.is_empty() => Truth::exact(self.present(), Test::Never),
            Some(end) => Truth::exact(from(prefix).and(before(&end)), before(prefix).or(from(&end))),
            None => Truth::exact(from(prefix), before(prefix)),
        }
    }

    /// As what the server compares the values, if that is as Spark does.
    fn stored(&self) -> Option<Stored> {
        let FieldType::Scalar(scalar) = self.field.data_type else { return None };
        let is_kept = self.field.kept.as_ref().is_some_and(|kept| kept.data_type == *self.data_type);
        match (scalar, self.data_type) {
            (ScalarType::Bool, SparkType::Boolean) => Some(Stored::Boolean),
            (
                ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 | ScalarType::Int64,
                SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long,
            )
            | (ScalarType::Int64, SparkType::Timestamp | SparkType::TimestampNtz) => Some(Stored::Integer),
            // An index has its own order of what is no number.
            (ScalarType::Float, SparkType::Float | SparkType::Double) if !self.has_index => Some(Stored::Float),
            (ScalarType::Double, SparkType::Float | SparkType::Double) if !self.has_index => Some(Stored::Double),
            (ScalarType::VarChar { .. }, SparkType::String(name))
                if name == "string" || name.starts_with("varchar(") =>
            {
                Some(Stored::Text)
            }
            (ScalarType::VarChar { .. }, SparkType::Date) if is_kept => Some(Stored::Date),
            (ScalarType::VarChar { .. }, SparkType::Decimal(..)) if is_kept => Some(Stored::Decimal),
            _ => None,
        }
    }

    fn is_nullable(&self) -> bool {
        self.field.is_nullable && !self.field.is_primary
    }

    /// Whether a value that is there can be a null of JSON, which Spark sees as null unless it reads the text.
    fn shows_inner_null(&self) -> bool {
        self.field.data_type == FieldType::Scalar(ScalarType::Json) && !matches!(self.data_type, SparkType::String(_))
    }

    fn present(&self) -> Test {
        if self.is_nullable() { Test::of(format!("{} is not null", self.field.name)) } else { Test::Always }
    }

    /// Values of which each is before another, the same or after it. A null is none of these to any server.
    fn ordered(&self, comparison: Comparison, key: &Key) -> Truth<Test> {
        let name = &self.field.name;
        let (same, less, greater) =
            (expression::same(name, key), expression::before(name, key), expression::after(name, key));
        let not_less = expression::not_before(name, key).map_or_else(|| self.present(), Test::of);
        let of = Test::of;
        match comparison {
            Comparison::Equal => Truth::exact(of(same), of(less).or(of(greater))),
            Comparison::Less => Truth::exact(of(less), not_less),
            Comparison::Greater => Truth::exact(of(greater), of(expression::not_after(name, key))),
        }
    }

    /// Spark takes NaN for the greatest number and for equal to itself; a server finds no comparison with it true.
    fn number(&self, stored: Stored, comparison: Comparison, value: f64) -> Truth<Test> {
        #[allow(clippy::cast_possible_truncation)] // compared with what it was
        let is_float = f64::from(value as f32) == value;
        // Servers compare floats with the nearest float, or with the double.
        if !value.is_finite() || (stored == Stored::Float && !is_float) {
            return Truth::hidden();
        }
        let name = &self.field.name;
        let number = expression::double(if value == 0.0 { 0.0 } else { value });
        let is = |operator: &str| Test::of(format!("{name} {operator} {number}"));
        let is_not = |operator: &str| self.present().and(Test::of(format!("not ({name} {operator} {number})")));
        match comparison {
            Comparison::Equal => Truth::exact(is("=="), is_not("==")),
            Comparison::Less => Truth::exact(is("<"), is_not("<")),
            Comparison::Greater => Truth::exact(is_not("<="), is("<=")),
        }
    }

    /// The texts of dates are in the order of dates within the years 0 to 9999; earlier ones begin with `-`, later ones
    /// with `+`.
    fn date(&self, comparison: Comparison, value: &Constant) -> Truth<Test> {
        let Some(written) = value.stored_text(self.data_type) else { return Truth::hidden() };
        if comparison == Comparison::Equal {
            return self.texts(std::slice::from_ref(value));
        }
        if !written.starts_with(|first: char| first.is_ascii_digit()) {
            return Truth::hidden();
        }
        let name = &self.field.name;
        let is = |operator: &str, text: &str| Test::of(format!("{name} {operator} {}", expression::text(text)));
        let early = is(">=", "-").and(is("<", "."));
        let late = is(">=", "+").and(is("<", ","));
        let common = is(">=", "0");
        match comparison {
            Comparison::Equal => Truth::hidden(),
            Comparison::Less => Truth::exact(is("<", &written).and(common).or(early), is(">=", &written).or(late)),
            Comparison::Greater => Truth::exact(is(">", &written).or(late), is("<=", &written).and(common).or(early)),
        }
    }

    /// The field has the one text of one of these values. A value that has none is equal to no row.
    fn texts(&self, values: &[Constant]) -> Truth<Test> {
        let texts = values.iter().filter_map(|value| value.stored_text(self.data_type));
        self.among(&texts.map(Key::Text).collect::<Vec<_>>())
    }

    /// Servers differ in whether a null is in no list or unknown to be in one.
    fn among(&self, keys: &[Key]) -> Truth<Test> {
        if keys.is_empty() {
            return Truth::exact(Test::Never, self.present());
        }
        let found = expression::among(&self.field.name, keys);
        let others = Test::of(format!("not ({found})"));
        Truth::exact(Test::of(found), self.present().and(others))
    }
}

fn integer(value: &Constant) -> Option<Key> {
    match value {
        Constant::Integer(number) | Constant::Micros(number) => Some(Key::Integer(*number)),
        Constant::Null
        | Constant::Boolean(_)
        | Constant::Double(_)
        | Constant::Decimal(_)
        | Constant::Text(_)
        | Constant::Date(_) => None,
    }
}

fn text(value: &Constant) -> Option<Key> {
    match value {
        Constant::Text(text) => Some(Key::Text(text.clone())),
        Constant::Null
        | Constant::Boolean(_)
        | Constant::Integer(_)
        | Constant::Double(_)
        | Constant::Decimal(_)
        | Constant::Date(_)
        | Constant::Micros(_) => None,
    }
}

/// The first text after all those that begin with this one; `None` if there is none.
fn following(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        // The numbers between are no letters.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_alike_is_a_range() {
        assert_eq!(following("ab").as_deref(), Some("ac"));
        assert_eq!(following("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(following("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(following("\u{10ffff}"), None);
        assert_eq!(following("%_").as_deref(), Some("%`"));
    }
}
