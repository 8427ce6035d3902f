//! What options say of a collection: given when it is created, and held against one that is there.

#![allow(deprecated)] // the server's flags for disk and memory

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    CollectionInfo, CompressionRatio, CreateCollection, Datatype, GetCollectionInfoRequest, ListCollectionsRequest,
    PayloadSchemaType,
    ShardingMethod, TokenizerType, VectorParams,
};
use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, floats, int, text, vector};

async fn info(place: &Place) -> CollectionInfo {
    let request = GetCollectionInfoRequest { collection_name: place.collection.clone() };
    CollectionsClient::new(channel(&place.url)).get(asking(request)).await.unwrap().into_inner().result.unwrap()
}

fn named(info: &CollectionInfo, name: &str) -> VectorParams {
    let params = info.config.clone().unwrap().params.unwrap();
    match params.vectors_config.unwrap().config.unwrap() {
        Config::Params(params) => params,
        Config::ParamsMap(map) => map.map[name],
    }
}

/// One row with two vectors.
fn frame() -> Frame {
    let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats()), ("city", SparkType::string())];
    Frame::new(&columns, vec![vec![int(1), vector(&[1.0, 2.0]), vector(&[3.0]), text("Oulu")]])
}

fn with(job: Job, options: &[(&str, &str)]) -> Job {
    options.iter().fold(job, |job, (option, value)| job.with(option, value))
}

const PROPERTIES: &[(&str, &str)] = &[
    ("vector_fields", "a,b"),
    ("distance", "dot"),
    ("vector.a.datatype", "float16"),
    ("vector.a.on_disk", "true"),
    ("vector.a.hnsw_m", "8"),
    ("vector.a.hnsw_ef_construct", "50"),
    ("vector.a.quantization", "scalar"),
    ("vector.a.quantization_quantile", "0.9"),
    ("vector.a.quantization_always_ram", "true"),
    ("vector.b.quantization", "product"),
    ("vector.b.quantization_compression", "x16"),
    ("replicas", "1"),
    ("write_consistency_factor", "1"),
    ("on_disk_payload", "false"),
];

#[test]
fn the_properties_of_vectors_and_collection_are_those_of_the_options() {
    // Created by the first task, and by the driver.
    for sizes in [&[][..], &[("vector.a.size", "2"), ("vector.b.size", "1")]] {
        block_on(async {
            let place = Place::shared("properties");
            let job = with(with(Job::on(&place), PROPERTIES), sizes);
            job.append(&frame()).await;
            let info = info(&place).await;
            let a = named(&info, "a");
            assert_eq!((a.size, a.datatype(), a.on_disk), (2, Datatype::Float16, Some(true)));
            let hnsw = a.hnsw_config.unwrap();
            assert_eq!((hnsw.m, hnsw.ef_construct), (Some(8), Some(50)));
            let Some(Quantization::Scalar(scalar)) = a.quantization_config.unwrap().quantization else { panic!() };
            assert_eq!((scalar.quantile, scalar.always_ram), (Some(0.9), Some(true)));
            let b = named(&info, "b");
            let Some(Quantization::Product(product)) = b.quantization_config.unwrap().quantization else { panic!() };
            assert_eq!(product.compression(), CompressionRatio::X16);
            assert!(!info.config.unwrap().params.unwrap().on_disk_payload);
            // The same options fit what is there now.
            job.append(&frame()).await;
        });
    }
}

#[test]
fn a_property_that_the_collection_does_not_have_is_refused() {
    block_on(async {
        let place = Place::shared("differs");
        with(Job::on(&place), PROPERTIES).append(&frame()).await;
        for (option, value) in [
            ("vector.a.datatype", "float32"),
            ("vector.b.datatype", "uint8"),
            ("vector.a.on_disk", "false"),
            ("vector.b.on_disk", "true"),
            ("vector.a.hnsw_m", "16"),
            ("vector.b.hnsw_m", "8"),
            ("vector.b.hnsw_ef_construct", "50"),
            ("vector.a.quantization_quantile", "0.99"),
            ("vector.b.quantization_compression", "x4"),
            ("shards", "3"),
            ("replicas", "2"),
            ("write_consistency_factor", "2"),
            ("on_disk_payload", "true"),
        ] {
            let job = with(Job::on(&place), PROPERTIES).with(option, value);
            for mode in [Mode::Append, Mode::Overwrite] {
                refused(job.write(&frame(), mode).await, Kind::Options, &[option, value, "recreate"]);
            }
        }
        for (option, value, is) in
            [("vector.a.quantization", "none", "scalar"), ("vector.b.quantization", "binary", "product")]
        {
            let job = Job::on(&place).with("vector_fields", "a,b").with(option, value);
            refused(job.write(&frame(), Mode::Append).await, Kind::Options, &[option, value, is]);
        }
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 1, "a refused overwrite deletes nothing");
        // What the vectors do not say for themselves is the server's default.
        let same = with(Job::on(&place), PROPERTIES).with("vector.b.hnsw_m", "16").with("vector.b.datatype", "float32");
        same.append(&frame()).await;
    });
}

#[test]
fn what_other_stores_have_is_refused_and_nothing_is_created() {
    block_on(async {
        let place = Place::shared("foreign_words");
        for (option, value) in [
            ("distance", "hamming"),
            ("vector.a.distance", "jaccard"),
            ("vector.a.datatype", "bfloat16"),
            ("vector.a.datatype", "int8"),
            ("vector.b.datatype", "binary"),
            ("vector.a.index", "hnsw"),
            ("vector.a.index_params", "{}"),
            ("index.city", "inverted"),
            ("partition_key", "id"),
            ("dynamic_field", "true"),
        ] {
            // Where the driver creates the collection, and where the first task does.
            for sized in [false, true] {
                let mut job = Job::on(&place).with("vector_fields", "a,b").with(option, value);
                if sized {
                    job = job.with("vector.a.size", "2").with("vector.b.size", "2");
                }
                let said = option.rsplit_once('.').map_or(option, |(_, last)| last);
                let said = if option == "index.city" { option } else { said };
                refused(job.plan(&frame().fields, Mode::Append).await, Kind::Options, &[said]);
            }
        }
        refused(Job::on(&place).table(None).await, Kind::NotFound, &[]);
    });
}

#[test]
fn a_recreated_collection_has_the_new_properties() {
    block_on(async {
        let place = Place::shared("anew");
        with(Job::on(&place), PROPERTIES).append(&frame()).await;
        let job = Job::on(&place).with("vector_fields", "a,b").with("overwrite", "recreate");
        let job = job.with("vector.a.datatype", "uint8").with("vector.a.quantization", "none");
        job.with("index.city", "keyword").write(&frame(), Mode::Overwrite).await.unwrap();
        let info = info(&place).await;
        assert_eq!(named(&info, "a").datatype(), Datatype::Uint8);
        assert_eq!(named(&info, "a").quantization_config, None);
        assert_eq!(info.payload_schema["city"].data_type(), PayloadSchemaType::Keyword);
    });
}

#[test]
fn a_property_of_sparse_vectors_is_none_of_a_dense_one() {
    block_on(async {
        let place = Place::shared("kind");
        for property in [("vector.a.modifier", "idf"), ("vector.a.index_on_disk", "true")] {
            let job = Job::on(&place).with("vector_fields", "a,b").with(property.0, property.1);
            refused(job.write(&frame(), Mode::Append).await, Kind::Options, &[property.0, "dense"]);
        }
    });
}

/// Columns of every type that an index is made for.
fn indexed() -> Frame {
    let city = vec![SparkField::new("city", SparkType::string())];
    let part = vec![SparkField::new("name", SparkType::string())];
    let place = vec![SparkField::new("lon", SparkType::Double), SparkField::new("lat", SparkType::Double)];
    let columns = [
        ("id", SparkType::Long),
        ("vector", floats()),
        ("k", SparkType::Array(Box::new(SparkType::string()))),
        ("i", SparkType::Integer),
        ("f", SparkType::Float),
        ("b", SparkType::Boolean),
        ("d", SparkType::Date),
        ("t", SparkType::string()),
        ("a b", SparkType::string()),
        ("address", SparkType::Struct(city)),
        ("parts", SparkType::Array(Box::new(SparkType::Struct(part)))),
        ("place", SparkType::Struct(place)),
    ];
    let mut row = vec![int(1), vector(&[1.0])];
    row.resize(columns.len(), Val::Null);
    Frame::new(&columns, vec![row])
}

const INDEXES: &[(&str, &str)] = &[
    ("index.k", "keyword"),
    ("index.k.is_tenant", "true"),
    ("index.i", "integer"),
    ("index.f", "float"),
    ("index.b", "bool"),
    ("index.d", "datetime"),
    ("index.t", "text"),
    ("index.t.tokenizer", "prefix"),
    ("index.a b", "uuid"),
    ("index.address.city", "keyword"),
    ("index.parts[].name", "keyword"),
    ("index.place", "geo"),
    ("index.place.on_disk", "true"),
];

#[test]
fn indexes_are_made_with_the_collection_and_added_to_one_that_is_there() {
    // Made with the collection by a task, by the driver, and added to it.
    for kind in 0..3 {
        block_on(async {
            let place = Place::shared("indexes");
            if kind == 2 {
                Job::on(&place).with("index.i", "integer").append(&indexed()).await;
                assert_eq!(info(&place).await.payload_schema.len(), 1);
            }
            let job = with(Job::on(&place), INDEXES);
            let job = if kind == 1 { job.with("vector.size", "1") } else { job };
            job.append(&indexed()).await;
            let schema = info(&place).await.payload_schema;
            let kinds = |field: &str| schema.get(field).unwrap_or_else(|| panic!("{field}: {schema:?}")).data_type();
            assert_eq!(kinds("k"), PayloadSchemaType::Keyword);
            assert_eq!(kinds("i"), PayloadSchemaType::Integer);
            assert_eq!(kinds("f"), PayloadSchemaType::Float);
            assert_eq!(kinds("b"), PayloadSchemaType::Bool);
            assert_eq!(kinds("d"), PayloadSchemaType::Datetime);
            assert_eq!(kinds("t"), PayloadSchemaType::Text);
            assert_eq!(kinds("\"a b\""), PayloadSchemaType::Uuid);
            assert_eq!(kinds("address.city"), PayloadSchemaType::Keyword);
            assert_eq!(kinds("parts[].name"), PayloadSchemaType::Keyword);
            assert_eq!(kinds("place"), PayloadSchemaType::Geo);
            let Some(IndexParams::KeywordIndexParams(k)) = schema["k"].params.clone().unwrap().index_params else {
                panic!()
            };
            assert_eq!(k.is_tenant, Some(true));
            let Some(IndexParams::TextIndexParams(t)) = schema["t"].params.clone().unwrap().index_params else {
                panic!()
            };
            assert_eq!(t.tokenizer(), TokenizerType::Prefix);
            // Once more: they are there.
            job.append(&indexed()).await;
        });
    }
}

#[test]
fn an_index_that_fits_neither_the_column_nor_what_is_there_is_refused() {
    block_on(async {
        let place = Place::shared("misfits");
        for (option, value, words) in [
            ("index.k", "integer", &["array"][..]),
            ("index.i", "keyword", &["integer"]),
            ("index.d", "float", &["date"]),
            ("index.place", "keyword", &["struct"]),
            ("index.nope", "keyword", &["no such field", "place"]),
            ("index.address.town", "keyword", &["no such field"]),
            ("index.parts.name", "keyword", &["no such field"]),
            ("index.vector", "float", &["no such field"]),
            ("index.id", "integer", &["no such field"]),
        ] {
            let job = Job::on(&place).with(option, value);
            let said = refused(job.write(&indexed(), Mode::Append).await, Kind::Options, &[option]);
            for word in words {
                assert!(said.contains(word), "{word}: {said}");
            }
        }
        refused(Job::on(&place).table(None).await, Kind::NotFound, &[]);
        with(Job::on(&place), INDEXES).append(&indexed()).await;
        for (option, value, is) in [
            ("index.t", "keyword", "text"),
            ("index.d", "keyword", "datetime"),
            ("index.k.is_tenant", "false", "true"),
            ("index.t.tokenizer", "word", "prefix"),
            ("index.place.on_disk", "false", "true"),
        ] {
            let mut job = with(Job::on(&place), INDEXES).with(option, value);
            if option == "index.t" {
                job = Job::on(&place).with(option, value);
            }
            refused(job.write(&indexed(), Mode::Overwrite).await, Kind::Options, &[option, value, is]);
        }
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 1, "a refused overwrite deletes nothing");
    });
}

#[test]
fn a_collection_whose_shards_have_keys_is_refused_before_any_row_is_sent() {
    block_on(async {
        let place = Place::shared("keyed");
        let create = CreateCollection {
            collection_name: place.collection.clone(),
            sharding_method: Some(ShardingMethod::Custom.into()),
            ..CreateCollection::default()
        };
        CollectionsClient::new(channel(&place.url)).create(asking(create)).await.unwrap();
        for mode in [Mode::Append, Mode::Overwrite] {
            let plan = Job::on(&place).with("vector_fields", "").plan(&frame().fields, mode).await;
            refused(plan, Kind::Options, &["`shard_key`", &place.collection]);
        }
    });
}

#[test]
fn a_collection_that_a_refused_index_leaves_behind_is_taken_away_again() {
    block_on(async {
        let place = Place::shared("left_behind");
        // A name that the server takes in a payload, and refuses to make an index of.
        let columns = [("id", SparkType::Long), ("vector", floats()), ("a\"b", SparkType::string())];
        let frame = Frame::new(&columns, vec![vec![int(1), vector(&[1.0, 2.0]), text("x")]]);
        let (job, refused_index) = (Job::on(&place), "index.a\"b");
        let job = job.with("vector.size", "2");
        let exists = async || job.store(Side::Write).unwrap().exists().await.unwrap();
        for mode in [Mode::Create, Mode::Overwrite] {
            let job = job.clone().with(refused_index, "keyword").with("overwrite", "swap");
            refused(job.write(&frame, mode).await, Kind::Data, &["a\"b"]);
            assert!(!exists().await, "{mode:?}");
            let left = CollectionsClient::new(channel(&place.url)).list(asking(ListCollectionsRequest {})).await.unwrap();
            let left = left.into_inner().collections.into_iter().map(|collection| collection.name);
            assert_eq!(left.filter(|name| name.starts_with(&place.collection)).collect::<Vec<_>>(), Vec::<String>::new());
        }
        // So the job can run again, once it is right.
        job.write(&frame, Mode::Create).await.unwrap();
        // And one that another write has made stays.
        refused(job.clone().with(refused_index, "keyword").write(&frame, Mode::Create).await, Kind::AlreadyExists, &[]);
        assert!(exists().await);
    });
}
