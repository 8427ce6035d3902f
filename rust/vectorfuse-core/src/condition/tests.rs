use super::*;
use crate::error::Kind;

fn fields() -> Vec<SparkField> {
    let columns = [
        ("version", SparkType::Long),
        ("name", SparkType::string()),
        ("price", SparkType::Decimal(5, 2)),
        ("odd name", SparkType::Timestamp),
    ];
    columns.into_iter().map(|(name, data_type)| SparkField::new(name, data_type)).collect()
}

fn parsed(text: &str) -> Condition {
    parse(text, &fields()).unwrap()
}

fn compare(path: &str, comparison: Comparison, operand: Operand) -> Condition {
    Condition::Compare(path.split('.').map(str::to_owned).collect(), comparison, operand)
}

fn literal(number: i64) -> Operand {
    Operand::Literal(Scalar::Integer(number))
}

#[test]
fn the_stored_field_is_always_on_the_left() {
    let expected = compare("version", Comparison::Less, Operand::Column(0));
    assert_eq!(parsed("${version} > version"), expected);
    assert_eq!(parsed("version<${version}"), expected);
    assert_eq!(parsed("(( `version` < ${version} ))"), expected);
    assert_eq!(parsed("a.b >= -2"), compare("a.b", Comparison::GreaterOrEqual, literal(-2)));
    assert_eq!(parsed("at <= ${odd name}"), compare("at", Comparison::LessOrEqual, Operand::Column(3)));
}

#[test]
fn and_binds_stronger_than_or_and_not_moves_down() {
    let equal = |name: &str| compare(name, Comparison::Equal, literal(1));
    let unequal = |name: &str| compare(name, Comparison::NotEqual, literal(1));
    assert_eq!(
        parsed("a = 1 or b == 1 and c = 1"),
        Condition::Any(vec![equal("a"), Condition::All(vec![equal("b"), equal("c")])])
    );
    assert_eq!(
        parsed("not (a = 1 || b = 1 && c <> 1)"),
        Condition::All(vec![unequal("a"), Condition::Any(vec![unequal("b"), equal("c")])])
    );
    assert_eq!(parsed("!(!(a = 1))"), equal("a"));
    assert_eq!(parsed("NOT a > 1"), compare("a", Comparison::LessOrEqual, literal(1)));
}

#[test]
fn nulls_and_lists_have_their_tests() {
    let path = vec!["a".to_owned()];
    assert_eq!(parsed("a is null"), Condition::Null { path: path.clone(), negated: false });
    assert_eq!(parsed("not a IS NOT NULL"), Condition::Null { path: path.clone(), negated: false });
    let text = |text: &str| Operand::Literal(Scalar::Text(text.to_owned()));
    let values = vec![text("it's"), text("b"), Operand::Column(1)];
    assert_eq!(
        parsed("a not in ('it''s', \"b\", ${name})"),
        Condition::Among { path: path.clone(), values: values.clone(), negated: true }
    );
    assert_eq!(parsed("not (a not in ('it''s', 'b', ${name}))"), Condition::Among { path, values, negated: false });
    assert_eq!(parsed("ok = true"), compare("ok", Comparison::Equal, Operand::Literal(Scalar::Boolean(true))));
    assert_eq!(parsed("x > 1.5e1"), compare("x", Comparison::Greater, Operand::Literal(Scalar::Double(15.0))));
}

#[test]
fn what_does_not_parse_is_said_with_its_place() {
    for (text, place, expected) in [
        ("", "character 1,", "a stored field"),
        ("version", "character 8,", "`is null`"),
        ("version <", "character 10,", "a value"),
        ("version < ${nope}", "character 11,", "version, name, price"),
        ("version < ${version", "character 20,", "`}`"),
        ("version < $version", "character 12,", "`{`"),
        ("a < b", "character 5,", "two stored fields"),
        ("${version} < 3", "character 1,", "filter the DataFrame"),
        ("${version} is null", "character 1,", "filter the DataFrame"),
        ("a < 'x'", "character 5,", "only knows `=`"),
        ("a < ${name}", "character 5,", "only knows `=`"),
        ("a = ${price}", "character 5,", "decimals are stored as text"),
        ("a = null", "character 5,", "`is null`"),
        ("a = 1 b = 2", "character 7,", "`and`, `or` or the end"),
        ("(a = 1", "character 7,", "`)`"),
        ("a in ()", "character 7,", "a value"),
        ("a = 'x", "character 7,", "`'`"),
        ("a = 1x", "character 6,", "backticks"),
        ("a = 99999999999999999999", "character 5,", "64 bits"),
        ("a = 1e999", "character 5,", "a double"),
        ("a # 1", "character 3,", "instead of `#`"),
        ("a. = 1", "character 4,", "nested field"),
        ("a not = 1", "character 9,", "`in`"),
        ("ä < 'x'", "character 5,", "only knows"),
    ] {
        let error = parse(text, &fields()).unwrap_err();
        assert_eq!(error.kind(), Kind::Options);
        assert!(error.to_string().contains(place) && error.to_string().contains(expected), "{text}: {error}");
    }
    assert!(parse(&"(".repeat(100_000), &fields()).is_err());
    assert!(parse(&"not ".repeat(100_000), &fields()).is_err());
}
