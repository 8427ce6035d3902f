use serde_json::json;
use vectorfuse_core::error::Kind;

use super::*;

fn condition(condition: serde_json::Value) -> Condition {
    let (mut filter, _) = parse(&json!({"must": [condition]}).to_string()).unwrap();
    filter.must.remove(0)
}

fn field(key: &str, check: serde_json::Value) -> FieldCondition {
    let mut whole = json!({"key": key});
    whole.as_object_mut().unwrap().extend(check.as_object().unwrap().clone());
    match condition(whole).condition_one_of {
        Some(ConditionOneOf::Field(field)) => field,
        other => panic!("{other:?}"),
    }
}

fn matching(check: serde_json::Value) -> MatchValue {
    field("a", json!({"match": check})).r#match.unwrap().match_value.unwrap()
}

fn refused(filter: &str, words: &[&str]) {
    let error = parse(filter).expect_err(filter);
    assert_eq!(error.kind(), Kind::Options, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "`{word}` is not said of {filter}: {error}");
    }
}

#[test]
fn values_are_matched_as_they_are_written() {
    assert_eq!(matching(json!({"value": "x"})), MatchValue::Keyword("x".into()));
    assert_eq!(matching(json!({"value": "1"})), MatchValue::Keyword("1".into()));
    assert_eq!(matching(json!({"value": i64::MIN})), MatchValue::Integer(i64::MIN));
    assert_eq!(matching(json!({"value": 9_007_199_254_740_993_i64})), MatchValue::Integer(9_007_199_254_740_993));
    assert_eq!(matching(json!({"value": false})), MatchValue::Boolean(false));
    let words = RepeatedStrings { strings: vec!["x".into(), "y".into()] };
    let numbers = RepeatedIntegers { integers: vec![1, i64::MAX] };
    assert_eq!(matching(json!({"any": ["x", "y"]})), MatchValue::Keywords(words.clone()));
    assert_eq!(matching(json!({"except": ["x", "y"]})), MatchValue::ExceptKeywords(words));
    assert_eq!(matching(json!({"any": [1, i64::MAX]})), MatchValue::Integers(numbers.clone()));
    assert_eq!(matching(json!({"except": [1, i64::MAX]})), MatchValue::ExceptIntegers(numbers));
    assert_eq!(matching(json!({"text": "a b"})), MatchValue::Text("a b".into()));
    assert_eq!(matching(json!({"text_any": "a b"})), MatchValue::TextAny("a b".into()));
    assert_eq!(matching(json!({"phrase": "a b"})), MatchValue::Phrase("a b".into()));
    assert_eq!(matching(json!({"prefix": "a"})), MatchValue::Prefix("a".into()));
    assert_eq!(matching(json!({"substring": "a"})), MatchValue::Substring("a".into()));
}

#[test]
fn ranges_are_of_numbers_or_of_times() {
    let range = field("a", json!({"range": {"gt": 1, "lte": 2.5, "lt": null}})).range.unwrap();
    assert_eq!(range, Range { gt: Some(1.0), lte: Some(2.5), lt: None, gte: None });
    let times = field("a", json!({"range": {"gte": "1969-12-31T23:59:59.5Z", "lt": "2024-02-29"}}));
    let times = times.datetime_range.unwrap();
    assert_eq!(times.gte, Some(Timestamp { seconds: -1, nanos: 500_000_000 }));
    assert_eq!(times.lt, Some(Timestamp { seconds: 1_709_164_800, nanos: 0 }));
}

#[test]
fn places_counts_and_emptiness_are_read() {
    let corner = json!({"lon": -1.5, "lat": 2});
    let place = GeoPoint { lon: -1.5, lat: 2.0 };
    let inside = field("a", json!({"geo_bounding_box": {"top_left": corner, "bottom_right": corner}}));
    assert_eq!(inside.geo_bounding_box.unwrap().top_left, Some(place));
    let near = field("a", json!({"geo_radius": {"center": corner, "radius": 10}})).geo_radius.unwrap();
    assert_eq!(near, GeoRadius { center: Some(place), radius: 10.0 });
    let ring = json!({"points": [corner, {"lon": 0, "lat": 0}, {"lon": 1, "lat": 0}, corner]});
    let within = field("a", json!({"geo_polygon": {"exterior": ring, "interiors": [ring]}})).geo_polygon.unwrap();
    assert_eq!((within.exterior.unwrap().points.len(), within.interiors.len()), (4, 1));
    let counted = field("a", json!({"values_count": {"gte": 2}})).values_count.unwrap();
    assert_eq!(counted.gte, Some(2));
    let empty = ConditionOneOf::IsEmpty(IsEmptyCondition { key: "a".into() });
    let empty = Condition { condition_one_of: Some(empty) };
    assert_eq!(condition(json!({"is_empty": {"key": "a"}})), empty);
    assert_eq!(condition(json!({"key": "a", "is_empty": true})), empty);
    assert_eq!(condition(json!({"key": "a", "is_empty": false})), not(empty));
    let null = ConditionOneOf::IsNull(IsNullCondition { key: "a".into() });
    assert_eq!(condition(json!({"key": "a", "is_null": true})).condition_one_of, Some(null));
}

#[test]
fn clauses_nest_and_one_condition_needs_no_list() {
    let text = r#"{"should": {"must_not": [{"nested": {"key": "a[]", "filter": {"must": {"has_id": [7, "936da01f9abd4d9d80c702af85c822a8"]}}}}]},
                   "min_should": {"conditions": [{"has_vector": ""}], "min_count": 1}, "must": [], "must_not": null}"#;
    let (filter, needs) = parse(text).unwrap();
    assert!(filter.must.is_empty() && filter.must_not.is_empty());
    let Some(ConditionOneOf::Filter(inner)) = &filter.should[0].condition_one_of else { panic!("{filter:?}") };
    let Some(ConditionOneOf::Nested(nested)) = &inner.must_not[0].condition_one_of else { panic!("{filter:?}") };
    let ids = &nested.filter.as_ref().unwrap().must[0].condition_one_of;
    assert!(matches!(ids, Some(ConditionOneOf::HasId(ids)) if ids.has_id.len() == 2));
    assert_eq!(filter.min_should.unwrap().min_count, 1);
    assert_eq!(needs.iter().map(|needs| needs.what).collect::<Vec<_>>(), ["min_should", "has_vector"]);
    assert_eq!(parse("{}").unwrap().0, Filter::default());
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    for (filter, words) in [
        (
            r#"{"must":[{"key":"a","match":{"value":1}},{"key":"b","match":{"value":1.5}}]}"#,
            &["`must[1].match.value` is 1.5", "range"][..],
        ),
        (r#"{"must":{"key":"a","match":{"valeu":1}}}"#, &["`must.match.valeu` is not known", "`value`"]),
        (r#"{"mst":[]}"#, &["`mst` is not known", "`must`"]),
        (r#"{"must":[{"key":"a","match":{"any":[1,"x"]}}]}"#, &["`must[0].match.any[1]` is \"x\"", "integer"]),
        (r#"{"must":[{"key":"a","match":{"any":["x",1]}}]}"#, &["`must[0].match.any[1]` is 1"]),
        (r#"{"must":[{"key":"a","match":{"value":9223372036854775808}}]}"#, &["9223372036854775808", "64 bits"]),
        (r#"{"must":[{"key":"a","match":{"value":1,"text":"x"}}]}"#, &["`must[0].match`", "exactly one"]),
        (r#"{"must":[{"key":"a"}]}"#, &["`must[0]`", "exactly one check"]),
        (r#"{"must":[{"key":"a","match":{"value":1},"range":{"gt":1}}]}"#, &["exactly one check", "side by side"]),
        (r#"{"must":[{"key":"a b","match":{"value":1}}]}"#, &["`must[0].key` is \"a b\"", "path"]),
        (r#"{"must":[{"key":7,"match":{"value":1}}]}"#, &["`must[0].key` is 7"]),
        (r#"{"must":[{"key":"a","range":{"gt":"soon"}}]}"#, &["`must[0].range.gt` is \"soon\"", "date and time"]),
        (r#"{"must":[{"key":"a","range":{"gt":1,"lt":"2024-01-01"}}]}"#, &["`must[0].range`", "all numbers"]),
        (r#"{"must":[{"key":"a","range":{}}]}"#, &["`must[0].range`"]),
        (r#"{"must":[{"key":"a","range":{"gt":9007199254740993}}]}"#, &["9007199254740993", "double"]),
        (r#"{"must":[{"key":"a","values_count":{"gt":-1}}]}"#, &["`must[0].values_count.gt` is -1"]),
        (r#"{"must":[{"has_id":["x"]}]}"#, &["`must[0].has_id[0]` is \"x\"", "UUID"]),
        (r#"{"must":[{"has_id":[-1]}]}"#, &["`must[0].has_id[0]` is -1"]),
        (r#"{"must":[{"slice":{"total":2,"index":2}}]}"#, &["`must[0].slice`", "less than"]),
        (r#"{"must":[{"nested":{"key":"a"}}]}"#, &["`must[0].nested`", "`filter`"]),
        (r#"{"must":[{"is_null":"a"}]}"#, &["`must[0].is_null` is \"a\"", "`key`"]),
        (r#"{"must":["x"]}"#, &["`must[0]` is \"x\"", "condition"]),
        (r#"{"must":"x"}"#, &["`must` is \"x\"", "list of conditions"]),
        (r#"{"min_should":{"conditions":[],"min_count":1}}"#, &["`min_should`", "at least one"]),
        (r#"{"min_should":{"conditions":[{"has_id":[1]}],"min_count":0}}"#, &["`min_should.min_count` is 0"]),
        (
            r#"{"must":[{"key":"a","geo_radius":{"center":{"lon":181,"lat":0},"radius":1}}]}"#,
            &["center.lon` is 181", "180"],
        ),
        (r#"{"must":[{"key":"a","geo_polygon":{"exterior":{"points":[]}}}]}"#, &["exterior.points`", "at least 4"]),
        (r#"{"must":[],"must":[{"has_id":[1]}]}"#, &["`must` is given twice"]),
        ("[]", &["is []", "object"]),
        ("city = 'x'", &["no JSON"]),
        ("{'must': []}", &["json.dumps"]),
    ] {
        refused(filter, &[words, &["option `filter`"]].concat());
    }
}

#[test]
fn what_a_server_is_too_old_for_is_named_with_both_versions() {
    for (check, what, since) in [
        (json!({"key": "a", "match": {"prefix": "x"}}), "prefix", (1, 19)),
        (json!({"key": "a", "match": {"text_any": "x"}}), "text_any", (1, 16)),
        (json!({"key": "a", "match": {"phrase": "x"}}), "phrase", (1, 15)),
        (json!({"slice": {"total": 2, "index": 0}}), "slice", (1, 19)),
        (json!({"has_vector": "v"}), "has_vector", (1, 13)),
    ] {
        let (_, needs) = parse(&json!({"should": [check]}).to_string()).unwrap();
        assert_eq!(needs, [Needs { what, since }]);
        assert!(needs[0].check("filter", since).is_ok());
        let error = needs[0].check("filter", (1, since.1 - 1)).unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported);
        let said = error.to_string();
        for word in [what, &format!("1.{}", since.1), &format!("1.{}", since.1 - 1)] {
            assert!(said.contains(word), "{said}");
        }
    }
}
