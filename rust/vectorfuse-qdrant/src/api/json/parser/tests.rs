//! What `serde_json` and the standard library read is read as the same, and what they refuse is refused.

use proptest::collection::vec;
use proptest::prelude::*;
use qdrant_client::qdrant::Value;

use super::super::value::Heard;
use super::*;

fn value(text: &[u8]) -> Result<Value> {
    let mut parser = Parser::new(text);
    let value = parser.value()?;
    parser.end()?;
    Ok(value)
}

fn cause(text: &[u8]) -> String {
    let error = value(text).unwrap_err();
    std::error::Error::source(&error).unwrap().to_string()
}

/// A float at the end of a text, where nothing follows that could be read with it, and in a list, where something does.
fn float(text: &str) -> Option<u32> {
    let mut parser = Parser::new(text.as_bytes());
    let alone = parser.float().and_then(|float| parser.end().map(|()| float.to_bits())).ok();
    let list = format!("[{text},{text} ,\n0.25,{text}]0.12345678");
    let listed = Parser::new(list.as_bytes()).floats().ok();
    let expected = alone.map(|bits| vec![bits, bits, 0.25_f32.to_bits(), bits]);
    assert_eq!(listed.map(|floats| floats.iter().map(|float| float.to_bits()).collect()), expected, "{text}");
    alone
}

/// As the standard library reads it, which knows more than JSON has: a number that is finite.
fn by_the_library(text: &str) -> Option<u32> {
    text.parse().ok().filter(|float: &f32| float.is_finite()).map(f32::to_bits)
}

fn same_as_by_serde(text: &[u8]) -> Result<(), TestCaseError> {
    let (own, theirs) = (value(text), serde_json::from_slice::<Heard>(text));
    let shown = String::from_utf8_lossy(text);
    match (own, theirs) {
        // As text, since a zero is equal to one with the other sign.
        (Ok(own), Ok(Heard(theirs))) => prop_assert!(own == theirs && zeros(&own) == zeros(&theirs), "{shown}"),
        (Err(_), Err(_)) => {}
        (own, theirs) => prop_assert!(false, "{shown}: {own:?} and {:?}", theirs.map(|Heard(value)| value)),
    }
    Ok(())
}

/// How many negative zeros there are.
fn zeros(value: &Value) -> usize {
    match &value.kind {
        Some(Kind::DoubleValue(number)) => usize::from(number.to_bits() == 1 << 63),
        Some(Kind::ListValue(list)) => list.values.iter().map(zeros).sum(),
        Some(Kind::StructValue(object)) => object.fields.values().map(zeros).sum(),
        _ => 0,
    }
}

/// Decimals with as many digits as may come, and powers that floats have and don't.
fn decimal() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,21})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?"
}

/// What may stand in a JSON text, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{\"a\":".to_owned()),
        "[\\[\\]{},:\" \n\t\\\\+.eEu0-9-]",
        Just("\"\\ud83d\\ude00\\n\"".to_owned()),
        Just("\"\\ud83d\"".to_owned()),
        Just("\"é\"".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("-9223372036854775809".to_owned()),
        Just("-0".to_owned()),
        decimal(),
    ];
    vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("false".to_owned()),
        decimal(),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(|number| json_of(&number)),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| json_of(&text)),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let member = (any::<String>(), inner.clone()).prop_map(|(name, value)| format!("{} : {value}", json_of(&name)));
        prop_oneof![
            vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(" ,\n"))),
            vec(member, 0..5).prop_map(|members| format!("{{\t{}\r}}", members.join(","))),
        ]
    })
}

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_float_is_the_one_that_is_nearest_to_the_decimal(text in decimal()) {
        prop_assert_eq!(float(&text), by_the_library(&text), "{}", text);
    }

    #[test]
    fn every_float_is_read_from_the_digits_of_a_float_and_of_a_double(given in any::<u32>().prop_map(f32::from_bits)) {
        prop_assume!(given.is_finite());
        for text in [json_of(&given), json_of(&f64::from(given)), given.to_string()] {
            prop_assert_eq!(float(&text), Some(given.to_bits()), "{}", text);
        }
    }

    #[test]
    fn a_decimal_next_to_the_middle_of_two_floats_is_the_nearer_one(bits in 0x3000_0000_u32..0x5000_0000, digits in 1..25_usize) {
        let (low, high) = (f32::from_bits(bits), f32::from_bits(bits + 1));
        let middle = format!("{:.*}", digits, f64::midpoint(f64::from(low), f64::from(high)));
        for text in [middle.clone(), format!("{middle}1"), format!("-{middle}")] {
            prop_assert_eq!(float(&text), by_the_library(&text), "{}", text);
        }
    }

    #[test]
    fn a_value_is_what_serde_json_reads(text in json()) {
        prop_assert!(value(text.as_bytes()).is_ok(), "{}", text);
        same_as_by_serde(text.as_bytes())?;
    }

    #[test]
    fn what_is_no_json_is_refused_as_serde_json_refuses_it(text in pieces()) {
        same_as_by_serde(text.as_bytes())?;
    }

    #[test]
    fn one_wrong_byte_is_found_where_serde_json_finds_one(text in json(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = text.into_bytes();
        let place = place.index(text.len());
        text[place] = byte;
        same_as_by_serde(&text)?;
        same_as_by_serde(&text[..place])?;
    }
}

#[test]
fn what_only_looks_like_a_float_is_refused() {
    for text in [
        "", "-", "+1", ".5", "5.", "01", "-01.5", "1e", "1e+", "0x1", "1.2.3", "1e39", "-1e400", "inf", "NaN", "null",
        "1-",
    ] {
        assert_eq!(float(text), None, "{text}");
    }
    for text in ["-0", "0", "-0.0", "1e-400", "0.0e99", "3.4028235e38", "1.4e-45", "16777217", "18446744073709551616"] {
        assert_eq!(float(text), by_the_library(text), "{text}");
    }
}

#[test]
fn lists_within_each_other_have_an_end() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(value(&nested(128)).is_ok());
    for depth in [129, 1_000_000] {
        assert!(cause(&nested(depth)).contains("no more than 128"));
    }
    // One after the other they are not within each other.
    assert!(value(format!("[{}[]]", "[{}],".repeat(500)).as_bytes()).is_ok());
}

#[test]
fn an_error_says_where() {
    assert_eq!(cause(br#"{"a": [1, 2"#), "expected a comma or the end of a list at byte 11");
}
