//! Collections that a write creates: a field for each column, indexes, loaded.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use crate::support::described::{fields, indexes, is_loaded, own};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{count, proto, stored};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, double, floats, int, text, vector};
use vectorfuse_behaviour::store::Place as _;

fn list(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

fn frame(columns: &[(&str, SparkType)], rows: Vec<Vec<Val>>) -> Frame {
    Frame::new(columns, rows)
}

/// An integer key and a vector of three numbers.
fn plain(ids: &[i64]) -> Frame {
    let rows = ids.iter().map(|id| vec![int(*id), vector(&[*id as f32, 0.5, -1.0])]).collect();
    frame(&[("id", SparkType::Long), ("vector", floats())], rows)
}

/// The type that is kept of each field, by the field's name.
async fn kept(place: &Place) -> Vec<String> {
    let there = own(place).await;
    let fields = there.schema.unwrap().fields;
    let property = |name: &str| {
        let own = there.properties.iter().find(|pair| pair.key == format!("vectorfuse.{name}"));
        own.map(|pair| pair.value.clone())
    };
    let kept = |field: &proto::FieldSchema| {
        let described = field.description.strip_prefix("vectorfuse: ").map(str::to_owned);
        let json: serde_json::Value = serde_json::from_str(&described.or_else(|| property(&field.name))?).unwrap();
        Some(format!("{} {}", field.name, json["type"]))
    };
    fields.iter().filter_map(kept).collect()
}

#[test]
fn each_type_has_its_field_and_is_kept() {
    block_on(async {
        let inner = SparkType::Struct(vec![SparkField::new("a", SparkType::Long)]);
        let columns = [
            ("id", SparkType::Integer),
            ("vector", floats()),
            ("bool", SparkType::Boolean),
            ("byte", SparkType::Byte),
            ("short", SparkType::Short),
            ("int", SparkType::Integer),
            ("long", SparkType::Long),
            ("float", SparkType::Float),
            ("double", SparkType::Double),
            ("decimal", SparkType::Decimal(10, 2)),
            ("string", SparkType::string()),
            ("varchar", SparkType::String("varchar(10)".into())),
            ("binary", SparkType::Binary),
            ("date", SparkType::Date),
            ("timestamp", SparkType::Timestamp),
            ("ntz", SparkType::TimestampNtz),
            ("longs", list(SparkType::Long)),
            ("strings", list(SparkType::string())),
            ("dates", list(SparkType::Date)),
            ("moments", list(SparkType::Timestamp)),
            ("struct", inner),
        ];
        let row = vec![
            int(1),
            vector(&[1.0, 2.0]),
            Val::Bool(true),
            int(-128),
            int(-1),
            int(7),
            int(i64::MIN),
            Val::Float(0.1_f32.to_bits()),
            double(0.1),
            int(-12345),
            text("a\"\n"),
            text("äöü"),
            Val::Bytes(vec![0, 255]),
            int(-1),
            int(1_700_000_000_123_456_i64),
            int(-1),
            Val::List(vec![int(1), int(2)]),
            Val::List(vec![text("x"), text("")]),
            Val::List(vec![int(0)]),
            Val::List(vec![int(-1)]),
            Val::Struct(vec![int(5)]),
        ];
        // Milvus Lite keeps no length of an array's texts.
        let [real, lite] = Place::both("types");
        for (place, null, texts, dates) in [(real, "", " 65535", " 16"), (lite, " null", "", "")] {
            let frame = frame(&columns, vec![row.clone()]);
            Job::on(&place).append(&frame).await;
            let expected = [
                "id Int64 key",
                "vector FloatVector 2",
                &format!("bool Bool{null}"),
                &format!("byte Int8{null}"),
                &format!("short Int16{null}"),
                &format!("int Int32{null}"),
                &format!("long Int64{null}"),
                &format!("float Float{null}"),
                &format!("double Double{null}"),
                &format!("decimal VarChar 13{null}"),
                &format!("string VarChar 65535{null}"),
                &format!("varchar VarChar 40{null}"),
                &format!("binary VarChar 65535{null}"),
                &format!("date VarChar 16{null}"),
                &format!("timestamp Int64{null}"),
                &format!("ntz Int64{null}"),
                &format!("longs Array of Int64 4096{null}"),
                &format!("strings Array of VarChar{texts} 4096{null}"),
                &format!("dates Array of VarChar{dates} 4096{null}"),
                &format!("moments Array of Int64 4096{null}"),
                &format!("struct Json{null}"),
            ];
            assert_eq!(fields(&place).await, expected, "{}", place.url);
            let types: Vec<String> =
                columns.iter().map(|(name, data_type)| format!("{name} {}", data_type.to_json())).collect();
            assert_eq!(kept(&place).await, types, "{}", place.url);
            assert_eq!(indexes(&place).await, ["vector AUTOINDEX COSINE"]);
            assert!(is_loaded(&place).await);
            let names: Vec<&str> =
                vec!["id", "byte", "long", "decimal", "varchar", "date", "timestamp", "longs", "strings", "struct"];
            let expected = json!({
                "id": 1, "byte": -128, "long": i64::MIN, "decimal": "-123.45", "varchar": "äöü", "date": "1969-12-31",
                "timestamp": 1_700_000_000_123_456_i64, "longs": [1, 2], "strings": ["x", ""], "struct": {"a": 5}
            });
            assert_eq!(stored(&place, &names).await, [expected], "{}", place.url);
            // What it was made for can be written again.
            Job::on(&place).append(&frame).await;
            assert_eq!(count(&place).await, 1);
        }
    });
}

#[test]
fn vectors_are_of_the_kind_that_is_said() {
    block_on(async {
        let place = Place::real("f16");
        let job = Job::on(&place).with("vector.datatype", "float16").with("distance", "l2");
        // Milvus 2.3 would make it, and die of its second request.
        let words = ["the field `vector`", "Float16", "2.4.0", "2.3.5"];
        refused(job.write(&plain(&[1]), Mode::Append).await, Kind::Unsupported, &words);

        let place = Place::real("bits");
        let columns = [("id", SparkType::Long), ("v", SparkType::Binary)];
        let bits = frame(&columns, vec![vec![int(1), Val::Bytes(vec![1, 128])]]);
        Job::on(&place).with("vector_field", "v").with("distance", "jaccard").append(&bits).await;
        assert_eq!(fields(&place).await[1], "v BinaryVector 16");
        assert_eq!(indexes(&place).await, ["v AUTOINDEX JACCARD"]);
        assert_eq!(stored(&place, &["v"]).await, [json!({"v": [1, 128]})]);

        // Bytes can be packed floats, too.
        let place = Place::real("packed");
        let floats = Val::Bytes([1.0_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect());
        let job = Job::on(&place).with("vector_field", "v").with("vector.datatype", "float32");
        job.append(&frame(&columns, vec![vec![int(1), floats]])).await;
        assert_eq!(fields(&place).await[1], "v FloatVector 2");
        assert_eq!(stored(&place, &["v"]).await, [json!({"v": [1.0, -2.0]})]);

        let place = Place::lite("sparse");
        let sparse = SparkType::Map(Box::new(SparkType::Long), Box::new(SparkType::Float));
        let columns = [("id", SparkType::Long), ("a", crate::support::values::floats()), ("s", sparse)];
        let entries = Val::map(vec![(int(7), Val::Float(0.5_f32.to_bits()))]);
        let job = Job::on(&place).with("vector_fields", "a").with("sparse_fields", "s").with("distance", "dot");
        job.append(&frame(&columns, vec![vec![int(1), vector(&[1.0]), entries]])).await;
        assert_eq!(fields(&place).await[1..], ["a FloatVector 1", "s SparseFloatVector"]);
        assert_eq!(indexes(&place).await, ["a AUTOINDEX IP", "s SPARSE_INVERTED_INDEX IP"]);
    });
}

#[test]
fn a_null_is_kept_where_the_server_can_and_named_where_it_cannot() {
    block_on(async {
        let [real, lite] = Place::both("nulls");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("x", SparkType::Long)];
        let rows = frame(&columns, vec![vec![int(1), vector(&[1.0]), Val::Null], vec![int(2), vector(&[1.0]), int(3)]]);
        Job::on(&lite).append(&rows).await;
        assert_eq!(stored(&lite, &["id", "x"]).await, [json!({"id": 1, "x": null}), json!({"id": 2, "x": 3})]);
        refused(Job::on(&real).write(&rows, Mode::Append).await, Kind::Data, &["x", "null", "0 of partition 0"]);
    });
}

#[test]
fn keys_are_what_the_options_say() {
    block_on(async {
        for place in Place::both("keys") {
            let columns = [("name", SparkType::string()), ("v", floats())];
            let rows = frame(&columns, vec![vec![text("a"), vector(&[1.0])], vec![text("b"), vector(&[1.0])]]);
            let job = Job::on(&place).with("vector_field", "v");
            job.clone().with("id_field", "name").append(&rows).await;
            assert_eq!(fields(&place).await, ["name VarChar 65535 key", "v FloatVector 1"]);

            // Rows without a key get one that is the same on every attempt.
            let place = Place::at(&place.url, "made");
            let job = Job::on(&place).with("vector_field", "v");
            let plan = job.plan(&rows.fields, Mode::Append).await.unwrap();
            assert!(plan.warnings.iter().any(|warning| warning.contains("rows have no id")), "{:?}", plan.warnings);
            for _ in 0..2 {
                job.task(&plan, 0, vec![rows.batch()]).await.unwrap();
            }
            let null = if place.url == Place::lite("x").url { " null" } else { "" };
            assert_eq!(
                fields(&place).await,
                ["id VarChar 36 key", &format!("name VarChar 65535{null}"), "v FloatVector 1"]
            );
            assert_eq!(count(&place).await, 2);

            // Several columns name the row.
            let place = Place::at(&place.url, "several");
            let columns = [("id", SparkType::Long), ("part", SparkType::Long), ("v", floats())];
            let row = |id: i64, part: i64| vec![int(id), int(part), vector(&[1.0])];
            let rows = frame(&columns, vec![row(1, 1), row(1, 2), row(1, 1)]);
            let job = Job::on(&place).with("vector_field", "v").with("key_fields", "id,part");
            job.append(&rows).await;
            job.append(&rows).await;
            assert_eq!(fields(&place).await[0], "_id VarChar 36 key");
            assert_eq!(count(&place).await, 2);
        }
    });
}

#[test]
fn the_server_makes_keys_if_it_is_to() {
    block_on(async {
        for place in Place::both("auto") {
            let columns = [("s", SparkType::string()), ("v", floats())];
            let rows = frame(&columns, vec![vec![text("a"), vector(&[1.0])], vec![text("b"), vector(&[1.0])]]);
            let job = Job::on(&place).with("vector_field", "v").with("auto_id", "true").with("id_field", "pk");
            job.append(&rows).await;
            assert_eq!(fields(&place).await[0], "pk Int64 key auto");
            // By what the dynamic field says a task knows its rows again.
            assert!(own(&place).await.schema.unwrap().enable_dynamic_field);
            // It is there now, and needs no option. Another write's rows are other rows.
            let job = Job::on(&place).with("vector_field", "v");
            let plan = job.plan_of("another", &rows.fields, Mode::Append).await.unwrap();
            job.task(&plan, 0, vec![rows.batch()]).await.unwrap();
            assert_eq!(count(&place).await, 4);
            let columns = [("pk", SparkType::Long), ("v", floats())];
            let with_key = frame(&columns, vec![vec![int(1), vector(&[1.0])]]);
            refused(Job::on(&place).write(&with_key, Mode::Append).await, Kind::Options, &["pk", "autoID", "drop it"]);
            refused(
                Job::on(&place).with("auto_id", "false").write(&rows, Mode::Append).await,
                Kind::Options,
                &["auto_id", "keys that the server makes"],
            );
            refused(
                Job::on(&place).with("key_fields", "s").write(&rows, Mode::Append).await,
                Kind::Options,
                &["key_fields", "autoID"],
            );
            refused(
                Job::on(&place).with("write_mode", "update").write(&rows, Mode::Append).await,
                Kind::Options,
                &["rows without an id"],
            );
        }
    });
}

#[test]
fn the_server_spreads_rows_by_a_partition_key() {
    block_on(async {
        for place in Place::both("spread") {
            let columns = [("vector", floats()), ("tenant", SparkType::Integer)];
            let row = |n: i64| vec![vector(&[1.0]), int(n % 3)];
            let rows = frame(&columns, (0..20).map(row).collect());
            // Milvus 2.3 puts rows that bring their keys into partitions where it does not find them again.
            let job = Job::on(&place).with("partition_key", "tenant").with("auto_id", "true");
            job.append(&rows).await;
            assert_eq!(fields(&place).await[2], "tenant Int64 partition_key");
            assert_eq!(count(&place).await, 20);
            refused(
                job.clone().with("partition", "p").write(&rows, Mode::Append).await,
                Kind::Options,
                &["`partition`", "`tenant`"],
            );
            // Emptied with all its partitions.
            job.write(&frame(&columns, vec![row(100)]), Mode::Overwrite).await.unwrap();
            assert_eq!(count(&place).await, 1);
        }
    });
}

#[test]
fn a_missing_database_is_made_for_a_collection_that_is_created() {
    block_on(async {
        for place in Place::both("database") {
            let database = format!("d{}", place.collection);
            let job = Job::on(&place).with("database", &database);
            assert!(!job.store(Side::Write).unwrap().exists().await.unwrap());
            refused(
                job.clone().with("create_collection", "false").write(&plain(&[1]), Mode::Append).await,
                Kind::NotFound,
                &["collection"],
            );
            let databases: proto::ListDatabasesResponse =
                place.client().ask("ListDatabases", proto::ListDatabasesRequest::default()).await.unwrap();
            assert!(!databases.db_names.contains(&database));
            job.append(&plain(&[1, 2])).await;
            assert!(job.store(Side::Write).unwrap().exists().await.unwrap());
            assert!(!Job::on(&place).store(Side::Write).unwrap().exists().await.unwrap(), "not in the default one");
            let drop =
                proto::DropCollectionRequest { db_name: database.clone(), collection_name: place.collection.clone() };
            place.client().done("DropCollection", drop).await;
            let drop = proto::CreateDatabaseRequest { db_name: database, ..proto::CreateDatabaseRequest::default() };
            // The request to drop one has the same fields.
            place.client().done("DropDatabase", drop).await;
        }
    });
}

#[test]
fn an_empty_frame_makes_a_collection_if_its_size_is_said() {
    block_on(async {
        for place in Place::both("empty") {
            refused(
                Job::on(&place).write(&plain(&[]), Mode::Append).await,
                Kind::Data,
                &["empty", "vector.vector.size"],
            );
            Job::on(&place).with("vector.size", "3").write(&plain(&[]), Mode::Append).await.unwrap();
            assert_eq!(fields(&place).await, ["id Int64 key", "vector FloatVector 3"]);
            assert!(is_loaded(&place).await);
            assert_eq!(count(&place).await, 0);
        }
    });
}

#[test]
fn the_quickstart_of_spark_milvus_works_as_it_stands() {
    block_on(async {
        let place = Place::real("quickstart");
        let (host, port) = place.url.strip_prefix("http://").unwrap().split_once(':').unwrap();
        let columns = [("id", SparkType::Long), ("text", SparkType::string()), ("vec", list(SparkType::Double))];
        let numbers = || Val::List((1..=8).map(|number| double(f64::from(number))).collect());
        let rows = (1..=4).map(|id: i64| vec![int(id), text("a"), numbers()]).collect();
        let job = Job::of(
            place.open(),
            &[
                ("milvus.host", host),
                ("milvus.port", port),
                ("milvus.collection.name", &place.collection),
                ("milvus.collection.vectorField", "vec"),
                ("milvus.collection.vectorDim", "8"),
                ("milvus.collection.primaryKeyField", "id"),
            ],
        );
        job.append(&frame(&columns, rows)).await;
        assert_eq!(fields(&place).await, ["id Int64 key", "text VarChar 65535", "vec FloatVector 8"]);
        assert_eq!(count(&place).await, 4);
        assert!(is_loaded(&place).await);
    });
}

#[test]
fn a_collection_that_a_refused_index_leaves_behind_is_taken_away_again() {
    block_on(async {
        let place = Place::real("left");
        let job = Job::on(&place).with("vector.size", "3");
        let refused_index = job.clone().with("vector.hnsw_m", "1000000");
        refused(refused_index.write(&plain(&[1]), Mode::Create).await, Kind::Options, &["vector.vector.index"]);
        assert!(!job.store(Side::Write).unwrap().exists().await.unwrap());
        // So the job can run again, once it is right.
        job.write(&plain(&[1]), Mode::Create).await.unwrap();
        // And a collection that another write has made stays.
        refused(refused_index.write(&plain(&[1]), Mode::Create).await, Kind::AlreadyExists, &[]);
        assert!(job.store(Side::Write).unwrap().exists().await.unwrap());
    });
}
