//! What a write must not take from a collection without a word: vectors, columns of the kept schema, settings.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::job::{Frame, Job, refused};
use crate::store::{Tested, block_on};
use crate::values::{floats, int, vector};

fn named(columns: &[&str]) -> Frame {
    let mut fields = vec![("id", SparkType::Long)];
    fields.extend(columns.iter().map(|name| (*name, floats())));
    let mut row = vec![int(1)];
    row.extend(columns.iter().map(|_| vector(&[1.0, 2.0])));
    Frame::new(&fields, vec![row])
}

pub fn an_append_that_leaves_out_a_vector_must_say_so(store: &Tested) {
    block_on(async {
        let place = store.place("vectors");
        let job = Job::on(&place).with("distance", "dot");
        job.clone().with("vector_fields", "text,image").append(&named(&["text", "image"])).await;
        let words = ["the vector `image`", "vector_fields"];
        refused(job.write(&named(&["text"]), Mode::Append).await, Kind::Options, &words);
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["image"]), [[vector(&[1.0, 2.0])]], "the refused append took nothing");
        job.with("vector_fields", "text").append(&named(&["text"])).await;
    });
}

pub fn a_distance_that_the_collection_does_not_have_is_refused(store: &Tested) {
    block_on(async {
        let place = store.place("distance");
        let frame = Frame::new(&[("id", SparkType::Long), ("vector", floats())], vec![vec![int(1), vector(&[3.0])]]);
        Job::on(&place).with("distance", "cosine").append(&frame).await;
        for (option, value) in [("distance", "dot"), ("vector.distance", "dot")] {
            let job = Job::on(&place).with(option, value);
            refused(job.write(&frame, Mode::Append).await, Kind::Options, &["vector"]);
        }
        let job = Job::on(&place).with("vector.tpyo.distance", "cosine");
        refused(job.write(&frame, Mode::Append).await, Kind::Options, &["tpyo"]);
        Job::on(&place).append(&frame).await;
    });
}
