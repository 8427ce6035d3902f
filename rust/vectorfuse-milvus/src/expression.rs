//! The texts of Milvus's boolean expressions: constants, and the few forms that every server reads alike.
//!
//! Names of fields need no quotes: servers take letters, digits and `_` alone. What a server lacks was seen on 2.3 (no
//! `is null`, no constant `true`, no literal of the least integer) and on milvus-lite (`in` tells the two zeros apart).

use crate::key::Key;

/// Words that mean something in expressions of one server or another.
const WORDS: &[&str] = &[
    "and", "or", "not", "in", "like", "is", "null", "exists", "true", "false", "iso", "interval", "empty", "between",
    "any", "all", "match", "regexp",
];
/// Names of functions, which servers take for words of their own. What only begins so is a name like any other.
const FUNCTIONS: &[&str] = &[
    "json_contains",
    "json_contains_all",
    "json_contains_any",
    "array_contains",
    "array_contains_all",
    "array_contains_any",
    "array_length",
    "text_match",
    "phrase_match",
    "random_sample",
    "element_filter",
    "match_all",
    "match_any",
    "match_least",
    "match_most",
    "match_exact",
    "st_equals",
    "st_touches",
    "st_overlaps",
    "st_crosses",
    "st_contains",
    "st_intersects",
    "st_within",
    "st_dwithin",
    "st_isvalid",
];

/// Whether a field of this name can stand in an expression of every server: names have no quotes.
pub(crate) fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let word = name.to_ascii_lowercase();
    begins
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !WORDS.contains(&word.as_str())
        && !FUNCTIONS.contains(&word.as_str())
}

/// Whether some server could read it as the name of a field and not as something else: some take letters of every
/// language, and have words of their own that others lack.
pub(crate) fn may_be_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// An expression that is true of no row.
pub(crate) fn never(field: &str) -> String {
    format!("{field} in []")
}

/// An expression that is true of every row.
pub(crate) fn always(field: &str) -> String {
    format!("not ({field} in [])")
}

/// Both are true.
pub(crate) fn both(a: &str, b: &str) -> String {
    format!("({a}) and ({b})")
}

/// A text in quotes. Everything that is not escaped here stands for itself on every server.
pub(crate) fn text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A finite double: with a point or an exponent, so that no server takes it for an integer.
pub(crate) fn double(value: f64) -> String {
    format!("{value:?}")
}

/// The field has one of these values.
pub(crate) fn among<'a>(field: &str, keys: impl IntoIterator<Item = &'a Key>) -> String {
    let (mut literals, mut has_least) = (Vec::new(), false);
    for key in keys {
        match key {
            // Servers read the minus and the number apart, and the number is too large.
            Key::Integer(i64::MIN) => has_least = true,
            Key::Integer(number) => literals.push(number.to_string()),
            Key::Text(written) => literals.push(text(written)),
        }
    }
    let listed = format!("{field} in [{}]", literals.join(", "));
    match (has_least, literals.is_empty()) {
        (false, _) => listed,
        (true, true) => least(field),
        (true, false) => format!("({listed} or {})", least(field)),
    }
}

/// The field has this value.
pub(crate) fn same(field: &str, key: &Key) -> String {
    match key {
        Key::Integer(i64::MIN) => least(field),
        Key::Integer(number) => format!("{field} == {number}"),
        Key::Text(written) => format!("{field} == {}", text(written)),
    }
}

/// The field has another value than this one.
pub(crate) fn different(field: &str, key: &Key) -> String {
    match key {
        Key::Integer(i64::MIN) => after(field, key),
        Key::Integer(number) => format!("{field} != {number}"),
        Key::Text(written) => format!("{field} != {}", text(written)),
    }
}

/// The field's value comes after this one.
pub(crate) fn after(field: &str, key: &Key) -> String {
    match key {
        Key::Integer(i64::MIN) => format!("{field} >= {}", i64::MIN + 1),
        Key::Integer(number) => format!("{field} > {number}"),
        Key::Text(written) => format!("{field} > {}", text(written)),
    }
}

/// The field's value is this one or comes before it.
pub(crate) fn not_after(field: &str, key: &Key) -> String {
    match key {
        Key::Integer(i64::MIN) => least(field),
        Key::Integer(number) => format!("{field} <= {number}"),
        Key::Text(written) => format!("{field} <= {}", text(written)),
    }
}

/// The field's value is this one or comes after it; `None` if that is true of all.
pub(crate) fn not_before(field: &str, key: &Key) -> Option<String> {
    match key {
        Key::Integer(i64::MIN) => None,
        Key::Integer(number) => Some(format!("{field} >= {number}")),
        Key::Text(written) => Some(format!("{field} >= {}", text(written))),
    }
}

/// The field's value comes before this one.
pub(crate) fn before(field: &str, key: &Key) -> String {
    match key {
        Key::Integer(i64::MIN) => never(field),
        Key::Integer(number) => format!("{field} < {number}"),
        Key::Text(written) => format!("{field} < {}", text(written)),
    }
}

/// The field is the least integer, which has no literal.
fn least(field: &str) -> String {
    format!("{field} < {}", i64::MIN + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_where_servers_want_it() {
        assert_eq!(text(""), "\"\"");
        assert_eq!(text("a\"b\\c\nd\te\rf'g%h😀"), "\"a\\\"b\\\\c\\nd\\te\\rf'g%h😀\"");
    }

    #[test]
    fn a_field_can_have_a_name_that_no_expression_can_say() {
        assert!(["id", "_a1", "price", "likes", "android", "match_id", "st_id"].iter().all(|name| is_name(name)));
        assert!(
            ["", "1a", "a b", "a-b", "größe", "like", "AND", "ARRAY_length", "$meta"].iter().all(|name| !is_name(name))
        );
        assert!(["größe", "null", "in"].iter().all(|name| may_be_name(name)));
        assert!(["1a", "a b", "a-b", "count(*)", "$meta", "a\"b"].iter().all(|name| !may_be_name(name)));
    }

    #[test]
    fn doubles_are_never_taken_for_integers() {
        for (value, written) in [(0.0, "0.0"), (-1.0, "-1.0"), (1e300, "1e300"), (0.1, "0.1"), (1e16, "1e16")] {
            assert_eq!(double(value), written);
        }
    }

    #[test]
    fn the_least_integer_needs_no_literal() {
        let (least, text) = (Key::Integer(i64::MIN), Key::Text("a\"".to_owned()));
        assert_eq!(same("k", &least), "k < -9223372036854775807");
        assert_eq!(after("k", &least), "k >= -9223372036854775807");
        assert_eq!(before("k", &least), "k in []");
        assert_eq!(different("k", &least), "k >= -9223372036854775807");
        assert_eq!(different("k", &text), "k != \"a\\\"\"");
        assert_eq!(among("k", [&least]), "k < -9223372036854775807");
        assert_eq!(among("k", [&least, &Key::Integer(3)]), "(k in [3] or k < -9223372036854775807)");
        assert_eq!(among("k", []), "k in []");
        assert_eq!(among("k", [&text, &text]), "k in [\"a\\\"\", \"a\\\"\"]");
        assert_eq!(same("k", &text), "k == \"a\\\"\"");
        assert_eq!(after("k", &Key::Integer(-1)), "k > -1");
        assert_eq!(both("a", "b or c"), "(a) and (b or c)");
    }
}
