//! Spark's predicates as Qdrant's filters: translated once, so that "can it be pushed?" is "was it translated?".
//!
//! A predicate is pushed only where the filter keeps exactly the rows for which Spark finds it true, in SQL's logic of
//! three values. Where the filter can only be proved to keep at least those, it narrows the read and Spark looks at the
//! rows again. What that depends on is told in docs/push-down.md.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{Condition, Filter};
use vectorfuse_core::error::Result;
use vectorfuse_core::predicate::{Constant, Expr, Fit};
use vectorfuse_core::schema::has_collation;
use vectorfuse_core::table::{Column, Role, Scan, Table};

use crate::details::{Details, IndexKind, member, path_key};
use crate::field::{Comparison, Field};
use crate::identity;
use crate::logic::{Side, Test, Truth};

/// Each page's request carries the filter: one with more values than this costs more than it spares.
const MOST_VALUES: u64 = 10_000;
/// The same for conditions, each of which the server looks at for each point.
const MOST_CONDITIONS: u64 = 1_000;

/// What a scan of the table can do with each predicate.
pub(crate) fn accepts(table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>> {
    let details = Details::of_plan(&table.details)?;
    // The user's own filter counts too, and is not looked into.
    if details.most_conditions.is_some() && table.options.named.filter.is_some() {
        return Ok(vec![Fit::No; predicates.len()]);
    }
    let translation = Translation { columns: &table.columns, details: &details };
    let mut room = details.most_conditions.map_or(MOST_CONDITIONS, |most| most.min(MOST_CONDITIONS));
    let fits = predicates.iter().map(|predicate| match translation.side(predicate) {
        Some(side) => match size(&side.test, &details).filter(|size| *size <= room) {
            Some(size) => {
                room -= size;
                if side.exact { Fit::Exact } else { Fit::Narrows }
            }
            None => Fit::No,
        },
        None => Fit::No,
    });
    Ok(fits.collect())
}

/// The filter of a scan: every predicate that was accepted.
pub(crate) fn of_scan(scan: &Scan) -> Result<Option<Filter>> {
    let details = Details::of_plan(&scan.details)?;
    let translation = Translation { columns: &scan.known, details: &details };
    let tests = scan.predicates.iter().filter_map(|predicate| translation.side(predicate));
    Ok(tests.fold(Test::Always, |all, side| all.and(side.test)).into_filter())
}

struct Translation<'a> {
    columns: &'a [Column],
    details: &'a Details,
}

/// What a predicate says something about.
enum Subject<'a> {
    Id(&'a Column),
    Field(Field),
}

impl Translation<'_> {
    /// Where the predicate is true; `None` if the server can't tell, or tells nothing.
    fn side(&self, predicate: &Expr) -> Option<Side> {
        self.truth(predicate).yes.filter(|side| side.exact || side.test != Test::Always)
    }

    fn truth(&self, expr: &Expr) -> Truth {
        match expr {
            Expr::Literal(literal) => match literal.constant() {
                Some(Constant::Boolean(value)) => Truth::constant(Some(value)),
                Some(Constant::Null) => Truth::constant(None),
                Some(_) | None => Truth::hidden(),
            },
            Expr::Column(_) => self.compare("=", expr, &Constant::Boolean(true)),
            Expr::Call(name, children) => match (name.as_str(), children.as_slice()) {
                ("ALWAYS_TRUE", []) => Truth::constant(Some(true)),
                ("ALWAYS_FALSE", []) => Truth::constant(Some(false)),
                ("NOT", [one]) => self.truth(one).not(),
                ("AND", [a, b]) => self.truth(a).and(self.truth(b)),
                ("OR", [a, b]) => self.truth(a).or(self.truth(b)),
                ("IS_NULL", [column]) => self.is_null(column),
                ("IS_NOT_NULL", [column]) => self.is_null(column).not(),
                ("IN", [column, values @ ..]) => self.is_in(column, values),
                ("STARTS_WITH", [column, Expr::Literal(literal)]) => {
                    literal.constant().map_or_else(Truth::hidden, |value| self.starts_with(column, &value))
                }
                (operator, [column @ Expr::Column(_), Expr::Literal(literal)]) => {
                    literal.constant().map_or_else(Truth::hidden, |value| self.compare(operator, column, &value))
                }
                (operator, [Expr::Literal(literal), column @ Expr::Column(_)]) => literal
                    .constant()
                    .map_or_else(Truth::hidden, |value| self.compare(mirrored(operator), column, &value)),
                _ => Truth::hidden(),
            },
            Expr::Other(_) => Truth::hidden(),
        }
    }

    fn subject(&self, expr: &Expr) -> Option<Subject<'_>> {
        let Expr::Column(path) = expr else { return None };
        let (name, members) = path.split_first()?;
        let column = self.columns.iter().find(|column| column.name == *name)?;
        match &column.role {
            Role::Id { .. } => (members.is_empty() && !has_collation(&column.metadata)).then_some(Subject::Id(column)),
            Role::Payload(field) => {
                let (data_type, metadata) = member(&column.data_type, &column.metadata, members)?;
                let (data_type, is_collated) = (data_type.clone(), has_collation(metadata));
                let path: Vec<String> = std::iter::once(field).chain(members).cloned().collect();
                let is_kept = self.details.kept_type(&path).as_ref() == Some(&data_type);
                let index = self.details.index(&path);
                let finds_prefixes = self.details.finds_prefixes;
                let key = path_key(&path)?;
                Some(Subject::Field(Field { key, data_type, is_collated, is_kept, index, finds_prefixes }))
            }
            Role::Vector(_)
            | Role::SparseIndices(_)
            | Role::SparseValues(_)
            | Role::WholePayload
            | Role::Score
            | Role::Unused => None,
        }
    }

    fn is_null(&self, expr: &Expr) -> Truth {
        match self.subject(expr) {
            Some(Subject::Id(_)) => Truth::constant(Some(false)),
            Some(Subject::Field(field)) => field.is_null(),
            None => Truth::hidden(),
        }
    }

    fn compare(&self, operator: &str, column: &Expr, value: &Constant) -> Truth {
        let (comparison, is_true) = match operator {
            "=" | "<=>" => (Comparison::Equal, true),
            "<>" | "!=" => (Comparison::Equal, false),
            "<" => (Comparison::Less, true),
            ">=" => (Comparison::Less, false),
            ">" => (Comparison::Greater, true),
            "<=" => (Comparison::Greater, false),
            _ => return Truth::hidden(),
        };
        if *value == Constant::Null {
            return if operator == "<=>" { self.is_null(column) } else { Truth::constant(None) };
        }
        let truth = match self.subject(column) {
            Some(Subject::Id(column)) => identity::compare(column, comparison, value),
            Some(Subject::Field(field)) => field.compare(comparison, value),
            None => Truth::hidden(),
        };
        let truth = if is_true { truth } else { truth.not() };
        if operator == "<=>" {
            // Never unknown: a null is not equal.
            let no = truth.no.zip(self.is_null(column).yes);
            let no = no.map(|(no, null)| Side { test: no.test.or(null.test), exact: no.exact && null.exact });
            return Truth { yes: truth.yes, no };
        }
        truth
    }

    fn starts_with(&self, column: &Expr, value: &Constant) -> Truth {
        match (self.subject(column), value) {
            (Some(_), Constant::Null) => Truth::constant(None),
            (Some(Subject::Field(field)), Constant::Text(prefix)) => field.starts_with(prefix),
            (Some(_) | None, _) => Truth::hidden(),
        }
    }

    fn is_in(&self, column: &Expr, values: &[Expr]) -> Truth {
        let constant = |value: &Expr| match value {
            Expr::Literal(literal) => literal.constant(),
            Expr::Call(..) | Expr::Column(_) | Expr::Other(_) => None,
        };
        let Some(all) = values.iter().map(constant).collect::<Option<Vec<_>>>() else { return Truth::hidden() };
        let has_null = all.contains(&Constant::Null);
        let values: Vec<Constant> = all.into_iter().filter(|value| *value != Constant::Null).collect();
        let found = match self.subject(column) {
            Some(Subject::Id(column)) => identity::is_in(column, &values),
            Some(Subject::Field(field)) => field.is_in(&values),
            None => Truth::hidden(),
        };
        // With a null among the values, what is not found is unknown.
        if has_null { Truth { no: Side::exact(Test::Never), ..found } } else { found }
    }
}

fn mirrored(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}

/// How many conditions the test has; `None` if strict mode refuses one of them.
fn size(test: &Test, details: &Details) -> Option<u64> {
    match test {
        Test::Always | Test::Never => Some(1),
        Test::If(condition) => condition_size(condition, details),
    }
}

fn condition_size(condition: &Condition, details: &Details) -> Option<u64> {
    let fits = |values: usize| values as u64 <= details.most_values.map_or(MOST_VALUES, |most| most.min(MOST_VALUES));
    match condition.condition_one_of.as_ref()? {
        ConditionOneOf::Filter(filter) => {
            let parts = filter.must.iter().chain(&filter.should).chain(&filter.must_not);
            parts.map(|part| condition_size(part, details)).sum()
        }
        ConditionOneOf::HasId(ids) => fits(ids.has_id.len()).then_some(1),
        ConditionOneOf::IsEmpty(empty) => details.may_name(&empty.key).then_some(1),
        ConditionOneOf::Field(field) => {
            let may_ask = |kinds: &[IndexKind]| details.may_ask(&field.key, kinds);
            let (values, is_allowed) = match field.r#match.as_ref().and_then(|wanted| wanted.match_value.as_ref()) {
                Some(MatchValue::Keyword(_)) => (1, may_ask(&[IndexKind::Keyword])),
                Some(MatchValue::Keywords(keywords)) => (keywords.strings.len(), may_ask(&[IndexKind::Keyword])),
                Some(MatchValue::Integer(_)) => (1, may_ask(&[IndexKind::Integer])),
                Some(MatchValue::Integers(integers)) => (integers.integers.len(), may_ask(&[IndexKind::Integer])),
                Some(MatchValue::Boolean(_)) => (1, may_ask(&[IndexKind::Boolean])),
                Some(MatchValue::Prefix(_)) => (1, details.may_match_prefix(&field.key)),
                Some(_) => return None,
                None if field.datetime_range.is_some() => (1, may_ask(&[IndexKind::Datetime])),
                None => (1, may_ask(&[IndexKind::Integer, IndexKind::Float])),
            };
            (fits(values) && is_allowed).then_some(1)
        }
        ConditionOneOf::IsNull(_)
        | ConditionOneOf::HasVector(_)
        | ConditionOneOf::Nested(_)
        | ConditionOneOf::Slice(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vectorfuse_core::options::{Given, Side};
    use vectorfuse_core::schema::SparkType;

    use super::*;

    /// What becomes of `a IN (1, 2, 3)`, with these facts of the collection.
    fn fit(details: serde_json::Value) -> Fit {
        let literal = |value: i64| json!({"literal": {"type": "long", "value": value.to_string()}});
        let words = json!({"call": ["IN", [{"column": ["a"]}, literal(1), literal(2), literal(3)]]});
        fit_of(SparkType::Long, &words, details)
    }

    fn fit_of(data_type: SparkType, predicate: &serde_json::Value, details: serde_json::Value) -> Fit {
        let mut whole = json!({
            "kept": [], "indexes": [], "indexed_only": false, "most_conditions": null, "most_values": null,
            "dimensions": {}, "points": null
        });
        for (name, value) in details.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let column = Column::new("a", data_type, Role::Payload("a".to_owned()));
        let options = Given::default().parse(Side::Read).unwrap();
        let table = Table { options, columns: vec![column], details: whole, warnings: Vec::new() };
        accepts(&table, &[serde_json::from_value(predicate.clone()).unwrap()]).unwrap()[0]
    }

    #[test]
    fn strict_mode_looks_for_beginnings_in_an_index_that_was_made_for_them() {
        let words =
            json!({"call": ["STARTS_WITH", [{"column": ["a"]}, {"literal": {"type": "string", "value": "x"}}]]});
        let kept = json!([{"name": "a", "type": "string", "metadata": {}, "role": {"payload": "a"}}]);
        let fit = |prefixes: bool, indexed_only: bool| {
            let index = json!([{"path": ["a"], "kind": "Keyword", "whole": true, "prefixes": prefixes}]);
            let details = json!({"kept": kept, "indexes": index, "indexed_only": indexed_only, "finds_prefixes": true});
            fit_of(SparkType::string(), &words, details)
        };
        assert_eq!(fit(true, true), Fit::Exact);
        assert_eq!(fit(false, true), Fit::No);
        assert_eq!(fit(false, false), Fit::Exact);
    }

    #[test]
    fn strict_mode_is_asked_what_the_kind_of_index_answers() {
        let fit = |data_type: &str, kind: &str, operator: &str, value: &str| {
            let literal = json!({"literal": {"type": data_type, "value": value}});
            let words = json!({"call": [operator, [{"column": ["a"]}, literal]]});
            let kept = json!([{"name": "a", "type": data_type, "metadata": {}, "role": {"payload": "a"}}]);
            let index = json!([{"path": ["a"], "kind": kind, "whole": true}]);
            let fit = |indexed_only: bool| {
                let details = json!({"kept": kept, "indexes": index, "indexed_only": indexed_only});
                fit_of(SparkType::from_json(&json!(data_type)).unwrap(), &words, details)
            };
            (fit(false), fit(true))
        };
        for operator in ["=", "IN", "<>"] {
            assert_eq!(fit("date", "Datetime", operator, "5"), (Fit::Exact, Fit::Exact), "{operator}");
            assert_eq!(fit("timestamp", "Datetime", operator, "5"), (Fit::Narrows, Fit::Narrows), "{operator}");
            assert_eq!(fit("timestamp", "Keyword", operator, "5"), (Fit::Narrows, Fit::No), "{operator}");
            assert_eq!(fit("long", "Integer", operator, "5"), (Fit::Exact, Fit::Exact), "{operator}");
            assert_eq!(fit("long", "Float", operator, "5"), (Fit::Exact, Fit::No), "{operator}");
            assert_eq!(fit("string", "Keyword", operator, "5"), (Fit::Exact, Fit::Exact), "{operator}");
            assert_eq!(fit("date", "Keyword", operator, "5"), (Fit::Exact, Fit::Exact), "{operator}");
            assert_eq!(fit("boolean", "Boolean", operator, "true"), (Fit::Exact, Fit::Exact), "{operator}");
        }
        assert_eq!(fit("long", "Float", "<", "5"), (Fit::Exact, Fit::Exact));
        for moment in ["date", "timestamp"] {
            assert_eq!(fit(moment, "Datetime", "<", "5"), (Fit::Narrows, Fit::Narrows));
            assert_eq!(fit(moment, "Keyword", "<", "5"), (Fit::Narrows, Fit::No));
        }
    }

    #[test]
    fn many_moments_are_asked_for_as_one_span() {
        let values = |count: i32| {
            let literal = |value: i32| json!({"literal": {"type": "timestamp", "value": value.to_string()}});
            let values = (0..count).map(literal);
            json!({"call": ["IN", std::iter::once(json!({"column": ["a"]})).chain(values).collect::<Vec<_>>()]})
        };
        for (count, bound, expected) in [(100, 102, Fit::Narrows), (100, 101, Fit::No), (9_000, 3, Fit::Narrows)] {
            let details = json!({"most_conditions": bound});
            assert_eq!(fit_of(SparkType::Timestamp, &values(count), details), expected, "{count}, {bound}");
        }
    }

    #[test]
    fn strict_mode_is_never_asked_for_more_than_it_allows() {
        let kept = json!([{"name": "a", "type": "long", "metadata": {}, "role": {"payload": "a"}}]);
        let index = |kind: &str, whole: bool| json!([{"path": ["a"], "kind": kind, "whole": whole}]);
        assert_eq!(fit(json!({})), Fit::Exact);
        assert_eq!(fit(json!({"kept": kept, "most_values": 2})), Fit::No);
        assert_eq!(fit(json!({"kept": kept, "most_values": 3, "most_conditions": 1})), Fit::Exact);
        // Three ranges, each of which must be of no array.
        assert_eq!(fit(json!({"most_conditions": 5})), Fit::No);
        assert_eq!(fit(json!({"kept": kept, "indexed_only": true})), Fit::No);
        assert_eq!(fit(json!({"kept": kept, "indexed_only": true, "indexes": index("Integer", false)})), Fit::No);
        assert_eq!(fit(json!({"kept": kept, "indexed_only": true, "indexes": index("Integer", true)})), Fit::Exact);
        assert_eq!(fit(json!({"kept": kept, "indexes": index("Keyword", true)})), Fit::No);
        assert_eq!(fit(json!({"indexes": index("Integer", true)})), Fit::Narrows);
    }
}
