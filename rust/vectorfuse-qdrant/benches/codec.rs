//! How long rows take to become a request of Qdrant's, and an answer to become columns; beside each, how long prost takes
//! for messages of the same, which is no more than a part of the work.
//!
//! `cargo bench -p vectorfuse-qdrant --bench codec`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    DenseVector, PointStruct, RetrievedPoint, ScrollResponse, UpsertPoints, VectorOutput, VectorsOutput, vector,
    vector_output, vectors_output,
};
use serde_json::Value;
use vectorfuse_behaviour::codec::{ROWS, frame, plan, scan};
use vectorfuse_qdrant::bench::{Codec, Decoder, encode};

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
    let (plan, decoder) = (plan("qdrant", "", Value::Null), Decoder::new(&scan("qdrant", "", Value::Null)).unwrap());
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
