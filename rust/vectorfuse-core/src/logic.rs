//! Predicates in SQL's logic of three values, as a store's own tests: where a predicate is true, where it is false, and
//! whether the store's test says just that. A store says what it makes of single comparisons; the rest is here.

use crate::predicate::{Constant, Expr};

/// A test of a row, in a store's own words.
pub trait Test: Sized {
    /// Every row passes.
    fn always() -> Self;
    /// None does.
    fn never() -> Self;
    /// Both pass.
    #[must_use]
    fn and(self, other: Self) -> Self;
    /// One of them passes, or both do.
    #[must_use]
    fn or(self, other: Self) -> Self;
}

/// A test with what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Side<T> {
    /// The rows that pass are at least those that are meant.
    pub test: T,
    /// They are just those.
    pub exact: bool,
}

/// A predicate: where it is true and where it is false. Where it is unknown, it is neither. `None` is a side that the
/// store can say nothing about.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth<T> {
    /// Where it is true.
    pub yes: Option<Side<T>>,
    /// Where it is false.
    pub no: Option<Side<T>>,
}

impl<T> Side<T> {
    /// Just the rows that are meant.
    pub fn exact(test: T) -> Option<Self> {
        Some(Self { test, exact: true })
    }

    /// Those and perhaps others.
    pub fn wider(test: T) -> Option<Self> {
        Some(Self { test, exact: false })
    }
}

impl<T: Test> Truth<T> {
    /// Just these rows, and just those.
    pub fn exact(yes: T, no: T) -> Self {
        Self { yes: Side::exact(yes), no: Side::exact(no) }
    }

    /// A constant.
    #[must_use]
    pub fn constant(value: Option<bool>) -> Self {
        let test = |is: bool| if is { T::always() } else { T::never() };
        Self::exact(test(value == Some(true)), test(value == Some(false)))
    }

    /// Nothing is known.
    #[must_use]
    pub fn hidden() -> Self {
        Self { yes: None, no: None }
    }

    /// NOT of unknown is unknown.
    #[must_use]
    #[allow(clippy::should_implement_trait)] // beside `and` and `or`
    pub fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    /// Both are true, or one is false.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { yes: both(self.yes, other.yes), no: either(self.no, other.no) }
    }

    /// One is true, or both are false.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { yes: either(self.yes, other.yes), no: both(self.no, other.no) }
    }
}

/// One side that is known narrows already.
fn both<T: Test>(a: Option<Side<T>>, b: Option<Side<T>>) -> Option<Side<T>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Side { test: a.test.and(b.test), exact: a.exact && b.exact }),
        (Some(known), None) | (None, Some(known)) => Side::wider(known.test),
        (None, None) => None,
    }
}

fn either<T: Test>(a: Option<Side<T>>, b: Option<Side<T>>) -> Option<Side<T>> {
    let (a, b) = (a?, b?);
    Some(Side { test: a.test.or(b.test), exact: a.exact && b.exact })
}

/// What is compared; the other operators are these, negated or mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same value.
    Equal,
    /// A value that comes before.
    Less,
    /// A value that comes after.
    Greater,
}

/// What a store makes of the single parts of a predicate. A path is a column and the members inside of it.
pub trait Parts {
    /// The store's tests.
    type Test: Test;

    /// The value is null.
    fn is_null(&self, path: &[String]) -> Truth<Self::Test>;

    /// A comparison with a value that is not null.
    fn compare(&self, path: &[String], comparison: Comparison, value: &Constant) -> Truth<Self::Test>;

    /// The value is one of these, of which none is null.
    fn is_in(&self, path: &[String], values: &[Constant]) -> Truth<Self::Test>;

    /// The value is a text that begins so.
    fn starts_with(&self, path: &[String], prefix: &str) -> Truth<Self::Test>;

    /// What the store makes of a whole predicate.
    fn truth(&self, expr: &Expr) -> Truth<Self::Test> {
        match expr {
            Expr::Literal(literal) => match literal.constant() {
                Some(Constant::Boolean(value)) => Truth::constant(Some(value)),
                Some(Constant::Null) => Truth::constant(None),
                Some(_) | None => Truth::hidden(),
            },
            Expr::Column(path) => self.compare(path, Comparison::Equal, &Constant::Boolean(true)),
            Expr::Call(name, children) => match (name.as_str(), children.as_slice()) {
                ("ALWAYS_TRUE", []) => Truth::constant(Some(true)),
                ("ALWAYS_FALSE", []) => Truth::constant(Some(false)),
                ("NOT", [one]) => self.truth(one).not(),
                ("AND", [a, b]) => self.truth(a).and(self.truth(b)),
                ("OR", [a, b]) => self.truth(a).or(self.truth(b)),
                ("IS_NULL", [Expr::Column(path)]) => self.is_null(path),
                ("IS_NOT_NULL", [Expr::Column(path)]) => self.is_null(path).not(),
                ("IN", [Expr::Column(path), values @ ..]) => among(self, path, values),
                ("STARTS_WITH", [Expr::Column(path), Expr::Literal(literal)]) => match literal.constant() {
                    Some(Constant::Null) => Truth::constant(None),
                    Some(Constant::Text(prefix)) => self.starts_with(path, &prefix),
                    Some(_) | None => Truth::hidden(),
                },
                (operator, [Expr::Column(path), Expr::Literal(literal)]) => {
                    literal.constant().map_or_else(Truth::hidden, |value| operation(self, operator, path, &value))
                }
                (operator, [Expr::Literal(literal), Expr::Column(path)]) => literal
                    .constant()
                    .map_or_else(Truth::hidden, |value| operation(self, mirrored(operator), path, &value)),
                _ => Truth::hidden(),
            },
            Expr::Other(_) => Truth::hidden(),
        }
    }
}

fn operation<P: Parts + ?Sized>(parts: &P, operator: &str, path: &[String], value: &Constant) -> Truth<P::Test> {
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
        return if operator == "<=>" { parts.is_null(path) } else { Truth::constant(None) };
    }
    let truth = parts.compare(path, comparison, value);
    let truth = if is_true { truth } else { truth.not() };
    if operator == "<=>" {
        // Never unknown: a null is not equal.
        return Truth { yes: truth.yes, no: either(truth.no, parts.is_null(path).yes) };
    }
    truth
}

fn among<P: Parts + ?Sized>(parts: &P, path: &[String], values: &[Expr]) -> Truth<P::Test> {
    let constant = |value: &Expr| match value {
        Expr::Literal(literal) => literal.constant(),
        Expr::Call(..) | Expr::Column(_) | Expr::Other(_) => None,
    };
    let Some(all) = values.iter().map(constant).collect::<Option<Vec<_>>>() else { return Truth::hidden() };
    let has_null = all.contains(&Constant::Null);
    let values: Vec<Constant> = all.into_iter().filter(|value| *value != Constant::Null).collect();
    let found = parts.is_in(path, &values);
    // With a null among the values, what is not found is unknown.
    if has_null { Truth { no: Side::exact(P::Test::never()), ..found } } else { found }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A store that writes down what it is asked, and knows nothing of the column `x`.
    struct Words;

    impl Test for String {
        fn always() -> Self {
            "yes".to_owned()
        }
        fn never() -> Self {
            "no".to_owned()
        }
        fn and(self, other: Self) -> Self {
            format!("({self} & {other})")
        }
        fn or(self, other: Self) -> Self {
            format!("({self} | {other})")
        }
    }

    impl Parts for Words {
        type Test = String;
        fn is_null(&self, path: &[String]) -> Truth<String> {
            Truth::exact(format!("{}?", path[0]), format!("{}!", path[0]))
        }
        fn compare(&self, path: &[String], comparison: Comparison, value: &Constant) -> Truth<String> {
            if path[0] == "x" {
                return Truth::hidden();
            }
            Truth::exact(
                format!("{} {comparison:?} {value:?}", path[0]),
                format!("{} not {comparison:?} {value:?}", path[0]),
            )
        }
        fn is_in(&self, path: &[String], values: &[Constant]) -> Truth<String> {
            Truth::exact(format!("{} in {}", path[0], values.len()), format!("{} not in {}", path[0], values.len()))
        }
        fn starts_with(&self, path: &[String], prefix: &str) -> Truth<String> {
            Truth::exact(format!("{} ^ {prefix}", path[0]), format!("{} not ^ {prefix}", path[0]))
        }
    }

    fn shown(side: Option<Side<String>>) -> String {
        side.map_or("-".to_owned(), |side| format!("{}{}", side.test, if side.exact { "" } else { " +" }))
    }

    /// Where the predicate is true, and where it is false.
    fn truth(words: serde_json::Value) -> (String, String) {
        let truth = Words.truth(&serde_json::from_value(words).unwrap());
        (shown(truth.yes), shown(truth.no))
    }

    fn call(name: &str, children: &[serde_json::Value]) -> serde_json::Value {
        json!({"call": [name, children]})
    }

    #[test]
    fn logic_has_three_values() {
        let (a, b, x) = (json!({"column": ["a"]}), json!({"column": ["b"]}), json!({"column": ["x"]}));
        let one = json!({"literal": {"type": "long", "value": "1"}});
        let null = json!({"literal": {"type": "long", "value": null}});
        let told = |yes: &str, no: &str| (yes.to_owned(), no.to_owned());
        let less = call("<", &[a.clone(), one.clone()]);
        assert_eq!(truth(less.clone()), told("a Less Integer(1)", "a not Less Integer(1)"));
        assert_eq!(truth(call(">", &[one.clone(), a.clone()])), truth(less.clone()));
        assert_eq!(truth(call("NOT", std::slice::from_ref(&less))), told("a not Less Integer(1)", "a Less Integer(1)"));
        assert_eq!(truth(call("=", &[a.clone(), null.clone()])), told("no", "no"));
        assert_eq!(truth(call("<=>", &[a.clone(), null.clone()])), told("a?", "a!"));
        assert_eq!(truth(call("<=>", &[a.clone(), one.clone()])).1, "(a not Equal Integer(1) | a?)");
        assert_eq!(truth(call("IN", &[a.clone(), one.clone(), null])), told("a in 1", "no"));
        let unknown = call("=", &[x, one]);
        assert_eq!(truth(call("AND", &[less.clone(), unknown.clone()])), told("a Less Integer(1) +", "-"));
        assert_eq!(truth(call("OR", &[less, unknown])), told("-", "a not Less Integer(1) +"));
        let is_true = truth(b);
        assert_eq!(is_true, told("b Equal Boolean(true)", "b not Equal Boolean(true)"));
        let prefix = json!({"literal": {"type": "string", "value": "p"}});
        assert_eq!(truth(call("STARTS_WITH", &[a.clone(), prefix])), told("a ^ p", "a not ^ p"));
        assert_eq!(truth(call("CONTAINS", &[a])), told("-", "-"));
    }
}
