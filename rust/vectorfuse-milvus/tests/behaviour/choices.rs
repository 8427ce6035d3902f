//! What a read's options choose: rows by filter, partition and window, and columns.

use vectorfuse_core::error::Kind;
use vectorfuse_core::predicate::Expr;
use vectorfuse_core::store::Store;
use vectorfuse_core::table::{Aggregate, Column, Role, Scan};

use crate::support::block_on;
use crate::support::foreign::proto::{DataType, FieldData, FieldSchema};
use crate::support::foreign::{Foreign, Server, documents, field, key, longs, plain_vectors, texts};
use crate::support::reader::{Reader, refused, schema_of};

fn plain() -> Vec<FieldSchema> {
    vec![key("id", DataType::Int64), field("v", DataType::FloatVector)]
}

async fn ids(reader: &Reader, wanted: usize) -> Vec<i64> {
    let rows = reader.rows(&["id"], wanted).await.unwrap();
    rows.into_iter().map(|row| row[0].parse().unwrap()).collect()
}

#[test]
fn partitions_are_read_apart_and_together() {
    block_on(async {
        for server in Server::ALL {
            let foreign = Foreign::make(server, plain(), false).await;
            for (partition, keys) in [("one", [1, 2]), ("two", [3, 4])] {
                foreign.partition(partition).await;
                foreign.insert_into(partition, 2, vec![longs("id", keys.to_vec()), plain_vectors(2)]).await;
            }
            foreign.insert_keys(&[5]).await;
            // A partition that was made after the collection was loaded is loaded too, or on its own.
            foreign.load().await;
            let reader = Reader::of(&foreign);
            assert_eq!(ids(&reader, 4).await, [1, 2, 3, 4, 5]);
            assert_eq!(ids(&reader.clone().with("partitions", "two"), 4).await, [3, 4]);
            let both = reader.clone().with("partitions", "one,_default").with("filter", "id > 1");
            assert_eq!(ids(&both, 4).await, [2, 5]);
            let size = both.store().unwrap().size(&both.scan(None).await.unwrap()).await.unwrap().unwrap();
            assert_eq!(size.rows, 2);
            let strange = reader.with("partitions", "one,three").table(None).await;
            refused(strange, Kind::NotFound, &["`three`", "one", "two"]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn windows_are_stretches_in_the_order_of_keys() {
    block_on(async {
        for server in Server::ALL {
            let foreign = Foreign::make(server, plain(), false).await;
            foreign.insert_keys(&[30, -10, 20, 10, 0, i64::MIN]).await;
            let reader = Reader::of(&foreign);
            assert_eq!(ids(&reader.clone().with("limit", "2"), 4).await, [i64::MIN, -10]);
            assert_eq!(ids(&reader.clone().with("offset", "10").with("limit", "2"), 4).await, [10, 20]);
            assert_eq!(ids(&reader.clone().with("offset", "11"), 4).await, [20, 30]);
            assert_eq!(ids(&reader.clone().with("offset", &i64::MIN.to_string()), 4).await.len(), 6);
            assert_eq!(ids(&reader.clone().with("max_pages", "2").with("page_size", "2"), 4).await.len(), 4);
            assert_eq!(ids(&reader.clone().with("filter", "id > 0").with("limit", "2"), 4).await, [10, 20]);
            refused(reader.with("offset", "x").table(None).await, Kind::Options, &["`offset`", "`x`"]);
            foreign.drop_it().await;

            let fields = vec![key("id", DataType::VarChar), field("v", DataType::FloatVector)];
            let foreign = Foreign::make(server, fields, false).await;
            foreign.insert_texts(&["b", "", "a\"", "é"].map(str::to_owned)).await;
            let rows = Reader::of(&foreign).with("offset", "a\"").rows(&["id"], 4).await.unwrap();
            assert_eq!(rows, [["a\""], ["b"], ["é"]]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn columns_are_those_that_are_chosen() {
    block_on(async {
        for server in Server::ALL {
            let fields = [plain(), vec![field("a", DataType::Int64), field("payload", DataType::VarChar)]].concat();
            let foreign = Foreign::make(server, fields, false).await;
            let columns = vec![
                longs("id", vec![1]),
                plain_vectors(1),
                longs("a", vec![7]),
                texts("payload", vec!["p".to_owned()]),
            ];
            foreign.insert(1, columns).await;
            let reader = Reader::of(&foreign);
            let names = async |reader: Reader| -> Vec<String> {
                reader.table(None).await.unwrap().columns.into_iter().map(|column| column.name).collect()
            };
            assert_eq!(names(reader.clone()).await, ["id", "v", "a", "payload"]);
            assert_eq!(names(reader.clone().with("with_vectors", "false")).await, ["id", "a", "payload"]);
            assert_eq!(names(reader.clone().with("with_payload", "a")).await, ["id", "v", "a"]);
            assert_eq!(
                names(reader.clone().with("with_payload", r#"{"exclude":["a"]}"#)).await,
                ["id", "v", "payload"]
            );
            let json = reader.clone().with("payload", "json");
            assert_eq!(names(json.clone()).await, ["id", "v", "payload"]);
            assert_eq!(json.rows(&["payload"], 1).await.unwrap(), [[r#"{"a":7,"payload":"p"}"#]]);
            let one = json.with("with_payload", "a");
            assert_eq!(one.rows(&["payload"], 1).await.unwrap(), [[r#"{"a":7}"#]]);
            refused(reader.clone().with("with_payload", "b").table(None).await, Kind::Options, &["`b`", "a, payload"]);
            refused(reader.clone().with("with_vectors", "w").table(None).await, Kind::Options, &["`w`", "v"]);
            let strange = reader.table(Some(schema_of(&[("id", "long"), ("b", "long")]))).await;
            refused(strange, Kind::Options, &["`b`", "no dynamic field"]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn a_payload_in_one_column_has_the_members_that_are_chosen() {
    block_on(async {
        for server in Server::ALL {
            let fields = [plain(), vec![field("j", DataType::Json), field("n", DataType::Int64)]].concat();
            let foreign = Foreign::make(server, fields, true).await;
            let row = r#"{"address":{"city":"Bonn","zip":5},"items":[{"price":1,"k":2}],"x":1}"#;
            let dynamic = FieldData { is_dynamic: true, ..documents("$meta", &[row]) };
            let columns = vec![
                longs("id", vec![1]),
                plain_vectors(1),
                documents("j", &[r#"{"a":1,"b":2}"#]),
                longs("n", vec![7]),
                dynamic,
            ];
            foreign.insert(1, columns).await;
            let json = Reader::of(&foreign).with("payload", "json");
            for (chosen, expected) in [
                ("address.city", r#"{"address":{"city":"Bonn"}}"#),
                ("j.b,items.price,n", r#"{"items":[{"price":1}],"j":{"b":2},"n":7}"#),
                (r#"{"exclude":["address.city","j.a","n","items"]}"#, r#"{"address":{"zip":5},"j":{"b":2},"x":1}"#),
            ] {
                let read = json.clone().with("with_payload", chosen);
                assert_eq!(read.rows(&["payload"], 1).await.unwrap(), [[expected]], "{chosen}");
            }
            let strange = json.with("with_payload", "n.x").table(None).await;
            refused(strange, Kind::Options, &["`with_payload`", "`n.x`", "no field"]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn a_read_sees_all_that_was_acknowledged_before_it_began() {
    block_on(async {
        let foreign = Foreign::make(Server::Milvus, plain(), false).await;
        let reader = Reader::of(&foreign);
        for round in 0..10 {
            foreign.insert_keys(&[round]).await;
            assert_eq!(ids(&reader, 4).await.len(), usize::try_from(round).unwrap() + 1);
        }
        foreign.delete("id in [3]").await;
        assert_eq!(ids(&reader, 4).await.len(), 9);
        for level in ["session", "bounded", "eventually"] {
            assert!(ids(&reader.clone().with("consistency", level), 4).await.len() <= 10, "{level}");
        }
        let strange = reader.with("consistency", "quorum").table(None).await;
        refused(strange, Kind::Options, &["`consistency`", "`quorum`", "strong"]);
        foreign.drop_it().await;
    });
}

#[test]
fn rows_are_counted_where_no_key_can_be_there_twice() {
    block_on(async {
        for server in Server::ALL {
            let auto = FieldSchema { auto_id: true, ..key("id", DataType::Int64) };
            let fields = vec![auto, field("n", DataType::Int64), field("v", DataType::FloatVector)];
            let foreign = Foreign::make(server, fields, false).await;
            foreign.insert(5, vec![longs("n", vec![1, 2, 3, 4, 5]), plain_vectors(5)]).await;
            foreign.delete("n == 5").await;
            let reader = Reader::of(&foreign);
            let table = reader.table(None).await.unwrap();
            let words = r#"{"call":[">",[{"column":["n"]},{"literal":{"type":"long","value":"2"}}]]}"#;
            let predicate: Expr = serde_json::from_str(words).unwrap();
            let column = |name: &str| Column::new(name, vectorfuse_core::schema::SparkType::Long, Role::Unused);
            let scan = Scan {
                aggregates: Some(vec![Aggregate::Rows, Aggregate::RowsWhere(predicate)]),
                columns: vec![column("0"), column("1")],
                ..table.scan(&[]).unwrap()
            };
            assert!(reader.store().unwrap().aggregates(&scan).await.unwrap());
            let rows = reader.read_scan(&scan, 4).await.unwrap().concat();
            assert_eq!(rows.iter().flat_map(crate::support::reader::shown).collect::<Vec<_>>(), [["4", "2"]]);
            foreign.drop_it().await;

            let foreign = Foreign::make(server, plain(), false).await;
            let reader = Reader::of(&foreign);
            let scan = reader.table(None).await.unwrap().scan(&[]).unwrap();
            let scan = Scan { aggregates: Some(vec![Aggregate::Rows]), columns: vec![column("0")], ..scan };
            assert!(!reader.store().unwrap().aggregates(&scan).await.unwrap());
            foreign.drop_it().await;
        }
    });
}
