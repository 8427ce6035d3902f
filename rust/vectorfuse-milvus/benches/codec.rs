//! How long rows take to become a request of Milvus's, and an answer to become columns; beside each, how long that takes by
//! way of prost's messages, of an answer without the columns.
//!
//! `cargo bench -p vectorfuse-milvus --bench codec`

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vectorfuse_behaviour::codec::{ROWS, frame, plan, scan};
use vectorfuse_milvus::bench::{Codec, Decoder, answer, decode_messages, encode, read_details, write_details};

fn codec(criterion: &mut Criterion) {
    for dimensions in [384, 1536] {
        let plan = plan("milvus", "vector", write_details(dimensions as u64));
        let decoder = Decoder::new(&scan("milvus", "vector", read_details(dimensions as u64))).unwrap();
        let batch = frame(dimensions).batch();
        let answer = answer(&batch, &plan).unwrap();
        assert_eq!(encode(&batch, &plan, Codec::Own).unwrap(), encode(&batch, &plan, Codec::Messages).unwrap());
        assert_eq!(decoder.decode(answer.clone()).unwrap().num_rows(), ROWS);

        let mut group = criterion.benchmark_group("milvus");
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
            bencher.iter(|| decode_messages(black_box(&answer).clone()).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
