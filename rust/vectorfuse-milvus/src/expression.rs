//! The texts of Milvus's boolean expressions: constants, and the few forms that every server reads alike.
//!
//! Names of fields need no quotes: servers take letters, digits and `_` alone. What a server lacks was seen on 2.3 (no
//! `is null`, no constant `true`, no literal of the least integer) and on milvus-lite (`in` tells the two zeros apart).

use crate::key::Key;

/// How the escape of a letter above U+FFFF begins; the eight digits of its number follow.
const WIDE: &str = "\\U";
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
///
/// Letters above U+FFFF do not: since 2.4.14 servers put `\u` and the lower half of its number for each Chinese letter, and
/// so take 𩸽 for 鸽. They leave an expression as it is that has an escape like `\U`, which all but Milvus Lite know: see
/// [`with_letters`].
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
            '\u{10000}'.. => quoted.push_str(&format!("{WIDE}{:08x}", u32::from(letter))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text of the expression has letters above U+FFFF.
pub(crate) fn has_wide_letters(expression: &str) -> bool {
    expression.contains(WIDE)
}

/// The expression with the letters that [`text`] has escaped as themselves.
pub(crate) fn with_letters(expression: &str) -> String {
    let mut written = String::with_capacity(expression.len());
    let mut letters = expression.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            written.push(letter);
        } else if let Some(wide) = wide(letters.as_str()) {
            written.push(wide);
            letters.nth(8);
        } else {
            // What is escaped is no escape: the text `\U0002…` is written `\\U0002…`.
            written.push(letter);
            written.extend(letters.next());
        }
    }
    written
}

/// The letter of an escape that goes on like this behind its backslash.
fn wide(escape: &str) -> Option<char> {
    let number = escape.strip_prefix('U')?.get(..8)?;
    char::from_u32(u32::from_str_radix(number, 16).ok()?)
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
        assert_eq!(text("a\"b\\c\nd\te\rf'g%h日"), "\"a\\\"b\\\\c\\nd\\te\\rf'g%h日\"");
    }

    #[test]
    fn letters_that_newer_servers_take_for_others_are_escaped() {
        assert_eq!(text("a𩸽鸽😀"), r#""a\U00029e3d鸽\U0001f600""#);
        assert_eq!(text("\u{10000}\u{10ffff}\u{ffff}"), "\"\\U00010000\\U0010ffff\u{ffff}\"");
    }

    #[test]
    fn a_server_without_that_escape_gets_the_letters_themselves() {
        let texts = ["𩸽", "\\𠮷\\", "\\U00029e3d", "\\\\U00029e3d𩸽\"", "日\n\u{10ffff}", "", "\\U"];
        for letters in texts {
            let plain: String = letters
                .chars()
                .map(|letter| match letter {
                    '\\' => "\\\\".to_owned(),
                    '"' => "\\\"".to_owned(),
                    '\n' => "\\n".to_owned(),
                    other => other.to_string(),
                })
                .collect();
            assert_eq!(with_letters(&text(letters)), format!("\"{plain}\""));
        }
        // What a user's own filter may say.
        for strange in [r"a == '\Uzz'", r"a == '\U00d80000'", r"a == '\U0002", "a == '\\", r"a == '\U日本語日本語日本'"]
        {
            assert_eq!(with_letters(strange), strange);
        }
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
