//! `LIKE 'x%'`: where the server finds strings by their beginnings, and where it is left to Spark.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{CreateFieldIndexCollectionBuilder, FieldType, StrictModeConfig, UpdateCollection};
use serde_json::json;
use vectorfuse_core::options::Side;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::{SparkField, SparkType};

use vectorfuse_behaviour::job::{Frame, Job};
use crate::support::raw;
use crate::support::server::{Place, Server, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, int, text};

fn begins(column: &[&str], prefix: Option<&str>) -> Expr {
    let words = json!({"call": ["STARTS_WITH", [{"column": column}, {"literal": {"type": "string", "value": prefix}}]]});
    serde_json::from_value(words).unwrap()
}

fn not(expr: Expr) -> Expr {
    Expr::Call("NOT".to_owned(), vec![expr])
}

async fn fits(job: &Job, predicates: &[Expr]) -> Vec<Fit> {
    job.store(Side::Read).unwrap().accepts(&job.table(None).await.unwrap(), predicates).unwrap()
}

/// The ids of the rows that a read with this predicate gives.
async fn kept(job: &Job, predicate: Expr) -> Vec<Val> {
    let scan = job.scan(Some(&["id"])).await.unwrap().only(vec![predicate]);
    let mut ids: Vec<Val> =
        job.read_scan(&scan, 3).await.unwrap().into_iter().flat_map(|frame| frame.rows).map(|mut row| row.remove(0)).collect();
    ids.sort_by_key(|id| format!("{id:?}"));
    ids
}

/// Strings, at the top and in a struct, one per row; null where there is none.
const WORDS: [Option<&str>; 9] = [
    Some("apple"),
    Some("Apple"),
    Some("app"),
    Some(""),
    None,
    Some("größe"),
    Some("gr"),
    Some("[1]"),
    Some("5"),
];

async fn fill(place: &Place) {
    let columns = [
        ("id", SparkType::Long),
        ("s", SparkType::string()),
        ("v", SparkType::String("varchar(9)".to_owned())),
        ("c", SparkType::String("char(9)".to_owned())),
        ("k", SparkType::String("string collate UNICODE_CI".to_owned())),
        ("o", SparkType::Struct(vec![SparkField::new("a.b", SparkType::string())])),
        ("m", SparkType::string()),
        ("list", SparkType::Array(Box::new(SparkType::string()))),
    ];
    let row = |(id, word): (usize, &Option<&str>)| {
        let value = || word.map_or(Val::Null, text);
        let (inside, list) = (Val::Struct(vec![value()]), Val::List(vec![value()]));
        vec![int(id as i64), value(), value(), value(), value(), inside, value(), list]
    };
    let mut frame = Frame::new(&columns, WORDS.iter().enumerate().map(row).collect());
    // As Spark itself says that a column has a collation.
    let collated = frame.fields.iter_mut().find(|field| field.name == "m").unwrap();
    collated.metadata = json!({"__COLLATIONS": {"m": "spark.UTF8_LCASE"}});
    Job::on(place).with("vector_fields", "").append(&frame).await;
}

#[test]
fn strings_that_begin_so_are_found_by_a_server_that_can() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "prefix");
        fill(&place).await;
        let job = Job::on(&place);
        let paths: [&[&str]; 3] = [&["s"], &["v"], &["o", "a.b"]];
        for indexed in [false, true] {
            if indexed {
                let mut points = PointsClient::new(channel(&place.url));
                for field in ["s", "o.\"a.b\""] {
                    let index = CreateFieldIndexCollectionBuilder::new(&place.collection, field, FieldType::Keyword);
                    points.create_field_index(asking(index.wait(true).build())).await.unwrap();
                }
            }
            for path in paths {
                for prefix in ["a", "app", "apple", "apples", "A", "g", "gr", "grö", "[", "5", "", " "] {
                    let is = |wanted: bool| {
                        let rows = WORDS.iter().enumerate();
                        let rows = rows.filter(move |(_, word)| word.is_some_and(|word| word.starts_with(prefix) == wanted));
                        rows.map(|(id, _)| int(id as i64)).collect::<Vec<_>>()
                    };
                    let predicates = [begins(path, Some(prefix)), not(begins(path, Some(prefix)))];
                    // Nothing is left over of a string that has to begin with nothing.
                    assert_eq!(fits(&job, &predicates).await, [Fit::Exact; 2], "{path:?} `{prefix}`");
                    let [yes, no] = predicates;
                    assert_eq!(kept(&job, yes).await, is(true), "{path:?} `{prefix}`");
                    assert_eq!(kept(&job, no).await, is(false), "{path:?} not `{prefix}`");
                }
                assert_eq!(kept(&job, begins(path, None)).await, []);
                assert_eq!(kept(&job, not(begins(path, None))).await, []);
            }
        }
    });
}

#[test]
fn what_is_no_plain_string_of_ours_is_left_to_spark() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "prefix");
        fill(&place).await;
        let job = Job::on(&place);
        for column in ["id", "c", "k", "m", "o", "list"] {
            assert_eq!(fits(&job, &[begins(&[column], Some("a"))]).await, [Fit::No], "{column}");
        }
        // Nor is it compared: `a` can be `A` there.
        let is = |column: &str| {
            let words = json!({"call": ["=", [{"column": [column]}, {"literal": {"type": "string", "value": "a"}}]]});
            serde_json::from_value::<Expr>(words).unwrap()
        };
        assert_eq!(fits(&job, &[is("s"), is("m"), is("k")]).await, [Fit::Exact, Fit::No, Fit::No]);
        // The other way round it is another question.
        let Expr::Call(name, mut children) = begins(&["s"], Some("a")) else { unreachable!() };
        children.reverse();
        assert_eq!(fits(&job, &[Expr::Call(name, children)]).await, [Fit::No]);
        let mut points = PointsClient::new(channel(&place.url));
        let index = CreateFieldIndexCollectionBuilder::new(&place.collection, "s", FieldType::Text).wait(true).build();
        points.create_field_index(asking(index)).await.unwrap();
        assert_eq!(fits(&job, &[begins(&["s"], Some("a"))]).await, [Fit::No], "an index of words is no index of strings");
        // The rows of others can hold anything, which shows as text.
        let foreign = Place::at(&server.url, "prefix_others");
        raw::fill(&foreign, &[], &[json!({"s": "apple"}), json!({"s": ["apple"]}), json!({"s": 5})]).await;
        assert_eq!(fits(&Job::on(&foreign), &[begins(&["s"], Some("a"))]).await, [Fit::No]);
    });
}

#[test]
fn an_older_server_is_not_asked() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.18.2"]);
        let place = Place::at(&server.url, "prefix");
        fill(&place).await;
        let predicates = [begins(&["s"], Some("a")), begins(&["s"], Some(""))];
        assert_eq!(fits(&Job::on(&place), &predicates).await, [Fit::No, Fit::Exact]);
    });
}

#[test]
fn strict_mode_wants_an_index_of_beginnings() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "prefix");
        fill(&place).await;
        let mut points = PointsClient::new(channel(&place.url));
        let index = CreateFieldIndexCollectionBuilder::new(&place.collection, "s", FieldType::Keyword).wait(true);
        points.create_field_index(asking(index.build())).await.unwrap();
        let strict = StrictModeConfig {
            enabled: Some(true),
            unindexed_filtering_retrieve: Some(false),
            ..StrictModeConfig::default()
        };
        let update = UpdateCollection {
            collection_name: place.collection.clone(),
            strict_mode_config: Some(strict),
            ..UpdateCollection::default()
        };
        CollectionsClient::new(channel(&place.url)).update(asking(update)).await.unwrap();
        assert_eq!(fits(&Job::on(&place), &[begins(&["s"], Some("a"))]).await, [Fit::No]);
    });
}
