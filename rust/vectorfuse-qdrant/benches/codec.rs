//! How long rows take to become a request of Qdrant's, and an answer to become columns; beside each, how long prost takes
//! for messages of the same, which is no more than a part of the work.
//!
//! `cargo bench -p vectorfuse-qdrant --bench codec`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    DenseVector, PointStruct, RetrievedPoint, ScrollResponse, UpsertPoints, VectorOutput, VectorsOutput, vector,
    vector_output, vectors_output,
};
use vectorfuse_behaviour::job::Frame;
use vectorfuse_behaviour::values::{Val, double, floats, int, text, vector as numbers};
use vectorfuse_core::options::{Given, Options, Side};
use vectorfuse_core::rules::Rules;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role, Scan, Table, fields};
use vectorfuse_core::write::{IdSource, WritePlan};
use vectorfuse_qdrant::bench::{Codec, Decoder, encode};

const ROWS: usize = 1000;

fn options(side: Side) -> Options {
    let options = [("url", "http://127.0.0.1:1"), ("collection", "c")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Given { options, session: BTreeMap::new() }.parse(side).unwrap()
}

/// An id, a vector, and five fields of a payload.
fn columns() -> Vec<Column> {
    let column = |name: &str, data_type, role| Column {
        name: name.to_owned(),
        data_type,
        metadata: serde_json::Value::Null,
        role,
    };
    let field = |name: &str, data_type| column(name, data_type, Role::Payload(name.to_owned()));
    vec![
        column("id", SparkType::Long, Role::Id { kept: None }),
        column("vector", floats(), Role::Vector(String::new())),
        field("title", SparkType::string()),
        field("category", SparkType::string()),
        field("count", SparkType::Long),
        field("price", SparkType::Double),
        field("sold", SparkType::Boolean),
    ]
}

fn frame(dimensions: usize) -> Frame {
    let row = |row: usize| {
        let number = |place| ((row * 31 + place * 17) % 1000) as f32 / 1000.0 - 0.5;
        vec![
            int(row as i64),
            numbers(&(0..dimensions).map(number).collect::<Vec<_>>()),
            text(format!("the title of the row {row}")),
            text(["red", "green", "blue"][row % 3]),
            int(row as i64 * 1_000_003),
            double(row as f64 / 7.0),
            Val::Bool(row.is_multiple_of(2)),
        ]
    };
    Frame { fields: fields(&columns()), rows: (0..ROWS).map(row).collect() }
}

fn plan() -> WritePlan {
    WritePlan {
        options: options(Side::Write),
        columns: columns(),
        id: IdSource::Column(0),
        rules: Rules::default(),
        query: "q".into(),
        details: serde_json::Value::Null,
        warnings: Vec::new(),
    }
}

fn scan() -> Scan {
    let (options, columns) = (options(Side::Read), columns());
    let wanted = fields(&columns);
    Table { options, columns, details: serde_json::Value::Null, warnings: Vec::new() }.scan(&wanted).unwrap()
}

/// The point as a server gives it back.
fn retrieved(point: PointStruct) -> RetrievedPoint {
    let Some(VectorsOptions::Vector(one)) = point.vectors.and_then(|vectors| vectors.vectors_options) else {
        panic!("one vector without a name")
    };
    let Some(vector::Vector::Dense(DenseVector { data })) = one.vector else { panic!("a dense vector") };
    let vector = Some(vector_output::Vector::Dense(DenseVector { data }));
    let one = vectors_output::VectorsOptions::Vector(VectorOutput { vector, ..VectorOutput::default() });
    let vectors = Some(VectorsOutput { vectors_options: Some(one) });
    RetrievedPoint { id: point.id, payload: point.payload, vectors, ..RetrievedPoint::default() }
}

fn codec(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _within = runtime.enter();
    let (plan, decoder) = (plan(), Decoder::new(&scan()).unwrap());
    for dimensions in [384, 1536] {
        let batch = frame(dimensions).batch();
        let request = encode(&batch, &plan, Codec::Messages).unwrap();
        let points = UpsertPoints::decode(&*request).unwrap().points.into_iter().map(retrieved).collect();
        let answer: Bytes = ScrollResponse { result: points, ..ScrollResponse::default() }.encode_to_vec().into();
        assert_eq!(encode(&batch, &plan, Codec::Own).unwrap().len(), request.len());
        assert_eq!(decoder.decode(answer.clone()).unwrap().num_rows(), ROWS);

        let mut group = criterion.benchmark_group("qdrant");
        group.throughput(Throughput::Elements(ROWS as u64));
        group.bench_function(BenchmarkId::new("encode", dimensions), |bencher| {
            bencher.iter(|| encode(black_box(&batch), &plan, Codec::Own).unwrap());
        });
        group.bench_function(BenchmarkId::new("encode messages by prost", dimensions), |bencher| {
            bencher.iter(|| encode(black_box(&batch), &plan, Codec::Messages).unwrap());
        });
        group.bench_function(BenchmarkId::new("decode", dimensions), |bencher| {
            bencher.iter(|| decoder.decode(black_box(&answer).clone()).unwrap());
        });
        group.bench_function(BenchmarkId::new("decode messages by prost, no columns", dimensions), |bencher| {
            bencher.iter(|| ScrollResponse::decode(black_box(&answer).clone()).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
